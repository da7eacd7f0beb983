//! Settings that change while we run.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tower_lsp::ls_types::*;

use crate::lsp::capabilities::navigation_registrations;
use crate::lsp::ext::SECTION;
use crate::lsp::lifecycle::section;
use crate::lsp::roots::{self, Root, notify};
use crate::lsp::session::Shared;
use crate::lsp::settings::Resolved;

/// How long the editor may take to say what its settings are.
const PATIENCE: Duration = Duration::from_secs(10);

pub fn change(shared: &Arc<Shared>, params: DidChangeConfigurationParams) {
    // Clients that answer `workspace/configuration` send null or a part here.
    if shared.session().support.configuration {
        pull(shared);
    } else {
        apply_later(shared, section(params.settings));
    }
}

/// Asks the editor for its settings, without anyone waiting for the answer.
pub fn pull(shared: &Arc<Shared>) {
    if !shared.session().support.configuration {
        return;
    }
    let this = shared.clone();
    shared.detach(async move {
        let item = ConfigurationItem {
            scope_uri: None,
            section: Some(SECTION.to_owned()),
        };
        let asked = tokio::time::timeout(PATIENCE, this.client.configuration(vec![item])).await;
        match asked {
            Ok(Ok(values)) => {
                // Null means that the editor has no such settings: what `initialize` brought stays.
                if let Some(value) = values.into_iter().next().filter(|v| !v.is_null()) {
                    apply_later(&this, value);
                }
            }
            Ok(Err(error)) => tracing::warn!("the editor did not say its settings: {error}"),
            Err(_) => tracing::warn!("the editor did not say its settings in time"),
        }
    });
}

/// Tells the user what is wrong with the settings, one line each.
pub fn complain(shared: &Arc<Shared>, problems: Vec<String>) {
    if problems.is_empty() {
        return;
    }
    let this = shared.clone();
    tokio::spawn(async move {
        for problem in problems {
            notify(&this, &problem).await;
        }
    });
}

/// Reads the settings' files, so not on the thread that reads messages.
fn apply_later(shared: &Arc<Shared>, editor: Value) {
    let changed = {
        let mut session = shared.session();
        // Where nobody can tell what is private, the files may have been mended meanwhile.
        let refused = session.private_elsewhere.is_none()
            || session.roots.iter().any(|root| root.is_refused());
        let changed = session.editor_settings != editor || session.settings.is_none();
        session.editor_settings = editor;
        changed || refused
    };
    if !changed {
        return;
    }
    let this = shared.clone();
    tokio::spawn(async move {
        let blocking = this.clone();
        if let Ok(problems) = tokio::task::spawn_blocking(move || apply(&blocking)).await {
            complain(&this, problems);
        }
    });
}

/// One after the other, and each time what the editor sent last: an older change that takes longer must not undo a newer one.
fn apply(shared: &Arc<Shared>) -> Vec<String> {
    let _turn = shared.configuring();
    let (editor, current) = {
        let session = shared.session();
        (session.editor_settings.clone(), session.roots.clone())
    };
    let Resolved {
        settings,
        mut problems,
        ..
    } = shared
        .source
        .resolve(current.first().map(|r| r.path.as_path()), &editor);
    for root in current {
        let mine = shared.source.resolve(Some(&root.path), &editor);
        for problem in mine.problems {
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
        let recording = mine.settings.samples.mode;
        let mut session = shared.session();
        session.recording.insert(root.path.clone(), recording);
        drop(session);
        // With settings that may index nothing, what was indexed by the ones before them stays.
        let differs = root.is_refused() || mine.settings.index != root.settings;
        if mine.fatal.is_none() && differs {
            replace(
                shared,
                &root,
                Root::new(root.name.clone(), root.path.clone(), mine.settings.index),
            );
        }
    }
    register(shared, settings.navigation);
    let elsewhere = shared.source.resolve(None, &editor).private();
    {
        let mut session = shared.session();
        session.settings = Some(Arc::new(settings));
        session.private_elsewhere = elsewhere.map(Arc::new);
    }
    shared.settle_recording();
    problems
}

/// Opens the root's index anew, with what it is now to be opened with.
fn replace(shared: &Arc<Shared>, old: &Arc<Root>, new: Root) {
    let new = Arc::new(new);
    {
        let mut session = shared.session();
        let Some(slot) = session.roots.iter_mut().find(|r| Arc::ptr_eq(r, old)) else {
            return;
        };
        *slot = new.clone();
    }
    old.close();
    roots::open(shared, new);
}

/// Navigation was announced in `initialize` if it was on then; later only where the client can be told.
fn register(shared: &Arc<Shared>, wanted: bool) {
    let changed = {
        let mut session = shared.session();
        let announced = session.settings.as_ref().is_some_and(|s| s.navigation)
            && !session.navigation_registered;
        let change = session.support.register_navigation
            && !announced
            && session.navigation_registered != wanted;
        if change {
            session.navigation_registered = wanted;
        }
        change
    };
    if !changed {
        return;
    }
    let client = shared.client.clone();
    shared.detach(async move {
        let registrations = navigation_registrations();
        let _ = if wanted {
            client.register_capability(registrations).await
        } else {
            let gone = |r: Registration| Unregistration {
                id: r.id,
                method: r.method,
            };
            client
                .unregister_capability(registrations.into_iter().map(gone).collect())
                .await
        };
    });
}
