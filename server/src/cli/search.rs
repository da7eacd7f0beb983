//! `repo-lsp search`: lists matching definitions, documentation and files, best match first.

use std::io::Write;
use std::time::Instant;

use repo_indexer::{Cancel, Hit, Query, QueryScope, RefreshScope, Scores, SearchResult, Snapshot};
use serde_json::{Value, json};

use super::Outcome;
use super::context::Context;
use super::output::{self, FAINT, PLACE, STRONG};

/// Find definitions, documentation and files, best match first
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp search parse_config               search for an identifier
  repo-lsp search retry after a timeout      search for words; quotes are optional
  repo-lsp search --code --limit 3 merge     search source files only, except tests
  repo-lsp search --why merge                show how each score was computed
  repo-lsp search --json merge | jq -r '.files[].path'")]
pub(crate) struct Args {
    /// Identifiers or words to search for
    #[arg(required = true, value_name = "QUERY")]
    query: Vec<String>,

    /// Maximum number of files and of places to list
    #[arg(short = 'n', long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,

    /// Search only source files, except tests
    #[arg(long)]
    code: bool,

    /// Show how each score was computed
    #[arg(long)]
    why: bool,
}

pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let snapshot = context.open_fresh(RefreshScope::All)?.index.snapshot();
    let text = args.query.join(" ");
    let scope = if args.code {
        QueryScope::Code
    } else {
        QueryScope::All
    };
    let query = Query {
        text: text.clone(),
        limit: usize::from(args.limit),
        scope,
    };
    let started = Instant::now();
    let result = snapshot.search(&query, &Cancel::new())?;
    let took = started.elapsed();

    if context.json {
        output::json(&as_json(&text, &result, &snapshot))?;
    } else if !result.hits.is_empty() {
        let mut out = output::stdout();
        for hit in &result.hits {
            write_hit(&mut out, hit, &snapshot, args.why)?;
        }
        let hits = output::counted(result.hits.len(), "place");
        let files = output::counted(result.files.len(), "file");
        writeln!(
            out,
            "{FAINT}{hits} in {files} · {}{FAINT:#}",
            output::duration(took)
        )?;
        out.flush()?;
    }
    if result.hits.is_empty() && result.files.is_empty() {
        if !context.json {
            output::say(
                "nothing found; try other words, or check with `repo-lsp status` what is indexed",
            );
        }
        return Ok(Outcome::Unsuccessful);
    }
    Ok(Outcome::Done)
}

fn write_hit(
    out: &mut impl Write,
    hit: &Hit,
    snapshot: &Snapshot,
    why: bool,
) -> std::io::Result<()> {
    let place = place(hit);
    let symbol = hit.symbol.and_then(|id| snapshot.symbol(id));
    match &symbol {
        Some(symbol) => {
            let kind = output::kind(symbol.kind);
            writeln!(
                out,
                "{PLACE}{place}{PLACE:#}   {STRONG}{}{STRONG:#} {FAINT}{kind}{FAINT:#}",
                symbol.qualified
            )?;
        }
        None => writeln!(out, "{PLACE}{place}{PLACE:#}")?,
    }
    let signature = symbol
        .as_ref()
        .map(|symbol| collapse_whitespace(&symbol.signature))
        .filter(|line| !line.is_empty());
    let doc = symbol
        .as_ref()
        .and_then(|symbol| symbol.doc.as_deref())
        .and_then(first_line);
    match signature {
        Some(signature) => writeln!(out, "    {}", output::fit(&signature, 4))?,
        None => {
            if let Some(line) = text_of(hit, snapshot) {
                writeln!(out, "    {}", output::fit(&line, 4))?;
            }
        }
    }
    if let Some(doc) = doc {
        writeln!(out, "    {FAINT}{}{FAINT:#}", output::fit(&doc, 4))?;
    }
    if why {
        writeln!(out, "    {FAINT}{}{FAINT:#}", explain(&hit.scores))?;
    }
    writeln!(out)
}

/// Formats the location of a hit as `src/lib.rs#L10-L24`, with 1-based lines.
fn place(hit: &Hit) -> String {
    let (first, last) = (hit.lines.first + 1, hit.lines.last + 1);
    if first == last {
        format!("{}#L{first}", hit.path)
    } else {
        format!("{}#L{first}-L{last}", hit.path)
    }
}

/// Returns the first line of the hit that contains a letter or digit.
fn text_of(hit: &Hit, snapshot: &Snapshot) -> Option<String> {
    let text = snapshot.text(&hit.path)?;
    let (first, count) = (
        hit.lines.first as usize,
        (hit.lines.last - hit.lines.first) as usize + 1,
    );
    let mut lines = text.lines().skip(first).take(count);
    lines.find_map(first_line)
}

/// Replaces every run of whitespace by a single space.
fn collapse_whitespace(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the first line that contains a letter or digit, with single spaces.
fn first_line(text: &str) -> Option<String> {
    text.lines()
        .find(|line| line.chars().any(char::is_alphanumeric))
        .map(collapse_whitespace)
}

/// Formats a score as `1.31 = bm25 (body 4.20, name 2.11) + file 0.20 + symbol 0.30, demoted × 0.80`. The BM25 parts are raw values;
/// in the total they are scaled so that the highest BM25 sum counts 1.
pub(super) fn explain(score: &Scores) -> String {
    let fields: Vec<_> = score
        .bm25
        .iter()
        .map(|(field, value)| format!("{field} {value:.2}"))
        .collect();
    let mut parts = vec![format!("bm25 ({})", fields.join(", "))];
    for (name, value) in [
        ("file", score.file),
        ("symbol", score.symbol),
        ("path", score.path),
        ("graph", score.graph),
    ] {
        if value != 0.0 {
            parts.push(format!("{name} {value:.2}"));
        }
    }
    let demotion = if score.demotion == 1.0 {
        String::new()
    } else {
        format!(", demoted × {:.2}", score.demotion)
    };
    format!("{:.2} = {}{demotion}", score.total, parts.join(" + "))
}

pub(super) fn score_json(score: &Scores) -> Value {
    let bm25: serde_json::Map<_, _> = score
        .bm25
        .iter()
        .map(|(field, value)| (field.to_string(), json!(value)))
        .collect();
    json!({
        "total": score.total, "bm25": bm25, "file": score.file, "symbol": score.symbol,
        "path": score.path, "graph": score.graph, "demotion": score.demotion,
    })
}

fn as_json(query: &str, result: &SearchResult, snapshot: &Snapshot) -> Value {
    let hits: Vec<_> = result
        .hits
        .iter()
        .map(|hit| {
            let symbol = hit.symbol.and_then(|id| snapshot.symbol(id));
            json!({
                "path": hit.path, "first_line": hit.lines.first + 1, "last_line": hit.lines.last + 1,
                "symbol": symbol.as_ref().map(|symbol| &symbol.qualified),
                "kind": symbol.as_ref().map(|symbol| output::kind(symbol.kind)),
                "score": score_json(&hit.scores),
            })
        })
        .collect();
    let files: Vec<_> = result
        .files
        .iter()
        .map(|file| json!({ "path": file.path, "score": score_json(&file.scores) }))
        .collect();
    json!({ "query": query, "hits": hits, "files": files })
}
