//! `repoLsp/status`

use repo_indexer::{Cancel, IndexAccess, IndexStatus};
use tower_lsp::jsonrpc::Result;
use trainer_bridge::PrivacyMode;

use crate::lsp::ext::{
    IndexState, RootStatus, SamplesStatus, Skipped, StatusParams, StatusResult, VERSION,
};
use crate::lsp::root::Root;
use crate::lsp::snapshot::SessionSnapshot;
use crate::lsp::uri::to_uri;
use assistant::recording;

/// Skipped files listed for each root if the client sets no limit.
const DEFAULT_MAX_SKIPPED: usize = 20;

pub fn handle(session: &SessionSnapshot, params: StatusParams, _: &Cancel) -> Result<StatusResult> {
    let limit = params.max_skipped.unwrap_or(DEFAULT_MAX_SKIPPED);
    let roots: Vec<RootStatus> = session
        .all_roots
        .iter()
        .map(|root| of_root(root, limit))
        .collect();
    let model = session.assistant().map(|a| a.map(|a| a.label().to_owned()));
    Ok(StatusResult {
        version: VERSION,
        message: message(&roots, &model),
        model: model.ok().flatten(),
        roots,
        samples: samples(session),
    })
}

fn samples(session: &SessionSnapshot) -> SamplesStatus {
    let Some(policy) = &session.recording else {
        return SamplesStatus {
            mode: PrivacyMode::Off,
            interactions: 0,
            feedback: 0,
            since: None,
            problem: None,
        };
    };
    let since = session.source.trained(&session.model());
    let counts = recording::counts(policy, since.unwrap_or(0));
    let unreadable = counts.as_ref().err().map(ToString::to_string);
    let counts = counts.unwrap_or_default();
    SamplesStatus {
        mode: policy.mode,
        interactions: counts.interactions,
        feedback: counts.feedback,
        since,
        problem: session.samples.last_error().or(unreadable),
    }
}

fn of_root(root: &Root, limit: usize) -> RootStatus {
    // The condition is read before the counts. In the other order, an index could be reported as fresh with the counts from before it was.
    // For the same reason, the snapshot of the request is not used.
    let condition = root.condition();
    let open = root.index();
    let index = open.as_ref().map(|index| index.snapshot().status());
    let count = |of: fn(&IndexStatus) -> usize| index.as_ref().map_or(0, of);
    let listed = index.iter().flat_map(|i| &i.skipped).take(limit);
    let (done, total) = condition.progress.map_or((0, 0), |p| (p.done, p.total));
    RootStatus {
        name: root.name.clone(),
        uri: to_uri(&root.path),
        state: match (&condition.error, &open) {
            (Some(_), _) => IndexState::Failed,
            (None, None) => IndexState::Opening,
            // `fresh` stays set during a later refresh, so a running scan is checked as well.
            (None, Some(_)) if condition.fresh && condition.progress.is_none() => IndexState::Fresh,
            (None, Some(_)) => IndexState::Indexing,
        },
        done,
        total,
        files: count(|i| i.files),
        symbols: count(|i| i.symbols),
        modules: count(|i| i.modules),
        chunks: count(|i| i.chunks),
        bytes_on_disk: index.as_ref().map_or(0, |i| i.bytes_on_disk),
        writer: open.is_some_and(|index| index.access() == IndexAccess::Writer),
        skipped_count: count(|i| i.skipped.len()),
        skipped: listed
            .map(|s| Skipped {
                path: s.path.clone(),
                reason: s.reason.clone(),
            })
            .collect(),
        error: condition.error,
        notices: condition.notices,
    }
}

/// Formats the state of the index and of the model in one line.
fn message(roots: &[RootStatus], model: &std::result::Result<Option<String>, String>) -> String {
    let any = |state| roots.iter().any(|r| r.state == state);
    let index = match roots {
        [] => "no workspace folder",
        _ if any(IndexState::Failed) => "an index failed",
        _ if any(IndexState::Opening) || any(IndexState::Indexing) => "indexing",
        _ if matches!(model, Ok(None)) => "index only",
        _ => "index fresh",
    };
    match model {
        Ok(Some(label)) => format!("{index} · {label}"),
        Ok(None) => format!("{index} · set up a model"),
        Err(why) => format!("{index} · {why}"),
    }
}
