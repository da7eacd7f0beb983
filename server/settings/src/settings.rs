//! The effective settings, resolved from all configuration sources.

use std::path::PathBuf;

use serde::Serialize;
use trainer_bridge::PrivacyMode;

use super::options::{HostSection, ModelSection, Options};
use super::values::{Device, PrivateGlob, Quantization, Swap};

/// The effective settings of one workspace. Serializes with the keys of [`Options`], so that the reference can show the defaults.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settings {
    pub index: IndexSettings,
    pub lsp: LspSettings,
    pub answer: AnswerSettings,
    pub model: ModelSettings,
    pub host: HostSettings,
    pub samples: SamplesSettings,
    pub log: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IndexSettings {
    pub exclude: Vec<String>,
    pub private: Vec<String>,
    pub max_file_bytes: u64,
    /// Language ids.
    pub languages_off: Vec<String>,
    /// 0 means one thread per CPU core.
    pub threads: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LspSettings {
    pub navigation: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AnswerSettings {
    pub sources: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelSettings {
    pub enabled: bool,
    pub name: Option<String>,
    pub endpoint: Option<String>,
    pub api_key_variable: Option<String>,
    pub thinking: bool,
    pub context_tokens: usize,
    pub answer_tokens: usize,
    pub temperature_percent: u32,
    pub summaries: bool,
    pub first_token_seconds: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HostSettings {
    pub device: Device,
    pub quantization: Quantization,
    pub swap: Swap,
    pub unload_after_seconds: u64,
    pub exit_after_seconds: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SamplesSettings {
    pub mode: PrivacyMode,
}

/// Names of files that usually contain secrets, matched without regard to case. The last glob that matches decides, and a glob with
/// a leading `!` is an exception: `credentials.py` is usually code, and `.env.example` is a template without secrets.
const DEFAULT_PRIVATE_GLOBS: [&str; 38] = [
    "**/credentials",
    "**/*{credential,secret}*.{json,yaml,yml,toml,ini,cfg,conf,properties,xml,txt,csv}",
    "**/*service-account*.json",
    "**/kubeconfig*",
    "**/id_rsa*",
    "**/id_dsa*",
    "**/id_ecdsa*",
    "**/id_ed25519*",
    "!**/*.{c,cc,cpp,cs,go,h,hpp,java,js,jsx,kt,lua,md,php,py,pyi,rb,rs,scala,sql,swift,ts,tsx}",
    "!**/{Cargo.toml,composer.json,package.json,pom.xml,pyproject.toml,tsconfig.json}",
    "**/.env*",
    "**/*.env",
    "!**/.env.{example,sample,template}",
    "**/.docker*cfg",
    "**/.dockerconfigjson",
    "**/.docker/config.json",
    "**/.kube/config",
    "**/*.tfvars",
    "**/*.tfvars.json",
    "**/*.tfstate*",
    "**/*.asc",
    "**/*.gpg",
    "**/*.jks",
    "**/*.kdbx",
    "**/*.key",
    "**/*.keystore",
    "**/*.p12",
    "**/*.p8",
    "**/*.pem",
    "**/*.pfx",
    "**/*.ppk",
    "**/.git-credentials",
    "**/.htpasswd",
    "**/.netrc",
    "**/_netrc",
    "**/.npmrc",
    "**/.pgpass",
    "**/.pypirc",
];

impl Default for Settings {
    fn default() -> Self {
        Settings {
            index: IndexSettings {
                exclude: Vec::new(),
                private: DEFAULT_PRIVATE_GLOBS.map(str::to_owned).into(),
                max_file_bytes: 2_000_000,
                languages_off: Vec::new(),
                threads: 0,
            },
            lsp: LspSettings { navigation: false },
            answer: AnswerSettings { sources: 6 },
            model: ModelSettings::default(),
            host: HostSettings {
                device: Device::Auto,
                quantization: Quantization::None,
                swap: Swap::Auto,
                unload_after_seconds: 600,
                exit_after_seconds: 900,
            },
            samples: SamplesSettings::default(),
            log: "warn".into(),
        }
    }
}

impl Settings {
    /// Applies each source to the defaults in turn. Later sources override earlier ones, except that lists are combined and that
    /// the privacy mode is never less strict than the workspace's floor.
    pub fn resolve(sources: impl IntoIterator<Item = Options>) -> Self {
        let mut settings = Settings::default();
        let mut strictness_floor = PrivacyMode::Full;
        for source in sources {
            strictness_floor =
                strictness_floor.max(source.samples.strictness_floor.unwrap_or_default());
            settings.apply(source);
        }
        settings.samples.mode = settings.samples.mode.max(strictness_floor);
        settings
    }

    fn apply(&mut self, source: Options) {
        let Options {
            index,
            lsp,
            answer,
            model,
            host,
            samples,
            log,
        } = source;
        for glob in index.exclude.into_iter().flatten() {
            push_unique(&mut self.index.exclude, glob.0);
        }
        for glob in index.private.into_iter().flatten() {
            match glob {
                PrivateGlob::Add(glob) => {
                    // Moved to the end, so that it overrides earlier exceptions.
                    self.index.private.retain(|known| *known != glob);
                    self.index.private.push(glob);
                }
                PrivateGlob::Remove(glob) if self.index.private.contains(&glob) => {
                    self.index.private.retain(|known| *known != glob);
                }
                // No identical glob to remove, so this becomes an exception to all earlier ones.
                PrivateGlob::Remove(glob) => {
                    push_unique(&mut self.index.private, format!("!{glob}"));
                }
            }
        }
        for language in index.languages_off.into_iter().flatten() {
            push_unique(&mut self.index.languages_off, language.0);
        }
        set(
            &mut self.index.max_file_bytes,
            index.max_file_bytes.map(|n| n.0),
        );
        set(&mut self.index.threads, index.threads.map(|n| n.0 as usize));
        set(&mut self.lsp.navigation, lsp.navigation);
        set(
            &mut self.answer.sources,
            answer.sources.map(|n| n.0 as usize),
        );
        self.model.apply(model);
        self.host.apply(host);
        set(&mut self.samples.mode, samples.mode);
        set(&mut self.log, log.map(|filter| filter.0));
    }

    /// The options for opening the workspace's index, stored in `directory`.
    pub fn index_options(&self, directory: PathBuf) -> repo_indexer::IndexOptions {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        repo_indexer::IndexOptions {
            directory,
            exclude: self.index.exclude.clone(),
            private: self.index.private.clone(),
            max_file_bytes: self.index.max_file_bytes,
            languages_off: self.index.languages_off.clone(),
            threads: if self.index.threads == 0 {
                cores()
            } else {
                self.index.threads
            },
        }
    }
}

impl Default for ModelSettings {
    fn default() -> Self {
        ModelSettings {
            enabled: true,
            name: None,
            endpoint: None,
            api_key_variable: None,
            thinking: false,
            // A CPU takes about half a minute to process a prompt of this length.
            context_tokens: 4096,
            answer_tokens: 1024,
            temperature_percent: 0,
            summaries: true,
            first_token_seconds: 120,
        }
    }
}

impl ModelSettings {
    fn apply(&mut self, source: ModelSection) {
        let ModelSection {
            enabled,
            name,
            endpoint,
            api_key_variable,
            thinking,
            context_tokens,
            answer_tokens,
            temperature_percent,
            summaries,
            first_token_seconds,
        } = source;
        set(&mut self.enabled, enabled);
        self.name = name.or(self.name.take());
        self.endpoint = endpoint.map(|e| e.0).or(self.endpoint.take());
        self.api_key_variable = api_key_variable.or(self.api_key_variable.take());
        set(&mut self.thinking, thinking);
        set(
            &mut self.context_tokens,
            context_tokens.map(|n| n.0 as usize),
        );
        set(&mut self.answer_tokens, answer_tokens.map(|n| n.0 as usize));
        set(
            &mut self.temperature_percent,
            temperature_percent.map(|n| n.0 as u32),
        );
        set(&mut self.summaries, summaries);
        set(
            &mut self.first_token_seconds,
            first_token_seconds.map(|n| n.0),
        );
    }
}

impl HostSettings {
    fn apply(&mut self, source: HostSection) {
        let HostSection {
            device,
            quantization,
            swap,
            unload_after_seconds,
            exit_after_seconds,
        } = source;
        set(&mut self.device, device);
        set(&mut self.quantization, quantization);
        set(&mut self.swap, swap);
        set(
            &mut self.unload_after_seconds,
            unload_after_seconds.map(|n| n.0),
        );
        set(
            &mut self.exit_after_seconds,
            exit_after_seconds.map(|n| n.0),
        );
    }
}

fn set<T>(setting: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *setting = value;
    }
}

fn push_unique(list: &mut Vec<String>, item: String) {
    if !list.contains(&item) {
        list.push(item);
    }
}
