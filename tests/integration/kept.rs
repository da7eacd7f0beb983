//! Recording of an editor's session with the real server and model engine: feedback becomes samples, a kill loses no interaction, and
//! no file contains a secret.

use std::path::{Path, PathBuf};

use checkpoint::Parrot;
use integration::{Client, Position, Sandbox, files_containing};
use serde_json::{Value, json};

use crate::hosted::Hosted;

const ANSWER: &str = "Money moves in `transfer_money` (src/bank.py#L2-L3).";
/// Has the format of a GitHub token.
const SECRET: &str = "ghp_0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R";

/// Asks a question and returns the id of the recorded interaction.
fn ask(client: &mut Client, question: &str) -> String {
    let answer = client.ask_question(question);
    let id = answer["interactionId"].as_str();
    id.expect("the interaction is recorded").to_owned()
}

/// Returns the rows of a JSONL file that `samples curate` wrote.
fn lines(folder: &Path, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn feedback_becomes_samples_and_secrets_are_not_stored() {
    let hosted = Hosted::new(&Parrot::new(ANSWER));
    let sandbox = &hosted.sandbox;
    sandbox.write(".env", &format!("TOKEN={SECRET}\n"));
    // A secret in a file that is not private.
    sandbox.write("src/keys.py", &format!("SIGNING_KEY = \"{SECRET}\"\n"));
    let mut client = hosted.session();
    client.open(".env", "text");
    client.open("web/page.js", "javascript");

    let good = ask(&mut client, "how does money move?");
    client.send_feedback(&good, json!({ "verdict": "good" }));
    let corrected = ask(&mut client, "who may close an account?");
    client.send_feedback(
        &corrected,
        json!({ "correction": "Nobody: src/bank.py has no such thing." }),
    );
    let rejected = ask(&mut client, "is there an audit log?");
    client.send_feedback(&rejected, json!({ "verdict": "bad" }));

    let inserted = ask(&mut client, "how do I call the page?");
    let page = "web/page.js";
    let (start, end) = (Position::new(0, 0), Position::new(1, 0));
    client.insert_text(page, 2, start, "showPage();\n");
    let at = client.location(page, start, end);
    client.send_feedback(&inserted, json!({ "inserted": at }));
    client.save(page);

    let secret = ask(&mut client, &format!("why does {SECRET} not work?"));
    client.send_feedback(
        &secret,
        json!({ "correction": format!("{SECRET} has expired.") }),
    );
    // Four verdicts and corrections, the insertion, and the share of the inserted text that was left at the save.
    let recorded = client.poll(|client| {
        let status = client.status();
        if status["samples"]["feedback"] == 6 {
            Ok(status["samples"]["interactions"].clone())
        } else {
            Err(status)
        }
    });
    assert_eq!(recorded, 5);
    // The document of an answer that quotes the secret.
    let selection = client.location("src/keys.py", start, end);
    let answer = client.execute_command("repoLsp.askSelection", json!([selection]));
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
    // Forgetting an interaction deletes its document.
    let id = answer["interactionId"].as_str().unwrap();
    let output = sandbox.run(&["samples", "forget", id, "--yes"]);
    assert_eq!(
        (output.code, Path::new(document).exists()),
        (Some(0), false),
        "{output:?}"
    );
    client.kill();

    let out = sandbox.home().join("curated");
    let output = sandbox.run(&["samples", "curate", "--out", out.to_str().unwrap()]);
    assert_eq!(output.code, Some(0), "{output:?}");
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
        files_containing(&sandbox.home(), SECRET.as_bytes()),
        Vec::<PathBuf>::new()
    );
    let token = SECRET.to_lowercase();
    assert_eq!(
        files_containing(&sandbox.home(), token.as_bytes()),
        Vec::<PathBuf>::new()
    );
}

#[test]
fn a_kill_loses_no_interaction_whose_id_was_returned() {
    let sandbox = Sandbox::new("//- /a.py\ndef parse_header():\n    pass\n");
    let mut ids = Vec::new();
    for round in 0..8 {
        let mut client = sandbox.start_session();
        for question in 0..round {
            ids.push(ask(
                &mut client,
                &format!("what parses header {round} {question}?"),
            ));
        }
        client.kill();
    }
    let listed = sandbox.json(&["samples", "list", "--limit", "1000"]);
    let listed = listed.to_string();
    for id in ids {
        assert!(listed.contains(&id), "{id} is lost");
    }
}
