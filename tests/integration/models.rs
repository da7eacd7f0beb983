//! Models, as a person manages them: fetched from a hub that has bad days, listed, switched, rolled back and cleaned up.

mod hub;

use std::fs;
use std::path::PathBuf;

use checkpoint::Shape;
use expect_test::{Expect, expect};
use integration::{Ran, Sandbox};
use serde_json::{Value, json};

use hub::{COMMIT, Hub, REPO, Seen};

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

    /// A checkpoint on this disk.
    fn folder(&self, seed: u64) -> PathBuf {
        let folder = self.sandbox.home().join(format!("checkpoint-{seed}"));
        checkpoint::random(&folder, SMALL, seed).unwrap();
        folder
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[])
    }

    fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let mut command = self.sandbox.command(arguments);
        command
            .env("HF_ENDPOINT", self.hub.address())
            .envs(variables.iter().copied());
        self.sandbox.ran(command.output().unwrap())
    }

    fn pull(&self) -> Ran {
        self.run(&["model", "pull", REPO])
    }

    fn models(&self) -> PathBuf {
        self.sandbox.home().join(".local/share/repo-lsp/models")
    }

    fn refused(&self, arguments: &[&str], expected: Expect) {
        let ran = self.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
        assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
        expected.assert_eq(&ran.stderr.replace(self.hub.address(), "HUB"));
    }

    /// Everything below the folder of models.
    fn left(&self) -> Vec<String> {
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

fn shown(ran: Ran) -> String {
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    ran.stdout
}

#[test]
fn a_model_is_fetched_checked_and_put_in_use() {
    let world = World::new();
    expect![[r#"
        added      tiny@1 · safetensors · SIZE · Org/Tiny@0123456
        in use     tiny@1
        default    tiny answers where no model is named
    "#]]
    .assert_eq(&shown(world.pull()));
    let mut fetched: Vec<String> = world
        .hub
        .fetched()
        .into_iter()
        .map(|(file, _)| file)
        .collect();
    fetched.sort();
    assert_eq!(
        fetched,
        [
            "config.json",
            "generation_config.json",
            "model.safetensors",
            "tokenizer.json",
            "tokenizer_config.json"
        ]
    );
    let served = fs::read(world.sandbox.home().join("served/model.safetensors")).unwrap();
    assert_eq!(
        fs::read(world.models().join("tiny/1/model.safetensors")).unwrap(),
        served
    );
    assert!(
        !world
            .models()
            .join(".downloads")
            .join(format!("Org--Tiny@{COMMIT}"))
            .exists()
    );
    assert!(!world.left().iter().any(|path| path.contains("evil")));

    // Asked for again, it is there, and nothing but its name is looked up.
    expect![[r#"
        known      tiny@1 · safetensors · SIZE · Org/Tiny@0123456
        in use     tiny@1
    "#]]
    .assert_eq(&shown(world.pull()));
    assert_eq!(world.hub.fetched(), []);
}

#[test]
fn a_connection_that_is_cut_is_taken_up_where_it_broke() {
    let world = World::new();
    let size = world.hub.size("model.safetensors");
    let (first, second) = (size * 2 / 5, size * 3 / 5);
    world.hub.faults(|faults| {
        faults.cut = vec![("model.safetensors", first), ("model.safetensors", second)]
    });
    shown(world.pull());
    let weights: Vec<_> = world
        .hub
        .fetched()
        .into_iter()
        .filter(|(file, _)| file == "model.safetensors")
        .map(|(_, range)| range)
        .collect();
    assert_eq!(
        weights,
        [
            None,
            Some(format!("bytes={first}-")),
            Some(format!("bytes={second}-"))
        ]
    );
}

#[test]
fn a_command_that_is_killed_is_taken_up_by_the_next() {
    let world = World::new();
    let size = world.hub.size("model.safetensors");
    let arrived = size * 2 / 5;
    let stalled = world.hub.stall("model.safetensors", arrived);
    let mut command = world.sandbox.command(&["model", "pull", REPO]);
    let mut child = command
        .env("HF_ENDPOINT", world.hub.address())
        .spawn()
        .unwrap();
    stalled.recv().unwrap();
    let part = world.models().join(format!(
        ".downloads/Org--Tiny@{COMMIT}/model.safetensors.part"
    ));
    while fs::metadata(&part).map_or(0, |found| found.len()) < arrived as u64 {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::yield_now();
    }
    world.refused(
        &["model", "pull", REPO],
        expect![[r#"
        error: Org/Tiny is being downloaded by another process; wait for it
    "#]],
    );
    child.kill().unwrap();
    child.wait().unwrap();
    world.hub.seen();
    assert_eq!(
        world.run(&["model", "list"]).code,
        Some(1),
        "half a model is none"
    );
    shown(world.pull());
    assert_eq!(
        world.hub.fetched(),
        [(
            "model.safetensors".to_owned(),
            Some(format!("bytes={arrived}-"))
        )]
    );
    shown(world.run(&["model", "show", "tiny"]));
}

#[test]
fn a_server_without_ranges_sends_all_of_it_again() {
    let world = World::new();
    let cut = world.hub.size("model.safetensors") / 2;
    world.hub.faults(|faults| {
        faults.cut = vec![("model.safetensors", cut)];
        faults.no_ranges = true;
    });
    shown(world.pull());
}

#[test]
fn a_mirror_that_lists_only_names_is_asked_for_each_file() {
    let world = World::new();
    world.hub.faults(|faults| faults.names_only = true);
    shown(world.pull());
    let heads = world
        .hub
        .seen()
        .into_iter()
        .filter(|seen| seen.method == "HEAD")
        .count();
    assert_eq!(heads, 5);
    world
        .hub
        .faults(|faults| faults.wrong = Some("config.json"));
    shown(world.run(&["model", "remove", "tiny"]));
    let ran = world.pull();
    assert!(
        ran.stderr
            .contains("config.json arrived damaged: its SHA-1 as git counts it is "),
        "{ran:?}"
    );
}

#[test]
fn wrong_bytes_are_thrown_away() {
    let world = World::new();
    world
        .hub
        .faults(|faults| faults.wrong = Some("model.safetensors"));
    let ran = world.pull();
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr
            .starts_with("error: model.safetensors arrived damaged: its SHA-256 is "),
        "{ran:?}"
    );
    assert!(
        ran.stderr
            .trim_end()
            .ends_with("It was removed; run the same command again"),
        "{ran:?}"
    );
    assert!(
        !world
            .left()
            .iter()
            .any(|path| path.contains("model.safetensors")),
        "{:?}",
        world.left()
    );
    world.hub.faults(|faults| faults.wrong = None);
    world.hub.seen();
    shown(world.pull());
    // What had arrived well is not fetched again.
    assert_eq!(
        world.hub.fetched(),
        [("model.safetensors".to_owned(), None)]
    );
}

#[test]
fn refusals_say_what_to_do() {
    let world = World::new();
    let refuse = |part: &'static str, status: u16, code: &'static str| {
        world
            .hub
            .faults(|faults| faults.refuse = vec![(part, status, code); 4])
    };
    refuse("/api/", 401, "");
    world.refused(&["model", "pull", REPO], expect![[r#"
        error: HUB gives no access to Org/Tiny (401): it does not exist, or it is private or gated. Look at HUB/Org/Tiny, and set HF_TOKEN to a token from its settings
    "#]]);
    refuse("/api/", 403, "GatedRepo");
    world.refused(&["model", "pull", REPO], expect![[r#"
        error: Org/Tiny is gated. Accept its terms at HUB/Org/Tiny, make a token at HUB/settings/tokens and set HF_TOKEN to it
    "#]]);
    refuse("/api/", 404, "");
    world.refused(
        &["model", "pull", REPO, "--revision", "v9"],
        expect![[r#"
        error: HUB has no repository Org/Tiny with a revision v9. Check how it is written
    "#]],
    );
    refuse("config.json", 404, "EntryNotFound");
    world.refused(
        &["model", "pull", REPO],
        expect![[r#"
        error: HUB has no file config.json in Org/Tiny. Check how it is written
    "#]],
    );
    refuse("/api/", 500, "");
    world.refused(
        &["model", "pull", REPO],
        expect![[r#"
        error: HUB answered 500. It is not well; try again later
    "#]],
    );
    assert_eq!(
        world
            .left()
            .iter()
            .filter(|path| path.contains("tiny"))
            .count(),
        0
    );
    // A bad moment passes by itself.
    world.hub.faults(|faults| {
        faults.refuse = vec![("/api/", 503, ""), ("/stored/model.safetensors", 500, "")]
    });
    shown(world.pull());
}

#[test]
fn no_hub_is_said_in_one_line() {
    let world = World::new();
    // Port 9 of loopback discards, where anybody listens at all.
    let ran = world.run_with(
        &["model", "pull", REPO],
        &[("HF_ENDPOINT", "http://127.0.0.1:9")],
    );
    assert_eq!(ran.code, Some(2));
    assert_eq!(
        ran.stderr,
        "error: cannot reach http://127.0.0.1:9: connection refused. Check the network and its proxy, or set HF_ENDPOINT to a mirror\n"
    );
    let ran = world.run_with(&["model", "pull", REPO], &[("HF_ENDPOINT", "ftp://x")]);
    assert_eq!(
        ran.stderr,
        "error: bad HF_ENDPOINT `ftp://x`; it looks like https://huggingface.co\n"
    );
    let ran = world.run(&["model", "pull", "no/such/place"]);
    assert_eq!(
        ran.stderr,
        "error: no such folder or file: no/such/place. A repository of a hub looks like Qwen/Qwen3-4B\n"
    );
}

#[test]
fn a_token_opens_what_is_gated_and_goes_nowhere_else() {
    let world = World::new();
    world.hub.faults(|faults| faults.token = Some("hf_secret"));
    let ran = world.pull();
    assert!(
        ran.stderr.starts_with("error: Org/Tiny is gated."),
        "{ran:?}"
    );
    let home = world.sandbox.home().join("hf");
    fs::create_dir_all(&home).unwrap();
    fs::write(home.join("token"), "hf_secret\n").unwrap();
    world.hub.seen();
    shown(world.run_with(
        &["model", "pull", REPO],
        &[("HF_HOME", home.to_str().unwrap())],
    ));
    shown(world.run_with(
        &["model", "pull", REPO, "--name", "other"],
        &[("HF_TOKEN", "hf_secret"), ("HF_HOME", "/nowhere")],
    ));
    let seen = world.hub.seen();
    let (stored, own): (Vec<Seen>, Vec<Seen>) = seen
        .into_iter()
        .partition(|seen| seen.path.starts_with("/stored/"));
    assert!(
        own.iter()
            .all(|seen| seen.authorization.as_deref() == Some("Bearer hf_secret")),
        "{own:?}"
    );
    assert!(
        !stored.is_empty() && stored.iter().all(|seen| seen.authorization.is_none()),
        "{stored:?}"
    );
}

#[test]
fn what_other_programs_have_fetched_is_not_fetched_again() {
    let world = World::new();
    let home = world.sandbox.home().join("hf");
    let snapshot = home.join(format!("hub/models--Org--Tiny/snapshots/{COMMIT}"));
    fs::create_dir_all(&snapshot).unwrap();
    fs::copy(
        world.sandbox.home().join("served/model.safetensors"),
        snapshot.join("model.safetensors"),
    )
    .unwrap();
    // One that is not what it should be is fetched.
    let size = world.hub.size("tokenizer.json");
    fs::write(snapshot.join("tokenizer.json"), vec![b' '; size]).unwrap();
    shown(world.run_with(
        &["model", "pull", REPO],
        &[("HF_HOME", home.to_str().unwrap())],
    ));
    let fetched: Vec<String> = world
        .hub
        .fetched()
        .into_iter()
        .map(|(file, _)| file)
        .collect();
    assert!(
        fetched.contains(&"tokenizer.json".to_owned())
            && !fetched.contains(&"model.safetensors".to_owned()),
        "{fetched:?}"
    );
}

#[test]
fn a_damaged_checkpoint_replaces_nothing() {
    let world = World::new();
    let folder = world.folder(2);
    let place = folder.to_str().unwrap().to_owned();
    shown(world.run(&["model", "pull", &place, "--name", "repo"]));
    let weights = folder.join("model.safetensors");
    let whole = fs::read(&weights).unwrap();
    fs::write(&weights, &whole[..whole.len() / 2]).unwrap();
    let ran = world.run(&["model", "pull", &place, "--name", "repo"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr
            .starts_with("error: model.safetensors: it is cut short at tensor model."),
        "{ran:?}"
    );
    let list = world.sandbox.json(&["model", "list"]);
    assert_eq!(
        (&list[0]["label"], &list[0]["default"]),
        (&json!("repo@1"), &json!(true))
    );
}

#[test]
fn models_are_listed_shown_chosen_and_removed() {
    let world = World::new();
    let ran = world.run(&["model", "list"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (
            Some(1),
            "no model is installed; `repo-lsp model pull Qwen/Qwen3-4B` gets one\n"
        )
    );
    shown(world.pull());
    for seed in [2, 3, 4] {
        let folder = world.folder(seed);
        let said = shown(world.run(&["model", "pull", folder.to_str().unwrap(), "--name", "repo"]));
        if seed == 4 {
            expect![[r#"
                added      repo@3 · safetensors · SIZE · ~/checkpoint-4
                in use     repo@3, was repo@2; `repo-lsp model rollback repo` goes back
            "#]]
            .assert_eq(&said);
        }
    }
    expect![[r#"
          repo@3   SIZE  safetensors  ~/checkpoint-4
        * tiny@1   SIZE  safetensors  Org/Tiny@0123456
    "#]]
    .assert_eq(&shown(world.run(&["model", "list"])));
    expect!["in use     repo@3\n"].assert_eq(&shown(world.run(&["model", "use", "repo"])));
    expect!["in use     repo@2, was repo@3\n"]
        .assert_eq(&shown(world.run(&["model", "rollback", "repo"])));
    let show = world.sandbox.json(&["model", "show", "repo"]);
    assert_eq!(
        (
            &show["current"],
            &show["default"],
            show["generations"].as_array().map(Vec::len)
        ),
        (&json!(2), &json!(true), Some(3))
    );
    let one = shown(world.run(&["model", "show", "repo@2"]));
    assert!(
        one.starts_with("* repo@2  ")
            && one.contains("model.safetensors")
            && one.contains("~/checkpoint-3"),
        "{one}"
    );
    expect!["in use     repo@3, was repo@2\n"]
        .assert_eq(&shown(world.run(&["model", "use", "repo@3"])));

    let dry = world.sandbox.json(&["model", "gc", "--dry-run"]);
    assert_eq!(dry["removed"][0]["what"], "repo@1");
    assert!(world.models().join("repo/1").exists());
    let gone = shown(world.run(&["model", "gc"]));
    assert!(
        gone.contains("repo@1") && gone.contains("are free again"),
        "{gone}"
    );
    assert!(!world.models().join("repo/1").exists());
    assert_eq!(shown(world.run(&["model", "gc"])), "nothing to remove\n");
    expect![[r#"
        removed    repo · SIZE
        default    none; `repo-lsp model use NAME` chooses one
    "#]]
    .assert_eq(&shown(world.run(&["model", "remove", "repo"])));
    world.refused(
        &["model", "use", "repo"],
        expect![[r#"
        error: no such model: repo. Installed: tiny. To download: repo-lsp model pull Qwen/Qwen3-4B
    "#]],
    );
    world.refused(&["model", "show", "../../etc"], expect![[r#"
        error: bad name for a model: `../../etc`; letters, digits, `.`, `_` and `-` will do, and it begins with no dot
    "#]]);
}

#[test]
fn an_unfinished_download_is_garbage() {
    let world = World::new();
    world
        .hub
        .faults(|faults| faults.wrong = Some("model.safetensors"));
    assert_eq!(world.pull().code, Some(2));
    let gc = world.sandbox.json(&["model", "gc"]);
    assert_eq!(gc["removed"][0]["what"], "unfinished download");
    assert!(
        !world.left().iter().any(|path| path.contains("Org--Tiny")),
        "{:?}",
        world.left()
    );
}

#[test]
fn nothing_but_pull_makes_a_connection() {
    let world = World::new();
    shown(world.pull());
    world.hub.seen();
    for arguments in [
        &["model", "list"][..],
        &["model", "show", "tiny"],
        &["model", "use", "tiny"],
        &["model", "rollback", "tiny"],
        &["model", "gc"],
        &["doctor"],
        &["status"],
        &["model", "remove", "tiny"],
    ] {
        world.run(arguments);
    }
    assert_eq!(world.hub.seen(), []);
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
fn doctor_says_which_model_will_answer() {
    let world = World::new();
    let row = || -> Vec<Value> {
        let ran = world.run(&["doctor", "--json"]);
        let checks: Value = serde_json::from_str(&ran.stdout).unwrap();
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
    shown(world.pull());
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
