//! Properties of redaction: errors in rules, unchanged placeholders, and idempotence.

use proptest::prelude::*;

use super::*;

#[test]
fn errors_in_rules_are_described() {
    let rule =
        |more: &str| format!("[[rule]]\nid = \"x\"\nsource = \"\"\nkeywords = [\"k\"]\n{more}");
    let refused = |toml: String| match Redactor::new(&toml) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    };
    assert!(
        refused(rule("regex = '('")).contains("the redaction rule `x` has no valid expression")
    );
    assert_eq!(
        refused(rule("regex = 'k'\ncheck = \"sharp\"")),
        "the redaction rule `x` names a check that does not exist: `sharp`"
    );
    assert!(refused(rule("regexp = 'k'")).contains("unknown field `regexp`"));
    let silent = rule("regex = 'k'").replace("\"k\"", "");
    assert!(refused(silent).contains("has no keyword"));
}

#[test]
fn each_kind_is_counted() {
    let text = "password = \"hunter2\", pwd = 'letmein!' by jo@acme.io";
    let (text, counts) = Redactor::built_in().redact(text);
    assert_eq!(
        text,
        "password = \"[redacted:password]\", pwd = '[redacted:password]' by [redacted:email]"
    );
    let counts: Vec<_> = counts.iter().map(|r| (r.kind.as_str(), r.count)).collect();
    assert_eq!(counts, [("email", 1), ("password", 2)]);
}

#[test]
fn ordinary_text_is_not_copied() {
    let (text, counts) = Redactor::built_in().redact("where is the token of the lexer made?");
    assert!(matches!(text, Cow::Borrowed(_)) && counts.is_empty());
}

/// Only a complete placeholder is skipped, not something that looks like the beginning of one.
#[test]
fn only_a_complete_placeholder_is_skipped() {
    let check = |text: &str, expected: &str| {
        let (once, _) = Redactor::built_in().redact(text);
        assert_eq!(once, expected);
        let (twice, counts) = Redactor::built_in().redact(&once);
        assert_eq!(twice, once);
        assert!(counts.is_empty());
    };
    let key = format!("ghp_{}", "a1B2c3D4".repeat(5));
    for opened in [
        "Why do I see `[redacted:` here? my key is KEY, in [brackets]",
        "[redacted:KEY",
        "[redacted:KEY]",
        "[redacted:\nKEY ]",
        "[redacted:e mail] KEY]",
        "[redacted:secret4711]=KEY",
        "[redacted:email][redacted:KEY",
    ] {
        check(
            &opened.replace("KEY", &key),
            &opened.replace("KEY", "[redacted:github_token]"),
        );
    }
    check(
        "password = \"[redacted:x Hunter2024\" and pwd = 'redacted'",
        "password = \"[redacted:password]\" and pwd = 'redacted'",
    );
    check(
        "password = \"[redacted:email]Hunter2024\"",
        "password = \"[redacted:password]\"",
    );
    check(
        "postgres://app:Wint3r@2024!@db",
        "postgres://app:[redacted:url_password]@db",
    );
    check(
        "password=[redacted:password], token: [redacted:generic_secret]",
        "password=[redacted:password], token: [redacted:generic_secret]",
    );
}

/// Pieces of texts that match several rules at once.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("password".to_owned()),
        Just("api_key".to_owned()),
        Just("[redacted:".to_owned()),
        Just("[redacted:email]".to_owned()),
        Just("[redacted:email".to_owned()),
        Just("redacted".to_owned()),
        Just("Hunter2024".to_owned()),
        Just("https://".to_owned()),
        Just("jo@acme.io".to_owned()),
        Just("Bearer ".to_owned()),
        Just("-----BEGIN PRIVATE KEY-----".to_owned()),
        Just("-----END PRIVATE KEY-----".to_owned()),
        Just("name: DB_PASSWORD\nvalue: ".to_owned()),
        Just("getenv('TOKEN', '".to_owned()),
        Just(" == \"".to_owned()),
        Just("** ".to_owned()),
        Just(" | ".to_owned()),
        "[=:@/\"'`;,&?\\\\ \n\\[\\]]{1,3}",
        "[A-Za-z0-9+/]{1,40}",
        "\\PC{0,4}",
    ]
}

proptest! {
    #[test]
    fn redacting_twice_changes_nothing(pieces in prop::collection::vec(piece(), 0..14)) {
        let text = pieces.concat();
        let (once, _) = Redactor::built_in().redact(&text);
        let (twice, counts) = Redactor::built_in().redact(&once);
        prop_assert_eq!(&twice, &once);
        prop_assert!(counts.is_empty());
    }
}
