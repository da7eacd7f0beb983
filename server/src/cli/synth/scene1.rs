//! `repo-lsp synth scene1`: questions about business logic with reasoning and answer.

use std::path::PathBuf;

use repo_indexer::{Cancel, Progress, RefreshScope};
use trainer_bridge::{scene1, scene1_derived, scene1_plan};

use super::super::context::Context;
use super::super::output;
use super::super::progress::Bar;
use super::{Outcome, folder, show, teacher};

/// Questions about the behaviour of the code, each with its reasoning and answer
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp synth scene1 --limit 5 --dry-run          what would be asked, without a request
  repo-lsp synth scene1 --limit 100 --qa-count 3     up to three questions about each of 100 functions
  repo-lsp synth scene1 --derived                    from the index, without a model

Without a model, reasoning and answer are derived from the index. Writes scene1_raw.jsonl, scene1_sft.jsonl, combined_sft.jsonl, \
project_skeleton.txt, project_skeleton.json and chunks.json.")]
pub(crate) struct Args {
    /// Maximum number of code chunks
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,

    /// Maximum number of questions about a chunk
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    qa_count: u8,

    /// Show counts, two whole prompts and an estimate, and ask nothing
    #[arg(long)]
    dry_run: bool,

    /// Derive the rows from the index, even if a model is set up
    #[arg(long)]
    derived: bool,

    /// Output folder [default: the data folder of this workspace]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    #[command(flatten)]
    teacher: teacher::Flags,
}

pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let folder = folder(args.out.as_ref(), context)?;
    let snapshot = context.open_fresh(RefreshScope::All)?.index.snapshot();
    let qa_count = usize::from(args.qa_count);
    let cancel = Cancel::new();
    let planned = scene1_plan(&snapshot, args.limit, qa_count, &cancel)?;
    if args.dry_run {
        let plan = &planned.plan;
        if context.json {
            output::json(&serde_json::to_value(plan)?)?;
        } else {
            show::plan(
                &[("scene1".to_owned(), plan.calls)],
                plan.prompt_tokens,
                &plan.prompts,
            )?;
        }
        return Ok(Outcome::Done);
    }
    let teacher = if args.derived {
        None
    } else {
        args.teacher.find(context)?
    };
    let scene = match teacher {
        Some(teacher) => {
            let model = teacher.model().to_owned();
            let dispatcher = args.teacher.dispatcher(teacher, &folder)?;
            let bar = Bar::new("Asking", "requests", context.verbose > 0);
            let total = planned.chunks.len();
            let done = |done| bar.show(Progress { done, total });
            teacher::block_on(scene1(
                &snapshot,
                &planned.chunks,
                qa_count,
                (&dispatcher, &model),
                &done,
            ))?
        }
        None => {
            if !args.derived {
                output::say("no model is set up; the rows are derived from the index");
            }
            scene1_derived(&snapshot, args.limit, qa_count, &cancel)?
        }
    };
    show::keep_scene(1, &scene, &planned.chunks, &snapshot, &folder, context)
}
