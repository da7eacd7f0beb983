//! Loads and unloads engines, and replaces an older generation by a newer one while requests are running.
//!
//! Changes run one at a time. Each updates the table atomically, so that a request gets an engine that is not freed while it is used.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::watch;

use super::async_library::{AsyncLibrary, GenerationError};
use super::engine::{Engine, EngineHandle, LoadError};
use models::library::Installed;
use settings::{HostSettings, Swap};

pub(crate) struct ModelManager {
    library: AsyncLibrary,
    settings: HostSettings,
    table: Mutex<Table>,
    /// Held while an engine is loaded or freed.
    changing: tokio::sync::Mutex<()>,
    /// Incremented when the table changes.
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct Table {
    /// By model name.
    serving: HashMap<String, Arc<Engine>>,
    /// Generations that failed to load. They are not tried again until another generation becomes active.
    failed: HashMap<String, (u32, LoadError)>,
    loading: Option<(String, u32)>,
    /// Engines that are finishing their requests.
    retiring: Vec<Arc<Engine>>,
    /// Models that are being replaced in the background.
    swapping: Vec<String>,
    closed: bool,
}

/// Why there is no engine for a model.
pub(crate) enum EngineError {
    NoSuchModel(String),
    Unavailable(String),
}

/// The state of a model, for the status response.
pub(crate) struct ModelState {
    pub name: String,
    pub generation: u32,
    pub state: &'static str,
    pub engine: Option<Arc<Engine>>,
    pub problem: Option<String>,
}

impl ModelManager {
    pub(crate) fn new(library: AsyncLibrary, settings: HostSettings) -> Arc<Self> {
        Arc::new(ModelManager {
            library,
            settings,
            table: Mutex::default(),
            changing: tokio::sync::Mutex::default(),
            changed: watch::Sender::new(0),
        })
    }

    pub(crate) fn library(&self) -> &AsyncLibrary {
        &self.library
    }

    /// Returns an engine for a model. Waits until it is loaded, unless an older generation can answer meanwhile.
    pub(crate) async fn engine(self: &Arc<Self>, name: &str) -> Result<EngineHandle, EngineError> {
        let wanted = match self.library.current(name).await {
            Ok(installed) => installed,
            Err(missing) => return self.fallback_engine(name, missing),
        };
        self.engine_for(&wanted)
            .await
            .map_err(EngineError::Unavailable)
    }

    /// Returns the loaded engine if the generation that should replace it is damaged.
    fn fallback_engine(
        &self,
        name: &str,
        missing: GenerationError,
    ) -> Result<EngineHandle, EngineError> {
        let table = self.table();
        let engine = table.serving.get(name).filter(|engine| !engine.is_lost());
        match (engine, missing) {
            (Some(engine), GenerationError::Damaged(line)) => {
                tracing::warn!("{} stays active: {line}", engine.installed.label());
                Ok(EngineHandle::of(engine))
            }
            (_, GenerationError::Unknown(line)) => Err(EngineError::NoSuchModel(line)),
            (None, GenerationError::Damaged(line)) => Err(EngineError::Unavailable(line)),
        }
    }

    async fn engine_for(self: &Arc<Self>, wanted: &Installed) -> Result<EngineHandle, String> {
        let mut changed = self.changed.subscribe();
        if let Some(ready) = self.ready(wanted) {
            return Ok(ready);
        }
        // A separate task, so that loading completes even if this request is dropped.
        let change = tokio::spawn(self.clone().change(wanted.name.clone()));
        tokio::pin!(change);
        loop {
            tokio::select! {
                biased;
                // Another change may have loaded it and may take longer to complete.
                _ = changed.changed() => if let Some(ready) = self.ready(wanted) {
                    return Ok(ready);
                },
                result = &mut change => {
                    if let Some(ready) = self.ready(wanted) {
                        return Ok(ready);
                    }
                    return Err(match result {
                        Ok(Err(error)) => error.to_string(),
                        // It was loaded, and freed in favour of another model before this task ran.
                        Ok(Ok(())) => "another model was requested at the same time; ask again".to_owned(),
                        Err(_) => format!("loading {} failed", wanted.label()),
                    });
                }
            }
        }
    }

    /// Returns an engine that can answer now. If it is an older generation, starts loading the newer one.
    fn ready(self: &Arc<Self>, wanted: &Installed) -> Option<EngineHandle> {
        let mut table = self.table();
        let engine = table
            .serving
            .get(&wanted.name)
            .filter(|engine| !engine.is_lost())?;
        let ready = EngineHandle::of(engine);
        let number = wanted.manifest.number;
        if engine.installed.manifest.number != number {
            let known = table
                .failed
                .get(&wanted.name)
                .is_some_and(|(failed, _)| *failed == number);
            if !known && !table.swapping.contains(&wanted.name) {
                table.swapping.push(wanted.name.clone());
                tokio::spawn(self.clone().swap(wanted.name.clone()));
            }
        }
        Some(ready)
    }

    /// Reacts to a change of the active generation of a model.
    pub(crate) async fn refresh(self: &Arc<Self>, name: &str) {
        let current = self.library.current(name).await;
        {
            let mut table = self.table();
            let number = current
                .as_ref()
                .ok()
                .map(|installed| installed.manifest.number);
            // A failed generation may be tried again after another one was active.
            if table
                .failed
                .get(name)
                .is_some_and(|(failed, _)| Some(*failed) != number)
            {
                table.failed.remove(name);
            }
            if !table.serving.contains_key(name) {
                return;
            }
        }
        match current {
            Ok(installed) => drop(self.ready(&installed)),
            Err(missing) => tracing::error!("keeping the older generation: {}", missing.line()),
        }
    }

    async fn swap(self: Arc<Self>, name: String) {
        let result = self.clone().change(name.clone()).await;
        self.table().swapping.retain(|swapping| *swapping != name);
        if let Err(error) = result {
            tracing::error!("keeping the older generation: {error}");
        }
    }

    /// Loads the active generation of a model and makes it answer.
    async fn change(self: Arc<Self>, name: String) -> Result<(), LoadError> {
        let _one = self.changing.lock().await;
        let broken = |missing: GenerationError| LoadError::Broken(missing.line());
        let wanted = self.library.current(&name).await.map_err(broken)?;
        let number = wanted.manifest.number;
        let (old, others) = {
            let mut table = self.table();
            if table.closed {
                return Err(LoadError::Broken("the model host is stopping".into()));
            }
            match table.failed.get(&name) {
                Some((failed, error)) if *failed == number => return Err(error.clone()),
                _ => table.failed.remove(&name),
            };
            if let Some(lost) = table
                .serving
                .get(&name)
                .filter(|engine| engine.is_lost())
                .cloned()
            {
                table.serving.remove(&name);
                // It may hang forever, so it is not awaited.
                tokio::spawn(lost.retire());
            }
            let old = table.serving.get(&name).cloned();
            if old
                .as_ref()
                .is_some_and(|old| old.installed.manifest.number == number)
            {
                return Ok(());
            }
            let others: Vec<_> = table
                .serving
                .extract_if(|other, _| *other != name)
                .map(|(_, engine)| engine)
                .collect();
            table.retiring.extend(others.iter().cloned());
            (old, others)
        };
        // Memory is reserved for one model at a time.
        for other in others {
            self.retire(other).await;
        }
        match old {
            None => self.load_or_previous(wanted).await,
            Some(old) => self.replace(old, wanted).await,
        }
    }

    /// Loads a generation; if it is broken, loads the previously active one, which answers until another one is activated.
    async fn load_or_previous(&self, wanted: Installed) -> Result<(), LoadError> {
        let loaded = self.load(wanted.clone()).await;
        let Err(LoadError::Broken(line)) = &loaded else {
            return loaded;
        };
        let Some(previous) = self.library.previous(&wanted.name).await else {
            return loaded;
        };
        tracing::warn!("{line}; {} answers instead", previous.label());
        match self.load(previous).await {
            Ok(()) => {
                let failed = (wanted.manifest.number, LoadError::Broken(line.clone()));
                self.table().failed.insert(wanted.name, failed);
                Ok(())
            }
            Err(_) => loaded,
        }
    }

    async fn replace(&self, old: Arc<Engine>, wanted: Installed) -> Result<(), LoadError> {
        if self.settings.swap != Swap::Drain {
            match self.load(wanted.clone()).await {
                Err(LoadError::TooLarge(line)) if self.settings.swap == Swap::Auto => {
                    tracing::info!("{line}; freeing the older generation first");
                    self.table().failed.remove(&wanted.name);
                }
                loaded => {
                    if loaded.is_ok() {
                        self.retire(old).await;
                    }
                    return loaded;
                }
            }
        }
        let before = old.installed.clone();
        {
            let mut table = self.table();
            table.serving.remove(&wanted.name);
            table.retiring.push(old.clone());
        }
        self.retire(old).await;
        let loaded = self.load(wanted.clone()).await;
        if let Err(error) = &loaded {
            self.load(before).await?;
            self.table()
                .failed
                .insert(wanted.name, (wanted.manifest.number, error.clone()));
        }
        loaded
    }

    /// Loads a generation and makes it answer from now on.
    async fn load(&self, wanted: Installed) -> Result<(), LoadError> {
        let (name, number) = (wanted.name.clone(), wanted.manifest.number);
        tracing::info!("loading {}", wanted.label());
        self.table().loading = Some((name.clone(), number));
        let base = self.library.base(&wanted).await;
        let started = Instant::now();
        let loaded = match base {
            Ok(base) => Engine::load(wanted, base, self.settings).await,
            Err(missing) => Err(LoadError::Broken(missing.line())),
        };
        let mut table = self.table();
        table.loading = None;
        let result = match loaded {
            Ok(engine) => {
                tracing::info!(
                    "loaded {} in {} ms",
                    engine.installed.label(),
                    started.elapsed().as_millis()
                );
                if let Some(old) = table.serving.insert(name, engine) {
                    table.retiring.push(old);
                }
                Ok(())
            }
            Err(error) => {
                tracing::error!("{error}");
                // A model that did not fit may fit later, but not beside the one that is loaded.
                if matches!(error, LoadError::Broken(_)) || table.serving.contains_key(&name) {
                    table.failed.insert(name, (number, error.clone()));
                }
                Err(error)
            }
        };
        drop(table);
        self.notify_changed();
        result
    }

    /// Waits until the requests of an engine have finished, and frees it.
    async fn retire(&self, engine: Arc<Engine>) {
        {
            let mut table = self.table();
            if !table
                .retiring
                .iter()
                .any(|other| Arc::ptr_eq(other, &engine))
            {
                table.retiring.push(engine.clone());
            }
        }
        self.notify_changed();
        engine.clone().retire().await;
        self.table()
            .retiring
            .retain(|other| !Arc::ptr_eq(other, &engine));
        self.notify_changed();
    }

    /// Unloads idle models. Returns when to call it again, or `Err` if nothing is loaded or loading.
    pub(crate) async fn tidy(&self) -> Result<Instant, ()> {
        let limit = Duration::from_secs(self.settings.unload_after_seconds);
        let (idle, next) = {
            let mut table = self.table();
            let idle: Vec<_> = table
                .serving
                .extract_if(|_, engine| engine.last_used().elapsed() >= limit)
                .map(|(_, engine)| engine)
                .collect();
            table.retiring.extend(idle.iter().cloned());
            let next = table
                .serving
                .values()
                .map(|engine| engine.last_used() + limit)
                .min();
            let busy = table.loading.is_some() || !table.swapping.is_empty();
            (idle, next.or(busy.then(|| Instant::now() + limit)))
        };
        for engine in idle {
            self.retire(engine).await;
        }
        next.ok_or(())
    }

    /// Notifies of every change of the table.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Stops loading, and frees every engine after its requests have finished.
    pub(crate) async fn close(&self) {
        self.table().closed = true;
        let _one = self.changing.lock().await;
        let all: Vec<_> = {
            let mut table = self.table();
            let all: Vec<_> = table.serving.drain().map(|(_, engine)| engine).collect();
            table.retiring.extend(all.iter().cloned());
            all
        };
        for engine in all {
            self.retire(engine).await;
        }
    }

    /// Returns the state of every model, for the status response.
    pub(crate) fn rows(&self) -> Vec<ModelState> {
        let table = self.table();
        let row = |engine: &Arc<Engine>, state| ModelState {
            name: engine.installed.name.clone(),
            generation: engine.installed.manifest.number,
            state,
            engine: Some(engine.clone()),
            problem: None,
        };
        let serving = table
            .serving
            .values()
            .map(|engine| row(engine, if engine.is_lost() { "lost" } else { "serving" }));
        let retiring = table.retiring.iter().map(|engine| row(engine, "retiring"));
        let bare = |name: &str, generation, state, problem| ModelState {
            name: name.to_owned(),
            generation,
            state,
            engine: None,
            problem,
        };
        let loading = table
            .loading
            .iter()
            .map(|(name, number)| bare(name, *number, "loading", None));
        let failed = table
            .failed
            .iter()
            .map(|(name, (number, error))| bare(name, *number, "failed", Some(error.to_string())));
        serving
            .chain(retiring)
            .chain(loading)
            .chain(failed)
            .collect()
    }

    fn notify_changed(&self) {
        self.changed.send_modify(|count| *count += 1);
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock()
    }
}
