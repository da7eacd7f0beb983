//! How many of the samples that a generation has learned from were forgotten since.

use std::collections::BTreeSet;

use models::library::{Installed, Library};
use settings::paths::Dirs;
use trainer_bridge::{Store, count_forgotten, learned_samples};

use super::super::{output, samples};

/// Returns the ids of all samples that a generation has learned from, as far as its parents and bases are installed.
pub(in crate::cli) fn samples_of(library: &Library, installed: &Installed) -> BTreeSet<String> {
    learned_samples(&installed.name, &installed.manifest, |name, number| {
        // Damaged weights do not matter here, so generations are listed rather than checked.
        let generations = library.generations(name).unwrap_or_default();
        let mut manifests = generations.into_iter().map(|one| one.manifest);
        manifests.find(|manifest| manifest.number == number)
    })
}

/// Counts the forgotten samples of generations.
pub(super) struct ForgottenSamples<'l> {
    library: &'l Library,
    store: Option<Store>,
}

impl<'l> ForgottenSamples<'l> {
    /// Opens the store. If that fails, prints a warning, and all counts are 0: models are listed all the same.
    pub(super) fn open(library: &'l Library) -> anyhow::Result<Self> {
        let store = match samples::existing(&Dirs::from_environment()?) {
            Ok(store) => store,
            Err(error) => {
                output::warning(error);
                None
            }
        };
        Ok(Self { library, store })
    }

    pub(super) fn count(&self, installed: &Installed) -> anyhow::Result<usize> {
        let Some(store) = &self.store else {
            return Ok(0);
        };
        let learned = samples_of(self.library, installed);
        Ok(count_forgotten(store, &installed.label(), &learned)?)
    }
}

/// Describes the count for people; `None` if nothing was forgotten.
pub(super) fn description(forgotten: usize) -> Option<String> {
    let was = if forgotten == 1 { "was" } else { "were" };
    (forgotten > 0).then(|| {
        let samples = output::counted(forgotten, "sample");
        format!("has learned from {samples} that {was} forgotten since")
    })
}
