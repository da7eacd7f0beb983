//! The store, compared with a list in memory, and its files byte by byte.

mod any;
mod damage;
mod erasure;
mod races;

use any::{any_event, any_filter, any_interaction, means};
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::feedback::{FeedbackEvent, MeasuredAfter};
use crate::interaction::{ContextRef, PrivacyMode, RecordedCitation, RetrievalScore, Verdict};
use crate::sample::CitedLines;

fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("samples.db")).unwrap();
    (folder, store)
}

fn admitted(interaction: Interaction) -> Admitted<Interaction> {
    Intake::default().admit(interaction).unwrap()
}

fn feedback(interaction: &str, time: u64, event: FeedbackEvent) -> Admitted<Feedback> {
    let raw = Feedback {
        interaction: interaction.to_owned(),
        time,
        event,
    };
    Intake::default().admit_feedback(raw).unwrap()
}

fn citation(file: &str) -> RecordedCitation {
    RecordedCitation {
        file: file.to_owned(),
        range: CitedLines { first: 1, last: 9 },
        verified: true,
    }
}

fn interaction(id: &str, time: u64) -> Interaction {
    Interaction {
        id: id.to_owned(),
        time,
        workspace: "w".to_owned(),
        kind: "ask".to_owned(),
        question: format!("what is {id}?"),
        answer: format!("{id} is a thing"),
        citations: vec![citation("src/a.rs")],
        ..Interaction::default()
    }
}

#[test]
fn feedback_is_stored_and_changes_the_verdict() {
    let (_folder, mut store) = store();
    assert_eq!(store.insert(&[admitted(interaction("i", 1))]).unwrap(), 1);
    assert_eq!(
        store.insert(&[admitted(interaction("i", 2))]).unwrap(),
        0,
        "known"
    );
    let verdict = |store: &Store| store.get("i").unwrap().unwrap().interaction.verdict;
    assert!(
        store
            .add_feedback(&feedback("i", 2, FeedbackEvent::Up))
            .unwrap()
    );
    assert_eq!(verdict(&store), Some(Verdict::Good));
    let copied = FeedbackEvent::Copied { characters: 4 };
    assert!(
        store
            .add_feedback(&feedback("i", 3, copied.clone()))
            .unwrap()
    );
    assert_eq!(verdict(&store), Some(Verdict::Good));
    let correction = FeedbackEvent::Corrected {
        answer: "thus".to_owned(),
    };
    assert!(store.add_feedback(&feedback("i", 4, correction)).unwrap());
    let read = store.get("i").unwrap().unwrap();
    assert_eq!(read.interaction.verdict, Some(Verdict::Corrected));
    assert_eq!(read.interaction.correction.as_deref(), Some("thus"));
    assert_eq!((read.interaction.time, read.feedback.len()), (1, 3));
    assert_eq!(read.feedback[1].event, copied);
    assert!(
        !store
            .add_feedback(&feedback("j", 5, FeedbackEvent::Up))
            .unwrap(),
        "unknown"
    );
    assert_eq!(store.counts_since(3).unwrap(), (0, 2));
}

#[test]
fn editing_changes_only_editable_fields() {
    let (_folder, mut store) = store();
    store.insert(&[admitted(interaction("i", 1))]).unwrap();
    let edited = store.edit(&Intake::default(), "i", |interaction| {
        interaction.answer = "password = 'hunter2'".to_owned();
        interaction.verdict = Some(Verdict::Good);
        interaction.time = 9;
    });
    assert!(edited.unwrap());
    let read = store.get("i").unwrap().unwrap().interaction;
    assert_eq!(read.answer, "password = '[redacted:password]'");
    assert_eq!((read.time, read.verdict), (1, Some(Verdict::Good)));
    assert!(!store.edit(&Intake::default(), "j", |_| {}).unwrap());
}

#[test]
fn forgetting_marks_the_models_that_have_learned_from_an_interaction() {
    let (_folder, mut store) = store();
    let rows: Vec<_> = ["a", "b"].map(|id| admitted(interaction(id, 1))).into();
    store.insert(&rows).unwrap();
    let mut samples: Vec<_> = rows
        .iter()
        .map(|row| crate::curate::as_sample(row.get()))
        .collect();
    samples[0].metadata.id = "s-a".to_owned();
    samples[1].metadata.id = "s-b".to_owned();
    store
        .link_samples(samples.iter().map(|sample| &sample.metadata))
        .unwrap();
    store
        .link_dataset("d1", &["s-a".to_owned(), "s-b".to_owned()])
        .unwrap();
    store.link_dataset("d2", &["s-b".to_owned()]).unwrap();
    store.link_generation("repo@1", "d1", None).unwrap();
    store
        .link_generation("repo@2", "d2", Some("repo@1"))
        .unwrap();
    store.link_generation("other@1", "d2", None).unwrap();

    let labels = |store: &Store, id: &str| -> Vec<(String, bool)> {
        let uses = store.generations_using(id).unwrap();
        uses.into_iter()
            .map(|found| (found.label, found.tainted))
            .collect()
    };
    let named = |name: &str, tainted| (name.to_owned(), tainted);
    assert_eq!(
        labels(&store, "a"),
        [named("repo@1", false), named("repo@2", false)]
    );
    let made = store.samples_of_generation("repo@2").unwrap();
    assert_eq!(made.len(), 2, "its own, and that of the generation before");
    assert_eq!(made[0].interactions, ["a"]);

    let filter = Filter {
        id: Some("a".to_owned()),
        ..Filter::default()
    };
    let forgotten = store.forget(&filter).unwrap();
    assert_eq!(forgotten.interactions, ["a"]);
    assert_eq!(forgotten.samples, ["s-a"]);
    assert_eq!(forgotten.datasets, ["d1"]);
    assert_eq!(forgotten.generations, ["repo@1", "repo@2"]);
    assert!(store.get("a").unwrap().is_none() && store.get("b").unwrap().is_some());
    assert_eq!(store.tainted_datasets().unwrap(), ["d1"]);
    assert_eq!(
        labels(&store, "a"),
        [named("repo@1", true), named("repo@2", true)]
    );
    assert!(store.samples_of_generation("repo@1").unwrap()[0].tainted);
    let asked = ["s-b", "s-a", "s-x"].map(str::to_owned);
    assert_eq!(store.tainted_samples(&asked).unwrap(), ["s-a"]);
    let origins = store.sample_origins(&asked).unwrap();
    assert_eq!(
        origins
            .iter()
            .map(|origin| (origin.tainted, origin.interactions.len()))
            .collect::<Vec<_>>(),
        [(false, 1), (true, 1), (false, 0)]
    );
    assert_eq!(
        labels(&store, "b"),
        [
            named("other@1", false),
            named("repo@1", true),
            named("repo@2", true)
        ]
    );
}

#[test]
fn a_damaged_interaction_does_not_affect_others() {
    let (folder, mut store) = store();
    store
        .insert(&[admitted(interaction("i", 1)), admitted(interaction("j", 2))])
        .unwrap();
    let damage = "UPDATE body SET content = zeroblob(40) WHERE seq = 1";
    store.connection.execute(damage, []).unwrap();
    let listing = store.list(&Filter::default(), 9, None).unwrap();
    assert_eq!((listing.rows.len(), listing.unreadable), (1, 1));
    let path = folder.path().join("samples.db");
    let recorder = Recorder::new(&path, RecorderOptions::default());
    let correction = |id: &str| Feedback {
        interaction: id.to_owned(),
        time: 3,
        event: FeedbackEvent::Corrected {
            answer: "thus".to_owned(),
        },
    };
    assert_eq!(
        recorder.record_feedback(correction("i")).wait(),
        RecordOutcome::UnknownInteraction
    );
    assert_eq!(
        recorder.record_feedback(correction("j")).wait(),
        RecordOutcome::Durable
    );
    drop(recorder);
    assert_eq!(store.set_aside_files(), Vec::<PathBuf>::new());
    let filter = Filter {
        id: Some("i".to_owned()),
        ..Filter::default()
    };
    assert_eq!(store.forget(&filter).unwrap().interactions, ["i"]);
    assert_eq!(
        store.list(&Filter::default(), 9, None).unwrap().unreadable,
        0
    );
}

#[test]
fn foreign_samples_are_imported() {
    let (_folder, mut store) = store();
    let sample = crate::curate::as_sample(&interaction("x", 1));
    let line = serde_json::to_string(&sample).unwrap();
    let read = store
        .import(&Intake::default(), &mut line.as_bytes())
        .unwrap();
    assert_eq!((read.new, read.known), (1, 0));
    let found = store.get(&sample.metadata.id).unwrap().unwrap().interaction;
    assert_eq!(
        (found.question.as_str(), found.verdict),
        ("what is x?", Some(Verdict::Good))
    );
    // One invalid line makes the whole import fail.
    let wrong = format!("{}\n{{}}", line.replace(&sample.metadata.id, "other"));
    let error = store
        .import(&Intake::default(), &mut wrong.as_bytes())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 2 cannot be imported: missing field `messages`"
    );
    assert!(store.get("other").unwrap().is_none());
}

/// Everything in it, newest first.
fn everything(store: &Store) -> Vec<RecordedInteraction> {
    store
        .list(&Filter::default(), usize::MAX, None)
        .unwrap()
        .rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn an_import_restores_what_was_exported(
        interactions in prop::collection::vec(any_interaction(), 0..12),
        events in prop::collection::vec((any::<prop::sample::Index>(), any_event()), 0..12),
    ) {
        let (_folder, mut store) = store();
        let rows: Vec<_> = interactions.into_iter().map(admitted).collect();
        store.insert(&rows).unwrap();
        for (time, (index, event)) in events.into_iter().enumerate().filter(|_| !rows.is_empty()) {
            let id = &index.get(&rows).get().id;
            store.add_feedback(&feedback(id, time as u64, event)).unwrap();
        }
        let mut lines = Vec::new();
        let count = store.export(&Filter::default(), &mut lines).unwrap().written;
        prop_assert_eq!(count, rows.len() as u64);
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let _sample: crate::Sample = serde_json::from_slice(line).unwrap();
        }
        let other = tempfile::tempdir().unwrap();
        let mut other = Store::open(&other.path().join("samples.db")).unwrap();
        let imported = other.import(&Intake::default(), &mut &lines[..]).unwrap();
        prop_assert_eq!(imported.new, rows.len() as u64);
        let by_id = |store: &Store| {
            let mut all = everything(store);
            all.sort_by(|a, b| a.interaction.id.cmp(&b.interaction.id));
            all
        };
        prop_assert_eq!(by_id(&other), by_id(&store));
        let strict = Intake::new(PrivacyMode::Off);
        prop_assert_eq!(other.import(&strict, &mut &lines[..]).unwrap().refused, rows.len() as u64);
    }

    #[test]
    fn a_filter_finds_what_a_loop_over_everything_finds(
        interactions in prop::collection::vec(any_interaction(), 0..60),
        filter in any_filter(),
        page in 1..9_usize,
    ) {
        let (_folder, mut store) = store();
        let rows: Vec<_> = interactions.into_iter().map(admitted).collect();
        store.insert(&rows).unwrap();
        let wanted: Vec<_> = everything(&store).into_iter().filter(|row| means(&filter, &row.interaction)).collect();
        let mut found = Vec::new();
        let mut from = None;
        loop {
            let listing = store.list(&filter, page, from).unwrap();
            found.extend(listing.rows);
            match listing.next {
                Some(next) => from = Some(next),
                None => break,
            }
        }
        prop_assert_eq!(found, wanted);
        // All search strategies find the same.
        let usual = store.find(&filter, page, None).unwrap();
        for (max_rows_by_file, max_rows_by_time, max_files, max_ranges) in
            [(0, 0, 0, 0), (0, 9, 0, 0), (2, 0, 9, 0), (4, 9, 9, 0), (0, usize::MAX, 0, 0), (0, 0, 0, 99)]
        {
            let budget = find::Budget { max_rows_by_file, max_rows_by_time, max_files, max_ranges, page_size: 2 };
            prop_assert_eq!(&store.find_within(&filter, page, None, budget).unwrap(), &usual);
        }
    }
}

#[test]
fn editing_a_correction_deletes_the_events_with_the_previous_one() {
    let (_folder, mut store) = store();
    store.insert(&[admitted(interaction("i", 1))]).unwrap();
    let correction = FeedbackEvent::Corrected {
        answer: "the first".to_owned(),
    };
    store.add_feedback(&feedback("i", 2, correction)).unwrap();
    store
        .add_feedback(&feedback("i", 3, FeedbackEvent::Up))
        .unwrap();
    let judge = |interaction: &mut Interaction| interaction.verdict = Some(Verdict::Bad);
    assert!(store.edit(&Intake::default(), "i", judge).unwrap());
    assert_eq!(store.get("i").unwrap().unwrap().feedback.len(), 2);
    let correct = |interaction: &mut Interaction| interaction.correction = Some("new".to_owned());
    assert!(store.edit(&Intake::default(), "i", correct).unwrap());
    let left = store.get("i").unwrap().unwrap().feedback;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].event, FeedbackEvent::Up);
}

#[test]
fn an_id_is_found_by_its_prefix() {
    let (_folder, mut store) = store();
    let ids = ["ab", "abc", "abd%", "b_1", "é1"];
    let rows: Vec<_> = ids.map(|id| admitted(interaction(id, 1))).into();
    store.insert(&rows).unwrap();
    assert_eq!(store.ids_with_prefix("ab", 9).unwrap(), ["ab"], "itself");
    assert_eq!(store.ids_with_prefix("abd", 9).unwrap(), ["abd%"]);
    assert_eq!(store.ids_with_prefix("a", 2).unwrap(), ["ab", "abc"]);
    assert_eq!(store.ids_with_prefix("é", 9).unwrap(), ["é1"]);
    assert!(store.ids_with_prefix("%", 9).unwrap().is_empty());
    assert!(store.ids_with_prefix("c", 9).unwrap().is_empty());
    for (id, short) in [("abc", "abc"), ("abd%", "abd"), ("b_1", "b"), ("é1", "é")] {
        assert_eq!(store.short_id(id, 1).unwrap(), short);
        assert_eq!(store.ids_with_prefix(short, 9).unwrap(), [id]);
    }
    assert_eq!(store.short_id("b_1", 2).unwrap(), "b_");
}

#[test]
fn matches_are_counted_by_workspace() {
    let (_folder, mut store) = store();
    let mut other = interaction("c", 3);
    other.workspace = "v".to_owned();
    let rows = [interaction("a", 1), interaction("b", 2), other].map(admitted);
    store.insert(&rows).unwrap();
    let of_id = |id: &str| Filter {
        id: Some(id.to_owned()),
        ..Filter::default()
    };
    let named = |name: &str, count| (name.to_owned(), count);
    let all = store.count(&[Filter::default(), of_id("a")]).unwrap();
    assert_eq!(all, [named("v", 1), named("w", 2)].into());
    assert!(store.count(&[]).unwrap().is_empty());
    let filters = [of_id("a"), of_id("c"), of_id("a"), of_id("x")];
    assert_eq!(store.count(&filters).unwrap().values().sum::<u64>(), 2);
    let forgotten = store.forget_any(&filters).unwrap();
    assert_eq!(forgotten.interactions, ["c", "a"]);
    assert!(store.get("b").unwrap().is_some());
}
