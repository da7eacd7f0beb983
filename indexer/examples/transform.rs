//! Prints a file with all its functions changed by the transforms, so that the tests of a real project can judge whether the meaning stays:
//!
//! ```text
//! cargo run -p repo-indexer --example transform -- src/parser.py > changed.py
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr)]

use repo_indexer::{Language, SymbolKind, extract, transforms};

fn main() -> std::io::Result<()> {
    let mut changes = 0;
    for path in std::env::args().skip(1) {
        let mut text = std::fs::read_to_string(&path)?;
        let language = Language::detect(&path, &text);
        // Each kind of change is made to what the kinds before it left.
        for round in 0..5 {
            let symbols = extract(language, &path, &text).facts.symbols;
            let mut end = usize::MAX;
            let mut changed = text.clone();
            // From the last definition to the first, so that offsets stay right; of nested ones only the innermost that comes last.
            for symbol in symbols.iter().rev() {
                let callable = matches!(
                    symbol.kind,
                    SymbolKind::Function | SymbolKind::Method | SymbolKind::Class
                );
                let range = symbol.span.start as usize..symbol.span.end as usize;
                if !callable || range.end > end {
                    continue;
                }
                let line = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
                let indentation = &text[line..range.start];
                if !indentation.trim().is_empty() {
                    continue;
                }
                let code = text[range.clone()].replace(&format!("\n{indentation}"), "\n");
                let Some(change) = transforms(language, &code).into_iter().nth(round) else {
                    continue;
                };
                // A text of several lines would lose its own indentation.
                if !indentation.is_empty() && code.contains("\"\"\"") {
                    continue;
                }
                changed.replace_range(
                    range.clone(),
                    &change.text.replace('\n', &format!("\n{indentation}")),
                );
                changes += 1;
                end = range.start;
            }
            text = changed;
        }
        print!("{text}");
    }
    eprintln!("{changes} changes");
    Ok(())
}
