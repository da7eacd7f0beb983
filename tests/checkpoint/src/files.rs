//! The small files beside the weights: `config.json`, `generation_config.json`, `tokenizer.json` and `tokenizer_config.json`.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::shape::{Precision, Shape};
use crate::vocabulary::{Added, Finished};

/// Renders system, user and assistant turns as the template of Qwen3 does. Does not support tools.
const TEMPLATE: &str = include_str!("template.jinja");

pub(crate) fn write(
    directory: &Path,
    shape: &Shape,
    precision: Precision,
    words: &Finished,
) -> Result<()> {
    let put = |name: &str, content: &Value| -> Result<()> {
        let path = directory.join(name);
        std::fs::write(&path, serde_json::to_vec_pretty(content)?)
            .with_context(|| format!("cannot write {}", path.display()))
    };
    put("config.json", &config(shape, precision, words))?;
    put("generation_config.json", &generation(words))?;
    put("tokenizer.json", &words.tokenizer)?;
    put("tokenizer_config.json", &tokenizer_config(shape, words))
}

fn config(shape: &Shape, precision: Precision, words: &Finished) -> Value {
    json!({
        "architectures": ["Qwen3ForCausalLM"],
        "attention_bias": false,
        "attention_dropout": 0.0,
        "bos_token_id": words.id("<|endoftext|>"),
        "eos_token_id": words.id("<|im_end|>"),
        "head_dim": shape.head_dim,
        "hidden_act": "silu",
        "hidden_size": shape.hidden,
        "initializer_range": 0.02,
        "intermediate_size": shape.feed_forward,
        "max_position_embeddings": shape.context,
        "max_window_layers": shape.layers,
        "model_type": "qwen3",
        "num_attention_heads": shape.heads,
        "num_hidden_layers": shape.layers,
        "num_key_value_heads": shape.kv_heads,
        "rms_norm_eps": 1e-6,
        "rope_scaling": null,
        // Current engines read it here, not from `rope_parameters`, where newer libraries write it.
        "rope_theta": shape.rope_theta,
        "sliding_window": null,
        "tie_word_embeddings": shape.tied,
        "torch_dtype": precision.name(),
        "use_cache": true,
        "use_sliding_window": false,
        "vocab_size": shape.vocabulary,
    })
}

fn generation(words: &Finished) -> Value {
    json!({
        "bos_token_id": words.id("<|endoftext|>"),
        "do_sample": true,
        "eos_token_id": [words.id("<|im_end|>"), words.id("<|endoftext|>")],
        "pad_token_id": words.id("<|endoftext|>"),
        "temperature": 0.6,
        "top_k": 20,
        "top_p": 0.95,
    })
}

fn tokenizer_config(shape: &Shape, words: &Finished) -> Value {
    let decoder: Map<String, Value> = words
        .added
        .iter()
        .map(|Added { id, text, special }| {
            let token = json!({
                "content": text, "lstrip": false, "normalized": false, "rstrip": false, "single_word": false, "special": special,
            });
            (id.to_string(), token)
        })
        .collect();
    json!({
        "add_bos_token": false,
        "add_prefix_space": false,
        "added_tokens_decoder": decoder,
        "additional_special_tokens": ["<|im_start|>", "<|im_end|>"],
        "bos_token": null,
        "chat_template": TEMPLATE,
        "clean_up_tokenization_spaces": false,
        "eos_token": "<|im_end|>",
        "errors": "replace",
        "model_max_length": shape.context,
        "pad_token": "<|endoftext|>",
        "split_special_tokens": false,
        "tokenizer_class": "Qwen2Tokenizer",
        "unk_token": null,
    })
}
