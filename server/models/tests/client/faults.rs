//! Engine failures and their one-line error messages.

use std::time::Duration;

use expect_test::{Expect, expect};
use models::{Client, RetryPolicy};
use serde_json::json;

use super::http::{answer, done, event, events, finish, head, text, whole};
use super::stub::{Step, always, send, stub};
use super::{TEST_TIMEOUT, client, policy, request, transcript};

async fn check(bytes: impl Into<Vec<u8>>, expected: Expect) {
    let stub = always(bytes).await;
    let asked = client(&stub.url).chat(&request(), TEST_TIMEOUT).await;
    expected.assert_eq(&stub.replace_url(&transcript(asked).await));
}

#[tokio::test]
async fn reports_an_incomplete_answer() {
    check(
        events() + &text("Half"),
        expect![[r#"
        text "Half"
        broken off: the engine closed the connection before the end of the answer; ask again
    "#]],
    )
    .await;
    // `[DONE]` without a finish reason.
    check(
        events() + &text("Half") + &done(),
        expect![[r#"
        text "Half"
        broken off: the engine closed the connection before the end of the answer; ask again
    "#]],
    )
    .await;
    // The connection is lost inside an event.
    let broken =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let piece = text("Half");
    let broken = format!("{broken}{:x}\r\n{piece}\r\n40\r\ndata: {{", piece.len());
    check(
        broken,
        expect![[r#"
            text "Half"
            broken off: the connection to the engine was lost; ask again
        "#]],
    )
    .await;
    check(
        events() + &text("Half") + &finish("content_filter"),
        expect![[r#"
            text "Half"
            broken off: the engine stopped with `finish_reason` `content_filter`; ask again
        "#]],
    )
    .await;
}

#[tokio::test]
async fn reports_preemption() {
    let error = json!({ "error": { "message": "not now", "type": "gave_way" } });
    let midway = events() + &text("Half") + &event(&error);
    check(
        midway,
        expect![[r#"
        text "Half"
        broken off: the answer was stopped to serve a chat request first; ask again
    "#]],
    )
    .await;
    check(
        whole("503 Service Unavailable", &error),
        expect![[r#"
        no answer: the answer was stopped to serve a chat request first; ask again
    "#]],
    )
    .await;
}

#[tokio::test]
async fn reports_an_error_inside_the_stream() {
    let error = json!({ "error": { "message": "CUDA error:\nout of memory", "type": "engine" } });
    check(
        events() + &text("Half") + &event(&error),
        expect![[r#"
            text "Half"
            broken off: the model engine failed: CUDA error: out of memory; ask again, or check its log
        "#]],
    )
    .await;
    check(
        events() + &event(&error),
        expect![[r#"
            no answer: the model engine failed: CUDA error: out of memory; ask again, or check its log
        "#]],
    )
    .await;
    let older = json!({ "object": "error", "message": "out of memory" });
    check(
        events() + &event(&older),
        expect![[r#"
            no answer: the model engine failed: out of memory; ask again, or check its log
        "#]],
    )
    .await;
}

#[tokio::test]
async fn reports_malformed_events() {
    check(
        events() + &text("a") + "data: {\"choices\":[{\n\n",
        expect![[r#"
            text "a"
            broken off: the response from URL does not follow the OpenAI protocol: EOF while parsing an object at line 1 column 13 in `{"choices":[{`; check `model.endpoint`, which usually ends in /v1
        "#]],
    )
    .await;
    check(events() + "data: 7\n\n", expect![[r#"
        no answer: the response from URL does not follow the OpenAI protocol: invalid type: integer `7`, expected a chat completion chunk at line 1 column 1 in `7`; check `model.endpoint`, which usually ends in /v1
    "#]]).await;
    check(
        events() + &event(&json!({ "hello": "world" })),
        expect![[r#"
            no answer: the response from URL does not follow the OpenAI protocol: an event that is not a chat completion chunk; check `model.endpoint`, which usually ends in /v1
        "#]],
    )
    .await;
    let mut bytes = (events() + "data: ").into_bytes();
    bytes.extend([0xff, 0xfe, b'\n', b'\n']);
    check(bytes, expect![[r#"
        no answer: the response from URL does not follow the OpenAI protocol: UTF8 error: invalid utf-8 sequence of 1 bytes from index 0; check `model.endpoint`, which usually ends in /v1
    "#]]).await;
    check(events() + "data: " + &"x".repeat(2 << 20), expect![[r#"
        no answer: the response from URL does not follow the OpenAI protocol: a line longer than 1 MiB; check `model.endpoint`, which usually ends in /v1
    "#]]).await;
}

#[tokio::test]
async fn reports_responses_of_other_servers() {
    let page = "<!DOCTYPE html>\n<html><title>Welcome</title></html>";
    check(
        head("200 OK", "text/html; charset=utf-8", "") + page,
        expect![[r#"
            no answer: the response from URL does not follow the OpenAI protocol: a web page; check `model.endpoint`, which usually ends in /v1
        "#]],
    )
    .await;
    check(whole("200 OK", &json!({ "choices": [] })), expect![[r#"
        no answer: the response from URL does not follow the OpenAI protocol: a complete answer instead of a stream; check `model.endpoint`, which usually ends in /v1
    "#]]).await;
    check(head("404 Not Found", "text/html", "") + page, expect![[r#"
        no answer: the model engine returned an error (404): it returned a web page; check `model.name`, and `model.endpoint`, which usually ends in /v1
    "#]]).await;
    check("SSH-2.0-OpenSSH_9.2\r\n", expect![[r#"
        no answer: cannot connect to the model engine at URL: invalid HTTP version parsed; check that it is running
    "#]]).await;
}

#[tokio::test]
async fn adds_advice_to_error_statuses() {
    let error = |message: &str| json!({ "error": { "message": message, "type": "t", "code": 7 } });
    check(
        whole("401 Unauthorized", &error("Incorrect API key.")),
        expect![[r#"
            no answer: the model engine returned an error (401): Incorrect API key; check `model.api_key_variable`
        "#]],
    )
    .await;
    check(
        whole(
            "404 Not Found",
            &json!({ "error": "model \"repo\" not found" }),
        ),
        expect![[r#"
            no answer: the model engine returned an error (404): model "repo" not found; check `model.name`, and `model.endpoint`, which usually ends in /v1
        "#]],
    )
    .await;
    check(
        whole("400 Bad Request", &json!({ "detail": "too many tokens" })),
        expect![[r#"
            no answer: the model engine returned an error (400): too many tokens
        "#]],
    )
    .await;
    check(whole("413 Payload Too Large", &json!(null)), expect![[r#"
        no answer: the model engine returned an error (413): payload too large; lower `model.context_tokens`
    "#]]).await;
    check(
        head("418 I'm a teapot", "text/plain", ""),
        expect![[r#"
        no answer: the model engine returned an error (418): i'm a teapot
    "#]],
    )
    .await;
    check(
        head("500 Oops", "text/plain", "") + "Traceback:\n  \u{7}boom",
        expect![[r#"
            no answer: the model engine returned an error (500): Traceback: boom; check its log, or ask again later
        "#]],
    )
    .await;
}

#[tokio::test]
async fn does_not_follow_redirects() {
    let elsewhere = always(answer("hello")).await;
    let moved = format!("location: {}/chat/completions\r\n", elsewhere.url);
    check(
        head("307 Temporary Redirect", "text/plain", &moved),
        expect![[r#"
            no answer: the model engine returned an error (307): temporary redirect; the server redirects; set `model.endpoint` to the final URL
        "#]],
    )
    .await;
    assert!(elsewhere.received().is_empty());
}

#[tokio::test]
async fn reports_token_timeouts() {
    let short = Duration::from_millis(50);
    let before = stub(vec![vec![send(events()), Step::Hold]]).await;
    let asked = client(&before.url).chat(&request(), short).await;
    expect![[r#"
        no answer: the model sent no token within 1 s; ask again, or raise `model.first_token_seconds`
    "#]].assert_eq(&transcript(asked).await);

    let mut within = stub(vec![vec![send(events() + &text("a")), Step::Hold]]).await;
    let policy = RetryPolicy {
        token_timeout: short,
        ..policy()
    };
    let client = Client::with_policy(&within.url, None, policy).unwrap();
    let asked = client.chat(&request(), TEST_TIMEOUT).await;
    expect![[r#"
        text "a"
        broken off: the model sent no token for 1 s in the middle of its answer; ask again
    "#]]
    .assert_eq(&transcript(asked).await);
    within.closed().await;
}

#[tokio::test]
async fn reports_a_refused_connection() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let asked = client(&url).chat(&request(), TEST_TIMEOUT).await;
    let shown = transcript(asked).await.replace(&url, "URL");
    expect![[r#"
        no answer: cannot connect to the model engine at URL: connection refused; check that it is running
    "#]].assert_eq(&shown);
}
