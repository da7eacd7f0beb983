//! Which module a requirement belongs to: a model chooses among the modules that exist; where none can be asked, retrieval decides.

use std::sync::Arc;

use repo_indexer::Cancel;

use super::{Context, Question, Reply, Sink, Worker};
use crate::chat::{AnswerPart, modules};
use crate::recording::InteractionKind;

pub(super) async fn ask<W: Worker>(
    context: &Context,
    worker: &W,
    question: &Question,
    requirement: String,
    sink: Arc<dyn Sink>,
) -> Result<Reply, W::Error> {
    let reply = Reply::begin(
        context,
        question,
        InteractionKind::Module,
        requirement.clone(),
    );
    let search = {
        let (context, text) = (context.clone(), requirement.clone());
        let use_model = question.use_model;
        move |cancel: &Cancel| {
            let candidates = modules::candidates(&context.views, &text, cancel)?;
            let assistant = match use_model {
                true => (context.choose_model)(&context.model),
                false => Ok(None),
            };
            Ok((candidates, assistant))
        }
    };
    let (candidates, assistant) = worker.run(search).await?;
    let chosen = match assistant {
        Err(why) => Some(Err(why)),
        Ok(Some(assistant)) if !candidates.is_empty() => {
            let chosen = modules::choose(
                &assistant,
                &context.views,
                &context.repository,
                &requirement,
                &candidates,
                &context.model,
            );
            Some(chosen.await.map_err(|error| error.to_string()))
        }
        Ok(_) => None,
    };
    let placed = modules::module_answer(&context.views, &candidates, chosen);
    let reply = reply.by_module(placed);
    sink.index(AnswerPart {
        markdown: reply.markdown(&*context.locate),
        citations: reply.citations(),
        ..AnswerPart::default()
    });
    Ok(reply)
}
