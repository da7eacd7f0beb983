//! The user's own editor on a file that only the user may read, and that is gone afterwards.

use std::fs;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use settings::paths::{self, Dirs};
use trainer_bridge::{Interaction, Store};

use super::form::Form;
use crate::cli::output;
use crate::cli::samples::{private, render};

/// What the user has made of it, and the file in which they did.
pub(super) fn change(
    before: &Form,
    interaction: &Interaction,
    dirs: &Dirs,
) -> anyhow::Result<(Form, Folder)> {
    let editor = chosen()?;
    let folder = Folder::create(dirs, &interaction.id)?;
    let file = folder.0.join("interaction.toml");
    let mut text = before.write(interaction)?;
    private::create(&file)
        .and_then(|mut out| out.write_all(text.as_bytes()))
        .map_err(|error| {
            anyhow::anyhow!(
                "cannot write {}: {}",
                paths::tilde(&file),
                paths::plain(&error)
            )
        })?;
    loop {
        let edited = edit(&editor, &file).and_then(|()| {
            fs::read_to_string(&file)
                .with_context(|| format!("cannot read what {editor} has written"))
        });
        let written = match edited {
            Ok(written) => written,
            Err(error) => {
                if fs::read(&file).is_ok_and(|bytes| bytes != text.as_bytes()) {
                    folder.keep();
                }
                return Err(error);
            }
        };
        if written == text {
            return Ok((before.clone(), folder));
        }
        let read = Form::read(&written).map_err(|error| problem(&written, &error));
        let settled = read.and_then(|form| {
            let settled = form.settled(before);
            settled.map_err(|error| error.to_string())
        });
        let problem = match settled {
            Ok(form) => return Ok((form, folder)),
            Err(problem) => problem,
        };
        if !std::io::stdin().is_terminal() {
            folder.keep();
            bail!("{problem}; nothing was changed");
        }
        // What was typed is not lost: it is shown again with what is wrong above it, until it is right or left as it is.
        let typed = match written.split_once('\n') {
            Some((first, rest)) if first.starts_with(PROBLEM) => rest,
            _ => &written,
        };
        text = format!("{PROBLEM}{problem}\n{typed}");
        fs::write(&file, &text).context("cannot write what is to be edited")?;
    }
}

/// How a line begins that says what is wrong.
const PROBLEM: &str = "# NOT SAVED: ";

fn problem(written: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start);
    // What begins there, since a number would be off by the line that says so.
    let line = written.get(start..).and_then(|rest| rest.lines().next());
    let place = line.unwrap_or_default().trim();
    let message = render::one_line(error.message());
    format!("cannot be read at `{}`: {message}", render::one_line(place))
}

fn chosen() -> anyhow::Result<String> {
    let set = |name| {
        std::env::var(name)
            .ok()
            .filter(|value| !value.trim().is_empty())
    };
    set("VISUAL").or_else(|| set("EDITOR")).context(
        "no editor is known; set VISUAL or EDITOR, or give --question, --answer, --verdict or --correction",
    )
}

/// An editor may come with arguments, as in `code --wait`; a shell takes them apart as everywhere else.
fn edit(editor: &str, file: &Path) -> anyhow::Result<()> {
    let mut command = if cfg!(windows) {
        let mut words = editor.split_whitespace();
        let mut command = Command::new(words.next().unwrap_or(editor));
        command.args(words);
        command
    } else {
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(format!("{editor} \"$@\""))
            .arg(editor);
        command
    };
    let ended = command
        .arg(file)
        .status()
        .with_context(|| format!("cannot start {editor}"))?;
    if !ended.success() {
        bail!("{editor} has failed ({ended}); nothing was changed");
    }
    Ok(())
}

/// A folder of its own: editors leave backups and swap files beside what they edit.
pub(super) struct Folder(PathBuf);

const FOLDER: &str = ".edit-";

/// Holds the id of what is edited, beside it: the text itself may be anything.
const ID: &str = "id";

/// Removes what was typed into interactions that are no more, whether it was kept or is being edited now.
pub(in crate::cli::samples) fn sweep(dirs: &Dirs, store: &Store) -> anyhow::Result<()> {
    let entries = fs::read_dir(&dirs.data).into_iter().flatten().flatten();
    for folder in entries.map(|entry| entry.path()) {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with(FOLDER) {
            continue;
        }
        if let Ok(id) = fs::read_to_string(folder.join(ID))
            && store.get(&id)?.is_none()
            && let Err(error) = fs::remove_dir_all(&folder)
        {
            let (shown, why) = (paths::tilde(&folder), paths::plain(&error));
            output::warning(format!(
                "{shown} holds a forgotten answer and cannot be deleted: {why}"
            ));
        }
    }
    Ok(())
}

impl Folder {
    /// Leaves what was typed where it is, and says where that is.
    pub(super) fn keep(self) {
        let file = paths::tilde(&self.0.join("interaction.toml"));
        std::mem::forget(self);
        output::warning(format!("what you have typed is kept in {file}"));
    }

    fn create(dirs: &Dirs, id: &str) -> anyhow::Result<Self> {
        let named = |number: u32| {
            dirs.data
                .join(format!("{FOLDER}{}-{number}", std::process::id()))
        };
        // One that was kept by a process of the same number stays.
        let folder = (0..).map(named).find(|folder| !folder.exists());
        let folder = folder.context("no folder is free")?;
        let failed = |error: std::io::Error| {
            let (shown, why) = (paths::tilde(&folder), paths::plain(&error));
            anyhow::anyhow!("cannot make {shown}: {why}")
        };
        private::create_folder(&folder).map_err(failed)?;
        let made = Folder(folder.clone());
        private::create(&folder.join(ID))
            .and_then(|mut out| out.write_all(id.as_bytes()))
            .map_err(failed)?;
        Ok(made)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
