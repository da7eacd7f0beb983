//! `repo-lsp samples`: interactions are listed, shown, edited, forgotten, exported, imported and curated.

mod correct;
mod curate;
mod exchange;
mod forget;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;

use expect_test::{Expect, expect};
use integration::{Ran, Sandbox, holding};
use serde_json::{Value, json};
use trainer_bridge::{
    CitedLines, ContextRef, Feedback, FeedbackEvent, Filter, Intake, Interaction, RecordedCitation,
    RecordedInteraction, Store, Verdict,
};

/// 2026-11-19 00:00 in UTC.
const DAY: u64 = 1_795_046_400_000;

struct World {
    sandbox: Sandbox,
}

impl World {
    fn empty() -> Self {
        World {
            sandbox: Sandbox::new("//- /src/journal.rs\npub struct Journal;\n"),
        }
    }

    /// Three interactions of this workspace and one of another.
    fn new() -> Self {
        let world = World::empty();
        let here = world.sandbox.root().display().to_string();
        let mut store = world.store();
        let rows = [
            interaction("0193a4f0aaaa", &here, 1, "who posts an entry?"),
            interaction("0193a4f0abbb", &here, 2, "where is the balance computed?"),
            Interaction {
                kind: "explain".to_owned(),
                answer: "It is a debt, see src/secretly.rs.".to_owned(),
                citations: vec![cited("src/secretly.rs", true), cited("src/gone.rs", false)],
                ..interaction("0193b7c00000", &here, 3, "what is overdrawn?")
            },
            interaction(
                "0193c9d00000",
                "/work/elsewhere",
                4,
                "which mailbox is full?",
            ),
        ];
        let intake = Intake::default();
        let rows: Vec<_> = rows.map(|row| intake.admit(row).unwrap()).into();
        assert_eq!(store.insert(&rows).unwrap(), 4);
        for (id, event) in [
            ("0193a4f0aaaa", FeedbackEvent::Up),
            (
                "0193a4f0abbb",
                FeedbackEvent::Corrected {
                    answer: "In Journal::balance.".to_owned(),
                },
            ),
            ("0193b7c00000", FeedbackEvent::Down),
        ] {
            let feedback = Feedback {
                interaction: id.to_owned(),
                time: DAY + 9 * 3_600_000,
                event,
            };
            assert!(
                store
                    .add_feedback(&intake.admit_feedback(feedback).unwrap())
                    .unwrap()
            );
        }
        world
    }

    fn data(&self) -> PathBuf {
        self.sandbox.home().join(".local/share/repo-lsp")
    }

    /// The file of a draft that was kept, as the program names it.
    fn typed(&self, ran: &Ran) -> PathBuf {
        let said = "warning: your text is kept in ~/";
        let line = ran.stderr.lines().find_map(|line| line.strip_prefix(said));
        self.sandbox
            .home()
            .join(line.unwrap_or_else(|| panic!("{ran:?}")))
    }

    fn store(&self) -> Store {
        Store::open(&self.data().join("samples.db")).unwrap()
    }

    fn everything(&self) -> Vec<RecordedInteraction> {
        self.store()
            .list(&Filter::default(), 1_000, None)
            .unwrap()
            .rows
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let arguments: Vec<&str> = ["samples"].iter().chain(arguments).copied().collect();
        self.sandbox.run(&arguments)
    }

    fn done(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:?}");
        ran.stdout
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let arguments: Vec<&str> = ["samples"].iter().chain(arguments).copied().collect();
        self.sandbox.json(&arguments)
    }

    fn ids(&self, arguments: &[&str]) -> Vec<String> {
        let arguments: Vec<&str> = ["list", "--json"]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        let ran = self.run(&arguments);
        let rows: Value = serde_json::from_str(&ran.stdout).unwrap();
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row["id"].as_str().unwrap().to_owned())
            .collect()
    }

    fn refused(&self, arguments: &[&str], expected: Expect) {
        let ran = self.run(arguments);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (Some(2), ""),
            "{arguments:?}: {ran:?}"
        );
        assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
        expected.assert_eq(&ran.stderr);
    }

    /// Runs with an editor that is a line of shell; the file is its first argument.
    fn edit(&self, arguments: &[&str], editor: &str) -> Ran {
        let script = self.sandbox.home().join("editor");
        fs::write(&script, format!("#!/bin/sh\n{editor}\n")).unwrap();
        let mut command = self
            .sandbox
            .command(&[&["samples", "edit"], arguments].concat());
        command.env("EDITOR", format!("sh {}", script.display()));
        self.sandbox.ran(command.output().unwrap())
    }

    fn traces(&self, of: &str) -> Vec<PathBuf> {
        holding(&self.data(), of.as_bytes())
    }
}

fn cited(file: &str, verified: bool) -> RecordedCitation {
    RecordedCitation {
        file: file.to_owned(),
        range: CitedLines { first: 3, last: 9 },
        verified,
    }
}

fn interaction(id: &str, workspace: &str, hour: u64, question: &str) -> Interaction {
    Interaction {
        id: id.to_owned(),
        workspace: workspace.to_owned(),
        time: DAY + hour * 3_600_000,
        kind: "ask".to_owned(),
        question: question.to_owned(),
        answer: format!("{question} Journal does."),
        context: vec![ContextRef {
            file: "src/journal.rs".to_owned(),
            range: CitedLines { first: 3, last: 9 },
            hash: "0123456789abcdef".to_owned(),
            blob: None,
        }],
        citations: vec![cited("src/journal.rs", true)],
        generation: Some("repo@7".to_owned()),
        latency_ms: 12,
        ..Interaction::default()
    }
}

#[test]
fn commands_create_nothing_where_nothing_was_recorded() {
    let world = World::empty();
    for arguments in [
        &["list"][..],
        &["show", "0193"],
        &["edit", "0193", "--verdict", "good"],
        &["forget", "--all", "--yes"],
        &["export"],
        &["stats"],
        &["curate", "--out", "made"],
        &["lineage", "repo@7"],
    ] {
        let ran = world.run(arguments);
        assert_eq!(
            (ran.code, ran.stdout.as_str(), ran.stderr.as_str()),
            (Some(1), "", "nothing is recorded yet\n"),
            "{arguments:?}"
        );
    }
    let list = world.run(&["list", "--json"]);
    assert_eq!((list.code, list.stdout.as_str()), (Some(1), "[]\n"));
    assert!(
        world
            .sandbox
            .run(&["status"])
            .stdout
            .contains("samples     0 interactions recorded (samples.mode is full)")
    );
    assert!(
        world
            .sandbox
            .run(&["doctor"])
            .stdout
            .contains("samples       nothing recorded yet · mode full")
    );
    let mut doctor = world.sandbox.command(&["doctor"]);
    doctor.env("XDG_DATA_HOME", world.sandbox.root().join("src/journal.rs"));
    let ran = world.sandbox.ran(doctor.output().unwrap());
    assert!(ran.stdout.contains("so nothing is recorded"), "{ran:?}");
    assert_eq!(world.sandbox.run(&["model", "list"]).code, Some(1));
    assert!(!world.data().exists(), "{:?}", fs::read_dir(world.data()));
    assert!(!world.sandbox.root().join("made").exists());
}

#[test]
fn interactions_are_listed_newest_first() {
    let world = World::new();
    expect![[r#"
        0193c9d0    2026-11-19 04:00  ask      ·    1 file  which mailbox is full?
        0193b7c0    2026-11-19 03:00  explain  ✗   2 files  what is overdrawn?
        0193a4f0ab  2026-11-19 02:00  ask      ✎    1 file  where is the balance computed?
        0193a4f0aa  2026-11-19 01:00  ask      ✓    1 file  who posts an entry?
    "#]]
    .assert_eq(&world.done(&["list"]));
    let all = [
        "0193c9d00000",
        "0193b7c00000",
        "0193a4f0abbb",
        "0193a4f0aaaa",
    ];
    assert_eq!(world.ids(&[]), all);
    assert_eq!(world.ids(&["--workspace", "."]), all[1..]);
    assert_eq!(world.ids(&["--workspace", "/work/elsewhere"]), all[..1]);
    assert_eq!(world.ids(&["-n", "2"]), all[..2]);
    assert_eq!(world.ids(&["--since", "2026-11-19T03:00"]), all[..2]);
    assert_eq!(world.ids(&["--until", "2026-11-19T03:00"]), all[2..]);
    assert_eq!(world.ids(&["--verdict", "none"]), all[..1]);
    assert_eq!(world.ids(&["--verdict", "corrected"]), all[2..3]);
    assert_eq!(world.ids(&["--kind", "explain"]), all[1..2]);
    assert_eq!(world.ids(&["--files", "src/sec*.rs"]), all[1..2]);
    let more = world.run(&["list", "-n", "1"]);
    assert_eq!(more.stderr, "there are more; use --limit N to show them\n");
    let none = world.run(&["list", "--kind", "hover"]);
    assert_eq!(
        (none.code, none.stderr.as_str()),
        (Some(1), "nothing found\n")
    );
    let bad = world.run(&["list", "--since", "yesterday"]);
    assert_eq!(bad.code, Some(2));
    assert!(
        bad.stderr
            .contains("write 2026-11-19 or 2026-11-19T10:00, in UTC, or 7d, 12h, 30m"),
        "{bad:?}"
    );
    world.refused(
        &["list", "--files", "a["],
        expect![[r#"
            error: the file pattern is not valid: error parsing glob 'a[': unclosed character class; missing ']'
        "#]],
    );
}

#[test]
fn one_interaction_is_shown() {
    let world = World::new();
    expect![[r#"
        0193b7c00000  2026-11-19 03:00 · explain · bad
        workspace   $SANDBOX/work/demo
        answered    by repo@7 in TIME
        recorded    full

        Question
          what is overdrawn?

        Answer
          It is a debt, see src/secretly.rs.

        Citations
          ✓ src/secretly.rs#L3-L9
          ✗ src/gone.rs#L3-L9   not verified

        Context
          src/journal.rs#L3-L9   0123456789ab

        Feedback
          2026-11-19 09:00  rated bad
    "#]]
    .assert_eq(&world.done(&["show", "0193b7"]));
    let shown = world.json(&["show", "0193a4f0ab"]);
    assert_eq!(shown["correction"], "In Journal::balance.");
    assert_eq!(shown["feedback"][0]["event"], "corrected");
    assert_eq!(shown["generations"], json!([]));
    world.refused(&["show", "0193a4"], expect![[r#"
        error: several interactions have an id that begins with 0193a4; use the longer ids that `repo-lsp samples list` shows
    "#]]);
    world.refused(
        &["show", "9"],
        expect![[r#"
        error: no interaction has an id that begins with 9; `repo-lsp samples list` shows them
    "#]],
    );
}

#[test]
fn interactions_are_counted() {
    let world = World::new();
    expect![[r#"
        $SANDBOX/work/demo  3 interactions
          ask            2   1 good · 1 corrected
          explain        1   1 bad
        /work/elsewhere  1 interaction
          ask            1   1 no verdict
        SIZE in ~/.local/share/repo-lsp/samples.db
    "#]]
    .assert_eq(&world.done(&["stats"]));
    let stats = world.json(&["stats", "--workspace", "."]);
    let total: u64 = stats["rows"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|row| row["count"].as_u64())
        .sum();
    assert_eq!(total, 3, "{stats}");
    assert_eq!(world.sandbox.json(&["status"])["samples"]["kept"], 3);
    let doctor = || {
        let rows = world.sandbox.json(&["doctor"]);
        let mut rows = rows.as_array().unwrap().iter();
        let row = rows.find(|row| row["check"] == "samples");
        row.unwrap().clone()
    };
    let row = doctor();
    assert!(
        row["level"] == "ok"
            && row["found"]
                .as_str()
                .unwrap()
                .starts_with("3 interactions of this workspace · mode full · "),
        "{row}"
    );
    // What is damaged is said, and what was set aside as well.
    fs::write(world.data().join("samples.db.damaged-1"), "x").unwrap();
    assert!(world.done(&["stats"]).contains("damaged, set aside"));
    let row = doctor();
    assert_eq!(row["level"], "warn", "{row}");
}

#[test]
fn every_command_has_examples() {
    let sandbox = Sandbox::new("");
    for command in [
        "list", "show", "edit", "forget", "export", "import", "stats", "curate", "lineage",
    ] {
        let help = sandbox.run(&["samples", command, "--help"]).stdout;
        assert!(
            help.contains("Examples:") && help.contains(&format!("repo-lsp samples {command}")),
            "{command}: {help}"
        );
    }
}
