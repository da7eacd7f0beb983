//! Which engine answers for which model: loads what is asked for, and puts a newer generation in the place of an older one while both
//! are in use.
//!
//! One change at a time. What a change does to the table is done at once, so that whoever asks gets an engine that will not be freed
//! before they are done with it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::async_library::{AsyncLibrary, Missing};
use super::engine::{Engine, LoadError, Use};
use models::library::Installed;
use settings::{HostSettings, Swap};

pub(crate) struct ModelManager {
    library: AsyncLibrary,
    settings: HostSettings,
    table: Mutex<Table>,
    /// Held while something is loaded or freed.
    changing: tokio::sync::Mutex<()>,
    /// Counted up when the table changes.
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct Table {
    /// By the name of the model.
    serving: HashMap<String, Arc<Engine>>,
    /// What would not load, so that nobody waits for it again: until another generation is made the current one.
    failed: HashMap<String, (u32, LoadError)>,
    loading: Option<(String, u32)>,
    /// Those that finish what they have begun.
    retiring: Vec<Arc<Engine>>,
    /// A change of this model is on its way.
    swapping: Vec<String>,
    closed: bool,
}

/// Why there is no engine for a model.
pub(crate) enum Refusal {
    NoSuchModel(String),
    Unavailable(String),
}

/// A row of the table, for people.
pub(crate) struct Row {
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

    /// An engine for a model. Waits while it is loaded, unless an older generation can answer meanwhile.
    pub(crate) async fn engine(self: &Arc<Self>, name: &str) -> Result<Use, Refusal> {
        let wanted = match self.library.current(name).await {
            Ok(installed) => installed,
            Err(missing) => return self.despite(name, missing),
        };
        self.engine_for(&wanted).await.map_err(Refusal::Unavailable)
    }

    /// What is loaded goes on answering while what should replace it is damaged.
    fn despite(&self, name: &str, missing: Missing) -> Result<Use, Refusal> {
        let table = self.table();
        let engine = table.serving.get(name).filter(|engine| !engine.is_lost());
        match (engine, missing) {
            (Some(engine), Missing::Damaged(line)) => {
                tracing::warn!("{} stays: {line}", engine.installed.label());
                Ok(Use::of(engine))
            }
            (_, Missing::Unknown(line)) => Err(Refusal::NoSuchModel(line)),
            (None, Missing::Damaged(line)) => Err(Refusal::Unavailable(line)),
        }
    }

    async fn engine_for(self: &Arc<Self>, wanted: &Installed) -> Result<Use, String> {
        let mut changed = self.changed.subscribe();
        if let Some(ready) = self.ready(wanted) {
            return Ok(ready);
        }
        // On a task of its own: what is being loaded is loaded to its end, whoever leaves.
        let change = tokio::spawn(self.clone().change(wanted.name.clone()));
        tokio::pin!(change);
        loop {
            tokio::select! {
                biased;
                // Somebody else's change may have brought it already, and go on for a while.
                _ = changed.changed() => if let Some(ready) = self.ready(wanted) {
                    return Ok(ready);
                },
                result = &mut change => {
                    if let Some(ready) = self.ready(wanted) {
                        return Ok(ready);
                    }
                    return Err(match result {
                        Ok(Err(error)) => error.to_string(),
                        // It was there, and was freed in favour of another before we got to it.
                        Ok(Ok(())) => "another model is wanted at the same time; ask again".to_owned(),
                        Err(_) => format!("loading {} failed", wanted.label()),
                    });
                }
            }
        }
    }

    /// What can answer now. Where that is an older generation, the newer one is sent for.
    fn ready(self: &Arc<Self>, wanted: &Installed) -> Option<Use> {
        let mut table = self.table();
        let engine = table
            .serving
            .get(&wanted.name)
            .filter(|engine| !engine.is_lost())?;
        let ready = Use::of(engine);
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

    /// The current generation of a model may have changed.
    pub(crate) async fn look_again(self: &Arc<Self>, name: &str) {
        let current = self.library.current(name).await;
        {
            let mut table = self.table();
            let number = current
                .as_ref()
                .ok()
                .map(|installed| installed.manifest.number);
            // What failed is worth another attempt once it has been put aside.
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
            Err(missing) => tracing::error!("the older generation stays: {}", missing.line()),
        }
    }

    async fn swap(self: Arc<Self>, name: String) {
        let result = self.clone().change(name.clone()).await;
        self.table().swapping.retain(|swapping| *swapping != name);
        if let Err(error) = result {
            tracing::error!("the older generation stays: {error}");
        }
    }

    /// Makes the current generation of a model the one that answers.
    async fn change(self: Arc<Self>, name: String) -> Result<(), LoadError> {
        let _one = self.changing.lock().await;
        let broken = |missing: Missing| LoadError::Broken(missing.line());
        let wanted = self.library.current(&name).await.map_err(broken)?;
        let number = wanted.manifest.number;
        let (old, others) = {
            let mut table = self.table();
            if table.closed {
                return Err(LoadError::Broken("the host of models is ending".into()));
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
                // It may hang for ever, and is not waited for.
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
        // Memory is kept for one model.
        for other in others {
            self.retire(other).await;
        }
        match old {
            None => self.load_or_previous(wanted).await,
            Some(old) => self.replace(old, wanted).await,
        }
    }

    /// Loads what is wanted; where that is broken, the generation that was in use before it answers until another is put in use.
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
                    tracing::info!("{line}; the older generation is freed first");
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

    /// Loads, and has it answer from now on.
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
                    "{} is loaded, after {} ms",
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
                // What did not fit may fit later; beside another one it is not tried again.
                if matches!(error, LoadError::Broken(_)) || table.serving.contains_key(&name) {
                    table.failed.insert(name, (number, error.clone()));
                }
                Err(error)
            }
        };
        drop(table);
        self.tell();
        result
    }

    /// Waits until an engine that is no longer given out is done, and frees it.
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
        self.tell();
        engine.clone().retire().await;
        self.table()
            .retiring
            .retain(|other| !Arc::ptr_eq(other, &engine));
        self.tell();
    }

    /// Frees what nobody has asked for so long, and gives the time at which it is worth looking again, or since when nothing is loaded.
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

    /// Waits until something is loaded or freed.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Loads nothing more, and frees everything once it is done.
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

    /// What there is, for people.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let table = self.table();
        let row = |engine: &Arc<Engine>, state| Row {
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
        let bare = |name: &str, generation, state, problem| Row {
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

    fn tell(&self) {
        self.changed.send_modify(|count| *count += 1);
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
