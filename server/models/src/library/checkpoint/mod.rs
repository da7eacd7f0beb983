//! Validates a checkpoint before it becomes a generation. Truncated, inconsistent or unsupported files are rejected with one line that
//! names the file and the tensor; known differences in `config.json` are repaired.
//!
//! Only headers are read here. `scan` checks the weights while they are hashed.

mod config;
mod gguf;
mod header;
mod lora;
mod qwen3;
mod scan;
mod tokenizer;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use trainer_bridge::Format;

use super::{Installed, LibraryError};

use header::Header;
pub(super) use scan::FiniteScan;

const ADAPTER_CONFIG: &str = "adapter_config.json";
const ADAPTER: &str = "adapter_model.safetensors";
pub(super) const INDEX: &str = "model.safetensors.index.json";
const CONFIG: &str = "config.json";

/// Files of a model other than its weights. All other files are ignored.
const COMPANION_FILES: [&str; 10] = [
    CONFIG,
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.json",
    "merges.txt",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.json",
    "chat_template.jinja",
];

/// A checkpoint that passed validation.
pub(super) struct CheckedFiles {
    /// Repairs that were made, one line each.
    pub notes: Vec<String>,
    headers: BTreeMap<String, Header>,
}

impl CheckedFiles {
    /// Returns a scan for values that are not finite, if `file` contains weights.
    pub fn scan(&self, file: &str) -> Option<FiniteScan<'_>> {
        let (file, header) = self.headers.get_key_value(file)?;
        Some(FiniteScan::new(file, header))
    }
}

/// Detects the format of a directory or repository with these files and selects the files of the model. `file` selects one of several
/// `.gguf` files.
pub fn select(names: &[String], file: Option<&str>) -> Result<(Format, Vec<String>), String> {
    let ends = |end: &str| -> Vec<String> {
        let own = names.iter().filter(|name| !name.contains('/'));
        own.filter(|name| name.ends_with(end)).cloned().collect()
    };
    let has = |name: &str| names.iter().any(|known| known == name);
    let ggufs = ends(".gguf");
    if let Some(file) = file {
        if !has(file) {
            return Err(format!("no file {file}{}", choices(&ggufs)));
        }
        if !file.ends_with(".gguf") {
            return Err(format!(
                "{file} is not a .gguf file; --file selects one .gguf file"
            ));
        }
        return one_gguf(file);
    }
    if has(ADAPTER_CONFIG) {
        if !has(ADAPTER) {
            return Err(format!(
                "{ADAPTER} is missing, but {ADAPTER_CONFIG} is present"
            ));
        }
        return Ok((Format::Lora, vec![ADAPTER_CONFIG.into(), ADAPTER.into()]));
    }
    let weights = if has(INDEX) {
        // The index, which is read later, lists which of them belong to the model.
        let mut weights = ends(".safetensors");
        weights.push(INDEX.to_owned());
        weights
    } else if has("model.safetensors") {
        vec!["model.safetensors".to_owned()]
    } else {
        ends(".safetensors")
    };
    if !weights.is_empty() {
        let beside = COMPANION_FILES.iter().filter(|name| has(name));
        let mut chosen: Vec<String> = beside.map(|name| (*name).to_owned()).collect();
        chosen.extend(weights);
        return Ok((Format::Safetensors, chosen));
    }
    match ggufs.as_slice() {
        [] => Err("no model found: neither *.safetensors nor *.gguf".to_owned()),
        [only] => one_gguf(only),
        several => Err(format!("several models found{}", choices(several))),
    }
}

fn one_gguf(file: &str) -> Result<(Format, Vec<String>), String> {
    // `-00001-of-00003.gguf`
    let stem = file.strip_suffix(".gguf").unwrap_or(file);
    if stem
        .rsplit_once("-of-")
        .is_some_and(|(_, count)| count.parse::<u32>().is_ok_and(|n| n > 1))
    {
        return Err(format!(
            "{file} is one part of a split model; only single-file .gguf models are supported"
        ));
    }
    Ok((Format::Gguf, vec![file.to_owned()]))
}

fn choices(ggufs: &[String]) -> String {
    match ggufs {
        [] => String::new(),
        some => format!("; choose one with --file: {}", some.join(", ")),
    }
}

/// Validates everything except the values of the weights, and repairs `config.json` in place.
pub(super) fn check(
    directory: &Path,
    format: Format,
    base: Option<&Installed>,
) -> Result<CheckedFiles, LibraryError> {
    let mut checked = CheckedFiles {
        notes: Vec::new(),
        headers: BTreeMap::new(),
    };
    match (format, base) {
        (Format::Gguf, _) => gguf::check(directory, "model.gguf")?,
        (Format::Safetensors, _) => {
            let config = config::read(directory, &mut checked.notes)?;
            checked.headers = headers(directory)?;
            drop_unlisted(directory, &checked.headers)?;
            qwen3::check(&config, &checked.headers)?;
            tokenizer::check(directory, &config, &checked.headers)?;
        }
        (Format::Lora, Some(base)) => {
            let header = header::read(directory, ADAPTER)?;
            lora::check(directory, &header, base)?;
            checked.headers.insert(ADAPTER.to_owned(), header);
        }
        (Format::Lora, None) => {
            return Err(invalid(
                ADAPTER_CONFIG,
                "the base model of this adapter is unknown",
            ));
        }
    }
    Ok(checked)
}

/// Removes the names of weight files that the index in `directory` does not list.
pub(super) fn keep_listed(directory: &Path, names: &mut Vec<String>) -> Result<(), LibraryError> {
    let index = read_json(directory, INDEX)?;
    let listed: Vec<&str> = match index["weight_map"].as_object() {
        Some(map) => map.values().filter_map(|file| file.as_str()).collect(),
        None => return Err(invalid(INDEX, "`weight_map` is missing")),
    };
    names.retain(|name| !name.ends_with(".safetensors") || listed.contains(&name.as_str()));
    Ok(())
}

/// Reads the headers of all weight files, or of those listed in the index if there is one.
fn headers(directory: &Path) -> Result<BTreeMap<String, Header>, LibraryError> {
    let mut headers = BTreeMap::new();
    if !directory.join(INDEX).exists() {
        let entries =
            fs::read_dir(directory).map_err(LibraryError::io("read the folder", directory))?;
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".safetensors") {
                headers.insert(name.clone(), header::read(directory, &name)?);
            }
        }
        return Ok(headers);
    }
    let index = read_json(directory, INDEX)?;
    let Some(map) = index.get("weight_map").and_then(|map| map.as_object()) else {
        return Err(invalid(INDEX, "`weight_map` is missing"));
    };
    for (tensor, file) in map {
        let Some(file) = file.as_str().filter(|file| !file.contains(['/', '\\'])) else {
            return Err(invalid(
                INDEX,
                format!("the entry of tensor {tensor} is not a file name"),
            ));
        };
        if !headers.contains_key(file) {
            if !directory.join(file).exists() {
                return Err(invalid(
                    INDEX,
                    format!("{file}, which contains tensor {tensor}, is missing"),
                ));
            }
            headers.insert(file.to_owned(), header::read(directory, file)?);
        }
        if headers[file].get(tensor).is_none() {
            return Err(invalid(
                file,
                format!("tensor {tensor} is missing, although {INDEX} lists it in this file"),
            ));
        }
    }
    Ok(headers)
}

/// Removes weight files of another checkpoint format, such as `consolidated.safetensors`, which would be loaded as well.
fn drop_unlisted(directory: &Path, headers: &BTreeMap<String, Header>) -> Result<(), LibraryError> {
    let entries =
        fs::read_dir(directory).map_err(LibraryError::io("read the folder", directory))?;
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".safetensors") && !headers.contains_key(&name) {
            let path = entry.path();
            fs::remove_file(&path).map_err(LibraryError::io("remove", &path))?;
        }
    }
    Ok(())
}

/// Returns the number of parameters of the model in a directory.
pub(super) fn parameter_count(directory: &Path) -> Result<u64, LibraryError> {
    let headers = headers(directory)?;
    let tensors = headers.values().flat_map(|header| &header.tensors);
    let count = |tensor: &header::Tensor| tensor.shape.iter().map(|n| *n as u64).product::<u64>();
    Ok(tensors.map(count).sum())
}

/// Finds a tensor by name, and the file that contains it.
fn find<'a>(
    headers: &'a BTreeMap<String, Header>,
    tensor: &str,
) -> Option<(&'a str, &'a header::Tensor)> {
    headers
        .iter()
        .find_map(|(file, header)| Some((file.as_str(), header.get(tensor)?)))
}

fn read_json(directory: &Path, file: &str) -> Result<serde_json::Value, LibraryError> {
    let text = read(directory, file)?;
    serde_json::from_slice(&text).map_err(|error| invalid(file, format!("not valid JSON: {error}")))
}

fn read(directory: &Path, file: &str) -> Result<Vec<u8>, LibraryError> {
    let path = directory.join(file);
    match fs::read(&path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(invalid(file, "it is missing"))
        }
        Err(error) => Err(LibraryError::io("read", &path)(error)),
    }
}

/// An error with the file name, such as `config.json: …`.
fn invalid(file: &str, what: impl std::fmt::Display) -> LibraryError {
    LibraryError::InvalidCheckpoint(format!("{file}: {what}"))
}

#[cfg(test)]
pub(super) mod tests;
