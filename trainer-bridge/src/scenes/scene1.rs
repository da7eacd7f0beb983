//! Scene 1: questions about business logic, with the reasoning and the answer, from chunks of code.

use std::sync::Arc;

use flows::{Dispatcher, Role, Sampling, TeacherMessage, TeacherRequest};
use grounding::View;
use repo_indexer::{Cancel, Cancelled, Snapshot};
use serde::Deserialize;

use super::chunks::{SceneChunk, chunk, chunks};
use super::{RawReply, Scene, ScenePlan, SceneRow, ask_in_order, derived, reply};
use crate::facts::{Context, Subject};
use crate::gates::{AskedQuestions, DropReason, check_answer, redact};
use crate::repository::Repository;
use crate::sample::SampleSource;

/// The chunks of scene 1 and what they would ask.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scene1Plan {
    pub chunks: Vec<SceneChunk>,
    pub plan: ScenePlan,
}

const INSTRUCTION: &str = "You write training data about one code base. You are given a piece of its code. \
Write questions that a developer or a product owner would ask about the behaviour of this code: what happens in which case, why it is done \
so, what the rules are. Do not ask for line numbers, and do not ask what the name of something is. Answer only from the code that is shown, \
name identifiers exactly as they are written, in backticks, and cite the place that is given. \
Reply with a JSON list and nothing else, each entry with the keys \"question\", \"thinking_trace\" and \"answer\". The thinking trace says step \
by step which parts of the code lead to the answer.";

/// The longest reply: entries with a trace and an answer of a few sentences each, and a reasoning model's thoughts before them.
const BASE_TOKENS: u32 = 1_500;
const TOKENS_PER_ENTRY: u32 = 500;

fn request(chunk: &SceneChunk, qa_count: usize) -> TeacherRequest {
    let question = format!(
        "Place: `{}`\nName: `{}`\nModule: `{}`\n\n{}\nWrite {qa_count} entries.",
        chunk.id,
        chunk.name,
        chunk.module,
        grounding::markdown::fence("", &chunk.text),
    );
    TeacherRequest {
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
            temperature: Some(0.7),
            max_tokens: Some(BASE_TOKENS + TOKENS_PER_ENTRY * qa_count as u32),
            ..Sampling::default()
        },
        n: 1,
    }
}

/// Returns the first `limit` chunks, and what scene 1 would ask about them. Nothing is asked.
pub fn scene1_plan(
    snapshot: &Snapshot,
    limit: usize,
    qa_count: usize,
    cancel: &Cancel,
) -> Result<Scene1Plan, Cancelled> {
    let repository = Repository::read(snapshot, cancel)?;
    let chunks: Vec<SceneChunk> = chunks(&repository)
        .into_iter()
        .take(limit)
        .map(|(file, symbol)| chunk(file, symbol))
        .collect();
    let requests: Vec<_> = chunks
        .iter()
        .map(|chunk| request(chunk, qa_count))
        .collect();
    Ok(Scene1Plan {
        plan: ScenePlan::new(&requests),
        chunks,
    })
}

/// Derives scene 1 from the index, up to `qa_count` rows for each of `limit` chunks.
pub fn scene1_derived(
    snapshot: &Arc<Snapshot>,
    limit: usize,
    qa_count: usize,
    cancel: &Cancel,
) -> Result<Scene, Cancelled> {
    let repository = Repository::read(snapshot, cancel)?;
    let context = Context::new(&repository);
    let views = [View {
        name: None,
        snapshot: snapshot.clone(),
    }];
    let mut scene = Scene::default();
    let mut asked = AskedQuestions::default();
    for (file, symbol) in chunks(&repository).into_iter().take(limit) {
        cancel.check()?;
        let Some(name) = repository.reference(symbol) else {
            continue;
        };
        let subject = Subject { file, symbol, name };
        for row in derived::rows(&context, &subject, qa_count) {
            let checked = check_answer(&views, &row.answer, file.lines(symbol.lines))
                .and_then(|_| check_answer(&views, &row.thinking_trace, file.lines(symbol.lines)));
            scene.keep(row, checked.map(|_| ()), &mut asked);
        }
    }
    Ok(scene)
}

#[derive(Deserialize)]
struct Entry {
    question: String,
    thinking_trace: String,
    answer: String,
}

/// Asks a teacher about chunks. Rows come in the order of the chunks, whatever the order of the replies. `done` is called after each reply.
pub async fn scene1(
    snapshot: &Arc<Snapshot>,
    chunks: &[SceneChunk],
    qa_count: usize,
    teacher: (&Dispatcher, &str),
    done: &(dyn Fn(usize) + Sync),
) -> Scene {
    let (dispatcher, model) = teacher;
    let requests = chunks
        .iter()
        .map(|chunk| request(chunk, qa_count))
        .collect();
    let replies = ask_in_order(dispatcher, requests, done).await;
    let views = [View {
        name: None,
        snapshot: snapshot.clone(),
    }];
    let mut scene = Scene::default();
    let mut asked = AskedQuestions::default();
    for (chunk, replies) in chunks.iter().zip(replies) {
        let replies = match replies {
            Ok(replies) => replies,
            Err(error) => {
                scene.failed.push(format!("{}: {error}", chunk.id));
                continue;
            }
        };
        let text = replies.first().map_or("", |reply| &reply.content);
        scene.raw.push(RawReply {
            id: chunk.id.clone(),
            reply: text.to_owned(),
        });
        let Some(entries) = reply::json::<Vec<Entry>>(text) else {
            *scene.dropped.entry(DropReason::Unreadable).or_default() += 1;
            continue;
        };
        for entry in entries.into_iter().take(qa_count) {
            // Names in the question and in the reasoning are claims, too: only the code counts as known.
            let checked = [&entry.question, &entry.thinking_trace, &entry.answer]
                .into_iter()
                .try_for_each(|text| check_answer(&views, text, &chunk.text).map(|_| ()));
            let row = SceneRow {
                question: entry.question,
                thinking_trace: entry.thinking_trace,
                answer: entry.answer,
                source: SampleSource {
                    file: chunk.path.clone(),
                    range: chunk.range,
                    blob: String::new(),
                },
                teacher: Some(model.to_owned()),
            };
            scene.keep(row, checked, &mut asked);
        }
    }
    scene
}

impl Scene {
    /// Keeps a row if it passed, has all its parts, and asks something new.
    pub(super) fn keep(
        &mut self,
        row: SceneRow,
        checked: Result<(), DropReason>,
        asked: &mut AskedQuestions,
    ) {
        let empty = [&row.question, &row.thinking_trace, &row.answer]
            .iter()
            .any(|text| text.trim().is_empty());
        let has_secret = [&row.question, &row.thinking_trace, &row.answer]
            .iter()
            .any(|text| redact(&mut text.to_string()) > 0);
        let reason = match checked {
            Err(reason) => Some(reason),
            Ok(()) if empty => Some(DropReason::Empty),
            Ok(()) if has_secret => Some(DropReason::Secret),
            Ok(()) if !asked.insert(&row.question) => Some(DropReason::Duplicate),
            Ok(()) => None,
        };
        match reason {
            Some(reason) => *self.dropped.entry(reason).or_default() += 1,
            None => self.rows.push(row),
        }
    }
}
