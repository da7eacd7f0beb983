//! Documents as the input rows of knowledge flows, with the columns that sdg_hub's flows require.

use serde_json::{Map, Value};

use super::{Document, DocumentKind};

/// What a flow shows as an example of good questions, for code and for prose.
struct Example {
    document: &'static str,
    questions: [&'static str; 3],
}

const CODE: Example = Example {
    document: "`queue/retry.py`\n\ndef backoff(attempt, base=0.5, limit=30.0):\n    \"\"\"Returns the delay in seconds before a retry.\n\n    The delay doubles with each attempt and never exceeds `limit`.\n    \"\"\"\n    if attempt < 1:\n        raise ValueError(\"attempts are counted from 1\")\n    return min(limit, base * 2 ** (attempt - 1))\n",
    questions: [
        "How long does `backoff` wait before the third attempt if nothing else is passed?",
        "What happens if `backoff` is called with attempt 0?",
        "Why does the delay of `backoff` stop growing after some attempts?",
    ],
};

const PROSE: Example = Example {
    document: "## Retries\n\nA job that fails is tried again up to five times. The delay doubles with each attempt, starting at half a second, and is never longer than 30 seconds. A job that fails five times is moved to the queue `dead`, where it stays until somebody deletes it.\n",
    questions: [
        "How many times is a failed job tried again?",
        "Where does a job go that has failed five times?",
        "How does the delay between two attempts change?",
    ],
};

/// Converts documents to rows. `domain` names what they are about, such as the repository.
pub fn flow_rows(documents: &[Document], domain: &str) -> Vec<Map<String, Value>> {
    documents
        .iter()
        .map(|document| {
            let example = match document.kind {
                DocumentKind::Code | DocumentKind::Module => &CODE,
                _ => &PROSE,
            };
            let [first, second, third] = example.questions;
            let columns = [
                ("document", document.text.as_str()),
                ("document_outline", &document.outline),
                ("domain", domain),
                ("icl_document", example.document),
                ("icl_query_1", first),
                ("icl_query_2", second),
                ("icl_query_3", third),
                ("document_id", &document.id),
            ];
            columns
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect()
        })
        .collect()
}
