//! Work for another thread: the one place where two threads of the server meet.
//!
//! A queue behind a lock, and a condition that says that something arrived. The giver never waits for the taker; the
//! lock is held for a push or a pop. What is given is taken once, in order, and after [`Handover::close`] the taker gets
//! what is left and then learns that there is no more. `loom` tries every interleaving of that in the tests, and of group
//! commit over it: the loop gives syncs of the log to a thread, and lets replies go when they come back.

use std::collections::VecDeque;
use std::time::Duration;

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
    /// Somebody waits in [`Handover::take_within`].
    awaited: bool,
}

impl<T> Handover<T> {
    pub fn new() -> Handover<T> {
        let state = State { waiting: VecDeque::new(), closed: false, awaited: false };
        Handover { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Gives one thing. Whether somebody waits for it in [`Handover::take_within`] and needn't be told otherwise. O(1).
    pub fn give(&self, item: T) -> bool {
        let mut state = self.state.lock().expect("no thread panics while it holds the lock");
        state.waiting.push_back(item);
        let awaited = state.awaited;
        // Signal while locked or after, both are right; after the push, or the taker could sleep on a full queue. Unlocked, or
        // who wakes up on the giver's core would go back to sleep at once.
        drop(state);
        self.changed.notify_one();
        awaited
    }

    /// Nothing more will be given.
    #[cfg_attr(not(test), expect(dead_code, reason = "the server's threads live as long as the process"))]
    pub fn close(&self) {
        let mut state = self.state.lock().expect("no thread panics while it holds the lock");
        state.closed = true;
        self.changed.notify_all();
    }

    /// Takes the next thing, if it is there.
    pub fn try_take(&self) -> Option<T> {
        self.state.lock().expect("no thread panics while it holds the lock").waiting.pop_front()
    }

    /// Takes the next thing; waits for it, but hardly longer than that. One thread at a time.
    pub fn take_within(&self, wait: Duration) -> Option<T> {
        let mut state = self.state.lock().expect("no thread panics while it holds the lock");
        if state.waiting.is_empty() {
            state.awaited = true;
            (state, _) = self.changed.wait_timeout(state, wait).expect("no thread panics while it holds the lock");
            state.awaited = false;
        }
        state.waiting.pop_front()
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
    use etalon_core::engine::commit::GroupCommit;
    use loom::sync::Arc;
    use loom::sync::atomic::{AtomicU64, Ordering};
    use loom::thread;

    /// The loop's side of group commit: turns, each of which journals a byte and has a reply that waits for it.
    struct Loop {
        syncs: Arc<Handover<()>>,
        done: Arc<Handover<()>>,
        /// How long the file is, and how much of it would survive.
        file: Arc<AtomicU64>,
        durable: Arc<AtomicU64>,
        commit: GroupCommit,
        unwritten: u64,
        sent: u64,
    }

    impl Loop {
        fn turn(&mut self) {
            self.commit.journalled(1);
            self.unwritten += 1;
            self.write();
            if self.done.try_take().is_some() {
                self.release();
            }
        }

        fn write(&mut self) {
            if self.commit.is_syncing() || self.unwritten == 0 {
                return;
            }
            self.file.fetch_add(self.unwritten, Ordering::Release);
            self.commit.written(std::mem::take(&mut self.unwritten));
            self.commit.begin();
            self.syncs.give(());
        }

        fn release(&mut self) {
            self.sent = self.commit.end(true);
            let durable = self.durable.load(Ordering::Acquire);
            assert!(self.sent <= durable, "{} replies were sent, {durable} bytes are on the disk", self.sent);
        }
    }

    #[test]
    fn no_reply_leaves_before_a_sync_covers_it_and_none_stays_behind() {
        const TURNS: u64 = 3;
        loom::model(|| {
            let (syncs, done) = (Arc::new(Handover::new()), Arc::new(Handover::new()));
            let (file, durable) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
            let syncing = {
                let (syncs, done) = (Arc::clone(&syncs), Arc::clone(&done));
                let (file, durable) = (Arc::clone(&file), Arc::clone(&durable));
                thread::spawn(move || {
                    while syncs.take().is_some() {
                        durable.store(file.load(Ordering::Acquire), Ordering::Release);
                        done.give(());
                    }
                })
            };
            let commit = GroupCommit::default();
            let mut the_loop = Loop { syncs, done, file, durable, commit, unwritten: 0, sent: 0 };
            (0..TURNS).for_each(|_| the_loop.turn());
            while the_loop.commit.is_behind() {
                the_loop.write();
                assert!(the_loop.done.take().is_some());
                the_loop.release();
            }
            assert_eq!(the_loop.sent, TURNS);
            the_loop.syncs.close();
            syncing.join().expect("no panic");
        });
    }

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

    fn gives(handover: &Arc<Handover<u32>>) -> thread::JoinHandle<bool> {
        let handover = Arc::clone(handover);
        thread::spawn(move || handover.give(1))
    }

    #[test]
    fn who_waits_a_while_gets_it_and_only_who_waits_counts() {
        loom::model(|| {
            let handover = Arc::new(Handover::new());
            let giver = gives(&handover);
            // The condition of loom never times out.
            assert_eq!(handover.take_within(Duration::MAX), Some(1));
            giver.join().expect("no panic");
            assert!(!handover.give(2), "nobody waits any more: the giver has to wake the loop");
        });
    }

    #[test]
    fn two_givers_lose_nothing() {
        loom::model(|| {
            let handover = Arc::new(Handover::new());
            let giver = gives(&handover);
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
