//! What each privacy mode lets through.

use expect_test::{Expect, expect};

use super::*;
use crate::interaction::{Citation, ContextRef};
use crate::sample::Lines;

fn interaction(question: &str, answer: &str) -> Interaction {
    Interaction {
        question: question.to_owned(),
        answer: answer.to_owned(),
        ..Interaction::default()
    }
}

fn check_no_code(text: &str, expected: Expect) {
    let admitted = Intake::new(PrivacyMode::NoCode)
        .admit(interaction(text, ""))
        .unwrap();
    expected.assert_eq(&admitted.get().question);
    let again = Intake::new(PrivacyMode::NoCode)
        .admit(admitted.get().clone())
        .unwrap();
    assert_eq!(
        again.get().question,
        admitted.get().question,
        "twice is once"
    );
}

#[test]
fn code_is_taken_out_of_prose() {
    check_no_code(
        "Look at `let x = 1;` first.\n\n```rust\nfn secret_sauce() {}\n```\nThen see src/a.rs#L10-L24.\n\n- item\n\n  ~~~\n  inner()\n  ~~~\n",
        expect![[r#"
            Look at [code] first.

            [code]
            Then see src/a.rs#L10-L24.

            - item

              [code]
        "#]],
    );
}

#[test]
fn code_that_is_not_marked_is_taken_out_too() {
    check_no_code(
        "why does parse(input) fail here?\nlet tree = parser.parse(input)?;\n    if tree.is_none() { return Err(()) }\ntake Foo::bar instead, please",
        expect![[r#"
            why does [code] fail here?
            [code]
            [code]
            take [code] instead, please"#]],
    );
    check_no_code(
        "never closed:\n```\nlet a = 1;\nlet b = 2",
        expect![[r#"
            never closed:
            [code]"#]],
    );
    check_no_code(
        "<pre>\nint main() { return 0 }\n</pre>\n\nand <code>x = y</code> there",
        expect![[r#"
            [code]

            and [code] there"#]],
    );
}

#[test]
fn prose_stays_as_it_is() {
    let prose = "Where is the index opened? See [the page](docs/a.md), and src/lib.rs#L1-L3 (the public items).";
    let admitted = Intake::new(PrivacyMode::NoCode)
        .admit(interaction(prose, ""))
        .unwrap();
    assert_eq!(admitted.get().question, prose);
}

#[test]
fn off_lets_nothing_through() {
    let feedback = Feedback {
        interaction: "i".to_owned(),
        time: 0,
        event: Event::Up,
    };
    assert!(
        Intake::new(PrivacyMode::Off)
            .admit(interaction("q", "a"))
            .is_none()
    );
    assert!(
        Intake::new(PrivacyMode::Off)
            .admit_feedback(feedback)
            .is_none()
    );
}

#[test]
fn the_stricter_mode_holds() {
    let mut strict = interaction("`x`", "");
    strict.privacy = PrivacyMode::NoCode;
    let admitted = Intake::new(PrivacyMode::Full).admit(strict).unwrap();
    assert_eq!(admitted.get().privacy, PrivacyMode::NoCode);
    assert_eq!(admitted.get().question, "[code]");
}

#[test]
fn secrets_are_taken_out_wherever_they_stand() {
    let mut raw = interaction("password = 'hunter2'?", "no, jo@acme.io");
    raw.correction = Some("pwd: \"letmein!\"".to_owned());
    raw.citations.push(Citation {
        file: "jo@acme.io/a.rs".to_owned(),
        range: Lines { first: 1, last: 1 },
        verified: false,
    });
    let admitted = Intake::default().admit(raw).unwrap();
    let kept = serde_json::to_string(admitted.get()).unwrap();
    for secret in ["hunter2", "letmein", "jo@acme.io"] {
        assert!(!kept.contains(secret), "{kept}");
    }
    let counts: Vec<_> = admitted
        .get()
        .redactions
        .iter()
        .map(|r| (r.kind.as_str(), r.count))
        .collect();
    assert_eq!(counts, [("email", 2), ("password", 2)]);
    // What is read and written again keeps its counts.
    let again = Intake::default().admit(admitted.get().clone()).unwrap();
    assert_eq!(again.get(), admitted.get());
}

#[test]
fn nothing_is_kept_of_a_private_file() {
    let intake = Intake::default().without_files(|file| file.ends_with("/.env"));
    let mut raw = interaction("q", "a");
    assert!(intake.admit(raw.clone()).is_some());
    raw.context.push(ContextRef {
        file: "deploy/.env".to_owned(),
        range: Lines { first: 1, last: 1 },
        hash: String::new(),
        blob: None,
    });
    assert!(intake.admit(raw).is_none());
}
