//! Decodes JSON-RPC messages.

use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Id, Request, Response};

#[derive(Debug)]
pub enum Incoming {
    Request(Request),
    Response(Response),
    /// A reply that cannot be decoded. Replies are never answered, not even with an error.
    Unreadable,
}

/// Decodes the body of a message. The error is the response to send to the client.
pub fn decode(body: &[u8]) -> Result<Incoming, Box<Response>> {
    let value: Value = serde_json::from_slice(body).map_err(|e| {
        let error = Error {
            message: format!("Parse error: {e}").into(),
            ..Error::parse_error()
        };
        Box::new(Response::from_error(Id::Null, error))
    })?;
    let id = value
        .get("id")
        .and_then(|id| serde_json::from_value(id.clone()).ok());
    let invalid = |e: serde_json::Error| {
        let error = Error {
            message: format!("Invalid request: {e}").into(),
            ..Error::invalid_request()
        };
        Box::new(Response::from_error(id.unwrap_or_default(), error))
    };
    if value.get("method").is_some() {
        serde_json::from_value(lenient(value))
            .map(Incoming::Request)
            .map_err(invalid)
    } else if value.get("result").is_some() || value.get("error").is_some() {
        Ok(serde_json::from_value(value).map_or(Incoming::Unreadable, Incoming::Response))
    } else {
        Err(invalid(serde::de::Error::custom(
            "neither a method nor a result",
        )))
    }
}

/// Adds or removes `params` where the framework would refuse a message for having none or too many. Clients differ in this.
fn lenient(mut message: Value) -> Value {
    let method = message["method"].as_str().unwrap_or_default().to_owned();
    if let Some(fields) = message.as_object_mut() {
        match method.as_str() {
            "shutdown" | "exit" => {
                fields.remove("params");
            }
            "initialized" | super::ext::STATUS => {
                let params = fields.entry("params").or_insert(Value::Null);
                if params.is_null() {
                    *params = json!({});
                }
            }
            _ => {}
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(body: &str, code: i64, id: Id) {
        let response = decode(body.as_bytes()).unwrap_err();
        assert_eq!(
            (response.error().unwrap().code.code(), response.id()),
            (code, &id),
            "{body}"
        );
    }

    #[test]
    fn malformed_messages_are_refused_with_the_right_code() {
        refused("{", -32700, Id::Null);
        refused("\u{fffd}", -32700, Id::Null);
        refused("[]", -32600, Id::Null);
        refused(r#"{"jsonrpc":"2.0","id":4}"#, -32600, Id::Number(4));
        refused(
            r#"{"jsonrpc":"1.0","id":4,"method":"x"}"#,
            -32600,
            Id::Number(4),
        );
        refused(
            r#"{"jsonrpc":"2.0","id":{},"method":"x"}"#,
            -32600,
            Id::Null,
        );
    }

    #[test]
    fn accepts_missing_and_superfluous_params() {
        for body in [
            r#"{"jsonrpc":"2.0","id":1,"method":"repoLsp/status"}"#,
            r#"{"jsonrpc":"2.0","method":"initialized","params":null}"#,
        ] {
            let Ok(Incoming::Request(request)) = decode(body.as_bytes()) else {
                panic!("{body}")
            };
            assert_eq!(request.params(), Some(&json!({})));
        }
        let Ok(Incoming::Request(request)) =
            decode(br#"{"jsonrpc":"2.0","id":1,"method":"shutdown","params":{}}"#)
        else {
            panic!()
        };
        assert_eq!(request.params(), None);
    }
}
