//! What passes the gates, and what does not, with the reason.

use grounding::View;

use super::*;
use crate::facts::tests::snapshot_of;

const FIXTURE: &str = "
//- /src/store.py
def open_index(path, mode=\"r\"):
    return path

def close_index(path):
    raise ClosedError(path)
";

#[track_caller]
fn check(answer: &str, expected: Result<usize, DropReason>) {
    let (_folder, snapshot) = snapshot_of(FIXTURE);
    let views = [View {
        name: None,
        snapshot,
    }];
    let found = check_answer(&views, answer, "the `granted_name` of the question");
    assert_eq!(found.map(|cited| cited.places.len()), expected, "{answer}");
}

#[test]
fn true_answers_pass() {
    check("`open_index` is in `src/store.py#L1-L2`.", Ok(1));
    check("Text without any claim.", Ok(0));
    check(
        "In `src/store.py#L1-L2`:\n\n```python\ndef open_index(path, mode=\"r\"):\n```\n",
        Ok(1),
    );
    check(
        "Call `open_index(\"a\", \"w\")` for that, in `src/store.py#L1`.",
        Ok(1),
    );
    check("There is no `granted_name`.", Ok(0));
}

#[test]
fn what_does_not_exist_is_dropped() {
    check("See `src/store.py#L1-L99`.", Err(DropReason::UnknownPlace));
    check("See `src/other.py#L1`.", Err(DropReason::UnknownPlace));
    check("It calls `reopen_index`.", Err(DropReason::UnknownName));
    check(
        "In `src/store.py#L1-L2`:\n\n```python\nreturn open_index(path)\n```\n",
        Err(DropReason::UnknownQuote),
    );
}

#[test]
fn a_call_with_too_many_arguments_is_dropped() {
    check(
        "`open_index(a, b, c)` does it, see `src/store.py#L1`.",
        Err(DropReason::ImpossibleCall),
    );
    check("`open_index(...)` does it, see `src/store.py#L1`.", Ok(1));
}

#[test]
fn empty_and_repetitive_answers_are_dropped() {
    check(" \n", Err(DropReason::Empty));
    check(
        &"the index is opened by the store and ".repeat(20),
        Err(DropReason::Repetitive),
    );
    check(&"x".repeat(MAX_ANSWER + 1), Err(DropReason::TooLong));
}

#[test]
fn secrets_are_replaced_and_counted() {
    let mut text = format!("key = AKIA{}", "ABCDEFGHIJKLMNOP");
    let before = text.clone();
    assert_eq!(redact(&mut text), 1);
    assert_ne!(text, before);
    assert_eq!(redact(&mut text), 0);
}

#[test]
fn questions_are_compared_without_case_and_punctuation() {
    let mut asked = AskedQuestions::default();
    assert!(asked.insert("Where is `open_index`?"));
    assert!(!asked.insert("where is open_index"));
    assert!(asked.insert("where is openindex"));
    let golden = crate::GoldenQuestion {
        question: "where are the segments of an index merged".to_owned(),
        ..Default::default()
    };
    let golden = GoldenOverlap::new(&[golden]);
    assert!(golden.is_close("Where are the segments of the index merged?"));
    assert!(!golden.is_close("Who calls `merge`?"));
}
