//! The requests that an engine receives.

use std::process::Command;

use models::{Client, Request};
use serde_json::json;

use super::http::answer;
use super::stub::always;
use super::{TEST_TIMEOUT, client, policy, request, transcript};

/// Environment variable with the URL for [`sends_one_request`].
const URL: &str = "REPO_LSP_TEST_URL";

#[tokio::test]
async fn sends_standard_fields_only() {
    let stub = always(answer("hello")).await;
    let client = Client::with_policy(&stub.url, Some("key-1"), policy()).unwrap();
    let thinking = Request {
        thinking: true,
        temperature: 0.5,
        ..request()
    };
    transcript(client.chat(&thinking, TEST_TIMEOUT).await).await;
    let received = &stub.received()[0];
    assert_eq!(received.request_line, "POST /v1/chat/completions");
    assert_eq!(received.header("authorization"), Some("Bearer key-1"));
    assert_eq!(received.header("content-type"), Some("application/json"));
    // An extension of our own host.
    assert_eq!(received.header("x-repo-lsp-priority"), None);
    // The grammar is omitted, because other engines use other dialects or reject it.
    let expected = json!({
        "model": "repo",
        "messages": [
            { "role": "system", "content": "Be brief." },
            { "role": "user", "content": "What does it do?" },
        ],
        "max_tokens": 64,
        "temperature": 0.5,
        "stream": true,
        "stream_options": { "include_usage": true },
        "chat_template_kwargs": { "enable_thinking": true },
    });
    assert_eq!(received.body, expected);
}

#[tokio::test]
async fn sends_no_authorization_without_a_key() {
    let stub = always(answer("hello")).await;
    transcript(client(&stub.url).chat(&request(), TEST_TIMEOUT).await).await;
    assert_eq!(stub.received()[0].header("authorization"), None);
}

/// Runs [`sends_one_request`] with environment variables that would redirect the request and add an API key.
#[tokio::test]
async fn ignores_environment_variables() {
    let (stub, elsewhere) = (always(answer("hello")).await, always(answer("bye")).await);
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([
        "--exact",
        "requests::sends_one_request",
        "--ignored",
        "--nocapture",
    ]);
    command
        .env(URL, &stub.url)
        .env("OPENAI_BASE_URL", &elsewhere.url);
    let proxy = elsewhere.url.trim_end_matches("/v1");
    for variable in [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "all_proxy",
    ] {
        command.env(variable, proxy);
    }
    command.env_remove("NO_PROXY").env_remove("no_proxy");
    for variable in [
        "OPENAI_API_KEY",
        "OPENAI_ADMIN_KEY",
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
    ] {
        command.env(variable, "secret-key");
    }
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = output.await.unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert_eq!(stub.received().len(), 1);
    assert!(elsewhere.received().is_empty());
    let seen = format!("{:?}", stub.received());
    assert!(!seen.contains("secret-key"), "{seen}");
}

#[tokio::test]
#[ignore = "is run by another test in a changed environment"]
async fn sends_one_request() {
    let url = std::env::var(URL).unwrap();
    let shown = transcript(client(&url).chat(&request(), TEST_TIMEOUT).await).await;
    assert_eq!(shown, "text \"hello\"\ndone, by repo@7\n");
}
