//! The searchable chunks of one snapshot: the segments of the store without files replaced by open buffers, and the open buffers.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use tantivy::index::SegmentId;
use tantivy::schema::Field;
use tantivy::{Searcher, SegmentReader};

use crate::error::IndexError;
use crate::facts::LineRange;
use crate::graph::{FileId, Graph};
use crate::record::{FileKey, unpack_lines};
use crate::store::{NO_SYMBOL, TEXT_FIELDS, column};

/// Marks a document that is not a chunk, was deleted, or is replaced by an open buffer.
pub(crate) const NO_FILE: u32 = u32::MAX;

/// The fast fields of a segment. Segments are immutable, so this is read once and cached for the lifetime of the segment.
pub(crate) struct Columns {
    pub keys: Vec<FileKey>,
    /// 0 for chunk documents.
    pub versions: Vec<u64>,
    symbols: Vec<Option<u32>>,
    lines: Vec<u64>,
}

impl Columns {
    fn read(reader: &SegmentReader) -> Result<Columns, IndexError> {
        let read = |name: &str, missing: u64| -> Result<Vec<u64>, IndexError> {
            let column = reader
                .fast_fields()
                .u64(name)?
                .first_or_default_col(missing);
            let mut values = vec![missing; reader.max_doc() as usize];
            column.get_range(0, &mut values);
            Ok(values)
        };
        let symbols = read(column::SYMBOL, NO_SYMBOL)?;
        Ok(Columns {
            keys: read(column::FILE, 0)?.into_iter().map(FileKey).collect(),
            versions: read(column::VERSION, 0)?,
            symbols: symbols
                .into_iter()
                .map(|symbol| (symbol != NO_SYMBOL).then_some(symbol as u32))
                .collect(),
            lines: read(column::LINES, 0)?,
        })
    }
}

/// The columns of live segments, reused from one commit to the next.
pub(crate) type ColumnCache = FxHashMap<SegmentId, Arc<Columns>>;

/// Returns the columns of all segments of a searcher, and replaces the content of `cache` by these.
pub(crate) fn columns(
    searcher: &Searcher,
    cache: &mut ColumnCache,
) -> Result<Vec<Arc<Columns>>, IndexError> {
    let mut current = ColumnCache::default();
    let mut all = Vec::new();
    for reader in searcher.segment_readers() {
        let id = reader.segment_id();
        let columns = match cache.get(&id) {
            Some(columns) => columns.clone(),
            None => Arc::new(Columns::read(reader)?),
        };
        current.insert(id, columns.clone());
        all.push(columns);
    }
    *cache = current;
    Ok(all)
}

pub(crate) struct Segment {
    pub reader: SegmentReader,
    /// For each document, the index into [`Corpus::files`], or [`NO_FILE`].
    pub file_of: Vec<u32>,
    /// The number of documents in the segments before this one.
    pub offset: usize,
    columns: Arc<Columns>,
}

/// A chunk of the corpus.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChunkRef {
    /// Index into [`Corpus::files`].
    pub file: u32,
    pub symbol: Option<u32>,
    pub lines: LineRange,
}

pub(crate) struct Corpus {
    pub segments: Vec<Segment>,
    pub files: Vec<FileId>,
    pub fields: [Field; TEXT_FIELDS.len()],
    /// Number of documents, including deleted ones: the length of a score array.
    pub documents: usize,
    /// Number of live chunks.
    pub chunks: usize,
    /// For each field, the average number of tokens over all chunks.
    pub average: [f32; TEXT_FIELDS.len()],
    /// For each file, the number of tokens in all chunks and fields.
    pub file_tokens: Vec<f32>,
}

impl Corpus {
    /// Creates the corpus from `committed`, the searcher of the store with the columns of its segments, and `buffers`, the searchers of the
    /// open buffers with the keys of their files.
    pub fn new(
        graph: &Graph,
        fields: [Field; TEXT_FIELDS.len()],
        committed: (&Searcher, &[Arc<Columns>]),
        buffers: &[(FileKey, Searcher)],
    ) -> Result<Corpus, IndexError> {
        let mut corpus = Corpus {
            segments: Vec::new(),
            files: Vec::new(),
            fields,
            documents: 0,
            chunks: 0,
            average: [0.0; TEXT_FIELDS.len()],
            file_tokens: Vec::new(),
        };
        let mut numbers: FxHashMap<FileKey, u32> = FxHashMap::default();
        let (searcher, columns) = committed;
        for (reader, columns) in searcher.segment_readers().iter().zip(columns) {
            corpus.add(graph, reader, columns.clone(), &mut numbers, |key| {
                !buffers.iter().any(|(buffer, _)| *buffer == key)
            })?;
        }
        for (_, searcher) in buffers {
            for reader in searcher.segment_readers() {
                corpus.add(
                    graph,
                    reader,
                    Arc::new(Columns::read(reader)?),
                    &mut numbers,
                    |_| true,
                )?;
            }
        }
        let chunks = corpus.chunks.max(1) as f32;
        corpus
            .average
            .iter_mut()
            .for_each(|total| *total = (*total / chunks).max(1.0));
        Ok(corpus)
    }

    fn add(
        &mut self,
        graph: &Graph,
        reader: &SegmentReader,
        columns: Arc<Columns>,
        numbers: &mut FxHashMap<FileKey, u32>,
        is_current: impl Fn(FileKey) -> bool,
    ) -> Result<(), IndexError> {
        let mut file_of = vec![NO_FILE; reader.max_doc() as usize];
        // The chunks of a file are adjacent, so the result for the previous document is usually reused.
        let mut last = (FileKey(0), NO_FILE);
        for doc in reader
            .doc_ids_alive()
            .filter(|&doc| columns.versions[doc as usize] == 0)
        {
            let key = columns.keys[doc as usize];
            if key != last.0 {
                let number = match graph.id(key) {
                    Some(id) if is_current(key) => *numbers.entry(key).or_insert_with(|| {
                        self.files.push(id);
                        self.file_tokens.push(0.0);
                        (self.files.len() - 1) as u32
                    }),
                    _ => NO_FILE,
                };
                last = (key, number);
            }
            file_of[doc as usize] = last.1;
            self.chunks += usize::from(last.1 != NO_FILE);
        }
        for (field, total) in self.fields.iter().zip(&mut self.average) {
            let norms = reader.get_fieldnorms_reader(*field)?;
            for (doc, &file) in file_of
                .iter()
                .enumerate()
                .filter(|(_, file)| **file != NO_FILE)
            {
                let tokens = norms.fieldnorm(doc as u32) as f32;
                *total += tokens;
                self.file_tokens[file as usize] += tokens;
            }
        }
        self.segments.push(Segment {
            reader: reader.clone(),
            file_of,
            offset: self.documents,
            columns,
        });
        self.documents += reader.max_doc() as usize;
        Ok(())
    }

    pub fn chunk(&self, number: usize) -> Option<ChunkRef> {
        let segment = self
            .segments
            .iter()
            .rev()
            .find(|segment| segment.offset <= number)?;
        let doc = number - segment.offset;
        let file = *segment.file_of.get(doc)?;
        let columns = &segment.columns;
        (file != NO_FILE).then(|| ChunkRef {
            file,
            symbol: columns.symbols[doc],
            lines: unpack_lines(columns.lines[doc]),
        })
    }
}
