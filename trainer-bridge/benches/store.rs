//! What recording costs, what a million interactions cost, and what killing a process loses.
//!
//!     cargo bench -p trainer-bridge --bench store -- all [FOLDER]
//!
//! `record`, `kill` and `million` run one part alone. The folder should be on the disk that is meant; without one it is the folder for
//! temporary files.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measuring tool that stops where something is wrong, and prints what it measured"
)]

use std::collections::{HashSet, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use trainer_bridge::{
    Citation, ContextRef, Filter, Intake, Interaction, Lines, Outcome, Recorder, RecorderOptions,
    RetrievalScore, Store, Verdict, new_id,
};

const PROCESSES: usize = 4;
const MILLION: u64 = 1_000_000;
const KILLS: u64 = 200;

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match &words[..] {
        ["--write", path, pause, count] => {
            write(
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
                record("500 a second each", path, 2_000, 10_000);
                record(
                    "as fast as they can",
                    &path.with_extension("fast"),
                    0,
                    25_000,
                );
            });
            run("kill", kill);
            run("million", million);
        }
        _ => println!(
            "usage: cargo bench -p trainer-bridge --bench store -- all|record|kill|million [FOLDER]"
        ),
    }
}

/// Records with `pause` microseconds from one to the next, and tells how long each took to be durable; without a pause, 64 at once.
fn write(path: &Path, pause: u64, count: usize) {
    let recorder = Recorder::new(path, RecorderOptions::default());
    let mut random = Random(u64::from(std::process::id()));
    let rows: Vec<_> = (0..512).map(|_| random.interaction(0)).collect();
    assert_eq!(
        recorder.record(random.interaction(0)).wait(),
        Outcome::Durable
    );
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
                match ticket.wait() {
                    Outcome::Durable => writeln!(
                        out,
                        "kept {id} {} {}",
                        sent.elapsed().as_micros(),
                        call.as_nanos()
                    )
                    .unwrap(),
                    other => writeln!(out, "not kept: {other:?}").unwrap(),
                }
            }
        }
    });
}

fn writer(path: &Path, pause: u64, count: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--write",
            path.to_str().unwrap(),
            &pause.to_string(),
            &count.to_string(),
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn record(name: &str, path: &Path, pause: u64, count: usize) {
    let began = Instant::now();
    let readers: Vec<_> = (0..PROCESSES)
        .map(|_| {
            let mut child = writer(path, pause, count);
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
        let mut child = writer(path, 0, usize::MAX / 2);
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
    let damaged = usize::from(store.damage().unwrap().is_some()) + store.set_aside().len();
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

fn million(path: &Path) {
    let mut store = Store::open(path).unwrap();
    let intake = Intake::default();
    let mut random = Random(42);
    let began = Instant::now();
    let mut admitting = Duration::ZERO;
    for start in (0..MILLION).step_by(2_000) {
        let raw: Vec<_> = (start..start + 2_000)
            .map(|at| random.interaction(at))
            .collect();
        let now = Instant::now();
        let rows: Vec<_> = raw
            .into_iter()
            .filter_map(|raw| intake.admit(raw))
            .collect();
        admitting += now.elapsed();
        store.insert(&rows).unwrap();
    }
    println!("{MILLION} interactions");
    println!(
        "  made and written in         {:>10.0} s",
        began.elapsed().as_secs_f64()
    );
    println!(
        "  redaction, each             {:>10.1} µs",
        admitting.as_secs_f64() * 1e6 / MILLION as f64
    );
    drop(store);
    let store = Store::open(path).unwrap();
    println!(
        "  bytes each                  {:>10.0}",
        store.bytes() as f64 / MILLION as f64
    );
    for (name, filter) in filters() {
        let times: Vec<(f64, usize)> = (0..5)
            .map(|_| {
                let store = Store::open(path).unwrap();
                let now = Instant::now();
                let found = store.list(&filter, 50, None).unwrap().rows.len();
                (now.elapsed().as_secs_f64() * 1e3, found)
            })
            .collect();
        let worst = times.iter().map(|(time, _)| *time).fold(0.0, f64::max);
        println!("  list: {name:<34} {worst:>8.1} ms   {} found", times[0].1);
    }
    let now = Instant::now();
    let rows = store.stats().unwrap().rows.len();
    println!(
        "  stats                       {:>10.1} ms   {rows} rows",
        now.elapsed().as_secs_f64() * 1e3
    );
    let mut store = store;
    let now = Instant::now();
    let filter = Filter {
        files: Some("src/f000/f77*.rs".to_owned()),
        ..Filter::default()
    };
    let gone = store.forget(&filter).unwrap().interactions.len();
    println!(
        "  forget {gone:<8}             {:>10.1} s",
        now.elapsed().as_secs_f64()
    );
}

fn filters() -> Vec<(&'static str, Filter)> {
    let all = Filter::default;
    let text = |text: &str| Some(text.to_owned());
    vec![
        ("everything", all()),
        (
            "workspace",
            Filter {
                workspace: text("workspace-7"),
                ..all()
            },
        ),
        (
            "rare kind",
            Filter {
                kind: text("diagnostic"),
                ..all()
            },
        ),
        (
            "verdict",
            Filter {
                verdict: Some(Some(Verdict::Bad)),
                ..all()
            },
        ),
        (
            "workspace, kind, verdict",
            Filter {
                workspace: text("workspace-3"),
                kind: text("module"),
                verdict: Some(Some(Verdict::Corrected)),
                ..all()
            },
        ),
        (
            "oldest thousandth",
            Filter {
                until: Some(MILLION),
                ..all()
            },
        ),
        (
            "verdict in a time range",
            Filter {
                verdict: Some(Some(Verdict::Good)),
                since: Some(300_000_000),
                until: Some(310_000_000),
                ..all()
            },
        ),
        (
            "one file",
            Filter {
                files: text("src/f007/f1234.rs"),
                ..all()
            },
        ),
        (
            "one folder",
            Filter {
                files: text("src/f011/**"),
                ..all()
            },
        ),
        (
            "every Rust file",
            Filter {
                files: text("**/*.rs"),
                ..all()
            },
        ),
        (
            "a glob that means nothing",
            Filter {
                files: text("nowhere/**"),
                ..all()
            },
        ),
        (
            "folder, verdict and workspace",
            Filter {
                files: text("src/f011/**"),
                verdict: Some(Some(Verdict::Corrected)),
                workspace: text("workspace-3"),
                ..all()
            },
        ),
        (
            "many files, rare verdict, old",
            Filter {
                files: text("src/f0*/**"),
                verdict: Some(Some(Verdict::Bad)),
                until: Some(20_000_000),
                ..all()
            },
        ),
        (
            "last seen long ago",
            Filter {
                files: text("old/**"),
                ..all()
            },
        ),
    ]
}

/// Interactions like those of a day's work, the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        (self.next() % most as u64) as usize
    }

    /// Few words are frequent, most are rare.
    fn word(&mut self) -> String {
        let rank = self.below(60) * self.below(60);
        let mut word = Random(rank as u64);
        (0..2 + word.below(3))
            .map(|_| ["ta", "re", "in", "_o", "lex", "par", "ser", "in", "dex"][word.below(9)])
            .collect()
    }

    fn text(&mut self, words: usize) -> String {
        (0..words)
            .map(|_| self.word())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// 20,000 files; some were only asked about in the beginning.
    fn file(&mut self, at: u64) -> String {
        if at < MILLION / 1_000 && self.below(10) == 0 {
            return format!("old/f{}.rs", self.below(500));
        }
        let number = self.below(142) * self.below(142);
        format!("src/f{:03}/f{number}.rs", number % 97)
    }

    fn interaction(&mut self, at: u64) -> Interaction {
        let files: Vec<String> = (0..6).map(|_| self.file(at)).collect();
        let range = |first: usize| Lines {
            first: first as u32,
            last: first as u32 + 14,
        };
        let verdict = match self.below(100) {
            0..12 => Some(Verdict::Good),
            12..18 => Some(Verdict::Bad),
            18..20 => Some(Verdict::Corrected),
            _ => None,
        };
        let words = 60 + self.below(200);
        Interaction {
            id: new_id(),
            workspace: format!("workspace-{}", self.below(12)),
            time: at * 1_000,
            kind: [
                "ask", "ask", "ask", "explain", "explain", "usages", "module",
            ][self.below(7)]
            .to_owned(),
            question: self.text(14),
            answer: self.text(words),
            context: files
                .iter()
                .map(|file| ContextRef {
                    file: file.clone(),
                    range: range(self.below(900)),
                    hash: (0..4).map(|_| format!("{:016x}", self.next())).collect(),
                    blob: None,
                })
                .collect(),
            citations: files
                .iter()
                .take(4)
                .map(|file| Citation {
                    file: file.clone(),
                    range: range(self.below(900)),
                    verified: self.below(20) > 0,
                })
                .collect(),
            scores: files
                .iter()
                .map(|file| RetrievalScore {
                    file: file.clone(),
                    total: self.below(100_000) as f64 / 1e3,
                    parts: ["bm25.name", "bm25.text", "graph", "path", "symbol"]
                        .map(|part| (part.to_owned(), self.below(10_000) as f64 / 1e3))
                        .into(),
                })
                .collect(),
            generation: Some("repo@7".to_owned()),
            latency_ms: self.below(9_000) as u64,
            verdict,
            ..Interaction::default()
        }
    }
}
