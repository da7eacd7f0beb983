//! The prompts of a conversation while the code changes, and questions or reasoning that exceed the context window.

use serde_json::{Value, json};

use super::CRATE;
use super::client::Client;
use super::engine::{Act, Engine};

async fn ready(engine: &Engine) -> Client {
    Client::ready_with(CRATE, json!({}), engine.settings()).await
}

/// The sources sent with each question. A hover also sends a request, for its summary.
fn prompts(engine: &Engine) -> Vec<String> {
    let asked = engine.asked();
    let prompts = asked.iter().map(|body| {
        let messages = body["messages"].as_array().unwrap();
        messages.last().unwrap()["content"].as_str().unwrap()
    });
    prompts
        .filter(|prompt| prompt.contains("Question: "))
        .map(str::to_owned)
        .collect()
}

/// Checks that the index answers and gives the reason why the model does not.
fn check_refused(answer: &Value, why: &str) {
    assert_eq!(answer["mode"], "extractive", "{answer:#}");
    let error = answer["error"].as_str().unwrap();
    assert!(error.contains(why), "{error}");
    let markdown = answer["markdown"].as_str().unwrap();
    assert!(
        markdown.starts_with("*from the index (the model did not answer: "),
        "{markdown}"
    );
}

#[tokio::test]
async fn code_that_changed_between_two_questions_is_shown_again() {
    let engine = Engine::start(vec![Act::Say(vec!["Yes."])]).await;
    let mut client = ready(&engine).await;
    client.open("src/merge.rs").await;
    let ask = json!({ "question": "where are segments merged?", "conversationId": "c" });
    client.ask("repoLsp/ask", ask.clone()).await;
    client.ask("repoLsp/ask", ask.clone()).await;
    assert!(!prompts(&engine)[1].contains("src/merge.rs#L3-L6"));

    let before = CRATE.split("//- /src/merge.rs\n").nth(1).unwrap();
    let before = before.split("//- /").next().unwrap();
    let after = before.replace("in the background", "in the foreground");
    let document = json!({ "uri": client.uri("src/merge.rs"), "version": 2 });
    let change = json!({ "textDocument": document, "contentChanges": [{ "text": after }] });
    client.notify("textDocument/didChange", change).await;
    let at = client.at("src/merge.rs", "merge_$0seg");
    let seen = |hover: &Value| hover.to_string().contains("in the foreground");
    client
        .until("the change", "textDocument/hover", at, seen)
        .await;
    client.ask("repoLsp/ask", ask).await;
    let prompt = &prompts(&engine)[2];
    let changed = "src/merge.rs#L3-L6 (changed since it was quoted before)\n```rust\n/// Merges segments in the foreground";
    assert!(prompt.contains(changed), "{prompt}");
    client.close().await;
}

#[tokio::test]
async fn a_question_that_leaves_no_room_is_not_sent() {
    let engine = Engine::start(vec![Act::Say(vec!["Yes."])]).await;
    let mut client = ready(&engine).await;
    let question = "where are segments merged? ".repeat(2_000);
    let answer = client
        .ask("repoLsp/ask", json!({ "question": question }))
        .await;
    check_refused(
        &answer,
        "too many for the 4096 of `model.context_tokens`; select less, or raise that",
    );
    assert_eq!(engine.asked(), Vec::<Value>::new());
    client.close().await;
}

#[tokio::test]
async fn reasoning_without_an_answer_falls_back_to_the_index() {
    let engine = Engine::start(vec![Act::ThinkOn("Let me see.")]).await;
    let mut client = ready(&engine).await;
    let ask = json!({ "question": "/think where are segments merged?", "conversationId": "c" });
    let answer = client.ask("repoLsp/ask", ask.clone()).await;
    let why = "it thought, and before it said anything it reached the limit of its length";
    check_refused(&answer, why);
    // Nothing was said, so there is nothing to go on from.
    client.ask("repoLsp/ask", ask).await;
    let asked = engine.asked();
    assert_eq!(asked[1]["messages"].as_array().unwrap().len(), 2);
    // It may think for longer than it may speak.
    assert_eq!(asked[0]["max_tokens"], 2_048);
    client.close().await;
}
