//! What the measuring programs have in common: a place to hover over, times, memory, and rows of a table.

#![allow(
    clippy::print_stdout,
    reason = "measuring programs print what they measured"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::{Client, Sandbox};

pub fn row(what: &str, figure: impl std::fmt::Display) {
    println!("{what:<34} {figure}");
}

/// A file with a definition in it, and the place of its name.
pub fn a_definition(sandbox: &Sandbox) -> (String, Value) {
    for query in ["parse", "new", "main", "init", "get"] {
        let found = sandbox.json(&["search", query, "--code"]);
        for hit in found["hits"].as_array().unwrap() {
            let Some(name) = hit["symbol"]
                .as_str()
                .and_then(|name| name.rsplit(['.', ':']).next())
            else {
                continue;
            };
            let path = hit["path"].as_str().unwrap();
            let text = fs::read_to_string(sandbox.root().join(path)).unwrap();
            let first = hit["first_line"].as_u64().unwrap() as usize - 1;
            for (line, text) in text.lines().enumerate().skip(first).take(8) {
                // Documentation may show the name in an example, where there is nothing to hover over.
                let comment = ["//", "#", "*", "/*", "\"", "'"];
                if comment
                    .iter()
                    .any(|mark| text.trim_start().starts_with(mark))
                {
                    continue;
                }
                if let Some(column) = text.find(&format!("{name}(")) {
                    return (
                        path.to_owned(),
                        json!({ "line": line, "character": column }),
                    );
                }
            }
        }
    }
    panic!("no definition to hover over was found");
}

pub fn hover(sandbox: &Sandbox, client: &mut Client, path: &str, position: &Value) -> Value {
    let uri = format!("file://{}", sandbox.root().join(path).display());
    client.request(
        "textDocument/hover",
        json!({ "textDocument": { "uri": uri }, "position": position }),
    )
}

pub fn copy(from: &Path, to: &PathBuf) -> u64 {
    let mut bytes = 0;
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (kind, target) = (entry.file_type().unwrap(), to.join(entry.file_name()));
        if kind.is_dir()
            && !["target", ".git", "node_modules"]
                .iter()
                .any(|name| entry.file_name() == *name)
        {
            bytes += copy(&entry.path(), &target);
        } else if kind.is_file() {
            bytes += fs::copy(entry.path(), target).unwrap();
        }
    }
    bytes
}

/// The median, the 95th and the 99th percentile.
pub fn spread(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |share: f64| milliseconds(times[((times.len() - 1) as f64 * share).round() as usize]);
    format!(
        "p50 {}, p95 {}, p99 {}, n = {}",
        at(0.5),
        at(0.95),
        at(0.99),
        times.len()
    )
}

pub fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// A line of `/proc/PID/status`; nothing where there is no such file.
pub fn megabytes(process: u32, key: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.map_or(String::new(), |kilobytes| {
        format!("{:.0} MB", kilobytes * 1.024 / 1e3)
    })
}

/// Hundredths of a second of CPU, of the process and of the system for it.
pub fn ticks(process: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit(") ")
        .next()
        .unwrap_or_default()
        .split(' ')
        .collect();
    [11, 12]
        .iter()
        .filter_map(|at| fields.get(*at)?.parse::<u64>().ok())
        .sum()
}
