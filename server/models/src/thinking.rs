//! Tells thoughts from the answer where an engine sends both as one text: `<think>…</think>`, and then the answer.
//!
//! Tags count at the very beginning only. An answer may well speak about tags.

use super::Event;

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

#[derive(Debug, Default)]
pub(super) struct Splitter {
    state: State,
    /// What cannot be told apart yet: it may be the beginning of a tag, or the space around one.
    held: String,
    /// Space after a thought that the engine took apart; it is passed on if the thought goes on.
    space: String,
    /// Whether such a thought has begun.
    thought: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing but white space has come.
    #[default]
    Start,
    /// Within the tags; no thought has come yet.
    Opened,
    Thinking,
    /// No word of the answer has come yet.
    Closed,
    Answer,
}

impl Splitter {
    /// A piece of the text that has both.
    pub fn text(&mut self, piece: &str, events: &mut impl Extend<Event>) {
        self.held.push_str(piece);
        while self.step(events) {}
    }

    /// A piece of what the engine itself knows for a thought. The text then has no tags.
    pub fn thought(&mut self, piece: &str, events: &mut impl Extend<Event>) {
        if self.state == State::Start {
            self.state = State::Closed;
        }
        self.space.push_str(piece);
        let sure = self.space.trim_end().len();
        if sure > 0 {
            let rest = self.space.split_off(sure);
            let thought = std::mem::replace(&mut self.space, rest);
            let thought = match self.thought {
                true => thought,
                false => thought.trim_start_matches(['\n', '\r']).to_owned(),
            };
            self.thought = true;
            events.extend([Event::Thinking(thought)]);
        }
    }

    /// Gives away what is still held: nothing follows that would make a tag of it.
    pub fn end(&mut self, events: &mut impl Extend<Event>) {
        let rest = std::mem::take(&mut self.held);
        let event = match self.state {
            // Space that no answer followed is nothing to be seen.
            State::Start | State::Opened | State::Closed if rest.trim().is_empty() => return,
            State::Opened | State::Thinking => Event::Thinking(rest),
            State::Start | State::Closed | State::Answer => Event::Text(rest),
        };
        if !matches!(&event, Event::Thinking(text) | Event::Text(text) if text.is_empty()) {
            events.extend([event]);
        }
    }

    /// Takes as much as can be told from what is held; whether to go on.
    fn step(&mut self, events: &mut impl Extend<Event>) -> bool {
        match self.state {
            State::Start => {
                let begun = self.held.trim_start();
                if let Some(rest) = begun.strip_prefix(OPEN) {
                    self.held = rest.to_owned();
                    self.state = State::Opened;
                } else if OPEN.starts_with(begun) {
                    return false;
                } else {
                    self.state = State::Closed;
                }
            }
            State::Opened | State::Closed => {
                let begun = self.held.trim_start_matches(['\n', '\r']);
                self.held = begun.to_owned();
                if self.held.is_empty() {
                    return false;
                }
                self.state = match self.state {
                    State::Opened => State::Thinking,
                    _ => State::Answer,
                };
            }
            State::Thinking => {
                if let Some((thought, rest)) = self.held.split_once(CLOSE) {
                    let (thought, rest) = (thought.trim_end().to_owned(), rest.to_owned());
                    self.held = rest;
                    self.state = State::Closed;
                    if !thought.is_empty() {
                        events.extend([Event::Thinking(thought)]);
                    }
                    return true;
                }
                let sure = sure_of(&self.held);
                if sure > 0 {
                    let rest = self.held.split_off(sure);
                    let thought = std::mem::replace(&mut self.held, rest);
                    events.extend([Event::Thinking(thought)]);
                }
                return false;
            }
            State::Answer => {
                let text = std::mem::take(&mut self.held);
                if !text.is_empty() {
                    events.extend([Event::Text(text)]);
                }
                return false;
            }
        }
        true
    }
}

/// How many bytes of a thought are neither the beginning of the tag that closes it nor the space before that.
fn sure_of(thought: &str) -> usize {
    let without_tag = (1..CLOSE.len())
        .rev()
        .find_map(|length| thought.strip_suffix(&CLOSE[..length]));
    without_tag.unwrap_or(thought).trim_end().len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Thoughts and text, each in one, of a text that comes in pieces.
    fn split<'p>(pieces: impl IntoIterator<Item = &'p str>) -> (String, String) {
        let (mut splitter, mut events) = (Splitter::default(), Vec::new());
        for piece in pieces {
            splitter.text(piece, &mut events);
        }
        splitter.end(&mut events);
        let (mut thoughts, mut text) = (String::new(), String::new());
        for event in events {
            match event {
                Event::Thinking(piece) => {
                    assert!(
                        !piece.is_empty() && text.is_empty(),
                        "{piece:?} after {text:?}"
                    );
                    thoughts.push_str(&piece);
                }
                Event::Text(piece) => {
                    assert!(!piece.is_empty());
                    text.push_str(&piece);
                }
                Event::Done(_) => panic!("the splitter knows no end"),
            }
        }
        (thoughts, text)
    }

    #[test]
    fn thoughts_are_told_from_the_answer() {
        for (whole, thoughts, text) in [
            ("plain", "", "plain"),
            ("", "", ""),
            ("<think>\nhm\n</think>\n\nyes", "hm", "yes"),
            ("\n <think>hm</think>yes", "hm", "yes"),
            // Thinking was off: the block is there, and empty.
            ("<think>\n\n</think>\n\nyes\n", "", "yes\n"),
            (
                "<think>a < b\n\n</thin> c</think>    code",
                "a < b\n\n</thin> c",
                "    code",
            ),
            // An answer about tags is an answer.
            (
                "It writes <think>x</think> first.",
                "",
                "It writes <think>x</think> first.",
            ),
            (
                "<think>a</think>then <think>b</think>",
                "a",
                "then <think>b</think>",
            ),
            ("<thinking>no</thinking>", "", "<thinking>no</thinking>"),
            // Cut short in the middle.
            ("<think>\nhm, let me", "hm, let me", ""),
            ("<think>hm</thi", "hm</thi", ""),
            ("<think>", "", ""),
            ("<thi", "", "<thi"),
            ("  \n", "", ""),
            ("\n\nyes", "", "yes"),
        ] {
            let expected = (thoughts.to_owned(), text.to_owned());
            assert_eq!(split([whole]), expected, "{whole:?}");
            let letters: Vec<String> = whole.chars().map(String::from).collect();
            assert_eq!(
                split(letters.iter().map(String::as_str)),
                expected,
                "{whole:?} by letters"
            );
        }
    }

    #[test]
    fn a_thought_is_passed_on_as_soon_as_it_is_sure() {
        let (mut splitter, mut events) = (Splitter::default(), Vec::new());
        for piece in ["<think>\none", " two <", "b>", " three"] {
            splitter.text(piece, &mut events);
        }
        let thought = |text: &str| Event::Thinking(text.to_owned());
        assert_eq!(
            events,
            [
                thought("one"),
                thought(" two"),
                thought(" <b>"),
                thought(" three")
            ]
        );
    }

    #[test]
    fn what_the_engine_took_apart_is_left_alone() {
        let (mut splitter, mut events) = (Splitter::default(), Vec::new());
        for thought in ["\n", "\nhm", "\n", "", "well", "\n"] {
            splitter.thought(thought, &mut events);
        }
        splitter.text("\n\n<think> is a tag", &mut events);
        splitter.end(&mut events);
        let expected = [
            Event::Thinking("hm".into()),
            Event::Thinking("\nwell".into()),
            Event::Text("<think> is a tag".into()),
        ];
        assert_eq!(events, expected);
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "<think>", "</think>", "<", "</", "think", ">", "\n", " ", "a", "é", "</think", "<thin", "let x = 1;",
                ]),
                0..12,
            ),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let whole = parts.concat();
            let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(whole.len() + 1)).collect();
            places.retain(|&place| whole.is_char_boundary(place));
            places.extend([0, whole.len()]);
            places.sort_unstable();
            let pieces = places.windows(2).map(|pair| &whole[pair[0]..pair[1]]);
            prop_assert_eq!(split(pieces), split([whole.as_str()]));
        }
    }
}
