//! Assigns interactions to documents, and documents to splits.

use crate::interaction::Interaction;
use crate::sample::{CitedLines, Metadata, SampleSource, Split};

/// Returns the document of an interaction: the first file that the answer cites correctly, or else the first file of the context, or
/// else a name derived from the question.
pub(super) fn document_of(interaction: &Interaction) -> String {
    match place_of(interaction) {
        Some((file, _)) => file.to_owned(),
        None => format!("?{}", interaction.question),
    }
}

fn place_of(interaction: &Interaction) -> Option<(&str, CitedLines)> {
    let cited = interaction
        .citations
        .iter()
        .find(|citation| citation.verified)
        .map(|citation| (citation.file.as_str(), citation.range));
    let given = interaction
        .context
        .first()
        .map(|context| (context.file.as_str(), context.range));
    cited.or(given)
}

/// Returns the split of a document, which depends only on its name: 90 % train, 5 % validation, 5 % test.
pub fn split_of(document: &str) -> Split {
    let hash = blake3::hash(document.as_bytes());
    let mut number = [0; 8];
    number.copy_from_slice(&hash.as_bytes()[..8]);
    match u64::from_le_bytes(number) % 100 {
        0..90 => Split::Train,
        90..95 => Split::Valid,
        _ => Split::Test,
    }
}

pub(super) fn as_metadata(interaction: &Interaction, answer: &str) -> Metadata {
    let (file, range) = place_of(interaction).unwrap_or(("", CitedLines { first: 0, last: 0 }));
    let blob = interaction
        .context
        .iter()
        .find(|context| context.file == file)
        .and_then(|context| context.blob.clone());
    Metadata {
        id: content_id(&interaction.question, answer),
        kind: interaction.kind.clone(),
        source: SampleSource {
            file: file.to_owned(),
            range,
            blob: blob.unwrap_or_default(),
        },
        flow: "interaction".to_owned(),
        teacher: interaction.generation.clone(),
        split: split_of(&document_of(interaction)),
        grounded: is_grounded(interaction),
        interactions: Vec::new(),
        signal: None,
    }
}

/// The minimum share of verified places and names. Names from third-party code are never verified, so it is below 1.
const MIN_GROUNDED_SHARE: f64 = 0.9;

/// Returns whether the answer cites something, all citations are verified, and nearly all other names are too.
pub(super) fn is_grounded(interaction: &Interaction) -> bool {
    !interaction.citations.is_empty()
        && interaction
            .grounded
            .is_none_or(|rate| rate >= MIN_GROUNDED_SHARE)
        && interaction
            .citations
            .iter()
            .all(|citation| citation.verified)
}

pub(crate) fn content_id(question: &str, answer: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    // The length separates the question from the answer.
    hasher.update(&(question.len() as u64).to_le_bytes());
    hasher.update(question.as_bytes());
    hasher.update(answer.as_bytes());
    hasher.finalize().to_hex()[..32].to_owned()
}
