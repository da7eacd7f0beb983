//! The module that a requirement belongs to. It always exists, whether a model or a search chooses it.

use serde_json::{Value, json};

use super::client::Client;
use super::engine::{Act, Engine};

/// Two crates.
const WORKSPACE: &str = r#"
//- /Cargo.toml
[workspace]
members = ["store", "web"]
//- /store/Cargo.toml
[package]
name = "store"
//- /store/src/lib.rs
//! Keeps orders.
/// Saves an order.
pub fn save_order() {}
//- /web/Cargo.toml
[package]
name = "web"
//- /web/src/lib.rs
//! Shows pages.
/// Renders a page.
pub fn render_page() {}
"#;

/// Asks where an order is saved; the engine, if there is one, does `act`.
async fn check(act: Option<Act>, expected: Value, markdown: &str) {
    let engine = match act {
        Some(act) => Some(Engine::start(vec![act]).await),
        None => None,
    };
    let settings = engine.as_ref().map_or(json!({}), Engine::settings);
    let mut client = Client::ready_with(WORKSPACE, json!({}), settings).await;
    let params = json!({ "question": "save an order", "module": true, "partialResultToken": "t" });
    let answer = client.ask("repoLsp/ask", params).await;
    let found = json!([
        answer["module"],
        answer["mode"],
        answer["generation"],
        answer["error"]
    ]);
    assert_eq!(found, expected);
    let text = answer["markdown"].as_str().unwrap();
    assert!(text.contains(markdown), "{text}");
    assert!(answer["interactionId"].is_string());
    let parts = client.arrived("$/progress");
    assert_eq!(parts[0]["params"]["value"]["markdown"], text, "{parts:#?}");
    if let Some(engine) = engine {
        let prompt = &engine.asked()[0]["messages"][1]["content"];
        assert!(prompt.as_str().unwrap().contains("web"), "{prompt}");
    }
    client.close().await;
}

#[tokio::test]
async fn the_model_chooses() {
    let act = Act::Say(vec!["we", "b"]);
    let expected = json!(["web", "model", "scripted", null]);
    check(Some(act), expected, "chosen by scripted").await;
}

#[tokio::test]
async fn a_module_that_does_not_exist_is_never_chosen() {
    let why = "scripted named no module of this workspace";
    let expected = json!(["store", "extractive", null, why]);
    check(Some(Act::Say(vec!["shop"])), expected, why).await;
}

#[tokio::test]
async fn a_search_chooses_the_module_without_a_model() {
    let expected = json!(["store", "extractive", null, null]);
    check(None, expected, "by what its files are worth to a search").await;
    let why = "the model engine returned an error (418): as the script has it [x](command:evil)";
    let expected = json!(["store", "extractive", null, why]);
    check(Some(Act::Refuse(418)), expected, "the model did not answer").await;
}
