//! Work-done progress while a root is being indexed: "1,204 of 4,952 files".

use std::sync::Arc;
use std::time::Duration;

use indicatif::HumanCount;
use repo_indexer::{IndexEvent, Progress};
use tokio::sync::mpsc::UnboundedReceiver;
use tower_lsp::ls_types::ProgressToken;
use tower_lsp::{Bounded, NotCancellable, OngoingProgress};

use super::client::ClientHandle;
use super::root::Root;

/// Scans of fewer files show no progress because they end too soon. The first scan always shows it.
const MIN_SHOWN_FILES: usize = 100;
/// Minimum time between two reports.
const REPORT_INTERVAL: Duration = Duration::from_millis(100);
/// How long the client may take to create a progress token. Indexing continues without progress after that.
const CREATE_TIMEOUT: Duration = Duration::from_secs(5);

type Shown = OngoingProgress<Bounded, NotCancellable>;

/// Reports the events of one root to the client until the root is closed: scans as progress if `supported`, notices and failures as
/// warnings in its log.
pub async fn report(
    client: ClientHandle,
    supported: bool,
    root: Arc<Root>,
    mut events: UnboundedReceiver<IndexEvent>,
) {
    let mut shown: Option<Shown> = None;
    let (mut first_scan, mut requested) = (true, false);
    let mut scans = 0;
    while let Some(event) = events.recv().await {
        let mut latest = None;
        // Only the newest state of everything that is queued is of interest.
        for event in std::iter::once(event).chain(std::iter::from_fn(|| events.try_recv().ok())) {
            match event {
                IndexEvent::Notice(text) => client.warn(&text).await,
                IndexEvent::Failed(text) => {
                    client.warn(&text).await;
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
                } else if !requested && (first_scan || progress.total >= MIN_SHOWN_FILES) {
                    // Requested once per scan, also if the client declines.
                    requested = true;
                    scans += 1;
                    client.ready().await;
                    if supported {
                        shown = begin(&client, &root, scans, progress).await;
                    }
                }
                tokio::time::sleep(REPORT_INTERVAL).await;
            }
            Some(IndexEvent::Fresh(_) | IndexEvent::Failed(_)) => {
                (first_scan, requested) = (false, false);
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
    client: &ClientHandle,
    root: &Root,
    scan: usize,
    progress: Progress,
) -> Option<Shown> {
    let token = ProgressToken::String(format!("repo-lsp/index/{}/{scan}", root.path.display()));
    let connection = &client.connection;
    let created = connection.create_work_done_progress(token.clone());
    tokio::time::timeout(CREATE_TIMEOUT, created)
        .await
        .ok()?
        .ok()?;
    let begun = connection
        .progress(token, format!("Indexing {}", root.name))
        .with_percentage(percentage(progress))
        .with_message(message(progress));
    Some(begun.begin().await)
}

fn message(progress: Progress) -> String {
    let count = |n: usize| HumanCount(n as u64);
    format!(
        "{} of {} files",
        count(progress.done),
        count(progress.total)
    )
}

fn percentage(progress: Progress) -> u32 {
    (progress.done * 100 / progress.total.max(1)).min(100) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_digits_and_survives_an_empty_scan() {
        let of = |done, total| message(Progress { done, total });
        assert_eq!(of(1204, 4952), "1,204 of 4,952 files");
        assert_eq!(of(0, 1_000_000), "0 of 1,000,000 files");
        assert_eq!(percentage(Progress { done: 0, total: 0 }), 0);
    }
}
