//! Recall and precision of redaction on cases labelled by hand.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test that panics is a test that fails, and one of them prints its figures"
)]

use std::fmt::Write as _;

use trainer_bridge::Redactor;

/// One line of `redaction/*.txt` with its random parts generated.
struct Case {
    line: usize,
    /// The kind of the secrets, for a case that contains any.
    kind: Option<String>,
    text: String,
    secrets: Vec<String>,
    /// The expected text if each secret is redacted completely.
    hidden: String,
}

struct Figures {
    positive: usize,
    found: usize,
    exact: usize,
    negative: usize,
    changed: usize,
    misses: String,
}

#[test]
fn held_out_cases() {
    check("held-out", include_str!("redaction/held-out.txt"));
}

#[test]
fn tuning_cases() {
    check("tuning", include_str!("redaction/tuning.txt"));
}

#[test]
fn there_are_enough_cases() {
    let halves = [
        include_str!("redaction/held-out.txt"),
        include_str!("redaction/tuning.txt"),
    ];
    let counts = halves.map(|half| cases(half).len());
    assert!(counts.iter().all(|count| *count >= 200), "{counts:?}");
}

/// At least 98 % of the secrets must be redacted, and at most 1 % of the other cases changed.
fn check(name: &str, file: &str) {
    let figures = measure(&cases(file));
    let recall = figures.found as f64 / figures.positive as f64;
    let wrong = figures.changed as f64 / figures.negative as f64;
    println!(
        "{name}: recall {:.1} % of {} ({} exactly), false positives {:.1} % of {}",
        100.0 * recall,
        figures.positive,
        figures.exact,
        100.0 * wrong,
        figures.negative
    );
    println!("{}", figures.misses);
    assert!(recall >= 0.98 && wrong <= 0.01, "{}", figures.misses);
}

fn measure(cases: &[Case]) -> Figures {
    let redactor = Redactor::built_in();
    let mut figures = Figures {
        positive: 0,
        found: 0,
        exact: 0,
        negative: 0,
        changed: 0,
        misses: String::new(),
    };
    for case in cases {
        let (after, counts) = redactor.redact(&case.text);
        let (again, more) = redactor.redact(&after);
        assert_eq!(again, after, "line {}: twice is not once", case.line);
        assert!(more.is_empty());
        let said = |what: &str| format!("line {}: {what}: {} -> {after}\n", case.line, case.text);
        match &case.kind {
            Some(kind) => {
                figures.positive += 1;
                let gone = case
                    .secrets
                    .iter()
                    .all(|secret| !after.contains(remnant(secret)));
                if gone && counts.iter().any(|redaction| redaction.count > 0) {
                    figures.found += 1;
                    figures.exact += usize::from(after == case.hidden);
                    if after != case.hidden {
                        let _ = write!(
                            figures.misses,
                            "{}",
                            said(&format!("more or other than {kind}"))
                        );
                    }
                } else {
                    figures.misses += &said(&format!("missed {kind}"));
                }
            }
            None => {
                figures.negative += 1;
                if after != case.text {
                    figures.changed += 1;
                    figures.misses += &said("not a secret");
                }
            }
        }
    }
    figures
}

/// The part of a secret that must not be left: of a long one, the middle.
fn remnant(secret: &str) -> &str {
    let mut end = secret.len().min(24);
    while !secret.is_char_boundary(end) {
        end -= 1;
    }
    // All private keys begin with the same marker.
    if secret.contains("-----BEGIN") {
        secret
    } else {
        &secret[..end]
    }
}

fn cases(file: &str) -> Vec<Case> {
    file.lines()
        .enumerate()
        .filter(|(_, line)| line.starts_with(['+', '-']))
        .map(|(at, line)| case(at + 1, line))
        .collect()
}

fn case(line: usize, written: &str) -> Case {
    let (kind, text) = match written.strip_prefix("+ ") {
        Some(rest) => {
            let (kind, text) = rest.split_once(" | ").expect("`+ kind | text`");
            (Some(kind.to_owned()), text)
        }
        None => (None, written.strip_prefix("- ").expect("`- text`")),
    };
    let marked = filled(&unescaped(text), written);
    let mut secrets = Vec::new();
    let mut hidden = String::new();
    let mut rest = marked.as_str();
    while let Some((before, after)) = rest.split_once('⟪') {
        let (secret, after) = after.split_once('⟫').expect("`⟪` is closed");
        secrets.push(secret.to_owned());
        hidden += before;
        hidden += &format!("[redacted:{}]", kind.as_deref().unwrap_or_default());
        rest = after;
    }
    hidden += rest;
    assert_eq!(kind.is_some(), !secrets.is_empty(), "line {line}");
    Case {
        line,
        kind,
        text: marked.replace(['⟪', '⟫'], ""),
        secrets,
        hidden,
    }
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, chars.clone().next()) {
            ('\\', Some(next @ ('n' | 't' | '\\'))) => {
                chars.next();
                out.push(match next {
                    'n' => '\n',
                    't' => '\t',
                    _ => '\\',
                });
            }
            _ => out.push(c),
        }
    }
    out
}

/// Replaces `⟦alphabet:length⟧` by random characters, deterministic for each `seed`.
fn filled(text: &str, seed: &str) -> String {
    let mut random = blake3::Hasher::new().update(seed.as_bytes()).finalize_xof();
    let mut next = move |alphabet: &str, length: usize| -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length)
            .map(|_| {
                let mut bytes = [0; 4];
                random.fill(&mut bytes);
                letters[u32::from_le_bytes(bytes) as usize % letters.len()]
            })
            .collect()
    };
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('⟦') {
        let (wanted, after) = after.split_once('⟧').expect("`⟦` is closed");
        out += before;
        let (name, length) = wanted.split_once(':').unwrap_or((wanted, "0"));
        let length: usize = length.parse().expect("a length");
        match name {
            "" => {}
            "uuid" => {
                let parts = [8, 4, 4, 4, 12].map(|length| next(HEX, length));
                out += &parts.join("-");
            }
            "pem" | "pemline" => {
                let lines: Vec<String> =
                    (0..length).map(|_| next(&letters("base64"), 64)).collect();
                out += &lines.join(if name == "pem" { "\n" } else { "\\n" });
            }
            _ => out += &next(&letters(name), length),
        }
        rest = after;
    }
    out + rest
}

const HEX: &str = "0123456789abcdef";

fn letters(name: &str) -> String {
    let range = |from: char, to: char| (from..=to).collect::<String>();
    let (upper, lower, digits) = (range('A', 'Z'), range('a', 'z'), range('0', '9'));
    match name {
        "hex" => HEX.to_owned(),
        "hexupper" => HEX.to_uppercase(),
        "digits" => digits,
        "lower" => lower,
        "alpha" => upper + &lower,
        "alnum" => upper + &lower + &digits,
        "base32" => upper + "234567",
        "base64" => upper + &lower + &digits + "+/",
        "base64url" => upper + &lower + &digits + "-_",
        "bech32" => "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L".to_owned(),
        other => panic!("no alphabet `{other}`"),
    }
}
