//! Removes comment markers from documentation.

/// Returns the text of a documentation comment or docstring without markers, quotes and common indentation.
pub fn clean_doc(raw: &str) -> String {
    let raw = raw.trim();
    if raw == "/**/" {
        return String::new();
    }
    if let Some(inside) = docstring(raw) {
        return dedent(inside, true);
    }
    let mut lines: Vec<&str> = Vec::new();
    let mut in_block = false;
    for line in raw.lines() {
        let mut rest = line.trim_start();
        let opens = ["/**", "/*!", "/*", "--[[", "=begin"]
            .iter()
            .find_map(|mark| rest.strip_prefix(mark));
        if !in_block && let Some(inside) = opens {
            in_block = true;
            rest = inside;
        } else if in_block {
            rest = match rest.strip_prefix('*') {
                Some("/") => "",
                Some(starred) => starred,
                None => line,
            };
        } else {
            let marks = ["///", "//!", "//", "---", "--", "##", "#!", "#"];
            rest = marks
                .iter()
                .find_map(|mark| rest.strip_prefix(mark))
                .unwrap_or(rest);
        }
        if in_block {
            for mark in ["*/", "]]", "=end"] {
                if let Some(inside) = rest.trim_end().strip_suffix(mark) {
                    rest = inside.trim_end_matches('*');
                    in_block = false;
                }
            }
        }
        lines.push(rest.trim_end());
    }
    let text = dedent(
        &lines.join("\n"),
        ["/*", "--[[", "=begin"]
            .iter()
            .any(|mark| raw.starts_with(mark)),
    );
    if text.contains("<summary>") {
        without_tags(&text)
    } else {
        text
    }
}

/// Removes XML tags, which are used in C# documentation.
fn without_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        out.push_str(before);
        match tag.split_once('>') {
            Some((name, after))
                if name.starts_with(|c: char| c.is_ascii_lowercase() || c == '/') =>
            {
                rest = after
            }
            _ => {
                out.push('<');
                rest = tag;
            }
        }
    }
    out.push_str(rest);
    out.trim().to_string()
}

/// Returns the content of a Python string literal, without prefix and quotes.
fn docstring(raw: &str) -> Option<&str> {
    let quoted = raw.trim_start_matches(['r', 'R', 'u', 'U', 'b', 'B']);
    if raw.len() - quoted.len() > 2 {
        return None;
    }
    ["\"\"\"", "'''", "\"", "'"].iter().find_map(|quote| {
        quoted
            .strip_prefix(quote)
            .map(|inside| inside.strip_suffix(quote).unwrap_or(inside))
    })
}

/// Removes the common indentation. With `first_apart` the first line is ignored, because it begins after a marker or quotes.
fn dedent(text: &str, first_apart: bool) -> String {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let common = text
        .lines()
        .skip(usize::from(first_apart))
        .filter(|line| !line.trim().is_empty())
        .map(indent)
        .min()
        .unwrap_or(0);
    let mut out = String::with_capacity(text.len());
    for (number, line) in text.lines().enumerate() {
        let line = if number == 0 && first_apart {
            line.trim_start()
        } else {
            line.get(common..).unwrap_or_else(|| line.trim_start())
        };
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out.trim_matches(['\n', '\r']).trim_end().to_string()
}
