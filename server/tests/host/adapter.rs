//! LoRA adapters: an adapter is applied to its base model and changes the output.

use std::collections::BTreeMap;
use std::path::Path;

use checkpoint::Shape;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::json;

use crate::home::{Home, question};

const SHAPE: Shape = Shape::TINY.with_vocabulary(1024);
const RANK: usize = 4;

/// Writes an adapter in PEFT format for the query projections of all layers. `size` is the magnitude of its weights.
fn adapter(folder: &Path, size: f32) {
    let config =
        json!({ "peft_type": "LORA", "r": RANK, "lora_alpha": 8, "target_modules": ["q_proj"] });
    std::fs::write(folder.join("adapter_config.json"), config.to_string()).unwrap();
    let width = SHAPE.heads * SHAPE.head_dim;
    let mut numbers = BTreeMap::new();
    for layer in 0..SHAPE.layers {
        let name = |part: &str| {
            format!("base_model.model.model.layers.{layer}.self_attn.q_proj.lora_{part}.weight")
        };
        numbers.insert(
            name("A"),
            (vec![RANK, SHAPE.hidden], vec![1.0; RANK * SHAPE.hidden]),
        );
        numbers.insert(
            name("B"),
            (
                vec![width, RANK],
                (0..width * RANK)
                    .map(|at| if at % 3 == 0 { size } else { -size })
                    .collect(),
            ),
        );
    }
    let bytes: BTreeMap<String, (Vec<usize>, Vec<u8>)> = numbers
        .into_iter()
        .map(
            |(name, (shape, numbers)): (String, (Vec<usize>, Vec<f32>))| {
                let bytes = numbers.into_iter().flat_map(f32::to_le_bytes).collect();
                (name, (shape, bytes))
            },
        )
        .collect();
    let views = bytes.iter().map(|(name, (shape, bytes))| {
        (
            name,
            TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap(),
        )
    });
    safetensors::serialize_to_file(views, None, &folder.join("adapter_model.safetensors")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adapter_changes_the_output_of_its_base() {
    let home = Home::new();
    home.install("base", |folder| {
        checkpoint::random(folder, SHAPE, 11).unwrap()
    });
    for (name, size) in [("nothing", 0.0), ("something", 0.5)] {
        let number = home.add(name, Some("base"), |folder| adapter(folder, size));
        home.library().switch(name, number).unwrap();
    }
    let host = home.serve();
    let mut said = Vec::new();
    for name in ["base", "nothing", "something", "base"] {
        let mut body = question(name, "Where is the index?", true);
        body["max_tokens"] = json!(20);
        let answer = host.ask(body).await;
        assert_eq!((answer.by, answer.error), (format!("{name}@1"), None));
        said.push(answer.text);
    }
    // The base model gives the same answer before and after an adapter was loaded.
    assert_eq!((&said[0], &said[0]), (&said[1], &said[3]));
    assert_ne!(said[0], said[2]);
}
