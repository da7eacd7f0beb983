//! An interaction for people and for programs.

use std::io::Write;

use serde_json::{Value, json};
use trainer_bridge::{After, Event, GenerationUse, Interaction, Lines, Recorded, Verdict};

use super::super::output::{self, BAD, FAINT, GOOD, PLACE, STRONG, WARN};
use settings::paths;

/// How an answer was judged, in one coloured letter.
pub(super) fn mark(verdict: Option<Verdict>) -> String {
    match verdict {
        Some(Verdict::Good) => format!("{GOOD}✓{GOOD:#}"),
        Some(Verdict::Bad) => format!("{BAD}✗{BAD:#}"),
        Some(Verdict::Corrected) => format!("{WARN}✎{WARN:#}"),
        None => format!("{FAINT}·{FAINT:#}"),
    }
}

pub(super) fn verdict(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        Some(Verdict::Good) => "good",
        Some(Verdict::Bad) => "bad",
        Some(Verdict::Corrected) => "corrected",
        None => "not judged",
    }
}

/// Text as it may reach a terminal. Of control characters only those that lay text out: others would be orders to it.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect()
}

/// A text on one line.
pub(super) fn one_line(text: &str) -> String {
    let text = plain(text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn workspace(workspace: &str) -> String {
    if workspace.is_empty() {
        "no workspace".to_owned()
    } else {
        plain(&paths::tilde(std::path::Path::new(workspace)))
    }
}

pub(super) fn as_json(recorded: &Recorded) -> Value {
    let mut value = json!(recorded.interaction);
    value["feedback"] = json!(recorded.feedback);
    value
}

/// Everything about one interaction.
pub(super) fn whole(
    out: &mut dyn Write,
    recorded: &Recorded,
    learned: &[GenerationUse],
) -> std::io::Result<()> {
    let asked = &recorded.interaction;
    writeln!(
        out,
        "{STRONG}{}{STRONG:#}  {FAINT}{} · {} · {}{FAINT:#}",
        plain(&asked.id),
        output::date(asked.time),
        plain(&asked.kind),
        verdict(asked.verdict)
    )?;
    writeln!(
        out,
        "{STRONG}workspace{STRONG:#}   {}",
        workspace(&asked.workspace)
    )?;
    let by = match &asked.generation {
        Some(label) => plain(label),
        None => "the index".to_owned(),
    };
    let found = match asked.grounded {
        Some(rate) => format!(" · {:.0} % of what it names found", rate * 100.0),
        None => String::new(),
    };
    let cut = if asked.cut { " · breaks off" } else { "" };
    writeln!(
        out,
        "{STRONG}answered{STRONG:#}    by {by} in {} ms{found}{cut}",
        asked.latency_ms
    )?;
    writeln!(out, "{STRONG}kept{STRONG:#}        {}", kept(asked))?;
    for (title, body) in [
        ("Question", Some(&asked.question)),
        ("Answer", Some(&asked.answer)),
        ("Correction", asked.correction.as_ref()),
    ] {
        if let Some(body) = body {
            writeln!(out, "\n{STRONG}{title}{STRONG:#}")?;
            for line in plain(body).lines() {
                writeln!(out, "{}", format!("  {line}").trim_end())?;
            }
        }
    }
    sources(out, asked)?;
    if !recorded.feedback.is_empty() {
        writeln!(out, "\n{STRONG}What came of it{STRONG:#}")?;
        for feedback in &recorded.feedback {
            writeln!(
                out,
                "  {FAINT}{}{FAINT:#}  {}",
                output::date(feedback.time),
                event(&feedback.event)
            )?;
        }
    }
    if !learned.is_empty() {
        writeln!(out, "\n{STRONG}Learned by{STRONG:#}")?;
        for generation in learned {
            let tainted = if generation.tainted {
                "   has also learned from what was forgotten since"
            } else {
                ""
            };
            writeln!(
                out,
                "  {}{FAINT}{tainted}{FAINT:#}",
                plain(&generation.label)
            )?;
        }
    }
    Ok(())
}

/// `full · taken out: 2 aws_access_key`
fn kept(asked: &Interaction) -> String {
    let mut text = asked.privacy.name().to_owned();
    if !asked.redactions.is_empty() {
        let kinds: Vec<String> = asked
            .redactions
            .iter()
            .map(|redaction| format!("{} {}", redaction.count, plain(&redaction.kind)))
            .collect();
        text += &format!(" · taken out: {}", kinds.join(", "));
    }
    text
}

fn sources(out: &mut dyn Write, asked: &Interaction) -> std::io::Result<()> {
    if !asked.citations.is_empty() {
        writeln!(out, "\n{STRONG}Citations{STRONG:#}")?;
        for citation in &asked.citations {
            let place = place(&citation.file, citation.range);
            if citation.verified {
                writeln!(out, "  {GOOD}✓{GOOD:#} {PLACE}{place}{PLACE:#}")?;
            } else {
                writeln!(
                    out,
                    "  {BAD}✗{BAD:#} {PLACE}{place}{PLACE:#}   {FAINT}not verified{FAINT:#}"
                )?;
            }
        }
    }
    if !asked.context.is_empty() {
        writeln!(out, "\n{STRONG}Made of{STRONG:#}")?;
        for context in &asked.context {
            let hash: String = context.hash.chars().take(12).collect();
            let place = place(&context.file, context.range);
            writeln!(
                out,
                "  {PLACE}{place}{PLACE:#}   {FAINT}{}{FAINT:#}",
                plain(&hash)
            )?;
        }
    }
    if !asked.scores.is_empty() {
        writeln!(out, "\n{STRONG}Scores{STRONG:#}")?;
        for score in &asked.scores {
            let parts: Vec<String> = score
                .parts
                .iter()
                .map(|(name, part)| format!("{} {part:.3}", plain(name)))
                .collect();
            writeln!(
                out,
                "  {:>8.3}  {PLACE}{}{PLACE:#}   {FAINT}{}{FAINT:#}",
                score.total,
                plain(&score.file),
                parts.join(" + ")
            )?;
        }
    }
    Ok(())
}

fn place(file: &str, Lines { first, last }: Lines) -> String {
    let file = plain(file);
    if first == last {
        format!("{file}#L{first}")
    } else {
        format!("{file}#L{first}-L{last}")
    }
}

fn event(event: &Event) -> String {
    match event {
        Event::Up => "found good".to_owned(),
        Event::Down => "found bad".to_owned(),
        Event::Corrected { .. } => "corrected".to_owned(),
        Event::Failed {
            follow_up: Some(id),
        } => format!("asked again, as {}", plain(id)),
        Event::Failed { follow_up: None } => "asked again".to_owned(),
        Event::Copied { characters } => format!("{characters} characters copied"),
        Event::Inserted { characters, .. } => format!("{characters} characters put into a file"),
        Event::Survived { after, share, .. } => {
            let after = match after {
                After::HalfMinute => "after half a minute",
                After::FiveMinutes => "after five minutes",
                After::Save => "when the file was saved",
            };
            format!("{:.0} % of them still there {after}", share * 100.0)
        }
    }
}

#[cfg(test)]
mod tests;
