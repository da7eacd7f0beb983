//! Questions about names that do not exist: a model that has only learned what exists answers these with inventions.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use repo_indexer::SymbolInfo;

use super::phrasing::first_number;
use super::{Context, Fact, FactKind, is_callable};
use crate::repository::{Repository, SourceFile, citation};

/// Existing names that an answer mentions.
const MAX_NEAREST: usize = 3;

/// The names that an invented one is compared with.
struct Names<'n, 'r> {
    named: &'n [(&'r SourceFile, &'r SymbolInfo)],
    /// See [`by_word`].
    by_word: HashMap<String, Vec<usize>>,
}

/// Returns up to one invented name for each file: an existing one with another last word.
pub(super) fn facts(context: &Context) -> Vec<Fact> {
    let repository = context.repository;
    let named: Vec<(&SourceFile, &SymbolInfo)> = repository
        .files
        .iter()
        .filter(|file| !file.test && file.language.is_code())
        .flat_map(|file| file.symbols.iter().map(move |symbol| (file, symbol)))
        .filter(|(_, symbol)| {
            is_callable(symbol.kind) && symbol.public && words(&symbol.name).len() > 1
        })
        .collect();
    if named.len() < 2 {
        return Vec::new();
    }
    let known = all_words(repository);
    let names = Names {
        named: &named,
        by_word: by_word(&named),
    };
    let mut facts: Vec<Fact> = Vec::new();
    let mut made = HashSet::new();
    for (number, (file, symbol)) in named.iter().enumerate() {
        let is_first = number == 0 || named[number - 1].0.path != file.path;
        if !is_first {
            continue;
        }
        let start = first_number(&symbol.qualified) as usize;
        let other = (0..named.len()).map(|step| named[(start + step) % named.len()].1);
        let invented = other
            .take(20)
            .filter_map(|other| with_last_word(&symbol.name, words(&other.name).last()?))
            .find(|name| {
                !known.contains(name.as_str()) && !repository.snapshot.contains_name(name)
            });
        if let Some(name) = invented
            && made.insert(name.clone())
        {
            facts.extend(fact(context, file, symbol, &name, &names));
        }
    }
    facts
}

fn fact(
    context: &Context,
    file: &SourceFile,
    symbol: &SymbolInfo,
    name: &str,
    Names { named, by_word }: &Names,
) -> Option<Fact> {
    let wanted: BTreeSet<String> = words(name)
        .into_iter()
        .map(|word| word.to_lowercase())
        .collect();
    let mut common: BTreeMap<usize, usize> = BTreeMap::new();
    for at in wanted.iter().filter_map(|word| by_word.get(word)).flatten() {
        *common.entry(*at).or_default() += 1;
    }
    let mut nearest: Vec<(usize, &SourceFile, &SymbolInfo)> = common
        .into_iter()
        .map(|(at, common)| (common, named[at].0, named[at].1))
        .filter(|(_, of, other)| {
            context.may_cite(file, of) && context.repository.is_unique(&other.name)
        })
        .collect();
    nearest.sort_by(|a, b| (b.0, &a.1.path, &a.2.name).cmp(&(a.0, &b.1.path, &b.2.name)));
    nearest.truncate(MAX_NEAREST);
    if nearest.is_empty() {
        return None;
    }
    let listed: Vec<String> = nearest
        .iter()
        .map(|(_, of, other)| format!("`{}` ({})", other.name, citation(&of.path, other.lines)))
        .collect();
    Some(Fact {
        kind: FactKind::Absent,
        arguments: vec![("name", format!("`{name}`"))],
        reasoning: None,
        answer: format!(
            "There is no `{name}` in this repository. The most similar names are {}.",
            super::errors::listed(&listed)
        ),
        source: file.source(symbol.lines),
        split: file.split,
    })
}

/// The positions of the names with each word, in lower case. Comparing each invented name with all names would take time with the square of the
/// repository's size.
fn by_word(named: &[(&SourceFile, &SymbolInfo)]) -> HashMap<String, Vec<usize>> {
    let mut by_word: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, (_, symbol)) in named.iter().enumerate() {
        for word in words(&symbol.name) {
            by_word.entry(word.to_lowercase()).or_default().push(at);
        }
    }
    by_word
}

/// All words of all files that could be names.
fn all_words<'r>(repository: &'r Repository) -> HashSet<&'r str> {
    let mut words = HashSet::new();
    for file in &repository.files {
        words.extend(
            file.text
                .split(|c: char| !(c.is_alphanumeric() || c == '_'))
                .filter(|word| word.len() > 2),
        );
    }
    words
}

/// Splits a name into its words: `open_index` and `openIndex` have two.
pub(crate) fn words(name: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut before = '_';
    for (at, c) in name.char_indices() {
        if c == '_' || (c.is_uppercase() && before.is_lowercase()) {
            words.push(&name[start..at]);
            start = if c == '_' { at + 1 } else { at };
        }
        before = c;
    }
    words.push(&name[start..]);
    words.retain(|word| !word.is_empty());
    words
}

/// Replaces the last word, in the case of the name. `None` if nothing changes.
fn with_last_word(name: &str, word: &str) -> Option<String> {
    let last = *words(name).last()?;
    let stem = name.strip_suffix(last)?;
    let mut chars = word.chars();
    let word = match (chars.next(), last.chars().next()) {
        (Some(first), Some(like)) if like.is_uppercase() => {
            first.to_uppercase().chain(chars).collect()
        }
        (Some(first), _) => first.to_lowercase().chain(chars).collect::<String>(),
        _ => return None,
    };
    (!word.eq_ignore_ascii_case(last)).then(|| format!("{stem}{word}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_and_changed_in_their_own_case() {
        assert_eq!(words("_openIndex_now"), ["open", "Index", "now"]);
        assert_eq!(
            with_last_word("openIndex", "graph").as_deref(),
            Some("openGraph")
        );
        assert_eq!(
            with_last_word("open_index", "Graph").as_deref(),
            Some("open_graph")
        );
        assert_eq!(with_last_word("open_index", "Index"), None);
    }
}
