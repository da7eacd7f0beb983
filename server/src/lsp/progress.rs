//! Work-done progress while a root is being indexed: "1,204 of 4,952 files".

use std::sync::Arc;
use std::time::Duration;

use repo_indexer::{IndexEvent, Progress};
use tokio::sync::mpsc::UnboundedReceiver;
use tower_lsp::ls_types::ProgressToken;
use tower_lsp::{Bounded, NotCancellable, OngoingProgress};

use super::roots::{Root, notify};
use super::session::Shared;

/// Scans of fewer files are over before anyone could read about them; the first scan is always shown.
const WORTH_SHOWING: usize = 100;
/// Reports come at most this often.
const PACE: Duration = Duration::from_millis(100);
/// A client that does not answer gets no progress, and indexing goes on.
const PATIENCE: Duration = Duration::from_secs(5);

/// Turns the events of one root into messages to the client, until the root goes.
pub async fn report(
    shared: Arc<Shared>,
    root: Arc<Root>,
    mut events: UnboundedReceiver<IndexEvent>,
) {
    let mut shown: Option<OngoingProgress<Bounded, NotCancellable>> = None;
    let (mut first, mut asked) = (true, false);
    let mut scans = 0;
    while let Some(event) = events.recv().await {
        let mut latest = None;
        // The newest of what has piled up is all that matters.
        for event in std::iter::once(event).chain(std::iter::from_fn(|| events.try_recv().ok())) {
            match event {
                IndexEvent::Notice(text) => notify(&shared, &text).await,
                IndexEvent::Failed(text) => {
                    notify(&shared, &text).await;
                    latest = Some(IndexEvent::Failed(text));
                }
                other => latest = Some(other),
            }
        }
        match latest {
            Some(IndexEvent::Progress(progress)) => {
                if let Some(shown) = &shown {
                    shown
                        .report_with_message(message(progress), percentage(progress))
                        .await;
                } else if !asked && (first || progress.total >= WORTH_SHOWING) {
                    // Once for each scan: a client that declined is not asked again.
                    asked = true;
                    scans += 1;
                    shown = begin(&shared, &root, scans, progress).await;
                }
                tokio::time::sleep(PACE).await;
            }
            Some(IndexEvent::Fresh(_) | IndexEvent::Failed(_)) => {
                (first, asked) = (false, false);
                if let Some(shown) = shown.take() {
                    shown.finish().await;
                }
            }
            _ => {}
        }
    }
    if let Some(shown) = shown {
        shown.finish().await;
    }
}

async fn begin(
    shared: &Shared,
    root: &Root,
    scan: usize,
    progress: Progress,
) -> Option<OngoingProgress<Bounded, NotCancellable>> {
    shared
        .ready
        .subscribe()
        .wait_for(|ready| *ready)
        .await
        .ok()?;
    if !shared.session().support.work_done_progress {
        return None;
    }
    let token = ProgressToken::String(format!("repo-lsp/index/{}/{scan}", root.path.display()));
    let created = shared.client.create_work_done_progress(token.clone());
    tokio::time::timeout(PATIENCE, created).await.ok()?.ok()?;
    let title = format!("Indexing {}", root.name);
    let begun = shared
        .client
        .progress(token, title)
        .with_percentage(percentage(progress))
        .with_message(message(progress));
    Some(begun.begin().await)
}

fn message(progress: Progress) -> String {
    format!(
        "{} of {} files",
        grouped(progress.done),
        grouped(progress.total)
    )
}

fn percentage(progress: Progress) -> u32 {
    (progress.done * 100 / progress.total.max(1)).min(100) as u32
}

/// 1204 → "1,204"
fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_reads_well() {
        assert_eq!(
            message(Progress {
                done: 1204,
                total: 4952
            }),
            "1,204 of 4,952 files"
        );
        assert_eq!(
            message(Progress {
                done: 0,
                total: 1_000_000
            }),
            "0 of 1,000,000 files"
        );
        assert_eq!(percentage(Progress { done: 0, total: 0 }), 0);
    }
}
