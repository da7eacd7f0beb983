//! Whole datasets: the same bytes from the same inputs, nothing of a held-out file in training, a report that shows text as text.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use repo_indexer::{Cancel, Snapshot};

use super::*;
use crate::facts::tests::snapshot_of;
use crate::{GoldenQuestion, Sample, Split, split_of};

/// Many small files, so that every split has some.
fn fixture() -> String {
    let mut fixture = String::new();
    for number in 0..60 {
        fixture += &format!(
            "//- /pkg/part_{number}.py\n\
             from pkg.part_{} import load_{}\n\
             def load_{number}(path, limit=5):\n    \"\"\"Loads the <b>records</b> of part {number} from disk.\"\"\"\n    return load_{}(path)\n",
            (number + 1) % 60,
            (number + 1) % 60,
            (number + 1) % 60,
        );
    }
    fixture
}

fn build(
    snapshot: &Arc<Snapshot>,
    parent: &Path,
    golden: &[GoldenQuestion],
) -> (std::path::PathBuf, DatasetManifest) {
    build_dataset(
        snapshot,
        parent,
        None,
        &BuildInputs {
            golden,
            ..BuildInputs::default()
        },
        &BuildOptions::default(),
        &|_| {},
        &Cancel::new(),
    )
    .unwrap()
}

fn content(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                fs::read(entry.path()).unwrap(),
            )
        })
        .collect()
}

fn samples(parent: &Path, name: &str) -> Vec<Sample> {
    let mut samples = Vec::new();
    read_samples(parent, name, &mut |sample| {
        samples.push(sample);
        true
    })
    .unwrap();
    samples
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let out = tempfile::tempdir().unwrap();
    let (_folder, snapshot) = snapshot_of(&fixture());
    let (first, manifest) = build(&snapshot, &out.path().join("a"), &[]);
    let (_folder, snapshot) = snapshot_of(&fixture());
    let (second, _) = build(&snapshot, &out.path().join("b"), &[]);
    assert_eq!(first.file_name(), second.file_name());
    assert_eq!(content(&first), content(&second));
    assert!(manifest.statistics.samples() > 1000);
    // Nothing is left beside the dataset.
    assert_eq!(fs::read_dir(out.path().join("a")).unwrap().count(), 1);
}

#[test]
fn no_training_sample_shows_a_held_out_file() {
    let out = tempfile::tempdir().unwrap();
    let (_folder, snapshot) = snapshot_of(&fixture());
    let (place, manifest) = build(&snapshot, out.path(), &[]);
    let name = place.file_name().unwrap().to_str().unwrap();
    let held_out: Vec<String> = (0..60)
        .map(|number| format!("pkg/part_{number}.py"))
        .filter(|path| split_of(path) != Split::Train)
        .collect();
    assert!(held_out.len() > 2);
    for sample in samples(out.path(), name) {
        let train = sample.metadata.split == Split::Train;
        let text = &sample.messages[1].content;
        let shown = held_out
            .iter()
            .find(|path| text.contains(&format!("{path}#")));
        assert!(!train || shown.is_none(), "{text}");
    }
    assert!(manifest.statistics.kinds["signature"].test > 0);
}

#[test]
fn questions_close_to_a_golden_one_are_dropped() {
    let out = tempfile::tempdir().unwrap();
    let (_folder, snapshot) = snapshot_of(&fixture());
    let golden = GoldenQuestion {
        question: "Where is `load_7` defined?".to_owned(),
        ..Default::default()
    };
    let (place, manifest) = build(&snapshot, out.path(), &[golden]);
    let name = place.file_name().unwrap().to_str().unwrap();
    assert!(
        manifest
            .statistics
            .dropped
            .contains_key(&crate::DropReason::GoldenOverlap)
    );
    let questions: Vec<_> = samples(out.path(), name)
        .into_iter()
        .map(|s| s.messages[0].content.clone())
        .collect();
    assert!(
        !questions
            .iter()
            .any(|question| question == "Where is `load_7` defined?")
    );
}

#[test]
fn a_report_shows_text_of_the_repository_as_text() {
    let out = tempfile::tempdir().unwrap();
    let (_folder, snapshot) = snapshot_of(&fixture());
    let (place, _) = build(&snapshot, out.path(), &[]);
    let html = fs::read_to_string(place.join("report.html")).unwrap();
    assert!(html.contains("&lt;b&gt;records&lt;"));
    assert!(!html.contains("<b>records"));
    assert!(html.matches("<svg").count() == 3 && !html.contains("<script"));
    assert!(html.contains("currentColor") && !html.contains("#010203"));
}

#[test]
fn datasets_are_listed_compared_and_removed() {
    let out = tempfile::tempdir().unwrap();
    let (_folder, snapshot) = snapshot_of(&fixture());
    let (place, manifest) = build(&snapshot, out.path(), &[]);
    let first = place.file_name().unwrap().to_str().unwrap().to_owned();
    let (_folder, changed) = snapshot_of(&fixture().replace("limit=5", "limit=6"));
    build_dataset(
        &changed,
        out.path(),
        Some("next"),
        &BuildInputs::default(),
        &BuildOptions::default(),
        &|_| {},
        &Cancel::new(),
    )
    .unwrap();
    let names: Vec<_> = list_datasets(out.path())
        .into_iter()
        .map(|entry| entry.name)
        .collect();
    assert_eq!(names.len(), 2);

    let comparison = compare_datasets(out.path(), &first, "next").unwrap();
    assert!(comparison.kinds["signature"].changed > 0);
    assert_eq!(comparison.kinds["signature"].added, 0);
    assert!(!comparison.kinds.contains_key("purpose"));
    let same = compare_datasets(out.path(), &first, &first).unwrap();
    assert_eq!(
        (same.same, same.kinds.len()),
        (manifest.statistics.samples(), 0)
    );

    fs::write(out.path().join("next/manifest.json"), "{").unwrap();
    let damaged = read_manifest(out.path(), "next").unwrap_err().to_string();
    assert!(
        damaged.contains("is damaged") && damaged.contains("build it again"),
        "{damaged}"
    );
    remove_dataset(out.path(), "next").unwrap();
    assert!(matches!(
        remove_dataset(out.path(), "next"),
        Err(DatasetError::Missing { .. })
    ));
    assert!(matches!(
        remove_dataset(out.path(), "../x"),
        Err(DatasetError::Missing { .. })
    ));
}

#[test]
fn an_empty_repository_is_an_error_and_leaves_nothing() {
    let out = tempfile::tempdir().unwrap();
    let (_folder, snapshot) = snapshot_of("//- /empty.bin\n\u{0}\u{1}\n");
    let refused = build_dataset(
        &snapshot,
        out.path(),
        None,
        &BuildInputs::default(),
        &BuildOptions::default(),
        &|_| {},
        &Cancel::new(),
    );
    assert!(matches!(refused, Err(DatasetError::EmptyIndex)));
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
}
