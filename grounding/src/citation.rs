//! A place in the repository, and whether it exists.

use std::sync::Arc;

use repo_indexer::{LineRange, Snapshot, Span};
use serde::Serialize;

/// One workspace root: its snapshot, and the name that distinguishes it from other roots.
#[derive(Clone)]
pub struct View {
    /// Put before each path in a citation's label; `None` where there is only one root.
    pub name: Option<String>,
    pub snapshot: Arc<Snapshot>,
}

/// A range of lines in a file of a [`View`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Citation {
    /// Index into the views that the citation was made from.
    pub root: usize,
    /// Relative to the root, with forward slashes.
    pub path: Arc<str>,
    /// Zero-based here; serialized one-based, as in the label.
    #[serde(serialize_with = "one_based")]
    pub lines: LineRange,
    /// The bytes of the definition, where the citation is of one.
    pub span: Option<Span>,
    /// `path#L10-L24`, one-based, with the root's name before the path where there are several roots.
    pub label: String,
    /// Whether the lines, and the span if there is one, exist in the snapshot.
    pub verified: bool,
}

impl Citation {
    /// Cites lines of a file and verifies them against the text in the snapshot.
    pub fn new(
        views: &[View],
        root: usize,
        path: &Arc<str>,
        lines: LineRange,
        span: Option<Span>,
    ) -> Self {
        let LineRange { first, last } = lines;
        let range = if first == last {
            format!("L{}", first + 1)
        } else {
            format!("L{}-L{}", first + 1, last + 1)
        };
        let view = views.get(root);
        let label = match view.and_then(|v| v.name.as_deref()) {
            Some(name) => format!("{name}/{path}#{range}"),
            None => format!("{path}#{range}"),
        };
        let text = view.and_then(|v| v.snapshot.text(path));
        let verified = text.is_some_and(|text| {
            let spanned = span.is_none_or(|s| s.of(&text).is_some_and(|t| !t.trim().is_empty()));
            spanned && first <= last && (last as usize) < text.lines().count()
        });
        Citation {
            root,
            path: path.clone(),
            lines,
            span,
            label,
            verified,
        }
    }
}

fn one_based<S: serde::Serializer>(lines: &LineRange, serializer: S) -> Result<S::Ok, S::Error> {
    let lines = LineRange {
        first: lines.first.saturating_add(1),
        last: lines.last.saturating_add(1),
    };
    lines.serialize(serializer)
}

/// Turns citations into link targets.
pub trait Links {
    /// The URI of a citation; `None` renders it as plain text.
    fn target(&self, citation: &Citation) -> Option<String>;
}

/// Renders citations as plain text.
pub struct Plain;

impl Links for Plain {
    fn target(&self, _: &Citation) -> Option<String> {
        None
    }
}
