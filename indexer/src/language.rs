//! Language detection and the per-language settings of extraction.
//!
//! Languages are data: each has one row in [`rows`] and one `.scm` file with queries for definitions. Every difference between
//! languages is a field of the row. Add a field where a rule differs instead of a `match` on the language elsewhere.
//! This module does not access the file system: a path is only a string.

mod compiled;
mod pattern;
mod rows;
mod table;

use std::fmt;

pub(crate) use compiled::{CaptureRole, CompiledGrammar, flag};
pub(crate) use pattern::Bindings;
pub(crate) use table::{GrammarSpec, ImportSyntax, LanguageSpec, Syntax, Visibility};

/// A supported language, including plain text. Cheap to copy and to compare.
#[derive(Clone, Copy)]
pub struct Language(&'static LanguageSpec);

impl Language {
    /// Returns the language by file name, else by extension. `None` if neither is known; [`Language::detect`] also considers the text.
    pub fn of_path(path: &str) -> Option<Language> {
        let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let by_name = |row: &&'static LanguageSpec| {
            row.file_names
                .iter()
                .any(|name| name.eq_ignore_ascii_case(file))
        };
        if let Some(row) = rows::ROWS.iter().copied().find(by_name) {
            return Some(Language(row));
        }
        let (stem, extension) = file.rsplit_once('.')?;
        if stem.is_empty() {
            return None;
        }
        let by_extension = |row: &&'static LanguageSpec| {
            row.extensions
                .iter()
                .any(|known| known.eq_ignore_ascii_case(extension))
        };
        rows::ROWS.iter().copied().find(by_extension).map(Language)
    }

    /// Returns the language of the interpreter in the first line (`#!/usr/bin/env -S python3 -u`).
    pub fn of_shebang(text: &str) -> Option<Language> {
        let line = text
            .trim_start_matches('\u{feff}')
            .lines()
            .next()?
            .strip_prefix("#!")?;
        let interpreter = line
            .split_whitespace()
            .filter_map(|word| word.rsplit('/').next())
            .find(|word| *word != "env" && !word.starts_with('-') && !word.contains('='))?;
        let interpreter = interpreter.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        rows::ROWS
            .iter()
            .copied()
            .find(|row| row.interpreters.contains(&interpreter))
            .map(Language)
    }

    /// Returns the language of a file: by content for extensions that several languages share, else by path, else by shebang, else
    /// plain text.
    pub fn detect(path: &str, text: &str) -> Language {
        let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
        let claims = |row: &&'static LanguageSpec| {
            let words = row
                .claims
                .iter()
                .filter(|(shared, _)| *shared == extension)
                .flat_map(|(_, words)| *words);
            words.into_iter().any(|word| text.contains(word))
        };
        let claimed = rows::ROWS.iter().copied().find(claims).map(Language);
        claimed
            .or_else(|| Language::of_path(path))
            .or_else(|| Language::of_shebang(text))
            .unwrap_or_else(Language::plain)
    }

    /// Returns the language with the given [`Language::id`].
    pub fn from_id(id: &str) -> Option<Language> {
        rows::ROWS
            .iter()
            .copied()
            .find(|row| row.id == id)
            .map(Language)
    }

    pub fn plain() -> Language {
        Language(&rows::PLAIN)
    }

    /// Iterates over all languages in the order of the table.
    pub fn all() -> impl Iterator<Item = Language> {
        rows::ROWS.iter().copied().map(Language)
    }

    /// Returns a stable identifier, equal to the LSP language id where one exists.
    pub fn id(self) -> &'static str {
        self.0.id
    }

    /// Returns the display name.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// Whether files of this language are source code, as opposed to documents, configuration and plain text.
    pub fn is_code(self) -> bool {
        matches!(self.0.syntax, Syntax::Tree(_))
    }

    /// Whether files of this language are documents: Markdown, reStructuredText, AsciiDoc, notebooks, plain text.
    pub fn is_document(self) -> bool {
        matches!(
            self.0.syntax,
            Syntax::Markdown | Syntax::Structured | Syntax::Notebook | Syntax::Plain
        )
    }

    /// Returns the separator between the names of a container and its member: `::` or `.`.
    pub fn separator(self) -> &'static str {
        self.0.separator
    }

    /// Whether files of the two languages can import each other.
    pub(crate) fn is_related(self, other: Language) -> bool {
        self.0.family == other.0.family
    }

    /// Whether files in the same folder can use each other's definitions without an import.
    pub(crate) fn folder_is_scope(self) -> bool {
        self.0.folder_is_scope
    }

    /// Whether code inside a type can refer to members of the type without a qualifier.
    pub(crate) fn members_are_bare(self) -> bool {
        self.0.members_are_bare
    }

    pub(crate) fn syntax(self) -> &'static Syntax {
        &self.0.syntax
    }
}

impl PartialEq for Language {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Language {}

impl std::hash::Hash for Language {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.id.hash(state);
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.id)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}
