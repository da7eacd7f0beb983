//! `repoLsp/ask`: cited, streamed, cancellable.

use serde_json::{Value, json};

use super::{CRATE, Client};

#[tokio::test]
async fn an_answer_is_cited_and_says_that_it_is_extractive() {
    let mut client = Client::ready(CRATE).await;
    let answer = client
        .ask(
            "repoLsp/ask",
            json!({ "question": "where are segments merged?", "conversationId": "c1" }),
        )
        .await;
    let markdown = answer["markdown"].as_str().unwrap();
    assert!(
        markdown.starts_with("*from the index (no model is set up)"),
        "{markdown}"
    );
    assert!(markdown.contains("[src/merge.rs#L4-L6]("), "{markdown}");
    let citation = &answer["citations"][0];
    assert_eq!(citation["label"], "src/merge.rs#L4-L6");
    assert_eq!(citation["uri"], client.uri("src/merge.rs"));
    assert_eq!(
        citation["range"]["start"],
        json!({ "line": 3, "character": 0 })
    );
    assert_eq!(citation["verified"], true);
    assert_eq!(
        (
            &answer["mode"],
            &answer["generation"],
            &answer["conversationId"]
        ),
        (&json!("extractive"), &Value::Null, &json!("c1"))
    );
    assert!(
        answer["interactionId"]
            .as_str()
            .is_some_and(|id| !id.is_empty())
    );
    let again = client
        .ask(
            "repoLsp/ask",
            json!({ "question": "where are segments merged?" }),
        )
        .await;
    assert_eq!(again["markdown"], answer["markdown"]);
    assert_ne!(again["interactionId"], answer["interactionId"]);
    client.close().await;
}

/// Repeated, because the order of concurrent messages is tested.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn partial_results_precede_and_add_up_to_the_result() {
    let mut client = Client::ready(CRATE).await;
    for n in 0..20 {
        let token = format!("part-{n}");
        let answer = client
            .ask(
                "repoLsp/ask",
                json!({ "question": "merge segments commit", "partialResultToken": token }),
            )
            .await;
        let parts = client.arrived("$/progress");
        assert!(parts.len() > 1, "{parts:#?}");
        assert!(parts.iter().all(|p| p["params"]["token"] == json!(token)));
        let streamed: String = parts
            .iter()
            .map(|p| p["params"]["value"]["markdown"].as_str().unwrap())
            .collect();
        assert_eq!(json!(streamed), answer["markdown"]);
    }
    client.close().await;
}

#[tokio::test]
async fn the_selection_is_the_question_if_none_is_typed() {
    let mut client = Client::ready(CRATE).await;
    let at = client.at("src/writer.rs", "crate::merge::$0merge_segments");
    let mut end = at["position"].clone();
    end["character"] = json!(end["character"].as_u64().unwrap() + 14);
    let params = json!({ "question": "", "textDocument": at["textDocument"], "range": { "start": at["position"], "end": end } });
    let answer = client.ask("repoLsp/ask", params).await;
    assert!(
        answer["citations"]
            .as_array()
            .unwrap()
            .iter()
            .any(|c| c["label"] == "src/merge.rs#L4-L6"),
        "{answer:#}"
    );
    client.close().await;
}

#[tokio::test]
async fn a_question_without_matches_has_no_citations() {
    let mut client = Client::ready(CRATE).await;
    let answer = client
        .ask("repoLsp/ask", json!({ "question": "xylophone zeppelin" }))
        .await;
    assert!(
        answer["markdown"]
            .as_str()
            .unwrap()
            .contains("Nothing was found."),
        "{answer:#}"
    );
    assert_eq!(answer["citations"], json!([]));
    client.close().await;
}

#[tokio::test]
async fn asking_without_a_workspace_finds_nothing() {
    let mut client = Client::start("");
    client
        .ask("initialize", json!({ "capabilities": {} }))
        .await;
    client.notify("initialized", json!({})).await;
    let answer = client
        .ask("repoLsp/ask", json!({ "question": "anything" }))
        .await;
    assert_eq!(answer["citations"], json!([]));
    assert_eq!(
        client.ask("repoLsp/status", json!({})).await["message"],
        "no workspace folder · set up a model"
    );
    client.close().await;
}
