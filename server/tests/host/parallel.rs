//! Concurrent requests, cancellation and priorities.

use checkpoint::{Parrot, Shape};
use futures::future::join_all;
use models::host_files::PRIORITY_HEADER;
use serde_json::json;

use crate::home::{Home, Host, Stream, question};

/// Installs a slow model whose answers do not end.
fn endless(home: &Home) {
    home.install("repo", |folder| {
        drop(
            Parrot::counting(400)
                .endless()
                .slow(4, 2048)
                .write(folder)
                .unwrap(),
        )
    });
}

/// Starts an answer and waits for its first text.
async fn start_answer(host: &Host) -> Stream {
    let mut body = question("repo", "Count.", true);
    body["max_tokens"] = json!(30_000);
    let mut stream = Stream::of(host.request(&body).send().await.unwrap()).await;
    while stream.answer.text.is_empty() {
        assert!(stream.next().await);
    }
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_and_sequential_answers_are_equal() {
    let home = Home::new();
    home.install("repo", |folder| {
        checkpoint::random(folder, Shape::TINY.with_vocabulary(1024), 7).unwrap();
    });
    // The questions share a prefix, as those about one repository do, so that the prefix cache is used. Their answers differ in
    // length, so that some start while others are running.
    let shared = "the index is a folder of segments. ".repeat(20);
    let questions: Vec<_> = (0..32)
        .map(|number| {
            let text = format!(
                "{shared} {}",
                "where is it defined? ".repeat(number % 8 + 1)
            );
            let mut body = question("repo", &format!("{text} {number}"), number % 2 == 0);
            body["max_tokens"] = json!(20 + number * 5 % 40);
            body
        })
        .collect();
    let mut one_by_one = Vec::new();
    let host = home.serve();
    for body in &questions {
        one_by_one.push(host.ask(body.clone()).await);
    }
    drop(host);
    let different: std::collections::BTreeSet<_> =
        one_by_one.iter().map(|answer| &answer.text).collect();
    assert!(
        different.len() > 16,
        "the answers do not depend on the question: {different:?}"
    );

    let host = home.serve();
    host.ask(question("repo", &shared, true)).await;
    for (chunk, expected) in questions.chunks(8).zip(one_by_one.chunks(8)) {
        let at_once = chunk.iter().map(|body| host.ask(body.clone()));
        assert_eq!(join_all(at_once).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disconnect_stops_generation() {
    let home = Home::new();
    endless(&home);
    let host = home.serve();
    for _ in 0..3 {
        let stream = start_answer(&host).await;
        drop(stream);
        // Without cancellation this would wait for tens of thousands of tokens.
        let mut body = question("repo", "Count.", true);
        body["max_tokens"] = json!(5);
        assert_eq!(host.ask(body).await.tokens, 5);
    }
    drop(start_answer(&host).await);
    host.wait_for_status(|status| status["running"] == 0 && status["models"][0]["users"] == 0)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disconnect_removes_a_queued_request() {
    let home = Home::new();
    endless(&home);
    let host = home.serve();
    let running = start_answer(&host).await;
    let mut body = question("repo", "Count.", true);
    body["max_tokens"] = json!(30_000);
    let waits = tokio::spawn(host.request(&body).send());
    let whole = {
        body["stream"] = json!(false);
        tokio::spawn(host.request(&body).send())
    };
    host.wait_for_status(|status| status["waiting"] == 2).await;
    waits.abort();
    whole.abort();
    host.wait_for_status(|status| status["waiting"] == 0 && status["running"] == 1)
        .await;
    drop(running);
    host.wait_for_status(|status| status["running"] == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chat_requests_precede_background_requests() {
    let home = Home::new();
    endless(&home);
    let host = home.serve();
    let running = start_answer(&host).await;
    let (done, mut order) = tokio::sync::mpsc::unbounded_channel();
    for (waiting, priority) in (1..).zip(["background", "background", "chat", "chat"]) {
        let mut body = question("repo", "Count.", true);
        body["max_tokens"] = json!(3);
        let request = host.request(&body).header(PRIORITY_HEADER, priority);
        let done = done.clone();
        tokio::spawn(async move {
            let mut stream = Stream::of(request.send().await.unwrap()).await;
            while stream.next().await {}
            let _ = done.send(priority);
        });
        host.wait_for_status(|status| status["waiting"] == waiting)
            .await;
    }
    drop(running);
    let mut served = Vec::new();
    for _ in 0..4 {
        served.push(order.recv().await.unwrap());
    }
    assert_eq!(served, ["chat", "chat", "background", "background"]);
    let odd = host
        .request(&question("repo", "?", true))
        .header(PRIORITY_HEADER, "urgent");
    assert_eq!(host.read(odd).await.status, 400);
}
