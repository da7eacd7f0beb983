//! Generates small checkpoints of the Qwen3 architecture, so that tests can run a real engine on real files.
//!
//! There are two kinds. [`random`] has random weights and the cost of a model of its shape. A [`Parrot`] always generates a given
//! text. Modules in reading order: dimensions (`shape`), tokenizer (`vocabulary`), configuration files (`files`), tensors
//! (`weights`), the parrot (`pieces`, `parrot`), and conversion to one GGUF file (`gguf`). Independent of the engine that reads it.

mod shape;

mod files;
mod vocabulary;
mod weights;

mod parrot;
mod pieces;

mod gguf;

use std::path::Path;

use anyhow::Result;

pub use gguf::to_gguf;
pub use parrot::{Parrot, Spoken};
pub use shape::{Precision, Shape};
pub use vocabulary::Vocabulary;

use weights::Fill;

/// A checkpoint with random weights, as before training.
#[derive(Debug, Clone)]
pub struct Recipe {
    pub shape: Shape,
    pub precision: Precision,
    pub seed: u64,
    /// The tokenizer. By default, one trained on the source text of this crate.
    pub vocabulary: Option<Vocabulary>,
}

impl Recipe {
    pub fn new(shape: Shape, seed: u64) -> Self {
        Recipe {
            shape,
            precision: Precision::F32,
            seed,
            vocabulary: None,
        }
    }

    /// Writes the checkpoint's files into `directory`, which is created if it does not exist.
    pub fn write(&self, directory: &Path) -> Result<()> {
        let vocabulary = match &self.vocabulary {
            Some(vocabulary) => vocabulary.clone(),
            None => Vocabulary::small(self.shape.vocabulary)?,
        };
        std::fs::create_dir_all(directory)?;
        files::write(
            directory,
            &self.shape,
            self.precision,
            &vocabulary.finish(self.shape.vocabulary)?,
        )?;
        weights::write(directory, &self.shape, self.precision, self.seed, |_| {
            None::<Fill>
        })
    }
}

/// Writes a checkpoint with random 32-bit weights.
pub fn random(directory: &Path, shape: Shape, seed: u64) -> Result<()> {
    Recipe::new(shape, seed).write(directory)
}

/// Writes a checkpoint that answers every prompt with `answer`, with and without thinking.
pub fn parrot(directory: &Path, answer: &str) -> Result<Spoken> {
    Parrot::new(answer).write(directory)
}
