//! What became of code that was inserted: looked at after half a minute, after five, and when its document is next saved.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use trainer_bridge::{FeedbackEvent, MeasuredAfter};

use super::session::Shared;
use assistant::recording::{Inserted, share};

/// Insertions that are followed at once; the oldest are let go.
const FOLLOWED: usize = 256;

const LOOKS: [(MeasuredAfter, Duration); 2] = [
    (MeasuredAfter::HalfMinute, Duration::from_secs(30)),
    (MeasuredAfter::FiveMinutes, Duration::from_secs(300)),
];

#[derive(Default)]
pub struct Insertions {
    /// Those whose document has not been saved since, each with the document it is in.
    unsaved: Mutex<Vec<(String, Arc<Followed>)>>,
}

struct Followed {
    interaction: String,
    id: String,
    inserted: Inserted,
}

impl Insertions {
    /// Follows an insertion into the document that is known by `key`.
    pub fn follow(
        &self,
        shared: &Arc<Shared>,
        key: String,
        interaction: String,
        id: String,
        inserted: Inserted,
    ) {
        let followed = Arc::new(Followed {
            interaction,
            id,
            inserted,
        });
        {
            let mut unsaved = self.unsaved.lock().unwrap_or_else(PoisonError::into_inner);
            if unsaved.len() == FOLLOWED {
                unsaved.remove(0);
            }
            unsaved.push((key.clone(), followed.clone()));
        }
        // Weakly: a session that ends is not kept alive for five minutes.
        tokio::spawn(look_again(Arc::downgrade(shared), key, followed));
    }

    /// A document was saved.
    pub fn saved(&self, shared: &Arc<Shared>, key: &str) {
        let saved: Vec<_> = {
            let mut unsaved = self.unsaved.lock().unwrap_or_else(PoisonError::into_inner);
            unsaved.extract_if(.., |(known, _)| known == key).collect()
        };
        // The text as it is at this moment, whatever is typed next.
        let now = text(shared, key);
        for (_, followed) in saved {
            look(
                shared.clone(),
                followed,
                now.clone(),
                key.to_owned(),
                MeasuredAfter::Save,
            );
        }
    }
}

async fn look_again(shared: Weak<Shared>, key: String, followed: Arc<Followed>) {
    let begun = tokio::time::Instant::now();
    for (after, time) in LOOKS {
        tokio::time::sleep_until(begun + time).await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        let now = text(&shared, &key);
        look(shared, followed.clone(), now, key.clone(), after);
    }
}

/// The text of a document, if it is open.
fn text(shared: &Shared, key: &str) -> Option<Arc<str>> {
    let document = shared.session().documents.get(key).cloned();
    document.map(|document| document.text().clone())
}

/// Compares elsewhere: a long file takes its time.
fn look(
    shared: Arc<Shared>,
    followed: Arc<Followed>,
    now: Option<Arc<str>>,
    key: String,
    after: MeasuredAfter,
) {
    tokio::task::spawn_blocking(move || {
        // A document that is no longer open is what is on disk; one that is no longer there has nothing left.
        let now = now.or_else(|| std::fs::read_to_string(key).ok().map(Arc::from));
        let event = FeedbackEvent::Survived {
            insertion: followed.id.clone(),
            after,
            share: now.map_or(0.0, |now| share(&followed.inserted, &now)),
        };
        if let Some(keeping) = shared.snapshot().keeping {
            shared
                .samples
                .feedback(&keeping, &followed.interaction, event);
        }
    });
}
