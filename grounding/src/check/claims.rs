//! Looks up the claims of an answer: whether cited places exist and whether code names occur in the repository.

use std::collections::HashSet;
use std::sync::Arc;

use repo_indexer::LineRange;

use super::{MARK, code, words};
use crate::markdown;
use crate::{Citation, Links, View};

/// Unverified claims listed at the end of an answer; further ones are only counted.
const MAX_LISTED_CLAIMS: usize = 8;

/// The claims of an answer, without repetitions, in order of appearance.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Claims {
    /// Cited places in files of the workspace; each says whether its lines exist.
    pub citations: Vec<Citation>,
    /// Cited places in files that do not exist, as written in the answer.
    pub lost: Vec<String>,
    /// Code names, and whether they occur in the repository.
    pub names: Vec<(String, bool)>,
}

impl Claims {
    /// Returns the share of verified claims, from 0 to 1; `None` if the answer claims nothing.
    pub fn grounded(&self) -> Option<f64> {
        let all = self.citations.len() + self.lost.len() + self.names.len();
        let held = self.citations.iter().filter(|c| c.verified).count()
            + self.names.iter().filter(|(_, known)| *known).count();
        (all > 0).then(|| held as f64 / all as f64)
    }

    /// Returns the claims that were not found, as written in the answer.
    pub fn unverified(&self) -> Vec<&str> {
        let places = self.citations.iter().filter(|c| !c.verified);
        let names = self.names.iter().filter(|(_, known)| !known);
        places
            .map(|c| c.label.as_str())
            .chain(self.lost.iter().map(String::as_str))
            .chain(names.map(|(name, _)| name.as_str()))
            .collect()
    }
}

/// Looks up claims while the answer is written, and collects them.
pub struct ClaimChecker<'a> {
    views: &'a [View],
    sources: HashSet<String>,
    claims: Claims,
}

impl<'a> ClaimChecker<'a> {
    pub fn new(views: &'a [View], sources: &str) -> Self {
        ClaimChecker {
            views,
            sources: words(sources).into_iter().map(str::to_owned).collect(),
            claims: Claims::default(),
        }
    }

    pub fn citations(&self) -> usize {
        self.claims.citations.len()
    }

    pub fn citations_from(&self, first: usize) -> Vec<Citation> {
        self.claims.citations[first..].to_vec()
    }

    pub fn claims(self) -> Claims {
        self.claims
    }

    /// Writes a piece of prose to `out`: words, code spans and links.
    pub fn prose(&mut self, text: &str, links: &dyn Links, out: &mut String) {
        let mut rest = text;
        while let Some(start) = rest.find('`') {
            let run = rest[start..].bytes().take_while(|&b| b == b'`').count();
            let marks = &rest[start..start + run];
            let Some(length) = rest[start + run..].find(marks) else {
                break;
            };
            let span = rest[start + run..start + run + length].trim();
            self.plain(&rest[..start], links, out);
            self.span(span, links, out);
            rest = &rest[start + run + length + run..];
        }
        self.plain(rest, links, out);
    }

    /// Collects the names that a code block calls.
    pub fn block(&mut self, code: &str) {
        for name in code::called(code) {
            self.name(name);
        }
    }

    /// Returns the note at the end of an answer that lists unverified claims; empty if there are none.
    pub fn tail(&self) -> String {
        let unverified = self.claims.unverified();
        let mut listed: Vec<String> = unverified
            .iter()
            .take(MAX_LISTED_CLAIMS)
            .map(|claim| markdown::code(claim))
            .collect();
        if listed.is_empty() {
            return String::new();
        }
        if unverified.len() > MAX_LISTED_CLAIMS {
            listed.push(format!("{} more", unverified.len() - MAX_LISTED_CLAIMS));
        }
        format!(
            "\n\n⚠ unverified, not found in this repository: {}\n",
            listed.join(", ")
        )
    }

    fn span(&mut self, span: &str, links: &dyn Links, out: &mut String) {
        if let Some(place) = Place::parse(span) {
            return self.place(&place, links, out);
        }
        out.push_str(&markdown::code(span));
        let mut all_known = true;
        // Members of an owner that the repository does not define belong to another library and are not checked.
        let owner = code::owner(span);
        let owned = owner.is_some_and(|owner| self.knows(owner));
        for (name, compound) in code::named(span) {
            if compound || owned || owner == Some(name) {
                all_known &= self.name(name);
            }
        }
        if !all_known {
            out.push_str(MARK);
        }
    }

    /// Writes text without code spans. Of a link, only the place that it names is kept.
    fn plain(&mut self, text: &str, links: &dyn Links, out: &mut String) {
        let mut rest = text;
        while let Some(link) = Link::find(rest) {
            self.words(&rest[..link.start], links, out);
            match Place::parse(link.target) {
                Some(place) if Place::parse(link.label).is_some() => self.place(&place, links, out),
                Some(place) => {
                    self.inert(link.label, out);
                    out.push_str(" (");
                    self.place(&place, links, out);
                    out.push(')');
                }
                None => self.inert(&rest[link.start..link.end], out),
            }
            rest = &rest[link.end..];
        }
        self.words(rest, links, out);
    }

    /// Writes text without code spans and links; places and identifiers are recognized by their shape.
    fn words(&mut self, text: &str, links: &dyn Links, out: &mut String) {
        let mut rest = text;
        while !rest.is_empty() {
            let Some((start, place)) = Place::find(rest) else {
                break;
            };
            self.inert(&rest[..start], out);
            self.place(&place, links, out);
            rest = &rest[start + place.written.len()..];
        }
        self.inert(rest, out);
    }

    fn inert(&mut self, text: &str, out: &mut String) {
        if text.is_empty() {
            return;
        }
        let mut all_known = true;
        for word in code::identifiers(text) {
            all_known &= self.name(word);
        }
        if all_known {
            out.push_str(&markdown::inline(text));
            return;
        }
        let words = text.trim_end_matches(|c: char| c.is_whitespace() || ",.;:!?)".contains(c));
        out.push_str(&markdown::inline(words));
        out.push_str(MARK);
        out.push_str(&text[words.len()..]);
    }

    fn place(&mut self, place: &Place, links: &dyn Links, out: &mut String) {
        let found = self.file(place.path).or_else(|| {
            // A bare file name such as `main.rs` is ambiguous; with lines it is a citation.
            place.lines.and_then(|_| self.only_file(place.path))
        });
        let Some((root, path)) = found else {
            out.push_str(&markdown::code(place.written));
            // Text such as `a/b.c` counts as a path only if its first folder exists.
            let folder = place.path.split('/').next().unwrap_or_default();
            let exists = |view: &View| view.snapshot.root().join(folder).is_dir();
            let known = !folder.starts_with('.') && self.views.iter().any(exists);
            if place.lines.is_some() || known {
                self.lose(place.written);
                out.push_str(MARK);
            }
            return;
        };
        let Some(lines) = place.lines else {
            out.push_str(&markdown::code(place.written));
            return;
        };
        let citation = Citation::new(self.views, root, &path, lines, None);
        match links.target(&citation).filter(|_| citation.verified) {
            Some(target) => out.push_str(&markdown::link(&citation.label, &target)),
            None => out.push_str(&markdown::code(&citation.label)),
        }
        if !citation.verified {
            out.push_str(MARK);
        }
        if !self
            .claims
            .citations
            .iter()
            .any(|c| c.label == citation.label)
        {
            self.claims.citations.push(citation);
        }
    }

    fn lose(&mut self, written: &str) {
        if !self.claims.lost.iter().any(|known| known == written) {
            self.claims.lost.push(written.to_owned());
        }
    }

    /// Resolves a path to a root and a file. With several roots, the root's name precedes the path.
    fn file(&self, path: &str) -> Option<(usize, Arc<str>)> {
        self.views.iter().enumerate().find_map(|(root, view)| {
            let inside = match view.name.as_deref() {
                Some(name) => path.strip_prefix(name)?.strip_prefix('/')?,
                None => path.strip_prefix("./").unwrap_or(path),
            };
            let inside = inside.trim_start_matches('/');
            view.snapshot
                .contains(inside)
                .then(|| (root, Arc::from(inside)))
        })
    }

    /// Resolves a path suffix if exactly one file ends with it: models often omit leading folders.
    fn only_file(&self, tail: &str) -> Option<(usize, Arc<str>)> {
        let views = self.views.iter().enumerate();
        let mut all = views.flat_map(|(root, view)| {
            let files = view.snapshot.paths_ending_with(tail);
            files.map(move |path| (root, path.clone()))
        });
        let first = all.next()?;
        all.next().is_none().then_some(first)
    }

    fn knows(&self, name: &str) -> bool {
        let mut views = self.views.iter();
        self.sources.contains(name) || views.any(|view| view.snapshot.contains_name(name))
    }

    fn name(&mut self, name: &str) -> bool {
        if let Some((_, known)) = self.claims.names.iter().find(|(n, _)| n == name) {
            return *known;
        }
        let known = self.knows(name);
        self.claims.names.push((name.to_owned(), known));
        known
    }
}

/// `[label](target)` in a text.
struct Link<'t> {
    start: usize,
    end: usize,
    label: &'t str,
    target: &'t str,
}

impl<'t> Link<'t> {
    fn find(text: &'t str) -> Option<Self> {
        let middle = text.find("](")?;
        // `![…](…)` is an image.
        let bracket = text[..middle].rfind('[')?;
        let start = bracket - usize::from(text[..bracket].ends_with('!'));
        let length = text[middle + 2..].find(')')?;
        Some(Link {
            start,
            end: middle + 2 + length + 1,
            label: &text[bracket + 1..middle],
            target: text[middle + 2..middle + 2 + length].trim(),
        })
    }
}

/// A place as written in text: `path#L10-L24`, `path#L10`, `path:10-24`, or a path alone.
struct Place<'t> {
    written: &'t str,
    path: &'t str,
    lines: Option<LineRange>,
}

impl<'t> Place<'t> {
    /// Parses a text that consists of a place only.
    fn parse(text: &'t str) -> Option<Self> {
        let (start, place) = Place::find(text)?;
        let rest = &text[start + place.written.len()..];
        (start == 0 && rest.is_empty()).then_some(place)
    }

    /// Finds the first place in a text, and its byte offset.
    fn find(text: &'t str) -> Option<(usize, Self)> {
        let is_path = |c: char| c.is_alphanumeric() || "_-./+@".contains(c);
        let mut from = 0;
        while let Some(offset) = text[from..].find(is_path) {
            let start = from + offset;
            let end = text[start..]
                .find(|c| !is_path(c))
                .map_or(text.len(), |length| start + length);
            let run = &text[start..end];
            let after = &text[end..];
            // A URL is not a path; skip to its end.
            if run.starts_with("//") {
                let rest = text[end..].find(char::is_whitespace);
                from = rest.map_or(text.len(), |length| end + length);
                continue;
            }
            if let Some((lines, length)) = lines_of(after).filter(|_| has_extension(run)) {
                let written = &text[start..end + length];
                let place = Place {
                    written,
                    path: run,
                    lines: Some(lines),
                };
                return Some((start, place));
            }
            // Trailing punctuation does not belong to the path.
            let path = run.trim_end_matches(['.', '-', '+']);
            if looks_like_a_file(path) && !after.starts_with("://") {
                let place = Place {
                    written: path,
                    path,
                    lines: None,
                };
                return Some((start, place));
            }
            from = end;
        }
        None
    }
}

/// Returns whether a path has a file extension. `v1.2` has none.
fn has_extension(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((_, extension)) => extension.starts_with(|c: char| c.is_ascii_alphabetic()),
        None => path.contains('/'),
    }
}

fn looks_like_a_file(path: &str) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else {
        return false;
    };
    let extension = name.rsplit_once('.').map(|(_, e)| e);
    !folder.is_empty()
        && extension.is_some_and(|e| {
            (1..=5).contains(&e.len()) && e.chars().all(|c| c.is_ascii_alphanumeric())
        })
}

/// Parses `#L10-L24`, `#L10`, `:10-24` or `:10` at the start of `text`. Returns zero-based lines and the length in bytes.
fn lines_of(text: &str) -> Option<(LineRange, usize)> {
    let mark = ["#L", ":L", ":"]
        .into_iter()
        .find(|mark| text.starts_with(mark))?;
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let number = |text: &str| text.parse::<u32>().ok().and_then(|n| n.checked_sub(1));
    let first_length = digits(&text[mark.len()..]);
    let mut end = mark.len() + first_length;
    let first = number(&text[mark.len()..end])?;
    let mut last = first;
    for dash in ["-L", "–L", "-", "–"] {
        if let Some(rest) = text[end..].strip_prefix(dash) {
            let length = digits(rest);
            if length > 0 {
                last = number(&rest[..length])?;
                end += dash.len() + length;
            }
            break;
        }
    }
    Some((LineRange { first, last }, end))
}
