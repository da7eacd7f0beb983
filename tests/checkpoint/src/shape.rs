//! Dimensions of a model and precision of its weights.

use half::{bf16, f16};
use safetensors::Dtype;

/// Dimensions of a model of the Qwen3 architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    pub hidden: usize,
    pub layers: usize,
    pub heads: usize,
    /// Number of key/value heads, each shared by several query heads.
    pub kv_heads: usize,
    pub head_dim: usize,
    pub feed_forward: usize,
    /// Number of tokens, including special tokens.
    pub vocabulary: usize,
    /// Whether the output head shares its weights with the embeddings.
    pub tied: bool,
    pub context: usize,
    pub rope_theta: u32,
}

impl Shape {
    /// 1.3 million parameters.
    pub const TINY: Shape = Shape {
        hidden: 128,
        layers: 4,
        heads: 4,
        kv_heads: 2,
        head_dim: 32,
        feed_forward: 384,
        vocabulary: 4096,
        tied: true,
        context: 40_960,
        rope_theta: 10_000,
    };

    /// The sizes of Qwen3-0.6B: 600 million parameters.
    pub const QWEN3_0_6B: Shape = Shape {
        hidden: 1024,
        layers: 28,
        heads: 16,
        kv_heads: 8,
        head_dim: 128,
        feed_forward: 3072,
        vocabulary: 151_936,
        tied: true,
        context: 40_960,
        rope_theta: 1_000_000,
    };

    /// The sizes of Qwen3-4B: 4 billion parameters.
    pub const QWEN3_4B: Shape = Shape {
        hidden: 2560,
        layers: 36,
        heads: 32,
        kv_heads: 8,
        head_dim: 128,
        feed_forward: 9728,
        vocabulary: 151_936,
        tied: true,
        context: 40_960,
        rope_theta: 1_000_000,
    };

    /// The same model with fewer, or more, tokens.
    pub const fn with_vocabulary(self, vocabulary: usize) -> Shape {
        Shape { vocabulary, ..self }
    }

    pub const fn parameters(&self) -> usize {
        let attention = self.hidden * self.head_dim * 2 * (self.heads + self.kv_heads);
        let norms = 2 * self.hidden + 2 * self.head_dim;
        let layer = attention + 3 * self.hidden * self.feed_forward + norms;
        let tables = if self.tied { 1 } else { 2 };
        self.layers * layer + tables * self.vocabulary * self.hidden + self.hidden
    }
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    F32,
    Bf16,
    F16,
}

impl Precision {
    /// As `torch_dtype` says it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Precision::F32 => "float32",
            Precision::Bf16 => "bfloat16",
            Precision::F16 => "float16",
        }
    }

    pub(crate) fn dtype(self) -> Dtype {
        match self {
            Precision::F32 => Dtype::F32,
            Precision::Bf16 => Dtype::BF16,
            Precision::F16 => Dtype::F16,
        }
    }

    pub(crate) fn bytes(self) -> usize {
        match self {
            Precision::F32 => 4,
            Precision::Bf16 | Precision::F16 => 2,
        }
    }

    pub(crate) fn push(self, number: f32, into: &mut Vec<u8>) {
        match self {
            Precision::F32 => into.extend(number.to_le_bytes()),
            Precision::Bf16 => into.extend(bf16::from_f32(number).to_le_bytes()),
            Precision::F16 => into.extend(f16::from_f32(number).to_le_bytes()),
        }
    }
}
