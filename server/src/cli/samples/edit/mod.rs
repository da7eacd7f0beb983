//! `repo-lsp samples edit`: edits an interaction, in an editor or with flags.

mod editor;
mod text;

use anyhow::{anyhow, bail};
use settings::paths::Dirs;
use trainer_bridge::{EditableFields, RecordedInteraction, Store, edit_interaction};

use super::super::arguments::Global;
use super::super::output;
use super::filter::VerdictArg;
use super::{Outcome, copy_locations, existing, find_id, nothing_yet, render, warn_undeleted};

/// Edit the question, answer, verdict or correction of an interaction
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp samples edit 0193a4                             edit in $VISUAL or $EDITOR
  repo-lsp samples edit 0193a4 --verdict good
  repo-lsp samples edit 0193a4 --correction 'It is parsed in config/load.rs.'

A correction sets the verdict to `corrected` unless --verdict is given. The previous text is deleted permanently.")]
pub(crate) struct Args {
    /// Id of the interaction, or a unique prefix of it
    #[arg(value_name = "ID")]
    id: String,

    /// New question
    #[arg(long, value_name = "TEXT")]
    question: Option<String>,

    /// New answer
    #[arg(long, value_name = "TEXT")]
    answer: Option<String>,

    /// Your verdict on the answer
    #[arg(long, value_enum)]
    verdict: Option<VerdictArg>,

    /// What the answer should have been; empty to remove the correction
    #[arg(long, value_name = "TEXT")]
    correction: Option<String>,
}

pub(super) fn run(args: &Args, global: &Global, dirs: &Dirs) -> anyhow::Result<Outcome> {
    let Some(store) = existing(dirs)? else {
        return nothing_yet(global, None);
    };
    let id = find_id(&store, &args.id)?;
    let Some(recorded) = store.get(&id)? else {
        bail!("{id} was just forgotten");
    };
    let before = EditableFields::of(&recorded.interaction);
    if let Some(after) = args.applied(&before) {
        let after = after.settled(&before)?;
        return save(store, &recorded, &after, global, dirs);
    }
    // The connection is closed while the user edits.
    drop(store);
    let (after, draft) = editor::edit_fields(&before, &recorded.interaction, dirs)?;
    let saved = existing(dirs).and_then(|store| {
        let store = store.ok_or_else(|| forgotten_meanwhile(&id))?;
        save(store, &recorded, &after, global, dirs)
    });
    // The draft of a forgotten interaction must not be kept.
    let forgotten = match existing(dirs) {
        Ok(Some(store)) => matches!(store.get(&id), Ok(None)),
        Ok(None) => true,
        Err(_) => false,
    };
    if saved.is_err() && !forgotten {
        editor::keep(draft);
    }
    saved
}

fn forgotten_meanwhile(id: &str) -> anyhow::Error {
    anyhow!("{id} was forgotten meanwhile; nothing was changed")
}

impl Args {
    /// Returns the fields with the flags applied, or `None` if there are no flags.
    fn applied(&self, before: &EditableFields) -> Option<EditableFields> {
        let Args {
            id: _,
            question,
            answer,
            verdict,
            correction,
        } = self;
        if question.is_none() && answer.is_none() && verdict.is_none() && correction.is_none() {
            return None;
        }
        let mut after = before.clone();
        after.question = question.clone().unwrap_or(after.question);
        after.answer = answer.clone().unwrap_or(after.answer);
        after.verdict = verdict.map_or(after.verdict, VerdictArg::verdict);
        if let Some(text) = correction {
            after.correction = Some(text.clone()).filter(|text| !text.trim().is_empty());
        }
        Some(after)
    }
}

fn save(
    mut store: Store,
    before: &RecordedInteraction,
    after: &EditableFields,
    global: &Global,
    dirs: &Dirs,
) -> anyhow::Result<Outcome> {
    if *after == EditableFields::of(&before.interaction) {
        output::say("nothing was changed");
        return if global.json {
            print(before, global)
        } else {
            Ok(Outcome::Done)
        };
    }
    let edited = edit_interaction(&mut store, before, after, &copy_locations(dirs))?
        .ok_or_else(|| forgotten_meanwhile(&before.interaction.id))?;
    warn_undeleted(&edited.undeleted);
    if edited.secrets > 0 {
        let secrets = output::counted(edited.secrets as usize, "secret");
        output::warning(format!("{secrets} removed from the new text"));
    }
    print(&edited.recorded, global)
}

fn print(recorded: &RecordedInteraction, global: &Global) -> anyhow::Result<Outcome> {
    if global.json {
        output::json(&render::as_json(recorded))?;
    } else {
        output::say(&format!(
            "changed {}; it is {}",
            render::plain(&recorded.interaction.id),
            render::verdict(recorded.interaction.verdict)
        ));
    }
    Ok(Outcome::Done)
}
