//! Minimal HTTP for scripted engines: reads requests, writes response heads and events.

use std::io;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A received request.
#[derive(Debug, Clone)]
pub struct Received {
    /// Method and path, such as `POST /v1/chat/completions`.
    pub request_line: String,
    /// Names are in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(key, _)| key == name);
        header.map(|(_, value)| value.as_str())
    }
}

/// Reads one request. `None` if the client disconnects before it is complete.
pub async fn read(connection: &mut TcpStream) -> io::Result<Option<Received>> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if connection.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let mut lines = text.lines();
    let request_line = lines.next().unwrap_or_default();
    let request_line = request_line
        .rsplit_once(' ')
        .map_or(request_line, |(method_and_path, _)| method_and_path);
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let mut received = Received {
        request_line: request_line.to_owned(),
        headers,
        body: Value::Null,
    };
    let length = received.header("content-length").unwrap_or("0");
    let whole = head + length.parse::<usize>().unwrap();
    while bytes.len() < whole {
        if connection.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
    received.body = serde_json::from_slice(&bytes[head..whole]).unwrap_or_default();
    Ok(Some(received))
}

pub async fn write(connection: &mut TcpStream, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    connection.write_all(bytes.as_ref()).await?;
    connection.flush().await
}

/// Returns when the client has closed the connection.
pub async fn wait_for_close(connection: &mut TcpStream) {
    let mut buffer = [0; 1024];
    while !matches!(connection.read(&mut buffer).await, Ok(0) | Err(_)) {}
}

/// The head of a response whose body ends with the connection.
pub fn head(status: &str, kind: &str, more: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\nconnection: close\r\n{more}\r\n")
}

/// A complete response with a JSON body.
pub fn whole(status: &str, body: &Value) -> String {
    head(status, "application/json", "") + &body.to_string()
}

/// The response head of an event stream.
pub fn events() -> String {
    head("200 OK", "text/event-stream", "")
}

pub fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

/// An event with a part of the answer.
pub fn delta(delta: Value) -> String {
    event(
        &json!({ "model": "repo@7", "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] }),
    )
}

pub fn text(text: &str) -> String {
    delta(json!({ "content": text }))
}

/// The event with the finish reason.
pub fn finish(reason: &str) -> String {
    event(
        &json!({ "model": "repo@7", "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] }),
    )
}

pub fn done() -> String {
    "data: [DONE]\n\n".to_owned()
}

/// A complete event stream with an answer.
pub fn answer(words: &str) -> String {
    events() + &text(words) + &finish("stop") + &done()
}
