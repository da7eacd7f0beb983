//! Two scenes for supervised fine-tuning: questions about business logic, and proposals for the architecture.
//!
//! Files have the names of the codebase data factory that this follows, so that its users find them. Scene 1 can be derived from the index;
//! scene 2 invents requirements, which needs a teacher.

mod chunks;
mod derived;
mod reply;
mod scene1;
mod scene2;
mod skeleton;
mod write;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use flows::{AskError, Dispatcher, Reply, TeacherRequest};
use futures::StreamExt;
use serde::{Deserialize, Serialize};

pub use chunks::SceneChunk;
pub use scene1::{Scene1Plan, scene1, scene1_derived, scene1_plan};
pub use scene2::{scene2, scene2_plan};
pub use skeleton::{Skeleton, SkeletonModule, skeleton};
pub use write::{SceneFiles, write_scene};

use crate::gates::Drops;
use crate::sample::SampleSource;

/// One row of a scene.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SceneRow {
    pub question: String,
    pub thinking_trace: String,
    pub answer: String,
    pub source: SampleSource,
    /// The model that wrote it; `None` if it follows from the index.
    pub teacher: Option<String>,
}

/// The rows of a scene, and what was dropped.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scene {
    pub rows: Vec<SceneRow>,
    /// Replies of the teacher as they came, for `scene1_raw.jsonl` and `scene2_raw.jsonl`.
    pub raw: Vec<RawReply>,
    pub dropped: Drops,
    /// Requests that failed after all attempts, with the reason of each.
    pub failed: Vec<String>,
}

/// A reply before it was parsed and checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawReply {
    /// The chunk, or the number of the proposal.
    pub id: String,
    pub reply: String,
}

/// Asks a teacher several things, and returns the answers in the order of the requests, whatever the order of the replies. An answer that was
/// cut off is an error. `done` is called with the number of answers so far.
pub(crate) async fn ask_in_order(
    dispatcher: &Dispatcher,
    requests: Vec<TeacherRequest>,
    done: &(dyn Fn(usize) + Sync),
) -> Vec<Result<Arc<Vec<Reply>>, AskError>> {
    let answered = AtomicUsize::new(0);
    let ask = |request: TeacherRequest| {
        let answered = &answered;
        async move {
            let answer = match dispatcher.ask(&request, 0).await {
                Ok(replies) if replies.first().is_some_and(|reply| reply.truncated) => {
                    Err(AskError::Truncated)
                }
                answer => answer,
            };
            done(answered.fetch_add(1, Ordering::Relaxed) + 1);
            answer
        }
    };
    let asked = futures::stream::iter(requests).map(ask);
    asked
        .buffered(dispatcher.limits().in_flight.max(1))
        .collect()
        .await
}

/// What a scene would ask.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ScenePlan {
    pub calls: usize,
    /// Estimated by four bytes a token.
    pub prompt_tokens: u64,
    /// Whole prompts of the first calls.
    pub prompts: Vec<Vec<flows::TeacherMessage>>,
}

impl ScenePlan {
    fn new(requests: &[flows::TeacherRequest]) -> Self {
        let bytes = |request: &flows::TeacherRequest| -> u64 {
            request
                .messages
                .iter()
                .map(|message| message.content.len() as u64)
                .sum()
        };
        ScenePlan {
            calls: requests.len(),
            prompt_tokens: requests.iter().map(bytes).sum::<u64>() / 4,
            prompts: requests
                .iter()
                .take(2)
                .map(|request| request.messages.clone())
                .collect(),
        }
    }
}
