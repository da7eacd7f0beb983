//! What a generation has learned from, and how much of that was forgotten since.

use std::collections::BTreeSet;

use models::library::{Installed, Library, name};
use settings::paths::Dirs;
use trainer_bridge::{Format, Store};

use super::super::{output, samples};

/// Ids of all samples that a generation has seen: its own, and those of what it was trained from or is laid over, as far as that is
/// installed.
pub(in crate::cli) fn of(library: &Library, installed: &Installed) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut found = BTreeSet::new();
    let mut waiting = vec![installed.clone()];
    while let Some(installed) = waiting.pop() {
        if !seen.insert(installed.label()) {
            continue;
        }
        let manifest = &installed.manifest;
        found.extend(manifest.sample_ids.iter().cloned());
        let parent = manifest
            .parent
            .map(|number| (installed.name.as_str(), number));
        let base = manifest
            .base
            .as_deref()
            .filter(|_| manifest.format == Format::Lora);
        let base = base.and_then(|base| match name::parse(base) {
            Ok((name, Some(number))) => Some((name, number)),
            _ => None,
        });
        for (name, number) in [parent, base].into_iter().flatten() {
            // Damaged weights do not change what it has learned from.
            let all = library.generations(name).unwrap_or_default();
            waiting.extend(all.into_iter().find(|one| one.manifest.number == number));
        }
    }
    found
}

/// Tells of generations how many samples they have learned from that were forgotten since.
pub(super) struct Ledger<'l> {
    library: &'l Library,
    store: Option<Store>,
}

impl<'l> Ledger<'l> {
    /// A store that cannot be read is said once and keeps nobody from seeing their models.
    pub(super) fn open(library: &'l Library) -> anyhow::Result<Self> {
        let store = match samples::existing(&Dirs::from_environment()?) {
            Ok(store) => store,
            Err(error) => {
                output::warning(error);
                None
            }
        };
        Ok(Ledger { library, store })
    }

    pub(super) fn forgotten(&self, installed: &Installed) -> anyhow::Result<usize> {
        let Some(store) = &self.store else {
            return Ok(0);
        };
        let mut samples = of(self.library, installed);
        let tainted = store.tainted(&samples.iter().cloned().collect::<Vec<_>>())?;
        // What the store knows of it beyond its manifest, for example of generations that are no longer installed.
        samples = tainted.into_iter().collect();
        let made = store.which_samples_made(&installed.label())?;
        samples.extend(
            made.into_iter()
                .filter(|origin| origin.tainted)
                .map(|origin| origin.sample),
        );
        Ok(samples.len())
    }
}

/// What is said of such a generation; nothing where nothing was forgotten.
pub(super) fn sentence(forgotten: usize) -> Option<String> {
    let was = if forgotten == 1 { "was" } else { "were" };
    (forgotten > 0).then(|| {
        let samples = output::counted(forgotten, "sample");
        format!("has learned from {samples} that {was} forgotten since")
    })
}
