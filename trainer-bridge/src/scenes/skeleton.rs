//! The skeleton of a project: its modules with their descriptions, items and relations.

use repo_indexer::Snapshot;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skeleton {
    pub name: String,
    pub modules: Vec<SkeletonModule>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkeletonModule {
    pub id: String,
    pub directory: String,
    pub description: String,
    pub files: usize,
    pub items: Vec<String>,
    pub depends_on: Vec<String>,
}

/// Returns the skeleton of a repository.
pub fn skeleton(snapshot: &Snapshot) -> Skeleton {
    let modules = snapshot.modules().iter().map(|module| SkeletonModule {
        id: module.id.clone(),
        directory: module.directory.clone(),
        description: module
            .description
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
        files: module.files,
        items: module.items.clone(),
        depends_on: module.depends_on.iter().map(|(id, _)| id.clone()).collect(),
    });
    Skeleton {
        name: snapshot.name().to_owned(),
        modules: modules.collect(),
    }
}

impl Skeleton {
    /// Returns the skeleton as text of at most `limit` bytes, whole modules only.
    pub fn text(&self, limit: usize) -> String {
        let mut out = format!("{}\n", self.name);
        for module in &self.modules {
            let mut part = format!(
                "\n{} ({}, {} files)\n  {}\n",
                module.id, module.directory, module.files, module.description
            );
            if !module.items.is_empty() {
                let items: Vec<&str> = module.items.iter().take(12).map(String::as_str).collect();
                part.push_str(&format!("  items: {}\n", items.join(", ")));
            }
            if !module.depends_on.is_empty() {
                part.push_str(&format!("  uses: {}\n", module.depends_on.join(", ")));
            }
            if out.len() + part.len() > limit {
                break;
            }
            out.push_str(&part);
        }
        out
    }
}
