//! An answer made of the repository's own text, on a terminal.

use std::io::Write;
use std::time::Duration;

use assistant::answer::{Answer, Relation, Source};

use crate::cli::output::{self, BAD, FAINT, PLACE, STRONG, WARN};
use crate::cli::search;

pub(super) fn write(
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
    let (label, time) = (answer.label(), output::duration(took));
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
