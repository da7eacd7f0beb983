//! Conditions on a match that a pattern cannot express. A rule names one of them.

use std::ops::Range;

use super::values::{
    distinct, has_odd_signs, is_chosen_word, is_constant_or_number, is_generic, is_joined_words,
    is_name_of_secret, is_path, is_placeholder, is_prose, is_technical, looks_random,
};

/// A match.
pub(super) struct Found<'t> {
    pub(super) text: &'t str,
    /// The matched text before the secret.
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

    /// Returns whether the match is not an assignment, but a role of reStructuredText ("pass :data:`x`") or a match arm
    /// (`Kind::Pass => "pass"`).
    fn is_marked_up(&self) -> bool {
        let role = self.before.strip_suffix(":`");
        let lead = &self.text[..self.secret.start - self.before.len()];
        let variant = lead.ends_with("::")
            || self.before.starts_with("::")
            || (self.before.starts_with(':') && lead.ends_with(':'));
        role.is_some_and(|role| role.contains(" :")) || (self.before.contains("=>") && variant)
    }

    /// Returns whether the name is upper-case, like that of an environment variable.
    fn name_is_upper(&self) -> bool {
        !self.before.bytes().any(|byte| byte.is_ascii_lowercase())
    }

    /// Returns whether the line has nothing but the name and the value, as in a settings file. In most code a comma, a bracket or a
    /// semicolon follows the value; other code has spaces around `=` and is indented, or assigns to a qualified name.
    fn stands_alone(&self) -> bool {
        let start = self.secret.start - self.before.len();
        let line = self.text[..start].rsplit('\n').next().unwrap_or_default();
        let name = line.rsplit([' ', '\t']).next().unwrap_or_default();
        let prefix = &line[..line.len() - name.len()];
        let rest = &self.text[self.secret.end..];
        let rest = rest.split('\n').next().unwrap_or_default();
        let rest = rest.trim_start_matches(['"', '\'']).trim();
        let before = self.before.trim_end_matches(['"', '\'']).trim_end();
        let set = before.ends_with(['=', ':']);
        let spaced = before.ends_with(" =");
        let code = spaced && (!prefix.is_empty() || name.contains('.'));
        // The output of a test runner, `PASS: test-name`.
        let report = name.is_empty() && self.before.eq_ignore_ascii_case("pass: ");
        set && !code
            && !report
            && matches!(prefix.trim(), "" | "-" | "export" | "ENV" | "set" | "SET")
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
            && (rest.is_empty() || rest.starts_with('#'))
    }

    /// Returns whether the match is an entry of a properties file, `some.name=value`. Code has `self.name=value`, and usually spaces.
    fn is_property(&self) -> bool {
        let start = self.secret.start - self.before.len();
        let line = self.text[..start].rsplit('\n').next().unwrap_or_default();
        line.contains('.')
            && !line.starts_with([' ', '\t'])
            && !["self.", "this."].iter().any(|own| line.contains(own))
            && self.before.ends_with('=')
    }

    fn previous(&self) -> Option<char> {
        self.text[..self.secret.start].chars().next_back()
    }
}

#[derive(Clone, Copy)]
pub(super) enum Check {
    /// Not a placeholder.
    Real,
    /// A token of a certain format that is not a placeholder: it has many distinct characters.
    Token,
    /// The quoted value of a password.
    QuotedPassword,
    /// The unquoted value of a password. In code this is often an expression.
    BarePassword,
    /// A value after the name of a password in a list, which may also be a name.
    ListedPassword,
    /// The quoted value of a key or token.
    QuotedSecret,
    BareSecret,
    /// A key after introductory words, which names and places may follow as well.
    SpokenSecret,
    UrlPassword,
    KeyBody,
    /// The pairs of a cookie.
    Cookie,
    Email,
}

impl Check {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "real" => Self::Real,
            "token" => Self::Token,
            "quoted_password" => Self::QuotedPassword,
            "bare_password" => Self::BarePassword,
            "listed_password" => Self::ListedPassword,
            "quoted_secret" => Self::QuotedSecret,
            "bare_secret" => Self::BareSecret,
            "spoken_secret" => Self::SpokenSecret,
            "url_password" => Self::UrlPassword,
            "key_body" => Self::KeyBody,
            "cookie" => Self::Cookie,
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
                !is_placeholder(value)
                    && !is_prose(value)
                    && !is_name_of_secret(value)
                    && !found.is_marked_up()
            }
            Self::BarePassword => {
                !is_placeholder(value) && !is_name_of_secret(value) && is_bare_password(found)
            }
            Self::ListedPassword => {
                !is_placeholder(value)
                    && !is_name_of_secret(value)
                    && is_bare_password(found)
                    && !value.contains(['\\', ':'])
                    && value.bytes().any(|byte| byte.is_ascii_lowercase())
            }
            Self::QuotedSecret => {
                !is_placeholder(value) && (looks_random(value) || is_chosen_secret(found))
            }
            Self::BareSecret => {
                !is_placeholder(value) && !is_expression(found) && is_bare_secret(found)
            }
            Self::UrlPassword => !is_placeholder(value) && !is_name_of_secret(value),
            Self::SpokenSecret => !is_placeholder(value) && is_spoken_secret(value),
            Self::KeyBody => has_key_body(value),
            Self::Cookie => has_session(value),
            Self::Email => is_a_persons(found),
        }
    }
}

/// Returns whether an unquoted value is an expression: a call, an index, a qualified name or a type.
fn is_expression(found: &Found) -> bool {
    let value = found.value();
    matches!(found.next(), Some('(' | '['))
        || value.contains(['(', '[', '{', '*'])
        || value.contains("::")
        || value.contains("->")
        || value.starts_with(['&', '.', '/', '=', '~', '<', ':'])
        || is_constant_or_number(value)
        || is_generic(value, found.next())
        || is_path(value)
}

fn is_bare_password(found: &Found) -> bool {
    let value = found.value();
    if value.starts_with(['/', '&', '.', '=', '~', '(', '[', '{', '<', '*']) || value.contains("::")
    {
        return false;
    }
    if matches!(found.next(), Some('(' | '['))
        || value.contains('(')
        || is_path(value)
        || is_generic(value, found.next())
    {
        return false;
    }
    // An environment variable is followed by a literal value.
    if found.name_is_upper() && found.before.ends_with('=') {
        return true;
    }
    if found.stands_alone()
        && value.len() >= 6
        && (is_chosen_word(value)
            || has_odd_signs(value)
            || (found.is_property() && is_joined_words(value)))
    {
        return true;
    }
    if is_constant_or_number(value) || is_technical(value) {
        return false;
    }
    let digit = value.bytes().any(|byte| byte.is_ascii_digit());
    let letter = value.bytes().any(|byte| byte.is_ascii_alphabetic());
    digit && (letter || value.len() >= 4)
}

/// Returns whether the match is a quoted word assigned to an environment variable whose name contains SECRET. Values of other keys are
/// often names.
fn is_chosen_secret(found: &Found) -> bool {
    let value = found.value();
    found.stands_alone()
        && found.name_is_upper()
        && found.before.contains("SECRET")
        && value.len() >= 12
        && value
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && !value.contains("secret")
}

/// Returns whether a value is a single key with enough digits.
fn is_spoken_secret(value: &str) -> bool {
    let joined = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'+' | b'=');
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    // Names contain long runs of lower-case letters, keys hardly ever do.
    let mut runs = value.split(|c: char| !c.is_ascii_lowercase());
    value.bytes().all(joined) && digits > 2 && runs.all(|run| run.len() < 8) && looks_random(value)
}

/// Returns whether an unquoted value is a random key, or a chosen one in a place where only keys occur.
fn is_bare_secret(found: &Found) -> bool {
    let value = found.value();
    let chosen = found.stands_alone()
        && !is_name_of_secret(value)
        && is_chosen_word(value)
        && (found.name_is_upper() || !value.contains('-'));
    chosen || looks_random(value)
}

/// Returns whether a cookie has a session value, not only preferences such as `theme=dark`.
fn has_session(cookie: &str) -> bool {
    cookie
        .split(';')
        .filter_map(|pair| pair.split_once('='))
        .map(|(_, value)| value.trim())
        .any(|value| value.len() >= 16 && !is_placeholder(value) && looks_random(value))
}

/// Returns whether there is a long run of base64 between the markers. Documentation has dots there.
fn has_key_body(value: &str) -> bool {
    value
        .split("-----")
        .filter(|part| !part.contains("KEY"))
        .flat_map(|part| part.split(|c: char| !(c.is_ascii_alphanumeric() || c == '+' || c == '/')))
        .any(|run| run.len() >= 20 && distinct(run) >= 8)
}

/// Extensions of files and systemd units, and reserved domains, which are not those of mail hosts.
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
    "rb",
    "go",
    "java",
    "kt",
    "json",
    "yaml",
    "yml",
    "toml",
    "html",
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
];

/// Accounts that do not belong to a person.
const NOT_PEOPLE: &[&str] = &[
    "git",
    "hg",
    "svn",
    "noreply",
    "no-reply",
    "donotreply",
    "do-not-reply",
];

/// Returns whether an email address may belong to a person. Users of remotes (`git@…`), no-reply senders and the domains that RFC 2606
/// reserves for documentation (`example.com`, `.test`, …) are not private, and redacting them would make answers worse.
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
    // `ssh://deploy@host.io/` and `deploy@host.io:path` are remote logins.
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
