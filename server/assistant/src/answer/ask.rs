//! Answers a question in words with the definitions and documents that match it best.

use grounding::View;
use repo_indexer::{Cancel, Hit, IndexError, LineRange, Query, QueryScope};

use super::{Answer, AnswerKind, Source, source, text, words};
use grounding::markdown::code;

#[derive(Debug, Clone, Copy)]
pub struct SearchQuestion<'a> {
    pub text: &'a str,
    /// Maximum number of sources to quote.
    pub limit: usize,
}

impl<'a> From<&'a str> for SearchQuestion<'a> {
    fn from(text: &'a str) -> Self {
        SearchQuestion {
            text,
            limit: super::DEFAULT_SOURCES,
        }
    }
}

/// Receives an answer while it is being made. The head comes first and has no sources yet.
pub trait Listener {
    fn head(&mut self, _answer: &Answer) {}
    fn source(&mut self, _number: usize, _source: &Source) {}
}

/// For callers that need the complete answer only.
impl Listener for () {}

/// Maximum number of sources of one file, so that one long file does not displace the others.
const MAX_PER_FILE: usize = 2;

pub fn ask(
    views: &[View],
    question: SearchQuestion<'_>,
    listener: &mut dyn Listener,
    cancel: &Cancel,
) -> Result<Answer, IndexError> {
    let hits = best(views, question, cancel)?;
    let mut answer = Answer::new(AnswerKind::Question, headline(&hits));
    if hits.is_empty() {
        answer.notes.push(
            "Nothing in the index matches these words. Names as they are in the code match best."
                .to_owned(),
        );
    }
    listener.head(&answer);
    let words = text::words(question.text);
    for (number, (root, hit)) in hits.iter().enumerate() {
        cancel.check()?;
        let source = source::of_hit(views, *root, hit, &words);
        listener.source(number + 1, &source);
        answer.sources.push(source);
    }
    Ok(answer)
}

fn best(
    views: &[View],
    question: SearchQuestion<'_>,
    cancel: &Cancel,
) -> Result<Vec<(usize, Hit)>, IndexError> {
    let mut hits: Vec<(usize, Hit)> = Vec::new();
    for (root, view) in views.iter().enumerate() {
        let query = Query {
            text: question.text.to_owned(),
            limit: question.limit * 2,
            scope: QueryScope::All,
        };
        hits.extend(
            view.snapshot
                .search(&query, cancel)?
                .hits
                .into_iter()
                .map(|hit| (root, hit)),
        );
    }
    // Ties are broken by place, so that equal questions give equal answers.
    hits.sort_by(|(a_root, a), (b_root, b)| {
        let place = |root, hit: &Hit| (root, hit.path.clone(), hit.lines);
        b.scores
            .total
            .total_cmp(&a.scores.total)
            .then_with(|| place(a_root, a).cmp(&place(b_root, b)))
    });
    let mut kept: Vec<(usize, Hit)> = Vec::new();
    for (root, hit) in hits {
        let same_file = kept
            .iter()
            .filter(|(r, k)| *r == root && k.path == hit.path);
        // A method and the class around it would be quoted twice.
        let apart = |a: LineRange, b: LineRange| a.last < b.first || b.last < a.first;
        let (count, overlaps) = same_file.fold((0, false), |(n, o), (_, k)| {
            (n + 1, o || !apart(k.lines, hit.lines))
        });
        if !overlaps && count < MAX_PER_FILE {
            kept.push((root, hit));
        }
        if kept.len() == question.limit {
            break;
        }
    }
    Ok(kept)
}

fn headline(hits: &[(usize, Hit)]) -> String {
    let mut files: Vec<_> = hits.iter().map(|(root, hit)| (root, &hit.path)).collect();
    files.sort();
    files.dedup();
    match (hits, files.len()) {
        ([], _) => "Nothing was found.".to_owned(),
        ([(_, one)], _) => format!("One place matches, in {}.", code(&one.path)),
        (_, 1) => format!(
            "{} in {} match best.",
            words::count(hits.len(), "place"),
            code(&hits[0].1.path)
        ),
        (_, n) => format!(
            "{} in {} match best.",
            words::count(hits.len(), "place"),
            words::count(n, "file")
        ),
    }
}
