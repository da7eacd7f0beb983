//! What becomes of the others when an engine breaks down: with the real one, which is told to end in the middle of an answer.

use std::sync::Arc;

use checkpoint::Parrot;
use tokio::sync::mpsc;

use super::desk::Desk;
use super::engine::{Engine, Failure, Piece, Question};
use super::shelf::Shelf;
use crate::config::Settings;
use crate::library::{Incoming, Library, Origin, Take};
use crate::model::Priority;
use crate::paths::Dirs;

fn desk(folder: &std::path::Path, parrot: &Parrot) -> Arc<Desk> {
    let at = |name: &str| folder.join(name);
    let dirs = Dirs {
        cache: at("cache"),
        config: at("config"),
        data: at("data"),
    };
    parrot.write(&at("made")).unwrap();
    let library = Library::new(&dirs);
    let incoming = Incoming {
        from: at("made"),
        take: Take::Move,
        origin: Origin::default(),
    };
    library.add("repo", &incoming, &|_, _| {}).unwrap();
    library.switch("repo", 1).unwrap();
    Desk::new(Shelf::new(library), Settings::default().host)
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
fn ask(engine: &Arc<Engine>) -> mpsc::UnboundedReceiver<Piece> {
    let (out, pieces) = mpsc::unbounded_channel();
    let engine = engine.clone();
    tokio::spawn(async move {
        let _turn = engine.queue.enter(Priority::Chat).await;
        engine.answer(question(), &out).await;
    });
    pieces
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_breaks_down_costs_one_answer_and_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path(), &Parrot::counting(300).slow(3, 1024));
    let engine = desk.engine("repo").await.ok().unwrap();
    let mut pieces = ask(&engine);
    while !matches!(pieces.recv().await.unwrap(), Piece::Text(_)) {}
    let mut next = ask(&engine);
    engine.break_down().await;
    let mut last = None;
    while let Some(piece) = pieces.recv().await {
        last = Some(piece);
    }
    let Some(Piece::Failed(Failure::Engine(why))) = last else {
        panic!("{last:?}");
    };
    assert!(why.contains("ask again"), "{why}");
    assert!(engine.is_lost());
    // Whoever had waited for it is not left waiting.
    assert!(matches!(next.recv().await, Some(Piece::Failed(_))));

    let another = desk.engine("repo").await.ok().unwrap();
    assert!(!Arc::ptr_eq(&engine, &another));
    let mut pieces = ask(&another);
    let mut text = String::new();
    while let Some(piece) = pieces.recv().await {
        if let Piece::Text(words) = piece {
            text += &words;
        }
    }
    assert!(text.ends_with("299 300"), "{text}");
}
