//! Reads generated checkpoints back: tokenizer, chat template, weights, and the text of a parrot.

#![allow(
    clippy::unwrap_used,
    reason = "a test that fails by panicking is a test that works"
)]

use std::path::Path;

use checkpoint::{Parrot, Precision, Recipe, Shape, Vocabulary};
use minijinja::{Environment, context};
use safetensors::{Dtype, SafeTensors};
use serde_json::{Value, json};
use tokenizers::Tokenizer;

fn tokenizer(directory: &Path) -> Tokenizer {
    Tokenizer::from_file(directory.join("tokenizer.json")).unwrap()
}

fn read(directory: &Path, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(directory.join(name)).unwrap()).unwrap()
}

/// Renders the messages with the chat template.
fn prompt(directory: &Path, messages: &Value, thinking: Option<bool>) -> String {
    let config = read(directory, "tokenizer_config.json");
    let mut environment = Environment::new();
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    let template = environment
        .template_from_str(config["chat_template"].as_str().unwrap())
        .unwrap();
    let variables = match thinking {
        Some(on) => context!(messages, add_generation_prompt => true, enable_thinking => on),
        None => context!(messages, add_generation_prompt => true),
    };
    template.render(variables).unwrap()
}

/// Returns the values of an F32 tensor.
fn table(weights: &SafeTensors, name: &str) -> Vec<f32> {
    let bytes = weights.tensor(name).unwrap().data().as_chunks::<4>().0;
    bytes.iter().copied().map(f32::from_le_bytes).collect()
}

/// Generates text with the weights of a parrot. Returns the tokens, and whether the text ended within `limit` tokens.
fn generate(directory: &Path, prompt: &str, limit: usize) -> (Vec<String>, bool) {
    let bytes = std::fs::read(directory.join("model.safetensors")).unwrap();
    let weights = SafeTensors::deserialize(&bytes).unwrap();
    let embeddings = table(&weights, "model.embed_tokens.weight");
    let head = table(&weights, "lm_head.weight");
    let hidden = weights.tensor("lm_head.weight").unwrap().shape()[1];
    let tokenizer = tokenizer(directory);
    let end = tokenizer.token_to_id("<|im_end|>").unwrap();
    let prompt = tokenizer.encode(prompt, false).unwrap();
    let mut last = *prompt.get_ids().last().unwrap();
    let mut said = Vec::new();
    while said.len() < limit {
        let state = &embeddings[last as usize * hidden..][..hidden];
        let score = |row: &[f32]| -> f32 { row.iter().zip(state).map(|(a, b)| a * b).sum() };
        let scores = head.chunks(hidden).map(score).enumerate();
        let (next, _) = scores.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        last = next as u32;
        if last == end {
            return (said, true);
        }
        said.push(tokenizer.decode(&[last], false).unwrap());
    }
    (said, false)
}

fn question() -> Value {
    json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What does it do?\n"}])
}

#[test]
fn the_template_renders_turns_as_qwen3_does() {
    let folder = tempfile::tempdir().unwrap();
    checkpoint::random(folder.path(), Shape::TINY.with_vocabulary(512), 1).unwrap();
    let asked = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhat does it do?\n<|im_end|>\n<|im_start|>assistant\n";
    for thinking in [None, Some(true)] {
        assert_eq!(prompt(folder.path(), &question(), thinking), asked);
    }
    let closed = format!("{asked}<think>\n\n</think>\n\n");
    assert_eq!(prompt(folder.path(), &question(), Some(false)), closed);

    // Reasoning of earlier turns is omitted.
    let history = json!([
        {"role": "user", "content": "One?"},
        {"role": "assistant", "content": "<think>\nHm.\n</think>\n\nTwo."},
        {"role": "user", "content": "Three?"},
    ]);
    let expected = "<|im_start|>user\nOne?<|im_end|>\n<|im_start|>assistant\nTwo.<|im_end|>\n<|im_start|>user\nThree?<|im_end|>\n<|im_start|>assistant\n";
    assert_eq!(prompt(folder.path(), &history, None), expected);

    // A training sample keeps the reasoning of its last turn.
    let sample = json!([{"role": "user", "content": "One?"}, {"role": "assistant", "content": "Two.", "reasoning_content": "Hm."}]);
    let text = prompt(folder.path(), &sample, None);
    assert!(
        text.contains("assistant\n<think>\nHm.\n</think>\n\nTwo.<|im_end|>\n"),
        "{text}"
    );
}

#[test]
fn the_tokenizer_has_all_ids_and_round_trips_text() {
    let folder = tempfile::tempdir().unwrap();
    let shape = Shape::TINY.with_vocabulary(700);
    checkpoint::random(folder.path(), shape, 1).unwrap();
    let tokenizer = tokenizer(folder.path());
    assert_eq!(tokenizer.get_vocab_size(true), shape.vocabulary);
    let ids: Vec<u32> = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
        .iter()
        .chain(&["<think>", "</think>"])
        .map(|token| tokenizer.token_to_id(token).unwrap())
        .collect();
    // As 151643, 151644, 151645, 151667 and 151668 in Qwen3.
    assert_eq!(ids, [674, 675, 676, 698, 699]);

    for text in [
        "fn main() {\n    println!(\"x\");\n}\n\n\n",
        "naïve 日本語 🦀\t1234",
    ] {
        let encoded = tokenizer.encode(text, false).unwrap();
        assert_eq!(tokenizer.decode(encoded.get_ids(), false).unwrap(), text);
    }
    let turn = tokenizer
        .encode("<|im_start|>assistant\n<think>\n\n</think>\n\n", false)
        .unwrap();
    assert_eq!(
        &turn.get_tokens()[turn.len() - 5..],
        ["Ċ", "<think>", "ĊĊ", "</think>", "ĊĊ"]
    );
    let kept = tokenizer.decode(turn.get_ids(), true).unwrap();
    assert!(
        kept.contains("<think>") && !kept.contains("<|im_start|>"),
        "{kept}"
    );
}

#[test]
fn random_weights_depend_only_on_shape_and_seed() {
    let folder = tempfile::tempdir().unwrap();
    let mut recipe = Recipe::new(Shape::TINY, 7);
    recipe.precision = Precision::Bf16;
    recipe.vocabulary =
        Some(Vocabulary::trained(&["a text of its own ".repeat(9).as_str()], 300).unwrap());
    let mut write = |name: &str, seed: u64| {
        let directory = folder.path().join(name);
        recipe.seed = seed;
        recipe.write(&directory).unwrap();
        std::fs::read(directory.join("model.safetensors")).unwrap()
    };
    let (one, same, other) = (write("one", 7), write("same", 7), write("other", 8));
    assert!(one == same);
    assert!(one != other);

    let weights = SafeTensors::deserialize(&one).unwrap();
    let count = |name: &str| {
        weights
            .tensor(name)
            .unwrap()
            .shape()
            .iter()
            .product::<usize>()
    };
    let total: usize = weights.names().into_iter().map(count).sum();
    assert_eq!(total, Shape::TINY.parameters());
    let down = weights
        .tensor("model.layers.3.mlp.down_proj.weight")
        .unwrap();
    assert_eq!((down.dtype(), down.shape()), (Dtype::BF16, &[128, 384][..]));
    assert!(weights.tensor("lm_head.weight").is_err());
    let query = |layer: usize| {
        let name = format!("model.layers.{layer}.self_attn.q_proj.weight");
        weights.tensor(&name).unwrap().data()
    };
    assert!(query(0) != query(1));

    let config = read(&folder.path().join("one"), "config.json");
    assert_eq!(config["rope_theta"], 10_000);
    assert_eq!(config["torch_dtype"], "bfloat16");
    assert_eq!(Shape::QWEN3_0_6B.parameters(), 596_049_920);
}

#[test]
fn a_parrot_generates_its_text_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let answer = "The cat and the dog, and the cat again.\n\n```rust\nlet naïve = 1;\n```\n- 日本語, voilà, aquí\n";
    let parrot = Parrot::new(answer).thinking("Is it the cat? It is the cat.");
    let spoken = parrot.write(folder.path()).unwrap();
    let off = prompt(folder.path(), &question(), Some(false));
    let on = prompt(folder.path(), &question(), Some(true));

    let (said, ended) = generate(folder.path(), &off, 1000);
    assert_eq!(said, spoken.answer);
    assert_eq!((said.concat(), ended), (answer.to_owned(), true));
    let (said, ended) = generate(folder.path(), &on, 1000);
    let expected = format!("<think>\nIs it the cat? It is the cat.\n</think>\n\n{answer}");
    assert_eq!((said.concat(), ended), (expected, true));
}

#[test]
fn an_endless_parrot_repeats_its_answer() {
    let folder = tempfile::tempdir().unwrap();
    Parrot::new("yes no ")
        .endless()
        .write(folder.path())
        .unwrap();
    for thinking in [true, false] {
        let prompt = prompt(folder.path(), &question(), Some(thinking));
        let (said, ended) = generate(folder.path(), &prompt, 9);
        assert_eq!(
            (said.concat().as_str(), ended),
            ("yes no yes no yes no ", false)
        );
    }
}

#[test]
fn a_parrot_generates_thousands_of_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let spoken = Parrot::counting(3000).write(folder.path()).unwrap();
    assert_eq!(spoken.answer.len(), 3000);
    let prompt = prompt(folder.path(), &question(), Some(false));
    let (said, ended) = generate(folder.path(), &prompt, 4000);
    assert_eq!((said, ended), (spoken.answer, true));
}
