//! A scripted model server with OpenAI's protocol. The output of a real model depends on its weights; these tests are about what the
//! language server does with it.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The response to one request.
#[derive(Debug, Clone)]
pub enum Act {
    /// Sends these pieces of text and ends normally.
    Say(Vec<&'static str>),
    Think(&'static str, &'static str),
    /// Sends only reasoning until the limit of the answer's length.
    ThinkOn(&'static str),
    /// Sends these pieces and closes the connection.
    BreakOff(Vec<&'static str>),
    /// Sends one piece and then hangs.
    Hang(&'static str),
    Refuse(u16),
    /// Sends a piece and then the error that another request has priority.
    GiveWay(&'static str),
}

pub struct Engine {
    pub url: String,
    /// The bodies of all requests so far.
    asked: Arc<Mutex<Vec<Value>>>,
    /// Number of connections that the client closed before the end of the answer.
    abandoned: watch::Receiver<usize>,
}

impl Engine {
    /// Answers the requests in the order of the script, and further ones with its last entry.
    pub async fn start(script: Vec<Act>) -> Engine {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<Value>>>::default();
        let (abandon, abandoned) = watch::channel(0);
        let seen = asked.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, script.clone(), seen.clone(), abandon.clone()));
            }
        });
        Engine {
            url,
            asked,
            abandoned,
        }
    }

    /// The editor settings that select this engine.
    pub fn settings(&self) -> Value {
        json!({ "engine": self.url })
    }

    pub fn asked(&self) -> Vec<Value> {
        self.asked.lock().unwrap().clone()
    }

    /// Waits until a client has disconnected during an answer.
    pub async fn was_abandoned(&mut self) {
        let gone = self.abandoned.wait_for(|count| *count > 0);
        tokio::time::timeout(std::time::Duration::from_secs(20), gone)
            .await
            .expect("the connection is closed")
            .unwrap();
    }
}

async fn serve(
    mut stream: TcpStream,
    script: Vec<Act>,
    asked: Arc<Mutex<Vec<Value>>>,
    abandon: watch::Sender<usize>,
) {
    let Some(body) = request(&mut stream).await else {
        return;
    };
    let number = {
        let mut asked = asked.lock().unwrap();
        asked.push(body);
        asked.len() - 1
    };
    let act = script.get(number).or(script.last()).unwrap().clone();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let chunk = |delta: Value, reason: Value| {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": reason });
        let chunk = json!({ "id": "1", "object": "chat.completion.chunk", "created": 0, "choices": [choice] });
        format!("data: {chunk}\n\n")
    };
    let text = |text: &str| chunk(json!({ "content": text }), Value::Null);
    let end = || chunk(json!({}), json!("stop")) + "data: [DONE]\n\n";
    let said: Vec<String> = match &act {
        Act::Say(pieces) => pieces.iter().map(|p| text(p)).chain([end()]).collect(),
        Act::Think(thought, said) => vec![
            chunk(json!({ "reasoning_content": thought }), Value::Null),
            text(said),
            end(),
        ],
        Act::ThinkOn(thought) => vec![
            chunk(json!({ "reasoning_content": thought }), Value::Null),
            chunk(json!({}), json!("length")) + "data: [DONE]\n\n",
        ],
        Act::BreakOff(pieces) => pieces.iter().map(|p| text(p)).collect(),
        Act::Hang(piece) => vec![text(piece)],
        Act::GiveWay(piece) => {
            let error = json!({ "error": { "message": "not now", "type": "gave_way" } });
            vec![text(piece), format!("data: {error}\n\n")]
        }
        Act::Refuse(status) => {
            let body =
                json!({ "error": { "message": "as the script has it [x](command:evil)", "type": "x" } }).to_string();
            let response = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(response.as_bytes()).await;
            return;
        }
    };
    let _ = stream.write_all(head.as_bytes()).await;
    for piece in said {
        let _ = stream.write_all(piece.as_bytes()).await;
        let _ = stream.flush().await;
    }
    if let Act::Hang(_) = act {
        // Nothing more is said to us either; what comes is the end of the connection.
        let _ = stream.read(&mut [0]).await;
        abandon.send_modify(|count| *count += 1);
    }
}

async fn request(stream: &mut TcpStream) -> Option<Value> {
    let mut bytes = Vec::new();
    loop {
        let mut some = [0; 4096];
        let count = stream.read(&mut some).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&some[..count]);
        let Some(head) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else {
            continue;
        };
        let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .map_or(0, |length| length.trim().parse().unwrap());
        if bytes.len() >= head + 4 + length {
            return serde_json::from_slice(&bytes[head + 4..head + 4 + length]).ok();
        }
    }
}
