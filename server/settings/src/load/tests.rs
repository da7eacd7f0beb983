//! Which sources are read, which of them wins, and how errors are reported.

use expect_test::{Expect, expect};
use serde_json::json;

use super::*;

/// Loads the given workspace file, user file and editor settings; compares the differences from the defaults, and the problems.
fn check(workspace: &str, user: &str, editor: Value, expected: Expect) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    let (root, config) = (folder.path().join("ws"), folder.path().join("config"));
    std::fs::create_dir_all(&root).unwrap();
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(root.join(paths::WORKSPACE_FILE), workspace).unwrap();
    std::fs::write(config.join("config.toml"), user).unwrap();
    let dirs = Dirs {
        cache: folder.path().join("cache"),
        config,
        data: folder.path().join("data"),
    };
    let loaded = load(Some(&root), &dirs, Some(&editor), Options::default());

    let defaults = serde_json::to_value(Settings::default()).unwrap();
    let now = serde_json::to_value(&loaded.settings).unwrap();
    let mut shown = String::new();
    for (section, keys) in now.as_object().unwrap() {
        let Some(keys) = keys.as_object() else {
            if *keys != Value::Null && now[section] != defaults[section] {
                shown += &format!("{section} = {}\n", now[section]);
            }
            continue;
        };
        for (key, value) in keys {
            let default = &defaults[section][key];
            if value == default {
                continue;
            }
            let known = default.as_array().cloned().unwrap_or_default();
            match value.as_array() {
                Some(items) => {
                    let added: Vec<_> = items.iter().filter(|item| !known.contains(item)).collect();
                    let removed: Vec<_> =
                        known.iter().filter(|item| !items.contains(item)).collect();
                    shown += &format!("{section}.{key} + {} - {}\n", json!(added), json!(removed));
                }
                None => shown += &format!("{section}.{key} = {value}\n"),
            }
        }
    }
    let place = folder.path().display().to_string();
    for problem in &loaded.problems {
        shown += &format!("! {problem}\n").replace(&place, "");
    }
    if loaded.fatal().is_some() {
        shown += "nothing may be indexed\n";
    }
    expected.assert_eq(&shown);
    loaded
}

#[test]
fn later_sources_override_earlier_ones_and_lists_are_combined() {
    check(
        "[index]\nexclude = ['gen/**']\nprivate = ['*.token']\nmax_file_bytes = 4096\n[answer]\nsources = 3\n",
        "log = 'info'\n[index]\nexclude = ['vendor/**']\nmax_file_bytes = 8192\n",
        json!({ "index": { "maxFileBytes": 16384, "threads": null }, "lsp.navigation": true }),
        expect![[r#"
            index.exclude + ["gen/**","vendor/**"] - []
            index.private + ["*.token"] - []
            index.max_file_bytes = 16384
            lsp.navigation = true
            answer.sources = 3
            log = "info"
        "#]],
    );
}

#[test]
fn rejects_keys_that_a_workspace_file_may_not_set() {
    check(
        "log = 'trace'\n[index]\nthreads = 1\nmax_file_bytes = 4096\n[lsp]\nnavigation = true\n[model]\nendpoint = 'http://evil'\n",
        "",
        Value::Null,
        expect![[r#"
            index.max_file_bytes = 4096
            ! /ws/repo-lsp.toml:1: log: not allowed in a workspace file; set it in your config.toml or in your editor's settings
            ! /ws/repo-lsp.toml:3: index.threads: not allowed in a workspace file; set it in your config.toml or in your editor's settings
            ! /ws/repo-lsp.toml:6: lsp.navigation: not allowed in a workspace file; set it in your config.toml or in your editor's settings
            ! /ws/repo-lsp.toml:8: model.endpoint: not allowed in a workspace file; set it in your config.toml or in your editor's settings
        "#]],
    );
}

#[test]
fn a_workspace_cannot_make_a_private_file_public() {
    let loaded = check(
        "[index]\nprivate = ['!**/.env']\n",
        "",
        Value::Null,
        expect![""],
    );
    assert!(
        loaded
            .settings
            .index
            .private
            .contains(&"**/.env*".to_owned())
    );
}

#[test]
fn the_user_can_make_a_private_file_public() {
    check(
        "",
        "[index]\nprivate = ['!**/.npmrc', '*.token']\n",
        Value::Null,
        expect![[r#"
            index.private + ["*.token"] - ["**/.npmrc"]
        "#]],
    );
}

#[test]
fn reports_invalid_values_with_file_line_and_key() {
    check(
        "[answer]\nsources = 100\n",
        "log = 'a=b=c'\n[index]\nexclude = 'vendor'\nmax_file_bytes = '2 MB'\ntreads = 3\n[lsp]\nnavigation = 1\n",
        json!({ "index": { "threads": 1000, "exclude": ["a/[b"] } }),
        expect![[r#"
            ! /ws/repo-lsp.toml:2: answer.sources: expected an integer from 1 to 12, not the integer `100`
            ! /config/config.toml:1: log: invalid log filter `a=b=c`; use error, warn, info, debug, trace, or a filter such as repo_lsp=debug,warn
            ! /config/config.toml:3: index.exclude: expected a list of strings, not the string "vendor"
            ! /config/config.toml:4: index.max_file_bytes: expected an integer from 1024 to 67108864, not the string "2 MB"
            ! /config/config.toml:5: index.treads: unknown key `treads`; valid keys: `exclude`, `private`, `max_file_bytes`, `languages_off`, `threads`
            ! /config/config.toml:7: lsp.navigation: expected a boolean, not the integer `1`
            ! editor settings: index.threads: expected an integer from 0 to 256, not the integer `1000`
            ! editor settings: index.exclude: invalid glob `a/[b`: unclosed character class; missing ']'
        "#]],
    );
}

#[test]
fn rejects_host_settings_outside_the_user_file() {
    check(
        "[host]\nswap = 'drain'\n",
        "",
        json!({ "host": { "quantization": "Q4K" }, "host.swap": null, "answer": { "sources": 2 } }),
        expect![[r#"
            answer.sources = 2
            ! /ws/repo-lsp.toml:2: host.swap: not allowed in a workspace file; set it in your config.toml
            ! editor settings: host.quantization: this applies to all editors, so set it in your config.toml
        "#]],
    );
}

#[test]
fn invalid_private_globs_prevent_indexing() {
    for (workspace, user) in [
        ("[index]\nprivate = '*.token'\n", ""),
        ("", "[index]\nprivate = [1]\n"),
        ("", "index = 3\n"),
        ("", "[index\n"),
        ("[index]\nprivate = ['a[']", ""),
    ] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(paths::WORKSPACE_FILE), workspace).unwrap();
        std::fs::write(folder.path().join("config.toml"), user).unwrap();
        let dirs = Dirs {
            cache: folder.path().into(),
            config: folder.path().into(),
            data: folder.path().into(),
        };
        let loaded = load(Some(folder.path()), &dirs, None, Options::default());
        assert!(loaded.fatal().is_some(), "{workspace:?} {user:?}");
    }
}
