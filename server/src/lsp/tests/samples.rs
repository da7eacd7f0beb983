//! Recording of a session: the samples that result from the developer's feedback, without secrets.

use std::path::Path;

use serde_json::{Value, json};
use trainer_bridge::{
    CurateOptions, ExclusionReason, FeedbackEvent, Filter, PrivacyMode, RecordedInteraction,
    Signal, Store, curate,
};

use super::CRATE;
use super::client::Client;
use super::engine::{Act, Engine};

const ANSWER: &str = "Segments are merged by `merge_segments` (src/merge.rs#L4-L6).";
/// Has the format of an access token of a code host.
const SECRET: &str = "ghp_0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R";

async fn ready(settings: Value) -> (Client, Engine) {
    let engine = Engine::start(vec![Act::Say(vec![ANSWER])]).await;
    let mut options = engine.settings();
    options
        .as_object_mut()
        .unwrap()
        .extend(settings.as_object().unwrap().clone());
    let client = Client::ready_with(CRATE, json!({}), options).await;
    (client, engine)
}

async fn ask(client: &mut Client, question: &str) -> String {
    let params = json!({ "question": question });
    let answer = client.ask("repoLsp/ask", params).await;
    answer["interactionId"].as_str().expect("kept").to_owned()
}

async fn feedback(client: &mut Client, id: &str, said: Value) {
    let mut params = said;
    params["interactionId"] = json!(id);
    let result = client.ask("repoLsp/feedback", params).await;
    assert_eq!(result, json!({ "recorded": true, "message": null }));
}

/// Waits for a number of events in the database, because some are written asynchronously.
async fn events(client: &mut Client, count: u64) {
    let all = |status: &Value| status["samples"]["feedback"] == json!(count);
    client
        .until("the events", "repoLsp/status", json!({}), all)
        .await;
}

fn recorded(client: &Client) -> Vec<RecordedInteraction> {
    let store = Store::open(&client.folder("user/data/samples.db")).unwrap();
    let mut rows = store.list(&Filter::default(), 1_000, None).unwrap().rows;
    rows.reverse();
    rows
}

/// Inserts a line into an open document and reports it as inserted from an answer.
async fn insert(client: &mut Client, id: &str, line: u32, code: &str) {
    let start = json!({ "line": line, "character": 0 });
    let change = json!({ "range": { "start": start, "end": start }, "text": code });
    edit(client, change).await;
    let end = json!({ "line": line + 1, "character": 0 });
    let document = json!({ "uri": client.uri("src/lib.rs") });
    let at = json!({ "textDocument": document, "range": { "start": start, "end": end } });
    feedback(client, id, json!({ "inserted": at })).await;
}

async fn edit(client: &mut Client, change: Value) {
    let document = json!({ "uri": client.uri("src/lib.rs"), "version": 2 });
    let params = json!({ "textDocument": document, "contentChanges": [change] });
    client.notify("textDocument/didChange", params).await;
}

/// Returns every file below a folder that contains these bytes.
fn holding(folder: &Path, bytes: &[u8]) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path, bytes));
        } else {
            let content = std::fs::read(&path).unwrap();
            if content.windows(bytes.len()).any(|window| window == bytes) {
                found.push(path);
            }
        }
    }
    found
}

#[tokio::test]
async fn a_session_is_exported_as_the_expected_samples() {
    let (mut client, _engine) = ready(json!({})).await;
    client.open("src/lib.rs").await;

    let good = ask(&mut client, "where are segments merged?").await;
    feedback(&mut client, &good, json!({ "verdict": "good" })).await;

    let corrected = ask(&mut client, "what halves the number of segments?").await;
    let better = "`shrink` does, src/merge.rs#L8-L10.";
    feedback(&mut client, &corrected, json!({ "correction": better })).await;

    let rejected = ask(&mut client, "who deletes documents?").await;
    feedback(&mut client, &rejected, json!({ "verdict": "bad" })).await;

    let kept = ask(&mut client, "how do I call the merging function?").await;
    insert(
        &mut client,
        &kept,
        1,
        "pub fn one() { merge::shrink(1); }\n",
    )
    .await;
    let dropped = ask(&mut client, "which module writes the log?").await;
    insert(
        &mut client,
        &dropped,
        2,
        "pub fn two() { merge::shrink(2); }\n",
    )
    .await;
    let line = |n: u32| json!({ "line": n, "character": 0 });
    edit(
        &mut client,
        json!({ "range": { "start": line(2), "end": line(3) }, "text": "" }),
    )
    .await;
    let document = json!({ "uri": client.uri("src/lib.rs") });
    client
        .notify("textDocument/didSave", json!({ "textDocument": document }))
        .await;

    let unjudged = ask(&mut client, "is there a benchmark?").await;
    feedback(
        &mut client,
        &unjudged,
        json!({ "copied": { "characters": 12 } }),
    )
    .await;

    let asked = json!({ "question": "why is commit slow?", "conversationId": "c" });
    let failed = client.ask("repoLsp/ask", asked).await["interactionId"].clone();
    let asked = json!({ "question": "No, I mean the commit of the writer", "conversationId": "c" });
    let objection = client.ask("repoLsp/ask", asked).await["interactionId"].clone();

    let secret = ask(&mut client, &format!("why does {SECRET} not work?")).await;
    let correction = format!("Because {SECRET} has expired.");
    feedback(&mut client, &secret, json!({ "correction": correction })).await;

    // Four verdicts, two insertions and what was left of them, a copy, an objection.
    events(&mut client, 10).await;
    let rows = recorded(&client);
    let curated = curate(&rows, &[], &CurateOptions::default());
    let samples: Vec<_> = curated
        .samples
        .iter()
        .map(|s| {
            (
                s.metadata.interactions[0].clone(),
                s.metadata.signal.unwrap(),
            )
        })
        .collect();
    let expected = [
        (good.clone(), Signal::Good),
        (corrected.clone(), Signal::Corrected),
        (kept.clone(), Signal::Inserted),
    ];
    assert_eq!(samples.len(), 3, "{samples:#?}");
    for sample in &expected {
        assert!(samples.contains(sample), "{sample:?} in {samples:#?}");
    }
    let [pair] = &curated.preferences[..] else {
        panic!("{:#?}", curated.preferences);
    };
    assert_eq!(
        (&*pair.chosen[0].content, &*pair.rejected[0].content),
        (better, ANSWER)
    );
    assert_eq!(pair.metadata.interactions, [corrected]);
    let bad: Vec<_> = curated
        .rejected
        .iter()
        .map(|s| &s.metadata.interactions[0])
        .collect();
    assert_eq!(bad, [&rejected]);
    let text = |id: &Value| id.as_str().unwrap().to_owned();
    let mut left_out = vec![
        (dropped, ExclusionReason::Unjudged),
        (unjudged, ExclusionReason::Unjudged),
        (text(&failed), ExclusionReason::Failed),
        (text(&objection), ExclusionReason::Unjudged),
        (secret, ExclusionReason::Redacted),
    ];
    left_out.sort();
    assert_eq!(curated.excluded, left_out);

    assert_eq!(
        holding(&client.folder("user"), SECRET.as_bytes()),
        Vec::<std::path::PathBuf>::new()
    );
    let kept = rows.iter().find(|row| row.interaction.id == kept).unwrap();
    let survived = |row: &RecordedInteraction| {
        let shares = row.feedback.iter().filter_map(|f| match f.event {
            FeedbackEvent::Survived { share, .. } => Some(share),
            _ => None,
        });
        shares.collect::<Vec<_>>()
    };
    assert_eq!(survived(kept), [1.0]);
    client.close().await;
}

#[tokio::test]
async fn a_recorded_interaction_contains_the_sources_of_its_answer() {
    let (mut client, _engine) = ready(json!({})).await;
    let id = ask(&mut client, "where are segments merged?").await;
    let rows = recorded(&client);
    let row = &rows[0].interaction;
    assert_eq!(
        (row.id.as_str(), row.kind.as_str(), rows.len()),
        (&*id, "ask", 1)
    );
    assert_eq!(
        Path::new(&row.workspace),
        client.folder("root").canonicalize().unwrap()
    );
    assert_eq!(
        (&*row.answer, row.generation.as_deref()),
        (ANSWER, Some("scripted"))
    );
    assert_eq!(row.grounded, Some(1.0));
    assert_eq!(row.privacy, PrivacyMode::Full);
    let [citation] = &row.citations[..] else {
        panic!("{:#?}", row.citations);
    };
    assert_eq!(
        (&*citation.file, citation.range.first, citation.verified),
        ("src/merge.rs", 4, true)
    );
    let text = std::fs::read_to_string(client.path("src/merge.rs")).unwrap();
    let context = row
        .context
        .iter()
        .find(|c| c.file == "src/merge.rs")
        .unwrap();
    let lines: String = text
        .split_inclusive('\n')
        .skip(context.range.first as usize - 1)
        .take((context.range.last + 1 - context.range.first) as usize)
        .collect();
    assert_eq!(
        context.hash,
        blake3::hash(lines.as_bytes()).to_hex().to_string()
    );
    assert_eq!(context.blob.as_ref().map(String::len), Some(40));
    let score = &row.scores[0];
    assert!(
        score.total > 0.0 && score.parts.keys().any(|part| part.starts_with("bm25.")),
        "{score:?}"
    );
    client.close().await;
}

#[tokio::test]
async fn nothing_is_recorded_when_recording_is_off() {
    let (mut client, _engine) = ready(json!({ "samples": "off" })).await;
    let params = json!({ "question": "where are segments merged?" });
    let answer = client.ask("repoLsp/ask", params).await;
    assert_eq!(answer["interactionId"], Value::Null);
    let said = json!({ "interactionId": "x", "verdict": "good" });
    let result = client.ask("repoLsp/feedback", said).await;
    assert_eq!(result["recorded"], false);
    let status = client.ask("repoLsp/status", json!({})).await;
    assert_eq!(status["samples"]["mode"], "off");
    assert!(!client.folder("user/data").exists());
    client.close().await;
}

#[tokio::test]
async fn no_code_mode_records_only_prose() {
    let (mut client, _engine) = ready(json!({ "samples": "no-code" })).await;
    let id = ask(&mut client, "why not `let x = 1;`?").await;
    feedback(
        &mut client,
        &id,
        json!({ "correction": "```rust\nlet hidden = 2;\n```\nSo." }),
    )
    .await;
    let rows = recorded(&client);
    let row = &rows[0].interaction;
    assert_eq!(row.question, "why not [code]?");
    assert!(
        row.answer.starts_with("Segments are merged by [code]"),
        "{}",
        row.answer
    );
    assert_eq!(row.correction.as_deref(), Some("[code]\nSo."));
    assert!(holding(&client.folder("user/data"), b"hidden").is_empty());
    client.close().await;
}

#[tokio::test]
async fn an_answer_that_names_a_private_file_is_not_recorded() {
    let engine = Engine::start(vec![Act::Say(vec!["It is in config/.env#L1."])]).await;
    let mut client = Client::ready_with(CRATE, json!({}), engine.settings()).await;
    let params = json!({ "question": "where is the password?" });
    let answer = client.ask("repoLsp/ask", params).await;
    assert_eq!(answer["interactionId"], Value::Null);
    assert!(recorded(&client).is_empty());
    client.close().await;
}

#[tokio::test]
async fn a_read_only_database_does_not_affect_answers_and_is_reported_once() {
    let engine = Engine::start(vec![Act::Say(vec![ANSWER])]).await;
    let mut client = Client::start(CRATE);
    // A file where the folder should be.
    std::fs::create_dir_all(client.folder("user")).unwrap();
    std::fs::write(client.folder("user/data"), "in the way").unwrap();
    client.initialize(json!({}), engine.settings()).await;
    client.fresh().await;
    for _ in 0..3 {
        let params = json!({ "question": "where are segments merged?" });
        let answer = client.ask("repoLsp/ask", params).await;
        assert_eq!(answer["mode"], "model");
        assert_eq!(answer["interactionId"], Value::Null);
    }
    let warning = client.expect("window/logMessage").await;
    let text = warning["params"]["message"].as_str().unwrap();
    assert!(
        text.contains("interactions are not recorded for now"),
        "{text}"
    );
    let status = client.ask("repoLsp/status", json!({})).await;
    assert!(status["samples"]["problem"].is_string(), "{status:#}");
    // Once the obstacle is removed, the pending records are written, and that is reported.
    std::fs::remove_file(client.folder("user/data")).unwrap();
    let again = client.expect("window/logMessage").await;
    let text = again["params"]["message"].as_str().unwrap();
    assert!(
        text.contains("recorded again; 3 were written late"),
        "{text}"
    );
    assert_eq!(recorded(&client).len(), 3);
    client.close().await;
}

#[tokio::test]
async fn an_open_answer_offers_feedback_actions() {
    let engine = Engine::start(vec![Act::Say(vec![ANSWER])]).await;
    let literals = json!({ "textDocument": { "codeAction": { "codeActionLiteralSupport": { "codeActionKind": { "valueSet": [] } } } },
        "window": { "showDocument": { "support": true } } });
    let mut client = Client::ready_with(CRATE, literals, engine.settings()).await;
    let at = client.at("src/merge.rs", "pub fn merge$0_segments");
    let range = json!({ "start": at["position"], "end": at["position"] });
    let argument = json!({ "textDocument": at["textDocument"], "range": range });
    let params = json!({ "command": "repoLsp.explain", "arguments": [argument] });
    let answer = client.ask("workspace/executeCommand", params).await;
    let shown = client.expect("window/showDocument").await;
    client.answer(&shown, json!({ "success": true })).await;

    let uri = answer["document"].as_str().unwrap();
    let path = uri.strip_prefix("file://").unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    let edited = format!(
        "It halves the count.\n{}",
        &text[text.find("\n<!--").unwrap()..]
    );
    let document = json!({ "uri": uri, "languageId": "markdown", "version": 1, "text": edited });
    client
        .notify("textDocument/didOpen", json!({ "textDocument": document }))
        .await;
    let start = json!({ "line": 0, "character": 0 });
    let params = json!({ "textDocument": { "uri": uri }, "range": { "start": start, "end": start }, "context": { "diagnostics": [] } });
    let actions = client.ask("textDocument/codeAction", params).await;
    let titles: Vec<_> = actions
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["title"].as_str().unwrap())
        .collect();
    assert_eq!(
        titles,
        [
            "This answer is right",
            "This answer is wrong",
            "This text, as I have edited it, is the right answer"
        ]
    );
    let command = &actions[2]["command"];
    let params = json!({ "command": command["command"], "arguments": command["arguments"] });
    let result = client.ask("workspace/executeCommand", params).await;
    assert_eq!(result["recorded"], true);
    let rows = recorded(&client);
    assert_eq!(rows[0].interaction.kind, "explain");
    assert_eq!(
        rows[0].interaction.correction.as_deref(),
        Some("It halves the count.")
    );
    client.close().await;
}

#[tokio::test]
async fn feedback_without_content_or_interaction_is_refused() {
    let (mut client, _engine) = ready(json!({})).await;
    for (said, expected) in [
        (
            json!({ "interactionId": "x" }),
            "there is nothing to record",
        ),
        (
            json!({ "interactionId": "x", "correction": " " }),
            "the correction is empty",
        ),
        (
            json!({ "interactionId": "x", "verdict": "good", "correction": "y" }),
            "leave out the verdict",
        ),
        (
            json!({ "interactionId": "x", "verdikt": "good" }),
            "unknown field",
        ),
    ] {
        let error = client.refused("repoLsp/feedback", said).await;
        assert_eq!(error["code"], -32602);
        assert!(
            error["message"].as_str().unwrap().contains(expected),
            "{error}"
        );
    }
    let said = json!({ "interactionId": "x", "verdict": "good" });
    let result = client.ask("repoLsp/feedback", said).await;
    assert_eq!(
        result,
        json!({ "recorded": false, "message": "there is no recorded interaction with this id" })
    );
    client.close().await;
}

/// Selects lines of an open document and asks about them.
async fn ask_selection(client: &mut Client, path: &str, lines: u32) -> Value {
    let start = json!({ "line": 0, "character": 0 });
    let end = json!({ "line": lines, "character": 0 });
    let document = json!({ "uri": client.uri(path) });
    let argument = json!({ "textDocument": document, "range": { "start": start, "end": end } });
    let params = json!({ "command": "repoLsp.askSelection", "arguments": [argument] });
    client.ask("workspace/executeCommand", params).await
}

#[tokio::test]
async fn no_code_mode_records_neither_selections_nor_corrections() {
    let fixture = format!("{CRATE}//- /limit.py\nif hidden_limit > 3\n    raise ValueError\n");
    let options = json!({ "samples": "no-code" });
    let mut client = Client::ready_with(&fixture, json!({}), options).await;
    let answer = ask_selection(&mut client, "limit.py", 2).await;
    client.expect("window/showMessage").await;
    let id = answer["interactionId"].as_str().unwrap().to_owned();
    let settings = json!({ "settings": { "samples": "full" } });
    client
        .notify("workspace/didChangeConfiguration", settings)
        .await;
    let full = |status: &Value| status["samples"]["mode"] == "full";
    client
        .until("the mode", "repoLsp/status", json!({}), full)
        .await;
    let correction = "```python\nhidden_limit = 2\n```\nSo.";
    feedback(&mut client, &id, json!({ "correction": correction })).await;
    let rows = recorded(&client);
    assert_eq!(rows[0].interaction.question.trim(), "[code]");
    let text = format!("{rows:?}");
    assert!(
        !text.contains("hidden_limit") && !text.contains("ValueError"),
        "{text}"
    );
    client.close().await;
}

#[tokio::test]
async fn quoted_text_is_not_mistaken_for_the_id_of_an_answer() {
    let forged = "<!-- repo-lsp: 11111111111111111111111111111111 -->";
    let fixture = format!("{CRATE}//- /a.md\n# Forged\n\n{forged}\n");
    for mode in ["full", "off"] {
        let options = json!({ "samples": mode });
        let mut client = Client::ready_with(&fixture, json!({}), options).await;
        let answer = ask_selection(&mut client, "a.md", 3).await;
        client.expect("window/showMessage").await;
        let path = answer["document"].as_str().unwrap();
        let text = std::fs::read_to_string(path.strip_prefix("file://").unwrap()).unwrap();
        let marks: Vec<_> = text.matches("<!-- repo-lsp: ").collect();
        assert_eq!(marks.len(), usize::from(mode == "full"), "{text}");
        client.close().await;
    }
}
