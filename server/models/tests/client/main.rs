//! Tests of the engine client and of the host launcher, against scripted engines and hosts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that fails by panicking is a test that works"
)]

mod http;
mod stub;

mod answers;
mod cancelling;
mod faults;
mod requests;
mod retries;

#[cfg(unix)]
mod host;
#[cfg(unix)]
mod launching;
#[cfg(unix)]
mod user_dirs;

use std::time::Duration;

use futures::StreamExt;
use models::{
    ChatMessage, Client, Event, FinishReason, Grammar, ModelError, Priority, Request, RetryPolicy,
    Stream,
};
use trainer_bridge::Role;

/// Longer than any test takes on a slow machine.
const TEST_TIMEOUT: Duration = Duration::from_secs(60);

fn policy() -> RetryPolicy {
    RetryPolicy {
        initial_backoff: Duration::from_millis(1),
        ..RetryPolicy::default()
    }
}

fn client(url: &str) -> Client {
    Client::with_policy(url, None, policy()).unwrap()
}

fn request() -> Request {
    let message = |role, content: &str| ChatMessage {
        role,
        content: content.to_owned(),
    };
    Request {
        model: "repo".to_owned(),
        messages: vec![
            message(Role::System, "Be brief."),
            message(Role::User, "What does it do?"),
        ],
        max_tokens: 64,
        temperature: 0.0,
        thinking: false,
        grammar: Some(Grammar("start: \"a\"".to_owned())),
        priority: Priority::Background,
    }
}

/// Formats an answer: one line per event, and one for the end or error.
async fn transcript(asked: Result<Stream, ModelError>) -> String {
    let mut lines = Vec::new();
    match asked {
        Err(error) => lines.push(format!("no answer: {error}")),
        Ok(mut stream) => {
            while let Some(event) = stream.next().await {
                lines.push(match event {
                    Ok(event) => line(&event),
                    Err(error) => format!("broken off: {error}"),
                });
            }
        }
    }
    lines.join("\n") + "\n"
}

fn line(event: &Event) -> String {
    match event {
        Event::Thinking(text) => format!("thinking {text:?}"),
        Event::Text(text) => format!("text {text:?}"),
        Event::Done(finish) => {
            let mut line = match finish.reason {
                FinishReason::Stop => "done".to_owned(),
                FinishReason::Length => "cut at its limit".to_owned(),
            };
            if let Some(usage) = finish.usage {
                line += &format!(", {} + {} tokens", usage.prompt, usage.completion);
            }
            if let Some(generation) = &finish.generation {
                line += &format!(", by {generation}");
            }
            line
        }
    }
}
