//! Questions answered by a checkpoint that mistral.rs serves: from an editor's session and from a shell, through a host that is killed,
//! given a newer generation, and shared.

use std::path::{Path, PathBuf};
use std::process::Command;

use checkpoint::{Parrot, Shape};
use integration::{Client, Sandbox};
use serde_json::{Value, json};

const LEDGER: &str = "
//- /src/bank.py
class Bank:
    def transfer_money(self, amount):
        return amount


def open_account():
    return Bank()
//- /web/page.js
export function showPage() {}
//- /README.md
# Ledger

Keeps accounts.
";

/// A workspace, and what was installed as the model `parrot`. The host is ended with it.
pub(crate) struct Hosted {
    pub(crate) sandbox: Sandbox,
    weights: tempfile::TempDir,
}

impl Hosted {
    pub(crate) fn new(parrot: &Parrot) -> Self {
        let hosted = Hosted {
            sandbox: Sandbox::new(LEDGER),
            weights: tempfile::tempdir().unwrap(),
        };
        hosted.install(parrot);
        hosted
    }

    /// Makes a checkpoint and has it be the current generation.
    fn install(&self, parrot: &Parrot) {
        let folder = self.weights.path().join("made");
        let _ = std::fs::remove_dir_all(&folder);
        parrot.write(&folder).unwrap();
        self.pull(&folder, "parrot");
    }

    fn pull(&self, folder: &Path, name: &str) {
        let folder = folder.to_str().unwrap();
        let ran = self.sandbox.run(&["model", "pull", folder, "--name", name]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let ran = self.sandbox.run(&["model", "use", name]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }

    fn endpoint(&self) -> PathBuf {
        self.sandbox
            .home()
            .join(".local/share/repo-lsp/host/endpoint.json")
    }

    fn host(&self) -> u64 {
        let text = std::fs::read_to_string(self.endpoint()).unwrap();
        let endpoint: Value = serde_json::from_str(&text).unwrap();
        endpoint["pid"].as_u64().unwrap()
    }

    fn kill_host(&self) {
        let pid = self.host().to_string();
        let killed = Command::new("kill").args(["-9", &pid]).status().unwrap();
        assert!(killed.success());
    }

    pub(crate) fn session(&self) -> Client {
        let mut client = Client::start(self.sandbox.command(&["--stdio"]));
        client.initialize(&self.sandbox.root(), Value::Null);
        client.until(|root| root["state"] == "fresh");
        client
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        self.sandbox.run(&["model", "stop"]);
    }
}

fn streamed(parts: &[Value]) -> String {
    parts
        .iter()
        .filter_map(|part| part["value"]["markdown"].as_str())
        .collect()
}

#[test]
fn a_shell_gets_a_checked_answer() {
    let hosted = Hosted::new(
        &Parrot::new("Money moves in `transfer_money` (src/bank.py#L2-L3), never in `vanish_now`, see src/gone.py#L1.")
            .thinking("Let me look."),
    );
    let answer = hosted.sandbox.json(&["ask", "how does money move?"]);
    assert_eq!(
        (&answer["mode"], &answer["generation"]),
        (&json!("model"), &json!("parrot@1")),
        "{answer:#}"
    );
    assert_eq!(
        answer["citations"][0]["label"], "src/bank.py#L2-L3",
        "{answer:#}"
    );
    assert_eq!(
        answer["unverified"],
        json!(["src/gone.py#L1", "vanish_now"])
    );
    assert_eq!(answer["grounded"], 0.5);
    assert_eq!(
        (&answer["thinking"], &answer["error"]),
        (&json!(""), &Value::Null)
    );
    let host = hosted.host();

    let thought = hosted
        .sandbox
        .json(&["ask", "--think", "how does money move?"]);
    assert_eq!(thought["thinking"].as_str().unwrap().trim(), "Let me look.");
    assert_eq!(thought["markdown"], answer["markdown"]);

    let shown = hosted.sandbox.run(&["ask", "how does money move?"]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(
        shown.stdout.starts_with(
            "Money moves in transfer_money (src/bank.py#L2-L3), never in vanish_now ⚠"
        ),
        "{shown:?}"
    );
    assert!(shown.stdout.contains("parrot@1 · "), "{shown:?}");
    assert_eq!(hosted.host(), host, "one host serves all");
}

#[test]
fn an_editor_gets_its_answer_word_by_word() {
    let hosted = Hosted::new(&Parrot::new(
        "Money moves in `transfer_money` (src/bank.py#L2-L3) and nowhere else.",
    ));
    let mut one = hosted.session();
    let mut two = hosted.session();
    for client in [&mut one, &mut two] {
        let ask = json!({ "question": "how does money move?", "partialResultToken": "t" });
        let result = client.request("repoLsp/ask", ask);
        let mut parts = client.heard("$/progress");
        parts.retain(|part| part["token"] == "t");
        assert!(parts.len() > 3, "{parts:#?}");
        assert_eq!(json!(streamed(&parts)), result["markdown"]);
        assert_eq!(result["generation"], "parrot@1", "{result:#}");
        assert_eq!(result["citations"][0]["verified"], true, "{result:#}");
        assert_eq!(result["grounded"], 1.0, "{result:#}");
    }
    one.shut_down();
    two.shut_down();
}

#[test]
fn a_host_that_is_killed_costs_one_answer() {
    let hosted = Hosted::new(&Parrot::counting(400).endless().slow(4, 2048));
    let mut client = hosted.session();
    let ask = json!({ "question": "how does money move?", "partialResultToken": "t" });
    let id = client.send("repoLsp/ask", ask.clone());
    client.hear("$/progress", |params| {
        params["value"]["markdown"]
            .as_str()
            .is_some_and(|m| m.contains("3 "))
    });
    let first = hosted.host();
    hosted.kill_host();
    let answer = client.reply(id)["result"].clone();
    assert_eq!(answer["mode"], "model");
    assert!(
        answer["markdown"]
            .as_str()
            .unwrap()
            .contains("⚠ the answer ends here: "),
        "{answer:#}"
    );
    assert!(answer["error"].is_string(), "{answer:#}");

    // The session lives on, and the next question starts another host.
    hosted.install(&Parrot::new("It moves."));
    let answer = client.request("repoLsp/ask", json!({ "question": "how does money move?" }));
    assert!(
        answer["markdown"]
            .as_str()
            .unwrap()
            .starts_with("It moves."),
        "{answer:#}"
    );
    assert_ne!(hosted.host(), first);
    client.shut_down();
}

#[test]
fn a_newer_generation_answers_next_and_the_older_one_finishes() {
    let hosted = Hosted::new(&Parrot::counting(300).slow(4, 1024));
    let mut client = hosted.session();
    let ask = json!({ "question": "how does money move?", "partialResultToken": "t" });
    let id = client.send("repoLsp/ask", ask);
    client.hear("$/progress", |params| {
        params["value"]["markdown"]
            .as_str()
            .is_some_and(|m| m.contains("3 "))
    });
    hosted.install(&Parrot::new("It moves."));
    let answer = client.reply(id)["result"].clone();
    let markdown = answer["markdown"].as_str().unwrap();
    assert!(markdown.contains(" 299 300\n"), "{markdown}");
    assert_eq!(
        (&answer["generation"], &answer["error"]),
        (&json!("parrot@1"), &Value::Null)
    );
    // An older generation may answer until the newer one is loaded.
    let newer = (0..100).find_map(|_| {
        let answer = client.request("repoLsp/ask", json!({ "question": "how does money move?" }));
        (answer["generation"] == "parrot@2").then_some(answer)
    });
    let newer = newer.expect("the newer generation answers");
    assert!(
        newer["markdown"].as_str().unwrap().starts_with("It moves."),
        "{newer:#}"
    );
    client.shut_down();
}

#[test]
fn a_generation_that_cannot_be_loaded_leaves_the_one_before() {
    let hosted = Hosted::new(&Parrot::new("It moves."));
    // It passes the checks, and the engine cannot load it all the same.
    hosted.install(&Parrot::new("a".repeat(1990)));
    let answer = hosted.sandbox.json(&["ask", "how does money move?"]);
    assert_eq!(
        (&answer["mode"], &answer["generation"]),
        (&json!("model"), &json!("parrot@1")),
        "{answer:#}"
    );
}

#[test]
fn a_lost_endpoint_is_written_again() {
    let hosted = Hosted::new(&Parrot::new("It moves."));
    hosted.sandbox.json(&["ask", "how does money move?"]);
    let host = hosted.host();
    for damage in ["garbage", ""] {
        match damage {
            "" => std::fs::remove_file(hosted.endpoint()).unwrap(),
            text => std::fs::write(hosted.endpoint(), text).unwrap(),
        }
        let answer = hosted.sandbox.json(&["ask", "how does money move?"]);
        assert_eq!(answer["mode"], "model", "{answer:#}");
        assert_eq!(hosted.host(), host);
    }
}

#[test]
fn a_module_is_chosen_among_those_that_exist() {
    let hosted = Hosted::new(&Parrot::new("nothing of the kind"));
    let folder = hosted.weights.path().join("random");
    checkpoint::random(&folder, Shape::TINY, 7).unwrap();
    hosted.pull(&folder, "random");
    let answer = hosted
        .sandbox
        .json(&["ask", "--module", "move money between accounts"]);
    let modules = hosted.sandbox.json(&["modules"]);
    let ids: Vec<&Value> = modules
        .as_array()
        .unwrap_or_else(|| modules["modules"].as_array().unwrap())
        .iter()
        .map(|m| &m["id"])
        .collect();
    assert!(ids.contains(&&answer["module"]), "{answer:#} {ids:?}");
    assert_eq!(
        (&answer["mode"], &answer["generation"]),
        (&json!("model"), &json!("random@1")),
        "{answer:#}"
    );
}

#[test]
fn a_model_that_is_gone_leaves_the_index() {
    let hosted = Hosted::new(&Parrot::new("It moves."));
    hosted.sandbox.configure("[model]\nname = \"other\"\n");
    let ran = hosted
        .sandbox
        .run(&["ask", "how does transfer_money work?"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("no such model: other"), "{ran:?}");
    assert!(
        ran.stdout
            .contains("from the index (the model did not answer)"),
        "{ran:?}"
    );
}
