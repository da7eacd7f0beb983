//! Tests of updates: changes on disk, open buffers, and other processes.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use repo_indexer::{
    Cancel, Index, IndexAccess, IndexError, IndexEvent, RefreshReport, RefreshScope, Snapshot,
};

use crate::support::{Workspace, dump, refresh, search};

/// A missing event fails the test after this time.
const EVENT_TIMEOUT: Duration = Duration::from_secs(60);

/// An index with background indexing and its events.
struct BackgroundIndex {
    index: Arc<Index>,
    events: mpsc::Receiver<IndexEvent>,
    _guard: repo_indexer::IndexGuard,
}

impl BackgroundIndex {
    fn new(index: Arc<Index>) -> Self {
        let (sender, events) = mpsc::channel();
        let sender = Mutex::new(sender);
        let guard = index
            .keep_fresh(move |event| {
                let _ = sender.lock().unwrap().send(event);
            })
            .unwrap();
        BackgroundIndex {
            index,
            events,
            _guard: guard,
        }
    }

    /// Waits until a published snapshot satisfies `wanted`.
    #[track_caller]
    fn until(&self, what: &str, wanted: impl Fn(&Snapshot) -> bool) {
        while !wanted(&self.index.snapshot()) {
            loop {
                match self.events.recv_timeout(EVENT_TIMEOUT) {
                    Ok(IndexEvent::Fresh(_)) => break,
                    Ok(_) => {}
                    Err(_) => panic!("no event: {what}"),
                }
            }
        }
    }
}

#[test]
fn a_warm_start_reads_only_what_changed() {
    let workspace = Workspace::new("\n//- /a.py\nalpha = 1\n//- /b.py\nbeta = 1\n");
    drop(workspace.indexed());
    workspace.write("b.py", "beta = 22\n");
    let index = workspace.open();
    assert!(
        index.snapshot().contains("a.py"),
        "the stored index is available before any scan"
    );
    assert_eq!(
        refresh(&index, RefreshScope::All),
        RefreshReport {
            indexed: 1,
            removed: 0,
            unchanged: 1,
            skipped: 0
        }
    );
    assert_eq!(
        refresh(&index, RefreshScope::All),
        RefreshReport {
            indexed: 0,
            removed: 0,
            unchanged: 2,
            skipped: 0
        }
    );
}

#[test]
fn a_file_with_only_a_new_modification_time_is_not_indexed_again() {
    let workspace = Workspace::new("\n//- /a.py\nalpha = 1\n");
    let index = workspace.indexed();
    let before = dump(&index.snapshot());
    let file = std::fs::File::options()
        .write(true)
        .open(workspace.path("a.py"))
        .unwrap();
    file.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(1))
        .unwrap();
    assert_eq!(refresh(&index, RefreshScope::All).indexed, 0);
    assert_eq!(dump(&index.snapshot()), before);
    drop(index);
    let index = workspace.open();
    let checked = std::sync::atomic::AtomicUsize::new(0);
    let count = |_| {
        checked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    };
    index
        .refresh(RefreshScope::All, &count, &Cancel::new())
        .unwrap();
    assert_eq!(
        checked.into_inner(),
        0,
        "the new modification time was stored"
    );
}

#[test]
fn the_watcher_sees_writes_renames_deletes_and_new_folders() {
    let workspace = Workspace::new("\n//- /a.py\nalpha = 1\n//- /lib/b.py\nbeta = 1\n");
    let background = BackgroundIndex::new(workspace.open());
    background.until("the first scan", |now| {
        now.contains("a.py") && now.contains("lib/b.py")
    });
    workspace.write("a.py", "gamma = 1\n");
    background.until("a write", |now| {
        !now.definitions("gamma").is_empty() && now.definitions("alpha").is_empty()
    });
    std::fs::rename(workspace.path("lib"), workspace.path("moved")).unwrap();
    background.until("a renamed folder", |now| {
        now.contains("moved/b.py") && !now.contains("lib/b.py")
    });
    workspace.write("new/deep/c.py", "delta = 1\n");
    background.until("a file in new folders", |now| now.contains("new/deep/c.py"));
    workspace.write("new/deep/d.py", "epsilon = 1\n");
    background.until("a later file in a new folder", |now| {
        now.contains("new/deep/d.py")
    });
    workspace.remove("a.py");
    background.until("a delete", |now| !now.contains("a.py"));
    workspace.write(".gitignore", "moved\n");
    background.until("an ignore rule", |now| !now.contains("moved/b.py"));
    assert_eq!(dump(&background.index.snapshot()), workspace.fresh_dump());
}

#[test]
fn a_branch_switch_is_processed_in_few_batches() {
    let workspace = Workspace::new("\n//- /keep.py\nkeep = 1\n");
    let background = BackgroundIndex::new(workspace.open());
    background.until("the first scan", |now| now.contains("keep.py"));
    for number in 0..200 {
        workspace.write(
            &format!("pkg/f{number}.py"),
            &format!("value_{number} = {number}\n"),
        );
    }
    let all = |now: &Snapshot| (0..200).all(|number| now.contains(&format!("pkg/f{number}.py")));
    let mut batches = 0;
    while !all(&background.index.snapshot()) {
        if let IndexEvent::Fresh(_) = background.events.recv_timeout(EVENT_TIMEOUT).unwrap() {
            batches += 1;
        }
    }
    assert!(batches < 20, "{batches} batches for one switch");
}

#[test]
fn an_open_buffer_gives_the_same_results_as_a_saved_file() {
    let fixture =
        "\n//- /a.py\ndef alpha():\n    return 1\n//- /b.py\nfrom a import alpha\nalpha()\n";
    let workspace = Workspace::new(fixture);
    let index = workspace.indexed();
    let disk = dump(&index.snapshot());
    let text =
        "def alpha():\n    return parse()\n\ndef parse():\n    '''Parse the configuration.'''\n";
    index.set_overlay("a.py", Some(text.into())).unwrap();
    let buffer = dump(&index.snapshot());
    assert_eq!(
        search(&index.snapshot(), "parse the configuration"),
        ["a.py"]
    );
    assert_eq!(index.snapshot().text("a.py").as_deref(), Some(text));
    index.set_overlay("a.py", None).unwrap();
    assert_eq!(
        dump(&index.snapshot()),
        disk,
        "closing a buffer restores the file on disk"
    );
    workspace.write("a.py", text);
    refresh(&index, RefreshScope::All);
    assert_eq!(dump(&index.snapshot()), buffer);
}

#[test]
fn a_private_file_stays_private_in_a_buffer() {
    let workspace = Workspace::new("\n//- /a.py\nx = 1\n");
    let index = workspace.indexed();
    index
        .set_overlay(".env", Some("PASSWORD = hunter2\n".into()))
        .unwrap();
    assert!(search(&index.snapshot(), "PASSWORD hunter2").is_empty());
    assert_eq!(index.snapshot().text(".env"), None);
}

#[test]
fn one_process_writes_and_the_next_takes_over() {
    let workspace = Workspace::new("\n//- /a.py\nalpha = 1\n");
    let writer = BackgroundIndex::new(workspace.open());
    writer.until("the first scan", |now| now.contains("a.py"));
    let reader = BackgroundIndex::new(workspace.open());
    assert_eq!(
        (writer.index.access(), reader.index.access()),
        (IndexAccess::Writer, IndexAccess::Reader)
    );
    assert!(matches!(
        reader
            .index
            .refresh(RefreshScope::All, &|_| {}, &Cancel::new()),
        Err(IndexError::ReadOnly)
    ));
    workspace.write("b.py", "beta = 1\n");
    reader.until("the writer's commit", |now| now.contains("b.py"));
    drop(writer);
    workspace.write("c.py", "gamma = 1\n");
    reader.until("its own scan after taking over", |now| now.contains("c.py"));
    assert_eq!(reader.index.access(), IndexAccess::Writer);
}

#[test]
fn a_cancelled_refresh_changes_nothing() {
    let workspace = Workspace::new("\n//- /a.py\nalpha = 1\n");
    let index = workspace.indexed();
    let before = dump(&index.snapshot());
    for number in 0..50 {
        workspace.write(&format!("f{number}.py"), "x = 1\n");
    }
    let cancel = Cancel::new();
    cancel.cancel();
    assert!(matches!(
        index.refresh(RefreshScope::All, &|_| {}, &cancel),
        Err(IndexError::Cancelled(_))
    ));
    assert_eq!(dump(&index.snapshot()), before);
    refresh(&index, RefreshScope::All);
    assert_eq!(dump(&index.snapshot()), workspace.fresh_dump());
}

#[test]
fn a_folder_renamed_and_renamed_back_is_still_watched() {
    let workspace = Workspace::new("\n//- /a/sub/x.py\nalpha = 1\n");
    let background = BackgroundIndex::new(workspace.open());
    background.until("the first scan", |now| now.contains("a/sub/x.py"));
    std::fs::rename(workspace.path("a"), workspace.path("b")).unwrap();
    background.until("the rename", |now| now.contains("b/sub/x.py"));
    std::fs::rename(workspace.path("b"), workspace.path("a")).unwrap();
    background.until("the rename back", |now| now.contains("a/sub/x.py"));
    workspace.write("a/sub/x.py", "beta = 1\n");
    background.until("an edit after that", |now| {
        !now.definitions("beta").is_empty()
    });
}

#[test]
fn an_index_removed_while_in_use_is_recreated() {
    let workspace = Workspace::new("\n//- /a.py\nalpha = 1\n");
    let background = BackgroundIndex::new(workspace.open());
    background.until("the first scan", |now| now.contains("a.py"));
    std::fs::remove_dir_all(workspace.index_folder()).unwrap();
    workspace.write("b.py", "beta = 1\n");
    background.until("an edit after the removal", |now| now.contains("b.py"));
    assert_eq!(dump(&background.index.snapshot()), workspace.fresh_dump());
    assert_eq!(
        workspace.open().access(),
        IndexAccess::Reader,
        "the first index holds the new lock"
    );
}

#[test]
fn a_buffer_equal_to_the_disk_hides_later_changes_on_disk() {
    let workspace = Workspace::new("\n//- /a.py\nalpha = 1\n");
    let index = workspace.indexed();
    index
        .set_overlay("a.py", Some("alpha = 1\n".into()))
        .unwrap();
    workspace.write("a.py", "beta = 1\n");
    refresh(&index, RefreshScope::All);
    assert_eq!(
        index.snapshot().definitions("alpha").len(),
        1,
        "the text in the editor is unchanged"
    );
    assert!(index.snapshot().definitions("beta").is_empty());
}

#[test]
fn a_buffer_of_an_excluded_file_is_excluded() {
    let workspace = Workspace::new(
        "\n//- /.gitignore\n*.local\n//- /keys.local\nsecret = 1\n//- /a.py\nx = 1\n",
    );
    let index = workspace.indexed();
    for path in [
        "keys.local",
        "excluded/a.py",
        "node_modules/x/i.js",
        ".git/COMMIT_EDITMSG",
    ] {
        index
            .set_overlay(path, Some("hidden_thing = 1\n".into()))
            .unwrap();
        assert!(
            search(&index.snapshot(), "hidden_thing").is_empty(),
            "{path}"
        );
    }
    index
        .set_overlay("unsaved.py", Some("hidden_thing = 1\n".into()))
        .unwrap();
    assert_eq!(search(&index.snapshot(), "hidden_thing"), ["unsaved.py"]);
}
