//! `repo-lsp --stdio`: the language server.

use std::path::Path;
use std::sync::Arc;

use assistant::chat::{ChatModel, ChatModels};
use assistant::recording::RecordingPolicy;
use repo_lsp::lsp::{self, Resolved, Settings, SettingsSource};
use serde_json::Value;
use settings::paths::Dirs;
use settings::{Loaded, ModelSettings, Options};

use super::arguments::Global;
use super::{Outcome, context};

pub(crate) fn run(global: &Global) -> anyhow::Result<Outcome> {
    let dirs = Dirs::from_environment()?;
    let source = Sources {
        assistants: ChatModels::new(&dirs, cfg!(feature = "local-model")),
        dirs,
        flags: context::flags(global),
    };
    let user = settings::load(None, &source.dirs, None, source.flags.clone());
    context::start_log(&user.settings.log);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let served = runtime.block_on(lsp::serve(
        tokio::io::stdin(),
        tokio::io::stdout(),
        Arc::new(source),
    ));
    // A blocking read of standard input may never return, so the runtime must not wait for its threads.
    runtime.shutdown_background();
    Ok(match served? {
        lsp::Outcome::Clean => Outcome::Done,
        lsp::Outcome::Abrupt => Outcome::Unsuccessful,
    })
}

/// Loads the configuration for the language server. Each call reads the files again.
struct Sources {
    dirs: Dirs,
    flags: Options,
    assistants: ChatModels,
}

impl SettingsSource for Sources {
    fn resolve(&self, root: Option<&Path>, editor: &Value) -> Resolved {
        let loaded = settings::load(root, &self.dirs, Some(editor), self.flags.clone());
        let fatal = loaded.fatal().map(ToString::to_string);
        let problems = loaded.problems.iter().map(ToString::to_string).collect();
        let Loaded { settings, .. } = loaded;
        let index = settings.index_options(self.dirs.index(root.unwrap_or(Path::new("/"))));
        let settings = Settings {
            navigation: settings.lsp.navigation,
            sources: settings.answer.sources,
            answers_directory: self.dirs.answers(),
            index,
            model: settings.model,
            summaries_directory: self.dirs.summaries(),
            samples: RecordingPolicy {
                file: self.dirs.samples(),
                mode: settings.samples.mode,
            },
        };
        Resolved {
            settings,
            problems,
            fatal,
        }
    }

    fn assistant(&self, settings: &ModelSettings) -> Result<Option<ChatModel>, String> {
        self.assistants.choose(settings)
    }

    fn trained(&self, settings: &ModelSettings) -> Option<u64> {
        self.assistants.trained(settings)
    }
}
