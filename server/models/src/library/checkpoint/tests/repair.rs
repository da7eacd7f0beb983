//! Repairs of `config.json`, and sharded weights.

use super::*;

#[test]
fn repairs_configs_of_newer_tools() {
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
            "config.json: moved rope_theta = 10000 out of rope_parameters",
            "config.json: added the default max_window_layers = 2"
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
    added.installed.check_sizes().unwrap();
}

/// Splits the weights of a checkpoint into two files with an index.
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
fn reads_sharded_weights() {
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
        error.starts_with("model-00002-of-00002.safetensors: the file is truncated at tensor "),
        "{error}"
    );
    fs::remove_file(from.join(second)).unwrap();
    let error = fixture.add("repo", &from).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "model.safetensors.index.json: model-00002-of-00002.safetensors, which contains tensor "
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
            "model.safetensors.index.json: the entry of tensor model.norm.weight is not a file name"
        );
    }
}
