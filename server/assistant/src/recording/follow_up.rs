//! Detects questions that show that the previous answer failed.

use parking_lot::Mutex;
use std::collections::HashSet;

/// Number of conversations that are kept.
const MAX_CONVERSATIONS: usize = 32;
/// Questions with at least this Jaccard similarity of their words count as the same.
const MIN_SIMILARITY: f64 = 0.6;
/// Objections at the start of a question. They count only if punctuation or the end follows: "incorrect limit" is a subject.
const OBJECTIONS: [&str; 9] = [
    "no",
    "nope",
    "wrong",
    "incorrect",
    "that is wrong",
    "that's wrong",
    "this is wrong",
    "that is not it",
    "that's not it",
];
/// Words without a topic.
const STOP_WORDS: [&str; 22] = [
    "a", "an", "and", "are", "can", "do", "does", "how", "i", "in", "is", "it", "me", "of",
    "please", "so", "the", "to", "what", "where", "which", "why",
];

/// The last question of each conversation.
#[derive(Debug, Default)]
pub struct FollowUps {
    /// Conversation id, question and interaction id; the most recent one is last.
    recent: Mutex<Vec<(String, String, String)>>,
}

impl FollowUps {
    /// Stores an answered question. Returns the previous interaction if this question shows that its answer failed.
    pub fn ask(&self, conversation: &str, question: &str, interaction: &str) -> Option<String> {
        let mut recent = self.recent.lock();
        let before = recent.iter().position(|(known, ..)| known == conversation);
        let before = before.map(|at| recent.remove(at));
        if recent.len() == MAX_CONVERSATIONS {
            recent.remove(0);
        }
        recent.push((
            conversation.to_owned(),
            question.to_owned(),
            interaction.to_owned(),
        ));
        let (_, asked, failed) = before?;
        shows_failure(&asked, question).then_some(failed)
    }
}

fn shows_failure(before: &str, question: &str) -> bool {
    let question = question.trim().to_lowercase();
    let objects = |start: &&str| {
        let rest = question.strip_prefix(*start);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([',', '.', '!', ';', ':']))
    };
    if OBJECTIONS.iter().any(objects) {
        return true;
    }
    let before = before.to_lowercase();
    let all = |text: &str| {
        text.split_whitespace()
            .map(|word| word.trim_matches(['?', '.', '!']))
            .collect::<String>()
    };
    if all(&before) == all(&question) {
        return true;
    }
    let (a, b) = (words(&before), words(&question));
    // A single different word may be the topic.
    let again = a.is_subset(&b) || b.is_subset(&a);
    let (both, either) = (a.intersection(&b).count(), a.union(&b).count());
    again && both > 0 && both as f64 / either as f64 >= MIN_SIMILARITY
}

fn words(text: &str) -> HashSet<&str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty() && !STOP_WORDS.contains(word))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_again_shows_that_the_answer_failed() {
        for (before, question, failed) in [
            (
                "Where are segments merged?",
                "where are segments merged",
                true,
            ),
            (
                "Where are segments merged?",
                "So where are the segments merged?",
                true,
            ),
            (
                "Where are segments merged?",
                "No, the function that merges",
                true,
            ),
            ("Where are segments merged?", "That's not it.", true),
            (
                "where is connect_store defined",
                "where is close_store defined",
                false,
            ),
            (
                "Who checks the limit?",
                "Incorrect limit: who raises the error?",
                false,
            ),
            ("Who checks the limit?", "wrong!", true),
            ("Where are segments merged?", "And who calls it?", false),
            (
                "Where are segments merged?",
                "Where is the log written?",
                false,
            ),
            ("Where are segments merged?", "Now show the tests", false),
        ] {
            assert_eq!(shows_failure(before, question), failed, "{question}");
        }
    }

    #[test]
    fn only_the_question_before_in_the_same_conversation_counts() {
        let asked = FollowUps::default();
        assert_eq!(asked.ask("a", "where is it?", "1"), None);
        assert_eq!(asked.ask("b", "where is it?", "2"), None);
        assert_eq!(asked.ask("a", "where is it", "3").as_deref(), Some("1"));
        assert_eq!(asked.ask("a", "thanks", "4"), None);
        assert_eq!(asked.ask("a", "where is it", "5"), None);
    }
}
