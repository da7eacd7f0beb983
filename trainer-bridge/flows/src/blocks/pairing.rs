//! Which tagged parts of a reply belong together: by their place in the text, not by their number.

use crate::python;

/// A start and an end tag; either may be empty.
pub(super) type Tags = (String, String);

/// A tagged part of a text. Its content may be empty; it keeps its place nevertheless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark<'t> {
    pub column: usize,
    pub start: usize,
    pub content: &'t str,
}

/// Returns the tagged parts in the order of the text. A part ends at its end tag, or where a part of another column begins.
pub(super) fn marks<'t>(text: &'t str, tags: &[Tags]) -> Vec<Mark<'t>> {
    let mut marks = Vec::new();
    for (column, (start_tag, end_tag)) in tags.iter().enumerate() {
        let others = tags
            .iter()
            .enumerate()
            .filter(|(other, (start, _))| *other != column && !start.is_empty())
            .map(|(_, (start, _))| start.as_str());
        let others: Vec<&str> = others.filter(|start| start != start_tag).collect();
        let mut at = 0;
        while let Some(found) = text[at..].find(start_tag.as_str()) {
            let start = at + found;
            let from = start + start_tag.len();
            let rest = &text[from..];
            let own_end = if end_tag.is_empty() {
                Some((rest.len(), rest.len()))
            } else {
                rest.find(end_tag.as_str())
                    .map(|end| (end, end + end_tag.len()))
            };
            let next_part = others.iter().filter_map(|other| rest.find(other)).min();
            let (end, next) = match (own_end, next_part) {
                (Some((end, _)), Some(part)) if part < end => (part, part),
                (None, Some(part)) => (part, part),
                (Some(end), _) => end,
                // Cut off in the middle.
                (None, None) => break,
            };
            marks.push(Mark {
                column,
                start,
                content: python::strip(&rest[..end]),
            });
            at = from + next;
            if at >= text.len() {
                break;
            }
        }
    }
    marks.sort_by_key(|mark| (mark.start, mark.column));
    marks
}

/// Parts that belong together, by column, and those that belong to none.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Groups<'t> {
    pub groups: Vec<Vec<Option<&'t str>>>,
    pub extra: Vec<Mark<'t>>,
}

/// Groups the parts of a text. A group begins at each part of the first column, or at each part of the column that the text begins with, if the
/// text ends with the first one: some models write the answer before its question.
pub(super) fn group<'t>(marks: &[Mark<'t>], columns: usize) -> Groups<'t> {
    let leading = match (marks.first(), marks.last()) {
        (Some(first), Some(last)) if last.column == 0 => first.column,
        _ => 0,
    };
    let mut found = Groups::default();
    for mark in marks {
        if mark.column == leading {
            let mut group = vec![None; columns];
            group[leading] = Some(mark.content);
            found.groups.push(group);
            continue;
        }
        match found.groups.last_mut() {
            Some(group) if group[mark.column].is_none() => {
                group[mark.column] = Some(mark.content);
            }
            _ => found.extra.push(*mark),
        }
    }
    found
}

/// The part of `column` that goes with `mark`: the nearest one before it, or else the first one after it.
pub(super) fn companion<'t>(marks: &[Mark<'t>], mark: &Mark<'_>, column: usize) -> Option<&'t str> {
    let mut candidates = marks
        .iter()
        .filter(|other| other.column == column && !other.content.is_empty());
    let before = candidates
        .clone()
        .rfind(|candidate| candidate.start < mark.start);
    before
        .or_else(|| candidates.next())
        .map(|candidate| candidate.content)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `text` is written with `Q…;` for a question and `A…;` for an answer.
    fn check(text: &str, expected: &[(&str, Option<&str>)], extra: &[&str]) {
        let tags = [("Q".into(), ";".into()), ("A".into(), ";".into())];
        let marks = marks(text, &tags);
        let found = group(&marks, 2);
        let pairs: Vec<_> = (found.groups.iter())
            .map(|group| (group[0].unwrap_or("-"), group[1]))
            .collect();
        assert_eq!(pairs, expected, "{text}");
        let left: Vec<_> = found.extra.iter().map(|mark| mark.content).collect();
        assert_eq!(left, extra, "{text}");
    }

    #[test]
    fn an_answer_belongs_to_the_question_before_it() {
        check("Q1;A1;Q2;A2;", &[("1", Some("1")), ("2", Some("2"))], &[]);
        check(
            "Q1;A1;Q2;Q3;A3;",
            &[("1", Some("1")), ("2", None), ("3", Some("3"))],
            &[],
        );
        check(
            "Q1;A1;Q2;A;Q3;A3;",
            &[("1", Some("1")), ("2", Some("")), ("3", Some("3"))],
            &[],
        );
        check(
            "A0;Q1;A1;A1b;Q2;A2;",
            &[("1", Some("1")), ("2", Some("2"))],
            &["0", "1b"],
        );
    }

    #[test]
    fn answers_may_come_first() {
        check("A1;Q1;A2;Q2;", &[("1", Some("1")), ("2", Some("2"))], &[]);
        check(
            "A1;Q1;Q2;A3;Q3;",
            &[("1", Some("1")), ("3", Some("3"))],
            &["2"],
        );
    }

    #[test]
    fn a_part_without_an_end_ends_where_the_next_one_begins() {
        check("Q1 A1;Q2 A2;", &[("1", Some("1")), ("2", Some("2"))], &[]);
        check("Q1;A1;Q2 cut off", &[("1", Some("1"))], &[]);
    }
}
