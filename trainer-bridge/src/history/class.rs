//! Which commits are changes that something can be learned from.

use serde::{Deserialize, Serialize};

use super::FileChange;
use crate::documents::exclusion_of;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommitClass {
    /// A focused change with a message that says what it is.
    Change,
    Merge,
    Revert,
    /// A new version of the project or of a dependency.
    VersionBump,
    /// Only white space or the layout differs.
    Reformat,
    /// Only copied, generated, licence or lock files.
    Vendoring,
    TooLarge,
    /// The message says nothing: "fix", "wip".
    EmptyMessage,
    /// A tool wrote it.
    Automatic,
    NoFiles,
    /// It changed a private file.
    Private,
    /// Some of its objects are not there, as at the end of a shallow clone.
    Incomplete,
}

impl CommitClass {
    /// A short description for reports.
    pub fn describe(self) -> &'static str {
        match self {
            CommitClass::Change => "a focused change",
            CommitClass::Merge => "a merge",
            CommitClass::Revert => "a revert",
            CommitClass::VersionBump => "a new version",
            CommitClass::Reformat => "only the layout changes",
            CommitClass::Vendoring => "only copied, generated or lock files change",
            CommitClass::TooLarge => "too many files",
            CommitClass::EmptyMessage => "the message says nothing",
            CommitClass::Automatic => "written by a tool",
            CommitClass::NoFiles => "no file changes",
            CommitClass::Private => "changes a private file",
            CommitClass::Incomplete => "not all of it is in this clone",
        }
    }
}

/// Words of a subject that say something.
const MIN_WORDS: usize = 3;

/// Classifies a commit by its subject and its number of parents.
pub(super) fn of_message(subject: &str, parents: usize) -> CommitClass {
    let lower = subject.to_lowercase();
    let begins = |words: &[&str]| words.iter().any(|word| lower.starts_with(word));
    let has_digit = lower.contains(|c: char| c.is_ascii_digit());
    let words = lower
        .split_whitespace()
        .filter(|word| word.chars().any(char::is_alphabetic));
    if parents > 1
        || begins(&[
            "merge branch",
            "merge pull",
            "merge remote",
            "merge tag",
            "merged in",
        ])
    {
        CommitClass::Merge
    } else if begins(&["revert ", "revert:", "reverts "]) {
        CommitClass::Revert
    } else if begins(&[
        "[pre-commit.ci]",
        "automated",
        "[bot]",
        "update pre-commit",
        "pre-commit autoupdate",
        "weekly update",
    ]) {
        CommitClass::Automatic
    } else if begins(&["build(deps", "chore(deps", "chore(release", "update dependency", "prepare release"])
        || lower.contains("dependabot")
        // "Release the lock" is a change, "Release 2.1" is not.
        || has_digit && begins(&["bump ", "release ", "version ", "prepare "])
        || is_version(&lower)
    {
        CommitClass::VersionBump
    } else if begins(&[
        "reformat",
        "run black",
        "run rustfmt",
        "run prettier",
        "blacken",
        "apply black",
        "cargo fmt",
        "rustfmt",
        "clang-format",
        "prettier",
        "fix whitespace",
        "pep8",
        "isort",
    ]) {
        CommitClass::Reformat
    } else if words.count() < MIN_WORDS {
        CommitClass::EmptyMessage
    } else {
        CommitClass::Change
    }
}

/// `v1.2.3` and `1.2.3.dev0`.
fn is_version(subject: &str) -> bool {
    let bare = subject.trim().trim_start_matches('v');
    bare.starts_with(|c: char| c.is_ascii_digit()) && bare.contains('.') && !bare.contains(' ')
}

/// Classifies a commit with a meaningful message by the files that it changed.
pub(super) fn of_files(
    files: &[FileChange],
    texts: impl Fn(&FileChange) -> Option<(String, String)>,
) -> CommitClass {
    if files.is_empty() {
        return CommitClass::NoFiles;
    }
    if files
        .iter()
        .all(|file| exclusion_of(&file.path, "").is_some())
    {
        return CommitClass::Vendoring;
    }
    let same_code = |file: &FileChange| {
        texts(file)
            .is_some_and(|(before, after)| without_layout(&before).eq(without_layout(&after)))
    };
    if files.iter().all(same_code) {
        CommitClass::Reformat
    } else {
        CommitClass::Change
    }
}

/// The text without white space, and with the quotes that formatters prefer.
fn without_layout(text: &str) -> impl Iterator<Item = char> {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| if c == '\'' { '"' } else { c })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_classified() {
        use CommitClass::*;
        for (subject, parents, expected) in [
            ("Fix the lock order in the store", 1, Change),
            ("Merge branch 'x' into main", 2, Merge),
            ("Revert \"Fix the lock order\"", 1, Revert),
            ("Bump serde from 1.0.1 to 1.0.2", 1, VersionBump),
            ("v2.3.1", 1, VersionBump),
            ("Release 2.1", 1, VersionBump),
            ("Release the lock before the wait", 1, Change),
            ("Merge adjacent spans of text", 1, Change),
            ("[pre-commit.ci] pre-commit autoupdate", 1, Automatic),
            ("Run black over everything", 1, Reformat),
            ("fix", 1, EmptyMessage),
            ("wip tests", 1, EmptyMessage),
        ] {
            assert_eq!(of_message(subject, parents), expected, "{subject}");
        }
    }
}
