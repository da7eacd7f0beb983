//! Loads an engine: reads the weights, builds the engine, and generates one token, so that a model that cannot answer never replaces one
//! that can.

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
use super::device::{self, OpenDevice};
use super::files::Files;
use super::memory::MemoryEstimate;
use models::library::Installed;
use settings::HostSettings;

/// Longest time for the trial token. The prompt is only "hello".
const TRIAL_TIMEOUT: Duration = Duration::from_secs(300);

pub(super) type Weights = Arc<Mutex<dyn Pipeline>>;

/// A running engine of mistral.rs.
pub(super) struct Core {
    /// Held here too, so that the engine can be restarted with the same weights, and so that its reference count tells when the engine has
    /// released them.
    pub weights: Weights,
    scheduler: SchedulerConfig,
    runner: Option<Arc<MistralRs>>,
    pub requests: mpsc::Sender<Request>,
}

/// Information about a running engine.
#[derive(Debug, Clone)]
pub(crate) struct EngineInfo {
    pub device: &'static str,
    pub precision: String,
    /// Estimated memory of the weights, in bytes.
    pub bytes: u64,
    /// Maximum number of tokens of prompt and answer together.
    pub context: usize,
    /// Bytes per token in the KV cache; 0 if mistral.rs limits the cache itself.
    pub cached_bytes_per_token: u64,
}

/// Loads on a new thread, because mistral.rs keeps adapter and quantization state in thread-local variables. A panic of the loader is
/// converted to an error.
pub(super) async fn load(
    installed: Installed,
    base: Option<Installed>,
    settings: HostSettings,
) -> Result<(Core, EngineInfo), LoadError> {
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
                panic_message(&*panic)
            )))
        });
        // The receiver is gone if the host is stopping.
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
        .map_err(|_| LoadError::Broken(format!("loading {label} was aborted")))?
}

fn read(
    installed: &Installed,
    base: Option<&Installed>,
    settings: HostSettings,
) -> Result<(Core, EngineInfo), LoadError> {
    let label = installed.label();
    let files = Files::of(installed, base)?;
    let place = OpenDevice::open(settings.device)?;
    let need = MemoryEstimate::of(&files, &place, settings.quantization);
    let quantization = match files {
        // The weights are already quantized.
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

/// Capacity of the paged KV cache, in tokens. The engine drops longer conversations.
const PAGED_CONTEXT_TOKENS: usize = 16_384;

fn paged(place: &OpenDevice) -> Result<Option<PagedAttentionConfig>, LoadError> {
    if !place.is_paged() {
        return Ok(None);
    }
    PagedAttentionConfig::new(
        None,
        MemoryGpuConfig::ContextSize(PAGED_CONTEXT_TOKENS),
        PagedCacheType::Auto,
    )
    .map(Some)
    .map_err(|error| LoadError::Broken(format!("cannot set up paged attention: {error}")))
}

fn scheduler(weights: &Weights) -> Result<SchedulerConfig, LoadError> {
    let paged = weights.blocking_lock().get_metadata().cache_config.clone();
    // Our own queue limits concurrency; see `queue`.
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
    place: &OpenDevice,
    files: &Files,
    quantization: Option<mistralrs_core::IsqType>,
    need: MemoryEstimate,
) -> EngineInfo {
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
    EngineInfo {
        device: place.name,
        precision,
        bytes: need.weights,
        context: usable(match place.is_paged() {
            true => metadata.max_seq_len.min(PAGED_CONTEXT_TOKENS),
            false => metadata.max_seq_len,
        }),
        cached_bytes_per_token,
    }
}

/// Rounds the context length down to a full step of the KV cache, because mistral.rs fails if the last step exceeds the context.
fn usable(longest: usize) -> usize {
    const CACHE_STEP: usize = 512;
    if longest < CACHE_STEP {
        longest
    } else {
        longest / CACHE_STEP * CACHE_STEP
    }
}

impl Core {
    /// Starts an engine with loaded weights. On a single-threaded runtime, because on others mistral.rs sends a request of its own.
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

    /// Generates one token.
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
                .map_err(|_| "the engine ended".to_owned())?;
            loop {
                match tokio::time::timeout(TRIAL_TIMEOUT, answers.recv()).await {
                    Err(_) => return Err("it did not answer".to_owned()),
                    // The last token is not sent if it is no complete text, so this is a normal end while the engine is running.
                    Ok(None) if self.requests.is_closed() => {
                        return Err("the engine ended".to_owned());
                    }
                    Ok(None) => return Ok(()),
                    Ok(Some(Response::Chunk(_))) => {}
                    Ok(Some(Response::InternalError(error) | Response::ValidationError(error))) => {
                        return Err(one_line(&error));
                    }
                    Ok(Some(Response::ModelError(error, _))) => return Err(one_line(&error)),
                    Ok(Some(_)) => {
                        return Err("the answer is not text".to_owned());
                    }
                }
            }
        })
    }

    /// Stops the engine and waits until its thread has released the weights. Returns false after a timeout. Blocks.
    pub(super) fn stop(&mut self) -> bool {
        const STOP_TIMEOUT: Duration = Duration::from_secs(30);
        const POLL_INTERVAL: Duration = Duration::from_millis(2);
        // Dropping it tells its thread to end. Only the reference count shows when it has.
        self.runner = None;
        for _ in 0..STOP_TIMEOUT.as_millis() / POLL_INTERVAL.as_millis() {
            if Arc::strong_count(&self.weights) == 1 {
                return true;
            }
            std::thread::sleep(POLL_INTERVAL);
        }
        false
    }

    /// Restarts the engine with the same weights and an empty KV cache. Blocks.
    pub(super) fn renew(mut self) -> Result<Self, String> {
        if !self.stop() {
            return Err("the engine does not stop".to_owned());
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

/// Returns the message of a panic.
fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    one_line(&text.unwrap_or("the loader failed without a message"))
}

/// Returns the first line of an engine error, which may contain a backtrace.
fn one_line(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    line.unwrap_or("no reason given").to_owned()
}
