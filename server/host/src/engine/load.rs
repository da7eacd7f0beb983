//! Making a running engine out of files: read, build, and try once, so that what cannot answer never replaces what can.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use either::Either;
use mistralrs_core::{
    AutoDeviceMapParams, Constraint, DefaultSchedulerMethod, DeviceMapSetting, GGUFLoaderBuilder,
    GGUFSpecificConfig, Loader, MemoryGpuConfig, MistralRs, MistralRsBuilder, ModelPaths,
    NormalLoaderBuilder, NormalRequest, NormalSpecificConfig, PagedAttentionConfig, PagedCacheType,
    Pipeline, Request, RequestMessage, Response, SamplingParams, SchedulerConfig,
};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::LoadError;
use super::device::{self, Place};
use super::files::Files;
use super::memory::Need;
use models::library::Installed;
use settings::HostSettings;

/// A first token that takes longer than this is not worth waiting for: nothing but "hello" is asked.
const TRIAL: Duration = Duration::from_secs(300);

pub(super) type Weights = Arc<Mutex<dyn Pipeline>>;

/// What runs.
pub(super) struct Core {
    /// Held here too, so that the engine around it can be renewed, and so that it is known when the last other holder is gone.
    pub weights: Weights,
    scheduler: SchedulerConfig,
    runner: Option<Arc<MistralRs>>,
    pub requests: mpsc::Sender<Request>,
}

/// What is known of an engine once it runs.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub device: &'static str,
    pub precision: String,
    /// An estimate of what the weights take.
    pub bytes: u64,
    /// How many tokens a prompt and its answer may have together.
    pub context: usize,
    /// What one token leaves in the cache of keys and values, where mistral.rs does not keep that within bounds itself.
    pub cached_bytes_per_token: u64,
}

/// Loads on a thread of its own, always a new one: what mistral.rs notes about an adapter or a quantization stays with the thread.
/// A panic of the loader is an error like any other.
pub(super) async fn load(
    installed: Installed,
    base: Option<Installed>,
    settings: HostSettings,
) -> Result<(Core, Facts), LoadError> {
    let (done, loaded) = oneshot::channel();
    let label = installed.label();
    let work = move || {
        let result = catch_unwind(AssertUnwindSafe(|| {
            read(&installed, base.as_ref(), settings)
        }))
        .unwrap_or_else(|panic| {
            Err(LoadError::Broken(format!(
                "{} cannot be loaded: {}",
                installed.label(),
                said(&*panic)
            )))
        });
        // Nobody waits any more when the host ends.
        let _ = done.send(result);
    };
    std::thread::Builder::new()
        .name("load".into())
        .spawn(work)
        .map_err(|error| {
            LoadError::Broken(format!("cannot start a thread to load {label}: {error}"))
        })?;
    loaded
        .await
        .map_err(|_| LoadError::Broken(format!("loading {label} was given up")))?
}

fn read(
    installed: &Installed,
    base: Option<&Installed>,
    settings: HostSettings,
) -> Result<(Core, Facts), LoadError> {
    let label = installed.label();
    let files = Files::of(installed, base)?;
    let place = Place::open(settings.device)?;
    let need = Need::of(&files, &place, settings.quantization);
    let quantization = match files {
        // Its weights are quantized already.
        Files::Gguf(_) => None,
        Files::Safetensors(_) | Files::Lora { .. } => device::quantization(settings.quantization),
    };
    need.check(
        &label,
        place.available_memory()?,
        quantization.is_some() || files.config().is_none(),
    )?;

    let paged = paged(&place)?;
    let loader = loader(&files, &label)?;
    let paths: Box<dyn ModelPaths> = Box::new(files.paths()?);
    let explain = |error: &dyn std::fmt::Display| {
        LoadError::Broken(format!("{label} cannot be loaded: {}", one_line(error)))
    };
    let weights: Weights = loader
        .load_model_from_path(
            &paths,
            &place.dtype,
            &place.device,
            true,
            DeviceMapSetting::Auto(AutoDeviceMapParams::default_text()),
            quantization.map(|(kind, _)| kind),
            paged,
        )
        .map_err(|error| explain(&format!("{error:#}")))?;

    let facts = facts(
        &weights,
        &place,
        &files,
        quantization.map(|(kind, _)| kind),
        need,
    );
    let scheduler = scheduler(&weights)?;
    let core = Core::start(weights, scheduler).map_err(|error| explain(&error))?;
    core.try_once().map_err(|error| explain(&error))?;
    Ok((core, facts))
}

fn loader(files: &Files, label: &str) -> Result<Box<dyn Loader>, LoadError> {
    let folder = |directory: &PathBuf| {
        NormalLoaderBuilder::new(
            NormalSpecificConfig::default(),
            None,
            None,
            Some(directory.display().to_string()),
            false,
            None,
        )
    };
    let normal = match files {
        Files::Gguf(file) => {
            let (config, name) = (GGUFSpecificConfig::default(), file.display().to_string());
            let loader = GGUFLoaderBuilder::new(
                None,
                None,
                label.to_owned(),
                vec![name],
                config,
                false,
                None,
            );
            return Ok(loader.build());
        }
        Files::Safetensors(model) => folder(&model.directory),
        Files::Lora { base, adapter } => {
            folder(&base.directory).with_lora(vec![adapter.display().to_string()])
        }
    };
    normal
        .build(None)
        .map_err(|error| LoadError::Broken(format!("{label} cannot be loaded: {error}")))
}

/// Tokens that a paged cache holds. A conversation that has more would be dropped by the engine.
const PAGED: usize = 16_384;

fn paged(place: &Place) -> Result<Option<PagedAttentionConfig>, LoadError> {
    if !place.is_paged() {
        return Ok(None);
    }
    PagedAttentionConfig::new(
        None,
        MemoryGpuConfig::ContextSize(PAGED),
        PagedCacheType::Auto,
    )
    .map(Some)
    .map_err(|error| LoadError::Broken(format!("cannot set up paged attention: {error}")))
}

fn scheduler(weights: &Weights) -> Result<SchedulerConfig, LoadError> {
    let paged = weights.blocking_lock().get_metadata().cache_config.clone();
    // Our own queue lets through as many as may run; see `queue`.
    let one = std::num::NonZeroUsize::MIN;
    Ok(match paged {
        Some(config) => SchedulerConfig::PagedAttentionMeta {
            max_num_seqs: one.get(),
            config,
        },
        None => SchedulerConfig::DefaultScheduler {
            method: DefaultSchedulerMethod::Fixed(one),
        },
    })
}

fn facts(
    weights: &Weights,
    place: &Place,
    files: &Files,
    quantization: Option<mistralrs_core::IsqType>,
    need: Need,
) -> Facts {
    let metadata = weights.blocking_lock().get_metadata();
    let number = metadata.activation_dtype;
    let precision = match (quantization, files) {
        (Some(kind), _) => format!("{kind:?}"),
        (None, Files::Gguf(_)) => "gguf".to_owned(),
        (None, _) => format!("{number:?}").to_lowercase(),
    };
    let cached_bytes_per_token = match (&metadata.cache_config, &metadata.model_metadata) {
        (None, Some(model)) => {
            (model.kv_cache_elements_per_token() * model.num_layers() * number.size_in_bytes())
                as u64
        }
        _ => 0,
    };
    Facts {
        device: place.name,
        precision,
        bytes: need.weights,
        context: usable(match place.is_paged() {
            true => metadata.max_seq_len.min(PAGED),
            false => metadata.max_seq_len,
        }),
        cached_bytes_per_token,
    }
}

/// The cache of keys and values grows in steps, and mistral.rs fails where the last step would end beyond what the model can take.
fn usable(longest: usize) -> usize {
    const STEP: usize = 512;
    if longest < STEP {
        longest
    } else {
        longest / STEP * STEP
    }
}

impl Core {
    /// Starts an engine around weights. From a runtime of one thread, because in others mistral.rs asks something itself.
    fn start(weights: Weights, scheduler: SchedulerConfig) -> Result<Self, String> {
        let runtime = single_threaded()?;
        let builder = MistralRsBuilder::new(weights.clone(), scheduler.clone(), false, None);
        let runner = runtime.block_on(builder.build());
        let requests = runner.get_sender(None).map_err(|error| error.to_string())?;
        Ok(Core {
            weights,
            scheduler,
            runner: Some(runner),
            requests,
        })
    }

    pub(super) fn runner(&self) -> Option<Arc<MistralRs>> {
        self.runner.clone()
    }

    /// Has it say one token.
    fn try_once(&self) -> Result<(), String> {
        let hello = [("role", "user"), ("content", "hello")];
        let hello = hello.map(|(key, value)| (key.to_owned(), Either::Left(value.to_owned())));
        let messages = vec![hello.into_iter().collect()];
        let (answer, mut answers) = mpsc::channel(16);
        let request = NormalRequest {
            id: 0,
            messages: RequestMessage::Chat {
                messages,
                enable_thinking: Some(false),
                reasoning_effort: None,
            },
            sampling_params: SamplingParams {
                max_len: Some(1),
                ..SamplingParams::deterministic()
            },
            response: answer,
            return_logprobs: false,
            is_streaming: true,
            constraint: Constraint::None,
            suffix: None,
            tool_choice: None,
            tools: None,
            logits_processors: None,
            return_raw_logits: false,
            web_search_options: None,
            model_id: None,
            truncate_sequence: false,
        };
        single_threaded()?.block_on(async {
            self.requests
                .send(Request::Normal(Box::new(request)))
                .await
                .map_err(|_| "its engine ended".to_owned())?;
            loop {
                match tokio::time::timeout(TRIAL, answers.recv()).await {
                    Err(_) => return Err("it does not answer".to_owned()),
                    // A last token that is no text by itself is not sent, so this is an end like any other if the engine lives.
                    Ok(None) if self.requests.is_closed() => {
                        return Err("its engine ended".to_owned());
                    }
                    Ok(None) => return Ok(()),
                    Ok(Some(Response::Chunk(_))) => {}
                    Ok(Some(Response::InternalError(error) | Response::ValidationError(error))) => {
                        return Err(one_line(&error));
                    }
                    Ok(Some(Response::ModelError(error, _))) => return Err(one_line(&error)),
                    Ok(Some(_)) => {
                        return Err("it answers with something else than text".to_owned());
                    }
                }
            }
        })
    }

    /// Ends the engine and waits until its thread has let go of the weights. For a thread that may block.
    pub(super) fn stop(&mut self) -> bool {
        const PATIENCE: Duration = Duration::from_secs(30);
        const STEP: Duration = Duration::from_millis(2);
        // Dropping it tells its thread to end; nothing tells when that has happened but the count.
        self.runner = None;
        for _ in 0..PATIENCE.as_millis() / STEP.as_millis() {
            if Arc::strong_count(&self.weights) == 1 {
                return true;
            }
            std::thread::sleep(STEP);
        }
        false
    }

    /// The same weights with a new engine around them, whose cache of keys and values is empty. For a thread that may block.
    pub(super) fn renew(mut self) -> Result<Self, String> {
        if !self.stop() {
            return Err("the engine does not end".to_owned());
        }
        Core::start(self.weights, self.scheduler)
    }
}

fn single_threaded() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())
}

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    one_line(&text.unwrap_or("the loader failed without a word"))
}

/// Errors of the engine come with backtraces.
fn one_line(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    line.unwrap_or("no reason given").to_owned()
}
