//! Commit messages without what is not about the change: trailers, e-mail addresses, issue numbers.

use std::sync::LazyLock;

use regex::Regex;

static NUMBER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\s*\((?:#|GH-?|gh-?)\d+\)|\s*\[(?:#|[A-Z]+-)\d+\]").ok());
static MAIL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\s*<?[\w.+-]+@(?:[\w-]+\.)+[A-Za-z]{2,}>?").ok());

/// Lines of a message that a tool or a convention adds, in lower case.
const TRAILERS: [&str; 12] = [
    "signed-off-by:",
    "co-authored-by:",
    "reviewed-by:",
    "acked-by:",
    "tested-by:",
    "reported-by:",
    "change-id:",
    "cc:",
    "git-svn-id:",
    "reviewed-on:",
    "suggested-by:",
    "pr-url:",
];

/// Returns the subject and the body.
pub(super) fn clean(raw: &str) -> (String, String) {
    let raw = raw.replace("\r\n", "\n");
    let (subject, body) = raw.trim().split_once('\n').unwrap_or((raw.trim(), ""));
    let subject = without(&NUMBER, subject);
    let lines = body.lines().filter(|line| {
        let lower = line.trim().to_lowercase();
        !TRAILERS.iter().any(|trailer| lower.starts_with(trailer))
    });
    let body = lines.map(str::trim_end).collect::<Vec<_>>().join("\n");
    (
        without(&MAIL, subject.trim()).trim().to_owned(),
        without(&MAIL, body.trim()).trim().to_owned(),
    )
}

fn without(pattern: &Option<Regex>, text: &str) -> String {
    match pattern {
        Some(pattern) => pattern.replace_all(text, "").into_owned(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn what_is_not_about_the_change_is_removed() {
        let raw = "Fix the lock order (#123)\n\nThe store waited for the writer.\nThanks to a@b.example for the report.\n\nSigned-off-by: A <a@b.example>\nCo-authored-by: B <b@c.example>\n";
        let (subject, body) = clean(raw);
        assert_eq!(subject, "Fix the lock order");
        assert_eq!(
            body,
            "The store waited for the writer.\nThanks to for the report."
        );
    }
}
