//! Facts of small repositories, as they are asked and answered.

use std::sync::Arc;

use expect_test::{Expect, expect};
use repo_indexer::{Cancel, Index, IndexOptions, RefreshScope, Snapshot};

use super::*;

pub(crate) fn snapshot_of(fixture: &str) -> (tempfile::TempDir, Arc<Snapshot>) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("demo");
    fixture::write(&root, fixture).unwrap();
    let options = IndexOptions {
        directory: folder.path().join("index"),
        exclude: Vec::new(),
        private: Vec::new(),
        max_file_bytes: 1_000_000,
        languages_off: Vec::new(),
        threads: 1,
    };
    let index = Index::open(&root, options).unwrap();
    index
        .refresh(RefreshScope::All, &|_| {}, &Cancel::new())
        .unwrap();
    let snapshot = index.snapshot();
    (folder, snapshot)
}

/// Compares the facts of some kinds: the first question, and the answer.
#[track_caller]
fn check(fixture: &str, kinds: &[FactKind], expected: Expect) {
    let (_folder, snapshot) = snapshot_of(fixture);
    let mut repository = Repository::read(&snapshot, &Cancel::new()).unwrap();
    // The split of a file follows from its path, which would decide here what may be cited.
    for file in &mut repository.files {
        file.split = Split::Train;
    }
    let mut found = Vec::new();
    facts(&repository, &[], &Cancel::new(), &mut |batch| {
        found.extend(batch);
        true
    })
    .unwrap();
    found.retain(|fact| kinds.contains(&fact.kind));
    let shown: Vec<String> = found
        .iter()
        .map(|fact| {
            let arguments: Vec<_> = fact
                .arguments
                .iter()
                .map(|(_, value)| value.as_str())
                .collect();
            format!(
                "{}: {}\n{}\n",
                fact.kind.name(),
                arguments.join(" | "),
                fact.answer.trim_end()
            )
        })
        .collect();
    expected.assert_eq(&shown.join("\n"));
}

const STORE: &str = r#"
//- /store/__init__.py
"""Keeps records."""
//- /store/journal.py
"""Writes records to disk."""
from store.codec import encode

LIMIT = 100

class Journal:
    """A file of records."""

    def append(self, record, flush=False):
        """Adds a record at the end of the file.

        :param record: what to write
        """
        if record is None:
            raise ValueError("no record")
        return write_all(self.path, encode(record))

def write_all(path, data):
    return data
//- /store/codec.py
def encode(record, *, indent=2):
    """Turns a record into bytes that can be stored."""
    if not record:
        raise EncodeError(record)
    return check(record)

def check(record):
    return record
//- /tests/test_journal.py
from store.codec import encode

def test_encode():
    data = encode({"a": 1}, indent=4)
    assert data
"#;

#[test]
fn a_definition_is_declared_documented_and_located() {
    use FactKind::*;
    check(
        STORE,
        &[Signature, Purpose, Find, Location, Value],
        expect![[r#"
            signature: `encode`
            `encode` is declared in `store/codec.py#L1` as

            ```python
            def encode(record, *, indent=2)
            ```

            It takes 2 arguments: `record`, `indent=2`.

            purpose: `encode`
            Turns a record into bytes that can be stored.

            Source: the documentation of `encode`, a function in `store/codec.py#L1-L5`.

            find: Turns a record into bytes that can be stored | function
            That is `encode`, a function in `store/codec.py#L1-L5`.

            location: `encode`
            `encode` is a function, defined in `store/codec.py#L1-L5`. It belongs to the module `store`. Turns a record into bytes that can be stored.

            signature: `append`
            `Journal.append` is declared in `store/journal.py#L9` as

            ```python
            def append(self, record, flush=False)
            ```

            It takes 2 arguments: `record`, `flush=False`.

            purpose: `append`
            Adds a record at the end of the file.

            Source: the documentation of `append`, a method of `Journal` in `store/journal.py#L9-L16`.

            find: Adds a record at the end of the file | method
            That is `append`, a method of `Journal` in `store/journal.py#L9-L16`.

            location: `append`
            `Journal.append` is a method of the class `Journal`, defined in `store/journal.py#L9-L16`. It belongs to the module `store`. Adds a record at the end of the file.

            purpose: `Journal`
            A file of records.

            Source: the documentation of `Journal`, a class in `store/journal.py#L6-L16`.

            find: A file of records | class
            That is `Journal`, a class in `store/journal.py#L6-L16`.

            location: `Journal`
            `Journal` is a class, defined in `store/journal.py#L6-L16`. It belongs to the module `store`. A file of records.

            signature: `check`
            `check` is declared in `store/codec.py#L7` as

            ```python
            def check(record)
            ```

            It takes one argument: `record`.

            location: `check`
            `check` is a function, defined in `store/codec.py#L7-L8`. It belongs to the module `store`.

            signature: `write_all`
            `write_all` is declared in `store/journal.py#L18` as

            ```python
            def write_all(path, data)
            ```

            It takes 2 arguments: `path`, `data`.

            location: `write_all`
            `write_all` is a function, defined in `store/journal.py#L18-L19`. It belongs to the module `store`.

            location: `LIMIT`
            `LIMIT` is a constant, defined in `store/journal.py#L4`. It belongs to the module `store`.

            value: `LIMIT`
            `LIMIT` is set in `store/journal.py#L4`:

            ```python
            LIMIT = 100
            ```
        "#]],
    );
}

#[test]
fn calls_are_told_with_their_arguments_and_tests() {
    use FactKind::*;
    check(
        STORE,
        &[Callers, Callees, Tests, Example, Errors],
        expect![[r#"
            callers: `encode`
            `encode` is called here:

            - `Journal.append` in `store/journal.py#L16`: `encode(record)`

            tests: `encode`
            This test calls `encode`:

            - `test_encode` in `tests/test_journal.py#L3-L5`

            example: `encode`
            `test_encode` uses it in `tests/test_journal.py#L3-L5`:

            ```python
            def test_encode():
                data = encode({"a": 1}, indent=4)
                assert data
            ```

            `encode` is defined in `store/codec.py#L1`.

            errors: `encode`
            `encode` raises `EncodeError` itself (`store/codec.py#L1-L5`). What it calls may fail in other ways.

            callees: `append`
            Among what `append` (`store/journal.py#L9-L16`) calls are:

            - `encode` (`store/codec.py#L1-L5`), called in line 16: Turns a record into bytes that can be stored
            - `write_all` (`store/journal.py#L18-L19`), called in line 16

            errors: `append`
            `append` raises `ValueError` itself (`store/journal.py#L9-L16`). What it calls may fail in other ways.

            callers: `check`
            `check` is called here:

            - `encode` in `store/codec.py#L5`: `check(record)`

            callers: `write_all`
            `write_all` is called here:

            - `Journal.append` in `store/journal.py#L16`: `write_all(self.path, encode(record))`
        "#]],
    );
}

#[test]
fn facts_are_joined_along_calls() {
    use FactKind::*;
    check(
        STORE,
        &[
            CalleeByPurpose,
            CallChain,
            ErrorsOfCallee,
            TestsOfCaller,
            ModuleOfCallees,
        ],
        expect![[r#"
            callee_by_purpose: `append` | Turns a record into bytes that can be stored
            `append` calls `encode` for that, in `store/journal.py#L16`. It is defined in `store/codec.py#L1-L5`.

            call_chain: `append` | `check`
            `append` calls `encode` in `store/journal.py#L16`, and that calls `check` in `store/codec.py#L5`. `check` is defined in `store/codec.py#L7-L8`.

            errors_of_callee: `append`
            Of what `append` (`store/journal.py#L9-L16`) calls, these have errors of their own, unless it handles them:

            - `EncodeError` by `encode` in `store/codec.py#L1-L5`

            tests_of_caller: `check`
            `encode` calls `check` in `store/codec.py#L5`, and tests call `encode`:

            - `test_encode` in `tests/test_journal.py#L3-L5`
        "#]],
    );
}

#[test]
fn manifests_and_options_are_told() {
    use FactKind::*;
    let fixture = r#"
//- /Makefile
.PHONY: all
test: build
	cargo nextest run
	cargo test --doc
//- /package.json
{ "name": "x", "scripts": { "lint": "eslint . --fix" } }
//- /setup.cfg
[flake8]
max-line-length = 88
//- /Cargo.toml
[package]
name = "x"
//- /.github/workflows/ci.yml
jobs:
  test:
    steps:
      - name: Run the tests
        run: |
          make test
          make lint
//- /cli.py
import argparse
def parser():
    p = argparse.ArgumentParser()
    p.add_argument("-j", "--jobs", type=int, default=4, help="How many jobs "
                   "run at once")
    p.add_argument(name)
    return p
//- /main.go
package main
import "flag"
var addr = flag.String("addr", ":8080", "where to listen")
//- /args.rs
pub struct Args {
    /// Where to write.
    #[arg(long, default_value = "out")]
    pub out_dir: String,
}
"#;
    check(
        fixture,
        &[Command, Build, Configuration, Flag],
        expect![[r#"
            command: the step "Run the tests" in `.github/workflows/ci.yml` | `.github/workflows/ci.yml`
            The step "Run the tests" is defined in `.github/workflows/ci.yml#L4-L7` and runs

            ```sh
            make test
            make lint
            ```

            command: the target `test` in `Makefile` | `Makefile`
            The target `test` is defined in `Makefile#L2-L4` and runs

            ```makefile
            cargo nextest run
            cargo test --doc
            ```

            It is run by `make test`.

            command: the script `lint` in `package.json` | `package.json`
            The script `lint` is defined in `package.json#L1` and runs

            ```sh
            eslint . --fix
            ```

            It is run by `npm run lint`.

            build: build
            The manifest of the repository is `Cargo.toml#L1`, so the usual command is

            ```sh
            cargo build
            ```

            build: test
            The manifest of the repository is `Cargo.toml#L1`, so the usual command is

            ```sh
            cargo test
            ```

            build: run the tests of
            These tasks run tests:

            - the step "Run the tests" in `.github/workflows/ci.yml#L4-L7`
            - `make test`: the target `test` in `Makefile#L2-L4`

            flag: `--out-dir` | `args.rs`
            `--out-dir` is declared in `args.rs#L3-L4`. Its help text is: Where to write. Its default is `"out"`.

            flag: `--jobs` | `cli.py`
            `--jobs` is declared in `cli.py#L4-L5`. Its help text is: How many jobs run at once. Its default is `4`.

            flag: `--addr` | `main.go`
            `--addr` is declared in `main.go#L3`. Its help text is: where to listen. Its default is `":8080"`.

            configuration: `package.name` | `Cargo.toml` | `package.name`
            `package.name` is set to `"x"` in `Cargo.toml#L2`:

            ```toml
            name = "x"
            ```

            configuration: `flake8.max-line-length` | `setup.cfg` | `flake8.max-line-length`
            `flake8.max-line-length` is set to `88` in `setup.cfg#L2`:

            ```plaintext
            max-line-length = 88
            ```
        "#]],
    );
}

#[test]
fn what_two_definitions_share_is_not_asked() {
    // `run` is ambiguous by name and by qualified name, and both files have one of each.
    let fixture = r#"
//- /a.py
def run(x):
    pass
//- /b.py
def run(y):
    pass
def run(y, z):
    pass
"#;
    check(
        fixture,
        &[FactKind::Signature],
        expect![[r#"
            signature: `run` in `a.py`
            `run` is declared in `a.py#L1` as

            ```python
            def run(x)
            ```

            It takes one argument: `x`.
        "#]],
    );
}

#[test]
fn invented_names_are_answered_with_the_nearest() {
    let fixture = r#"
//- /a.py
def open_index(path):
    pass
def close_graph(path):
    pass
"#;
    check(
        fixture,
        &[FactKind::Absent],
        expect![[r#"
        absent: `open_graph`
        There is no `open_graph` in this repository. The most similar names are `close_graph` (`a.py#L3-L4`) and `open_index` (`a.py#L1-L2`).
    "#]],
    );
}

#[test]
fn all_calls_of_a_function_are_listed_and_definitions_are_not() {
    check(
        r#"
//- /store.py
def hist(values):
    return values

class Plot:
    def draw(self, values):
        first = hist(values)
        def hist_of(more):
            return hist(more)
        return first, hist(first)
"#,
        &[FactKind::Callers],
        expect![[r#"
            callers: `hist`
            `hist` is called here:

            - `Plot.draw` in `store.py#L6`: `hist(values)`
            - `Plot.draw` in `store.py#L8`: `hist(more)`
            - `Plot.draw` in `store.py#L9`: `hist(first)`
        "#]],
    );
}

#[test]
fn tests_of_javascript_have_no_name() {
    check(
        r#"
//- /source/timed-out.ts
export default function timedOut(request, delays) {
    return delays;
}
//- /test/timeout.ts
import test from 'ava';
import http from 'node:http';
import timedOut from '../source/timed-out.js';

test('a delay is kept', t => {
    t.is(timedOut(http.request(), 5), 5);
});
//- /test/http.ts
export function request() {}
"#,
        &[FactKind::Tests, FactKind::Example, FactKind::Dependencies],
        expect![[r#"
            dependencies: `source`
            `source` imports no other module of this repository. It is imported by `test` (1 import). It begins with `source/timed-out.ts#L1-L3`.

            tests: `timedOut`
            This test calls `timedOut`:

            - `test/timeout.ts#L6`

            example: `timedOut`
            A test uses it in `test/timeout.ts#L6`:

            ```typescript
            t.is(timedOut(http.request(), 5), 5);
            ```

            `timedOut` is defined in `source/timed-out.ts#L1`.
        "#]],
    );
}
