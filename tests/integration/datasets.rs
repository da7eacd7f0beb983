//! `repo-lsp dataset`: builds, lists, shows, compares and deletes datasets, and refuses what is wrong with one clear line.

use expect_test::expect;
use integration::Sandbox;

const FIXTURE: &str = "\
//- /store/codec.py
def encode(record, *, indent=2):
    \"\"\"Turns a record into bytes that can be stored.\"\"\"
    if not record:
        raise ValueError(record)
    return check(record)

def check(record):
    return record
//- /store/journal.py
from store.codec import encode

LIMIT = 100

def append(path, record):
    \"\"\"Adds a record at the end of the file.\"\"\"
    return write_all(path, encode(record))

def write_all(path, data):
    return data
//- /tests/test_codec.py
from store.codec import encode

def test_encode():
    assert encode({\"a\": 1}, indent=4)
//- /Makefile
test:
\tpytest
";

#[test]
fn a_dataset_is_built_listed_shown_and_deleted() {
    let sandbox = Sandbox::new(FIXTURE);
    let built = sandbox.json(&["dataset", "build"]);
    let folder = built["folder"].as_str().unwrap();
    let base = sandbox.home().parent().unwrap().display().to_string();
    let folder = &folder.replace("$SANDBOX", &base);
    let name = folder.rsplit('/').next().unwrap();
    for file in [
        "manifest.json",
        "train.jsonl",
        "report.html",
        "report.json",
        "raw.jsonl",
    ] {
        assert!(std::path::Path::new(folder).join(file).is_file(), "{file}");
    }
    // The same repository gives the same dataset.
    let again = sandbox.json(&["dataset", "build"]);
    assert_eq!(again["folder"], built["folder"]);

    let listed = sandbox.json(&["dataset", "list"]);
    assert_eq!(listed[0]["name"], *name);
    let shown = sandbox.run(&["dataset", "show", "--kind", "signature", "--sample", "1"]);
    assert!(shown.stdout.contains("It takes"), "{}", shown.stdout);
    let stats = sandbox.run(&["dataset", "stats"]);
    assert!(
        stats.stdout.contains("signature") && stats.stdout.contains("answers"),
        "{}",
        stats.stdout
    );

    sandbox.write("store/journal.py", "LIMIT = 200\n");
    sandbox.json(&["dataset", "build", "--name", "next"]);
    let diff = sandbox.json(&["dataset", "diff", name, "next"]);
    assert!(diff["kinds"]["signature"]["removed"].as_u64().unwrap() > 0);
    assert_eq!(diff["kinds"]["value"]["changed"].as_u64().unwrap(), 12);
    sandbox.run(&["dataset", "rm", name, "next"]);
    let empty = sandbox.run(&["dataset", "list"]);
    assert_eq!(empty.code, Some(1));
}

#[test]
fn a_wrong_argument_is_named() {
    let sandbox = Sandbox::new(FIXTURE);
    let refused = sandbox.run(&["dataset", "build", "--kinds", "signatures"]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.stderr.contains("the kinds are signature, purpose"),
        "{}",
        refused.stderr
    );
    let refused = sandbox.run(&["dataset", "build", "--name", "../x"]);
    assert!(
        refused.stderr.contains("a name has up to 64 letters"),
        "{}",
        refused.stderr
    );
    let missing = sandbox.run(&["dataset", "stats", "none"]);
    assert_eq!(missing.code, Some(2));
    assert!(
        missing.stderr.contains("there is no dataset none"),
        "{}",
        missing.stderr
    );
    let missing = sandbox.run(&["dataset", "show"]);
    expect![[r#"
        error: there is no dataset of this workspace yet; `repo-lsp dataset build` makes one
    "#]]
    .assert_eq(&missing.stderr);
}
