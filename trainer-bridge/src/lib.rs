//! What lies between the index, the developer's interactions and a trainer.
//!
//! First the data contracts: plain types, written as one JSON object or as one line of JSONL, and read by another process, be it ours,
//! `sdg_hub` or a trainer in Python. A key that is not known is left to whoever wrote it; one that is absent stays absent.
//!
//! Then the way of an interaction: an [`Intake`] takes out what may not be kept, a [`Recorder`] writes the rest into the user's own
//! [`Store`], and [`curate()`] makes samples of it. Nothing else makes what the store writes, so that no secret gets past the intake.
//!
//! This crate knows nothing of LSP, of HTTP or of the engine that serves the model.
//!
//! Read in the order in which data flows: questions and interactions become samples, samples a dataset, a dataset a run, a run a
//! generation.

mod feedback;
mod golden;
mod interaction;
mod sample;

mod dataset;
mod generation;
mod run;

mod curate;
mod intake;
mod redact;
mod store;

pub use curate::{CurateOptions, Curated, Preference, Reason, curate, split_of};
pub use dataset::{Dataset, DatasetCounts, MaskMode, TokenizedRow};
pub use feedback::{After, Event, Feedback};
pub use generation::{Format, Generation, WeightFile};
pub use golden::GoldenQuestion;
pub use intake::{Admitted, Intake};
pub use interaction::{
    Citation, ContextRef, Interaction, PrivacyMode, Redaction, RetrievalScore, Verdict, new_id,
};
pub use redact::{Redactor, RulesError};
pub use run::{Input, Run, Stage, State};
pub use sample::{Lines, Message, Metadata, Role, Sample, Signal, Source, Split};
pub use store::{
    Exported, Filter, Forgotten, GenerationUse, Imported, Listing, Notice, Outcome, Position,
    Recorded, Recorder, RecorderOptions, SampleOrigin, Stats, StatsRow, Store, StoreError, Ticket,
};

/// Figures by their name: a metric of a run or a generation.
pub type Metrics = std::collections::BTreeMap<String, f64>;

#[cfg(test)]
mod tests;
