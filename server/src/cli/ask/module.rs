//! `repo-lsp ask --module`: which module something belongs to, chosen among those that exist.

use std::io::Write;

use anyhow::Context as _;
use assistant::chat::Assistant;
use assistant::chat::modules::{self, Choice, Placed};
use assistant::recording::Kind;
use repo_indexer::Cancel;
use serde_json::json;
use trainer_bridge::Interaction;

use super::{Asking, index};
use crate::cli::Outcome;
use crate::cli::output;

pub(super) fn run(
    asking: &Asking,
    assistant: Result<Option<Assistant>, String>,
) -> anyhow::Result<Outcome> {
    let occasion = asking.occasion(Kind::Module);
    let choices = modules::choices(&asking.views, &asking.question, &Cancel::new())?;
    let chosen = match assistant {
        Err(why) => Some(Err(why)),
        Ok(Some(assistant)) if !choices.is_empty() => Some(ask(asking, &assistant, &choices)?),
        Ok(_) => None,
    };
    let Placed {
        choice,
        generation,
        why,
        answer,
    } = modules::place(&asking.views, &choices, chosen);
    if let Some(why) = &why {
        output::warning(format!("the model did not answer: {why}"));
    }
    let took = asking.started.elapsed();
    let (kept, by) = (answer.clone(), generation.clone());
    let keep = || {
        asking.keep(occasion, move |occasion| Interaction {
            generation: by,
            ..occasion.by_index(&kept)
        })
    };
    if asking.context.json {
        let mut value = serde_json::to_value(&answer)?;
        value["question"] = json!(asking.question);
        value["module"] = json!(choice.as_ref().map(|c| &c.id));
        value["mode"] = json!(if generation.is_some() {
            "model"
        } else {
            "extractive"
        });
        value["generation"] = json!(generation);
        value["error"] = json!(why);
        value["interaction"] = json!(keep());
        value["milliseconds"] = json!(took.as_secs_f64() * 1e3);
        output::json(&value)?;
    } else {
        let mut out = output::stdout();
        index::write(&mut out, &answer, asking.args.why, took)?;
        out.flush()?;
        keep();
    }
    Ok(if choice.is_some() {
        Outcome::Done
    } else {
        Outcome::Nothing
    })
}

type Chosen = (Option<Choice>, String);

fn ask(
    asking: &Asking,
    assistant: &Assistant,
    choices: &[Choice],
) -> anyhow::Result<Result<Chosen, String>> {
    let context = asking.context;
    let name = context.root.file_name().unwrap_or_default();
    let runtime = super::runtime().context("cannot start a thread")?;
    let chosen = runtime.block_on(modules::choose(
        assistant,
        &asking.views,
        &name.to_string_lossy(),
        &asking.question,
        choices,
        &context.settings.model,
    ));
    Ok(chosen.map_err(|error| error.to_string()))
}
