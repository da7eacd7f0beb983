//! Checks that a LoRA adapter matches its base model: rank, modules and shapes.

use std::path::Path;

use safetensors::Dtype;
use serde_json::Value;

use super::super::{Installed, LibraryError};
use super::header::Header;
use super::qwen3::Shapes;
use super::{ADAPTER, ADAPTER_CONFIG, config, invalid, read_json};

pub fn check(directory: &Path, header: &Header, base: &Installed) -> Result<(), LibraryError> {
    let adapter = read_json(directory, ADAPTER_CONFIG)?;
    let rank = match adapter["r"].as_u64() {
        Some(rank) if (1..=4096).contains(&rank) => usize::try_from(rank).unwrap_or(usize::MAX),
        _ => {
            return Err(invalid(
                ADAPTER_CONFIG,
                format!("the rank `r` is {}; expected 1 to 4096", adapter["r"]),
            ));
        }
    };
    if adapter["lora_alpha"]
        .as_f64()
        .is_none_or(|alpha| alpha <= 0.0)
    {
        return Err(invalid(
            ADAPTER_CONFIG,
            format!(
                "`lora_alpha` is {}; expected a number greater than 0",
                adapter["lora_alpha"]
            ),
        ));
    }
    if let Some(kind) = adapter["peft_type"].as_str().filter(|kind| *kind != "LORA") {
        return Err(invalid(
            ADAPTER_CONFIG,
            format!("`peft_type` is {kind}; only LORA is supported"),
        ));
    }
    if !matches!(&adapter["target_modules"], Value::Array(modules) if !modules.is_empty() && modules.iter().all(Value::is_string))
    {
        return Err(invalid(
            ADAPTER_CONFIG,
            "`target_modules` must be a list of names",
        ));
    }
    if header.tensors.is_empty() {
        return Err(invalid(ADAPTER, "the file contains no tensor"));
    }
    let of_base = config::read(&base.directory, &mut Vec::new())?;
    let shapes = if of_base.is_qwen3() {
        Some(Shapes::of(&of_base)?)
    } else {
        None
    };
    for tensor in &header.tensors {
        let name = &tensor.name;
        if !matches!(tensor.dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16) {
            return Err(invalid(
                ADAPTER,
                format!(
                    "tensor {name} has type {}; supported: F32, F16 and BF16",
                    tensor.dtype
                ),
            ));
        }
        let is_a = name.ends_with(".lora_A.weight");
        let module = name
            .strip_suffix(".lora_A.weight")
            .or_else(|| name.strip_suffix(".lora_B.weight"));
        let Some(module) = module else {
            return Err(invalid(
                ADAPTER,
                format!("tensor {name} is neither a lora_A nor a lora_B matrix"),
            ));
        };
        let other = format!("{module}.lora_{}.weight", if is_a { "B" } else { "A" });
        if header.get(&other).is_none() {
            return Err(invalid(ADAPTER, format!("tensor {other} is missing")));
        }
        let at = usize::from(!is_a);
        if tensor.shape.len() != 2 || tensor.shape[at] != rank {
            return Err(invalid(
                ADAPTER,
                format!(
                    "tensor {name} has shape {:?}, which does not match rank {rank}",
                    tensor.shape
                ),
            ));
        }
        if let Some(shapes) = &shapes {
            fits(shapes, name, module, is_a, &tensor.shape, base)?;
        }
    }
    Ok(())
}

fn fits(
    shapes: &Shapes,
    name: &str,
    module: &str,
    is_a: bool,
    shape: &[usize],
    base: &Installed,
) -> Result<(), LibraryError> {
    let base = base.label();
    let last = module.rsplit('.').next().unwrap_or_default();
    let Some([out, into]) = shapes.projection(last) else {
        return Err(invalid(
            ADAPTER,
            format!("tensor {name}: {base} has no {last}"),
        ));
    };
    let layer = module
        .split_once("layers.")
        .and_then(|(_, rest)| rest.split('.').next()?.parse::<usize>().ok());
    if layer.is_some_and(|layer| layer >= shapes.layers) {
        return Err(invalid(
            ADAPTER,
            format!("tensor {name}: {base} has {} layers", shapes.layers),
        ));
    }
    let expected = if is_a { into } else { out };
    let found = shape[usize::from(is_a)];
    if found != expected {
        return Err(invalid(
            ADAPTER,
            format!("tensor {name} has dimension {found}, but {base} has {expected}"),
        ));
    }
    Ok(())
}
