//! The keys of configuration files with their values: TOML, INI and YAML.
//!
//! Only values on one line are taken, as they are written. A file that its parser rejects has none.

mod ini;
mod toml;
mod yaml;

use std::collections::HashMap;

use super::{Context, Fact, FactKind, one_line};
use crate::repository::{SourceFile, citation};
use crate::source_text::code_block;

/// Larger files are data, not configuration.
const MAX_BYTES: usize = 20_000;

/// The most keys taken from one file, in the order of the file.
const MAX_KEYS: usize = 40;

/// A key with its value, both as they are written.
struct Setting {
    /// The tables or parents and the key, joined by dots.
    name: String,
    value: String,
    line: u32,
}

pub(super) fn facts(context: &Context) -> Vec<Fact> {
    let files = context
        .repository
        .files
        .iter()
        .filter(|file| file.text.len() <= MAX_BYTES && !file.test);
    let found: Vec<(&SourceFile, Setting)> = files
        .flat_map(|file| settings(file).into_iter().map(move |one| (file, one)))
        .collect();
    let mut names: HashMap<&str, u32> = HashMap::new();
    for (_, setting) in &found {
        *names.entry(&setting.name).or_default() += 1;
    }
    found
        .iter()
        .map(|(file, setting)| fact(file, setting, names.get(setting.name.as_str()) == Some(&1)))
        .collect()
}

fn fact(file: &SourceFile, setting: &Setting, is_unique: bool) -> Fact {
    let lines = one_line(setting.line);
    let block = code_block(file.language.id(), file.line(setting.line).trim());
    let name = format!("`{}`", setting.name);
    let mut arguments = vec![("name", name.clone()), ("file", format!("`{}`", file.path))];
    if is_unique {
        arguments.push(("unique", name));
    }
    Fact {
        kind: FactKind::Configuration,
        arguments,
        reasoning: None,
        answer: format!(
            "`{}` is set to {} in {}:\n\n{block}",
            setting.name,
            grounding::markdown::code(&setting.value),
            citation(&file.path, lines)
        ),
        source: file.source(lines),
        split: file.split,
    }
}

fn settings(file: &SourceFile) -> Vec<Setting> {
    let extension = file
        .path
        .rsplit_once('.')
        .map_or("", |(_, extension)| extension);
    let mut settings = match (file.language.id(), extension) {
        ("toml", _) => toml::settings(&file.text),
        (_, "ini" | "cfg") => ini::settings(&file.text),
        ("yaml", _) => yaml::settings(&file.text),
        _ => Vec::new(),
    };
    // A key that is set twice, in lists of tables or for several documents, has no single value.
    let names: Vec<String> = settings
        .iter()
        .map(|setting| setting.name.clone())
        .collect();
    settings.retain(|setting| names.iter().filter(|name| **name == setting.name).count() == 1);
    settings.truncate(MAX_KEYS);
    settings
}

fn is_key(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= 60
        && key
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

fn is_short(value: &str) -> bool {
    !value.is_empty() && value.len() <= 120 && !value.contains('\n')
}

#[cfg(test)]
fn shown(settings: &[Setting]) -> Vec<String> {
    settings
        .iter()
        .map(|s| format!("{}: {} = {}", s.line, s.name, s.value))
        .collect()
}
