//! How an answer is followed to its end: an engine that says this or that, and ends or falls silent.

use mistralrs_core::{ChatCompletionChunkResponse, ChunkChoice, Delta};

use super::*;

const LONG: Duration = Duration::from_secs(3600);

fn chunk(thought: Option<&str>, text: Option<&str>, finish: Option<&str>) -> Response {
    let delta = Delta {
        content: text.map(str::to_owned),
        role: "assistant".into(),
        tool_calls: None,
        reasoning_content: thought.map(str::to_owned),
    };
    let finish_reason = finish.map(str::to_owned);
    Response::Chunk(ChatCompletionChunkResponse {
        id: String::new(),
        choices: vec![ChunkChoice {
            finish_reason,
            index: 0,
            delta,
            logprobs: None,
        }],
        created: 0,
        model: String::new(),
        system_fingerprint: String::new(),
        object: String::new(),
        usage: None,
    })
}

/// Follows an engine that says this; it then ends, or is silent for ever.
async fn followed(said: Vec<Response>, ends: bool, silence: Duration) -> (End, Vec<Piece>) {
    let (engine, mut answers) = mpsc::channel(16);
    for response in said {
        engine.send(response).await.unwrap();
    }
    let _silent = (!ends).then_some(engine);
    let (out, mut pieces) = mpsc::unbounded_channel();
    let end = follow(&mut answers, silence, silence, &out, &mut false).await;
    drop(out);
    let mut all = Vec::new();
    while let Some(piece) = pieces.recv().await {
        all.push(piece);
    }
    (end, all)
}

#[tokio::test]
async fn an_engine_that_is_silent_for_too_long_is_given_up() {
    let said = vec![chunk(None, Some("so"), None)];
    let (end, pieces) = followed(said, false, Duration::from_millis(1)).await;
    assert_eq!((end, pieces), (End::Silent, vec![Piece::Text("so".into())]));
}

#[tokio::test]
async fn an_answer_that_ends_without_a_word_is_told_from_one_that_ends() {
    let said = vec![chunk(None, Some("so"), None)];
    let (end, pieces) = followed(said, true, LONG).await;
    assert_eq!((end, pieces), (End::Unsaid, vec![Piece::Text("so".into())]));
    let said = vec![chunk(None, Some("so"), Some("length"))];
    let (end, pieces) = followed(said, true, LONG).await;
    assert_eq!(end, End::Said(0));
    assert_eq!(
        pieces,
        [
            Piece::Text("so".into()),
            Piece::Done(FinishReason::Length, NOTHING)
        ]
    );
}

#[tokio::test]
async fn white_space_before_thoughts_and_text_is_left_out() {
    let said = vec![
        chunk(Some("\n"), None, None),
        chunk(Some(" Hm. "), None, None),
        chunk(None, Some("\n"), None),
        chunk(None, Some("\nYes. "), None),
        chunk(None, Some("\n"), None),
        chunk(None, None, Some("stop")),
    ];
    let (_, pieces) = followed(said, false, LONG).await;
    let text = |text: &str| Piece::Text(text.into());
    assert_eq!(
        pieces,
        [
            Piece::Thinking("Hm. ".into()),
            text("Yes. "),
            text("\n"),
            Piece::Done(FinishReason::Stop, NOTHING)
        ]
    );
}

#[tokio::test]
async fn what_goes_wrong_in_the_engine_is_told() {
    let said = vec![
        chunk(None, Some("so"), None),
        Response::InternalError("no room\nat engine.rs".into()),
    ];
    let (end, pieces) = followed(said, false, LONG).await;
    assert_eq!(end, End::Said(0));
    assert_eq!(pieces, [Piece::Text("so".into()), failed("no room")]);
}

#[tokio::test]
async fn an_engine_is_not_quiet_before_it_lets_go() {
    let (engine, answers) = mpsc::channel(1);
    assert!(!quiet(&answers, Duration::from_millis(5)).await);
    drop(engine);
    assert!(quiet(&answers, LONG).await);
}
