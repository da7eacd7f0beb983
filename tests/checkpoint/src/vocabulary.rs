//! The tokenizer of a checkpoint: a byte-level BPE in the format of Qwen3, with its special tokens at the end.

use anyhow::{Result, anyhow, bail, ensure};
use serde_json::{Map, Value, json};
use tokenizers::models::bpe::{BPE, BpeTrainerBuilder};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{
    NormalizerWrapper, PostProcessorWrapper, PreTokenizerWrapper, SplitDelimiterBehavior,
    TokenizerBuilder, normalizers,
};

/// Pre-tokenizer pattern of Qwen2 and Qwen3: digits are separate, line breaks are grouped.
const CUTS: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// The added tokens of Qwen3 in the order of their ids. [`PLAIN`] follows [`SPECIAL`] and is not removed when decoding.
const SPECIAL: [&str; 14] = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|object_ref_start|>",
    "<|object_ref_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<|quad_start|>",
    "<|quad_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
];
const PLAIN: [&str; 12] = [
    "<tool_call>",
    "</tool_call>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
    "<tool_response>",
    "</tool_response>",
    "<think>",
    "</think>",
];
const ADDED: usize = SPECIAL.len() + PLAIN.len();

/// Training text: enough for a few hundred common words and the white space of code.
const SMALL_TEXT: [&str; 5] = [
    include_str!("lib.rs"),
    include_str!("shape.rs"),
    include_str!("weights.rs"),
    include_str!("files.rs"),
    include_str!("vocabulary.rs"),
];

/// A trained tokenizer to which tokens can be added.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    /// `tokenizer.json`, without the added tokens.
    tokenizer: Value,
    /// Number of tokens without the added ones.
    words: usize,
}

/// `tokenizer.json` and the added tokens in the order of their ids.
pub(crate) struct Finished {
    pub tokenizer: Value,
    pub added: Vec<Added>,
}

pub(crate) struct Added {
    pub id: usize,
    pub text: &'static str,
    pub special: bool,
}

impl Vocabulary {
    /// Trains a tokenizer with at most `size` tokens, including the added ones.
    pub fn trained(text: &[&str], size: usize) -> Result<Self> {
        ensure!(
            size >= 256 + 1 + ADDED,
            "a vocabulary of {size} does not hold the 256 bytes and the {ADDED} added tokens"
        );
        let failed = |error: tokenizers::Error| anyhow!("cannot train a tokenizer: {error}");
        let cuts = Split::new(
            SplitPattern::Regex(CUTS.to_owned()),
            SplitDelimiterBehavior::Isolated,
            false,
        )
        .map_err(failed)?;
        let cuts: [PreTokenizerWrapper; 2] =
            [cuts.into(), ByteLevel::new(false, false, false).into()];
        let normalizer: NormalizerWrapper = normalizers::unicode::NFC.into();
        let after: PostProcessorWrapper = ByteLevel::new(false, false, false).into();
        let mut tokenizer = TokenizerBuilder::new()
            .with_model(BPE::default())
            .with_normalizer(Some(normalizer))
            .with_pre_tokenizer(Some(Sequence::new(cuts.into())))
            .with_post_processor(Some(after))
            .with_decoder(Some(ByteLevel::new(false, false, false)))
            .build()
            .map_err(failed)?;
        let mut trainer = BpeTrainerBuilder::new()
            .show_progress(false)
            .min_frequency(2)
            .vocab_size(size - ADDED)
            .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
            .build();
        // The generation prompt ends with an empty line, which must be one token for every training text.
        let empty_lines = std::iter::repeat_n("\n\n", 100_000);
        tokenizer
            .train(&mut trainer, text.iter().copied().chain(empty_lines))
            .map_err(failed)?;
        let tokenizer = serde_json::to_value(&tokenizer)?;
        let words = words_of(&tokenizer)?.len();
        Ok(Vocabulary { tokenizer, words })
    }

    /// Trains a tokenizer on the source text of this crate.
    pub fn small(size: usize) -> Result<Self> {
        Self::trained(&SMALL_TEXT, size)
    }

    /// Number of tokens, including the added ones.
    pub(crate) fn len(&self) -> usize {
        self.words + ADDED
    }

    /// Returns the id of the token for this text, which is added if missing. An added token has no merge rule, so no prompt contains it.
    pub(crate) fn word(&mut self, text: &str) -> Result<usize> {
        let letters = letters();
        let written: String = text
            .bytes()
            .map(|byte| letters[usize::from(byte)])
            .collect();
        let next = self.words;
        let id = words_mut(&mut self.tokenizer)?
            .entry(written)
            .or_insert(json!(next))
            .as_u64()
            .and_then(|id| usize::try_from(id).ok())
            .ok_or_else(|| anyhow!("a token of the vocabulary has no id"))?;
        self.words += usize::from(id == next);
        Ok(id)
    }

    /// Fills the vocabulary with generated words up to `size` tokens, and appends the added tokens.
    pub(crate) fn finish(mut self, size: usize) -> Result<Finished> {
        if self.len() > size {
            bail!(
                "the tokenizer has {} tokens, more than the model's {size}",
                self.len()
            );
        }
        for number in 0.. {
            if self.len() == size {
                break;
            }
            self.word(&generated_word(number))?;
        }
        let special = SPECIAL.map(|text| (text, true));
        let plain = PLAIN.map(|text| (text, false));
        let added: Vec<Added> = special
            .into_iter()
            .chain(plain)
            .enumerate()
            .map(|(index, (text, special))| Added {
                id: self.words + index,
                text,
                special,
            })
            .collect();
        self.tokenizer["added_tokens"] = added
            .iter()
            .map(|Added { id, text, special }| {
                json!({
                    "id": id, "content": text, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
                    "special": special,
                })
            })
            .collect();
        Ok(Finished {
            tokenizer: self.tokenizer,
            added,
        })
    }
}

impl Finished {
    /// The id of an added token.
    pub fn id(&self, text: &str) -> Option<usize> {
        let added = self.added.iter().find(|added| added.text == text);
        added.map(|added| added.id)
    }
}

fn words_of(tokenizer: &Value) -> Result<&Map<String, Value>> {
    let words = tokenizer["model"]["vocab"].as_object();
    words.ok_or_else(|| anyhow!("the tokenizer has no vocabulary"))
}

fn words_mut(tokenizer: &mut Value) -> Result<&mut Map<String, Value>> {
    let words = tokenizer["model"]["vocab"].as_object_mut();
    words.ok_or_else(|| anyhow!("the tokenizer has no vocabulary"))
}

/// Returns the character for each byte in a byte-level vocabulary: the byte itself if it is printable, else one from U+0100 onwards.
fn letters() -> [char; 256] {
    let mut unseen = (256..).filter_map(char::from_u32);
    std::array::from_fn(|byte| match byte {
        0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff => byte as u8 as char,
        _ => unseen.next().unwrap_or_default(),
    })
}

/// Returns a different word of the letters a to z for each number, with a leading space.
fn generated_word(mut number: usize) -> String {
    let mut word = String::from(" x");
    loop {
        word.push((b'a' + (number % 26) as u8) as char);
        number /= 26;
        if number == 0 {
            return word;
        }
    }
}
