//! `repo-lsp samples`: listing, showing, editing, forgetting, exporting, importing and curating interactions.

mod correct;
mod curate;
mod exchange;
mod forget;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;

use expect_test::{Expect, expect};
use integration::{CommandOutput, Sandbox, files_containing};
use serde_json::{Value, json};
use trainer_bridge::{
    CitedLines, ContextRef, Feedback, FeedbackEvent, Filter, Intake, Interaction, RecordedCitation,
    RecordedInteraction, Store, Verdict,
};

/// 2026-11-19 00:00 UTC, in milliseconds since the Unix epoch.
const DAY: u64 = 1_795_046_400_000;

/// A sandbox whose database of interactions is filled directly.
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

    /// Returns the path of a kept draft, which the warning of `samples edit` names.
    fn draft_path(&self, output: &CommandOutput) -> PathBuf {
        let prefix = "warning: your text is kept in ~/";
        let line = output
            .stderr
            .lines()
            .find_map(|line| line.strip_prefix(prefix));
        self.sandbox
            .home()
            .join(line.unwrap_or_else(|| panic!("{output:?}")))
    }

    fn store(&self) -> Store {
        Store::open(&self.data().join("samples.db")).unwrap()
    }

    fn all_interactions(&self) -> Vec<RecordedInteraction> {
        self.store()
            .list(&Filter::default(), 1_000, None)
            .unwrap()
            .rows
    }

    fn run(&self, arguments: &[&str]) -> CommandOutput {
        let arguments: Vec<&str> = ["samples"].iter().chain(arguments).copied().collect();
        self.sandbox.run(&arguments)
    }

    /// Runs a command that must succeed and returns its standard output.
    fn run_ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.code, Some(0), "{arguments:?}: {output:?}");
        output.stdout
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let arguments: Vec<&str> = ["samples"].iter().chain(arguments).copied().collect();
        self.sandbox.json(&arguments)
    }

    /// Returns the ids that `samples list` prints.
    fn ids(&self, arguments: &[&str]) -> Vec<String> {
        let arguments: Vec<&str> = ["list", "--json"]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        let output = self.run(&arguments);
        let rows: Value = serde_json::from_str(&output.stdout).unwrap();
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row["id"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Runs a command that must fail with exit code 2 and one line of standard error.
    fn assert_rejected(&self, arguments: &[&str], expected: Expect) {
        let output = self.run(arguments);
        assert_eq!(
            (output.code, output.stdout.as_str()),
            (Some(2), ""),
            "{arguments:?}: {output:?}"
        );
        assert_eq!(output.stderr.lines().count(), 1, "{output:?}");
        expected.assert_eq(&output.stderr);
    }

    /// Runs `samples edit` with a shell script as the editor, whose first argument is the file to edit.
    fn edit_with(&self, arguments: &[&str], editor: &str) -> CommandOutput {
        let script = self.sandbox.home().join("editor");
        fs::write(&script, format!("#!/bin/sh\n{editor}\n")).unwrap();
        let mut command = self
            .sandbox
            .command(&[&["samples", "edit"], arguments].concat());
        command.env("EDITOR", format!("sh {}", script.display()));
        self.sandbox.capture(command.output().unwrap())
    }

    /// Returns the data files that contain this text.
    fn files_with(&self, text: &str) -> Vec<PathBuf> {
        files_containing(&self.data(), text.as_bytes())
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
        let output = world.run(arguments);
        assert_eq!(
            (output.code, output.stdout.as_str(), output.stderr.as_str()),
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
    let output = world.sandbox.capture(doctor.output().unwrap());
    assert!(
        output.stdout.contains("so nothing is recorded"),
        "{output:?}"
    );
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
    .assert_eq(&world.run_ok(&["list"]));
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
    world.assert_rejected(
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
    .assert_eq(&world.run_ok(&["show", "0193b7"]));
    let shown = world.json(&["show", "0193a4f0ab"]);
    assert_eq!(shown["correction"], "In Journal::balance.");
    assert_eq!(shown["feedback"][0]["event"], "corrected");
    assert_eq!(shown["generations"], json!([]));
    world.assert_rejected(&["show", "0193a4"], expect![[r#"
        error: several interactions have an id that begins with 0193a4; use the longer ids that `repo-lsp samples list` shows
    "#]]);
    world.assert_rejected(
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
    .assert_eq(&world.run_ok(&["stats"]));
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
    // A damaged database that was set aside is reported.
    fs::write(world.data().join("samples.db.damaged-1"), "x").unwrap();
    assert!(world.run_ok(&["stats"]).contains("damaged, set aside"));
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
