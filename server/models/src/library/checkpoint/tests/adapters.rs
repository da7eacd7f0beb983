//! Adapters must match their base model.

use super::*;

/// Writes a rank 2 adapter for the query projections of both layers, in a directory beside that of the model.
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

#[test]
fn rejects_adapters_that_do_not_match() {
    let fixture = Fixture::new();
    let model = fixture.checkpoint(1);
    fixture.add("base", &model).unwrap();
    fixture.library.switch("base", 1).unwrap();
    let add = |from: &Path, base: &str| {
        let mut incoming = incoming(from);
        incoming.provenance.base = Some(base.to_owned());
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
            "which does not match rank 3",
        ),
        (
            "no rank",
            &|from| edit(from, "adapter_config.json", |config| config["r"] = json!(0)),
            "adapter_config.json: the rank `r` is 0; expected 1 to 4096",
        ),
        (
            "kind",
            &|from| {
                edit(from, "adapter_config.json", |config| {
                    config["peft_type"] = json!("IA3")
                })
            },
            "adapter_config.json: `peft_type` is IA3; only LORA is supported",
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
            "has dimension 32, but base@1 has 16",
        ),
        (
            "not finite",
            &|from| {
                let mut tensors = load(&weights(from));
                tensors[0].data[..4].copy_from_slice(&f32::NAN.to_le_bytes());
                store(&weights(from), &tensors);
            },
            "contains a value that is not finite (NaN or infinity)",
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
        "ours@1 cannot be the base of an adapter; only models in safetensors format can"
    );
}
