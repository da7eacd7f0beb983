//! Keeps what a request asked and answered, before its id is shown.

use std::sync::Arc;

use trainer_bridge::{FeedbackEvent, Interaction};

use super::snapshot::SessionSnapshot;
use crate::answer::Answer;
use crate::samples::{self, Occasion};

/// Keeps an interaction that `make` puts together, elsewhere. Its id, once it is safe; none if it is not kept.
pub async fn keep(
    session: &SessionSnapshot,
    occasion: Occasion,
    make: impl FnOnce(Occasion) -> Interaction + Send + 'static,
) -> Option<String> {
    let keeping = session.keeping.as_ref()?;
    let id = occasion.id.clone();
    let ticket = session.samples.record(keeping, occasion, make);
    samples::safe(id, ticket).await
}

/// Keeps an answer of the index.
pub async fn keep_extractive(
    session: &SessionSnapshot,
    occasion: Occasion,
    answer: Arc<Answer>,
) -> Option<String> {
    let make = move |occasion: Occasion| occasion.by_index(&answer);
    keep(session, occasion, make).await
}

/// Notes that a question in a conversation was answered; where it shows that the answer before it failed, that is kept as well.
pub fn follow(session: &SessionSnapshot, conversation: &str, question: &str, interaction: &str) {
    let follow_ups = &session.samples.follow_ups;
    let failed = follow_ups.ask(conversation, question, interaction);
    if let (Some(failed), Some(keeping)) = (failed, &session.keeping) {
        let follow_up = Some(interaction.to_owned());
        session
            .samples
            .feedback(keeping, &failed, FeedbackEvent::Failed { follow_up });
    }
}
