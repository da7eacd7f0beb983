//! Cancellation: dropping a request or stream closes the connection, even while no data arrives.

use futures::{FutureExt, StreamExt};
use models::Event;
use tokio::time::timeout;

use super::http::{events, text};
use super::stub::{Step, send, stub};
use super::{TEST_TIMEOUT, client, request};

#[tokio::test]
async fn dropping_the_stream_closes_the_connection() {
    let mut stub = stub(vec![vec![send(events() + &text("a")), Step::Hold]]).await;
    let mut stream = client(&stub.url)
        .chat(&request(), TEST_TIMEOUT)
        .await
        .unwrap();
    let first = stream.next().await.unwrap().unwrap();
    assert_eq!(first, Event::Text("a".to_owned()));
    assert!(stream.next().now_or_never().is_none());
    drop(stream);
    stub.closed().await;
}

#[tokio::test]
async fn dropping_an_unread_stream_closes_the_connection() {
    let mut stub = stub(vec![vec![send(events() + &text("a")), Step::Hold]]).await;
    drop(
        client(&stub.url)
            .chat(&request(), TEST_TIMEOUT)
            .await
            .unwrap(),
    );
    stub.closed().await;
}

#[tokio::test]
async fn dropping_the_request_closes_the_connection() {
    for opening in [String::new(), events(), events() + ": ping\n\n"] {
        let mut stub = stub(vec![vec![send(opening), Step::Hold]]).await;
        let (client, request) = (client(&stub.url), request());
        let asked = async {
            // The request is dropped as soon as the engine has received it.
            let asking = client.chat(&request, TEST_TIMEOUT);
            let arrived = async {
                while stub.received().is_empty() {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! {
                _ = asking => panic!("nothing was shown"),
                () = arrived => {}
            }
        };
        timeout(TEST_TIMEOUT, asked).await.unwrap();
        stub.closed().await;
    }
}

#[tokio::test]
async fn dropping_one_stream_leaves_others_running() {
    let script = vec![
        send(events() + &text("a")),
        Step::WaitForResume,
        send(text("b")),
    ];
    let stub = stub(vec![script]).await;
    let client = client(&stub.url);
    let (one, two) = (request(), request());
    let (one, two) = tokio::join!(
        client.chat(&one, TEST_TIMEOUT),
        client.chat(&two, TEST_TIMEOUT)
    );
    let (one, mut two) = (one.unwrap(), two.unwrap());
    drop(one);
    stub.resume();
    let texts = [two.next().await.unwrap(), two.next().await.unwrap()];
    assert_eq!(
        texts.map(Result::unwrap),
        ["a", "b"].map(|text| Event::Text(text.to_owned()))
    );
}
