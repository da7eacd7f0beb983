//! Edits a draft in the user's own editor.

use std::fs;
use std::io::IsTerminal;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};
use settings::paths::{self, Dirs};
use trainer_bridge::{Draft, EditableFields, Interaction};

use super::text;
use crate::cli::output;
use crate::cli::samples::{file_error, render};

/// Runs the editor until the text is valid or unchanged. Returns the fields as edited, and the draft.
///
/// If the editor fails, or if the text is invalid and there is no terminal to correct it in, what was typed is kept in the draft.
pub(super) fn edit_fields(
    before: &EditableFields,
    interaction: &Interaction,
    dirs: &Dirs,
) -> anyhow::Result<(EditableFields, Draft)> {
    let editor = editor_command()?;
    let mut text = text::write(before, interaction)?;
    let draft =
        Draft::create(&dirs.data, &interaction.id, &text).map_err(|error| file_error(&error))?;
    loop {
        let edited = run_editor(&editor, draft.file()).and_then(|()| {
            fs::read_to_string(draft.file())
                .with_context(|| format!("cannot read the file that {editor} has written"))
        });
        let edited = match edited {
            Ok(edited) => edited,
            Err(error) => {
                if fs::read(draft.file()).is_ok_and(|bytes| bytes != text.as_bytes()) {
                    keep(draft);
                }
                return Err(error);
            }
        };
        if edited == text {
            return Ok((before.clone(), draft));
        }
        let fields = text::read(&edited)
            .map_err(|error| describe_error(&edited, &error))
            .and_then(|fields| fields.settled(before).map_err(|error| error.to_string()));
        let problem = match fields {
            Ok(fields) => return Ok((fields, draft)),
            Err(problem) => problem,
        };
        if !std::io::stdin().is_terminal() {
            keep(draft);
            bail!("{problem}; nothing was changed");
        }
        // The editor is opened again with the same text and the problem above it.
        let typed = match edited.split_once('\n') {
            Some((first, rest)) if first.starts_with(PROBLEM_PREFIX) => rest,
            _ => &edited,
        };
        text = format!("{PROBLEM_PREFIX}{problem}\n{typed}");
        fs::write(draft.file(), &text).context("cannot write the file to be edited")?;
    }
}

/// Keeps the file of a draft and prints where it is.
pub(super) fn keep(draft: Draft) {
    let file = paths::tilde(&draft.keep());
    output::warning(format!("your text is kept in {file}"));
}

/// The beginning of the line that describes a problem in the text below it.
const PROBLEM_PREFIX: &str = "# NOT SAVED: ";

fn describe_error(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start);
    // The line is quoted, since its number would change with the line that describes the problem.
    let line = text.get(start..).and_then(|rest| rest.lines().next());
    let line = render::one_line(line.unwrap_or_default().trim());
    let message = render::one_line(error.message());
    format!("cannot be read at `{line}`: {message}")
}

fn editor_command() -> anyhow::Result<String> {
    let variable = |name| {
        std::env::var(name)
            .ok()
            .filter(|value| !value.trim().is_empty())
    };
    variable("VISUAL").or_else(|| variable("EDITOR")).context(
        "no editor is configured; set VISUAL or EDITOR, or use --question, --answer, --verdict or --correction",
    )
}

/// Runs the editor. Its command may have arguments, such as `code --wait`, so a shell splits it.
fn run_editor(editor: &str, file: &Path) -> anyhow::Result<()> {
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
    let status = command
        .arg(file)
        .status()
        .with_context(|| format!("cannot start {editor}"))?;
    if !status.success() {
        bail!("{editor} failed ({status}); nothing was changed");
    }
    Ok(())
}
