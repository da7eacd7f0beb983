//! Configurations and tokenizers that do not match the weights.

use super::*;

#[test]
fn rejects_invalid_configs() {
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
        expect!["config.json: `architectures` is missing or empty"],
    );
    refused(
        "another architecture",
        |folder| {
            edit(folder, "config.json", |config| {
                config["architectures"] = json!(["LlamaForCausalLM"])
            })
        },
        expect![
            "model.safetensors: tensor model.layers.0.self_attn.q_norm.weight does not exist in LlamaForCausalLM, the architecture in config.json"
        ],
    );
    refused(
        "not an integer",
        |folder| {
            edit(folder, "config.json", |config| {
                config["hidden_size"] = json!("much")
            })
        },
        expect![[r#"config.json: `hidden_size` is "much"; expected a positive integer"#]],
    );
    refused(
        "context too short",
        |folder| {
            edit(folder, "config.json", |config| {
                config["max_position_embeddings"] = json!(1)
            })
        },
        expect!["config.json: `max_position_embeddings` is 1; at least 128 tokens are needed"],
    );
    refused(
        "too many layers",
        |folder| {
            edit(folder, "config.json", |config| {
                config["num_hidden_layers"] = json!(1_000_000)
            })
        },
        expect!["config.json: `num_hidden_layers` is 1000000; at most 4096 are supported"],
    );
    refused(
        "no heads",
        |folder| {
            edit(folder, "config.json", |config| {
                config["num_attention_heads"] = json!(0)
            })
        },
        expect!["config.json: `num_attention_heads` is 0; expected a positive integer"],
    );
    refused(
        "no rope_theta",
        |folder| {
            edit(folder, "config.json", |config| {
                config.as_object_mut().unwrap().remove("rope_theta");
            });
        },
        expect!["config.json: `rope_theta` is missing"],
    );
}

#[test]
fn rejects_invalid_tokenizers() {
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
            r#"tokenizer.json: token "<|late|>" has id 600, but the embeddings have only 600 rows"#
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
        expect!["tokenizer.json: token <|im_end|> is missing"],
    );
    refused(
        "no template",
        |folder| {
            edit(folder, "tokenizer_config.json", |config| {
                config.as_object_mut().unwrap().remove("chat_template");
            });
        },
        expect![
            "tokenizer_config.json: no `chat_template` found here or in chat_template.jinja; copy it from the model this one was trained from"
        ],
    );
}

#[test]
fn rejects_a_directory_without_a_model() {
    refused(
        "empty",
        |folder| {
            fs::remove_file(folder.join("model.safetensors")).unwrap();
        },
        expect!["FOLDER: no model found: neither *.safetensors nor *.gguf"],
    );
}
