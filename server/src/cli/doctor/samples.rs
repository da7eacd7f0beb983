//! Whether what was asked and answered can be read, how much is kept, and whether damaged files lie about.

use std::path::Path;

use settings::Settings;
use settings::paths::{self, Dirs};
use trainer_bridge::{PrivacyMode, Store};

use super::super::samples;
use super::{Check, fail, ok, output, warn};

/// Looking for damage reads the whole file, which is not waited for beyond this size.
const SMALL: u64 = 200_000_000;

pub(super) fn examine(settings: &Settings, dirs: &Dirs, root: &Path) -> Check {
    let mode = settings.samples.mode.name();
    let store = match samples::existing(dirs) {
        Ok(Some(store)) => store,
        Ok(None) if settings.samples.mode == PrivacyMode::Off => {
            return ok("samples", format!("nothing is recorded · mode {mode}"));
        }
        Ok(None) if !could_be_made(&dirs.data) => {
            let folder = paths::tilde(&dirs.data);
            let found = format!("{folder} cannot be made, so that nothing is recorded");
            let advice = "make it writable, or set XDG_DATA_HOME to a folder that is";
            return fail("samples", found, advice);
        }
        Ok(None) => return ok("samples", format!("nothing recorded yet · mode {mode}")),
        Err(error) => return unreadable(&error, dirs),
    };
    match look(&store, dirs, root) {
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
                        "{found} · damaged earlier and set aside: {}",
                        files.join(", ")
                    );
                    let advice = "delete these files unless you want to save something from them; `samples forget` does not reach them";
                    warn("samples", found, advice)
                }
            }
        }
        Ok((_, Some(damage))) => {
            let advice = "save what can be read with `repo-lsp samples export FILE`; a new file is begun when recording meets the damage";
            let file = paths::tilde(&dirs.samples());
            fail("samples", format!("{file} is damaged: {damage}"), advice)
        }
        Err(error) => unreadable(&error, dirs),
    }
}

/// Whether a folder is there and may be written to, or could be made: it is not made here, since whoever records nothing has none.
fn could_be_made(folder: &Path) -> bool {
    let there = folder.ancestors().find(|folder| folder.exists());
    #[cfg(unix)]
    let may_write =
        |folder: &Path| rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_ok();
    #[cfg(not(unix))]
    let may_write = |folder: &Path| {
        let metadata = folder.metadata();
        metadata.is_ok_and(|metadata| !metadata.permissions().readonly())
    };
    there.is_some_and(|folder| folder.is_dir() && may_write(folder))
}

fn look(store: &Store, dirs: &Dirs, root: &Path) -> anyhow::Result<(String, Option<String>)> {
    let damage = match store.size_bytes() {
        0..SMALL => store.integrity_error()?,
        _ => None,
    };
    let kept = samples::count(dirs, root)?.unwrap_or_default();
    let kept = output::counted(kept as usize, "interaction");
    Ok((format!("{kept} of this workspace"), damage))
}

fn unreadable(error: &anyhow::Error, dirs: &Dirs) -> Check {
    let file = paths::tilde(&dirs.samples());
    let advice = format!("the file is {file}; questions are answered all the same");
    fail("samples", error.to_string(), advice)
}
