//! Golden questions: questions with a known answer or known files, by which a retriever or a model is evaluated. One JSON object a line.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::private_file::io_reason;

/// A question and the files that answer it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoldenQuestion {
    pub id: String,
    /// The repository that the question is about; empty in a file of questions about one repository.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub repo: String,
    /// The commit of that repository.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub commit: String,
    pub question: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Paths relative to the root, separated by `/`.
    pub gold_files: Vec<String>,
    /// Symbols, each as `path::name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gold_symbols: Option<Vec<String>>,
    /// The id of the module that the question is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum GoldenQuestionsError {
    #[error("cannot read the questions {path}: {reason}")]
    Read { path: PathBuf, reason: String },
    #[error("the questions {path} cannot be used: line {line}: {reason}")]
    Line {
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        reason: String,
    },
    #[error("the questions {path} cannot be used: no question in it")]
    Empty { path: PathBuf },
}

/// Reads a file of golden questions. Empty lines are skipped, and one invalid line is an error: metrics over the rest would mislead.
pub fn read_golden_questions(path: &Path) -> Result<Vec<GoldenQuestion>, GoldenQuestionsError> {
    let text = std::fs::read_to_string(path).map_err(|error| GoldenQuestionsError::Read {
        path: path.to_owned(),
        reason: io_reason(&error),
    })?;
    let mut questions = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let question = serde_json::from_str(line).map_err(|error| {
            let message = error.to_string();
            // The position that serde_json adds is one within this line, not within the file.
            let reason = message.split(" at line ").next().unwrap_or_default();
            GoldenQuestionsError::Line {
                path: path.to_owned(),
                line: index + 1,
                reason: reason.to_owned(),
            }
        })?;
        questions.push(question);
    }
    if questions.is_empty() {
        return Err(GoldenQuestionsError::Empty {
            path: path.to_owned(),
        });
    }
    Ok(questions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_line_is_named_by_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("golden.jsonl");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            read_golden_questions(&path)
        };
        let first = "{\"id\":\"a\",\"question\":\"q\",\"gold_files\":[]}\n";
        let error = read(&format!("{first}\n{{\"id\":\"b\",\"gold_files\":[]}}\n")).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("golden.jsonl cannot be used: line 3: missing field `question`"),
            "{error}"
        );
        let error = read("\n").unwrap_err().to_string();
        assert!(
            error.ends_with("cannot be used: no question in it"),
            "{error}"
        );
        assert_eq!(read(first).unwrap().len(), 1);
    }
}
