//! Human-readable output: styles, numbers, sizes, durations and one-line messages.

use std::fmt::Display;
use std::io::Write;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::HumanCount;
use repo_indexer::SymbolKind;
use time::OffsetDateTime;

use super::arguments::Color;

/// Style of names and headings.
pub(crate) const STRONG: Style = Style::new().bold();
/// Style of secondary text: counts, times, hints.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// Style of paths and locations in the repository.
pub(crate) const PLACE: Style = AnsiColor::Cyan.on_default();
/// Style of code inside a sentence.
pub(crate) const CODE: Style = AnsiColor::Blue.on_default().bold();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();

/// Sets for the whole process when to use colors. `Auto` uses them on terminals, unless NO_COLOR is set.
pub(crate) fn choose_color(color: Color) {
    match color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    }
    .write_global();
}

/// Returns standard output for the result of a command. Styles are removed if the output is not a terminal.
pub(crate) fn stdout() -> impl Write {
    std::io::BufWriter::new(anstream::stdout().lock())
}

/// Prints a value as indented JSON.
pub(crate) fn json(value: &serde_json::Value) -> anyhow::Result<()> {
    let mut out = stdout();
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)?;
    out.flush()?;
    Ok(())
}

/// Prints an error with its causes as one line.
pub(crate) fn error(error: &anyhow::Error) {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        let cause = cause.split(" (os error").next().unwrap_or_default();
        // Many errors already contain the message of their cause, sometimes in lower case.
        if !text.to_lowercase().ends_with(&cause.to_lowercase()) {
            text += if text.is_empty() { "" } else { ": " };
            text += cause;
        }
    }
    say(&format!("{BAD}error:{BAD:#} {}", one_line(&text)));
}

/// Prints a warning as one line.
pub(crate) fn warning(message: impl Display) {
    say(&format!(
        "{WARN}warning:{WARN:#} {}",
        one_line(&message.to_string())
    ));
}

/// Prints a line to standard error. A failure to write is ignored.
pub(crate) fn say(line: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the width of the terminal in columns; none if the output is not a terminal and must not be truncated.
pub(crate) fn width() -> Option<usize> {
    terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0))
}

/// Truncates a line to the width of the terminal minus `used` columns, but not to less than 20 columns.
pub(crate) fn fit(line: &str, used: usize) -> String {
    match width().map(|width| width.saturating_sub(used).max(20)) {
        Some(room) if line.chars().count() > room => {
            line.chars().take(room - 1).chain(['…']).collect()
        }
        _ => line.to_owned(),
    }
}

/// Formats a sentence of Markdown for a terminal: text in backticks is styled as code, the rest is unchanged.
pub(crate) fn inline(markdown: &str) -> String {
    let mut text = String::with_capacity(markdown.len());
    for (index, part) in markdown.split('`').enumerate() {
        if index % 2 == 1 {
            text += &format!("{CODE}{part}{CODE:#}");
        } else {
            text += part;
        }
    }
    text
}

/// Formats Markdown for a terminal: inline code is styled and backslash escapes are removed. Text with a code block is unchanged.
pub(crate) fn markdown(piece: &str) -> String {
    if piece.contains("```") {
        return piece.to_owned();
    }
    let mut text = String::with_capacity(piece.len());
    let mut letters = piece.chars().peekable();
    let mut code = false;
    while let Some(letter) = letters.next() {
        code ^= letter == '`';
        match letters.peek() {
            Some(next) if letter == '\\' && !code && next.is_ascii_punctuation() => {}
            _ => text.push(letter),
        }
    }
    inline(&text)
}

/// Formats a number with grouped digits: `1,204`.
pub(crate) fn count(number: usize) -> String {
    HumanCount(number as u64).to_string()
}

/// Formats a number with its noun: `1 file`, `1,204 files`.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number))
}

pub(crate) use settings::format_bytes as bytes;

/// Formats a duration as `7 ms` or `1.9 s`.
pub(crate) fn duration(time: Duration) -> String {
    match time.as_millis() {
        0 => "under 1 ms".into(),
        millis @ 1..1_000 => format!("{millis} ms"),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

/// Formats a Unix time in milliseconds as `2026-11-19 21:04`, in UTC.
pub(crate) fn date(millis: u64) -> String {
    let seconds = i64::try_from(millis / 1000).unwrap_or(i64::MAX);
    match OffsetDateTime::from_unix_timestamp(seconds) {
        Ok(time) => {
            let (year, month, day) = time.to_calendar_date();
            let (month, hour, minute) = (u8::from(month), time.hour(), time.minute());
            format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}")
        }
        Err(_) => "at an unknown time".to_owned(),
    }
}

/// Returns the name of a kind of definition.
pub(crate) fn kind(kind: SymbolKind) -> &'static str {
    match kind {
        SymbolKind::Module => "module",
        SymbolKind::Class => "class",
        SymbolKind::Struct => "struct",
        SymbolKind::Enum => "enum",
        SymbolKind::Interface => "interface",
        SymbolKind::Impl => "impl",
        SymbolKind::Function => "function",
        SymbolKind::Method => "method",
        SymbolKind::Macro => "macro",
        SymbolKind::TypeAlias => "type",
        SymbolKind::Constant => "constant",
        SymbolKind::Variable => "variable",
        SymbolKind::Field => "field",
        SymbolKind::Variant => "variant",
        SymbolKind::Section => "section",
        SymbolKind::Table => "table",
        SymbolKind::Key => "key",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_numbers_sizes_and_durations() {
        assert_eq!(
            [count(0), count(999), count(1_000), count(1_234_567)],
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(
            [counted(1, "file"), counted(0, "file")],
            ["1 file", "0 files"]
        );
        assert_eq!(
            [count(1), count(1_204), count(0), count(1_000_000)],
            ["1", "1,204", "0", "1,000,000"]
        );
        assert_eq!(
            [
                duration(Duration::from_millis(7)),
                duration(Duration::from_millis(1_940))
            ],
            ["7 ms", "1.9 s"]
        );
    }
}
