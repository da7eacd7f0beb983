//! `repoLsp/ask` with `module`: which module a requirement belongs to. A model chooses among those that exist; where none can be asked,
//! retrieval does.

use std::sync::Arc;

use repo_indexer::Cancel;
use tokio::sync::mpsc::UnboundedSender;
use tower_lsp::jsonrpc::Result;
use trainer_bridge::Interaction;

use crate::lsp::answers;
use crate::lsp::convert::index_error;
use crate::lsp::dispatch::Lane;
use crate::lsp::ext::{AskPartial, AskResult, Mode};
use crate::lsp::recording;
use crate::lsp::session::Shared;
use crate::lsp::snapshot::SessionSnapshot;
use assistant::chat::modules;
use assistant::recording::Occasion;

pub async fn handle(
    shared: &Shared,
    session: Arc<SessionSnapshot>,
    requirement: String,
    id: Option<String>,
    parts: Option<UnboundedSender<AskPartial>>,
    occasion: Occasion,
) -> Result<AskResult> {
    let views = session.views();
    let search = {
        let (session, views, text) = (session.clone(), views.clone(), requirement.clone());
        move |cancel: &Cancel| {
            let choices = modules::choices(&views, &text, cancel).map_err(index_error)?;
            Ok((choices, session.assistant()))
        }
    };
    let (choices, assistant) = shared.lanes.run(Lane::Work, search).await?;
    let chosen = match assistant {
        Err(why) => Some(Err(why)),
        Ok(Some(assistant)) if !choices.is_empty() => {
            let (repository, settings) = (session.repository(), session.model());
            let text = &requirement;
            let chosen =
                modules::choose(&assistant, &views, &repository, text, &choices, &settings);
            Some(chosen.await.map_err(|error| error.to_string()))
        }
        Ok(_) => None,
    };
    let placed = modules::place(&views, &choices, chosen);
    let mut result = answers::result(&session, &placed.answer, id);
    if placed.generation.is_some() {
        result.mode = Mode::Model;
    }
    result.module = placed.choice.map(|choice| choice.id);
    result.generation = placed.generation.clone();
    result.error = placed.why;
    if let Some(parts) = parts {
        let _ = parts.send(AskPartial {
            markdown: result.markdown.clone(),
            citations: result.citations.clone(),
            thinking: None,
        });
    }
    let (generation, answer) = (placed.generation, placed.answer);
    let make = move |occasion: Occasion| Interaction {
        generation,
        ..occasion.by_index(&answer)
    };
    result.interaction_id = recording::keep(&session, occasion, make).await;
    Ok(result)
}
