//! A model is fetched from a hub that has bad days, and only when it is asked for.

use super::*;

#[test]
fn a_model_is_fetched_checked_and_put_in_use() {
    let world = World::new();
    expect![[r#"
        added      tiny@1 · safetensors · SIZE · Org/Tiny@0123456
        in use     tiny@1
        default    tiny is now the default model
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
            .contains("config.json was downloaded incorrectly: its git SHA-1 is "),
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
            .starts_with("error: model.safetensors was downloaded incorrectly: its SHA-256 is "),
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
        "error: invalid HF_ENDPOINT `ftp://x`; expected a URL such as https://huggingface.co\n"
    );
    let ran = world.run(&["model", "pull", "no/such/place"]);
    assert_eq!(
        ran.stderr,
        "error: no such file or directory: no/such/place. A hub repository is written like Qwen/Qwen3-4B\n"
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
fn what_cannot_be_put_in_place_need_not_be_fetched_again() {
    let world = World::new();
    // Where the folder of the model has to be.
    fs::create_dir_all(world.models()).unwrap();
    fs::write(world.models().join("tiny"), "in the way").unwrap();
    let ran = world.pull();
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(!world.hub.fetched().is_empty());
    fs::remove_file(world.models().join("tiny")).unwrap();
    shown(world.pull());
    assert_eq!(world.hub.fetched(), []);
}
