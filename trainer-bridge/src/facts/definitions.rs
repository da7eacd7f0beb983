//! Facts about one definition alone: parameters, purpose, place, value.

use repo_indexer::{LineRange, SymbolInfo, SymbolKind};

use super::{Context, Fact, FactKind, Subject, is_callable};
use crate::documentation::{purpose, summary, with_article};
use crate::repository::{Repository, SourceFile, citation};
use crate::source_text::{code_block, parameters};

pub(super) fn facts(context: &Context, subject: &Subject, facts: &mut Vec<Fact>) {
    let symbol = subject.symbol;
    if is_callable(symbol.kind) {
        facts.extend(signature(subject));
    }
    if let Some(doc) = symbol.doc.as_deref().and_then(summary) {
        let place = place(context.repository, subject);
        facts.push(subject.fact(
            FactKind::Purpose,
            format!(
                "{doc}\n\nSource: the documentation of {}, {place}.",
                subject.name
            ),
        ));
    }
    facts.extend(find(context, subject));
    facts.push(location(context.repository, subject));
    if matches!(symbol.kind, SymbolKind::Constant | SymbolKind::Variable) {
        facts.extend(value(subject));
    }
}

/// Returns "the method of `Store` in `src/store.rs#L3-L9`".
fn place(repository: &Repository, subject: &Subject) -> String {
    let symbol = subject.symbol;
    let of = match container(repository, symbol) {
        Some(container) => format!(" of `{}`", container.qualified),
        None => String::new(),
    };
    format!(
        "{}{of} in {}",
        with_article(symbol.kind.noun()),
        citation(&symbol.path, symbol.lines)
    )
}

fn container<'r>(repository: &'r Repository, symbol: &SymbolInfo) -> Option<&'r SymbolInfo> {
    let (_, container) = repository.definition(symbol.container?)?;
    container.kind.is_type().then_some(container)
}

fn signature(subject: &Subject) -> Option<Fact> {
    let symbol = subject.symbol;
    let language = subject.file.language.id();
    let parameters = parameters(&symbol.signature, &symbol.name, language)?;
    let list = match parameters.as_slice() {
        [] => "It takes no arguments.".to_owned(),
        [one] => format!("It takes one argument: {}.", quoted(one)),
        many => {
            let listed: Vec<_> = many.iter().map(|parameter| quoted(parameter)).collect();
            format!("It takes {} arguments: {}.", many.len(), listed.join(", "))
        }
    };
    let lines = signature_lines(subject.file, symbol)?;
    let answer = format!(
        "{} is declared in {} as\n\n{}\n{list}",
        quoted(&symbol.qualified),
        citation(&symbol.path, lines),
        code_block(language, symbol.signature.trim_end_matches([':', '{', ' ']))
    );
    Some(subject.fact(FactKind::Signature, answer))
}

fn quoted(code: &str) -> String {
    grounding::markdown::code(code)
}

/// Returns the lines of the signature, which begin after the decorators.
fn signature_lines(file: &SourceFile, symbol: &SymbolInfo) -> Option<LineRange> {
    let within = file
        .text
        .get(symbol.span.start as usize..symbol.span.end as usize)?;
    let at = symbol.span.start as usize + within.find(symbol.signature.as_str())?;
    Some(LineRange {
        first: file.line_of(at),
        last: file.line_of(at + symbol.signature.len().saturating_sub(1)),
    })
}

fn find(context: &Context, subject: &Subject) -> Option<Fact> {
    let purpose = context.unique_purpose(subject.symbol)?;
    // The comment before a group of constants is about all of them.
    let of_group = ["below", "above", "following", "these", "all"];
    if !is_callable(subject.symbol.kind)
        && !subject.symbol.kind.is_type()
        && of_group
            .iter()
            .any(|word| crate::documentation::mentions(&purpose, word))
    {
        return None;
    }
    let place = place(context.repository, subject);
    let arguments = vec![
        ("purpose", purpose),
        ("kind", subject.symbol.kind.noun().to_owned()),
    ];
    Some(subject.fact_of(
        FactKind::Find,
        arguments,
        format!("That is {}, {place}.", subject.name),
    ))
}

fn location(repository: &Repository, subject: &Subject) -> Fact {
    let (symbol, file) = (subject.symbol, subject.file);
    let visibility = if symbol.public { "" } else { "private " };
    let kind = with_article(&format!("{visibility}{}", symbol.kind.noun()));
    let of = container(repository, symbol)
        .map(|container| {
            format!(
                " of the {} `{}`",
                container.kind.noun(),
                container.qualified
            )
        })
        .unwrap_or_default();
    let first = purpose(symbol)
        .map(|purpose| format!(" {purpose}."))
        .unwrap_or_default();
    let answer = format!(
        "{} is {kind}{of}, defined in {}. It belongs to the module `{}`.{first}",
        quoted(&symbol.qualified),
        citation(&symbol.path, symbol.lines),
        file.module
    );
    subject.fact(FactKind::Location, answer)
}

/// Longer values are tables, which nobody asks for.
const MAX_VALUE: usize = 160;

fn value(subject: &Subject) -> Option<Fact> {
    let symbol = subject.symbol;
    let code = subject.file.lines(symbol.lines);
    let one_line = symbol.lines.first == symbol.lines.last;
    if !one_line || code.len() > MAX_VALUE || !code.contains('=') {
        return None;
    }
    let answer = format!(
        "{} is set in {}:\n\n{}",
        quoted(&symbol.qualified),
        citation(&symbol.path, symbol.lines),
        code_block(subject.file.language.id(), code.trim())
    );
    Some(subject.fact(FactKind::Value, answer))
}
