//! Writes Markdown that is safe to show although parts of it come from the repository.
//!
//! Text of the repository is untrusted: a comment may contain a link, an image or HTML aimed at the reader of a hover.
//! Only code formatting and emphasis are kept. This module does not know symbols, answers or LSP.

mod prose;

pub use prose::{inline, prose};

/// Returns a fenced block. The fence is longer than any run of backticks inside, so that the code cannot close it.
pub fn fence(language: &str, code: &str) -> String {
    let ticks = "`".repeat(longest_run(code).max(2) + 1);
    format!("{ticks}{language}\n{}\n{ticks}\n", code.trim_end())
}

/// Returns a code span on one line.
pub fn code(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        return String::new();
    }
    let ticks = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// Returns a link. The target is a URI and therefore already percent-encoded.
pub fn link(label: &str, target: &str) -> String {
    format!("[{}]({target})", escape(label))
}

/// Escapes text in the middle of a line, so that nothing in it is markup.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let inside_word =
            before.is_alphanumeric() && rest.clone().next().is_some_and(char::is_alphanumeric);
        before = c;
        match c {
            // Frequent in paths, and without meaning inside a word.
            '_' if inside_word => out.push(c),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '|' | '~' => {
                out.push('\\');
                out.push(c);
            }
            '\n' | '\r' => out.push(' '),
            _ => out.push(c),
        }
    }
    out
}

/// Returns the language tag of a fenced block for a file.
pub fn language_tag(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let Some((_, extension)) = name.rsplit_once('.') else {
        return if name == "Makefile" { "makefile" } else { "" };
    };
    match extension {
        "rs" => "rust",
        "py" | "pyi" => "python",
        "ts" | "mts" | "cts" => "typescript",
        "tsx" => "typescriptreact",
        "js" | "mjs" | "cjs" => "javascript",
        "jsx" => "javascriptreact",
        "h" | "c" => "c",
        "cc" | "cpp" | "cxx" | "hpp" | "hh" | "hxx" => "cpp",
        "cs" => "csharp",
        "rb" => "ruby",
        "sh" | "bash" => "shellscript",
        "md" => "markdown",
        "yml" | "yaml" => "yaml",
        "go" => "go",
        "java" => "java",
        "php" => "php",
        "lua" => "lua",
        "sql" => "sql",
        "toml" => "toml",
        "json" => "json",
        _ => "",
    }
}

fn longest_run(text: &str) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_shown_as_it_is() {
        let shown = link("a_b/__init__.py#L1", "file:///x");
        assert_eq!(shown, r"[a_b/\_\_init\_\_.py#L1](file:///x)");
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(fence("md", "```\nx\n```"), "````md\n```\nx\n```\n````\n");
        assert_eq!(code("a`b"), "``a`b``");
    }
}
