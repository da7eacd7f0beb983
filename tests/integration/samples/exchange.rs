//! `repo-lsp samples export` and `import`.

use super::*;

#[test]
fn an_import_restores_an_export() {
    let world = World::new();
    let piped = world.run_ok(&["export"]);
    assert_eq!(piped.lines().count(), 4);
    let first: Value = serde_json::from_str(piped.lines().next().unwrap()).unwrap();
    assert_eq!(
        first["messages"][0],
        json!({ "role": "user", "content": "which mailbox is full?" })
    );
    let file = world.sandbox.home().join("all.jsonl");
    fs::write(&file, "what was there before").unwrap();
    let place = file.to_str().unwrap();
    world.assert_rejected(
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
    let output = world.run(&["export", place, "--force"]);
    assert_eq!(
        (output.code, output.stdout.as_str(), output.stderr.as_str()),
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
    assert_eq!(
        other.run_ok(&["import", place]),
        "4 interactions imported\n"
    );
    assert_eq!(other.all_interactions(), world.all_interactions());
    assert_eq!(
        other.run_ok(&["import", place]),
        "0 interactions imported · 4 already known\n"
    );
    let again = other.sandbox.home().join("again.jsonl");
    other.run_ok(&["export", again.to_str().unwrap()]);
    assert_eq!(fs::read(&again).unwrap(), fs::read(&file).unwrap());

    // An invalid line rejects the whole import.
    let last = World::empty();
    fs::write(&again, [&fs::read(&file).unwrap()[..], b"{}\n"].concat()).unwrap();
    last.assert_rejected(
        &["import", again.to_str().unwrap()],
        expect![[r#"
        error: line 5 cannot be imported: missing field `messages`
    "#]],
    );
    assert_eq!(last.all_interactions(), []);
    last.assert_rejected(
        &["import", "/no/such/file"],
        expect![[r#"
        error: cannot read /no/such/file: no such file or directory
    "#]],
    );
    last.sandbox.configure("[samples]\nmode = 'off'\n");
    last.assert_rejected(
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
    let output = last.sandbox.capture(child.wait_with_output().unwrap());
    assert_eq!(
        output.stdout, "3 interactions imported · 1 refused because of private files\n",
        "{output:?}"
    );
}

#[test]
fn a_closed_output_pipe_ends_an_export_without_error() {
    let world = World::new();
    // Larger than the buffers of the pipe and the program.
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
    let output = world.sandbox.capture(child.wait_with_output().unwrap());
    assert_eq!((output.stderr.as_str(), output.code), ("", Some(0)));
}

#[test]
fn chat_jsonl_of_other_programs_is_imported() {
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
    assert_eq!(
        world.run_ok(&["import", place]),
        "2 interactions imported\n"
    );
    assert_eq!(
        world.run_ok(&["import", place]),
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
        let output = world.run(&["import", place]);
        let error = format!("error: line 1 cannot be imported: {expected}\n");
        assert_eq!((output.code, output.stderr), (Some(2), error));
    }
    let folder = world.sandbox.home().display().to_string();
    let output = world.run(&["import", &folder]);
    assert!(output.stderr.ends_with("it is a folder\n"), "{output:?}");
}

#[test]
fn an_unknown_kind_or_workspace_is_an_error() {
    let world = World::new();
    world.assert_rejected(
        &["list", "--kind", "nope"],
        expect![[r#"
            error: unknown kind: nope; the kinds are ask, explain, usages, impact, module, selection, diagnostic, hover
        "#]],
    );
    for command in ["list", "stats", "export"] {
        world.assert_rejected(
            &[command, "--workspace", "/no/such"],
            expect![[r#"
                error: /no/such is not a folder, and no interaction is recorded for it
            "#]],
        );
    }
    // Interactions of a deleted workspace can still be listed.
    assert_eq!(
        world.run(&["list", "--workspace", "/work/elsewhere"]).code,
        Some(0)
    );
    let output = world.run(&["forget", "--kind", "hover", "--yes", "--json"]);
    let none: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((output.code, &none["interactions"]), (Some(1), &json!([])));
}
