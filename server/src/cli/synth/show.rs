//! Prints plans and results of a synthesis.

use std::io::Write;

use flows::TeacherMessage;
use trainer_bridge::{Drops, Scene};

use super::super::output::{self, FAINT, STRONG};

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

/// Fails if no request succeeded, so that an earlier result is not replaced by an empty one.
pub(super) fn refuse_if_all_failed(scene: &Scene) -> anyhow::Result<()> {
    match scene.failed.first() {
        Some(failed) if scene.rows.is_empty() => {
            anyhow::bail!("nothing was written, because no request succeeded: {failed}")
        }
        _ => Ok(()),
    }
}

/// Prints the result of a scene.
pub(super) fn scene(number: u8, scene: &Scene, folder: &std::path::Path) -> anyhow::Result<()> {
    let mut out = output::stdout();
    writeln!(
        out,
        "{STRONG}{}{STRONG:#} of scene {number} in {}",
        output::counted(scene.rows.len(), "row"),
        settings::paths::tilde(folder)
    )?;
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
