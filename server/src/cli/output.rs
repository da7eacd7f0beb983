//! Writing for people: colours where a terminal has them, numbers and sizes as one reads them, one line for an error.

use std::fmt::Display;
use std::io::Write;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use repo_indexer::SymbolKind;
use time::OffsetDateTime;

use super::arguments::Color;

/// Names, headings.
pub(crate) const STRONG: Style = Style::new().bold();
/// What stands beside the matter: counts, times, hints.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// Places in the repository.
pub(crate) const PLACE: Style = AnsiColor::Cyan.on_default();
/// Code inside a sentence.
pub(crate) const CODE: Style = AnsiColor::Blue.on_default().bold();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();

/// Settles for the whole process when to colour. Without a choice, terminals get colour unless NO_COLOR is set.
pub(crate) fn choose_color(color: Color) {
    match color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    }
    .write_global();
}

/// Standard output for a command's result; strips colours where nobody could see them.
pub(crate) fn stdout() -> impl Write {
    std::io::BufWriter::new(anstream::stdout().lock())
}

/// One value as JSON, on lines of its own.
pub(crate) fn json(value: &serde_json::Value) -> anyhow::Result<()> {
    let mut out = stdout();
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)?;
    out.flush()?;
    Ok(())
}

/// The one line that a failing command leaves behind.
pub(crate) fn error(error: &anyhow::Error) {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        let cause = cause.split(" (os error").next().unwrap_or_default();
        // Many errors already say what caused them, in small letters.
        if !text.to_lowercase().ends_with(&cause.to_lowercase()) {
            text += if text.is_empty() { "" } else { ": " };
            text += cause;
        }
    }
    say(&format!("{BAD}error:{BAD:#} {}", one_line(&text)));
}

pub(crate) fn warning(message: impl Display) {
    say(&format!(
        "{WARN}warning:{WARN:#} {}",
        one_line(&message.to_string())
    ));
}

/// A line on standard error. That nobody reads it is no reason to fail.
pub(crate) fn say(line: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How wide the terminal is; none where the output goes elsewhere and must not be cut.
pub(crate) fn width() -> Option<usize> {
    terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0))
}

/// Cuts a line to what remains of the terminal's width after `used` columns.
pub(crate) fn fit(line: &str, used: usize) -> String {
    match width().map(|width| width.saturating_sub(used).max(20)) {
        Some(room) if line.chars().count() > room => {
            line.chars().take(room - 1).chain(['…']).collect()
        }
        _ => line.to_owned(),
    }
}

/// A sentence of Markdown for a terminal: what stands in backticks is code, the rest stays as it is.
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

/// A piece of Markdown for a terminal: code is coloured, and what was escaped is shown as it is. Blocks of code stay as they are.
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

/// `1204` as `1,204`.
pub(crate) fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 file`, `1,204 files`.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number))
}

pub(crate) fn bytes(number: u64) -> String {
    match number {
        0..1_000 => format!("{number} B"),
        1_000..1_000_000 => format!("{} kB", number.div_ceil(1_000)),
        1_000_000..10_000_000 => format!("{:.1} MB", number as f64 / 1e6),
        10_000_000..1_000_000_000 => format!("{:.0} MB", number as f64 / 1e6),
        _ => format!("{:.1} GB", number as f64 / 1e9),
    }
}

pub(crate) fn duration(time: Duration) -> String {
    match time.as_millis() {
        0 => "under 1 ms".into(),
        millis @ 1..1_000 => format!("{millis} ms"),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

/// `2026-11-19 21:04` in UTC.
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

/// What a person calls this kind of definition.
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
    fn numbers_read_well() {
        assert_eq!(
            [count(0), count(999), count(1_000), count(1_234_567)],
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(
            [counted(1, "file"), counted(0, "file")],
            ["1 file", "0 files"]
        );
        assert_eq!(
            [bytes(12), bytes(1_200), bytes(2_500_000), bytes(14_400_000)],
            ["12 B", "2 kB", "2.5 MB", "14 MB"]
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
