//! Whoever stops listening ends the generation: the engine sees the connection close, even while it has nothing to say.

use futures::{FutureExt, StreamExt};
use models::Event;
use tokio::time::timeout;

use super::http::{events, text};
use super::stub::{Step, send, stub};
use super::{TEST_TIMEOUT, client, request};

#[tokio::test]
async fn in_the_middle_of_an_answer() {
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
async fn before_anything_is_read() {
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
async fn before_the_first_word() {
    for opening in [String::new(), events(), events() + ": ping\n\n"] {
        let mut stub = stub(vec![vec![send(opening), Step::Hold]]).await;
        let (client, request) = (client(&stub.url), request());
        let asked = async {
            // It goes on until it is dropped, which is when the engine has the question.
            let asking = client.chat(&request, TEST_TIMEOUT);
            let arrived = async {
                while stub.received().is_empty() {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! {
                _ = asking => panic!("nothing was said"),
                () = arrived => {}
            }
        };
        timeout(TEST_TIMEOUT, asked).await.unwrap();
        stub.closed().await;
    }
}

#[tokio::test]
async fn of_one_answer_leaves_the_others_alone() {
    let script = vec![
        send(events() + &text("a")),
        Step::UntilTold,
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
    stub.go_on();
    let texts = [two.next().await.unwrap(), two.next().await.unwrap()];
    assert_eq!(
        texts.map(Result::unwrap),
        ["a", "b"].map(|text| Event::Text(text.to_owned()))
    );
}
