//! Checks the tokenizer and the chat template: both are readable, and the embeddings have a row for every token.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use tokenizers::Tokenizer;

use super::super::LibraryError;
use super::config::Config;
use super::header::Header;
use super::{find, invalid, read, read_json};

const TOKENIZER: &str = "tokenizer.json";
const TOKENIZER_CONFIG: &str = "tokenizer_config.json";

pub fn check(
    directory: &Path,
    config: &Config,
    headers: &BTreeMap<String, Header>,
) -> Result<(), LibraryError> {
    let text = read(directory, TOKENIZER)?;
    let tokenizer = Tokenizer::from_bytes(&text)
        .map_err(|error| invalid(TOKENIZER, format!("not a tokenizer: {error}")))?;
    let vocabulary = tokenizer.get_vocab(true);
    let Some((last, id)) = vocabulary.iter().max_by_key(|(_, id)| **id) else {
        return Err(invalid(TOKENIZER, "the vocabulary is empty"));
    };
    let rows = match find(headers, "model.embed_tokens.weight") {
        Some((_, tensor)) if !config.is_quantized() => tensor.shape.first().copied(),
        _ => None,
    };
    let rows = match rows {
        Some(rows) => rows,
        None => config.count("vocab_size")?,
    };
    if *id as usize >= rows {
        return Err(invalid(
            TOKENIZER,
            format!("token {last:?} has id {id}, but the embeddings have only {rows} rows"),
        ));
    }
    if config.is_qwen3() {
        // Without these tokens, generation would never stop.
        for token in ["<|im_start|>", "<|im_end|>"] {
            if tokenizer.token_to_id(token).is_none() {
                return Err(invalid(TOKENIZER, format!("token {token} is missing")));
            }
        }
    }
    template(directory)
}

fn template(directory: &Path) -> Result<(), LibraryError> {
    let jinja = "chat_template.jinja";
    if directory.join(jinja).exists() {
        let text = read(directory, jinja)?;
        return match std::str::from_utf8(&text) {
            Ok(text) if !text.trim().is_empty() => Ok(()),
            Ok(_) => Err(invalid(jinja, "the file is empty")),
            Err(_) => Err(invalid(jinja, "not valid UTF-8")),
        };
    }
    for file in [TOKENIZER_CONFIG, "chat_template.json"] {
        if directory.join(file).exists() {
            match &read_json(directory, file)?["chat_template"] {
                Value::String(text) if !text.trim().is_empty() => return Ok(()),
                Value::Array(several) if !several.is_empty() => return Ok(()),
                _ => {}
            }
        }
    }
    Err(invalid(
        TOKENIZER_CONFIG,
        "no `chat_template` found here or in chat_template.jinja; copy it from the model this one was trained from",
    ))
}
