//! The settings as they are written down: every key optional, unknown keys refused. The doc comments are the reference.

use std::fmt;

use repo_indexer::Language;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

/// Everything the user may set, in `config.toml`, in the editor's settings or by flags.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct Options {
    pub index: IndexOptions,
    pub lsp: LspOptions,
    pub answer: AnswerOptions,
    pub model: ModelOptions,
    pub host: HostOptions,
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
    /// How many tokens a prompt and its answer may take together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_tokens: Option<Within<1024, 131_072>>,
    /// How many tokens an answer may take.
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
    /// How weights are quantized when they are loaded: `none`, `Q4K`, `Q8_0` and so on. Smaller is faster and less exact.
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Device {
    Auto,
    Cpu,
    Cuda,
    Metal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Swap {
    Auto,
    Overlap,
    Drain,
}

/// In-situ quantization, by the names that GGUF has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Quantization {
    #[serde(rename = "none")]
    None,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q2K,
    Q3K,
    Q4K,
    Q5K,
    Q6K,
}

/// What `repo-lsp.toml` at the root of a workspace may set. That file comes with the repository, so it is not trusted:
/// it can keep files out of the index and set limits within bounds, nothing else.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct WorkspaceOptions {
    pub index: WorkspaceIndexOptions,
    pub answer: WorkspaceAnswerOptions,
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

impl From<WorkspaceOptions> for Options {
    fn from(workspace: WorkspaceOptions) -> Self {
        let WorkspaceOptions { index, answer } = workspace;
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
            log: None,
        }
    }
}

/// A whole number between two bounds that are part of its type, so that parser, schema and reference agree on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Within<const MIN: u64, const MAX: u64>(pub u64);

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Within<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<const MIN: u64, const MAX: u64>;
        impl<const MIN: u64, const MAX: u64> serde::de::Visitor<'_> for Visitor<MIN, MAX> {
            type Value = u64;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                write!(f, "a whole number from {MIN} to {MAX}")
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<u64, E> {
                if (MIN..=MAX).contains(&value) {
                    Ok(value)
                } else {
                    Err(E::invalid_value(
                        serde::de::Unexpected::Unsigned(value),
                        &self,
                    ))
                }
            }
        }
        deserializer
            .deserialize_u64(Visitor::<MIN, MAX>)
            .map(Within)
    }
}

impl<const MIN: u64, const MAX: u64> JsonSchema for Within<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Within{MIN}To{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}

/// A glob over paths relative to the root; checked where it is read, so that a bad one is reported with its line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Glob(pub String);

impl<'de> Deserialize<'de> for Glob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked_glob(String::deserialize(deserializer)?)
            .map(Glob)
            .map_err(serde::de::Error::custom)
    }
}

/// A glob to add to the private files, or with a leading `!` one to take away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrivateGlob {
    Add(String),
    Remove(String),
}

impl<'de> Deserialize<'de> for PrivateGlob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = match text.strip_prefix('!') {
            Some(glob) => checked_glob(glob.to_owned()).map(PrivateGlob::Remove),
            None => checked_glob(text).map(PrivateGlob::Add),
        };
        parsed.map_err(serde::de::Error::custom)
    }
}

impl Serialize for PrivateGlob {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            PrivateGlob::Add(glob) => serializer.serialize_str(glob),
            PrivateGlob::Remove(glob) => serializer.collect_str(&format_args!("!{glob}")),
        }
    }
}

impl JsonSchema for PrivateGlob {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PrivateGlob".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

fn checked_glob(text: String) -> Result<String, String> {
    if text.is_empty() {
        return Err("an empty glob matches nothing".into());
    }
    match globset::Glob::new(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(format!("bad glob `{text}`: {}", error.kind())),
    }
}

/// The id of a language that the index knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LanguageId(pub String);

impl<'de> Deserialize<'de> for LanguageId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = String::deserialize(deserializer)?;
        if Language::from_id(&id).is_some() {
            return Ok(LanguageId(id));
        }
        let known: Vec<_> = Language::all().map(Language::id).collect();
        Err(serde::de::Error::custom(format!(
            "no such language: `{id}`; known are {}",
            known.join(", ")
        )))
    }
}

impl JsonSchema for LanguageId {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "LanguageId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let known: Vec<_> = Language::all().map(Language::id).collect();
        json_schema!({ "type": "string", "enum": known })
    }
}

/// The address of an engine: `http` or `https`, ending before `/chat/completions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Endpoint(pub String);

impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let rest = text
            .strip_prefix("http://")
            .or_else(|| text.strip_prefix("https://"));
        match rest {
            Some(host) if !host.is_empty() && !text.contains(char::is_whitespace) => {
                Ok(Endpoint(text.trim_end_matches('/').to_owned()))
            }
            _ => Err(serde::de::Error::custom(format!(
                "bad endpoint `{text}`; it looks like http://127.0.0.1:11434/v1"
            ))),
        }
    }
}

/// A filter for the log, as the tracing crates write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct LogFilter(pub String);

impl<'de> Deserialize<'de> for LogFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match tracing_subscriber::EnvFilter::try_new(&text) {
            Ok(_) => Ok(LogFilter(text)),
            Err(_) => Err(serde::de::Error::custom(format!(
                "bad filter `{text}`; use error, warn, info, debug, trace, or a filter such as repo_lsp=debug,warn"
            ))),
        }
    }
}
