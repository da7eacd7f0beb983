//! A progress bar on a terminal; lines in the log where there is none and they were asked for; silence otherwise.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use repo_indexer::Progress;

use super::output;

pub(crate) struct Bar {
    bar: ProgressBar,
    what: String,
    on_terminal: bool,
    verbose: bool,
    /// The hundredth that was last reported off the terminal.
    reported: AtomicUsize,
}

impl Bar {
    /// `what` is a participle: "Indexing".
    pub(crate) fn new(what: &str, noun: &str, verbose: bool) -> Self {
        let on_terminal = std::io::stderr().is_terminal();
        let target = if on_terminal {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let template =
            format!("{what} {{human_pos}} of {{human_len}} {noun} {{wide_bar:.dim}} {{eta}}");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style.progress_chars("━━─"));
        }
        Bar {
            bar,
            what: what.to_lowercase(),
            on_terminal,
            verbose,
            reported: AtomicUsize::new(0),
        }
    }

    /// For sizes, in bytes.
    pub(crate) fn bytes(what: &str, verbose: bool) -> Self {
        let bar = Bar::new(what, "", verbose);
        let template = format!(
            "{what} {{decimal_bytes}} of {{decimal_total_bytes}} {{wide_bar:.dim}} {{decimal_bytes_per_sec}} {{eta}}"
        );
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.bar.set_style(style.progress_chars("━━─"));
        }
        bar
    }

    pub(crate) fn show_bytes(&self, done: u64, total: u64) {
        if self.on_terminal {
            self.bar.set_length(total);
            self.bar.set_position(done);
        } else if self.verbose && total > 0 {
            let twentieth = usize::try_from(u128::from(done) * 20 / u128::from(total)).unwrap_or(0);
            if self.reported.fetch_max(twentieth, Ordering::Relaxed) < twentieth {
                let (done, total) = (output::bytes(done), output::bytes(total));
                output::say(&format!("{} {done} of {total}", self.what));
            }
        }
    }

    /// Called from several threads.
    pub(crate) fn show(&self, Progress { done, total }: Progress) {
        if self.on_terminal {
            // A bar that flashes up and is gone says nothing.
            if self.bar.elapsed() > Duration::from_millis(150) {
                self.bar.set_length(total as u64);
                self.bar.set_position(done as u64);
            }
        } else if self.verbose && total > 0 {
            let hundredth = done * 100 / total;
            if self.reported.fetch_max(hundredth, Ordering::Relaxed) < hundredth {
                output::say(&format!("indexing {done} of {total} files"));
            }
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
