//! `config.json`: reads the shape of a model, and converts the format of newer tools.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::super::LibraryError;
use super::{CONFIG, invalid, read_json};

/// Smallest context length that holds a prompt with sources.
const MIN_CONTEXT_TOKENS: usize = 128;

/// The content of `config.json` after repairs.
pub struct Config(Map<String, Value>);

impl Config {
    pub fn architecture(&self) -> &str {
        let names = self.0.get("architectures").and_then(Value::as_array);
        let first = names
            .and_then(|names| names.first())
            .and_then(Value::as_str);
        first.unwrap_or_default()
    }

    pub fn is_qwen3(&self) -> bool {
        self.architecture() == "Qwen3ForCausalLM"
    }

    pub fn is_quantized(&self) -> bool {
        ["quantization_config", "quantization"]
            .iter()
            .any(|key| self.0.get(*key).is_some_and(|value| !value.is_null()))
    }

    pub fn flag(&self, key: &str) -> bool {
        self.0.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    /// Returns a required positive integer.
    pub fn count(&self, key: &str) -> Result<usize, LibraryError> {
        match self.0.get(key) {
            None | Some(Value::Null) => Err(invalid(CONFIG, format!("`{key}` is missing"))),
            Some(value) => value
                .as_u64()
                .and_then(|count| usize::try_from(count).ok())
                .filter(|count| (1..=1 << 28).contains(count))
                .ok_or_else(|| {
                    invalid(
                        CONFIG,
                        format!("`{key}` is {value}; expected a positive integer"),
                    )
                }),
        }
    }

    pub fn count_or(&self, key: &str, default: usize) -> Result<usize, LibraryError> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(default),
            Some(_) => self.count(key),
        }
    }

    fn number(&self, key: &str) -> Result<f64, LibraryError> {
        match self.0.get(key) {
            None | Some(Value::Null) => Err(invalid(CONFIG, format!("`{key}` is missing"))),
            Some(value) => value
                .as_f64()
                .filter(|number| *number > 0.0)
                .ok_or_else(|| {
                    invalid(
                        CONFIG,
                        format!("`{key}` is {value}; expected a number greater than 0"),
                    )
                }),
        }
    }
}

/// Reads the file, repairs it in place where necessary, and checks the values that Qwen3 models require.
pub fn read(directory: &Path, notes: &mut Vec<String>) -> Result<Config, LibraryError> {
    let Value::Object(mut map) = read_json(directory, CONFIG)? else {
        return Err(invalid(CONFIG, "not a JSON object"));
    };
    let repaired = repair(&mut map)?;
    if !repaired.is_empty() {
        let text = serde_json::to_vec_pretty(&map).map_err(|error| invalid(CONFIG, error))?;
        let path = directory.join(CONFIG);
        // The file may be read-only or a hard link, so it is replaced instead of overwritten.
        std::fs::remove_file(&path)
            .and_then(|()| std::fs::write(&path, text))
            .map_err(LibraryError::io("write", &path))?;
        notes.extend(repaired);
    }
    let config = Config(map);
    if config.architecture().is_empty() {
        return Err(invalid(CONFIG, "`architectures` is missing or empty"));
    }
    if config.is_qwen3() {
        config.number("rope_theta")?;
        config.number("rms_norm_eps")?;
        let context = config.count("max_position_embeddings")?;
        if context < MIN_CONTEXT_TOKENS {
            return Err(invalid(
                CONFIG,
                format!(
                    "`max_position_embeddings` is {context}; at least {MIN_CONTEXT_TOKENS} tokens are needed"
                ),
            ));
        }
    }
    Ok(config)
}

/// transformers 5 writes `rope_theta` inside `rope_parameters` and omits keys with default values. Restores the older format.
fn repair(map: &mut Map<String, Value>) -> Result<Vec<String>, LibraryError> {
    let mut notes = Vec::new();
    if map.get("rope_theta").is_none_or(Value::is_null)
        && let Some(Value::Object(rope)) = map.get("rope_parameters").cloned()
    {
        let Some(theta) = rope.get("rope_theta").filter(|theta| theta.is_number()) else {
            return Err(invalid(
                CONFIG,
                "neither `rope_theta` nor `rope_parameters.rope_theta` is a number",
            ));
        };
        map.insert("rope_theta".to_owned(), theta.clone());
        notes.push(format!(
            "{CONFIG}: moved rope_theta = {theta} out of rope_parameters"
        ));
        let kind = rope
            .get("rope_type")
            .and_then(Value::as_str)
            .unwrap_or("default");
        if kind != "default" && map.get("rope_scaling").is_none_or(Value::is_null) {
            let mut scaling = rope.clone();
            scaling.remove("rope_theta");
            map.insert("rope_scaling".to_owned(), Value::Object(scaling));
            notes.push(format!(
                "{CONFIG}: moved rope_scaling ({kind}) out of rope_parameters"
            ));
        }
    }
    let is_qwen3 = map
        .get("architectures")
        .is_some_and(|names| names[0] == "Qwen3ForCausalLM");
    if is_qwen3 {
        let layers = map.get("num_hidden_layers").cloned().unwrap_or(json!(28));
        let defaults = [
            ("hidden_act", json!("silu")),
            ("use_sliding_window", json!(false)),
            ("max_window_layers", layers),
            ("rms_norm_eps", json!(1e-6)),
        ];
        for (key, default) in defaults {
            if map.get(key).is_none_or(Value::is_null) {
                notes.push(format!("{CONFIG}: added the default {key} = {default}"));
                map.insert(key.to_owned(), default);
            }
        }
    }
    Ok(notes)
}
