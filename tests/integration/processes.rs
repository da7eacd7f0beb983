//! Several processes on one workspace: one writes the index, the others read it, and one of them takes over.

use integration::{Client, Sandbox};
use serde_json::{Value, json};

fn sandbox() -> Sandbox {
    Sandbox::new(
        "//- /a.py\ndef apple():\n    \"\"\"A fruit.\"\"\"\n//- /b.py\nfrom a import apple\n\ndef pie():\n    return apple()\n",
    )
}

fn start(sandbox: &Sandbox) -> Client {
    let mut client = Client::start(sandbox.command(&["--stdio"]));
    client.initialize(&sandbox.root(), Value::Null);
    client.until(|root| root["state"] == "fresh");
    client
}

/// Whether the server finds a definition of that name.
fn finds(client: &mut Client, name: &str) -> bool {
    let answer = client.request("repoLsp/ask", json!({ "question": format!("`{name}`") }));
    answer["markdown"]
        .as_str()
        .is_some_and(|text| text.contains(&format!("def {name}")))
}

fn until_found(client: &mut Client, name: &str) {
    let deadline = std::time::Instant::now() + integration::REPLY_TIMEOUT;
    while !finds(client, name) {
        assert!(
            std::time::Instant::now() < deadline,
            "{name} was never found"
        );
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[test]
fn one_writes_the_other_reads_and_takes_over() {
    let sandbox = sandbox();
    let mut first = start(&sandbox);
    assert_eq!(first.until(|_| true)["writer"], true);
    let mut second = start(&sandbox);
    assert_eq!(second.until(|_| true)["writer"], false);
    assert!(finds(&mut second, "apple"), "a reader answers at once");

    sandbox.write("c.py", "def cherry():\n    \"\"\"Another fruit.\"\"\"\n");
    until_found(&mut first, "cherry");
    until_found(&mut second, "cherry");

    // The writer dies without a word; the reader takes its place and goes on watching.
    first.kill();
    second.until(|root| root["writer"] == true);
    sandbox.write("d.py", "def damson():\n    \"\"\"A plum.\"\"\"\n");
    until_found(&mut second, "damson");
    assert!(second.shut_down().success());

    // What the second wrote is what a third finds.
    assert_eq!(sandbox.json(&["status"])["files"], 4);
}

#[test]
fn the_command_line_reads_what_an_editor_keeps_fresh() {
    let sandbox = sandbox();
    let client = start(&sandbox);
    let status = sandbox.json(&["status"]);
    assert_eq!(
        (&status["role"], &status["files"]),
        (&"reader".into(), &2.into()),
        "{status}"
    );
    let ran = sandbox.run(&["ask", "apple"]);
    assert!(
        ran.code == Some(0) && ran.stdout.contains("a.py#L1"),
        "{ran:?}"
    );
    let ran = sandbox.run(&["index"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert!(
        ran.stdout
            .starts_with("another process keeps this index up to date"),
        "{ran:?}"
    );
    let ran = sandbox.run(&["index", "--rebuild"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("cannot be rebuilt now"), "{ran:?}");
    assert!(client.shut_down().success());
    assert_eq!(
        sandbox.json(&["status"])["role"],
        "writer",
        "the lock is gone with the editor"
    );
}

/// So many that the first process is killed in the middle; where it is not, the second one has less to do.
const FILES: usize = 4_000;

#[test]
fn killed_while_an_editor_indexes_the_next_one_recovers() {
    let sandbox = Sandbox::new("");
    let tree = integration::Tree { files: FILES };
    tree.write(&sandbox.root());
    let mut client = Client::start(sandbox.command(&["--stdio"]));
    client.initialize(&sandbox.root(), Value::Null);
    // Asked rather than waited for: messages about progress are paced, and a fast machine is done before the second one is due.
    client.until(|root| root["done"].as_u64() > Some(0) || root["state"] == "fresh");
    client.kill();
    let mut client = Client::start(sandbox.command(&["--stdio"]));
    client.initialize(&sandbox.root(), Value::Null);
    let root = client.until(|root| root["state"] == "fresh");
    assert_eq!(
        (&root["files"], &root["notices"]),
        (&FILES.into(), &json!([])),
        "{root}"
    );
    assert!(client.shut_down().success());
}
