//! The settings as they apply, after all sources have had their say.

use std::path::PathBuf;

use serde::Serialize;

use super::options::{Options, PrivateGlob};

/// What applies to one workspace. Serialises with the keys of [`Options`], so the reference can show the defaults.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settings {
    pub index: IndexSettings,
    pub lsp: LspSettings,
    pub answer: AnswerSettings,
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
            log: "warn".into(),
        }
    }
}

impl Settings {
    /// The defaults, then each source in turn: later ones win, except that lists of globs add up.
    pub fn resolve(sources: impl IntoIterator<Item = Options>) -> Self {
        let mut settings = Settings::default();
        for source in sources {
            settings.apply(source);
        }
        settings
    }

    fn apply(&mut self, source: Options) {
        let Options {
            index,
            lsp,
            answer,
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

fn add(list: &mut Vec<String>, item: String) {
    if !list.contains(&item) {
        list.push(item);
    }
}
