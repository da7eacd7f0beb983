//! The device that a model runs on, and its numeric precision.

use mistralrs::Device as Accelerator;
use mistralrs_core::{IsqType, MemoryUsage, ModelDType};

use super::LoadError;
use models::library::memory;
use settings::{Device, Quantization};

/// An opened device.
#[derive(Clone)]
pub(super) struct OpenDevice {
    pub device: Accelerator,
    pub dtype: ModelDType,
    pub name: &'static str,
}

impl OpenDevice {
    /// Opens the device that the settings ask for.
    pub(super) fn open(wanted: Device) -> Result<Self, LoadError> {
        let device = match wanted {
            Device::Cpu => Accelerator::Cpu,
            Device::Auto => best().unwrap_or_else(|why| {
                tracing::warn!("no GPU can be opened, so models run on the CPU: {why}");
                Accelerator::Cpu
            }),
            Device::Cuda => match best().map_err(closed)? {
                device @ Accelerator::Cuda(_) => device,
                _ => return Err(absent("CUDA", cfg!(feature = "cuda"))),
            },
            Device::Metal => match best().map_err(closed)? {
                device @ Accelerator::Metal(_) => device,
                _ => return Err(absent("Metal", cfg!(feature = "metal"))),
            },
        };
        let (dtype, name) = match device {
            // By far the fastest of the three supported types: a CPU without half-precision instructions converts every value. It takes
            // twice the memory of the stored weights, which quantization makes up for.
            Accelerator::Cpu => (ModelDType::F32, "cpu"),
            // bf16 if the GPU supports it, otherwise f16.
            Accelerator::Cuda(_) => (ModelDType::Auto, "cuda"),
            Accelerator::Metal(_) => (ModelDType::Auto, "metal"),
        };
        Ok(OpenDevice {
            device,
            dtype,
            name,
        })
    }

    pub(super) fn bytes_per_number(&self) -> u64 {
        match self.dtype {
            ModelDType::F32 => 4,
            ModelDType::Auto | ModelDType::BF16 | ModelDType::F16 => 2,
        }
    }

    /// Returns the available memory of the device, in bytes.
    pub(super) fn available_memory(&self) -> Result<u64, LoadError> {
        if matches!(self.device, Accelerator::Cpu) {
            return Ok(memory::available());
        }
        MemoryUsage
            .get_memory_available(&self.device)
            .map(|bytes| bytes as u64)
            .map_err(|error| {
                LoadError::Broken(format!(
                    "cannot determine the available memory of the {} device: {error}",
                    self.name
                ))
            })
    }

    /// Returns whether the KV cache is paged; mistral.rs then manages its size.
    pub(super) fn is_paged(&self) -> bool {
        matches!(self.device, Accelerator::Cuda(_)) && mistralrs_core::paged_attn_supported()
    }
}

/// Opens the GPU that this program is built for and closes it again. Returns its kind, or one line that says why it cannot be opened, as
/// without a driver; `None` if the program is built for no GPU.
pub fn gpu() -> Option<Result<&'static str, String>> {
    let name = if cfg!(feature = "cuda") {
        "cuda"
    } else if cfg!(feature = "metal") {
        "metal"
    } else {
        return None;
    };
    Some(best().map(|_| name))
}

/// Opens the GPU that this program is built for, or the CPU if it is built for none. An error is one line.
fn best() -> Result<Accelerator, String> {
    mistralrs::best_device(false).map_err(|error| {
        // With RUST_BACKTRACE set, a backtrace follows.
        let error = error.to_string();
        error.lines().next().unwrap_or_default().to_owned()
    })
}

fn closed(why: String) -> LoadError {
    LoadError::Broken(format!(
        "cannot open the GPU: {why}. Check its driver, or set `host.device` to `cpu`"
    ))
}

fn absent(name: &str, built: bool) -> LoadError {
    LoadError::Broken(if built {
        format!("no {name} device was found; set `host.device` to `auto`")
    } else {
        format!(
            "this program was built without {name}; set `host.device` to `auto`, or build it with the feature"
        )
    })
}

/// Returns the quantization type of mistral.rs and its bits per parameter.
pub(super) fn quantization(wanted: Quantization) -> Option<(IsqType, f64)> {
    Some(match wanted {
        Quantization::None => return None,
        Quantization::Q4_0 => (IsqType::Q4_0, 4.5),
        Quantization::Q4_1 => (IsqType::Q4_1, 5.0),
        Quantization::Q5_0 => (IsqType::Q5_0, 5.5),
        Quantization::Q5_1 => (IsqType::Q5_1, 6.0),
        Quantization::Q8_0 => (IsqType::Q8_0, 8.5),
        Quantization::Q2K => (IsqType::Q2K, 2.625),
        Quantization::Q3K => (IsqType::Q3K, 3.4375),
        Quantization::Q4K => (IsqType::Q4K, 4.5),
        Quantization::Q5K => (IsqType::Q5K, 5.5),
        Quantization::Q6K => (IsqType::Q6K, 6.5625),
    })
}
