//! Measures the binary on a workspace of the user's choice, as an editor would feel it. `tests/bench` builds and calls this.
//!
//! Works on a copy. Prints a table; judges nothing, because a figure depends on the machine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measuring tool that stops where something is wrong, and prints what it measured"
)]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use integration::figures::{
    a_definition, copy, hover, megabytes, milliseconds, row, spread, ticks,
};
use integration::{Client, REPLY_TIMEOUT, Sandbox};
use serde_json::{Value, json};

fn main() {
    let workspace = std::env::args().nth(1).expect("usage: measure WORKSPACE");
    let sandbox = Sandbox::new("");
    let bytes = copy(Path::new(&workspace), &sandbox.root());
    row(
        "workspace",
        format!("{workspace}, {:.1} MB", bytes as f64 / 1e6),
    );

    full_index(&sandbox);
    let (path, position) = a_definition(&sandbox);
    warm_start(&sandbox, &path, &position);

    let mut client = Client::start(sandbox.command(&["--stdio"]));
    client.initialize(&sandbox.root(), Value::Null);
    client.until(|root| root["state"] == "fresh");
    client.open(&sandbox.root(), &path, "plaintext");
    questions(&sandbox, &mut client);
    saves(&sandbox, &mut client);
    idle(&client);
    during_reindex(&sandbox, &mut client, &path, &position);
    row("memory after that", megabytes(client.pid(), "VmRSS"));
    assert!(client.shut_down().success());
}

fn full_index(sandbox: &Sandbox) {
    let started = Instant::now();
    let mut child = sandbox.command(&["index"]).spawn().unwrap();
    let mut peak = String::new();
    while child.try_wait().unwrap().is_none() {
        let now = megabytes(child.id(), "VmHWM");
        if !now.is_empty() {
            peak = now;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let took = started.elapsed();
    let output = child.wait_with_output().unwrap();
    let figures = String::from_utf8_lossy(&output.stdout);
    row(
        "full index",
        format!("{:.2} s, peak memory {peak}", took.as_secs_f64()),
    );
    row(
        "",
        figures
            .lines()
            .nth(1)
            .unwrap_or_default()
            .trim_start_matches("index")
            .trim(),
    );
    let started = Instant::now();
    sandbox.run(&["index"]);
    row("nothing has changed", milliseconds(started.elapsed()));
}

fn warm_start(sandbox: &Sandbox, path: &str, position: &Value) {
    let mut times = Vec::new();
    for _ in 0..5 {
        let started = Instant::now();
        let mut client = Client::start(sandbox.command(&["--stdio"]));
        client.initialize(&sandbox.root(), Value::Null);
        client.open(&sandbox.root(), path, "plaintext");
        while hover(sandbox, &mut client, path, position).is_null() {
            assert!(
                started.elapsed() < REPLY_TIMEOUT,
                "no hover at {path} {position}"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        times.push(started.elapsed());
        client.shut_down();
    }
    row("warm start to the first hover", spread(times));
}

fn questions(sandbox: &Sandbox, client: &mut Client) {
    let words = [
        "parse",
        "error handling",
        "where is the configuration read",
        "write a file",
        "test helper",
        "cache",
    ];
    let mut times = Vec::new();
    for word in words.iter().cycle().take(60) {
        let started = Instant::now();
        client.request("repoLsp/ask", json!({ "question": word }));
        times.push(started.elapsed());
    }
    row("answer to a question", spread(times));
    let started = Instant::now();
    sandbox.run(&["ask", "where is the configuration read"]);
    row("the same from a shell", milliseconds(started.elapsed()));
}

/// From the write of a new file by another program to an answer that has it. The names share no part with each other.
fn saves(sandbox: &Sandbox, client: &mut Client) {
    let mut times = Vec::new();
    for number in 0..40 {
        let name = format!("zq{:x}q", 7_919 * (number + 1_000));
        let started = Instant::now();
        sandbox.write(
            &format!("measured/{name}.py"),
            &format!("def {name}():\n    pass\n"),
        );
        loop {
            let answer = client.request("repoLsp/ask", json!({ "question": format!("`{name}`") }));
            if answer["markdown"]
                .as_str()
                .is_some_and(|text| text.contains(&format!("def {name}(")))
            {
                break;
            }
            assert!(started.elapsed() < REPLY_TIMEOUT, "{name} never came");
        }
        times.push(started.elapsed());
    }
    row("a save is searchable after", spread(times));
}

fn idle(client: &Client) {
    std::thread::sleep(Duration::from_secs(1));
    let before = ticks(client.pid());
    std::thread::sleep(Duration::from_secs(5));
    row(
        "idle",
        format!(
            "{} ticks of CPU in 5 s, {}",
            ticks(client.pid()) - before,
            megabytes(client.pid(), "VmRSS")
        ),
    );
}

/// Every file gets a new time and a new end, so all of them are read again while somebody works.
fn during_reindex(sandbox: &Sandbox, client: &mut Client, path: &str, position: &Value) {
    let (mut hovers, mut pings) = (Vec::new(), Vec::new());
    client.heard("$/progress");
    let root = sandbox.root();
    let toucher = std::thread::spawn(move || touch_all(&root));
    let started = Instant::now();
    let mut busy = false;
    loop {
        let before = Instant::now();
        hover(sandbox, client, path, position);
        hovers.push(before.elapsed());
        let before = Instant::now();
        client.ask("repoLsp/noSuchMethod", json!({}));
        pings.push(before.elapsed());
        std::thread::sleep(Duration::from_millis(2));
        if hovers.len() % 50 == 0 && toucher.is_finished() {
            let status = client.request("repoLsp/status", json!({ "maxSkipped": 0 }));
            let fresh = status["roots"][0]["state"] == "fresh";
            busy |= !fresh;
            if fresh && (busy || started.elapsed() > Duration::from_secs(20)) {
                break;
            }
        }
    }
    row(
        "re-reading everything took",
        format!("{:.1} s", started.elapsed().as_secs_f64()),
    );
    row("hover meanwhile", spread(hovers));
    row("ping meanwhile", spread(pings));
}

fn touch_all(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            touch_all(&path);
        } else if let Ok(text) = fs::read_to_string(&path) {
            fs::write(&path, text + "\n").unwrap();
        }
    }
}
