//! Asks the host and bare mistral.rs the same questions, and measures both alike.

use std::time::{Duration, Instant};

use mistralrs::{ChatCompletionChunkResponse, Model, RequestBuilder, Response, TextMessageRole};
use serde_json::{Value, json};

use crate::home::{Host, Stream, question};

/// The time to the first token, and the tokens per second after it.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    pub first: Duration,
    pub per_second: f64,
}

impl Pace {
    fn new(started: Instant, first: Duration, tokens: u64) -> Pace {
        let rest = started.elapsed() - first;
        let per_second = tokens.saturating_sub(1) as f64 / rest.as_secs_f64();
        Pace { first, per_second }
    }

    /// The median of each figure by itself.
    pub fn median(mut paces: Vec<Pace>) -> Pace {
        let middle = paces.len() / 2;
        paces.sort_by_key(|pace| pace.first);
        let first = paces[middle].first;
        paces.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
        let per_second = paces[middle].per_second;
        Pace { first, per_second }
    }
}

/// An answer of bare mistral.rs.
pub struct BareAnswer {
    pub pace: Pace,
    pub text: String,
    pub tokens: usize,
}

/// Asks bare mistral.rs. Not every precision works on every device, so an error is returned as one line.
pub async fn ask_bare(model: &Model, text: &str, tokens: usize) -> Result<BareAnswer, String> {
    let request = RequestBuilder::new()
        .add_message(TextMessageRole::User, text)
        .enable_thinking(false)
        .set_deterministic_sampler()
        .set_sampler_max_len(tokens);
    let started = Instant::now();
    let mut stream = model.stream_chat_request(request).await.unwrap();
    let (mut first, mut answer, mut count) = (None, String::new(), 0);
    while let Some(response) = stream.next().await {
        let ChatCompletionChunkResponse { choices, usage, .. } = match response {
            Response::Chunk(chunk) => chunk,
            Response::ModelError(error, _) => {
                return Err(error.lines().next().unwrap_or_default().to_owned());
            }
            Response::InternalError(error) | Response::ValidationError(error) => {
                return Err(error.to_string());
            }
            _ => return Err("no text".to_owned()),
        };
        first.get_or_insert_with(|| started.elapsed());
        for choice in choices {
            answer += choice.delta.content.as_deref().unwrap_or_default();
        }
        count = usage.map_or(count, |usage| usage.completion_tokens);
    }
    Ok(BareAnswer {
        pace: Pace::new(started, first.ok_or("no answer")?, count as u64),
        text: answer,
        tokens: count,
    })
}

/// Asks the host, and panics when it answers with an error.
pub async fn ask_host(host: &Host, body: &Value) -> (Pace, Stream) {
    let started = Instant::now();
    let mut stream = Stream::of(host.request(body).send().await.unwrap()).await;
    let mut first = None;
    while stream.next().await {
        if !stream.answer.text.is_empty() {
            first.get_or_insert_with(|| started.elapsed());
        }
    }
    assert_eq!(stream.answer.error, None);
    let first = first.unwrap_or_else(|| started.elapsed());
    (Pace::new(started, first, stream.answer.tokens), stream)
}

/// The body of a greedy request that streams up to `tokens` tokens.
pub fn asked(text: &str, tokens: usize) -> Value {
    let mut body = question("repo", text, true);
    body["max_tokens"] = json!(tokens);
    body
}

/// A prompt of about `tokens` tokens. Prompts of different seeds share no beginning, so no cache of prefixes helps.
pub fn prompt(tokens: usize, seed: usize) -> String {
    let mut text = format!("{seed} ");
    for number in 0..tokens / 4 {
        text += &format!("a {} ", (number * 7 + seed) % 10);
    }
    text
}

/// The memory of the host's process, in MB.
pub fn resident(status: &Value) -> u64 {
    status["residentBytes"].as_u64().unwrap() / 1_000_000
}

pub fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
