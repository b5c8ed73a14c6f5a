//! An engine in process, and the time that its turns take.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use etalon_core::config::Config;
use etalon_core::engine::action::Action;
use etalon_core::engine::client::{ClientId, Peer};
use etalon_core::engine::turn::Turn;
use etalon_core::keyspace::{Discarded, Snapshot};
use etalon_core::{Engine, Now};

use crate::load::append_request;

const NOW: Now = Now { unix_us: 1_700_000_000_000_000, monotonic_us: 1 };

/// An engine with one client, and a thread that frees what the engine gives away.
pub struct World {
    engine: Engine,
    client: ClientId,
    request: Vec<u8>,
    reclaim: Sender<Discarded>,
    /// What was sent there and is not yet freed.
    unfreed: Arc<AtomicUsize>,
}

impl Default for World {
    fn default() -> World {
        World::new()
    }
}

impl World {
    pub fn new() -> World {
        share_heap();
        let mut engine = Engine::new(Config::default(), 1, NOW);
        let client = engine.connect(Peer { loopback: true, ..Peer::default() }, NOW).expect("let in");
        let (reclaim, jobs) = channel::<Discarded>();
        let unfreed = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&unfreed);
        std::thread::spawn(move || {
            for job in jobs {
                let mut pieces = job.into_pieces();
                while pieces.free_one() {
                    std::hint::black_box(Vec::<u8>::with_capacity(64 * 1024));
                    std::thread::sleep(PIECE_PAUSE);
                }
                counter.fetch_sub(1, Relaxed);
            }
        });
        let mut world = World { engine, client, request: Vec::new(), reclaim, unfreed };
        // Nobody here carries out what a save asks for, and FLUSHALL would wait for it.
        world.request(|out| append_request(out, &[b"CONFIG", b"SET", b"save", b""]));
        world.turn();
        world
    }

    /// Writes the requests of the next turn.
    pub fn request(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.request);
    }

    /// Bytes of requests that wait for the next turn.
    pub fn waiting_bytes(&self) -> usize {
        self.request.len()
    }

    /// Runs the requests. Panics on an error reply, and without a reply: it would
    /// measure nothing.
    /// Returns the CPU time that this thread spent, in nanoseconds.
    pub fn turn(&mut self) -> u64 {
        self.engine.query_buffer(self.client).extend(&self.request);
        self.request.clear();
        let started = thread_cpu_ns();
        self.engine.handle_readable(self.client, NOW);
        let Turn::Clean(permit) = self.engine.end_turn(NOW) else { unreachable!("no journal is kept") };
        while let Some(action) = self.engine.poll_action() {
            if let Action::Discard(discarded) = action {
                self.discard(discarded);
            }
        }
        let elapsed = thread_cpu_ns() - started;
        let mut is_answered = false;
        while let Some(id) = self.engine.next_writable(&permit) {
            let output = std::hint::black_box(self.engine.output(id, &permit));
            let count = output.len();
            is_answered |= count > 0;
            assert_ne!(output.first(), Some(&b'-'), "{}", String::from_utf8_lossy(output));
            self.engine.sent(id, count, NOW);
        }
        assert!(is_answered, "the engine waits for something");
        elapsed
    }

    pub fn heap_bytes(&self) -> usize {
        self.engine.keyspace().heap_bytes()
    }

    /// Whether all that was given away is freed.
    pub fn has_freed_all(&self) -> bool {
        self.unfreed.load(Relaxed) == 0
    }

    pub fn snapshot(&self) -> Snapshot {
        self.engine.keyspace().snapshot()
    }

    /// Frees something on the thread that frees things.
    pub fn discard(&self, what: Discarded) {
        self.unfreed.fetch_add(1, Relaxed);
        self.reclaim.send(what).expect("the thread lives as long as this end");
    }
}

/// As the server's thread that frees.
const PIECE_PAUSE: Duration = Duration::from_micros(20);

/// As the server does at its start.
fn share_heap() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it takes two numbers.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
        libc::mallopt(libc::M_MXFAST, 0);
        libc::mallopt(libc::M_TRIM_THRESHOLD, i32::MAX);
        libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20);
    }
}

/// Times of many turns.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    cpu_ns: Vec<u32>,
}

impl Latencies {
    pub fn new() -> Latencies {
        Latencies::default()
    }

    pub fn push(&mut self, cpu_ns: u64) {
        self.cpu_ns.push(u32::try_from(cpu_ns).unwrap_or(u32::MAX));
    }

    /// Keeps, of each turn, the lesser of the two times. Panics unless both are of the same number of turns.
    pub fn keep_least(&mut self, other: &Latencies) {
        assert_eq!(self.cpu_ns.len(), other.cpu_ns.len(), "rounds of the same turns");
        for (least, other) in self.cpu_ns.iter_mut().zip(&other.cpu_ns) {
            *least = (*least).min(*other);
        }
    }

    /// The longest, CPU time.
    pub fn max_ns(&self) -> u64 {
        u64::from(self.cpu_ns.iter().copied().max().unwrap_or(0))
    }

    /// Median, 99.9th percentile and maximum, CPU time. Panics if there are none.
    pub fn percentiles_ns(&mut self) -> (u64, u64, u64) {
        self.cpu_ns.sort_unstable();
        let at = |share: f64| u64::from(self.cpu_ns[((self.cpu_ns.len() - 1) as f64 * share) as usize]);
        (at(0.5), at(0.999), at(1.0))
    }
}

/// CPU time that this thread has used.
fn thread_cpu_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place for the answer.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(result, 0, "the clock of a thread can be read");
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
