//! Separates reasoning from the answer where an engine sends both as one text: `<think>…</think>` followed by the answer.
//!
//! Only a tag at the very beginning is recognized, because an answer may contain tags as text.

use super::Event;

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

#[derive(Debug, Default)]
pub(super) struct Splitter {
    state: State,
    /// Text that cannot be classified yet: it may be the beginning of a tag, or white space around one.
    held: String,
    /// Trailing white space of `reasoning_content`; it is emitted only if more reasoning follows.
    space: String,
    /// Whether any `reasoning_content` was emitted.
    thought: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Only white space was received.
    #[default]
    Start,
    /// After the opening tag, before any reasoning.
    Opened,
    Thinking,
    /// After the closing tag, before the answer.
    Closed,
    Answer,
}

impl Splitter {
    /// Adds text that may contain reasoning and the answer.
    pub fn text(&mut self, piece: &str, events: &mut impl Extend<Event>) {
        self.held.push_str(piece);
        while self.step(events) {}
    }

    /// Adds reasoning that the engine itself separated. The text is then assumed to have no tags.
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

    /// Emits the held text at the end of the stream.
    pub fn end(&mut self, events: &mut impl Extend<Event>) {
        let rest = std::mem::take(&mut self.held);
        let event = match self.state {
            // White space that no answer follows is dropped.
            State::Start | State::Opened | State::Closed if rest.trim().is_empty() => return,
            State::Opened | State::Thinking => Event::Thinking(rest),
            State::Start | State::Closed | State::Answer => Event::Text(rest),
        };
        if !matches!(&event, Event::Thinking(text) | Event::Text(text) if text.is_empty()) {
            events.extend([event]);
        }
    }

    /// Classifies as much of the held text as possible. Returns whether to call it again.
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

/// Returns how many bytes of `thought` are certainly neither the beginning of the closing tag nor white space before it.
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

    /// Returns the concatenated reasoning and text of an input that arrives in pieces.
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
                Event::Done(_) => panic!("the splitter never emits Done"),
            }
        }
        (thoughts, text)
    }

    #[test]
    fn separates_reasoning_from_the_answer() {
        for (whole, thoughts, text) in [
            ("plain", "", "plain"),
            ("", "", ""),
            ("<think>\nhm\n</think>\n\nyes", "hm", "yes"),
            ("\n <think>hm</think>yes", "hm", "yes"),
            // With reasoning disabled, the block is present but empty.
            ("<think>\n\n</think>\n\nyes\n", "", "yes\n"),
            (
                "<think>a < b\n\n</thin> c</think>    code",
                "a < b\n\n</thin> c",
                "    code",
            ),
            // An answer may contain tags as text.
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
            // Truncated input.
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
    fn emits_reasoning_as_soon_as_it_is_unambiguous() {
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
    fn keeps_reasoning_that_the_engine_separated() {
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
        fn result_does_not_depend_on_chunk_boundaries(
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
