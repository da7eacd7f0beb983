//! Which samples a generation has learned from, and how many of them were made of interactions that were forgotten since.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::generation::{Format, Generation};
use crate::store::{SampleOrigin, Store, StoreError};

/// Returns the ids of all samples that a generation has learned from: its own, and those of its parents and bases.
///
/// `lookup` returns the manifest of a generation of a model, and `None` if it is not installed, in which case its samples are missing
/// from the result.
pub fn learned_samples(
    name: &str,
    generation: &Generation,
    lookup: impl Fn(&str, u32) -> Option<Generation>,
) -> BTreeSet<String> {
    let mut samples = BTreeSet::new();
    let mut visited = HashSet::new();
    let mut pending = vec![(name.to_owned(), generation.clone())];
    while let Some((name, generation)) = pending.pop() {
        if !visited.insert((name.clone(), generation.number)) {
            continue;
        }
        if let Some(parent) = generation.parent
            && let Some(found) = lookup(&name, parent)
        {
            pending.push((name, found));
        }
        if generation.format == Format::Lora
            && let Some((base, number)) = generation.base.as_deref().and_then(parse_label)
            && let Some(found) = lookup(base, number)
        {
            pending.push((base.to_owned(), found));
        }
        samples.extend(generation.sample_ids);
    }
    samples
}

/// Parses the label of a generation, `name@7`.
fn parse_label(label: &str) -> Option<(&str, u32)> {
    let (name, number) = label.split_once('@')?;
    Some((name, number.parse().ok()?))
}

/// Returns the samples of a generation by their ids, with the interactions that each was made of: those of its manifests as
/// [`learned_samples`] returns them, and those that the store has noted under its label, such as those of parents that are not
/// installed any more.
pub fn sample_origins(
    store: &Store,
    label: &str,
    learned: &BTreeSet<String>,
) -> Result<BTreeMap<String, SampleOrigin>, StoreError> {
    let mut origins = store.samples_of_generation(label)?;
    let noted: HashSet<&str> = origins
        .iter()
        .map(|origin| origin.sample.as_str())
        .collect();
    let others: Vec<String> = learned
        .iter()
        .filter(|sample| !noted.contains(sample.as_str()))
        .cloned()
        .collect();
    origins.extend(store.sample_origins(&others)?);
    Ok(origins
        .into_iter()
        .map(|origin| (origin.sample.clone(), origin))
        .collect())
}

/// Returns how many samples of a generation were made of an interaction that was forgotten since.
pub fn count_forgotten(
    store: &Store,
    label: &str,
    learned: &BTreeSet<String>,
) -> Result<usize, StoreError> {
    let learned: Vec<String> = learned.iter().cloned().collect();
    let mut forgotten: HashSet<String> = store.tainted_samples(&learned)?.into_iter().collect();
    let noted = store.samples_of_generation(label)?;
    forgotten.extend(
        noted
            .into_iter()
            .filter(|origin| origin.tainted)
            .map(|origin| origin.sample),
    );
    Ok(forgotten.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generation(number: u32, format: Format, sample: &str) -> Generation {
        Generation {
            number,
            format,
            source: None,
            base: None,
            parent: None,
            created: 0,
            files: Vec::new(),
            dataset_hash: None,
            trainer: None,
            metrics: crate::Metrics::new(),
            sample_ids: vec![sample.to_owned()],
        }
    }

    #[test]
    fn samples_of_parents_and_bases_are_included() {
        let base = generation(2, Format::Safetensors, "of-base");
        let parent = Generation {
            // A generation that names itself as its parent does not loop.
            parent: Some(6),
            ..generation(6, Format::Lora, "of-parent")
        };
        let adapter = Generation {
            parent: Some(6),
            base: Some("base@2".to_owned()),
            ..generation(7, Format::Lora, "own")
        };
        let lookup = |name: &str, number| match (name, number) {
            ("base", 2) => Some(base.clone()),
            ("repo", 6) => Some(parent.clone()),
            _ => None,
        };
        let samples = learned_samples("repo", &adapter, lookup);
        assert_eq!(
            Vec::from_iter(samples),
            ["of-base", "of-parent", "own"].map(str::to_owned)
        );
        // The base of weights that are complete by themselves is only where they came from.
        let merged = Generation {
            format: Format::Safetensors,
            parent: None,
            ..adapter
        };
        let samples = learned_samples("repo", &merged, lookup);
        assert_eq!(Vec::from_iter(samples), ["own".to_owned()]);
    }
}
