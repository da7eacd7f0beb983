//! Builds a dataset: facts and handed-in samples go through the gates into the files of a new folder.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use grounding::View;
use rayon::prelude::*;
use repo_indexer::{Cancel, LineRange, Snapshot};
use serde::{Deserialize, Serialize};

use super::DatasetError;
use super::excerpts::Excerpts;
use super::manifest::{DatasetManifest, FORMAT, Inputs};
use super::report;
use super::statistics::Counter;
use super::writer::FolderWriter;
use crate::curate::content_id;
use crate::facts::{Fact, FactKind, facts};
use crate::gates::{AskedQuestions, DropReason, GoldenOverlap, check_answer, redact};
use crate::gold_standard::{GoldStandard, gold_standard};
use crate::golden::GoldenQuestion;
use crate::history::{Commit, History, HistoryOptions};
use crate::repository::Repository;
use crate::sample::{Message, Metadata, Role, Sample, Split};

/// What goes into a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildOptions {
    /// The maximum number of samples that are made from facts; 0 for no limit.
    pub limit: u64,
    /// The maximum number of questions for a fact.
    pub phrasings: usize,
    /// The kinds of facts; empty for all.
    pub kinds: BTreeSet<FactKind>,
    /// The maximum number of question–answer pairs of a document among the handed-in samples of a teacher.
    pub per_document: usize,
}

impl Default for BuildOptions {
    fn default() -> Self {
        BuildOptions {
            limit: 50_000,
            phrasings: 12,
            kinds: BTreeSet::new(),
            per_document: 3,
        }
    }
}

/// What a dataset is made of besides the indexed files.
#[derive(Default)]
pub struct BuildInputs<'i> {
    /// Questions that are used for evaluation; nothing close to them is trained on.
    pub golden: &'i [GoldenQuestion],
    /// Samples that were made elsewhere, by a teacher or from interactions. They pass the same gates.
    pub samples: &'i [Sample],
    pub history: Option<&'i History>,
}

/// The progress of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Reading,
    /// The commits that are read, and all that will be.
    History(usize, usize),
    /// The commits whose changes are compared, and all that will be.
    Changes(usize, usize),
    /// The number of samples that are written.
    Writing(u64),
}

/// At most one replay sample for so many others: a tenth of all.
const SAMPLES_PER_REPLAY: u64 = 9;

/// Facts about the repository as a whole may take this fraction (one third) of the limit; the rest is for facts about definitions.
const REPOSITORY_FACTS_DIVISOR: u64 = 3;

/// Builds a dataset of the repository of `snapshot` in a folder below `parent`, and returns the folder with its manifest. Without a name
/// the folder is named after its content, so that building the same again changes nothing.
pub fn build_dataset(
    snapshot: &Arc<Snapshot>,
    parent: &Path,
    name: Option<&str>,
    inputs: &BuildInputs,
    options: &BuildOptions,
    progress: &(dyn Fn(Stage) + Sync),
    cancel: &Cancel,
) -> Result<(PathBuf, DatasetManifest), DatasetError> {
    progress(Stage::Reading);
    let repository = Repository::read(snapshot, cancel)?;
    if repository.files.is_empty() {
        return Err(DatasetError::EmptyIndex);
    }
    let mut build = Build {
        repository: &repository,
        views: [View {
            name: None,
            snapshot: snapshot.clone(),
        }],
        golden: GoldenOverlap::new(inputs.golden),
        asked: AskedQuestions::default(),
        counter: Counter::default(),
        excerpts: Excerpts::default(),
        writer: FolderWriter::new(parent)?,
        options,
    };
    let commits = match inputs.history {
        Some(history) => history.commits(
            &HistoryOptions::default(),
            &|path| snapshot.is_private(path),
            &|done, all| {
                progress(Stage::History(done, all));
            },
        )?,
        None => Vec::new(),
    };
    let gold = match inputs.history {
        Some(history) => {
            let progress = |done| progress(Stage::Changes(done, commits.len()));
            gold_standard(history, &commits, &progress, cancel)?
        }
        None => GoldStandard::default(),
    };
    let (replay, samples): (Vec<_>, Vec<_>) = inputs
        .samples
        .iter()
        .partition(|sample| sample.metadata.kind == "replay");
    build.add_synthesized(&samples)?;
    build.add_facts(&commits, progress, cancel)?;
    let max_replay = build.counter.statistics.samples() / SAMPLES_PER_REPLAY;
    build.add_synthesized(&replay[..replay.len().min(max_replay as usize)])?;
    build.add_raw_text()?;
    build.add_pairs(&commits, &gold)?;
    build.add_gold_standard(&gold)?;
    build.finish(parent, name, inputs, &commits)
}

pub(super) struct Build<'b, 's> {
    pub(super) repository: &'b Repository<'s>,
    pub(super) views: [View; 1],
    pub(super) golden: GoldenOverlap,
    pub(super) asked: AskedQuestions,
    pub(super) counter: Counter,
    pub(super) excerpts: Excerpts,
    pub(super) writer: FolderWriter,
    pub(super) options: &'b BuildOptions,
}

/// Samples with the same answer, or why there are none.
struct CheckedFact {
    kind: &'static str,
    result: Result<Vec<Sample>, DropReason>,
}

impl Build<'_, '_> {
    fn add_facts(
        &mut self,
        commits: &[Commit],
        progress: &(dyn Fn(Stage) + Sync),
        cancel: &Cancel,
    ) -> Result<(), DatasetError> {
        let limit = if self.options.limit == 0 {
            u64::MAX
        } else {
            self.options.limit
        };
        let mut written = 0;
        // Kinds of facts about the repository as a whole share a part of the limit evenly: a large one must not starve the others.
        let kinds_of_whole = FactKind::ALL.iter().filter(|kind| !kind.is_of_definition());
        let quota = limit / REPOSITORY_FACTS_DIVISOR / kinds_of_whole.count() as u64;
        let mut of_kind: BTreeMap<&str, u64> = BTreeMap::new();
        let mut failed = None;
        facts(self.repository, commits, cancel, &mut |mut batch: Vec<
            Fact,
        >| {
            let kinds = &self.options.kinds;
            batch.retain(|fact| kinds.is_empty() || kinds.contains(&fact.kind));
            let checked: Vec<CheckedFact> = batch.par_iter().map(|fact| self.check(fact)).collect();
            for (fact, checked) in batch.iter().zip(checked) {
                if written >= limit {
                    return false;
                }
                let room = if fact.kind.is_of_definition() {
                    limit - written
                } else {
                    let used = of_kind.get(fact.kind.name()).copied().unwrap_or(0);
                    quota.saturating_sub(used).min(limit - written)
                };
                if room == 0 {
                    continue;
                }
                match self.keep(checked, room) {
                    Ok(count) => {
                        *of_kind.entry(fact.kind.name()).or_default() += count;
                        written += count;
                    }
                    Err(error) => {
                        failed = Some(error);
                        return false;
                    }
                }
            }
            progress(Stage::Writing(written));
            true
        })?;
        failed.map_or(Ok(()), Err)
    }

    /// Makes the samples of a fact. Runs in parallel, so nothing that depends on other samples is decided here.
    fn check(&self, fact: &Fact) -> CheckedFact {
        CheckedFact {
            kind: fact.kind.name(),
            result: self.samples_of_fact(fact),
        }
    }

    fn samples_of_fact(&self, fact: &Fact) -> Result<Vec<Sample>, DropReason> {
        let known = self.grounding_text(fact);
        let cited = check_answer(&self.views, &fact.answer, &known)?;
        let mut places = cited.places;
        if let Some(reasoning) = &fact.reasoning {
            places.extend(check_answer(&self.views, reasoning, &known)?.places);
        }
        if fact.split == Split::Train && places.iter().any(|(path, _)| self.is_held_out(path)) {
            return Err(DropReason::HeldOut);
        }
        let secret = |text: &str| redact(&mut text.to_owned()) > 0;
        let arguments = fact.arguments.iter().any(|(_, value)| secret(value));
        if arguments || secret(&fact.answer) || fact.reasoning.as_deref().is_some_and(secret) {
            return Err(DropReason::Secret);
        }
        let (answer, reasoning) = (&fact.answer, &fact.reasoning);
        let questions = fact.questions(self.options.phrasings);
        let sample = |question: String| Sample {
            metadata: Metadata {
                id: content_id(&question, answer),
                kind: fact.kind.name().to_owned(),
                source: fact.source.clone(),
                flow: "facts".to_owned(),
                teacher: None,
                split: fact.split,
                grounded: true,
                interactions: Vec::new(),
                signal: None,
            },
            messages: vec![
                Message {
                    role: Role::User,
                    content: question,
                    reasoning_content: None,
                },
                Message {
                    role: Role::Assistant,
                    content: answer.clone(),
                    reasoning_content: reasoning.clone(),
                },
            ],
        };
        Ok(questions.into_iter().map(sample).collect())
    }

    /// The text that a fact was made of: the question's own words, and the lines of its source with the comments before them.
    fn grounding_text(&self, fact: &Fact) -> String {
        let mut known: String = fact
            .arguments
            .iter()
            .flat_map(|(_, value)| [value.as_str(), "\n"])
            .collect();
        if let Some(file) = self.repository.file(&fact.source.file) {
            const BEFORE: u32 = 60;
            let first = fact.source.range.first.saturating_sub(1 + BEFORE);
            let last = fact.source.range.last.saturating_sub(1);
            known.push_str(file.lines(LineRange { first, last }));
        }
        known
    }

    pub(super) fn is_held_out(&self, path: &str) -> bool {
        self.repository
            .file(path)
            .is_some_and(|file| file.split != Split::Train)
    }

    /// Writes up to `room` samples whose questions were not asked before and are not close to a golden one. Returns how many were written.
    fn keep(&mut self, checked: CheckedFact, room: u64) -> Result<u64, DatasetError> {
        let samples = match checked.result {
            Ok(samples) => samples,
            Err(reason) => {
                self.counter.drop(reason, checked.kind, 1);
                return Ok(0);
            }
        };
        let mut count = 0;
        for sample in &samples {
            if count == room {
                break;
            }
            let question = sample
                .messages
                .first()
                .map_or("", |message| &message.content);
            if self.golden.is_close(question) {
                self.counter
                    .drop(DropReason::GoldenOverlap, checked.kind, 1);
            } else if !self.asked.insert(question) {
                self.counter.drop(DropReason::Duplicate, checked.kind, 1);
            } else {
                self.writer.row(file_of(sample.metadata.split), sample)?;
                self.excerpts.offer(sample);
                count += 1;
            }
        }
        if let Some(first) = samples.first().filter(|_| count > 0) {
            self.counter.keep(first, count);
        }
        Ok(count)
    }

    fn finish(
        mut self,
        parent: &Path,
        name: Option<&str>,
        build_inputs: &BuildInputs,
        commits: &[Commit],
    ) -> Result<(PathBuf, DatasetManifest), DatasetError> {
        for (_, reason) in &self.repository.excluded {
            *self
                .counter
                .statistics
                .excluded
                .entry(reason.describe().to_owned())
                .or_default() += 1;
        }
        let files = self
            .repository
            .files
            .iter()
            .map(|file| (&*file.path, &*file.module));
        let statistics = self.counter.finish(files);
        if statistics.samples() == 0 {
            let reasons = statistics.dropped.keys().map(|reason| reason.describe());
            let reasons: Vec<_> = reasons.collect();
            return Err(DatasetError::NoSamples(match reasons.as_slice() {
                [] => "the repository has no code, documentation or configuration to ask about"
                    .to_owned(),
                reasons => reasons.join(", "),
            }));
        }
        let excerpts = self.excerpts.finish(self.repository);
        let manifest = DatasetManifest {
            format: FORMAT,
            repository: self.repository.snapshot.name().to_owned(),
            inputs: inputs(self.repository, build_inputs, commits),
            options: self.options.clone(),
            statistics,
            files: self.writer.finish_rows()?,
        };
        let destination = parent.join(name.map_or_else(|| manifest.content_name(), str::to_owned));
        for (file, content) in report::render(&manifest, &excerpts)? {
            self.writer.file(file, content.as_bytes(), 0)?;
        }
        let json = serde_json::to_string_pretty(&manifest)
            .map_err(|error| DatasetError::Report(error.to_string()))?;
        self.writer.file("manifest.json", json.as_bytes(), 0)?;
        Ok((self.writer.keep(&destination)?, manifest))
    }
}

pub(super) fn file_of(split: Split) -> &'static str {
    match split {
        Split::Train => "train.jsonl",
        Split::Valid => "valid.jsonl",
        Split::Test => "test.jsonl",
    }
}

fn inputs(repository: &Repository, build_inputs: &BuildInputs, commits: &[Commit]) -> Inputs {
    let mut content = blake3::Hasher::new();
    let mut bytes = 0;
    for file in &repository.files {
        content.update(file.path.as_bytes());
        content.update(&[0]);
        content.update(blake3::hash(file.text.as_bytes()).as_bytes());
        bytes += file.text.len() as u64;
    }
    let hash = |texts: &mut dyn Iterator<Item = &str>| {
        let mut hasher = blake3::Hasher::new();
        texts.for_each(|text| {
            hasher.update(text.as_bytes());
            hasher.update(&[0]);
        });
        hasher.finalize().to_hex().to_string()
    };
    Inputs {
        files: repository.files.len() as u64,
        bytes,
        content: content.finalize().to_hex().to_string(),
        samples: hash(
            &mut build_inputs
                .samples
                .iter()
                .map(|sample| sample.metadata.id.as_str()),
        ),
        commit: commits.first().map(|commit| commit.id.clone()),
        golden: hash(
            &mut build_inputs
                .golden
                .iter()
                .map(|question| question.question.as_str()),
        ),
    }
}
