//! A whole session over standard input and output, against a workspace of 5,000 files, as an editor would hold it.

use integration::{Client, Sandbox, Tree};
use serde_json::{Value, json};

const FILES: usize = 5_000;

fn uri(sandbox: &Sandbox, path: &str) -> String {
    format!("file://{}/{path}", sandbox.root().display())
}

/// The zero-based line and column of the first occurrence of `word` in a file.
fn position(sandbox: &Sandbox, path: &str, word: &str) -> Value {
    let text = std::fs::read_to_string(sandbox.root().join(path)).unwrap();
    let at = text
        .find(word)
        .unwrap_or_else(|| panic!("{word} is not in {path}"));
    let line = text[..at].matches('\n').count();
    let column = at - text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    json!({ "line": line, "character": column })
}

fn hover_text(hover: &Value) -> &str {
    hover["contents"]["value"]
        .as_str()
        .unwrap_or_else(|| panic!("no hover: {hover}"))
}

#[test]
fn a_session_on_five_thousand_files() {
    let sandbox = Sandbox::new("");
    let tree = Tree { files: FILES };
    tree.write(&sandbox.root());
    let mut client = Client::start(sandbox.command(&["--stdio"]));
    let initialized = client.initialize(&sandbox.root(), Value::Null);
    let announced = &initialized["capabilities"];
    assert_eq!(announced["hoverProvider"], true, "{announced}");
    assert_eq!(
        announced["experimental"]["repoLsp"]["ask"], true,
        "{announced}"
    );
    assert!(
        announced["definitionProvider"].is_null(),
        "navigation is off by default: {announced}"
    );

    // Progress is shown in files, and ends.
    // The first message may be the only one: further ones are paced.
    let report = client.hear("$/progress", |params| params["value"]["kind"] != "end");
    let message = report["value"]["message"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(
        message.contains("5,000") && message.contains("files"),
        "{message:?}"
    );
    let fresh = client.until(|root| root["state"] == "fresh");
    assert_eq!(
        (&fresh["files"], &fresh["writer"]),
        (&FILES.into(), &true.into()),
        "{fresh}"
    );

    // Hover: signature, documentation, who uses it.
    let path = tree.path(4);
    client.open(&sandbox.root(), &path, "python");
    let place = json!({ "textDocument": { "uri": uri(&sandbox, &path) }, "position": position(&sandbox, &path, "settle_4(") });
    let hover = client.request("textDocument/hover", place);
    let text = hover_text(&hover);
    assert!(
        text.contains("def settle_4(entries)") && text.contains("Settles the entries."),
        "{text}"
    );
    assert!(text.contains("unit_"), "who uses it: {text}");

    // A code action is offered, and executed.
    let at = position(&sandbox, &path, "settle_4(");
    let range = json!({ "start": at, "end": at });
    let document = json!({ "uri": uri(&sandbox, &path) });
    let offered =
        json!({ "textDocument": document, "range": range, "context": { "diagnostics": [] } });
    let actions = client.request("textDocument/codeAction", offered);
    let titles: Vec<&str> = actions
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|action| action["title"].as_str())
        .collect();
    for title in [
        "Explain this",
        "How is this used",
        "What breaks if I change this",
        "Which module does this belong to",
    ] {
        assert!(titles.contains(&title), "{title:?} is not among {titles:?}");
    }
    let usages = actions
        .as_array()
        .unwrap()
        .iter()
        .find(|action| action["title"] == "How is this used")
        .unwrap();
    let command = json!({ "command": usages["command"]["command"], "arguments": usages["command"]["arguments"] });
    let answer = client.request("workspace/executeCommand", command);
    assert!(
        answer["markdown"]
            .as_str()
            .is_some_and(|text| text.contains("settle_4")),
        "{answer}"
    );
    assert!(
        answer["citations"]
            .as_array()
            .is_some_and(|all| !all.is_empty()),
        "{answer}"
    );

    // A question: streamed in parts that add up to the whole, cited, verified.
    let asked = json!({ "question": "how do routers find the next hop of parcels?", "partialResultToken": "parts" });
    let answer = client.request("repoLsp/ask", asked);
    let markdown = answer["markdown"].as_str().unwrap().to_owned();
    let parts: String = client
        .heard("$/progress")
        .iter()
        .filter(|params| params["token"] == "parts")
        .filter_map(|params| params["value"]["markdown"].as_str())
        .collect();
    assert_eq!(answer["mode"], "extractive");
    assert!(markdown.contains("next_hop"), "{markdown}");
    assert!(
        parts == markdown
            || parts.is_empty() && markdown.is_empty()
            || markdown.starts_with(&parts) && !parts.is_empty(),
        "the parts do not add up: {parts:?} and {markdown:?}"
    );
    for citation in answer["citations"].as_array().unwrap() {
        assert_eq!(citation["verified"], true, "{citation}");
        let path = citation["uri"]
            .as_str()
            .unwrap()
            .strip_prefix("file://")
            .unwrap();
        assert!(std::path::Path::new(path).is_file(), "{citation}");
    }

    // What is typed counts before it is saved.
    let text = std::fs::read_to_string(sandbox.root().join(&path)).unwrap();
    let typed = text
        + "\n\ndef refund_unsaved(entries):\n    \"\"\"Pays back.\"\"\"\n    return settle_4(entries)\n";
    let changed = json!({ "textDocument": { "uri": uri(&sandbox, &path), "version": 2 }, "contentChanges": [{ "text": typed }] });
    client.notify("textDocument/didChange", changed);
    ask_until(&mut client, "refund_unsaved", true);

    // A file that is changed and one that is removed behind the editor's back.
    sandbox.write(
        "late.py",
        "def arrived_late():\n    \"\"\"Came by the file system.\"\"\"\n",
    );
    ask_until(&mut client, "arrived_late", true);
    sandbox.remove("late.py");
    ask_until(&mut client, "arrived_late", false);

    assert!(client.shut_down().success());
}

/// Asks until the answer cites a place of that name, or no longer does.
fn ask_until(client: &mut Client, name: &str, wanted: bool) {
    let deadline = std::time::Instant::now() + integration::REPLY_TIMEOUT;
    loop {
        let answer = client.request("repoLsp/ask", json!({ "question": format!("`{name}`") }));
        let found = answer["markdown"]
            .as_str()
            .is_some_and(|text| text.contains(&format!("def {name}")));
        if found == wanted {
            return;
        }
        assert!(
            std::time::Instant::now() < deadline,
            "{name}: wanted {wanted}, but the answer is {answer}"
        );
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[test]
fn settings_of_the_editor_apply() {
    let sandbox =
        Sandbox::new("//- /a.py\ndef apple():\n    pass\n//- /gen/b.py\ndef banana():\n    pass\n");
    let mut client = Client::start(sandbox.command(&["--stdio"]));
    let options = json!({ "lsp": { "navigation": true }, "index": { "exclude": ["gen/**"] } });
    let initialized = client.initialize(&sandbox.root(), options);
    assert_eq!(
        initialized["capabilities"]["definitionProvider"], true,
        "{initialized}"
    );
    let root = client.until(|root| root["state"] == "fresh");
    assert_eq!(root["files"], 1, "{root}");
    assert!(client.shut_down().success());
}

#[test]
fn a_bad_setting_is_shown_and_the_server_lives() {
    let sandbox = Sandbox::new("//- /a.py\ndef apple():\n    pass\n");
    sandbox.configure("[index]\nmax_file_bytes = 1\n");
    let mut client = Client::start(sandbox.command(&["--stdio"]));
    client.initialize(&sandbox.root(), Value::Null);
    let said = |params: &Value| {
        params["message"]
            .as_str()
            .is_some_and(|text| text.contains("config.toml:2: index.max_file_bytes"))
    };
    client.hear("window/logMessage", said);
    assert_eq!(client.until(|root| root["state"] == "fresh")["files"], 1);
    assert!(client.shut_down().success());
}

#[test]
fn nothing_is_indexed_while_nobody_can_tell_what_is_private() {
    let sandbox = Sandbox::new("//- /a.py\ndef apple():\n    pass\n");
    sandbox.configure("[index]\nprivate = 'a.py'\n");
    let mut client = Client::start(sandbox.command(&["--stdio"]));
    client.initialize(&sandbox.root(), Value::Null);
    let root = client.until(|root| root["state"] == "failed");
    assert!(
        root["error"]
            .as_str()
            .is_some_and(|error| error.contains("index.private")),
        "{root}"
    );
    assert_eq!(root["files"], 0);
    assert!(client.shut_down().success());
}

#[test]
fn an_editor_that_vanishes_takes_the_server_with_it() {
    let sandbox = Sandbox::new("//- /a.py\ndef apple():\n    pass\n");
    let mut child = sandbox
        .command(&["--stdio"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdin.take());
    assert_eq!(
        child.wait().unwrap().code(),
        Some(1),
        "without `shutdown` the exit code is 1"
    );
}
