//! Measures latencies while a model generates: hover and minimal requests with an idle and a busy model, the memory of the server,
//! and the time to the first token. `tests/bench-model WORKSPACE CHECKPOINT` builds and runs this program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measuring tool that panics on errors"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use integration::figures::{copy, find_definition, milliseconds, percentiles, process_memory, row};
use integration::{Client, Position, Sandbox};
use serde_json::json;

const HOVERS: usize = 1000;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: measure_model WORKSPACE CHECKPOINT";
    let workspace = arguments.next().expect(usage);
    let checkpoint = arguments.next().expect(usage);
    let sandbox = Sandbox::new("");
    copy(Path::new(&workspace), &sandbox.root());
    // Summaries are off, so that a hover does not use the model.
    sandbox.configure("[model]\nsummaries = false\nanswer_tokens = 4096\n");
    sandbox.run(&["index"]);
    let pulled = sandbox.run(&["model", "pull", &checkpoint, "--name", "measured"]);
    assert_eq!(pulled.code, Some(0), "{pulled:?}");
    sandbox.run(&["model", "use", "measured"]);
    let (path, position) = find_definition(&sandbox);

    let mut client = sandbox.start_session();
    client.open(&path, "plaintext");
    latencies(&mut client, &path, position, "no model");

    let started = Instant::now();
    let first = ask(&mut client, "first");
    wait_for_first_word(&mut client, "first");
    row(
        "first question, starts host and model",
        milliseconds(started.elapsed()),
    );
    latencies(&mut client, &path, position, "one answer running");
    let more = ["second", "third"].map(|token| ask(&mut client, token));
    latencies(&mut client, &path, position, "one running, two queued");
    for id in [first].into_iter().chain(more) {
        client.cancel(id);
        client.wait_for_response(id);
    }
    let started = Instant::now();
    let id = ask(&mut client, "after");
    wait_for_first_word(&mut client, "after");
    row(
        "first word of an answer, model loaded",
        milliseconds(started.elapsed()),
    );
    client.cancel(id);
    client.wait_for_response(id);
    row(
        "memory of the server",
        process_memory(client.pid(), "VmRSS"),
    );
    row(
        "peak memory of the server",
        process_memory(client.pid(), "VmHWM"),
    );
    client.shut_down();
    sandbox.run(&["model", "stop"]);
}

fn ask(client: &mut Client, token: &str) -> i64 {
    client.start_question("where is the configuration read", token)
}

fn wait_for_first_word(client: &mut Client, token: &str) {
    client.wait_for_part(token, |text| !text.is_empty());
}

fn latencies(client: &mut Client, path: &str, position: Position, when: &str) {
    let (mut hovers, mut pings) = (Vec::new(), Vec::new());
    for _ in 0..HOVERS {
        let before = Instant::now();
        client.hover(path, position);
        hovers.push(before.elapsed());
        let before = Instant::now();
        let ping = client.send("repoLsp/noSuchMethod", json!({}));
        client.wait_for_response(ping);
        pings.push(before.elapsed());
        std::thread::sleep(Duration::from_millis(2));
    }
    client.take_notifications("$/progress");
    row(&format!("hover, {when}"), percentiles(hovers));
    row(&format!("ping, {when}"), percentiles(pings));
}
