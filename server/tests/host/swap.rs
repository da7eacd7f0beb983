//! Another generation takes over while people work.

use checkpoint::Parrot;
use futures::future::join_all;

use crate::home::{Answer, Home, Host, Stream, question};

/// Texts of a few hundred tokens that have nothing in common.
fn numbers(from: usize) -> String {
    let numbers: Vec<String> = (from..from + 250)
        .map(|number| number.to_string())
        .collect();
    numbers.join(" ")
}

/// Twelve who ask while the second generation is put in use, and one after that.
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
        host.until(|status| status["waiting"].as_u64() >= Some(11))
            .await;
        home.library().switch("repo", second).unwrap();
        // Without any further request it is noticed.
        host.until(|status| {
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

async fn only_the_second_is_left(host: &Host) {
    let status = host
        .until(|status| status["models"].as_array().unwrap().len() == 1)
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
async fn beside_each_other_no_answer_is_cut_or_mixed() {
    let (_home, host, answers) = swapped("swap = \"overlap\"").await;
    let old = answers
        .iter()
        .filter(|answer| answer.by == "repo@1")
        .count();
    assert_eq!(
        old, 12,
        "what was queued on the old one is answered by the old one"
    );
    only_the_second_is_left(&host).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_after_the_other_no_answer_is_cut_or_mixed() {
    let (_home, host, _) = swapped("swap = \"drain\"").await;
    only_the_second_is_left(&host).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_model_takes_the_place_of_the_one_in_use() {
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
        // Whoever is pushed out again and again is told to come back, and never gets another's answer.
        match answer.error {
            None => assert_eq!(answer.text, ["First.", "Second."][number % 2]),
            Some(line) => assert!(line.contains("ask again"), "{line}"),
        }
    }
    host.until(|status| {
        let models = status["models"].as_array().unwrap();
        models.len() == 1 && models[0]["state"] == "serving"
    })
    .await;
}
