//! Typed requests and notifications. Document paths are relative to the workspace folder given to [`Client::initialize`].

use std::path::Path;

use serde_json::{Value, json};

use super::{Client, uri};

/// A place in a document: 0-based line, and 0-based column in UTF-8 bytes, as [`Client::initialize`] negotiates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

impl Position {
    pub fn new(line: usize, column: usize) -> Self {
        Position { line, column }
    }

    /// The first occurrence of `word` in `text`.
    pub fn of(word: &str, text: &str) -> Option<Self> {
        let at = text.find(word)?;
        let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        Some(Position {
            line: text[..at].matches('\n').count(),
            column: at - line_start,
        })
    }

    fn json(self) -> Value {
        json!({ "line": self.line, "character": self.column })
    }
}

fn range(start: Position, end: Position) -> Value {
    json!({ "start": start.json(), "end": end.json() })
}

/// The life cycle of a session and its documents.
impl Client {
    /// Sends `initialize` and `initialized` for one workspace folder. Returns the result of `initialize`.
    pub fn initialize(&mut self, root: &Path, options: Value) -> Value {
        self.root = root.to_owned();
        let uri = uri(root);
        let result = self.request(
            "initialize",
            json!({
                "processId": std::process::id(), "rootUri": uri, "initializationOptions": options,
                "workspaceFolders": [{ "uri": uri, "name": "demo" }],
                "capabilities": {
                    "general": { "positionEncodings": ["utf-8", "utf-16"] },
                    "textDocument": {
                        "codeAction": { "codeActionLiteralSupport": { "codeActionKind": { "valueSet": ["", "quickfix"] } } },
                        "hover": { "contentFormat": ["markdown", "plaintext"] },
                    },
                    "window": { "workDoneProgress": true, "showDocument": { "support": true } },
                    "workspace": { "workspaceFolders": true },
                },
            }),
        );
        self.notify("initialized", json!({}));
        result
    }

    /// Opens a document as version 1 with its text on disk.
    pub fn open(&mut self, path: &str, language: &str) {
        let text = std::fs::read_to_string(self.root.join(path)).unwrap();
        let document =
            json!({ "uri": self.uri(path), "languageId": language, "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Replaces the whole text of an open document.
    pub fn replace_text(&mut self, path: &str, version: i64, text: &str) {
        self.change(path, version, json!({ "text": text }));
    }

    /// Inserts text into an open document.
    pub fn insert_text(&mut self, path: &str, version: i64, at: Position, text: &str) {
        self.change(
            path,
            version,
            json!({ "range": range(at, at), "text": text }),
        );
    }

    fn change(&mut self, path: &str, version: i64, change: Value) {
        let document = json!({ "uri": self.uri(path), "version": version });
        let params = json!({ "textDocument": document, "contentChanges": [change] });
        self.notify("textDocument/didChange", params);
    }

    /// Sends `textDocument/didSave`. Does not write the file.
    pub fn save(&mut self, path: &str) {
        let params = json!({ "textDocument": self.document(path) });
        self.notify("textDocument/didSave", params);
    }

    pub fn cancel(&mut self, id: i64) {
        self.notify("$/cancelRequest", json!({ "id": id }));
    }

    fn uri(&self, path: &str) -> String {
        uri(&self.root.join(path))
    }

    fn document(&self, path: &str) -> Value {
        json!({ "uri": self.uri(path) })
    }

    /// The arguments of commands and feedback that refer to a part of a document.
    pub fn location(&self, path: &str, start: Position, end: Position) -> Value {
        json!({ "textDocument": self.document(path), "range": range(start, end) })
    }
}

/// Language features.
impl Client {
    /// Returns the result of `textDocument/hover`, null if there is none.
    pub fn hover(&mut self, path: &str, position: Position) -> Value {
        let params = json!({ "textDocument": self.document(path), "position": position.json() });
        self.request("textDocument/hover", params)
    }

    pub fn code_actions(&mut self, path: &str, start: Position, end: Position) -> Vec<Value> {
        let mut params = self.location(path, start, end);
        params["context"] = json!({ "diagnostics": [] });
        let actions = self.request("textDocument/codeAction", params);
        actions.as_array().unwrap().clone()
    }

    pub fn execute_command(&mut self, command: &str, arguments: Value) -> Value {
        let params = json!({ "command": command, "arguments": arguments });
        self.request("workspace/executeCommand", params)
    }

    /// Executes the command of a code action.
    pub fn apply_code_action(&mut self, action: &Value) -> Value {
        let command = &action["command"];
        let name = command["command"].as_str().unwrap().to_owned();
        self.execute_command(&name, command["arguments"].clone())
    }
}

/// Extensions of the protocol.
impl Client {
    pub fn ask_question(&mut self, question: &str) -> Value {
        self.request("repoLsp/ask", json!({ "question": question }))
    }

    /// Asks a question without waiting for the answer, whose parts are sent as progress with this token. Returns the id of the
    /// request.
    pub fn start_question(&mut self, question: &str, token: &str) -> i64 {
        let params = json!({ "question": question, "partialResultToken": token });
        self.send("repoLsp/ask", params)
    }

    /// Asks a question. Returns the answer and its streamed parts.
    pub fn ask_streaming(&mut self, question: &str) -> (Value, Vec<String>) {
        let id = self.start_question(question, "parts");
        let answer = self.wait_for_result(id);
        let parts = self.take_notifications("$/progress").into_iter();
        let parts = parts
            .filter(|params| params["token"] == "parts")
            .filter_map(|params| params["value"]["markdown"].as_str().map(str::to_owned))
            .collect();
        (answer, parts)
    }

    /// Waits for a streamed part of an answer whose text fulfils the condition.
    pub fn wait_for_part(&mut self, token: &str, condition: impl Fn(&str) -> bool) {
        self.wait_for_message("$/progress", |params| {
            let part = params["value"]["markdown"].as_str();
            params["token"] == token && part.is_some_and(&condition)
        });
    }

    /// Whether an answer shows the definition of this Python function.
    pub fn finds_definition(&mut self, name: &str) -> bool {
        self.answer_with_definition(name).is_ok()
    }

    /// Asks until an answer shows the definition of this Python function, or, with `expected` false, until none does.
    pub fn wait_for_definition(&mut self, name: &str, expected: bool) {
        self.poll(|client| match client.answer_with_definition(name) {
            Ok(_) if expected => Ok(()),
            Err(_) if !expected => Ok(()),
            Ok(answer) | Err(answer) => Err(answer),
        });
    }

    fn answer_with_definition(&mut self, name: &str) -> Result<Value, Value> {
        let answer = self.ask_question(&format!("`{name}`"));
        let definition = format!("def {name}");
        let shown = answer["markdown"]
            .as_str()
            .is_some_and(|text| text.contains(&definition));
        if shown { Ok(answer) } else { Err(answer) }
    }

    /// Sends `repoLsp/feedback` for an interaction. `fields` are those beside its id. Fails if it is not recorded.
    pub fn send_feedback(&mut self, interaction: &str, mut fields: Value) {
        fields["interactionId"] = json!(interaction);
        let result = self.request("repoLsp/feedback", fields);
        assert_eq!(result, json!({ "recorded": true, "message": null }));
    }

    pub fn status(&mut self) -> Value {
        self.request("repoLsp/status", json!({}))
    }

    /// Polls the status until the first root fulfils the condition. Returns that root.
    pub fn wait_for_root(&mut self, condition: impl Fn(&Value) -> bool) -> Value {
        self.poll(|client| {
            let status = client.status();
            let root = &status["roots"][0];
            if condition(root) {
                Ok(root.clone())
            } else {
                Err(status)
            }
        })
    }

    /// Polls the status until the index of the first root is up to date. Returns that root.
    pub fn wait_until_fresh(&mut self) -> Value {
        self.wait_for_root(|root| root["state"] == "fresh")
    }
}
