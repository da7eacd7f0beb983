//! Properties of values by which secrets are distinguished from placeholders, prose and names.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::RegexSet;

/// Returns the Shannon entropy in bits per character.
pub(super) fn entropy(value: &str) -> f64 {
    let mut counts: HashMap<char, f64> = HashMap::new();
    let mut length = 0.0;
    for c in value.chars() {
        *counts.entry(c).or_default() += 1.0;
        length += 1.0;
    }
    counts
        .values()
        .map(|count| {
            let share = count / length;
            -share * share.log2()
        })
        .sum()
}

/// Counts the distinct characters.
pub(super) fn distinct(value: &str) -> usize {
    let mut seen = std::collections::HashSet::new();
    value.chars().filter(|c| seen.insert(*c)).count()
}

/// Words that are used in place of a value.
const PLACEHOLDER_WORDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pass",
    "pwd",
    "pw",
    "secret",
    "token",
    "key",
    "apikey",
    "api_key",
    "none",
    "null",
    "nil",
    "undefined",
    "true",
    "false",
    "string",
    "str",
    "text",
    "hidden",
    "input",
    "required",
    "optional",
    "varchar",
    "bytes",
    "bearer",
    "basic",
    "user",
    "username",
    "empty",
    "unset",
    "default",
    "auto",
    "plain",
    "hashed",
    "bcrypt",
    "argon2",
    "argon2id",
    "scrypt",
    "pbkdf2",
    "sha256",
    "prompt",
    "stdin",
    "file",
    "env",
    "vault",
    "value",
    "credentials",
    "any",
    "int",
    "integer",
    "char",
    "chararray",
    "secretstr",
    "object",
    "writeonly",
    "readonly",
    "nullable",
    "process",
    "unknown",
    "plaintext",
    "mandatory",
    "params",
    "number",
    "boolean",
    "yes",
    "no",
    "off",
    "on",
    "encrypted",
    "changeit",
    "foo",
    "bar",
    "baz",
    "foobar",
];

/// Substrings of placeholders.
const PLACEHOLDER_PARTS: &[&str] = &[
    "your",
    "example",
    "placeholder",
    "changeme",
    "change_me",
    "change-me",
    "change this",
    "change_this",
    "dummy",
    "replace",
    "insert",
    "...",
    "…",
    "xxxx",
    "****",
    "todo",
    "_here",
    "-here",
    "sample",
];

/// Returns whether a value is a placeholder, as in documentation or a template, or refers to an environment variable.
pub(super) fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    let lower = value.to_ascii_lowercase();
    let word = lower.trim_matches(|c: char| !c.is_alphanumeric());
    distinct(value) <= 2
        || word == "redacted"
        || PLACEHOLDER_WORDS.contains(&lower.as_str())
        || PLACEHOLDER_PARTS.iter().any(|hint| lower.contains(hint))
        || has_slot(value)
        || is_reference(value)
}

/// Returns whether a value contains a slot such as `<name>`. A `<` alone may be part of a password.
fn has_slot(value: &str) -> bool {
    let named = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '/' | '|');
    value.starts_with('<')
        || value
            .split('<')
            .skip(1)
            .filter_map(|rest| rest.split_once('>'))
            .any(|(name, _)| name.len() > 2 && name.chars().all(named))
}

/// Returns whether a value is a reference: `$NAME`, `${NAME}`, `$(command)`, `{{ name }}`, `{name}`, `%NAME%`, `%s`, `#{name}`, `@Name@`, `__NAME__`, `process.env.NAME`.
fn is_reference(value: &str) -> bool {
    let named = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if let Some(rest) = value.strip_prefix('$') {
        let whole = rest
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.' || b == b':');
        return rest.starts_with(['{', '(']) || (named(rest) && whole);
    }
    let wrapped = |open: char, close: char| {
        value.len() > 2 && value.starts_with(open) && value.ends_with(close)
    };
    value.starts_with("{{")
        || value.starts_with("#{")
        || value.starts_with("%(")
        || value.contains("${")
        || value.contains("{{")
        || wrapped('{', '}')
        || wrapped('%', '%')
        || wrapped('@', '@')
        || wrapped('[', ']')
        || (value.starts_with("__") && value.ends_with("__"))
        || matches!(value, "%s" | "%v" | "%d" | "%q" | "{}" | "?" | ":password")
        || [
            "process.env",
            "os.environ",
            "env.",
            "env:",
            "secrets.",
            "vault:",
            "ref:",
            "ssm:",
            "arn:",
            "op://",
            "file:",
        ]
        .iter()
        .any(|start| value.starts_with(start))
}

/// Words that occur in messages about passwords, but not in passphrases.
const SENTENCE: &[&str] = &[
    "password",
    "passwords",
    "passphrase",
    "token",
    "secret",
    "key",
    "enter",
    "please",
    "must",
    "required",
    "invalid",
    "forgot",
    "confirm",
    "current",
    "incorrect",
    "wrong",
    "missing",
    "least",
    "characters",
    "short",
    "match",
    "cannot",
    "reset",
    "your",
];

/// Returns whether a value is a message to a user.
pub(super) fn is_prose(value: &str) -> bool {
    let words: Vec<&str> = value.split_whitespace().collect();
    let bare = |word: &&str| {
        let word = word
            .trim_matches(|c: char| !c.is_alphanumeric())
            .to_lowercase();
        SENTENCE.contains(&word.as_str())
    };
    words.len() > 1 && words.iter().any(bare)
}

/// Returns whether a value is the name of a secret: `db_password`, `auth-token`, `passwordHash`.
pub(super) fn is_name_of_secret(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let name = value
        .bytes()
        .all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-' | b'.' | b'/' | b':'));
    name && [
        "password",
        "passwd",
        "_secret",
        "secret_",
        "secret-",
        "-secret",
        "token",
        "credential",
        "passphrase",
        "_key",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

/// Returns whether a value may be a chosen password: a word or words joined by dashes, but not a variable (`plainText`, `user_input`), a
/// type or a label (`String`, `Kennwort`).
pub(super) fn is_chosen_word(value: &str) -> bool {
    value.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && !value.contains(['_', '/'])
        && !value.bytes().any(|b| b.is_ascii_uppercase())
}

/// Returns whether a value has special characters between letters as no expression has: two of them, or one that is no operator.
pub(super) fn has_odd_signs(value: &str) -> bool {
    let inner = |signs: &[u8]| {
        let bytes = value.as_bytes();
        let beside = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
        let found = |at: &usize| signs.contains(&bytes[*at]) && beside(at + 1);
        (0..bytes.len()).filter(found).count()
    };
    let rare = inner(b"!^");
    let starts = value.starts_with(['!', '@', '%']);
    !starts && (rare > 0 || inner(b"#$%@~") > 1)
}

/// Returns whether a value is at least two words in camel case. A single word is a label (`Kennwort`).
pub(super) fn is_joined_words(value: &str) -> bool {
    value.len() >= 10
        && value.bytes().all(|b| b.is_ascii_alphabetic())
        && value.bytes().skip(1).filter(u8::is_ascii_uppercase).count() > 0
        && value.bytes().any(|b| b.is_ascii_lowercase())
}

/// Names of algorithms and encodings, which may be followed by a number and occur where passwords do.
const TECHNICAL: &[&str] = &[
    "aes", "alpha", "argon", "ascii", "base", "bcrypt", "beta", "cbc", "char", "des", "float",
    "gcm", "hmac", "http", "id", "int", "ipv", "iso", "md", "oauth", "pbkdf", "pkcs", "rc", "rfc",
    "rsa", "scram", "scrypt", "sha", "ssha", "tls", "uint", "utf", "varchar", "with", "ws", "x",
];

/// Returns whether a value is an algorithm or encoding (`sha256`, `PBKDF2-HMAC-SHA512`, `utf8mb4`), a version (`v2`, `1.2.3`), a count
/// (`3/5`), a time of day, or a hexadecimal number. Longer numbers may be passwords.
pub(super) fn is_technical(value: &str) -> bool {
    static KNOWN: LazyLock<RegexSet> = LazyLock::new(|| {
        let names = TECHNICAL.join("|");
        let method = format!("(?:{names})[0-9]{{0,3}}(?:id|le|be|mb3|mb4)?");
        #[expect(
            clippy::expect_used,
            reason = "the patterns are constants, and a test compiles them"
        )]
        RegexSet::new([
            format!(
                "(?i)^(?:{method}|(?:iso|rfc)[-_]?[0-9]{{4,5}})(?:[-_/.:]{method})*(?:[-_/.:][0-9]{{1,3}}){{0,2}}(?:[-_/.:]{method})*$"
            ),
            r"^v?[0-9]{1,2}(?:\.[0-9]{1,2}){1,3}$|^v[0-9]{1,3}$".to_owned(),
            r"^[0-9]{1,4}/[0-9]{1,4}$|^[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?$".to_owned(),
            r"^0x[0-9A-Fa-f]{1,8}$".to_owned(),
        ])
        .expect("the patterns of technical terms are valid")
    });
    KNOWN.is_match(value)
}

/// Returns whether a value is a generic type such as `Vec<u8>`, or the beginning of one on the same line.
pub(super) fn is_generic(value: &str, next: Option<char>) -> bool {
    let Some((name, parameters)) = value.split_once('<') else {
        return false;
    };
    let named = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'.');
    let goes_on = next.is_some_and(|next| next != '\n' && next != '\r');
    name.bytes().all(named) && (parameters.ends_with('>') || goes_on)
}

/// Returns whether a value is a constant (`DIALOG_TOKEN`) or a numeric type (`u32`, `__u32`, `uint8_t`).
pub(super) fn is_constant_or_number(value: &str) -> bool {
    let upper = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    let constant = value.bytes().all(upper)
        && value.split('_').filter(|word| word.len() > 1).count() > 1
        && value.starts_with(|c: char| c.is_ascii_uppercase())
        && value.bytes().filter(u8::is_ascii_digit).count() < 3;
    let number = value.trim_start_matches('_').trim_end_matches("_t");
    let bits = number.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let kind = &number[..number.len() - bits.len()];
    let number = matches!(kind, "u" | "i" | "f" | "int" | "uint" | "float")
        && matches!(bits, "8" | "16" | "32" | "64" | "128");
    constant || number
}

/// Returns whether a value is a qualified name, joined by dots.
pub(super) fn is_path(value: &str) -> bool {
    let mut parts = value.split('.');
    let named = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    value.contains('.') && parts.all(named)
}

/// Returns whether a value looks generated rather than named: it mixes letters and digits, or upper and lower case.
pub(super) fn looks_random(value: &str) -> bool {
    let count = |is: fn(&u8) -> bool| value.bytes().filter(is).count();
    let digits = count(u8::is_ascii_digit);
    let letters = count(u8::is_ascii_alphabetic);
    let mixed_case = count(u8::is_ascii_uppercase) > 1 && count(u8::is_ascii_lowercase) > 1;
    let enough = entropy(value) >= 2.8 && distinct(value) >= 7;
    let sequence = ["abcdef", "qwerty"]
        .iter()
        .any(|run| value.to_ascii_lowercase().starts_with(run));
    let words = value
        .split(['-', '_', '.', '/', ':', ' '])
        .filter(|word| word.len() > 2 && word.bytes().all(|b| b.is_ascii_lowercase()))
        .map(str::len)
        .sum::<usize>();
    let capitals = count(u8::is_ascii_uppercase);
    // Mostly lower-case words between separators (`user-profile-v2`, `X-Api-Key`), or joined (`PrivateDecryptingKey`).
    let name = (words * 2 > value.len() && value.len() < 40 && digits < 6)
        || (digits == 0 && letters == value.len() && capitals * 5 <= letters);
    enough
        && !sequence
        && !name
        && !value.contains(' ')
        && ((digits > 1 && letters > 0) || (mixed_case && value.len() >= 20))
}
