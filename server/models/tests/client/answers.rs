//! Reading the answers of different engines.

use expect_test::{Expect, expect};
use serde_json::json;

use super::http::{delta, done, event, events, finish, text};
use super::stub::{Step, always, send, stub};
use super::{TEST_TIMEOUT, client, request, transcript};

async fn check(body: String, expected: &Expect) {
    let whole = events() + &body;
    for step in [send(whole.clone()), Step::Trickle(whole.into())] {
        let trickled = matches!(step, Step::Trickle(_));
        let stub = stub(vec![vec![step]]).await;
        let asked = client(&stub.url).chat(&request(), TEST_TIMEOUT).await;
        let transcript = transcript(asked).await;
        expected.assert_eq(&transcript);
        assert_eq!(stub.received().len(), 1, "trickled: {trickled}");
    }
}

#[tokio::test]
async fn reads_a_plain_answer() {
    let first = delta(json!({ "role": "assistant", "content": "" }));
    let body = first + &text("Héllo") + &text(" world") + &finish("stop") + &done();
    check(
        body,
        &expect![[r#"
            text "Héllo"
            text " world"
            done, by repo@7
        "#]],
    )
    .await;
}

#[tokio::test]
async fn reads_usage_with_or_after_the_finish_reason() {
    let usage = json!({ "prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15 });
    let with_the_end = json!({ "model": "repo@7", "choices": [{ "delta": { "content": "a" }, "finish_reason": "length" }], "usage": usage });
    let after_it = json!({ "choices": [], "usage": usage });
    let expected = expect![[r#"
        text "a"
        cut at its limit, 12 + 3 tokens, by repo@7
    "#]];
    check(event(&with_the_end) + &done(), &expected).await;
    check(
        text("a") + &finish("length") + &event(&after_it) + &done(),
        &expected,
    )
    .await;
}

#[tokio::test]
async fn reads_reasoning_from_its_own_field() {
    for field in ["reasoning_content", "reasoning"] {
        let thought = |thought: &str| delta(json!({ field: thought, "content": null }));
        let body = thought("Let me") + &thought(" see.") + &text("\n\n<think> is a tag.");
        check(
            body + &finish("stop") + &done(),
            &expect![[r#"
                thinking "Let me"
                thinking " see."
                text "<think> is a tag."
                done, by repo@7
            "#]],
        )
        .await;
    }
}

#[tokio::test]
async fn separates_reasoning_tags_from_the_text() {
    let body = ["<thi", "nk>\nLet me", " see.\n<", "/think>", "\n\nYes", "."];
    let body: String = body.into_iter().map(text).collect();
    check(
        body + &finish("stop") + &done(),
        &expect![[r#"
            thinking "Let me"
            thinking " see."
            text "Yes"
            text "."
            done, by repo@7
        "#]],
    )
    .await;
}

#[tokio::test]
async fn accepts_an_answer_without_done_marker() {
    // Without `[DONE]`, the finish reason shows that the answer is complete.
    let expected = expect![[r#"
        text "a"
        done, by repo@7
    "#]];
    check(text("a") + &finish("stop"), &expected).await;
    // Comments are ignored, and all line endings are accepted.
    let body = format!(": ping\n\n{}: ping\r\n\r\n{}", text("a"), finish("stop"));
    check(body.replace('\n', "\r\n").replace("\r\r", "\r"), &expected).await;
}

#[tokio::test]
async fn does_not_wait_for_missing_usage() {
    let mut stub = stub(vec![vec![
        send(events() + &text("a") + &finish("stop")),
        Step::Hold,
    ]])
    .await;
    let asked = client(&stub.url).chat(&request(), TEST_TIMEOUT).await;
    assert_eq!(transcript(asked).await, "text \"a\"\ndone, by repo@7\n");
    stub.closed().await;
}

#[tokio::test]
async fn distinguishes_generations_from_model_names() {
    for (model, expected) in [
        (json!("repo@7"), "done, by repo@7\n"),
        (json!("qwen3:0.6b"), "done\n"),
        (json!("repo@latest"), "done\n"),
        (json!(null), "done\n"),
    ] {
        let last = json!({ "model": model, "choices": [{ "delta": {}, "finish_reason": "stop" }] });
        let stub = always(events() + &event(&last) + &done()).await;
        let asked = client(&stub.url).chat(&request(), TEST_TIMEOUT).await;
        assert_eq!(transcript(asked).await, expected, "{model}");
    }
}

#[tokio::test]
async fn accepts_an_empty_answer() {
    let stub = always(events() + &text("\n") + &finish("stop") + &done()).await;
    let asked = client(&stub.url).chat(&request(), TEST_TIMEOUT).await;
    assert_eq!(transcript(asked).await, "done, by repo@7\n");
}
