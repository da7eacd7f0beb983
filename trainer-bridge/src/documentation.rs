//! What the documentation of a definition says, in a form that can be quoted in a sentence.

use repo_indexer::SymbolInfo;

pub(crate) fn with_article(word: &str) -> String {
    let article = if word.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {word}")
}

/// Bytes of a documentation that an answer quotes.
const MAX_DOC: usize = 700;

/// Returns the beginning of a documentation: whole paragraphs, up to [`MAX_DOC`].
pub(crate) fn summary(doc: &str) -> Option<String> {
    let mut out = String::new();
    for paragraph in doc
        .split("\n\n")
        .map(str::trim_end)
        .filter(|text| !text.trim().is_empty())
    {
        // Sections for tools, and examples, begin where the description ends.
        if is_markup(paragraph) || !out.is_empty() && out.len() + paragraph.len() > MAX_DOC {
            break;
        }
        if !out.is_empty() {
            out.push_str("\n\n");
        }
        out.push_str(paragraph.trim());
    }
    (out.len() <= 2 * MAX_DOC && is_sentence(&out)).then_some(out)
}

fn is_markup(paragraph: &str) -> bool {
    let first = paragraph.trim_start();
    let underlined = paragraph.lines().nth(1).is_some_and(|line| {
        line.trim().len() > 2 && line.trim().bytes().all(|byte| b"=-~^*".contains(&byte))
    });
    underlined
        || [
            ":param",
            "@param",
            "@return",
            ">>>",
            "```",
            ".. ",
            "Args:",
            "Returns:",
            "Parameters",
            "# ",
        ]
        .iter()
        .any(|mark| first.starts_with(mark))
}

/// Returns the first sentence of a documentation without its full stop, if it says something by itself.
pub(crate) fn purpose(symbol: &SymbolInfo) -> Option<String> {
    let doc = symbol.doc.as_deref()?;
    let paragraph = doc.trim_start().split("\n\n").next()?;
    if is_markup(paragraph) {
        return None;
    }
    let joined = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = joined
        .match_indices(". ")
        .map(|(at, _)| at)
        .find(|&at| {
            // `e.g. ` and the like do not end a sentence.
            joined[at + 2..].starts_with(|c: char| !c.is_lowercase())
                // So does a dot within brackets not.
                && joined[..at].matches('(').count() == joined[..at].matches(')').count()
                && ![".g", ".e", "a.k.a", "etc", "vs", "cf"]
                    .iter()
                    .any(|abbreviation| joined[..at].ends_with(abbreviation))
        })
        .unwrap_or(joined.len());
    let sentence = joined[..end].trim_end_matches(['.', ':', '!', '?']).trim();
    (is_sentence(sentence) && sentence.len() <= 240).then(|| sentence.to_owned())
}

fn is_sentence(text: &str) -> bool {
    let words = text
        .split_whitespace()
        .filter(|word| word.chars().any(char::is_alphabetic));
    let unfinished = ["todo", "fixme", "xxx", "deprecated", "undocumented"]
        .iter()
        .any(|word| text.to_lowercase().starts_with(word));
    words.count() >= 4 && !unfinished
}

/// Whether a text contains a name as a word, whatever its case.
pub(crate) fn mentions(text: &str, name: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| word.eq_ignore_ascii_case(name))
}
