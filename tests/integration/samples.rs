//! What was asked and answered, as a person looks after it: listed, shown, put right, forgotten, taken along, trained on.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;

use expect_test::{Expect, expect};
use integration::{Ran, Sandbox, holding};
use serde_json::{Value, json};
use trainer_bridge::{
    Citation, ContextRef, Event, Feedback, Filter, Intake, Interaction, Lines, Recorded, Store,
    Verdict,
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
            ("0193a4f0aaaa", Event::Up),
            (
                "0193a4f0abbb",
                Event::Corrected {
                    answer: "In Journal::balance.".to_owned(),
                },
            ),
            ("0193b7c00000", Event::Down),
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

    fn store(&self) -> Store {
        Store::open(&self.data().join("samples.db")).unwrap()
    }

    fn everything(&self) -> Vec<Recorded> {
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

fn cited(file: &str, verified: bool) -> Citation {
    Citation {
        file: file.to_owned(),
        range: Lines { first: 3, last: 9 },
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
            range: Lines { first: 3, last: 9 },
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
fn where_nothing_was_recorded_nothing_is_made() {
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
            .contains("samples     0 interactions kept (samples.mode is full)")
    );
    assert!(
        world
            .sandbox
            .run(&["doctor"])
            .stdout
            .contains("samples       nothing recorded yet · mode full")
    );
    assert_eq!(world.sandbox.run(&["model", "list"]).code, Some(1));
    assert!(!world.data().exists(), "{:?}", fs::read_dir(world.data()));
    assert!(!world.sandbox.root().join("made").exists());
}

#[test]
fn what_was_asked_is_listed_newest_first() {
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
    assert_eq!(more.stderr, "there are more; --limit N shows them\n");
    let none = world.run(&["list", "--kind", "nothing"]);
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
            error: the pattern for files is not valid: error parsing glob 'a[': unclosed character class; missing ']'
        "#]],
    );
}

#[test]
fn one_interaction_is_shown_whole() {
    let world = World::new();
    expect![[r#"
        0193b7c00000  2026-11-19 03:00 · explain · bad
        workspace   $SANDBOX/work/demo
        answered    by repo@7 in TIME
        kept        full

        Question
          what is overdrawn?

        Answer
          It is a debt, see src/secretly.rs.

        Citations
          ✓ src/secretly.rs#L3-L9
          ✗ src/gone.rs#L3-L9   not verified

        Made of
          src/journal.rs#L3-L9   0123456789ab

        What came of it
          2026-11-19 09:00  found bad
    "#]]
    .assert_eq(&world.done(&["show", "0193b7"]));
    let shown = world.json(&["show", "0193a4f0ab"]);
    assert_eq!(shown["correction"], "In Journal::balance.");
    assert_eq!(shown["feedback"][0]["event"], "corrected");
    assert_eq!(shown["generations"], json!([]));
    world.refused(&["show", "0193a4"], expect![[r#"
        error: the ids of several interactions begin with 0193a4; give more of it, as `repo-lsp samples list` shows it
    "#]]);
    world.refused(
        &["show", "9"],
        expect![[r#"
        error: no interaction's id begins with 9; `repo-lsp samples list` shows them
    "#]],
    );
}

#[test]
fn an_interaction_is_put_right_by_flags() {
    let world = World::new();
    let ran = world.run(&["edit", "0193b7", "--correction", "An account below zero."]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (Some(0), "changed 0193b7c00000; it is corrected\n")
    );
    let changed = world.json(&["show", "0193b7"]);
    assert_eq!(changed["correction"], "An account below zero.");
    let secret = world.run(&["edit", "0193b7", "--answer", "password = 'hunter2'"]);
    assert!(
        secret
            .stderr
            .starts_with("warning: 1 secret taken out of it\n"),
        "{secret:?}"
    );
    assert_eq!(
        world.json(&["show", "0193b7"])["answer"],
        "password = '[redacted:password]'"
    );
    let same = world.run(&["edit", "0193a4f0aa", "--verdict", "good"]);
    assert_eq!(
        (same.code, same.stderr.as_str()),
        (Some(0), "nothing was changed\n")
    );
    world.refused(
        &["edit", "0193a4f0aa", "--verdict", "corrected"],
        expect![[r#"
            error: what is corrected needs a correction; give one, or another verdict
        "#]],
    );
    world.refused(
        &["edit", "0193a4f0aa", "--question", ""],
        expect![[r#"
        error: a question cannot be empty; `repo-lsp samples forget` deletes an interaction
    "#]],
    );
}

#[test]
#[cfg(unix)]
fn an_interaction_is_put_right_in_an_editor() {
    let world = World::new();
    let seen = world.sandbox.home().join("seen");
    let look = format!("ls -l \"$1\" > {0}; cat \"$1\" >> {0}", seen.display());
    let before = world.everything();
    let ran = world.edit(&["0193a4f0aa"], &look);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (Some(0), "nothing was changed\n"),
        "{ran:?}"
    );
    assert_eq!(world.everything(), before);
    let text = fs::read_to_string(&seen).unwrap();
    assert!(text.starts_with("-rw-------"), "{text}");
    assert!(
        text.contains("question = \"who posts an entry?\""),
        "{text}"
    );

    let ran = world.edit(
        &["0193a4f0aa"],
        "sed -i.bak -e 's/^correction = .*/correction = \"Journal::post.\"/' \"$1\"",
    );
    assert_eq!(ran.stderr, "changed 0193a4f0aaaa; it is corrected\n");
    assert_eq!(
        world.json(&["show", "0193a4f0aa"])["correction"],
        "Journal::post."
    );
    let after = world.everything();

    let broken = world.edit(&["0193a4f0aa"], "echo 'verdict = ' >> \"$1\"");
    assert_eq!(
        (broken.code, broken.stderr.lines().count()),
        (Some(2), 1),
        "{broken:?}"
    );
    assert!(
        broken.stderr.starts_with("error: cannot be read at `"),
        "{broken:?}"
    );
    let failed = world.edit(&["0193a4f0aa"], "exit 3");
    assert!(
        failed.code == Some(2) && failed.stderr.contains("nothing was changed"),
        "{failed:?}"
    );
    let none = world.run(&["edit", "0193a4f0aa"]);
    assert!(
        none.code == Some(2) && none.stderr.contains("set VISUAL or EDITOR"),
        "{none:?}"
    );
    assert_eq!(world.everything(), after);
    // Neither the file nor the editor's backup is left.
    let left: Vec<_> = fs::read_dir(world.data())
        .unwrap()
        .flatten()
        .map(|file| file.file_name())
        .collect();
    assert!(
        left.iter()
            .all(|name| name.to_string_lossy().starts_with("samples.db")),
        "{left:?}"
    );
}

#[test]
fn what_is_forgotten_leaves_no_byte() {
    let world = World::new();
    world.refused(
        &["forget"],
        expect![[r#"
        error: say what to forget: ids, a filter such as --since 1h, or --all
    "#]],
    );
    world.refused(&["forget", "--all"], expect![[r#"
        error: there is no terminal to ask on; add --yes to forget 3 interactions of $SANDBOX/work/demo
    "#]]);
    world.refused(
        &["forget", "0193c9"],
        expect![[r#"
        error: there is no terminal to ask on; add --yes to forget 1 interaction of /work/elsewhere
    "#]],
    );
    let dry = world.json(&["forget", "--all", "--dry-run"]);
    assert_eq!(dry["interactions"], 3, "{dry}");
    let dry = world.done(&["forget", "--all", "--all-workspaces", "--dry-run"]);
    expect![[r#"
        4 interactions of all workspaces would be forgotten
                3  $SANDBOX/work/demo
                1  /work/elsewhere
          0193c9d0  which mailbox is full?
          0193b7c0  what is overdrawn?
          0193a4f0ab  where is the balance computed?
          0193a4f0aa  who posts an entry?
    "#]]
    .assert_eq(&dry);
    assert_eq!(world.everything().len(), 4);
    assert!(!world.traces("src/secretly.rs").is_empty());

    expect![[r#"
        forgotten   1 interaction of $SANDBOX/work/demo
    "#]]
    .assert_eq(&world.done(&["forget", "0193b7", "--yes"]));
    assert_eq!(world.traces("src/secretly.rs"), Vec::<PathBuf>::new());
    assert_eq!(world.traces("0193b7c00000"), Vec::<PathBuf>::new());
    // Another workspace is left alone unless it is named.
    let ran = world.run(&[
        "forget",
        "--kind",
        "ask",
        "--until",
        "2026-11-20",
        "--yes",
        "--json",
    ]);
    let forgotten: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        forgotten["interactions"],
        json!(["0193a4f0abbb", "0193a4f0aaaa"])
    );
    assert_eq!(world.ids(&[]), ["0193c9d00000"]);
    let none = world.run(&["forget", "--all", "--yes"]);
    assert_eq!(
        (none.code, none.stderr.as_str()),
        (
            Some(1),
            "nothing of $SANDBOX/work/demo matches; nothing was forgotten\n"
        )
    );
    world.done(&["forget", "--all", "--workspace", "/work/elsewhere", "-y"]);
    assert_eq!(world.ids(&[]), [""; 0]);
    for trace in [
        "/work/elsewhere",
        "src/journal.rs",
        "0193a4f0aaaa",
        "0193c9d00000",
    ] {
        assert_eq!(world.traces(trace), Vec::<PathBuf>::new(), "{trace}");
    }
}

#[test]
fn what_is_exported_is_imported_as_it_was() {
    let world = World::new();
    let piped = world.done(&["export"]);
    assert_eq!(piped.lines().count(), 4);
    let first: Value = serde_json::from_str(piped.lines().next().unwrap()).unwrap();
    assert_eq!(
        first["messages"][0],
        json!({ "role": "user", "content": "which mailbox is full?" })
    );
    let file = world.sandbox.home().join("all.jsonl");
    fs::write(&file, "what was there before").unwrap();
    let place = file.to_str().unwrap();
    let ran = world.run(&["export", place]);
    assert_eq!(
        (ran.code, ran.stdout.as_str(), ran.stderr.as_str()),
        (Some(0), "", "4 interactions written to ~/all.jsonl\n")
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    let other = World::empty();
    assert_eq!(other.done(&["import", place]), "4 interactions imported\n");
    assert_eq!(other.everything(), world.everything());
    assert_eq!(
        other.done(&["import", place]),
        "0 interactions imported · 4 known already\n"
    );
    let again = other.sandbox.home().join("again.jsonl");
    other.done(&["export", again.to_str().unwrap()]);
    assert_eq!(fs::read(&again).unwrap(), fs::read(&file).unwrap());

    // All lines or none.
    let last = World::empty();
    fs::write(&again, [&fs::read(&file).unwrap()[..], b"{}\n"].concat()).unwrap();
    last.refused(
        &["import", again.to_str().unwrap()],
        expect![[r#"
        error: line 5 cannot be imported: missing field `messages`
    "#]],
    );
    assert_eq!(last.everything(), []);
    last.refused(
        &["import", "/no/such/file"],
        expect![[r#"
        error: cannot read /no/such/file: no such file or directory
    "#]],
    );
    last.sandbox.configure("[samples]\nmode = 'off'\n");
    last.refused(
        &["import", place],
        expect![[r#"
        error: nothing may be kept: `samples.mode` is off. Set it to "full" or "no-code" to import
    "#]],
    );
    last.sandbox
        .configure("[index]\nprivate = ['secretly.rs']\n");
    let mut command = last.sandbox.command(&["samples", "import", "-"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(&fs::read(&file).unwrap())
        .unwrap();
    let ran = last.sandbox.ran(child.wait_with_output().unwrap());
    assert_eq!(
        ran.stdout, "3 interactions imported · 1 about private files refused\n",
        "{ran:?}"
    );
}

#[test]
fn a_reader_of_an_export_may_stop() {
    let world = World::new();
    // More than a pipe and our own buffer hold.
    let long = Interaction {
        answer: "word ".repeat(100_000),
        ..interaction("0193d0000000", "w", 5, "how long is it?")
    };
    let long = Intake::default().admit(long).unwrap();
    world.store().insert(&[long]).unwrap();
    let mut child = world
        .sandbox
        .command(&["samples", "export"])
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ran = world.sandbox.ran(child.wait_with_output().unwrap());
    assert_eq!((ran.stderr.as_str(), ran.code), ("", Some(0)));
}

#[test]
fn what_is_kept_is_counted() {
    let world = World::new();
    expect![[r#"
        $SANDBOX/work/demo  3 interactions
          ask            2   1 good · 1 corrected
          explain        1   1 bad
        /work/elsewhere  1 interaction
          ask            1   1 not judged
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
fn samples_are_made_and_traced_to_the_model_that_learned_them() {
    let world = World::new();
    let golden = world.sandbox.home().join("golden.jsonl");
    let question = json!({ "id": "g", "question": "which mailbox is full?", "gold_files": [] });
    fs::write(&golden, format!("{question}\n")).unwrap();
    let out = world.sandbox.home().join("made");
    let place = out.to_str().unwrap();
    let said = world.done(&[
        "curate",
        "--out",
        place,
        "--golden",
        golden.to_str().unwrap(),
        "--unjudged",
    ]);
    expect![[r#"
        read               4   of 2 workspaces
        samples            2   2 to train on · 0 to validate · 0 to test
        preferences        1   pairs of a better and a worse answer
        rejected           1   bad, and no better one known
        left out           1   nearly a golden question
        written to ~/made
    "#]]
    .assert_eq(&said);
    let read = |name: &str| -> Vec<Value> {
        let text = fs::read_to_string(out.join(name)).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let (samples, pairs, rejected) = (
        read("samples.jsonl"),
        read("preferences.jsonl"),
        read("rejected.jsonl"),
    );
    assert_eq!((samples.len(), pairs.len(), rejected.len()), (2, 1, 1));
    assert_eq!(pairs[0]["chosen"][0]["content"], "In Journal::balance.");
    let first = fs::read(out.join("samples.jsonl")).unwrap();
    world.done(&["curate", "--out", place, "--unjudged", "--workspace", "."]);
    assert_eq!(
        fs::read(out.join("samples.jsonl")).unwrap(),
        first,
        "the same again"
    );

    // A generation that has learned from them, as a trainer would leave it.
    let ids: Vec<String> = samples
        .iter()
        .map(|row| row["metadata"]["id"].as_str().unwrap().to_owned())
        .collect();
    let folder = world.data().join("models/repo/7");
    fs::create_dir_all(&folder).unwrap();
    let manifest =
        json!({ "number": 7, "format": "gguf", "created": DAY, "files": [], "sample_ids": ids });
    fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
    fs::write(folder.join("../current"), "7").unwrap();
    let mut store = world.store();
    store.link_dataset("d1", &ids[..1]).unwrap();
    store.link_generation("repo@7", "d1", None).unwrap();
    drop(store);
    let lineage = world.json(&["lineage", "repo@7"]);
    assert_eq!(
        lineage["samples"].as_array().map(Vec::len),
        Some(2),
        "{lineage}"
    );
    assert!(!world.done(&["lineage", "repo"]).contains("forgotten"));
    let model = |arguments: &[&str]| world.sandbox.run(arguments).stdout;
    assert!(!model(&["model", "list"]).contains("forgotten"));

    let used = &world.json(&["lineage", "repo@7"])["samples"];
    let of_first = used
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["id"] == ids[0].as_str())
        .unwrap();
    let interaction = of_first["interactions"][0]["id"].as_str().unwrap();
    assert_eq!(
        world.json(&["show", interaction])["generations"][0]["label"],
        "repo@7"
    );
    let forgotten = world.done(&["forget", interaction, "--yes"]);
    assert!(
        forgotten.contains("datasets    d1 ") && forgotten.contains("models      repo@7 "),
        "{forgotten}"
    );
    let lineage = world.done(&["lineage", "repo@7"]);
    assert!(
        lineage.starts_with("repo@7  2 samples · 1 forgotten since\n"),
        "{lineage}"
    );
    let sentence = "has learned from 1 sample that was forgotten since";
    for arguments in [&["model", "list"][..], &["model", "show", "repo"]] {
        assert!(model(arguments).contains(sentence), "{arguments:?}");
    }
    assert_eq!(
        world.sandbox.json(&["model", "list"])[0]["forgotten_samples"],
        1
    );
    assert_eq!(
        world.sandbox.json(&["model", "show", "repo"])["generations"][0]["forgotten_samples"],
        1
    );
    let unknown = world.run(&["lineage", "repo@9"]);
    assert!(
        unknown.code == Some(2) && unknown.stderr.contains("repo"),
        "{unknown:?}"
    );
    // A sample of a verdict that was changed is no longer made.
    assert_eq!(
        world
            .store()
            .get("0193b7c00000")
            .unwrap()
            .unwrap()
            .interaction
            .verdict,
        Some(Verdict::Bad)
    );
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
