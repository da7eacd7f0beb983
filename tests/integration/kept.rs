//! What is kept of an editor's session, by the real server and the real engine: the samples that the developer's reactions make, nothing
//! lost by a kill, and no secret in any file.

use std::path::{Path, PathBuf};
use std::time::Instant;

use checkpoint::Parrot;
use integration::{Client, REPLY_TIMEOUT, Sandbox, holding, uri};
use serde_json::{Value, json};

use crate::hosted::Hosted;

const ANSWER: &str = "Money moves in `transfer_money` (src/bank.py#L2-L3).";
/// In the shape of a token that a forge hands out.
const SECRET: &str = "ghp_0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R";

fn ask(client: &mut Client, question: &str) -> String {
    let answer = client.request("repoLsp/ask", json!({ "question": question }));
    answer["interactionId"].as_str().expect("kept").to_owned()
}

fn feedback(client: &mut Client, id: &str, mut said: Value) {
    said["interactionId"] = json!(id);
    let result = client.request("repoLsp/feedback", said);
    assert_eq!(result, json!({ "recorded": true, "message": null }));
}

/// The lines of a file that `samples curate` wrote, each as the interactions it was made of and its messages.
fn lines(folder: &Path, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_session_yields_its_samples_and_leaves_no_secret() {
    let hosted = Hosted::new(&Parrot::new(ANSWER));
    let sandbox = &hosted.sandbox;
    sandbox.write(".env", &format!("TOKEN={SECRET}\n"));
    // Where it should not stand, and does.
    sandbox.write("src/keys.py", &format!("SIGNING_KEY = \"{SECRET}\"\n"));
    let root = sandbox.root();
    let mut client = hosted.session();
    client.open(&root, ".env", "text");
    client.open(&root, "web/page.js", "javascript");

    let good = ask(&mut client, "how does money move?");
    feedback(&mut client, &good, json!({ "verdict": "good" }));
    let corrected = ask(&mut client, "who may close an account?");
    feedback(
        &mut client,
        &corrected,
        json!({ "correction": "Nobody: src/bank.py has no such thing." }),
    );
    let rejected = ask(&mut client, "is there an audit log?");
    feedback(&mut client, &rejected, json!({ "verdict": "bad" }));

    let inserted = ask(&mut client, "how do I call the page?");
    let start = json!({ "line": 0, "character": 0 });
    let end = json!({ "line": 1, "character": 0 });
    let page = uri(&root.join("web/page.js"));
    client.notify(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": page, "version": 2 },
            "contentChanges": [{ "range": { "start": start, "end": start }, "text": "showPage();\n" }] }),
    );
    let range = json!({ "start": start, "end": end });
    let at = json!({ "textDocument": { "uri": page }, "range": range });
    feedback(&mut client, &inserted, json!({ "inserted": at }));
    client.notify(
        "textDocument/didSave",
        json!({ "textDocument": { "uri": page } }),
    );

    let secret = ask(&mut client, &format!("why does {SECRET} not work?"));
    feedback(
        &mut client,
        &secret,
        json!({ "correction": format!("{SECRET} has expired.") }),
    );
    // Three verdicts and corrections more, an insertion, and how much of it was left when the page was saved.
    let deadline = Instant::now() + REPLY_TIMEOUT;
    let kept = loop {
        let status = client.request("repoLsp/status", json!({}));
        if status["samples"]["feedback"] == 6 {
            break status["samples"]["interactions"].clone();
        }
        assert!(Instant::now() < deadline, "{status:#}");
    };
    assert_eq!(kept, 5);
    // An answer that quotes it, as a document.
    let start = json!({ "line": 0, "character": 0 });
    let end = json!({ "line": 1, "character": 0 });
    let keys = uri(&root.join("src/keys.py"));
    let argument =
        json!({ "textDocument": { "uri": keys }, "range": { "start": start, "end": end } });
    let params = json!({ "command": "repoLsp.askSelection", "arguments": [argument] });
    let answer = client.request("workspace/executeCommand", params);
    assert!(
        answer["markdown"].as_str().unwrap().contains(SECRET),
        "{answer:#}"
    );
    let document = answer["document"]
        .as_str()
        .unwrap()
        .trim_start_matches("file://");
    let text = std::fs::read_to_string(document).unwrap();
    assert!(text.contains("[redacted:github_token]"), "{text}");
    // What is forgotten takes its document along.
    let id = answer["interactionId"].as_str().unwrap();
    let ran = sandbox.run(&["samples", "forget", id, "--yes"]);
    assert_eq!(
        (ran.code, Path::new(document).exists()),
        (Some(0), false),
        "{ran:?}"
    );
    client.kill();

    let out = sandbox.home().join("curated");
    let ran = sandbox.run(&["samples", "curate", "--out", out.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let mut made: Vec<_> = lines(&out, "samples.jsonl")
        .iter()
        .map(|line| {
            (
                line["metadata"]["interactions"][0].clone(),
                line["metadata"]["signal"].clone(),
            )
        })
        .collect();
    made.sort_by_key(|(id, _)| id.to_string());
    let expected = [
        (json!(good), json!("good")),
        (json!(corrected), json!("corrected")),
        (json!(inserted), json!("inserted")),
    ];
    assert_eq!(made, expected);
    let pairs = lines(&out, "preferences.jsonl");
    assert_eq!(pairs.len(), 1, "{pairs:#?}");
    assert_eq!(
        pairs[0]["chosen"][0]["content"],
        "Nobody: src/bank.py has no such thing."
    );
    assert_eq!(pairs[0]["rejected"][0]["content"], ANSWER);
    let bad = lines(&out, "rejected.jsonl");
    assert_eq!(bad.len(), 1, "{bad:#?}");
    assert_eq!(bad[0]["metadata"]["interactions"], json!([rejected]));

    assert_eq!(
        holding(&sandbox.home(), SECRET.as_bytes()),
        Vec::<PathBuf>::new()
    );
    let token = SECRET.to_lowercase();
    assert_eq!(
        holding(&sandbox.home(), token.as_bytes()),
        Vec::<PathBuf>::new()
    );
}

#[test]
fn a_killed_server_has_lost_no_answer_whose_id_was_shown() {
    let sandbox = Sandbox::new("//- /a.py\ndef parse_header():\n    pass\n");
    let mut shown = Vec::new();
    for round in 0..8 {
        let mut client = Client::start(sandbox.command(&["--stdio"]));
        client.initialize(&sandbox.root(), Value::Null);
        client.until(|root| root["state"] == "fresh");
        for question in 0..round {
            shown.push(ask(
                &mut client,
                &format!("what parses header {round} {question}?"),
            ));
        }
        client.kill();
    }
    let listed = sandbox.json(&["samples", "list", "--limit", "1000"]);
    let listed = listed.to_string();
    for id in shown {
        assert!(listed.contains(&id), "{id} is lost");
    }
}
