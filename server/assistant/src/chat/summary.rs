//! One sentence by a model about a definition, made in the background after a hover and shown by the next one.
//!
//! A hover never waits for it. Sentences are cached on disk by the definition's content and the generation, so that an edit or a new
//! generation invalidates them. A sentence that names something unknown to the repository is not shown.

use grounding::{Checker, Plain, View};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use futures::StreamExt;
use repo_indexer::{SymbolInfo, SymbolKind};
use tokio::sync::watch;
use trainer_bridge::Redactor;

use super::chat_model::ChatModel;
use super::excerpt::Excerpt;
use super::prompt;
use super::sources;
use crate::answer::words::Certainty;
use models::{ChatMessage, Event, FinishReason, ModelError, Priority, Request};
use settings::ModelSettings;
use settings::files::{FileAccess, write_atomically};
use trainer_bridge::Role;

/// Tokens of the definition in the prompt. An engine cannot be interrupted while it processes a prompt, so a larger one would delay
/// questions, on a CPU by half a minute.
const MAX_SOURCE_TOKENS: usize = 600;
const MAX_ANSWER_TOKENS: usize = 96;
/// Maximum length of a sentence in characters.
const MAX_SENTENCE_LEN: usize = 300;
/// Time without requests after a failure.
const FAILURE_INTERVAL: Duration = Duration::from_secs(60);
/// How long the choice of a model is cached, so that not every hover reads the disk.
const CHOICE_TTL: Duration = Duration::from_secs(2);
/// Number of sentences cached in memory.
const MAX_REMEMBERED: usize = 4096;

/// Returns the model to ask with given settings.
pub type Choose = dyn Fn(&ModelSettings) -> Option<ChatModel> + Send + Sync;

pub struct Summaries {
    state: Arc<State>,
    /// The last definition that was hovered over and has no sentence. Earlier ones are dropped.
    request: watch::Sender<Option<SummaryRequest>>,
    choose: Box<Choose>,
}

#[derive(Default)]
struct State {
    /// By cache file name; `None` if there is nothing to show.
    known: Mutex<HashMap<String, Option<String>>>,
    chosen: Mutex<Option<(Instant, ModelSettings, Option<ChatModel>)>>,
}

/// A sentence and the generation that wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub text: String,
    pub generation: String,
}

#[derive(Clone)]
struct SummaryRequest {
    chat_model: ChatModel,
    directory: PathBuf,
    key: String,
    name: String,
    excerpt: Excerpt,
    views: Vec<View>,
    repository: String,
}

impl Summaries {
    /// Starts the background task; it ends when this is dropped.
    pub fn start(choose: Box<Choose>) -> Self {
        let state = Arc::<State>::default();
        let (request, receiver) = watch::channel(None);
        tokio::spawn(make(state.clone(), receiver));
        Summaries {
            state,
            request,
            choose,
        }
    }

    /// Returns the sentence about a definition, if there is one. Otherwise requests it for the next hover.
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
        let chat_model = self.chat_model(settings)?;
        let excerpt = sources::excerpt(views, root, &symbol.path, symbol.lines, MAX_SOURCE_TOKENS)?;
        let generation = chat_model.label().to_owned();
        let key = key(&generation, &symbol.qualified, &excerpt);
        if let Some(text) = self.state.get(directory, &key) {
            return text.map(|text| Summary { text, generation });
        }
        self.request.send_replace(Some(SummaryRequest {
            chat_model,
            directory: directory.to_owned(),
            key,
            name: symbol.qualified.clone(),
            excerpt,
            views: views.to_vec(),
            repository: repository.to_owned(),
        }));
        None
    }

    fn chat_model(&self, settings: &ModelSettings) -> Option<ChatModel> {
        let mut chosen = self.state.chosen.lock();
        if let Some((since, with, chat_model)) = &*chosen
            && since.elapsed() < CHOICE_TTL
            && with == settings
        {
            return chat_model.clone();
        }
        let chat_model = (self.choose)(settings);
        *chosen = Some((Instant::now(), settings.clone(), chat_model.clone()));
        chat_model
    }
}

impl State {
    fn get(&self, directory: &std::path::Path, key: &str) -> Option<Option<String>> {
        if let Some(known) = self.known.lock().get(key) {
            return Some(known.clone());
        }
        let text = std::fs::read_to_string(directory.join(key)).ok()?;
        let text = Some(text).filter(|text| !text.is_empty());
        self.remember(key.to_owned(), text.clone());
        Some(text)
    }

    fn remember(&self, key: String, text: Option<String>) {
        let mut known = self.known.lock();
        if known.len() >= MAX_REMEMBERED {
            known.clear();
        }
        known.insert(key, text);
    }
}

/// Makes the sentence that was requested last, one at a time.
async fn make(state: Arc<State>, mut receiver: watch::Receiver<Option<SummaryRequest>>) {
    while receiver.changed().await.is_ok() {
        let Some(request) = receiver.borrow_and_update().clone() else {
            continue;
        };
        // A hover in the meantime has requested it again.
        if state.get(&request.directory, &request.key).is_some() {
            continue;
        }
        match summarize(&request).await {
            // The next hover requests it again.
            Ok(SummaryOutcome::NoModelLoaded) | Err(ModelError::Preempted) => {}
            Ok(SummaryOutcome::Sentence(text)) => {
                let text = text.map(|text| Redactor::built_in().redact(&text).0.into_owned());
                let path = request.directory.join(&request.key);
                let folder = path.parent().unwrap_or(&request.directory);
                let written = std::fs::create_dir_all(folder).and_then(|()| {
                    let text = text.as_deref().unwrap_or_default();
                    write_atomically(&path, text.as_bytes(), FileAccess::Owner)
                });
                if let Err(error) = written {
                    tracing::warn!("cannot keep a summary in {}: {error}", path.display());
                }
                state.remember(request.key, text);
            }
            Err(error) => {
                tracing::debug!("no summary of {}: {error}", request.name);
                tokio::time::sleep(FAILURE_INTERVAL).await;
            }
        }
    }
}

enum SummaryOutcome {
    /// A sentence; `None` if the model's text cannot be shown.
    Sentence(Option<String>),
    /// No model is loaded, and hovers do not load one.
    NoModelLoaded,
}

async fn summarize(summary: &SummaryRequest) -> Result<SummaryOutcome, ModelError> {
    let prompt = prompt::summary(&summary.name, std::slice::from_ref(&summary.excerpt));
    let message = |role, content: String| ChatMessage { role, content };
    let request = Request {
        model: String::new(),
        messages: vec![
            message(Role::System, prompt::system(&summary.repository)),
            message(Role::User, prompt),
        ],
        max_tokens: MAX_ANSWER_TOKENS,
        temperature: 0.0,
        thinking: false,
        grammar: None,
        priority: Priority::Background,
    };
    let Some(mut stream) = summary.chat_model.chat_if_running(request).await? else {
        return Ok(SummaryOutcome::NoModelLoaded);
    };
    let mut checker = Checker::new(&summary.views, &Plain, &summary.excerpt.text);
    while let Some(event) = stream.next().await {
        match event? {
            Event::Text(text) => drop(checker.push(&text)),
            Event::Thinking(_) => {}
            // An incomplete sentence is not shown.
            Event::Done(finish) if finish.reason == FinishReason::Length => {
                return Ok(SummaryOutcome::Sentence(None));
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
    let shows = checked.claims.unverified().is_empty() && line.chars().count() <= MAX_SENTENCE_LEN;
    let sentence = Some(line).filter(|line| shows && !line.is_empty());
    Ok(SummaryOutcome::Sentence(sentence))
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

/// Returns the cache file of a sentence: a folder for the generation, and a hash.
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
    // A remote model's name may not be a valid folder name.
    for part in [generation, name, &excerpt.text] {
        hasher.update(part.as_bytes());
        hasher.update(&[0]);
    }
    format!("{folder}/{}", &hasher.finalize().to_hex()[..32])
}
