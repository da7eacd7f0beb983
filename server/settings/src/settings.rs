//! The settings as they apply, after all sources have had their say.

use std::path::PathBuf;

use serde::Serialize;
use trainer_bridge::PrivacyMode;

use super::options::{HostOptions, ModelOptions, Options};
use super::values::{Device, PrivateGlob, Quantization, Swap};

/// What applies to one workspace. Serialises with the keys of [`Options`], so the reference can show the defaults.
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
    /// By id.
    pub languages_off: Vec<String>,
    /// 0 means one per core.
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

/// Files that hold secrets by their very name, whatever its case. The last glob that matches decides, and one that begins with `!`
/// makes an exception: `credentials.py` is code far more often than a password, and a template is there to be read.
const PRIVATE: [&str; 38] = [
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
                private: PRIVATE.map(str::to_owned).into(),
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
    /// The defaults, then each source in turn: later ones win, except that lists of globs add up.
    pub fn resolve(sources: impl IntoIterator<Item = Options>) -> Self {
        let mut settings = Settings::default();
        let mut at_least = PrivacyMode::Full;
        for source in sources {
            at_least = at_least.max(source.samples.at_least.unwrap_or_default());
            settings.apply(source);
        }
        settings.samples.mode = settings.samples.mode.max(at_least);
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
            add(&mut self.index.exclude, glob.0);
        }
        for glob in index.private.into_iter().flatten() {
            match glob {
                PrivateGlob::Add(glob) => {
                    // It comes after exceptions made before, which it then overrules.
                    self.index.private.retain(|known| *known != glob);
                    self.index.private.push(glob);
                }
                PrivateGlob::Remove(glob) if self.index.private.contains(&glob) => {
                    self.index.private.retain(|known| *known != glob);
                }
                // An exception to all that came before.
                PrivateGlob::Remove(glob) => add(&mut self.index.private, format!("!{glob}")),
            }
        }
        for language in index.languages_off.into_iter().flatten() {
            add(&mut self.index.languages_off, language.0);
        }
        if let Some(limit) = index.max_file_bytes {
            self.index.max_file_bytes = limit.0;
        }
        if let Some(threads) = index.threads {
            self.index.threads = threads.0 as usize;
        }
        if let Some(navigation) = lsp.navigation {
            self.lsp.navigation = navigation;
        }
        if let Some(sources) = answer.sources {
            self.answer.sources = sources.0 as usize;
        }
        self.model.apply(model);
        self.host.apply(host);
        set(&mut self.samples.mode, samples.mode);
        if let Some(log) = log {
            self.log = log.0;
        }
    }

    /// What the indexer is told.
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
            // A CPU takes half a minute to read as much; one that has a GPU can afford more.
            context_tokens: 4096,
            answer_tokens: 1024,
            temperature_percent: 0,
            summaries: true,
            first_token_seconds: 120,
        }
    }
}

impl ModelSettings {
    fn apply(&mut self, source: ModelOptions) {
        let ModelOptions {
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
    fn apply(&mut self, source: HostOptions) {
        let HostOptions {
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

fn add(list: &mut Vec<String>, item: String) {
    if !list.contains(&item) {
        list.push(item);
    }
}
