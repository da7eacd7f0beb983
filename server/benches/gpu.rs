//! Measures a model on a GPU: the host beside bare mistral.rs, many streams at once, and changes of the model.
//!
//! `tests/gpu/run` runs it on a machine that has a GPU, each step as a process of its own. Without a GPU everything runs on the processor.
//! Each step prints tables, and closes with one line of JSON, `{"step": …}`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking, and prints what it found"
)]

#[path = "../tests/host/home.rs"]
#[allow(dead_code, reason = "tests use more of it")]
mod home;
#[allow(dead_code, reason = "the other benchmark uses more of it")]
mod support;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use checkpoint::Parrot;
use futures::future::join_all;
use home::{Answer, Home, Host, question};
use mistralrs::{
    MemoryGpuConfig, ModelDType, PagedAttentionConfig, PagedCacheType, TextModelBuilder,
};
use serde_json::{Value, json};
use support::{BareAnswer, Pace, ask_bare, ask_host, asked, ms, prompt};

const USAGE: &str = "usage: gpu smoke | speed CHECKPOINT | together CHECKPOINT | swap";

/// Tokens of an answer.
const ANSWER: usize = 128;
/// Streams at once.
const STREAMS: usize = 16;
/// Tokens that the paged cache of bare mistral.rs holds; as many as the host's.
const PAGED: usize = 16_384;

fn main() {
    // Cargo adds an option of its own.
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let found = runtime.block_on(async {
        match arguments[..] {
            ["smoke"] => smoke().await,
            ["speed", checkpoint] => speed(Path::new(checkpoint)).await,
            ["together", checkpoint] => together(Path::new(checkpoint)).await,
            ["swap"] => swap().await,
            _ => panic!("{USAGE}"),
        }
    });
    println!("{found}");
}

/// A tiny model loads and answers.
async fn smoke() -> Value {
    let home = Home::new();
    let text = "Four words, no more.";
    home.parrot("repo", text);
    let (host, load) = served(&home).await;
    let answer = host.ask(question("repo", "?", true)).await;
    assert_eq!(
        (answer.text.as_str(), answer.error.as_deref()),
        (text, None)
    );
    let status = host.status().await;
    json!({
        "step": "smoke",
        "device": status["device"],
        "precision": status["models"][0]["precision"],
        "load_ms": load,
    })
}

/// Load time, first token and tokens per second, the host beside bare mistral.rs.
async fn speed(checkpoint: &Path) -> Value {
    const ROUNDS: usize = 5;
    let home = Home::new();
    install(&home, checkpoint);
    let (host, load) = served(&home).await;
    let status = host.status().await;
    println!(
        "host: {} {}, first answer after {load} ms, GPU memory {:?} MiB",
        status["device"],
        status["models"][0]["precision"],
        gpu_memory()
    );
    let started = Instant::now();
    let model = bare(&home, ModelDType::Auto, 1).build().await.unwrap();
    ask_bare(&model, "hello", 2).await.unwrap();
    let bare_load = millis(started);
    println!(
        "bare: first answer after {bare_load} ms, GPU memory of both {:?} MiB",
        gpu_memory()
    );

    println!("\n| prompt | bare first token | ours | bare tokens/s | ours | ratio |");
    println!("|---|---|---|---|---|---|");
    let mut rows = Vec::new();
    for tokens in [20, 500, 2000] {
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        // The first round warms both up and is not counted.
        for round in 0..=ROUNDS {
            // Each sees a prompt for the first time; they take turns in being the first to answer.
            let text = prompt(tokens, round * 100 + tokens);
            if round % 2 == 0 {
                theirs.push(ask_bare(&model, &text, ANSWER).await.unwrap().pace);
                ours.push(ask_host(&host, &asked(&text, ANSWER)).await.0);
            } else {
                ours.push(ask_host(&host, &asked(&text, ANSWER)).await.0);
                theirs.push(ask_bare(&model, &text, ANSWER).await.unwrap().pace);
            }
        }
        let [theirs, ours] = [theirs, ours].map(|paces| Pace::median(paces[1..].to_vec()));
        let ratio = ours.per_second / theirs.per_second;
        println!(
            "| {tokens} | {} | {} | {:.1} | {:.1} | {ratio:.3} |",
            ms(theirs.first),
            ms(ours.first),
            theirs.per_second,
            ours.per_second
        );
        rows.push(json!({
            "prompt_tokens": tokens,
            "bare_first_ms": 1e3 * theirs.first.as_secs_f64(),
            "first_ms": 1e3 * ours.first.as_secs_f64(),
            "bare_tokens_per_s": theirs.per_second,
            "tokens_per_s": ours.per_second,
            "ratio": ratio,
        }));
    }

    let (mut firsts, mut seconds) = (Vec::new(), Vec::new());
    for round in 0..3 {
        let mut body = asked(&prompt(2000, 7000 + round), 32);
        let (pace, stream) = ask_host(&host, &body).await;
        firsts.push(pace);
        let messages = body["messages"].as_array_mut().unwrap();
        messages.push(json!({ "role": "assistant", "content": stream.answer.text }));
        messages.push(json!({ "role": "user", "content": "And why is that so?" }));
        seconds.push(ask_host(&host, &body).await.0);
    }
    let [first, second] =
        [firsts, seconds].map(|paces| 1e3 * Pace::median(paces).first.as_secs_f64());
    println!(
        "\nconversation of 2000 tokens: first turn {first:.1} ms to the first token, second turn {second:.1} ms"
    );
    json!({
        "step": "speed",
        "checkpoint": checkpoint,
        "device": status["device"],
        "precision": status["models"][0]["precision"],
        "load_ms": load,
        "bare_load_ms": bare_load,
        "prompts": rows,
        "second_turn_ratio": second / first,
    })
}

/// Many streams at once: total tokens per second, and whether every answer is the one that is given when it is asked for alone.
async fn together(checkpoint: &Path) -> Value {
    let home = Home::new();
    install(&home, checkpoint);
    let texts: Vec<String> = (0..STREAMS)
        .map(|number| prompt(100 + 20 * (number % 5), 1000 + number))
        .collect();

    println!("| engine | precision | at once | tokens/s alone | tokens/s in all | same answers |");
    println!("|---|---|---|---|---|---|");
    let mut rows = Vec::new();
    let mut row = |engine: &str, precision: &str, at_once: usize, alone: f64, all: f64, same| {
        println!(
            "| {engine} | {precision} | {at_once} | {alone:.1} | {all:.1} | {same} of {STREAMS} |"
        );
        rows.push(json!({
            "engine": engine,
            "precision": precision,
            "at_once": at_once,
            "alone_tokens_per_s": alone,
            "total_tokens_per_s": all,
            "same": same,
            "of": STREAMS,
        }));
    };

    // Where sums are rounded in another order, two words of nearly the same score may change places. In f32 that is rare.
    for (precision, dtype) in [("auto", ModelDType::Auto), ("f32", ModelDType::F32)] {
        for at_once in [4, STREAMS] {
            let model = bare(&home, dtype, at_once)
                // A prompt that was asked alone must not be remembered when it is asked again with others.
                .with_prefix_cache_n(None)
                .build()
                .await
                .unwrap();
            let mut expected = Vec::new();
            ask_bare(&model, "warm up", 8).await.unwrap();
            let started = Instant::now();
            for text in &texts {
                expected.push(ask_bare(&model, text, ANSWER).await.unwrap());
            }
            let alone = rate(&expected, started);
            let started = Instant::now();
            let asked = texts.iter().map(|text| ask_bare(&model, text, ANSWER));
            let answers: Vec<BareAnswer> = match join_all(asked).await.into_iter().collect() {
                Ok(answers) => answers,
                Err(error) => {
                    println!("| bare | {precision} | {at_once} | {alone:.1} | {error} | |");
                    continue;
                }
            };
            let all = rate(&answers, started);
            let same = count_same(&answers, &expected, |answer| &answer.text);
            row("bare", precision, at_once, alone, all, same);
        }
    }

    let (host, _) = served(&home).await;
    let mut expected = Vec::new();
    let started = Instant::now();
    for text in &texts {
        expected.push(host.ask(asked(text, ANSWER)).await);
    }
    let alone = host_rate(&expected, started);
    // A new one, which remembers none of the prompts.
    drop(host);
    let (host, _) = served(&home).await;
    let started = Instant::now();
    let answers = join_all(texts.iter().map(|text| host.ask(asked(text, ANSWER)))).await;
    let all = host_rate(&answers, started);
    let same = count_same(&answers, &expected, |answer| &answer.text);
    row("ours", "auto", STREAMS, alone, all, same);
    json!({ "step": "together", "checkpoint": checkpoint, "rows": rows })
}

/// Twenty changes of the model while streams run.
async fn swap() -> Value {
    const SWAPS: u32 = 20;
    const ASKING: usize = 8;
    let home = Home::with("swap = \"overlap\"");
    let text = |generation: u32| {
        let words: Vec<String> = (0..40)
            .map(|word| (1000 * generation + word).to_string())
            .collect();
        words.join(" ")
    };
    let install = |generation: u32| {
        let number = home.add("repo", None, |folder| {
            let parrot = Parrot::new(text(generation)).slow(4, 4096);
            drop(parrot.write(folder).unwrap());
        });
        assert_eq!(number, generation);
    };
    install(1);
    home.library().switch("repo", 1).unwrap();
    home.library().set_default("repo").unwrap();
    let (host, _) = served(&home).await;
    let before = gpu_memory();
    println!("| swap | errors | wrong | by the old one | until it serves | GPU memory, MiB |");
    println!("|---|---|---|---|---|---|");
    let (mut errors, mut wrong) = (0, 0);
    for generation in 2..=SWAPS + 1 {
        install(generation);
        let streams = (0..ASKING).map(|_| host.ask(question("repo", "Count.", true)));
        let switch = async {
            host.wait_for_status(|status| status["waiting"].as_u64() >= Some(ASKING as u64 - 1))
                .await;
            home.library().switch("repo", generation).unwrap();
            Instant::now()
        };
        let (answers, switched) = tokio::join!(join_all(streams), switch);
        host.wait_for_status(|status| {
            let rows = status["models"].as_array().unwrap();
            rows.len() == 1 && rows[0]["generation"] == generation && rows[0]["state"] == "serving"
        })
        .await;
        let took = millis(switched);
        let failed = answers.iter().filter(|answer| answer.error.is_some());
        for answer in failed.clone() {
            println!("error: {answer:?}");
        }
        let failed = failed.count();
        let cut = answers.iter().filter(|answer| {
            let by = answer.by.trim_start_matches("repo@").parse().unwrap_or(0);
            answer.error.is_none() && (answer.text != text(by) || answer.finish != "stop")
        });
        let cut = cut.count();
        let old = format!("repo@{}", generation - 1);
        let old = answers.iter().filter(|answer| answer.by == old).count();
        println!(
            "| {} | {failed} | {cut} | {old} | {took} ms | {:?} |",
            generation - 1,
            gpu_memory()
        );
        errors += failed;
        wrong += cut;
    }
    json!({
        "step": "swap",
        "swaps": SWAPS,
        "streams": ASKING,
        "errors": errors,
        "wrong": wrong,
        "gpu_mib_before": before,
        "gpu_mib_after": gpu_memory(),
    })
}

/// Installs a checkpoint without copying it.
fn install(home: &Home, checkpoint: &Path) {
    home.install("repo", |folder| {
        for entry in std::fs::read_dir(checkpoint).unwrap() {
            let entry = entry.unwrap();
            let to = folder.join(entry.file_name());
            if std::fs::hard_link(entry.path(), &to).is_err() {
                std::fs::copy(entry.path(), &to).unwrap();
            }
        }
    });
}

/// A host whose model is loaded, and how many milliseconds its first answer took.
async fn served(home: &Home) -> (Host, u64) {
    let host = home.serve();
    let started = Instant::now();
    let answer = host.ask(asked("hello", 2)).await;
    assert_eq!(answer.error, None);
    (host, millis(started))
}

/// Bare mistral.rs with the weights that the host has, set up as the host sets it up.
fn bare(home: &Home, dtype: ModelDType, at_once: usize) -> TextModelBuilder {
    let mut builder = TextModelBuilder::new(home.generation("repo", 1).display())
        .with_dtype(dtype)
        .with_max_num_seqs(at_once);
    if gpu_memory().is_none() {
        builder = builder.with_force_cpu();
    } else if cfg!(feature = "cuda") {
        let paged = PagedAttentionConfig::new(
            None,
            MemoryGpuConfig::ContextSize(PAGED),
            PagedCacheType::Auto,
        );
        builder = builder.with_paged_attn(paged.unwrap());
    }
    builder
}

fn rate(answers: &[BareAnswer], started: Instant) -> f64 {
    let tokens: usize = answers.iter().map(|answer| answer.tokens).sum();
    tokens as f64 / started.elapsed().as_secs_f64()
}

fn host_rate(answers: &[Answer], started: Instant) -> f64 {
    for answer in answers {
        assert_eq!(answer.error, None);
    }
    let tokens: u64 = answers.iter().map(|answer| answer.tokens).sum();
    tokens as f64 / started.elapsed().as_secs_f64()
}

fn count_same<T>(answers: &[T], expected: &[T], text: impl Fn(&T) -> &String) -> usize {
    let pairs = answers.iter().zip(expected);
    pairs
        .filter(|(one, other)| text(one) == text(other))
        .count()
}

fn millis(started: Instant) -> u64 {
    started.elapsed().as_millis() as u64
}

/// The memory in use on the first GPU, in MiB; none without a GPU.
fn gpu_memory() -> Option<u64> {
    let query = ["--query-gpu=memory.used", "--format=csv,noheader,nounits"];
    let output = Command::new("nvidia-smi").args(query).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().next()?.trim().parse().ok()
}
