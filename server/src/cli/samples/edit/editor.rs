//! The user's own editor on a file that only the user may read, and that is gone afterwards.

use std::fs;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use repo_lsp::paths::{self, Dirs};
use trainer_bridge::Interaction;

use super::form::Form;
use crate::cli::samples::{private, render};

/// What the user has made of it.
pub(super) fn change(
    before: &Form,
    interaction: &Interaction,
    dirs: &Dirs,
) -> anyhow::Result<Form> {
    let editor = chosen()?;
    let folder = Folder::create(dirs)?;
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
        edit(&editor, &file)?;
        let written = fs::read_to_string(&file)
            .with_context(|| format!("cannot read what {editor} has written"))?;
        if written == text {
            return Ok(before.clone());
        }
        let error = match Form::read(&written) {
            Ok(form) => return Ok(form),
            Err(error) => error,
        };
        if !std::io::stdin().is_terminal() {
            bail!("{}; nothing was changed", problem(&written, &error));
        }
        // What was typed is not lost: it is shown again with what is wrong above it, until it is right or left as it is.
        let typed = match written.split_once('\n') {
            Some((first, rest)) if first.starts_with(PROBLEM) => rest,
            _ => &written,
        };
        text = format!("{PROBLEM}{}\n{typed}", problem(&written, &error));
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
struct Folder(PathBuf);

impl Folder {
    fn create(dirs: &Dirs) -> anyhow::Result<Self> {
        let folder = dirs.data.join(format!(".edit-{}", std::process::id()));
        // Left by a process of this number that was killed.
        let _ = fs::remove_dir_all(&folder);
        private::create_folder(&folder).map_err(|error| {
            anyhow::anyhow!(
                "cannot make {}: {}",
                paths::tilde(&folder),
                paths::plain(&error)
            )
        })?;
        Ok(Folder(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
