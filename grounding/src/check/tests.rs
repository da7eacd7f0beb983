//! What becomes of an answer: places and names that exist and that do not, markup, and text that comes in any pieces.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use proptest::prelude::*;
use repo_indexer::{Cancel, Index, IndexOptions, RefreshScope, Snapshot};

use super::*;
use crate::Plain;

const FILES: [(&str, &str); 4] = [
    (
        "src/bank.py",
        "class Bank:\n    def transfer_money(self, amount):\n        return amount\n\n\ndef open_account():\n    return Bank()\n",
    ),
    ("README.md", "# Ledger\n\nKeeps accounts.\n"),
    ("src/a/init.py", "first = 1\n"),
    ("src/b/init.py", "second = 2\n"),
];

/// One index for all tests of this file; it is only read.
fn snapshot() -> Arc<Snapshot> {
    static SNAPSHOT: OnceLock<(tempfile::TempDir, Arc<Snapshot>)> = OnceLock::new();
    let (_, snapshot) = SNAPSHOT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let root: PathBuf = folder.path().join("root");
        for (path, text) in FILES {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let index = Index::open(
            &root,
            IndexOptions {
                directory: folder.path().join("index"),
                threads: 1,
                max_file_bytes: 1_000_000,
                exclude: Vec::new(),
                private: Vec::new(),
                languages_off: Vec::new(),
            },
        )
        .unwrap();
        index
            .refresh(RefreshScope::All, &|_| {}, &Cancel::new())
            .unwrap();
        (folder, index.snapshot())
    });
    snapshot.clone()
}

/// Leads anywhere, so that links can be told from text.
struct Linked;

impl Links for Linked {
    fn target(&self, citation: &Citation) -> Option<String> {
        Some(format!("file:///{}", citation.path))
    }
}

fn checked(pieces: &[&str]) -> Checked {
    let views = [View {
        name: None,
        snapshot: snapshot(),
    }];
    let mut checker = Checker::new(&views, &Linked, "shown_before");
    let mut streamed = String::new();
    for piece in pieces {
        streamed.push_str(&checker.push(piece).0);
    }
    streamed.push_str(&checker.finish().0);
    let checked = checker.checked();
    assert_eq!(streamed, checked.markdown);
    checked
}

/// The answer as it is shown, and what of it is unverified.
#[track_caller]
fn check(model_text: &str, shown: &str, unverified: &[&str]) {
    let checked = checked(&[model_text]);
    let (body, _) = checked
        .markdown
        .split_once("\n\n⚠ unverified")
        .unwrap_or((&checked.markdown, ""));
    assert_eq!(body, shown);
    assert_eq!(checked.claims.unverified(), unverified);
    assert_eq!(checked.model_text, model_text);
}

#[test]
fn a_place_that_exists_becomes_a_link() {
    let link = "[src/bank.py#L1-L3](file:///src/bank.py)";
    for model_text in [
        "src/bank.py#L1-L3",
        "`src/bank.py#L1-L3`",
        "src/bank.py:1-3",
        "src/bank.py#L1-3",
        "bank.py#L1-L3",
        "`bank.py:1-3`",
    ] {
        check(model_text, link, &[]);
        check(
            &format!("See ({model_text})."),
            &format!("See ({link})."),
            &[],
        );
    }
    check(
        "[src/bank.py#L2]",
        "\\[[src/bank.py#L2](file:///src/bank.py)\\]",
        &[],
    );
    check(
        "[the bank](src/bank.py#L1-L3)",
        &format!("the bank ({link})"),
        &[],
    );
    check("[src/bank.py](src/bank.py#L1-L3)", link, &[]);
    check("In src/bank.py it is.", "In `src/bank.py` it is.", &[]);
}

#[test]
fn a_place_that_does_not_exist_is_marked() {
    check(
        "src/bank.py#L1-L300",
        "`src/bank.py#L1-L300` ⚠",
        &["src/bank.py#L1-L300"],
    );
    check("src/gone.py#L1", "`src/gone.py#L1` ⚠", &["src/gone.py#L1"]);
    check(
        "../../etc/passwd#L1",
        "`../../etc/passwd#L1` ⚠",
        &["../../etc/passwd#L1"],
    );
}

#[test]
fn names_are_looked_up() {
    check(
        "`Bank.transfer_money()` does",
        "`Bank.transfer_money()` does",
        &[],
    );
    check(
        "`Bank::vanish()` does",
        "`Bank::vanish()` ⚠ does",
        &["vanish"],
    );
    check(
        "The MergeScheduler `MergeScheduler`",
        "The MergeScheduler `MergeScheduler` ⚠",
        &["MergeScheduler"],
    );
    check(
        "calls open_account and close_account.",
        "calls open_account and close_account ⚠.",
        &["close_account"],
    );
    check("as `shown_before` was", "as `shown_before` was", &[]);
}

#[test]
fn plain_words_and_flags_are_no_names() {
    for model_text in [
        "It is `true`.",
        "Run `cargo build --release-now`.",
        "`--no-such-flag`",
        "On GitHub, a JSON README.",
        "`\"merge_it\"`",
    ] {
        check(model_text, model_text, &[]);
    }
}

#[test]
fn code_blocks_are_shown_as_they_are_and_their_calls_looked_up() {
    let code = "```python\ndef my_helper(x):\n    return open_account(), my_helper(x), launch_rocket(x)\n```\n";
    check(code, code, &["launch_rocket"]);
    check("~~~ py\n```\n~~~\nx", "```py\nˋˋˋ\n```\nx", &[]);
    check("```\nnever closed", "```\nnever closed\n```\n", &[]);
}

#[test]
fn a_path_without_its_folder_is_found_if_it_can_be_only_one() {
    check(
        "b/init.py#L1",
        "[src/b/init.py#L1](file:///src/b/init.py)",
        &[],
    );
    check("init.py#L1", "`init.py#L1` ⚠", &["init.py#L1"]);
    check("ank.py#L1", "`ank.py#L1` ⚠", &["ank.py#L1"]);
}

#[test]
fn a_block_may_stand_in_a_list() {
    for mark in ["-", "*", "  -", "1.", "12)", "- 3."] {
        let model_text = format!("{mark} ```py\n  launch_rocket(1)\n  ```\nSee bank.py#L1.");
        check(
            &model_text,
            &format!(
                "{mark}\n```py\n  launch_rocket(1)\n```\nSee [src/bank.py#L1](file:///src/bank.py)."
            ),
            &["launch_rocket"],
        );
    }
    for mark in ["a -", ")", "a."] {
        check(&format!("{mark} ```x"), &format!("{mark} \\`\\`\\`x"), &[]);
    }
}

#[test]
fn a_long_line_of_code_does_not_end_its_block() {
    let long = "a".repeat(41);
    let model_text = [
        "```\n",
        &long,
        "```\n",
        "prose\n",
        "```\n",
        "[click](command:evil)",
    ];
    let shown = checked(&model_text).markdown;
    assert_eq!(shown, format!("```\n{long}```\nprose\n```\nclick"));
    assert_eq!(checked(&[&model_text.concat()]).markdown, shown);
}

#[test]
fn what_every_repository_speaks_of_is_not_marked() {
    for model_text in [
        "| `macOS` | `ValueError` |",
        "`os.path.join(a)`",
        "`O(log n)`",
        "v1.2:3",
        "a `utf_8` text",
    ] {
        check(model_text, model_text, &[]);
    }
    check(
        "at http://localhost:80/x.y:1",
        "at `http://localhost:80/x.y:1`",
        &[],
    );
    check(
        "in src/gone.py, too",
        "in `src/gone.py` ⚠, too",
        &["src/gone.py"],
    );
    check("\u{202e}x\u{200b}", "x", &[]);
}

#[test]
fn markup_of_the_models_own_leads_nowhere() {
    check("[click me](command:evil?x) now", "click me now", &[]);
    check("![a](http://evil/x.png)", "a", &[]);
    check("<img src=x onerror=y>", "\\<img src=x onerror=y>", &[]);
    check("[a\nb](http://evil)", "\\[a\nb\\](`http://evil`)", &[]);
    check("[a]: http://evil", "\\[a\\]: `http://evil`", &[]);
}

#[test]
fn the_grounded_rate_counts_each_claim_once() {
    let all = checked(&[
        "`transfer_money` `transfer_money` `no_such_thing` src/bank.py#L1 src/gone.py#L9",
    ]);
    assert_eq!(all.claims.grounded(), Some(0.5));
    assert_eq!(checked(&["Nothing at all."]).claims.grounded(), None);
    assert!(
        all.markdown.ends_with(
            "\n\n⚠ unverified, not found in this repository: `src/gone.py#L9`, `no_such_thing`\n"
        ),
        "{}",
        all.markdown
    );
}

#[test]
fn a_plain_terminal_gets_no_links() {
    let views = [View {
        name: Some("ledger".to_owned()),
        snapshot: snapshot(),
    }];
    let mut checker = Checker::new(&views, &Plain, "");
    checker.push("at ledger/src/bank.py#L1");
    checker.finish();
    assert_eq!(checker.checked().markdown, "at `ledger/src/bank.py#L1`");
}

proptest! {
    /// However the text is cut, what is shown is the same: the checker waits for what it needs to know and for nothing else.
    #[test]
    fn how_the_text_is_cut_makes_no_difference(
        parts in prop::collection::vec(prop::sample::select(vec![
            "`", "``", "```", "\n", " ", "~~~", "- ", "1.", "[", "](", ")", "a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "Bank", "src/bank.py#L1", "-L3", "x_y", "!", "<b>", "py\n", ":", "http://x",
        ]), 0..24),
        cuts in prop::collection::vec(0usize..200, 0..12),
    ) {
        let text: String = parts.concat();
        let whole = checked(&[&text]);
        let mut at: Vec<usize> = cuts.into_iter().filter(|&c| text.is_char_boundary(c) && c < text.len()).collect();
        at.extend([0, text.len()]);
        at.sort_unstable();
        let pieces: Vec<&str> = at.windows(2).map(|w| &text[w[0]..w[1]]).collect();
        prop_assert_eq!(checked(&pieces), whole);
    }
}
