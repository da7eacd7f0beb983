//! Generates the tensors of a checkpoint one at a time while writing them, so that memory use is limited to the largest tensor.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use safetensors::{Dtype, View};

use crate::shape::{Precision, Shape};

/// The values of a tensor.
#[derive(Debug, Clone)]
pub(crate) enum Fill {
    Ones,
    Zeros,
    /// Uniformly distributed around 0, with this standard deviation.
    Random(f32),
    Values(Arc<[f32]>),
}

/// Writes `model.safetensors`. `choose` returns the values of a tensor by name, or `None` for those of an untrained model.
pub(crate) fn write(
    directory: &Path,
    shape: &Shape,
    precision: Precision,
    seed: u64,
    choose: impl Fn(&str) -> Option<Fill>,
) -> Result<()> {
    let tensors = names(shape)
        .into_iter()
        .enumerate()
        .map(|(stream, (name, dims, fill))| {
            let tensor = Tensor {
                fill: choose(&name).unwrap_or(fill),
                dims,
                precision,
                seed,
                stream: stream as u64,
            };
            (name, tensor)
        });
    // Python loaders require this entry.
    let metadata = [("format".to_owned(), "pt".to_owned())].into();
    let path = directory.join("model.safetensors");
    safetensors::serialize_to_file(tensors, Some(metadata), &path)
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Returns the name, dimensions and initial values of all tensors.
fn names(shape: &Shape) -> Vec<(String, Vec<usize>, Fill)> {
    let Shape {
        hidden,
        feed_forward,
        head_dim,
        ..
    } = *shape;
    let (queries, keys) = (shape.heads * head_dim, shape.kv_heads * head_dim);
    let linear = |inputs: usize| Fill::Random(1.0 / (inputs as f32).sqrt());
    // The output of a layer is scaled down, so that the residual stream does not grow with the number of layers.
    let output =
        |inputs: usize| Fill::Random(1.0 / ((inputs * 2 * shape.layers.max(1)) as f32).sqrt());
    let table = || Fill::Random(0.02);

    let mut all = vec![
        (
            "model.embed_tokens.weight".to_owned(),
            vec![shape.vocabulary, hidden],
            table(),
        ),
        ("model.norm.weight".to_owned(), vec![hidden], Fill::Ones),
    ];
    if !shape.tied {
        let name = "lm_head.weight".to_owned();
        all.push((name, vec![shape.vocabulary, hidden], table()));
    }
    for layer in 0..shape.layers {
        let mut add = |name: &str, dims: Vec<usize>, fill: Fill| {
            all.push((format!("model.layers.{layer}.{name}.weight"), dims, fill));
        };
        add("input_layernorm", vec![hidden], Fill::Ones);
        add("self_attn.q_proj", vec![queries, hidden], linear(hidden));
        add("self_attn.k_proj", vec![keys, hidden], linear(hidden));
        add("self_attn.v_proj", vec![keys, hidden], linear(hidden));
        add("self_attn.o_proj", vec![hidden, queries], output(queries));
        add("self_attn.q_norm", vec![head_dim], Fill::Ones);
        add("self_attn.k_norm", vec![head_dim], Fill::Ones);
        add("post_attention_layernorm", vec![hidden], Fill::Ones);
        add("mlp.gate_proj", vec![feed_forward, hidden], linear(hidden));
        add("mlp.up_proj", vec![feed_forward, hidden], linear(hidden));
        add(
            "mlp.down_proj",
            vec![hidden, feed_forward],
            output(feed_forward),
        );
    }
    all
}

struct Tensor {
    dims: Vec<usize>,
    precision: Precision,
    fill: Fill,
    seed: u64,
    /// Stream of the random generator, different for each tensor.
    stream: u64,
}

impl Tensor {
    fn numbers(&self) -> usize {
        self.dims.iter().product()
    }
}

impl View for Tensor {
    fn dtype(&self) -> Dtype {
        self.precision.dtype()
    }

    fn shape(&self) -> &[usize] {
        &self.dims
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let mut bytes = Vec::with_capacity(self.data_len());
        let mut push = |number: f32| self.precision.push(number, &mut bytes);
        match &self.fill {
            Fill::Ones => (0..self.numbers()).for_each(|_| push(1.0)),
            Fill::Zeros => (0..self.numbers()).for_each(|_| push(0.0)),
            Fill::Random(spread) => {
                let mut random = ChaCha8Rng::seed_from_u64(self.seed);
                random.set_stream(self.stream);
                // Uniform values from -1 to 1 have a standard deviation of 1/√3.
                let scale = spread * 3f32.sqrt() / i32::MAX as f32;
                (0..self.numbers()).for_each(|_| push(random.next_u32() as i32 as f32 * scale));
            }
            Fill::Values(values) => values.iter().copied().for_each(push),
        }
        Cow::Owned(bytes)
    }

    fn data_len(&self) -> usize {
        self.numbers() * self.precision.bytes()
    }
}
