//! The settings as they are written down: every key optional, unknown keys refused. The doc comments are the reference.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trainer_bridge::PrivacyMode;

use super::values::{
    Device, Endpoint, Glob, LanguageId, LogFilter, PrivateGlob, Quantization, Swap, Within,
};

/// Everything the user may set, in `config.toml`, in the editor's settings or by flags.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct Options {
    pub index: IndexOptions,
    pub lsp: LspOptions,
    pub answer: AnswerOptions,
    pub model: ModelOptions,
    pub host: HostOptions,
    pub samples: SamplesOptions,
    /// What is logged to standard error: `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `repo_lsp=debug,warn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<LogFilter>,
}

/// What is indexed, and how.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct IndexOptions {
    /// Globs of files that are not indexed, beyond what `.gitignore` names. All sources add up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<Vec<Glob>>,
    /// Globs of files that may hold secrets, whatever the case of their names: they are neither read nor indexed, and appear in no
    /// answer. All sources add up, and the last glob that matches a file decides. `"!GLOB"` takes a glob away again, or else makes
    /// an exception to those before it; a workspace file cannot do that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private: Option<Vec<PrivateGlob>>,
    /// Larger files are skipped, and `repo-lsp status --skipped` lists them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_file_bytes: Option<Within<1024, 67_108_864>>,
    /// Languages, by id, whose files are treated as plain text. All sources add up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub languages_off: Option<Vec<LanguageId>>,
    /// How many threads read and parse; 0 means one per core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<Within<0, 256>>,
}

/// What the language server offers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct LspOptions {
    /// Offer definition, references, document and workspace symbols and call hierarchy too.
    /// Off by default because a language's own server does this better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub navigation: Option<bool>,
}

/// How questions are answered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct AnswerOptions {
    /// How many sources an answer cites at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sources: Option<Within<1, 20>>,
}

/// The model that answers, and where it is asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct ModelOptions {
    /// Whether a model answers at all. Off, every answer is made of the repository's own text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The model to ask, by the name that `repo-lsp model list` shows, or by the one that the engine at `model.endpoint` knows.
    /// Where it is not set, the one that `repo-lsp model use` chose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Another engine that speaks OpenAI's protocol, such as `http://127.0.0.1:11434/v1`: questions and the code they are about are
    /// then sent there. Where it is not set, models run on this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
    /// The environment variable that holds the key for `model.endpoint`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_variable: Option<String>,
    /// Let the model think before it answers, where it can. Slower, sometimes better. A question may say otherwise with `/think` or
    /// `/no_think`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<bool>,
    /// How many tokens a prompt and its answer may take together. More sources fit into more; a GPU reads 8192 in no time, a CPU does
    /// not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_tokens: Option<Within<1024, 131_072>>,
    /// How many tokens an answer may take. Where the model thinks first, that may take twice as many before it, but both together no
    /// more than half of `context_tokens`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_tokens: Option<Within<16, 16_384>>,
    /// How random answers are, in hundredths: 0 gives the same answer to the same question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature_percent: Option<Within<0, 200>>,
    /// Have the model sum up, in the background, what was hovered over; the next hover shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summaries: Option<bool>,
    /// How many seconds may pass until the first word of an answer, the loading of the model included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_token_seconds: Option<Within<1, 3600>>,
}

/// The process that runs models on this machine, one for all editors. It reads these when it starts, from `config.toml` only.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct HostOptions {
    /// Where models run: `auto` takes a GPU if this program was built for it and finds one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// How weights are quantized when they are loaded: `none`, `Q4K`, `Q8_0` and so on. Smaller takes less memory and is less exact; on a
    /// GPU it is faster as well, while a CPU reads a prompt several times slower.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantization: Option<Quantization>,
    /// What happens to a model when a newer generation of it is promoted: `overlap` loads the new one beside the old one, `drain` frees
    /// the old one first, `auto` overlaps where memory allows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swap: Option<Swap>,
    /// A model that nobody has asked for so long is freed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unload_after_seconds: Option<Within<1, 86_400>>,
    /// A host without a model that nobody has asked for so long ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_after_seconds: Option<Within<1, 604_800>>,
}

/// What is kept of questions and answers, on this machine only, to learn from: `repo-lsp samples --help`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct SamplesOptions {
    /// `full` keeps questions, answers and what became of them; `no-code` keeps no source text; `off` keeps nothing. Secrets are taken
    /// out in any case. A workspace file can only ask for less.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::values::privacy_mode")]
    pub mode: Option<PrivacyMode>,
    /// What the workspace asks for at least, whatever others say.
    #[serde(skip)]
    pub at_least: Option<PrivacyMode>,
}

/// What `repo-lsp.toml` at the root of a workspace may set. That file comes with the repository, so it is not trusted:
/// it can keep files out of the index and set limits within bounds, nothing else.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct WorkspaceOptions {
    pub index: WorkspaceIndexOptions,
    pub answer: WorkspaceAnswerOptions,
    pub samples: WorkspaceSamplesOptions,
}

/// What is indexed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct WorkspaceIndexOptions {
    /// Globs of files that are not indexed, beyond what `.gitignore` names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<Vec<Glob>>,
    /// Globs of further files that may hold secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private: Option<Vec<Glob>>,
    /// Larger files are skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_file_bytes: Option<Within<1024, 8_388_608>>,
    /// Languages, by id, whose files are treated as plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub languages_off: Option<Vec<LanguageId>>,
}

/// How questions are answered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct WorkspaceAnswerOptions {
    /// How many sources an answer cites at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sources: Option<Within<1, 12>>,
}

/// What is kept of questions and answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct WorkspaceSamplesOptions {
    /// `no-code` keeps no source text, `off` keeps nothing.
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
            // An exception would make files public, which is not for a workspace to say.
            globs
                .into_iter()
                .filter(|glob| !glob.0.starts_with('!'))
                .map(|glob| PrivateGlob::Add(glob.0))
                .collect()
        });
        Options {
            index: IndexOptions {
                exclude: index.exclude,
                private,
                max_file_bytes: index.max_file_bytes.map(|limit| Within(limit.0)),
                languages_off: index.languages_off,
                threads: None,
            },
            lsp: LspOptions::default(),
            answer: AnswerOptions {
                sources: answer.sources.map(|count| Within(count.0)),
            },
            // Who answers, and what is sent to whom, is never for a workspace to say.
            model: ModelOptions::default(),
            host: HostOptions::default(),
            samples: SamplesOptions {
                mode: None,
                at_least: samples.mode,
            },
            log: None,
        }
    }
}
