//! Several processes on one workspace: one writes the index, the others read it. If the writer ends, a reader takes over.

use integration::Sandbox;
use serde_json::{Value, json};

fn sandbox() -> Sandbox {
    Sandbox::new(
        "//- /a.py\ndef apple():\n    \"\"\"A fruit.\"\"\"\n//- /b.py\nfrom a import apple\n\ndef pie():\n    return apple()\n",
    )
}

#[test]
fn a_reader_takes_over_from_a_killed_writer() {
    let sandbox = sandbox();
    let mut first = sandbox.start_session();
    assert_eq!(first.status()["roots"][0]["writer"], true);
    let mut second = sandbox.start_session();
    assert_eq!(second.status()["roots"][0]["writer"], false);
    assert!(
        second.finds_definition("apple"),
        "a reader answers without waiting"
    );

    sandbox.write("c.py", "def cherry():\n    \"\"\"Another fruit.\"\"\"\n");
    first.wait_for_definition("cherry", true);
    second.wait_for_definition("cherry", true);

    // The writer is killed. The reader takes over and watches the files.
    first.kill();
    second.wait_for_root(|root| root["writer"] == true);
    sandbox.write("d.py", "def damson():\n    \"\"\"A plum.\"\"\"\n");
    second.wait_for_definition("damson", true);
    assert!(second.shut_down().success());

    // A third process reads what the second wrote.
    assert_eq!(sandbox.json(&["status"])["files"], 4);
}

#[test]
fn the_command_line_reads_the_index_of_an_editor() {
    let sandbox = sandbox();
    let client = sandbox.start_session();
    let status = sandbox.json(&["status"]);
    assert_eq!(
        (&status["role"], &status["files"]),
        (&"reader".into(), &2.into()),
        "{status}"
    );
    let output = sandbox.run(&["ask", "apple"]);
    assert!(
        output.code == Some(0) && output.stdout.contains("a.py#L1"),
        "{output:?}"
    );
    let output = sandbox.run(&["index"]);
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
    assert!(
        output
            .stdout
            .starts_with("another process keeps this index up to date"),
        "{output:?}"
    );
    let output = sandbox.run(&["index", "--rebuild"]);
    assert_eq!(output.code, Some(2));
    assert!(
        output.stderr.contains("cannot be rebuilt now"),
        "{output:?}"
    );
    assert!(client.shut_down().success());
    assert_eq!(
        sandbox.json(&["status"])["role"],
        "writer",
        "the lock is released when the editor exits"
    );
}

/// Enough files that the first process is usually killed while it indexes. The test also holds if it is not.
const FILES: usize = 4_000;

#[test]
fn a_session_recovers_after_a_kill_during_indexing() {
    let sandbox = Sandbox::new("");
    let tree = integration::Tree { files: FILES };
    tree.write(&sandbox.root());
    let mut client = sandbox.start_server();
    client.initialize(&sandbox.root(), Value::Null);
    // Polled, because progress notifications are rate-limited and a fast machine finishes before the second one.
    client.wait_for_root(|root| root["done"].as_u64() > Some(0) || root["state"] == "fresh");
    client.kill();
    let mut client = sandbox.start_server();
    client.initialize(&sandbox.root(), Value::Null);
    let root = client.wait_until_fresh();
    assert_eq!(
        (&root["files"], &root["notices"]),
        (&FILES.into(), &json!([])),
        "{root}"
    );
    assert!(client.shut_down().success());
}
