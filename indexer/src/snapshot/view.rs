//! Describes definitions using the current text of a file and facts extracted from that text.

use std::sync::Arc;

use super::{MAX_NEWER_RECORDS, Snapshot, SymbolInfo};
use crate::extract;
use crate::facts::Symbol;
use crate::graph::{FileId, SymbolId};
use crate::language::Language;
use crate::record::{FileRecord, Fingerprint, hash64};

impl Snapshot {
    /// Returns the current text of a file with matching facts.
    pub(super) fn view(&self, id: FileId) -> Option<FileView> {
        let record = self.graph.file(id)?.clone();
        let text = self.text(&record.path)?;
        let hash = hash64(text.as_bytes());
        if hash == record.fingerprint.hash {
            return Some(FileView { text, record });
        }
        let record = self.newer_record(&record, &text, hash)?;
        Some(FileView { text, record })
    }

    /// Returns the facts of a text that is not indexed yet. They are cached, because otherwise each hover during a long refresh would
    /// extract the same files again.
    fn newer_record(&self, known: &FileRecord, text: &str, hash: u64) -> Option<Arc<FileRecord>> {
        let key = (known.key, hash);
        let cached = self.newer.lock().get(&key).cloned();
        cached.or_else(|| {
            let print = Fingerprint {
                hash,
                ..known.fingerprint
            };
            let record = Arc::new(self.rules.index(&known.path, text, print).ok()?.record);
            let mut newer = self.newer.lock();
            if newer.len() >= MAX_NEWER_RECORDS {
                newer.clear();
            }
            newer.insert(key, record.clone());
            Some(record)
        })
    }

    pub(super) fn describe(&self, view: &FileView, id: SymbolId) -> Option<SymbolInfo> {
        let symbol = view.record.symbols.get(id.index as usize)?;
        let separator = view.record.language().map_or(".", Language::separator);
        let mut names = vec![&*symbol.name];
        let mut container = symbol.container;
        while let Some(outer) = container.and_then(|index| view.record.symbols.get(index as usize))
        {
            names.push(&outer.name);
            container = outer.container;
        }
        if names.len() == 1
            && let Some(receiver) = &symbol.receiver
        {
            names.push(receiver);
        }
        names.reverse();
        Some(SymbolInfo {
            id,
            name: symbol.name.to_string(),
            qualified: names.join(separator),
            kind: symbol.kind,
            path: view.record.path.clone(),
            language: view.record.language.as_deref().map(str::to_owned),
            lines: symbol.lines,
            span: symbol.span,
            name_span: symbol.name_span,
            signature: symbol
                .signature
                .of(&view.text)
                .unwrap_or_default()
                .trim()
                .to_owned(),
            doc: symbol
                .doc
                .and_then(|doc| doc.of(&view.text))
                .map(extract::clean_doc)
                .filter(|doc| !doc.trim().is_empty()),
            public: symbol.public,
            test: view.record.is_test(Some(id.index)),
            container: symbol.container.map(|index| SymbolId {
                file: id.file,
                index,
            }),
        })
    }
}

/// The current text of a file and the facts extracted from this text.
pub(super) struct FileView {
    pub text: Arc<str>,
    pub record: Arc<FileRecord>,
}

impl FileView {
    /// Returns the index of a definition of the snapshot in this text: the same index if name and kind agree, else the nearest definition
    /// with the same name and kind.
    pub fn find(&self, index: u32, known: &Symbol) -> Option<u32> {
        let same = |symbol: &Symbol| symbol.name == known.name && symbol.kind == known.kind;
        if self.record.symbols.get(index as usize).is_some_and(same) {
            return Some(index);
        }
        let candidates = self
            .record
            .symbols
            .iter()
            .enumerate()
            .filter(|(_, symbol)| same(symbol));
        candidates
            .min_by_key(|(_, symbol)| symbol.lines.first.abs_diff(known.lines.first))
            .map(|(index, _)| index as u32)
    }
}
