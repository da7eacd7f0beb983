//! Support code of the measuring programs: choosing a position to hover over, percentiles, process memory and CPU time, output.

#![allow(
    clippy::print_stdout,
    reason = "measuring programs print their results"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::{Position, Sandbox};

/// Prints one row of the table of results.
pub fn row(what: &str, figure: impl std::fmt::Display) {
    println!("{what:<34} {figure}");
}

/// Returns the path of an indexed file and the position of the name of a definition in it.
pub fn find_definition(sandbox: &Sandbox) -> (String, Position) {
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
                // An example in a comment may contain the name, but hovering there gives no result.
                let comment = ["//", "#", "*", "/*", "\"", "'"];
                if comment
                    .iter()
                    .any(|mark| text.trim_start().starts_with(mark))
                {
                    continue;
                }
                if let Some(column) = text.find(&format!("{name}(")) {
                    return (path.to_owned(), Position::new(line, column));
                }
            }
        }
    }
    panic!("no definition to hover over was found");
}

/// Copies a folder without build outputs and version control data. Returns the number of bytes copied.
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

/// Formats the median, the 95th and the 99th percentile.
pub fn percentiles(mut times: Vec<Duration>) -> String {
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

/// Formats a memory figure of `/proc/PID/status`, such as `VmRSS`. Empty on systems without this file.
pub fn process_memory(process: u32, key: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.map_or(String::new(), |kilobytes| {
        format!("{:.0} MB", kilobytes * 1.024 / 1e3)
    })
}

/// Returns the CPU time of a process, user and system, in hundredths of a second. 0 on systems without `/proc`.
pub fn cpu_ticks(process: u32) -> u64 {
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
