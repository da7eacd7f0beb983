//! Who is answered next. What somebody waits for goes before what nobody waits for; within each, first come, first served.
//!
//! Knows nothing of models.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::model::Priority;

/// The line in front of one engine.
pub(crate) struct Queue(Mutex<State>);

struct State {
    free: usize,
    chat: VecDeque<oneshot::Sender<Turn>>,
    background: VecDeque<oneshot::Sender<Turn>>,
}

/// The right to use the engine, until it is dropped.
pub(crate) struct Turn(Option<Arc<Queue>>);

impl Queue {
    /// A queue that lets through so many at once.
    pub(crate) fn new(at_once: usize) -> Arc<Self> {
        Arc::new(Queue(Mutex::new(State {
            free: at_once,
            chat: VecDeque::new(),
            background: VecDeque::new(),
        })))
    }

    /// Waits for a turn. Whoever drops this leaves the queue.
    pub(crate) async fn enter(self: &Arc<Self>, priority: Priority) -> Turn {
        let turn = {
            let mut state = self.state();
            if state.free > 0 {
                state.free -= 1;
                return Turn(Some(self.clone()));
            }
            let (sender, turn) = oneshot::channel();
            match priority {
                Priority::Chat => state.chat.push_back(sender),
                Priority::Background => state.background.push_back(sender),
            }
            turn
        };
        // A sender is only dropped after it was used, so this waits until it is.
        turn.await.unwrap_or(Turn(None))
    }

    /// How many wait.
    #[cfg(test)]
    fn waiting(&self) -> usize {
        let state = self.state();
        let both = state.chat.iter().chain(&state.background);
        both.filter(|sender| !sender.is_closed()).count()
    }

    fn release(self: Arc<Self>) {
        loop {
            let next = {
                let mut state = self.state();
                match state
                    .chat
                    .pop_front()
                    .or_else(|| state.background.pop_front())
                {
                    Some(next) => next,
                    None => {
                        state.free += 1;
                        return;
                    }
                }
            };
            match next.send(Turn(Some(self.clone()))) {
                Ok(()) => return,
                // Whoever waited has left; their turn must not give itself back while it is dropped.
                Err(mut unused) => unused.0 = None,
            }
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(queue) = self.0.take() {
            queue.release();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use futures::future::BoxFuture;

    use super::*;

    /// Enters, and waits if it must.
    fn enter(queue: &Arc<Queue>, priority: Priority) -> BoxFuture<'static, Turn> {
        let queue = queue.clone();
        let mut waiting = async move { queue.enter(priority).await }.boxed();
        assert!(
            (&mut waiting).now_or_never().is_none(),
            "somebody has the turn"
        );
        waiting
    }

    #[test]
    fn chat_goes_first_and_each_kind_in_its_order() {
        let queue = Queue::new(1);
        let first = queue.enter(Priority::Background).now_or_never().unwrap();
        let mut order = vec![
            ("background 1", enter(&queue, Priority::Background)),
            ("chat 1", enter(&queue, Priority::Chat)),
            ("background 2", enter(&queue, Priority::Background)),
            ("chat 2", enter(&queue, Priority::Chat)),
        ];
        drop(first);
        let mut served = Vec::new();
        while !order.is_empty() {
            let ready: Vec<_> = order
                .iter_mut()
                .map(|(_, turn)| turn.now_or_never())
                .collect();
            let at: Vec<_> = ready
                .iter()
                .enumerate()
                .filter(|(_, turn)| turn.is_some())
                .collect();
            assert_eq!(at.len(), 1, "one at a time");
            served.push(order.remove(at[0].0).0);
        }
        assert_eq!(served, ["chat 1", "chat 2", "background 1", "background 2"]);
    }

    #[test]
    fn whoever_leaves_is_skipped() {
        let queue = Queue::new(1);
        let first = queue.enter(Priority::Chat).now_or_never().unwrap();
        let (left, mut stays) = (enter(&queue, Priority::Chat), enter(&queue, Priority::Chat));
        assert_eq!(queue.waiting(), 2);
        drop(left);
        assert_eq!(queue.waiting(), 1);
        drop(first);
        assert!((&mut stays).now_or_never().is_some());
    }

    #[test]
    fn a_turn_that_was_given_but_never_taken_is_given_on() {
        let queue = Queue::new(1);
        let first = queue.enter(Priority::Chat).now_or_never().unwrap();
        let (given, mut next) = (enter(&queue, Priority::Chat), enter(&queue, Priority::Chat));
        drop(first);
        drop(given);
        assert!((&mut next).now_or_never().is_some());
    }

    #[test]
    fn as_many_as_allowed_run_at_once() {
        let queue = Queue::new(2);
        let both: Vec<_> = (0..2)
            .map(|_| queue.enter(Priority::Chat).now_or_never().unwrap())
            .collect();
        let mut third = enter(&queue, Priority::Chat);
        drop(both);
        assert!((&mut third).now_or_never().is_some());
        assert!(queue.enter(Priority::Chat).now_or_never().is_some());
    }
}
