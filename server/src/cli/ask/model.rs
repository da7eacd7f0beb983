//! A model's answer on a terminal, word by word.

use grounding::Plain;
use std::io::Write;

use anyhow::Context as _;
use repo_indexer::Cancel;

use assistant::chat::{self, Answered, Asked, Assistant, Conversation, Part, Unready};
use assistant::recording::{ByModel, Kind};
use serde_json::json;
use settings::ModelSettings;

use super::Asking;
use crate::cli::Outcome;
use crate::cli::output::{self, FAINT, PLACE, STRONG};
use crate::cli::search;

/// The answer, or why the model gave none.
pub(super) fn run(
    asking: &Asking,
    assistant: &Assistant,
) -> anyhow::Result<Result<Outcome, String>> {
    let context = asking.context;
    let settings = ModelSettings {
        thinking: asking.args.think || context.settings.model.thinking,
        ..context.settings.model.clone()
    };
    let asked = Asked {
        question: &asking.question,
        at: None,
    };
    let name = context.root.file_name().unwrap_or_default();
    let prepared = chat::ask::prepare(
        &asking.views,
        &name.to_string_lossy(),
        &asked,
        Conversation::default(),
        &settings,
        &Cancel::new(),
    );
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(Unready::Index(error)) => return Err(error.into()),
        Err(too_long) => return Ok(Err(too_long.to_string())),
    };
    let hits = prepared.hits.clone();
    let occasion = asking.occasion(Kind::Ask);
    let mut writer = Writer::new(context.json);
    let runtime = super::runtime().context("cannot start a thread")?;
    let answered = runtime.block_on(chat::ask::answer(
        assistant,
        prepared,
        &asking.views,
        &Plain,
        &mut |part| writer.part(&part),
    ));
    let answered = match answered {
        Ok(answered) => answered,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let made = ByModel::from(&answered);
    let id = asking.keep(occasion, move |occasion| occasion.by_model(&made));
    writer.ended?;
    if context.json {
        let mut value = value(asking, &answered);
        value["interaction"] = json!(id);
        output::json(&value)?;
    } else if asking.args.why {
        let mut out = output::stdout();
        writeln!(out, "\n{STRONG}Retrieved{STRONG:#}")?;
        for (_, hit) in &hits {
            let (first, last) = (hit.lines.first + 1, hit.lines.last + 1);
            writeln!(
                out,
                "  {PLACE}{}#L{first}-L{last}{PLACE:#}   {FAINT}{}{FAINT:#}",
                hit.path,
                search::explain(&hit.scores)
            )?;
        }
        out.flush()?;
    }
    Ok(Ok(match &answered.interrupted {
        // A script has to see that it is not whole.
        Some(_) => Outcome::Nothing,
        None if answered.checked.said.trim().is_empty() => Outcome::Nothing,
        None => Outcome::Done,
    }))
}

fn value(asking: &Asking, answered: &Answered) -> serde_json::Value {
    let claims = &answered.checked.claims;
    json!({
        "question": asking.question,
        "mode": "model",
        "generation": answered.generation,
        "markdown": answered.checked.markdown,
        "thinking": answered.thinking,
        "citations": claims.citations,
        "grounded": claims.grounded(),
        "unverified": claims.unverified(),
        "error": answered.interrupted,
        "milliseconds": asking.started.elapsed().as_secs_f64() * 1e3,
    })
}

/// Shows the parts as they come. What was thought is faint, and apart from the answer.
struct Writer {
    silent: bool,
    thinking: bool,
    ended: std::io::Result<()>,
}

impl Writer {
    fn new(silent: bool) -> Self {
        Writer {
            silent,
            thinking: false,
            ended: Ok(()),
        }
    }

    fn part(&mut self, part: &Part) {
        if !self.silent && self.ended.is_ok() {
            self.ended = self.write(part);
        }
    }

    fn write(&mut self, part: &Part) -> std::io::Result<()> {
        let mut out = output::stdout();
        if !part.thinking.is_empty() {
            self.thinking = true;
            write!(out, "{FAINT}{}{FAINT:#}", part.thinking)?;
        }
        if !part.markdown.is_empty() {
            if std::mem::take(&mut self.thinking) {
                write!(out, "\n\n")?;
            }
            write!(out, "{}", output::markdown(&part.markdown))?;
        }
        out.flush()
    }
}
