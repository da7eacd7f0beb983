//! Preemption and engine failure, with a real engine.

use std::sync::Arc;

use checkpoint::Parrot;
use tokio::sync::mpsc;

use super::async_library::AsyncLibrary;
use super::engine::{AnswerEvent, Engine, Failure, ValidatedRequest};
use super::manager::ModelManager;
use models::Priority;
use models::library::{Library, NewCheckpoint, Provenance, Transfer};
use settings::Settings;
use settings::paths::Dirs;

fn manager(folder: &std::path::Path, parrot: &Parrot) -> Arc<ModelManager> {
    let at = |name: &str| folder.join(name);
    let dirs = Dirs {
        cache: at("cache"),
        config: at("config"),
        data: at("data"),
    };
    parrot.write(&at("made")).unwrap();
    let library = Library::new(&dirs);
    let incoming = NewCheckpoint {
        path: at("made"),
        transfer: Transfer::Move,
        provenance: Provenance::default(),
    };
    library.add("repo", &incoming, &|_, _| {}).unwrap();
    library.switch("repo", 1).unwrap();
    ModelManager::new(AsyncLibrary::new(library), Settings::default().host)
}

fn question() -> ValidatedRequest {
    let body = serde_json::json!({
        "model": "default",
        "messages": [{ "role": "user", "content": "Count." }],
        "stream": true,
        "temperature": 0,
        "max_tokens": 5000,
        "enable_thinking": false,
    });
    ValidatedRequest(serde_json::from_value(body).unwrap())
}

/// Sends a request; the events arrive while the engine answers.
fn ask(engine: &Arc<Engine>, priority: Priority) -> mpsc::UnboundedReceiver<AnswerEvent> {
    let (out, pieces) = mpsc::unbounded_channel();
    let engine = engine.clone();
    tokio::spawn(async move {
        let slot = engine.queue.enter(priority).await;
        let preempted = slot.preempted().clone();
        engine.answer(question(), &out, &preempted).await;
    });
    pieces
}

/// Returns the remaining text and the last event.
async fn rest(mut pieces: mpsc::UnboundedReceiver<AnswerEvent>) -> (String, Option<AnswerEvent>) {
    let (mut text, mut last) = (String::new(), None);
    while let Some(piece) = pieces.recv().await {
        if let AnswerEvent::Text(words) = &piece {
            text += words;
        }
        last = Some(piece);
    }
    (text, last)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_request_preempts_a_background_request() {
    let folder = tempfile::tempdir().unwrap();
    let manager = manager(folder.path(), &Parrot::counting(300).slow(3, 1024));
    let engine = manager.engine("repo").await.ok().unwrap();
    let mut background = ask(&engine, Priority::Background);
    while !matches!(background.recv().await.unwrap(), AnswerEvent::Text(_)) {}
    let chat = ask(&engine, Priority::Chat);
    let (_, last) = rest(background).await;
    assert_eq!(last, Some(AnswerEvent::Failed(Failure::Preempted)));
    let (text, _) = rest(chat).await;
    assert!(text.ends_with("299 300"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_engine_loses_one_answer_and_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let manager = manager(folder.path(), &Parrot::counting(300).slow(3, 1024));
    let engine = manager.engine("repo").await.ok().unwrap();
    let mut pieces = ask(&engine, Priority::Chat);
    while !matches!(pieces.recv().await.unwrap(), AnswerEvent::Text(_)) {}
    let mut next = ask(&engine, Priority::Chat);
    engine.break_down().await;
    let (_, last) = rest(pieces).await;
    let Some(AnswerEvent::Failed(Failure::Engine(why))) = last else {
        panic!("{last:?}");
    };
    assert!(why.contains("ask again"), "{why}");
    assert!(engine.is_lost());
    // The waiting request fails instead of hanging.
    assert!(matches!(next.recv().await, Some(AnswerEvent::Failed(_))));

    let another = manager.engine("repo").await.ok().unwrap();
    assert!(!Arc::ptr_eq(&engine, &another));
    let (text, _) = rest(ask(&another, Priority::Chat)).await;
    assert!(text.ends_with("299 300"), "{text}");
}
