//! Checkpoints of Qwen3's architecture, made in a moment: so that tests run a real engine on a real folder of weights.
//!
//! There are two kinds. [`random`] has the shape and the cost of a model and says nothing of sense. A [`Parrot`] says exactly what
//! it was made to say, however it is asked. Read in this order: how large a model is (`shape`), its words (`vocabulary`, `files`),
//! its numbers (`weights`), the parrot's art (`pieces`, `parrot`), and either as one file (`gguf`). Nothing here knows what reads a checkpoint.

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

/// A checkpoint with random weights, as they are before any training.
#[derive(Debug, Clone)]
pub struct Recipe {
    pub shape: Shape,
    pub precision: Precision,
    pub seed: u64,
    /// The words it knows; without one, those of a small text of this crate.
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

    /// Writes the checkpoint's files into `directory`, which is made if need be.
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

/// A checkpoint of random weights in 32 bits.
pub fn random(directory: &Path, shape: Shape, seed: u64) -> Result<()> {
    Recipe::new(shape, seed).write(directory)
}

/// A checkpoint that answers whatever it is asked with `answer`, with and without thinking.
pub fn parrot(directory: &Path, answer: &str) -> Result<Spoken> {
    Parrot::new(answer).write(directory)
}
