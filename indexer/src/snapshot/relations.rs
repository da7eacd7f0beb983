//! Queries about relations: the definition of a name, and the uses, references and callees of a definition.

use std::collections::BTreeMap;

use super::{Callee, Candidate, FileUses, Reference, Resolution, Snapshot, UsageSite, Usages};
use crate::Cancel;
use crate::error::IndexError;
use crate::extract;
use crate::facts::{Span, Symbol};
use crate::graph::resolve::{self, PossibleUse};
use crate::graph::scope::LIKELY;
use crate::graph::{FileId, SymbolId};
use crate::language::Language;
use crate::record::{NameKey, RoleKey};

/// Larger files are not parsed as a whole to find the identifier at an offset.
const MAX_PARSED_BYTES: u32 = 20_000;

/// The maximum number of candidates. Names with more, such as `new`, are too common for the others to be relevant.
const MAX_CANDIDATES: usize = 32;

impl Snapshot {
    /// Resolves the identifier at a byte offset. Returns `None` if there is no identifier.
    pub fn resolve_at(&self, path: &str, offset: u32) -> Option<Resolution> {
        let text = self.text(path)?;
        self.resolve_in(path, &text, offset)
    }

    /// Like [`Snapshot::resolve_at`], for a text that may be newer than the snapshot.
    pub fn resolve_in(&self, path: &str, text: &str, offset: u32) -> Option<Resolution> {
        let id = self.graph.id_of_path(path)?;
        let span = self.identifier_at(id, text, offset)?;
        let name = span.of(text)?;
        let role = RoleKey::from(extract::role_at(
            text,
            span.start as usize,
            span.end as usize,
        ));
        let by = self
            .enclosing(&self.graph.file(id)?.path, offset)
            .map(|by| by.index);
        let mut candidates = resolve::candidates(&self.graph, id, NameKey::of(name), role, by);
        // The name in a definition refers to that definition.
        let record = self.graph.file(id)?;
        let named = |symbol: &Symbol| symbol.name_span.start == span.start && &*symbol.name == name;
        if let Some(index) = record.symbols.iter().position(named) {
            candidates = vec![(
                SymbolId {
                    file: id,
                    index: index as u32,
                },
                1.0,
            )];
        }
        candidates.truncate(MAX_CANDIDATES);
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

    /// Returns the span of the identifier at an offset. Distinguishing it from a word in a comment requires parsing. Parsing a large file is
    /// too slow for a hover, so only the largest enclosing definition of at most [`MAX_PARSED_BYTES`] is parsed.
    fn identifier_at(&self, id: FileId, text: &str, offset: u32) -> Option<Span> {
        let record = self.graph.file(id)?;
        let language = Language::detect(&record.path, text);
        let around = record.symbols.iter().map(|symbol| symbol.span);
        let quick = around
            .filter(|span| span.contains(offset) && span.end - span.start <= MAX_PARSED_BYTES);
        let window = quick.max_by_key(|span| span.end - span.start);
        let window = window.filter(|_| text.len() > MAX_PARSED_BYTES as usize);
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

    /// Returns all definitions with exactly this name.
    pub fn definitions(&self, name: &str) -> Vec<SymbolId> {
        self.graph.definitions(NameKey::of(name))
    }

    /// Whether the workspace contains this name: as a definition, as a used name that may be defined elsewhere, or as a folder, file or
    /// package.
    pub fn contains_name(&self, name: &str) -> bool {
        let key = NameKey::of(name);
        self.graph.count_definitions(key) > 0
            || self.graph.count_users(key) > 0
            || self.graph.has_segment(name)
    }

    /// Returns the uses of a definition.
    pub fn usages(&self, id: SymbolId) -> Usages {
        let mut usages = Usages::default();
        let mut files: BTreeMap<FileId, u32> = BTreeMap::new();
        let mut sites: BTreeMap<(FileId, Option<u32>), UsageSite> = BTreeMap::new();
        for PossibleUse {
            file,
            used,
            confidence,
            ambiguous,
        } in resolve::possible_uses(&self.graph, id)
        {
            let Some(record) = self.graph.file(file) else {
                continue;
            };
            if confidence < LIKELY || ambiguous {
                usages.possible += u32::from(used.count);
                continue;
            }
            usages.total += u32::from(used.count);
            *files.entry(file).or_default() += u32::from(used.count);
            // One definition may use a name in several syntactic forms, which are combined in one entry.
            let site = sites.entry((file, used.by())).or_insert_with(|| UsageSite {
                path: record.path.clone(),
                line: used.line,
                by: used.by().map(|index| SymbolId { file, index }),
                count: 0,
                calls: 0,
                test: record.is_test(used.by()),
                confidence,
            });
            site.line = site.line.min(used.line);
            site.count += u32::from(used.count);
            site.calls += u32::from(used.calls);
            site.confidence = site.confidence.max(confidence);
        }
        usages.sites = sites.into_values().collect();
        usages.files = files
            .into_iter()
            .filter_map(|(file, count)| {
                let record = self.graph.file(file)?;
                Some(FileUses {
                    path: record.path.clone(),
                    count,
                    test: record.test,
                })
            })
            .collect();
        usages
            .files
            .sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.path.cmp(&b.path)));
        usages.sites.sort_by(|a, b| {
            b.confidence
                .total_cmp(&a.confidence)
                .then(b.count.cmp(&a.count))
                .then_with(|| (&a.path, a.line).cmp(&(&b.path, b.line)))
        });
        usages
    }

    /// Returns the exact positions of all uses of a definition, by parsing the files that probably use it.
    pub fn references(&self, id: SymbolId, cancel: &Cancel) -> Result<Vec<Reference>, IndexError> {
        let Some((_, symbol)) = self.graph.symbol(id) else {
            return Ok(Vec::new());
        };
        let name = NameKey::of(&symbol.name);
        let mut likely: BTreeMap<FileId, Vec<(RoleKey, f32)>> =
            BTreeMap::from([(id.file, Vec::new())]);
        for user in resolve::possible_uses(&self.graph, id) {
            if user.confidence >= LIKELY {
                likely
                    .entry(user.file)
                    .or_default()
                    .push((user.used.role, user.confidence));
            }
        }
        let mut references = Vec::new();
        for (file, roles) in likely {
            cancel.check()?;
            let Some(record) = self.graph.file(file) else {
                continue;
            };
            let Some(text) = self.text(&record.path) else {
                continue;
            };
            let found =
                extract::occurrences(Language::detect(&record.path, &text), &text, &symbol.name);
            for at in found {
                let role = RoleKey::from(extract::role_at(
                    &text,
                    at.span.start as usize,
                    at.span.end as usize,
                ));
                let confidence = match roles.iter().find(|(likely, _)| *likely == role) {
                    _ if at.definition && file == id.file => 1.0,
                    Some((_, confidence)) if !at.definition => *confidence,
                    // A name in an import is not recorded as a use, but it is a reference.
                    None if !at.definition
                        && record.uses_of(name).iter().all(|used| used.role != role) =>
                    {
                        LIKELY
                    }
                    _ => continue,
                };
                references.push(Reference {
                    path: record.path.clone(),
                    span: at.span,
                    line: at.line,
                    call: at.call,
                    definition: at.definition,
                    confidence,
                });
            }
        }
        references.sort_by(|a, b| (&a.path, a.span).cmp(&(&b.path, b.span)));
        Ok(references)
    }

    /// Returns the definitions that a definition uses, ordered by the line of the first use.
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

    /// Returns the definitions that the import statements of a file name, in the order of the statements, with the confidence.
    pub fn imported(&self, path: &str) -> Vec<(SymbolId, f32)> {
        let file = self.graph.id_of_path(path);
        file.map_or_else(Vec::new, |file| resolve::imported(&self.graph, file))
    }
}
