//! The workspace's own file is not trusted: what it may not set is refused in one line, and the rest applies.

use expect_test::expect;
use integration::Sandbox;

#[test]
fn a_workspace_file_sets_what_it_may_and_is_refused_the_rest() {
    let sandbox = Sandbox::new("//- /a.rs\nfn a() {}\n//- /gen/b.rs\nfn b() {}\n");
    sandbox.write(
        "repo-lsp.toml",
        "log = 'trace'\n[index]\nexclude = ['gen/**']\nthreads = 1\n",
    );
    let ran = sandbox.run(&["status", "--json"]);
    expect![[r#"
        warning: $SANDBOX/work/demo/repo-lsp.toml:1: log: a workspace file may not set this; it belongs in your own config.toml or your editor's settings
        warning: $SANDBOX/work/demo/repo-lsp.toml:4: index.threads: a workspace file may not set this; it belongs in your own config.toml or your editor's settings
    "#]].assert_eq(&ran.stderr);
    let status: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(status["languages"]["rust"], 1, "{status}");
}

#[test]
fn a_workspace_file_cannot_uncover_what_is_private() {
    let sandbox = Sandbox::new("//- /.env\nTOKEN=abc\n");
    sandbox.write("repo-lsp.toml", "[index]\nprivate = ['!**/.env']\n");
    assert_eq!(sandbox.json(&["status"])["skipped"][0]["reason"], "private");
    sandbox.remove("repo-lsp.toml");
    sandbox.configure("[index]\nprivate = ['!**/.env']\n");
    assert_eq!(
        sandbox.json(&["status"])["skipped"]
            .as_array()
            .map(Vec::len),
        Some(0),
        "the user can"
    );
}

#[test]
fn the_nearest_marked_folder_is_the_workspace() {
    let sandbox = Sandbox::new("//- /inner/deep/a.rs\nfn a() {}\n//- /b.rs\nfn b() {}\n");
    let files_from = |folder: &str| {
        let output = sandbox
            .command(&["status", "--json"])
            .current_dir(sandbox.root().join(folder))
            .output()
            .unwrap();
        let status: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        status["languages"]["rust"].as_u64()
    };
    assert_eq!(
        files_from("inner/deep"),
        Some(2),
        "the repository around it"
    );
    sandbox.write("inner/repo-lsp.toml", "");
    assert_eq!(
        files_from("inner/deep"),
        Some(1),
        "the folder with a file of its own"
    );
}

#[test]
fn folders_can_be_moved_by_variables() {
    let sandbox = Sandbox::new("//- /a.rs\nfn a() {}\n");
    let elsewhere = sandbox.home().join("elsewhere");
    let output = sandbox
        .command(&["status", "--json"])
        .env("REPO_LSP_CACHE_DIR", &elsewhere)
        .output()
        .unwrap();
    assert!(output.status.success());
    assert!(elsewhere.join("index").is_dir() && !sandbox.cache().exists());
}
