//! What definitions have to do with each other: what a name means, who uses a definition, what it uses.

use super::{Callee, Candidate, FileUses, Place, Reference, Resolution, Snapshot, Users};
use crate::Cancel;
use crate::error::IndexError;
use crate::extract;
use crate::facts::Span;
use crate::graph::resolve::{self, LIKELY};
use crate::graph::{FileId, SymbolId};
use crate::language::Language;
use crate::record::NameKey;

/// A name with more candidates than this is one like `new`: the rest is noise.
const CANDIDATES: usize = 32;

impl Snapshot {
    /// What the identifier under a byte offset may denote; nothing where there is no identifier.
    pub fn resolve_at(&self, path: &str, offset: u32) -> Option<Resolution> {
        let text = self.text(path)?;
        self.resolve_in(path, &text, offset)
    }

    /// The same in a text newer than the snapshot.
    pub fn resolve_in(&self, path: &str, text: &str, offset: u32) -> Option<Resolution> {
        let id = self.graph.id_of_path(path)?;
        let span = self.identifier_at(id, text, offset)?;
        let name = span.of(text)?;
        let before = text.get(..span.start as usize)?.trim_end();
        let member = before.ends_with(['.', ':']) || before.ends_with("->");
        let mut candidates = resolve::candidates(&self.graph, id, NameKey::of(name), member);
        // On the name of a definition there is no doubt.
        let here = |(symbol, _): &(SymbolId, f32)| {
            symbol.file == id
                && self
                    .graph
                    .symbol(*symbol)
                    .is_some_and(|(_, symbol)| symbol.name_span.start == span.start)
        };
        if let Some(at) = candidates.iter().position(here) {
            let (symbol, _) = candidates[at];
            candidates = vec![(symbol, 1.0)];
        }
        candidates.truncate(CANDIDATES);
        let candidates = candidates
            .into_iter()
            .map(|(symbol, confidence)| Candidate { symbol, confidence })
            .collect();
        Some(Resolution {
            name: name.to_owned(),
            span,
            candidates,
        })
    }

    /// The identifier around an offset. Telling it from a word in a comment takes a parse, and a whole large file is too slow to parse
    /// for a hover: the largest definition around the offset that is quick to parse will do.
    fn identifier_at(&self, id: FileId, text: &str, offset: u32) -> Option<Span> {
        const QUICK: u32 = 20_000;
        let record = self.graph.file(id)?;
        let language = Language::detect(&record.path, text);
        let around = record.symbols.iter().map(|symbol| symbol.span);
        let quick = around.filter(|span| span.contains(offset) && span.end - span.start <= QUICK);
        let window = quick.max_by_key(|span| span.end - span.start);
        let window = window.filter(|_| text.len() > QUICK as usize);
        match window.and_then(|span| Some((span.start, span.of(text)?))) {
            Some((start, part)) => {
                let found = extract::identifier_at(language, part, offset - start)?;
                Some(Span {
                    start: found.start + start,
                    end: found.end + start,
                })
            }
            None => extract::identifier_at(language, text, offset),
        }
    }

    /// The definitions of an exact name anywhere in the workspace.
    pub fn definitions(&self, name: &str) -> Vec<SymbolId> {
        self.graph.definitions(NameKey::of(name))
    }

    /// Who uses a definition.
    pub fn users(&self, id: SymbolId) -> Users {
        let mut users = Users::default();
        let Some((_, symbol)) = self.graph.symbol(id) else {
            return users;
        };
        let name = NameKey::of(&symbol.name);
        for (file, confidence) in resolve::users(&self.graph, id) {
            let Some(record) = self.graph.file(file) else {
                continue;
            };
            let uses = record.uses_of(name);
            let count: u32 = uses.iter().map(|u| u32::from(u.count)).sum();
            if confidence < LIKELY {
                users.possible += count;
                continue;
            }
            users.total += count;
            users.files.push(FileUses {
                path: record.path.clone(),
                count,
                test: record.test,
            });
            users.places.extend(uses.iter().map(|u| Place {
                path: record.path.clone(),
                line: u.line,
                by: u.by.map(|index| SymbolId { file, index }),
                count: u.count.into(),
                calls: u.calls.into(),
                test: record.is_test(u.by),
                confidence,
            }));
        }
        users
            .files
            .sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.path.cmp(&b.path)));
        users.places.sort_by(|a, b| {
            b.confidence
                .total_cmp(&a.confidence)
                .then(b.count.cmp(&a.count))
                .then_with(|| (&a.path, a.line).cmp(&(&b.path, b.line)))
        });
        users
    }

    /// Every exact use of a definition, found by parsing the files that are likely to use it.
    pub fn references(&self, id: SymbolId, cancel: &Cancel) -> Result<Vec<Reference>, IndexError> {
        let Some((_, symbol)) = self.graph.symbol(id) else {
            return Ok(Vec::new());
        };
        let mut files: Vec<(FileId, f32)> = resolve::users(&self.graph, id)
            .into_iter()
            .filter(|(_, confidence)| *confidence >= LIKELY)
            .collect();
        if !files.iter().any(|(file, _)| *file == id.file) {
            files.insert(0, (id.file, 1.0));
        }
        let mut references = Vec::new();
        for (file, confidence) in files {
            cancel.check()?;
            let Some(record) = self.graph.file(file) else {
                continue;
            };
            let Some(text) = self.text(&record.path) else {
                continue;
            };
            let found =
                extract::occurrences(Language::detect(&record.path, &text), &text, &symbol.name);
            references.extend(found.into_iter().map(|at| Reference {
                path: record.path.clone(),
                span: at.span,
                line: at.line,
                call: at.call,
                definition: at.definition,
                confidence,
            }));
        }
        references.sort_by(|a, b| (&a.path, a.span).cmp(&(&b.path, b.span)));
        Ok(references)
    }

    /// The definitions that a definition uses, in the order of their first use.
    pub fn callees(&self, id: SymbolId) -> Vec<Callee> {
        let used = resolve::callees(&self.graph, id).into_iter();
        let mut callees: Vec<Callee> = used
            .map(|(symbol, used, confidence)| Callee {
                symbol,
                line: used.line,
                calls: used.calls.into(),
                confidence,
            })
            .collect();
        callees.sort_by_key(|callee| (callee.line, callee.symbol));
        callees
    }
}
