//! `repo-lsp model`: downloading, listing, switching, rolling back and deleting models.

mod hub;
mod pull;

use std::fs;
use std::path::PathBuf;

use checkpoint::Shape;
use expect_test::{Expect, expect};
use integration::{CommandOutput, Sandbox};
use serde_json::{Value, json};

use hub::{COMMIT, Hub, REPO, ReceivedRequest};

const SMALL: Shape = Shape {
    hidden: 32,
    layers: 2,
    heads: 2,
    kv_heads: 1,
    head_dim: 16,
    feed_forward: 64,
    vocabulary: 600,
    tied: true,
    context: 256,
    rope_theta: 10_000,
};

/// A sandbox and a scripted model hub that serves a small checkpoint.
struct World {
    sandbox: Sandbox,
    hub: Hub,
}

impl World {
    fn new() -> Self {
        let sandbox = Sandbox::new("");
        let folder = sandbox.home().join("served");
        checkpoint::random(&folder, SMALL, 1).unwrap();
        fs::write(folder.join("README.md"), "read me").unwrap();
        fs::write(folder.join("pytorch_model.bin"), "pickled").unwrap();
        World {
            hub: Hub::serve(&folder),
            sandbox,
        }
    }

    /// Writes a checkpoint with random weights and returns its folder.
    fn folder(&self, seed: u64) -> PathBuf {
        let folder = self.sandbox.home().join(format!("checkpoint-{seed}"));
        checkpoint::random(&folder, SMALL, seed).unwrap();
        folder
    }

    fn run(&self, arguments: &[&str]) -> CommandOutput {
        self.run_with(arguments, &[])
    }

    fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> CommandOutput {
        let mut command = self.sandbox.command(arguments);
        command
            .env("HF_ENDPOINT", self.hub.address())
            .envs(variables.iter().copied());
        self.sandbox.capture(command.output().unwrap())
    }

    fn pull(&self) -> CommandOutput {
        self.run(&["model", "pull", REPO])
    }

    fn models(&self) -> PathBuf {
        self.sandbox.home().join(".local/share/repo-lsp/models")
    }

    /// Runs a command that must fail with exit code 2 and one line of standard error.
    fn assert_rejected(&self, arguments: &[&str], expected: Expect) {
        let output = self.run(arguments);
        assert_eq!(
            (output.code, output.stdout.as_str()),
            (Some(2), ""),
            "{output:?}"
        );
        assert_eq!(output.stderr.lines().count(), 1, "{output:?}");
        expected.assert_eq(&output.stderr.replace(self.hub.address(), "HUB"));
    }

    /// Returns all files below the models folder, as sorted relative paths.
    fn model_files(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.models()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push(
                        path.strip_prefix(self.models())
                            .unwrap()
                            .display()
                            .to_string(),
                    );
                }
            }
        }
        found.sort();
        found
    }
}

/// Returns the standard output of a command that must succeed without warnings.
fn stdout_of(output: CommandOutput) -> String {
    assert_eq!(
        (output.code, output.stderr.as_str()),
        (Some(0), ""),
        "{output:?}"
    );
    output.stdout
}

#[test]
fn hub_errors_suggest_a_remedy() {
    let world = World::new();
    let refuse = |part: &'static str, status: u16, code: &'static str| {
        world
            .hub
            .set_faults(|faults| faults.refuse = vec![(part, status, code); 4])
    };
    refuse("/api/", 401, "");
    world.assert_rejected(&["model", "pull", REPO], expect![[r#"
        error: HUB denied access to Org/Tiny (401): it does not exist, or it is private or gated. See HUB/Org/Tiny, and set HF_TOKEN to an access token
    "#]]);
    refuse("/api/", 403, "GatedRepo");
    world.assert_rejected(&["model", "pull", REPO], expect![[r#"
        error: Org/Tiny is gated. Accept its terms at HUB/Org/Tiny, create a token at HUB/settings/tokens and set HF_TOKEN to it
    "#]]);
    refuse("/api/", 404, "");
    world.assert_rejected(
        &["model", "pull", REPO, "--revision", "v9"],
        expect![[r#"
        error: HUB has no repository Org/Tiny with a revision v9. Check the spelling
    "#]],
    );
    refuse("config.json", 404, "EntryNotFound");
    world.assert_rejected(
        &["model", "pull", REPO],
        expect![[r#"
        error: HUB has no file config.json in Org/Tiny. Check the spelling
    "#]],
    );
    refuse("/api/", 500, "");
    world.assert_rejected(
        &["model", "pull", REPO],
        expect![[r#"
        error: HUB returned HTTP status 500. Try again later
    "#]],
    );
    assert_eq!(
        world
            .model_files()
            .iter()
            .filter(|path| path.contains("tiny"))
            .count(),
        0
    );
    // Server errors are retried.
    world.hub.set_faults(|faults| {
        faults.refuse = vec![("/api/", 503, ""), ("/stored/model.safetensors", 500, "")]
    });
    stdout_of(world.pull());
}

#[test]
fn a_truncated_checkpoint_is_not_installed() {
    let world = World::new();
    let folder = world.folder(2);
    let place = folder.to_str().unwrap().to_owned();
    stdout_of(world.run(&["model", "pull", &place, "--name", "repo"]));
    let weights = folder.join("model.safetensors");
    let whole = fs::read(&weights).unwrap();
    fs::write(&weights, &whole[..whole.len() / 2]).unwrap();
    let output = world.run(&["model", "pull", &place, "--name", "repo"]);
    assert_eq!(output.code, Some(2));
    assert!(
        output
            .stderr
            .starts_with("error: model.safetensors: the file is truncated at tensor model."),
        "{output:?}"
    );
    let list = world.sandbox.json(&["model", "list"]);
    assert_eq!(
        (&list[0]["label"], &list[0]["default"]),
        (&json!("repo@1"), &json!(true))
    );
}

#[test]
fn models_are_listed_shown_switched_and_removed() {
    let world = World::new();
    let output = world.run(&["model", "list"]);
    assert_eq!(
        (output.code, output.stderr.as_str()),
        (
            Some(1),
            "no model is installed; `repo-lsp model pull Qwen/Qwen3-4B` installs one\n"
        )
    );
    stdout_of(world.pull());
    for seed in [2, 3, 4] {
        let folder = world.folder(seed);
        let said =
            stdout_of(world.run(&["model", "pull", folder.to_str().unwrap(), "--name", "repo"]));
        if seed == 4 {
            expect![[r#"
                added      repo@3 · safetensors · SIZE · ~/checkpoint-4
                in use     repo@3, was repo@2; `repo-lsp model rollback repo` undoes this
                default    tiny is still the default model; `repo-lsp model use repo` changes that
            "#]]
            .assert_eq(&said);
        }
    }
    expect![[r#"
          repo@3   SIZE  safetensors  ~/checkpoint-4
        * tiny@1   SIZE  safetensors  Org/Tiny@0123456
    "#]]
    .assert_eq(&stdout_of(world.run(&["model", "list"])));
    expect![[r#"
        in use     repo@3
        default    repo is now the default model
    "#]]
    .assert_eq(&stdout_of(world.run(&["model", "use", "repo"])));
    expect!["in use     repo@2, was repo@3\n"]
        .assert_eq(&stdout_of(world.run(&["model", "rollback", "repo"])));
    let show = world.sandbox.json(&["model", "show", "repo"]);
    assert_eq!(
        (
            &show["current"],
            &show["default"],
            show["generations"].as_array().map(Vec::len)
        ),
        (&json!(2), &json!(true), Some(3))
    );
    let one = stdout_of(world.run(&["model", "show", "repo@2"]));
    assert!(
        one.starts_with("* repo@2  ")
            && one.contains("model.safetensors")
            && one.contains("~/checkpoint-3"),
        "{one}"
    );
    expect![[r#"
        in use     repo@3, was repo@2
        default    repo is now the default model
    "#]]
    .assert_eq(&stdout_of(world.run(&["model", "use", "repo@3"])));

    let whole = world.folder(2).display().to_string();
    world.assert_rejected(
        &["model", "pull", &whole, "--name", "repo", "--base", "none"],
        expect![[r#"
        error: --base applies to adapters only, and this is a complete model
    "#]],
    );

    let dry = world.sandbox.json(&["model", "gc", "--dry-run"]);
    assert_eq!(dry["removed"][0]["what"], "repo@1");
    assert!(world.models().join("repo/1").exists());
    let gone = stdout_of(world.run(&["model", "gc"]));
    assert!(gone.contains("repo@1") && gone.contains(" freed"), "{gone}");
    assert!(!world.models().join("repo/1").exists());
    assert_eq!(
        stdout_of(world.run(&["model", "gc"])),
        "nothing to remove\n"
    );
    expect![[r#"
        removed    repo · SIZE
        default    none; `repo-lsp model use NAME` sets one
    "#]]
    .assert_eq(&stdout_of(world.run(&["model", "remove", "repo"])));
    world.assert_rejected(
        &["model", "use", "repo"],
        expect![[r#"
        error: no such model: repo. Installed: tiny. To download: repo-lsp model pull Qwen/Qwen3-4B
    "#]],
    );
    world.assert_rejected(&["model", "show", "../../etc"], expect![[r#"
        error: invalid model name `../../etc`; use letters, digits, `.`, `_` and `-`, and do not start with `.` or `-`
    "#]]);
}

#[test]
fn every_command_has_examples() {
    let sandbox = Sandbox::new("");
    for command in ["pull", "list", "show", "use", "rollback", "gc", "remove"] {
        let help = sandbox.run(&["model", command, "--help"]).stdout;
        assert!(
            help.contains("Examples:") && help.contains(&format!("repo-lsp model {command}")),
            "{command}: {help}"
        );
    }
}

#[test]
fn doctor_shows_the_model_in_use() {
    let world = World::new();
    let row = || -> Vec<Value> {
        let output = world.run(&["doctor", "--json"]);
        let checks: Value = serde_json::from_str(&output.stdout).unwrap();
        let rows = checks.as_array().unwrap().iter();
        rows.filter(|check| {
            ["model", "device", "memory", "host"].contains(&check["check"].as_str().unwrap())
        })
        .cloned()
        .collect()
    };
    let none = row();
    assert_eq!(
        (&none[0]["check"], &none[0]["level"]),
        (&json!("model"), &json!("ok")),
        "{none:?}"
    );
    stdout_of(world.pull());
    let found = row();
    assert!(
        found[0]["found"].as_str().unwrap().starts_with("tiny@1"),
        "{found:?}"
    );
    let weights = world.models().join("tiny/1/model.safetensors");
    fs::write(&weights, "cut").unwrap();
    let damaged = row();
    assert_eq!(damaged[0]["level"], "fail", "{damaged:?}");
    assert!(
        damaged[0]["found"]
            .as_str()
            .unwrap()
            .contains("model.safetensors has 3 bytes"),
        "{damaged:?}"
    );
}
