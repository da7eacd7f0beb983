//! The index on disk: one tantivy index per workspace. Changes become visible only through commits.
//!
//! There are two kinds of documents. A *file document* stores the record of a file; a *chunk document* is searched and stores nothing.
//! Both contain the key of their file, so a file is replaced with one delete and several adds in one commit. Chunks and facts are
//! therefore always consistent, and a process killed at any time leaves the last commit intact. Checksums are validated when the index
//! is opened for writing; a damaged index is recreated.

mod directory;

use std::path::{Path, PathBuf};

use tantivy::SingleSegmentIndexWriter;
use tantivy::directory::RamDirectory;
use tantivy::indexer::{LogMergePolicy, UserOperation};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions, Value,
};
use tantivy::tokenizer::{TextAnalyzer, TokenizerManager};
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyDocument, Term};

use crate::error::IndexError;
use crate::record::{FileKey, FileRecord, IndexedFile, pack_lines};
use crate::store::directory::CacheDirectory;
use crate::tokens::CodeTokenizer;

/// The name of the index folder. Indexes of other program versions are not read; they are deleted.
const VERSION: &str = concat!("v", env!("CARGO_PKG_VERSION"));
const TOKENIZER: &str = "code";
/// The memory budget of the single writer thread: large enough that a 30 MB workspace becomes one segment, which needs no merge.
const WRITER_MEMORY_BYTES: usize = 160_000_000;
/// The value of the `symbol` column for a chunk without a definition.
pub(crate) const NO_SYMBOL: u64 = u64::MAX;

/// The text fields of a chunk, in the order of [`TEXT_FIELDS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextField {
    Path,
    Name,
    Signature,
    Doc,
    Body,
    Comments,
    Strings,
}

pub(crate) const TEXT_FIELDS: [(TextField, &str); 7] = [
    (TextField::Path, "path"),
    (TextField::Name, "name"),
    (TextField::Signature, "signature"),
    (TextField::Doc, "doc"),
    (TextField::Body, "body"),
    (TextField::Comments, "comments"),
    (TextField::Strings, "strings"),
];

/// Column names of the fast fields.
pub(crate) mod column {
    pub const FILE: &str = "file";
    pub const VERSION: &str = "version";
    pub const SYMBOL: &str = "symbol";
    pub const LINES: &str = "lines";
}

#[derive(Debug, Clone)]
pub(crate) struct Fields {
    file: Field,
    /// Key of the file, set on file documents only. Used to replace a record without its chunks.
    record_of: Field,
    version: Field,
    symbol: Field,
    lines: Field,
    record: Field,
    pub text: [Field; TEXT_FIELDS.len()],
}

fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(TOKENIZER)
        .set_index_option(IndexRecordOption::WithFreqs);
    let text = TextOptions::default().set_indexing_options(indexing);
    let fields = Fields {
        file: builder.add_u64_field(column::FILE, INDEXED | FAST),
        record_of: builder.add_u64_field("record_of", INDEXED),
        version: builder.add_u64_field(column::VERSION, FAST),
        symbol: builder.add_u64_field(column::SYMBOL, FAST),
        lines: builder.add_u64_field(column::LINES, FAST),
        record: builder.add_bytes_field("record", STORED),
        text: TEXT_FIELDS.map(|(_, name)| builder.add_text_field(name, text.clone())),
    };
    (builder.build(), fields)
}

/// Returns a hash that distinguishes two records of one file. Never 0, which marks chunk documents.
pub(crate) fn version_of(record: &FileRecord) -> u64 {
    let print = record.fingerprint;
    let mut bytes = [0; 24];
    bytes[..8].copy_from_slice(&print.size.to_le_bytes());
    bytes[8..16].copy_from_slice(&print.modified.to_le_bytes());
    bytes[16..].copy_from_slice(&print.hash.to_le_bytes());
    crate::record::hash64(&bytes) | 1
}

pub(crate) struct IndexStore {
    index: Index,
    reader: IndexReader,
    pub fields: Fields,
    directory: PathBuf,
}

impl IndexStore {
    /// Returns the folder inside `directory` that contains this version of the index.
    pub fn folder(directory: &Path) -> PathBuf {
        directory.join(VERSION)
    }

    /// Opens the index for writing after validating its checksums. Returns `None` if there is no index and an error if it is damaged.
    pub fn open_validated(directory: &Path) -> Result<Option<IndexStore>, IndexError> {
        remove_other_versions(directory);
        let folder = Self::folder(directory);
        if !folder.join("meta.json").exists() {
            return Ok(None);
        }
        // A truncated file can make tantivy panic instead of returning an error, so checksums are validated first and panics are caught.
        let opened = std::panic::catch_unwind(|| {
            let store = Self::open(&folder)?;
            let damaged = store.index.validate_checksum()?;
            match damaged.iter().next() {
                Some(file) => Err(damaged_index(format!(
                    "{} does not match its checksum",
                    file.display()
                ))),
                None => Ok(Some(store)),
            }
        });
        opened.unwrap_or_else(|_| Err(damaged_index("a file of the index is truncated".to_owned())))
    }

    /// Creates an empty index and deletes an existing one.
    pub fn create(directory: &Path) -> Result<IndexStore, IndexError> {
        let folder = Self::folder(directory);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(IndexError::io(&folder))?;
        }
        std::fs::create_dir_all(&folder).map_err(IndexError::io(&folder))?;
        let (schema, _) = schema();
        Index::builder()
            .schema(schema)
            .open_or_create(CacheDirectory::open(&folder)?)?;
        Self::open(&folder)
    }

    /// Opens an existing index without validating its checksums.
    pub fn open(folder: &Path) -> Result<IndexStore, IndexError> {
        let (schema, fields) = schema();
        let index = Index::open(CacheDirectory::open(folder)?)?;
        if index.schema() != schema {
            return Err(tantivy::TantivyError::SchemaError(
                "the schema of the index is different".to_owned(),
            )
            .into());
        }
        index
            .tokenizers()
            .register(TOKENIZER, TextAnalyzer::from(CodeTokenizer::default()));
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()?;
        Ok(IndexStore {
            index,
            reader,
            fields,
            directory: folder.to_owned(),
        })
    }

    /// Creates an in-memory index, used for open buffers.
    pub fn in_memory(files: &[IndexedFile]) -> Result<(Searcher, Fields), IndexError> {
        let (schema, fields) = schema();
        let tokenizers = TokenizerManager::default();
        tokenizers.register(TOKENIZER, TextAnalyzer::from(CodeTokenizer::default()));
        let builder = Index::builder().schema(schema).tokenizers(tokenizers);
        let mut writer: SingleSegmentIndexWriter =
            builder.single_segment_index_writer(RamDirectory::create(), 15_000_000)?;
        for file in files {
            for document in chunk_documents(&fields, file) {
                writer.add_document(document)?;
            }
        }
        let reader: IndexReader = writer
            .finalize()?
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()?;
        Ok((reader.searcher(), fields))
    }

    pub fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    /// Returns a searcher for the latest commit of any process.
    pub fn reload(&self) -> Result<Searcher, IndexError> {
        self.reader.reload()?;
        Ok(self.reader.searcher())
    }

    pub fn writer(&self) -> Result<StoreWriter, IndexError> {
        let writer = self.index.writer_with_num_threads(1, WRITER_MEMORY_BYTES)?;
        let mut policy = LogMergePolicy::default();
        policy.set_del_docs_ratio_before_merge(0.4);
        writer.set_merge_policy(Box::new(policy));
        Ok(StoreWriter {
            writer,
            fields: self.fields.clone(),
        })
    }

    pub fn bytes_on_disk(&self) -> u64 {
        let entries = std::fs::read_dir(&self.directory)
            .into_iter()
            .flatten()
            .flatten();
        entries
            .filter_map(|entry| entry.metadata().ok())
            .map(|meta| meta.len())
            .sum()
    }

    /// Reads the record stored in the file document `doc` of `reader`.
    pub fn record(
        &self,
        reader: &tantivy::store::StoreReader,
        doc: tantivy::DocId,
    ) -> Result<FileRecord, IndexError> {
        let document: TantivyDocument = reader.get(doc)?;
        let bytes = document
            .get_first(self.fields.record)
            .and_then(|value| value.as_bytes());
        bytes
            .and_then(|bytes| postcard::from_bytes(bytes).ok())
            .ok_or_else(|| damaged_index("a file's record cannot be decoded".to_owned()))
    }
}

fn damaged_index(message: String) -> IndexError {
    tantivy::TantivyError::InternalError(message).into()
}

fn remove_other_versions(directory: &Path) {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let is_index = name
            .to_str()
            .and_then(|name| name.strip_prefix('v'))
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if is_index && name != VERSION {
            // An index of another version that cannot be deleted only takes space; it is never read.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// The only writer of an index. Changes become visible with [`StoreWriter::commit`].
pub(crate) struct StoreWriter {
    writer: IndexWriter,
    fields: Fields,
}

impl StoreWriter {
    /// Adds a file. `replaces` states whether the index already contains an earlier version of it.
    pub fn put(&self, file: &IndexedFile, replaces: bool) -> Result<(), IndexError> {
        let mut operations = Vec::with_capacity(file.chunks.len() + 2);
        let key = file.record.key;
        if replaces {
            operations.push(UserOperation::Delete(Term::from_field_u64(
                self.fields.file,
                key.0,
            )));
        }
        operations.push(UserOperation::Add(file_document(
            &self.fields,
            &file.record,
        )?));
        operations.extend(chunk_documents(&self.fields, file).map(UserOperation::Add));
        self.writer.run(operations)?;
        Ok(())
    }

    /// Replaces the record of a file whose content, and therefore whose chunks, are unchanged.
    pub fn touch(&self, record: &FileRecord) -> Result<(), IndexError> {
        let key = Term::from_field_u64(self.fields.record_of, record.key.0);
        self.writer.run([
            UserOperation::Delete(key),
            UserOperation::Add(file_document(&self.fields, record)?),
        ])?;
        Ok(())
    }

    pub fn remove(&self, key: FileKey) {
        self.writer
            .delete_term(Term::from_field_u64(self.fields.file, key.0));
    }

    /// Publishes all changes since the last commit. Without `fsync`, see [`CacheDirectory`].
    pub fn commit(&mut self) -> Result<(), IndexError> {
        self.writer.commit()?;
        Ok(())
    }

    /// Discards all changes since the last commit.
    pub fn rollback(&mut self) -> Result<(), IndexError> {
        self.writer.rollback()?;
        Ok(())
    }
}

fn file_document(fields: &Fields, record: &FileRecord) -> Result<TantivyDocument, IndexError> {
    let mut document = TantivyDocument::new();
    document.add_u64(fields.file, record.key.0);
    document.add_u64(fields.record_of, record.key.0);
    document.add_u64(fields.version, version_of(record));
    let bytes = postcard::to_stdvec(record)
        .map_err(|error| damaged_index(format!("a file's record cannot be encoded: {error}")))?;
    document.add_bytes(fields.record, &bytes);
    Ok(document)
}

fn chunk_documents(
    fields: &Fields,
    file: &IndexedFile,
) -> impl ExactSizeIterator<Item = TantivyDocument> {
    let key = file.record.key;
    file.chunks.iter().map(move |chunk| {
        let mut document = TantivyDocument::with_capacity(chunk.body.len() + 256);
        document.add_u64(fields.file, key.0);
        document.add_u64(fields.symbol, chunk.symbol.map_or(NO_SYMBOL, u64::from));
        document.add_u64(fields.lines, pack_lines(chunk.lines));
        for ((field, _), id) in TEXT_FIELDS.iter().zip(fields.text) {
            let text = match field {
                TextField::Path => &*file.record.path,
                TextField::Name => &chunk.name,
                TextField::Signature => &chunk.signature,
                TextField::Doc => &chunk.doc,
                TextField::Body => &chunk.body,
                TextField::Comments => &chunk.comments,
                TextField::Strings => &chunk.strings,
            };
            if !text.is_empty() {
                document.add_text(id, text);
            }
        }
        document
    })
}
