//! One exchange with a model: prepares the prompt, then streams and checks the answer.
//!
//! The two steps differ: [`prepare`] reads the index and takes milliseconds on a worker thread; [`answer`] waits for a model and may be
//! dropped at any time, which stops the model too.

use grounding::{Checked, Checker, Citation, Links, View};
use std::sync::Arc;

use futures::StreamExt;
use repo_indexer::{Cancel, Hit, IndexError, LineRange};

use super::chat_model::ChatModel;
use super::conversation::{Conversation, Turn};
use super::excerpt::{Excerpt, Repetition};
use super::{prompt, sources, tokens};
use crate::answer::Target;
use grounding::markdown;
use models::{ChatMessage, Event, FinishReason, ModelError, Priority, Request};
use settings::ModelSettings;
use trainer_bridge::Role;

/// A question for a model.
#[derive(Debug, Clone)]
pub struct ModelQuestion {
    pub text: String,
    /// The place in the code that the developer is looking at; it comes first among the sources.
    pub at: Option<Target>,
}

/// A prompt that is ready to be sent.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub request: Request,
    /// The results of retrieval, best first; not all of them may be in the prompt.
    pub hits: Vec<(usize, Hit)>,
    /// The places of the sources in the prompt.
    pub context: Vec<(usize, Arc<str>, LineRange)>,
    conversation: Conversation,
    turn: Turn,
}

/// A part of an answer, to be appended to the earlier ones.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AnswerPart {
    pub markdown: String,
    /// The model's thinking before the answer; not part of the answer.
    pub thinking: String,
    /// The places that this part cites for the first time.
    pub citations: Vec<Citation>,
}

impl AnswerPart {
    pub fn text(markdown: String) -> Self {
        AnswerPart {
            markdown,
            ..AnswerPart::default()
        }
    }
}

/// A model's answer.
#[derive(Debug)]
pub struct Answered {
    pub checked: Checked,
    pub thinking: String,
    /// The generation, as `name@7`, or the name of a remote model.
    pub generation: String,
    /// The places of the sources in the prompt.
    pub context: Vec<(usize, Arc<str>, LineRange)>,
    /// The results of retrieval, best first.
    pub hits: Vec<(usize, Hit)>,
    /// Why the answer is incomplete, if it is.
    pub interrupted: Option<String>,
    conversation: Conversation,
    turn: Turn,
}

impl Answered {
    /// The conversation before this answer, and the turn that it continues with.
    pub fn turn(&self) -> (Conversation, Turn) {
        let answer = self.checked.model_text.clone();
        let turn = self.turn.clone();
        (self.conversation.clone(), Turn { answer, ..turn })
    }

    /// Returns the last line of an answer: `repo@7 · 6 sources · 5 of 5 places and 7 of 8 names verified`.
    pub fn footer(&self) -> String {
        let claims = &self.checked.claims;
        let count = |n: usize, one: &str| crate::answer::words::count(n, one);
        let places = claims.citations.len() + claims.lost.len();
        let found = claims.citations.iter().filter(|c| c.verified).count();
        let names = claims.names.len();
        let known = claims.names.iter().filter(|(_, known)| *known).count();
        let verified = match (places, names) {
            (0, 0) => "no place or name to verify".to_owned(),
            (0, _) => format!("{known} of {} verified", count(names, "name")),
            (_, 0) => format!("{found} of {} verified", count(places, "place")),
            _ => format!(
                "{found} of {} and {known} of {} verified",
                count(places, "place"),
                count(names, "name")
            ),
        };
        format!(
            "{} · {} · {verified}",
            markdown::inline(&self.generation),
            count(self.context.len(), "source")
        )
    }
}

/// Why a prompt cannot be prepared.
#[derive(Debug, thiserror::Error)]
pub enum Unready {
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error(
        "the question takes about {tokens} tokens, too many for the {context} of `model.context_tokens`; select less, or raise that"
    )]
    TooLong { tokens: usize, context: usize },
}

/// Tokens that a model's chat template adds.
const TEMPLATE_TOKENS: usize = 64;
/// Thinking may take this many times the tokens of the answer, as far as there is room.
const THINKING_FACTOR: usize = 2;

/// Retrieves sources for the question and writes the prompt within the token budget of the settings.
pub fn prepare(
    views: &[View],
    repository: &str,
    asked: &ModelQuestion,
    mut conversation: Conversation,
    settings: &ModelSettings,
    cancel: &Cancel,
) -> Result<Prepared, Unready> {
    let (question, thinking) = thinking_switch(&asked.text);
    let thinking = thinking.unwrap_or(settings.thinking);
    let system = prompt::system(repository);
    // Thinking must not use up the tokens of the answer.
    let parts = if thinking { 1 + THINKING_FACTOR } else { 1 };
    let answer_tokens = (settings.answer_tokens * parts).min(settings.context_tokens / 2);
    let asking = tokens::estimate(question);
    let fixed = tokens::estimate(&system) + asking + TEMPLATE_TOKENS + answer_tokens;
    let Some(room) = settings.context_tokens.checked_sub(fixed) else {
        return Err(Unready::TooLong {
            tokens: asking,
            context: settings.context_tokens,
        });
    };
    conversation.fit(room / 2);
    let hits = sources::retrieve(views, question, conversation.last_question(), cancel)?;
    let budget = room.saturating_sub(conversation.tokens());
    let mut excerpts: Vec<Excerpt> = Vec::new();
    if let Some(target) = &asked.at
        && let Some(mut excerpt) = sources::at_cursor(views, target, budget / 3)
    {
        excerpt.changed = excerpt.repetition(conversation.shown()) == Repetition::Changed;
        excerpts.push(excerpt);
    }
    let left = budget.saturating_sub(excerpts.iter().map(sources::cost).sum());
    let shown: Vec<_> = conversation.shown().chain(&excerpts).collect();
    let packed = sources::pack(views, &hits, left, &shown);
    excerpts.extend(packed);
    let prompt = prompt::question(question, &excerpts);
    let message = |role, content: &str| ChatMessage {
        role,
        content: content.to_owned(),
    };
    let messages = std::iter::once(message(Role::System, &system))
        .chain(conversation.messages())
        .chain([message(Role::User, &prompt)])
        .collect();
    Ok(Prepared {
        request: Request {
            model: String::new(),
            messages,
            max_tokens: answer_tokens,
            temperature: f64::from(settings.temperature_percent) / 100.0,
            thinking,
            grammar: None,
            priority: Priority::Chat,
        },
        hits,
        context: excerpts.iter().map(|excerpt| excerpt.at.clone()).collect(),
        conversation,
        turn: Turn {
            question: question.to_owned(),
            prompt,
            answer: String::new(),
            shown: excerpts,
        },
    })
}

/// Sends the prompt and checks the answer while it streams. Fails only if there is no text at all; an answer that stops midway is
/// returned, with the reason in [`Answered::interrupted`].
pub async fn answer(
    chat_model: &ChatModel,
    prepared: Prepared,
    views: &[View],
    links: &(dyn Links + Sync),
    part: &mut (dyn FnMut(AnswerPart) + Send),
) -> Result<Answered, ModelError> {
    let Prepared {
        request,
        hits,
        context,
        conversation,
        turn,
    } = prepared;
    let sources = conversation.shown().chain(&turn.shown);
    let sources: Vec<String> = sources.map(Excerpt::words).collect();
    let mut checker = Checker::new(views, links, &sources.join("\n"));
    let mut stream = chat_model.chat(request).await?;
    let mut thinking = String::new();
    let mut generation = None;
    let mut interrupted = None;
    loop {
        let event = match stream.next().await {
            Some(Ok(event)) => event,
            Some(Err(error)) if checker.model_text().trim().is_empty() => return Err(error),
            Some(Err(error)) => {
                interrupted = Some(error.to_string());
                break;
            }
            None => break,
        };
        match event {
            Event::Thinking(text) => {
                thinking.push_str(&text);
                part(AnswerPart {
                    thinking: text,
                    ..AnswerPart::default()
                });
            }
            Event::Text(text) => {
                let (markdown, citations) = checker.push(&text);
                if !markdown.is_empty() {
                    part(AnswerPart {
                        markdown,
                        citations,
                        ..AnswerPart::default()
                    });
                }
            }
            Event::Done(finish) => {
                generation = finish.generation;
                if finish.reason == FinishReason::Length {
                    interrupted = Some("it reached the limit of its length".to_owned());
                }
                break;
            }
        }
    }
    if checker.model_text().trim().is_empty() {
        let why = match (interrupted, thinking.is_empty()) {
            (Some(why), false) => format!("it thought, and before it said anything {why}"),
            _ => "the model said nothing".to_owned(),
        };
        return Err(ModelError::EngineFailed(why));
    }
    let (markdown, citations) = checker.finish();
    part(AnswerPart {
        markdown,
        citations,
        ..AnswerPart::default()
    });
    let mut answered = Answered {
        checked: checker.checked(),
        thinking,
        generation: generation.unwrap_or_else(|| chat_model.label().to_owned()),
        context,
        hits,
        interrupted,
        conversation,
        turn,
    };
    let notice = answered.interrupted.as_ref();
    let notice = notice.map(|why| format!("\n\n⚠ the answer ends here: {}", markdown::inline(why)));
    let notice = notice.unwrap_or_default();
    let ended = notice.is_empty() && answered.checked.markdown.ends_with('\n');
    let gap = if ended { "\n" } else { "\n\n" };
    let end = format!("{notice}{gap}*{}*\n", answered.footer());
    answered.checked.markdown.push_str(&end);
    part(AnswerPart {
        markdown: end,
        ..AnswerPart::default()
    });
    Ok(answered)
}

/// Removes `/think` or `/no_think` at the beginning or end of a question; they switch thinking for this question.
fn thinking_switch(question: &str) -> (&str, Option<bool>) {
    let question = question.trim();
    for (word, thinking) in [("/no_think", false), ("/think", true)] {
        let after = question.strip_prefix(word);
        if let Some(rest) =
            after.filter(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
        {
            return (rest.trim(), Some(thinking));
        }
        let before = question.strip_suffix(word);
        if let Some(rest) = before.filter(|rest| rest.ends_with(char::is_whitespace)) {
            return (rest.trim(), Some(thinking));
        }
    }
    (question, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_is_a_word_of_its_own() {
        for (written, question, thinking) in [
            ("/think why?", "why?", Some(true)),
            ("why? /no_think", "why?", Some(false)),
            ("why /think so?", "why /think so?", None),
            ("/thinking", "/thinking", None),
            ("a/think", "a/think", None),
        ] {
            assert_eq!(thinking_switch(written), (question, thinking), "{written}");
        }
    }
}
