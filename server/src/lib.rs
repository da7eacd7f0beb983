//! The LSP edge of `repo-lsp`. The command line is part of the binary.

pub mod lsp;
