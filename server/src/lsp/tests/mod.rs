//! x
use super::server::Server;
use tower_lsp::LspServiceBuilder;
pub fn hooks(b: LspServiceBuilder<Server>) -> LspServiceBuilder<Server> {
    b
}
