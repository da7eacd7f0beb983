//! What becomes of the others when an engine breaks down: with the real one, which is told to end in the middle of an answer.

use std::sync::Arc;

use checkpoint::Parrot;
use tokio::sync::mpsc;

use super::async_library::AsyncLibrary;
use super::engine::{Engine, Failure, Piece, Question};
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

fn question() -> Question {
    let body = serde_json::json!({
        "model": "default",
        "messages": [{ "role": "user", "content": "Count." }],
        "stream": true,
        "temperature": 0,
        "max_tokens": 5000,
        "enable_thinking": false,
    });
    Question(serde_json::from_value(body).unwrap())
}

/// Asks; the pieces arrive while it answers.
fn ask(engine: &Arc<Engine>, priority: Priority) -> mpsc::UnboundedReceiver<Piece> {
    let (out, pieces) = mpsc::unbounded_channel();
    let engine = engine.clone();
    tokio::spawn(async move {
        let turn = engine.queue.enter(priority).await;
        let preempted = turn.preempted().clone();
        engine.answer(question(), &out, &preempted).await;
    });
    pieces
}

/// All that is said, and how it ends.
async fn rest(mut pieces: mpsc::UnboundedReceiver<Piece>) -> (String, Option<Piece>) {
    let (mut text, mut last) = (String::new(), None);
    while let Some(piece) = pieces.recv().await {
        if let Piece::Text(words) = &piece {
            text += words;
        }
        last = Some(piece);
    }
    (text, last)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_waits_for_gives_way_to_a_question() {
    let folder = tempfile::tempdir().unwrap();
    let manager = manager(folder.path(), &Parrot::counting(300).slow(3, 1024));
    let engine = manager.engine("repo").await.ok().unwrap();
    let mut background = ask(&engine, Priority::Background);
    while !matches!(background.recv().await.unwrap(), Piece::Text(_)) {}
    let chat = ask(&engine, Priority::Chat);
    let (_, last) = rest(background).await;
    assert_eq!(last, Some(Piece::Failed(Failure::Preempted)));
    let (text, _) = rest(chat).await;
    assert!(text.ends_with("299 300"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_breaks_down_costs_one_answer_and_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let manager = manager(folder.path(), &Parrot::counting(300).slow(3, 1024));
    let engine = manager.engine("repo").await.ok().unwrap();
    let mut pieces = ask(&engine, Priority::Chat);
    while !matches!(pieces.recv().await.unwrap(), Piece::Text(_)) {}
    let mut next = ask(&engine, Priority::Chat);
    engine.break_down().await;
    let (_, last) = rest(pieces).await;
    let Some(Piece::Failed(Failure::Engine(why))) = last else {
        panic!("{last:?}");
    };
    assert!(why.contains("ask again"), "{why}");
    assert!(engine.is_lost());
    // Whoever had waited for it is not left waiting.
    assert!(matches!(next.recv().await, Some(Piece::Failed(_))));

    let another = manager.engine("repo").await.ok().unwrap();
    assert!(!Arc::ptr_eq(&engine, &another));
    let (text, _) = rest(ask(&another, Priority::Chat)).await;
    assert!(text.ends_with("299 300"), "{text}");
}
