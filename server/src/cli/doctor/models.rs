//! Which model will answer, where and how exactly, whether it fits, and whether its host runs.
//!
//! Tells what is on disk, what was built in, and what a host that runs says of itself: starts nothing and loads nothing.

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
        let found = "off (`model.enabled` is false); answers are made of the index";
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
    let why = match &model.name {
        Some(_) => "by `model.name`",
        None => "as the default; `repo-lsp model use` changes it",
    };
    let size = output::bytes(installed.bytes());
    let mut checks = vec![ok("model", format!("{label} · {size} · chosen {why}"))];
    if !cfg!(feature = "local-model") {
        checks.push(fail(
            "device",
            "none: this program was built without `local-model` and runs no model itself",
            "build it with that feature, or set `model.endpoint` to an engine that runs",
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
            format!("{name} at {endpoint}, by `model.endpoint`; it is not asked here"),
        ),
        None => warn(
            "model",
            format!("one at {endpoint}, by `model.endpoint`, without a name"),
            "set `model.name` to one that the engine knows",
        ),
    }
}

fn unusable(library: &Library, error: &LibraryError) -> Check {
    if let LibraryError::NoDefault { installed } = error {
        return match installed.first() {
            None => ok(
                "model",
                "none; answers are made of the index (`repo-lsp model pull Qwen/Qwen3-4B` gets one)",
            ),
            Some(name) => warn(
                "model",
                "none is chosen; answers are made of the index",
                format!("repo-lsp model use {name}"),
            ),
        };
    }
    let advice = match (error, library.names().first()) {
        // It says itself what to do.
        (LibraryError::Damaged { .. }, _) => None,
        (_, Some(name)) => Some(format!("repo-lsp model use {name}")),
        (_, None) => Some("repo-lsp model pull Qwen/Qwen3-4B".to_owned()),
    };
    Check {
        advice,
        ..fail("model", error.to_string(), "")
    }
}

/// Where the weights go, as far as it is known before a device is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Memory,
    Gpu,
}

fn device(settings: &Settings) -> (Place, Check) {
    let (cuda, metal) = (cfg!(feature = "cuda"), cfg!(feature = "metal"));
    let quantization = match settings.host.quantization {
        Quantization::None => String::new(),
        other => format!(", weights quantized to {other:?}"),
    };
    let gpu = |name: &str| format!("{name} · the model's own precision{quantization}");
    let cpu = |why: &str| format!("cpu · f32{quantization} · {why}");
    let absent = |name: &str, built: bool| {
        if built {
            let found = gpu(&format!(
                "{name}, by `host.device`; it is opened when the host starts"
            ));
            (Place::Gpu, ok("device", found))
        } else {
            let found = format!(
                "{name} is asked for by `host.device`, and this program was built without it"
            );
            (
                Place::Gpu,
                fail(
                    "device",
                    found,
                    "set `host.device` to `auto`, or build with that feature",
                ),
            )
        }
    };
    match settings.host.device {
        Device::Cpu => (Place::Memory, ok("device", cpu("by `host.device`"))),
        Device::Cuda => absent("cuda", cuda),
        Device::Metal => absent("metal", metal),
        Device::Auto if !cuda && !metal => {
            let why = "this program was built without cuda and metal";
            (Place::Memory, ok("device", cpu(why)))
        }
        Device::Auto => {
            let name = if cuda { "cuda" } else { "metal" };
            let found = gpu(&format!("{name} if the host finds such a device, else cpu"));
            (Place::Gpu, ok("device", found))
        }
    }
}

fn fits(library: &Library, installed: &Installed, settings: &Settings, place: Place) -> Check {
    let width = if place == Place::Memory { 4 } else { 2 };
    let quantization = settings.host.quantization;
    let need = match library.estimate_memory(installed, width, quantization) {
        Ok(need) => need.total(),
        Err(error) => return fail("memory", error.to_string(), "pull the model again"),
    };
    let needed = output::bytes(need);
    if place == Place::Gpu {
        let found = format!(
            "{} needs about {needed}; what the device has is known when the host starts",
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
            "set `host.quantization` to `Q4K`, use a smaller model, or end something else",
        )
    } else {
        fail(
            "memory",
            found,
            "use a smaller model, or end something else",
        )
    }
}

fn host(dirs: &Dirs) -> Check {
    let files = HostFiles::new(dirs);
    // Whoever hosts holds the lock for as long as it lives; what else lies there may be of one that died.
    let held = File::open(files.lock()).is_ok_and(|lock| {
        matches!(
            lock.try_lock_shared(),
            Err(std::fs::TryLockError::WouldBlock)
        )
    });
    let own = env!("CARGO_PKG_VERSION");
    match files.read().filter(|_| held) {
        Some(host) if host.version == own => {
            let found = format!("runs as process {} at {}", host.pid, host.url);
            match &failures(dirs)[..] {
                [] => ok("host", found),
                all => fail(
                    "host",
                    format!("{found}; {}", all.join("; ")),
                    "pull it again, or see `repo-lsp model show NAME` for another generation",
                ),
            }
        }
        Some(host) => warn(
            "host",
            format!(
                "runs as process {}, of version {} where this is {own}",
                host.pid, host.version
            ),
            "it is replaced by the next question",
        ),
        None if held => ok("host", "is starting or ending"),
        None => ok("host", "does not run; the first question starts it"),
    }
}
