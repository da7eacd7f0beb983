//! Runs the body of the fuzz target on mutated sessions. The mutations are deterministic, so that failures are reproducible.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that fails by panicking is a test that works"
)]

use serde_json::{Value, json};

#[path = "../fuzz/body.rs"]
mod body;

/// Returns one message of every kind, in an order in which a client could send them.
fn session() -> Vec<String> {
    let document = json!({ "uri": body::uri() });
    let place = json!({ "textDocument": document, "position": { "line": 1, "character": 8 } });
    let range =
        json!({ "start": { "line": 0, "character": 15 }, "end": { "line": 2, "character": 3 } });
    let edit = |start: (u32, u32), end: (u32, u32), text: &str| {
        json!({
            "range": { "start": { "line": start.0, "character": start.1 }, "end": { "line": end.0, "character": end.1 } },
            "text": text,
        })
    };
    let edits = json!({
        "textDocument": { "uri": body::uri(), "version": 2 },
        "contentChanges": [edit((0, 9), (0, 12), "\u{1f600}"), edit((2, 4), (3, 0), "b\r\n"), edit((9, 9), (99, 0), "fn new() {}\n"),
            // Inside a surrogate pair, and with the end before the start.
            edit((0, 10), (0, 11), "x"), edit((2, 4), (1, 2), "y")],
    });
    let whole = json!({ "textDocument": { "uri": body::uri(), "version": 3 }, "contentChanges": [{ "text": "fn one() {}" }] });
    let mut number = 0;
    let mut request = |method: &str, params: Value| {
        number += 1;
        json!({ "jsonrpc": "2.0", "id": number, "method": method, "params": params }).to_string()
    };
    let notification = |method: &str, params: Value| {
        json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string()
    };
    let folders = json!({ "added": [{ "uri": "file:///nowhere", "name": "n" }], "removed": [] });
    vec![
        notification("initialized", json!({})),
        request("textDocument/hover", place.clone()),
        request(
            "textDocument/codeAction",
            json!({ "textDocument": document, "range": range, "context": { "diagnostics": [] } }),
        ),
        request(
            "repoLsp/ask",
            json!({ "question": "what adds?", "partialResultToken": 7, "textDocument": document, "range": range }),
        ),
        notification("textDocument/didChange", edits),
        request("textDocument/definition", place.clone()),
        request(
            "textDocument/documentSymbol",
            json!({ "textDocument": document }),
        ),
        request("workspace/symbol", json!({ "query": "add" })),
        notification("$/cancelRequest", json!({ "id": 3 })),
        request("textDocument/prepareCallHierarchy", place.clone()),
        request(
            "workspace/executeCommand",
            json!({ "command": "repoLsp.explain", "arguments": [{ "textDocument": document, "range": range }] }),
        ),
        notification("textDocument/didChange", whole),
        request(
            "textDocument/references",
            json!({ "textDocument": document, "position": place["position"], "context": { "includeDeclaration": true } }),
        ),
        notification(
            "workspace/didChangeWorkspaceFolders",
            json!({ "event": folders }),
        ),
        notification(
            "workspace/didChangeConfiguration",
            json!({ "settings": { "repoLsp": {} } }),
        ),
        notification(
            "workspace/didChangeWatchedFiles",
            json!({ "changes": [{ "uri": body::uri(), "type": 2 }] }),
        ),
        notification("textDocument/didClose", json!({ "textDocument": document })),
        request("no/such/method", json!([1, null])),
        json!({ "jsonrpc": "2.0", "id": "unknown", "result": null }).to_string(),
    ]
}

#[test]
fn mutated_messages_do_not_crash_the_server() {
    let session = session();
    body::check(session.join("\n").as_bytes());
    let mut random = Random(7);
    for _ in 0..120 {
        let mut messages: Vec<Vec<u8>> = session.iter().cloned().map(String::into_bytes).collect();
        for _ in 0..=random.below(4) {
            let (one, other) = (random.below(messages.len()), random.below(messages.len()));
            match random.below(4) {
                0 => messages.swap(one, other),
                1 => messages.insert(one, messages[other].clone()),
                _ => mutate(&mut messages[one], &mut random),
            }
        }
        body::check(&messages.join(&b'\n'));
    }
}

#[test]
fn mutated_bytes_do_not_crash_the_server() {
    let begin = body::request("0", "initialize", json!({ "capabilities": {} }));
    let mut whole = b"~".to_vec();
    for message in std::iter::once(begin).chain(session()) {
        whole.extend(format!("Content-Length: {}\r\n\r\n{message}", message.len()).into_bytes());
    }
    body::check(&whole);
    let mut random = Random(11);
    for _ in 0..120 {
        let mut bytes = whole.clone();
        for _ in 0..=random.below(6) {
            mutate(&mut bytes, &mut random);
        }
        bytes.splice(..0, *b"~");
        body::check(&bytes);
    }
}

/// Deletes, duplicates, inserts or changes a few bytes.
fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    const PIECES: [&str; 14] = [
        "{",
        "}",
        "\"",
        "\r\n\r\n",
        "Content-Length: 7\r\n\r\n",
        "null",
        "-1",
        "4294967296",
        "1e9",
        "[]",
        "é",
        "\\ud83d",
        "\0",
        "file:///",
    ];
    let from = random.below(bytes.len() + 1);
    let to = (from + random.below(40)).min(bytes.len());
    match random.below(5) {
        0 => drop(bytes.drain(from..to)),
        1 => {
            let copy = bytes[from..to].to_vec();
            bytes.splice(from..from, copy);
        }
        2 => drop(bytes.splice(from..from, PIECES[random.below(PIECES.len())].bytes())),
        3 => {
            // Changes a digit, which affects positions, versions and lengths.
            let digits: Vec<usize> = (0..bytes.len())
                .filter(|at| bytes[*at].is_ascii_digit())
                .collect();
            if !digits.is_empty() {
                bytes[digits[random.below(digits.len())]] = b'0' + random.below(10) as u8;
            }
        }
        _ => bytes[from..to]
            .iter_mut()
            .take(1)
            .for_each(|byte| *byte ^= 1 << random.below(8)),
    }
}

/// A xorshift random number generator with a fixed seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}
