//! Models that fail to load: the previous generation continues to answer, and the error names the cause.

use std::fs;
use std::path::Path;

use checkpoint::{Precision, Recipe, Shape};
use serde_json::Value;

use crate::home::{Home, question};

fn edit(file: &Path, change: impl FnOnce(&mut Value)) {
    let mut value: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    change(&mut value);
    fs::write(file, value.to_string()).unwrap();
}

/// Damages files of an installed generation and corrects their sizes in the manifest, so that only loading finds the damage.
fn damage_generation(home: &Home, name: &str, number: u32, damage: impl FnOnce(&Path)) {
    let folder = home.generation(name, number);
    damage(&folder);
    edit(&folder.join("manifest.json"), |manifest| {
        for file in manifest["files"].as_array_mut().unwrap() {
            let path = folder.join(file["path"].as_str().unwrap());
            file["bytes"] = fs::metadata(path).unwrap().len().into();
        }
    });
}

fn cut(file: &Path, bytes: u64) {
    let file = fs::OpenOptions::new().write(true).open(file).unwrap();
    file.set_len(bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_previous_generation_serves_if_the_next_fails_to_load() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage, &str); 4] = [
        (
            "cut weights",
            |folder| cut(&folder.join("model.safetensors"), 100_000),
            "cannot be loaded",
        ),
        (
            "no layers",
            |folder| {
                edit(&folder.join("config.json"), |config| {
                    config["num_hidden_layers"] = 99.into()
                })
            },
            "cannot be loaded",
        ),
        (
            "odd shape",
            |folder| {
                edit(&folder.join("config.json"), |config| {
                    config["intermediate_size"] = 100.into()
                })
            },
            "cannot be loaded",
        ),
        (
            "no tokenizer",
            |folder| fs::write(folder.join("tokenizer.json"), "{").unwrap(),
            "cannot be loaded",
        ),
    ];
    let home = Home::new();
    home.parrot("repo", "Still here.");
    let host = home.serve();
    assert_eq!(host.ask(question("repo", "?", true)).await.by, "repo@1");
    for (number, (name, damage, line)) in (2..).zip(damages) {
        assert_eq!(
            home.add("repo", None, |folder| drop(
                checkpoint::parrot(folder, "Never said.").unwrap()
            )),
            number
        );
        damage_generation(&home, "repo", number, damage);
        home.library().switch("repo", number).unwrap();
        let status = host
            .wait_for_status(|status| {
                status["models"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|row| row["generation"] == number && row["state"] == "failed")
            })
            .await;
        let problem = status["models"]
            .as_array()
            .unwrap()
            .iter()
            .find_map(|row| row["problem"].as_str())
            .unwrap();
        assert!(
            problem.contains(line) && problem.contains(&format!("repo@{number}")),
            "{name}: {problem}"
        );
        assert!(!problem.contains('\n'), "{problem}");
        let answer = host.ask(question("repo", "?", true)).await;
        assert_eq!(
            (answer.by.as_str(), answer.text.as_str()),
            ("repo@1", "Still here."),
            "{name}"
        );
    }
    let last = home.parrot("repo", "Better.");
    host.wait_for_status(|status| {
        status["models"]
            .as_array()
            .unwrap()
            .iter()
            .any(|row| row["generation"] == last && row["state"] == "serving")
    })
    .await;
    assert_eq!(host.ask(question("repo", "?", true)).await.text, "Better.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_file_is_named_and_the_previous_generation_serves() {
    let home = Home::new();
    home.parrot("repo", "Still here.");
    let host = home.serve();
    assert_eq!(host.ask(question("repo", "?", true)).await.by, "repo@1");
    let second = home.parrot("repo", "Never said.");
    cut(
        &home.generation("repo", second).join("model.safetensors"),
        1000,
    );
    host.ask(question("repo", "?", true)).await;
    drop(host);
    // A host without a loaded generation returns the error.
    let host = home.serve();
    let answer = host.ask(question("repo", "?", true)).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(
        answer.error.as_ref().unwrap().contains("model.safetensors"),
        "{answer:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_drain_swap_reloads_the_previous_generation() {
    let home = Home::with("swap = \"drain\"");
    home.parrot("repo", "Still here.");
    let host = home.serve();
    assert_eq!(host.ask(question("repo", "?", true)).await.by, "repo@1");
    let second = home.add("repo", None, |folder| {
        drop(checkpoint::parrot(folder, "Never said.").unwrap())
    });
    damage_generation(&home, "repo", second, |folder| {
        cut(&folder.join("model.safetensors"), 100_000)
    });
    home.library().switch("repo", second).unwrap();
    host.wait_for_status(|status| {
        let rows = status["models"].as_array().unwrap();
        rows.iter().any(|row| row["state"] == "failed")
            && rows.iter().any(|row| row["state"] == "serving")
    })
    .await;
    let answer = host.ask(question("repo", "?", true)).await;
    assert_eq!(
        (answer.by.as_str(), answer.text.as_str()),
        ("repo@1", "Still here.")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_larger_than_memory_is_rejected_before_loading() {
    let home = Home::new();
    let number = home.parrot("repo", "Never said.");
    damage_generation(&home, "repo", number, |folder| {
        // A sparse file of this size takes no disk space.
        cut(&folder.join("model.safetensors"), 1 << 42);
    });
    let host = home.serve();
    let answer = host.ask(question("repo", "?", true)).await;
    let line = answer.error.clone().unwrap();
    assert_eq!(answer.status, 503);
    assert!(
        line.starts_with("repo@1 needs about 4398.") && line.contains("`host.quantization`"),
        "{line}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn weights_are_quantized_while_loading() {
    let home = Home::with("quantization = \"Q8_0\"");
    home.install("repo", |folder| {
        let shape = Shape {
            hidden: 256,
            ..Shape::TINY.with_vocabulary(1024)
        };
        let mut recipe = Recipe::new(shape, 1);
        recipe.precision = Precision::Bf16;
        recipe.write(folder).unwrap();
    });
    let host = home.serve();
    let mut body = question("repo", "?", true);
    body["max_tokens"] = 10.into();
    let answer = host.ask(body).await;
    assert_eq!((answer.status, answer.error), (200, None));
    assert_eq!(host.status().await["models"][0]["precision"], "Q8_0");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unavailable_device_is_named() {
    let home = Home::with("device = \"metal\"");
    home.parrot("repo", "Never said.");
    let host = home.serve();
    let answer = host.ask(question("repo", "?", true)).await;
    assert_eq!(answer.status, 503);
    assert!(answer.error.unwrap().contains("Metal"));
}
