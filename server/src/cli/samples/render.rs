//! Formats an interaction for people and as JSON.

use std::io::Write;

use serde_json::{Value, json};
use trainer_bridge::{
    CitedLines, FeedbackEvent, GenerationUse, Interaction, MeasuredAfter, RecordedInteraction,
    Verdict,
};

use super::super::output::{self, BAD, FAINT, GOOD, PLACE, STRONG, WARN};
use settings::paths;

/// The verdict as one coloured character.
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
        None => "no verdict",
    }
}

/// Removes control characters except line feeds and tabs, since a terminal would interpret them.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect()
}

/// Puts a text on one line.
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

pub(super) fn as_json(recorded: &RecordedInteraction) -> Value {
    let mut value = json!(recorded.interaction);
    value["feedback"] = json!(recorded.feedback);
    value
}

/// Prints everything about one interaction.
pub(super) fn interaction(
    out: &mut dyn Write,
    recorded: &RecordedInteraction,
    learned: &[GenerationUse],
) -> std::io::Result<()> {
    let interaction = &recorded.interaction;
    writeln!(
        out,
        "{STRONG}{}{STRONG:#}  {FAINT}{} · {} · {}{FAINT:#}",
        plain(&interaction.id),
        output::date(interaction.time),
        plain(&interaction.kind),
        verdict(interaction.verdict)
    )?;
    writeln!(
        out,
        "{STRONG}workspace{STRONG:#}   {}",
        workspace(&interaction.workspace)
    )?;
    let by = match &interaction.generation {
        Some(label) => plain(label),
        None => "the index".to_owned(),
    };
    let found = match interaction.grounded {
        Some(rate) => format!(" · {:.0} % of the places and names verified", rate * 100.0),
        None => String::new(),
    };
    let cut = if interaction.cut {
        " · incomplete"
    } else {
        ""
    };
    writeln!(
        out,
        "{STRONG}answered{STRONG:#}    by {by} in {} ms{found}{cut}",
        interaction.latency_ms
    )?;
    writeln!(
        out,
        "{STRONG}recorded{STRONG:#}    {}",
        recorded_as(interaction)
    )?;
    for (title, body) in [
        ("Question", Some(&interaction.question)),
        ("Answer", Some(&interaction.answer)),
        ("Correction", interaction.correction.as_ref()),
    ] {
        if let Some(body) = body {
            writeln!(out, "\n{STRONG}{title}{STRONG:#}")?;
            for line in plain(body).lines() {
                writeln!(out, "{}", format!("  {line}").trim_end())?;
            }
        }
    }
    sources(out, interaction)?;
    if !recorded.feedback.is_empty() {
        writeln!(out, "\n{STRONG}Feedback{STRONG:#}")?;
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
        writeln!(out, "\n{STRONG}Models trained on it{STRONG:#}")?;
        for generation in learned {
            let tainted = if generation.tainted {
                "   also trained on interactions that were forgotten since"
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

/// `full · redacted: 2 aws_access_key`
fn recorded_as(interaction: &Interaction) -> String {
    let mut text = interaction.privacy.name().to_owned();
    if !interaction.redactions.is_empty() {
        let kinds: Vec<String> = interaction
            .redactions
            .iter()
            .map(|redaction| format!("{} {}", redaction.count, plain(&redaction.kind)))
            .collect();
        text += &format!(" · redacted: {}", kinds.join(", "));
    }
    text
}

fn sources(out: &mut dyn Write, interaction: &Interaction) -> std::io::Result<()> {
    if !interaction.citations.is_empty() {
        writeln!(out, "\n{STRONG}Citations{STRONG:#}")?;
        for citation in &interaction.citations {
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
    if !interaction.context.is_empty() {
        writeln!(out, "\n{STRONG}Context{STRONG:#}")?;
        for context in &interaction.context {
            let hash: String = context.hash.chars().take(12).collect();
            let place = place(&context.file, context.range);
            writeln!(
                out,
                "  {PLACE}{place}{PLACE:#}   {FAINT}{}{FAINT:#}",
                plain(&hash)
            )?;
        }
    }
    if !interaction.scores.is_empty() {
        writeln!(out, "\n{STRONG}Scores{STRONG:#}")?;
        for score in &interaction.scores {
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

fn place(file: &str, CitedLines { first, last }: CitedLines) -> String {
    let file = plain(file);
    if first == last {
        format!("{file}#L{first}")
    } else {
        format!("{file}#L{first}-L{last}")
    }
}

fn event(event: &FeedbackEvent) -> String {
    match event {
        FeedbackEvent::Up => "rated good".to_owned(),
        FeedbackEvent::Down => "rated bad".to_owned(),
        FeedbackEvent::Corrected { .. } => "corrected".to_owned(),
        FeedbackEvent::Failed {
            follow_up: Some(id),
        } => format!("asked again, as {}", plain(id)),
        FeedbackEvent::Failed { follow_up: None } => "asked again".to_owned(),
        FeedbackEvent::Copied { characters } => format!("{characters} characters copied"),
        FeedbackEvent::Inserted { characters, .. } => {
            format!("{characters} characters inserted into a file")
        }
        FeedbackEvent::Survived { after, share, .. } => {
            let after = match after {
                MeasuredAfter::HalfMinute => "after half a minute",
                MeasuredAfter::FiveMinutes => "after five minutes",
                MeasuredAfter::Save => "when the file was saved",
            };
            format!("{:.0} % of the inserted text left {after}", share * 100.0)
        }
    }
}

#[cfg(test)]
mod tests;
