//! Switching to another generation or model while requests run.

use checkpoint::Parrot;
use futures::future::join_all;

use crate::home::{Answer, Home, Host, Stream, question};

/// Returns 250 consecutive numbers, so that two ranges share no word.
fn numbers(from: usize) -> String {
    let numbers: Vec<String> = (from..from + 250)
        .map(|number| number.to_string())
        .collect();
    numbers.join(" ")
}

/// Runs twelve requests while the host switches to the second generation, and one afterwards.
async fn swapped(settings: &str) -> (Home, Host, Vec<Answer>) {
    let home = Home::with(settings);
    let make = |from: usize| {
        move |folder: &std::path::Path| {
            drop(
                Parrot::new(numbers(from))
                    .slow(3, 1024)
                    .write(folder)
                    .unwrap(),
            )
        }
    };
    home.install("repo", make(1000));
    let second = home.add("repo", None, make(5000));
    let host = home.serve();

    let mut first = Stream::of(
        host.request(&question("repo", "Count.", true))
            .send()
            .await
            .unwrap(),
    )
    .await;
    while first.answer.text.is_empty() {
        assert!(first.next().await);
    }
    let queued = (0..11).map(|number| {
        host.ask(question(
            "repo",
            &format!("Count. {number}"),
            number % 2 == 0,
        ))
    });
    let asked = async {
        while first.next().await {}
        first.answer
    };
    let switch = async {
        host.wait_for_status(|status| status["waiting"].as_u64() >= Some(11))
            .await;
        home.library().switch("repo", second).unwrap();
        // The host notices the switch without a further request.
        host.wait_for_status(|status| {
            status["models"]
                .as_array()
                .unwrap()
                .iter()
                .any(|row| row["generation"] == 2 && row["state"] == "serving")
        })
        .await;
        host.ask(question("repo", "Count.", true)).await
    };
    let (first, mut answers, last) = tokio::join!(asked, join_all(queued), switch);
    answers.insert(0, first);
    answers.push(last);
    for answer in &answers {
        let expected = match answer.by.as_str() {
            "repo@1" => numbers(1000),
            "repo@2" => numbers(5000),
            other => panic!("{other}: {answer:?}"),
        };
        assert_eq!(
            (&answer.text, answer.finish.as_str(), answer.status),
            (&expected, "stop", 200)
        );
    }
    assert_eq!(answers[0].by, "repo@1");
    assert_eq!(answers[12].by, "repo@2");
    (home, host, answers)
}

async fn assert_only_second_is_loaded(host: &Host) {
    let status = host
        .wait_for_status(|status| status["models"].as_array().unwrap().len() == 1)
        .await;
    assert_eq!(
        (
            &status["models"][0]["generation"],
            &status["models"][0]["state"]
        ),
        (&2.into(), &"serving".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overlap_swap_completes_all_answers() {
    let (_home, host, answers) = swapped("swap = \"overlap\"").await;
    let old = answers
        .iter()
        .filter(|answer| answer.by == "repo@1")
        .count();
    assert_eq!(
        old, 12,
        "queued requests are answered by the old generation"
    );
    assert_only_second_is_loaded(&host).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_swap_completes_all_answers() {
    let (_home, host, _) = swapped("swap = \"drain\"").await;
    assert_only_second_is_loaded(&host).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_model_replaces_the_loaded_one() {
    let home = Home::new();
    home.parrot("one", "First.");
    home.parrot("two", "Second.");
    let host = home.serve();
    for _ in 0..2 {
        assert_eq!(host.ask(question("one", "?", true)).await.text, "First.");
        assert_eq!(host.ask(question("two", "?", true)).await.text, "Second.");
    }
    let both = (0..6).map(|number| host.ask(question(["one", "two"][number % 2], "?", true)));
    for (number, answer) in join_all(both).await.into_iter().enumerate() {
        // A request that is displaced repeatedly gets an error, but never the answer of another model.
        match answer.error {
            None => assert_eq!(answer.text, ["First.", "Second."][number % 2]),
            Some(line) => assert!(line.contains("ask again"), "{line}"),
        }
    }
    host.wait_for_status(|status| {
        let models = status["models"].as_array().unwrap();
        models.len() == 1 && models[0]["state"] == "serving"
    })
    .await;
}
