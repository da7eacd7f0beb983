//! Conversion between file paths and `file:` URIs.

use std::path::{Component, Path, PathBuf};

use tower_lsp::ls_types::Uri;

/// Returns the path of a `file:` URI, or `None` for another scheme.
///
/// Resolves `.` and `..`: folders are compared by prefix, and a path that leaves a folder through `..` must not count as inside it.
pub fn to_path(uri: &Uri) -> Option<PathBuf> {
    if !uri.scheme().as_str().eq_ignore_ascii_case("file") {
        return None;
    }
    let mut path = PathBuf::new();
    for part in uri.to_file_path()?.components() {
        match part {
            Component::CurDir => {}
            // The parent of the file system's root is the root itself.
            Component::ParentDir => drop(path.pop()),
            part => path.push(part),
        }
    }
    Some(path)
}

/// Returns the `file:` URI of a path, or `None` if the path is relative.
pub fn to_uri(path: &Path) -> Option<Uri> {
    path.is_absolute()
        .then(|| Uri::from_file_path(path))
        .flatten()
}
