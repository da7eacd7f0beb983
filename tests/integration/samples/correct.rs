//! `repo-lsp samples edit`, with flags and with the user's editor.

use super::*;

#[test]
fn an_interaction_is_edited_by_flags() {
    let world = World::new();
    let output = world.run(&["edit", "0193b7", "--correction", "An account below zero."]);
    assert_eq!(
        (output.code, output.stderr.as_str()),
        (Some(0), "changed 0193b7c00000; it is corrected\n")
    );
    let changed = world.json(&["show", "0193b7"]);
    assert_eq!(changed["correction"], "An account below zero.");
    let secret = world.run(&["edit", "0193b7", "--answer", "password = 'hunter2'"]);
    assert!(
        secret
            .stderr
            .starts_with("warning: 1 secret removed from the new text\n"),
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
    world.assert_rejected(
        &["edit", "0193a4f0aa", "--verdict", "corrected"],
        expect![[r#"
            error: the verdict `corrected` needs a correction; give one, or another verdict
        "#]],
    );
    world.assert_rejected(
        &["edit", "0193a4f0aa", "--question", ""],
        expect![[r#"
        error: a question cannot be empty; `repo-lsp samples forget` deletes an interaction
    "#]],
    );
}

#[test]
#[cfg(unix)]
fn an_interaction_is_edited_in_an_editor() {
    let world = World::new();
    let seen = world.sandbox.home().join("seen");
    let look = format!("ls -l \"$1\" > {0}; cat \"$1\" >> {0}", seen.display());
    let before = world.all_interactions();
    let output = world.edit_with(&["0193a4f0aa"], &look);
    assert_eq!(
        (output.code, output.stderr.as_str()),
        (Some(0), "nothing was changed\n"),
        "{output:?}"
    );
    assert_eq!(world.all_interactions(), before);
    let text = fs::read_to_string(&seen).unwrap();
    assert!(text.starts_with("-rw-------"), "{text}");
    assert!(
        text.contains("question = \"who posts an entry?\""),
        "{text}"
    );

    let output = world.edit_with(
        &["0193a4f0aa"],
        "sed -i.bak -e 's/^correction = .*/correction = \"Journal::post.\"/' \"$1\"",
    );
    assert_eq!(output.stderr, "changed 0193a4f0aaaa; it is corrected\n");
    assert_eq!(
        world.json(&["show", "0193a4f0aa"])["correction"],
        "Journal::post."
    );
    let after = world.all_interactions();

    let broken = world.edit_with(&["0193a4f0aa"], "echo 'verdict = ' >> \"$1\"");
    assert_eq!(broken.code, Some(2), "{broken:?}");
    assert!(
        broken.stderr.contains("\nerror: cannot be read at `"),
        "{broken:?}"
    );
    // Without a terminal the editor is not opened again, so the draft is kept until the interaction is forgotten.
    let draft = world.draft_path(&broken);
    assert!(
        fs::read_to_string(&draft)
            .unwrap()
            .ends_with("verdict = \n")
    );
    let failed = world.edit_with(&["0193a4f0aa"], "exit 3");
    assert!(
        failed.code == Some(2) && failed.stderr.contains("nothing was changed"),
        "{failed:?}"
    );
    let none = world.run(&["edit", "0193a4f0aa"]);
    assert!(
        none.code == Some(2) && none.stderr.contains("set VISUAL or EDITOR"),
        "{none:?}"
    );
    assert_eq!(world.all_interactions(), after);
    world.run(&["forget", "0193a4f0aa", "--yes"]);
    assert!(!draft.exists());
    // The other edits leave neither a draft nor a backup file of the editor.
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
#[cfg(unix)]
fn a_draft_is_kept_when_the_database_cannot_be_written() {
    let world = World::new();
    let database = world.data().join("samples.db");
    let other = world.data().join("elsewhere.db");
    let script = format!(
        "sed -i -e 's/^correction = .*/correction = \"Journal::post.\"/' \"$1\"; mv {} {}; mkdir {0}",
        database.display(),
        other.display()
    );
    let output = world.edit_with(&["0193a4f0aa"], &script);
    assert_eq!(output.code, Some(2), "{output:?}");
    let draft = fs::read_to_string(world.draft_path(&output)).unwrap();
    assert!(draft.contains("correction = \"Journal::post.\""), "{draft}");
}

#[test]
#[cfg(unix)]
fn an_interaction_forgotten_during_an_edit_leaves_no_draft() {
    let world = World::new();
    let program = integration::binary();
    let script = format!(
        "sed -i -e 's/^correction = .*/correction = \"Journal::post.\"/' \"$1\"; cp -r \"$(dirname \"$1\")\" \"$HOME/copy\"; {} samples forget 0193a4f0aa --yes; mv \"$HOME/copy\" \"$(dirname \"$1\")\"",
        program.display()
    );
    let output = world.edit_with(&["0193a4f0aa"], &script);
    assert_eq!(output.code, Some(2), "{output:?}");
    assert!(output.stderr.contains("forgotten meanwhile"), "{output:?}");
    assert_eq!(
        world.files_with("who posts an entry?"),
        Vec::<PathBuf>::new()
    );
    // The draft of an edit that was killed is deleted by the next `forget`.
    let left = world.data().join(".edit-1-0");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("id"), "0193a4f0aaaa").unwrap();
    fs::write(left.join("interaction.toml"), "who posts an entry?").unwrap();
    assert_eq!(
        world.run(&["forget", "0193a4f0aaaa", "--yes"]).code,
        Some(2)
    );
    assert_eq!(
        world.files_with("who posts an entry?"),
        Vec::<PathBuf>::new()
    );
}
