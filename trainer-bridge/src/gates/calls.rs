//! A call that an answer shows has to be possible: the function takes that number of arguments.

use grounding::View;
use repo_indexer::SymbolKind;

use super::quotes::blocks;
use crate::source_text::{balanced, parameters, split_arguments};

/// Whether the answer shows a call that no definition of that name takes. Calls that are in the cited text are taken as they are, and
/// names that are no functions of the repository are not judged.
pub(super) fn is_impossible(views: &[View], answer: &str, cited: &str) -> bool {
    let spans = answer.split('`').skip(1).step_by(2).map(|span| ("", span));
    blocks(answer).chain(spans).any(|(language, code)| {
        calls(code, language).any(|(name, arguments, whole)| {
            !cited.contains(whole) && !is_possible(views, name, arguments)
        })
    })
}

/// Returns name, number of arguments and text of each call; `None` as the number if it cannot be told.
fn calls<'c>(
    code: &'c str,
    language: &'c str,
) -> impl Iterator<Item = (&'c str, Option<usize>, &'c str)> {
    code.match_indices('(').filter_map(move |(open, _)| {
        let before = &code[..open];
        let start = before
            .char_indices()
            .rev()
            .find(|(_, c)| !(c.is_alphanumeric() || *c == '_'))
            .map_or(0, |(at, c)| at + c.len_utf8());
        let name = &before[start..];
        // A declaration lists parameters.
        let declares = ["def ", "fn ", "func ", "function ", "class ", "new "]
            .iter()
            .any(|keyword| code[..start].ends_with(keyword));
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || declares {
            return None;
        }
        let end = balanced(code, open, language)?;
        let inside = &code[open + 1..end - 1];
        // `f(…)` and `f(...)` stand for any arguments, as does unpacking.
        let any =
            inside.contains('…') || inside.contains("...") || inside.trim_start().starts_with('*');
        let arguments = split_arguments(inside, language).map(|arguments| arguments.len());
        Some((name, arguments.filter(|_| !any), &code[start..end]))
    })
}

fn is_possible(views: &[View], name: &str, arguments: Option<usize>) -> bool {
    let Some(arguments) = arguments else {
        return true;
    };
    // An empty bracket names a function in prose: `open()`.
    if arguments == 0 {
        return true;
    }
    let mut judged = false;
    for view in views {
        for id in view.snapshot.definitions(name) {
            let Some(symbol) = view.snapshot.symbol(id) else {
                return true;
            };
            if !matches!(symbol.kind, SymbolKind::Function | SymbolKind::Method) {
                return true;
            }
            let language = symbol.language.as_deref().unwrap_or_default();
            let Some(parameters) = parameters(&symbol.signature, &symbol.name, language) else {
                return true;
            };
            let variadic = parameters
                .iter()
                .any(|parameter| parameter.starts_with('*') || parameter.contains("..."));
            // A method called on its type takes the receiver, too.
            let most = parameters.len() + usize::from(symbol.kind == SymbolKind::Method);
            if variadic || arguments <= most {
                return true;
            }
            judged = true;
        }
    }
    !judged
}
