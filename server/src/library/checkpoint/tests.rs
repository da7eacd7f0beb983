//! Checkpoints damaged in every way that was thought of: each is refused with its own line, before anything good is replaced.

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::{Expect, expect};
use safetensors::Dtype;
use safetensors::tensor::{SafeTensors, TensorView};
use serde_json::{Value, json};

use crate::library::tests::{Fixture, incoming};
use crate::library::{LibraryError, Take};

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

/// Changes one tensor, or takes it away.
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

/// An adapter of rank 2 for the queries of both layers, in a folder of its own beside the model's.
pub(in crate::library) fn adapter(model: &Path) -> PathBuf {
    let directory = model.with_file_name("adapter");
    fs::create_dir_all(&directory).unwrap();
    let config =
        json!({ "r": 2, "lora_alpha": 4, "target_modules": ["q_proj"], "peft_type": "LORA" });
    fs::write(directory.join("adapter_config.json"), config.to_string()).unwrap();
    let half = |layer: usize, half: &str, shape: [usize; 2]| Loose {
        name: format!("base_model.model.model.layers.{layer}.self_attn.q_proj.lora_{half}.weight"),
        dtype: Dtype::F32,
        shape: shape.to_vec(),
        data: vec![0; 4 * shape[0] * shape[1]],
    };
    let tensors: Vec<Loose> = (0..2)
        .flat_map(|layer| [half(layer, "A", [2, 16]), half(layer, "B", [16, 2])])
        .collect();
    store(&directory.join("adapter_model.safetensors"), &tensors);
    directory
}

/// A good model is in use; the damaged one is refused in these words and changes nothing.
fn refused(what: &str, damage: impl FnOnce(&Path), expected: Expect) {
    let fixture = Fixture::new();
    let from = fixture.checkpoint(1);
    fixture.add("repo", &from).unwrap();
    fixture.library.switch("repo", 1).unwrap();
    damage(&from);
    let error = fixture.add("repo", &from).unwrap_err();
    assert!(
        matches!(error, LibraryError::Refused(_)),
        "{what}: {error:?}"
    );
    let text = error
        .to_string()
        .replace(&crate::paths::tilde(&from), "FOLDER");
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
fn damaged_tensors() {
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
            "model.safetensors: tensor model.layers.1.self_attn.q_proj.weight has the shape [32, 8]; config.json asks for [16, 16]"
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
            "model.safetensors: tensor model.layers.1.self_attn.q_proj.weight is of the type I32; F32, F16 and BF16 can be used"
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
            "model.safetensors: tensor model.layers.1.input_layernorm.weight belongs to a layer that config.json does not count"
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
fn numbers_that_are_none() {
    let values = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
    for (round, value) in values.into_iter().enumerate() {
        // At the beginning, in the middle and at the very end of the tensor.
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
                "model.safetensors: tensor model.layers.1.self_attn.q_proj.weight has a value that is not a finite number"
            ],
        );
    }
}

#[test]
fn a_number_that_two_pieces_share_is_seen() {
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
            let mut scan = super::Scan::new("x.safetensors", &header);
            let found = text.chunks(step).try_for_each(|piece| scan.look(piece));
            assert_eq!(found.is_ok(), sound, "in pieces of {step}");
        }
    }
}

#[test]
fn a_file_cut_short_anywhere() {
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
            error.starts_with("model.safetensors: it is cut short"),
            "{length}: {error}"
        );
    }
    fs::write(&weights, [&whole[..], b"x"].concat()).unwrap();
    let error = fixture.add("repo", &from).unwrap_err().to_string();
    assert_eq!(error, "model.safetensors: 1 bytes follow its last tensor");
    fs::write(&weights, &whole).unwrap();
    fixture.add("repo", &from).unwrap();
}

#[test]
fn a_header_damaged_anywhere_never_gets_in_unnoticed() {
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
        // The name of a format, and blanks at the end, say nothing of the tensors.
        let harmless = text_of(&whole, at, header).contains("format") || at + 8 > header;
        assert!(checked.is_err() || harmless, "byte {at}");
    }
}

fn text_of(whole: &[u8], at: usize, header: usize) -> String {
    String::from_utf8_lossy(&whole[at.saturating_sub(30).max(8).min(at)..(at + 30).min(header)])
        .into_owned()
}

#[test]
fn damaged_settings() {
    refused(
        "no config",
        |folder| fs::remove_file(folder.join("config.json")).unwrap(),
        expect!["config.json: it is missing"],
    );
    refused(
        "cut",
        |folder| fs::write(folder.join("config.json"), "{\"a\": ").unwrap(),
        expect!["config.json: not valid JSON: EOF while parsing a value at line 1 column 6"],
    );
    refused(
        "no architecture",
        |folder| {
            edit(folder, "config.json", |config| {
                config["architectures"] = json!([])
            })
        },
        expect!["config.json: `architectures` names no architecture"],
    );
    refused(
        "another architecture",
        |folder| {
            edit(folder, "config.json", |config| {
                config["architectures"] = json!(["LlamaForCausalLM"])
            })
        },
        expect![
            "model.safetensors: tensor model.layers.0.self_attn.q_norm.weight is none of LlamaForCausalLM's, which config.json names"
        ],
    );
    refused(
        "no count",
        |folder| {
            edit(folder, "config.json", |config| {
                config["hidden_size"] = json!("much")
            })
        },
        expect![[r#"config.json: `hidden_size` is "much" and has to be a count"#]],
    );
    refused(
        "an absurd count",
        |folder| {
            edit(folder, "config.json", |config| {
                config["num_hidden_layers"] = json!(1_000_000)
            })
        },
        expect!["config.json: `num_hidden_layers` is 1000000"],
    );
    refused(
        "no heads",
        |folder| {
            edit(folder, "config.json", |config| {
                config["num_attention_heads"] = json!(0)
            })
        },
        expect!["config.json: `num_attention_heads` is 0 and has to be a count"],
    );
    refused(
        "no base of the rotation",
        |folder| {
            edit(folder, "config.json", |config| {
                config.as_object_mut().unwrap().remove("rope_theta");
            });
        },
        expect!["config.json: `rope_theta` is missing"],
    );
}

#[test]
fn damaged_tokenizers() {
    refused(
        "none",
        |folder| fs::remove_file(folder.join("tokenizer.json")).unwrap(),
        expect!["tokenizer.json: it is missing"],
    );
    refused(
        "cut",
        |folder| fs::write(folder.join("tokenizer.json"), "{").unwrap(),
        expect!["tokenizer.json: not a tokenizer: EOF while parsing an object at line 1 column 1"],
    );
    refused(
        "a token beyond the embeddings",
        |folder| {
            edit(folder, "tokenizer.json", |tokenizer| {
                let added = json!({ "id": 600, "content": "<|late|>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true });
                tokenizer["added_tokens"]
                    .as_array_mut()
                    .unwrap()
                    .push(added);
            });
        },
        expect![[
            r#"tokenizer.json: token "<|late|>" has the number 600; the embeddings have 600 rows"#
        ]],
    );
    refused(
        "no end",
        |folder| {
            let path = folder.join("tokenizer.json");
            let text = fs::read_to_string(&path)
                .unwrap()
                .replace("<|im_end|>", "<|over|>");
            fs::write(path, text).unwrap();
        },
        expect!["tokenizer.json: the token <|im_end|> is missing"],
    );
    refused(
        "no template",
        |folder| {
            edit(folder, "tokenizer_config.json", |config| {
                config.as_object_mut().unwrap().remove("chat_template");
            });
        },
        expect![
            "tokenizer_config.json: no chat_template is in it, and there is no chat_template.jinja; copy those of the model it was made from"
        ],
    );
}

#[test]
fn a_folder_without_a_model() {
    refused(
        "empty",
        |folder| {
            fs::remove_file(folder.join("model.safetensors")).unwrap();
        },
        expect!["FOLDER: no model is in it: neither *.safetensors nor *.gguf"],
    );
}

#[test]
fn what_newer_tools_write_is_repaired() {
    let fixture = Fixture::new();
    let from = fixture.checkpoint(1);
    edit(&from, "config.json", |config| {
        let config = config.as_object_mut().unwrap();
        let theta = config.remove("rope_theta").unwrap();
        config.remove("max_window_layers");
        config.insert(
            "rope_parameters".into(),
            json!({ "rope_theta": theta, "rope_type": "default" }),
        );
    });
    let template = {
        let mut taken = Value::Null;
        edit(&from, "tokenizer_config.json", |config| {
            taken = config
                .as_object_mut()
                .unwrap()
                .remove("chat_template")
                .unwrap()
        });
        taken
    };
    fs::write(from.join("chat_template.jinja"), template.as_str().unwrap()).unwrap();
    let added = fixture.add("repo", &from).unwrap();
    assert_eq!(
        added.notes,
        [
            "config.json: rope_theta = 10000 was taken out of rope_parameters",
            "config.json: max_window_layers = 2 was filled in"
        ]
    );
    let config: Value =
        serde_json::from_slice(&fs::read(added.installed.directory.join("config.json")).unwrap())
            .unwrap();
    assert_eq!(
        (&config["rope_theta"], &config["max_window_layers"]),
        (&json!(10000), &json!(2))
    );
    let original: Value =
        serde_json::from_slice(&fs::read(from.join("config.json")).unwrap()).unwrap();
    assert!(
        original.get("rope_theta").is_none(),
        "the user's own file is left alone"
    );
    added.installed.examine().unwrap();
}

/// The checkpoint's weights in two files with an index.
fn split(directory: &Path) {
    let path = directory.join("model.safetensors");
    let tensors = load(&path);
    fs::remove_file(&path).unwrap();
    let (one, two) = tensors.split_at(tensors.len() / 2);
    let mut map = serde_json::Map::new();
    for (file, part) in [
        ("model-00001-of-00002.safetensors", one),
        ("model-00002-of-00002.safetensors", two),
    ] {
        store(&directory.join(file), part);
        map.extend(part.iter().map(|tensor| (tensor.name.clone(), json!(file))));
    }
    let index = json!({ "metadata": {}, "weight_map": map });
    fs::write(
        directory.join("model.safetensors.index.json"),
        index.to_string(),
    )
    .unwrap();
}

#[test]
fn weights_in_several_files() {
    let fixture = Fixture::new();
    let from = fixture.checkpoint(1);
    split(&from);
    fs::copy(
        from.join("model-00001-of-00002.safetensors"),
        from.join("consolidated.safetensors"),
    )
    .unwrap();
    let added = fixture.add("repo", &from).unwrap();
    let files: Vec<_> = added
        .installed
        .manifest
        .files
        .iter()
        .map(|file| file.path.as_str())
        .filter(|path| path.contains("safetensors"))
        .collect();
    assert_eq!(
        files,
        [
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json"
        ]
    );

    let second = "model-00002-of-00002.safetensors";
    let whole = fs::read(from.join(second)).unwrap();
    fs::write(from.join(second), &whole[..whole.len() - 2]).unwrap();
    let error = fixture.add("repo", &from).unwrap_err().to_string();
    assert!(
        error.starts_with("model-00002-of-00002.safetensors: it is cut short at tensor "),
        "{error}"
    );
    fs::remove_file(from.join(second)).unwrap();
    let error = fixture.add("repo", &from).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "model.safetensors.index.json: model-00002-of-00002.safetensors, which holds tensor "
        ),
        "{error}"
    );
    fs::write(from.join(second), &whole).unwrap();
    for escape in ["../../../etc/passwd", "a/b.safetensors"] {
        edit(&from, "model.safetensors.index.json", |index| {
            index["weight_map"]["model.norm.weight"] = json!(escape)
        });
        let error = fixture.add("repo", &from).unwrap_err().to_string();
        assert_eq!(
            error,
            "model.safetensors.index.json: the file of tensor model.norm.weight is not a name of a file"
        );
    }
}

#[test]
fn adapters_have_to_fit() {
    let fixture = Fixture::new();
    let model = fixture.checkpoint(1);
    fixture.add("base", &model).unwrap();
    fixture.library.switch("base", 1).unwrap();
    let add = |from: &Path, base: &str| {
        let mut incoming = incoming(from);
        incoming.origin.base = Some(base.to_owned());
        fixture
            .library
            .add("ours", &incoming, &|_, _| {})
            .map(|added| added.installed.label())
            .map_err(|error| error.to_string())
    };
    let weights = |from: &Path| from.join("adapter_model.safetensors");
    type Damage<'a> = &'a dyn Fn(&Path);
    let cases: [(&str, Damage, &str); 7] = [
        (
            "rank",
            &|from| edit(from, "adapter_config.json", |config| config["r"] = json!(3)),
            "which does not fit the rank 3",
        ),
        (
            "no rank",
            &|from| edit(from, "adapter_config.json", |config| config["r"] = json!(0)),
            "adapter_config.json: the rank `r` is 0",
        ),
        (
            "kind",
            &|from| {
                edit(from, "adapter_config.json", |config| {
                    config["peft_type"] = json!("IA3")
                })
            },
            "adapter_config.json: it is of the kind IA3; only LORA can be used",
        ),
        (
            "half",
            &|from| {
                let mut tensors = load(&weights(from));
                tensors.retain(|tensor| !tensor.name.ends_with("1.self_attn.q_proj.lora_B.weight"));
                store(&weights(from), &tensors);
            },
            "layers.1.self_attn.q_proj.lora_B.weight is missing",
        ),
        (
            "a layer too many",
            &|from| {
                let mut tensors = load(&weights(from));
                tensors
                    .iter_mut()
                    .for_each(|tensor| tensor.name = tensor.name.replace("layers.1", "layers.2"));
                store(&weights(from), &tensors);
            },
            "base@1 has 2 layers",
        ),
        (
            "too wide",
            &|from| {
                let mut tensors = load(&weights(from));
                for tensor in tensors
                    .iter_mut()
                    .filter(|tensor| tensor.name.contains("lora_A"))
                {
                    tensor.shape = vec![2, 32];
                    tensor.data = vec![0; 4 * 64];
                }
                store(&weights(from), &tensors);
            },
            "is 32 wide where base@1 has 16",
        ),
        (
            "not finite",
            &|from| {
                let mut tensors = load(&weights(from));
                tensors[0].data[..4].copy_from_slice(&f32::NAN.to_le_bytes());
                store(&weights(from), &tensors);
            },
            "has a value that is not a finite number",
        ),
    ];
    for (what, damage, expected) in cases {
        let from = adapter(&model);
        damage(&from);
        let error = add(&from, "base").unwrap_err();
        assert!(error.ends_with(expected), "{what}: {error}");
    }
    let from = adapter(&model);
    assert!(
        add(&from, "zebra")
            .unwrap_err()
            .starts_with("no such model: zebra. Installed: base.")
    );
    assert_eq!(add(&from, "base").unwrap(), "ours@1");
    assert_eq!(add(&from, "base@1").unwrap(), "ours@2");
    fixture.library.switch("ours", 1).unwrap();
    assert_eq!(
        add(&from, "ours").unwrap_err(),
        "ours@1 cannot be the base of an adapter; that has to be a model in safetensors"
    );
}

/// A GGUF file with one tensor of 32 × 2 weights.
fn gguf(architecture: &str, version: u32, kind: u32, data: usize) -> Vec<u8> {
    let mut file = b"GGUF".to_vec();
    let text = |file: &mut Vec<u8>, text: &str| {
        file.extend((text.len() as u64).to_le_bytes());
        file.extend(text.as_bytes());
    };
    file.extend(version.to_le_bytes());
    file.extend(1u64.to_le_bytes());
    file.extend(3u64.to_le_bytes());
    for (key, value) in [
        ("general.architecture", architecture),
        ("tokenizer.ggml.model", "gpt2"),
    ] {
        text(&mut file, key);
        file.extend(8u32.to_le_bytes());
        text(&mut file, value);
    }
    text(&mut file, "tokenizer.ggml.tokens");
    file.extend(9u32.to_le_bytes());
    file.extend(8u32.to_le_bytes());
    file.extend(2u64.to_le_bytes());
    text(&mut file, "a");
    text(&mut file, "b");
    text(&mut file, "token_embd.weight");
    file.extend(2u32.to_le_bytes());
    file.extend(32u64.to_le_bytes());
    file.extend(2u64.to_le_bytes());
    file.extend(kind.to_le_bytes());
    file.extend(0u64.to_le_bytes());
    file.resize(file.len().next_multiple_of(32) + data, 0);
    file
}

#[test]
fn gguf_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    let fixture = Fixture::new();
    let whole = gguf("qwen3", 3, 8, 68);
    let cases = [
        (
            b"NOPE".to_vec(),
            "model.gguf: it is cut short in its header",
        ),
        (
            [b"PK\x03\x04", &whole[4..]].concat(),
            "model.gguf: not a GGUF file",
        ),
        (
            gguf("qwen3", 1, 8, 68),
            "model.gguf: version 1 of GGUF; versions 2 and 3 can be used",
        ),
        (
            gguf("clip", 3, 8, 68),
            "model.gguf: `general.architecture` is clip; llama, mistral3",
        ),
        (
            gguf("qwen3", 3, 23, 68),
            "model.gguf: tensor token_embd.weight is of type 23, which cannot be run here",
        ),
        (
            gguf("qwen3", 3, 8, 67),
            "model.gguf: it is cut short at tensor token_embd.weight: ",
        ),
        (
            gguf("qwen3", 3, 12, 68),
            "model.gguf: tensor token_embd.weight: its place does not fit its shape [32, 2]",
        ),
    ];
    for (file, expected) in cases {
        fs::write(&path, file).unwrap();
        let error = fixture.add("tiny", &path).unwrap_err().to_string();
        let expected = expected.replace("NOPE", "");
        assert!(
            error.starts_with(&expected)
                || expected.contains("in its header") && error.contains("not a GGUF"),
            "{error}"
        );
    }
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let error = fixture.add("tiny", &path).unwrap_err().to_string();
        assert!(
            error.starts_with("model.gguf: it is cut short"),
            "{length}: {error}"
        );
    }
    fs::write(&path, &whole).unwrap();
    let mut incoming = incoming(&path);
    incoming.take = Take::Move;
    let added = fixture.library.add("tiny", &incoming, &|_, _| {}).unwrap();
    assert_eq!(
        added.installed.gguf().unwrap(),
        added.installed.directory.join("model.gguf")
    );
    assert!(!path.exists());
}

#[test]
fn files_are_chosen_by_what_they_are() {
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
        "it has adapter_config.json but no adapter_model.safetensors",
    );
    check(
        &["a-Q4_K_M.gguf", "a-Q8_0.gguf"],
        None,
        "it has several models; choose with --file: a-Q4_K_M.gguf, a-Q8_0.gguf",
    );
    check(
        &["a-Q4_K_M.gguf", "a-Q8_0.gguf"],
        Some("a-Q8_0.gguf"),
        "Gguf a-Q8_0.gguf",
    );
    check(
        &["a-Q4_K_M.gguf"],
        Some("b.gguf"),
        "it has no file b.gguf; choose with --file: a-Q4_K_M.gguf",
    );
    check(
        &["config.json", "model.safetensors"],
        Some("config.json"),
        "config.json is not a .gguf file, the only kind that is a model by itself",
    );
    check(
        &["a-00001-of-00002.gguf"],
        None,
        "a-00001-of-00002.gguf is one part of several; only models in one .gguf file can be used",
    );
    check(
        &["README.md"],
        None,
        "no model is in it: neither *.safetensors nor *.gguf",
    );
}
