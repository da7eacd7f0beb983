//! Schedules requests for one engine: chat requests before background requests, and each kind in order of arrival. A chat request also
//! preempts a running background request.
//!
//! This module knows nothing of models.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use models::Priority;

/// The request queue of one engine.
pub(crate) struct Queue(Mutex<State>);

struct State {
    free: usize,
    /// Tokens of running background requests that were not preempted yet.
    yielding: Vec<CancellationToken>,
    chat: VecDeque<oneshot::Sender<QueueSlot>>,
    background: VecDeque<oneshot::Sender<QueueSlot>>,
}

/// The right to use the engine, until dropped.
pub(crate) struct QueueSlot {
    queue: Option<Arc<Queue>>,
    preempted: CancellationToken,
}

impl QueueSlot {
    /// Cancelled when a chat request waits for the engine and this slot belongs to a background request.
    pub(crate) fn preempted(&self) -> &CancellationToken {
        &self.preempted
    }
}

impl Queue {
    /// Creates a queue that grants `at_once` slots at the same time.
    pub(crate) fn new(at_once: usize) -> Arc<Self> {
        Arc::new(Queue(Mutex::new(State {
            free: at_once,
            yielding: Vec::new(),
            chat: VecDeque::new(),
            background: VecDeque::new(),
        })))
    }

    /// Waits for a slot. Dropping the future leaves the queue.
    pub(crate) async fn enter(self: &Arc<Self>, priority: Priority) -> QueueSlot {
        let slot = {
            let mut state = self.state();
            if state.free > 0 {
                state.free -= 1;
                return self.slot(&mut state, priority);
            }
            let (sender, slot) = oneshot::channel();
            match priority {
                Priority::Chat => {
                    state.chat.push_back(sender);
                    if let Some(preempted) = state.yielding.pop() {
                        preempted.cancel();
                    }
                }
                Priority::Background => state.background.push_back(sender),
            }
            slot
        };
        // A sender is dropped only after it was used, so an error cannot occur.
        slot.await.unwrap_or_else(|_| QueueSlot {
            queue: None,
            preempted: CancellationToken::new(),
        })
    }

    fn slot(self: &Arc<Self>, state: &mut State, priority: Priority) -> QueueSlot {
        let preempted = CancellationToken::new();
        // Finished requests have cancelled their token.
        state.yielding.retain(|token| !token.is_cancelled());
        if priority == Priority::Background {
            state.yielding.push(preempted.clone());
        }
        QueueSlot {
            queue: Some(self.clone()),
            preempted,
        }
    }

    /// Returns the number of waiting requests.
    #[cfg(test)]
    fn waiting(&self) -> usize {
        let state = self.state();
        let both = state.chat.iter().chain(&state.background);
        both.filter(|sender| !sender.is_closed()).count()
    }

    fn release(self: Arc<Self>) {
        loop {
            let (next, slot) = {
                let mut state = self.state();
                let chat = state.chat.pop_front().map(|next| (next, Priority::Chat));
                let next = chat.or_else(|| {
                    let next = state.background.pop_front()?;
                    Some((next, Priority::Background))
                });
                let Some((next, priority)) = next else {
                    state.free += 1;
                    return;
                };
                (next, self.slot(&mut state, priority))
            };
            match next.send(slot) {
                Ok(()) => return,
                // The receiver has left. The unused slot must not be released again when it is dropped.
                Err(mut unused) => unused.queue = None,
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }
}

impl Drop for QueueSlot {
    fn drop(&mut self) {
        // It cannot be preempted any more.
        self.preempted.cancel();
        if let Some(queue) = self.queue.take() {
            queue.release();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use futures::future::BoxFuture;

    use super::*;

    /// Enters the queue; the slot must not be granted at once.
    fn enter(queue: &Arc<Queue>, priority: Priority) -> BoxFuture<'static, QueueSlot> {
        let queue = queue.clone();
        let mut waiting = async move { queue.enter(priority).await }.boxed();
        assert!(
            (&mut waiting).now_or_never().is_none(),
            "another request has the slot"
        );
        waiting
    }

    #[test]
    fn serves_chat_first_and_each_kind_in_order() {
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
                .map(|(_, slot)| slot.now_or_never())
                .collect();
            let at: Vec<_> = ready
                .iter()
                .enumerate()
                .filter(|(_, slot)| slot.is_some())
                .collect();
            assert_eq!(at.len(), 1, "one at a time");
            served.push(order.remove(at[0].0).0);
        }
        assert_eq!(served, ["chat 1", "chat 2", "background 1", "background 2"]);
    }

    #[test]
    fn only_a_chat_request_preempts_a_background_request() {
        let queue = Queue::new(1);
        let first = queue.enter(Priority::Background).now_or_never().unwrap();
        let mut background = enter(&queue, Priority::Background);
        assert!(!first.preempted().is_cancelled());
        let mut chat = enter(&queue, Priority::Chat);
        assert!(first.preempted().is_cancelled());
        drop(first);
        let chat = (&mut chat).now_or_never().unwrap();
        let mut another = enter(&queue, Priority::Chat);
        assert!(!chat.preempted().is_cancelled());
        drop(chat);
        drop((&mut another).now_or_never().unwrap());
        // A finished request is not preempted again.
        let background = (&mut background).now_or_never().unwrap();
        let _chat = enter(&queue, Priority::Chat);
        assert!(background.preempted().is_cancelled());
    }

    #[test]
    fn skips_requests_that_left_the_queue() {
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
    fn a_granted_but_unused_slot_is_passed_on() {
        let queue = Queue::new(1);
        let first = queue.enter(Priority::Chat).now_or_never().unwrap();
        let (given, mut next) = (enter(&queue, Priority::Chat), enter(&queue, Priority::Chat));
        drop(first);
        drop(given);
        assert!((&mut next).now_or_never().is_some());
    }

    #[test]
    fn grants_as_many_slots_as_allowed() {
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
