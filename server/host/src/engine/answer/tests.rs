//! Forwarding of answers from scripted engines.

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

/// Forwards these responses of an engine, which then ends or hangs.
async fn followed(said: Vec<Response>, ends: bool, silence: Duration) -> (End, Vec<AnswerEvent>) {
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
async fn an_engine_without_tokens_times_out() {
    let said = vec![chunk(None, Some("so"), None)];
    let (end, pieces) = followed(said, false, Duration::from_millis(1)).await;
    assert_eq!(
        (end, pieces),
        (End::TimedOut, vec![AnswerEvent::Text("so".into())])
    );
}

#[tokio::test]
async fn distinguishes_a_dropped_answer_from_a_finished_one() {
    let said = vec![chunk(None, Some("so"), None)];
    let (end, pieces) = followed(said, true, LONG).await;
    assert_eq!(
        (end, pieces),
        (End::Dropped, vec![AnswerEvent::Text("so".into())])
    );
    let said = vec![chunk(None, Some("so"), Some("length"))];
    let (end, pieces) = followed(said, true, LONG).await;
    assert_eq!(end, End::Finished(0));
    assert_eq!(
        pieces,
        [
            AnswerEvent::Text("so".into()),
            AnswerEvent::Done(FinishReason::Length, NO_USAGE)
        ]
    );
}

#[tokio::test]
async fn trims_leading_white_space_of_reasoning_and_text() {
    let said = vec![
        chunk(Some("\n"), None, None),
        chunk(Some(" Hm. "), None, None),
        chunk(None, Some("\n"), None),
        chunk(None, Some("\nYes. "), None),
        chunk(None, Some("\n"), None),
        chunk(None, None, Some("stop")),
    ];
    let (_, pieces) = followed(said, false, LONG).await;
    let text = |text: &str| AnswerEvent::Text(text.into());
    assert_eq!(
        pieces,
        [
            AnswerEvent::Thinking("Hm. ".into()),
            text("Yes. "),
            text("\n"),
            AnswerEvent::Done(FinishReason::Stop, NO_USAGE)
        ]
    );
}

#[tokio::test]
async fn forwards_the_first_line_of_an_engine_error() {
    let said = vec![
        chunk(None, Some("so"), None),
        Response::InternalError("no room\nat engine.rs".into()),
    ];
    let (end, pieces) = followed(said, false, LONG).await;
    assert_eq!(end, End::Finished(0));
    assert_eq!(pieces, [AnswerEvent::Text("so".into()), failed("no room")]);
}

#[tokio::test]
async fn waits_until_the_engine_releases_the_answer() {
    let (engine, answers) = mpsc::channel(1);
    assert!(!wait_until_released(&answers, Duration::from_millis(5)).await);
    drop(engine);
    assert!(wait_until_released(&answers, LONG).await);
}
