//! The pairs of a small repository and of its commits.

use std::collections::BTreeSet;

use expect_test::expect;
use repo_indexer::Cancel;

use super::*;
use crate::facts::tests::snapshot_of;
use crate::history::{CommitClass, FileChange};

const FIXTURE: &str = r#"
//- /store/records.py
def load_record(path, limit):
    """Loads one record from a file."""
    first = None
    count = 0
    for line in open(path):
        count = count + 1
        first = line
    return first, count, limit

def load_index(path):
    """Loads the index of all records from a file."""
    table = read_table(path)
    if table:
        return table
    else:
        return build_table(path)
//- /store/tables.py
def read_table(path):
    """Reads a table of names and places."""
    with open(path) as file:
        return dict(line.split() for line in file)
"#;

fn repository(snapshot: &repo_indexer::Snapshot) -> Repository<'_> {
    let mut repository = Repository::read(snapshot, &Cancel::new()).unwrap();
    // The split of a file follows from its path.
    for file in &mut repository.files {
        file.split = Split::Train;
    }
    repository
}

fn show(pairs: &[EmbeddingPair]) -> String {
    let show = |pair: &EmbeddingPair| {
        let EmbeddingPair {
            query, pos, neg, ..
        } = pair;
        let family = pair.family.name();
        format!("== {family}\n{query}\n-- finds\n{pos}\n-- not\n{neg}\n")
    };
    pairs.iter().map(show).collect()
}

#[test]
fn definitions_are_paired_in_four_families() {
    let (_folder, snapshot) = snapshot_of(FIXTURE);
    let pairs = embedding_pairs(&repository(&snapshot), &[], &[], 3);
    expect![[r#"
        == text2code
        Reads a table of names and places
        -- finds
        def read_table(path):
            with open(path) as file:
                return dict(line.split() for line in file)
        -- not
        def load_record(path, limit):
            first = None
            count = 0
            for line in open(path):
                count = count + 1
                first = line
            return first, count, limit
        == code2text
        def read_table(path):
            with open(path) as file:
                return dict(line.split() for line in file)
        -- finds
        Reads a table of names and places
        -- not
        Loads one record from a file
        == text2code
        Loads one record from a file
        -- finds
        def load_record(path, limit):
            first = None
            count = 0
            for line in open(path):
                count = count + 1
                first = line
            return first, count, limit
        -- not
        def load_index(path):
            table = read_table(path)
            if table:
                return table
            else:
                return build_table(path)
        == code2text
        def load_record(path, limit):
            first = None
            count = 0
            for line in open(path):
                count = count + 1
                first = line
            return first, count, limit
        -- finds
        Loads one record from a file
        -- not
        Loads the index of all records from a file
        == hybrid
        Loads one record from a file
        def load_record(path, limit):
            first = None
        -- finds
        def load_record(path, limit):
            first = None
            count = 0
            for line in open(path):
                count = count + 1
                first = line
            return first, count, limit
        -- not
        def load_index(path):
            table = read_table(path)
            if table:
                return table
            else:
                return build_table(path)
        == code2code
        def load_record(path, limit):
            item = None
            value = 0
            for line in open(path):
                value = value + 1
                item = line
            return item, value, limit
        -- finds
        def load_record(path, limit):
            first = None
            count = 0
            for line in open(path):
                count = count + 1
                first = line
            return first, count, limit
        -- not
        def load_index(path):
            table = read_table(path)
            if table:
                return table
            else:
                return build_table(path)
        == code2code
        def load_record(path, limit):
            count = 0
            first = None
            for line in open(path):
                count = count + 1
                first = line
            return first, count, limit
        -- finds
        def load_record(path, limit):
            first = None
            count = 0
            for line in open(path):
                count = count + 1
                first = line
            return first, count, limit
        -- not
        def load_index(path):
            table = read_table(path)
            if table:
                return table
            else:
                return build_table(path)
        == text2code
        Loads the index of all records from a file
        -- finds
        def load_index(path):
            table = read_table(path)
            if table:
                return table
            else:
                return build_table(path)
        -- not
        def load_record(path, limit):
            first = None
            count = 0
            for line in open(path):
                count = count + 1
                first = line
            return first, count, limit
        == code2text
        def load_index(path):
            table = read_table(path)
            if table:
                return table
            else:
                return build_table(path)
        -- finds
        Loads the index of all records from a file
        -- not
        Loads one record from a file
        == hybrid
        Loads the index of all records from a file
        def load_index(path):
            table = read_table(path)
        -- finds
        def load_index(path):
            table = read_table(path)
            if table:
                return table
            else:
                return build_table(path)
        -- not
        def load_record(path, limit):
            first = None
            count = 0
            for line in open(path):
                count = count + 1
                first = line
            return first, count, limit
        == code2code
        def load_index(path):
            value = read_table(path)
            if value:
                return value
            else:
                return build_table(path)
        -- finds
        def load_index(path):
            table = read_table(path)
            if table:
                return table
            else:
                return build_table(path)
        -- not
        def load_record(path, limit):
            first = None
            count = 0
            for line in open(path):
                count = count + 1
                first = line
            return first, count, limit
        == code2code
        def load_index(path):
            table = read_table(path)
            if not (table):
                return build_table(path)
            else:
                return table
        -- finds
        def load_index(path):
            table = read_table(path)
            if table:
                return table
            else:
                return build_table(path)
        -- not
        def load_record(path, limit):
            first = None
            count = 0
            for line in open(path):
                count = count + 1
                first = line
            return first, count, limit
    "#]]
    .assert_eq(&show(&pairs));
}

#[test]
fn the_subject_of_a_commit_finds_what_it_changed() {
    let (_folder, snapshot) = snapshot_of(FIXTURE);
    let commit = |class| Commit {
        id: "0".repeat(40),
        subject: "Build the table if it is missing".to_owned(),
        body: String::new(),
        class,
        files: vec![FileChange::of_test("store/records.py")],
    };
    let gold = GoldPair {
        instruction: "Build the table if it is missing\n\nIt was an error.".to_owned(),
        path: "store/records.py".to_owned(),
        name: "load_index".to_owned(),
        before: "…".to_owned(),
        after: "…".to_owned(),
        commit: "0".repeat(40),
        tests: Vec::new(),
        split: Split::Train,
    };
    let repository = repository(&snapshot);
    let commits = [commit(CommitClass::Change), commit(CommitClass::Revert)];
    let pairs = embedding_pairs(&repository, &commits, &[gold], 100);
    let of_commits: Vec<_> = pairs
        .into_iter()
        .filter(|pair| pair.query.starts_with("Build the table"))
        .collect();
    expect![[r#"
        == text2code
        Build the table if it is missing
        -- finds
        def load_index(path):
            table = read_table(path)
            if table:
                return table
            else:
                return build_table(path)
        -- not
        def load_record(path, limit):
            first = None
            count = 0
            for line in open(path):
                count = count + 1
                first = line
            return first, count, limit
        == text2code
        Build the table if it is missing
        -- finds
        `store/records.py`, Python code
        - function `load_record`: Loads one record from a file
        - function `load_index`: Loads the index of all records from a file
        -- not

    "#]]
    .assert_eq(&show(&of_commits));
}

#[test]
fn no_positive_is_its_own_negative() {
    let (_folder, snapshot) = snapshot_of(FIXTURE);
    let pairs = embedding_pairs(&repository(&snapshot), &[], &[], 100);
    let families: BTreeSet<_> = pairs.iter().map(|pair| pair.family).collect();
    assert_eq!(families.len(), 4);
    for pair in &pairs {
        assert_ne!(pair.pos, pair.neg);
        assert_ne!(pair.query, pair.pos);
    }
}
