//! Scene 2: proposals for new requirements, with the reasoning, from the skeleton of the project and representative code.

use std::sync::Arc;

use flows::{Dispatcher, Role, Sampling, TeacherMessage, TeacherRequest};
use grounding::View;
use repo_indexer::{Cancel, Cancelled, Snapshot};
use serde::Deserialize;

use super::chunks::{SceneChunk, chunk, chunks};
use super::skeleton::skeleton;
use super::{RawReply, Scene, ScenePlan, SceneRow, ask_in_order, reply};
use crate::gates::{AskedQuestions, DropReason, check_answer};
use crate::repository::Repository;
use crate::sample::{SampleSource, Split};

/// Pieces of code in one prompt.
const SNIPPETS: usize = 3;

/// Bytes of the skeleton in a prompt.
const MAX_SKELETON: usize = 6_000;

const INSTRUCTION: &str = "You write training data about the architecture of one code base. You are given the skeleton of the project and some \
of its code. Think of one realistic new requirement that fits this project, and propose how to meet it with the patterns that the project \
already has. Name existing modules, files and identifiers exactly as they are written, in backticks, and mark what would be new as new, \
without backticks. Reply with one JSON object and nothing else, with the keys \"requirement\", \"thinking_trace\", \"api_changes\", \
\"domain_model\", \"data_storage\" and \"workflow\". Each of the last four is a paragraph; if nothing changes there, say why.";

/// A proposal's prompt with what it is about.
pub struct Proposal {
    request: TeacherRequest,
    snippet: SceneChunk,
    given: String,
}

/// Returns the prompts for `count` proposals, each with other pieces of code. Nothing is asked.
pub fn scene2_plan(
    snapshot: &Snapshot,
    count: usize,
    cancel: &Cancel,
) -> Result<(Vec<Proposal>, ScenePlan), Cancelled> {
    let repository = Repository::read(snapshot, cancel)?;
    let skeleton = skeleton(snapshot).text(MAX_SKELETON);
    let all: Vec<SceneChunk> = chunks(&repository)
        .into_iter()
        // All of the code in a prompt may be in the proposal.
        .filter(|(file, _)| file.split == Split::Train)
        .take(count * SNIPPETS)
        .map(|(file, symbol)| chunk(file, symbol))
        .collect();
    let proposals: Vec<Proposal> = (0..if all.is_empty() { 0 } else { count })
        .map(|number| {
            let snippets: Vec<&SceneChunk> = (0..SNIPPETS)
                .map(|at| &all[(number * SNIPPETS + at) % all.len()])
                .collect();
            proposal(number, &skeleton, &snippets)
        })
        .collect();
    let requests: Vec<_> = proposals
        .iter()
        .map(|proposal| proposal.request.clone())
        .collect();
    Ok((proposals, ScenePlan::new(&requests)))
}

fn proposal(number: usize, skeleton: &str, snippets: &[&SceneChunk]) -> Proposal {
    let code: Vec<String> = snippets
        .iter()
        .map(|snippet| {
            format!(
                "`{}`\n\n{}",
                snippet.id,
                grounding::markdown::fence("", &snippet.text)
            )
        })
        .collect();
    let given = format!(
        "Project skeleton:\n\n{skeleton}\n\nRepresentative code:\n\n{}",
        code.join("\n")
    );
    // The number makes the prompts of two proposals with the same code differ.
    let question = format!(
        "{given}\nThis is proposal {}: choose a requirement that begins from the code above.",
        number + 1
    );
    Proposal {
        request: TeacherRequest {
            messages: vec![
                TeacherMessage {
                    role: Role::System,
                    content: INSTRUCTION.to_owned(),
                },
                TeacherMessage {
                    role: Role::User,
                    content: question,
                },
            ],
            sampling: Sampling {
                temperature: Some(0.8),
                max_tokens: Some(3072),
                ..Sampling::default()
            },
            n: 1,
        },
        snippet: snippets[0].clone(),
        given,
    }
}

#[derive(Deserialize)]
struct Parts {
    requirement: String,
    thinking_trace: String,
    api_changes: String,
    domain_model: String,
    data_storage: String,
    workflow: String,
}

/// Asks a teacher for proposals, in order. `done` is called after each reply.
pub async fn scene2(
    snapshot: &Arc<Snapshot>,
    proposals: &[Proposal],
    teacher: (&Dispatcher, &str),
    done: &(dyn Fn(usize) + Sync),
) -> Scene {
    let (dispatcher, model) = teacher;
    let requests = proposals
        .iter()
        .map(|proposal| proposal.request.clone())
        .collect();
    let replies = ask_in_order(dispatcher, requests, done).await;
    let views = [View {
        name: None,
        snapshot: snapshot.clone(),
    }];
    let mut scene = Scene::default();
    let mut asked = AskedQuestions::default();
    for (number, (proposal, replies)) in proposals.iter().zip(replies).enumerate() {
        let id = format!("proposal {}", number + 1);
        let replies = match replies {
            Ok(replies) => replies,
            Err(error) => {
                scene.failed.push(format!("{id}: {error}"));
                continue;
            }
        };
        let text = replies.first().map_or("", |reply| &reply.content);
        scene.raw.push(RawReply {
            id,
            reply: text.to_owned(),
        });
        let Some(parts) = reply::json::<Parts>(text) else {
            *scene.dropped.entry(DropReason::Unreadable).or_default() += 1;
            continue;
        };
        let sections = [
            &parts.api_changes,
            &parts.domain_model,
            &parts.data_storage,
            &parts.workflow,
        ];
        let complete = sections.iter().all(|section| !section.trim().is_empty());
        let answer = format!(
            "## API changes\n\n{}\n\n## Domain model\n\n{}\n\n## Data storage\n\n{}\n\n## Workflow\n\n{}\n",
            parts.api_changes.trim(),
            parts.domain_model.trim(),
            parts.data_storage.trim(),
            parts.workflow.trim()
        );
        let checked = if complete {
            [&parts.thinking_trace, &answer]
                .into_iter()
                .try_for_each(|text| check_answer(&views, text, &proposal.given).map(|_| ()))
        } else {
            Err(DropReason::Empty)
        };
        let row = SceneRow {
            question: parts.requirement,
            thinking_trace: parts.thinking_trace,
            answer,
            source: SampleSource {
                file: proposal.snippet.path.clone(),
                range: proposal.snippet.range,
                blob: String::new(),
            },
            teacher: Some(model.to_owned()),
        };
        scene.keep(row, checked, &mut asked);
    }
    scene
}
