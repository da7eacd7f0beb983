//! Parsing with a time limit and one parser per thread.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

use crate::language::CompiledGrammar;

/// Source code parses at 10 MB/s and more. Files that exceed this limit are not code, or are worst cases for error recovery.
const PARSE_TIMEOUT: Duration = Duration::from_secs(2);

thread_local! {
    static PARSER: RefCell<Parser> = RefCell::new(Parser::new());
}

/// Returns the syntax tree, or `None` if parsing exceeds [`PARSE_TIMEOUT`].
pub(super) fn parse(compiled: &CompiledGrammar, text: &str) -> Option<Tree> {
    PARSER.with_borrow_mut(|parser| {
        parser.set_language(&compiled.language).ok()?;
        // Otherwise the parser would resume a previous parse that was interrupted.
        parser.reset();
        let began = Instant::now();
        let mut progress = |_: &ParseState| {
            if began.elapsed() > PARSE_TIMEOUT {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let options = ParseOptions::new().progress_callback(&mut progress);
        let bytes = text.as_bytes();
        parser.parse_with_options(
            &mut |at, _| bytes.get(at..).unwrap_or_default(),
            None,
            Some(options),
        )
    })
}
