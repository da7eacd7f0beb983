//! `repo-lsp samples edit`: puts an interaction right, in an editor or by flags.

mod editor;
mod form;

pub(super) use editor::sweep;

use anyhow::{anyhow, bail};
use settings::paths::Dirs;
use trainer_bridge::{Intake, Interaction, Recorded, Store, Verdict};

use super::super::arguments::Global;
use super::super::output;
use super::filter::Judged;
use super::forget::remove_documents;
use super::{Outcome, existing, find_id, nothing_yet, render};
use form::Form;

/// Change question, answer, verdict or correction of an interaction
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp samples edit 0193a4                             in $VISUAL or $EDITOR
  repo-lsp samples edit 0193a4 --verdict good
  repo-lsp samples edit 0193a4 --correction 'It is parsed in config/load.rs.'

A correction makes the verdict `corrected`, unless one is given. What was there before is gone for good.")]
pub(crate) struct Args {
    /// The id of an interaction, or as much of its beginning as no other has
    #[arg(value_name = "ID")]
    id: String,

    #[arg(long, value_name = "TEXT", help = "What was asked")]
    question: Option<String>,

    #[arg(long, value_name = "TEXT", help = "What was answered")]
    answer: Option<String>,

    #[arg(long, value_enum, help = "What you think of the answer")]
    verdict: Option<Judged>,

    #[arg(
        long,
        value_name = "TEXT",
        help = "The answer as it should have been; an empty one takes it away"
    )]
    correction: Option<String>,
}

pub(super) fn run(args: &Args, global: &Global, dirs: &Dirs) -> anyhow::Result<Outcome> {
    let Some(store) = existing(dirs)? else {
        return nothing_yet(global, None);
    };
    let id = find_id(&store, &args.id)?;
    let Some(recorded) = store.get(&id)? else {
        bail!("{id} has been forgotten a moment ago");
    };
    let before = Form::of(&recorded.interaction);
    let Some(after) = args.applied(&before) else {
        // No connection is held while a person thinks.
        drop(store);
        let (after, typed) = editor::change(&before, &recorded.interaction, dirs)?;
        let saved = existing(dirs).and_then(|store| {
            let gone = || anyhow!("{id} has been forgotten meanwhile; nothing was changed");
            save(
                store.ok_or_else(gone)?,
                &recorded,
                &before,
                &after,
                global,
                dirs,
            )
        });
        // What was forgotten meanwhile must not stay in this way.
        let forgotten = match existing(dirs) {
            Ok(Some(store)) => matches!(store.get(&id), Ok(None)),
            Ok(None) => true,
            Err(_) => false,
        };
        if saved.is_err() && !forgotten {
            typed.keep();
        }
        return saved;
    };
    let after = after.settled(&before)?;
    save(store, &recorded, &before, &after, global, dirs)
}

impl Args {
    /// What the flags make of it; none if there are none.
    fn applied(&self, before: &Form) -> Option<Form> {
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
        after.verdict = verdict.map_or(after.verdict, Judged::verdict);
        if let Some(text) = correction {
            after.correction = Some(text.clone()).filter(|text| !text.trim().is_empty());
        }
        Some(after)
    }
}

fn save(
    mut store: Store,
    recorded: &Recorded,
    before: &Form,
    after: &Form,
    global: &Global,
    dirs: &Dirs,
) -> anyhow::Result<Outcome> {
    let id = &recorded.interaction.id;
    if after == before {
        output::say("nothing was changed");
        return if global.json {
            shown(recorded, global)
        } else {
            Ok(Outcome::Done)
        };
    }
    // It stays as private as it was: an edit that only judges must not take the code out.
    let intake = Intake::default();
    let edited = store.edit(&intake, id, |now| after.apply(before, now));
    // It was written before, and says what was there before.
    remove_documents(&dirs.answers(), |text| text.contains(id));
    if !edited? {
        bail!("{id} has been forgotten meanwhile; nothing was changed");
    }
    let Some(changed) = store.get(id)? else {
        bail!("{id} has been forgotten a moment ago");
    };
    let count = |interaction: &Interaction| -> u64 {
        interaction
            .redactions
            .iter()
            .map(|redaction| u64::from(redaction.count))
            .sum()
    };
    let secrets = count(&changed.interaction).saturating_sub(count(&recorded.interaction));
    if secrets > 0 {
        output::warning(format!(
            "{} taken out of it",
            output::counted(secrets as usize, "secret")
        ));
    }
    shown(&changed, global)
}

fn shown(recorded: &Recorded, global: &Global) -> anyhow::Result<Outcome> {
    if global.json {
        output::json(&render::as_json(recorded))?;
    } else {
        let verdict: Option<Verdict> = recorded.interaction.verdict;
        let verdict = render::verdict(verdict);
        output::say(&format!(
            "changed {}; it is {verdict}",
            render::plain(&recorded.interaction.id)
        ));
    }
    Ok(Outcome::Done)
}
