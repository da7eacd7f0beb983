//! The output for an interaction in which every field is set.

use expect_test::expect;
use trainer_bridge::{
    ContextRef, Feedback, PrivacyMode, RecordedCitation, Redaction, RetrievalScore,
};

use super::*;

#[test]
fn every_field_of_an_interaction_is_printed() {
    let range = CitedLines { first: 3, last: 9 };
    let interaction = Interaction {
        id: "0193".to_owned(),
        workspace: "/work/demo".to_owned(),
        time: 1_795_046_400_000,
        kind: "ask".to_owned(),
        question: "who\u{1b}[31m posts?".to_owned(),
        answer: "Journal does.\n\n    let x;".to_owned(),
        cut: true,
        context: vec![ContextRef {
            file: "a.rs".to_owned(),
            range,
            hash: "0123456789abcdef".to_owned(),
            blob: None,
        }],
        citations: vec![
            RecordedCitation {
                file: "a.rs".to_owned(),
                range,
                verified: true,
            },
            RecordedCitation {
                file: "b.rs".to_owned(),
                range: CitedLines { first: 1, last: 1 },
                verified: false,
            },
        ],
        scores: vec![RetrievalScore {
            file: "a.rs".to_owned(),
            total: 2.5,
            parts: [("text".to_owned(), 2.0), ("name".to_owned(), 0.5)].into(),
        }],
        generation: Some("repo@7".to_owned()),
        latency_ms: 12,
        verdict: Some(Verdict::Corrected),
        correction: Some("The journal.".to_owned()),
        privacy: PrivacyMode::NoCode,
        redactions: vec![Redaction {
            kind: "password".to_owned(),
            count: 2,
        }],
        grounded: Some(0.925),
    };
    let event = |event| Feedback {
        interaction: "0193".to_owned(),
        time: 1_795_046_460_000,
        event,
    };
    let feedback = vec![
        event(FeedbackEvent::Corrected {
            answer: "The journal.".to_owned(),
        }),
        event(FeedbackEvent::Survived {
            insertion: "i".to_owned(),
            after: MeasuredAfter::Save,
            share: 0.5,
        }),
    ];
    let learned = [GenerationUse {
        label: "repo@8".to_owned(),
        dataset: "d".to_owned(),
        tainted: true,
    }];
    let mut out = Vec::new();
    super::interaction(
        &mut out,
        &RecordedInteraction {
            interaction,
            feedback,
        },
        &learned,
    )
    .unwrap();
    let shown = anstream::adapter::strip_str(std::str::from_utf8(&out).unwrap()).to_string();
    expect![[r#"
        0193  2026-11-19 00:00 · ask · corrected
        workspace   /work/demo
        answered    by repo@7 in 12 ms · 92 % of the places and names verified · incomplete
        recorded    no-code · redacted: 2 password

        Question
          who[31m posts?

        Answer
          Journal does.

              let x;

        Correction
          The journal.

        Citations
          ✓ a.rs#L3-L9
          ✗ b.rs#L1   not verified

        Context
          a.rs#L3-L9   0123456789ab

        Scores
             2.500  a.rs   name 0.500 + text 2.000

        Feedback
          2026-11-19 00:01  corrected
          2026-11-19 00:01  50 % of the inserted text left when the file was saved

        Models trained on it
          repo@8   also trained on interactions that were forgotten since
    "#]]
    .assert_eq(&shown);
}
