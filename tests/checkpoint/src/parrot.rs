//! A checkpoint that generates one fixed text for every prompt.
//!
//! Attention and feed-forward layers add nothing to the residual stream, so the next token depends on the last token only. The text is
//! split into pieces that are unique tokens, and the output row of each piece is the embedding of the previous one. The text is thus
//! a chain from the last token of the prompt to `<|im_end|>`.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::shape::{Precision, Shape};
use crate::vocabulary::Vocabulary;
use crate::weights::{Fill, write};
use crate::{files, pieces};

/// The hidden size. With so many random signs, thousands of embeddings are almost orthogonal.
const HIDDEN: usize = 256;

/// The logit of the next token. That of any other token is at most [`MAX_RIVAL_RATIO`] times as large, so that neither sampling nor quantization
/// changes the text.
const SCORE: f32 = 64.0;
const MAX_RIVAL_RATIO: f32 = 0.6;

/// Number of tokens of the vocabulary that are trained for prompts.
const PROMPT_WORDS: usize = 1024;

/// Builder of a parrot checkpoint.
#[derive(Debug, Clone)]
pub struct Parrot {
    thinking: Option<String>,
    answer: String,
    endless: bool,
    precision: Precision,
    layers: usize,
    feed_forward: usize,
}

/// The generated text, one element per token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    /// The tokens between `<think>` and `</think>`, if the prompt enables thinking.
    pub thinking: Vec<String>,
    pub answer: Vec<String>,
}

impl Parrot {
    pub fn new(answer: impl Into<String>) -> Self {
        Parrot {
            thinking: None,
            answer: answer.into(),
            endless: false,
            precision: Precision::F32,
            layers: 2,
            feed_forward: 256,
        }
    }

    /// Generates the numbers from 1 to `words`, about one token each.
    pub fn counting(words: usize) -> Self {
        let numbers: Vec<String> = (1..=words).map(|number| number.to_string()).collect();
        Self::new(numbers.join(" "))
    }

    /// Generates this reasoning before the answer if the prompt enables thinking.
    pub fn thinking(mut self, thoughts: impl Into<String>) -> Self {
        self.thinking = Some(thoughts.into());
        self
    }

    /// Repeats the answer instead of ending it.
    pub fn endless(mut self) -> Self {
        self.endless = true;
        self
    }

    pub fn precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// Makes generation slower, for tests that act during an answer: each layer adds `768 × feed_forward` multiplications per token.
    pub fn slow(mut self, layers: usize, feed_forward: usize) -> Self {
        (self.layers, self.feed_forward) = (layers, feed_forward);
        self
    }

    /// Writes the checkpoint's files into `directory`, which is created if it does not exist.
    pub fn write(&self, directory: &Path) -> Result<Spoken> {
        let mut vocabulary = Vocabulary::small(PROMPT_WORDS)?;
        let (line, empty_line) = (vocabulary.word("\n")?, vocabulary.word("\n\n")?);

        let mut taken = HashSet::from(["\n".to_owned(), "\n\n".to_owned()]);
        let thoughts = self.thinking.as_ref().map(|text| format!("\n{text}\n"));
        let thoughts = match &thoughts {
            Some(text) => pieces::cut(text, &mut taken)?,
            None => Vec::new(),
        };
        let answer = pieces::cut(&self.answer, &mut taken)?;
        ensure!(!answer.is_empty(), "the answer of a parrot is empty");
        let mut ids = |pieces: &[&str]| -> Result<Vec<usize>> {
            pieces.iter().map(|piece| vocabulary.word(piece)).collect()
        };
        let (thought_ids, answer_ids) = (ids(&thoughts)?, ids(&answer)?);

        let shape = Shape {
            hidden: HIDDEN,
            layers: self.layers,
            heads: 4,
            kv_heads: 2,
            head_dim: 64,
            feed_forward: self.feed_forward,
            // Kernels are faster with multiples of 64.
            vocabulary: vocabulary.len().next_multiple_of(64),
            tied: false,
            context: 40_960,
            rope_theta: 1_000_000,
        };
        let words = vocabulary.finish(shape.vocabulary)?;
        let added = |text: &str| words.id(text).context("an added token is missing");

        // With thinking disabled the prompt ends with an empty line after `</think>`; otherwise with the line break after the role.
        let mut chain = vec![(empty_line, answer_ids[0])];
        if thoughts.is_empty() {
            chain.push((line, answer_ids[0]));
        } else {
            let mut thinking = vec![line, added("<think>")?];
            thinking.extend(&thought_ids);
            thinking.extend([added("</think>")?, empty_line]);
            chain.extend(thinking.windows(2).map(|pair| (pair[0], pair[1])));
        }
        chain.extend(answer_ids.windows(2).map(|pair| (pair[0], pair[1])));
        let after = if self.endless {
            answer_ids[0]
        } else {
            added("<|im_end|>")?
        };
        chain.push((answer_ids[answer_ids.len() - 1], after));

        let (embeddings, head) = tables(shape.vocabulary, &chain)?;
        std::fs::create_dir_all(directory)?;
        files::write(directory, &shape, self.precision, &words)?;
        write(directory, &shape, self.precision, 0, |name| match name {
            "model.embed_tokens.weight" => Some(Fill::Values(embeddings.clone())),
            "lm_head.weight" => Some(Fill::Values(head.clone())),
            _ if name.ends_with("o_proj.weight") => Some(Fill::Zeros),
            _ if name.ends_with("down_proj.weight") => Some(Fill::Zeros),
            _ => None,
        })?;
        let owned = |pieces: Vec<&str>| pieces.into_iter().map(str::to_owned).collect();
        Ok(Spoken {
            thinking: owned(thoughts),
            answer: owned(answer),
        })
    }
}

type Table = Arc<[f32]>;

/// Returns the embeddings and the output head, which scores `next` highest after `last` for every pair of the chain. Their values are
/// exact in every precision.
fn tables(vocabulary: usize, chain: &[(usize, usize)]) -> Result<(Table, Table)> {
    let mut random = ChaCha8Rng::seed_from_u64(vocabulary as u64);
    let embeddings: Table = (0..vocabulary * HIDDEN)
        .map(|_| {
            if random.next_u32() & 1 == 0 {
                1.0
            } else {
                -1.0
            }
        })
        .collect();
    let mut head = vec![0.0; vocabulary * HIDDEN];
    let row = |token: usize| token * HIDDEN..(token + 1) * HIDDEN;
    for &(last, next) in chain {
        for (weight, sign) in head[row(next)].iter_mut().zip(&embeddings[row(last)]) {
            *weight += sign * SCORE / HIDDEN as f32;
        }
    }

    let followers: HashSet<usize> = chain.iter().map(|&(_, next)| next).collect();
    for &(last, next) in chain {
        // Every element of an embedding is 1 or -1, so the final norm does not change it.
        let score = |token: usize| -> f32 {
            let products = head[row(token)].iter().zip(&embeddings[row(last)]);
            products.map(|(weight, sign)| weight * sign).sum()
        };
        let rival = followers
            .iter()
            .filter(|&&token| token != next)
            .map(|&token| score(token))
            .fold(0.0, f32::max);
        ensure!(
            rival <= MAX_RIVAL_RATIO * score(next),
            "token {next} does not stand out after {last}: {} against {rival}",
            score(next)
        );
    }
    Ok((embeddings, head.into()))
}
