//! Access control and validation of requests.

use serde_json::json;

use crate::home::{Home, question};

#[tokio::test(flavor = "multi_thread")]
async fn requests_need_the_token_and_a_local_host_header() {
    let home = Home::new();
    home.parrot("repo", "Well.");
    let host = home.serve();
    let body = question("repo", "?", false);
    let url = format!("{}/chat/completions", host.endpoint().url);
    let client = &host.client;

    let none = host.read(client.post(&url).json(&body)).await;
    assert_eq!(none.status, 401);
    assert!(none.error.unwrap().contains("token"));
    for wrong in [
        "",
        "x",
        &host.endpoint().token[1..],
        &format!("{}x", host.endpoint().token),
    ] {
        assert_eq!(
            host.read(client.post(&url).bearer_auth(wrong).json(&body))
                .await
                .status,
            401,
            "{wrong}"
        );
    }
    let rebound = host.request(&body).header("host", "attacker.example:80");
    assert_eq!(host.read(rebound).await.status, 403);
    for path in ["/repo-lsp/status", "/v1/models", "/re_isq", "/docs", "/"] {
        let url = host.endpoint().url.replace("/v1", path);
        assert_eq!(
            client.get(url).send().await.unwrap().status(),
            401,
            "{path}"
        );
    }
    let url = host.endpoint().url.replace("/v1", "/re_isq");
    let unknown = client.post(url).bearer_auth(&host.endpoint().token);
    assert_eq!(host.read(unknown).await.status, 404);
    assert_eq!(host.ask(body).await.text, "Well.");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_token_file_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let host = home.serve();
    let file = home.dirs.data.join("host/endpoint.json");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(host.endpoint().token.len(), 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn remote_content_and_large_requests_are_rejected() {
    let home = Home::new();
    home.parrot("repo", "Well.");
    let host = home.serve();
    let mut body = question("repo", "", true);
    body["messages"][0]["content"] =
        json!([{ "type": "image_url", "image_url": { "url": "http://127.0.0.1:1/x.png" } }]);
    let answer = host.ask(body).await;
    assert_eq!(answer.status, 400);
    assert!(answer.error.unwrap().contains("image_url"));
    let large = host
        .ask(question("repo", &"x".repeat(5_000_000), true))
        .await;
    assert_eq!(large.status, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_model_is_named() {
    let home = Home::new();
    let host = home.serve();
    let answer = host.ask(question("default", "?", true)).await;
    assert_eq!(answer.status, 404, "{answer:?}");
    home.parrot("repo", "Well.");
    let answer = host.ask(question("missing", "?", true)).await;
    assert_eq!(answer.status, 404);
    let line = answer.error.unwrap();
    assert!(line.contains("missing") && line.contains("repo"), "{line}");
}
