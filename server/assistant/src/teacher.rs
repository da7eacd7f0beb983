//! A configured model as the teacher of a synthesis.

use flows::{Reply, Role, Teacher, TeacherError, TeacherRequest};
use futures::StreamExt;
use futures::future::{BoxFuture, FutureExt, try_join_all};
use models::{ChatMessage, Event, FinishReason, ModelError, Priority, Request};

use crate::chat::ChatModel;

/// Tokens of an answer, unless the request says otherwise.
const MAX_TOKENS: usize = 2048;

/// Asks the model that the settings choose. It does not retry: the caller does, as it knows what else is waiting.
pub struct ModelTeacher(ChatModel);

impl ModelTeacher {
    pub fn new(model: ChatModel) -> Self {
        ModelTeacher(model)
    }

    /// Streams one answer of the host on this machine.
    async fn streamed(&self, request: &TeacherRequest) -> Result<Reply, TeacherError> {
        let message = |message: &flows::TeacherMessage| ChatMessage {
            role: match message.role {
                Role::System => trainer_bridge::Role::System,
                Role::User => trainer_bridge::Role::User,
                Role::Assistant => trainer_bridge::Role::Assistant,
            },
            content: message.content.clone(),
        };
        let request = Request {
            model: String::new(),
            messages: request.messages.iter().map(message).collect(),
            max_tokens: request
                .sampling
                .max_tokens
                .map_or(MAX_TOKENS, |tokens| tokens as usize),
            temperature: request.sampling.temperature.unwrap_or(0.0),
            thinking: false,
            grammar: None,
            // A developer's question comes first.
            priority: Priority::Background,
        };
        let mut stream = self
            .0
            .chat(request)
            .await
            .map_err(|error| failure(&error))?;
        let (mut content, mut reasoning) = (String::new(), String::new());
        let mut truncated = false;
        while let Some(event) = stream.next().await {
            match event.map_err(|error| failure(&error))? {
                Event::Text(text) => content.push_str(&text),
                Event::Thinking(text) => reasoning.push_str(&text),
                Event::Done(finish) => {
                    truncated = finish.reason == FinishReason::Length;
                    break;
                }
            }
        }
        let reasoning = (!reasoning.trim().is_empty()).then_some(reasoning);
        Ok(Reply {
            content,
            reasoning,
            truncated,
        })
    }
}

impl Teacher for ModelTeacher {
    fn model(&self) -> &str {
        self.0.label()
    }

    fn ask<'a>(
        &'a self,
        request: &'a TeacherRequest,
    ) -> BoxFuture<'a, Result<Vec<Reply>, TeacherError>> {
        async move {
            match self.0.remote_engine() {
                Some((client, model)) => client.complete(model, request).await,
                None => try_join_all((0..request.n.max(1)).map(|_| self.streamed(request))).await,
            }
        }
        .boxed()
    }
}

fn failure(error: &ModelError) -> TeacherError {
    let reason = error.to_string();
    match error {
        ModelError::NotConfigured(_) | ModelError::Malformed { .. } | ModelError::HostFailed(_) => {
            TeacherError::Permanent(reason)
        }
        _ => TeacherError::Transient {
            reason,
            retry_after: None,
        },
    }
}
