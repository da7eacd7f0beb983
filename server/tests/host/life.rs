//! Start and shutdown of the host.

use std::io::Write;
use std::process::Command;

use checkpoint::Parrot;
use models::host_files::HostFiles;

use crate::home::{Home, Stream, question};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_host_names_the_first_and_exits() {
    let home = Home::new();
    let host = home.serve();
    let second = home.command(&["model", "serve"]).output().unwrap();
    let said = String::from_utf8(second.stdout).unwrap();
    assert!(second.status.success());
    assert!(said.contains(&host.endpoint().pid.to_string()), "{said}");
    let quiet = home
        .command(&["model", "serve", "--on-demand"])
        .output()
        .unwrap();
    assert!(quiet.status.success() && quiet.stdout.is_empty() && quiet.stderr.is_empty());
    assert_eq!(
        HostFiles::new(&home.dirs).read().as_ref(),
        host.endpoint.as_ref()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_starts_after_another_was_killed() {
    let home = Home::new();
    home.parrot("repo", "Well.");
    let mut host = home.serve();
    let before = host.endpoint().clone();
    host.child.kill().unwrap();
    host.child.wait().unwrap();
    assert_eq!(HostFiles::new(&home.dirs).read(), Some(before.clone()));
    let stopped = home.command(&["model", "stop"]).output().unwrap();
    assert_eq!(
        (stopped.status.code(), stopped.stdout.as_slice()),
        (Some(1), &b"no model host is running\n"[..])
    );
    let host = home.serve();
    assert_ne!(host.endpoint().token, before.token);
    assert_eq!(host.ask(question("repo", "?", true)).await.text, "Well.");
}

/// Checks that a host that is asked to stop, by `end`, completes the running answer first.
async fn ends(end: impl FnOnce(&Home, u32)) {
    let home = Home::new();
    home.install("repo", |folder| {
        drop(Parrot::counting(300).slow(3, 1024).write(folder).unwrap())
    });
    let mut host = home.serve();
    let mut stream = Stream::of(
        host.request(&question("repo", "Count.", true))
            .send()
            .await
            .unwrap(),
    )
    .await;
    while stream.answer.text.is_empty() {
        assert!(stream.next().await);
    }
    end(&home, host.endpoint().pid);
    while stream.next().await {}
    assert_eq!(
        (stream.answer.finish.as_str(), &stream.answer.error),
        ("stop", &None)
    );
    assert!(stream.answer.text.ends_with("299 300"));
    assert!(host.child.wait().unwrap().success());
    assert_eq!(HostFiles::new(&home.dirs).read(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_does_not_delay_shutdown() {
    let home = Home::new();
    let mut host = home.serve();
    let address = host.endpoint().url.clone();
    let address = address
        .trim_start_matches("http://")
        .trim_end_matches("/v1");
    let mut connection = std::net::TcpStream::connect(address).unwrap();
    connection.write_all(b"GET / HT").unwrap();
    let stopped = home.command(&["model", "stop"]).output().unwrap();
    assert!(stopped.status.success());
    assert!(host.child.wait().unwrap().success());
    drop(connection);
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_command_waits_for_running_answers() {
    ends(|home, pid| {
        let stopped = home.command(&["model", "stop"]).output().unwrap();
        let said = String::from_utf8(stopped.stdout).unwrap();
        assert!(
            stopped.status.success() && said.contains(&pid.to_string()),
            "{said}"
        );
    })
    .await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn signal_waits_for_running_answers() {
    ends(|_, pid| {
        assert!(
            Command::new("kill")
                .arg(pid.to_string())
                .status()
                .unwrap()
                .success()
        )
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_model_is_unloaded_and_an_idle_host_exits() {
    let home = Home::with("unload_after_seconds = 1\nexit_after_seconds = 2");
    home.parrot("repo", "Well.");
    let mut host = home.serve();
    assert_eq!(host.ask(question("repo", "?", true)).await.text, "Well.");
    host.wait_for_log("unloaded repo@1");
    host.wait_for_log("idle; stopping");
    assert!(host.child.wait().unwrap().success());
    assert_eq!(HostFiles::new(&home.dirs).read(), None);
}
