//! Documentation as documents: sections of README files and guides, notebooks as Markdown, and commit messages.

use repo_indexer::{LineRange, SymbolKind, notebook_markdown};

use super::{Document, DocumentKind, MAX_DOCUMENT};
use crate::history::Commit;
use crate::repository::SourceFile;
use crate::sample::CitedLines;

/// Returns the sections of a document, small adjacent ones together. A section that is too long is cut between paragraphs.
pub(super) fn sections(file: &SourceFile) -> Vec<Document> {
    let end = file.line_of(file.text.len().saturating_sub(1));
    let headings: Vec<_> = file
        .symbols
        .iter()
        .filter(|symbol| symbol.kind == SymbolKind::Section)
        .collect();
    let mut starts: Vec<(u32, &str)> = headings
        .iter()
        .map(|heading| (heading.lines.first, heading.name.as_str()))
        .collect();
    if starts.first().is_none_or(|(line, _)| *line > 0) {
        starts.insert(0, (0, ""));
    }
    let names: Vec<&str> = headings
        .iter()
        .map(|heading| heading.name.as_str())
        .collect();
    let mut documents = Vec::new();
    let mut first = 0;
    for at in 0..starts.len() {
        let next = starts.get(at + 1).map_or(end + 1, |(line, _)| *line);
        let after = starts.get(at + 2).map_or(end + 1, |(line, _)| *line);
        // The next section fits, too.
        let bytes = |next: u32| file.offset(next) - file.offset(starts[first].0);
        if at + 1 < starts.len() && bytes(after) <= MAX_DOCUMENT / 2 {
            continue;
        }
        for lines in cut(file, starts[first].0, next) {
            let title = if starts[first].1.is_empty() {
                file.path.to_string()
            } else {
                starts[first].1.to_owned()
            };
            let outline = format!(
                "A part of the documentation `{}` of this repository, with the headings {}. This part is about: {title}.",
                file.path,
                listed(&names)
            );
            let cited = CitedLines {
                first: lines.first + 1,
                last: lines.last + 1,
            };
            let text = file.lines(lines).trim().to_owned();
            documents.push(Document::new(
                DocumentKind::Section,
                &file.path,
                cited,
                title,
                text,
                outline,
            ));
        }
        first = at + 1;
    }
    documents
}

/// Cuts lines into pieces of at most [`MAX_DOCUMENT`] bytes, after an empty line where there is one.
fn cut(file: &SourceFile, first: u32, next: u32) -> Vec<LineRange> {
    let mut pieces = Vec::new();
    let mut first = first;
    while file.offset(next) - file.offset(first) > MAX_DOCUMENT {
        let limit = file
            .line_of(file.offset(first) + MAX_DOCUMENT)
            .max(first + 1);
        let empty = (first + 1..limit)
            .rev()
            .find(|line| file.line(*line).trim().is_empty());
        let last = empty.unwrap_or(limit - 1);
        pieces.push(LineRange { first, last });
        first = last + 1;
    }
    if first < next {
        pieces.push(LineRange {
            first,
            last: next - 1,
        });
    }
    pieces
}

fn listed(names: &[&str]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(12)
        .map(|name| format!("\"{name}\""))
        .collect();
    if shown.is_empty() {
        "(none)".to_owned()
    } else {
        shown.join(", ")
    }
}

/// Converts a notebook to Markdown, and cuts it between paragraphs where it is long.
pub(super) fn notebook(file: &SourceFile) -> Vec<Document> {
    let markdown = notebook_markdown(&file.text);
    let headings: Vec<&str> = markdown
        .lines()
        .scan(false, |in_code, line| {
            *in_code ^= line.starts_with("```");
            Some((*in_code, line))
        })
        // A comment of a code cell begins like a heading.
        .filter(|(in_code, line)| !in_code && line.starts_with('#'))
        .map(|(_, line)| line)
        .map(|line| line.trim_start_matches('#').trim())
        .collect();
    let last = file.line_of(file.text.len().saturating_sub(1)) + 1;
    let mut pieces: Vec<String> = Vec::new();
    for paragraph in markdown.split_inclusive("\n\n") {
        match pieces
            .last_mut()
            .filter(|piece| piece.len() + paragraph.len() <= MAX_DOCUMENT)
        {
            Some(piece) => piece.push_str(paragraph),
            None => pieces.push(paragraph.to_owned()),
        }
    }
    let count = pieces.len();
    let document = |(number, text): (usize, String)| {
        let outline = format!(
            "Part {} of {count} of the notebook `{}`, converted to Markdown, with the headings {}.",
            number + 1,
            file.path,
            listed(&headings)
        );
        let cited = CitedLines { first: 1, last };
        let mut document = Document::new(
            DocumentKind::Notebook,
            &file.path,
            cited,
            file.path.to_string(),
            text,
            outline,
        );
        document.id = format!("notebook:{}#{:04}", file.path, number + 1);
        document
    };
    pieces.into_iter().enumerate().map(document).collect()
}

/// Returns a commit that says more than its subject.
pub(super) fn commit(commit: &Commit) -> Option<Document> {
    if commit.body.trim().is_empty() {
        return None;
    }
    let files: Vec<String> = commit
        .files
        .iter()
        .take(20)
        .map(|file| format!("- `{}`", file.path))
        .collect();
    let text = format!(
        "{}\n\n{}\n\nChanged files:\n{}",
        commit.subject,
        commit.body.trim(),
        files.join("\n")
    );
    let outline = format!(
        "A commit of this repository: what was changed, and why. It changed {} files.",
        commit.files.len()
    );
    let none = CitedLines { first: 0, last: 0 };
    let mut document = Document::new(
        DocumentKind::Commit,
        "",
        none,
        commit.subject.clone(),
        text,
        outline,
    );
    document.id = format!("commit:{}", commit.id);
    Some(document)
}
