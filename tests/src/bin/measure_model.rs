//! Measures what an editor feels while a model works: hover and ping with the model idle and at full load, the memory of the server, and
//! the way of an answer. `tests/bench-model WORKSPACE CHECKPOINT` builds and calls this.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measuring tool that stops where something is wrong"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use integration::figures::{a_definition, copy, hover, megabytes, milliseconds, row, spread};
use integration::{Client, Sandbox};
use serde_json::{Value, json};

const HOVERS: usize = 1000;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: measure_model WORKSPACE CHECKPOINT";
    let workspace = arguments.next().expect(usage);
    let checkpoint = arguments.next().expect(usage);
    let sandbox = Sandbox::new("");
    copy(Path::new(&workspace), &sandbox.root());
    // A hover alone is measured, not the sentence that it has made.
    sandbox.configure("[model]\nsummaries = false\nanswer_tokens = 4096\n");
    sandbox.run(&["index"]);
    let pulled = sandbox.run(&["model", "pull", &checkpoint, "--name", "measured"]);
    assert_eq!(pulled.code, Some(0), "{pulled:?}");
    sandbox.run(&["model", "use", "measured"]);
    let (path, position) = a_definition(&sandbox);

    let mut client = Client::start(sandbox.command(&["--stdio"]));
    client.initialize(&sandbox.root(), Value::Null);
    client.until(|root| root["state"] == "fresh");
    client.open(&sandbox.root(), &path, "plaintext");
    latencies(&sandbox, &mut client, &path, &position, "no model");

    let started = Instant::now();
    let first = asked(&mut client, "first");
    heard(&mut client, "first");
    row(
        "first question, host and model started",
        milliseconds(started.elapsed()),
    );
    latencies(
        &sandbox,
        &mut client,
        &path,
        &position,
        "one answer being made",
    );
    let more = ["second", "third"].map(|token| asked(&mut client, token));
    latencies(
        &sandbox,
        &mut client,
        &path,
        &position,
        "one made, two waiting",
    );
    for id in [first].into_iter().chain(more) {
        client.notify("$/cancelRequest", json!({ "id": id }));
        client.reply(id);
    }
    let started = Instant::now();
    let id = asked(&mut client, "after");
    heard(&mut client, "after");
    row(
        "a question once it is loaded, to its first word",
        milliseconds(started.elapsed()),
    );
    client.notify("$/cancelRequest", json!({ "id": id }));
    client.reply(id);
    row("memory of the server", megabytes(client.pid(), "VmRSS"));
    row("its highest", megabytes(client.pid(), "VmHWM"));
    client.shut_down();
    sandbox.run(&["model", "stop"]);
}

fn asked(client: &mut Client, token: &str) -> i64 {
    let question = "where is the configuration read";
    client.send(
        "repoLsp/ask",
        json!({ "question": question, "partialResultToken": token }),
    )
}

fn heard(client: &mut Client, token: &str) {
    client.hear("$/progress", |params| {
        params["token"] == token
            && params["value"]["markdown"]
                .as_str()
                .is_some_and(|text| !text.is_empty())
    });
}

fn latencies(sandbox: &Sandbox, client: &mut Client, path: &str, position: &Value, when: &str) {
    let (mut hovers, mut pings) = (Vec::new(), Vec::new());
    for _ in 0..HOVERS {
        let before = Instant::now();
        hover(sandbox, client, path, position);
        hovers.push(before.elapsed());
        let before = Instant::now();
        client.ask("repoLsp/noSuchMethod", json!({}));
        pings.push(before.elapsed());
        std::thread::sleep(Duration::from_millis(2));
    }
    client.heard("$/progress");
    row(&format!("hover, {when}"), spread(hovers));
    row(&format!("ping, {when}"), spread(pings));
}
