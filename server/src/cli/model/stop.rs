//! `repo-lsp model stop`: ends the process that runs models.

use std::io::Write;

use models::launch::HostLauncher;
use settings::paths::Dirs;

use crate::cli::arguments::Global;
use crate::cli::{Outcome, output};

/// End the process that runs models, once what it answers is finished
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
        writeln!(
            output::stdout(),
            "process {pid} ends once it has finished {running} answers"
        )?;
    } else {
        writeln!(output::stdout(), "process {pid} ends")?;
    }
    Ok(Outcome::Done)
}

fn none(global: &Global) -> anyhow::Result<Outcome> {
    if global.json {
        output::json(&serde_json::json!({ "stopped": false }))?;
    } else {
        writeln!(output::stdout(), "no models are being served")?;
    }
    Ok(Outcome::Nothing)
}
