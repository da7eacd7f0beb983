//! Usage and configuration errors: exit code 2 and one line that states the problem and the remedy, without a backtrace.

use expect_test::{Expect, expect};
use integration::Sandbox;

fn check(sandbox: &Sandbox, arguments: &[&str], expected: Expect) {
    let output = sandbox.run(arguments);
    assert_eq!(output.code, Some(2), "{arguments:?}: {output:?}");
    assert_eq!(output.stdout, "", "{arguments:?}");
    assert_eq!(
        output.stderr.lines().count(),
        1,
        "{arguments:?}: one line, not {:?}",
        output.stderr
    );
    expected.assert_eq(&output.stderr);
}

#[test]
fn wrong_paths() {
    let sandbox = Sandbox::new("//- /a.rs\nfn a() {}\n");
    check(
        &sandbox,
        &["status", "--workspace", "/no/such/place"],
        expect![[r#"
        error: no such folder: /no/such/place. Pass the root of a repository with --workspace DIR
    "#]],
    );
    check(
        &sandbox,
        &["status", "--workspace", "a.rs"],
        expect![[r#"
        error: not a folder: a.rs. Pass the root of a repository with --workspace DIR
    "#]],
    );
    check(
        &sandbox,
        &["eval", "retrieval", "--questions", "none.jsonl"],
        expect![[r#"
        error: cannot read the questions none.jsonl: no such file or directory
    "#]],
    );
}

#[test]
fn empty_questions() {
    let sandbox = Sandbox::new("//- /a.rs\nfn a() {}\n");
    for question in ["", "  "] {
        check(
            &sandbox,
            &["ask", question],
            expect![[r#"
            error: the question is empty
        "#]],
        );
    }
}

#[cfg(unix)]
#[test]
fn unreadable_folders() {
    use std::os::unix::fs::PermissionsExt;
    // Permissions do not apply to root.
    if rustix::process::geteuid().is_root() {
        return;
    }
    let sandbox = Sandbox::new("//- /shut/a.rs\nfn a() {}\n");
    let shut = sandbox.root().join("shut");
    std::fs::set_permissions(&shut, std::fs::Permissions::from_mode(0o000)).unwrap();
    check(
        &sandbox,
        &["status", "--workspace", "shut"],
        expect![[r#"
        error: cannot read the folder shut: permission denied. Check its permissions
    "#]],
    );
    std::fs::set_permissions(&shut, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn an_index_folder_that_cannot_be_created() {
    let sandbox = Sandbox::new("//- /a.rs\nfn a() {}\n");
    std::fs::create_dir_all(sandbox.cache().parent().unwrap()).unwrap();
    std::fs::write(sandbox.cache(), "a file in the way").unwrap();
    check(
        &sandbox,
        &["index"],
        expect![[r#"
        error: cannot open the index of $SANDBOX/work/demo (run `repo-lsp doctor` for details): $SANDBOX/home/.cache/repo-lsp/index/demo-HASH: Not a directory
    "#]],
    );
    let doctor = sandbox.run(&["doctor"]);
    assert_eq!(doctor.code, Some(1));
    assert!(
        doctor.stdout.contains("fail  index folder"),
        "{}",
        doctor.stdout
    );
}

#[test]
fn invalid_user_configuration() {
    let sandbox = Sandbox::new("//- /a.rs\nfn a() {}\n");
    sandbox.configure("[index]\nmax_file_bytes = 'much'\n");
    check(
        &sandbox,
        &["status"],
        expect![[r#"
        error: ~/.config/repo-lsp/config.toml:2: index.max_file_bytes: expected an integer from 1024 to 67108864, not the string "much". `repo-lsp schema --markdown` documents all keys
    "#]],
    );
    sandbox.configure("log = 'info'\n\n[index]\nprivate = '*.token'\n");
    check(
        &sandbox,
        &["status"],
        expect![[r#"
        error: ~/.config/repo-lsp/config.toml:4: index.private: expected a list of strings, not the string "*.token". Nothing is indexed until this is corrected, because it determines which files are private
    "#]],
    );
    sandbox.configure("[index\n");
    check(
        &sandbox,
        &["status"],
        expect![[r#"
        error: ~/.config/repo-lsp/config.toml:1: invalid TOML: unclosed table, expected `]`. Nothing is indexed until this is corrected, because it determines which files are private
    "#]],
    );
}

#[test]
fn invalid_question_files() {
    let sandbox = Sandbox::new("//- /a.rs\nfn a() {}\n");
    sandbox.write(
        "golden.jsonl",
        "{\"id\":\"1\",\"question\":\"a\",\"gold_files\":[\"a.rs\"]}\n{\"id\":\"2\"}\n",
    );
    check(
        &sandbox,
        &["eval", "retrieval", "--questions", "golden.jsonl"],
        expect![[r#"
        error: the questions golden.jsonl cannot be used: line 2: missing field `question`
    "#]],
    );
    sandbox.write(
        "golden.jsonl",
        "{\"id\":\"1\",\"repo\":\"x/y\",\"commit\":\"c\",\"question\":\"a\",\"gold_files\":[]}\n",
    );
    check(
        &sandbox,
        &[
            "eval",
            "retrieval",
            "--questions",
            "golden.jsonl",
            "--checkouts",
            "/no/{repo}/{commit}",
        ],
        expect![[r#"
            error: question 1: no such folder: /no/x/y/c. Pass the root of a repository with --workspace DIR
        "#]],
    );
}

#[test]
fn unknown_commands_and_flags() {
    let sandbox = Sandbox::new("");
    for arguments in [
        &["frobnicate"][..],
        &["status", "--frobnicate"],
        &["search"],
        &["search", "x", "--limit", "0"],
        &["-v"],
        &[],
    ] {
        let output = sandbox.run(arguments);
        assert_eq!(output.code, Some(2), "{arguments:?}: {output:?}");
        assert!(
            !output.stderr.is_empty() && !output.stderr.contains("panicked"),
            "{arguments:?}: {output:?}"
        );
    }
}
