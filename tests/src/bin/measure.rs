//! Measures latency and memory of the binary on a given workspace. `tests/bench` builds and runs this program.
//!
//! Works on a copy of the workspace. Prints a table and has no pass criteria, because the figures depend on the machine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measuring tool that panics on errors and prints its results"
)]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use integration::figures::{
    copy, cpu_ticks, find_definition, milliseconds, percentiles, process_memory, row,
};
use integration::{Client, Position, REPLY_TIMEOUT, Sandbox};
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
    let (path, position) = find_definition(&sandbox);
    warm_start(&sandbox, &path, position);

    let mut client = sandbox.start_session();
    client.open(&path, "plaintext");
    questions(&sandbox, &mut client);
    saves(&sandbox, &mut client);
    idle(&client);
    during_reindex(&sandbox, &mut client, &path, position);
    row(
        "memory after reindexing",
        process_memory(client.pid(), "VmRSS"),
    );
    assert!(client.shut_down().success());
}

fn full_index(sandbox: &Sandbox) {
    let started = Instant::now();
    let mut child = sandbox.command(&["index"]).spawn().unwrap();
    let mut peak = String::new();
    while child.try_wait().unwrap().is_none() {
        let now = process_memory(child.id(), "VmHWM");
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
    row("index run without changes", milliseconds(started.elapsed()));
}

fn warm_start(sandbox: &Sandbox, path: &str, position: Position) {
    let mut times = Vec::new();
    for _ in 0..5 {
        let started = Instant::now();
        let mut client = sandbox.start_server();
        client.initialize(&sandbox.root(), Value::Null);
        client.open(path, "plaintext");
        while client.hover(path, position).is_null() {
            assert!(
                started.elapsed() < REPLY_TIMEOUT,
                "no hover at {path} {position:?}"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        times.push(started.elapsed());
        client.shut_down();
    }
    row("warm start to the first hover", percentiles(times));
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
        client.ask_question(word);
        times.push(started.elapsed());
    }
    row("answer to a question", percentiles(times));
    let started = Instant::now();
    sandbox.run(&["ask", "where is the configuration read"]);
    row(
        "answer from the command line",
        milliseconds(started.elapsed()),
    );
}

/// Measures the time from the write of a new file by another program to an answer that contains it. The names share no substrings,
/// so that a search finds one file only.
fn saves(sandbox: &Sandbox, client: &mut Client) {
    let mut times = Vec::new();
    for number in 0..40 {
        let name = format!("zq{:x}q", 7_919 * (number + 1_000));
        let started = Instant::now();
        sandbox.write(
            &format!("measured/{name}.py"),
            &format!("def {name}():\n    pass\n"),
        );
        // Without a delay between two questions, which would add to the measured time.
        while !client.finds_definition(&name) {
            assert!(started.elapsed() < REPLY_TIMEOUT, "{name} was not indexed");
        }
        times.push(started.elapsed());
    }
    row("a save is searchable after", percentiles(times));
}

fn idle(client: &Client) {
    std::thread::sleep(Duration::from_secs(1));
    let before = cpu_ticks(client.pid());
    std::thread::sleep(Duration::from_secs(5));
    row(
        "idle",
        format!(
            "{} cpu_ticks of CPU in 5 s, {}",
            cpu_ticks(client.pid()) - before,
            process_memory(client.pid(), "VmRSS")
        ),
    );
}

/// Measures hovers and minimal requests while every file is read again, because its content has changed.
fn during_reindex(sandbox: &Sandbox, client: &mut Client, path: &str, position: Position) {
    let (mut hovers, mut pings) = (Vec::new(), Vec::new());
    client.take_notifications("$/progress");
    let root = sandbox.root();
    let toucher = std::thread::spawn(move || touch_all(&root));
    let started = Instant::now();
    let mut busy = false;
    loop {
        let before = Instant::now();
        client.hover(path, position);
        hovers.push(before.elapsed());
        let before = Instant::now();
        let ping = client.send("repoLsp/noSuchMethod", json!({}));
        client.wait_for_response(ping);
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
        "reindexing all files",
        format!("{:.1} s", started.elapsed().as_secs_f64()),
    );
    row("hover during reindexing", percentiles(hovers));
    row("ping during reindexing", percentiles(pings));
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
