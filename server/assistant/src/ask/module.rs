//! Which module a requirement belongs to: a model chooses among the modules that exist; where none can be asked, retrieval decides.

use std::sync::Arc;

use repo_indexer::Cancel;

use super::{Context, Question, Reply, Sink, Worker};
use crate::chat::{Part, modules};
use crate::recording::Kind;

pub(super) async fn ask<W: Worker>(
    context: &Context,
    worker: &W,
    question: &Question,
    requirement: String,
    sink: Arc<dyn Sink>,
) -> Result<Reply, W::Error> {
    let reply = Reply::begin(context, question, Kind::Module, requirement.clone());
    let search = {
        let (context, text) = (context.clone(), requirement.clone());
        let use_model = question.use_model;
        move |cancel: &Cancel| {
            let choices = modules::choices(&context.views, &text, cancel)?;
            let assistant = match use_model {
                true => (context.choose_model)(&context.model),
                false => Ok(None),
            };
            Ok((choices, assistant))
        }
    };
    let (choices, assistant) = worker.run(search).await?;
    let chosen = match assistant {
        Err(why) => Some(Err(why)),
        Ok(Some(assistant)) if !choices.is_empty() => {
            let chosen = modules::choose(
                &assistant,
                &context.views,
                &context.repository,
                &requirement,
                &choices,
                &context.model,
            );
            Some(chosen.await.map_err(|error| error.to_string()))
        }
        Ok(_) => None,
    };
    let placed = modules::module_answer(&context.views, &choices, chosen);
    let reply = reply.by_module(placed);
    sink.index(Part {
        markdown: reply.markdown(&*context.locate),
        citations: reply.citations(),
        ..Part::default()
    });
    Ok(reply)
}
