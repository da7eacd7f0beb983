//! Start and end of a session, and malformed messages.

use serde_json::{Value, json};

use super::{CRATE, Client};
use crate::lsp::Outcome;

#[tokio::test]
async fn initialize_announces_the_capabilities() {
    let mut client = Client::start(CRATE);
    let result = client
        .initialize(
            json!({ "general": { "positionEncodings": ["utf-16", "utf-8"] } }),
            json!({}),
        )
        .await;
    assert_eq!(result["serverInfo"]["name"], "repo-lsp");
    let capabilities = &result["capabilities"];
    assert_eq!(capabilities["positionEncoding"], "utf-8");
    assert_eq!(capabilities["textDocumentSync"]["change"], 2);
    assert_eq!(capabilities["hoverProvider"], true);
    assert_eq!(capabilities["codeActionProvider"]["resolveProvider"], true);
    assert_eq!(
        capabilities["experimental"],
        json!({ "repoLsp": { "version": 1, "ask": true, "status": true, "feedback": true } })
    );
    for off in [
        "documentSymbolProvider",
        "workspaceSymbolProvider",
        "definitionProvider",
        "referencesProvider",
        "callHierarchyProvider",
    ] {
        assert_eq!(capabilities[off], Value::Null, "{off}");
    }
    client.close().await;
}

#[tokio::test]
async fn utf_16_where_nothing_is_negotiated() {
    let mut client = Client::start(CRATE);
    let result = client.initialize(json!({}), json!({})).await;
    assert_eq!(result["capabilities"]["positionEncoding"], "utf-16");
    client.close().await;
}

#[tokio::test]
async fn nothing_is_answered_before_initialize() {
    let mut client = Client::start(CRATE);
    let hover = client.at("src/merge.rs", "merge_$0segments");
    assert_eq!(
        client.refused("textDocument/hover", hover.clone()).await["code"],
        -32002
    );
    client
        .notify("textDocument/didOpen", json!({ "textDocument": 1 }))
        .await;
    client.initialize(json!({}), json!({})).await;
    client.fresh().await;
    assert!(client.ask("textDocument/hover", hover).await.is_object());
    assert_eq!(
        client
            .refused("initialize", json!({ "capabilities": {} }))
            .await["code"],
        -32600
    );
    client.close().await;
}

#[tokio::test]
async fn malformed_messages_are_answered_with_errors() {
    let mut client = Client::ready(CRATE).await;
    for (bytes, code) in [
        (&b"Content-Length: 9\r\n\r\n{\"id\": 1,"[..], -32700),
        (b"Content-Length: 2\r\n\r\n\xff\xff", -32700),
        (b"Content-Length: 2\r\n\r\n[]", -32600),
        (b"Content-Length: 17\r\n\r\n{\"jsonrpc\":\"2.0\"}", -32600),
        (b"Content-Length: many\r\n\r\n", -32700),
        (b"no header at all\r\n\r\n", -32700),
    ] {
        client.raw(bytes).await;
        assert_eq!(
            client.complaint().await["code"],
            code,
            "{}",
            String::from_utf8_lossy(bytes)
        );
        assert!(client.ask("repoLsp/status", json!({})).await.is_object());
    }
    client.close().await;
}

#[tokio::test]
async fn invalid_requests_get_the_error_codes_of_lsp() {
    let mut client = Client::ready(CRATE).await;
    assert_eq!(
        client.refused("textDocument/teleport", json!({})).await["code"],
        -32601
    );
    assert_eq!(
        client
            .refused("textDocument/hover", json!({ "position": "here" }))
            .await["code"],
        -32602
    );
    assert_eq!(
        client
            .refused(
                "workspace/executeCommand",
                json!({ "command": "repoLsp.dance" })
            )
            .await["code"],
        -32602
    );
    assert_eq!(
        client
            .refused("repoLsp/ask", json!({ "question": " " }))
            .await["code"],
        -32602
    );
    // Unknown notifications are ignored.
    client.notify("$/future", json!({})).await;
    client.notify("unknown/notification", json!({})).await;
    assert!(client.ask("repoLsp/status", json!({})).await.is_object());
    client.close().await;
}

#[tokio::test]
async fn only_exit_is_accepted_after_shutdown() {
    let mut client = Client::ready(CRATE).await;
    client.ask("shutdown", Value::Null).await;
    assert_eq!(
        client.refused("repoLsp/status", json!({})).await["code"],
        -32600
    );
    client.notify("exit", Value::Null).await;
    assert_eq!(client.ended().await, Outcome::Clean);
}

#[tokio::test]
async fn exit_or_end_of_input_without_shutdown_is_abrupt() {
    let mut client = Client::ready(CRATE).await;
    client.notify("exit", Value::Null).await;
    assert_eq!(client.ended().await, Outcome::Abrupt);
    let mut client = Client::ready(CRATE).await;
    assert_eq!(client.ended().await, Outcome::Abrupt);
}

#[tokio::test]
async fn requests_before_the_end_of_input_are_answered() {
    let mut client = Client::ready(CRATE).await;
    let id = client
        .send(
            "repoLsp/ask",
            json!({ "question": "where are segments merged" }),
        )
        .await;
    client.ended().await;
    assert!(client.reply(id).await.is_ok());
}
