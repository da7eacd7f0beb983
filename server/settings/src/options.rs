//! The configuration as written in files: every key is optional and unknown keys are rejected.
//! The doc comments of the keys become `docs/configuration.md` and the descriptions in the JSON schema.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trainer_bridge::PrivacyMode;

use super::values::{
    BoundedInteger, Device, EndpointUrl, Glob, LanguageId, LogFilter, PrivateGlob, Quantization,
    Swap,
};

/// All settings that the user can set in `config.toml`, in the editor's settings or with flags.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct Options {
    pub index: IndexSection,
    pub lsp: LspSection,
    pub answer: AnswerSection,
    pub model: ModelSection,
    pub host: HostSection,
    pub samples: SamplesSection,
    /// Log level for standard error (`error`, `warn`, `info`, `debug` or `trace`), or a filter such as `repo_lsp=debug,warn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<LogFilter>,
}

/// Which files are indexed, and how.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct IndexSection {
    /// Globs of files to exclude from the index, in addition to those that `.gitignore` excludes. A glob matches paths relative to
    /// the workspace root; a glob without `/` matches in every folder. The lists of all configuration sources are combined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<Vec<Glob>>,
    /// Globs of files that may contain secrets, matched without regard to case. These files are not read or indexed and appear in
    /// no answer. The lists of all configuration sources are combined, and the last glob that matches a file decides. `"!GLOB"`
    /// removes the same glob from the list if it is there, and otherwise adds an exception to the globs before it; in a workspace
    /// file it has no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private: Option<Vec<PrivateGlob>>,
    /// Maximum size of an indexed file, in bytes. Larger files are skipped; `repo-lsp status --skipped` lists them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_file_bytes: Option<BoundedInteger<1024, 67_108_864>>,
    /// Ids of languages whose files are indexed as plain text. The lists of all configuration sources are combined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub languages_off: Option<Vec<LanguageId>>,
    /// Number of threads that read and parse files. 0 means one thread per CPU core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<BoundedInteger<0, 256>>,
}

/// Optional features of the language server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct LspSection {
    /// Provide go to definition, find references, document symbols, workspace symbols and call hierarchy. Off by default, because
    /// a language server for one language does this better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub navigation: Option<bool>,
}

/// How questions are answered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct AnswerSection {
    /// Maximum number of sources that an answer cites.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sources: Option<BoundedInteger<1, 20>>,
}

/// The language model that answers questions, and how it is called.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct ModelSection {
    /// Use a language model to answer questions. If false, answers consist of excerpts from the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Name of the model to use: one that `repo-lsp model list` shows or, if `model.endpoint` is set, one that the server there
    /// provides. If not set, the default model is used, which `repo-lsp model use` selects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Base URL of an OpenAI-compatible server, for example `http://127.0.0.1:11434/v1`. Questions and the code they refer to are
    /// sent to it. If not set, models run on this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<EndpointUrl>,
    /// Name of the environment variable that contains the API key for `model.endpoint`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_variable: Option<String>,
    /// Let the model think before it answers, if it supports that. Slower, sometimes better. `/think` or `/no_think` in a question
    /// overrides this setting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<bool>,
    /// Maximum number of tokens in a prompt and its answer together. A larger value leaves room for more sources. A GPU processes a
    /// prompt of 8192 tokens quickly, a CPU does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_tokens: Option<BoundedInteger<1024, 131_072>>,
    /// Maximum number of tokens in an answer. If the model thinks first, it may use up to twice as many tokens for that in addition,
    /// but no more than half of `context_tokens` for thinking and answer together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_tokens: Option<BoundedInteger<16, 16_384>>,
    /// Sampling temperature in hundredths: 70 means a temperature of 0.7. With 0, the same question gets the same answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature_percent: Option<BoundedInteger<0, 200>>,
    /// Generate model summaries of hovered definitions in the background. A summary appears the next time the definition is hovered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summaries: Option<bool>,
    /// Maximum time to wait for the first token of an answer, in seconds, including the time to load the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_token_seconds: Option<BoundedInteger<1, 3600>>,
}

/// The model host: the process that runs models on this machine, shared by all editors. It reads these settings when it starts,
/// from `config.toml` only.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct HostSection {
    /// Device that runs models. `auto` uses a GPU if this program was built with support for one and finds one, else the CPU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// Quantization applied to the weights when a model is loaded, for example `Q4K` or `Q8_0`. Fewer bits need less memory and are
    /// less accurate. On a GPU, quantization also makes a model faster; on a CPU, prompts are processed several times slower.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantization: Option<Quantization>,
    /// How a loaded model is replaced by a newer generation: `overlap` loads the new one before it unloads the old one, `drain`
    /// unloads the old one first, `auto` overlaps if there is enough memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swap: Option<Swap>,
    /// Idle time before a model is unloaded, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unload_after_seconds: Option<BoundedInteger<1, 86_400>>,
    /// Idle time before a model host without a loaded model exits, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_after_seconds: Option<BoundedInteger<1, 604_800>>,
}

/// Which questions and answers are recorded as training samples, on this machine only. See `repo-lsp samples --help`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct SamplesSection {
    /// What is recorded: `full` records questions, answers and the feedback on them; `no-code` records no source code; `off` records
    /// nothing. Secrets are always removed. A workspace file can only make recording stricter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::values::privacy_mode")]
    pub mode: Option<PrivacyMode>,
    /// The mode in the workspace file. The effective mode is at least this strict, whatever other sources set.
    #[serde(skip)]
    pub strictness_floor: Option<PrivacyMode>,
}

/// What `repo-lsp.toml` in the workspace root can set. The file comes with the repository, so it is not trusted:
/// it can exclude files from the index, set limits within bounds and make recording stricter, but nothing else.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct WorkspaceOptions {
    pub index: WorkspaceIndexSection,
    pub answer: WorkspaceAnswerSection,
    pub samples: WorkspaceSamplesSection,
}

/// Which files are indexed, and how.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct WorkspaceIndexSection {
    /// Globs of files to exclude from the index, in addition to those that `.gitignore` excludes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<Vec<Glob>>,
    /// Globs of additional files that may contain secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private: Option<Vec<Glob>>,
    /// Maximum size of an indexed file, in bytes. Larger files are skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_file_bytes: Option<BoundedInteger<1024, 8_388_608>>,
    /// Ids of languages whose files are indexed as plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub languages_off: Option<Vec<LanguageId>>,
}

/// How questions are answered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct WorkspaceAnswerSection {
    /// Maximum number of sources that an answer cites.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sources: Option<BoundedInteger<1, 12>>,
}

/// Which questions and answers are recorded.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct WorkspaceSamplesSection {
    /// `no-code` records no source code; `off` records nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::values::privacy_mode")]
    pub mode: Option<PrivacyMode>,
}

impl From<WorkspaceOptions> for Options {
    fn from(workspace: WorkspaceOptions) -> Self {
        let WorkspaceOptions {
            index,
            answer,
            samples,
        } = workspace;
        let private = index.private.map(|globs| {
            // An exception would make files public, which an untrusted workspace file must not do.
            globs
                .into_iter()
                .filter(|glob| !glob.0.starts_with('!'))
                .map(|glob| PrivateGlob::Add(glob.0))
                .collect()
        });
        Options {
            index: IndexSection {
                exclude: index.exclude,
                private,
                max_file_bytes: index.max_file_bytes.map(|limit| BoundedInteger(limit.0)),
                languages_off: index.languages_off,
                threads: None,
            },
            lsp: LspSection::default(),
            answer: AnswerSection {
                sources: answer.sources.map(|count| BoundedInteger(count.0)),
            },
            // An untrusted file must not decide which server receives questions and code.
            model: ModelSection::default(),
            host: HostSection::default(),
            samples: SamplesSection {
                mode: None,
                strictness_floor: samples.mode,
            },
            log: None,
        }
    }
}
