//! Changes of the settings while the server runs.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tower_lsp::ls_types::*;

use crate::lsp::capabilities::navigation_registrations;
use crate::lsp::ext::SECTION;
use crate::lsp::root::Root;
use crate::lsp::settings::{Resolved, section};
use crate::lsp::shared::Shared;
use crate::lsp::workspace::replace_root;

/// How long the editor may take to reply to `workspace/configuration`.
const CONFIGURATION_TIMEOUT: Duration = Duration::from_secs(10);

pub fn change(shared: &Arc<Shared>, params: DidChangeConfigurationParams) {
    // Clients that support `workspace/configuration` send null or only a part of the settings here.
    if shared.session().support.configuration {
        pull(shared);
    } else {
        apply_later(shared, section(params.settings));
    }
}

/// Requests the settings from the editor and applies them once the reply arrives. Does nothing if the client does not support that.
pub fn pull(shared: &Arc<Shared>) {
    if !shared.session().support.configuration {
        return;
    }
    let this = shared.clone();
    shared.client.detach(async move {
        let item = ConfigurationItem {
            scope_uri: None,
            section: Some(SECTION.to_owned()),
        };
        let reply = this.client.connection.configuration(vec![item]);
        match tokio::time::timeout(CONFIGURATION_TIMEOUT, reply).await {
            Ok(Ok(values)) => {
                // Null means that the editor has no such settings. The initialization options stay in force.
                if let Some(value) = values.into_iter().next().filter(|v| !v.is_null()) {
                    apply_later(&this, value);
                }
            }
            Ok(Err(error)) => tracing::warn!("the editor did not send its settings: {error}"),
            Err(_) => tracing::warn!("the editor did not send its settings in time"),
        }
    });
}

/// Applies new settings on a worker thread, because that reads the settings files.
fn apply_later(shared: &Arc<Shared>, editor: Value) {
    let changed = {
        let mut session = shared.session();
        // While a root is refused, the settings files are read again: they may have been corrected.
        let refused = !session.private_outside.is_known()
            || session.roots.iter().any(|root| root.is_refused());
        let changed = session.editor_settings != editor || session.settings.is_none();
        session.editor_settings = editor;
        changed || refused
    };
    if !changed {
        return;
    }
    let this = shared.clone();
    tokio::task::spawn_blocking(move || this.client.warn_later(apply(&this)));
}

/// Applies the settings that the editor sent last, and returns the problems found. Changes are applied one at a time, so that a slow older
/// one cannot overwrite a newer one.
fn apply(shared: &Shared) -> Vec<String> {
    let _guard = shared.configuring.lock();
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
        let resolved = shared.source.resolve(Some(&root.path), &editor);
        for problem in &resolved.problems {
            if !problems.contains(problem) {
                problems.push(problem.clone());
            }
        }
        let mode = resolved.settings.samples.mode;
        let path = root.path.clone();
        shared.session().recording_modes.insert(path, mode);
        // Settings that forbid indexing leave the present index in place.
        let differs = root.is_refused() || resolved.settings.index != root.options;
        if resolved.fatal.is_none() && differs {
            let new = Root::new(root.name.clone(), root.path.clone(), &resolved);
            replace_root(shared, &root, new);
        }
    }
    register(shared, settings.navigation);
    let private_outside = shared.source.resolve(None, &editor).private();
    {
        let mut session = shared.session();
        session.settings = Some(Arc::new(settings));
        session.private_outside = Arc::new(private_outside);
    }
    shared.apply_recording_policy();
    problems
}

/// Registers or unregisters navigation if the client supports that. Navigation that was on at `initialize` was announced statically and
/// stays.
fn register(shared: &Shared, wanted: bool) {
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
    let connection = shared.client.connection.clone();
    shared.client.detach(async move {
        let registrations = navigation_registrations();
        let _ = if wanted {
            connection.register_capability(registrations).await
        } else {
            let unregistration = |r: Registration| Unregistration {
                id: r.id,
                method: r.method,
            };
            let registrations = registrations.into_iter().map(unregistration).collect();
            connection.unregister_capability(registrations).await
        };
    });
}
