//! Several processes on one database, and processes that are killed while they write. The other processes run this test binary again.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test that panics is a test that fails, and one of them prints its figures"
)]

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use trainer_bridge::{
    Filter, Interaction, Notice, RecordOutcome, Recorder, RecorderOptions, Store, new_id,
};

const ROLE: &str = "SAMPLES_TEST_ROLE";
const FILE: &str = "SAMPLES_TEST_FILE";

fn interaction() -> Interaction {
    Interaction {
        id: new_id(),
        workspace: "w".to_owned(),
        kind: "ask".to_owned(),
        question: "how is the log moved into the database?".to_owned(),
        answer: "by a thread of its own ".repeat(20),
        ..Interaction::default()
    }
}

/// The entry point of the other processes. Does nothing when the tests are run as usual.
#[test]
fn other_process() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    let path = std::env::var(FILE).unwrap();
    let path = Path::new(&path);
    match role.as_str() {
        "forever" => record(path, usize::MAX),
        "some" => record(path, 300),
        "limited" => record_on_a_full_disk(path),
        other => panic!("no role `{other}`"),
    }
}

/// Records interactions, and prints the id of each as soon as it is durable.
fn record(path: &Path, count: usize) {
    let recorder = Recorder::new(path, RecorderOptions::default());
    let mut out = std::io::stdout();
    for _ in 0..count.div_ceil(8) {
        let sent: Vec<_> = (0..8)
            .map(|_| {
                let raw = interaction();
                (raw.id.clone(), recorder.record(raw))
            })
            .collect();
        for (id, ticket) in sent {
            // Other processes that open the database may defer it. Then it is recorded later, and its id is not printed.
            if ticket.wait() == RecordOutcome::Durable {
                writeln!(out, "kept {id}").unwrap();
            }
        }
    }
}

fn other(role: &str, path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "other_process", "--nocapture"])
        .env(ROLE, role)
        .env(FILE, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn lines(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
}

fn kept(line: &str) -> Option<String> {
    line.split_once("kept ").map(|(_, id)| id.to_owned())
}

fn ids(path: &Path) -> HashSet<String> {
    let store = Store::open(path).unwrap();
    assert_eq!(store.integrity_error().unwrap(), None);
    assert_eq!(store.set_aside_files(), Vec::<std::path::PathBuf>::new());
    let listing = store.list(&Filter::default(), usize::MAX, None).unwrap();
    assert_eq!(listing.unreadable, 0);
    listing
        .rows
        .into_iter()
        .map(|row| row.interaction.id)
        .collect()
}

#[test]
fn acknowledged_interactions_survive_a_killed_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.db");
    let mut acknowledged = HashSet::new();
    for round in 0..30 {
        let mut writer = other("forever", &path);
        let mut said = lines(&mut writer);
        // The writer continues while its output is read, so it is killed at an arbitrary point after so many.
        let count = (round * 37) % 150;
        acknowledged.extend(said.by_ref().filter_map(|line| kept(&line)).take(count + 1));
        writer.kill().unwrap();
        writer.wait().unwrap();
        acknowledged.extend(said.filter_map(|line| kept(&line)));
        if round % 10 == 9 {
            let found = ids(&path);
            let lost = acknowledged.difference(&found).count();
            assert_eq!(lost, 0, "of {}", acknowledged.len());
        }
    }
}

#[test]
fn several_processes_write_while_one_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.db");
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let mut writer = other("some", &path);
            let said = lines(&mut writer);
            (
                writer,
                std::thread::spawn(move || said.filter_map(|line| kept(&line)).collect::<Vec<_>>()),
            )
        })
        .collect();
    let reader = Store::open(&path).unwrap();
    while writers.iter().any(|(_, said)| !said.is_finished()) {
        let listing = reader.list(&Filter::default(), 20, None).unwrap();
        assert_eq!(listing.unreadable, 0);
    }
    let mut acknowledged = HashSet::new();
    for (mut writer, said) in writers {
        acknowledged.extend(said.join().unwrap());
        assert!(writer.wait().unwrap().success());
    }
    let found = ids(&path);
    assert!(acknowledged.is_subset(&found));
    // Deferred interactions are written when their process ends at the latest.
    assert_eq!(found.len(), 4 * 304);
}

/// A limit on the file size simulates a full disk.
#[test]
fn a_full_disk_is_reported_once_and_recovered_from() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.db");
    // Writing beyond the limit ends a process with a signal unless it is ignored.
    let status = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; exec \"$0\" --exact other_process --nocapture",
        ])
        .arg(std::env::current_exe().unwrap())
        .env(ROLE, "limited")
        .env(FILE, &path)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    assert!(ids(&path).len() > 20);
}

fn record_on_a_full_disk(path: &Path) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let before = getrlimit(Resource::Fsize);
    let limit = |bytes: Option<u64>| {
        setrlimit(
            Resource::Fsize,
            Rlimit {
                current: bytes,
                ..before
            },
        )
        .unwrap();
    };
    let (reported, notices) = std::sync::mpsc::channel();
    let options = RecorderOptions {
        on_notice: Box::new(move |notice| drop(reported.send(notice))),
        ..RecorderOptions::default()
    };
    let recorder = Recorder::new(path, options);
    assert_eq!(
        recorder.record(interaction()).wait(),
        RecordOutcome::Durable
    );
    limit(Some(200_000));
    let mut recorded = 1;
    let deferred = (0..2_000).find_map(|_| {
        recorded += 1;
        match recorder.record(interaction()).wait() {
            RecordOutcome::Durable => None,
            other => Some(other),
        }
    });
    let Some(RecordOutcome::Deferred(Notice::Failing { .. })) = deferred else {
        panic!("{deferred:?} after {recorded}");
    };
    for _ in 0..20 {
        recorded += 1;
        assert!(matches!(
            recorder.record(interaction()).wait(),
            RecordOutcome::Deferred(_)
        ));
    }
    limit(before.current);
    let reported: Vec<_> = std::iter::from_fn(|| notices.recv().ok())
        .take_while(|notice| !matches!(notice, Notice::Recovered { lost: 0, .. }))
        .collect();
    assert_eq!(reported.len(), 1, "{reported:?}");
    assert_eq!(
        recorder.record(interaction()).wait(),
        RecordOutcome::Durable
    );
    drop(recorder);
    assert_eq!(ids(path).len(), recorded + 1, "nothing is lost");
}
