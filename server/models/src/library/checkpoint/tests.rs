//! Invalid checkpoints: each is rejected with its own message, and the active generation stays unchanged.

pub(in crate::library) mod adapters;
mod gguf;
mod repair;
mod settings;

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::{Expect, expect};
use safetensors::Dtype;
use safetensors::tensor::{SafeTensors, TensorView};
use serde_json::{Value, json};

use crate::library::tests::{Fixture, incoming};
use crate::library::{LibraryError, Transfer};

#[derive(Clone)]
struct Loose {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    data: Vec<u8>,
}

fn load(path: &Path) -> Vec<Loose> {
    let text = fs::read(path).unwrap();
    let tensors = SafeTensors::deserialize(&text).unwrap();
    tensors
        .iter()
        .map(|(name, view)| Loose {
            name: name.to_owned(),
            dtype: view.dtype(),
            shape: view.shape().to_vec(),
            data: view.data().to_vec(),
        })
        .collect()
}

fn store(path: &Path, tensors: &[Loose]) {
    let views = tensors.iter().map(|tensor| {
        (
            tensor.name.as_str(),
            TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.data).unwrap(),
        )
    });
    fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
}

/// Changes or removes one tensor.
fn tensor(directory: &Path, name: &str, change: impl FnOnce(&mut Loose) -> bool) {
    let path = directory.join("model.safetensors");
    let mut tensors = load(&path);
    let at = tensors
        .iter()
        .position(|tensor| tensor.name == name)
        .unwrap();
    if !change(&mut tensors[at]) {
        tensors.remove(at);
    }
    store(&path, &tensors);
}

fn edit(directory: &Path, file: &str, change: impl FnOnce(&mut Value)) {
    let path = directory.join(file);
    let mut value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut value);
    fs::write(path, value.to_string()).unwrap();
}

/// Checks that a damaged checkpoint is rejected with this message and that the active generation stays unchanged.
fn refused(what: &str, damage: impl FnOnce(&Path), expected: Expect) {
    let fixture = Fixture::new();
    let from = fixture.checkpoint(1);
    fixture.add("repo", &from).unwrap();
    fixture.library.switch("repo", 1).unwrap();
    damage(&from);
    let error = fixture.add("repo", &from).unwrap_err();
    assert!(
        matches!(error, LibraryError::InvalidCheckpoint(_)),
        "{what}: {error:?}"
    );
    let text = error
        .to_string()
        .replace(&::settings::paths::tilde(&from), "FOLDER");
    assert_eq!(text.lines().count(), 1, "{what}: {text}");
    expected.assert_eq(&text);
    assert_eq!(fixture.library.current("repo").unwrap().label(), "repo@1");
    assert_eq!(fixture.library.generations("repo").unwrap().len(), 1);
    let left: Vec<_> = fs::read_dir(fixture.library.incoming())
        .unwrap()
        .flatten()
        .collect();
    assert!(left.is_empty(), "{what}: {left:?}");
}

const QUERY: &str = "model.layers.1.self_attn.q_proj.weight";

#[test]
fn rejects_invalid_tensors() {
    refused(
        "missing",
        |folder| tensor(folder, QUERY, |_| false),
        expect!["model.safetensors: tensor model.layers.1.self_attn.q_proj.weight is missing"],
    );
    refused(
        "misshapen",
        |folder| {
            tensor(folder, QUERY, |tensor| {
                tensor.shape = vec![32, 8];
                true
            });
        },
        expect![
            "model.safetensors: tensor model.layers.1.self_attn.q_proj.weight has shape [32, 8]; config.json requires [16, 16]"
        ],
    );
    refused(
        "of another type",
        |folder| {
            tensor(folder, QUERY, |tensor| {
                tensor.dtype = Dtype::I32;
                true
            });
        },
        expect![
            "model.safetensors: tensor model.layers.1.self_attn.q_proj.weight has type I32; supported: F32, F16 and BF16"
        ],
    );
    refused(
        "one layer too many",
        |folder| {
            edit(folder, "config.json", |config| {
                config["num_hidden_layers"] = json!(1)
            })
        },
        expect![
            "model.safetensors: tensor model.layers.1.input_layernorm.weight belongs to a layer beyond `num_hidden_layers` in config.json"
        ],
    );
    refused(
        "a head of its own that is not there",
        |folder| {
            edit(folder, "config.json", |config| {
                config["tie_word_embeddings"] = json!(false)
            })
        },
        expect!["model.safetensors: tensor lm_head.weight is missing"],
    );
}

#[test]
fn rejects_values_that_are_not_finite() {
    let values = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
    for (round, value) in values.into_iter().enumerate() {
        // At the beginning, in the middle and at the end of the tensor.
        refused(
            "not finite",
            |folder| {
                tensor(folder, QUERY, |tensor| {
                    let at = [0, 128, 255][round] * 4;
                    tensor.data[at..at + 4].copy_from_slice(&value.to_le_bytes());
                    true
                });
            },
            expect![
                "model.safetensors: tensor model.layers.1.self_attn.q_proj.weight contains a value that is not finite (NaN or infinity)"
            ],
        );
    }
}

#[test]
fn finds_a_value_that_spans_two_chunks() {
    let tensors = [
        Loose {
            name: "a".into(),
            dtype: Dtype::U8,
            shape: vec![3],
            data: vec![0xff; 3],
        },
        Loose {
            name: "b".into(),
            dtype: Dtype::F16,
            shape: vec![3],
            data: [1.0f32, 2.0, 3.0]
                .iter()
                .flat_map(|_| [0x00, 0x3c])
                .collect(),
        },
        Loose {
            name: "c".into(),
            dtype: Dtype::F32,
            shape: vec![2],
            data: [1.0f32, f32::NAN]
                .iter()
                .flat_map(|x| x.to_le_bytes())
                .collect(),
        },
        Loose {
            name: "d".into(),
            dtype: Dtype::I64,
            shape: vec![1],
            data: vec![0xff; 8],
        },
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.safetensors");
    for sound in [false, true] {
        let mut tensors = tensors.clone();
        if sound {
            tensors[2].data = [1.0f32, 2.0].iter().flat_map(|x| x.to_le_bytes()).collect();
        }
        store(&path, &tensors);
        let text = fs::read(&path).unwrap();
        let header = super::header::read(folder.path(), "x.safetensors").unwrap();
        for step in 1..=text.len() {
            let mut scan = super::FiniteScan::new("x.safetensors", &header);
            let found = text.chunks(step).try_for_each(|piece| scan.update(piece));
            assert_eq!(found.is_ok(), sound, "in pieces of {step}");
        }
    }
}

#[test]
fn rejects_a_file_truncated_anywhere() {
    let fixture = Fixture::new();
    let from = fixture.checkpoint(1);
    let weights = from.join("model.safetensors");
    let whole = fs::read(&weights).unwrap();
    let header = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let few = [
        0,
        1,
        7,
        8,
        9,
        header - 1,
        header,
        header + 1,
        whole.len() - 1,
    ];
    let spread = (1..24).map(|part| whole.len() * part / 24);
    for length in few.into_iter().chain(spread) {
        fs::write(&weights, &whole[..length]).unwrap();
        let error = fixture.add("repo", &from).unwrap_err().to_string();
        assert!(
            error.starts_with("model.safetensors: the file is truncated"),
            "{length}: {error}"
        );
    }
    fs::write(&weights, [&whole[..], b"x"].concat()).unwrap();
    let error = fixture.add("repo", &from).unwrap_err().to_string();
    assert_eq!(
        error,
        "model.safetensors: 1 unexpected bytes after the last tensor"
    );
    fs::write(&weights, &whole).unwrap();
    fixture.add("repo", &from).unwrap();
}

#[test]
fn rejects_a_header_corrupted_anywhere() {
    let fixture = Fixture::new();
    let from = fixture.checkpoint(1);
    let weights = from.join("model.safetensors");
    let whole = fs::read(&weights).unwrap();
    let header = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    for at in (0..header).step_by(13) {
        let mut damaged = whole.clone();
        damaged[at] = b'#';
        if damaged[at] == whole[at] {
            continue;
        }
        fs::write(&weights, &damaged).unwrap();
        let checked = super::check(&from, trainer_bridge::Format::Safetensors, None);
        // The format name and trailing blanks do not affect the tensors.
        let harmless = text_of(&whole, at, header).contains("format") || at + 8 > header;
        assert!(checked.is_err() || harmless, "byte {at}");
    }
}

fn text_of(whole: &[u8], at: usize, header: usize) -> String {
    String::from_utf8_lossy(&whole[at.saturating_sub(30).max(8).min(at)..(at + 30).min(header)])
        .into_owned()
}

#[test]
fn selects_files_by_format() {
    let check = |names: &[&str], file: Option<&str>, expected: &str| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let found = match super::select(&names, file) {
            Ok((format, files)) => format!("{format:?} {}", files.join(" ")),
            Err(error) => error,
        };
        assert_eq!(found, expected);
    };
    check(
        &[
            "README.md",
            "config.json",
            "model.safetensors",
            "onnx/model.onnx",
            "tokenizer.json",
            "pytorch_model.bin",
            "consolidated.safetensors",
        ],
        None,
        "Safetensors config.json tokenizer.json model.safetensors",
    );
    check(
        &[
            "adapter_config.json",
            "adapter_model.safetensors",
            "tokenizer.json",
        ],
        None,
        "Lora adapter_config.json adapter_model.safetensors",
    );
    check(
        &["adapter_config.json"],
        None,
        "adapter_model.safetensors is missing, but adapter_config.json is present",
    );
    check(
        &["a-Q4_K_M.gguf", "a-Q8_0.gguf"],
        None,
        "several models found; choose one with --file: a-Q4_K_M.gguf, a-Q8_0.gguf",
    );
    check(
        &["a-Q4_K_M.gguf", "a-Q8_0.gguf"],
        Some("a-Q8_0.gguf"),
        "Gguf a-Q8_0.gguf",
    );
    check(
        &["a-Q4_K_M.gguf"],
        Some("b.gguf"),
        "no file b.gguf; choose one with --file: a-Q4_K_M.gguf",
    );
    check(
        &["config.json", "model.safetensors"],
        Some("config.json"),
        "config.json is not a .gguf file; --file selects one .gguf file",
    );
    check(
        &["a-00001-of-00002.gguf"],
        None,
        "a-00001-of-00002.gguf is one part of a split model; only single-file .gguf models are supported",
    );
    check(
        &["README.md"],
        None,
        "no model found: neither *.safetensors nor *.gguf",
    );
}
