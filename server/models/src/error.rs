//! Why a model gave no answer, or not all of it. Each reason is one line that says what to do.

use std::time::Duration;

/// Texts from an engine are cut to this many characters.
const LONGEST: usize = 300;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The settings cannot work, whoever is asked.
    #[error("{0}")]
    NotConfigured(String),
    #[error("cannot reach the model at {url}: {why}; see whether its engine is running there")]
    Unreachable { url: String, why: String },
    /// The engine answered, but with an error. The message says what to do as far as that is known.
    #[error("the model's engine refused ({status}): {message}")]
    Refused { status: u16, message: String },
    /// The answer was begun, or at least promised, and did not come to its end.
    #[error("{0}; ask again")]
    CutOff(String),
    /// The engine said, in the middle of an answer, that it cannot go on.
    #[error("the model's engine gave up: {0}; ask again, or see its log")]
    Failed(String),
    /// Nobody waited for the answer, and somebody for the engine.
    #[error("the answer gave way to a question; ask again")]
    GaveWay,
    #[error(
        "no word from the model within {} s; ask again, or allow for more with `model.first_token_seconds`",
        .0.as_secs_f64().ceil()
    )]
    NoFirstToken(Duration),
    #[error("the model fell silent for {} s in the middle of its answer; ask again", .0.as_secs_f64().ceil())]
    FellSilent(Duration),
    #[error(
        "what came from {url} is not OpenAI's protocol: {what}; check `model.endpoint`, which usually ends in /v1"
    )]
    Malformed { url: String, what: String },
    /// Only what runs already was to be asked.
    #[error("no model is running on this machine; a question starts one")]
    NotRunning,
    /// The process that runs models on this machine did not come up.
    #[error("cannot run models on this machine: {0}")]
    Host(String),
}

/// Somebody else's text as part of one line of ours: white space becomes one space, control characters go, and so does what is too
/// much.
pub(super) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let mut line = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if let Some((end, _)) = line.char_indices().nth(LONGEST) {
            line.truncate(end);
            line.push('…');
            break;
        }
    }
    line
}

/// The innermost reason of an error, which is the one that tells something, in lower case and without its number.
pub(super) fn root(error: &(dyn std::error::Error + 'static)) -> String {
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
    fn foreign_text_stays_on_one_line() {
        let text = "  CUDA error:\n\tout of\u{1b}[31m memory\r\n";
        assert_eq!(one_line(text), "CUDA error: out of [31m memory");
        let long = one_line(&"ü".repeat(1000));
        assert_eq!(long.chars().count(), LONGEST + 1);
        assert!(long.ends_with('…'));
        assert_eq!(one_line(" \n "), "");
    }
}
