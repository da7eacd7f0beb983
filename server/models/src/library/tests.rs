//! Tests of the library: activation, crashes and concurrent writers.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Barrier;

use ::checkpoint::Shape;
use expect_test::{Expect, expect};
use tempfile::TempDir;

use super::*;

const SMALL: Shape = Shape {
    hidden: 16,
    layers: 2,
    heads: 2,
    kv_heads: 1,
    head_dim: 8,
    feed_forward: 24,
    vocabulary: 600,
    tied: true,
    context: 256,
    rope_theta: 10_000,
};

pub(super) struct Fixture {
    folder: TempDir,
    pub library: Library,
}

impl Fixture {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let library = Library::new(&Dirs {
            cache: folder.path().join("cache"),
            config: folder.path().join("config"),
            data: folder.path().join("data"),
        });
        Fixture { folder, library }
    }

    /// Writes a checkpoint outside the library. The same seed produces the same checkpoint.
    pub fn checkpoint(&self, seed: u64) -> PathBuf {
        let directory = self.folder.path().join(format!("checkpoint-{seed}"));
        ::checkpoint::random(&directory, SMALL, seed).unwrap();
        directory
    }

    pub fn add(&self, name: &str, from: &Path) -> Result<AddedGeneration, LibraryError> {
        self.library.add(name, &incoming(from), &|_, _| {})
    }

    /// Adds a generation and activates it.
    fn install(&self, name: &str, seed: u64) -> Installed {
        let added = self.add(name, &self.checkpoint(seed)).unwrap();
        let number = added.installed.manifest.number;
        self.library.switch(name, number).unwrap();
        added.installed
    }

    fn label(&self, name: Option<&str>) -> String {
        match self.library.resolve(name) {
            Ok(installed) => installed.label(),
            Err(error) => error.to_string(),
        }
    }

    /// Returns all paths in the models directory except lock files.
    fn tree(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.library.directory().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                let path = entry.path();
                let name = path.strip_prefix(self.library.directory()).unwrap();
                let name = name.to_str().unwrap().to_owned();
                if path.is_dir() {
                    folders.push(path);
                } else if !name.ends_with("lock") {
                    found.push(name);
                }
            }
        }
        found.sort();
        found
    }
}

pub(super) fn incoming(from: &Path) -> NewCheckpoint {
    NewCheckpoint {
        path: from.to_owned(),
        transfer: Transfer::Copy,
        provenance: Provenance::default(),
    }
}

fn says(result: Result<impl std::fmt::Debug, LibraryError>, expected: Expect) {
    let text = result.unwrap_err().to_string();
    assert_eq!(text.lines().count(), 1, "{text}");
    expected.assert_eq(&text);
}

#[test]
fn a_generation_is_complete_before_it_is_active() {
    let fixture = Fixture::new();
    let added = fixture.add("repo", &fixture.checkpoint(1)).unwrap();
    assert_eq!(
        (added.installed.label().as_str(), added.already_installed),
        ("repo@1", false)
    );
    says(
        fixture.library.current("repo"),
        expect![
            "no generation of repo is active. On disk: 1. To use one: repo-lsp model use repo@1"
        ],
    );
    assert_eq!(fixture.library.switch("repo", 1).unwrap(), None);
    let current = fixture.library.current("repo").unwrap();
    assert_eq!(current, added.installed);
    let weights = current
        .manifest
        .files
        .iter()
        .find(|file| file.path == "model.safetensors")
        .unwrap();
    let text = fs::read(current.directory.join("model.safetensors")).unwrap();
    assert_eq!(weights.hash, blake3::hash(&text).to_hex().to_string());
    assert_eq!(weights.bytes, text.len() as u64);
    assert_eq!(
        current.bytes(),
        current
            .manifest
            .files
            .iter()
            .map(|file| file.bytes)
            .sum::<u64>()
    );
    assert_eq!(
        fixture.tree(),
        [
            ".numbers",
            "repo/1/config.json",
            "repo/1/generation_config.json",
            "repo/1/manifest.json",
            "repo/1/model.safetensors",
            "repo/1/tokenizer.json",
            "repo/1/tokenizer_config.json",
            "repo/current",
        ]
    );
}

#[test]
fn resolves_names() {
    let fixture = Fixture::new();
    assert_eq!(
        fixture.label(None),
        "no default model is set. None is installed. To download: repo-lsp model pull Qwen/Qwen3-4B"
    );
    assert_eq!(
        fixture.label(Some("qwen3-0.6b")),
        "no such model: qwen3-0.6b. None is installed. To download: repo-lsp model pull Qwen/Qwen3-0.6B"
    );
    fixture.install("tiny", 1);
    fixture.install("repo", 2);
    fixture.install("repo", 3);
    assert_eq!(
        fixture.label(None),
        "no default model is set. Installed: repo, tiny. To set one: repo-lsp model use repo"
    );
    fixture.library.set_default("repo").unwrap();
    let cases = [
        (None, "repo@2"),
        (Some("default"), "repo@2"),
        (Some("repo"), "repo@2"),
        (Some("repo@1"), "repo@1"),
        (Some("tiny"), "tiny@1"),
        (
            Some("repo@3"),
            "repo has no generation 3. On disk: 1, 2. To use one: repo-lsp model use repo@2",
        ),
        (
            Some("qwen3:8b"),
            "invalid model name `qwen3:8b`; use letters, digits, `.`, `_` and `-`, and do not start with `.` or `-`",
        ),
        (
            Some("zebra"),
            "no such model: zebra. Installed: repo, tiny. To download: repo-lsp model pull Qwen/Qwen3-4B",
        ),
    ];
    for (name, label) in cases {
        assert_eq!(fixture.label(name), label);
    }
}

#[test]
fn names_cannot_escape_the_library() {
    let fixture = Fixture::new();
    let from = fixture.checkpoint(1);
    fixture.install("repo", 1);
    let outside = fixture
        .library
        .directory()
        .parent()
        .unwrap()
        .join("outside/1");
    fs::create_dir_all(&outside).unwrap();
    fs::write(outside.join("manifest.json"), "{}").unwrap();
    for name in [
        "../outside",
        "..",
        ".",
        "",
        "repo/1",
        "/etc",
        ".incoming",
        "a\\b",
        "default",
    ] {
        let bad = |error: LibraryError| {
            matches!(error, LibraryError::BadName(_) | LibraryError::ReservedName)
        };
        assert!(bad(fixture.add(name, &from).unwrap_err()), "{name}");
        assert!(bad(fixture.library.current(name).unwrap_err()), "{name}");
        assert!(bad(fixture.library.switch(name, 1).unwrap_err()), "{name}");
        assert!(bad(fixture.library.remove(name).unwrap_err()), "{name}");
        assert!(
            bad(fixture.library.set_default(name).unwrap_err()),
            "{name}"
        );
    }
    assert!(outside.join("manifest.json").exists());
    assert_eq!(fixture.library.names(), ["repo"]);
}

#[test]
fn ignores_an_invalid_default_name() {
    let fixture = Fixture::new();
    fixture.install("repo", 1);
    fs::write(fixture.library.directory().join("default"), "../../etc\n").unwrap();
    assert_eq!(fixture.library.default_name(), None);
}

#[test]
fn rollback_skips_damaged_generations() {
    let fixture = Fixture::new();
    for seed in 1..=4 {
        fixture.install("repo", seed);
    }
    let third = fixture.library.directory().join("repo/3/model.safetensors");
    fs::write(third, "cut").unwrap();
    assert_eq!(fixture.library.rollback("repo").unwrap(), (4, 2));
    assert_eq!(fixture.library.rollback("repo").unwrap(), (2, 1));
    says(
        fixture.library.rollback("repo"),
        expect![
            "repo@1 is the oldest usable generation on disk; there is no earlier one to roll back to"
        ],
    );
    assert_eq!(fixture.label(Some("repo")), "repo@1");
}

#[test]
fn damaged_generations_are_reported_and_never_activated() {
    let fixture = Fixture::new();
    fixture.install("repo", 1);
    let second = fixture
        .add("repo", &fixture.checkpoint(2))
        .unwrap()
        .installed;
    let weights = second.directory.join("model.safetensors");
    let whole = fs::read(&weights).unwrap();
    let cases: [(&str, &dyn Fn()); 4] = [
        (
            "repo@2 is damaged: model.safetensors has 100 bytes instead of ",
            &|| fs::write(&weights, &whole[..100]).unwrap(),
        ),
        (
            "repo@2 is damaged: model.safetensors is missing. Pull it again, or use another generation listed by `repo-lsp model show repo`",
            &|| {
                fs::remove_file(&weights).unwrap();
            },
        ),
        (
            "repo@2 is damaged: manifest.json: EOF while parsing a value",
            &|| fs::write(second.directory.join(MANIFEST), "").unwrap(),
        ),
        (
            "repo@2 is damaged: manifest.json: no such file or directory",
            &|| fs::remove_file(second.directory.join(MANIFEST)).unwrap(),
        ),
    ];
    for (expected, damage) in cases {
        damage();
        let error = fixture.library.switch("repo", 2).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
        assert_eq!(fixture.label(Some("repo")), "repo@1");
    }
}

#[test]
fn identical_weights_are_stored_once_and_numbers_never_reused() {
    let fixture = Fixture::new();
    let from = fixture.checkpoint(1);
    let mut incoming = incoming(&from);
    incoming.provenance.source = Some("here".to_owned());
    let add = || fixture.library.add("repo", &incoming, &|_, _| {}).unwrap();
    assert!(!add().already_installed);
    let again = add();
    assert_eq!(
        (again.already_installed, again.installed.label().as_str()),
        (true, "repo@1")
    );
    fixture.library.remove("repo").unwrap();
    assert!(fixture.library.names().is_empty());
    assert_eq!(add().installed.label(), "repo@2");
}

#[test]
fn concurrent_writers_get_different_numbers() {
    let fixture = Fixture::new();
    let writers = 6;
    let checkpoints: Vec<PathBuf> = (0..writers).map(|seed| fixture.checkpoint(seed)).collect();
    let start = Barrier::new(checkpoints.len());
    std::thread::scope(|scope| {
        for from in &checkpoints {
            scope.spawn(|| {
                start.wait();
                for _ in 0..3 {
                    let added = fixture.add("repo", from).unwrap();
                    fixture
                        .library
                        .switch("repo", added.installed.manifest.number)
                        .unwrap();
                    fixture.library.current("repo").unwrap();
                }
            });
        }
    });
    let generations = fixture.library.generations("repo").unwrap();
    let numbers: Vec<u32> = generations
        .iter()
        .map(|installed| installed.manifest.number)
        .collect();
    assert_eq!(numbers, (1..=18).collect::<Vec<_>>());
    for generation in generations {
        generation.check_sizes().unwrap();
    }
    assert!(entries(&fixture.library.incoming()).is_empty());
}

#[test]
fn switching_is_atomic_for_readers() {
    let fixture = Fixture::new();
    fixture.install("repo", 1);
    fixture.install("repo", 2);
    std::thread::scope(|scope| {
        let switching = scope.spawn(|| {
            for round in 0..200 {
                fixture.library.switch("repo", 1 + round % 2).unwrap();
            }
        });
        while !switching.is_finished() {
            let number = fixture.library.current("repo").unwrap().manifest.number;
            assert!(number == 1 || number == 2);
        }
    });
}

#[test]
fn removes_leftovers_of_killed_writers_only() {
    let fixture = Fixture::new();
    fixture.install("repo", 1);
    let incoming = fixture.library.incoming();
    // The state after a kill: the staging directory and an unlocked lock file.
    for name in ["1-0", "1-1"] {
        fs::create_dir_all(incoming.join(name)).unwrap();
        fs::write(incoming.join(name).join("model.safetensors"), "half").unwrap();
    }
    fs::write(incoming.join("1-0.lock"), "").unwrap();
    let living = incoming.join("2-0");
    fs::create_dir(&living).unwrap();
    let held = files::lock_exclusive(&incoming.join("2-0.lock")).unwrap();
    // A temporary file of an interrupted switch.
    fs::write(fixture.library.directory().join("repo/.tmp123456"), "9").unwrap();

    assert_eq!(fixture.label(Some("repo")), "repo@1");
    let garbage = fixture.library.gc(true).unwrap();
    assert_eq!(garbage.len(), 2, "{garbage:?}");
    assert!(incoming.join("1-0").exists());
    fixture.install("repo", 2);
    assert_eq!(
        entries(&incoming),
        [living.clone(), incoming.join("2-0.lock")]
    );
    drop(held);
    assert_eq!(fixture.library.gc(false).unwrap().len(), 1);
    assert!(entries(&incoming).is_empty());
    assert_eq!(fixture.label(Some("repo")), "repo@2");
}

#[test]
fn rollback_does_not_return_to_the_generation_it_left() {
    let fixture = Fixture::new();
    fixture.install("repo", 1);
    fixture.install("repo", 2);
    assert_eq!(fixture.library.rollback("repo").unwrap(), (2, 1));
    fixture.install("repo", 3);
    assert_eq!(fixture.library.rollback("repo").unwrap(), (3, 1));
}

#[test]
fn gc_keeps_the_current_and_the_previous_generation() {
    let fixture = Fixture::new();
    for seed in 1..=4 {
        fixture.install("repo", seed);
    }
    fixture.library.switch("repo", 3).unwrap();
    // The fourth generation was active before the third.
    fixture.add("unused", &fixture.checkpoint(9)).unwrap();
    let names = |garbage: Vec<Garbage>| -> Vec<String> {
        garbage.into_iter().map(|garbage| garbage.what).collect()
    };
    assert_eq!(
        names(fixture.library.gc(true).unwrap()),
        ["repo@1", "repo@2"]
    );
    assert_eq!(fixture.library.generations("repo").unwrap().len(), 4);
    assert_eq!(
        names(fixture.library.gc(false).unwrap()),
        ["repo@1", "repo@2"]
    );
    assert_eq!(fixture.library.numbers("repo"), [3, 4]);
    assert_eq!(
        names(fixture.library.gc(false).unwrap()),
        Vec::<String>::new()
    );
    // Numbers of removed generations are not reused.
    assert_eq!(fixture.install("repo", 5).label(), "repo@5");
}

#[test]
fn keeps_the_base_of_an_adapter() {
    let fixture = Fixture::new();
    for seed in 1..=3 {
        fixture.install("base", seed);
    }
    let adapter = super::checkpoint::tests::adapters::adapter(&fixture.checkpoint(1));
    let mut incoming = incoming(&adapter);
    says(
        fixture.library.add("ours", &incoming, &|_, _| {}),
        expect!["this is an adapter; name its base model with --base NAME"],
    );
    incoming.provenance.base = Some("base@1".to_owned());
    let added = fixture.library.add("ours", &incoming, &|_, _| {}).unwrap();
    fixture.library.switch("ours", 1).unwrap();
    assert_eq!(added.installed.manifest.format, Format::Lora);
    let base = fixture.library.base(&added.installed).unwrap().unwrap();
    assert_eq!(base.label(), "base@1");
    assert_eq!(fixture.library.gc(false).unwrap(), []);
    says(
        fixture.library.remove("base"),
        expect!["base is the base of ours@1; remove that adapter first"],
    );
    fixture.library.remove("ours").unwrap();
    assert_eq!(fixture.library.gc(false).unwrap().len(), 1);
    fixture.library.remove("base").unwrap();
    assert!(fixture.library.names().is_empty());
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}

#[test]
fn estimates_memory_from_the_files() {
    use settings::Quantization;
    let fixture = Fixture::new();
    let installed = fixture.install("repo", 1);
    let numbers = SMALL.parameters() as u64;
    let need = |width, quantization| {
        fixture
            .library
            .estimate_memory(&installed, width, quantization)
            .unwrap()
    };
    let whole = need(4, Quantization::None);
    assert_eq!(whole.weights, 4 * numbers);
    // Keys and values of one head in both layers for each token, counted twice.
    assert_eq!(whole.context, 2 * 4096 * (2 * 2 * 8) * 4);
    assert_eq!(whole.total(), whole.weights + whole.context);
    assert_eq!(need(2, Quantization::None).weights, 2 * numbers);
    let embeddings = 600 * 16;
    let quantized = (numbers - embeddings) as f64 * 4.5 / 8.0;
    assert_eq!(
        need(2, Quantization::Q4K).weights,
        2 * embeddings + quantized as u64
    );
    assert!(super::memory::available() > 0);
}
