//! Which interactions a command means: the same flags for each.

use std::path::Path;

use anyhow::bail;
use assistant::recording::{Kind, workspace_name};
use trainer_bridge::{Filter, Store, Verdict};

use super::super::arguments::Global;
use super::when;

#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Filters {
    /// Only what was asked since then: 2026-11-19, 2026-11-19T10:00, or 7d, 12h, 30m ago
    #[arg(long, value_name = "TIME", value_parser = when::parse)]
    since: Option<u64>,

    /// Only what was asked before that
    #[arg(long, value_name = "TIME", value_parser = when::parse)]
    until: Option<u64>,

    /// Only what was judged so; none for what nobody has judged
    #[arg(long, value_enum)]
    verdict: Option<Judged>,

    /// Only what was asked in this way: ask, selection, explain, usages, impact, module, diagnostic, hover
    #[arg(long)]
    kind: Option<String>,

    /// Only what is about files that match, for example 'src/**/*.rs'
    #[arg(long, value_name = "GLOB")]
    files: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Judged {
    Good,
    Bad,
    Corrected,
    None,
}

impl Judged {
    pub(super) fn verdict(self) -> Option<Verdict> {
        match self {
            Judged::Good => Some(Verdict::Good),
            Judged::Bad => Some(Verdict::Bad),
            Judged::Corrected => Some(Verdict::Corrected),
            Judged::None => None,
        }
    }
}

impl Filters {
    /// Whether anything is left out by them.
    pub(super) fn any(&self) -> bool {
        let Filters {
            since,
            until,
            verdict,
            kind,
            files,
        } = self;
        since.is_some() || until.is_some() || verdict.is_some() || kind.is_some() || files.is_some()
    }

    /// Refuses what is certainly a slip: nothing would be found, and somebody would think that nothing is there.
    pub(super) fn of(&self, store: &Store, workspace: Option<String>) -> anyhow::Result<Filter> {
        if let Some(kind) = &self.kind {
            let known = Kind::ALL.map(Kind::name);
            let of_kind = Filter {
                kind: Some(kind.clone()),
                ..Filter::default()
            };
            // What was imported may have kinds of its own.
            if !known.contains(&kind.as_str()) && store.count(&[of_kind])?.is_empty() {
                bail!("no such kind: {kind}; there are {}", known.join(", "));
            }
        }
        if let Some(workspace) = &workspace {
            exists(store, workspace)?;
        }
        Ok(Filter {
            id: None,
            workspace,
            alone: false,
            kind: self.kind.clone(),
            verdict: self.verdict.map(Judged::verdict),
            since: self.since,
            until: self.until,
            files: self.files.clone(),
        })
    }
}

/// A workspace is a folder, or was one when something was asked there.
pub(super) fn exists(store: &Store, workspace: &str) -> anyhow::Result<()> {
    let asked_there = Filter {
        workspace: Some(workspace.to_owned()),
        ..Filter::default()
    };
    if !Path::new(workspace).is_dir() && store.count(&[asked_there])?.is_empty() {
        bail!("{workspace} is no folder, and nothing is kept of one");
    }
    Ok(())
}

/// Whether what was asked in `folder` belongs to a workspace: to it, or to a folder below it.
pub(super) fn within(folder: &str, workspace: &str) -> bool {
    let rest = folder.strip_prefix(workspace);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The workspace that was named, as interactions have it. The folder itself may be gone: what was kept of it is not.
pub(super) fn named(global: &Global) -> Option<String> {
    global.workspace.as_deref().map(workspace_name)
}
