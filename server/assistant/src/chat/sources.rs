//! What the model is shown: the pieces of the repository that match a question best, each under its place, within a budget of tokens.

use grounding::{Citation, View};
use std::sync::Arc;

use repo_indexer::{Cancel, Hit, IndexError, LineRange, Query, QueryScope};

use super::excerpt::{Excerpt, News};
use super::tokens;
use crate::answer::Target;
use grounding::markdown::language_tag;

/// More pieces than this confuse a small model more than they tell it.
const MOST: usize = 12;
/// No piece takes more than this share of the budget, so that one long function does not crowd out the others.
const SHARE: usize = 3;
/// No more pieces of one file than this.
const PER_FILE: usize = 4;
/// A piece is not worth its heading with fewer lines left of it.
const FEWEST_LINES: usize = 3;

/// Retrieves what is asked about. `before` is what was asked earlier in the same conversation: "and who calls it?" names nothing.
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
            limit: MOST * 2,
            scope: QueryScope::All,
        };
        let found = view.snapshot.search(&query, cancel)?.hits;
        hits.extend(found.into_iter().map(|hit| (root, hit)));
    }
    // Ties are broken by place, so that the same question gives the same prompt.
    hits.sort_by(|(a_root, a), (b_root, b)| {
        let place = |root: &usize, hit: &Hit| (*root, hit.path.clone(), hit.lines);
        let order = b.scores.total.total_cmp(&a.scores.total);
        order.then_with(|| place(a_root, a).cmp(&place(b_root, b)))
    });
    Ok(hits)
}

/// The hits as excerpts, best first, as many as the budget holds, without what was `shown` and is still the same.
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
        if same_file.clone().count() == PER_FILE
            || same_file.any(|(.., lines)| !apart(*lines, hit.lines))
        {
            continue;
        }
        let room = left.min((budget / SHARE).max(1));
        let Some(mut excerpt) = excerpt(views, *root, &hit.path, hit.lines, room) else {
            continue;
        };
        taken.push((*root, &hit.path, hit.lines));
        match excerpt.news(shown.iter().copied()) {
            News::Nothing => continue,
            news => excerpt.changed = news == News::Changed,
        }
        left = left.saturating_sub(cost(&excerpt));
        excerpts.push(excerpt);
        if excerpts.len() == MOST {
            break;
        }
    }
    excerpts
}

/// Lines of a file as they are now, cut to what fits into `room` tokens.
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
    let heading = tokens::estimate(path) + HEADING;
    for line in text.lines().skip(first).take(wanted) {
        if heading + tokens::estimate(&code) + tokens::estimate(line) + 1 > room {
            break;
        }
        code.push_str(line);
        code.push('\n');
        count += 1;
    }
    if count == 0 || (count < wanted && count < FEWEST_LINES) || code.trim().is_empty() {
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

/// Tokens that the place and the fence around an excerpt take.
const HEADING: usize = 16;

/// Tokens an excerpt takes in a prompt.
pub fn cost(excerpt: &Excerpt) -> usize {
    tokens::estimate(&excerpt.place) + tokens::estimate(&excerpt.text) + HEADING
}

/// What the developer looks at: their selection, or else the definition around the caret.
pub fn looked_at(views: &[View], target: &Target, room: usize) -> Option<Excerpt> {
    let path: Arc<str> = Arc::from(target.path.as_str());
    let enclosing = target.enclosing(views).map(|symbol| symbol.lines);
    let lines = match target.span.start == target.span.end {
        true => enclosing?,
        false => crate::answer::lines_of(&target.text, target.span),
    };
    excerpt(views, target.root, &path, lines, room)
}
