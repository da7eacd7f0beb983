//! `kill -9` while indexing and damaged index files: the next run restores the index to the same content as a new one.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Child;

use integration::{Sandbox, Tree};
use serde_json::{Value, json};

const FILES: usize = 2_000;

/// When to kill the process. Each is an observed event, so that the test does not depend on timing.
enum KillPoint {
    /// It has reported at least this percentage of files.
    Percent(usize),
    /// It has created this many files in the index folder.
    FilesWritten(usize),
}

#[test]
fn an_index_after_twenty_kills_equals_a_new_one() {
    let sandbox = Sandbox::new("");
    let tree = Tree { files: FILES };
    tree.write(&sandbox.root());
    let kill_points = [1, 7, 20, 33, 50, 66, 80, 93, 99, 100].map(KillPoint::Percent);
    let kill_points = kill_points
        .into_iter()
        .flat_map(|kill_point| [kill_point, KillPoint::FilesWritten(1)]);
    let mut killed = 0;

    for (round, kill_point) in kill_points.enumerate() {
        // The rounds alternate between a first run, a run after many changes, and a rebuild of a good index.
        let arguments: &[&str] = match round % 3 {
            0 => {
                let _ = std::fs::remove_dir_all(sandbox.cache());
                &["index", "-v"]
            }
            1 => {
                change(&sandbox, &tree, round);
                &["index", "-v"]
            }
            _ => &["index", "-v", "--rebuild"],
        };
        let kill_point = match kill_point {
            KillPoint::FilesWritten(_) => KillPoint::FilesWritten(1 + round / 2 % 3),
            other => other,
        };
        killed += usize::from(run_until(&sandbox, arguments, &kill_point));

        let after = sandbox.run(&["index"]);
        assert_eq!(after.code, Some(0), "round {round}: {after:?}");
        assert_eq!(after.stderr, "", "round {round}: nothing was damaged");
        assert_eq!(
            contents(&sandbox, None),
            contents(&sandbox, Some(round)),
            "round {round}"
        );
    }
    // A late event may be observed after the process has ended; most events must not.
    assert!(
        killed >= 16,
        "only {killed} of 20 runs were killed before they ended by themselves"
    );
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_a_usable_index() {
    let sandbox = Sandbox::new("");
    let tree = Tree { files: FILES };
    tree.write(&sandbox.root());
    let mut child = sandbox.command(&["index", "-v"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("indexing ")));
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
    lines.for_each(drop);
    assert!(!child.wait().unwrap().success());
    assert_eq!(sandbox.json(&["status"])["files"], FILES);
    assert_eq!(contents(&sandbox, None), contents(&sandbox, Some(0)));
}

#[test]
fn a_damaged_index_is_rebuilt_with_a_warning() {
    let sandbox = Sandbox::new("");
    let tree = Tree { files: 60 };
    tree.write(&sandbox.root());
    let whole = contents(&sandbox, None);
    let mut tried = Vec::new();
    let (mut damaged, mut noticed) = (0, 0);
    // For each kind of file, one is truncated and one has a byte changed, each time in an intact index.
    loop {
        let files = index_files(&sandbox.cache());
        let next = files
            .iter()
            .flat_map(|file| [(file, "truncated"), (file, "changed")]);
        let mut next = next.filter(|(file, how)| !tried.contains(&(kind(file), *how)));
        let Some((file, how)) = next.next() else {
            break;
        };
        tried.push((kind(file), how));
        let mut bytes = std::fs::read(file).unwrap();
        let middle = bytes.len() / 2;
        match how {
            "truncated" => bytes.truncate(middle),
            _ => bytes
                .iter_mut()
                .skip(middle)
                .take(1)
                .for_each(|byte| *byte ^= 0x55),
        }
        std::fs::write(file, bytes).unwrap();
        let what = format!("{} {how}", file.display());
        let output = sandbox.run(&["index"]);
        assert_eq!(output.code, Some(0), "{what}: {output:?}");
        assert!(!output.stderr.contains("panicked"), "{what}: {output:?}");
        let segment = file.file_stem().is_some_and(|stem| stem.len() == 32);
        damaged += usize::from(segment);
        noticed += usize::from(segment && output.stderr.contains("damaged"));
        assert_eq!(contents(&sandbox, None), whole, "{what}");
    }
    // The files of a segment have checksums. Other files may be restored without a warning.
    assert!(
        damaged >= 10,
        "only {damaged} files of segments among {tried:?}"
    );
    assert_eq!(noticed, damaged, "{tried:?}");
}

/// Returns the extension of an index file, or its name if it has none.
fn kind(file: &Path) -> String {
    let kind = file.extension().or(file.file_name());
    kind.unwrap_or_default().to_string_lossy().into_owned()
}

/// Runs a command and kills it at the kill point. Returns false if it had already ended.
fn run_until(sandbox: &Sandbox, arguments: &[&str], kill_point: &KillPoint) -> bool {
    let before = index_files(&sandbox.cache());
    let mut child = sandbox.command(arguments).spawn().unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    match *kill_point {
        KillPoint::Percent(percent) => {
            for line in stderr.lines() {
                let line = line.unwrap();
                let numbers: Vec<usize> = line
                    .split(' ')
                    .filter_map(|word| word.parse().ok())
                    .collect();
                if let [done, total] = numbers[..]
                    && done * 100 >= percent * total
                {
                    break;
                }
            }
            kill(child)
        }
        KillPoint::FilesWritten(count) => {
            let reader = std::thread::spawn(move || stderr.lines().for_each(drop));
            let new =
                |files: Vec<PathBuf>| files.iter().filter(|file| !before.contains(file)).count();
            while new(index_files(&sandbox.cache())) < count && child.try_wait().unwrap().is_none()
            {
                std::thread::yield_now();
            }
            let killed = kill(child);
            reader.join().unwrap();
            killed
        }
    }
}

fn kill(mut child: Child) -> bool {
    let running = child.try_wait().unwrap().is_none();
    let _ = child.kill();
    child.wait().unwrap();
    running
}

/// Rewrites a fifth of the files, removes some and adds one.
fn change(sandbox: &Sandbox, tree: &Tree, round: usize) {
    for number in (round..FILES).step_by(5) {
        tree.write_file(&sandbox.root(), number, round);
    }
    for number in (round..FILES).step_by(97) {
        let _ = std::fs::remove_file(sandbox.root().join(tree.path(number)));
    }
    sandbox.write(
        &format!("new_{round}.py"),
        &format!("def arrival_{round}():\n    pass\n"),
    );
}

/// Returns counts, search results and modules of the index. With `fresh`, of an index that is built in a new folder of this number.
fn contents(sandbox: &Sandbox, fresh: Option<usize>) -> Value {
    let cache = match fresh {
        Some(round) => sandbox.home().join(format!("fresh-{round}")),
        None => sandbox.cache(),
    };
    let json = |arguments: &[&str]| -> Value {
        let output = sandbox
            .command(arguments)
            .arg("--json")
            .env("REPO_LSP_CACHE_DIR", &cache)
            .output()
            .unwrap();
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {output:?}"))
    };
    let status = json(&["status"]);
    let counts = [
        "files",
        "symbols",
        "chunks",
        "modules",
        "languages",
        "skipped",
    ]
    .map(|key| status[key].clone());
    let searches = [
        "settle_48",
        "routes parcels next hop",
        "arrival",
        "Mixer1998 gain",
        "how are ledgers settled",
    ]
    .map(|query| json(&["search", query, "-n", "20"]));
    let contents = json!({ "counts": counts, "searches": searches, "modules": json(&["modules"]) });
    if fresh.is_some() {
        std::fs::remove_dir_all(cache).unwrap();
    }
    contents
}

/// Returns all files below a folder, sorted. Empty if the folder does not exist.
fn index_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                _ => files.push(entry.path()),
            }
        }
    }
    files.sort();
    files
}
