//! What is exported is imported as it was.

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
