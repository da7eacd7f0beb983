//! What a match must hold beside its shape, where an expression cannot say it. A rule names one of these.

use std::ops::Range;

use super::values::{distinct, is_path, is_placeholder, is_prose, looks_random, speaks_of_secrets};

/// A match.
pub(super) struct Found<'t> {
    pub(super) text: &'t str,
    /// What the rule matched before the secret.
    pub(super) before: &'t str,
    pub(super) secret: Range<usize>,
}

impl Found<'_> {
    fn value(&self) -> &str {
        &self.text[self.secret.clone()]
    }

    fn next(&self) -> Option<char> {
        self.text[self.secret.end..].chars().next()
    }

    fn previous(&self) -> Option<char> {
        self.text[..self.secret.start].chars().next_back()
    }
}

#[derive(Clone, Copy)]
pub(super) enum Check {
    /// Not a placeholder.
    Real,
    /// A token whose shape is certain but for placeholders: it has many different characters.
    Token,
    /// A value in quotes that a password is set to.
    QuotedPassword,
    /// A value without quotes that a password is set to: code is full of such expressions.
    BarePassword,
    /// A value in quotes that a key or a token is set to.
    QuotedSecret,
    BareSecret,
    UrlPassword,
    KeyBody,
    Email,
}

impl Check {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "real" => Self::Real,
            "token" => Self::Token,
            "quoted_password" => Self::QuotedPassword,
            "bare_password" => Self::BarePassword,
            "quoted_secret" => Self::QuotedSecret,
            "bare_secret" => Self::BareSecret,
            "url_password" => Self::UrlPassword,
            "key_body" => Self::KeyBody,
            "email" => Self::Email,
            _ => return None,
        })
    }

    pub(super) fn holds(self, found: &Found) -> bool {
        let value = found.value();
        match self {
            Self::Real => !is_placeholder(value),
            Self::Token => !is_placeholder(value) && distinct(value) >= 6,
            Self::QuotedPassword => {
                !is_placeholder(value) && !is_prose(value) && !speaks_of_secrets(value)
            }
            Self::BarePassword => {
                !is_placeholder(value) && !speaks_of_secrets(value) && is_bare_password(found)
            }
            Self::QuotedSecret => !is_placeholder(value) && looks_random(value),
            Self::BareSecret => {
                !is_placeholder(value) && !is_expression(found) && looks_random(value)
            }
            Self::UrlPassword => !is_placeholder(value) && !speaks_of_secrets(value),
            Self::KeyBody => has_key_body(value),
            Self::Email => is_a_persons(found),
        }
    }
}

/// Whether a value without quotes is code rather than a value: a call, an index, a path of names, a type.
fn is_expression(found: &Found) -> bool {
    let value = found.value();
    matches!(found.next(), Some('(' | '[' | '<'))
        || value.contains(['(', '[', '<', '{', '*'])
        || value.contains("::")
        || value.contains("->")
        || value.starts_with(['&', '.', '/', '=', '~'])
        || is_path(value)
}

fn is_bare_password(found: &Found) -> bool {
    let value = found.value();
    // A variable of the environment is followed by its value and by nothing else.
    let name_is_upper = !found.before.bytes().any(|byte| byte.is_ascii_lowercase());
    let joined = found.before.ends_with('=');
    if value.starts_with(['/', '&', '.', '=', '~', '(', '[', '{', '<', '*']) || value.contains("::")
    {
        return false;
    }
    if matches!(found.next(), Some('(' | '[' | '<')) || value.contains('(') || is_path(value) {
        return false;
    }
    if name_is_upper && joined {
        return true;
    }
    let digit = value.bytes().any(|byte| byte.is_ascii_digit());
    let letter = value.bytes().any(|byte| byte.is_ascii_alphabetic());
    digit && (letter || value.len() >= 4)
}

/// At least one long run of base64 between the markers; documentation has dots there.
fn has_key_body(value: &str) -> bool {
    value
        .split("-----")
        .filter(|part| !part.contains("KEY"))
        .flat_map(|part| part.split(|c: char| !(c.is_ascii_alphanumeric() || c == '+' || c == '/')))
        .any(|run| run.len() >= 20 && distinct(run) >= 8)
}

/// Endings that belong to files and units, not to hosts.
const NOT_DOMAINS: &[&str] = &[
    "png",
    "jpg",
    "jpeg",
    "gif",
    "svg",
    "webp",
    "ico",
    "css",
    "scss",
    "js",
    "mjs",
    "cjs",
    "ts",
    "tsx",
    "jsx",
    "py",
    "rb",
    "rs",
    "go",
    "java",
    "kt",
    "json",
    "yaml",
    "yml",
    "toml",
    "html",
    "md",
    "txt",
    "service",
    "socket",
    "timer",
    "target",
    "mount",
    "local",
    "localdomain",
    "internal",
    "lan",
    "test",
    "example",
    "invalid",
    "localhost",
    "get",
    "post",
    "sh",
];

/// Accounts that stand for no person.
const NOT_PEOPLE: &[&str] = &[
    "git",
    "hg",
    "svn",
    "noreply",
    "no-reply",
    "donotreply",
    "do-not-reply",
];

/// An address of a person. Not the user of a remote (`git@…`), nor a sender that nobody reads, nor what RFC 2606 sets aside for
/// documentation (`example.com`, `.test`, …): hiding those would make answers worse and nobody safer.
fn is_a_persons(found: &Found) -> bool {
    let value = found.value();
    let Some((user, host)) = value.rsplit_once('@') else {
        return false;
    };
    let host = host.to_ascii_lowercase();
    let ending = host.rsplit('.').next().unwrap_or_default();
    let documentation = ["example.com", "example.org", "example.net"]
        .iter()
        .any(|domain| host == *domain || host.ends_with(&format!(".{domain}")));
    // `ssh://deploy@host.io/` and `deploy@host.io:path` log in somewhere.
    let before = &found.text[..found.secret.start];
    let remote = before
        .rsplit_once("//")
        .is_some_and(|(_, user)| !user.contains(['/', '?', '#', ' ', '\n', '"', '\'', '<', '(']));
    let scp = found.next() == Some(':')
        && found.text[found.secret.end + 1..]
            .starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/' || c == '~');
    let file = NOT_DOMAINS.contains(&ending) || found.previous() == Some('/');
    let nobody = NOT_PEOPLE.contains(&user.to_ascii_lowercase().as_str());
    !(documentation || remote || scp || file || nobody)
}
