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
use super::stub::{Step, always, send, stub};
use super::user_dirs::UserDirs;
use super::{TEST_TIMEOUT, request, transcript};

async fn ask(host: &HostLauncher) -> String {
    transcript(host.chat(&request(), TEST_TIMEOUT).await).await
}

async fn ask_successfully(host: &HostLauncher) {
    let shown = ask(host).await;
    assert!(shown.ends_with("\ndone, by repo@7\n"), "{shown}");
}

#[tokio::test]
async fn first_request_starts_a_host_and_later_clients_find_it() {
    let user = UserDirs::new();
    let (one, two) = (user.launcher(json!({})), user.launcher(json!({})));
    assert_eq!(one.status().await, Ok(None));
    ask_successfully(&one).await;
    ask_successfully(&two).await;
    ask_successfully(&one).await;
    let started = user.pids_of("started");
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
    let user = UserDirs::new();
    let host = user.launcher(json!({}));
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
    let user = UserDirs::new();
    let launchers: Vec<HostLauncher> = (0..6).map(|_| user.launcher(json!({}))).collect();
    let found = launchers.iter().map(|launcher| launcher.find_or_start());
    let found: Vec<_> = futures::future::join_all(found).await;
    let first = found[0].clone().unwrap();
    assert!(
        found.iter().all(|endpoint| endpoint.as_ref() == Ok(&first)),
        "{found:?}"
    );
    assert_eq!(user.pids_of("started"), [first.pid]);
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
        let user = UserDirs::new();
        let program = always(reply).await;
        user.publish_stale_address(&program.url, std::process::id());
        ask_successfully(&user.launcher(json!({}))).await;
        let seen: HashSet<String> = program
            .received()
            .into_iter()
            .map(|seen| seen.request_line)
            .collect();
        assert_eq!(seen, HashSet::from(["GET /repo-lsp/status".to_owned()]));
    }
    for url in ["http://127.0.0.1:1/v1", "http://192.0.2.1/v1", "nonsense"] {
        let user = UserDirs::new();
        user.publish_stale_address(url, 1);
        ask_successfully(&user.launcher(json!({}))).await;
    }
}

#[tokio::test]
async fn does_not_kill_another_program_on_the_port() {
    let user = UserDirs::new();
    let program = stub(vec![vec![send(""), Step::Hold]]).await;
    // This process is not a host, so it must survive.
    user.publish_stale_address(&program.url, std::process::id());
    ask_successfully(&user.launcher(json!({}))).await;
}

#[tokio::test]
async fn an_older_host_is_replaced_and_a_newer_one_is_kept() {
    let user = UserDirs::new();
    ask_successfully(
        &user
            .launcher(json!({ "version": "1.2.2" }))
            .with_version("1.2.2"),
    )
    .await;
    let launcher = user.launcher(json!({}));
    ask_successfully(&launcher).await;
    let started = user.pids_of("started");
    assert_eq!(
        (started.len(), user.pids_of("stopping")),
        (2, vec![started[0]])
    );
    assert_eq!(launcher.status().await.unwrap().unwrap().version, "1.2.3");

    ask_successfully(&user.launcher(json!({})).with_version("1.2.2")).await;
    assert_eq!(user.pids_of("started").len(), 2);
}

#[tokio::test]
async fn accepts_the_host_of_a_replaced_executable() {
    let user = UserDirs::new();
    let launcher = user.launcher(json!({})).with_version("9.9.9");
    ask_successfully(&launcher).await;
    ask_successfully(&launcher).await;
    assert_eq!(
        (
            user.pids_of("started").len(),
            user.pids_of("stopping").len()
        ),
        (1, 0)
    );
}

#[tokio::test]
async fn reports_why_a_host_exited() {
    let user = UserDirs::new();
    let log = user.files().log();
    std::fs::create_dir_all(log.parent().unwrap()).unwrap();
    std::fs::write(&log, "a line of an earlier host\n").unwrap();
    let host = user.launcher(json!({ "fails": "loading\nno free memory on the device" }));
    let error = host
        .chat(&request(), TEST_TIMEOUT)
        .await
        .unwrap_err()
        .to_string();
    let shown = error.replace(&log.display().to_string(), "LOG");
    expect!["cannot run models on this machine: loading; no free memory on the device (exit status: 3; see LOG)"].assert_eq(&shown);
    let missing = user.launcher_for("/no/such/program".as_ref(), Vec::new());
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
    let user = UserDirs::new();
    ask_successfully(&user.launcher(json!({ "dies": "once" }))).await;
    assert_eq!(user.pids_of("started").len(), 2);
}

#[tokio::test]
async fn gives_up_if_the_second_host_dies_too() {
    let user = UserDirs::new();
    let shown = ask(&user.launcher(json!({ "dies": "always" }))).await;
    assert!(shown.starts_with("no answer: "), "{shown}");
    assert_eq!(user.pids_of("started").len(), 2);
}

#[tokio::test]
async fn does_not_repeat_a_started_answer() {
    let user = UserDirs::new();
    let host = user.launcher(json!({ "dies": "after a word" }));
    let mut stream = host.chat(&request(), TEST_TIMEOUT).await.unwrap();
    assert_eq!(
        stream.next().await.unwrap(),
        Ok(Event::Text("Half".to_owned()))
    );
    user.release();
    let error = stream.next().await.unwrap().unwrap_err();
    assert!(matches!(error, ModelError::Interrupted(_)), "{error:?}");
    assert_eq!(stream.next().await, None);
    ask_successfully(&host).await;
}

#[tokio::test]
async fn forwards_an_error_of_the_host() {
    let user = UserDirs::new();
    let shown = ask(&user.launcher(json!({ "refuses": true }))).await;
    expect![[r#"
        no answer: the model engine returned an error (503): repo@7 needs 9 GB; free some, or set host.quantization
    "#]].assert_eq(&shown);
    // The error is not transient, so a retry would only make the host load the model again.
    assert_eq!(
        (user.pids_of("started").len(), user.pids_of("asked").len()),
        (1, 1)
    );
}

#[tokio::test]
async fn kills_a_hung_host() {
    let user = UserDirs::new();
    ask_successfully(&user.launcher(json!({ "hangs": true }))).await;
    assert_eq!(user.pids_of("started").len(), 2);
}

#[tokio::test]
async fn waits_for_a_stopping_host() {
    let user = UserDirs::new();
    let host = user.launcher(json!({ "lingers": true }));
    ask_successfully(&host).await;
    assert_eq!(host.stop().await.unwrap().unwrap().version, "1.2.3");
    let asking = ask_successfully(&host);
    let release = async {
        // The next host has found the lock taken and exited.
        while user.pids_of("lost").is_empty() {
            tokio::task::yield_now().await;
        }
        user.release();
    };
    timeout(TEST_TIMEOUT, async { tokio::join!(asking, release) })
        .await
        .unwrap();
    assert_eq!(user.pids_of("started").len(), 2);
    assert!(host.stop().await.unwrap().is_some());
}

#[tokio::test]
async fn stop_without_a_host_is_not_an_error() {
    let user = UserDirs::new();
    assert_eq!(user.launcher(json!({})).stop().await, Ok(None));
    user.publish_stale_address("http://127.0.0.1:1/v1", 1);
    assert_eq!(user.launcher(json!({})).stop().await, Ok(None));
}

#[tokio::test]
async fn log_is_private_and_limited_in_size() {
    let user = UserDirs::new();
    let log = user.files().log();
    std::fs::create_dir_all(log.parent().unwrap()).unwrap();
    std::fs::write(&log, "old\n".repeat(1 << 20)).unwrap();
    ask_successfully(&user.launcher(json!({}))).await;
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
