//! Writes answers as Markdown documents for the editor to open.

use std::path::Path;

use settings::files::{FileAccess, write_atomically};
use tower_lsp::ls_types::Uri;
use trainer_bridge::Redactor;

use super::snapshot::SessionSnapshot;
use super::uri::to_uri;
use assistant::ask::AskResult;
use assistant::recording::MARK;

/// Documents beyond this number are deleted, the oldest first.
const MAX_DOCUMENTS: usize = 100;

/// Writes an answer to the answers folder and returns its URI, or `None` if it cannot be written. Equal answers share one file.
pub fn write(session: &SessionSnapshot, name: &str, answer: &AskResult) -> Option<Uri> {
    let directory = &session.settings.as_ref()?.answers_directory;
    let hash = blake3::hash(answer.markdown.as_bytes()).to_hex();
    let path = directory.join(format!(
        "{}-{}.md",
        name.trim_start_matches("repoLsp."),
        &hash[..8]
    ));
    if let Err(error) = put(&path, &document(answer)) {
        // The client still receives the answer as the result of the command.
        tracing::warn!("cannot write {}: {error}", path.display());
        return None;
    }
    prune(directory);
    to_uri(&path)
}

/// Formats an answer with the id of its interaction. Quoted code may contain secrets, which are redacted on disk, and text that looks like
/// the marker of an id, which is defused.
fn document(answer: &AskResult) -> String {
    let clean = |text: &str| {
        let (text, _) = Redactor::built_in().redact(text);
        text.replace(MARK.trim_end(), "<!-- repo-lsp ")
    };
    let Some(id) = &answer.interaction_id else {
        return clean(&answer.markdown);
    };
    let (own, rest) = answer.markdown.split_at(answer.own);
    let (own, rest) = (clean(own), clean(rest));
    let mut text = format!("{}\n\n{MARK}{id} -->\n", own.trim_end());
    if !rest.trim().is_empty() {
        text.push_str(&format!("\n{}", rest.trim_start_matches('\n')));
    }
    text
}

/// Writes a file that only the user can read.
fn put(path: &Path, text: &str) -> std::io::Result<()> {
    let directory = path.parent().unwrap_or(path);
    std::fs::create_dir_all(directory)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700))?;
    }
    write_atomically(path, text.as_bytes(), FileAccess::Owner)
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
    let excess = files.len().saturating_sub(MAX_DOCUMENTS);
    for (_, path) in files.into_iter().take(excess) {
        let _ = std::fs::remove_file(path);
    }
}
