//! The tensors that a Qwen3 model in GGUF format requires, with their shapes.

use std::collections::BTreeMap;

/// Tensor shapes by name. As in the file format, the fastest-varying dimension comes first.
pub type Shapes = BTreeMap<String, Vec<u64>>;

/// Checks that all tensors exist with the expected shapes. `number` returns the metadata value of a key below `qwen3.`.
pub fn check(number: impl Fn(&str) -> Option<u64>, shapes: &Shapes) -> Result<(), String> {
    let number = |key: &str| {
        let found = number(key).filter(|number| (1..=1 << 24).contains(number));
        found.ok_or_else(|| format!("`qwen3.{key}` is missing or out of range"))
    };
    let width = number("embedding_length")?;
    let heads = number("attention.head_count")?;
    let shared = number("attention.head_count_kv")?;
    let forward = number("feed_forward_length")?;
    let head = number("attention.key_length").unwrap_or(width / heads);
    let (all, few) = (heads * head, shared * head);
    let expect = |name: &str, shape: &[u64]| match shapes.get(name) {
        Some(found) if found == shape => Ok(()),
        Some(found) => Err(format!(
            "tensor {name} has shape {found:?}; expected {shape:?}"
        )),
        None => Err(format!("tensor {name} is missing")),
    };
    match shapes.get("token_embd.weight").map(Vec::as_slice) {
        Some([first, _]) if *first == width => {}
        Some(found) => {
            return Err(format!(
                "tensor token_embd.weight has shape {found:?}; its first dimension must be {width}"
            ));
        }
        None => return Err("tensor token_embd.weight is missing".to_owned()),
    }
    expect("output_norm.weight", &[width])?;
    for layer in 0..number("block_count")? {
        for (name, shape) in [
            ("attn_norm", &[width][..]),
            ("attn_q", &[width, all]),
            ("attn_k", &[width, few]),
            ("attn_v", &[width, few]),
            ("attn_output", &[all, width]),
            ("attn_q_norm", &[head]),
            ("attn_k_norm", &[head]),
            ("ffn_norm", &[width]),
            ("ffn_gate", &[width, forward]),
            ("ffn_up", &[width, forward]),
            ("ffn_down", &[forward, width]),
        ] {
            expect(&format!("blk.{layer}.{name}.weight"), shape)?;
        }
    }
    Ok(())
}
