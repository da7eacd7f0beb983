//! Progress on standard error: a bar on a terminal, else lines if the command is verbose, else nothing.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use repo_indexer::Progress;

use super::output;

/// A count is shown on a terminal only after this time.
const MIN_ELAPSED: Duration = Duration::from_millis(150);

pub(crate) struct Bar {
    bar: ProgressBar,
    action: String,
    noun: String,
    on_terminal: bool,
    verbose: bool,
    /// The last reported step, if not on a terminal: in hundredths for counts, in twentieths for bytes.
    reported: AtomicUsize,
}

impl Bar {
    /// Creates a bar that counts items. `action` is a participle, such as "Indexing".
    pub(crate) fn new(action: &str, noun: &str, verbose: bool) -> Self {
        let on_terminal = std::io::stderr().is_terminal();
        let target = if on_terminal {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let template = format!(
            "{action} {{human_pos}} of {{human_len}} {noun} {{wide_bar:.dim}} {{per_sec}} {{eta}}"
        );
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style.progress_chars("━━─"));
        }
        Bar {
            bar,
            action: action.to_lowercase(),
            noun: noun.to_owned(),
            on_terminal,
            verbose,
            reported: AtomicUsize::new(0),
        }
    }

    /// Creates a bar that counts bytes.
    pub(crate) fn bytes(action: &str, verbose: bool) -> Self {
        let bar = Bar::new(action, "", verbose);
        let template = format!(
            "{action} {{decimal_bytes}} of {{decimal_total_bytes}} {{wide_bar:.dim}} {{decimal_bytes_per_sec}} {{eta}}"
        );
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.bar.set_style(style.progress_chars("━━─"));
        }
        bar
    }

    /// Shows how many bytes are done.
    pub(crate) fn show_bytes(&self, done: u64, total: u64) {
        if self.on_terminal {
            self.bar.set_length(total);
            self.bar.set_position(done);
        } else if self.verbose && total > 0 {
            let twentieth = usize::try_from(u128::from(done) * 20 / u128::from(total)).unwrap_or(0);
            if self.reported.fetch_max(twentieth, Ordering::Relaxed) < twentieth {
                let (done, total) = (output::bytes(done), output::bytes(total));
                output::say(&format!("{} {done} of {total}", self.action));
            }
        }
    }

    /// Shows how many items are done. May be called from several threads.
    pub(crate) fn show(&self, Progress { done, total }: Progress) {
        if self.on_terminal {
            // Short operations show no bar, because it would only flicker.
            if self.bar.elapsed() > MIN_ELAPSED {
                self.bar.set_length(total as u64);
                self.bar.set_position(done as u64);
            }
        } else if self.verbose && total > 0 {
            let hundredth = done * 100 / total;
            if self.reported.fetch_max(hundredth, Ordering::Relaxed) < hundredth {
                output::say(&format!("{} {done} of {total} {}", self.action, self.noun));
            }
        }
    }

    /// Removes the bar from the terminal.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.clear();
    }
}
