//! `repo-lsp ask`: an answer made of the repository's own text, for a terminal.

use std::io::Write;
use std::time::{Duration, Instant};

use repo_indexer::{Cancel, Scope};
use repo_lsp::answer::{self, Answer, Question, Relation, Source, View};
use serde_json::json;

use super::Outcome;
use super::context::Context;
use super::output::{self, BAD, FAINT, PLACE, STRONG, WARN};
use super::search;

/// Answer a question about this repository
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp ask \"where are segments merged?\"
  repo-lsp ask --why how does a request time out
  repo-lsp ask --json \"what writes the log?\" | jq '.sources[].citation.label'

The answer quotes the places that match best; every place is checked to exist.")]
pub(crate) struct Args {
    /// The question; quotes are not needed
    #[arg(required = true, value_name = "QUESTION")]
    question: Vec<String>,

    /// Show how each score came about, and the place of everything that is named
    #[arg(long)]
    why: bool,
}

pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let snapshot = context.open_fresh(Scope::All)?.index.snapshot();
    let question = args.question.join(" ");
    let started = Instant::now();
    let views = [View {
        name: None,
        snapshot,
    }];
    let asked = Question {
        text: &question,
        limit: context.settings.answer.sources,
    };
    let answer = answer::ask(&views, asked, &mut (), &Cancel::new())?;
    let took = started.elapsed();

    if context.json {
        let mut value = serde_json::to_value(&answer)?;
        value["question"] = json!(question);
        value["mode"] = json!("extractive");
        value["milliseconds"] = json!(took.as_secs_f64() * 1e3);
        output::json(&value)?;
    } else {
        let mut out = output::stdout();
        write_answer(&mut out, &answer, args.why, took)?;
        out.flush()?;
    }
    Ok(if answer.sources.is_empty() {
        Outcome::Nothing
    } else {
        Outcome::Done
    })
}

fn write_answer(
    out: &mut impl Write,
    answer: &Answer,
    why: bool,
    took: Duration,
) -> std::io::Result<()> {
    writeln!(out, "{}", output::inline(&answer.headline))?;
    for (index, source) in answer.sources.iter().enumerate() {
        writeln!(out)?;
        write_source(out, index + 1, source, why)?;
    }
    for note in &answer.notes {
        writeln!(out, "\n{}", output::inline(note))?;
    }
    let citations = answer.citations();
    let verified = citations
        .iter()
        .filter(|citation| citation.verified)
        .count();
    for citation in citations.iter().filter(|citation| !citation.verified) {
        writeln!(out, "  {WARN}⚠ unverified:{WARN:#} {}", citation.label)?;
    }
    let sources = output::counted(answer.sources.len(), "source");
    let hint = if why || answer.sources.is_empty() {
        ""
    } else {
        "        --why shows scores and places"
    };
    let (label, time) = (answer::LABEL, output::duration(took));
    let checked = match citations.len() {
        0 => String::new(),
        all => format!(
            ", {verified} of {} verified",
            output::counted(all, "citation")
        ),
    };
    writeln!(
        out,
        "\n{FAINT}{label} · {sources}{checked} · {time}{hint}{FAINT:#}"
    )
}

fn write_source(
    out: &mut impl Write,
    number: usize,
    source: &Source,
    why: bool,
) -> std::io::Result<()> {
    let place = &source.citation.label;
    let mark = if source.citation.verified {
        String::new()
    } else {
        format!(" {BAD}?{BAD:#}")
    };
    writeln!(
        out,
        "{FAINT}{number:>3}.{FAINT:#} {STRONG}{}{STRONG:#} {FAINT}{}{FAINT:#}   {PLACE}{place}{PLACE:#}{mark}",
        source.title, source.kind
    )?;
    for line in source
        .signature
        .iter()
        .flat_map(|signature| signature.lines())
    {
        writeln!(out, "     {}", output::fit(line, 5))?;
    }
    for line in source.doc.iter().flat_map(|doc| doc.lines()) {
        writeln!(out, "     {FAINT}{}{FAINT:#}", output::fit(line, 5))?;
    }
    for line in source.snippet.iter().flat_map(|snippet| snippet.lines()) {
        writeln!(out, "     {FAINT}│{FAINT:#} {}", output::fit(line, 7))?;
    }
    for relation in &source.relations {
        writeln!(out, "     {}", relation_line(relation, why))?;
    }
    if let Some(score) = source.score.as_ref().filter(|_| why) {
        writeln!(out, "     {FAINT}score {}{FAINT:#}", search::explain(score))?;
    }
    Ok(())
}

/// `Used in 23 places: Writer::close · Pool::drain (4) · … and 12 more`; with `why` each name is followed by its place.
fn relation_line(relation: &Relation, why: bool) -> String {
    let mentions: Vec<String> = relation
        .mentions
        .iter()
        .map(|mention| {
            let place = format!("{PLACE}{}{PLACE:#}", mention.citation.label);
            let shown = match &mention.name {
                Some(name) if why => format!("{name} {place}"),
                Some(name) => name.clone(),
                None => place,
            };
            match mention.count {
                0 | 1 => shown,
                count => format!("{shown} ({count})"),
            }
        })
        .collect();
    let more = match relation.more {
        0 => String::new(),
        more => format!(" {FAINT}and {more} more{FAINT:#}"),
    };
    format!(
        "{FAINT}{}:{FAINT:#} {}{more}",
        relation.label,
        mentions.join(" · ")
    )
}
