//! Decides which files are private. No text of a private file may appear in an answer.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::root::Root;
use super::settings::PrivateGlobs;

/// Whether a file is private, either by its own path or by the path that its links resolve to. The file need not exist, be indexed or
/// lie in the workspace. `outside` are the globs for files outside all `roots`.
pub fn is_private(path: &Path, roots: &[Arc<Root>], outside: &PrivateGlobs) -> bool {
    matches(path, roots, outside) || matches(&resolve_links(path), roots, outside)
}

fn matches(path: &Path, roots: &[Arc<Root>], outside: &PrivateGlobs) -> bool {
    let mut containing = roots
        .iter()
        .filter_map(|root| Some((root, root.relative(path)?)))
        .peekable();
    if containing.peek().is_some() {
        // In nested roots, one root that declares the file private is enough.
        return containing.any(|(root, path)| root.is_private(&path));
    }
    let path = path.to_string_lossy();
    let path = path.trim_start_matches('/');
    // A link inside the workspace may lead here, so the globs of every root apply as well. The added folder prevents matches of globs
    // that are anchored at the root, because this file is not below it.
    let below = format!("elsewhere/{path}");
    outside.contains(path) || roots.iter().any(|root| root.is_private(&below))
}

/// Resolves the links in the longest existing prefix of a path, because a file that was never saved does not exist.
fn resolve_links(path: &Path) -> PathBuf {
    let resolved = path.ancestors().find_map(|folder| {
        let real = folder.canonicalize().ok()?;
        let rest = path.strip_prefix(folder).ok()?;
        Some(real.components().chain(rest.components()).collect())
    });
    resolved.unwrap_or_else(|| path.to_owned())
}
