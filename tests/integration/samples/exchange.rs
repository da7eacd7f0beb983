//! `repo-lsp samples export` and `import`.

use super::*;

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
    world.refused(
        &["export", place],
        expect![[r#"
            error: ~/all.jsonl exists already; choose another name, or use --force to replace it
        "#]],
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "what was there before");
    let nothing = world.sandbox.home().join("nothing.jsonl");
    let none = ["export", nothing.to_str().unwrap(), "--since", "2030-01-01"];
    assert_eq!(world.run(&none).code, Some(1));
    assert!(!nothing.exists());
    let ran = world.run(&["export", place, "--force"]);
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
        "0 interactions imported · 4 already known\n"
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
        error: `samples.mode` is off, so nothing may be recorded; set it to "full" or "no-code" to import
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
        ran.stdout, "3 interactions imported · 1 refused because of private files\n",
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
fn chat_jsonl_of_other_origin_is_imported() {
    let world = World::empty();
    let file = world.sandbox.home().join("others.jsonl");
    let place = file.to_str().unwrap();
    let line = |question: &str| {
        let messages = json!([
            { "role": "user", "content": question },
            { "role": "assistant", "content": "In `Journal::post`." },
        ]);
        json!({ "messages": messages })
    };
    let mut with_metadata = line("where is an entry posted?");
    with_metadata["metadata"] = json!({ "source": "a wiki" });
    fs::write(
        &file,
        format!("{}\n\n{with_metadata}\n", line("who posts an entry?")),
    )
    .unwrap();
    assert_eq!(world.done(&["import", place]), "2 interactions imported\n");
    assert_eq!(
        world.done(&["import", place]),
        "0 interactions imported · 2 already known\n"
    );
    let listed = world.json(&["list"]);
    assert_eq!(listed[0]["verdict"], "good");
    assert_eq!(listed[0]["kind"], "ask");
    for (line, expected) in [
        ("[]", "it is not a JSON object"),
        ("{", "column 1: EOF while parsing an object"),
        (
            r#"{ "messages": [{ "role": "user", "content": "why?" }] }"#,
            "it is not one question of the user and one answer of the assistant",
        ),
    ] {
        fs::write(&file, line).unwrap();
        let ran = world.run(&["import", place]);
        let error = format!("error: line 1 cannot be imported: {expected}\n");
        assert_eq!((ran.code, ran.stderr), (Some(2), error));
    }
    let folder = world.sandbox.home().display().to_string();
    let ran = world.run(&["import", &folder]);
    assert!(ran.stderr.ends_with("it is a folder\n"), "{ran:?}");
}

#[test]
fn an_unknown_kind_or_workspace_is_an_error() {
    let world = World::new();
    world.refused(
        &["list", "--kind", "nope"],
        expect![[r#"
            error: unknown kind: nope; the kinds are ask, explain, usages, impact, module, selection, diagnostic, hover
        "#]],
    );
    for command in ["list", "stats", "export"] {
        world.refused(
            &[command, "--workspace", "/no/such"],
            expect![[r#"
                error: /no/such is not a folder, and no interaction is recorded for it
            "#]],
        );
    }
    // The folder is gone, and what was asked there is not.
    assert_eq!(
        world.run(&["list", "--workspace", "/work/elsewhere"]).code,
        Some(0)
    );
    let ran = world.run(&["forget", "--kind", "hover", "--yes", "--json"]);
    let none: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, &none["interactions"]), (Some(1), &json!([])));
}
