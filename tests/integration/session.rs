//! LSP sessions over standard input and output, one of them on a workspace of 5,000 files.

use integration::{Position, Sandbox, Tree};
use serde_json::{Value, json};

const FILES: usize = 5_000;

#[test]
fn a_session_on_five_thousand_files() {
    let sandbox = Sandbox::new("");
    let tree = Tree { files: FILES };
    tree.write(&sandbox.root());
    let mut client = sandbox.start_server();
    let initialized = client.initialize(&sandbox.root(), Value::Null);
    let capabilities = &initialized["capabilities"];
    assert_eq!(capabilities["hoverProvider"], true, "{capabilities}");
    assert_eq!(
        capabilities["experimental"]["repoLsp"]["ask"], true,
        "{capabilities}"
    );
    assert!(
        capabilities["definitionProvider"].is_null(),
        "navigation is off by default: {capabilities}"
    );

    // Progress is reported as a number of files. Reports are rate-limited, so the first one may be the only one.
    let report = client.wait_for_message("$/progress", |params| params["value"]["kind"] != "end");
    let message = report["value"]["message"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(
        message.contains("5,000") && message.contains("files"),
        "{message:?}"
    );
    let fresh = client.wait_until_fresh();
    assert_eq!(
        (&fresh["files"], &fresh["writer"]),
        (&FILES.into(), &true.into()),
        "{fresh}"
    );

    // A hover shows the signature, the documentation and the users of the function.
    let path = tree.path(4);
    let text = std::fs::read_to_string(sandbox.root().join(&path)).unwrap();
    let position = Position::of("settle_4(", &text).unwrap();
    client.open(&path, "python");
    let hover = client.hover(&path, position);
    let shown = hover["contents"]["value"].as_str().unwrap_or_default();
    assert!(
        shown.contains("def settle_4(entries)") && shown.contains("Settles the entries."),
        "{hover}"
    );
    assert!(shown.contains("unit_"), "no users: {hover}");

    // Code actions are offered and can be executed.
    let actions = client.code_actions(&path, position, position);
    let titles: Vec<&str> = actions
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
        .iter()
        .find(|action| action["title"] == "How is this used")
        .unwrap();
    let answer = client.apply_code_action(usages);
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

    // The answer to a question is streamed in parts that add up to the whole, and its citations are verified.
    let (answer, parts) = client.ask_streaming("how do routers find the next hop of parcels?");
    let markdown = answer["markdown"].as_str().unwrap().to_owned();
    let parts = parts.concat();
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

    // Unsaved text is used for answers.
    let unsaved = text
        + "\n\ndef refund_unsaved(entries):\n    \"\"\"Pays back.\"\"\"\n    return settle_4(entries)\n";
    client.replace_text(&path, 2, &unsaved);
    client.wait_for_definition("refund_unsaved", true);

    // Files that another program creates and removes.
    sandbox.write(
        "late.py",
        "def arrived_late():\n    \"\"\"Came by the file system.\"\"\"\n",
    );
    client.wait_for_definition("arrived_late", true);
    sandbox.remove("late.py");
    client.wait_for_definition("arrived_late", false);

    assert!(client.shut_down().success());
}

#[test]
fn initialization_options_apply() {
    let sandbox =
        Sandbox::new("//- /a.py\ndef apple():\n    pass\n//- /gen/b.py\ndef banana():\n    pass\n");
    let mut client = sandbox.start_server();
    let options = json!({ "lsp": { "navigation": true }, "index": { "exclude": ["gen/**"] } });
    let initialized = client.initialize(&sandbox.root(), options);
    assert_eq!(
        initialized["capabilities"]["definitionProvider"], true,
        "{initialized}"
    );
    let root = client.wait_until_fresh();
    assert_eq!(root["files"], 1, "{root}");
    assert!(client.shut_down().success());
}

#[test]
fn an_invalid_setting_is_logged_and_the_server_runs() {
    let sandbox = Sandbox::new("//- /a.py\ndef apple():\n    pass\n");
    sandbox.configure("[index]\nmax_file_bytes = 1\n");
    let mut client = sandbox.start_server();
    client.initialize(&sandbox.root(), Value::Null);
    let names_setting = |params: &Value| {
        params["message"]
            .as_str()
            .is_some_and(|text| text.contains("config.toml:2: index.max_file_bytes"))
    };
    client.wait_for_message("window/logMessage", names_setting);
    assert_eq!(client.wait_until_fresh()["files"], 1);
    assert!(client.shut_down().success());
}

#[test]
fn nothing_is_indexed_if_the_private_setting_is_invalid() {
    let sandbox = Sandbox::new("//- /a.py\ndef apple():\n    pass\n");
    sandbox.configure("[index]\nprivate = 'a.py'\n");
    let mut client = sandbox.start_server();
    client.initialize(&sandbox.root(), Value::Null);
    let root = client.wait_for_root(|root| root["state"] == "failed");
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
fn the_server_exits_when_standard_input_is_closed() {
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
