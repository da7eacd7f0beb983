//! Converts a checkpoint to one GGUF file, as `convert_hf_to_gguf.py --outtype q8_0` of llama.cpp does.
//!
//! The format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>, version 3.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

/// Alignment in bytes of the tensor data and of each tensor in it.
const ALIGNMENT: usize = 32;
/// `GGML_TYPE_F32` and `GGML_TYPE_Q8_0`.
const F32: u32 = 0;
const Q8_0: u32 = 8;
/// Number of weights that share a scale.
const BLOCK: usize = 32;

/// Token types of llama.cpp.
const NORMAL: i32 = 1;
const CONTROL: i32 = 3;
const USER_DEFINED: i32 = 4;
const UNUSED: i32 = 5;

/// Converts the checkpoint in `directory`, whose weights must be F32, to `file`.
pub fn to_gguf(directory: &Path, file: &Path) -> Result<()> {
    let read = |name: &str| -> Result<Vec<u8>> {
        let path = directory.join(name);
        std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let config: Value = serde_json::from_slice(&read("config.json")?)?;
    let tokenizer: Value = serde_json::from_slice(&read("tokenizer.json")?)?;
    let template: Value = serde_json::from_slice(&read("tokenizer_config.json")?)?;
    let weights = read("model.safetensors")?;
    let tensors = SafeTensors::deserialize(&weights)?;

    let mut values = Values::default();
    shape(&mut values, &config)?;
    words(&mut values, &config, &tokenizer)?;
    let template = template["chat_template"].as_str().context("no template")?;
    values.text("tokenizer.chat_template", template);

    let mut names = tensors.names();
    names.sort_unstable();
    let (mut headers, mut data) = (Vec::new(), Vec::new());
    for name in &names {
        let tensor = tensors.tensor(name)?;
        ensure!(tensor.dtype() == Dtype::F32, "{name} is not F32");
        put_text(&mut headers, &renamed(name)?);
        let dims = tensor.shape();
        headers.extend(u32::try_from(dims.len())?.to_le_bytes());
        // The fastest-varying dimension is first.
        for dim in dims.iter().rev() {
            headers.extend((*dim as u64).to_le_bytes());
        }
        // Norms are not quantized.
        let matrix = dims.len() == 2;
        headers.extend(if matrix { Q8_0 } else { F32 }.to_le_bytes());
        headers.extend((data.len() as u64).to_le_bytes());
        if matrix {
            quantize(&mut data, tensor.data());
        } else {
            data.extend(tensor.data());
        }
        data.resize(data.len().next_multiple_of(ALIGNMENT), 0);
    }

    let mut out = b"GGUF".to_vec();
    out.extend(3u32.to_le_bytes());
    out.extend((names.len() as u64).to_le_bytes());
    out.extend(values.count.to_le_bytes());
    out.extend(values.bytes);
    out.extend(headers);
    out.resize(out.len().next_multiple_of(ALIGNMENT), 0);
    out.extend(data);
    std::fs::write(file, out).with_context(|| format!("cannot write {}", file.display()))
}

/// Quantizes to Q8_0: each block is a 16-bit scale and one signed byte per weight.
fn quantize(out: &mut Vec<u8>, data: &[u8]) {
    for block in data.chunks(BLOCK * 4) {
        let weights = block
            .chunks_exact(4)
            .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
        let scale = weights.clone().fold(0.0, |most: f32, w| most.max(w.abs())) / 127.0;
        out.extend(half::f16::from_f32(scale).to_le_bytes());
        let steps = if scale > 0.0 { 1.0 / scale } else { 0.0 };
        out.extend(weights.map(|weight| (weight * steps).round() as i8 as u8));
    }
}

fn shape(values: &mut Values, config: &Value) -> Result<()> {
    let number = |key: &str| -> Result<u32> {
        let value = config[key].as_f64().with_context(|| format!("no {key}"))?;
        Ok(value as u32)
    };
    values.text("general.architecture", "qwen3");
    for (key, from) in [
        ("block_count", "num_hidden_layers"),
        ("context_length", "max_position_embeddings"),
        ("embedding_length", "hidden_size"),
        ("feed_forward_length", "intermediate_size"),
        ("attention.head_count", "num_attention_heads"),
        ("attention.head_count_kv", "num_key_value_heads"),
        ("attention.key_length", "head_dim"),
        ("attention.value_length", "head_dim"),
    ] {
        values.number(&format!("qwen3.{key}"), number(from)?);
    }
    values.real("qwen3.rope.freq_base", number("rope_theta")? as f32);
    let epsilon = config["rms_norm_eps"].as_f64().context("no rms_norm_eps")?;
    values.real("qwen3.attention.layer_norm_rms_epsilon", epsilon as f32);
    Ok(())
}

fn words(values: &mut Values, config: &Value, tokenizer: &Value) -> Result<()> {
    let count = config["vocab_size"].as_u64().context("no vocab_size")? as usize;
    let mut tokens: Vec<String> = (0..count).map(|id| format!("[PAD{id}]")).collect();
    let mut types = vec![UNUSED; count];
    let model = &tokenizer["model"];
    for (word, id) in model["vocab"].as_object().context("no vocabulary")? {
        let id = id.as_u64().context("a token without an id")? as usize;
        (tokens[id], types[id]) = (word.clone(), NORMAL);
    }
    for added in tokenizer["added_tokens"].as_array().into_iter().flatten() {
        let id = added["id"].as_u64().context("a token without an id")? as usize;
        tokens[id] = added["content"]
            .as_str()
            .context("an added token without content")?
            .to_owned();
        types[id] = if added["special"] == true {
            CONTROL
        } else {
            USER_DEFINED
        };
    }
    let merges: Vec<String> = model["merges"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|merge| match merge {
            Value::Array(pair) => {
                let part = |at: usize| pair.get(at).and_then(Value::as_str).unwrap_or_default();
                format!("{} {}", part(0), part(1))
            }
            other => other.as_str().unwrap_or_default().to_owned(),
        })
        .collect();
    let id = |text: &str| -> Result<u32> {
        let at = tokens.iter().position(|token| token == text);
        Ok(u32::try_from(at.with_context(|| format!("no {text}"))?)?)
    };
    values.text("tokenizer.ggml.model", "gpt2");
    values.text("tokenizer.ggml.pre", "qwen2");
    values.number("tokenizer.ggml.eos_token_id", id("<|im_end|>")?);
    values.number("tokenizer.ggml.bos_token_id", id("<|endoftext|>")?);
    values.number("tokenizer.ggml.padding_token_id", id("<|endoftext|>")?);
    values.texts("tokenizer.ggml.tokens", &tokens);
    values.texts("tokenizer.ggml.merges", &merges);
    values.signed("tokenizer.ggml.token_type", &types);
    Ok(())
}

/// Returns the GGUF name of a tensor.
fn renamed(name: &str) -> Result<String> {
    let part = |inner: &str| {
        Some(match inner {
            "input_layernorm" => "attn_norm",
            "post_attention_layernorm" => "ffn_norm",
            "self_attn.q_proj" => "attn_q",
            "self_attn.k_proj" => "attn_k",
            "self_attn.v_proj" => "attn_v",
            "self_attn.o_proj" => "attn_output",
            "self_attn.q_norm" => "attn_q_norm",
            "self_attn.k_norm" => "attn_k_norm",
            "mlp.gate_proj" => "ffn_gate",
            "mlp.up_proj" => "ffn_up",
            "mlp.down_proj" => "ffn_down",
            _ => return None,
        })
    };
    let renamed = match name {
        "model.embed_tokens.weight" => Some("token_embd.weight".to_owned()),
        "model.norm.weight" => Some("output_norm.weight".to_owned()),
        "lm_head.weight" => Some("output.weight".to_owned()),
        _ => name
            .strip_prefix("model.layers.")
            .and_then(|rest| rest.strip_suffix(".weight"))
            .and_then(|rest| rest.split_once('.'))
            .and_then(|(layer, inner)| Some(format!("blk.{layer}.{}.weight", part(inner)?))),
    };
    renamed.with_context(|| format!("GGUF has no name for {name}"))
}

/// The serialized metadata section.
#[derive(Default)]
struct Values {
    count: u64,
    bytes: Vec<u8>,
}

impl Values {
    fn key(&mut self, key: &str, kind: u32) {
        self.count += 1;
        put_text(&mut self.bytes, key);
        self.bytes.extend(kind.to_le_bytes());
    }

    fn number(&mut self, key: &str, value: u32) {
        self.key(key, 4);
        self.bytes.extend(value.to_le_bytes());
    }

    fn real(&mut self, key: &str, value: f32) {
        self.key(key, 6);
        self.bytes.extend(value.to_le_bytes());
    }

    fn text(&mut self, key: &str, value: &str) {
        self.key(key, 8);
        put_text(&mut self.bytes, value);
    }

    fn texts(&mut self, key: &str, values: &[String]) {
        self.array(key, 8, values.len());
        for value in values {
            put_text(&mut self.bytes, value);
        }
    }

    fn signed(&mut self, key: &str, values: &[i32]) {
        self.array(key, 5, values.len());
        for value in values {
            self.bytes.extend(value.to_le_bytes());
        }
    }

    fn array(&mut self, key: &str, kind: u32, length: usize) {
        self.key(key, 9);
        self.bytes.extend(kind.to_le_bytes());
        self.bytes.extend((length as u64).to_le_bytes());
    }
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}
