//! The hot path allocates nothing: GET, SET of an existing key, INCR, PING and ECHO, from the bytes of the request to
//! the bytes of the reply, once buffers have grown to the size that the traffic needs.
//!
//! This binary has an allocator of its own that counts the calls of the current thread. It is the one place in the
//! crate with unsafe code.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use etalon_core::config::Config;
use etalon_core::engine::Engine;
use etalon_core::engine::client::{ClientId, Peer};
use etalon_core::engine::turn::Turn;
use etalon_core::time::Now;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // A thread that is going away has no counter any more, and nobody who would read it.
    let _ = ALLOCATIONS.try_with(|counter| counter.set(counter.get() + 1));
}

// SAFETY: every call goes to the system's allocator unchanged; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(ptr, layout, size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A connection, driven as a server drives it.
struct Driver {
    engine: Engine,
    client: ClientId,
    now: Now,
}

impl Driver {
    fn new() -> Driver {
        let now = Now { unix_us: 1_700_000_000_000_000, monotonic_us: 1 };
        let mut engine = Engine::new(Config::default(), 1, now);
        let peer = Peer { address: "127.0.0.1:1".into(), loopback: true, ..Peer::default() };
        let client = engine.connect(peer, now).expect("a local connection is let in");
        Driver { engine, client, now }
    }

    /// One turn: the request arrives, the reply leaves. Returns its length.
    fn round(&mut self, request: &[u8]) -> usize {
        self.now.unix_us += 10;
        self.now.monotonic_us += 10;
        let buffer = self.engine.query_buffer(self.client);
        buffer.spare()[..request.len()].copy_from_slice(request);
        buffer.filled(request.len());
        self.engine.handle_readable(self.client, self.now);
        let Turn::Clean(permit) = self.engine.end_turn(self.now) else { panic!("no journal is kept") };
        let id = self.engine.next_writable(&permit).expect("there is a reply");
        let length = self.engine.output(id, &permit).len();
        self.engine.sent(id, length, self.now);
        assert!(self.engine.next_writable(&permit).is_none(), "one client, one reply");
        length
    }
}

/// Calls of the allocator in a thousand rounds of `request`, after as many to warm up.
fn allocations(driver: &mut Driver, request: &[u8], reply_bytes: usize) -> u64 {
    for _ in 0..1000 {
        assert_eq!(driver.round(request), reply_bytes, "{}", request.escape_ascii());
    }
    let before = ALLOCATIONS.get();
    for _ in 0..1000 {
        driver.round(request);
    }
    ALLOCATIONS.get() - before
}

fn request(args: &[&str]) -> Vec<u8> {
    let mut out = format!("*{}\r\n", args.len()).into_bytes();
    for arg in args {
        out.extend_from_slice(format!("${}\r\n{arg}\r\n", arg.len()).as_bytes());
    }
    out
}

#[test]
fn the_counter_counts() {
    let before = ALLOCATIONS.get();
    drop(std::hint::black_box(vec![0u8; 100]));
    assert_eq!(ALLOCATIONS.get() - before, 1);
}

#[test]
fn the_hot_path_allocates_nothing() {
    let mut driver = Driver::new();
    let long = "x".repeat(300);
    driver.round(&request(&["SET", "short", "value"]));
    driver.round(&request(&["SET", "long", &long]));
    driver.round(&request(&["SET", "counter", "1000000"]));
    let cases: &[(&[&str], usize)] = &[
        (&["PING"], 7),
        (&["ECHO", "hello"], 11),
        (&["GET", "short"], 11),
        (&["GET", "long"], 308),
        (&["GET", "missing"], 5),
        (&["SET", "short", "VALUE"], 5),
        (&["SET", "long", &long], 5),
        (&["INCR", "counter"], 10),
    ];
    for (args, reply_bytes) in cases {
        assert_eq!(allocations(&mut driver, &request(args), *reply_bytes), 0, "{args:?}");
    }
}

#[test]
fn hashes_of_both_encodings_are_read_and_changed_without_allocating() {
    let mut driver = Driver::new();
    driver.round(&request(&["HSET", "small", "field", "value", "number", "1000000"]));
    let long = "x".repeat(65);
    driver.round(&request(&["HSET", "big", "field", "value", "number", "1000000", "long", &long]));
    // Packed, but too long for a page of the table.
    let padding: Vec<String> = (0..60).map(|i| format!("{i:020}")).collect();
    let mut words = vec!["HSET", "packed", "field", "value", "number", "1000000"];
    words.extend(padding.iter().map(String::as_str));
    driver.round(&request(&words));
    for key in ["small", "big", "packed"] {
        let cases: &[(&[&str], usize)] = &[
            (&["HGET", key, "field"], 11),
            (&["HGET", key, "number"], 13),
            (&["HGET", key, "nosuch"], 5),
            (&["HMGET", key, "field", "number"], 4 + 11 + 13),
            (&["HEXISTS", key, "field"], 4),
            (&["HSTRLEN", key, "number"], 4),
            (&["HSET", key, "field", "VALUE"], 4),
            (&["HINCRBY", key, "number", "1"], 10),
            (&["HDEL", key, "nosuch"], 4),
        ];
        for (args, reply_bytes) in cases {
            assert_eq!(allocations(&mut driver, &request(args), *reply_bytes), 0, "{args:?}");
        }
    }
}

#[test]
fn a_pipeline_allocates_nothing() {
    let mut driver = Driver::new();
    driver.round(&request(&["SET", "key", "value"]));
    let mut pipeline = Vec::new();
    for _ in 0..16 {
        pipeline.extend(request(&["GET", "key"]));
        pipeline.extend(request(&["SET", "key", "other"]));
    }
    assert_eq!(allocations(&mut driver, &pipeline, 16 * (11 + 5)), 0);
}
