//! Concurrent access: one writer does not undo what another has written.

use std::io::{BufReader, Read};
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::store::{RecordOutcome, Recorder, RecorderOptions};

#[test]
fn a_stricter_policy_applies_to_queued_interactions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.db");
    let recorder = Recorder::new(&path, RecorderOptions::default());
    let (release, released) = std::sync::mpsc::channel::<()>();
    let first = recorder.record_with(move || {
        released.recv().unwrap();
        interaction("building", 1)
    });
    let second = recorder.record(interaction("queued", 2));
    let feedback = recorder.record_feedback(Feedback {
        interaction: "queued".to_owned(),
        time: 3,
        event: FeedbackEvent::Up,
    });
    recorder.set_intake(Intake::new(PrivacyMode::Off));
    release.send(()).unwrap();
    for ticket in [first, second, feedback] {
        assert_eq!(ticket.wait(), RecordOutcome::NotAdmitted);
    }
    // A policy that is relaxed later does not apply to earlier calls.
    let refused = recorder.record(interaction("refused", 4));
    recorder.set_intake(Intake::default());
    assert_eq!(refused.wait(), RecordOutcome::NotAdmitted);
    assert_eq!(
        recorder.record(interaction("recorded", 5)).wait(),
        RecordOutcome::Durable
    );
}

#[test]
fn feedback_recorded_during_an_edit_is_kept() {
    let (folder, mut store) = store();
    store.insert(&[admitted(interaction("i", 1))]).unwrap();
    let recorder = Recorder::new(
        &folder.path().join("samples.db"),
        RecorderOptions::default(),
    );
    store
        .edit(&Intake::default(), "i", |interaction| {
            let down = Feedback {
                interaction: "i".to_owned(),
                time: 2,
                event: FeedbackEvent::Down,
            };
            let said = recorder.record_feedback(down).wait();
            assert!(matches!(said, RecordOutcome::Deferred(_)), "{said:?}");
            interaction.answer = "changed".to_owned();
        })
        .unwrap();
    drop(recorder);
    let read = store.get("i").unwrap().unwrap().interaction;
    assert_eq!(
        (read.answer.as_str(), read.verdict),
        ("changed", Some(Verdict::Bad))
    );
}

/// Set when a connection waits for the database.
static WAITING: AtomicBool = AtomicBool::new(false);

#[test]
fn a_sample_linked_while_its_interaction_is_forgotten_is_tainted() {
    let (folder, mut store) = store();
    store.insert(&[admitted(interaction("i", 1))]).unwrap();
    let other = Store::open(&folder.path().join("samples.db")).unwrap();
    let linking = "BEGIN IMMEDIATE; INSERT INTO sample_of (sample, interaction) VALUES ('s', 'i')";
    other.connection.execute_batch(linking).unwrap();
    let wait = |_| {
        WAITING.store(true, Ordering::Release);
        std::thread::yield_now();
        true
    };
    store.connection.busy_handler(Some(wait)).unwrap();
    let forgotten = std::thread::scope(|scope| {
        let forgetting = scope.spawn(|| store.forget(&Filter::default()).unwrap());
        while !WAITING.load(Ordering::Acquire) {
            std::thread::yield_now();
        }
        other.connection.execute_batch("COMMIT").unwrap();
        forgetting.join().unwrap()
    });
    assert_eq!(forgotten.samples, ["s"]);
    assert_eq!(other.tainted_samples(&["s".to_owned()]).unwrap(), ["s"]);
}

#[test]
fn forgetting_reports_a_summary_while_another_process_reads() {
    let (folder, mut store) = store();
    let row = admitted(interaction("i", 1));
    store.insert(std::slice::from_ref(&row)).unwrap();
    let mut sample = crate::curate::as_sample(row.get());
    sample.metadata.id = "s".to_owned();
    store.link_samples([&sample.metadata]).unwrap();
    store.link_dataset("d", &["s".to_owned()]).unwrap();

    let reader = Connection::open(folder.path().join("samples.db")).unwrap();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM interaction")
        .unwrap();
    store.connection.busy_handler(Some(|_| false)).unwrap();
    let forgotten = store.forget(&Filter::default()).unwrap();
    assert_eq!(forgotten.interactions, ["i"]);
    assert_eq!(forgotten.datasets, ["d"]);
    let why = forgotten.unfinished.unwrap();
    assert_eq!(why, StoreError::StillRead.to_string());
    // The rows are gone, and the next call truncates the log.
    drop(reader);
    let again = store.forget(&Filter::default()).unwrap();
    assert_eq!(again, ForgetSummary::default());
}

/// Another process writes whenever something is read.
struct Meanwhile<'t> {
    text: &'t [u8],
    other: Store,
    count: u64,
}

impl Read for Meanwhile<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.count += 1;
        let row = interaction(&format!("meanwhile{}", self.count), 7);
        self.other.insert(&[admitted(row)]).unwrap();
        let some = into.len().min(10);
        self.text.read(&mut into[..some])
    }
}

#[test]
fn other_processes_write_while_an_import_is_read() {
    let (_source, mut source) = store();
    source.insert(&[admitted(interaction("i", 1))]).unwrap();
    let mut text = Vec::new();
    source.export(&Filter::default(), &mut text).unwrap();
    let (folder, mut store) = store();
    let other = Store::open(&folder.path().join("samples.db")).unwrap();
    let mut lines = BufReader::new(Meanwhile {
        text: &text,
        other,
        count: 0,
    });
    let imported = store.import(&Intake::default(), &mut lines).unwrap();
    assert_eq!(imported.new, 1);
    assert!(lines.into_inner().count > 2);
}

#[test]
fn a_workspace_filter_may_exclude_subfolders() {
    let (_folder, mut store) = store();
    for (id, workspace) in [("a", "/w"), ("b", "/w/below"), ("c", "/wide")] {
        let row = Interaction {
            workspace: workspace.to_owned(),
            ..interaction(id, 1)
        };
        store.insert(&[admitted(row)]).unwrap();
    }
    for (alone, expected) in [(false, vec!["a", "b"]), (true, vec!["a"])] {
        let filter = Filter {
            workspace: Some("/w".to_owned()),
            exclude_subfolders: alone,
            ..Filter::default()
        };
        let rows = store.list(&filter, 10, None).unwrap().rows;
        let mut ids: Vec<_> = rows.into_iter().map(|row| row.interaction.id).collect();
        ids.sort();
        assert_eq!(ids, expected);
    }
}
