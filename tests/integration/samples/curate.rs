//! `repo-lsp samples curate` and `lineage`: producing samples, and tracing them to the models trained on them.

use super::*;

#[test]
fn samples_are_curated_and_traced_to_a_trained_model() {
    let world = World::new();
    let golden = world.sandbox.home().join("golden.jsonl");
    let question = json!({ "id": "g", "question": "which mailbox is full?", "gold_files": [] });
    fs::write(&golden, format!("{question}\n")).unwrap();
    let out = world.sandbox.home().join("made");
    let place = out.to_str().unwrap();
    let said = world.run_ok(&[
        "curate",
        "--out",
        place,
        "--golden",
        golden.to_str().unwrap(),
        "--unjudged",
    ]);
    expect![[r#"
        read               4   of 2 workspaces
        samples            2   2 for training · 0 for validation · 0 for testing
        preferences        1   pairs of a better and a worse answer
        rejected           1   bad answers without a better one
        excluded           1   similar to a golden question
        written to ~/made
    "#]]
    .assert_eq(&said);
    let read = |name: &str| -> Vec<Value> {
        let text = fs::read_to_string(out.join(name)).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let (samples, pairs, rejected) = (
        read("samples.jsonl"),
        read("preferences.jsonl"),
        read("rejected.jsonl"),
    );
    assert_eq!((samples.len(), pairs.len(), rejected.len()), (2, 1, 1));
    assert_eq!(pairs[0]["chosen"][0]["content"], "In Journal::balance.");
    let first = fs::read(out.join("samples.jsonl")).unwrap();
    world.run_ok(&["curate", "--out", place, "--unjudged", "--workspace", "."]);
    assert_eq!(
        fs::read(out.join("samples.jsonl")).unwrap(),
        first,
        "the result is deterministic"
    );

    // A generation that was trained on them, written as a trainer does.
    let ids: Vec<String> = samples
        .iter()
        .map(|row| row["metadata"]["id"].as_str().unwrap().to_owned())
        .collect();
    let folder = world.data().join("models/repo/7");
    fs::create_dir_all(&folder).unwrap();
    let manifest =
        json!({ "number": 7, "format": "gguf", "created": DAY, "files": [], "sample_ids": ids });
    fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
    fs::write(folder.join("../current"), "7").unwrap();
    let mut store = world.store();
    store.link_dataset("d1", &ids[..1]).unwrap();
    store.link_generation("repo@7", "d1", None).unwrap();
    drop(store);
    let lineage = world.json(&["lineage", "repo@7"]);
    assert_eq!(
        lineage["samples"].as_array().map(Vec::len),
        Some(2),
        "{lineage}"
    );
    assert!(!world.run_ok(&["lineage", "repo"]).contains("forgotten"));
    let model = |arguments: &[&str]| world.sandbox.run(arguments).stdout;
    assert!(!model(&["model", "list"]).contains("forgotten"));

    let used = &world.json(&["lineage", "repo@7"])["samples"];
    let of_first = used
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["id"] == ids[0].as_str())
        .unwrap();
    let interaction = of_first["interactions"][0]["id"].as_str().unwrap();
    assert_eq!(
        world.json(&["show", interaction])["generations"][0]["label"],
        "repo@7"
    );
    let forgotten = world.run_ok(&["forget", interaction, "--yes"]);
    assert!(
        forgotten.contains("datasets    d1 ") && forgotten.contains("models      repo@7 "),
        "{forgotten}"
    );
    let lineage = world.run_ok(&["lineage", "repo@7"]);
    assert!(
        lineage.starts_with("repo@7  2 samples · 1 forgotten since\n"),
        "{lineage}"
    );
    let sentence = "has learned from 1 sample that was forgotten since";
    for arguments in [&["model", "list"][..], &["model", "show", "repo"]] {
        assert!(model(arguments).contains(sentence), "{arguments:?}");
    }
    assert_eq!(
        world.sandbox.json(&["model", "list"])[0]["forgotten_samples"],
        1
    );
    assert_eq!(
        world.sandbox.json(&["model", "show", "repo"])["generations"][0]["forgotten_samples"],
        1
    );
    let unknown = world.run(&["lineage", "repo@9"]);
    assert!(
        unknown.code == Some(2) && unknown.stderr.contains("repo"),
        "{unknown:?}"
    );
    // The verdict of another interaction is unchanged.
    assert_eq!(
        world
            .store()
            .get("0193b7c00000")
            .unwrap()
            .unwrap()
            .interaction
            .verdict,
        Some(Verdict::Bad)
    );
}
