//! One sentence about a definition, made in the background after somebody hovered over it, and shown by the next hover.
//!
//! A hover only looks whether there is one. What is made is kept on disk under the content of the definition and the generation that said
//! it, so that neither an edit nor a new generation leaves an old sentence standing. A sentence that names what the repository does not
//! know is not shown at all.

use grounding::{Checker, Plain, View};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::StreamExt;
use repo_indexer::{SymbolInfo, SymbolKind};
use tokio::sync::watch;
use trainer_bridge::Redactor;

use super::assistant::Assistant;
use super::excerpt::Excerpt;
use super::prompt;
use super::sources;
use crate::answer::words::Certainty;
use models::{ChatMessage, Event, FinishReason, ModelError, Priority, Request};
use settings::ModelSettings;
use trainer_bridge::Role;

/// Tokens of the definition that the model is shown. An engine that reads cannot be interrupted, and whoever asks meanwhile waits for it:
/// with more, for half a minute on a CPU.
const SHOWN: usize = 600;
const ANSWER_TOKENS: usize = 96;
/// Longest sentence shown, in characters.
const LONGEST: usize = 300;
/// For so long after a failure nobody is asked again.
const PAUSE: Duration = Duration::from_secs(60);
/// Who answers is looked up anew after this time, not with each hover.
const CHOSEN_FOR: Duration = Duration::from_secs(2);
/// Sentences kept in memory.
const REMEMBERED: usize = 4096;

/// Says who answers with given settings.
pub type Choose = dyn Fn(&ModelSettings) -> Option<Assistant> + Send + Sync;

pub struct Summaries {
    state: Arc<State>,
    /// The last definition that was hovered over without a sentence; nobody waits for those before it any more.
    wanted: watch::Sender<Option<Wanted>>,
    choose: Box<Choose>,
}

#[derive(Default)]
struct State {
    /// By file name; none where there is nothing worth showing.
    known: Mutex<HashMap<String, Option<String>>>,
    chosen: Mutex<Option<(Instant, ModelSettings, Option<Assistant>)>>,
}

/// A sentence to show, and who said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub text: String,
    pub generation: String,
}

#[derive(Clone)]
struct Wanted {
    assistant: Assistant,
    directory: PathBuf,
    key: String,
    name: String,
    excerpt: Excerpt,
    views: Vec<View>,
    repository: String,
}

impl Summaries {
    /// Starts the task that makes them; it ends when this is dropped.
    pub fn start(choose: Box<Choose>) -> Self {
        let state = Arc::<State>::default();
        let (wanted, receiver) = watch::channel(None);
        tokio::spawn(make(state.clone(), receiver));
        Summaries {
            state,
            wanted,
            choose,
        }
    }

    /// The sentence about a definition, if there is one. If there is none yet, it is made for the next time.
    pub fn of(
        &self,
        settings: &ModelSettings,
        directory: &std::path::Path,
        views: &[View],
        repository: &str,
        (root, symbol): (usize, &SymbolInfo),
        certainty: Certainty,
    ) -> Option<Summary> {
        if !settings.summaries || certainty != Certainty::Sure || !is_worth_it(symbol) {
            return None;
        }
        let assistant = self.assistant(settings)?;
        let excerpt = sources::excerpt(views, root, &symbol.path, symbol.lines, SHOWN)?;
        let generation = assistant.label().to_owned();
        let key = key(&generation, &symbol.qualified, &excerpt);
        if let Some(text) = self.state.get(directory, &key) {
            return text.map(|text| Summary { text, generation });
        }
        self.wanted.send_replace(Some(Wanted {
            assistant,
            directory: directory.to_owned(),
            key,
            name: symbol.qualified.clone(),
            excerpt,
            views: views.to_vec(),
            repository: repository.to_owned(),
        }));
        None
    }

    fn assistant(&self, settings: &ModelSettings) -> Option<Assistant> {
        let mut chosen = lock(&self.state.chosen);
        if let Some((since, with, assistant)) = &*chosen
            && since.elapsed() < CHOSEN_FOR
            && with == settings
        {
            return assistant.clone();
        }
        let assistant = (self.choose)(settings);
        *chosen = Some((Instant::now(), settings.clone(), assistant.clone()));
        assistant
    }
}

impl State {
    fn get(&self, directory: &std::path::Path, key: &str) -> Option<Option<String>> {
        if let Some(known) = lock(&self.known).get(key) {
            return Some(known.clone());
        }
        let text = std::fs::read_to_string(directory.join(key)).ok()?;
        let text = Some(text).filter(|text| !text.is_empty());
        self.remember(key.to_owned(), text.clone());
        Some(text)
    }

    fn remember(&self, key: String, text: Option<String>) {
        let mut known = lock(&self.known);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(key, text);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes what was wanted last, one at a time.
async fn make(state: Arc<State>, mut receiver: watch::Receiver<Option<Wanted>>) {
    while receiver.changed().await.is_ok() {
        let Some(wanted) = receiver.borrow_and_update().clone() else {
            continue;
        };
        // Whoever hovered again while it was being made has asked for it again.
        if state.get(&wanted.directory, &wanted.key).is_some() {
            continue;
        }
        match summarize(&wanted).await {
            // The next hover asks again.
            Ok(Made::NotNow) | Err(ModelError::Preempted) => {}
            Ok(Made::Sentence(text)) => {
                let text = text.map(|text| Redactor::built_in().redact(&text).0.into_owned());
                let path = wanted.directory.join(&wanted.key);
                let folder = path.parent().unwrap_or(&wanted.directory);
                let written = std::fs::create_dir_all(folder)
                    .and_then(|()| std::fs::write(&path, text.as_deref().unwrap_or_default()));
                if let Err(error) = written {
                    tracing::warn!("cannot keep a summary in {}: {error}", path.display());
                }
                state.remember(wanted.key, text);
            }
            Err(error) => {
                tracing::debug!("no summary of {}: {error}", wanted.name);
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

enum Made {
    /// None if the model said nothing that can be shown.
    Sentence(Option<String>),
    /// No model is loaded, and a hover is no reason to load one.
    NotNow,
}

async fn summarize(wanted: &Wanted) -> Result<Made, ModelError> {
    let prompt = prompt::summary(&wanted.name, std::slice::from_ref(&wanted.excerpt));
    let message = |role, content: String| ChatMessage { role, content };
    let request = Request {
        model: String::new(),
        messages: vec![
            message(Role::System, prompt::system(&wanted.repository)),
            message(Role::User, prompt),
        ],
        max_tokens: ANSWER_TOKENS,
        temperature: 0.0,
        thinking: false,
        grammar: None,
        priority: Priority::Background,
    };
    let Some(mut stream) = wanted.assistant.chat_if_running(request).await? else {
        return Ok(Made::NotNow);
    };
    let mut checker = Checker::new(&wanted.views, &Plain, &wanted.excerpt.text);
    while let Some(event) = stream.next().await {
        match event? {
            Event::Text(text) => drop(checker.push(&text)),
            Event::Thinking(_) => {}
            // Half a sentence is worse than none.
            Event::Done(finish) if finish.reason == FinishReason::Length => {
                return Ok(Made::Sentence(None));
            }
            Event::Done(_) => break,
        }
    }
    checker.finish();
    let checked = checker.checked();
    let line = checked
        .markdown
        .lines()
        .find(|line| !line.trim().is_empty());
    let line = line.unwrap_or_default().trim().to_owned();
    let shows = checked.claims.unverified().is_empty() && line.chars().count() <= LONGEST;
    let sentence = Some(line).filter(|line| shows && !line.is_empty());
    Ok(Made::Sentence(sentence))
}

fn is_worth_it(symbol: &SymbolInfo) -> bool {
    !symbol.test
        && matches!(
            symbol.kind,
            SymbolKind::Function
                | SymbolKind::Method
                | SymbolKind::Class
                | SymbolKind::Struct
                | SymbolKind::Enum
                | SymbolKind::Interface
                | SymbolKind::Macro
        )
}

/// The name of the file that holds the sentence, below a folder for each generation.
fn key(generation: &str, name: &str, excerpt: &Excerpt) -> String {
    let folder: String = generation
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_@".contains(c) {
                c
            } else {
                '-'
            }
        })
        .collect();
    let mut hasher = blake3::Hasher::new();
    // A remote engine's name may not be what the folder is called.
    for part in [generation, name, &excerpt.text] {
        hasher.update(part.as_bytes());
        hasher.update(&[0]);
    }
    format!("{folder}/{}", &hasher.finalize().to_hex()[..32])
}
