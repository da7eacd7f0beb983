//! Writes the files of the scenes under the names of the codebase data factory.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Scene, SceneChunk, SceneRow, Skeleton};
use crate::curate::content_id;
use crate::private_file::{FileError, write_private_file};
use crate::sample::{Message, Metadata, Role, Sample};
use crate::split_of;

/// The written files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SceneFiles {
    pub raw: PathBuf,
    pub sft: PathBuf,
    pub combined: PathBuf,
}

/// Bytes of `project_skeleton.txt`.
const MAX_SKELETON: usize = 1_000_000;

/// Writes `scene1_raw.jsonl` and `scene1_sft.jsonl`, or those of scene 2, and makes `combined_sft.jsonl` anew of both scenes.
pub fn write_scene(
    folder: &Path,
    number: u8,
    scene: &Scene,
    chunks: &[SceneChunk],
    skeleton: &Skeleton,
) -> Result<SceneFiles, FileError> {
    fs::create_dir_all(folder).map_err(|error| FileError::new("create", folder, &error))?;
    let raw = folder.join(format!("scene{number}_raw.jsonl"));
    let sft = folder.join(format!("scene{number}_sft.jsonl"));
    match scene.raw.as_slice() {
        // Rows that follow from the index have no other raw form.
        [] => lines(&raw, &scene.rows)?,
        replies => lines(&raw, replies)?,
    }
    let samples: Vec<Sample> = scene.rows.iter().map(|row| sample(number, row)).collect();
    lines(&sft, &samples)?;
    let combined = folder.join("combined_sft.jsonl");
    let mut all = String::new();
    for scene in 1..=2 {
        let path = folder.join(format!("scene{scene}_sft.jsonl"));
        match fs::read_to_string(&path) {
            Ok(rows) => all.push_str(&rows),
            // The other scene may not have been made yet.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(FileError::new("read", &path, &error)),
        }
    }
    text(&combined, &all)?;
    text(
        &folder.join("project_skeleton.txt"),
        &skeleton.text(MAX_SKELETON),
    )?;
    text(
        &folder.join("project_skeleton.json"),
        &serde_json::to_string_pretty(skeleton).unwrap_or_default(),
    )?;
    if !chunks.is_empty() {
        text(
            &folder.join("chunks.json"),
            &serde_json::to_string_pretty(chunks).unwrap_or_default(),
        )?;
    }
    Ok(SceneFiles { raw, sft, combined })
}

/// Converts a row to a sample: the trace is what the model is to think before it answers.
pub(crate) fn sample(number: u8, row: &SceneRow) -> Sample {
    Sample {
        metadata: Metadata {
            id: content_id(&row.question, &row.answer),
            kind: format!("scene{number}"),
            source: row.source.clone(),
            flow: format!("scene{number}"),
            teacher: row.teacher.clone(),
            split: split_of(&row.source.file),
            grounded: true,
            interactions: Vec::new(),
            signal: None,
        },
        messages: vec![
            Message {
                role: Role::User,
                content: row.question.clone(),
                reasoning_content: None,
            },
            Message {
                role: Role::Assistant,
                content: row.answer.clone(),
                reasoning_content: Some(row.thinking_trace.clone()),
            },
        ],
    }
}

fn lines<T: Serialize>(path: &Path, rows: &[T]) -> Result<(), FileError> {
    write_private_file(path, |out| {
        for row in rows {
            serde_json::to_writer(&mut *out, row)
                .map_err(std::io::Error::from)
                .and_then(|()| out.write_all(b"\n"))
                .map_err(|error| FileError::new("write", path, &error))?;
        }
        Ok(())
    })
}

fn text(path: &Path, content: &str) -> Result<(), FileError> {
    write_private_file(path, |out| {
        out.write_all(content.as_bytes())
            .map_err(|error| FileError::new("write", path, &error))
    })
}
