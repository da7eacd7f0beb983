//! Parses chat requests. Only text is accepted; anything that would make the engine fetch or run something is rejected.

use mistralrs_server_core::openai::ChatCompletionRequest;
use serde_json::{Map, Value};

use super::error::Error;
use crate::engine::ValidatedRequest;

/// A parsed request.
#[derive(Clone)]
pub(super) struct ParsedRequest {
    pub model: String,
    pub stream: bool,
    pub question: ValidatedRequest,
}

impl ParsedRequest {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Error> {
        let mut body: Map<String, Value> = serde_json::from_slice(body)
            .map_err(|error| bad(format!("the request is not a JSON object: {error}")))?;
        for key in [
            "tools",
            "tool_choice",
            "functions",
            "web_search_options",
            "audio",
        ] {
            if body.get(key).is_some_and(|value| !is_empty(value)) {
                return Err(bad(format!("`{key}` is not supported; leave it out")));
            }
            body.remove(key);
        }
        if !matches!(body.get("n").map(Value::as_u64), None | Some(Some(1))) {
            return Err(bad("`n` must be 1".into()));
        }
        let messages = body.get_mut("messages").and_then(Value::as_array_mut);
        let messages = messages.filter(|messages| !messages.is_empty());
        for message in
            messages.ok_or_else(|| bad("`messages` must be a list of messages".into()))?
        {
            plain(message)?;
        }
        let request: ChatCompletionRequest = serde_json::from_value(Value::Object(body))
            .map_err(|error| bad(format!("invalid request: {error}")))?;
        if request.max_tokens == Some(0) {
            return Err(bad("`max_tokens` must be at least 1".into()));
        }
        Ok(ParsedRequest {
            model: request.model.clone(),
            stream: request.stream.unwrap_or(false),
            question: ValidatedRequest(ChatCompletionRequest {
                // The manager selects the engine, and an engine has one model.
                model: "default".to_owned(),
                stream: Some(true),
                n_choices: 1,
                logprobs: false,
                top_logprobs: None,
                truncate_sequence: Some(false),
                ..request
            }),
        })
    }
}

/// Reduces a message to its role and text.
fn plain(message: &mut Value) -> Result<(), Error> {
    let (role, content) = (message.get("role"), message.get("content"));
    let Some(role @ ("system" | "user" | "assistant")) = role.and_then(Value::as_str) else {
        return Err(bad(
            "the `role` of a message must be `system`, `user` or `assistant`".into(),
        ));
    };
    let text = match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts
            .iter()
            .map(text_of)
            .collect::<Result<String, Error>>()?,
        _ => return Err(bad("the `content` of a message must be text".into())),
    };
    *message = serde_json::json!({ "role": role, "content": text });
    Ok(())
}

fn text_of(part: &Value) -> Result<String, Error> {
    let kind = part.get("type").and_then(Value::as_str);
    match (kind, part.get("text").and_then(Value::as_str)) {
        (Some("text"), Some(text)) => Ok(text.to_owned()),
        (kind, _) => {
            let kind = kind.unwrap_or("nameless");
            Err(bad(format!(
                "the `content` of a message must be text; {kind} parts are not supported"
            )))
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::String(text) => text == "none" || text == "auto",
        _ => false,
    }
}

fn bad(why: String) -> Error {
    Error::BadRequest(why)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(change: Value) -> String {
        let mut body =
            json!({ "model": "repo", "messages": [{ "role": "user", "content": "hi" }] });
        for (key, value) in change.as_object().unwrap() {
            body[key] = value.clone();
        }
        match ParsedRequest::parse(body.to_string().as_bytes()) {
            Ok(_) => panic!("{body} was accepted"),
            Err(error) => error.json()["error"]["message"]
                .as_str()
                .unwrap()
                .to_owned(),
        }
    }

    #[test]
    fn rejects_everything_but_text() {
        let image =
            json!([{ "type": "image_url", "image_url": { "url": "http://127.0.0.1:1/x.png" } }]);
        let both = json!([{ "type": "text", "text": "what is this?" }, { "type": "image_url", "image_url": { "url": "file:///etc/passwd" } }]);
        for (change, word) in [
            (
                json!({ "messages": [{ "role": "user", "content": image }] }),
                "image_url",
            ),
            (
                json!({ "messages": [{ "role": "user", "content": both }] }),
                "image_url",
            ),
            // mistral.rs takes a part without a type for text when there is only one.
            (
                json!({ "messages": [{ "role": "user", "content": [{ "text": "hi" }] }] }),
                "nameless",
            ),
            (
                json!({ "messages": [{ "role": "tool", "content": "hi" }] }),
                "role",
            ),
            (json!({ "messages": [{ "role": "user" }] }), "text"),
            (json!({ "messages": [] }), "messages"),
            (json!({ "messages": "hi" }), "messages"),
            (
                json!({ "tools": [{ "type": "function", "function": { "name": "f" } }] }),
                "tools",
            ),
            (json!({ "web_search_options": {} }), "web_search_options"),
            (json!({ "n": 2 }), "`n`"),
            (json!({ "n": "1" }), "`n`"),
            (json!({ "max_tokens": 0 }), "max_tokens"),
            (
                json!({ "grammar": { "type": "perl", "value": "" } }),
                "invalid request",
            ),
        ] {
            let line = refused(change.clone());
            assert!(line.contains(word), "{change}: {line}");
        }
    }

    #[test]
    fn joins_text_parts() {
        let parts = json!([{ "type": "text", "text": "one " }, { "type": "text", "text": "two" }]);
        let body = json!({ "model": "repo", "stream": true, "messages": [{ "role": "user", "content": parts, "tool_calls": [1] }], "tools": [] });
        let asked = ParsedRequest::parse(body.to_string().as_bytes()).unwrap();
        assert_eq!((asked.model.as_str(), asked.stream), ("repo", true));
        let request = serde_json::to_value(asked.question.0).unwrap();
        assert_eq!(request["messages"][0]["content"], "one two");
        assert_eq!(request["messages"][0]["tool_calls"], Value::Null);
    }
}
