//! `repo-lsp dataset show`: prints samples for reading.

use std::collections::BTreeMap;
use std::io::Write;

use trainer_bridge::{FactKind, Role, Sample, read_samples};

use super::super::arguments::Global;
use super::super::output::{self, FAINT, STRONG};
use super::super::synth::printable;
use super::{Outcome, explain, folder, name_or_newest};

/// Show samples of a dataset
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp dataset show                        10 samples of all kinds
  repo-lsp dataset show --sample 20            20 of them
  repo-lsp dataset show --kind call_chain      of one kind

Which samples are shown depends on their content only, so the same dataset shows the same ones.")]
pub(crate) struct Args {
    /// Name of the dataset [default: the newest]
    name: Option<String>,

    /// How many samples to show
    #[arg(long, value_name = "N", default_value_t = 10)]
    sample: usize,

    /// Only samples of this kind
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
}

pub(super) fn run(args: &Args, global: &Global) -> anyhow::Result<Outcome> {
    let folder = folder(global)?;
    let name = name_or_newest(args.name.as_deref(), &folder)?;
    // Ids are hashes, so the smallest ones are as good as drawn by chance. Kinds take turns, as some have far more samples.
    let mut smallest: BTreeMap<String, BTreeMap<String, Sample>> = BTreeMap::new();
    read_samples(&folder, &name, &mut |sample| {
        let wanted = args
            .kind
            .as_ref()
            .is_none_or(|kind| *kind == sample.metadata.kind);
        if wanted {
            let of_kind = smallest.entry(sample.metadata.kind.clone()).or_default();
            of_kind.insert(sample.metadata.id.clone(), sample);
            if of_kind.len() > args.sample {
                of_kind.pop_last();
            }
        }
        true
    })
    .map_err(explain)?;
    let mut shown: Vec<Sample> = Vec::new();
    while shown.len() < args.sample && !smallest.is_empty() {
        for of_kind in smallest.values_mut() {
            if let Some((_, sample)) = of_kind.pop_first() {
                shown.push(sample);
            }
        }
        smallest.retain(|_, of_kind| !of_kind.is_empty());
    }
    shown.truncate(args.sample);
    if shown.is_empty() {
        let known: Vec<_> = FactKind::ALL.iter().map(|kind| kind.name()).collect();
        output::say(&format!(
            "the dataset has no such sample; kinds are {}",
            known.join(", ")
        ));
        return Ok(Outcome::Unsuccessful);
    }
    if global.json {
        output::json(&serde_json::to_value(&shown)?)?;
        return Ok(Outcome::Done);
    }
    let mut out = output::stdout();
    for sample in &shown {
        print(&mut out, sample)?;
    }
    out.flush()?;
    Ok(Outcome::Done)
}

fn print(out: &mut impl Write, sample: &Sample) -> std::io::Result<()> {
    let metadata = &sample.metadata;
    let (source, range) = (&metadata.source.file, metadata.source.range);
    let split = format!("{:?}", metadata.split).to_lowercase();
    writeln!(
        out,
        "{FAINT}── {} · {split} · {source}#L{}-L{}{FAINT:#}",
        metadata.kind, range.first, range.last
    )?;
    for message in &sample.messages {
        if let Some(reasoning) = &message.reasoning_content {
            writeln!(out, "{FAINT}reasoning: {}{FAINT:#}", printable(reasoning))?;
        }
        let content = printable(&message.content);
        match message.role {
            Role::User => writeln!(out, "{STRONG}{content}{STRONG:#}")?,
            _ => writeln!(out, "{content}")?,
        }
    }
    writeln!(out)
}
