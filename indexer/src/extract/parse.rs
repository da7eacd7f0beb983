//! Parsing with a time limit and with one parser for each thread.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

use crate::language::Compiled;

/// Ordinary files parse at 10 MB/s and more. What takes longer than this is not code, or drives the error recovery into a corner.
const LIMIT: Duration = Duration::from_secs(2);

thread_local! {
    static PARSER: RefCell<Parser> = RefCell::new(Parser::new());
}

/// The syntax tree, or nothing if the time ran out.
pub(super) fn parse(compiled: &Compiled, text: &str) -> Option<Tree> {
    PARSER.with_borrow_mut(|parser| {
        parser.set_language(&compiled.language).ok()?;
        // The parser would otherwise resume the parse that a limit broke off.
        parser.reset();
        let began = Instant::now();
        let mut progress = |_: &ParseState| {
            if began.elapsed() > LIMIT {
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
