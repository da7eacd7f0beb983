//! A private file's text reaches no answer, whatever is asked of it while it is open.

use serde_json::{Value, json};

use super::{CRATE, Client};
use crate::lsp::commands;

const SECRET: &str = "PASSWORD=merge_segments_hunter2";

/// A client that has an unsaved private file open, and the whole of its first line.
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
async fn no_command_answers_about_a_private_file() {
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
async fn nothing_is_offered_or_shown_in_a_private_file() {
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
async fn a_private_selection_is_no_question() {
    let (mut client, document, range) = opened().await;
    for question in ["", "what is this?"] {
        let params = json!({ "question": question, "textDocument": document, "range": range });
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
