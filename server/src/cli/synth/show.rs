//! Prints plans and results of a synthesis.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

use flows::TeacherMessage;
use repo_indexer::Snapshot;
use serde_json::json;
use trainer_bridge::{Drops, Scene, SceneChunk, skeleton, write_scene};

use super::super::context::Context;
use super::super::output::{self, FAINT, STRONG};
use super::super::{Outcome, samples};

/// Prints what a run would ask.
pub(super) fn plan(
    calls: &[(String, usize)],
    prompt_tokens: u64,
    prompts: &[Vec<TeacherMessage>],
) -> anyhow::Result<()> {
    let mut out = output::stdout();
    let total = calls.iter().map(|(_, calls)| calls).sum();
    writeln!(
        out,
        "{STRONG}dry run{STRONG:#}: {} with about {} tokens in the prompts; nothing was asked",
        output::counted(total, "request"),
        output::count(prompt_tokens as usize)
    )?;
    if calls.len() > 1 {
        for (block, calls) in calls {
            writeln!(out, "{:>9}  {FAINT}{block}{FAINT:#}", output::count(*calls))?;
        }
    }
    for (number, prompt) in prompts.iter().enumerate() {
        writeln!(out, "\n{STRONG}prompt {}{STRONG:#}", number + 1)?;
        for message in prompt {
            let role = format!("{:?}", message.role).to_lowercase();
            writeln!(
                out,
                "{FAINT}[{role}]{FAINT:#}\n{}",
                printable(&message.content)
            )?;
        }
    }
    out.flush()?;
    Ok(())
}

/// Writes the files of a scene and prints the result. Fails if no request succeeded, so that an earlier result is not replaced by an
/// empty one.
pub(super) fn keep_scene(
    number: u8,
    scene: &Scene,
    chunks: &[SceneChunk],
    snapshot: &Snapshot,
    folder: &Path,
    context: &Context,
) -> anyhow::Result<Outcome> {
    if let (true, Some(failed)) = (scene.rows.is_empty(), scene.failed.first()) {
        anyhow::bail!("nothing was written, because no request succeeded: {failed}");
    }
    write_scene(folder, number, scene, chunks, &skeleton(snapshot))
        .map_err(|error| samples::file_error(&error))?;
    if context.json {
        output::json(&json!({
            "folder": folder, "rows": scene.rows.len(), "dropped": scene.dropped, "failed": scene.failed,
        }))?;
    } else {
        print_scene(number, scene, chunks, folder)?;
    }
    Ok(if scene.rows.is_empty() {
        Outcome::Unsuccessful
    } else {
        Outcome::Done
    })
}

/// Prints the result of a scene.
fn print_scene(
    number: u8,
    scene: &Scene,
    chunks: &[SceneChunk],
    folder: &Path,
) -> anyhow::Result<()> {
    let mut out = output::stdout();
    writeln!(
        out,
        "{STRONG}{}{STRONG:#} of scene {number} in {}",
        output::counted(scene.rows.len(), "row"),
        settings::paths::tilde(folder)
    )?;
    // Of scene 2 the chunks are only shown to the teacher.
    let with_rows: HashSet<_> = scene.rows.iter().map(|row| &row.source).collect();
    if number == 1 && with_rows.len() < chunks.len() {
        writeln!(
            out,
            "{FAINT}{:>9} of {} gave no row{FAINT:#}",
            output::count(chunks.len() - with_rows.len()),
            output::counted(chunks.len(), "chunk")
        )?;
    }
    dropped(&mut out, &scene.dropped)?;
    for failed in scene.failed.iter().take(3) {
        writeln!(out, "{FAINT}failed: {failed}{FAINT:#}")?;
    }
    if scene.failed.len() > 3 {
        writeln!(
            out,
            "{FAINT}and {} more requests failed{FAINT:#}",
            scene.failed.len() - 3
        )?;
    }
    out.flush()?;
    Ok(())
}

fn dropped(out: &mut impl Write, drops: &Drops) -> std::io::Result<()> {
    for (reason, count) in drops {
        writeln!(
            out,
            "{FAINT}{:>9} dropped: {}{FAINT:#}",
            output::count(*count as usize),
            reason.describe()
        )?;
    }
    Ok(())
}

/// Removes control characters other than line ends and tabs: text of a repository could control the terminal with them.
pub(in crate::cli) fn printable(text: &str) -> String {
    text.chars()
        .filter(|c| matches!(c, '\n' | '\t') || !c.is_control())
        .collect()
}
