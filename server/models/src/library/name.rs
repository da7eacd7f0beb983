//! Names of models, and of their generations: `repo`, `repo@7`. A name is also the name of a folder, so little is allowed in it.

use super::LibraryError;

/// What stands for the chosen model wherever a name is expected.
pub const DEFAULT: &str = "default";

const LONGEST: usize = 96;

/// Refuses what could leave the folder of models, hide in it, or mean something else.
pub fn check(name: &str) -> Result<(), LibraryError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    // A name that begins with a dash would be taken for a flag.
    if name.is_empty()
        || name.len() > LONGEST
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

/// `repo` or `repo@7`, taken apart.
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

/// A name for what comes from `Org/Repo`, a folder or a file: its last part, in lower case.
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
        .take(LONGEST)
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
    fn only_plain_names_are_names() {
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
    fn a_generation_is_named_by_its_number() {
        assert_eq!(parse("repo").unwrap(), ("repo", None));
        assert_eq!(parse("repo@7").unwrap(), ("repo", Some(7)));
        for bad in [
            "repo@", "repo@0", "repo@x", "repo@-1", "@7", "repo@7@8", "../x@1",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sources_suggest_names() {
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
