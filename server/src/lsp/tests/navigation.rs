//! Symbols, definition, references and calls: off unless wanted.

use serde_json::{Value, json};

use super::{CRATE, Client};

fn on() -> Value {
    json!({ "navigation": true })
}

#[tokio::test]
async fn navigation_is_neither_announced_nor_answered_when_off() {
    let mut client = Client::ready(CRATE).await;
    let at = client.at("src/writer.rs", "crate::merge::merge_$0segments");
    assert_eq!(
        client.ask("textDocument/definition", at.clone()).await,
        Value::Null
    );
    assert_eq!(
        client
            .ask("textDocument/prepareCallHierarchy", at.clone())
            .await,
        Value::Null
    );
    assert_eq!(
        client
            .ask(
                "textDocument/documentSymbol",
                json!({ "textDocument": at["textDocument"] })
            )
            .await,
        Value::Null
    );
    assert_eq!(
        client
            .ask("workspace/symbol", json!({ "query": "merge" }))
            .await,
        Value::Null
    );
    client.close().await;
}

#[tokio::test]
async fn all_navigation_requests_are_answered_when_on() {
    let capabilities = json!({ "textDocument": { "documentSymbol": { "hierarchicalDocumentSymbolSupport": true } } });
    let mut client = Client::start(CRATE);
    let result = client.initialize(capabilities, on()).await;
    for provider in [
        "documentSymbolProvider",
        "workspaceSymbolProvider",
        "definitionProvider",
        "referencesProvider",
        "callHierarchyProvider",
    ] {
        assert_eq!(result["capabilities"][provider], true, "{provider}");
    }
    client.fresh().await;

    let at = client.at("src/writer.rs", "crate::merge::merge_$0segments");
    let definition = client.ask("textDocument/definition", at.clone()).await;
    assert_eq!(definition[0]["uri"], client.uri("src/merge.rs"));
    assert_eq!(
        definition[0]["range"]["start"],
        json!({ "line": 3, "character": 7 })
    );

    let mut with_context = at.clone();
    with_context["context"] = json!({ "includeDeclaration": false });
    let references = client.ask("textDocument/references", with_context).await;
    let mut places: Vec<_> = references
        .as_array()
        .unwrap()
        .iter()
        .map(|r| {
            (
                r["uri"].as_str().unwrap().to_owned(),
                r["range"]["start"]["line"].clone(),
            )
        })
        .collect();
    places.sort_by_key(|p| p.0.clone());
    assert_eq!(
        places,
        [
            (client.uri("src/merge.rs"), json!(8)),
            (client.uri("src/writer.rs"), json!(12))
        ]
    );

    let outline = client
        .ask(
            "textDocument/documentSymbol",
            json!({ "textDocument": { "uri": client.uri("src/writer.rs") } }),
        )
        .await;
    let text = outline.to_string();
    assert!(
        text.contains("\"Writer\"") && text.contains("\"commit\""),
        "{outline:#}"
    );

    let symbols = client
        .ask("workspace/symbol", json!({ "query": "mrgsgm" }))
        .await;
    assert_eq!(symbols[0]["name"], "merge_segments");

    let items = client.ask("textDocument/prepareCallHierarchy", at).await;
    let incoming = client
        .ask("callHierarchy/incomingCalls", json!({ "item": items[0] }))
        .await;
    let mut callers: Vec<_> = incoming
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["from"]["name"].as_str().unwrap())
        .collect();
    callers.sort_unstable();
    assert_eq!(callers, ["commit", "shrink"]);
    let commit = client.at("src/writer.rs", "pub fn com$0mit");
    let items = client
        .ask("textDocument/prepareCallHierarchy", commit)
        .await;
    let outgoing = client
        .ask("callHierarchy/outgoingCalls", json!({ "item": items[0] }))
        .await;
    let call = outgoing
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["to"]["name"] == "merge_segments")
        .unwrap();
    assert_eq!(
        call["fromRanges"][0]["start"],
        json!({ "line": 12, "character": 22 })
    );
    assert_eq!(client.refused("callHierarchy/outgoingCalls", json!({ "item": { "name": "x", "kind": 1, "uri": "file:///x", "range": items[0]["range"], "selectionRange": items[0]["range"] } })).await["code"], -32602);
    client.close().await;
}

#[tokio::test]
async fn navigation_can_be_turned_on_and_off_while_running() {
    let dynamic = json!({ "dynamicRegistration": true });
    let capabilities = json!({
        "workspace": { "symbol": dynamic },
        "textDocument": { "documentSymbol": dynamic, "definition": dynamic, "references": dynamic, "callHierarchy": dynamic },
    });
    let mut client = Client::ready_with(CRATE, capabilities, json!({})).await;
    client
        .notify(
            "workspace/didChangeConfiguration",
            json!({ "settings": { "repoLsp": on() } }),
        )
        .await;
    let registered = client.expect("client/registerCapability").await;
    client.answer(&registered, Value::Null).await;
    assert_eq!(
        registered["params"]["registrations"]
            .as_array()
            .unwrap()
            .len(),
        5
    );
    client
        .until(
            "navigation",
            "workspace/symbol",
            json!({ "query": "merge_segments" }),
            |found| found.is_array(),
        )
        .await;
    client
        .notify(
            "workspace/didChangeConfiguration",
            json!({ "settings": { "repoLsp": { "navigation": false } } }),
        )
        .await;
    let unregistered = client.expect("client/unregisterCapability").await;
    client.answer(&unregistered, Value::Null).await;
    assert_eq!(
        unregistered["params"]["unregisterations"]
            .as_array()
            .unwrap()
            .len(),
        5
    );
    client
        .until(
            "navigation to end",
            "workspace/symbol",
            json!({ "query": "merge_segments" }),
            Value::is_null,
        )
        .await;
    client.close().await;
}
