//! Builds the record of a question and its answer, with the places it is based on and their hashes.

use grounding::{Plain, View};
use std::time::Instant;

use repo_indexer::{LineRange, Scores};
use sha1::{Digest, Sha1};
use trainer_bridge::{
    CitedLines as Range, ContextRef, Interaction, PrivacyMode, RecordedCitation, RetrievalScore,
    new_id,
};

use super::{now, workspace_name};
use crate::answer::Answer;
use crate::chat::Answered;
use grounding::markdown::fence;

/// The kind of question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InteractionKind {
    Ask,
    Explain,
    Usages,
    Impact,
    Module,
    Selection,
    Diagnostic,
    Hover,
}

impl InteractionKind {
    pub const ALL: [InteractionKind; 8] = [
        InteractionKind::Ask,
        InteractionKind::Explain,
        InteractionKind::Usages,
        InteractionKind::Impact,
        InteractionKind::Module,
        InteractionKind::Selection,
        InteractionKind::Diagnostic,
        InteractionKind::Hover,
    ];

    pub fn name(self) -> &'static str {
        match self {
            InteractionKind::Ask => "ask",
            InteractionKind::Explain => "explain",
            InteractionKind::Usages => "usages",
            InteractionKind::Impact => "impact",
            InteractionKind::Module => "module",
            InteractionKind::Selection => "selection",
            InteractionKind::Diagnostic => "diagnostic",
            InteractionKind::Hover => "hover",
        }
    }
}

/// Builds the interaction that is recorded for one question: begun when the question arrives, finished with its answer.
#[derive(Clone)]
pub struct InteractionBuilder {
    pub id: String,
    kind: InteractionKind,
    question: String,
    /// Whether the question is selected text: it is recorded in a fence, as code.
    question_is_code: bool,
    /// The root of the workspace.
    workspace: String,
    views: Vec<View>,
    /// Milliseconds since 1970.
    time: u64,
    started: Instant,
    latency_ms: u64,
    /// Leaves out text of the repository from the start, for the privacy mode `no-code`.
    no_code: bool,
}

impl InteractionBuilder {
    pub fn new(
        kind: InteractionKind,
        question: &str,
        workspace: &std::path::Path,
        views: Vec<View>,
    ) -> Self {
        InteractionBuilder {
            id: new_id(),
            kind,
            question: question.to_owned(),
            question_is_code: false,
            workspace: workspace_name(workspace),
            views,
            time: now(),
            started: Instant::now(),
            latency_ms: 0,
            no_code: false,
        }
    }

    /// Sets the question, where it is not known before the index was read.
    pub fn with_question(self, question: &str) -> Self {
        InteractionBuilder {
            question: question.to_owned(),
            ..self
        }
    }

    /// Marks the question as selected text.
    pub fn question_is_code(self) -> Self {
        InteractionBuilder {
            question_is_code: true,
            ..self
        }
    }

    /// Takes the latency, and the privacy mode to record with.
    pub(super) fn answered(mut self, mode: PrivacyMode) -> Self {
        self.no_code = mode != PrivacyMode::Full;
        self.latency_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// Finishes with an answer from the index.
    pub fn by_index(self, answer: &Answer) -> Interaction {
        let places = answer.sources.iter().map(|source| &source.citation);
        let scores = answer.sources.iter().filter_map(|source| {
            let file = self.file(source.citation.root, &source.citation.path);
            Some(score(file, source.score.as_ref()?))
        });
        Interaction {
            context: self.context(places.map(|c| (c.root, &*c.path, c.lines))),
            citations: answer
                .citations()
                .into_iter()
                .map(|citation| self.citation(citation))
                .collect(),
            scores: scores.collect(),
            ..self.bare(self.plain(answer))
        }
        .unless_private(&self.views)
    }

    /// Returns the answer without its label and links.
    fn plain(&self, answer: &Answer) -> String {
        let mut text = answer.headline.clone();
        for (at, source) in answer.sources.iter().enumerate() {
            text.push_str("\n\n");
            match self.no_code {
                // Documentation is text of the repository and could not be told from other prose later.
                true => text.push_str(&source.citation.label),
                false => text.push_str(source.to_markdown(at + 1, &Plain).trim()),
            }
        }
        text
    }

    /// Finishes with a model's checked answer.
    pub fn by_model(self, answered: &Answered) -> Interaction {
        let claims = &answered.checked.claims;
        let places = answered.context.iter();
        let lost = claims.lost.iter().map(|label| RecordedCitation {
            file: label.split('#').next().unwrap_or_default().to_owned(),
            range: Range { first: 0, last: 0 },
            verified: false,
        });
        Interaction {
            context: self.context(places.map(|(root, path, lines)| (*root, &**path, *lines))),
            citations: claims
                .citations
                .iter()
                .map(|citation| self.citation(citation))
                .chain(lost)
                .collect(),
            cut: answered.interrupted.is_some(),
            grounded: claims.grounded(),
            scores: answered
                .hits
                .iter()
                .map(|(root, hit)| score(self.file(*root, &hit.path), &hit.scores))
                .collect(),
            generation: Some(answered.generation.clone()),
            ..self.bare(answered.checked.model_text.clone())
        }
        .unless_private(&self.views)
    }

    /// Finishes with a model's sentence about one definition.
    pub fn summary(
        self,
        text: String,
        generation: String,
        (root, path, lines): (usize, &str, LineRange),
    ) -> Interaction {
        let citation = grounding::Citation::new(&self.views, root, &path.into(), lines, None);
        Interaction {
            context: self.context([(root, path, lines)].into_iter()),
            citations: vec![self.citation(&citation)],
            generation: Some(generation),
            ..self.bare(text)
        }
        .unless_private(&self.views)
    }

    fn bare(&self, answer: String) -> Interaction {
        Interaction {
            id: self.id.clone(),
            workspace: self.workspace.clone(),
            time: self.time,
            kind: self.kind.name().to_owned(),
            question: match self.question_is_code {
                true => fence("", &self.question),
                false => self.question.clone(),
            },
            answer,
            latency_ms: self.latency_ms,
            ..Interaction::default()
        }
    }

    /// Returns the recorded name of a file: its path, preceded by the root's name for files of other roots. It does not depend on which
    /// other roots are open.
    fn file(&self, root: usize, path: &str) -> String {
        let view = self.views.get(root);
        let elsewhere = view.filter(|view| workspace_name(view.snapshot.root()) != self.workspace);
        match elsewhere.and_then(|view| view.name.as_deref()) {
            Some(name) => format!("{name}/{path}"),
            None => path.to_owned(),
        }
    }

    fn citation(&self, citation: &grounding::Citation) -> RecordedCitation {
        RecordedCitation {
            file: self.file(citation.root, &citation.path),
            range: range(citation.lines),
            verified: citation.verified,
        }
    }

    fn context<'p>(
        &self,
        places: impl Iterator<Item = (usize, &'p str, LineRange)>,
    ) -> Vec<ContextRef> {
        places
            .filter_map(|(root, path, lines)| {
                let text = self.views.get(root)?.snapshot.text(path)?;
                Some(ContextRef {
                    file: self.file(root, path),
                    range: range(lines),
                    hash: hash_of(&text, lines),
                    blob: Some(blob(&text)),
                })
            })
            .collect()
    }
}

trait UnlessPrivate {
    fn unless_private(self, views: &[View]) -> Self;
}

impl UnlessPrivate for Interaction {
    /// Switches recording off if a private file is involved. Private files are not indexed, but a model may name one, or a glob may be new.
    fn unless_private(mut self, views: &[View]) -> Self {
        let files = self.context.iter().map(|context| &context.file);
        let files = files
            .chain(self.citations.iter().map(|citation| &citation.file))
            .chain(self.scores.iter().map(|score| &score.file));
        // A path may or may not be preceded by the root's name.
        let is_private = |file: &String| {
            views.iter().any(|view| {
                let name = view.name.as_deref().unwrap_or_default();
                let inside = file.strip_prefix(name);
                let inside = inside.and_then(|rest| rest.strip_prefix('/'));
                let mut names = inside.into_iter().chain([file.as_str()]);
                names.any(|file| view.snapshot.is_private(file))
            })
        };
        if files.into_iter().any(is_private) {
            self.privacy = PrivacyMode::Off;
        }
        self
    }
}

/// Converts to one-based lines, as in citations.
fn range(lines: LineRange) -> Range {
    Range {
        first: lines.first.saturating_add(1),
        last: lines.last.saturating_add(1),
    }
}

/// Returns the BLAKE3 hash of the text of some lines, line ends included.
fn hash_of(text: &str, lines: LineRange) -> String {
    let wanted = (lines.last as usize + 1).saturating_sub(lines.first as usize);
    let mut hasher = blake3::Hasher::new();
    for line in text
        .split_inclusive('\n')
        .skip(lines.first as usize)
        .take(wanted)
    {
        hasher.update(line.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// Returns git's blob id (SHA-1) of a text.
fn blob(text: &str) -> String {
    let mut hasher = Sha1::new();
    hasher.update(format!("blob {}\0", text.len()));
    hasher.update(text);
    let digest = hasher.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn score(file: String, scores: &Scores) -> RetrievalScore {
    let mut parts: trainer_bridge::Metrics = [
        ("file", scores.file),
        ("symbol", scores.symbol),
        ("path", scores.path),
        ("graph", scores.graph),
        ("demotion", scores.demotion),
    ]
    .into_iter()
    .filter(|(_, part)| *part != 0.0)
    .map(|(name, part)| (name.to_owned(), rounded(part)))
    .collect();
    let fields = scores.bm25.iter();
    parts.extend(fields.map(|(field, part)| (format!("bm25.{field}"), rounded(*part))));
    RetrievalScore {
        file,
        total: rounded(scores.total),
        parts,
    }
}

/// Rounds to four digits, which are enough and save space.
fn rounded(number: f32) -> f64 {
    (f64::from(number) * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_is_named_as_git_names_it() {
        // printf 'hello\n' | git hash-object --stdin
        assert_eq!(blob("hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
    }

    #[test]
    fn the_hash_of_a_range_is_that_of_its_text() {
        let of = |first, last| hash_of("a\nb\nc", LineRange { first, last });
        let hash = |text: &str| blake3::hash(text.as_bytes()).to_hex().to_string();
        assert_eq!(of(0, 0), hash("a\n"));
        assert_eq!(of(1, 2), hash("b\nc"));
        assert_eq!(of(2, 9), hash("c"));
    }
}
