//! The teacher of a synthesis: which model it is, and how requests are sent.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use assistant::chat::ChatModels;
use assistant::teacher::ModelTeacher;
use flows::{AnswerCache, Dispatcher, Limits, Teacher};
use settings::ModelSettings;

use super::super::context::Context;

/// Flags of all commands that ask a teacher.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Teacher")]
pub(super) struct Flags {
    /// URL of an OpenAI-compatible engine [default: the model that answers your questions]
    #[arg(long, value_name = "URL", requires = "model")]
    endpoint: Option<String>,

    /// Name of the model
    #[arg(long, value_name = "NAME")]
    model: Option<String>,

    /// Environment variable with the API key of --endpoint
    #[arg(long, value_name = "VARIABLE", requires = "endpoint")]
    api_key_variable: Option<String>,

    /// Maximum number of requests at the same time
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    in_flight: u16,

    /// Maximum number of requests per minute
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    per_minute: Option<u32>,

    /// Longest time for one answer, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    timeout: u32,

    /// How often a request is tried before its rows are given up
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u8).range(1..))]
    attempts: u8,
}

impl Flags {
    /// Returns the teacher; `None` if no model is set up.
    pub fn find(&self, context: &Context) -> anyhow::Result<Option<Arc<dyn Teacher>>> {
        let configured = &context.settings.model;
        let settings = match &self.endpoint {
            Some(endpoint) => ModelSettings {
                enabled: true,
                endpoint: Some(endpoint.clone()),
                name: self.model.clone(),
                api_key_variable: self.api_key_variable.clone(),
                ..configured.clone()
            },
            None => ModelSettings {
                name: self.model.clone().or(configured.name.clone()),
                ..configured.clone()
            },
        };
        // An answer may take as long as the flags allow, its first token included.
        let settings = ModelSettings {
            first_token_seconds: self.timeout.into(),
            ..settings
        };
        let models = ChatModels::new(&context.dirs, cfg!(feature = "local-model"));
        let model = models
            .choose(&settings)
            .map_err(|problem| anyhow::anyhow!("{problem}"))?;
        Ok(model.map(|model| Arc::new(ModelTeacher::new(model)) as Arc<dyn Teacher>))
    }

    /// Like [`Flags::find`], for work that cannot be done without a teacher.
    pub fn require(&self, context: &Context, work: &str) -> anyhow::Result<Arc<dyn Teacher>> {
        match self.find(context)? {
            Some(teacher) => Ok(teacher),
            None => bail!(
                "{work} needs a teacher model, and none is set up: pass --endpoint and --model, or install a model with `repo-lsp model pull`"
            ),
        }
    }

    /// Returns what sends the requests. Answers are kept in `folder`.
    pub fn dispatcher(
        &self,
        teacher: Arc<dyn Teacher>,
        folder: &Path,
    ) -> anyhow::Result<Dispatcher> {
        let cache = AnswerCache::open(&folder.join("answers"))
            .context("cannot open the teacher's answers")?;
        let limits = Limits {
            in_flight: self.in_flight.into(),
            requests_per_minute: self.per_minute,
            timeout: Duration::from_secs(self.timeout.into()),
            attempts: self.attempts.into(),
            ..Limits::default()
        };
        Ok(Dispatcher::new(teacher, Some(cache), limits))
    }
}

/// Runs asynchronous work of a command.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    Ok(runtime.block_on(work))
}
