//! `repo-lsp ask`: an answer for a terminal, by the model where one is set up, otherwise by the index.

mod index;
mod model;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;
use assistant::ask::{self, AskResult, Location, Mode, Question, Reply, Task, Worker};
use assistant::chat::ChatModels;
use assistant::recording::{RecordingPolicy, Samples};
use futures::future::BoxFuture;
use grounding::{Citation, Links, View};
use repo_indexer::{Cancel, IndexError, RefreshScope};
use repo_lsp::lsp;
use settings::ModelSettings;

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

If a model is set up (repo-lsp model --help), it answers; otherwise the answer quotes the best matches in the index. Every place and code \
name in a model's answer is looked up, and what is not found is marked.")]
pub(crate) struct Args {
    /// The question; quotes are not needed
    #[arg(required = true, value_name = "QUESTION")]
    question: Vec<String>,

    /// Show the parts of each score, and the location of everything that is named
    #[arg(long)]
    why: bool,

    /// Answer from the index alone, even if a model is set up
    #[arg(long)]
    no_model: bool,

    /// Let the model think before it answers
    #[arg(long, conflicts_with = "no_model")]
    think: bool,

    /// Say which module the described requirement belongs to
    #[arg(long)]
    module: bool,
}

pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let text = args.question.join(" ").trim().to_owned();
    if text.is_empty() {
        bail!("the question is empty");
    }
    let snapshot = context.open_fresh(RefreshScope::All)?.index.snapshot();
    let asking = ask_context(args, context, snapshot);
    let question = Question {
        task: match args.module {
            true => Task::Module { requirement: text },
            false => Task::Words {
                text,
                at: None,
                selected: false,
            },
        },
        workspace: context.root.clone(),
        conversation: None,
        use_model: !args.no_model,
    };
    let terminal = Arc::new(model::Terminal::new(context.json));
    // Nothing else runs meanwhile, so one thread is enough.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let locate = asking.locate.clone();
    let mut reply = runtime.block_on(ask::ask(asking, InPlace, question, terminal.clone()))?;
    if let Some(why) = reply.error.as_ref().filter(|_| reply.model.is_none()) {
        output::warning(format!("the model did not answer: {why}"));
    }
    let outcome = outcome(&reply, args.module);
    if context.json {
        let result = runtime.block_on(AskResult::of(reply, &*locate));
        output::json(&serde_json::to_value(result)?)?;
        return Ok(outcome);
    }
    let shown = terminal.result().and_then(|()| show(&reply, args));
    // Record the interaction even if writing the output failed.
    runtime.block_on(reply.interaction());
    shown?;
    Ok(outcome)
}

fn ask_context(
    args: &Args,
    context: &Context,
    snapshot: Arc<repo_indexer::Snapshot>,
) -> ask::Context {
    let views = vec![View {
        name: None,
        snapshot,
    }];
    let name = context.root.file_name().unwrap_or_default();
    let models = ChatModels::new(&context.dirs, cfg!(feature = "local-model"));
    ask::Context {
        repository: name.to_string_lossy().into_owned(),
        model: ModelSettings {
            thinking: args.think || context.settings.model.thinking,
            ..context.settings.model.clone()
        },
        choose_model: Arc::new(move |settings| models.choose(settings)),
        max_sources: context.settings.answer.sources,
        locate: Arc::new(TerminalLocator {
            root: context.root.clone(),
            views: views.clone(),
        }),
        views,
        conversations: Arc::default(),
        samples: Arc::new(Samples::new(output::warning)),
        recording: Some(RecordingPolicy {
            file: context.dirs.samples(),
            mode: context.settings.samples.mode,
        }),
    }
}

/// Prints what has not been printed while the answer was made.
fn show(reply: &Reply, args: &Args) -> std::io::Result<()> {
    let mut out = output::stdout();
    if let Some(model) = &reply.model {
        if args.why {
            model::write_retrieved(&mut out, model)?;
        }
    } else if let Some(answer) = &reply.index {
        // The whole reason has been printed as a warning.
        let short = match (&reply.error, reply.mode()) {
            (Some(_), Mode::Extractive) if !args.module => {
                Some((**answer).clone().with_reason("the model did not answer"))
            }
            _ => None,
        };
        let answer = short.as_ref().unwrap_or(answer);
        index::write(&mut out, answer, args.why, reply.took)?;
    }
    out.flush()
}

/// Exit code 1 tells a script that nothing was found or that the answer is incomplete.
fn outcome(reply: &Reply, module: bool) -> Outcome {
    let done = match (&reply.model, &reply.index) {
        (Some(model), _) => {
            model.interrupted.is_none() && !model.checked.model_text.trim().is_empty()
        }
        (None, _) if module => reply.module.is_some(),
        (None, Some(answer)) => !answer.sources.is_empty(),
        (None, None) => false,
    };
    match done {
        true => Outcome::Done,
        false => Outcome::Unsuccessful,
    }
}

/// Runs work on the calling thread: a command has nothing else to do.
#[derive(Clone)]
struct InPlace;

impl Worker for InPlace {
    type Error = IndexError;

    fn run<T, F>(&self, work: F) -> BoxFuture<'static, Result<T, IndexError>>
    where
        T: Send + 'static,
        F: FnOnce(&Cancel) -> Result<T, IndexError> + Send + 'static,
    {
        let done = work(&Cancel::new());
        Box::pin(std::future::ready(done))
    }
}

/// On a terminal a citation is its label; in JSON it has a `file:` URI as well.
struct TerminalLocator {
    root: PathBuf,
    views: Vec<View>,
}

impl Links for TerminalLocator {
    fn target(&self, _: &Citation) -> Option<String> {
        None
    }
}

impl ask::Locate for TerminalLocator {
    fn location(&self, citation: &Citation) -> Option<Location> {
        lsp::location(&self.root, &self.views, citation)
    }
}
