//! kill -9 while indexing: nothing is damaged, and one more run makes the index what a fresh one would be.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Child;

use integration::{Sandbox, Tree};
use serde_json::{Value, json};

const FILES: usize = 2_000;

/// When the process is killed. Each is an observation, never a time.
enum Moment {
    /// It has reported this many hundredths.
    Hundredth(usize),
    /// It has written this many new files into its folder.
    Written(usize),
}

#[test]
fn killed_twenty_times_the_index_is_what_a_fresh_one_is() {
    let sandbox = Sandbox::new("");
    let tree = Tree { files: FILES };
    tree.write(&sandbox.root());
    let moments = [1, 7, 20, 33, 50, 66, 80, 93, 99, 100].map(Moment::Hundredth);
    let moments = moments
        .into_iter()
        .flat_map(|moment| [moment, Moment::Written(1)]);
    let mut killed = 0;

    for (round, moment) in moments.enumerate() {
        // Rounds take turns: from nothing, after many changes, and anew over a good index.
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
        let moment = match moment {
            Moment::Written(_) => Moment::Written(1 + round / 2 % 3),
            other => other,
        };
        killed += usize::from(run_until(&sandbox, arguments, &moment));

        let after = sandbox.run(&["index"]);
        assert_eq!(after.code, Some(0), "round {round}: {after:?}");
        assert_eq!(after.stderr, "", "round {round}: nothing was damaged");
        assert_eq!(
            contents(&sandbox, None),
            contents(&sandbox, Some(round)),
            "round {round}"
        );
    }
    // The last observations may come too late for a process that is already done; most must not.
    assert!(
        killed >= 16,
        "only {killed} of 20 runs were killed before they ended by themselves"
    );
}

#[cfg(unix)]
#[test]
fn interrupted_by_the_user_the_index_is_good() {
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
fn a_damaged_index_is_made_anew_and_says_so() {
    let sandbox = Sandbox::new("");
    let tree = Tree { files: 60 };
    tree.write(&sandbox.root());
    let whole = contents(&sandbox, None);
    let mut seen = Vec::new();
    let (mut damaged, mut noticed) = (0, 0);
    // One file of each kind is cut short, and one has a wrong byte, each time in an index that was good.
    loop {
        let files = index_files(&sandbox.cache());
        let next = files
            .iter()
            .flat_map(|file| [(file, "cut"), (file, "flipped")]);
        let mut next = next.filter(|(file, how)| !seen.contains(&(kind(file), *how)));
        let Some((file, how)) = next.next() else {
            break;
        };
        seen.push((kind(file), how));
        let mut bytes = std::fs::read(file).unwrap();
        let middle = bytes.len() / 2;
        match how {
            "cut" => bytes.truncate(middle),
            _ => bytes
                .iter_mut()
                .skip(middle)
                .take(1)
                .for_each(|byte| *byte ^= 0x55),
        }
        std::fs::write(file, bytes).unwrap();
        let what = format!("{} {how}", file.display());
        let ran = sandbox.run(&["index"]);
        assert_eq!(ran.code, Some(0), "{what}: {ran:?}");
        assert!(!ran.stderr.contains("panicked"), "{what}: {ran:?}");
        let segment = file.file_stem().is_some_and(|stem| stem.len() == 32);
        damaged += usize::from(segment);
        noticed += usize::from(segment && ran.stderr.contains("damaged"));
        assert_eq!(contents(&sandbox, None), whole, "{what}");
    }
    // The files of a segment bear checksums; of those around them some may be made anew without a word.
    assert!(
        damaged >= 10,
        "only {damaged} files of segments among {seen:?}"
    );
    assert_eq!(noticed, damaged, "{seen:?}");
}

/// The extension of a file of the index, or its name.
fn kind(file: &Path) -> String {
    let kind = file.extension().or(file.file_name());
    kind.unwrap_or_default().to_string_lossy().into_owned()
}

/// Runs until the moment has come, then kills. False if the process had ended by then.
fn run_until(sandbox: &Sandbox, arguments: &[&str], moment: &Moment) -> bool {
    let before = index_files(&sandbox.cache());
    let mut child = sandbox.command(arguments).spawn().unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    match *moment {
        Moment::Hundredth(hundredth) => {
            for line in stderr.lines() {
                let line = line.unwrap();
                let numbers: Vec<usize> = line
                    .split(' ')
                    .filter_map(|word| word.parse().ok())
                    .collect();
                if let [done, total] = numbers[..]
                    && done * 100 >= hundredth * total
                {
                    break;
                }
            }
            kill(child)
        }
        Moment::Written(count) => {
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

/// Rewrites a good part of the files, removes some and adds one.
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

/// Everything the command line says of the index; with a round, of one that is made from nothing.
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

/// All files below a folder, sorted; none if it does not exist yet.
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
