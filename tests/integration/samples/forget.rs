//! What is forgotten leaves no byte, and what has learned from it is told.

use super::*;

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
