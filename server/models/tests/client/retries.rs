//! Which failures are retried.

use serde_json::json;

use super::http::{Received, answer, event, events, head, text, whole};
use super::stub::{Step, send, stub};
use super::{TEST_TIMEOUT, client, request, transcript};

/// Returns the transcript and the number of requests.
async fn ask(scripts: Vec<Vec<Step>>) -> (String, usize) {
    let stub = stub(scripts).await;
    let asked = client(&stub.url).chat(&request(), TEST_TIMEOUT).await;
    (transcript(asked).await, stub.received().len())
}

fn status(status: &str, more: &str) -> Vec<Step> {
    vec![send(head(status, "text/plain", more))]
}

#[tokio::test]
async fn retries_transient_failures() {
    let success = || vec![send(answer("hello"))];
    let hello = "text \"hello\"\ndone, by repo@7\n".to_owned();
    for bad in [
        status("500 Internal Server Error", ""),
        status("502 Bad Gateway", ""),
        status("503 Service Unavailable", ""),
        status("429 Too Many Requests", "retry-after: 0\r\n"),
        // The engine closes the connection before reading, before answering, and before the first event.
        vec![],
        vec![send("")],
        vec![send(events())],
        vec![send(events() + ": ping\n\n")],
    ] {
        let twice = vec![bad.clone(), bad.clone(), success()];
        assert_eq!(ask(twice).await, (hello.clone(), 3), "{bad:?}");
    }
}

#[tokio::test]
async fn gives_up_after_four_attempts() {
    let (shown, asked) = ask(vec![status("503 Service Unavailable", "")]).await;
    assert_eq!(asked, 4);
    assert!(
        shown.starts_with("no answer: the model engine returned an error (503)"),
        "{shown}"
    );
    let (shown, asked) = ask(vec![vec![]]).await;
    assert_eq!(asked, 4);
    assert!(
        shown.starts_with("no answer: cannot connect to the model engine"),
        "{shown}"
    );
}

#[tokio::test]
async fn does_not_wait_for_retry_after_beyond_the_deadline() {
    for late in ["3600", "18446744073709551615"] {
        let late = format!("retry-after: {late}\r\n");
        let (shown, asked) = ask(vec![status("429 Too Many Requests", &late)]).await;
        assert_eq!(asked, 1);
        assert!(shown.contains("an error (429)"), "{shown}");
    }
}

#[tokio::test]
async fn does_not_retry_permanent_failures() {
    for bad in [
        status("400 Bad Request", ""),
        status("401 Unauthorized", "retry-after: 0\r\n"),
        status("404 Not Found", ""),
        vec![send(events() + "data: {\n\n")],
        vec![send(events() + &event(&json!({ "error": "no" })))],
    ] {
        assert_eq!(ask(vec![bad.clone()]).await.1, 1, "{bad:?}");
    }
}

#[tokio::test]
async fn does_not_retry_a_started_answer() {
    let (shown, asked) = ask(vec![
        vec![send(events() + &text("Half"))],
        vec![send(answer("hello"))],
    ])
    .await;
    assert!(shown.starts_with("text \"Half\"\nbroken off: "), "{shown}");
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn repeats_the_request_without_a_rejected_extension() {
    let rejection = json!({ "error": { "message": "Unrecognized request argument supplied: chat_template_kwargs" } });
    let stub = stub(vec![
        vec![send(whole("400 Bad Request", &rejection))],
        vec![send(answer("hello"))],
    ])
    .await;
    let asked = client(&stub.url).chat(&request(), TEST_TIMEOUT).await;
    assert_eq!(transcript(asked).await, "text \"hello\"\ndone, by repo@7\n");
    let has = |received: &Received| received.body.get("chat_template_kwargs").is_some();
    let had: Vec<bool> = stub.received().iter().map(has).collect();
    assert_eq!(had, [true, false]);
}
