//! Selects the sources of a prompt: the excerpts that match a question best, each with its place, within a token budget.

use grounding::{Citation, View};
use std::sync::Arc;

use repo_indexer::{Cancel, Hit, IndexError, LineRange, Query, QueryScope};

use super::excerpt::{Excerpt, Repetition};
use super::tokens;
use crate::answer::Target;
use grounding::markdown::language_tag;

/// More excerpts confuse a small model more than they help.
const MAX_EXCERPTS: usize = 12;
/// An excerpt takes at most one part in this many of the budget, so that one long function does not displace the others.
const MAX_SHARE_DIVISOR: usize = 3;
/// Maximum number of excerpts of one file.
const MAX_PER_FILE: usize = 4;
/// An excerpt that would be cut to fewer lines is left out.
const MIN_LINES: usize = 3;

/// Searches all views. `before` is the previous question of the conversation: "and who calls it?" names nothing by itself.
pub fn retrieve(
    views: &[View],
    question: &str,
    before: Option<&str>,
    cancel: &Cancel,
) -> Result<Vec<(usize, Hit)>, IndexError> {
    let text = match before {
        Some(before) => format!("{question}\n\n{before}"),
        None => question.to_owned(),
    };
    let mut hits: Vec<(usize, Hit)> = Vec::new();
    for (root, view) in views.iter().enumerate() {
        let query = Query {
            text: text.clone(),
            limit: MAX_EXCERPTS * 2,
            scope: QueryScope::All,
        };
        let found = view.snapshot.search(&query, cancel)?.hits;
        hits.extend(found.into_iter().map(|hit| (root, hit)));
    }
    // Ties are broken by place, so that equal questions give equal prompts.
    hits.sort_by(|(a_root, a), (b_root, b)| {
        let place = |root: &usize, hit: &Hit| (*root, hit.path.clone(), hit.lines);
        let order = b.scores.total.total_cmp(&a.scores.total);
        order.then_with(|| place(a_root, a).cmp(&place(b_root, b)))
    });
    Ok(hits)
}

/// Returns excerpts of the hits, best first, within the budget, without those already `shown` and unchanged.
pub fn pack(
    views: &[View],
    hits: &[(usize, Hit)],
    budget: usize,
    shown: &[&Excerpt],
) -> Vec<Excerpt> {
    let mut excerpts: Vec<Excerpt> = Vec::new();
    let mut taken: Vec<(usize, &Arc<str>, LineRange)> = Vec::new();
    let mut left = budget;
    for (root, hit) in hits {
        let apart = |a: LineRange, b: LineRange| a.last < b.first || b.last < a.first;
        let mut same_file = taken
            .iter()
            .filter(|(r, p, _)| r == root && *p == &hit.path);
        if same_file.clone().count() == MAX_PER_FILE
            || same_file.any(|(.., lines)| !apart(*lines, hit.lines))
        {
            continue;
        }
        let room = left.min((budget / MAX_SHARE_DIVISOR).max(1));
        let Some(mut excerpt) = excerpt(views, *root, &hit.path, hit.lines, room) else {
            continue;
        };
        taken.push((*root, &hit.path, hit.lines));
        match excerpt.repetition(shown.iter().copied()) {
            Repetition::Unchanged => continue,
            news => excerpt.changed = news == Repetition::Changed,
        }
        left = left.saturating_sub(cost(&excerpt));
        excerpts.push(excerpt);
        if excerpts.len() == MAX_EXCERPTS {
            break;
        }
    }
    excerpts
}

/// Returns the current text of some lines, cut to `room` tokens.
pub fn excerpt(
    views: &[View],
    root: usize,
    path: &Arc<str>,
    lines: LineRange,
    room: usize,
) -> Option<Excerpt> {
    let text = views.get(root)?.snapshot.text(path)?;
    let (first, last) = (lines.first as usize, lines.last as usize);
    let wanted = (last + 1).saturating_sub(first);
    let mut code = String::new();
    let mut count = 0;
    let heading = tokens::estimate(path) + HEADING_TOKENS;
    for line in text.lines().skip(first).take(wanted) {
        if heading + tokens::estimate(&code) + tokens::estimate(line) + 1 > room {
            break;
        }
        code.push_str(line);
        code.push('\n');
        count += 1;
    }
    if count == 0 || (count < wanted && count < MIN_LINES) || code.trim().is_empty() {
        return None;
    }
    let shown = LineRange {
        first: lines.first,
        last: lines.first + count as u32 - 1,
    };
    let citation = Citation::new(views, root, path, shown, None);
    Some(Excerpt {
        place: citation.label.into(),
        at: (root, path.clone(), shown),
        language: language_tag(path),
        text: code,
        cut: count < wanted,
        changed: false,
    })
}

/// Tokens of the label and fence of an excerpt.
const HEADING_TOKENS: usize = 16;

/// Returns the estimated tokens of an excerpt in a prompt.
pub fn cost(excerpt: &Excerpt) -> usize {
    tokens::estimate(&excerpt.place) + tokens::estimate(&excerpt.text) + HEADING_TOKENS
}

/// Returns an excerpt of the selection, otherwise of the definition around the caret.
pub fn at_cursor(views: &[View], target: &Target, room: usize) -> Option<Excerpt> {
    let path: Arc<str> = Arc::from(target.path.as_str());
    let enclosing = target.enclosing(views).map(|symbol| symbol.lines);
    let lines = match target.span.start == target.span.end {
        true => enclosing?,
        false => crate::answer::lines_of(&target.text, target.span),
    };
    excerpt(views, target.root, &path, lines, room)
}
