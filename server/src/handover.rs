//! Work for another thread: the one place where two threads of the server meet.
//!
//! A queue behind a lock, and a condition that says that something arrived. The giver never waits for the taker; the
//! lock is held for a push or a pop. What is given is taken once, in order, and after [`Handover::close`] the taker gets
//! what is left and then learns that there is no more. `loom` tries every interleaving of that in the tests.

use std::collections::VecDeque;

#[cfg(test)]
use loom::sync::{Condvar, Mutex};
#[cfg(not(test))]
use std::sync::{Condvar, Mutex};

/// A queue between threads.
pub struct Handover<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    waiting: VecDeque<T>,
    closed: bool,
}

impl<T> Handover<T> {
    pub fn new() -> Handover<T> {
        Handover { state: Mutex::new(State { waiting: VecDeque::new(), closed: false }), changed: Condvar::new() }
    }

    /// Gives one thing. O(1).
    pub fn give(&self, item: T) {
        let mut state = self.state.lock().expect("no thread panics while it holds the lock");
        state.waiting.push_back(item);
        // Signal while locked or after, both are right; after the push, or the taker could sleep on a full queue.
        self.changed.notify_one();
    }

    /// Nothing more will be given.
    #[cfg_attr(not(test), expect(dead_code, reason = "the server's threads live as long as the process"))]
    pub fn close(&self) {
        let mut state = self.state.lock().expect("no thread panics while it holds the lock");
        state.closed = true;
        self.changed.notify_all();
    }

    /// Takes the next thing; waits for it. `None` when the queue is closed and empty.
    pub fn take(&self) -> Option<T> {
        let mut state = self.state.lock().expect("no thread panics while it holds the lock");
        loop {
            if let Some(item) = state.waiting.pop_front() {
                return Some(item);
            }
            if state.closed {
                return None;
            }
            state = self.changed.wait(state).expect("no thread panics while it holds the lock");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use loom::sync::Arc;
    use loom::thread;

    #[test]
    fn everything_given_is_taken_once_and_in_order() {
        loom::model(|| {
            let handover = Arc::new(Handover::new());
            let taker = {
                let handover = Arc::clone(&handover);
                thread::spawn(move || std::iter::from_fn(|| handover.take()).collect::<Vec<u32>>())
            };
            handover.give(1);
            handover.give(2);
            handover.close();
            assert_eq!(taker.join().expect("no panic"), [1, 2]);
        });
    }

    #[test]
    fn two_givers_lose_nothing() {
        loom::model(|| {
            let handover = Arc::new(Handover::new());
            let giver = {
                let handover = Arc::clone(&handover);
                thread::spawn(move || handover.give(1))
            };
            handover.give(2);
            let mut taken = [handover.take(), handover.take()];
            taken.sort();
            assert_eq!(taken, [Some(1), Some(2)]);
            giver.join().expect("no panic");
        });
    }

    #[test]
    fn what_is_given_is_dropped_by_the_taker_only() {
        loom::model(|| {
            let handover = Arc::new(Handover::new());
            let data = Arc::new(());
            let taker = {
                let handover = Arc::clone(&handover);
                thread::spawn(move || while handover.take().is_some() {})
            };
            handover.give(Arc::clone(&data));
            handover.close();
            taker.join().expect("no panic");
            assert!(Arc::try_unwrap(data).is_ok(), "the taker's handle is gone");
        });
    }
}
