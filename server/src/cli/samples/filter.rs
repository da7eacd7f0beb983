//! The flags that select interactions, which all commands share.

use std::path::Path;

use anyhow::bail;
use assistant::recording::{InteractionKind, workspace_name};
use trainer_bridge::{Filter, Store, Verdict};

use super::super::arguments::Global;
use super::when;

#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Filters {
    /// Only interactions since this time: 2026-11-19, 2026-11-19T10:00, or an age such as 7d, 12h, 30m
    #[arg(long, value_name = "TIME", value_parser = when::parse)]
    since: Option<u64>,

    /// Only interactions before this time
    #[arg(long, value_name = "TIME", value_parser = when::parse)]
    until: Option<u64>,

    /// Only interactions with this verdict; `none` selects those without a verdict
    #[arg(long, value_enum)]
    verdict: Option<VerdictArg>,

    /// Only interactions of this kind: ask, selection, explain, usages, impact, module, diagnostic, hover
    #[arg(long)]
    kind: Option<String>,

    /// Only interactions about files that match this glob, for example 'src/**/*.rs'
    #[arg(long, value_name = "GLOB")]
    files: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum VerdictArg {
    Good,
    Bad,
    Corrected,
    None,
}

impl VerdictArg {
    pub(super) fn verdict(self) -> Option<Verdict> {
        match self {
            VerdictArg::Good => Some(Verdict::Good),
            VerdictArg::Bad => Some(Verdict::Bad),
            VerdictArg::Corrected => Some(Verdict::Corrected),
            VerdictArg::None => None,
        }
    }
}

impl Filters {
    /// Returns whether any flag is given.
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

    /// Builds the filter. An unknown kind or workspace is an error: an empty result would suggest that there are no interactions.
    pub(super) fn to_filter(
        &self,
        store: &Store,
        workspace: Option<String>,
    ) -> anyhow::Result<Filter> {
        if let Some(kind) = &self.kind {
            let known = InteractionKind::ALL.map(InteractionKind::name);
            let of_kind = Filter {
                kind: Some(kind.clone()),
                ..Filter::default()
            };
            // Imported interactions may have other kinds.
            if !known.contains(&kind.as_str()) && store.count(&[of_kind])?.is_empty() {
                bail!("unknown kind: {kind}; the kinds are {}", known.join(", "));
            }
        }
        if let Some(workspace) = &workspace {
            check_workspace(store, workspace)?;
        }
        Ok(Filter {
            id: None,
            workspace,
            exclude_subfolders: false,
            kind: self.kind.clone(),
            verdict: self.verdict.map(VerdictArg::verdict),
            since: self.since,
            until: self.until,
            files: self.files.clone(),
        })
    }
}

/// Checks that a workspace is a folder, or was one when an interaction was recorded.
pub(super) fn check_workspace(store: &Store, workspace: &str) -> anyhow::Result<()> {
    let of_workspace = Filter {
        workspace: Some(workspace.to_owned()),
        ..Filter::default()
    };
    if !Path::new(workspace).is_dir() && store.count(&[of_workspace])?.is_empty() {
        bail!("{workspace} is not a folder, and no interaction is recorded for it");
    }
    Ok(())
}

/// Returns whether `folder` is a workspace or one of its subfolders.
pub(super) fn within(folder: &str, workspace: &str) -> bool {
    let rest = folder.strip_prefix(workspace);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Returns the workspace of --workspace, as it is recorded. The folder itself may not exist any more.
pub(super) fn named(global: &Global) -> Option<String> {
    global.workspace.as_deref().map(workspace_name)
}
