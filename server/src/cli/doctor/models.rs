//! Checks of the model: which one answers questions, on which device, whether it fits into memory, and the state of the model host.
//!
//! Based on the files on disk, whether the GPU can be opened, and the status of a running host. No host is started and no model loaded.

use std::fs::File;

use models::host_files::HostFiles;
use models::library::{Installed, Library, LibraryError, memory};
use settings::paths::Dirs;
use settings::{Device, ModelSettings, Quantization, Settings};

use super::{Check, fail, ok, output, warn};
use crate::cli::model::failures;

pub(super) fn examine(settings: &Settings, dirs: &Dirs) -> Vec<Check> {
    let model = &settings.model;
    if !model.enabled {
        let found = "off (`model.enabled` is false); questions are answered from the index";
        return vec![ok("model", found)];
    }
    if let Some(endpoint) = &model.endpoint {
        return vec![remote(model, endpoint)];
    }
    let library = Library::new(dirs);
    let installed = match library.resolve(model.name.as_deref()) {
        Ok(installed) => installed,
        Err(error) => return vec![unusable(&library, &error)],
    };
    let label = installed.label();
    let selection = match &model.name {
        Some(_) => "set by `model.name`",
        None => "the default; `repo-lsp model use` changes it",
    };
    let size = output::bytes(installed.bytes());
    let mut checks = vec![ok("model", format!("{label} · {size} · {selection}"))];
    if !cfg!(feature = "local-model") {
        checks.push(fail(
            "device",
            "none: this program was built without the feature `local-model`, so it cannot run models",
            "build it with that feature, or set `model.endpoint` to an OpenAI-compatible server",
        ));
        return checks;
    }
    let (place, device) = device(settings);
    checks.push(device);
    checks.push(fits(&library, &installed, settings, place));
    checks.push(host(dirs));
    checks
}

fn remote(model: &ModelSettings, endpoint: &str) -> Check {
    match &model.name {
        Some(name) => ok(
            "model",
            format!("{name} at {endpoint}, set by `model.endpoint`; the connection is not checked"),
        ),
        None => warn(
            "model",
            format!("unnamed, at {endpoint}, set by `model.endpoint`"),
            "set `model.name` to a model that this server provides",
        ),
    }
}

fn unusable(library: &Library, error: &LibraryError) -> Check {
    if let LibraryError::NoDefault { installed } = error {
        return match installed.first() {
            None => ok(
                "model",
                "none; questions are answered from the index (`repo-lsp model pull Qwen/Qwen3-4B` installs a model)",
            ),
            Some(name) => warn(
                "model",
                "no default model; questions are answered from the index",
                format!("run `repo-lsp model use {name}`"),
            ),
        };
    }
    let advice = match (error, library.names().first()) {
        // The message of this error contains advice.
        (LibraryError::Damaged { .. }, _) => None,
        (_, Some(name)) => Some(format!("run `repo-lsp model use {name}`")),
        (_, None) => Some("run `repo-lsp model pull Qwen/Qwen3-4B`".to_owned()),
    };
    Check {
        advice,
        ..fail("model", error.to_string(), "")
    }
}

/// The memory that the weights are loaded into.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Memory,
    Gpu,
}

fn device(settings: &Settings) -> (Place, Check) {
    let quantization = match settings.host.quantization {
        Quantization::None => String::new(),
        other => format!(", weights quantized to {other:?}"),
    };
    let gpu = |name: &str| format!("{name} · precision of the model file{quantization}");
    let cpu = |why: &str| format!("cpu · f32{quantization} · {why}");
    let driver = "install the driver of the GPU, or set `host.device` to `cpu`";
    let configured = |name: &str, built: bool| match open_gpu() {
        Some(Ok(_)) if built => ok("device", gpu(&format!("{name}, set by `host.device`"))),
        Some(Err(why)) if built => {
            let found = format!("{name}, set by `host.device`, cannot be opened: {why}");
            fail("device", found, driver)
        }
        _ => fail(
            "device",
            format!(
                "{name} is set by `host.device`, but this program was built without the feature `{name}`"
            ),
            "set `host.device` to `auto`, or build with that feature",
        ),
    };
    match settings.host.device {
        Device::Cpu => (Place::Memory, ok("device", cpu("set by `host.device`"))),
        Device::Cuda => (Place::Gpu, configured("cuda", cfg!(feature = "cuda"))),
        Device::Metal => (Place::Gpu, configured("metal", cfg!(feature = "metal"))),
        Device::Auto => match open_gpu() {
            None => {
                let why = "this program was built without the features `cuda` and `metal`";
                (Place::Memory, ok("device", cpu(why)))
            }
            Some(Ok(name)) => (Place::Gpu, ok("device", gpu(name))),
            Some(Err(why)) => {
                let found = cpu(&format!("the GPU cannot be opened: {why}"));
                (Place::Memory, warn("device", found, driver))
            }
        },
    }
}

#[cfg(feature = "local-model")]
fn open_gpu() -> Option<Result<&'static str, String>> {
    model_host::gpu()
}

#[cfg(not(feature = "local-model"))]
fn open_gpu() -> Option<Result<&'static str, String>> {
    None
}

fn fits(library: &Library, installed: &Installed, settings: &Settings, place: Place) -> Check {
    let bytes_per_weight = if place == Place::Memory { 4 } else { 2 };
    let quantization = settings.host.quantization;
    let need = match library.estimate_memory(installed, bytes_per_weight, quantization) {
        Ok(need) => need.total(),
        Err(error) => {
            return fail(
                "memory",
                error.to_string(),
                "run `repo-lsp model pull` for this model again",
            );
        }
    };
    let needed = output::bytes(need);
    if place == Place::Gpu {
        let found = format!(
            "{} needs about {needed}; the memory of the device is known when the host starts",
            installed.label()
        );
        return ok("memory", found);
    }
    let free = memory::available();
    let found = format!(
        "{} needs about {needed}, {} is free",
        installed.label(),
        output::bytes(free)
    );
    if need <= free {
        ok("memory", found)
    } else if quantization == Quantization::None {
        fail(
            "memory",
            found,
            "set `host.quantization` to `Q4K`, use a smaller model, or close other programs",
        )
    } else {
        fail(
            "memory",
            found,
            "use a smaller model, or close other programs",
        )
    }
}

fn host(dirs: &Dirs) -> Check {
    let files = HostFiles::new(dirs);
    // A running host holds this lock. Without it, the address file may be left over from a host that crashed.
    let held = File::open(files.lock()).is_ok_and(|lock| {
        matches!(
            lock.try_lock_shared(),
            Err(std::fs::TryLockError::WouldBlock)
        )
    });
    let own = env!("CARGO_PKG_VERSION");
    match files.read().filter(|_| held) {
        Some(host) if host.version == own => {
            let found = format!("running as process {} at {}", host.pid, host.url);
            match &failures(dirs)[..] {
                [] => ok("host", found),
                all => fail(
                    "host",
                    format!("{found}; {}", all.join("; ")),
                    "pull the model again, or choose another generation: `repo-lsp model show NAME` lists them",
                ),
            }
        }
        Some(host) => warn(
            "host",
            format!(
                "running as process {}, version {}, but this program has version {own}",
                host.pid, host.version
            ),
            "no action is needed; the next question restarts the host",
        ),
        None if held => ok("host", "starting or exiting"),
        None => ok("host", "not running; the first question starts it"),
    }
}
