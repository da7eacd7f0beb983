//! The content of a hover: facts from the index about a definition. It never waits for a model.
//!
//! A pure function of a snapshot that knows nothing of LSP, positions or documents.

use repo_indexer::{Candidate, Snapshot, SymbolInfo, SymbolKind, Usages};

use crate::answer::words::{self, Certainty};
use crate::answer::{first_paragraph, is_test, signature};
use crate::chat::Summary;
use grounding::markdown::{code, fence, language_tag, prose};

/// Maximum length of documentation, in characters.
const MAX_DOC_LEN: usize = 600;
const MAX_SIGNATURE_LEN: usize = 1000;
/// Number of files, and of tests, that are named.
const MAX_NAMED: usize = 3;
/// A candidate with this share of the best confidence counts as equally plausible.
const EQUALLY_PLAUSIBLE: f32 = 0.8;

/// The facts about one definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    pub certainty: Certainty,
    language: &'static str,
    signature: String,
    whereabouts: String,
    doc: Option<String>,
    users: Vec<(String, u32)>,
    places: usize,
    /// Uses of the name that may mean another definition.
    possible: u32,
    files: usize,
    tests: Vec<String>,
    more_tests: bool,
    others: usize,
    /// The sentence of a model about it, and the generation.
    pub summary: Option<Summary>,
}

/// Returns the card of the best candidate, if there is one.
pub fn card(snapshot: &Snapshot, candidates: &[Candidate]) -> Option<Card> {
    let best = candidates.first()?;
    let certainty = Certainty::of(best.confidence)?;
    let symbol = snapshot.symbol(best.symbol)?;
    // For a section or a configuration key, the hovered text already shows all there is.
    if matches!(symbol.kind, SymbolKind::Section | SymbolKind::Key) {
        return None;
    }
    let close = |c: &&Candidate| c.confidence >= best.confidence * EQUALLY_PLAUSIBLE;
    let others = candidates[1..].iter().filter(close).count();
    Some(Card {
        certainty,
        ..describe(snapshot, &symbol, others)
    })
}

/// Returns the card of a definition; `others` further candidates are equally plausible.
pub fn describe(snapshot: &Snapshot, symbol: &SymbolInfo, others: usize) -> Card {
    let users = snapshot.usages(symbol.id);
    let (tests, more_tests) = tests(snapshot, &users);
    Card {
        certainty: Certainty::Sure,
        language: language_tag(&symbol.path),
        signature: signature(&symbol.signature, MAX_SIGNATURE_LEN)
            .unwrap_or_else(|| symbol.name.clone()),
        whereabouts: words::whereabouts(snapshot, symbol),
        doc: symbol
            .doc
            .as_deref()
            .and_then(|d| first_paragraph(d, MAX_DOC_LEN)),
        users: users
            .files
            .iter()
            .take(MAX_NAMED)
            .map(|f| (f.path.to_string(), f.count))
            .collect(),
        places: users.total as usize,
        possible: users.possible,
        files: users.files.len(),
        tests,
        more_tests,
        others,
        summary: None,
    }
}

impl Card {
    pub fn to_markdown(&self) -> String {
        let mut out = match self.certainty {
            Certainty::Sure => String::new(),
            perhaps => format!("{}\n\n", perhaps.prefix().trim_end()),
        };
        out.push_str(&fence(self.language, &self.signature));
        out.push_str(&self.whereabouts);
        out.push_str(&self.alternatives());
        if let Some(doc) = &self.doc {
            out.push_str(&format!("\n\n{}", prose(doc)));
        }
        let users = self
            .users
            .iter()
            .map(|(path, n)| format!("{} ({n})", code(path)));
        out.push_str(&format!("\n\n{}", self.used_in(users)));
        if !self.tests.is_empty() {
            let tests: Vec<String> = self.tests.iter().map(|t| code(t)).collect();
            out.push_str(&format!(
                "  \nTests: {}{}",
                tests.join(", "),
                if self.more_tests { " …" } else { "" }
            ));
        }
        if let Some(Summary { text, generation }) = &self.summary {
            out.push_str(&format!("\n\n― {text} *({generation})*"));
        }
        out
    }

    /// Renders for clients without Markdown.
    pub fn to_plain(&self) -> String {
        let mut out = format!(
            "{}{}\n{}{}",
            self.certainty.prefix(),
            self.signature,
            self.whereabouts.replace('`', ""),
            self.alternatives()
        );
        if let Some(doc) = &self.doc {
            out.push_str(&format!("\n\n{doc}"));
        }
        out.push_str(&format!(
            "\n\n{}",
            self.used_in(self.users.iter().map(|(path, n)| format!("{path} ({n})")))
        ));
        if !self.tests.is_empty() {
            out.push_str(&format!(
                "\nTests: {}{}",
                self.tests.join(", "),
                if self.more_tests { " …" } else { "" }
            ));
        }
        if let Some(Summary { text, generation }) = &self.summary {
            out.push_str(&format!("\n\n― {} ({generation})", text.replace('`', "")));
        }
        out
    }

    fn alternatives(&self) -> String {
        match self.others {
            0 => String::new(),
            1 => " · or one other of that name".to_owned(),
            n => format!(" · or one of {n} others"),
        }
    }

    fn used_in(&self, users: impl Iterator<Item = String>) -> String {
        const POSSIBLE: &str = "of that name that may mean another definition";
        match (self.places, self.possible) {
            (0, 0) => return "No use of it in the index".to_owned(),
            (0, n) => return format!("No certain use of it in the index, {n} {POSSIBLE}"),
            _ => {}
        }
        let users: Vec<String> = users.collect();
        let more = if self.files > users.len() {
            " · …"
        } else {
            ""
        };
        let possible = match self.possible {
            0 => String::new(),
            n => format!(" and {n} more {POSSIBLE}"),
        };
        format!(
            "Used in {}: {}{more}{possible}",
            words::count(self.places, "place"),
            users.join(" · ")
        )
    }
}

fn tests(snapshot: &Snapshot, users: &Usages) -> (Vec<String>, bool) {
    let mut names: Vec<String> = Vec::new();
    let tests = users.sites.iter().filter(|place| is_test(snapshot, place));
    for name in tests.filter_map(|place| snapshot.name_of(place.by?)) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
        if names.len() > MAX_NAMED {
            break;
        }
    }
    let more = names.len() > MAX_NAMED;
    names.truncate(MAX_NAMED);
    (names, more)
}
