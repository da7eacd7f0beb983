//! Transcripts of talks and meetings: WebVTT, SubRip and plain text, cleaned into paragraphs.
//!
//! Sources: WebVTT is a W3C candidate recommendation; SubRip has no specification beyond its common use.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use super::{Document, DocumentKind, MAX_DOCUMENT};
use crate::private_file::FileError;
use crate::sample::CitedLines;

/// Larger files are no transcripts.
const MAX_BYTES: u64 = 20_000_000;

/// Reads all transcripts below a folder, sorted by path.
pub(super) fn documents(folder: &Path) -> Result<Vec<Document>, FileError> {
    let listing = fs::read_dir(folder).map_err(|error| FileError::new("read", folder, &error))?;
    // The walk below passes over what it cannot read; a folder that is not there is an error.
    drop(listing);
    let mut paths: Vec<_> = ignore::WalkBuilder::new(folder)
        .standard_filters(false)
        .build()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .map(ignore::DirEntry::into_path)
        .filter(|path| extension(path).is_some())
        .collect();
    paths.sort();
    let mut documents = Vec::new();
    for path in paths {
        let size = fs::metadata(&path).map(|file| file.len()).unwrap_or(0);
        if size > MAX_BYTES {
            continue;
        }
        let bytes = fs::read(&path).map_err(|error| FileError::new("read", &path, &error))?;
        let text = String::from_utf8_lossy(&bytes);
        let name = path
            .strip_prefix(folder)
            .unwrap_or(&path)
            .to_string_lossy()
            .replace('\\', "/");
        let spoken = match extension(&path) {
            Some("txt") => paragraphs(text.lines().map(str::trim)),
            _ => paragraphs(cues(&text).iter().map(|line| without_speaker(line))),
        };
        let count = spoken.len();
        documents.extend(spoken.into_iter().enumerate().map(|(number, text)| {
            let begin: String = text.chars().take(80).collect();
            let outline = format!(
                "Part {} of {count} of the transcript `{name}`, which begins: {begin}",
                number + 1
            );
            let none = CitedLines { first: 0, last: 0 };
            let mut document = Document::new(
                DocumentKind::Transcript,
                &name,
                none,
                name.clone(),
                text,
                outline,
            );
            document.id = format!("transcript:{name}#{:04}", number + 1);
            document
        }));
    }
    Ok(documents)
}

fn extension(path: &Path) -> Option<&'static str> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    ["vtt", "srt", "txt"]
        .into_iter()
        .find(|known| *known == extension)
}

static TIMING: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^\s*(\d+:)?\d+:\d+[.,]\d+\s*-->").ok());
static TAG: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"</?[a-zA-Z][^>]*>|<[\d:.]+>|\{\\[^}]*\}").ok());
static SPEAKER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?:>>\s*)?(?:[A-Z][\w.'-]*(?: [A-Z][\w.'-]*){0,3}:\s+|-\s+)").ok()
});

/// Returns the spoken lines of WebVTT or SubRip, without headers, numbers, times, tags and the repetitions of rolling captions.
fn cues(text: &str) -> Vec<String> {
    let (Some(timing), Some(tag)) = (&*TIMING, &*TAG) else {
        return Vec::new();
    };
    let mut lines: Vec<String> = Vec::new();
    let mut in_cue = false;
    for line in text.trim_start_matches('\u{feff}').lines() {
        let line = line.trim();
        if timing.is_match(line) {
            in_cue = true;
        } else if line.is_empty() {
            in_cue = false;
        } else if in_cue {
            let clean = tag.replace_all(line, "");
            let clean = clean
                .replace("&amp;", "&")
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&nbsp;", " ");
            let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
            // Rolling captions show the line before once more, or complete it.
            match lines.last_mut() {
                Some(last) if *last == clean => {}
                Some(last) if clean.starts_with(last.as_str()) => *last = clean,
                _ => lines.push(clean),
            }
        }
    }
    lines.retain(|line| !line.is_empty() && !is_sound(line));
    lines
}

/// Removes the name of the speaker at the beginning of a caption.
fn without_speaker(line: &str) -> &str {
    let found = SPEAKER.as_ref().and_then(|speaker| speaker.find(line));
    found.map_or(line, |speaker| &line[speaker.end()..])
}

/// `[Music]`, `(applause)` and `♪`.
fn is_sound(line: &str) -> bool {
    let bracketed = (line.starts_with('[') && line.ends_with(']'))
        || (line.starts_with('(') && line.ends_with(')'));
    bracketed || line.chars().all(|c| !c.is_alphanumeric())
}

/// Joins lines to paragraphs that end with a sentence, and paragraphs to pieces of at most [`MAX_DOCUMENT`] bytes.
fn paragraphs<'l>(lines: impl Iterator<Item = &'l str>) -> Vec<String> {
    const PARAGRAPH: usize = 500;
    let mut pieces: Vec<String> = Vec::new();
    let mut paragraph = String::new();
    let mut flush = |paragraph: &mut String| {
        let text = std::mem::take(paragraph);
        if text.trim().is_empty() {
            return;
        }
        match pieces
            .last_mut()
            .filter(|piece| piece.len() + text.len() + 2 <= MAX_DOCUMENT)
        {
            Some(piece) => {
                piece.push_str("\n\n");
                piece.push_str(text.trim());
            }
            None => pieces.push(text.trim().to_owned()),
        }
    };
    for line in lines {
        if line.is_empty() {
            flush(&mut paragraph);
            continue;
        }
        if !paragraph.is_empty() {
            paragraph.push(' ');
        }
        paragraph.push_str(line);
        // Automatic captions have no full stops.
        let ended = paragraph.len() >= PARAGRAPH && line.ends_with(['.', '?', '!']);
        if ended || paragraph.len() >= 3 * PARAGRAPH {
            flush(&mut paragraph);
        }
    }
    flush(&mut paragraph);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_become_sentences() {
        let vtt = "WEBVTT\n\nNOTE made by hand\n\n1\n00:00:01.000 --> 00:00:03.000 align:start\n<v Ann>Welcome to\n\n2\n00:03.000 --> 00:05.000\nWelcome to\n<00:00:03.500><c>the index.</c>\n\n3\n00:05.000 --> 00:06.000\n[Music]\n\n4\n00:06.000 --> 00:07.000\nBob: It is fast &amp; small.\n";
        assert_eq!(
            cues(vtt),
            ["Welcome to", "the index.", "Bob: It is fast & small."]
        );
        let lines = cues(vtt);
        assert_eq!(
            paragraphs(lines.iter().map(|line| without_speaker(line))),
            ["Welcome to the index. It is fast & small."]
        );
        let srt = "1\r\n00:00:01,000 --> 00:00:02,000\r\n{\\an8}First.\r\n\r\n2\r\n00:00:02,000 --> 00:00:03,000\r\nFirst. Second.\r\n";
        assert_eq!(cues(srt), ["First. Second."]);
    }

    #[test]
    fn a_folder_that_does_not_exist_is_an_error() {
        let error = documents(Path::new("/no/such/folder")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot read /no/such/folder: no such file or directory"
        );
    }
}
