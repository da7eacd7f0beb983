//! The values of settings: what is checked where it is read, so that a bad one is reported with its line.

use std::fmt;

use repo_indexer::Language;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

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

/// The schema of [`trainer_bridge::PrivacyMode`], which knows nothing of schemas.
pub(super) fn privacy_mode(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": ["full", "no-code", "off"] })
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
                "bad endpoint `{text}`; expected a URL such as http://127.0.0.1:11434/v1"
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
