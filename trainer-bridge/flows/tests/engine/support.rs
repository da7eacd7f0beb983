//! A scripted teacher, and flows of one or two blocks.

use std::{
    collections::BTreeMap,
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use flows::{
    Compat, Dispatcher, Flow, Limits, Reply, Row, RunError, RunOptions, RunOutput, Teacher,
    TeacherError, TeacherRequest, run,
};
use futures::future::BoxFuture;
use serde_json::Value;

/// Answers with what `script` makes of a request and of the number of attempts so far.
pub struct Scripted<F> {
    pub script: F,
    pub asked: AtomicUsize,
}

impl<F> Scripted<F>
where
    F: Fn(&TeacherRequest, usize) -> Result<Vec<Reply>, TeacherError> + Send + Sync + 'static,
{
    pub fn new(script: F) -> Arc<Self> {
        Arc::new(Self {
            script,
            asked: AtomicUsize::new(0),
        })
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl<F> Teacher for Scripted<F>
where
    F: Fn(&TeacherRequest, usize) -> Result<Vec<Reply>, TeacherError> + Send + Sync,
{
    fn model(&self) -> &str {
        "scripted"
    }

    fn ask<'a>(
        &'a self,
        request: &'a TeacherRequest,
    ) -> BoxFuture<'a, Result<Vec<Reply>, TeacherError>> {
        let attempt = self.asked.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            // Others get their turn, as with a real teacher.
            tokio::task::yield_now().await;
            (self.script)(request, attempt)
        })
    }
}

pub fn reply(content: &str) -> Reply {
    Reply {
        content: content.to_owned(),
        reasoning: None,
        truncated: false,
    }
}

/// What the request asks: its last message.
pub fn question(request: &TeacherRequest) -> &str {
    &request.messages.last().unwrap().content
}

/// A teacher that answers each prompt with the prompt itself.
pub fn echo() -> Arc<dyn Teacher> {
    Scripted::new(|request, _| {
        let choices = 0..request.n;
        Ok(choices.map(|_| reply(question(request))).collect())
    })
}

pub fn limits() -> Limits {
    Limits {
        in_flight: 4,
        // Retries of a test should not be waited for.
        initial_backoff: std::time::Duration::from_millis(1),
        max_backoff: std::time::Duration::from_millis(4),
        ..Limits::default()
    }
}

/// Writes files of a flow and loads `flow.yaml`. Paths in errors are relative to the folder.
pub fn load(files: &[(&str, &str)]) -> Result<Flow, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    Flow::load(&folder.path().join("flow.yaml")).map_err(|error| {
        let error = error.to_string();
        error.replace(&format!("{}/", folder.path().display()), "")
    })
}

/// A flow of the given blocks, with a prompt file that says `{{x}}`.
pub fn flow(blocks: &str) -> Flow {
    let text = format!("metadata:\n  name: test\nblocks:\n{blocks}");
    let prompt = "- role: user\n  content: '{{x}}'\n";
    load(&[("flow.yaml", &text), ("prompt.yaml", prompt)]).unwrap()
}

pub fn rows(values: &[Value]) -> Vec<Row> {
    let objects = values
        .iter()
        .map(|value| value.as_object().unwrap().clone());
    objects.collect()
}

pub fn options(compat: Compat) -> RunOptions {
    RunOptions {
        compat,
        n: None,
        blocks: BTreeMap::new(),
    }
}

pub async fn run_with(
    flow: &Flow,
    input: &[Value],
    teacher: Arc<dyn Teacher>,
    options: &RunOptions,
) -> Result<RunOutput, RunError> {
    let dispatcher = Dispatcher::new(teacher, None, limits());
    run(flow, rows(input), &dispatcher, options, &|_| {}).await
}

/// The rows in both modes as text, with what was dropped by default.
pub fn both(flow: &Flow, input: &[Value]) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut out = String::new();
        for (name, compat) in [("sdg_hub", Compat::SdgHub), ("default", Compat::Off)] {
            out += &format!("{name}:\n");
            match run_with(flow, input, echo(), &options(compat)).await {
                Ok(output) => {
                    for row in output.rows {
                        out += &format!("  {}\n", Value::Object(row));
                    }
                    for dropped in output.dropped {
                        out += &format!("  dropped {}: {}\n", dropped.count, dropped.reason);
                    }
                }
                Err(error) => {
                    let error = error.to_string();
                    let message = error
                        .rsplit_once("flow.yaml:")
                        .map_or(&*error, |(_, end)| end);
                    out += &format!("  error: {message}\n");
                }
            }
        }
        out
    })
}
