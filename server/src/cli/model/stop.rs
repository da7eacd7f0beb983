//! `repo-lsp model stop`: stops the model host.

use std::io::Write;

use models::launch::HostLauncher;
use settings::paths::Dirs;

use crate::cli::arguments::Global;
use crate::cli::{Outcome, output};

/// Stop the model host after the answers in progress
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args, global: &Global) -> anyhow::Result<Outcome> {
    let host = HostLauncher::new(&Dirs::from_environment()?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let Some(status) = runtime.block_on(host.stop())? else {
        return none(global);
    };
    let (running, pid) = (status.running, status.pid);
    if global.json {
        output::json(&serde_json::json!({ "stopped": true, "running": running }))?;
    } else if running > 0 {
        let answers = output::counted(running, "answer");
        writeln!(
            output::stdout(),
            "process {pid} stops after {answers} in progress"
        )?;
    } else {
        writeln!(output::stdout(), "process {pid} stops")?;
    }
    Ok(Outcome::Done)
}

fn none(global: &Global) -> anyhow::Result<Outcome> {
    if global.json {
        output::json(&serde_json::json!({ "stopped": false }))?;
    } else {
        writeln!(output::stdout(), "no model host is running")?;
    }
    Ok(Outcome::Unsuccessful)
}
