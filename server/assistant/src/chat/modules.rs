//! Which module a requirement belongs to. A grammar restricts the model to the modules that exist.

use grounding::View;
use std::collections::HashMap;
use std::sync::Arc;

use futures::StreamExt;
use repo_indexer::{Cancel, IndexError, Module};

use super::chat_model::ChatModel;
use super::prompt::{self, ModuleLine};
use super::{sources, tokens};
use crate::answer::{self, Answer, first_line};
use models::{ChatMessage, Event, Grammar, ModelError, Priority, Request};
use settings::ModelSettings;
use trainer_bridge::Role;

/// Candidates in a prompt; in large workspaces the best ones by retrieval.
const MAX_CANDIDATES: usize = 64;
/// Maximum length of a module's description in the prompt, in characters.
const MAX_DESCRIPTION_LEN: usize = 160;
/// Maximum length of a module id in tokens.
const MAX_ID_TOKENS: usize = 96;

/// A module that a requirement may belong to.
#[derive(Debug, Clone, PartialEq)]
pub struct ModuleCandidate {
    pub root: usize,
    pub id: String,
    /// The module's best file by retrieval, if there is one.
    pub path: Option<Arc<str>>,
    /// The sum of its files' retrieval scores, relative to the best module, which has 1.
    pub score: f32,
}

/// Returns the candidates, the most likely first.
pub fn candidates(
    views: &[View],
    requirement: &str,
    cancel: &Cancel,
) -> Result<Vec<ModuleCandidate>, IndexError> {
    let hits = sources::retrieve(views, requirement, None, cancel)?;
    let mut worth: HashMap<(usize, String), (f32, Arc<str>)> = HashMap::new();
    for (root, hit) in &hits {
        let id = views[*root].snapshot.membership(&hit.path).id;
        let (sum, _) = worth
            .entry((*root, id))
            .or_insert_with(|| (0.0, hit.path.clone()));
        *sum += hit.scores.total;
    }
    let best = worth.values().map(|(sum, _)| *sum);
    let best = best.fold(f32::MIN_POSITIVE, f32::max);
    let mut all: Vec<ModuleCandidate> = Vec::new();
    for (root, view) in views.iter().enumerate() {
        for module in view.snapshot.modules() {
            let key = (root, module.id.clone());
            let found = worth.remove(&key);
            let (root, id) = key;
            all.push(ModuleCandidate {
                root,
                id,
                score: found.as_ref().map_or(0.0, |(sum, _)| sum / best),
                path: found.map(|(_, path)| path),
            });
        }
    }
    all.retain(|choice| !choice.id.is_empty());
    all.sort_by(|a, b| {
        let order = b.score.total_cmp(&a.score);
        order.then_with(|| (a.root, &a.id).cmp(&(b.root, &b.id)))
    });
    all.truncate(MAX_CANDIDATES);
    Ok(all)
}

/// Asks the model. Returns `None` with the generation if it named no candidate, which engines without grammars may do.
pub async fn choose(
    chat_model: &ChatModel,
    views: &[View],
    repository: &str,
    requirement: &str,
    candidates: &[ModuleCandidate],
    settings: &ModelSettings,
) -> Result<(Option<ModuleCandidate>, String), ModelError> {
    let request = request(views, repository, requirement, candidates, settings)?;
    let mut stream = chat_model.chat(request).await?;
    let mut reply = String::new();
    let mut generation = None;
    while let Some(event) = stream.next().await {
        match event? {
            Event::Text(text) => reply.push_str(&text),
            Event::Thinking(_) => {}
            Event::Done(finish) => generation = finish.generation,
        }
    }
    let generation = generation.unwrap_or_else(|| chat_model.label().to_owned());
    Ok((chosen(&reply, candidates).cloned(), generation))
}

/// The module that was found, and who chose it.
pub struct ModuleAnswer {
    pub choice: Option<ModuleCandidate>,
    /// The generation that chose; `None` if retrieval did.
    pub generation: Option<String>,
    /// Why the configured model did not choose.
    pub why: Option<String>,
    pub answer: Answer,
}

/// Returns the model's choice, otherwise retrieval's best candidate, if any. `chosen` is `None` if no model is set up.
pub fn module_answer(
    views: &[View],
    candidates: &[ModuleCandidate],
    chosen: Option<Result<(Option<ModuleCandidate>, String), String>>,
) -> ModuleAnswer {
    let best = || {
        candidates
            .first()
            .filter(|choice| choice.score > 0.0)
            .cloned()
    };
    let (choice, generation, why) = match chosen {
        Some(Ok((Some(choice), generation))) => (Some(choice), Some(generation), None),
        Some(Ok((None, generation))) => {
            let why = format!("{generation} named no module of this workspace");
            (best(), None, Some(why))
        }
        Some(Err(why)) => (best(), None, Some(why)),
        None => (best(), None, None),
    };
    let named = choice.as_ref();
    let named = named.map(|choice| (choice.root, choice.id.as_str(), choice.path.as_ref()));
    let answer = answer::module_of_requirement(views, named, candidates.len());
    let answer = answer.with_reason(match (&generation, &why) {
        (Some(generation), _) => format!("chosen by {generation}"),
        (None, Some(why)) => format!("the model did not answer: {why}"),
        (None, None) => "by what its files are worth to a search".to_owned(),
    });
    ModuleAnswer {
        choice,
        generation,
        why,
        answer,
    }
}

fn request(
    views: &[View],
    repository: &str,
    requirement: &str,
    candidates: &[ModuleCandidate],
    settings: &ModelSettings,
) -> Result<Request, ModelError> {
    let module = |choice: &ModuleCandidate| -> Option<&Module> {
        views.get(choice.root)?.snapshot.module(&choice.id)
    };
    let mut room = settings
        .context_tokens
        .saturating_sub(MAX_ID_TOKENS + tokens::estimate(requirement) + 256);
    let mut lines = Vec::new();
    for choice in candidates {
        let description = module(choice)
            .map(|m| m.description.as_str())
            .unwrap_or_default();
        let description = first_line(description, MAX_DESCRIPTION_LEN);
        let cost = tokens::estimate(&choice.id) + tokens::estimate(&description) + 4;
        if cost > room {
            break;
        }
        room -= cost;
        lines.push(ModuleLine {
            id: choice.id.clone(),
            description,
        });
    }
    if lines.is_empty() {
        let why = "the requirement takes up the tokens of `model.context_tokens`; shorten it, or raise that";
        return Err(ModelError::EngineFailed(why.to_owned()));
    }
    let grammar = grammar(lines.iter().map(|line| line.id.as_str()));
    let message = |role, content: String| ChatMessage { role, content };
    Ok(Request {
        model: String::new(),
        messages: vec![
            message(Role::System, prompt::system(repository)),
            message(Role::User, prompt::module(requirement, &lines)),
        ],
        max_tokens: MAX_ID_TOKENS,
        temperature: 0.0,
        thinking: false,
        grammar: Some(grammar),
        priority: Priority::Chat,
    })
}

/// A Lark grammar for one of the ids and the end of the turn. Without that end, an id that is a prefix of another could not be chosen.
fn grammar<'a>(ids: impl Iterator<Item = &'a str>) -> Grammar {
    let mut seen: Vec<String> = Vec::new();
    for id in ids {
        // Lark strings are quoted as in JSON.
        let quoted = serde_json::Value::from(id).to_string();
        if !seen.contains(&quoted) {
            seen.push(quoted);
        }
    }
    Grammar(format!("start: ({}) <|im_end|>", seen.join(" | ")))
}

/// Returns the candidate that the reply consists of, or the only one that it mentions.
fn chosen<'c>(text: &str, candidates: &'c [ModuleCandidate]) -> Option<&'c ModuleCandidate> {
    let text = text.trim().trim_matches(['`', '"', '.', '*']);
    let exact = candidates.iter().find(|choice| choice.id == text);
    exact.or_else(|| {
        let words: Vec<&str> = text
            .split(|c: char| c.is_whitespace() || "`\"*,;()".contains(c))
            .map(|word| word.trim_end_matches(['.', ':']))
            .collect();
        let mut named = candidates.iter().filter(|c| words.contains(&c.id.as_str()));
        named.next().filter(|_| named.next().is_none())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_exists_can_be_chosen() {
        let choice = |id: &str| ModuleCandidate {
            root: 0,
            id: id.to_owned(),
            score: 0.0,
            path: None,
        };
        let candidates = [choice("hir"), choice("hir-def"), choice("crate::a")];
        for (text, id) in [
            ("hir", Some("hir")),
            (" `hir-def`.\n", Some("hir-def")),
            ("It belongs to `crate::a`.", Some("crate::a")),
            ("Either hir or hir-def.", None),
            ("hirn", None),
            ("", None),
        ] {
            let found = chosen(text, &candidates).map(|c| c.id.as_str());
            assert_eq!(found, id, "{text}");
        }
    }

    #[test]
    fn a_grammar_ends_the_turn_and_quotes_what_it_must() {
        let grammar = grammar(["hir", "hir-def", "a\"b\\", "hir"].into_iter());
        assert_eq!(
            grammar.0,
            r#"start: ("hir" | "hir-def" | "a\"b\\") <|im_end|>"#
        );
    }
}
