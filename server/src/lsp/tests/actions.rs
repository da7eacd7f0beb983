//! Code actions: which are offered, and the answers of their commands.

use serde_json::{Value, json};

use super::{CRATE, Client};

const LITERALS: &str = r#"{ "textDocument": { "codeAction": { "codeActionLiteralSupport": { "codeActionKind": { "valueSet": [] } } } } }"#;

fn literals() -> Value {
    serde_json::from_str(LITERALS).unwrap()
}

async fn offered(client: &mut Client, marked: &str, length: u32, context: Value) -> Vec<Value> {
    let at = client.at("src/writer.rs", marked);
    let mut end = at["position"].clone();
    end["character"] = json!(end["character"].as_u64().unwrap() as u32 + length);
    let range = json!({ "start": at["position"], "end": end });
    let params = json!({ "textDocument": at["textDocument"], "range": range, "context": context });
    client
        .ask("textDocument/codeAction", params)
        .await
        .as_array()
        .unwrap()
        .clone()
}

fn titles(actions: &[Value]) -> Vec<&str> {
    actions
        .iter()
        .map(|a| a["title"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn every_question_is_offered_where_it_makes_sense() {
    let mut client = Client::ready_with(CRATE, literals(), json!({})).await;
    let at_caret = offered(&mut client, "fn com$0mit", 0, json!({ "diagnostics": [] })).await;
    let four = [
        "Explain this",
        "How is this used",
        "What breaks if I change this",
        "Which module does this belong to",
    ];
    assert_eq!(titles(&at_caret), four);
    let range =
        json!({ "start": { "line": 13, "character": 4 }, "end": { "line": 13, "character": 9 } });
    let diagnostics = json!([{ "range": range, "message": "cannot find `merge_segments`\nhelp" }, { "range": range, "message": "unused" }]);
    let selected = offered(
        &mut client,
        "fn $0commit",
        6,
        json!({ "diagnostics": diagnostics }),
    )
    .await;
    let more = [
        "Ask about the selection",
        "Explain this diagnostic here: cannot find `merge_segments`",
        "Explain this diagnostic here: unused",
    ];
    assert_eq!(titles(&selected), [&four[..], &more[..]].concat());
    let only = offered(
        &mut client,
        "fn com$0mit",
        0,
        json!({ "diagnostics": [], "only": ["repoLsp.impact"] }),
    )
    .await;
    assert_eq!(titles(&only), ["What breaks if I change this"]);
    let none = offered(
        &mut client,
        "fn com$0mit",
        0,
        json!({ "diagnostics": [], "only": ["source.fixAll"] }),
    )
    .await;
    assert_eq!(titles(&none), Vec::<&str>::new());
    client.close().await;
}

#[tokio::test]
async fn an_action_is_complete_and_can_be_resolved_again() {
    let mut client = Client::ready_with(CRATE, literals(), json!({})).await;
    let mut action = offered(&mut client, "fn com$0mit", 0, json!({ "diagnostics": [] }))
        .await
        .remove(0);
    assert_eq!(action["command"]["command"], "repoLsp.explain");
    let whole = action.clone();
    action.as_object_mut().unwrap().remove("command");
    assert_eq!(client.ask("codeAction/resolve", action).await, whole);
    assert_eq!(
        client
            .refused("codeAction/resolve", json!({ "title": "Mine", "data": 1 }))
            .await["code"],
        -32602
    );
    client.close().await;
}

#[tokio::test]
async fn clients_without_literals_get_commands() {
    let mut client = Client::ready(CRATE).await;
    let actions = offered(&mut client, "fn com$0mit", 0, json!({ "diagnostics": [] })).await;
    assert!(
        actions.iter().all(|a| a["command"].is_string()),
        "{actions:#?}"
    );
    client.close().await;
}

/// Runs every action that is offered on `merge_segments` in the body of `commit`, with a diagnostic on it.
async fn answers(client: &mut Client) -> Vec<(String, Value)> {
    let at = client.at("src/writer.rs", "crate::merge::$0merge_segments");
    let mut end = at["position"].clone();
    end["character"] = json!(end["character"].as_u64().unwrap() + 14);
    let range = json!({ "start": at["position"], "end": end });
    let context = json!({ "diagnostics": [{ "range": range, "message": "cannot find function `merge_segments` in this scope" }] });
    let params = json!({ "textDocument": at["textDocument"], "range": range, "context": context });
    let actions = client.ask("textDocument/codeAction", params).await;
    let mut answers = Vec::new();
    for action in actions.as_array().unwrap() {
        let command = &action["command"];
        let params = json!({ "command": command["command"], "arguments": command["arguments"] });
        let result = client.ask("workspace/executeCommand", params).await;
        answers.push((command["command"].as_str().unwrap().to_owned(), result));
    }
    answers
}

#[tokio::test]
async fn asking_opens_the_answer_as_a_document() {
    let mut capabilities = literals();
    capabilities["window"] = json!({ "showDocument": { "support": true } });
    let mut client = Client::ready_with(CRATE, capabilities, json!({})).await;
    let answers = answers(&mut client).await;
    assert_eq!(answers.len(), 6);
    for (command, result) in &answers {
        let shown = client.expect("window/showDocument").await;
        client.answer(&shown, json!({ "success": true })).await;
        assert_eq!(shown["params"]["uri"], result["document"], "{command}");
        let path = result["document"]
            .as_str()
            .unwrap()
            .strip_prefix("file://")
            .unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let markdown = result["markdown"].as_str().unwrap().trim_end();
        let id = result["interactionId"].as_str().unwrap();
        let expected = format!("{markdown}\n\n<!-- repo-lsp: {id} -->\n");
        assert_eq!(text, expected, "{command}");
        assert_eq!(result["mode"], "extractive");
        assert_eq!(result["generation"], Value::Null);
        let citations = result["citations"].as_array().unwrap();
        assert!(!citations.is_empty(), "{command}");
        for citation in citations {
            assert_eq!(citation["verified"], true, "{command}: {citation:#}");
        }
    }
    client.close().await;
}

#[tokio::test]
async fn each_answer_names_its_subject() {
    let mut client = Client::ready_with(CRATE, literals(), json!({})).await;
    let answers = answers(&mut client).await;
    let expected = [
        ("repoLsp.explain", "`merge_segments` is a function"),
        ("repoLsp.usages", "`merge_segments` is used in "),
        (
            "repoLsp.impact",
            "Changing `merge_segments` touches 2 callers in 2 files",
        ),
        ("repoLsp.module", "`src/writer.rs` belongs to "),
        ("repoLsp.askSelection", "match best"),
        ("repoLsp.explainDiagnostic", "cannot find function"),
    ];
    for ((command, result), (id, says)) in answers.iter().zip(expected) {
        assert_eq!(command, id);
        let markdown = result["markdown"].as_str().unwrap();
        assert!(markdown.contains(says), "{command}: {markdown}");
        assert!(
            markdown.starts_with("*from the index (no model is set up)"),
            "{command}: {markdown}"
        );
    }
    // Without showDocument, a message names the file of the answer.
    for _ in 0..answers.len() {
        let message = client.expect("window/showMessage").await;
        assert!(
            message["params"]["message"]
                .as_str()
                .unwrap()
                .contains(".md"),
            "{message}"
        );
    }
    client.close().await;
}

#[tokio::test]
async fn the_impact_answer_names_the_tests() {
    let mut client = Client::ready_with(CRATE, literals(), json!({})).await;
    let at = client.at("src/writer.rs", "fn com$0mit");
    let range = json!({ "start": at["position"], "end": at["position"] });
    let argument = json!({ "textDocument": at["textDocument"], "range": range });
    let result = client
        .ask(
            "workspace/executeCommand",
            json!({ "command": "repoLsp.impact", "arguments": [argument] }),
        )
        .await;
    let markdown = result["markdown"].as_str().unwrap();
    assert!(markdown.contains("commit_counts_documents"), "{markdown}");
    client.expect("window/showMessage").await;
    client.close().await;
}
