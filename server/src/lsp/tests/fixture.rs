//! Test fixtures: files, and settings whose folders all lie in the temporary folder of the test.

use std::path::{Path, PathBuf};

use repo_indexer::IndexOptions;
use serde_json::{Value, json};

use crate::lsp::{Resolved, Settings, SettingsSource};
use assistant::chat::{ChatModel, ChatModels};
use assistant::recording::RecordingPolicy;
use settings::ModelSettings;
use settings::paths::Dirs;

/// Reads `engine` (the address of one), `navigation`, `exclude`, `private`, `problem` and `fatal` from what the editor sends, and `fatal` from a file.
pub struct TestSettings(pub PathBuf);

impl SettingsSource for TestSettings {
    fn resolve(&self, root: Option<&Path>, editor: &Value) -> Resolved {
        let name = root.and_then(|r| r.file_name()).unwrap_or_default();
        let engine = editor["engine"].as_str().map(str::to_owned);
        let exclude = editor["exclude"].as_str().map(str::to_owned);
        // A workspace can declare private files only for itself.
        let private = editor["private"].as_str().filter(|_| root.is_some());
        let private = private.unwrap_or("**/.env").to_owned();
        let fatal = editor["fatal"].as_str().map(str::to_owned);
        let settings = Settings {
            navigation: editor["navigation"] == json!(true),
            sources: 6,
            answers_directory: self.0.join("answers"),
            index: IndexOptions {
                directory: self.0.join("index").join(name),
                exclude: exclude.into_iter().collect(),
                private: vec![private],
                max_file_bytes: 1_000_000,
                languages_off: Vec::new(),
                threads: 2,
            },
            model: ModelSettings {
                name: engine.as_ref().map(|_| "scripted".to_owned()),
                endpoint: engine,
                ..ModelSettings::default()
            },
            summaries_directory: self.0.join("summaries"),
            samples: RecordingPolicy {
                file: self.0.join("data/samples.db"),
                mode: serde_json::from_value(editor["samples"].clone()).unwrap_or_default(),
            },
        };
        let problems = editor["problem"]
            .as_str()
            .map(str::to_owned)
            .into_iter()
            .collect();
        Resolved {
            settings,
            problems,
            fatal: fatal.or(std::fs::read_to_string(self.0.join("fatal")).ok()),
        }
    }

    fn assistant(&self, settings: &ModelSettings) -> Result<Option<ChatModel>, String> {
        let folder = |name: &str| self.0.join(name);
        let dirs = Dirs {
            cache: folder("cache"),
            config: folder("config"),
            data: folder("data"),
        };
        ChatModels::new(&dirs, cfg!(feature = "local-model")).choose(settings)
    }

    fn trained(&self, _: &ModelSettings) -> Option<u64> {
        None
    }
}
