//! What each privacy mode admits.

use expect_test::{Expect, expect};

use super::*;
use crate::interaction::{ContextRef, RecordedCitation};
use crate::sample::CitedLines;

fn interaction(question: &str, answer: &str) -> Interaction {
    Interaction {
        question: question.to_owned(),
        answer: answer.to_owned(),
        ..Interaction::default()
    }
}

fn check_no_code(text: &str, expected: Expect) {
    let admitted = Intake::new(PrivacyMode::NoCode)
        .admit(interaction(text, ""))
        .unwrap();
    expected.assert_eq(&admitted.get().question);
    let again = Intake::new(PrivacyMode::NoCode)
        .admit(admitted.get().clone())
        .unwrap();
    assert_eq!(
        again.get().question,
        admitted.get().question,
        "twice is once"
    );
}

#[test]
fn marked_code_is_removed() {
    check_no_code(
        "Look at `let x = 1;` first.\n\n```rust\nfn secret_sauce() {}\n```\nThen see src/a.rs#L10-L24.\n\n- item\n\n  ~~~\n  inner()\n  ~~~\n",
        expect![[r#"
            Look at [code] first.

            [code]
            Then see src/a.rs#L10-L24.

            - item

              [code]
        "#]],
    );
}

#[test]
fn unmarked_code_is_removed() {
    check_no_code(
        "why does parse(input) fail here?\nlet tree = parser.parse(input)?;\n    if tree.is_none() { return Err(()) }\ntake Foo::bar instead, please",
        expect![[r#"
            why does [code] fail here?
            [code]
            [code]
            take [code] instead, please"#]],
    );
    check_no_code(
        "never closed:\n```\nlet a = 1;\nlet b = 2",
        expect![[r#"
            never closed:
            [code]"#]],
    );
    check_no_code(
        "<pre>\nint main() { return 0 }\n</pre>\n\nand <code>x = y</code> there",
        expect![[r#"
            [code]

            and [code] there"#]],
    );
}

#[test]
fn prose_is_unchanged() {
    let prose = "Where is the index opened? See [the page](docs/a.md), and src/lib.rs#L1-L3 (the public items).";
    let admitted = Intake::new(PrivacyMode::NoCode)
        .admit(interaction(prose, ""))
        .unwrap();
    assert_eq!(admitted.get().question, prose);
}

/// Returns what is left of `text` in the mode that records no code.
fn without_code(text: &str) -> String {
    let intake = Intake::new(PrivacyMode::NoCode);
    let once = intake.admit(interaction(text, "")).unwrap();
    let twice = intake.admit(once.get().clone()).unwrap();
    assert_eq!(twice.get(), once.get(), "twice is once");
    once.get().question.clone()
}

#[test]
fn unmarked_lines_of_code_are_removed() {
    let blocks = [
        "for order in orders:\n    if order.total > limit:\n        raise ValueError",
        "if role == \"admin\":",
        "if role == \"admin\":\n    grant everything",
        "elif role in staff:",
        "return total",
        "return price * quantity",
        "return None, err",
        "if (user.isAdmin && x)",
        "if (user.isAdmin && x)\n  unlock vault",
        "if user.is_admin and x:\n    unlock(vault)\nelse:\n    pass",
        "while queue:\n\titem = queue.pop()\n\n\thandle item",
        "with open(path) as file:\n    rows = list(file)",
        "try:\n    connect\nexcept TimeoutError:\n    retry later",
        "total = price * quantity",
        "self.limit = 5",
        "margin *= 0.8",
        "rows[0].price = cheapest",
        "def total",
        "def discount(order)\n  order.sum - rebate\nend",
        "class Order < Record\n  belongs_to :customer\n  validates :total, presence: true\nend",
        "unless order.paid?\n  remind customer\nend",
        "const rate = rates[currency]\nreturn rate",
        "switch (state)",
        "for (const row of rows)\n  sum += row.price",
        "} else if (depth > limit) {\n  stop early",
        "throw new LimitExceeded",
        "raise LimitExceeded",
        "SELECT name FROM customers\nWHERE balance < 0\nORDER BY name",
        "select * from customers where balance < 0",
        "print \"secret margin\"",
        "calculate_margin(order, 0.3)",
        "\"margin\": 0.3,",
        "$ deploy --to production",
        "if err != nil",
        "x := 3\ny := 4",
        "if [ -z \"$MARGIN\" ]\nthen\n  exit 1\nfi",
        "case 4711:\n    unlock vault",
        "> for order in orders:\n>     order.cancel now",
        "- the loop:\n\n  for order in orders:\n      cancel order",
        "data Shape = Circle Double\narea (Circle r) = pi * r * r",
        "val rate: Double = 0.3",
        "pub struct Order\n    pub customer: String,\n    margin: Option<f64>,",
        "    (6, 9),\n    (9, 12),",
        "    \"gold\",\n    \"silver\",",
        "z-index:100;\nopacity:1;\nmargin:0;padding:0;",
        "sum/self.n;",
        "total = sum\nself.sum/self.count",
        "call(x)\n    port:8080,\n    dx/r.x, dy/r.y,",
        "type CustomerId = CustomerId of int",
        "newModel = case msg of",
        "val cmp = this compare that",
        "return this - that",
        "\n# define MAX_RETRIES 5\n\n",
        "\n# if DEBUG\n\n# pragma omp parallel\n",
    ];
    let mut kept = String::new();
    for block in blocks {
        let text = without_code(&format!("why does this fail?\n{block}"));
        let rest = text.replace(['>', '-'], "").replace("[code]", "");
        let rest = rest
            .replace("why does this fail?", "")
            .replace("the loop:", "");
        if !rest.trim().is_empty() {
            kept += &format!("{block:?} -> {text:?}\n");
        }
    }
    assert!(kept.is_empty(), "{kept}");
}

#[test]
fn sentences_and_lists_are_unchanged() {
    let proses = [
        "if the user is an admin, what happens then?",
        "if it fails, return to the start page and try again",
        "return the total of the order to the caller?",
        "for every order in the list the price is wrong",
        "for example:\nthe price of an order",
        "for now:",
        "if so:\nwhat should I do?",
        "try this:\n- restart the server\n- clear the cache",
        "while waiting for the lock it hangs\nand then it stops",
        "with the new release:\n\n    - it is slow\n    - it crashes",
        "What I tried:\n\n- restart it\n  and wait a minute\n  - then look at the log\n    for an hour\n- return to the old version",
        "1. if the list is empty, stop\n2. for each order, add the price\n   and the tax of it\n3. return the sum",
        "else it works fine",
        "class names are in the index\nand functions too",
        "import of the module fails, and I do not know why",
        "from what I see, the index is stale",
        "select the one from the list that is newest",
        "use the index (the new one) for it",
        "if (and only if) the file is open, it fails (always)",
        "case in point: the parser",
        "do this first:\nread the docs",
        "The parser is slow.\n  It was fast before.\n  What has changed?",
        "raise awareness of it",
        "Note: the index is built at night.\nHint: it takes an hour.",
        "the end\nis near",
        "pass it on to the next one",
        "not sure whether tests/index.rs or src/lib.rs holds it",
        "> why does it return nothing?\n> it worked before",
        "| what | how |\n|------|-----|\n| index | fast |",
        "# What is the index?\n\nI want to know\nwhat it is for.",
        "let me know whether it works",
        "new orders - old orders are fine - get lost",
        "continue\nwith the next step",
        "except that it assigns the fields differently.\nexcept according to those terms.",
        "0.2.1\n=====\n0.2.0",
        "* [BUG #4](https://host/a(b):\n  Fix a panic in the parser.\n  Found by a fuzzer",
        "with respect to v0.4.0. Release highlights:",
        "@jo, @kim\n@lee, @max",
        "see lib.rs#L1-L4\nmain.rs#L3-L9",
        "lib.rs#L1-L4\nmain.rs#L3-L9\n- src/a.rs#L7",
        "server_core/src/lib.rs#L3\nserver_core/src/main.rs",
        "src/some_file.rs:12:3, src/other_file.rs:40-44",
        "# Overview\n\n# Usage\n\nRun it.",
        "total = the sum of all rows",
        "match the names in Config.toml:\n- one of them is wrong",
        "Dear team,\n\n  the build is red again,\n  and nobody looks at it.\n\n  Jo",
    ];
    let mut changed = String::new();
    for prose in proses {
        let text = without_code(prose);
        if text != prose {
            changed += &format!("{prose:?} -> {text:?}\n");
        }
    }
    assert!(changed.is_empty(), "{changed}");
}

#[test]
fn nothing_is_admitted_when_the_mode_is_off() {
    let feedback = Feedback {
        interaction: "i".to_owned(),
        time: 0,
        event: FeedbackEvent::Up,
    };
    assert!(
        Intake::new(PrivacyMode::Off)
            .admit(interaction("q", "a"))
            .is_none()
    );
    assert!(
        Intake::new(PrivacyMode::Off)
            .admit_feedback(feedback)
            .is_none()
    );
}

#[test]
fn the_stricter_mode_applies() {
    let mut strict = interaction("`x`", "");
    strict.privacy = PrivacyMode::NoCode;
    let admitted = Intake::new(PrivacyMode::Full).admit(strict).unwrap();
    assert_eq!(admitted.get().privacy, PrivacyMode::NoCode);
    assert_eq!(admitted.get().question, "[code]");
}

#[test]
fn secrets_are_redacted_in_every_field() {
    let mut raw = interaction("password = 'hunter2'?", "no, jo@acme.io");
    raw.correction = Some("pwd: \"letmein!\"".to_owned());
    raw.citations.push(RecordedCitation {
        file: "jo@acme.io/a.rs".to_owned(),
        range: CitedLines { first: 1, last: 1 },
        verified: false,
    });
    let admitted = Intake::default().admit(raw).unwrap();
    let kept = serde_json::to_string(admitted.get()).unwrap();
    for secret in ["hunter2", "letmein", "jo@acme.io"] {
        assert!(!kept.contains(secret), "{kept}");
    }
    let counts: Vec<_> = admitted
        .get()
        .redactions
        .iter()
        .map(|r| (r.kind.as_str(), r.count))
        .collect();
    assert_eq!(counts, [("email", 2), ("password", 2)]);
    // Admitting an interaction again does not change its counts.
    let again = Intake::default().admit(admitted.get().clone()).unwrap();
    assert_eq!(again.get(), admitted.get());
}

#[test]
fn an_interaction_that_names_a_private_file_is_not_admitted() {
    let intake = Intake::default().excluding_files(|file| file.ends_with("/.env"));
    let mut raw = interaction("q", "a");
    assert!(intake.admit(raw.clone()).is_some());
    raw.context.push(ContextRef {
        file: "deploy/.env".to_owned(),
        range: CitedLines { first: 1, last: 1 },
        hash: String::new(),
        blob: None,
    });
    assert!(intake.admit(raw).is_none());
}
