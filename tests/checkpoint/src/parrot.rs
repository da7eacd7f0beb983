//! A checkpoint that says one text, word for word, whatever it is asked.
//!
//! Attention and feed-forward add nothing to the stream, so the token that follows is a function of the last token alone. Every piece
//! of the text is a token of its own that occurs once, and the head's row for each piece is the embedding of the piece before it:
//! the text is a chain from the last token of the prompt to `<|im_end|>`.

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

/// The width of the stream: of this many random signs, thousands of rows are far from each other.
const HIDDEN: usize = 256;

/// The score of the token that follows. The next best is at most [`RIVAL`] of it, so that neither a temperature nor coarse weights
/// change what is said.
const SCORE: f32 = 64.0;
const RIVAL: f32 = 0.6;

/// How many tokens of the vocabulary are there for prompts.
const PROMPT_WORDS: usize = 1024;

/// What is to be said, and at what cost.
#[derive(Debug, Clone)]
pub struct Parrot {
    thinking: Option<String>,
    answer: String,
    endless: bool,
    precision: Precision,
    layers: usize,
    feed_forward: usize,
}

/// What a parrot says, piece by piece, as its engine streams it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    /// Between `<think>` and `</think>`, when it is let think.
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

    /// Counts to `words`, a token for each number: a long answer.
    pub fn counting(words: usize) -> Self {
        let numbers: Vec<String> = (1..=words).map(|number| number.to_string()).collect();
        Self::new(numbers.join(" "))
    }

    /// Thinks this, between tags, before it answers; only where the prompt lets it.
    pub fn thinking(mut self, thoughts: impl Into<String>) -> Self {
        self.thinking = Some(thoughts.into());
        self
    }

    /// Begins its answer anew instead of ending it.
    pub fn endless(mut self) -> Self {
        self.endless = true;
        self
    }

    pub fn precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// Makes every token cost more, for what has to happen while it speaks: each layer adds `768 × feed_forward` multiplications.
    pub fn slow(mut self, layers: usize, feed_forward: usize) -> Self {
        (self.layers, self.feed_forward) = (layers, feed_forward);
        self
    }

    /// Writes the checkpoint's files into `directory`, which is made if need be.
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
        ensure!(!answer.is_empty(), "a parrot needs something to say");
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
            // Kernels like round numbers.
            vocabulary: vocabulary.len().next_multiple_of(64),
            tied: false,
            context: 40_960,
            rope_theta: 1_000_000,
        };
        let words = vocabulary.finish(shape.vocabulary)?;
        let added = |text: &str| words.id(text).context("an added token is missing");

        // Without thinking the prompt ends with an empty line after the closed thought; with it, with the line of the role.
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

/// The embeddings, and the head that scores `next` highest after `last` for every pair of the chain. Both are made of few, round
/// numbers, which every precision has.
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
        // Every element of an embedding is 1 or -1, so the last norm of the model leaves it as it is.
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
            rival <= RIVAL * score(next),
            "token {next} does not stand out after {last}: {} against {rival}",
            score(next)
        );
    }
    Ok((embeddings, head.into()))
}
