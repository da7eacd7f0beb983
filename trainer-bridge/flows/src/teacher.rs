//! What a flow asks of a teacher model, and what it may get back.

use std::time::Duration;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

/// A model that answers prompts.
///
/// An implementation sends one request and reports how it failed. Retries, the limit on requests in flight and the cache of answers are the
/// caller's.
pub trait Teacher: Send + Sync {
    /// Identifies the model. Answers of another model are not taken from the cache.
    fn model(&self) -> &str;

    /// Returns one reply, or `request.n` of them. A server that ignores `n` returns fewer.
    fn ask<'a>(
        &'a self,
        request: &'a TeacherRequest,
    ) -> BoxFuture<'a, Result<Vec<Reply>, TeacherError>>;
}

/// One request. Serialized, it is the key of the cache.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TeacherRequest {
    pub messages: Vec<TeacherMessage>,
    pub sampling: Sampling,
    /// The number of replies; at least 1.
    pub n: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeacherMessage {
    pub role: Role,
    pub content: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    System,
    User,
    Assistant,
}

/// Sampling parameters, with the names of the OpenAI API. `None` leaves a parameter to the server.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Sampling {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reply {
    /// Without the reasoning.
    pub content: String,
    /// What a reasoning model thought before its answer, if the server returns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    /// Whether the reply ends where its limit of tokens was reached. Half an answer teaches to stop in the middle.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TeacherError {
    /// The same request may succeed later: a busy or restarting server, a rate limit, a broken connection.
    #[error("{reason}")]
    Transient {
        reason: String,
        /// How long the server asked to wait.
        retry_after: Option<Duration>,
    },
    /// The same request will fail again.
    #[error("{0}")]
    Permanent(String),
}
