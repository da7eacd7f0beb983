//! Replay against forgetting: the base model's own answers to general prompts, mixed into what it learns about a repository.
//!
//! The prompts are a fixed list, so nothing is downloaded. A model that trains on its own answers to them is held where it was, which loses less
//! than answers of another model (self-distillation, arXiv 2601.19897).

use flows::{AskError, Dispatcher, Role as TeacherRole, Sampling, TeacherMessage, TeacherRequest};

use crate::curate::content_id;
use crate::sample::{CitedLines, Message, Metadata, Role, Sample, SampleSource};
use crate::scenes::ask_in_order;
use crate::split_of;

/// Returns the prompts with the group that each belongs to.
pub fn replay_prompts() -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut group = "";
    include_str!("prompts.txt")
        .lines()
        .skip(1)
        .filter_map(move |line| match line.strip_prefix('#') {
            Some(name) => {
                group = name.trim();
                None
            }
            None => (!line.trim().is_empty()).then_some((group, line.trim())),
        })
}

/// Asks the base model the first `count` prompts, taken in turn from all groups. Fails with the first error: replay that lacks a part would
/// shift the mixture without anybody noticing.
pub async fn replay_samples(
    base: &Dispatcher,
    model: &str,
    count: usize,
) -> Result<Vec<Sample>, AskError> {
    let prompts: Vec<_> = in_turn().into_iter().take(count).collect();
    let request = |prompt: &str| TeacherRequest {
        messages: vec![TeacherMessage {
            role: TeacherRole::User,
            content: prompt.to_owned(),
        }],
        sampling: Sampling {
            temperature: Some(0.0),
            max_tokens: Some(512),
            ..Sampling::default()
        },
        n: 1,
    };
    let requests = prompts.iter().map(|(_, prompt)| request(prompt)).collect();
    let answers = ask_in_order(base, requests, &|_| {}).await;
    let mut samples = Vec::new();
    for ((group, prompt), replies) in prompts.into_iter().zip(answers) {
        let replies = replies?;
        let reply = replies
            .first()
            .filter(|reply| !reply.content.trim().is_empty());
        samples.extend(reply.map(|reply| sample(model, group, prompt, reply.clone())));
    }
    Ok(samples)
}

/// The prompts, one of each group after the other.
fn in_turn() -> Vec<(&'static str, &'static str)> {
    let mut groups: Vec<Vec<(&str, &str)>> = Vec::new();
    for (group, prompt) in replay_prompts() {
        match groups.last_mut().filter(|known| known[0].0 == group) {
            Some(known) => known.push((group, prompt)),
            None => groups.push(vec![(group, prompt)]),
        }
    }
    let longest = groups.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest)
        .flat_map(|at| {
            groups
                .iter()
                .filter_map(move |group| group.get(at))
                .copied()
                .collect::<Vec<_>>()
        })
        .collect()
}

fn sample(model: &str, group: &str, prompt: &str, reply: flows::Reply) -> Sample {
    Sample {
        metadata: Metadata {
            id: content_id(prompt, &reply.content),
            kind: "replay".to_owned(),
            source: SampleSource {
                file: String::new(),
                range: CitedLines { first: 0, last: 0 },
                blob: String::new(),
            },
            flow: format!("replay: {group}"),
            teacher: Some(model.to_owned()),
            split: split_of(prompt),
            grounded: false,
            interactions: Vec::new(),
            signal: None,
        },
        messages: vec![
            Message {
                role: Role::User,
                content: prompt.to_owned(),
                reasoning_content: None,
            },
            Message {
                role: Role::Assistant,
                content: reply.content,
                reasoning_content: reply.reasoning,
            },
        ],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use std::sync::Arc;

    use flows::{Limits, Reply, Teacher, TeacherError};
    use futures::FutureExt;
    use futures::future::BoxFuture;

    use super::*;

    struct Echo;

    impl Teacher for Echo {
        fn model(&self) -> &str {
            "echo"
        }

        fn ask<'a>(
            &'a self,
            request: &'a TeacherRequest,
        ) -> BoxFuture<'a, Result<Vec<Reply>, TeacherError>> {
            let content = format!("About: {}", request.messages[0].content);
            async move {
                Ok(vec![Reply {
                    content,
                    reasoning: None,
                    truncated: false,
                }])
            }
            .boxed()
        }
    }

    #[test]
    fn there_are_two_hundred_different_prompts_of_five_groups() {
        let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
        let mut different = BTreeSet::new();
        for (group, prompt) in replay_prompts() {
            *groups.entry(group).or_default() += 1;
            assert!(different.insert(prompt), "{prompt}");
        }
        assert!(different.len() >= 200, "{}", different.len());
        assert_eq!(groups.len(), 5, "{groups:?}");
    }

    #[test]
    fn all_groups_are_in_a_small_replay_in_a_fixed_order() {
        let ask = || {
            let dispatcher = Dispatcher::new(Arc::new(Echo), None, Limits::default());
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build()
                .unwrap();
            runtime
                .block_on(replay_samples(&dispatcher, "echo", 10))
                .unwrap()
        };
        let samples = ask();
        assert_eq!(samples, ask());
        let groups: BTreeSet<_> = samples
            .iter()
            .map(|sample| sample.metadata.flow.as_str())
            .collect();
        assert_eq!((samples.len(), groups.len()), (10, 5));
    }
}
