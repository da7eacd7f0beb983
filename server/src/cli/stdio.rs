//! `repo-lsp --stdio`: the language server.
use super::Outcome;
use super::arguments::Global;

pub(crate) fn run(_global: &Global) -> anyhow::Result<Outcome> {
    Ok(Outcome::Done)
}
