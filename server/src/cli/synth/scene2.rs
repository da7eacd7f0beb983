//! `repo-lsp synth scene2`: proposals for the architecture.

use std::path::PathBuf;

use repo_indexer::{Cancel, Progress, RefreshScope};
use trainer_bridge::{scene2, scene2_plan};

use super::super::context::Context;
use super::super::output;
use super::super::progress::Bar;
use super::{Outcome, folder, show, teacher};

/// Proposals for new requirements, with the reasoning behind them
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp synth scene2 --count 2 --dry-run    what would be asked, without a request
  repo-lsp synth scene2 --count 50             fifty proposals

Each has four parts: API changes, domain model, data storage and workflow. A teacher model is needed, because requirements are invented. \
Writes scene2_raw.jsonl, scene2_sft.jsonl, combined_sft.jsonl, project_skeleton.txt and project_skeleton.json.")]
pub(crate) struct Args {
    /// Number of proposals
    #[arg(long, value_name = "N", default_value_t = 10)]
    count: usize,

    /// Show counts, two whole prompts and an estimate, and ask nothing
    #[arg(long)]
    dry_run: bool,

    /// Output folder [default: the data folder of this workspace]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    #[command(flatten)]
    teacher: teacher::Flags,
}

pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let folder = folder(args.out.as_ref(), context)?;
    // Before the index is updated: without a teacher there is nothing to wait for.
    let teacher = if args.dry_run {
        None
    } else {
        Some(args.teacher.require(context, "scene 2")?)
    };
    let snapshot = context.open_fresh(RefreshScope::All)?.index.snapshot();
    let (proposals, plan) = scene2_plan(&snapshot, args.count, &Cancel::new())?;
    let Some(teacher) = teacher else {
        if context.json {
            output::json(&serde_json::to_value(&plan)?)?;
        } else {
            show::plan(
                &[("scene2".to_owned(), plan.calls)],
                plan.prompt_tokens,
                &plan.prompts,
            )?;
        }
        return Ok(Outcome::Done);
    };
    let model = teacher.model().to_owned();
    let dispatcher = args.teacher.dispatcher(teacher, &folder)?;
    let bar = Bar::new("Asking", "requests", context.verbose > 0);
    let total = proposals.len();
    let done = |done| bar.show(Progress { done, total });
    let scene = teacher::block_on(scene2(&snapshot, &proposals, (&dispatcher, &model), &done))?;
    drop(bar);
    show::keep_scene(2, &scene, &[], &snapshot, &folder, context)
}
