//! Answers on their way out: as the result of a request, and as a Markdown document an editor can open.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use tower_lsp::ls_types::Uri;

use super::convert::{FileLinks, Locator, to_uri};
use super::ext::{AskResult, Mode};
use super::snapshot::SessionSnapshot;
use crate::answer::Answer;
use crate::chat::Answered;

/// Documents beyond this many are deleted, the oldest first.
const KEPT: usize = 100;

pub fn result(
    session: &SessionSnapshot,
    answer: &Answer,
    conversation_id: Option<String>,
) -> AskResult {
    let mut locator = Locator::new(session);
    AskResult {
        markdown: answer.to_markdown(&FileLinks(session)),
        citations: answer
            .citations()
            .into_iter()
            .filter_map(|c| locator.citation(c))
            .collect(),
        mode: Mode::Extractive,
        generation: None,
        thinking: None,
        grounded: None,
        unverified: Vec::new(),
        error: None,
        interaction_id: interaction_id(),
        conversation_id,
    }
}

/// What a model answered, checked.
pub fn of_model(
    session: &SessionSnapshot,
    answered: &Answered,
    conversation_id: Option<String>,
) -> AskResult {
    let mut locator = Locator::new(session);
    let claims = &answered.checked.claims;
    let unverified = claims.unverified();
    AskResult {
        markdown: answered.checked.markdown.clone(),
        citations: claims
            .citations
            .iter()
            .filter_map(|c| locator.citation(c))
            .collect(),
        mode: Mode::Model,
        generation: Some(answered.generation.clone()),
        thinking: Some(answered.thinking.clone()).filter(|t| !t.is_empty()),
        grounded: claims.grounded(),
        unverified: unverified.into_iter().map(str::to_owned).collect(),
        error: answered.interrupted.clone(),
        interaction_id: interaction_id(),
        conversation_id,
    }
}

/// Writes an answer to the answers folder. The same answer is the same file, so that asking twice opens one document.
pub fn write(session: &SessionSnapshot, name: &str, markdown: &str) -> Option<Uri> {
    let directory = &session.settings.as_ref()?.answers_directory;
    let hash = blake3::hash(markdown.as_bytes()).to_hex();
    let path = directory.join(format!(
        "{}-{}.md",
        name.trim_start_matches("repoLsp."),
        &hash[..8]
    ));
    let written = std::fs::create_dir_all(directory).and_then(|()| std::fs::write(&path, markdown));
    if let Err(error) = written {
        // The answer itself still reaches the client, as the result of its command.
        tracing::warn!("cannot write {}: {error}", path.display());
        return None;
    }
    prune(directory);
    to_uri(&path)
}

/// Unique among all sessions of a user, and in the order of time.
pub fn interaction_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let time = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_millis());
    format!(
        "{time:012x}-{:x}-{:x}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}

fn prune(directory: &Path) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    let written =
        |entry: std::fs::DirEntry| Some((entry.metadata().ok()?.modified().ok()?, entry.path()));
    let mut files: Vec<_> = entries
        .flatten()
        .filter_map(written)
        .filter(|(_, p)| p.extension().is_some_and(|e| e == "md"))
        .collect();
    files.sort();
    let excess = files.len().saturating_sub(KEPT);
    for (_, path) in files.into_iter().take(excess) {
        let _ = std::fs::remove_file(path);
    }
}
