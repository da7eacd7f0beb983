//! What the documentation shows is what happens.

use std::path::Path;

use integration::{Client, Sandbox};
use serde_json::{Value, json};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn readme() -> String {
    std::fs::read_to_string(repository().join("README.md")).unwrap()
}

/// The first command of the README, asked of this very repository. Its code moves, so what is held is that the answer is one.
#[test]
fn the_question_of_the_readme_is_answered_by_the_code_it_is_about() {
    let readme = readme();
    let question = readme
        .split_once("cargo run")
        .and_then(|(_, rest)| rest.split_once("-- ask \""))
        .and_then(|(_, rest)| rest.split('"').next());
    let question = question.expect("the README asks a question");
    let sandbox = Sandbox::new("");
    let root = repository().display().to_string();
    let answer = sandbox.json(&["ask", question, "--workspace", &root]);
    let sources = answer["sources"].as_array().unwrap();
    let healing = [
        "indexer/src/store/",
        "indexer/src/index/",
        "indexer/src/commit.rs",
    ];
    let first = sources[0]["citation"]["path"].as_str().unwrap();
    assert!(
        healing.iter().any(|place| first.starts_with(place)),
        "{first} is where nothing is healed: {answer:#}"
    );
    assert!(
        sources
            .iter()
            .all(|one| one["citation"]["verified"] == true),
        "{answer:#}"
    );
}

/// The example of the README, in a workspace of its own: it moves with what is printed, not with our code.
fn example() -> Sandbox {
    let sandbox = Sandbox::new("");
    let from = repository().join("tests/example");
    let files = [
        "README.md",
        "src/bank.py",
        "src/journal.py",
        "tests/test_journal.py",
    ];
    for file in files {
        sandbox.write(file, &std::fs::read_to_string(from.join(file)).unwrap());
    }
    sandbox
}

/// Compares a picture of the README, the fenced block that begins with `opening`, with what is so. `UPDATE_EXPECT` draws it anew.
fn check_picture(opening: &str, now: &str) {
    let readme = readme();
    let from = readme.find(opening).expect("the README has the picture") + opening.len();
    let to = from + readme[from..].find("\n```").expect("a block ends") + 1;
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let drawn = format!("{}{}{}", &readme[..from], now, &readme[to..]);
        return std::fs::write(repository().join("README.md"), drawn).unwrap();
    }
    let shown = &readme[from..to];
    assert!(
        shown == now,
        "the README shows\n{shown}\nand now it is\n{now}\nUPDATE_EXPECT=1 draws it anew"
    );
}

/// One test, because both pictures are drawn into one file.
#[test]
fn the_pictures_of_the_readme_are_what_is_shown() {
    check_answer();
    check_hover();
}

fn check_answer() {
    let readme = readme();
    let command = "$ repo-lsp ask \"";
    let question = readme.split(command).nth(1).unwrap();
    let question = question.split('"').next().unwrap();
    let ran = example().run(&["ask", question]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    // Two sources and the last line say enough; a duration is one that was measured once.
    let (head, rest) = ran.stdout.split_once("\n  3. ").expect("three sources");
    let last = rest.lines().last().unwrap().replace("TIME", "3 ms");
    let now = format!("{head}\n  …\n\n{last}\n");
    check_picture(&format!("{command}{question}\"\n"), &now);
}

fn check_hover() {
    let sandbox = example();
    let mut client = Client::start(sandbox.command(&["--stdio"]));
    client.initialize(&sandbox.root(), Value::Null);
    client.until(|root| root["state"] == "fresh");
    client.open(&sandbox.root(), "src/bank.py", "python");
    let uri = format!("file://{}/src/bank.py", sandbox.root().display());
    let hover = client.request(
        "textDocument/hover",
        json!({ "textDocument": { "uri": uri }, "position": { "line": 11, "character": 13 } }),
    );
    let text = hover["contents"]["value"].as_str().unwrap();
    // As an editor shows it: without marks, and with code apart.
    let now: String = text
        .lines()
        .map(|line| if line.starts_with("```") { "" } else { line })
        .map(|line| line.trim_end().replace('`', "") + "\n")
        .collect();
    let now = now.trim_start();
    check_picture(
        "over `target.post(amount)` in the same ledger:\n\n```\n",
        now,
    );
    assert!(client.shut_down().success());
}

#[test]
fn links_lead_somewhere() {
    for document in ["README.md", "docs/configuration.md"] {
        let file = repository().join(document);
        let text = std::fs::read_to_string(&file).unwrap();
        for target in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let target = target.split('#').next().unwrap();
            let local = !target.is_empty() && !target.contains("://");
            assert!(
                !local || file.parent().unwrap().join(target).exists(),
                "{document} links to {target}, which does not exist"
            );
        }
    }
}

#[test]
fn commands_of_the_readme_exist() {
    let sandbox = Sandbox::new("");
    let readme = readme();
    let commands = readme
        .lines()
        .filter_map(|line| line.trim_start_matches("$ ").strip_prefix("repo-lsp "))
        .filter_map(|line| line.split(' ').next())
        .filter(|word| word.chars().all(char::is_alphabetic));
    let mut seen = 0;
    for command in commands {
        seen += 1;
        let ran = sandbox.run(&[command, "--help"]);
        assert_eq!(
            ran.code,
            Some(0),
            "repo-lsp {command} is in the README: {ran:?}"
        );
    }
    assert!(seen >= 5);
    for file in ["tests/run", "tests/bench", "tests/nvim/run", ".ci/run"] {
        assert!(repository().join(file).is_file(), "{file}");
    }
}
