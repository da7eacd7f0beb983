//! Serialization of each data contract: reading and writing again gives the same JSON, and unknown keys are ignored.

use std::fmt::Debug;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::*;

/// Checks that `written` is read and written again unchanged, and that an unknown key is ignored.
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(written: Value) -> T {
    let read: T = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), written);
    let mut more = written;
    more["x-unknown"] = json!({ "deep": [1] });
    assert_eq!(serde_json::from_value::<T>(more).unwrap(), read);
    read
}

fn refused<T: DeserializeOwned + Debug>(written: Value) -> String {
    serde_json::from_value::<T>(written)
        .unwrap_err()
        .to_string()
}

#[test]
fn golden_question() {
    let bare = json!({ "id": "a", "question": "where?", "gold_files": ["src/a.rs"] });
    assert_eq!(check::<GoldenQuestion>(bare).answer, None);
    check::<GoldenQuestion>(json!({
        "id": "a", "repo": "x/y", "commit": "abc", "question": "where?", "answer": "here", "gold_files": [],
        "gold_symbols": ["src/a.rs::f"], "module": "crate:a",
    }));
    let missing = refused::<GoldenQuestion>(json!({ "id": "a", "gold_files": [] }));
    assert_eq!(missing, "missing field `question`");
}

fn interaction() -> Value {
    let range = json!({ "first": 10, "last": 24 });
    json!({
        "id": "i1", "time": 1_790_000_000_000_u64, "kind": "ask", "question": "how?",
        "context": [{ "file": "src/a.rs", "range": range, "hash": "00ff" }],
        "answer": "so", "citations": [{ "file": "src/a.rs", "range": range, "verified": true }],
        "scores": [{ "file": "src/a.rs", "total": 3.5, "parts": { "bm25.name": 3.0, "graph": 0.5 } }],
        "latency_ms": 9, "privacy": "no-code", "redactions": [{ "kind": "private_key", "count": 1 }],
    })
}

#[test]
fn interaction_without_and_with_a_verdict() {
    let read: Interaction = check(interaction());
    assert_eq!((read.verdict, read.privacy), (None, PrivacyMode::NoCode));
    let mut judged = interaction();
    judged["generation"] = "7".into();
    judged["verdict"] = "corrected".into();
    judged["correction"] = "thus".into();
    assert_eq!(
        check::<Interaction>(judged).verdict,
        Some(Verdict::Corrected)
    );
    let mut bad = interaction();
    bad["privacy"] = "whatever".into();
    assert!(refused::<Interaction>(bad).contains("unknown variant `whatever`"));
}

#[test]
fn sample() {
    let source =
        json!({ "file": "src/a.rs", "range": { "first": 1, "last": 2 }, "blob": "e69de29" });
    let written = json!({
        "messages": [
            { "role": "system", "content": "You know this repository." },
            { "role": "user", "content": "what is f?" },
            { "role": "assistant", "content": "A function.", "reasoning_content": "It begins with `fn`." },
        ],
        "metadata": {
            "id": "s1", "kind": "explain", "source": source, "flow": "interaction", "teacher": null,
            "split": "train", "grounded": true,
        },
    });
    let read: Sample = check(written);
    assert_eq!(read.messages[1].reasoning_content, None);
    assert_eq!(
        (read.metadata.split, read.messages[2].role),
        (Split::Train, Role::Assistant)
    );
}

#[test]
fn dataset() {
    check::<TokenizedRow>(
        json!({ "input_ids": [1, 2], "attention_mask": [1, 1], "labels": [-100, 2] }),
    );
    let counts = json!({ "rows": 1, "tokens": 2, "labelled": 1, "too_long": 0 });
    let read: Dataset = check(json!({
        "tokenizer_hash": "ab", "mask_mode": "last_assistant", "counts": counts, "sample_ids": ["s1"],
    }));
    assert_eq!(read.mask_mode, MaskMode::LastAssistant);
}

#[test]
fn run_in_each_state() {
    for state in [
        json!("running"),
        json!("done"),
        json!({ "failed": { "reason": "the disk is full" } }),
    ] {
        check::<Run>(json!({
            "id": "r1", "stage": "train", "state": state, "inputs": [{ "name": "samples", "hash": "ab" }],
            "metrics": { "loss": 0.25 },
        }));
    }
    assert!(Stage::Synth < Stage::Promote, "the stages are in order");
}

#[test]
fn generation() {
    let mut written = json!({
        "number": 1, "format": "safetensors", "base": "Qwen3-4B", "created": 1_790_000_000_000_u64,
        "files": [{ "path": "model.safetensors", "bytes": 9, "hash": "00ff" }], "dataset_hash": "ab", "trainer": "trl 0.24", "metrics": { "all-gold@10": 83.0 },
        "sample_ids": ["s1"],
    });
    assert_eq!(check::<Generation>(written.clone()).parent, None);
    written["parent"] = 6.into();
    written["number"] = 7.into();
    assert_eq!(check::<Generation>(written).parent, Some(6));
}
