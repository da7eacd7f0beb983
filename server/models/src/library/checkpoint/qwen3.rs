//! The tensors that a Qwen3 model in safetensors format requires, with their shapes.

use std::collections::BTreeMap;

use safetensors::Dtype;

use super::super::LibraryError;
use super::config::Config;
use super::header::Header;
use super::{CONFIG, find, invalid};

/// The dimensions of a Qwen3 model.
pub struct Shapes {
    pub layers: usize,
    vocabulary: usize,
    hidden: usize,
    inner: usize,
    head: usize,
    queries: usize,
    keys: usize,
}

impl Shapes {
    pub fn of(config: &Config) -> Result<Self, LibraryError> {
        let hidden = config.count("hidden_size")?;
        let heads = config.count("num_attention_heads")?;
        let groups = config.count_or("num_key_value_heads", heads)?;
        let head = config.count_or("head_dim", hidden / heads)?;
        if heads % groups != 0 {
            return Err(invalid(
                CONFIG,
                format!(
                    "`num_attention_heads` ({heads}) is not a multiple of `num_key_value_heads` ({groups})"
                ),
            ));
        }
        let layers = config.count("num_hidden_layers")?;
        if layers > 4096 {
            return Err(invalid(
                CONFIG,
                format!("`num_hidden_layers` is {layers}; at most 4096 are supported"),
            ));
        }
        Ok(Shapes {
            layers,
            vocabulary: config.count("vocab_size")?,
            hidden,
            inner: config.count("intermediate_size")?,
            head,
            queries: heads * head,
            keys: groups * head,
        })
    }

    /// Returns the shape `[out, in]` of a projection, by the last component of its name.
    pub fn projection(&self, name: &str) -> Option<[usize; 2]> {
        Some(match name {
            "q_proj" => [self.queries, self.hidden],
            "k_proj" | "v_proj" => [self.keys, self.hidden],
            "o_proj" => [self.hidden, self.queries],
            "gate_proj" | "up_proj" => [self.inner, self.hidden],
            "down_proj" => [self.hidden, self.inner],
            "lm_head" | "embed_tokens" => [self.vocabulary, self.hidden],
            _ => return None,
        })
    }

    fn layer(&self, layer: usize, biased: bool) -> Vec<(String, Vec<usize>)> {
        let mut tensors = Vec::new();
        let name = |part: &str| format!("model.layers.{layer}.{part}");
        for part in ["input_layernorm", "post_attention_layernorm"] {
            tensors.push((name(&format!("{part}.weight")), vec![self.hidden]));
        }
        for part in ["q_norm", "k_norm"] {
            tensors.push((name(&format!("self_attn.{part}.weight")), vec![self.head]));
        }
        let projections = [
            (
                "self_attn",
                ["q_proj", "k_proj", "v_proj", "o_proj"].as_slice(),
            ),
            ("mlp", ["gate_proj", "up_proj", "down_proj"].as_slice()),
        ];
        for (block, parts) in projections {
            for part in parts {
                let Some(shape) = self.projection(part) else {
                    continue;
                };
                tensors.push((name(&format!("{block}.{part}.weight")), shape.to_vec()));
                if biased && block == "self_attn" {
                    tensors.push((name(&format!("{block}.{part}.bias")), vec![shape[0]]));
                }
            }
        }
        tensors
    }
}

/// Checks names, shapes and types of all tensors. Other architectures and quantized weights are left to the engine.
pub fn check(config: &Config, headers: &BTreeMap<String, Header>) -> Result<(), LibraryError> {
    if !config.is_qwen3() {
        return check_unused_norms(config, headers);
    }
    if config.is_quantized() {
        return Ok(());
    }
    let shapes = Shapes::of(config)?;
    let embedding = vec![shapes.vocabulary, shapes.hidden];
    let mut expected = vec![
        ("model.embed_tokens.weight".to_owned(), embedding.clone()),
        ("model.norm.weight".to_owned(), vec![shapes.hidden]),
    ];
    if !config.flag("tie_word_embeddings") {
        expected.push(("lm_head.weight".to_owned(), embedding));
    }
    let biased = config.flag("attention_bias");
    for layer in 0..shapes.layers {
        expected.extend(shapes.layer(layer, biased));
    }
    let whole = headers
        .keys()
        .next()
        .map_or("model.safetensors", String::as_str);
    for (name, shape) in &expected {
        let Some((file, tensor)) = find(headers, name) else {
            return Err(invalid(whole, format!("tensor {name} is missing")));
        };
        if tensor.shape != *shape {
            return Err(invalid(
                file,
                format!(
                    "tensor {name} has shape {:?}; {CONFIG} requires {shape:?}",
                    tensor.shape
                ),
            ));
        }
        if !matches!(tensor.dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16) {
            return Err(invalid(
                file,
                format!(
                    "tensor {name} has type {}; supported: F32, F16 and BF16",
                    tensor.dtype
                ),
            ));
        }
    }
    // The engine would silently ignore a layer that the config does not count.
    let beyond = format!("model.layers.{}.", shapes.layers);
    for (file, header) in headers {
        if let Some(tensor) = header
            .tensors
            .iter()
            .find(|tensor| tensor.name.starts_with(&beyond))
        {
            return Err(invalid(
                file,
                format!(
                    "tensor {} belongs to a layer beyond `num_hidden_layers` in {CONFIG}",
                    tensor.name
                ),
            ));
        }
    }
    Ok(())
}

/// Rejects Qwen3 weights that claim another architecture: the engine would ignore the extra tensors and generate nonsense.
fn check_unused_norms(
    config: &Config,
    headers: &BTreeMap<String, Header>,
) -> Result<(), LibraryError> {
    const WITHOUT: [&str; 3] = ["LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM"];
    let architecture = config.architecture();
    let name = "model.layers.0.self_attn.q_norm.weight";
    match find(headers, name) {
        Some((file, _)) if WITHOUT.contains(&architecture) => Err(invalid(
            file,
            format!("tensor {name} does not exist in {architecture}, the architecture in {CONFIG}"),
        )),
        _ => Ok(()),
    }
}
