//! `repo-lsp eval retrieval`: the table of metrics, the rankings as JSON lines, and checkouts per question.

use expect_test::expect;
use integration::Sandbox;
use serde_json::Value;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(
        "\
//- /src/merge.py
def merge_segments(segments):
    \"\"\"Merges the segments into one.\"\"\"
    return sorted(segments)
//- /src/cache.py
class Cache:
    \"\"\"Evicts what was not used for long.\"\"\"
    def evict(self):
        pass
//- /tests/test_merge.py
def test_merge_segments():
    pass
",
    );
    let question = |id: &str, question: &str, gold: &[&str]| {
        serde_json::json!({ "id": id, "question": question, "gold_files": gold, "answer": "unused" }).to_string() + "\n"
    };
    let text = question(
        "one",
        "where are segments merged?",
        &["src/merge.py", "tests/test_merge.py"],
    ) + &question("two", "what does Cache.evict do?", &["src/cache.py"])
        + &question("three", "which test is there?", &["tests/test_merge.py"]);
    std::fs::write(sandbox.home().join("golden.jsonl"), text).unwrap();
    sandbox
}

#[test]
fn metrics_as_a_table() {
    let sandbox = sandbox();
    let golden = sandbox.home().join("golden.jsonl").display().to_string();
    let output = sandbox.run(&["eval", "retrieval", "--questions", &golden]);
    expect![[r#"
                        n      recall@10    all-gold@10          Acc@1          Acc@5            MRR
        demo            2   100.0  100.0   100.0  100.0   100.0  100.0   100.0  100.0   1.000  1.000
        right of each value, plain BM25 over whole files; 1 question without a gold source file not counted
    "#]].assert_eq(&output.stdout);
}

#[test]
fn rankings_as_json_lines() {
    let sandbox = sandbox();
    let golden = sandbox.home().join("golden.jsonl").display().to_string();
    let output = sandbox.run(&["eval", "retrieval", "--questions", &golden, "--json"]);
    let lines: Vec<Value> = output
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let ids: Vec<_> = lines
        .iter()
        .map(|line| line["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        ids,
        ["one", "two", "three"],
        "all questions in order, including those without a gold source file"
    );
    assert_eq!(lines[0]["ranked_files"][0], "src/merge.py");
    assert_eq!(lines[1]["ranked_files"][0], "src/cache.py");
    let summary = sandbox.json(&["eval", "retrieval", "--questions", &golden, "--summary"]);
    assert_eq!(
        (&summary["dropped"], &summary["pooled"]["repo_lsp"]["n"]),
        (&1.into(), &2.into()),
        "{summary}"
    );
}

#[test]
fn each_question_is_asked_in_its_own_checkout() {
    let sandbox = Sandbox::new(
        "//- /x/one/abc/a.py\ndef apple(): pass\n//- /x/two/def/b.py\ndef banana(): pass\n",
    );
    let line = |repo: &str, commit: &str, word: &str, file: &str| {
        serde_json::json!({ "id": word, "repo": repo, "commit": commit, "question": word, "gold_files": [file] }).to_string() + "\n"
    };
    let text = line("x/one", "abc", "apple", "a.py") + &line("x/two", "def", "banana", "b.py");
    std::fs::write(sandbox.home().join("golden.jsonl"), text).unwrap();
    let golden = sandbox.home().join("golden.jsonl").display().to_string();
    let template = format!("{}/{{repo}}/{{commit}}", sandbox.root().display());
    let summary = sandbox.json(&[
        "eval",
        "retrieval",
        "--questions",
        &golden,
        "--checkouts",
        &template,
        "--summary",
    ]);
    assert_eq!(
        summary["repositories"]["x/one"]["repo_lsp"]["Acc@1"], 100.0,
        "{summary}"
    );
    assert_eq!(
        summary["pooled"]["plain"]["all-gold@10"], 100.0,
        "{summary}"
    );
}
