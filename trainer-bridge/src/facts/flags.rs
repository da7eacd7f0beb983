//! Command-line options: where each is declared, its default and its help text.

use std::collections::HashMap;

use repo_indexer::{LineRange, SymbolKind};

use super::{Context, Fact, FactKind};
use crate::repository::{SourceFile, citation};
use crate::source_text::{balanced, split_arguments};

/// How a library declares options by a call.
struct Row {
    languages: &'static [&'static str],
    /// What stands before the bracket.
    calls: &'static [&'static str],
    /// The position of name, default and help among the arguments; `None` for keyword arguments.
    positions: Option<(usize, usize, usize)>,
}

/// One row for each way to declare options; clap's fields are read from the index.
const ROWS: [Row; 4] = [
    // argparse and click.
    Row {
        languages: &["python"],
        calls: &["add_argument", "click.option", "typer.Option"],
        positions: None,
    },
    // Go's flag and pflag.
    Row {
        languages: &["go"],
        calls: &[
            "flag.String",
            "flag.Int",
            "flag.Bool",
            "flag.Duration",
            "flag.Float64",
            "Flags().String",
            "Flags().Int",
            "Flags().Bool",
            "Flags().Duration",
        ],
        positions: Some((0, 1, 2)),
    },
    Row {
        languages: &["go"],
        calls: &[
            "flag.StringVar",
            "flag.IntVar",
            "flag.BoolVar",
            "flag.DurationVar",
            "Flags().StringVar",
            "Flags().IntVar",
            "Flags().BoolVar",
            "Flags().DurationVar",
        ],
        positions: Some((1, 2, 3)),
    },
    // commander.
    Row {
        languages: &[
            "javascript",
            "typescript",
            "javascriptreact",
            "typescriptreact",
        ],
        calls: &[".option"],
        positions: Some((0, 2, 1)),
    },
];

struct Flag {
    name: String,
    default: Option<String>,
    help: Option<String>,
    lines: LineRange,
}

pub(super) fn facts(context: &Context) -> Vec<Fact> {
    let files = context
        .repository
        .files
        .iter()
        .filter(|file| !file.test && file.language.is_code());
    let found: Vec<(&SourceFile, Flag)> = files
        .flat_map(|file| flags(file).into_iter().map(move |flag| (file, flag)))
        .collect();
    let mut counts: HashMap<(String, Option<&str>), u32> = HashMap::new();
    for (file, flag) in &found {
        *counts.entry((flag.name.clone(), None)).or_default() += 1;
        *counts
            .entry((flag.name.clone(), Some(&file.path)))
            .or_default() += 1;
    }
    let is_one = |flag: &Flag, path| counts.get(&(flag.name.clone(), path)) == Some(&1);
    found
        .iter()
        .filter_map(|(file, flag)| {
            let name = if is_one(flag, None) {
                format!("`{}`", flag.name)
            } else if is_one(flag, Some(&file.path)) {
                format!("`{}` of `{}`", flag.name, file.path)
            } else {
                return None;
            };
            Some(fact(file, flag, name))
        })
        .collect()
}

fn fact(file: &SourceFile, flag: &Flag, name: String) -> Fact {
    let mut answer = format!(
        "`{}` is declared in {}.",
        flag.name,
        citation(&file.path, flag.lines)
    );
    if let Some(help) = &flag.help {
        answer.push_str(&format!(" Its help text is: {}", help.trim()));
        if !help.trim_end().ends_with(['.', '!', '?']) {
            answer.push('.');
        }
    }
    match &flag.default {
        Some(default) => {
            answer.push_str(&format!(
                " Its default is {}.",
                grounding::markdown::code(default)
            ));
        }
        None => answer.push_str(" No default is declared there."),
    }
    Fact {
        kind: FactKind::Flag,
        arguments: vec![("flag", name), ("file", format!("`{}`", file.path))],
        reasoning: None,
        answer,
        source: file.source(flag.lines),
        split: file.split,
    }
}

fn flags(file: &SourceFile) -> Vec<Flag> {
    let language = file.language.id();
    let mut flags = Vec::new();
    for row in ROWS.iter().filter(|row| row.languages.contains(&language)) {
        for call in row.calls {
            for (at, _) in file.text.match_indices(&format!("{call}(")) {
                flags.extend(declared(file, row, at, at + call.len()));
            }
        }
    }
    if language == "rust" {
        flags.extend(clap_fields(file));
    }
    flags
}

fn declared(file: &SourceFile, row: &Row, start: usize, open: usize) -> Option<Flag> {
    let line = file.line(file.line_of(start));
    if line.trim_start().starts_with(['#', '/', '*']) {
        return None;
    }
    let language = file.language.id();
    let end = balanced(&file.text, open, language)?;
    let arguments = split_arguments(&file.text[open + 1..end - 1], language)?;
    let lines = LineRange {
        first: file.line_of(start),
        last: file.line_of(end - 1),
    };
    let short = lines.last - lines.first < 30;
    let (name, default, help) = match row.positions {
        None => {
            let keyword = |name: &str| {
                let value = |argument: &String| {
                    let (key, value) = argument.split_once('=')?;
                    (key.trim() == name).then(|| value.trim().to_owned())
                };
                arguments.iter().find_map(value)
            };
            let names = arguments.iter().filter_map(|argument| literal(argument));
            let name = names
                .filter(|name| name.starts_with('-'))
                .max_by_key(String::len)?;
            (
                name,
                keyword("default"),
                keyword("help").and_then(|help| literal(&help)),
            )
        }
        Some((name, default, help)) => {
            let mut written = literal(arguments.get(name)?)?;
            if language == "go" {
                written = format!("--{written}");
            }
            let long = written
                .split([' ', ','])
                .find(|part| part.starts_with("--"))?
                .to_owned();
            (
                long,
                arguments.get(default).cloned(),
                literal(arguments.get(help)?),
            )
        }
    };
    let default = default.filter(|default| default.len() <= 80 && !default.contains('\n'));
    // A help text that is put together is not known from here.
    short.then_some(Flag {
        name,
        default,
        help,
        lines,
    })
}

/// Returns the content of a plain text literal, or of adjacent ones. `None` for anything else.
fn literal(code: &str) -> Option<String> {
    let mut rest = code
        .trim()
        .trim_start_matches('(')
        .trim_end_matches(')')
        .trim();
    let mut out = String::new();
    while !rest.is_empty() {
        let quote = rest
            .chars()
            .next()
            .filter(|c| matches!(c, '"' | '\'' | '`'))?;
        let end = rest[1..].find(quote)?;
        let content = &rest[1..=end];
        if content.contains('\\') || content.is_empty() {
            return None;
        }
        out.push_str(content);
        rest = rest[end + 2..].trim_start();
    }
    (!out.is_empty()).then(|| out.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Reads the fields of clap's derive macros: `#[arg(long, default_value_t = 4)]`.
fn clap_fields(file: &SourceFile) -> Vec<Flag> {
    let fields = file
        .symbols
        .iter()
        .filter(|symbol| symbol.kind == SymbolKind::Field);
    fields
        .filter_map(|field| {
            let whole = file
                .text
                .get(field.span.start as usize..field.span.end as usize)?;
            let open = whole
                .find("#[arg(")
                .map(|at| at + 5)
                .or_else(|| Some(whole.find("#[clap(")? + 6))?;
            let end = balanced(whole, open, "rust")?;
            let arguments = split_arguments(&whole[open + 1..end - 1], "rust")?;
            let value = |name: &str| {
                let of = |argument: &String| {
                    let (key, value) = argument.split_once('=')?;
                    (key.trim() == name).then(|| value.trim().to_owned())
                };
                arguments.iter().find_map(of)
            };
            let long = match value("long") {
                Some(written) => literal(&written)?,
                None if arguments.iter().any(|argument| argument == "long") => {
                    field.name.replace('_', "-")
                }
                None => return None,
            };
            let default = value("default_value").or_else(|| value("default_value_t"));
            let help = field
                .doc
                .as_deref()
                .and_then(|doc| doc.split("\n\n").next());
            let help = help.map(|help| help.split_whitespace().collect::<Vec<_>>().join(" "));
            Some(Flag {
                name: format!("--{long}"),
                default,
                help,
                lines: field.lines,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn only_plain_text_is_a_literal() {
        assert_eq!(literal("\"--name\"").as_deref(), Some("--name"));
        assert_eq!(literal("(\"a \"\n  \"b\")").as_deref(), Some("a b"));
        assert_eq!(literal("f\"a {b}\""), None);
        assert_eq!(literal("a + \"b\""), None);
        assert_eq!(literal("\"a\" % b"), None);
    }
}
