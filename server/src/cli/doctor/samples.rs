//! Checks of the samples: whether they can be read, how many there are, and whether damaged files were set aside.

use std::path::Path;

use settings::Settings;
use settings::paths::{self, Dirs};
use trainer_bridge::{PrivacyMode, Store};

use super::super::samples;
use super::{Check, fail, ok, output, warn};

/// Maximum size, in bytes, of a database that is checked for damage. The check reads the whole file.
const MAX_CHECKED_BYTES: u64 = 200_000_000;

pub(super) fn examine(settings: &Settings, dirs: &Dirs, root: &Path) -> Check {
    let mode = settings.samples.mode.name();
    let store = match samples::existing(dirs) {
        Ok(Some(store)) => store,
        Ok(None) if settings.samples.mode == PrivacyMode::Off => {
            return ok("samples", format!("recording is off · mode {mode}"));
        }
        Ok(None) if !can_create(&dirs.data) => {
            let folder = paths::tilde(&dirs.data);
            let found = format!("cannot create {folder}, so nothing is recorded");
            let advice = "make it writable, or set XDG_DATA_HOME to a writable folder";
            return fail("samples", found, advice);
        }
        Ok(None) => return ok("samples", format!("nothing recorded yet · mode {mode}")),
        Err(error) => return unreadable(&error, dirs),
    };
    match inspect(&store, dirs, root) {
        Ok((kept, None)) => {
            let found = format!(
                "{kept} · mode {mode} · {}",
                output::bytes(store.size_bytes())
            );
            match store.set_aside_files().as_slice() {
                [] => ok("samples", found),
                files => {
                    let files: Vec<_> = files.iter().map(|file| paths::tilde(file)).collect();
                    let found = format!(
                        "{found} · damaged files that were set aside: {}",
                        files.join(", ")
                    );
                    let advice = "delete these files unless you want to recover data from them; `repo-lsp samples forget` does not change them";
                    warn("samples", found, advice)
                }
            }
        }
        Ok((_, Some(damage))) => {
            let advice = "save the readable part with `repo-lsp samples export FILE`; recording creates a new file when it detects the damage";
            let file = paths::tilde(&dirs.samples());
            fail("samples", format!("{file} is damaged: {damage}"), advice)
        }
        Err(error) => unreadable(&error, dirs),
    }
}

/// Returns whether a folder is writable or could be created. It is not created here, because it is not needed until something is
/// recorded.
fn can_create(folder: &Path) -> bool {
    let existing = folder.ancestors().find(|folder| folder.exists());
    #[cfg(unix)]
    let is_writable =
        |folder: &Path| rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_ok();
    #[cfg(not(unix))]
    let is_writable = |folder: &Path| {
        let metadata = folder.metadata();
        metadata.is_ok_and(|metadata| !metadata.permissions().readonly())
    };
    existing.is_some_and(|folder| folder.is_dir() && is_writable(folder))
}

/// Returns the number of interactions as text, and the damage to the database, if any.
fn inspect(store: &Store, dirs: &Dirs, root: &Path) -> anyhow::Result<(String, Option<String>)> {
    let damage = match store.size_bytes() {
        0..MAX_CHECKED_BYTES => store.integrity_error()?,
        _ => None,
    };
    let kept = samples::count(dirs, root)?.unwrap_or_default();
    let kept = output::counted(kept as usize, "interaction");
    Ok((format!("{kept} of this workspace"), damage))
}

fn unreadable(error: &anyhow::Error, dirs: &Dirs) -> Check {
    let file = paths::tilde(&dirs.samples());
    let advice = format!("check the file {file}; questions are still answered");
    fail("samples", error.to_string(), advice)
}
