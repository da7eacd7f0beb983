//! Command line tool that writes a checkpoint, for `tests/try-model` and benchmarks.

#![allow(clippy::print_stderr, reason = "errors are printed for the user")]

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use checkpoint::{Parrot, Precision, Recipe, Shape};

const USAGE: &str = "usage: checkpoint parrot FOLDER ANSWER | checkpoint random FOLDER (tiny|0.6b|4b) [f32|bf16|f16]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[&str]) -> Result<()> {
    match arguments {
        ["parrot", folder, answer] => Parrot::new(*answer)
            .write(Path::new(folder))
            .map(drop)
            .with_context(|| format!("cannot write a parrot checkpoint to {folder}")),
        ["random", folder, shape, rest @ ..] => {
            let shape = match *shape {
                "tiny" => Shape::TINY,
                "0.6b" => Shape::QWEN3_0_6B,
                "4b" => Shape::QWEN3_4B,
                _ => bail!(USAGE),
            };
            let precision = match rest {
                [] | ["f32"] => Precision::F32,
                ["bf16"] => Precision::Bf16,
                ["f16"] => Precision::F16,
                _ => bail!(USAGE),
            };
            let recipe = Recipe {
                precision,
                ..Recipe::new(shape, 1)
            };
            recipe
                .write(Path::new(folder))
                .with_context(|| format!("cannot write a random checkpoint to {folder}"))
        }
        _ => bail!(USAGE),
    }
}
