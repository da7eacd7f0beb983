//! `repo-lsp model pull`: installs a model. The only command that downloads anything.

use std::cell::RefCell;

use serde_json::{Value, json};

use models::library::{ModelSource, PullProgress, name};

use super::super::arguments::Global;
use super::super::output;
use super::super::progress::Bar;
use super::{Outcome, as_json, format, library, lines, origin};

/// Install a model from a hub, a folder or a .gguf file
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp model pull Qwen/Qwen3-4B                            download from a hub
  repo-lsp model pull Qwen/Qwen3-4B --name repo                choose another name
  repo-lsp model pull Qwen/Qwen3-4B-GGUF --file Qwen3-4B-Q4_K_M.gguf
  repo-lsp model pull ./checkpoint --name repo                 use a local folder
  repo-lsp model pull ./adapter --name repo --base qwen3-4b    use an adapter for qwen3-4b

A folder must contain config.json, tokenizer.json and *.safetensors files. An interrupted download is resumed when the command is \
run again. A damaged or unsupported model is rejected, and nothing changes.

Environment variables:
  HF_ENDPOINT    URL of another hub
  HF_TOKEN       access token, for private and gated models
  HF_HOME        folder in which `hf auth login` stores a token, used if HF_TOKEN is not set")]
pub(crate) struct Args {
    /// Repository on the hub (Org/Repo), folder with a model or an adapter, or .gguf file
    source: String,

    /// Name of the model on this machine [default: the last part of SOURCE]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Branch, tag or commit of the repository [default: main]
    #[arg(long, value_name = "REVISION")]
    revision: Option<String>,

    /// The .gguf file of the repository to download
    #[arg(long, value_name = "FILE")]
    file: Option<String>,

    /// Installed model that the adapter applies to
    #[arg(long, value_name = "NAME")]
    base: Option<String>,
}

pub(super) fn run(args: &Args, global: &Global) -> anyhow::Result<Outcome> {
    let source = ModelSource::parse(&args.source, args.revision.as_deref(), args.file.as_deref())?;
    let name = match &args.name {
        Some(name) => name.clone(),
        None => name::suggest(args.file.as_ref().unwrap_or(&args.source)),
    };
    let steps = Steps::new(global.verbose > 0);
    let pulled = library()?.pull(&name, &source, args.base.as_deref(), &|step| {
        steps.show(step)
    })?;
    drop(steps);
    let installed = &pulled.installed;
    if global.json {
        let mut value = as_json(installed);
        if let Value::Object(map) = &mut value {
            map.insert("known".into(), json!(pulled.already_installed));
            map.insert("notes".into(), json!(pulled.notes));
            map.insert("before".into(), json!(pulled.previous));
        }
        output::json(&value)?;
        return Ok(Outcome::Done);
    }
    let label = installed.label();
    let size = output::bytes(installed.bytes());
    let what = format!(
        "{label} · {} · {size} · {}",
        format(installed.manifest.format),
        origin(installed)
    );
    let mut said = vec![(
        if pulled.already_installed {
            "known"
        } else {
            "added"
        },
        what,
    )];
    said.extend(pulled.notes.iter().map(|note| ("repaired", note.clone())));
    said.push((
        "in use",
        match pulled.previous {
            Some(before) => {
                format!(
                    "{label}, was {name}@{before}; `repo-lsp model rollback {name}` undoes this"
                )
            }
            None => label,
        },
    ));
    if pulled.became_default {
        said.push(("default", format!("{name} is now the default model")));
    } else if let Some(default) = library()?.default_name().filter(|default| *default != name) {
        let text = format!(
            "{default} is still the default model; `repo-lsp model use {name}` changes that"
        );
        said.push(("default", text));
    }
    lines(&said)?;
    Ok(Outcome::Done)
}

/// Progress of a pull: one bar for the download, then one for the check.
struct Steps {
    verbose: bool,
    bar: RefCell<Option<(bool, Bar)>>,
}

impl Steps {
    fn new(verbose: bool) -> Self {
        Steps {
            verbose,
            bar: RefCell::new(None),
        }
    }

    fn show(&self, step: PullProgress) {
        let (downloads, what, done, total) = match step {
            PullProgress::Download(done, total) => (true, "Downloading", done, total),
            PullProgress::Check(done, total) => (false, "Checking", done, total),
        };
        let mut current = self.bar.borrow_mut();
        if current.as_ref().is_none_or(|(was, _)| *was != downloads) {
            *current = Some((downloads, Bar::bytes(what, self.verbose)));
        }
        if let Some((_, bar)) = current.as_ref() {
            bar.show_bytes(done, total);
        }
    }
}
