//! The content of a hover, computed from the newest text.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::{CRATE, Client};

async fn check(fixture: &str, path: &str, marked: &str, expected: Expect) {
    let mut client = Client::ready(fixture).await;
    let at = client.at(path, marked);
    let hover = client.ask("textDocument/hover", at).await;
    let shown = hover["contents"]["value"]
        .as_str()
        .unwrap_or("nothing")
        .to_owned();
    client.close().await;
    expected.assert_eq(&shown);
}

#[tokio::test]
async fn a_function_with_users() {
    check(
        CRATE,
        "src/writer.rs",
        "crate::merge::merge_$0segments",
        expect![[r#"
            ```rust
            pub fn merge_segments(count: usize) -> usize
            ```
            function · crate `engine`

            Merges segments in the background and says how many are left.

            Used in 2 places: `src/merge.rs` (1) · `src/writer.rs` (1)"#]],
    )
    .await;
}

#[tokio::test]
async fn a_method_with_a_test_and_an_untrusted_comment() {
    check(
        CRATE,
        "src/writer.rs",
        "pub fn com$0mit",
        expect![[r#"
            ```rust
            pub fn commit(&mut self) -> usize
            ```
            method of `Writer` · crate `engine`

            Flushes all pending documents, see `merge_segments`.

            Used in 1 place: `tests/commit.rs` (1)  
            Tests: `commit_counts_documents`"#]],
    )
    .await;
}

#[tokio::test]
async fn no_hover_without_an_identifier() {
    check(CRATE, "src/merge.rs", "count /$0 2", expect!["nothing"]).await;
    check(CRATE, "src/merge.rs", "//! Mer$0ging", expect!["nothing"]).await;
    check(CRATE, "src/lib.rs", "p$0ub mod merge", expect!["nothing"]).await;
}

#[tokio::test]
async fn the_range_is_that_of_the_identifier() {
    let mut client = Client::ready(CRATE).await;
    let at = client.at("src/merge.rs", "fn merge_$0segments");
    let hover = client.ask("textDocument/hover", at).await;
    let range =
        json!({ "start": { "line": 3, "character": 7 }, "end": { "line": 3, "character": 21 } });
    assert_eq!(hover["range"], range);
    assert_eq!(hover["contents"]["kind"], "markdown");
    client.close().await;
}

#[tokio::test]
async fn plain_text_for_clients_without_markdown() {
    let capabilities = json!({ "textDocument": { "hover": { "contentFormat": ["plaintext"] } } });
    let mut client = Client::ready_with(CRATE, capabilities, json!({})).await;
    let at = client.at("src/merge.rs", "fn merge_$0segments");
    let hover = client.ask("textDocument/hover", at).await;
    assert_eq!(hover["contents"]["kind"], "plaintext");
    let text = hover["contents"]["value"].as_str().unwrap();
    assert!(!text.contains('`'), "{text}");
    client.close().await;
}

/// The index extracts changes in the background. A hover immediately after a change does not wait for that.
#[tokio::test]
async fn a_hover_uses_text_that_is_not_indexed_yet() {
    let mut client = Client::ready(CRATE).await;
    let uri = client.uri("src/merge.rs");
    client.open("src/merge.rs").await;
    let start = json!({ "line": 0, "character": 0 });
    let typed = "fn typed() { merge_segments(1) }\n\n";
    let change = json!({ "range": { "start": start, "end": start }, "text": typed });
    client
        .notify(
            "textDocument/didChange",
            json!({ "textDocument": { "uri": uri, "version": 2 }, "contentChanges": [change] }),
        )
        .await;
    let at = json!({ "textDocument": { "uri": uri }, "position": { "line": 0, "character": 15 } });
    let hover = client.ask("textDocument/hover", at.clone()).await;
    assert!(
        hover["contents"]["value"]
            .as_str()
            .is_some_and(|v| v.contains("Merges segments")),
        "{hover:#}"
    );
    assert_eq!(
        hover["range"]["start"],
        json!({ "line": 0, "character": 13 })
    );
    // Once extracted, what was typed is itself known.
    let at = json!({ "textDocument": { "uri": uri }, "position": { "line": 0, "character": 4 } });
    client
        .until("the overlay", "textDocument/hover", at, |hover| {
            *hover != Value::Null
        })
        .await;
    client.close().await;
}

#[tokio::test]
async fn positions_use_the_negotiated_encoding() {
    let fixture = "//- /a.rs\n/// Doc.\nfn naïve_𝄞() {}\nfn user() { let é = \"𝄞\"; known(); }\nfn known() {}\n";
    for (encoding, character) in [("utf-8", 29), ("utf-16", 26), ("utf-32", 25)] {
        let capabilities = json!({ "general": { "positionEncodings": [encoding] } });
        let mut client = Client::ready_with(fixture, capabilities, json!({})).await;
        let at = json!({ "textDocument": { "uri": client.uri("a.rs") }, "position": { "line": 2, "character": character } });
        let hover = client.ask("textDocument/hover", at).await;
        assert_eq!(
            hover["range"]["start"]["character"], character,
            "{encoding}: {hover:#}"
        );
        client.close().await;
    }
}
