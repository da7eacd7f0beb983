//! Recognizes code names in the words of an answer.
//!
//! A word counts as a name by its shape only. Marking plain English as unverified costs more trust than missing a name.

use std::collections::HashSet;

/// Returns the names in a code span, each with whether it is a compound name. `Writer::commit()` has two.
pub fn named(span: &str) -> impl Iterator<Item = (&str, bool)> {
    // Flags, paths, URLs and quoted text contain no names.
    let other = span.starts_with(['-', '"', '\'', '/', '<', '$', '.']) || span.contains("://");
    let qualified = span.contains("::") || span.contains('(') || is_dotted(span);
    split(span)
        .filter(move |_| !other)
        .filter(|word| !is_everywhere(word))
        .map(|word| (word, is_compound(word)))
        .filter(move |(word, compound)| *compound || (qualified && !is_common(word)))
}

/// Returns the first name of a code span: the owner of the others, or the only one.
pub fn owner(span: &str) -> Option<&str> {
    span.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .find(|word| !word.is_empty())
}

/// Returns the names in prose outside of code spans: only words that cannot be plain English.
pub fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-' || c == '/' || c == '.'))
        .filter(|word| !word.contains(['-', '/']))
        .flat_map(|word| word.split('.'))
        .filter(|word| {
            let inner = word.trim_matches('_');
            inner.contains('_') && inner.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        })
}

/// Returns the names that a code block calls, except those that it defines.
pub fn called(code: &str) -> Vec<&str> {
    const DEFINING: [&str; 14] = [
        "fn",
        "def",
        "func",
        "function",
        "class",
        "struct",
        "enum",
        "trait",
        "interface",
        "type",
        "let",
        "var",
        "const",
        "macro_rules",
    ];
    let mut defined: HashSet<&str> = HashSet::new();
    let mut before = "";
    for word in split(code) {
        if DEFINING.contains(&before) {
            defined.insert(word);
        }
        before = word;
    }
    let mut called = Vec::new();
    let mut seen = HashSet::new();
    let mut rest = code;
    while let Some(at) = rest.find('(') {
        let head = &rest[..at];
        let start = head
            .rfind(|c: char| !(c.is_alphanumeric() || c == '_'))
            .map_or(0, |i| {
                i + head[i..].chars().next().map_or(1, char::len_utf8)
            });
        let word = &head[start..];
        let named = is_word(word) && is_compound(word) && !is_everywhere(word);
        if named && !defined.contains(word) && seen.insert(word) {
            called.push(word);
        }
        rest = &rest[at + 1..];
    }
    called
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| is_word(word))
}

fn is_word(word: &str) -> bool {
    word.chars().count() >= 3 && word.chars().next().is_some_and(|c| !c.is_ascii_digit())
}

/// Returns whether a word is a compound identifier: `merge_policy`, `MergePolicy`, `mergePolicy`.
fn is_compound(word: &str) -> bool {
    let inner = word.trim_matches('_');
    if inner.contains('_') {
        return true;
    }
    let mut letters = inner.chars();
    let Some(first) = letters.next() else {
        return false;
    };
    let rest = letters.as_str();
    let humps = rest.chars().filter(|c| c.is_uppercase()).count();
    let lower = inner.chars().any(char::is_lowercase);
    // `README` and `JSON` are not camel case; `SegmentUpdater` and `useState` are.
    lower && humps > 0 && (first.is_lowercase() || humps < rest.chars().count())
}

fn is_dotted(span: &str) -> bool {
    let mut parts = span.trim_end_matches("()").split('.');
    let all = parts.clone().count() > 1;
    all && parts
        .all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_'))
}

/// Names that occur in any repository's documentation: products, and standard libraries.
fn is_everywhere(word: &str) -> bool {
    const EVERYWHERE: [&str; 58] = [
        "macOS",
        "iOS",
        "JavaScript",
        "TypeScript",
        "PostgreSQL",
        "MySQL",
        "SQLite",
        "NumPy",
        "SciPy",
        "PyTorch",
        "LaTeX",
        "GitHub",
        "GitLab",
        "OpenAI",
        "NodeJS",
        "DevOps",
        "WebSocket",
        "OAuth",
        "README",
        "utf_8",
        "snake_case",
        "camelCase",
        "ValueError",
        "KeyError",
        "TypeError",
        "IndexError",
        "AttributeError",
        "RuntimeError",
        "ImportError",
        "OSError",
        "NotImplementedError",
        "AssertionError",
        "StopIteration",
        "FileNotFoundError",
        "PermissionError",
        "TimeoutError",
        "ZeroDivisionError",
        "HashMap",
        "HashSet",
        "BTreeMap",
        "BTreeSet",
        "VecDeque",
        "PathBuf",
        "RefCell",
        "RwLock",
        "PhantomData",
        "ArrayList",
        "LinkedList",
        "StringBuilder",
        "NullPointerException",
        "IllegalArgumentException",
        "IllegalStateException",
        "RuntimeException",
        "DataFrame",
        "isinstance",
        "println",
        "hasattr",
        "getattr",
    ];
    EVERYWHERE.contains(&word)
}

/// Keywords and built-ins of programming languages, which the index does not contain.
fn is_common(word: &str) -> bool {
    const COMMON: [&str; 40] = [
        "self", "this", "super", "true", "false", "none", "null", "nil", "return", "async",
        "await", "mut", "pub", "let", "var", "const", "def", "class", "struct", "enum", "impl",
        "for", "while", "match", "str", "int", "bool", "usize", "string", "list", "dict", "len",
        "print", "new", "std", "crate", "void", "func", "type", "import",
    ];
    COMMON.contains(&word.to_lowercase().as_str())
}
