//! Which document an interaction is about, and which side of the split that document is on.

use crate::interaction::Interaction;
use crate::sample::{Lines, Metadata, Source, Split};

/// The first file that the answer rightly cites; else the first it was made of; else what was asked stands for itself.
pub(super) fn document_of(interaction: &Interaction) -> String {
    match place_of(interaction) {
        Some((file, _)) => file.to_owned(),
        None => format!("?{}", interaction.question),
    }
}

fn place_of(interaction: &Interaction) -> Option<(&str, Lines)> {
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

/// Everything about a document is on one side, and stays there whatever else is added: 90 % train, 5 % each of the others.
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
    let (file, range) = place_of(interaction).unwrap_or(("", Lines { first: 0, last: 0 }));
    let blob = interaction
        .context
        .iter()
        .find(|context| context.file == file)
        .and_then(|context| context.blob.clone());
    Metadata {
        id: content_id(&interaction.question, answer),
        kind: interaction.kind.clone(),
        source: Source {
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

/// Of what an answer names, so much must be there: words that no index knows are names in other people's code.
const GROUNDED: f64 = 0.9;

/// Whether the answer cites something, everything that it cites is there, and so is nearly everything else that it names.
pub(super) fn is_grounded(interaction: &Interaction) -> bool {
    !interaction.citations.is_empty()
        && interaction.grounded.is_none_or(|rate| rate >= GROUNDED)
        && interaction
            .citations
            .iter()
            .all(|citation| citation.verified)
}

fn content_id(question: &str, answer: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    // The length keeps what is asked apart from what is answered.
    hasher.update(&(question.len() as u64).to_le_bytes());
    hasher.update(question.as_bytes());
    hasher.update(answer.as_bytes());
    hasher.finalize().to_hex()[..32].to_owned()
}
