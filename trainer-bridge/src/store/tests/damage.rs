//! Recording while the database is damaged, locked, missing or of a newer version: it continues, reports the problem once and recovers.

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use super::*;

fn recorder(path: &Path) -> (Recorder, Receiver<Notice>) {
    let (reported, notices) = channel();
    let options = RecorderOptions {
        intake: Intake::default(),
        on_notice: Box::new(move |notice| drop(reported.send(notice))),
    };
    (Recorder::new(path, options), notices)
}

fn write_some(path: &Path, count: u64) {
    let mut store = Store::open(path).unwrap();
    let rows: Vec<_> = (0..count)
        .map(|at| admitted(interaction(&format!("old-{at}"), at)))
        .collect();
    store.insert(&rows).unwrap();
}

/// Damages the closed database and records into it. The damaged file must have been set aside unchanged.
fn check_damage(damage: impl FnOnce(&mut Vec<u8>)) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.db");
    write_some(&path, 200);
    let mut bytes = std::fs::read(&path).unwrap();
    damage(&mut bytes);
    std::fs::write(&path, &bytes).unwrap();
    let (recorder, notices) = recorder(&path);
    assert_eq!(
        recorder.record(interaction("new", 1)).wait(),
        RecordOutcome::Durable
    );
    assert_eq!(
        recorder.record(interaction("newer", 2)).wait(),
        RecordOutcome::Durable
    );
    drop(recorder);
    let reported: Vec<_> = notices.iter().collect();
    let [Notice::Damaged { moved_to }] = &reported[..] else {
        panic!("reported {reported:?}");
    };
    assert_eq!(
        std::fs::read(moved_to).unwrap(),
        bytes,
        "nothing of it is lost"
    );
    let store = Store::open(&path).unwrap();
    assert!(store.get("new").unwrap().is_some() && store.get("newer").unwrap().is_some());
    assert_eq!(store.integrity_error().unwrap(), None);
    assert_eq!(store.set_aside_files(), std::slice::from_ref(moved_to));
}

#[test]
fn a_file_without_its_header() {
    check_damage(|bytes| bytes[..100].fill(0));
}

#[test]
fn a_truncated_file() {
    check_damage(|bytes| bytes.truncate(bytes.len() / 2 + 77));
}

#[test]
fn a_file_of_another_format() {
    check_damage(|bytes| *bytes = b"What is this?\n".repeat(2_000));
}

#[test]
fn a_file_with_pages_overwritten() {
    check_damage(|bytes| bytes[4_096..].fill(0xA5));
}

#[test]
fn a_log_without_its_database_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.db");
    std::fs::write(&path, "").unwrap();
    std::fs::write(connect::with_suffix(&path, "-wal"), "not empty").unwrap();
    let (recorder, notices) = recorder(&path);
    assert_eq!(
        recorder.record(interaction("new", 1)).wait(),
        RecordOutcome::Durable
    );
    let Ok(Notice::Damaged { moved_to }) = notices.recv() else {
        panic!("not reported");
    };
    assert_eq!(
        std::fs::read(connect::with_suffix(&moved_to, "-wal")).unwrap(),
        b"not empty"
    );
}

/// Flips bits: the result is an intact read, a reported error or a skipped interaction, never a panic or a changed text.
#[test]
fn flipped_bits_are_detected_or_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.db");
    write_some(&path, 300);
    let whole = std::fs::read(&path).unwrap();
    let mut random = blake3::Hasher::new().update(b"flip").finalize_xof();
    for _ in 0..60 {
        let mut at = [0; 8];
        random.fill(&mut at);
        let at = u64::from_le_bytes(at);
        let mut bytes = whole.clone();
        let place = (at >> 3) as usize % bytes.len();
        bytes[place] ^= 1 << (at & 7);
        for ending in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(connect::with_suffix(&path, ending));
        }
        std::fs::write(&path, &bytes).unwrap();
        if let Ok(listing) =
            Store::open(&path).and_then(|store| store.list(&Filter::default(), 1_000, None))
        {
            for row in listing.rows {
                assert_eq!(
                    row.interaction.answer,
                    format!("{} is a thing", row.interaction.id)
                );
            }
        }
        let (recorder, _) = recorder(&path);
        assert_eq!(
            recorder.record(interaction("new", 1_000)).wait(),
            RecordOutcome::Durable
        );
    }
}

#[test]
fn a_file_deleted_meanwhile_is_created_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.db");
    let (recorder, notices) = recorder(&path);
    assert_eq!(
        recorder.record(interaction("lost", 1)).wait(),
        RecordOutcome::Durable
    );
    for ending in ["", "-wal", "-shm"] {
        std::fs::remove_file(connect::with_suffix(&path, ending)).unwrap();
    }
    assert_eq!(
        recorder.record(interaction("new", 2)).wait(),
        RecordOutcome::Durable
    );
    drop(recorder);
    assert_eq!(notices.iter().count(), 0);
    assert!(Store::open(&path).unwrap().get("new").unwrap().is_some());
}

#[test]
fn two_recorders_set_a_damaged_file_aside_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.db");
    let (first, first_notices) = recorder(&path);
    let (second, second_notices) = recorder(&path);
    for recorder in [&first, &second] {
        assert_eq!(
            recorder.record(interaction("old", 1)).wait(),
            RecordOutcome::Durable
        );
    }
    let seen = connect::identity(&path);
    let moved_to = connect::set_aside(&path, seen).unwrap();
    assert!(moved_to.is_some());
    assert_eq!(
        connect::set_aside(&path, seen).unwrap(),
        None,
        "somebody else was first"
    );
    // Both have the old file open, and neither may continue to use it.
    assert_eq!(
        first.record(interaction("first", 2)).wait(),
        RecordOutcome::Durable
    );
    assert_eq!(
        second.record(interaction("second", 2)).wait(),
        RecordOutcome::Durable
    );
    drop((first, second));
    let store = Store::open(&path).unwrap();
    assert!(store.get("first").unwrap().is_some() && store.get("second").unwrap().is_some());
    assert_eq!(store.integrity_error().unwrap(), None);
    assert_eq!(first_notices.iter().chain(second_notices).count(), 0);
}

#[test]
fn a_locked_database_is_reported_once_and_recovered_from() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.db");
    let store = Store::open(&path).unwrap();
    store.connection.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let (recorder, notices) = recorder(&path);
    let waiting: Vec<Ticket> = (0..5)
        .map(|at| recorder.record(interaction(&format!("i{at}"), at)))
        .collect();
    for ticket in waiting {
        assert!(matches!(ticket.wait(), RecordOutcome::Deferred(_)));
    }
    assert!(matches!(recorder.health(), Some(Notice::Failing { .. })));
    let Ok(Notice::Failing { reason }) = notices.recv() else {
        panic!("not reported");
    };
    assert_eq!(
        reason,
        "another process has locked the samples; close it or try again"
    );
    store.connection.execute_batch("COMMIT").unwrap();
    assert_eq!(notices.recv(), Ok(Notice::Recovered { late: 5, lost: 0 }));
    assert_eq!(recorder.health(), None);
    assert_eq!(everything(&store).len(), 5);
    assert_eq!(
        recorder.record(interaction("after", 9)).wait(),
        RecordOutcome::Durable
    );
}

#[test]
fn a_newer_version_is_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.db");
    write_some(&path, 1);
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let (recorder, notices) = recorder(&path);
    assert!(matches!(
        recorder.record(interaction("new", 1)).wait(),
        RecordOutcome::Deferred(_)
    ));
    drop(recorder);
    let reported: Vec<_> = notices.iter().collect();
    let said = "the samples were written by a newer version (format 99, this version reads up to 1); update repo-lsp";
    assert_eq!(
        reported,
        [Notice::Failing {
            reason: said.to_owned()
        }]
    );
    assert!(matches!(
        Store::open(&path),
        Err(StoreError::Newer {
            found: 99,
            known: 1
        })
    ));
    let connection = Connection::open(&path).unwrap();
    assert!(Store { connection, path }.get("old-0").unwrap().is_some());
}

#[test]
fn opening_without_waiting_fails_at_once_when_locked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.db");
    drop(Store::open(&path).unwrap());
    let other = Connection::open(&path).unwrap();
    other
        .pragma_update(None, "locking_mode", "EXCLUSIVE")
        .unwrap();
    other
        .execute_batch("BEGIN IMMEDIATE; PRAGMA user_version = 1; COMMIT")
        .unwrap();
    assert!(matches!(
        Store::open_without_waiting(&path),
        Err(StoreError::Locked)
    ));
    drop(other);
    let store = Store::open_without_waiting(&path).unwrap();
    assert_eq!(store.counts_since(0).unwrap(), (0, 0));
}

#[test]
fn an_unusable_folder_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let (recorder, notices) = recorder(&file.join("samples.db"));
    assert!(matches!(
        recorder.record(interaction("new", 1)).wait(),
        RecordOutcome::Deferred(_)
    ));
    assert!(matches!(notices.recv(), Ok(Notice::Failing { .. })));
}

#[test]
fn nothing_is_recorded_when_the_mode_is_off() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.db");
    let options = RecorderOptions {
        intake: Intake::new(PrivacyMode::Off),
        ..RecorderOptions::default()
    };
    let recorder = Recorder::new(&path, options);
    assert_eq!(
        recorder.record(interaction("i", 1)).wait(),
        RecordOutcome::NotAdmitted
    );
    drop(recorder);
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "not even a file"
    );
}
