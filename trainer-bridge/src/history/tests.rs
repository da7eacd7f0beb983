//! Histories of real repositories, made with git.

use std::path::Path;
use std::process::Command;

use super::*;

fn git(root: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b.example",
            "-c",
            "commit.gpgsign=false",
            "-c",
            "core.hooksPath=/dev/null",
        ])
        .args(arguments)
        .current_dir(root)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn commit(root: &Path, path: &str, text: &str, message: &str) {
    let file = root.join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
    git(root, &["add", "-A"]);
    git(root, &["commit", "-q", "-m", message]);
}

#[test]
fn commits_are_read_with_their_files_and_texts() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    assert!(History::open(root).unwrap().is_none());
    git(root, &["init", "-q", "-b", "main"]);
    assert!(History::open(root).unwrap().is_none());
    commit(
        root,
        "src/a.py",
        "def a():\n    return 1\n",
        "Add the first function of all",
    );
    commit(
        root,
        "src/a.py",
        "def a():\n    return 2\n",
        "Return two instead of one (#4)\n\nOne was wrong.\n\nSigned-off-by: A <a@b.example>",
    );
    commit(
        root,
        "src/a.py",
        "def a():\n\n    return 2\n",
        "Insert an empty line here",
    );
    commit(root, "Cargo.lock", "[[package]]\n", "Add the lock file too");
    commit(root, "b.txt", "b", "wip");
    commit(
        root,
        "secret/plan.py",
        "x = 1\n",
        "Add the secret plan of all plans",
    );
    let history = History::open(root).unwrap().unwrap();
    let commits = history
        .commits(
            &HistoryOptions::default(),
            &|path| path.starts_with("secret/"),
            &|_, _| {},
        )
        .unwrap();
    let classes: Vec<_> = commits.iter().rev().map(|commit| commit.class).collect();
    use CommitClass::*;
    assert_eq!(
        classes,
        [Change, Change, Reformat, Vendoring, EmptyMessage, Private]
    );
    assert_eq!(
        (commits[0].subject.as_str(), commits[0].files.len()),
        ("", 0)
    );
    let change = commits
        .iter()
        .find(|commit| commit.subject == "Return two instead of one")
        .unwrap();
    assert_eq!(change.body, "One was wrong.");
    assert_eq!(change.files.len(), 1);
    let texts = history.map_commits(std::slice::from_ref(change), |texts, _| {
        let (before, after) = change.files[0].versions().unwrap();
        vec![texts.text(before).unwrap(), texts.text(after).unwrap()]
    });
    let (before, after) = (&texts[0], &texts[1]);
    assert!(before.contains("return 1") && after.contains("return 2"));

    // A folder of the repository as workspace sees its own files, by their path in it.
    let inside = History::open(&root.join("src")).unwrap().unwrap();
    let commits = inside
        .commits(
            &HistoryOptions::default(),
            &|path| path.starts_with("secret/"),
            &|_, _| {},
        )
        .unwrap();
    let change = commits
        .iter()
        .find(|commit| commit.subject == "Return two instead of one")
        .unwrap();
    assert_eq!(change.files[0].path, "a.py");
}

#[test]
fn a_shallow_clone_ends_where_its_history_ends() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("full");
    std::fs::create_dir(&root).unwrap();
    git(&root, &["init", "-q", "-b", "main"]);
    for number in 0..4 {
        commit(
            &root,
            "a.py",
            &format!("x = {number}\n"),
            &format!("Set the value to {number} now"),
        );
    }
    let url = format!("file://{}", root.display());
    git(
        folder.path(),
        &["clone", "-q", "--depth", "2", &url, "shallow"],
    );
    let history = History::open(&folder.path().join("shallow"))
        .unwrap()
        .unwrap();
    let commits = history
        .commits(
            &HistoryOptions::default(),
            &|path| path.starts_with("secret/"),
            &|_, _| {},
        )
        .unwrap();
    assert!(commits[0].files.len() == 1 && commits[0].subject == "Set the value to 3 now");
    assert!(commits.len() <= 2);
}
