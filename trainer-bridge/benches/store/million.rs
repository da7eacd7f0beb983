//! The size of a million interactions on disk, and the time to list, count and forget some of them.

use std::path::Path;
use std::time::{Duration, Instant};

use trainer_bridge::{Filter, Intake, Store, Verdict};

use crate::random::Random;

pub fn million(path: &Path) {
    let count: u64 = std::env::var("SAMPLES").map_or(1_000_000, |count| count.parse().unwrap());
    let mut store = Store::open(path).unwrap();
    let intake = Intake::default();
    let mut random = Random(42);
    let began = Instant::now();
    let mut admitting = Duration::ZERO;
    for start in (0..count).step_by(2_000) {
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
    println!("{count} interactions");
    println!(
        "  made and written in         {:>10.0} s",
        began.elapsed().as_secs_f64()
    );
    println!(
        "  redaction, each             {:>10.1} µs",
        admitting.as_secs_f64() * 1e6 / count as f64
    );
    drop(store);
    let store = Store::open(path).unwrap();
    println!(
        "  bytes each                  {:>10.0}",
        store.size_bytes() as f64 / count as f64
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
                until: Some(1_000_000),
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
