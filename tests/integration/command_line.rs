//! The output of each command without errors, as text and as JSON.

use expect_test::{Expect, expect};
use integration::Sandbox;

const DEMO: &str = r#"
//- /Cargo.toml
[package]
name = "ledger"
version = "0.1.0"
//- /src/lib.rs
//! Keeps accounts.

mod journal;

pub use journal::Journal;
//- /src/journal.rs
//! The journal: every entry once, in order.

/// All entries of an account.
pub struct Journal {
    entries: Vec<i64>,
}

impl Journal {
    /// Adds one entry; refuses what would overdraw the account.
    pub fn post(&mut self, amount: i64) -> Result<(), Overdrawn> {
        if self.balance() + amount < 0 {
            return Err(Overdrawn);
        }
        self.entries.push(amount);
        Ok(())
    }

    /// The sum of all entries.
    pub fn balance(&self) -> i64 {
        self.entries.iter().sum()
    }
}

/// The account does not hold as much.
pub struct Overdrawn;
//- /README.md
# Ledger

Keeps accounts that cannot be overdrawn.
//- /.env
PASSWORD=hunter2
"#;

/// Runs a command in the demo workspace and compares standard output, standard error and exit code.
fn check(arguments: &[&str], expected: Expect) {
    let sandbox = Sandbox::new(DEMO);
    let output = sandbox.run(arguments);
    let mut shown = output.stdout;
    if !output.stderr.is_empty() {
        shown += "--- standard error\n";
        shown += &output.stderr;
    }
    if output.code != Some(0) {
        shown += &format!("--- exit code {:?}\n", output.code);
    }
    expected.assert_eq(&shown);
}

#[test]
fn index() {
    check(
        &["index"],
        expect![[r#"
            indexed     4 files read in TIME
            index       4 files · 8 symbols · 1 module · SIZE
            skipped     1 file: private (.env)   repo-lsp status --skipped lists them
        "#]],
    );
}

#[test]
fn status() {
    check(
        &["status"],
        expect![[r#"
            workspace   $SANDBOX/work/demo
            index       fresh (checked in TIME) · 4 files · 8 symbols · 1 module · SIZE
            languages   rust 2 · markdown 1 · toml 1
            skipped     1 file: private (.env)   repo-lsp status --skipped lists them
            model       none (see repo-lsp model pull --help)
            samples     0 interactions recorded (samples.mode is full)
        "#]],
    );
}

#[test]
fn skipped_files_are_listed_with_their_reason() {
    check(
        &["status", "--skipped"],
        expect![[r#"
        .env   private
        1 file skipped
    "#]],
    );
}

#[test]
fn search() {
    check(
        &["search", "Journal.post", "-n", "1"],
        expect![[r#"
            src/journal.rs#L9-L16   Journal::post method
                pub fn post(&mut self, amount: i64) -> Result<(), Overdrawn>
                Adds one entry; refuses what would overdraw the account.

            1 place in 1 file · TIME
        "#]],
    );
}

#[test]
fn a_search_without_results() {
    check(
        &["search", "zebra"],
        expect![[r#"
        --- standard error
        nothing found; try other words, or check with `repo-lsp status` what is indexed
        --- exit code Some(1)
    "#]],
    );
}

#[test]
fn ask() {
    check(
        &["ask", "what refuses to overdraw the account?"],
        expect![[r#"
            4 places in 3 files match best.

              1. Journal::post method   src/journal.rs#L10-L16
                 pub fn post(&mut self, amount: i64) -> Result<(), Overdrawn>
                 Adds one entry; refuses what would overdraw the account.
                 Calls: Journal::balance

              2. Ledger section   README.md#L1-L3
                 │ # Ledger
                 │ 
                 │ Keeps accounts that cannot be overdrawn.

              3. Journal struct   src/journal.rs#L4-L6
                 pub struct Journal
                 All entries of an account.

              4. lib.rs file   src/lib.rs#L1-L5
                 │ //! Keeps accounts.
                 │ 
                 │ mod journal;
                 │ 
                 │ pub use journal::Journal;

            from the index (no model is set up) · 4 sources, 5 of 5 citations verified · TIME        --why shows scores and places
        "#]],
    );
}

#[test]
fn modules() {
    check(
        &["modules"],
        expect![[r#"
        ledger  crate         4 files   Keeps accounts.
    "#]],
    );
}

#[test]
fn one_module() {
    check(
        &["modules", "ledger"],
        expect![[r#"
        ledger  crate · . · 4 files
        Keeps accounts.

        public items
          Journal · Overdrawn
    "#]],
    );
}

#[test]
fn an_unknown_module() {
    check(
        &["modules", "zebra"],
        expect![[r#"
        --- standard error
        error: no such module: zebra. `repo-lsp modules` lists all modules
        --- exit code Some(1)
    "#]],
    );
}

#[test]
fn private_files_are_not_in_any_output() {
    let sandbox = Sandbox::new(DEMO);
    for arguments in [
        &["search", "hunter2"][..],
        &["search", "PASSWORD"],
        &["ask", "what is the password?", "--json"],
    ] {
        let output = sandbox.run(arguments);
        assert!(
            !output.stdout.contains("hunter2"),
            "{arguments:?}: {output:?}"
        );
    }
}

#[test]
fn a_file_that_becomes_private_leaves_the_index() {
    let sandbox = Sandbox::new(DEMO);
    let found = |sandbox: &Sandbox| {
        sandbox
            .run(&["search", "overdraw", "--json"])
            .stdout
            .contains("src/journal.rs")
    };
    assert!(found(&sandbox));
    sandbox.configure("[index]\nprivate = ['journal.rs']\n");
    assert!(
        !found(&sandbox),
        "the file is still indexed after it became private"
    );
    sandbox.configure("");
    assert!(found(&sandbox), "the file is not indexed again");
}

#[test]
fn an_excluded_file_leaves_the_index() {
    let sandbox = Sandbox::new(DEMO);
    let files = |sandbox: &Sandbox| sandbox.json(&["status"])["files"].as_u64();
    let before = files(&sandbox);
    sandbox.configure("[index]\nexclude = ['src/**']\n");
    assert_eq!(files(&sandbox), before.map(|count| count - 2));
    sandbox.configure("");
    assert_eq!(files(&sandbox), before);
}

#[test]
fn every_command_prints_json() {
    let sandbox = Sandbox::new(DEMO);
    let index = sandbox.json(&["index"]);
    assert_eq!(
        (&index["role"], index["report"]["indexed"].as_u64()),
        (&"writer".into(), index["files"].as_u64())
    );
    assert_eq!(sandbox.json(&["status"])["skipped"][0]["path"], ".env");
    let search = sandbox.json(&["search", "balance"]);
    let hit = &search["hits"][0];
    assert_eq!(
        (&hit["path"], &hit["first_line"], &hit["last_line"]),
        (&"src/journal.rs".into(), &18.into(), &21.into())
    );
    assert!(
        hit["score"]["bm25"]["name"].as_f64().unwrap() > 0.0,
        "{search}"
    );
    assert_eq!(search["files"][0]["path"], "src/journal.rs");
    let ask = sandbox.json(&["ask", "balance"]);
    let citation = &ask["citations"][0];
    assert_eq!(citation["label"], "src/journal.rs#L19-L21");
    assert_eq!(citation["uri"], "file://$SANDBOX/work/demo/src/journal.rs");
    // Positions in a range are those of LSP, lines in a label and in `sources` are counted from 1.
    assert_eq!(citation["range"]["start"]["line"], 18);
    let source = &ask["sources"][0]["citation"];
    assert_eq!(
        (&source["lines"]["first"], &source["lines"]["last"]),
        (&19.into(), &21.into())
    );
    assert_eq!(source["label"], citation["label"]);
    assert_eq!(
        (&ask["mode"], &ask["sources"][0]["citation"]["verified"]),
        (&"extractive".into(), &true.into())
    );
    assert_eq!(sandbox.json(&["modules", "ledger"])["kind"], "crate");
    assert!(
        sandbox
            .json(&["modules"])
            .as_array()
            .is_some_and(|modules| !modules.is_empty())
    );
    assert_eq!(sandbox.json(&["schema"])["title"], "Options");
    let doctor = sandbox.json(&["doctor"]);
    assert!(
        doctor
            .as_array()
            .unwrap()
            .iter()
            .all(|check| check["level"] == "ok" || check["check"] == "disk"),
        "{doctor}"
    );
}

#[test]
fn a_second_run_reads_only_what_changed() {
    let sandbox = Sandbox::new(DEMO);
    let report = |sandbox: &Sandbox| sandbox.json(&["index"])["report"].clone();
    assert_eq!(report(&sandbox)["unchanged"], 0);
    assert_eq!(report(&sandbox)["indexed"], 0);
    sandbox.write("src/lib.rs", "//! Changed.\n");
    sandbox.remove("README.md");
    let third = report(&sandbox);
    assert_eq!(
        (&third["indexed"], &third["removed"]),
        (&1.into(), &1.into()),
        "{third}"
    );
}

#[test]
fn nothing_is_written_into_the_workspace() {
    let sandbox = Sandbox::new("//- /a.rs\nfn a() {}\n");
    sandbox.run(&["ask", "a"]);
    let mut names: Vec<_> = std::fs::read_dir(sandbox.root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, [".git", "a.rs"]);
}

#[test]
fn colors_are_off_unless_requested() {
    let sandbox = Sandbox::new(DEMO);
    assert!(!sandbox.run(&["status"]).stdout.contains('\u{1b}'));
    assert!(
        sandbox
            .run(&["status", "--color", "always"])
            .stdout
            .contains('\u{1b}')
    );
    let output = sandbox
        .command(&["status"])
        .env("NO_COLOR", "1")
        .env("CLICOLOR_FORCE", "0")
        .output()
        .unwrap();
    assert!(!sandbox.capture(output).stdout.contains('\u{1b}'));
}

#[test]
fn completions_and_manual_name_every_command() {
    let sandbox = Sandbox::new("");
    let help = sandbox.run(&["--help"]).stdout;
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = sandbox.run(&["completions", shell]);
        assert!(
            script.code == Some(0) && script.stdout.contains("modules"),
            "{shell}"
        );
    }
    for command in [
        "index",
        "search",
        "ask",
        "modules",
        "status",
        "samples",
        "doctor",
        "eval",
        "schema",
        "completions",
        "man",
    ] {
        assert!(
            help.contains(&format!("\n  {command} ")),
            "{command} is not in --help"
        );
        let page = sandbox.run(&["man", command]);
        assert!(
            page.code == Some(0) && page.stdout.contains(".TH"),
            "{command} has no page"
        );
        let own = sandbox.run(&[command, "--help"]);
        assert!(own.stdout.contains("Usage:"), "{command}");
    }
    for command in [
        "index",
        "search",
        "ask",
        "modules",
        "status",
        "samples",
        "doctor",
        "schema",
        "completions",
        "man",
    ] {
        assert!(
            sandbox
                .run(&[command, "--help"])
                .stdout
                .contains("Examples:"),
            "{command} shows no example"
        );
    }
}

#[test]
fn a_closed_output_pipe_is_not_an_error() {
    let sandbox = Sandbox::new(DEMO);
    let mut child = sandbox.command(&["schema", "--markdown"]).spawn().unwrap();
    drop(child.stdout.take());
    let output = sandbox.capture(child.wait_with_output().unwrap());
    assert_eq!((output.stderr.as_str(), output.code), ("", Some(0)));
}
