//! Measures how much of an inserted piece of code survives: after 30 seconds, after 5 minutes, and at the next save of its document.

use std::sync::{Arc, Weak};
use std::time::Duration;

use assistant::recording::{Inserted, RecordingPolicy, Samples, share};
use parking_lot::Mutex;
use trainer_bridge::{FeedbackEvent, MeasuredAfter};

/// Insertions that are tracked at once. Beyond that, the oldest one is not measured at the next save.
const MAX_TRACKED: usize = 256;

/// When an insertion is measured, counted from the insertion.
const MEASUREMENT_TIMES: [(MeasuredAfter, Duration); 2] = [
    (MeasuredAfter::HalfMinute, Duration::from_secs(30)),
    (MeasuredAfter::FiveMinutes, Duration::from_secs(300)),
];

/// Returns the text of the open document with the given key.
type TextOf = dyn Fn(&str) -> Option<Arc<str>> + Send + Sync;

pub struct Insertions(Arc<Tracker>);

struct Tracker {
    samples: Arc<Samples>,
    policy: Box<dyn Fn() -> Option<RecordingPolicy> + Send + Sync>,
    text: Box<TextOf>,
    /// Insertions whose document has not been saved since, each with the key of the document.
    unsaved: Mutex<Vec<(String, Arc<Insertion>)>>,
}

struct Insertion {
    interaction: String,
    id: String,
    inserted: Inserted,
}

impl Insertions {
    /// `policy` returns the recording policy at the time of a measurement, `text` the text of the open document with the given key.
    pub fn new(
        samples: Arc<Samples>,
        policy: impl Fn() -> Option<RecordingPolicy> + Send + Sync + 'static,
        text: impl Fn(&str) -> Option<Arc<str>> + Send + Sync + 'static,
    ) -> Self {
        Insertions(Arc::new(Tracker {
            samples,
            policy: Box::new(policy),
            text: Box::new(text),
            unsaved: Mutex::default(),
        }))
    }

    /// Tracks an insertion into the document with the given key.
    pub fn track(&self, key: String, interaction: String, id: String, inserted: Inserted) {
        let insertion = Arc::new(Insertion {
            interaction,
            id,
            inserted,
        });
        {
            let mut unsaved = self.0.unsaved.lock();
            if unsaved.len() == MAX_TRACKED {
                unsaved.remove(0);
            }
            unsaved.push((key.clone(), insertion.clone()));
        }
        // Weak, so that the task does not keep an ended session alive for five minutes.
        tokio::spawn(measure_over_time(Arc::downgrade(&self.0), key, insertion));
    }

    /// Measures the insertions of a document that was just saved.
    pub fn saved(&self, key: &str) {
        let saved: Vec<_> = {
            let mut unsaved = self.0.unsaved.lock();
            unsaved.extract_if(.., |(known, _)| known == key).collect()
        };
        if saved.is_empty() {
            return;
        }
        // Read here, because the document may change before the measurement runs.
        let text = (self.0.text)(key);
        for (_, insertion) in saved {
            let (tracker, text) = (self.0.clone(), text.clone());
            measure(
                tracker,
                insertion,
                text,
                key.to_owned(),
                MeasuredAfter::Save,
            );
        }
    }
}

async fn measure_over_time(tracker: Weak<Tracker>, key: String, insertion: Arc<Insertion>) {
    let inserted_at = tokio::time::Instant::now();
    for (after, time) in MEASUREMENT_TIMES {
        tokio::time::sleep_until(inserted_at + time).await;
        let Some(tracker) = tracker.upgrade() else {
            return;
        };
        let text = (tracker.text)(&key);
        measure(tracker, insertion.clone(), text, key.clone(), after);
    }
}

/// Compares on a worker thread, because comparing a long file takes long.
fn measure(
    tracker: Arc<Tracker>,
    insertion: Arc<Insertion>,
    text: Option<Arc<str>>,
    key: String,
    after: MeasuredAfter,
) {
    tokio::task::spawn_blocking(move || {
        // The text of a closed document is on disk. If the file is gone as well, nothing of the insertion is left.
        let text = text.or_else(|| std::fs::read_to_string(key).ok().map(Arc::from));
        let event = FeedbackEvent::Survived {
            insertion: insertion.id.clone(),
            after,
            share: text.map_or(0.0, |text| share(&insertion.inserted, &text)),
        };
        if let Some(policy) = (tracker.policy)() {
            let samples = &tracker.samples;
            samples.feedback(&policy, &insertion.interaction, event);
        }
    });
}
