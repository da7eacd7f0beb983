//! What the engine costs per request, with a teacher that answers at once. Prints one line per mode.

use std::{io::Write as _, sync::Arc, time::Instant};

use flows::{
    AnswerCache, Compat, Dispatcher, Flow, Limits, Reply, Row, RunOptions, Teacher, TeacherError,
    TeacherRequest, run,
};
use futures::future::BoxFuture;
use serde_json::json;

struct Instantly;

impl Teacher for Instantly {
    fn model(&self) -> &str {
        "instantly"
    }

    fn ask<'a>(
        &'a self,
        request: &'a TeacherRequest,
    ) -> BoxFuture<'a, Result<Vec<Reply>, TeacherError>> {
        let content = request
            .messages
            .last()
            .map_or("", |message| &message.content);
        let reply = Reply {
            content: format!("[Q]What is this?[E][A]{content}[E]"),
            reasoning: None,
            truncated: false,
        };
        Box::pin(std::future::ready(Ok(vec![reply; request.n as usize])))
    }
}

const FLOW: &str = "
metadata: {name: bench}
blocks:
- block_type: PromptBuilderBlock
  block_config: {block_name: p, input_cols: [x, outline], output_cols: m, prompt_config_path: prompt.yaml}
- block_type: LLMChatBlock
  block_config: {block_name: c, input_cols: m, output_cols: r}
- block_type: LLMResponseExtractorBlock
  block_config: {block_name: e, input_cols: r}
- block_type: TagParserBlock
  block_config: {block_name: t, input_cols: e_content, output_cols: [q, a], start_tags: ['[Q]', '[A]'], end_tags: ['[E]', '[E]']}
";

const PROMPT: &str = "
- {role: system, content: You answer.}
- {role: user, content: 'Read {{outline}} and {{x}} and ask.'}
";

const ROWS: usize = 20_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("flow.yaml"), FLOW)?;
    std::fs::write(folder.path().join("prompt.yaml"), PROMPT)?;
    let flow = Flow::load(&folder.path().join("flow.yaml"))?;
    let document = "A line of a document. ".repeat(90);
    for (name, compat, cached) in [
        ("default", Compat::Off, false),
        ("default, with the cache", Compat::Off, true),
        ("sdg_hub", Compat::SdgHub, false),
    ] {
        let rows: Vec<Row> = (0..ROWS)
            .map(|i| {
                [
                    ("x", format!("{i} {document}")),
                    ("outline", format!("outline {i}")),
                ]
                .into_iter()
                .map(|(key, text)| (key.to_owned(), json!(text)))
                .collect()
            })
            .collect();
        let cache = cached
            .then(|| AnswerCache::open(folder.path()))
            .transpose()?;
        let limits = Limits {
            in_flight: 64,
            ..Limits::default()
        };
        let dispatcher = Dispatcher::new(Arc::new(Instantly), cache, limits);
        let options = RunOptions {
            compat,
            ..RunOptions::default()
        };
        let start = Instant::now();
        let output = run(&flow, rows, &dispatcher, &options, &|_| {}).await?;
        let per_call = start.elapsed().as_secs_f64() / ROWS as f64;
        writeln!(
            std::io::stdout(),
            "{name}: {:.0} calls/s, {:.1} µs a call, {} rows",
            1.0 / per_call,
            1e6 * per_call,
            output.rows.len()
        )?;
    }
    Ok(())
}
