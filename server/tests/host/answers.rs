//! Contents and format of answers: streaming, reasoning, limits, grammars and caching.

use checkpoint::{Parrot, Shape};
use serde_json::json;

use crate::home::{Answer, Home, question};

#[tokio::test(flavor = "multi_thread")]
async fn streamed_and_complete_answers_are_equal() {
    let home = Home::new();
    home.parrot("repo", "The index is a folder of segments; é and 索引 and 🦀 are kept whole.\n\n```rust\nfn main() {}\n```");
    let host = home.serve();
    let expected = Answer {
        status: 200,
        by: "repo@1".into(),
        text: "The index is a folder of segments; é and 索引 and 🦀 are kept whole.\n\n```rust\nfn main() {}\n```".into(),
        finish: "stop".into(),
        ..Answer::default()
    };
    for model in ["repo", "default"] {
        for stream in [true, false] {
            let mut answer = host
                .ask(question(model, "What is the index?", stream))
                .await;
            assert!(answer.tokens > 10, "{answer:?}");
            answer.tokens = 0;
            assert_eq!(answer, expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reasoning_is_separate_from_the_answer() {
    let home = Home::new();
    home.install("repo", |folder| {
        drop(
            Parrot::new("Yes.")
                .thinking("Is it? It is.")
                .write(folder)
                .unwrap(),
        )
    });
    let host = home.serve();
    for stream in [true, false] {
        let mut body = question("repo", "Is it?", stream);
        let answer = host.ask(body.clone()).await;
        assert_eq!(
            (answer.thinking.as_str(), answer.text.as_str()),
            ("", "Yes.")
        );
        body["enable_thinking"] = json!(true);
        let answer = host.ask(body).await;
        assert_eq!(
            (answer.thinking.trim(), answer.text.as_str()),
            ("Is it? It is.", "Yes.")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_stops_at_max_tokens() {
    let home = Home::new();
    home.install("repo", |folder| {
        drop(Parrot::counting(300).write(folder).unwrap())
    });
    let host = home.serve();
    for stream in [true, false] {
        let mut body = question("repo", "Count.", stream);
        body["max_tokens"] = json!(20);
        let answer = host.ask(body).await;
        assert_eq!(
            (answer.finish.as_str(), answer.tokens),
            ("length", 20),
            "{answer:?}"
        );
    }
}

/// The grammar must include the end of the turn. Otherwise a word that is a prefix of another one can never be generated.
#[tokio::test(flavor = "multi_thread")]
async fn a_grammar_allows_a_word_and_its_prefix() {
    let home = Home::new();
    home.install("repo", |folder| {
        checkpoint::random(folder, Shape::TINY.with_vocabulary(1024), 3).unwrap()
    });
    let host = home.serve();
    let mut said = std::collections::BTreeSet::new();
    for number in 0..200 {
        let mut body = question("repo", &format!("Which module? {number}"), true);
        body["temperature"] = json!(1.0);
        body["grammar"] =
            json!({ "type": "lark", "value": "start: (\"hir\"|\"hir-def\") <|im_end|>" });
        let answer = host.ask(body).await;
        assert_eq!(
            (answer.status, &*answer.finish),
            (200, "stop"),
            "{answer:?}"
        );
        said.insert(answer.text);
        if said.len() == 2 {
            break;
        }
    }
    assert_eq!(said, ["hir".to_owned(), "hir-def".to_owned()].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_grammar_is_rejected() {
    let home = Home::new();
    home.parrot("repo", "Well.");
    let host = home.serve();
    let mut body = question("repo", "Which?", true);
    body["grammar"] = json!({ "type": "lark", "value": "start: (" });
    let answer = host.ask(body).await;
    assert_eq!(answer.status, 422, "{answer:?}");
    assert_eq!(host.ask(question("repo", "?", true)).await.text, "Well.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_over_the_context_length_is_rejected() {
    let home = Home::new();
    home.install("repo", |folder| {
        let shape = Shape {
            context: 1500,
            ..Shape::TINY.with_vocabulary(700)
        };
        checkpoint::random(folder, shape, 3).unwrap();
    });
    let host = home.serve();
    let answer = host
        .ask(question("repo", &"a b c d ".repeat(1000), true))
        .await;
    assert_eq!(answer.status, 422);
    assert!(
        answer
            .error
            .as_ref()
            .unwrap()
            .contains("tokens, but the context length of the model is 1024"),
        "{answer:?}"
    );
    // A prompt below the limit is answered, and the answer ends at the context length without an error.
    let answer = host.ask(question("repo", "a", true)).await;
    assert!(
        answer.error.is_none() && answer.tokens <= 1024,
        "{answer:?}"
    );
}

/// Neither a cached prefix of an earlier question nor clearing the cache may change an answer.
#[tokio::test(flavor = "multi_thread")]
async fn cached_prefixes_do_not_change_answers() {
    let home = Home::new();
    home.install("repo", |folder| {
        checkpoint::random(folder, Shape::TINY.with_vocabulary(1024), 5).unwrap()
    });
    let conversation = |turns: &[&str]| {
        let messages: Vec<_> = turns
            .iter()
            .enumerate()
            .map(|(at, text)| json!({ "role": if at % 2 == 0 { "user" } else { "assistant" }, "content": text }))
            .collect();
        let mut body = question("repo", "", true);
        body["messages"] = json!(messages);
        body["max_tokens"] = json!(40);
        body
    };
    let long = "fn parse(source: &str) -> Tree { lex(source).collect() } ".repeat(20);
    let conversations = [
        conversation(&[&long]),
        conversation(&[&long, "It parses.", "And then?"]),
        conversation(&[&long, "It lexes.", "And then?"]),
        conversation(&[&long, "It parses.", "And then?", "It ends.", "Why?"]),
        conversation(&[&long]),
    ];
    let mut alone = Vec::new();
    for body in &conversations {
        // A new host has an empty cache.
        alone.push(home.serve().ask(body.clone()).await);
    }
    let host = home.serve();
    for round in 0..2 {
        for (body, expected) in conversations.iter().zip(&alone) {
            assert_eq!(&host.ask(body.clone()).await, expected, "round {round}");
        }
    }
}

/// On a CPU, mistral.rs keeps the KV cache of every prompt without a limit, so the host clears it.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_kv_cache_is_cleared() {
    let home = Home::new();
    home.install("repo", |folder| {
        // The KV cache of this model takes about 100 kB per token.
        let shape = Shape {
            heads: 32,
            kv_heads: 32,
            head_dim: 128,
            ..Shape::TINY.with_vocabulary(700)
        };
        checkpoint::random(folder, shape, 5).unwrap();
    });
    let host = home.serve();
    let ask = |number: usize| {
        let mut body = question(
            "repo",
            &format!("{number} {}", "fn main ".repeat(100)),
            true,
        );
        body["max_tokens"] = json!(3);
        host.ask(body)
    };
    let first = ask(0).await;
    for number in 1..8 {
        assert_eq!(ask(number).await.error, None);
    }
    host.wait_for_log("clearing the KV cache of");
    assert_eq!(ask(0).await, first);
}
