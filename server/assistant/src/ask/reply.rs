//! An answer as every edge receives it: the model's, the index's, or the model's above the index's.

use std::sync::Arc;
use std::time::{Duration, Instant};

use grounding::{Citation, Links};
use trainer_bridge::Interaction;

use super::{Context, Mode, Question};
use crate::answer::Answer;
use crate::chat::Answered;
use crate::chat::modules::ModuleAnswer;
use crate::recording::{InteractionBuilder, InteractionKind, PendingInteraction};

/// What became of a question.
pub struct Reply {
    /// The question in words.
    pub question: String,
    /// The model's answer, if a model answered in words.
    pub model: Option<Arc<Answered>>,
    /// The index's answer: alone, or shown below the model's.
    pub index: Option<Arc<Answer>>,
    /// The generation of the model that answered or chose, as `name@7`.
    pub generation: Option<String>,
    /// The id of the module, where that was asked.
    pub module: Option<String>,
    /// Why the model's answer is missing or incomplete.
    pub error: Option<String>,
    pub conversation: Option<String>,
    /// From the question's arrival until the answer was complete.
    pub took: Duration,
    kind: InteractionKind,
    recording: PendingInteraction,
    started: Instant,
}

impl Reply {
    /// A question that has arrived and is not answered yet.
    pub(super) fn begin(
        context: &Context,
        question: &Question,
        kind: InteractionKind,
        asked: String,
    ) -> Self {
        let views = context.views.clone();
        let builder = InteractionBuilder::new(kind, &asked, &question.workspace, views);
        Reply {
            question: asked,
            model: None,
            index: None,
            generation: None,
            module: None,
            error: None,
            conversation: question.conversation.clone(),
            took: Duration::ZERO,
            kind,
            recording: PendingInteraction::new(
                context.samples.clone(),
                context.recording.clone(),
                builder,
            ),
            started: Instant::now(),
        }
    }

    /// The question is text that was selected: it is recorded as code.
    pub(super) fn question_was_selected(&mut self) {
        self.recording.question_is_code();
    }

    pub(super) fn by_model(self, answered: Answered, index: Option<Answer>) -> Self {
        let answered = Arc::new(answered);
        let recorded = answered.clone();
        Reply {
            generation: Some(answered.generation.clone()),
            error: answered.interrupted.clone(),
            model: Some(answered),
            index: index.map(Arc::new),
            ..self
        }
        .recorded(move |builder| builder.by_model(&recorded))
    }

    /// `why`: the model that is set up did not answer.
    pub(super) fn by_index(self, answer: Answer, why: Option<String>) -> Self {
        let answer = Arc::new(answer);
        let recorded = answer.clone();
        Reply {
            index: Some(answer),
            error: why,
            ..self
        }
        .recorded(move |builder| builder.by_index(&recorded))
    }

    pub(super) fn by_module(self, chosen: ModuleAnswer) -> Self {
        let answer = Arc::new(chosen.answer);
        let (recorded, generation) = (answer.clone(), chosen.generation.clone());
        Reply {
            index: Some(answer),
            generation: chosen.generation,
            module: chosen.choice.map(|choice| choice.id),
            error: chosen.why,
            ..self
        }
        .recorded(move |builder| Interaction {
            generation,
            ..builder.by_index(&recorded)
        })
    }

    fn recorded(
        mut self,
        make: impl FnOnce(InteractionBuilder) -> Interaction + Send + 'static,
    ) -> Self {
        self.took = self.started.elapsed();
        self.recording.record(&self.question, make);
        self
    }

    /// Waits until the interaction is safe on disk, at most one second, and returns its id; `None` if it is not recorded.
    ///
    /// Where the question shows that the answer before it in the same conversation failed, that is recorded as well.
    pub async fn interaction(&mut self) -> Option<String> {
        // Choosing a module is no part of a conversation.
        let conversation = self.conversation.as_deref();
        let conversation = conversation.filter(|_| self.kind == InteractionKind::Ask);
        self.recording.id(conversation, &self.question).await
    }

    pub fn mode(&self) -> Mode {
        match self.generation {
            Some(_) => Mode::Model,
            None => Mode::Extractive,
        }
    }

    pub fn markdown(&self, links: &dyn Links) -> String {
        match (&self.model, &self.index) {
            (Some(model), Some(index)) => {
                let index = index.to_markdown(links);
                format!("{}\n---\n\n{index}", model.checked.markdown)
            }
            (Some(model), None) => model.checked.markdown.clone(),
            (None, Some(index)) => index.to_markdown(links),
            (None, None) => String::new(),
        }
    }

    /// How many bytes at the beginning of the Markdown are the answer itself; the rest is added by this program.
    pub fn own_len(&self, markdown: &str) -> usize {
        match &self.model {
            Some(model) => model.checked.model_len,
            None => markdown.len(),
        }
    }

    /// Every place that the answer names, each once, in reading order.
    pub fn citations(&self) -> Vec<Citation> {
        let mut all: Vec<Citation> = Vec::new();
        if let Some(model) = &self.model {
            all.extend(model.checked.claims.citations.iter().cloned());
        }
        let index = self.index.iter().flat_map(|index| index.citations());
        for citation in index {
            if !all.iter().any(|known| known.label == citation.label) {
                all.push(citation.clone());
            }
        }
        all
    }
}
