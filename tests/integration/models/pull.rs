//! `repo-lsp model pull`: downloads from a hub with injected faults. No other command makes connections.

use super::*;

#[test]
fn a_model_is_downloaded_verified_and_used() {
    let world = World::new();
    expect![[r#"
        added      tiny@1 · safetensors · SIZE · Org/Tiny@0123456
        in use     tiny@1
        default    tiny is now the default model
    "#]]
    .assert_eq(&stdout_of(world.pull()));
    let mut fetched: Vec<String> = world
        .hub
        .take_downloads()
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
    assert!(!world.model_files().iter().any(|path| path.contains("evil")));

    // A second pull only resolves the revision and downloads nothing.
    expect![[r#"
        known      tiny@1 · safetensors · SIZE · Org/Tiny@0123456
        in use     tiny@1
    "#]]
    .assert_eq(&stdout_of(world.pull()));
    assert_eq!(world.hub.take_downloads(), []);
}

#[test]
fn a_lost_connection_is_resumed() {
    let world = World::new();
    let size = world.hub.size("model.safetensors");
    let (first, second) = (size * 2 / 5, size * 3 / 5);
    world.hub.set_faults(|faults| {
        faults.cut = vec![("model.safetensors", first), ("model.safetensors", second)]
    });
    stdout_of(world.pull());
    let weights: Vec<_> = world
        .hub
        .take_downloads()
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
fn a_killed_download_is_resumed_by_the_next_command() {
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
        assert!(
            child.try_wait().unwrap().is_none(),
            "the command ended before it was killed"
        );
        std::thread::yield_now();
    }
    world.assert_rejected(
        &["model", "pull", REPO],
        expect![[r#"
        error: Org/Tiny is being downloaded by another process; wait for it
    "#]],
    );
    child.kill().unwrap();
    child.wait().unwrap();
    world.hub.take_requests();
    assert_eq!(
        world.run(&["model", "list"]).code,
        Some(1),
        "a partial download is not a model"
    );
    stdout_of(world.pull());
    assert_eq!(
        world.hub.take_downloads(),
        [(
            "model.safetensors".to_owned(),
            Some(format!("bytes={arrived}-"))
        )]
    );
    stdout_of(world.run(&["model", "show", "tiny"]));
}

#[test]
fn without_range_support_the_download_restarts() {
    let world = World::new();
    let cut = world.hub.size("model.safetensors") / 2;
    world.hub.set_faults(|faults| {
        faults.cut = vec![("model.safetensors", cut)];
        faults.no_ranges = true;
    });
    stdout_of(world.pull());
}

#[test]
fn a_listing_without_sizes_is_completed_by_head_requests() {
    let world = World::new();
    world.hub.set_faults(|faults| faults.names_only = true);
    stdout_of(world.pull());
    let heads = world
        .hub
        .take_requests()
        .into_iter()
        .filter(|seen| seen.method == "HEAD")
        .count();
    assert_eq!(heads, 5);
    world
        .hub
        .set_faults(|faults| faults.wrong = Some("config.json"));
    stdout_of(world.run(&["model", "remove", "tiny"]));
    let output = world.pull();
    assert!(
        output
            .stderr
            .contains("config.json was downloaded incorrectly: its git SHA-1 is "),
        "{output:?}"
    );
}

#[test]
fn a_file_with_a_wrong_checksum_is_deleted() {
    let world = World::new();
    world
        .hub
        .set_faults(|faults| faults.wrong = Some("model.safetensors"));
    let output = world.pull();
    assert_eq!(output.code, Some(2));
    assert!(
        output
            .stderr
            .starts_with("error: model.safetensors was downloaded incorrectly: its SHA-256 is "),
        "{output:?}"
    );
    assert!(
        output
            .stderr
            .trim_end()
            .ends_with("The file was removed; run the same command again"),
        "{output:?}"
    );
    assert!(
        !world
            .model_files()
            .iter()
            .any(|path| path.contains("model.safetensors")),
        "{:?}",
        world.model_files()
    );
    world.hub.set_faults(|faults| faults.wrong = None);
    world.hub.take_requests();
    stdout_of(world.pull());
    // Files with the right checksum are not downloaded again.
    assert_eq!(
        world.hub.take_downloads(),
        [("model.safetensors".to_owned(), None)]
    );
}

#[test]
fn an_unreachable_hub_is_reported_in_one_line() {
    let world = World::new();
    // No program listens on port 9, or one that discards its input.
    let output = world.run_with(
        &["model", "pull", REPO],
        &[("HF_ENDPOINT", "http://127.0.0.1:9")],
    );
    assert_eq!(output.code, Some(2));
    assert_eq!(
        output.stderr,
        "error: cannot reach http://127.0.0.1:9: connection refused. Check the network and its proxy, or set HF_ENDPOINT to a mirror\n"
    );
    let output = world.run_with(&["model", "pull", REPO], &[("HF_ENDPOINT", "ftp://x")]);
    assert_eq!(
        output.stderr,
        "error: invalid HF_ENDPOINT `ftp://x`; expected a URL such as https://huggingface.co\n"
    );
    let output = world.run(&["model", "pull", "no/such/place"]);
    assert_eq!(
        output.stderr,
        "error: no such file or directory: no/such/place. A hub repository is written like Qwen/Qwen3-4B\n"
    );
}

#[test]
fn the_access_token_is_sent_to_the_hub_only() {
    let world = World::new();
    world
        .hub
        .set_faults(|faults| faults.token = Some("hf_secret"));
    let output = world.pull();
    assert!(
        output.stderr.starts_with("error: Org/Tiny is gated."),
        "{output:?}"
    );
    let home = world.sandbox.home().join("hf");
    fs::create_dir_all(&home).unwrap();
    fs::write(home.join("token"), "hf_secret\n").unwrap();
    world.hub.take_requests();
    stdout_of(world.run_with(
        &["model", "pull", REPO],
        &[("HF_HOME", home.to_str().unwrap())],
    ));
    stdout_of(world.run_with(
        &["model", "pull", REPO, "--name", "other"],
        &[("HF_TOKEN", "hf_secret"), ("HF_HOME", "/nowhere")],
    ));
    let seen = world.hub.take_requests();
    let (stored, own): (Vec<ReceivedRequest>, Vec<ReceivedRequest>) = seen
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
fn files_in_the_hugging_face_cache_are_reused() {
    let world = World::new();
    let home = world.sandbox.home().join("hf");
    let snapshot = home.join(format!("hub/models--Org--Tiny/snapshots/{COMMIT}"));
    fs::create_dir_all(&snapshot).unwrap();
    fs::copy(
        world.sandbox.home().join("served/model.safetensors"),
        snapshot.join("model.safetensors"),
    )
    .unwrap();
    // A cached file with wrong content is downloaded.
    let size = world.hub.size("tokenizer.json");
    fs::write(snapshot.join("tokenizer.json"), vec![b' '; size]).unwrap();
    stdout_of(world.run_with(
        &["model", "pull", REPO],
        &[("HF_HOME", home.to_str().unwrap())],
    ));
    let fetched: Vec<String> = world
        .hub
        .take_downloads()
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
fn gc_removes_an_unfinished_download() {
    let world = World::new();
    world
        .hub
        .set_faults(|faults| faults.wrong = Some("model.safetensors"));
    assert_eq!(world.pull().code, Some(2));
    let gc = world.sandbox.json(&["model", "gc"]);
    assert_eq!(gc["removed"][0]["what"], "unfinished download");
    assert!(
        !world
            .model_files()
            .iter()
            .any(|path| path.contains("Org--Tiny")),
        "{:?}",
        world.model_files()
    );
}

#[test]
fn nothing_but_pull_makes_a_connection() {
    let world = World::new();
    stdout_of(world.pull());
    world.hub.take_requests();
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
    assert_eq!(world.hub.take_requests(), []);
}

#[test]
fn a_failed_installation_keeps_the_downloaded_files() {
    let world = World::new();
    // A file with the name of the model folder prevents the installation.
    fs::create_dir_all(world.models()).unwrap();
    fs::write(world.models().join("tiny"), "in the way").unwrap();
    let output = world.pull();
    assert_eq!(output.code, Some(2), "{output:?}");
    assert!(!world.hub.take_downloads().is_empty());
    fs::remove_file(world.models().join("tiny")).unwrap();
    stdout_of(world.pull());
    assert_eq!(world.hub.take_downloads(), []);
}
