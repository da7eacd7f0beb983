//! Compares the time of a full index with a lower bound for an index of this kind, on the same files and threads.
//!
//! The lower bound (`floor`) reads and parses each file, runs the tags query of its grammar, and indexes the text with tantivy in 1.5 kB
//! pieces. Both sides run alternately in separate processes, so that variations of the machine affect both, and peak memory is measured
//! separately.
//!
//!     cargo bench -p repo-indexer --bench floor -- WORKSPACE …

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark may panic on errors and prints its results"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use rayon::prelude::*;
use repo_indexer::{Cancel, Index, IndexOptions, RefreshScope};
use tree_sitter::{Parser, Query, QueryCursor, StreamingIterator};

const THREADS: usize = 2;
const ROUNDS: usize = 3;
const PIECE_LEN: usize = 1_500;

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    match &arguments[..] {
        [side, workspace] if side == "--floor" => report(|| floor(Path::new(workspace))),
        [side, workspace] if side == "--full" => report(|| full(Path::new(workspace))),
        // Running all benchmarks without arguments must succeed.
        [] => println!("usage: cargo bench -p repo-indexer --bench floor -- WORKSPACE …"),
        workspaces => workspaces.iter().for_each(|workspace| compare(workspace)),
    }
}

fn compare(workspace: &str) {
    let mut rounds: Vec<[Figures; 2]> = (0..ROUNDS)
        .map(|_| ["--floor", "--full"].map(|side| Figures::of(side, workspace)))
        .collect();
    rounds.sort_by(|a, b| (a[1].cpu / a[0].cpu).total_cmp(&(b[1].cpu / b[0].cpu)));
    let [floor, full] = &rounds[ROUNDS / 2];
    println!(
        "{workspace}: {} files; floor {:.2} s ({:.2} CPU), full index {:.2} s ({:.2} CPU): {:.2} x wall, {:.2} x CPU; peak memory {} MB",
        full.files,
        floor.wall,
        floor.cpu,
        full.wall,
        full.cpu,
        full.wall / floor.wall,
        full.cpu / floor.cpu,
        full.peak / 1_000
    );
}

/// The measurements of one side.
struct Figures {
    files: usize,
    wall: f64,
    cpu: f64,
    /// Peak memory in kilobytes.
    peak: u64,
}

impl Figures {
    fn of(side: &str, workspace: &str) -> Figures {
        let output = Command::new(std::env::current_exe().unwrap())
            .args([side, workspace])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8(output.stdout).unwrap();
        let mut words = text.split_whitespace();
        let mut next = || words.next().unwrap().parse::<f64>().unwrap();
        Figures {
            files: next() as usize,
            wall: next(),
            cpu: next(),
            peak: next() as u64,
        }
    }
}

fn report(work: impl FnOnce() -> usize) {
    let started = Instant::now();
    let files = work();
    println!(
        "{files} {} {} {}",
        started.elapsed().as_secs_f64(),
        cpu_seconds(),
        peak_kilobytes()
    );
}

fn full(workspace: &Path) -> usize {
    let directory = tempfile::tempdir().unwrap();
    let options = IndexOptions {
        directory: directory.path().to_owned(),
        exclude: Vec::new(),
        private: Vec::new(),
        max_file_bytes: 2_000_000,
        languages_off: Vec::new(),
        threads: THREADS,
    };
    let index = Index::open(workspace, options).unwrap();
    index
        .refresh(RefreshScope::All, &|_| {}, &Cancel::new())
        .unwrap()
        .indexed
}

fn floor(workspace: &Path) -> usize {
    let files: Vec<PathBuf> = ignore::WalkBuilder::new(workspace)
        .hidden(false)
        .require_git(false)
        .build()
        .flatten()
        .filter(|entry| {
            entry.file_type().is_some_and(|kind| kind.is_file())
                && entry.metadata().unwrap().len() <= 2_000_000
        })
        .map(ignore::DirEntry::into_path)
        .collect();
    let mut schema = tantivy::schema::Schema::builder();
    let indexing = tantivy::schema::TextFieldIndexing::default();
    let text = schema.add_text_field(
        "text",
        tantivy::schema::TextOptions::default().set_indexing_options(indexing),
    );
    let directory = tempfile::tempdir().unwrap();
    let index = tantivy::Index::create_in_dir(directory.path(), schema.build()).unwrap();
    let mut writer = index.writer_with_num_threads(1, 160_000_000).unwrap();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(THREADS)
        .build()
        .unwrap();
    let count = pool.install(|| {
        let indexed = files.par_iter().map_init(Tags::default, |tags, path| {
            let Ok(source) = std::fs::read_to_string(path) else {
                return 0;
            };
            tags.run(path, &source);
            let mut rest = source.as_str();
            while !rest.is_empty() {
                let (piece, tail) =
                    rest.split_at(rest.floor_char_boundary(PIECE_LEN.min(rest.len())).max(1));
                writer.add_document(tantivy::doc!(text => piece)).unwrap();
                rest = tail;
            }
            1
        });
        indexed.sum()
    });
    writer.commit().unwrap();
    count
}

/// A parser and the compiled tags queries of the languages used so far.
#[derive(Default)]
struct Tags {
    parser: Parser,
    cursor: QueryCursor,
    queries: std::collections::HashMap<&'static str, Query>,
}

impl Tags {
    fn run(&mut self, path: &Path, source: &str) {
        let Some((language, tags)) = grammar(path) else {
            return;
        };
        self.parser.set_language(&language).unwrap();
        let Some(tree) = self.parser.parse(source, None) else {
            return;
        };
        let query = self
            .queries
            .entry(tags)
            .or_insert_with(|| Query::new(&language, tags).unwrap());
        let mut matches = self
            .cursor
            .matches(query, tree.root_node(), source.as_bytes());
        while let Some(found) = matches.next() {
            std::hint::black_box(found);
        }
    }
}

fn grammar(path: &Path) -> Option<(tree_sitter::Language, &'static str)> {
    Some(match path.extension()?.to_str()? {
        "py" | "pyi" => (
            tree_sitter_python::LANGUAGE.into(),
            tree_sitter_python::TAGS_QUERY,
        ),
        "rs" => (
            tree_sitter_rust::LANGUAGE.into(),
            tree_sitter_rust::TAGS_QUERY,
        ),
        "ts" => (
            tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            tree_sitter_typescript::TAGS_QUERY,
        ),
        "tsx" => (
            tree_sitter_typescript::LANGUAGE_TSX.into(),
            tree_sitter_typescript::TAGS_QUERY,
        ),
        "js" | "jsx" => (
            tree_sitter_javascript::LANGUAGE.into(),
            tree_sitter_javascript::TAGS_QUERY,
        ),
        "go" => (tree_sitter_go::LANGUAGE.into(), tree_sitter_go::TAGS_QUERY),
        "java" => (
            tree_sitter_java::LANGUAGE.into(),
            tree_sitter_java::TAGS_QUERY,
        ),
        "c" | "h" => (tree_sitter_c::LANGUAGE.into(), tree_sitter_c::TAGS_QUERY),
        "cpp" | "cc" | "hpp" => (
            tree_sitter_cpp::LANGUAGE.into(),
            tree_sitter_cpp::TAGS_QUERY,
        ),
        "rb" => (
            tree_sitter_ruby::LANGUAGE.into(),
            tree_sitter_ruby::TAGS_QUERY,
        ),
        "php" => (
            tree_sitter_php::LANGUAGE_PHP.into(),
            tree_sitter_php::TAGS_QUERY,
        ),
        "lua" => (
            tree_sitter_lua::LANGUAGE.into(),
            tree_sitter_lua::TAGS_QUERY,
        ),
        _ => return None,
    })
}

/// Returns the user and system time of this process. Linux reports it in hundredths of a second.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks / 100.0
}

fn peak_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
