//! How an index follows the disk, the open buffers and other processes.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use repo_indexer::{
    Cancel, Index, IndexAccess, IndexError, IndexEvent, RefreshReport, RefreshScope, Snapshot,
};

use crate::support::{Workspace, dump, refresh, search};

/// No event that is waited for takes this long; one that never comes fails the test instead of hanging it.
const PATIENCE: Duration = Duration::from_secs(60);

/// An index that keeps itself fresh, with its events.
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

    /// Waits until a published state satisfies `wanted`.
    #[track_caller]
    fn until(&self, what: &str, wanted: impl Fn(&Snapshot) -> bool) {
        while !wanted(&self.index.snapshot()) {
            loop {
                match self.events.recv_timeout(PATIENCE) {
                    Ok(IndexEvent::Fresh(_)) => break,
                    Ok(_) => {}
                    Err(_) => panic!("never seen: {what}"),
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
        "what was indexed is there before any scan"
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
fn a_file_whose_time_alone_changed_is_not_indexed_again() {
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
    let looked_at = std::sync::atomic::AtomicUsize::new(0);
    let count = |_| {
        looked_at.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    };
    index
        .refresh(RefreshScope::All, &count, &Cancel::new())
        .unwrap();
    assert_eq!(looked_at.into_inner(), 0, "the new time was stored");
}

#[test]
fn the_watcher_sees_writes_renames_deletes_and_new_folders() {
    let workspace = Workspace::new("\n//- /a.py\nalpha = 1\n//- /lib/b.py\nbeta = 1\n");
    let kept = BackgroundIndex::new(workspace.open());
    kept.until("the first scan", |now| {
        now.contains("a.py") && now.contains("lib/b.py")
    });
    workspace.write("a.py", "gamma = 1\n");
    kept.until("a write", |now| {
        !now.definitions("gamma").is_empty() && now.definitions("alpha").is_empty()
    });
    std::fs::rename(workspace.path("lib"), workspace.path("moved")).unwrap();
    kept.until("a renamed folder", |now| {
        now.contains("moved/b.py") && !now.contains("lib/b.py")
    });
    workspace.write("new/deep/c.py", "delta = 1\n");
    kept.until("a file in new folders", |now| now.contains("new/deep/c.py"));
    workspace.write("new/deep/d.py", "epsilon = 1\n");
    kept.until("a later file in a new folder", |now| {
        now.contains("new/deep/d.py")
    });
    workspace.remove("a.py");
    kept.until("a delete", |now| !now.contains("a.py"));
    workspace.write(".gitignore", "moved\n");
    kept.until("an ignore rule", |now| !now.contains("moved/b.py"));
    assert_eq!(dump(&kept.index.snapshot()), workspace.fresh_dump());
}

#[test]
fn a_branch_switch_is_few_batches() {
    let workspace = Workspace::new("\n//- /keep.py\nkeep = 1\n");
    let kept = BackgroundIndex::new(workspace.open());
    kept.until("the first scan", |now| now.contains("keep.py"));
    for number in 0..200 {
        workspace.write(
            &format!("pkg/f{number}.py"),
            &format!("value_{number} = {number}\n"),
        );
    }
    let all = |now: &Snapshot| (0..200).all(|number| now.contains(&format!("pkg/f{number}.py")));
    let mut batches = 0;
    while !all(&kept.index.snapshot()) {
        if let IndexEvent::Fresh(_) = kept.events.recv_timeout(PATIENCE).unwrap() {
            batches += 1;
        }
    }
    assert!(batches < 20, "{batches} batches for one switch");
}

#[test]
fn an_open_buffer_is_as_good_as_a_saved_file() {
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
        "a closed buffer leaves no trace"
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
    let kept = BackgroundIndex::new(workspace.open());
    kept.until("the first scan", |now| now.contains("a/sub/x.py"));
    std::fs::rename(workspace.path("a"), workspace.path("b")).unwrap();
    kept.until("the rename", |now| now.contains("b/sub/x.py"));
    std::fs::rename(workspace.path("b"), workspace.path("a")).unwrap();
    kept.until("the rename back", |now| now.contains("a/sub/x.py"));
    workspace.write("a/sub/x.py", "beta = 1\n");
    kept.until("an edit after that", |now| {
        !now.definitions("beta").is_empty()
    });
}

#[test]
fn an_index_removed_while_in_use_is_made_anew() {
    let workspace = Workspace::new("\n//- /a.py\nalpha = 1\n");
    let kept = BackgroundIndex::new(workspace.open());
    kept.until("the first scan", |now| now.contains("a.py"));
    std::fs::remove_dir_all(workspace.index_folder()).unwrap();
    workspace.write("b.py", "beta = 1\n");
    kept.until("an edit after the removal", |now| now.contains("b.py"));
    assert_eq!(dump(&kept.index.snapshot()), workspace.fresh_dump());
    assert_eq!(
        workspace.open().access(),
        IndexAccess::Reader,
        "it holds the lock of the new index"
    );
}

#[test]
fn a_buffer_that_equals_the_disk_is_kept_for_when_the_disk_changes() {
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
        "the editor still shows it"
    );
    assert!(index.snapshot().definitions("beta").is_empty());
}

#[test]
fn a_buffer_of_a_file_that_is_left_out_is_left_out_too() {
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
