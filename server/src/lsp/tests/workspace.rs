//! Roots, files and settings that change, and progress.

use serde_json::{Value, json};

use super::{CRATE, Client};

fn finds(label: &'static str) -> impl Fn(&Value) -> bool {
    move |answer| {
        answer["citations"]
            .as_array()
            .unwrap()
            .iter()
            .any(|c| c["label"].as_str().unwrap().starts_with(label))
    }
}

#[tokio::test]
async fn indexing_shows_its_progress() {
    let mut client = Client::start(CRATE);
    client
        .initialize(json!({ "window": { "workDoneProgress": true } }), json!({}))
        .await;
    let create = client.expect("window/workDoneProgress/create").await;
    client.answer(&create, Value::Null).await;
    let mut kinds = Vec::new();
    let mut messages = Vec::new();
    while kinds.last().is_none_or(|k| k != "end") {
        let progress = client.expect("$/progress").await;
        assert_eq!(progress["params"]["token"], create["params"]["token"]);
        let value = &progress["params"]["value"];
        kinds.push(value["kind"].as_str().unwrap().to_owned());
        messages.extend(value["message"].as_str().map(str::to_owned));
    }
    assert_eq!(kinds[0], "begin");
    assert!(messages[0].ends_with(" of 5 files"), "{messages:?}");
    client.close().await;
}

#[tokio::test]
async fn folders_can_be_added_and_removed() {
    let mut client = Client::ready(CRATE).await;
    let other = client.folder("other");
    std::fs::create_dir_all(&other).unwrap();
    std::fs::write(
        other.join("zeppelin.py"),
        "def steer_zeppelin():\n    \"\"\"Steers it.\"\"\"\n",
    )
    .unwrap();
    let folder = json!({ "uri": format!("file://{}", other.display()), "name": "other" });
    let question = json!({ "question": "steer_zeppelin" });
    client
        .notify(
            "workspace/didChangeWorkspaceFolders",
            json!({ "event": { "added": [folder], "removed": [] } }),
        )
        .await;
    // With several roots, each path begins with its root's name.
    client
        .until(
            "the new folder",
            "repoLsp/ask",
            question.clone(),
            finds("other/zeppelin.py#L1"),
        )
        .await;
    let answer = client
        .ask("repoLsp/ask", json!({ "question": "merge_segments" }))
        .await;
    assert!(finds("root/src/merge.rs")(&answer), "{answer:#}");
    client
        .notify(
            "workspace/didChangeWorkspaceFolders",
            json!({ "event": { "added": [], "removed": [folder] } }),
        )
        .await;
    let answer = client.ask("repoLsp/ask", question).await;
    assert_eq!(answer["citations"], json!([]));
    assert_eq!(
        client.ask("repoLsp/status", json!({})).await["roots"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    client.close().await;
}

#[tokio::test]
async fn files_that_are_renamed_created_and_deleted_are_followed() {
    let mut client = Client::ready(CRATE).await;
    std::fs::rename(client.path("src/merge.rs"), client.path("src/fusion.rs")).unwrap();
    let files =
        json!([{ "oldUri": client.uri("src/merge.rs"), "newUri": client.uri("src/fusion.rs") }]);
    client
        .notify("workspace/didRenameFiles", json!({ "files": files }))
        .await;
    let question = json!({ "question": "merge_segments" });
    client
        .until(
            "the new name",
            "repoLsp/ask",
            question.clone(),
            finds("src/fusion.rs"),
        )
        .await;
    client
        .until("the old name to be gone", "repoLsp/ask", question, |a| {
            !finds("src/merge.rs")(a)
        })
        .await;

    std::fs::write(client.path("src/kite.rs"), "pub fn fly_kite() {}\n").unwrap();
    client
        .notify(
            "workspace/didCreateFiles",
            json!({ "files": [{ "uri": client.uri("src/kite.rs") }] }),
        )
        .await;
    let question = json!({ "question": "fly_kite" });
    client
        .until(
            "the new file",
            "repoLsp/ask",
            question.clone(),
            finds("src/kite.rs"),
        )
        .await;
    std::fs::remove_file(client.path("src/kite.rs")).unwrap();
    let changes = json!([{ "uri": client.uri("src/kite.rs"), "type": 3 }]);
    client
        .notify(
            "workspace/didChangeWatchedFiles",
            json!({ "changes": changes }),
        )
        .await;
    client
        .until("the file to be gone", "repoLsp/ask", question, |a| {
            !finds("src/kite.rs")(a)
        })
        .await;
    client
        .notify(
            "workspace/didDeleteFiles",
            json!({ "files": [{ "uri": "not a uri" }] }),
        )
        .await;
    assert!(client.ask("repoLsp/status", json!({})).await.is_object());
    client.close().await;
}

#[tokio::test]
async fn settings_are_requested_and_a_change_reopens_the_index() {
    let capabilities = json!({ "workspace": { "configuration": true, "didChangeConfiguration": { "dynamicRegistration": true } } });
    let mut client = Client::ready_with(CRATE, capabilities, json!({})).await;
    let register = client.expect("client/registerCapability").await;
    client.answer(&register, Value::Null).await;
    assert_eq!(
        register["params"]["registrations"][0]["method"],
        "workspace/didChangeConfiguration"
    );
    let pull = client.expect("workspace/configuration").await;
    assert_eq!(pull["params"]["items"], json!([{ "section": "repoLsp" }]));
    client
        .answer(
            &pull,
            json!([{ "exclude": "src/merge.rs", "problem": "editor settings: colour: not a key" }]),
        )
        .await;
    let question = json!({ "question": "merge_segments" });
    client
        .until(
            "the file to be left out",
            "repoLsp/ask",
            question.clone(),
            |a| !finds("src/merge.rs")(a),
        )
        .await;
    let logged = client.expect("window/logMessage").await;
    assert_eq!(
        logged["params"]["message"],
        "editor settings: colour: not a key"
    );
    client
        .notify(
            "workspace/didChangeConfiguration",
            json!({ "settings": null }),
        )
        .await;
    let pull = client.expect("workspace/configuration").await;
    client.answer(&pull, json!([{}])).await;
    client
        .until(
            "the file to be back",
            "repoLsp/ask",
            question,
            finds("src/merge.rs"),
        )
        .await;
    client.close().await;
}

#[tokio::test]
async fn invalid_private_settings_prevent_indexing() {
    let mut client = Client::start(CRATE);
    client
        .initialize(
            json!({}),
            json!({ "repoLsp": { "fatal": "index.private: not a list" } }),
        )
        .await;
    let status = client.ask("repoLsp/status", json!({})).await;
    assert_eq!(status["roots"][0]["state"], "failed");
    assert_eq!(status["roots"][0]["error"], "index.private: not a list");
    let mended = json!({ "settings": { "repoLsp": {} } });
    client
        .notify("workspace/didChangeConfiguration", mended)
        .await;
    client.fresh().await;
    client.close().await;
}

#[tokio::test]
async fn a_corrected_settings_file_is_read_again() {
    let mut client = Client::start(CRATE);
    let fatal = client.folder("user").join("fatal");
    std::fs::create_dir_all(fatal.parent().unwrap()).unwrap();
    std::fs::write(&fatal, "index.private: not a list").unwrap();
    client.initialize(json!({}), json!({})).await;
    let status = client.ask("repoLsp/status", json!({})).await;
    assert_eq!(status["roots"][0]["state"], "failed");
    std::fs::remove_file(fatal).unwrap();
    let unchanged = json!({ "settings": { "repoLsp": {} } });
    client
        .notify("workspace/didChangeConfiguration", unchanged)
        .await;
    client.fresh().await;
    client.close().await;
}

#[tokio::test]
async fn a_missing_folder_is_reported() {
    let mut client = Client::start(CRATE);
    std::fs::remove_dir_all(client.folder("root")).unwrap();
    client.initialize(json!({}), json!({})).await;
    client
        .until("the failure", "repoLsp/status", json!({}), |s| {
            s["roots"][0]["state"] == "failed"
        })
        .await;
    let logged = client.expect("window/logMessage").await;
    assert!(
        logged["params"]["message"]
            .as_str()
            .unwrap()
            .contains("no such folder"),
        "{logged}"
    );
    client.close().await;
}

#[tokio::test]
async fn status_lists_skipped_files() {
    let fixture = format!("{CRATE}//- /big.json\n{}\n", "1".repeat(1_100_000));
    let mut client = Client::ready(&fixture).await;
    let status = client.ask("repoLsp/status", json!({})).await;
    let root = &status["roots"][0];
    assert_eq!(
        (&root["files"], &root["skippedCount"], &root["writer"]),
        (&json!(5), &json!(1), &json!(true)),
        "{root:#}"
    );
    assert_eq!(root["skipped"][0]["path"], "big.json");
    assert_eq!(status["message"], "index only · set up a model");
    client.close().await;
}

/// Otherwise an index that has just become fresh could be reported with the counts from before.
#[tokio::test]
async fn a_fresh_status_has_current_counts() {
    let mut client = Client::ready("//- /a.py\ndef apple():\n    pass\n").await;
    let status = client.ask("test/lateStatus", json!("b.py")).await;
    assert_eq!(status["roots"][0]["files"], 2, "{status}");
    client.close().await;
}

/// The text of an open document overlays only the index of its innermost folder.
#[tokio::test]
async fn only_the_innermost_folder_has_the_text_of_an_open_document() {
    let fixture = format!("{CRATE}//- /nested/kite.py\ndef fly(): pass\n");
    let mut client = Client::ready(&fixture).await;
    client
        .open_as("nested/kite.py", "def unsaved_zeppelin(): pass\n")
        .await;
    let question = json!({ "question": "unsaved_zeppelin" });
    let found = |answer: &Value| !answer["citations"].as_array().unwrap().is_empty();
    client
        .until("the open text", "repoLsp/ask", question.clone(), found)
        .await;
    let folder = json!({ "uri": client.uri("nested"), "name": "nested" });
    let event = json!({ "added": [folder], "removed": [] });
    client
        .notify(
            "workspace/didChangeWorkspaceFolders",
            json!({ "event": event }),
        )
        .await;
    client.fresh().await;
    client
        .until(
            "the inner folder alone to have it",
            "repoLsp/ask",
            question.clone(),
            |answer| answer["citations"].as_array().unwrap().len() == 1 && finds("nested/")(answer),
        )
        .await;
    // When the inner folder goes, it is the outer one's again.
    let event = json!({ "added": [], "removed": [folder] });
    client
        .notify(
            "workspace/didChangeWorkspaceFolders",
            json!({ "event": event }),
        )
        .await;
    client
        .until(
            "the outer folder to have it back",
            "repoLsp/ask",
            question.clone(),
            found,
        )
        .await;
    let document = json!({ "uri": client.uri("nested/kite.py") });
    client
        .notify("textDocument/didClose", json!({ "textDocument": document }))
        .await;
    client
        .until("no folder to have it", "repoLsp/ask", question, |a| {
            !found(a)
        })
        .await;
    client.close().await;
}

#[tokio::test]
async fn a_failed_refresh_ends_its_progress_and_is_logged() {
    let mut client = Client::start(CRATE);
    client
        .initialize(json!({ "window": { "workDoneProgress": true } }), json!({}))
        .await;
    let create = client.expect("window/workDoneProgress/create").await;
    client.answer(&create, Value::Null).await;
    client.fresh().await;
    while client.expect("$/progress").await["params"]["value"]["kind"] != "end" {}

    client.ask("test/scan", json!("begin")).await;
    let create = client.expect("window/workDoneProgress/create").await;
    client.answer(&create, Value::Null).await;
    let begin = client.expect("$/progress").await;
    assert_eq!(begin["params"]["value"]["kind"], "begin");
    client.ask("test/scan", json!("fail")).await;
    while client.expect("$/progress").await["params"]["value"]["kind"] != "end" {}
    let logged = client.expect("window/logMessage").await;
    assert_eq!(logged["params"]["message"], "the disk is full");
    let status = client.ask("repoLsp/status", json!({})).await;
    let root = &status["roots"][0];
    assert_eq!(
        (&root["state"], &root["error"], &root["total"]),
        (&json!("failed"), &json!("the disk is full"), &json!(0))
    );
    // Requests are still answered from the last commit.
    let at = client.at("src/merge.rs", "fn merge_$0segments");
    assert!(client.ask("textDocument/hover", at).await.is_object());

    client.ask("test/scan", json!("succeed")).await;
    let status = client.ask("repoLsp/status", json!({})).await;
    let root = &status["roots"][0];
    assert_eq!(
        (&root["state"], &root["error"]),
        (&json!("fresh"), &Value::Null)
    );
    client.close().await;
}
