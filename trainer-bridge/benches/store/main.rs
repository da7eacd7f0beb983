//! Benchmarks of the store: recording, a million interactions, and processes that are killed.
//!
//!     cargo bench -p trainer-bridge --bench store -- all [FOLDER]
//!
//! `record`, `kill` and `million` run one part. FOLDER selects the disk and defaults to the folder for temporary files. The environment
//! variable `SAMPLES` sets the number of interactions of `million`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints its results and panics on errors"
)]

mod million;
mod random;

use std::collections::{HashSet, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use random::Random;
use trainer_bridge::{
    Intake, PrivacyMode, RecordOutcome, Recorder, RecorderOptions, Store, new_id,
};

const PROCESSES: usize = 4;
const KILLS: u64 = 200;

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match &words[..] {
        ["--write", mode, path, pause, count] => {
            write(
                if *mode == "off" {
                    PrivacyMode::Off
                } else {
                    PrivacyMode::Full
                },
                Path::new(path),
                pause.parse().unwrap(),
                count.parse().unwrap(),
            );
        }
        [part @ ("all" | "record" | "kill" | "million"), rest @ ..] => {
            let base = rest.first().map_or_else(std::env::temp_dir, Into::into);
            let run = |name: &str, measure: fn(&Path)| {
                if *part == "all" || *part == name {
                    let folder = tempfile::tempdir_in(&base).unwrap();
                    measure(&folder.path().join("samples.db"));
                }
            };
            run("record", |path| {
                // What the machine itself takes to hand something to a thread and back, while it does what else it does.
                record(
                    "500 a second each, nothing written",
                    "off",
                    path,
                    2_000,
                    5_000,
                );
                record("500 a second each", "full", path, 2_000, 10_000);
                record(
                    "as fast as they can",
                    "full",
                    &path.with_extension("fast"),
                    0,
                    25_000,
                );
            });
            run("kill", kill);
            run("million", million::million);
        }
        _ => println!(
            "usage: cargo bench -p trainer-bridge --bench store -- all|record|kill|million [FOLDER]"
        ),
    }
}

/// Records with `pause` microseconds from one to the next, and tells how long each took to be durable; without a pause, 64 at once.
fn write(mode: PrivacyMode, path: &Path, pause: u64, count: usize) {
    let options = RecorderOptions {
        intake: Intake::new(mode),
        ..RecorderOptions::default()
    };
    let recorder = Recorder::new(path, options);
    let mut random = Random(u64::from(std::process::id()));
    let rows: Vec<_> = (0..512).map(|_| random.interaction(1 << 32)).collect();
    recorder.record(random.interaction(1 << 32)).wait();
    let mut out = std::io::stdout().lock();
    let (send, tickets) = std::sync::mpsc::sync_channel(if pause == 0 { 64 } else { 4_096 });
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let began = Instant::now();
            for at in 0..count {
                let due = began + Duration::from_micros(pause * at as u64);
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                let mut raw = rows[at % rows.len()].clone();
                raw.id = new_id();
                let id = raw.id.clone();
                let sent = Instant::now();
                let ticket = recorder.record(raw);
                send.send((id, sent, sent.elapsed(), ticket)).unwrap();
            }
            drop(send);
        });
        let mut waiting = VecDeque::new();
        while let Ok(next) = tickets.recv() {
            waiting.push_back(next);
            while let Some((id, sent, call, ticket)) = waiting.pop_front() {
                let line = match ticket.wait() {
                    RecordOutcome::Durable | RecordOutcome::NotAdmitted => {
                        let durable = sent.elapsed().as_micros();
                        format!("kept {id} {durable} {}", call.as_nanos())
                    }
                    other => format!("not kept: {other:?}"),
                };
                if writeln!(out, "{line}").is_err() {
                    // Nobody reads it any more.
                    std::process::exit(1);
                }
            }
        }
    });
}

fn writer(mode: &str, path: &Path, pause: u64, count: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--write",
            mode,
            path.to_str().unwrap(),
            &pause.to_string(),
            &count.to_string(),
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn record(name: &str, mode: &str, path: &Path, pause: u64, count: usize) {
    let began = Instant::now();
    let readers: Vec<_> = (0..PROCESSES)
        .map(|_| {
            let mut child = writer(mode, path, pause, count);
            let lines = BufReader::new(child.stdout.take().unwrap()).lines();
            std::thread::spawn(move || {
                let lines: Vec<String> = lines.map_while(Result::ok).collect();
                assert!(child.wait().unwrap().success());
                lines
            })
        })
        .collect();
    let lines: Vec<String> = readers
        .into_iter()
        .flat_map(|reader| reader.join().unwrap())
        .collect();
    let seconds = began.elapsed().as_secs_f64();
    let kept: Vec<Vec<u64>> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("kept "))
        .map(|line| {
            line.split(' ')
                .skip(1)
                .map(|number| number.parse().unwrap())
                .collect()
        })
        .collect();
    let mut durable: Vec<u64> = kept.iter().map(|numbers| numbers[0]).collect();
    let mut call: Vec<u64> = kept.iter().map(|numbers| numbers[1]).collect();
    durable.sort_unstable();
    call.sort_unstable();
    let at =
        |sorted: &[u64], share: f64| sorted[((sorted.len() - 1) as f64 * share) as usize] as f64;
    println!("{PROCESSES} processes, {name}");
    println!(
        "  interactions a second       {:>10.0}",
        kept.len() as f64 / seconds
    );
    println!(
        "  not acknowledged            {:>10}",
        lines.len() - kept.len()
    );
    for (label, share) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("most", 1.0)] {
        println!(
            "  {label:<5} until durable        {:>10.2} ms    the call itself {:>8.1} µs",
            at(&durable, share) / 1e3,
            at(&call, share) / 1e3
        );
    }
}

fn kill(path: &Path) {
    let mut acknowledged = HashSet::new();
    let mut random = Random(7);
    for _ in 0..KILLS {
        let mut child = writer("full", path, 0, usize::MAX / 2);
        let mut lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        acknowledged.extend(
            lines
                .by_ref()
                .take(1 + random.below(200))
                .filter_map(|line| id_of(&line)),
        );
        std::thread::sleep(Duration::from_micros(random.below(5_000) as u64));
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged.extend(lines.filter_map(|line| id_of(&line)));
    }
    let store = Store::open(path).unwrap();
    let damaged =
        usize::from(store.integrity_error().unwrap().is_some()) + store.set_aside_files().len();
    let lost = acknowledged
        .iter()
        .filter(|id| store.get(id).unwrap().is_none())
        .count();
    println!("{KILLS} times kill -9");
    println!("  acknowledged                {:>10}", acknowledged.len());
    println!("  of these lost               {lost:>10}");
    println!("  damaged databases           {damaged:>10}");
}

/// A line that was cut off has no end after its numbers, but its id is whole if what follows has begun.
fn id_of(line: &str) -> Option<String> {
    let (id, _) = line.strip_prefix("kept ")?.split_once(' ')?;
    Some(id.to_owned())
}
