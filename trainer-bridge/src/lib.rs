//! Between the index, the developer's interactions and a trainer.
//!
//! Data contracts: plain types, each written as one JSON object or one line of JSONL, and read by other processes such as `sdg_hub` or a
//! trainer in Python. Unknown keys are ignored, and absent optional keys stay absent.
//!
//! Recording: an [`Intake`] redacts an interaction, a [`Recorder`] writes it into the user's own [`Store`], and [`curate()`] turns the
//! stored interactions into samples. Only an [`Intake`] creates what the store writes, so that no secret bypasses it.
//!
//! Jobs: [`RetrievalReport`] evaluates retrieval on a snapshot of the index, [`export_curated`] writes samples to files,
//! [`forget_interactions`] deletes interactions with all copies of their text, and [`learned_samples`] follows the lineage of a model.
//!
//! The data factory: [`documents()`], facts, scenes and the history become a dataset with [`build_dataset`]. Every sample passes the same
//! checks. A teacher model is handed in.
//!
//! This crate knows nothing of LSP, of HTTP or of the engine that serves the model.
//!
//! The modules are in the order of the data flow: questions and interactions become samples, samples a dataset, a dataset a run, a run a
//! generation.

mod feedback;
mod golden;
mod interaction;
mod sample;

mod dataset;
mod documentation;
mod documents;
mod facts;
mod flow_samples;
mod gates;
mod generation;
mod gold_standard;
mod history;
mod pairs;
mod raw_text;
mod replay;
mod repository;
mod run;
mod scenes;
mod source_text;
mod tokenized;

mod intake;
mod redact;
mod store;

mod curate;
mod drafts;
mod edit;
mod evaluate;
mod export;
mod forget;
mod lineage;
mod private_file;

pub use curate::{CurateOptions, Curated, ExclusionReason, Preference, curate, split_of};
pub use dataset::{
    BuildInputs, BuildOptions, BuildStage, Comparison, DatasetEntry, DatasetError, DatasetManifest,
    KindStatistics, OutputFile, Statistics, build_dataset, compare_datasets, is_dataset_name,
    list_datasets, read_manifest, read_samples, remove_dataset,
};
pub use documents::{
    Document, DocumentKind, DocumentSources, Documents, DocumentsError,
    ExclusionReason as DocumentExclusion, documents, flow_rows,
};
pub use drafts::Draft;
pub use edit::{EditError, EditableFields, EditedInteraction, edit_interaction};
pub use evaluate::{RankingMetrics, RetrievalComparison, RetrievalOptions, RetrievalReport};
pub use export::{ExportCuratedError, export_curated};
pub use facts::FactKind;
pub use feedback::{Feedback, FeedbackEvent, MeasuredAfter};
pub use flow_samples::flow_samples;
pub use forget::{CopyLocations, forget_interactions};
pub use gates::{DropReason, Drops};
pub use generation::{Format, Generation, WeightFile};
pub use gold_standard::{GoldPair, GoldRejection, GoldStandard, gold_standard};
pub use golden::{GoldenQuestion, GoldenQuestionsError, read_golden_questions};
pub use history::{Commit, CommitClass, FileChange, History, HistoryError, HistoryOptions};
pub use intake::{Admitted, Intake};
pub use interaction::{
    ContextRef, Interaction, PrivacyMode, RecordedCitation, Redaction, RetrievalScore, Verdict,
    new_id,
};
pub use lineage::{count_forgotten, learned_samples, sample_origins};
pub use pairs::{EmbeddingPair, PairFamily};
pub use private_file::{FileError, write_private_file};
pub use raw_text::RawText;
pub use redact::{Redactor, RulesError};
pub use replay::{replay_prompts, replay_samples};
pub use run::{Run, RunInput, RunState, Stage};
pub use sample::{CitedLines, Message, Metadata, Role, Sample, SampleSource, Signal, Split};
pub use scenes::{
    RawReply, Scene, Scene1Plan, SceneChunk, SceneFiles, ScenePlan, SceneRow, Skeleton,
    SkeletonModule, scene1, scene1_derived, scene1_plan, scene2, scene2_plan, skeleton,
    write_scene,
};
pub use store::{
    ExportSummary, Filter, ForgetSummary, GenerationUse, ImportSummary, Listing, Notice,
    PageCursor, RecordOutcome, RecordedInteraction, Recorder, RecorderOptions, SampleOrigin, Stats,
    StatsRow, Store, StoreError, Ticket,
};
pub use tokenized::{Dataset, DatasetCounts, MaskMode, TokenizedRow};

/// Metrics of a run or a generation, by name.
pub type Metrics = std::collections::BTreeMap<String, f64>;

#[cfg(test)]
mod tests;
