//! `repo-lsp ask`: an answer for a terminal, by the model where one is set up, else by the index.

mod index;
mod model;
mod module;

use std::io::Write;
use std::time::Instant;

use anyhow::bail;
use repo_indexer::{Cancel, RefreshScope};
use repo_lsp::answer::{self, Plain, Question, View};
use repo_lsp::chat::Assistants;
use repo_lsp::samples::{self, Keeping, Kind, Occasion, Samples};
use serde_json::json;
use trainer_bridge::Interaction;

use super::Outcome;
use super::context::Context;
use super::output;

/// Answer a question about this repository
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp ask \"where are segments merged?\"
  repo-lsp ask --why how does a request time out
  repo-lsp ask --module \"show the type of a variable in the editor\"
  repo-lsp ask --json \"what writes the log?\" | jq '.citations[].label'

A model answers where one is set up (repo-lsp model --help), else the index does: it quotes the places that match best. Every place an \
answer names is looked up, and what was not found is marked.")]
pub(crate) struct Args {
    /// The question; quotes are not needed
    #[arg(required = true, value_name = "QUESTION")]
    question: Vec<String>,

    /// Show how each score came about, and the place of everything that is named
    #[arg(long)]
    why: bool,

    /// Answer from the index alone, even if a model is set up
    #[arg(long)]
    no_model: bool,

    /// Let the model think before it answers
    #[arg(long, conflicts_with = "no_model")]
    think: bool,

    /// Say which module what is asked for belongs to
    #[arg(long)]
    module: bool,
}

/// A question on its way to an answer.
struct Asking<'a> {
    args: &'a Args,
    context: &'a Context,
    question: String,
    views: Vec<View>,
    started: Instant,
    samples: Samples,
}

pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let question = args.question.join(" ").trim().to_owned();
    if question.is_empty() {
        bail!("the question is empty");
    }
    let snapshot = context.open_fresh(RefreshScope::All)?.index.snapshot();
    let samples = Samples::new(output::warning);
    let asking = Asking {
        args,
        context,
        question,
        samples,
        started: Instant::now(),
        views: vec![View {
            name: None,
            snapshot,
        }],
    };
    let assistant = match args.no_model {
        true => Ok(None),
        false => Assistants::new(&context.dirs).choose(&context.settings.model),
    };
    if args.module {
        return module::run(&asking, assistant);
    }
    match assistant {
        Ok(Some(assistant)) => match model::run(&asking, &assistant)? {
            Ok(outcome) => Ok(outcome),
            Err(why) => asking.by_index(Some(why)),
        },
        Ok(None) => asking.by_index(None),
        Err(why) => asking.by_index(Some(why)),
    }
}

impl Asking<'_> {
    /// That it is asked now.
    fn occasion(&self, kind: Kind) -> Occasion {
        Occasion::new(kind, &self.question, &self.context.root, self.views.clone())
    }

    /// Keeps an interaction; its id, by which `repo-lsp samples` knows it, or none if it is not kept.
    fn keep(
        &self,
        occasion: Occasion,
        make: impl FnOnce(Occasion) -> Interaction + Send + 'static,
    ) -> Option<String> {
        let keeping = Keeping {
            file: self.context.dirs.samples(),
            mode: self.context.settings.samples.mode,
        };
        let id = occasion.id.clone();
        let ticket = self.samples.record(&keeping, occasion, make);
        // What there is to say of this is said by itself.
        runtime().ok()?.block_on(samples::safe(id, ticket))
    }

    /// The index's answer; `why` a model that is set up did not give one.
    fn by_index(&self, why: Option<String>) -> anyhow::Result<Outcome> {
        let asked = Question {
            text: &self.question,
            limit: self.context.settings.answer.sources,
        };
        let occasion = self.occasion(Kind::Ask);
        let mut answer = answer::ask(&self.views, asked, &mut (), &Cancel::new())?;
        if let Some(why) = &why {
            output::warning(format!("the model did not answer: {why}"));
            answer = answer.because("the model did not answer");
        } else if self.args.no_model {
            answer = answer.because("no model was asked");
        }
        let took = self.started.elapsed();
        let kept = answer.clone();
        let keep = || self.keep(occasion, move |occasion| occasion.by_index(&kept));
        if self.context.json {
            let mut value = serde_json::to_value(&answer)?;
            value["question"] = json!(self.question);
            value["mode"] = json!("extractive");
            // By these names a model's answer has them, too.
            value["markdown"] = json!(answer.to_markdown(&Plain));
            value["citations"] = json!(answer.citations());
            value["generation"] = json!(null);
            value["error"] = json!(why);
            value["interaction"] = json!(keep());
            value["milliseconds"] = json!(took.as_secs_f64() * 1e3);
            output::json(&value)?;
        } else {
            let mut out = output::stdout();
            index::write(&mut out, &answer, self.args.why, took)?;
            out.flush()?;
            keep();
        }
        Ok(if answer.sources.is_empty() {
            Outcome::Nothing
        } else {
            Outcome::Done
        })
    }
}

/// For commands that wait for a model: nothing else runs meanwhile, so one thread is enough.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}
