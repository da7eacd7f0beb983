//! Writes curated samples to files, such that `forget` knows about every sample that is in a file.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;

use crate::curate::Curated;
use crate::private_file::{FileError, write_private_file};
use crate::sample::Metadata;
use crate::store::{Filter, Store, StoreError};

#[derive(Debug, thiserror::Error)]
pub enum ExportCuratedError {
    #[error("interactions were forgotten meanwhile; nothing was written, run it again")]
    Forgotten,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    File(#[from] FileError),
}

/// Writes `samples.jsonl`, `preferences.jsonl` and `rejected.jsonl` into `folder`, which is created if it does not exist.
///
/// Which sample was made of which interaction is noted in the store before anything is written: no file may hold a sample that
/// `forget` cannot find. Then the interactions are looked up again, since those that were forgotten between reading and noting
/// would be in the files without a record of it. Each file is replaced atomically and has mode 0600.
pub fn export_curated(
    store: &mut Store,
    curated: &Curated,
    folder: &Path,
) -> Result<(), ExportCuratedError> {
    let metadata = || {
        let samples = curated.samples.iter().chain(&curated.rejected);
        samples
            .map(|sample| &sample.metadata)
            .chain(curated.preferences.iter().map(|pair| &pair.metadata))
    };
    store.link_samples(metadata())?;
    if !all_exist(store, metadata())? {
        return Err(ExportCuratedError::Forgotten);
    }
    std::fs::create_dir_all(folder).map_err(|error| FileError::new("create", folder, &error))?;
    write_lines(&folder.join("samples.jsonl"), &curated.samples)?;
    write_lines(&folder.join("preferences.jsonl"), &curated.preferences)?;
    write_lines(&folder.join("rejected.jsonl"), &curated.rejected)?;
    Ok(())
}

fn all_exist<'m>(
    store: &Store,
    metadata: impl Iterator<Item = &'m Metadata>,
) -> Result<bool, StoreError> {
    let used: BTreeSet<&String> = metadata
        .flat_map(|metadata| &metadata.interactions)
        .collect();
    let filters: Vec<Filter> = used
        .iter()
        .map(|id| Filter {
            id: Some((*id).clone()),
            ..Filter::default()
        })
        .collect();
    let existing: u64 = store.count(&filters)?.values().sum();
    Ok(existing == used.len() as u64)
}

fn write_lines<T: Serialize>(file: &Path, rows: &[T]) -> Result<(), FileError> {
    write_private_file(file, |out| {
        for row in rows {
            serde_json::to_writer(&mut *out, row)
                .map_err(std::io::Error::from)
                .and_then(|()| out.write_all(b"\n"))
                .map_err(|error| FileError::new("write", file, &error))?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CurateOptions, Intake, Interaction, RecordedCitation, Verdict, curate};

    #[test]
    fn nothing_is_written_when_an_interaction_was_forgotten_after_it_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("samples.db")).unwrap();
        let interaction = Interaction {
            id: "i".to_owned(),
            question: "where is the index opened?".to_owned(),
            answer: "In store.rs.".to_owned(),
            citations: vec![RecordedCitation {
                file: "src/store.rs".to_owned(),
                range: crate::CitedLines { first: 1, last: 2 },
                verified: true,
            }],
            verdict: Some(Verdict::Good),
            ..Interaction::default()
        };
        let admitted = Intake::default().admit(interaction).unwrap();
        store.insert(&[admitted]).unwrap();
        let recorded = store.list(&Filter::default(), 9, None).unwrap().rows;
        let curated = curate(&recorded, &[], &CurateOptions::default());
        let out = folder.path().join("out");
        export_curated(&mut store, &curated, &out).unwrap();
        let written = std::fs::read_to_string(out.join("samples.jsonl")).unwrap();
        assert_eq!(written.lines().count(), 1);

        std::fs::remove_dir_all(&out).unwrap();
        store.forget(&Filter::default()).unwrap();
        let refused = export_curated(&mut store, &curated, &out);
        assert!(matches!(refused, Err(ExportCuratedError::Forgotten)));
        assert!(!out.exists());
        // The samples are noted nevertheless, so that files of an earlier export are found.
        let noted = store
            .sample_origins(&[curated.samples[0].metadata.id.clone()])
            .unwrap();
        assert_eq!(noted[0].interactions, ["i"]);
    }
}
