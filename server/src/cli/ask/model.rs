//! A model's answer on a terminal, word by word.

use parking_lot::Mutex;
use std::io::Write;

use assistant::ask::Sink;
use assistant::chat::{AnswerPart, Answered};

use crate::cli::output::{self, FAINT, PLACE, STRONG};
use crate::cli::search;

/// Prints the parts of a model's answer as they come. What the model thought is faint, and apart from the answer.
pub(super) struct Terminal {
    silent: bool,
    state: Mutex<State>,
}

struct State {
    thinking: bool,
    result: std::io::Result<()>,
}

impl Terminal {
    pub(super) fn new(silent: bool) -> Self {
        Terminal {
            silent,
            state: Mutex::new(State {
                thinking: false,
                result: Ok(()),
            }),
        }
    }

    /// Whether everything could be printed; nothing is printed after the first failure.
    pub(super) fn result(&self) -> std::io::Result<()> {
        let mut state = self.state.lock();
        std::mem::replace(&mut state.result, Ok(()))
    }
}

impl Sink for Terminal {
    fn model(&self, part: AnswerPart) {
        let mut state = self.state.lock();
        if !self.silent && state.result.is_ok() {
            state.result = write(&part, &mut state.thinking);
        }
    }

    /// An answer from the index is printed as a whole, in a form of its own.
    fn index(&self, _: AnswerPart) {}
}

fn write(part: &AnswerPart, thinking: &mut bool) -> std::io::Result<()> {
    let mut out = output::stdout();
    if !part.thinking.is_empty() {
        *thinking = true;
        write!(out, "{FAINT}{}{FAINT:#}", part.thinking)?;
    }
    if !part.markdown.is_empty() {
        if std::mem::take(thinking) {
            write!(out, "\n\n")?;
        }
        write!(out, "{}", output::markdown(&part.markdown))?;
    }
    out.flush()
}

/// What retrieval found for a model's answer, best first, with its scores.
pub(super) fn write_retrieved(out: &mut impl Write, answered: &Answered) -> std::io::Result<()> {
    writeln!(out, "\n{STRONG}Retrieved{STRONG:#}")?;
    for (_, hit) in &answered.hits {
        let (first, last) = (hit.lines.first + 1, hit.lines.last + 1);
        writeln!(
            out,
            "  {PLACE}{}#L{first}-L{last}{PLACE:#}   {FAINT}{}{FAINT:#}",
            hit.path,
            search::explain(&hit.scores)
        )?;
    }
    Ok(())
}
