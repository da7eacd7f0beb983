//! A question that is being answered: recorded with its answer, and identified once it is durable.

use std::sync::Arc;

use trainer_bridge::{FeedbackEvent, Interaction, Ticket};

use super::{InteractionBuilder, RecordingPolicy, Samples, id_when_stored};

pub struct PendingInteraction {
    samples: Arc<Samples>,
    /// `None` while the settings are unknown: nothing is recorded then.
    policy: Option<RecordingPolicy>,
    id: String,
    builder: Option<InteractionBuilder>,
    ticket: Option<Ticket>,
}

impl PendingInteraction {
    pub fn new(
        samples: Arc<Samples>,
        policy: Option<RecordingPolicy>,
        builder: InteractionBuilder,
    ) -> Self {
        PendingInteraction {
            samples,
            policy,
            id: builder.id.clone(),
            builder: Some(builder),
            ticket: None,
        }
    }

    /// Marks the question as selected text, see [`InteractionBuilder::question_is_code`].
    pub fn question_is_code(&mut self) {
        self.builder = self
            .builder
            .take()
            .map(InteractionBuilder::question_is_code);
    }

    /// Records the interaction that `make` builds on the recorder's thread. Only the first call records.
    pub fn record(
        &mut self,
        question: &str,
        make: impl FnOnce(InteractionBuilder) -> Interaction + Send + 'static,
    ) {
        if let (Some(policy), Some(builder)) = (&self.policy, self.builder.take()) {
            let builder = builder.with_question(question);
            self.ticket = self.samples.record(policy, builder, make);
        }
    }

    /// Waits until the interaction is durable and returns its id; `None` if it is not recorded.
    ///
    /// If the question shows that the answer before it in `conversation` failed, that answer is marked as failed.
    pub async fn id(&mut self, conversation: Option<&str>, question: &str) -> Option<String> {
        let id = id_when_stored(self.id.clone(), self.ticket.take()).await?;
        if let (Some(conversation), Some(policy)) = (conversation, &self.policy) {
            let failed = self.samples.follow_ups.ask(conversation, question, &id);
            if let Some(failed) = failed {
                let follow_up = Some(id.clone());
                let event = FeedbackEvent::Failed { follow_up };
                self.samples.feedback(policy, &failed, event);
            }
        }
        Some(id)
    }
}
