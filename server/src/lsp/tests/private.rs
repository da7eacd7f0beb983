//! A private file's text reaches no answer, whatever is asked of it while it is open.

use serde_json::{Value, json};

use super::{CRATE, Client};
use crate::lsp::commands;

const SECRET: &str = "PASSWORD=merge_segments_hunter2";

/// Returns a client with an open, unsaved private file, and the document and range of its first line.
async fn opened() -> (Client, Value, Value) {
    let fixture = format!("{CRATE}//- /.env\nPASSWORD=merge_segments\n");
    let capabilities = json!({ "textDocument": { "codeAction": { "codeActionLiteralSupport": { "codeActionKind": { "valueSet": [] } } } } });
    let mut client =
        Client::ready_with(&fixture, capabilities, json!({ "navigation": true })).await;
    client.open_as(".env", &format!("{SECRET}\n")).await;
    let document = json!({ "uri": client.uri(".env") });
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": SECRET.len() } });
    (client, document, range)
}

#[tokio::test]
async fn commands_refuse_private_files() {
    let (mut client, document, range) = opened().await;
    let diagnostic = json!({ "range": range, "message": "unquoted `merge_segments`" });
    for entry in &commands::ALL {
        // Also for one that a client kept from before, or made up.
        let argument =
            json!({ "textDocument": document, "range": range, "diagnostic": diagnostic });
        let params = json!({ "command": entry.id, "arguments": [argument] });
        let error = client.refused("workspace/executeCommand", params).await;
        assert_eq!(error["code"], -32602, "{}: {error}", entry.id);
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("this file is private"), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
    assert!(!client.folder("user").join("answers").exists());
    client.close().await;
}

#[tokio::test]
async fn private_files_have_no_actions_and_no_hover() {
    let (mut client, document, range) = opened().await;
    let diagnostic = json!({ "range": range, "message": "unquoted" });
    let params = json!({ "textDocument": document, "range": range, "context": { "diagnostics": [diagnostic] } });
    let actions = client.ask("textDocument/codeAction", params).await;
    assert!(actions.as_array().is_none_or(Vec::is_empty), "{actions:#}");
    let at = json!({ "textDocument": document, "position": { "line": 0, "character": 12 } });
    for method in [
        "textDocument/hover",
        "textDocument/definition",
        "textDocument/prepareCallHierarchy",
    ] {
        assert_eq!(
            client.ask(method, at.clone()).await,
            Value::Null,
            "{method}"
        );
    }
    let params = json!({ "textDocument": document });
    let outline = client.ask("textDocument/documentSymbol", params).await;
    assert_eq!(outline, Value::Null);
    client.close().await;
}

#[tokio::test]
async fn a_selection_in_a_private_file_is_refused() {
    let (mut client, document, range) = opened().await;
    for (question, module) in [("", false), ("what is this?", false), ("", true)] {
        let params = json!({ "question": question, "module": module, "textDocument": document, "range": range });
        let error = client.refused("repoLsp/ask", params).await;
        assert!(
            error["message"]
                .as_str()
                .unwrap()
                .contains("this file is private"),
            "{error}"
        );
    }
    client.close().await;
}

/// Checks that a selection in this document is refused.
async fn check_refused(client: &mut Client, uri: &str) {
    let document =
        json!({ "uri": uri, "languageId": "text", "version": 1, "text": format!("{SECRET}\n") });
    client
        .notify("textDocument/didOpen", json!({ "textDocument": document }))
        .await;
    let end = json!({ "line": 0, "character": SECRET.len() });
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": end });
    let params = json!({ "question": "", "textDocument": { "uri": uri }, "range": range });
    let error = client.refused("repoLsp/ask", params).await;
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("this file is private"), "{uri}: {error}");
}

#[tokio::test]
async fn a_file_is_private_before_the_index_is_open() {
    let mut client = Client::start(CRATE);
    client.initialize(json!({}), json!({})).await;
    let uri = client.uri(".env");
    check_refused(&mut client, &uri).await;
    client.close().await;
}

#[tokio::test]
async fn every_file_is_private_while_the_globs_are_unknown() {
    let mut client = Client::start(CRATE);
    let unknown = json!({ "fatal": "index.private: not a list" });
    client.initialize(json!({}), unknown).await;
    for file in [client.path("src/lib.rs"), client.folder("elsewhere.rs")] {
        check_refused(&mut client, &format!("file://{}", file.display())).await;
    }
    client.close().await;
}

#[cfg(unix)]
#[tokio::test]
async fn targets_of_links_are_private_by_the_globs_of_the_workspace() {
    let mut client = Client::start(CRATE);
    let outside = client.folder("notes.hush");
    std::fs::write(&outside, SECRET).unwrap();
    std::os::unix::fs::symlink(&outside, client.path("notes.txt")).unwrap();
    let private = json!({ "private": "**/*.hush" });
    client.initialize(json!({}), private).await;
    client.fresh().await;
    for file in [client.path("notes.txt"), outside] {
        check_refused(&mut client, &format!("file://{}", file.display())).await;
    }
    client.close().await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_is_private_in_a_root_that_is_a_link() {
    let mut client = Client::start(&format!("{CRATE}//- /vault/key\n{SECRET}\n"));
    let (link, real) = (client.folder("root"), client.folder("real"));
    std::fs::rename(&link, &real).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let anchored = json!({ "private": "vault/**" });
    client.initialize(json!({}), anchored).await;
    client.fresh().await;
    for root in [link, real] {
        for file in ["vault/key", "vault/not-saved-yet"] {
            check_refused(&mut client, &format!("file://{}/{file}", root.display())).await;
        }
    }
    client.close().await;
}

#[tokio::test]
async fn a_file_is_private_outside_the_workspace_and_through_links() {
    let mut client = Client::ready(&format!("{CRATE}//- /.env\n{SECRET}\n")).await;
    let outside = client.folder("elsewhere");
    std::fs::create_dir(&outside).unwrap();
    let uri = format!("file://{}/.env", outside.display());
    check_refused(&mut client, &uri).await;
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(client.path(".env"), client.path("notes.txt")).unwrap();
        let uri = client.uri("notes.txt");
        check_refused(&mut client, &uri).await;
        std::os::unix::fs::symlink(client.path(""), outside.join("link")).unwrap();
        let linked = format!("file://{}/link/.env", outside.display());
        check_refused(&mut client, &linked).await;
    }
    client.close().await;
}
