//! Facts about a repository that need no teacher model: each follows from the index or the text, and cites the lines that it follows from.
//!
//! A generator writes nothing that it does not know: where the index is not certain which definition is meant, there is no fact.
//! Facts become samples elsewhere; nothing here knows splits by percentage, gates or files.

mod absent;
mod calls;
mod changes;
mod commands;
mod compound;
mod configuration;
mod definitions;
mod errors;
mod flags;
mod kind;
mod modules;
mod phrasing;
mod relations;
mod requirements;

use std::collections::HashMap;

use rayon::prelude::*;
use repo_indexer::{Cancel, Cancelled, LineRange, SymbolInfo, SymbolKind};

use crate::history::Commit;
use crate::repository::{Repository, SourceFile};
use crate::sample::{SampleSource, Split};
pub(crate) use absent::words;
pub(crate) use calls::{calls, tests_of};
pub(crate) use errors::{errors_of, listed, verb};
pub use kind::FactKind;
use relations::Relations;

/// A true statement about the repository and the questions that it answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fact {
    pub kind: FactKind,
    pub arguments: Vec<(&'static str, String)>,
    /// How the answer follows, where the reader of the answer would ask.
    pub reasoning: Option<String>,
    /// Markdown. Places are cited as `path#L10-L24`.
    pub answer: String,
    pub source: SampleSource,
    /// Decided by the file, by the commit, or by the item that a requirement is about.
    pub split: Split,
}

impl Fact {
    /// Returns up to `count` questions, all different.
    pub fn questions(&self, count: usize) -> Vec<String> {
        let arguments: Vec<_> = self
            .arguments
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let seed = format!("{:?}", self.arguments);
        phrasing::questions(self.kind, &arguments, &seed, count)
    }
}

/// What the generators read.
pub(crate) struct Context<'r, 's> {
    pub repository: &'r Repository<'s>,
    pub relations: Relations<'r, 's>,
    /// How many definitions have a documentation that begins with this sentence.
    purposes: HashMap<Box<str>, u32>,
}

/// How many definitions are worked on in parallel before their facts are handed over.
const BATCH: usize = 1024;

/// Makes facts about the repository as a whole.
type Generator<'g> = &'g dyn Fn(&Context) -> Vec<Fact>;

/// Hands over facts in a fixed order until `sink` returns false: those about the repository as a whole first, then those about
/// definitions, the most important of each module first.
pub(crate) fn facts(
    repository: &Repository,
    commits: &[Commit],
    cancel: &Cancel,
    sink: &mut dyn FnMut(Vec<Fact>) -> bool,
) -> Result<(), Cancelled> {
    let context = Context::new(repository);
    let repository_generators: [Generator; 7] = [
        &modules::facts,
        &commands::facts,
        &flags::facts,
        &configuration::facts,
        &absent::facts,
        &|context: &Context| requirements::facts(context, commits),
        &|context: &Context| changes::facts(context, commits),
    ];
    for generate in repository_generators {
        cancel.check()?;
        if !sink(generate(&context)) {
            return Ok(());
        }
    }
    for batch in order_of_importance(repository).chunks(BATCH) {
        cancel.check()?;
        let found: Vec<Vec<Fact>> = batch
            .par_iter()
            .map(|&(file, symbol)| facts_of_definition(&context, file, symbol))
            .collect();
        if !sink(found.into_iter().flatten().collect()) {
            return Ok(());
        }
    }
    Ok(())
}

/// All facts about one definition.
fn facts_of_definition(context: &Context, file: &SourceFile, symbol: &SymbolInfo) -> Vec<Fact> {
    let Some(name) = context.repository.reference(symbol) else {
        return Vec::new();
    };
    let subject = Subject { file, symbol, name };
    let mut facts = Vec::new();
    definitions::facts(context, &subject, &mut facts);
    if is_callable(symbol.kind) {
        calls::facts(context, &subject, &mut facts);
        errors::facts(context, &subject, &mut facts);
        compound::facts(context, &subject, &mut facts);
    }
    facts
}

/// The definition that a fact is about.
pub(crate) struct Subject<'r> {
    pub file: &'r SourceFile,
    pub symbol: &'r SymbolInfo,
    /// Markdown that refers to this definition and no other.
    pub name: String,
}

impl Subject<'_> {
    fn fact(&self, kind: FactKind, answer: String) -> Fact {
        self.fact_of(kind, vec![("name", self.name.clone())], answer)
    }

    fn fact_of(
        &self,
        kind: FactKind,
        arguments: Vec<(&'static str, String)>,
        answer: String,
    ) -> Fact {
        Fact {
            kind,
            arguments,
            reasoning: None,
            answer,
            source: self.file.source(self.symbol.lines),
            split: self.file.split,
        }
    }
}

impl<'r, 's> Context<'r, 's> {
    pub fn new(repository: &'r Repository<'s>) -> Self {
        let mut purposes = HashMap::new();
        for symbol in repository.files.iter().flat_map(|file| &file.symbols) {
            if let Some(purpose) = crate::documentation::purpose(symbol) {
                *purposes.entry(purpose.to_lowercase().into()).or_default() += 1;
            }
        }
        Context {
            repository,
            relations: Relations::new(repository),
            purposes,
        }
    }

    /// Returns the documented purpose of a definition if no other one is documented alike, and it does not give the name away.
    fn unique_purpose(&self, symbol: &SymbolInfo) -> Option<String> {
        let purpose = crate::documentation::purpose(symbol)?;
        let unique = self.purposes.get(purpose.to_lowercase().as_str()) == Some(&1);
        (unique && !crate::documentation::mentions(&purpose, &symbol.name)).then_some(purpose)
    }

    /// Whether a fact about `from` may cite `to`: nothing that is trained on may show a document that is held out.
    pub fn may_cite(&self, from: &SourceFile, to: &SourceFile) -> bool {
        to.split == Split::Train || to.split == from.split
    }
}

/// Returns the definitions that facts are about: in each module the public, documented ones first, and all modules in turn.
pub(crate) fn order_of_importance<'r>(
    repository: &'r Repository,
) -> Vec<(&'r SourceFile, &'r SymbolInfo)> {
    let mut definitions: Vec<_> = repository
        .files
        .iter()
        .filter(|file| !file.test && file.language.is_code())
        .flat_map(|file| file.symbols.iter().map(move |symbol| (file, symbol)))
        .filter(|(_, symbol)| !symbol.test && is_described(symbol.kind))
        // `a = b = 1` and `x.y = 1` define names whose container is another value.
        .filter(|(_, symbol)| {
            let container = symbol.container.and_then(|id| repository.definition(id));
            container.is_none_or(|(_, container)| !is_value(container.kind))
        })
        .collect();
    let importance = |(file, symbol): &(&SourceFile, &SymbolInfo)| {
        let rank = [
            !symbol.public,
            symbol.doc.is_none(),
            !is_described_first(symbol.kind),
        ];
        let weight = rank.iter().filter(|is_less| **is_less).count();
        let shuffle = phrasing::first_number(&format!("{}:{}", file.path, symbol.span.start));
        (weight, shuffle)
    };
    definitions
        .sort_by_cached_key(|definition| (definition.0.module.clone(), importance(definition)));
    let mut rank = 0;
    let mut module: Option<&str> = None;
    let mut ranked: Vec<_> = definitions
        .into_iter()
        .map(|definition| {
            rank = if module == Some(&definition.0.module) {
                rank + 1
            } else {
                0
            };
            module = Some(&definition.0.module);
            (rank, definition)
        })
        .collect();
    // Stable: modules stay in order within a rank.
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked
        .into_iter()
        .map(|(_, definition)| definition)
        .collect()
}

fn is_callable(kind: SymbolKind) -> bool {
    matches!(
        kind,
        SymbolKind::Function | SymbolKind::Method | SymbolKind::Macro
    )
}

fn is_described_first(kind: SymbolKind) -> bool {
    kind.is_type() || is_callable(kind)
}

fn is_value(kind: SymbolKind) -> bool {
    matches!(
        kind,
        SymbolKind::Variable | SymbolKind::Constant | SymbolKind::Field
    )
}

fn is_described(kind: SymbolKind) -> bool {
    use SymbolKind::*;
    (is_described_first(kind) && kind != Impl) || matches!(kind, Constant | TypeAlias | Variable)
}

/// One line of text that names a place.
fn one_line(line: u32) -> LineRange {
    LineRange {
        first: line,
        last: line,
    }
}

#[cfg(test)]
pub(crate) mod tests;
