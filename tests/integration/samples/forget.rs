//! `repo-lsp samples forget`: no file contains text of a deleted interaction, and the models trained on it are listed.

use super::*;

#[test]
fn no_file_contains_a_forgotten_interaction() {
    let world = World::new();
    world.assert_rejected(
        &["forget"],
        expect![[r#"
        error: specify what to forget: ids, a filter such as --since 1h, or --all
    "#]],
    );
    world.assert_rejected(&["forget", "--all"], expect![[r#"
        error: there is no terminal to ask for confirmation; add --yes to forget 3 interactions of $SANDBOX/work/demo
    "#]]);
    world.assert_rejected(
        &["forget", "0193c9"],
        expect![[r#"
        error: there is no terminal to ask for confirmation; add --yes to forget 1 interaction of /work/elsewhere
    "#]],
    );
    let dry = world.json(&["forget", "--all", "--dry-run"]);
    assert_eq!(dry["interactions"], 3, "{dry}");
    let dry = world.run_ok(&["forget", "--all", "--all-workspaces", "--dry-run"]);
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
    assert_eq!(world.all_interactions().len(), 4);
    assert!(!world.files_with("src/secretly.rs").is_empty());

    expect![[r#"
        forgotten   1 interaction of $SANDBOX/work/demo
    "#]]
    .assert_eq(&world.run_ok(&["forget", "0193b7", "--yes"]));
    assert_eq!(world.files_with("src/secretly.rs"), Vec::<PathBuf>::new());
    assert_eq!(world.files_with("0193b7c00000"), Vec::<PathBuf>::new());
    // Interactions of other workspaces are kept unless the workspace is named.
    let output = world.run(&[
        "forget",
        "--kind",
        "ask",
        "--until",
        "2026-11-20",
        "--yes",
        "--json",
    ]);
    let forgotten: Value = serde_json::from_str(&output.stdout).unwrap();
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
            "no interaction of $SANDBOX/work/demo matches; nothing was forgotten\n"
        )
    );
    world.run_ok(&["forget", "--all", "--workspace", "/work/elsewhere", "-y"]);
    assert_eq!(world.ids(&[]), [""; 0]);
    for trace in [
        "/work/elsewhere",
        "src/journal.rs",
        "0193a4f0aaaa",
        "0193c9d00000",
    ] {
        assert_eq!(world.files_with(trace), Vec::<PathBuf>::new(), "{trace}");
    }
}

#[test]
fn interactions_of_subfolders_are_kept_and_mentioned() {
    let world = World::empty();
    let here = world.sandbox.root().display().to_string();
    let rows = [
        interaction("0193a4f0aaaa", &here, 1, "who posts an entry?"),
        interaction("0193a4f0abbb", &format!("{here}/below"), 2, "and below?"),
        interaction("0193b7c00000", &format!("{here}-beside"), 3, "and beside?"),
    ];
    let rows = rows.map(|row| Intake::default().admit(row).unwrap());
    world.store().insert(&rows).unwrap();
    let output = world.run(&["forget", "--all", "--yes"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    expect![[r#"
        1 interaction of $SANDBOX/work/demo/below, a subfolder, is kept; to forget it too, use --workspace with that folder
    "#]]
    .assert_eq(&output.stderr);
    assert_eq!(world.all_interactions().len(), 2);
    // The other commands include subfolders.
    assert_eq!(world.ids(&["--workspace", &here]).len(), 1);
    let stats = world.json(&["stats", "--workspace", &here]);
    assert_eq!(stats["rows"].as_array().unwrap().len(), 1);
}

#[test]
fn documents_of_forgotten_answers_are_deleted() {
    let world = World::new();
    let answers = world.sandbox.home().join(".cache/repo-lsp/answers");
    fs::create_dir_all(&answers).unwrap();
    let document = |name: &str, text: &str| {
        let path = answers.join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let marked = document("a.md", "x\n<!-- repo-lsp: 0193a4f0aaaa -->\n");
    let edited = document("b.md", "x\n<!-- repo-lsp: 0193a4f0abbb -->\n");
    let unmarked = document("c.md", "x\n");
    let exist = || [&marked, &edited, &unmarked].map(|path| path.exists());
    world.run_ok(&["edit", "0193a4f0abbb", "--answer", "In Journal::balance."]);
    assert_eq!(exist(), [true, false, true]);
    // A document without an id may belong to any interaction.
    world.run_ok(&["forget", "0193a4f0aaaa", "--yes"]);
    assert_eq!(exist(), [false, false, false]);
}
