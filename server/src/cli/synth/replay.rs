//! `repo-lsp synth replay`: the base model's own answers to general prompts.

use std::path::PathBuf;

use serde_json::json;
use trainer_bridge::{replay_prompts, replay_samples};

use super::super::context::Context;
use super::super::output::{self, STRONG};
use super::{Outcome, flow, folder, show, teacher};
use std::io::Write;

/// Answers of the base model to general prompts, which keep it from forgetting
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp synth replay --dry-run       the prompts and their number, without a request
  repo-lsp synth replay                 ask the model that is to be trained

The prompts are a fixed list of the program; nothing is downloaded. A dataset takes as many of the answers as make a tenth of it.")]
pub(crate) struct Args {
    /// Maximum number of prompts [default: all]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,

    /// Show the number of prompts and the first ones, and ask nothing
    #[arg(long)]
    dry_run: bool,

    /// Output folder [default: the data folder of this workspace]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    #[command(flatten)]
    teacher: teacher::Flags,
}

pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let count = replay_prompts()
        .count()
        .min(args.limit.unwrap_or(usize::MAX));
    if args.dry_run {
        if context.json {
            output::json(&json!({ "prompts": count }))?;
            return Ok(Outcome::Done);
        }
        let mut out = output::stdout();
        writeln!(
            out,
            "{STRONG}dry run{STRONG:#}: {}; nothing was asked",
            output::counted(count, "request")
        )?;
        for (group, prompt) in replay_prompts().take(count).take(2) {
            writeln!(out, "\n{group}\n{}", show::printable(prompt))?;
        }
        out.flush()?;
        return Ok(Outcome::Done);
    }
    let folder = folder(args.out.as_ref(), context)?;
    let teacher = args.teacher.require(context, "replay")?;
    let model = teacher.model().to_owned();
    let dispatcher = args.teacher.dispatcher(teacher, &folder)?;
    let samples = teacher::block_on(replay_samples(&dispatcher, &model, count))??;
    flow::write_lines(&folder.join("replay_sft.jsonl"), &samples)?;
    if context.json {
        output::json(&json!({ "folder": folder, "samples": samples.len() }))?;
    } else {
        let mut out = output::stdout();
        let shown = settings::paths::tilde(&folder);
        writeln!(
            out,
            "{STRONG}{}{STRONG:#} in {shown}",
            output::counted(samples.len(), "answer")
        )?;
        out.flush()?;
    }
    Ok(if samples.is_empty() {
        Outcome::Unsuccessful
    } else {
        Outcome::Done
    })
}
