//! The seven rules of the language server, each tested by what a client would observe if it were broken.

use serde_json::{Value, json};

use super::{CRATE, Client};

/// Rules 1 and 2: changes are applied, and snapshots taken, in the order in which the client sent the messages.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_sees_exactly_the_changes_sent_before_it() {
    let mut client = Client::ready(CRATE).await;
    client.open_as("src/new.rs", "").await;
    let mut expected = String::new();
    let mut asked = Vec::new();
    for n in 0..1000u32 {
        let letter = char::from(b'a' + (n % 26) as u8).to_string();
        let end = json!({ "line": 0, "character": expected.len() });
        client
            .notify(
                "textDocument/didChange",
                json!({
                    "textDocument": { "uri": client.uri("src/new.rs"), "version": n + 2 },
                    "contentChanges": [{ "range": { "start": end, "end": end }, "text": letter }],
                }),
            )
            .await;
        expected.push_str(&letter);
        if n % 50 == 0 {
            asked.push((client.send("test/texts", json!({})).await, expected.clone()));
        }
    }
    for (id, expected) in asked {
        assert_eq!(client.reply(id).await, Ok(json!([expected])));
    }
    assert_eq!(client.ask("test/texts", json!({})).await, json!([expected]));
    client.close().await;
}

/// Rule 1: no function that handles a notification is async, so none can wait.
#[test]
fn notification_handlers_are_not_async() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/lsp/notifications");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            !text.contains("async fn"),
            "{} has an async function",
            path.display()
        );
    }
    let table =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/lsp/server.rs")).unwrap();
    let notifications = table.lines().filter(|l| l.contains(" on::"));
    notifications.for_each(|line| assert!(!line.contains(".await"), "{line}"));
}

/// Rule 2: a request that blocks does not delay others.
#[tokio::test]
async fn blocked_requests_do_not_stall_others() {
    let mut client = Client::ready(CRATE).await;
    let blocked = client.send("test/block", json!("stall")).await;
    let hover = client.at("src/merge.rs", "merge_$0segments");
    assert!(client.ask("textDocument/hover", hover).await.is_object());
    let stopped = client.ask("test/stopped", json!("stall")).await;
    assert_eq!(stopped, json!(false));
    client.cancel(blocked).await;
    assert_eq!(client.reply(blocked).await.unwrap_err()["code"], -32800);
    client.close().await;
}

/// Rule 3: a client that never replies to the server's requests still receives replies to its own.
#[tokio::test]
async fn a_client_that_never_replies_is_still_served() {
    let capabilities = json!({ "window": { "showDocument": { "support": true } }, "workspace": { "configuration": true } });
    let mut client = Client::ready_with(CRATE, capabilities, json!({})).await;
    let target = client.at("src/writer.rs", "fn com$0mit");
    let argument = json!({ "textDocument": target["textDocument"], "range": { "start": target["position"], "end": target["position"] } });
    for command in [
        "explain", "usages", "impact", "module", "explain", "usages", "impact", "module",
    ] {
        let result = client
            .ask(
                "workspace/executeCommand",
                json!({ "command": format!("repoLsp.{command}"), "arguments": [argument] }),
            )
            .await;
        assert!(result["markdown"].is_string());
        client
            .notify(
                "workspace/didChangeConfiguration",
                json!({ "settings": null }),
            )
            .await;
    }
    for _ in 0..8 {
        client.expect("window/showDocument").await;
    }
    for _ in 0..9 {
        client.expect("workspace/configuration").await;
    }
    client.close().await;
}

/// Rules 4 and 6: cancelling reaches running and waiting requests, and stops the work itself.
#[tokio::test]
async fn cancelling_works_while_many_requests_wait() {
    let mut client = Client::ready(CRATE).await;
    let first = client.send("test/block", json!("cancel-first")).await;
    client
        .until(
            "the work to begin",
            "test/stopped",
            json!("cancel-first+"),
            |begun| *begun == json!(true),
        )
        .await;
    let mut waiting = Vec::new();
    for _ in 0..200 {
        waiting.push(client.send("test/block", json!("cancel-rest")).await);
    }
    client.cancel(first).await;
    assert_eq!(client.reply(first).await.unwrap_err()["code"], -32800);
    client
        .until(
            "the work to stop",
            "test/stopped",
            json!("cancel-first"),
            |stopped| *stopped == json!(true),
        )
        .await;
    for id in waiting {
        client.cancel(id).await;
        assert_eq!(client.reply(id).await.unwrap_err()["code"], -32800);
    }
    client.close().await;
}

/// Rule 5: on a worker, in the handler itself, in a notification.
#[tokio::test]
async fn a_panic_is_an_internal_error() {
    let mut client = Client::ready(CRATE).await;
    for _ in 0..20 {
        assert_eq!(
            client.refused("test/panic", json!({})).await["code"],
            -32603
        );
        assert_eq!(
            client.refused("test/panicOutside", json!({})).await["code"],
            -32603
        );
        client.notify("test/panicNotification", json!({})).await;
    }
    assert!(client.ask("repoLsp/status", json!({})).await.is_object());
    client.close().await;
}

/// Rule 4: beyond the limit, requests are refused and do not block the reader.
#[tokio::test]
async fn too_many_requests_are_refused_at_once() {
    let mut client = Client::ready(CRATE).await;
    let mut ids = Vec::new();
    for _ in 0..4200 {
        ids.push(client.send("test/block", json!("flood")).await);
    }
    let last = *ids.last().unwrap();
    assert_eq!(client.reply(last).await.unwrap_err()["code"], -32803);
    for &id in &ids {
        client.cancel(id).await;
    }
    // Those that were begun before they were cancelled may even have ended well.
    for id in ids.into_iter().filter(|id| *id != last) {
        let _ = client.reply(id).await;
    }
    client.close().await;
}

/// Rule 7: no code of the server prints. The stdio tests check that nothing else reaches standard output.
#[test]
fn nothing_prints() {
    let mut folders = vec![std::path::PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/lsp"
    ))];
    let words = ["print!(", "println!(", "stdout()"].map(|w| w.to_owned());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("tests/rules.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                words.iter().for_each(|w| {
                    assert!(!text.contains(w.as_str()), "{} says {w}", path.display())
                });
            }
        }
    }
}

#[tokio::test]
async fn unexpected_replies_are_ignored() {
    let mut client = Client::ready(CRATE).await;
    client
        .write(json!({ "jsonrpc": "2.0", "id": 77, "result": null }))
        .await;
    client.write(json!({ "jsonrpc": "2.0", "id": 78, "error": { "code": 1, "message": "no", "extra": true } })).await;
    assert_ne!(client.ask("repoLsp/status", Value::Null).await, Value::Null);
    client.close().await;
}
