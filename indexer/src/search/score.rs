//! BM25 over the fields of chunks and over whole files, in one pass over the postings (Robertson & Zaragoza 2009).
//!
//! Scoring is term-at-a-time instead of through tantivy's queries, for three reasons. Each field gets its own score, so that results can
//! be explained. Whole files are scored without being indexed twice. And statistics exclude deleted documents, so that an incrementally
//! updated index ranks exactly like a new one.

use tantivy::postings::Postings;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, TERMINATED, Term};

use crate::Cancel;
use crate::error::IndexError;
use crate::search::corpus::{Corpus, NO_FILE};
use crate::store::TEXT_FIELDS;

const K1: f32 = 1.2;
const B: f32 = 0.75;
/// Weights of path, name, signature, doc, body, comments and strings.
const BOOSTS: [f32; TEXT_FIELDS.len()] = [2.0, 1.5, 0.5, 1.0, 1.0, 1.0, 0.5];

/// The scores of one query.
pub(crate) struct Bm25Scores {
    /// By chunk number: the score of each field.
    pub chunks: Vec<[f32; TEXT_FIELDS.len()]>,
    /// By file number: BM25 of the whole file as one bag of words.
    pub files: Vec<f32>,
}

pub(crate) fn score(
    corpus: &Corpus,
    terms: &[(String, f32)],
    cancel: &Cancel,
) -> Result<Bm25Scores, IndexError> {
    let mut scores = Bm25Scores {
        chunks: vec![[0.0; TEXT_FIELDS.len()]; corpus.documents],
        files: vec![0.0; corpus.files.len()],
    };
    let average_file = corpus.file_tokens.iter().sum::<f32>() / corpus.files.len().max(1) as f32;
    let mut file_counts = vec![0_u32; corpus.files.len()];
    let mut postings: Vec<(usize, u32, f32)> = Vec::new();
    for (term, weight) in terms {
        cancel.check()?;
        let mut touched: Vec<u32> = Vec::new();
        for (slot, &field) in corpus.fields.iter().enumerate() {
            postings.clear();
            let term = Term::from_field_text(field, term);
            for segment in &corpus.segments {
                let index = segment.reader.inverted_index(field)?;
                let list = index
                    .read_postings(&term, IndexRecordOption::WithFreqs)
                    .map_err(tantivy::TantivyError::from)?;
                let Some(mut list) = list else { continue };
                let norms = segment.reader.get_fieldnorms_reader(field)?;
                while list.doc() != TERMINATED {
                    let doc = list.doc();
                    let file = segment.file_of[doc as usize];
                    if file != NO_FILE {
                        let frequency = list.term_freq();
                        postings.push((
                            segment.offset + doc as usize,
                            frequency,
                            norms.fieldnorm(doc) as f32,
                        ));
                        let count = &mut file_counts[file as usize];
                        if *count == 0 {
                            touched.push(file);
                        }
                        *count += frequency;
                    }
                    list.advance();
                }
            }
            let idf = idf(corpus.chunks, postings.len()) * weight * BOOSTS[slot];
            for &(number, frequency, length) in &postings {
                scores.chunks[number][slot] +=
                    idf * saturation(frequency, length / corpus.average[slot]);
            }
        }
        let idf = idf(corpus.files.len(), touched.len()) * weight;
        for file in touched {
            let count = std::mem::take(&mut file_counts[file as usize]);
            scores.files[file as usize] += idf
                * saturation(
                    count,
                    corpus.file_tokens[file as usize] / average_file.max(1.0),
                );
        }
    }
    Ok(scores)
}

fn idf(documents: usize, with_term: usize) -> f32 {
    let (n, df) = (documents as f32, with_term as f32);
    (1.0 + (n - df + 0.5) / (df + 0.5)).ln()
}

fn saturation(frequency: u32, relative_length: f32) -> f32 {
    let tf = frequency as f32;
    tf * (K1 + 1.0) / (tf + K1 * (1.0 - B + B * relative_length))
}
