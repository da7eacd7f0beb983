//! Answers of a checkpoint served by the model host, for editors and the command line: sharing one host, killing it, and installing a
//! newer generation.

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

/// A workspace with an installed model `parrot`. Stops the model host when dropped.
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

    /// Writes a checkpoint and installs it as the current generation of `parrot`.
    fn install(&self, parrot: &Parrot) {
        let folder = self.weights.path().join("made");
        let _ = std::fs::remove_dir_all(&folder);
        parrot.write(&folder).unwrap();
        self.pull(&folder, "parrot");
    }

    fn pull(&self, folder: &Path, name: &str) {
        let folder = folder.to_str().unwrap();
        let output = self.sandbox.run(&["model", "pull", folder, "--name", name]);
        assert_eq!(output.code, Some(0), "{output:?}");
        let output = self.sandbox.run(&["model", "use", name]);
        assert_eq!(output.code, Some(0), "{output:?}");
    }

    fn endpoint_file(&self) -> PathBuf {
        self.sandbox
            .home()
            .join(".local/share/repo-lsp/host/endpoint.json")
    }

    /// The process id of the host.
    fn host_pid(&self) -> u64 {
        let text = std::fs::read_to_string(self.endpoint_file()).unwrap();
        let endpoint: Value = serde_json::from_str(&text).unwrap();
        endpoint["pid"].as_u64().unwrap()
    }

    fn kill_host(&self) {
        let pid = self.host_pid().to_string();
        let killed = Command::new("kill").args(["-9", &pid]).status().unwrap();
        assert!(killed.success());
    }

    pub(crate) fn session(&self) -> Client {
        self.sandbox.start_session()
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        self.sandbox.run(&["model", "stop"]);
    }
}

const QUESTION: &str = "how does money move?";

#[test]
fn the_command_line_checks_the_answer() {
    let hosted = Hosted::new(
        &Parrot::new("Money moves in `transfer_money` (src/bank.py#L2-L3), never in `vanish_now`, see src/gone.py#L1.")
            .thinking("Let me look."),
    );
    let answer = hosted.sandbox.json(&["ask", QUESTION]);
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
        (&Value::Null, &Value::Null)
    );
    let host = hosted.host_pid();

    let thought = hosted.sandbox.json(&["ask", "--think", QUESTION]);
    assert_eq!(thought["thinking"].as_str().unwrap().trim(), "Let me look.");
    assert_eq!(thought["markdown"], answer["markdown"]);

    let shown = hosted.sandbox.run(&["ask", QUESTION]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(
        shown.stdout.starts_with(
            "Money moves in transfer_money (src/bank.py#L2-L3), never in vanish_now ⚠"
        ),
        "{shown:?}"
    );
    assert!(shown.stdout.contains("parrot@1 · "), "{shown:?}");
    assert_eq!(hosted.host_pid(), host, "all commands share one host");
}

#[test]
fn an_answer_is_streamed_to_an_editor() {
    let hosted = Hosted::new(&Parrot::new(
        "Money moves in `transfer_money` (src/bank.py#L2-L3) and nowhere else.",
    ));
    let mut one = hosted.session();
    let mut two = hosted.session();
    for client in [&mut one, &mut two] {
        let (result, parts) = client.ask_streaming(QUESTION);
        assert!(parts.len() > 3, "{parts:#?}");
        assert_eq!(json!(parts.concat()), result["markdown"]);
        assert_eq!(result["generation"], "parrot@1", "{result:#}");
        assert_eq!(result["citations"][0]["verified"], true, "{result:#}");
        assert_eq!(result["grounded"], 1.0, "{result:#}");
    }
    one.shut_down();
    two.shut_down();
}

#[test]
fn killing_the_host_interrupts_one_answer() {
    let hosted = Hosted::new(&Parrot::counting(400).endless().slow(4, 2048));
    let mut client = hosted.session();
    let id = client.start_question(QUESTION, "t");
    client.wait_for_part("t", |text| text.contains("3 "));
    let first = hosted.host_pid();
    hosted.kill_host();
    let answer = client.wait_for_result(id);
    assert_eq!(answer["mode"], "model");
    assert!(
        answer["markdown"]
            .as_str()
            .unwrap()
            .contains("⚠ the answer ends here: "),
        "{answer:#}"
    );
    assert!(answer["error"].is_string(), "{answer:#}");

    // The session continues, and the next question starts another host.
    hosted.install(&Parrot::new("It moves."));
    let answer = client.ask_question(QUESTION);
    assert!(
        answer["markdown"]
            .as_str()
            .unwrap()
            .starts_with("It moves."),
        "{answer:#}"
    );
    assert_ne!(hosted.host_pid(), first);
    client.shut_down();
}

#[test]
fn a_newer_generation_takes_over_after_running_answers() {
    let hosted = Hosted::new(&Parrot::counting(300).slow(4, 1024));
    let mut client = hosted.session();
    let id = client.start_question(QUESTION, "t");
    client.wait_for_part("t", |text| text.contains("3 "));
    hosted.install(&Parrot::new("It moves."));
    let answer = client.wait_for_result(id);
    let markdown = answer["markdown"].as_str().unwrap();
    assert!(markdown.contains(" 299 300\n"), "{markdown}");
    assert_eq!(
        (&answer["generation"], &answer["error"]),
        (&json!("parrot@1"), &Value::Null)
    );
    // An older generation may answer until the newer one is loaded.
    let newer = (0..100).find_map(|_| {
        let answer = client.ask_question(QUESTION);
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
fn the_previous_generation_answers_if_the_current_one_fails_to_load() {
    let hosted = Hosted::new(&Parrot::new("It moves."));
    // It passes the checks of `model pull`, but the engine cannot load it.
    hosted.install(&Parrot::new("a".repeat(1990)));
    let answer = hosted.sandbox.json(&["ask", QUESTION]);
    assert_eq!(
        (&answer["mode"], &answer["generation"]),
        (&json!("model"), &json!("parrot@1")),
        "{answer:#}"
    );
}

#[test]
fn a_damaged_endpoint_file_is_restored() {
    let hosted = Hosted::new(&Parrot::new("It moves."));
    hosted.sandbox.json(&["ask", QUESTION]);
    let host = hosted.host_pid();
    for damage in ["garbage", ""] {
        match damage {
            "" => std::fs::remove_file(hosted.endpoint_file()).unwrap(),
            text => std::fs::write(hosted.endpoint_file(), text).unwrap(),
        }
        let answer = hosted.sandbox.json(&["ask", QUESTION]);
        assert_eq!(answer["mode"], "model", "{answer:#}");
        assert_eq!(hosted.host_pid(), host);
    }
}

#[test]
fn only_existing_modules_are_chosen() {
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
fn a_missing_model_falls_back_to_the_index() {
    let hosted = Hosted::new(&Parrot::new("It moves."));
    hosted.sandbox.configure("[model]\nname = \"other\"\n");
    let output = hosted
        .sandbox
        .run(&["ask", "how does transfer_money work?"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(output.stderr.contains("no such model: other"), "{output:?}");
    assert!(
        output
            .stdout
            .contains("from the index (the model did not answer)"),
        "{output:?}"
    );
}
