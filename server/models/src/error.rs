//! Errors of a model request. Each is displayed as one line that says what is wrong and what to do.

use std::time::Duration;

/// Error texts from an engine are truncated to this many characters.
const MAX_MESSAGE_CHARS: usize = 300;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The configuration is invalid, whichever engine is used.
    #[error("{0}")]
    NotConfigured(String),
    #[error("cannot connect to the model engine at {url}: {why}; check that it is running")]
    Unreachable { url: String, why: String },
    /// The engine returned an HTTP error. The message includes advice where there is any.
    #[error("the model engine returned an error ({status}): {message}")]
    Refused { status: u16, message: String },
    /// The response was incomplete.
    #[error("{0}; ask again")]
    Interrupted(String),
    /// The engine reported an error inside the stream.
    #[error("the model engine failed: {0}; ask again, or check its log")]
    EngineFailed(String),
    /// A background request was stopped to serve a chat request.
    #[error("the answer was stopped to serve a chat request first; ask again")]
    Preempted,
    #[error(
        "the model sent no token within {} s; ask again, or raise `model.first_token_seconds`",
        .0.as_secs_f64().ceil()
    )]
    FirstTokenTimeout(Duration),
    #[error("the model sent no token for {} s in the middle of its answer; ask again", .0.as_secs_f64().ceil())]
    TokenTimeout(Duration),
    #[error(
        "the response from {url} does not follow the OpenAI protocol: {what}; check `model.endpoint`, which usually ends in /v1"
    )]
    Malformed { url: String, what: String },
    /// The caller asked not to start a host, and none is running.
    #[error("no model is running on this machine; asking a question starts one")]
    NotRunning,
    /// The host process on this machine failed to start or to respond.
    #[error("cannot run models on this machine: {0}")]
    HostFailed(String),
}

/// Formats text from an engine for use in a one-line message: collapses white space and control characters into single spaces and
/// truncates it to [`MAX_MESSAGE_CHARS`].
pub(super) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let mut line = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if let Some((end, _)) = line.char_indices().nth(MAX_MESSAGE_CHARS) {
            line.truncate(end);
            line.push('…');
            break;
        }
    }
    line
}

/// Returns the message of the innermost error, which is the most specific. I/O errors lose their `os error` number.
pub(super) fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    match inner.downcast_ref::<std::io::Error>() {
        Some(error) => settings::paths::plain(error),
        None => one_line(&inner.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engine_text_is_collapsed_to_one_line() {
        let text = "  CUDA error:\n\tout of\u{1b}[31m memory\r\n";
        assert_eq!(one_line(text), "CUDA error: out of [31m memory");
        let long = one_line(&"ü".repeat(1000));
        assert_eq!(long.chars().count(), MAX_MESSAGE_CHARS + 1);
        assert!(long.ends_with('…'));
        assert_eq!(one_line(" \n "), "");
    }
}
