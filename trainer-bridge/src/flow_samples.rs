//! Rows of knowledge flows as samples.

use flows::Row;
use serde_json::Value;

use crate::curate::content_id;
use crate::sample::{CitedLines, Message, Metadata, Role, Sample, SampleSource};
use crate::split_of;

/// The kind of the samples that have the document before the question.
pub(crate) const OPEN_BOOK: &str = "knowledge_open_book";

/// Converts rows with the columns `document_id`, `document`, `query`, `reasoning_trace` and `final_answer`. Each becomes two samples: one
/// with the document before the question, and one with the question alone. Rows that lack a column are left out.
pub fn flow_samples(rows: &[Row], flow: &str, teacher: &str) -> Vec<Sample> {
    let mut samples = Vec::new();
    for row in rows {
        let text = |column: &str| {
            row.get(column)
                .and_then(Value::as_str)
                .filter(|text| !text.trim().is_empty())
        };
        let (Some(id), Some(document), Some(query), Some(answer)) = (
            text("document_id"),
            text("document"),
            text("query"),
            text("final_answer"),
        ) else {
            continue;
        };
        let source = source_of(id);
        let with_document = format!("{document}\n\n{query}");
        for (kind, question) in [(OPEN_BOOK, with_document.as_str()), ("knowledge", query)] {
            samples.push(Sample {
                metadata: Metadata {
                    id: content_id(question, answer),
                    kind: kind.to_owned(),
                    split: split_of(&source.file),
                    source: source.clone(),
                    flow: format!("{flow}: {kind}"),
                    teacher: Some(teacher.to_owned()),
                    grounded: true,
                    interactions: Vec::new(),
                    signal: None,
                },
                messages: vec![
                    Message {
                        role: Role::User,
                        content: question.to_owned(),
                        reasoning_content: None,
                    },
                    Message {
                        role: Role::Assistant,
                        content: answer.to_owned(),
                        reasoning_content: text("reasoning_trace").map(str::to_owned),
                    },
                ],
            });
        }
    }
    samples
}

/// Reads the file and lines out of the id of a document, `code:src/a.rs#L1-L20`. A document that is not of one file has its id as its source.
fn source_of(id: &str) -> SampleSource {
    let (kind, place) = id.split_once(':').unwrap_or(("", id));
    let of_file = matches!(kind, "code" | "section" | "notebook");
    let (file, lines) = place
        .split_once("#L")
        .filter(|_| of_file)
        .unwrap_or((if of_file { place } else { id }, ""));
    let mut numbers = lines.split("-L").map(|line| line.parse().unwrap_or(0));
    let first = numbers.next().unwrap_or(0);
    SampleSource {
        file: file.split('#').next().unwrap_or(file).to_owned(),
        range: CitedLines {
            first,
            last: numbers.next().unwrap_or(first),
        },
        blob: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_becomes_a_sample_with_and_one_without_the_document() {
        let row = serde_json::json!({
            "document_id": "code:src/a.rs#L3-L9", "document": "fn a() {}", "query": "What is `a`?",
            "reasoning_trace": "It is defined.", "final_answer": "A function.",
        });
        let Value::Object(row) = row else {
            unreachable!()
        };
        let mut incomplete = row.clone();
        incomplete.remove("final_answer");
        let samples = flow_samples(&[row, incomplete], "direct", "teacher");
        let questions: Vec<_> = samples
            .iter()
            .map(|sample| sample.messages[0].content.as_str())
            .collect();
        assert_eq!(questions, ["fn a() {}\n\nWhat is `a`?", "What is `a`?"]);
        let source = &samples[0].metadata.source;
        assert_eq!(
            (source.file.as_str(), source.range),
            ("src/a.rs", CitedLines { first: 3, last: 9 })
        );
    }
}
