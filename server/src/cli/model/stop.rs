//! `repo-lsp model stop`: ends the process that runs models.

use std::io::Write;
use std::time::Duration;

use anyhow::Context as _;
use repo_lsp::model::host_files::HostFiles;
use repo_lsp::paths::Dirs;
use serde_json::Value;

use crate::cli::arguments::Global;
use crate::cli::{Outcome, output};

/// End the process that runs models, once what it answers is finished
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args, global: &Global) -> anyhow::Result<Outcome> {
    let files = HostFiles::new(&Dirs::from_environment()?);
    let Some(endpoint) = files.read() else {
        return none(global);
    };
    let base = endpoint.url.trim_end_matches("/v1");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let answer = runtime.block_on(async {
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(10))
            .build()?;
        let request = client
            .post(format!("{base}/repo-lsp/stop"))
            .bearer_auth(&endpoint.token);
        request
            .send()
            .await?
            .error_for_status()?
            .json::<Value>()
            .await
    });
    match answer {
        Ok(answer) => {
            let running = answer["running"].as_u64().unwrap_or(0);
            if global.json {
                output::json(&serde_json::json!({ "stopped": true, "running": running }))?;
            } else if running > 0 {
                writeln!(
                    output::stdout(),
                    "process {} ends once it has finished {running} answers",
                    endpoint.pid
                )?;
            } else {
                writeln!(output::stdout(), "process {} ends", endpoint.pid)?;
            }
            Ok(Outcome::Done)
        }
        // It died without taking its traces away.
        Err(error) if error.is_connect() => none(global),
        Err(error) => Err(error).context("the process that runs models does not answer"),
    }
}

fn none(global: &Global) -> anyhow::Result<Outcome> {
    if global.json {
        output::json(&serde_json::json!({ "stopped": false }))?;
    } else {
        writeln!(output::stdout(), "no models are being served")?;
    }
    Ok(Outcome::Nothing)
}
