//! Compares the model host with bare mistral.rs, and measures swaps, cancellation and memory. Prints Markdown tables.
//!
//! `cargo bench -p repo-lsp --bench model --profile dev -- [speed] [turns] [swap] [cancel] [memory] [large]`; all but `large` by default.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark panics on errors and prints its results"
)]

#[path = "../tests/host/home.rs"]
#[allow(dead_code, reason = "the tests use more of this module")]
mod home;
#[allow(dead_code, reason = "the other benchmark uses more of it")]
mod support;

use std::path::Path;
use std::time::Instant;

use checkpoint::{Parrot, Precision, Recipe, Shape, Vocabulary};
use futures::future::join_all;
use home::{Home, Stream, question};
use mistralrs::{IsqType, Model, ModelDType, TextModelBuilder};
use serde_json::json;
use support::{BareAnswer, Pace, ask_bare, ask_host, asked, ms, prompt, resident};

/// Large enough that computing a token takes longer than sending it to the client.
const MEDIUM: Shape = Shape {
    hidden: 512,
    layers: 8,
    heads: 8,
    kv_heads: 4,
    head_dim: 64,
    feed_forward: 1536,
    vocabulary: 8192,
    tied: true,
    context: 40_960,
    rope_theta: 1_000_000,
};

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let is = |name: &str| {
            wanted.iter().any(|wanted| wanted == name) || (wanted.is_empty() && name != "large")
        };
        if is("speed") {
            speed().await;
        }
        if is("turns") {
            turns().await;
        }
        if is("swap") {
            swap().await;
        }
        if is("cancel") {
            cancel().await;
        }
        if is("memory") {
            memory().await;
        }
        if is("large") {
            large().await;
        }
    });
}

async fn bare(folder: &Path, dtype: ModelDType, quantization: Option<IsqType>) -> Model {
    let builder = TextModelBuilder::new(folder.display());
    let mut builder = builder
        .with_force_cpu()
        .with_dtype(dtype)
        .with_max_num_seqs(1);
    if let Some(kind) = quantization {
        builder = builder.with_isq(kind);
    }
    builder.build().await.unwrap()
}

async fn speed() {
    println!("\n## Beside bare mistral.rs (36 M parameters, f32)\n");
    println!(
        "| prompt | bare first token | ours | median of the differences | bare tokens/s | ours | ratio |\n|---|---|---|---|---|---|---|"
    );
    let home = Home::new();
    home.install("repo", |folder| {
        checkpoint::random(folder, MEDIUM, 1).unwrap()
    });
    let model = bare(&home.generation("repo", 1), ModelDType::F32, None).await;
    let host = home.serve();
    ask_host(&host, &asked("warm up", 20)).await;
    for tokens in [20, 500, 2000] {
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        for round in 0..8 {
            // The prompt is new to both, and the order alternates.
            let text = prompt(tokens, round * 100 + tokens);
            if round % 2 == 0 {
                theirs.push(ask_bare(&model, &text, 200).await.unwrap().pace);
                ours.push(ask_host(&host, &asked(&text, 200)).await.0);
            } else {
                ours.push(ask_host(&host, &asked(&text, 200)).await.0);
                theirs.push(ask_bare(&model, &text, 200).await.unwrap().pace);
            }
        }
        // Other load on the machine affects both of a pair, so the median of the differences is more stable than that of the times.
        let pairs = ours.iter().zip(&theirs);
        let mut more: Vec<f64> = pairs
            .map(|(ours, theirs)| 1e3 * (ours.first.as_secs_f64() - theirs.first.as_secs_f64()))
            .collect();
        more.sort_by(f64::total_cmp);
        let more = (more[(more.len() - 1) / 2] + more[more.len() / 2]) / 2.0;
        let (theirs, ours) = (Pace::median(theirs), Pace::median(ours));
        let ratio = ours.per_second / theirs.per_second;
        let (their_first, our_first) = (ms(theirs.first), ms(ours.first));
        println!(
            "| {tokens} | {their_first} | {our_first} | {more:+.1} ms | {:.1} | {:.1} | {ratio:.3} |",
            theirs.per_second, ours.per_second
        );
    }
}

async fn turns() {
    println!("\n## The second turn of a conversation\n");
    println!("| prompt | first turn's first token | second turn's | ratio |\n|---|---|---|---|");
    let home = Home::new();
    home.install("repo", |folder| {
        checkpoint::random(folder, MEDIUM, 1).unwrap()
    });
    let host = home.serve();
    ask_host(&host, &asked("warm up", 20)).await;
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for round in 0..5 {
        let mut body = asked(&prompt(2000, round), 40);
        let (pace, stream) = ask_host(&host, &body).await;
        first.push(pace);
        let messages = body["messages"].as_array_mut().unwrap();
        messages.push(json!({ "role": "assistant", "content": stream.answer.text }));
        messages.push(json!({ "role": "user", "content": "And why is that so?" }));
        second.push(ask_host(&host, &body).await.0);
    }
    let (first, second) = (Pace::median(first).first, Pace::median(second).first);
    let ratio = second.as_secs_f64() / first.as_secs_f64();
    println!("| 2000 | {} | {} | {ratio:.3} |", ms(first), ms(second));
}

async fn swap() {
    println!("\n## Twenty swaps with 50 streams each\n");
    println!(
        "| swap | failed | cut or mixed | by the old one | resident after |\n|---|---|---|---|---|"
    );
    let home = Home::with("swap = \"overlap\"");
    let text = |number: usize| {
        let words: Vec<String> = (0..80)
            .map(|word| (1000 * number + word).to_string())
            .collect();
        words.join(" ")
    };
    let install = |number: usize| {
        home.add("repo", None, |folder| {
            drop(
                Parrot::new(text(number))
                    .slow(4, 4096)
                    .write(folder)
                    .unwrap(),
            )
        })
    };
    assert_eq!(install(1), 1);
    home.library().switch("repo", 1).unwrap();
    let host = home.serve();
    host.ask(question("repo", "?", true)).await;
    println!("| 0 | | | | {} MB |", resident(&host.status().await));
    for number in 2..22 {
        install(number);
        let streams = (0..50).map(|_| host.ask(question("repo", "Count.", true)));
        let switch = async {
            host.wait_for_status(|status| status["waiting"].as_u64() >= Some(40))
                .await;
            home.library().switch("repo", number as u32).unwrap();
        };
        let (answers, ()) = tokio::join!(join_all(streams), switch);
        let failed = answers
            .iter()
            .filter(|answer| answer.error.is_some())
            .count();
        let wrong = answers.iter().filter(|answer| {
            let by = answer.by.trim_start_matches("repo@").parse().unwrap_or(0);
            answer.error.is_none() && (answer.text != text(by) || answer.finish != "stop")
        });
        let before = format!("repo@{}", number - 1);
        let old = answers.iter().filter(|answer| answer.by == before).count();
        let status = host
            .wait_for_status(|status| {
                let rows = status["models"].as_array().unwrap();
                rows.len() == 1 && rows[0]["generation"] == number && rows[0]["state"] == "serving"
            })
            .await;
        println!(
            "| {} | {failed} | {} | {old} | {} MB |",
            number - 1,
            wrong.count(),
            resident(&status)
        );
    }
}

async fn cancel() {
    println!("\n## Time from disconnect to an idle engine\n");
    println!("| median | worst of 50 |\n|---|---|");
    let home = Home::new();
    home.install("repo", |folder| {
        checkpoint::random(folder, MEDIUM, 1).unwrap()
    });
    let host = home.serve();
    let mut took = Vec::new();
    for round in 0..50 {
        let body = asked(&format!("{round}?"), 30_000);
        let mut stream = Stream::of(host.request(&body).send().await.unwrap()).await;
        while stream.answer.text.is_empty() {
            assert!(stream.next().await);
        }
        let started = Instant::now();
        drop(stream);
        host.wait_for_status(|status| status["running"] == 0).await;
        took.push(started.elapsed());
    }
    took.sort();
    println!("| {} | {} |", ms(took[25]), ms(took[49]));
}

async fn memory() {
    println!("\n## A thousand questions\n");
    println!("| questions | resident |\n|---|---|");
    let home = Home::new();
    home.install("repo", |folder| {
        checkpoint::random(folder, MEDIUM, 1).unwrap()
    });
    let host = home.serve();
    for number in 0..=1000 {
        ask_host(&host, &asked(&prompt(100, number), 5)).await;
        if number % 100 == 0 {
            println!("| {number} | {} MB |", resident(&host.status().await));
        }
    }
}

async fn large() {
    println!("\n## The shape of Qwen3-0.6B (random weights, stored as bf16)\n");
    println!(
        "| engine | precision | load | resident | first token (200) | tokens/s |\n|---|---|---|---|---|---|"
    );
    let vocabulary = Vocabulary::small(4096).unwrap();
    let install = |home: &Home| {
        home.install("repo", |folder| {
            let mut recipe = Recipe::new(Shape::QWEN3_0_6B, 1);
            recipe.precision = Precision::Bf16;
            recipe.vocabulary = Some(vocabulary.clone());
            recipe.write(folder).unwrap();
        });
    };
    let text = prompt(200, 1);
    for quantization in ["none", "Q8_0", "Q4K"] {
        let home = Home::with(&format!("quantization = \"{quantization}\""));
        install(&home);
        let host = home.serve();
        let started = Instant::now();
        ask_host(&host, &asked("?", 2)).await;
        let loaded = started.elapsed();
        let (pace, _) = ask_host(&host, &asked(&text, 30)).await;
        let status = host.status().await;
        let precision = status["models"][0]["precision"].as_str().unwrap();
        let (loaded, first, resident) = (ms(loaded), ms(pace.first), resident(&status));
        println!(
            "| ours | {precision} | {loaded} | {resident} MB | {first} | {:.1} |",
            pace.per_second
        );
    }
    let home = Home::new();
    install(&home);
    for (name, dtype, quantization) in [
        ("f32", ModelDType::F32, None),
        ("bf16", ModelDType::BF16, None),
        ("f16", ModelDType::F16, None),
        ("Q4K, f32", ModelDType::F32, Some(IsqType::Q4K)),
        ("Q4K, bf16", ModelDType::BF16, Some(IsqType::Q4K)),
    ] {
        let started = Instant::now();
        let model = bare(&home.generation("repo", 1), dtype, quantization).await;
        let loaded = ms(started.elapsed());
        match ask_bare(&model, &text, 30).await {
            Ok(BareAnswer { pace, .. }) => println!(
                "| bare | {name} | {loaded} | | {} | {:.1} |",
                ms(pace.first),
                pace.per_second
            ),
            Err(error) => println!("| bare | {name} | {loaded} | | {error} | |"),
        }
    }
}
