//! Wording of certainty: certain facts are stated, likely ones are marked as likely, and guesses are not shown.

use serde_json::{Value, json};

use super::Client;

/// `close` is defined twice and ambiguous, `settle_all` once; `make` is used by tests and by other functions.
const UNSURE: &str = r#"
//- /a.py
class A:
    def close(self):
        """Closes an A."""

def make():
    """Makes it."""

def use_made():
    return make()

def outer():
    return use_made()

default_config = dict(
    a=1,
)
//- /b.py
class B:
    def close(self):
        """Closes a B."""

    def settle_all(self):
        """Settles it."""
//- /y/c.py
def close_it():
    A.close(1)

def pay(x):
    x.settle_all()
//- /tests/test_make.py
from a import make

value = make()

class Helper:
    made = make()

    def __init__(self):
        make()

def test_make():
    assert make()
"#;

async fn hover(client: &mut Client, path: &str, marked: &str) -> Option<String> {
    let at = client.at(path, marked);
    let hover = client.ask("textDocument/hover", at).await;
    hover["contents"]["value"].as_str().map(str::to_owned)
}

async fn answer(client: &mut Client, command: &str, path: &str, marked: &str) -> String {
    about(client, command, path, marked, Value::Null).await
}

async fn about(
    client: &mut Client,
    command: &str,
    path: &str,
    marked: &str,
    diagnostic: Value,
) -> String {
    let at = client.at(path, marked);
    let range = json!({ "start": at["position"], "end": at["position"] });
    let mut argument = json!({ "textDocument": at["textDocument"], "range": range });
    if let Some(message) = diagnostic.as_str() {
        argument["diagnostic"] = json!({ "range": range, "message": message });
    }
    let params = json!({ "command": format!("repoLsp.{command}"), "arguments": [argument] });
    let result = client.ask("workspace/executeCommand", params).await;
    client.expect("window/showMessage").await;
    result["markdown"].as_str().unwrap().to_owned()
}

#[track_caller]
fn says(text: &str, what: &str) {
    assert!(text.contains(what), "{what:?} is not in: {text}");
}

#[tokio::test]
async fn a_definition_that_is_only_a_guess_is_not_shown() {
    let mut client = Client::ready(UNSURE).await;
    assert_eq!(hover(&mut client, "y/c.py", "A.clo$0se").await, None);
    let explained = answer(&mut client, "explain", "y/c.py", "A.clo$0se").await;
    says(&explained, "`close_it` is a function");
    assert!(!explained.contains("Closes a"), "{explained}");
    client.close().await;
}

#[tokio::test]
async fn a_likely_definition_is_marked_as_likely() {
    let mut client = Client::ready(UNSURE).await;
    let shown = hover(&mut client, "y/c.py", "x.set$0tle_all")
        .await
        .unwrap();
    assert!(
        shown.starts_with("Perhaps:\n\n```python\ndef settle_all"),
        "{shown}"
    );
    let explained = answer(&mut client, "explain", "y/c.py", "x.set$0tle_all").await;
    says(&explained, "\nPerhaps: `settle_all` is a method of `B`");
    let shown = hover(&mut client, "b.py", "def set$0tle_all")
        .await
        .unwrap();
    assert!(!shown.contains("Perhaps"), "{shown}");
    client.close().await;
}

#[tokio::test]
async fn ambiguous_uses_are_counted_separately() {
    let mut client = Client::ready(UNSURE).await;
    let shown = hover(&mut client, "a.py", "def clo$0se").await.unwrap();
    says(
        &shown,
        "No certain use of it in the index, 1 of that name that may mean another definition",
    );
    let shown = answer(&mut client, "usages", "a.py", "def clo$0se").await;
    says(&shown, "Nothing in the index is certain to use `close`.");
    says(&shown, "1 use of that name may mean another definition.");
    let shown = answer(&mut client, "impact", "a.py", "def clo$0se").await;
    says(&shown, "Nothing in the index is certain to use `close`.");
    says(&shown, "1 use of that name may mean another definition.");
    client.close().await;
}

#[tokio::test]
async fn only_test_functions_count_as_tests() {
    let mut client = Client::ready(UNSURE).await;
    let shown = hover(&mut client, "a.py", "def ma$0ke").await.unwrap();
    assert!(shown.ends_with("Tests: `test_make`"), "{shown}");
    let shown = answer(&mut client, "impact", "a.py", "def ma$0ke").await;
    says(&shown, " and 1 test.");
    says(&shown, "Tests: `test_make` [");
    let tests = shown.lines().find(|l| l.starts_with("- Tests")).unwrap();
    assert!(!tests.contains("Helper"), "{tests}");
    says(&shown, "One step further, 1 definition calls those.");
    client.close().await;
}

#[tokio::test]
async fn a_misspelt_name_suggests_the_nearest() {
    let mut client = Client::ready(UNSURE).await;
    let message = json!("name 'settel_all' is not defined");
    let shown = about(
        &mut client,
        "explainDiagnostic",
        "y/c.py",
        "x.set$0tle_all",
        message,
    )
    .await;
    says(
        &shown,
        "Nothing is called `settel_all`; nearest is `settle_all`.",
    );
    says(&shown, "Settles it.");
    // Beside a name that is known, the nearest is a hint and no more.
    let message = json!("'make' object has no attribute 'cloze'");
    let shown = about(
        &mut client,
        "explainDiagnostic",
        "y/c.py",
        "x.set$0tle_all",
        message,
    )
    .await;
    says(&shown, "### 2. `make` · function");
    assert!(!shown.contains("Closes"), "{shown}");
    says(&shown, "Nothing is called `cloze`; nearest is `close`.");
    let message = json!("unknown word 'xylophone'");
    let shown = about(
        &mut client,
        "explainDiagnostic",
        "y/c.py",
        "x.set$0tle_all",
        message,
    )
    .await;
    assert!(!shown.contains("nearest"), "{shown}");
    client.close().await;
}

#[tokio::test]
async fn a_shortened_signature_ends_with_an_ellipsis() {
    let mut client = Client::ready(UNSURE).await;
    let shown = hover(&mut client, "a.py", "default_$0config")
        .await
        .unwrap();
    says(&shown, "default_config = dict( …\n");
    client.close().await;
}
