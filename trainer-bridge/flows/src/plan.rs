//! What a run would ask, without asking: for `--dry-run`.

use serde::Serialize;

use crate::{
    blocks::{Context, Kind},
    drops::Drops,
    flow::Flow,
    run::{RunError, RunOptions, prepare},
    table::Row,
    teacher::TeacherMessage,
};

/// The expected requests of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Plan {
    /// Input rows that the run can use.
    pub rows: usize,
    pub blocks: Vec<PlannedCalls>,
    /// Whole prompts of the first rows.
    pub prompts: Vec<Vec<TeacherMessage>>,
}

/// What one block asks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedCalls {
    pub block: String,
    /// How many requests: exact for a block that asks about the input, an upper estimate for one that asks about replies.
    pub calls: usize,
    /// The tokens of their prompts, estimated by four bytes a token. `None` if the prompts contain replies.
    pub prompt_tokens: Option<u64>,
}

/// Whole prompts that a plan shows.
const SHOWN_PROMPTS: usize = 2;

impl Plan {
    pub fn calls(&self) -> usize {
        self.blocks.iter().map(|block| block.calls).sum()
    }

    /// The tokens of all prompts. Those that contain replies count as much as the others on average.
    pub fn prompt_tokens(&self) -> u64 {
        let known: Vec<_> = self
            .blocks
            .iter()
            .filter_map(|block| Some((block.calls, block.prompt_tokens?)))
            .collect();
        let calls: usize = known.iter().map(|(calls, _)| calls).sum();
        let tokens: u64 = known.iter().map(|(_, tokens)| tokens).sum();
        if calls == 0 {
            0
        } else {
            tokens * self.calls() as u64 / calls as u64
        }
    }
}

/// Plans a run of `flow` over `rows`. The blocks before the first request run as they would.
pub fn plan(flow: &Flow, rows: Vec<Row>, options: &RunOptions) -> Result<Plan, RunError> {
    let mut table = prepare(flow, rows, options, &mut Drops::default())?;
    let mut plan = Plan {
        rows: table.records.len(),
        ..Plan::default()
    };
    let mut cx = Context::default();
    let mut expected = table.records.len();
    let mut replies = false;
    for (position, step) in flow.steps.iter().enumerate() {
        cx.position = position + 1;
        cx.block = step.name.clone();
        match &step.kind {
            Kind::Chat(chat) => {
                let overrides = options.blocks.get(&*step.name).copied().unwrap_or_default();
                let n = overrides.n.or(options.n).unwrap_or(chat.n).max(1) as usize;
                let mut planned = PlannedCalls {
                    block: step.name.to_string(),
                    calls: expected * n,
                    prompt_tokens: None,
                };
                if !replies {
                    let prompts = chat.prompts(&table);
                    let bytes = |prompt: &Vec<TeacherMessage>| {
                        prompt
                            .iter()
                            .map(|message| message.content.len() as u64)
                            .sum::<u64>()
                    };
                    planned.prompt_tokens =
                        Some(prompts.iter().map(bytes).sum::<u64>() / 4 * n as u64);
                    let room = SHOWN_PROMPTS.saturating_sub(plan.prompts.len());
                    plan.prompts.extend(prompts.into_iter().take(room));
                }
                plan.blocks.push(planned);
                replies = true;
                expected *= n;
            }
            Kind::Other(block) if replies => expected *= block.expected_rows(),
            Kind::Prompt(_) if replies => {}
            Kind::Prompt(prompt) => {
                table = prompt
                    .run(table, &mut cx)
                    .map_err(|problem| failed(step, problem))?
            }
            Kind::Other(block) => {
                table = block
                    .run(table, &mut cx)
                    .map_err(|problem| failed(step, problem))?;
                expected = table.records.len();
            }
        }
    }
    Ok(plan)
}

fn failed(step: &crate::blocks::Step, problem: String) -> RunError {
    RunError::Block {
        block: step.name.to_string(),
        at: step.at.clone(),
        problem,
    }
}
