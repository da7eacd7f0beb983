//! The flows that come with the program.

use std::{
    io,
    path::{Component, Path, PathBuf},
};

/// Their files, by path.
const FILES: &[(&str, &str)] = &[
    (
        "detailed_summary/flow.yaml",
        include_str!("../flows/detailed_summary/flow.yaml"),
    ),
    (
        "direct/flow.yaml",
        include_str!("../flows/direct/flow.yaml"),
    ),
    (
        "extractive_overview/flow.yaml",
        include_str!("../flows/extractive_overview/flow.yaml"),
    ),
    (
        "key_facts/flow.yaml",
        include_str!("../flows/key_facts/flow.yaml"),
    ),
    (
        "prompts/answer.yaml",
        include_str!("../flows/prompts/answer.yaml"),
    ),
    (
        "prompts/detailed_summary.yaml",
        include_str!("../flows/prompts/detailed_summary.yaml"),
    ),
    (
        "prompts/extractive_overview.yaml",
        include_str!("../flows/prompts/extractive_overview.yaml"),
    ),
    (
        "prompts/fact_questions.yaml",
        include_str!("../flows/prompts/fact_questions.yaml"),
    ),
    (
        "prompts/judge.yaml",
        include_str!("../flows/prompts/judge.yaml"),
    ),
    (
        "prompts/key_facts.yaml",
        include_str!("../flows/prompts/key_facts.yaml"),
    ),
    (
        "prompts/questions.yaml",
        include_str!("../flows/prompts/questions.yaml"),
    ),
    (
        "prompts/reasoning.yaml",
        include_str!("../flows/prompts/reasoning.yaml"),
    ),
];

/// The names of the built-in flows, for [`crate::Flow::built_in`].
pub fn built_in_flows() -> Vec<&'static str> {
    FILES
        .iter()
        .filter_map(|(path, _)| path.strip_suffix("/flow.yaml"))
        .collect()
}

/// Where a flow of this name is, as [`read`] knows it.
pub(crate) fn path(name: &str) -> Option<PathBuf> {
    built_in_flows()
        .contains(&name)
        .then(|| Path::new(name).join("flow.yaml"))
}

/// Reads a built-in file. A flow refers to its prompts relative to its own folder.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    let path = &inside(path);
    FILES
        .iter()
        .find(|(name, _)| Path::new(name) == path)
        .map(|(_, text)| (*text).to_owned())
        .ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// Resolves `..` in a path.
fn inside(path: &Path) -> PathBuf {
    let mut resolved = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                resolved.pop();
            }
            part => resolved.push(part),
        }
    }
    resolved
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Flow;

    #[test]
    fn every_built_in_flow_loads_and_gives_the_same_columns() {
        assert_eq!(
            built_in_flows(),
            [
                "detailed_summary",
                "direct",
                "extractive_overview",
                "key_facts"
            ]
        );
        for name in built_in_flows() {
            let flow = Flow::built_in(name).unwrap_or_else(|error| panic!("{name}: {error}"));
            let columns = flow.output_columns.unwrap_or_default();
            let columns: Vec<&str> = columns.iter().map(|column| &**column).collect();
            assert_eq!(
                columns,
                [
                    "document_id",
                    "document",
                    "query",
                    "reasoning_trace",
                    "final_answer"
                ]
            );
        }
        let error = Flow::built_in("key_fact").unwrap_err().to_string();
        assert!(error.contains("key_facts"), "{error}");
    }
}
