//! Open documents, and requests about documents that are not.

use serde_json::{Value, json};

use super::{CRATE, Client};

#[tokio::test]
async fn a_line_past_the_end_is_an_error_and_a_character_is_clamped() {
    let mut client = Client::ready(CRATE).await;
    client.open("src/merge.rs").await;
    let at = |line: u32, character: u32| json!({ "textDocument": { "uri": client.uri("src/merge.rs") }, "position": { "line": line, "character": character } });
    let (past_line, past_end) = (at(3, 9999), at(9999, 0));
    assert_eq!(
        client.ask("textDocument/hover", past_line).await,
        Value::Null
    );
    let error = client.refused("textDocument/hover", past_end).await;
    assert_eq!(error["code"], -32602);
    assert!(
        error["message"].as_str().unwrap().contains("past the end"),
        "{error}"
    );
    client.close().await;
}

#[tokio::test]
async fn a_document_that_is_not_open_is_read_from_the_workspace_or_refused() {
    let mut client = Client::ready(CRATE).await;
    let at = client.at("src/merge.rs", "fn merge_$0segments");
    assert!(client.ask("textDocument/hover", at).await.is_object());
    for uri in [
        client.uri("src/none.rs"),
        "untitled:Untitled-1".to_owned(),
        "file:///elsewhere.rs".to_owned(),
    ] {
        let at =
            json!({ "textDocument": { "uri": uri }, "position": { "line": 0, "character": 0 } });
        assert_eq!(
            client.refused("textDocument/hover", at).await["code"],
            -32602,
            "{uri}"
        );
    }
    // Changing or closing a document that is not open is ignored: notifications have no reply.
    let document = json!({ "uri": client.uri("src/none.rs"), "version": 2 });
    client
        .notify(
            "textDocument/didChange",
            json!({ "textDocument": document, "contentChanges": [{ "text": "" }] }),
        )
        .await;
    client
        .notify("textDocument/didClose", json!({ "textDocument": document }))
        .await;
    assert!(client.ask("repoLsp/status", json!({})).await.is_object());
    client.close().await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_is_open_under_two_names_is_open_until_both_are_closed() {
    let mut client = Client::start(CRATE);
    let (link, real) = (client.folder("root"), client.folder("real"));
    std::fs::rename(&link, &real).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    client.initialize(json!({}), json!({})).await;
    client.fresh().await;
    let names = [link, real].map(|root| format!("file://{}/src/merge.rs", root.display()));
    let (ask, question) = ("repoLsp/ask", json!({ "question": "by_link by_path" }));
    let found = |name: &'static str| {
        move |answer: &Value| answer["markdown"].as_str().unwrap().contains(name)
    };
    for (uri, name) in names.iter().zip(["by_link() {}", "by_path() {}"]) {
        let text = format!("pub fn {name}\n");
        let document = json!({ "uri": uri, "languageId": "rust", "version": 1, "text": text });
        client
            .notify("textDocument/didOpen", json!({ "textDocument": document }))
            .await;
        client.until(name, ask, question.clone(), found(name)).await;
    }
    let closed = json!({ "textDocument": { "uri": names[1] } });
    client.notify("textDocument/didClose", closed).await;
    client
        .until(
            "the text that is left",
            ask,
            question,
            found("by_link() {}"),
        )
        .await;
    client.close().await;
}

#[tokio::test]
async fn closing_restores_the_text_on_disk() {
    let mut client = Client::ready(CRATE).await;
    client
        .open_as("src/merge.rs", "pub fn renamed_by_hand() {}\n")
        .await;
    let question = json!({ "question": "renamed_by_hand" });
    let cites = |answer: &Value| {
        answer["markdown"]
            .as_str()
            .unwrap()
            .contains("renamed_by_hand() {}")
    };
    client
        .until(
            "the open text to be found",
            "repoLsp/ask",
            question.clone(),
            cites,
        )
        .await;
    client
        .notify(
            "textDocument/didClose",
            json!({ "textDocument": { "uri": client.uri("src/merge.rs") } }),
        )
        .await;
    client
        .until(
            "the open text to be gone",
            "repoLsp/ask",
            question,
            |answer| !cites(answer),
        )
        .await;
    client.close().await;
}

#[tokio::test]
async fn a_document_outside_the_workspace_is_open_but_unknown() {
    let mut client = Client::ready(CRATE).await;
    let document = json!({ "uri": "untitled:Untitled-1", "languageId": "rust", "version": 1, "text": "fn a() {}" });
    client
        .notify("textDocument/didOpen", json!({ "textDocument": document }))
        .await;
    let at = json!({ "textDocument": { "uri": "untitled:Untitled-1" }, "position": { "line": 0, "character": 3 } });
    assert_eq!(client.ask("textDocument/hover", at).await, Value::Null);
    client.close().await;
}

#[tokio::test]
async fn a_private_file_is_not_read() {
    let fixture = format!("{CRATE}//- /.env\nSECRET=merge_segments\n");
    let mut client = Client::ready(&fixture).await;
    let at = json!({ "textDocument": { "uri": client.uri(".env") }, "position": { "line": 0, "character": 9 } });
    assert_eq!(client.ask("textDocument/hover", at).await, Value::Null);
    client.close().await;
}

#[tokio::test]
async fn a_path_that_leaves_through_dot_dot_is_not_in_the_workspace() {
    let mut client = Client::ready(CRATE).await;
    std::fs::write(client.folder("outside.rs"), "pub fn outside_it() {}\n").unwrap();
    for climbing in ["../outside.rs", "src/../../outside.rs", "%2e%2e/outside.rs"] {
        let document = json!({ "uri": client.uri(climbing) });
        let at = json!({ "textDocument": document, "position": { "line": 0, "character": 8 } });
        let error = client.refused("textDocument/hover", at.clone()).await;
        assert_eq!(error["code"], -32602, "{climbing}: {error}");
        let text = "fn outside_it() { merge_segments(1) }\n";
        client.open_as(climbing, text).await;
        let inside =
            json!({ "textDocument": document, "position": { "line": 0, "character": 20 } });
        assert_eq!(client.ask("textDocument/hover", inside).await, Value::Null);
        let range = json!({ "start": at["position"], "end": at["position"] });
        let argument = json!({ "textDocument": document, "range": range });
        let params = json!({ "command": "repoLsp.module", "arguments": [argument] });
        let error = client.refused("workspace/executeCommand", params).await;
        assert_eq!(error["code"], -32602, "{climbing}: {error}");
        client
            .notify("textDocument/didClose", json!({ "textDocument": document }))
            .await;
    }
    // One that only goes around is the file it ends at.
    let around = json!({ "textDocument": { "uri": client.uri("src/../src/./merge.rs") }, "position": { "line": 3, "character": 10 } });
    assert!(client.ask("textDocument/hover", around).await.is_object());
    client.close().await;
}
