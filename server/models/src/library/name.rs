//! Model names and generation labels: `repo`, `repo@7`. A model name is also a directory name, so few characters are allowed.

use super::LibraryError;

/// The reserved name that stands for the default model.
pub const DEFAULT: &str = "default";

/// Maximum length of a model name, in bytes.
const MAX_LEN: usize = 96;

/// Validates a model name: it must not escape the models directory, be hidden in it, or have a special meaning.
pub fn check(name: &str) -> Result<(), LibraryError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    // A leading dash would be parsed as a command-line flag.
    if name.is_empty()
        || name.len() > MAX_LEN
        || name.starts_with(['.', '-'])
        || name.ends_with('.')
        || !name.chars().all(allowed)
    {
        return Err(LibraryError::BadName(name.to_owned()));
    }
    if name.eq_ignore_ascii_case(DEFAULT) {
        return Err(LibraryError::ReservedName);
    }
    Ok(())
}

/// Parses `repo` or `repo@7` into name and generation number.
pub fn parse(text: &str) -> Result<(&str, Option<u32>), LibraryError> {
    let (name, number) = match text.split_once('@') {
        None => (text, None),
        Some((name, number)) => match number.parse() {
            Ok(number) if number > 0 => (name, Some(number)),
            _ => return Err(LibraryError::BadNumber(number.to_owned())),
        },
    };
    check(name)?;
    Ok((name, number))
}

/// Suggests a model name for a hub repository, directory or file: its last component in lower case.
pub fn suggest(source: &str) -> String {
    let last = source.trim_end_matches(['/', '\\']);
    let last = last.rsplit(['/', '\\']).next().unwrap_or_default();
    let last = last.strip_suffix(".gguf").unwrap_or(last).to_lowercase();
    let name: String = last
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') {
                c
            } else {
                '-'
            }
        })
        .take(MAX_LEN)
        .collect();
    let name = name.trim_matches(['.', '-']);
    if check(name).is_ok() {
        name.to_owned()
    } else {
        "model".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validates_names() {
        for good in ["repo", "Qwen3-4B", "a", "repo_7.1", "x..y", &"n".repeat(96)] {
            assert!(check(good).is_ok(), "{good}");
        }
        let bad = [
            "", ".", "..", ".hidden", "../x", "a/b", "a\\b", "/etc", "a b", "ä", "-f", "a\0",
            "a@1", "c:", "dot.", "default", "Default", "%2e", "a\n", "~",
        ];
        for bad in bad {
            assert!(check(bad).is_err(), "{bad:?}");
        }
        assert!(check(&"n".repeat(97)).is_err());
    }

    #[test]
    fn parses_generation_labels() {
        assert_eq!(parse("repo").unwrap(), ("repo", None));
        assert_eq!(parse("repo@7").unwrap(), ("repo", Some(7)));
        for bad in [
            "repo@", "repo@0", "repo@x", "repo@-1", "@7", "repo@7@8", "../x@1",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn suggests_names_for_sources() {
        let cases = [
            ("Qwen/Qwen3-4B", "qwen3-4b"),
            ("/home/me/My Model/", "my-model"),
            ("/tmp/Qwen3-4B-Q4_K_M.gguf", "qwen3-4b-q4_k_m"),
            ("..", "model"),
            ("x/default", "model"),
        ];
        for (source, name) in cases {
            assert_eq!(suggest(source), name);
        }
    }
}
