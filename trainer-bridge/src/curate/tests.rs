//! How each kind of interaction is curated, independently of the order of all.

mod properties;

use std::fmt::Write as _;

use expect_test::{Expect, expect};

use super::*;
use crate::feedback::{Feedback, FeedbackEvent, MeasuredAfter};
use crate::interaction::{ContextRef, RecordedCitation, Verdict};
use crate::sample::CitedLines;

fn asked(id: &str, question: &str, file: &str) -> RecordedInteraction {
    RecordedInteraction {
        interaction: Interaction {
            id: id.to_owned(),
            time: 1,
            workspace: "w".to_owned(),
            kind: "ask".to_owned(),
            question: question.to_owned(),
            answer: format!("answer {id}"),
            citations: vec![RecordedCitation {
                file: file.to_owned(),
                range: CitedLines { first: 3, last: 9 },
                verified: true,
            }],
            generation: Some("repo@7".to_owned()),
            ..Interaction::default()
        },
        feedback: Vec::new(),
    }
}

impl RecordedInteraction {
    fn judged(mut self, verdict: Verdict) -> Self {
        self.interaction.verdict = Some(verdict);
        self
    }

    fn corrected(mut self, verdict: Verdict, correction: &str) -> Self {
        self.interaction.correction = Some(correction.to_owned());
        self.judged(verdict)
    }

    fn with(mut self, event: FeedbackEvent) -> Self {
        self.feedback.push(Feedback {
            interaction: self.interaction.id.clone(),
            time: 2 + self.feedback.len() as u64,
            event,
        });
        self
    }

    fn survived(self, after: MeasuredAfter, share: f64) -> Self {
        self.with(FeedbackEvent::Survived {
            insertion: "1".to_owned(),
            after,
            share,
        })
    }

    fn changed(mut self, change: impl FnOnce(&mut Interaction)) -> Self {
        change(&mut self.interaction);
        self
    }
}

fn golden(question: &str) -> GoldenQuestion {
    GoldenQuestion {
        question: question.to_owned(),
        ..GoldenQuestion::default()
    }
}

/// Formats a result, one item per line.
fn shown(curated: &Curated) -> String {
    let mut out = String::new();
    let mut line = |what: &str, messages: &[&[Message]], metadata: &Metadata| {
        let said: Vec<&str> = messages
            .iter()
            .flat_map(|part| part.iter())
            .map(|m| m.content.as_str())
            .collect();
        let Metadata {
            source,
            split,
            signal,
            interactions,
            grounded,
            ..
        } = metadata;
        let _ = writeln!(
            out,
            "{what} {} {split:?} {signal:?} {interactions:?} grounded={grounded} | {}",
            source.file,
            said.join(" | "),
            signal = signal.unwrap(),
        );
    };
    for sample in &curated.samples {
        line("sample", &[&sample.messages], &sample.metadata);
    }
    for pair in &curated.preferences {
        line(
            "pair",
            &[&pair.prompt, &pair.chosen, &pair.rejected],
            &pair.metadata,
        );
    }
    for sample in &curated.rejected {
        line("rejected", &[&sample.messages], &sample.metadata);
    }
    for (id, reason) in &curated.excluded {
        let _ = writeln!(out, "left out {id}: {reason:?}");
    }
    out
}

fn check(recorded: &[RecordedInteraction], expected: Expect) {
    expected.assert_eq(&shown(&curate(recorded, &[], &CurateOptions::default())));
}

#[test]
fn verdicts_and_corrections_classify_answers() {
    let failed = FeedbackEvent::Failed { follow_up: None };
    check(
        &[
            asked("good", "where is the index opened?", "src/a.rs").judged(Verdict::Good),
            asked("bad", "who calls the parser?", "src/b.rs").judged(Verdict::Bad),
            asked("corrected", "how does a branch switch work?", "src/c.rs")
                .corrected(Verdict::Corrected, "in one batch"),
            asked("bad-corrected", "what is a chunk of text?", "src/d.rs")
                .corrected(Verdict::Bad, "a definition"),
            asked("same", "what is debounced here?", "src/e.rs")
                .corrected(Verdict::Corrected, "answer same"),
            asked("failed", "when does the host stop?", "src/f.rs")
                .judged(Verdict::Good)
                .with(failed.clone()),
            asked("failed-2", "why does the host stop?", "src/f.rs").with(failed),
            asked("nothing", "which test touches this?", "src/g.rs"),
            asked("ungrounded", "what does the lexer skip?", "src/h.rs")
                .judged(Verdict::Good)
                .changed(|interaction| interaction.citations[0].verified = false),
            asked("uncited", "what is the unit of a span?", "src/i.rs")
                .judged(Verdict::Good)
                .changed(|interaction| interaction.citations.clear()),
        ],
        expect![[r#"
            sample src/a.rs Train Good ["good"] grounded=true | where is the index opened? | answer good
            sample src/c.rs Train Corrected ["corrected"] grounded=false | how does a branch switch work? | in one batch
            sample src/d.rs Train Corrected ["bad-corrected"] grounded=false | what is a chunk of text? | a definition
            sample src/e.rs Train Corrected ["same"] grounded=false | what is debounced here? | answer same
            sample src/f.rs Train Good ["failed"] grounded=true | when does the host stop? | answer failed
            pair src/c.rs Train Corrected ["corrected"] grounded=false | how does a branch switch work? | in one batch | answer corrected
            pair src/d.rs Train Corrected ["bad-corrected"] grounded=false | what is a chunk of text? | a definition | answer bad-corrected
            rejected src/b.rs Train Rejected ["bad"] grounded=true | who calls the parser? | answer bad
            left out failed-2: Failed
            left out nothing: Unjudged
            left out uncited: Ungrounded
            left out ungrounded: Ungrounded
        "#]],
    );
}

#[test]
fn inserted_code_that_is_left_counts_as_good() {
    check(
        &[
            asked("kept", "write a test of the parser", "src/a.rs")
                .survived(MeasuredAfter::HalfMinute, 0.2)
                .survived(MeasuredAfter::Save, 0.9),
            asked("undone", "write a loop over all files", "src/b.rs")
                .survived(MeasuredAfter::HalfMinute, 1.0)
                .survived(MeasuredAfter::Save, 0.1),
            asked("saved-then-undone", "read a file by its lines", "src/e.rs")
                .survived(MeasuredAfter::Save, 1.0)
                .survived(MeasuredAfter::HalfMinute, 0.0),
            asked("copied", "print the tree of modules", "src/c.rs")
                .with(FeedbackEvent::Copied { characters: 9 }),
            asked("kept-but-bad", "sort these by their name", "src/d.rs")
                .survived(MeasuredAfter::Save, 1.0)
                .judged(Verdict::Bad),
        ],
        expect![[r#"
            sample src/a.rs Train Inserted ["kept"] grounded=true | write a test of the parser | answer kept
            rejected src/d.rs Train Rejected ["kept-but-bad"] grounded=true | sort these by their name | answer kept-but-bad
            left out copied: Unjudged
            left out saved-then-undone: Unjudged
            left out undone: Unjudged
        "#]],
    );
}

#[test]
fn unusable_interactions_are_excluded() {
    check(
        &[
            asked("secret", "what is the token for?", "src/a.rs")
                .judged(Verdict::Good)
                .changed(|interaction| {
                    interaction.answer = "it is [redacted:github_token]".to_owned()
                }),
            asked("code", "how is it called?", "src/b.rs")
                .judged(Verdict::Good)
                .changed(|interaction| interaction.answer = "by [code]".to_owned()),
            asked("cut", "who reads the journal?", "src/e.rs")
                .judged(Verdict::Good)
                .changed(|interaction| interaction.cut = true),
            asked("empty", "and this one?", "src/c.rs").corrected(Verdict::Corrected, " "),
            asked("silent", "", "src/d.rs").judged(Verdict::Good),
        ],
        expect![[r#"
            left out code: WithoutCode
            left out cut: CutOff
            left out empty: Empty
            left out secret: Redacted
            left out silent: Empty
        "#]],
    );
}

#[test]
fn near_duplicates_are_merged_and_documents_are_limited() {
    check(
        &[
            asked(
                "first",
                "How is the index of the workspace opened by a second process?",
                "src/a.rs",
            )
            .judged(Verdict::Good),
            asked(
                "again",
                "how is the index of the workspace opened by a second process",
                "src/a.rs",
            )
            .corrected(Verdict::Corrected, "read-only"),
            asked(
                "other",
                "What does `open_index` do with a lock that is held?",
                "src/a.rs",
            )
            .judged(Verdict::Good),
            asked(
                "another",
                "What does `open_graph` do with a lock that is held?",
                "src/a.rs",
            )
            .judged(Verdict::Good),
            asked(
                "fourth",
                "Is there a limit on the size of a file?",
                "src/a.rs",
            )
            .judged(Verdict::Good),
            asked(
                "elsewhere",
                "Is there a limit on the size of a file?",
                "src/a.rs",
            )
            .judged(Verdict::Good)
            .changed(|interaction| interaction.workspace = "v".to_owned()),
        ],
        expect![[r#"
            sample src/a.rs Train Good ["elsewhere"] grounded=true | Is there a limit on the size of a file? | answer elsewhere
            sample src/a.rs Train Corrected ["again", "first"] grounded=false | how is the index of the workspace opened by a second process | read-only
            sample src/a.rs Train Good ["another"] grounded=true | What does `open_graph` do with a lock that is held? | answer another
            sample src/a.rs Train Good ["fourth"] grounded=true | Is there a limit on the size of a file? | answer fourth
            pair src/a.rs Train Corrected ["again"] grounded=false | how is the index of the workspace opened by a second process | read-only | answer again
            left out first: Duplicate
            left out other: EnoughOfDocument
        "#]],
    );
}

#[test]
fn golden_questions_are_never_trained_on() {
    let recorded = [
        asked("same", "where is the index opened", "src/a.rs").judged(Verdict::Good),
        asked("near", "where exactly is the index opened?", "src/a.rs")
            .corrected(Verdict::Corrected, "there"),
        asked("bad", "Where is the index opened?!", "src/b.rs").judged(Verdict::Bad),
        asked("other", "who closes the files again?", "src/a.rs").judged(Verdict::Good),
    ];
    let curated = curate(
        &recorded,
        &[golden("Where is the index opened?")],
        &CurateOptions::default(),
    );
    expect![[r#"
        sample src/a.rs Train Good ["other"] grounded=true | who closes the files again? | answer other
        left out bad: Golden
        left out near: Golden
        left out same: Golden
    "#]].assert_eq(&shown(&curated));
}

#[test]
fn a_sample_names_the_file_as_it_was() {
    let recorded = asked("i", "q", "src/a.rs")
        .judged(Verdict::Good)
        .changed(|interaction| {
            interaction.context.push(ContextRef {
                file: "src/a.rs".to_owned(),
                range: CitedLines { first: 1, last: 2 },
                hash: "00".to_owned(),
                blob: Some("e69de29".to_owned()),
            });
        });
    let curated = curate(&[recorded], &[], &CurateOptions::default());
    expect![[r#"
        [
          {
            "messages": [
              {
                "role": "user",
                "content": "q"
              },
              {
                "role": "assistant",
                "content": "answer i"
              }
            ],
            "metadata": {
              "id": "177eead02cc440f5dccf7716e7087f6a",
              "kind": "ask",
              "source": {
                "file": "src/a.rs",
                "range": {
                  "first": 3,
                  "last": 9
                },
                "blob": "e69de29"
              },
              "flow": "interaction",
              "teacher": "repo@7",
              "split": "train",
              "grounded": true,
              "interactions": [
                "i"
              ],
              "signal": "good"
            }
          }
        ]"#]]
    .assert_eq(&serde_json::to_string_pretty(&curated.samples).unwrap());
}

#[test]
fn about_a_tenth_is_held_out() {
    let mut held_out = 0;
    for at in 0..2_000 {
        held_out += usize::from(split_of(&format!("src/file-{at}.rs")) != crate::Split::Train);
    }
    assert!((150..250).contains(&held_out), "{held_out}");
}
