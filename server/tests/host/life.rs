//! How a host begins and ends.

use std::io::Write;
use std::process::Command;

use checkpoint::Parrot;
use models::host_files::HostFiles;

use crate::home::{Home, Stream, question};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_host_says_who_is_there_and_goes() {
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
async fn what_a_killed_host_left_behind_stops_nobody() {
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

/// `end` is what tells the host to end; what runs is answered to its end first.
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
async fn a_connection_on_which_nothing_is_asked_keeps_no_host_alive() {
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
async fn it_ends_when_it_is_told_to_after_what_runs() {
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
async fn it_ends_by_a_signal_after_what_runs() {
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
async fn a_model_that_nobody_asks_is_freed_and_then_the_host_ends() {
    let home = Home::with("unload_after_seconds = 1\nexit_after_seconds = 2");
    home.parrot("repo", "Well.");
    let mut host = home.serve();
    assert_eq!(host.ask(question("repo", "?", true)).await.text, "Well.");
    host.log("unloaded repo@1");
    host.log("idle; stopping");
    assert!(host.child.wait().unwrap().success());
    assert_eq!(HostFiles::new(&home.dirs).read(), None);
}
