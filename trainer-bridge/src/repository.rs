//! The files and definitions of a repository, held in memory for the generators of training data.
//!
//! A [`Snapshot`] reads and checks a file for every definition that it describes, which suits a hover. Generators visit all definitions
//! and their neighbours, so each file is read once here. Nothing here knows what a sample looks like.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;
use repo_indexer::{
    Cancel, Cancelled, Language, LineRange, Snapshot, SymbolId, SymbolInfo, SymbolKind,
};

use crate::documents::{ExclusionReason, exclusion_of};
use crate::sample::{CitedLines, SampleSource, Split};
use crate::split_of;

pub(crate) struct Repository<'s> {
    pub snapshot: &'s Snapshot,
    /// Sorted by path.
    pub files: Vec<SourceFile>,
    /// Files that no sample is made of, sorted by path.
    pub excluded: Vec<(Arc<str>, ExclusionReason)>,
    places: HashMap<SymbolId, (u32, u32)>,
    /// How many definitions have a name, and how many a qualified name.
    names: HashMap<Box<str>, u32>,
    qualified: HashMap<Box<str>, u32>,
}

pub(crate) struct SourceFile {
    pub path: Arc<str>,
    pub text: Arc<str>,
    pub language: Language,
    pub test: bool,
    pub module: Arc<str>,
    pub split: Split,
    /// The definitions in source order; the position is the index in [`SymbolId`].
    pub symbols: Vec<SymbolInfo>,
    /// The byte offset of each line.
    lines: Vec<u32>,
}

impl<'s> Repository<'s> {
    /// Reads all files of a snapshot. Files that no sample is made of are listed with the reason.
    pub fn read(snapshot: &'s Snapshot, cancel: &Cancel) -> Result<Self, Cancelled> {
        let mut entries: Vec<_> = snapshot.files().collect();
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        let read: Vec<_> = entries
            .par_iter()
            .map(|entry| {
                cancel.check()?;
                let Some(text) = snapshot.text(&entry.path) else {
                    return Ok(Err((entry.path.clone(), ExclusionReason::Unreadable)));
                };
                if let Some(reason) = exclusion_of(&entry.path, &text) {
                    return Ok(Err((entry.path.clone(), reason)));
                }
                Ok(Ok(SourceFile {
                    language: Language::detect(&entry.path, &text),
                    test: entry.test,
                    module: snapshot.membership(&entry.path).id.into(),
                    split: split_of(&entry.path),
                    symbols: snapshot.outline(&entry.path),
                    lines: line_starts(&text),
                    path: entry.path.clone(),
                    text,
                }))
            })
            .collect::<Result<_, Cancelled>>()?;
        let skipped = snapshot
            .skipped()
            .map(|(path, reason)| (path, ExclusionReason::from(&reason)));
        let (mut files, mut excluded) = (Vec::new(), skipped.collect::<Vec<_>>());
        for file in read {
            match file {
                Ok(file) => files.push(file),
                Err(file) => excluded.push(file),
            }
        }
        excluded.sort();
        let mut repository = Repository {
            snapshot,
            files,
            excluded,
            places: HashMap::new(),
            names: HashMap::new(),
            qualified: HashMap::new(),
        };
        repository.count_names();
        Ok(repository)
    }

    fn count_names(&mut self) {
        for (at, file) in self.files.iter().enumerate() {
            for (index, symbol) in file.symbols.iter().enumerate() {
                self.places.insert(symbol.id, (at as u32, index as u32));
                // An implementation block has the name of its type.
                if symbol.kind != SymbolKind::Impl {
                    *self.names.entry(symbol.name.as_str().into()).or_default() += 1;
                    *self
                        .qualified
                        .entry(symbol.qualified.as_str().into())
                        .or_default() += 1;
                }
            }
        }
    }

    /// Returns a definition with its file; `None` if its file is excluded.
    pub fn definition(&self, id: SymbolId) -> Option<(&SourceFile, &SymbolInfo)> {
        let (file, index) = *self.places.get(&id)?;
        let file = self.files.get(file as usize)?;
        Some((file, file.symbols.get(index as usize)?))
    }

    /// Returns the position of a definition among those of its file.
    pub fn index_in_file(&self, id: SymbolId) -> Option<usize> {
        self.places.get(&id).map(|(_, index)| *index as usize)
    }

    pub fn file(&self, path: &str) -> Option<&SourceFile> {
        self.files.get(self.position(path)?)
    }

    /// Returns the index in `files` of a path.
    pub fn position(&self, path: &str) -> Option<usize> {
        self.files
            .binary_search_by(|file| (*file.path).cmp(path))
            .ok()
    }

    /// Returns the shortest Markdown that refers to exactly one definition: its name, its qualified name, or that with its file. `None` if
    /// none does, as with overloads.
    pub fn reference(&self, symbol: &SymbolInfo) -> Option<String> {
        if self.names.get(symbol.name.as_str()) == Some(&1) {
            return Some(format!("`{}`", symbol.name));
        }
        if self.qualified.get(symbol.qualified.as_str()) == Some(&1) {
            return Some(format!("`{}`", symbol.qualified));
        }
        let (file, _) = self.definition(symbol.id)?;
        let same = |other: &&SymbolInfo| {
            other.qualified == symbol.qualified && other.kind != SymbolKind::Impl
        };
        (file.symbols.iter().filter(same).count() == 1)
            .then(|| format!("`{}` in `{}`", symbol.qualified, symbol.path))
    }

    /// Whether exactly one definition has this name.
    pub fn is_unique(&self, name: &str) -> bool {
        self.names.get(name) == Some(&1)
    }
}

impl SourceFile {
    /// Returns the text of a range of lines, without the last line end.
    pub fn lines(&self, range: LineRange) -> &str {
        let start = self.offset(range.first);
        let end = self.offset(range.last + 1);
        self.text
            .get(start..end)
            .unwrap_or_default()
            .trim_end_matches(['\n', '\r'])
    }

    pub fn line(&self, line: u32) -> &str {
        self.lines(LineRange {
            first: line,
            last: line,
        })
    }

    /// Returns the byte offset of a line, or the length of the text beyond the last one.
    pub fn offset(&self, line: u32) -> usize {
        let start = self.lines.get(line as usize).copied();
        start.map_or(self.text.len(), |start| start as usize)
    }

    /// Returns the 0-based line of a byte offset.
    pub fn line_of(&self, offset: usize) -> u32 {
        self.lines
            .partition_point(|&start| start as usize <= offset)
            .saturating_sub(1) as u32
    }

    pub fn source(&self, lines: LineRange) -> SampleSource {
        SampleSource {
            file: self.path.to_string(),
            range: CitedLines {
                first: lines.first + 1,
                last: lines.last + 1,
            },
            blob: String::new(),
        }
    }
}

/// Formats a citation: `path#L10-L24`, 1-based.
pub(crate) fn citation(path: &str, lines: LineRange) -> String {
    let (first, last) = (lines.first + 1, lines.last + 1);
    if first == last {
        format!("`{path}#L{first}`")
    } else {
        format!("`{path}#L{first}-L{last}`")
    }
}

fn line_starts(text: &str) -> Vec<u32> {
    let after = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
    std::iter::once(0)
        .chain(after.map(|(at, _)| at as u32 + 1))
        .collect()
}
