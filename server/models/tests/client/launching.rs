//! Finding, starting and replacing the host.

use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt;

use expect_test::expect;
use futures::StreamExt;
use models::launch::HostLauncher;
use models::{Event, ModelError, Priority, Request};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::http::{head, whole};
use super::sandbox::Sandbox;
use super::stub::{Step, always, send, stub};
use super::{TEST_TIMEOUT, request, transcript};

async fn ask(host: &HostLauncher) -> String {
    transcript(host.chat(&request(), TEST_TIMEOUT).await).await
}

async fn ask_well(host: &HostLauncher) {
    let said = ask(host).await;
    assert!(said.ends_with("\ndone, by repo@7\n"), "{said}");
}

#[tokio::test]
async fn first_request_starts_a_host_and_later_clients_find_it() {
    let sandbox = Sandbox::new();
    let (one, two) = (sandbox.window(json!({})), sandbox.window(json!({})));
    assert_eq!(one.status().await, Ok(None));
    ask_well(&one).await;
    ask_well(&two).await;
    ask_well(&one).await;
    let started = sandbox.noted("started");
    assert_eq!(started.len(), 1);
    let status = two.status().await.unwrap().unwrap();
    assert_eq!(status.pid, started[0]);
    assert!(!two.is_running().await, "it has no model loaded");

    // Ctrl-C and the end of an editor reach the process group of the parent.
    let pid = rustix::process::Pid::from_raw(status.pid.try_into().unwrap()).unwrap();
    assert_eq!(rustix::process::getpgid(Some(pid)).unwrap(), pid);
}

#[tokio::test]
async fn sends_the_extension_fields_of_the_host() {
    let sandbox = Sandbox::new();
    let host = sandbox.window(json!({}));
    let mut seen = Vec::new();
    for priority in [Priority::Chat, Priority::Background] {
        let request = Request {
            priority,
            thinking: true,
            ..request()
        };
        let mut stream = host.chat(&request, TEST_TIMEOUT).await.unwrap();
        let Event::Text(text) = stream.next().await.unwrap().unwrap() else {
            panic!("no text");
        };
        seen.push(serde_json::from_str::<Value>(&text).unwrap());
    }
    assert_eq!(
        (&seen[0][0], &seen[1][0]),
        (&json!("chat"), &json!("background"))
    );
    let expected = json!({
        "model": "repo",
        "messages": [
            { "role": "system", "content": "Be brief." },
            { "role": "user", "content": "What does it do?" },
        ],
        "max_tokens": 64,
        "temperature": 0.0,
        "stream": true,
        "enable_thinking": true,
        "grammar": { "type": "lark", "value": "start: \"a\"" },
    });
    assert_eq!(seen[0][1], expected);
}

#[tokio::test]
async fn concurrent_clients_start_one_host() {
    let sandbox = Sandbox::new();
    let windows: Vec<HostLauncher> = (0..6).map(|_| sandbox.window(json!({}))).collect();
    let found = windows.iter().map(|window| window.find_or_start());
    let found: Vec<_> = futures::future::join_all(found).await;
    let first = found[0].clone().unwrap();
    assert!(
        found.iter().all(|endpoint| endpoint.as_ref() == Ok(&first)),
        "{found:?}"
    );
    assert_eq!(sandbox.noted("started"), [first.pid]);
}

#[tokio::test]
async fn recovers_from_a_stale_address() {
    let other_program = whole("200 OK", &json!({ "status": "ok" }));
    let same_words = whole("200 OK", &json!({ "version": "1.2.3", "pid": 1 }));
    let refuses = head("401 Unauthorized", "text/plain", "");
    for reply in [
        other_program,
        same_words,
        refuses,
        "SSH-2.0\r\n".to_owned(),
        String::new(),
    ] {
        let sandbox = Sandbox::new();
        let program = always(reply).await;
        sandbox.leave_endpoint(&program.url, std::process::id());
        ask_well(&sandbox.window(json!({}))).await;
        let seen: HashSet<String> = program
            .received()
            .into_iter()
            .map(|seen| seen.what)
            .collect();
        assert_eq!(seen, HashSet::from(["GET /repo-lsp/status".to_owned()]));
    }
    for url in ["http://127.0.0.1:1/v1", "http://192.0.2.1/v1", "nonsense"] {
        let sandbox = Sandbox::new();
        sandbox.leave_endpoint(url, 1);
        ask_well(&sandbox.window(json!({}))).await;
    }
}

#[tokio::test]
async fn does_not_kill_another_program_on_the_port() {
    let sandbox = Sandbox::new();
    let program = stub(vec![vec![send(""), Step::Hold]]).await;
    // This process is not a host, so it must survive.
    sandbox.leave_endpoint(&program.url, std::process::id());
    ask_well(&sandbox.window(json!({}))).await;
}

#[tokio::test]
async fn an_older_host_is_replaced_and_a_newer_one_is_kept() {
    let sandbox = Sandbox::new();
    ask_well(
        &sandbox
            .window(json!({ "version": "1.2.2" }))
            .with_version("1.2.2"),
    )
    .await;
    let window = sandbox.window(json!({}));
    ask_well(&window).await;
    let started = sandbox.noted("started");
    assert_eq!(
        (started.len(), sandbox.noted("stopping")),
        (2, vec![started[0]])
    );
    assert_eq!(window.status().await.unwrap().unwrap().version, "1.2.3");

    ask_well(&sandbox.window(json!({})).with_version("1.2.2")).await;
    assert_eq!(sandbox.noted("started").len(), 2);
}

#[tokio::test]
async fn accepts_the_host_of_a_replaced_executable() {
    let sandbox = Sandbox::new();
    let window = sandbox.window(json!({})).with_version("9.9.9");
    ask_well(&window).await;
    ask_well(&window).await;
    assert_eq!(
        (
            sandbox.noted("started").len(),
            sandbox.noted("stopping").len()
        ),
        (1, 0)
    );
}

#[tokio::test]
async fn reports_why_a_host_exited() {
    let sandbox = Sandbox::new();
    let log = sandbox.files().log();
    std::fs::create_dir_all(log.parent().unwrap()).unwrap();
    std::fs::write(&log, "a line of an earlier host\n").unwrap();
    let host = sandbox.window(json!({ "fails": "loading\nno free memory on the device" }));
    let error = host
        .chat(&request(), TEST_TIMEOUT)
        .await
        .unwrap_err()
        .to_string();
    let shown = error.replace(&log.display().to_string(), "LOG");
    expect!["cannot run models on this machine: loading; no free memory on the device (exit status: 3; see LOG)"].assert_eq(&shown);
    let missing = sandbox.window_of("/no/such/program".as_ref(), Vec::new());
    expect![
        "cannot run models on this machine: cannot start the process: no such file or directory"
    ]
    .assert_eq(
        &missing
            .chat(&request(), TEST_TIMEOUT)
            .await
            .unwrap_err()
            .to_string(),
    );
}

#[tokio::test]
async fn repeats_a_request_once_if_the_host_dies() {
    let sandbox = Sandbox::new();
    ask_well(&sandbox.window(json!({ "dies": "once" }))).await;
    assert_eq!(sandbox.noted("started").len(), 2);
}

#[tokio::test]
async fn gives_up_if_the_second_host_dies_too() {
    let sandbox = Sandbox::new();
    let said = ask(&sandbox.window(json!({ "dies": "always" }))).await;
    assert!(said.starts_with("no answer: "), "{said}");
    assert_eq!(sandbox.noted("started").len(), 2);
}

#[tokio::test]
async fn does_not_repeat_a_started_answer() {
    let sandbox = Sandbox::new();
    let host = sandbox.window(json!({ "dies": "after a word" }));
    let mut stream = host.chat(&request(), TEST_TIMEOUT).await.unwrap();
    assert_eq!(
        stream.next().await.unwrap(),
        Ok(Event::Text("Half".to_owned()))
    );
    sandbox.release();
    let error = stream.next().await.unwrap().unwrap_err();
    assert!(matches!(error, ModelError::Interrupted(_)), "{error:?}");
    assert_eq!(stream.next().await, None);
    ask_well(&host).await;
}

#[tokio::test]
async fn forwards_an_error_of_the_host() {
    let sandbox = Sandbox::new();
    let said = ask(&sandbox.window(json!({ "refuses": true }))).await;
    expect![[r#"
        no answer: the model engine returned an error (503): repo@7 needs 9 GB; free some, or set host.quantization
    "#]].assert_eq(&said);
    // The error is not transient, so a retry would only make the host load the model again.
    assert_eq!(
        (sandbox.noted("started").len(), sandbox.noted("asked").len()),
        (1, 1)
    );
}

#[tokio::test]
async fn kills_a_hung_host() {
    let sandbox = Sandbox::new();
    ask_well(&sandbox.window(json!({ "hangs": true }))).await;
    assert_eq!(sandbox.noted("started").len(), 2);
}

#[tokio::test]
async fn waits_for_a_stopping_host() {
    let sandbox = Sandbox::new();
    let host = sandbox.window(json!({ "lingers": true }));
    ask_well(&host).await;
    assert_eq!(host.stop().await.unwrap().unwrap().version, "1.2.3");
    let asking = ask_well(&host);
    let release = async {
        // The next host has found the lock taken and exited.
        while sandbox.noted("lost").is_empty() {
            tokio::task::yield_now().await;
        }
        sandbox.release();
    };
    timeout(TEST_TIMEOUT, async { tokio::join!(asking, release) })
        .await
        .unwrap();
    assert_eq!(sandbox.noted("started").len(), 2);
    assert!(host.stop().await.unwrap().is_some());
}

#[tokio::test]
async fn stop_without_a_host_is_not_an_error() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.window(json!({})).stop().await, Ok(None));
    sandbox.leave_endpoint("http://127.0.0.1:1/v1", 1);
    assert_eq!(sandbox.window(json!({})).stop().await, Ok(None));
}

#[tokio::test]
async fn log_is_private_and_limited_in_size() {
    let sandbox = Sandbox::new();
    let log = sandbox.files().log();
    std::fs::create_dir_all(log.parent().unwrap()).unwrap();
    std::fs::write(&log, "old\n".repeat(1 << 20)).unwrap();
    ask_well(&sandbox.window(json!({}))).await;
    let now = std::fs::metadata(&log).unwrap();
    assert!(now.len() < 1 << 20);
    assert_eq!(now.permissions().mode() & 0o777, 0o600);
    assert_eq!(
        std::fs::metadata(log.with_extension("log.old"))
            .unwrap()
            .len(),
        4 << 20
    );
}
