//! `editors/PROTOCOL.md` documents exactly what the code implements.

use serde_json::{Value, json};

use super::{CRATE, Client};
use crate::lsp::{commands, ext};

const DOCUMENT: &str = include_str!("../../../../editors/PROTOCOL.md");

/// The section under a heading.
fn section(title: &str) -> &'static str {
    let start = DOCUMENT
        .find(&format!("\n## {title}\n"))
        .unwrap_or_else(|| panic!("no section {title}"));
    let body = &DOCUMENT[start + 4..];
    &body[..body.find("\n## ").unwrap_or(body.len())]
}

/// The names in the first column of the tables of a section, `roots[].` and the like included.
fn documented(section: &str) -> Vec<String> {
    let cells = section.lines().filter_map(|line| {
        line.strip_prefix("| `")?
            .split_once(" |")
            .map(|(cell, _)| cell)
    });
    cells
        .flat_map(|cell| {
            cell.split(',')
                .map(|name| name.trim().trim_matches('`').to_owned())
                .collect::<Vec<_>>()
        })
        .collect()
}

/// The paths of all fields of a value, as the document writes them.
fn fields(prefix: &str, value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let path = format!("{prefix}{name}");
                // Positions are the standard's; the parts of a score are whatever retrieval measures.
                if name != "range" && name != "score" {
                    let inner = if value.is_array() {
                        format!("{path}[].")
                    } else {
                        format!("{path}.")
                    };
                    fields(&inner, value, out);
                }
                out.push(path);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| fields(prefix, item, out)),
        _ => {}
    }
}

#[track_caller]
fn same(what: &str, mut code: Vec<String>, mut document: Vec<String>) {
    code.sort();
    code.dedup();
    document.sort();
    assert_eq!(code, document, "{what}");
}

#[tokio::test]
async fn the_fields_of_results_and_parameters_are_documented() {
    let fixture = format!("{CRATE}//- /big.json\n{}\n", "1".repeat(1_100_000));
    let mut client = Client::ready(&fixture).await;
    let ask = client
        .ask(ext::ASK, json!({ "question": "merge segments" }))
        .await;
    let mut found: Vec<String> = [
        "question",
        "textDocument",
        "range",
        "module",
        "conversationId",
        "partialResultToken",
    ]
    .map(str::to_owned)
    .into();
    fields("", &ask, &mut found);
    // Documented once, for the citations of sources.
    found.retain(|field| !field.contains("mentions[].citation."));
    let mut named = documented(section("`repoLsp/ask`"));
    for twice in ["question", "conversationId", "module"] {
        // Both a parameter and a field of the result.
        let twice = named.iter().position(|n| n == twice).unwrap();
        named.remove(twice);
    }
    same("ask", found, named);

    let status = client.ask(ext::STATUS, json!({})).await;
    let mut found = vec!["maxSkipped".to_owned()];
    fields("", &status, &mut found);
    same("status", found, documented(section("`repoLsp/status`")));
    client.close().await;
}

/// A misspelt parameter would be ignored and not refused, so the names in the code are compared.
#[test]
fn the_documented_parameters_match_the_code() {
    let range =
        json!({ "start": { "line": 1, "character": 2 }, "end": { "line": 3, "character": 4 } });
    let document = json!({ "uri": "file:///a" });
    let params: ext::AskParams = serde_json::from_value(json!({
        "question": "q", "textDocument": document, "range": range, "module": true, "conversationId": "c", "partialResultToken": 1,
    }))
    .unwrap();
    assert!(
        params.module
            && params.text_document.is_some()
            && params.range.is_some()
            && params.partial_result_token.is_some()
    );
    assert_eq!(
        (params.question.as_str(), params.conversation_id.as_deref()),
        ("q", Some("c"))
    );
    let params: ext::StatusParams = serde_json::from_value(json!({ "maxSkipped": 3 })).unwrap();
    assert_eq!(params.max_skipped, Some(3));
    let argument = ext::CommandArgument {
        text_document: serde_json::from_value(document).ok(),
        range: serde_json::from_value(range.clone()).ok(),
        question: Some("q".to_owned()),
        diagnostic: serde_json::from_value(json!({ "range": range.clone(), "message": "m" })).ok(),
    };
    let mut found: Vec<String> = serde_json::to_value(argument)
        .unwrap()
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    found.extend(commands::ids());
    same("commands", found, documented(section("Commands")));
    let feedback = ext::FeedbackParams {
        interaction_id: "i".to_owned(),
        verdict: Some(ext::Verdict::Good),
        correction: Some("c".to_owned()),
        copied: Some(ext::Copied { characters: 1 }),
        inserted: serde_json::from_value(
            json!({ "textDocument": { "uri": "file:///a" }, "range": range }),
        )
        .ok(),
    };
    let result = ext::FeedbackResult {
        recorded: true,
        message: None,
    };
    let keys = [
        serde_json::to_value(feedback).unwrap(),
        serde_json::to_value(result).unwrap(),
    ];
    let keys = keys
        .iter()
        .flat_map(|value| value.as_object().unwrap().keys().cloned());
    same(
        "feedback",
        keys.collect(),
        documented(section("`repoLsp/feedback`")),
    );
}

#[test]
fn names_numbers_and_titles_are_documented() {
    assert!(DOCUMENT.contains(&format!("\nVersion: {}. ", ext::VERSION)));
    let announced = DOCUMENT
        .lines()
        .find(|l| l.contains("\"experimental\""))
        .unwrap();
    let announced: Value = serde_json::from_str(announced).unwrap();
    assert_eq!(announced["experimental"], ext::announcement());
    for command in commands::ALL {
        let row = format!(
            "| `{}` | {} | `{}` |",
            command.id, command.title, command.kind
        );
        assert!(DOCUMENT.contains(&row), "{row}");
    }
    for mode in [
        assistant::ask::Mode::Model,
        assistant::ask::Mode::Extractive,
    ] {
        assert!(section("`repoLsp/ask`").contains(&serde_json::to_string(&mode).unwrap()));
    }
    for state in [
        ext::IndexState::Opening,
        ext::IndexState::Indexing,
        ext::IndexState::Fresh,
        ext::IndexState::Failed,
    ] {
        assert!(section("`repoLsp/status`").contains(&serde_json::to_string(&state).unwrap()));
    }
    let partial = ext::AskPartial {
        markdown: String::new(),
        citations: Vec::new(),
        thinking: Some(String::new()),
    };
    for name in serde_json::to_value(partial)
        .unwrap()
        .as_object()
        .unwrap()
        .keys()
    {
        assert!(
            section("`repoLsp/ask`").contains(&format!("\"{name}\":")),
            "{name}"
        );
    }
    assert!(DOCUMENT.contains(&format!("section `{}`", ext::SECTION)));
}
