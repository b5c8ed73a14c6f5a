//! How much memory a run may take: an allocator that counts, and a bound in the length of the input.
//!
//! A payload of n bytes may stand for 88 n bytes (LZF: three bytes for 264), and those for a value that takes a multiple of
//! them, several times over: it is restored three times, dumped, copied, and replies repeat it. Claims beyond the bytes that
//! are there must cost nothing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

pub struct Peak;

thread_local! {
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn add(bytes: isize) {
    // A thread that is going away has no counters any more, and nobody who would read them.
    let _ = LIVE.try_with(|live| {
        live.set(live.get() + bytes);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(live.get())));
    });
}

// SAFETY: every call goes to the system's allocator unchanged; counting allocates nothing.
unsafe impl GlobalAlloc for Peak {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size() as isize);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size() as isize);
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        add(size as isize - layout.size() as isize);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(ptr, layout, size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        add(-(layout.size() as isize));
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Peak = Peak;

/// An engine without data, and buffers.
const BASE_BYTES: usize = 4 << 20;
const BYTES_PER_BYTE: usize = 2048;

/// The most bytes that are held at once while `function` runs, beyond those held before.
pub fn of(function: impl FnOnce()) -> usize {
    let before = LIVE.get();
    PEAK.set(before);
    function();
    (PEAK.get() - before) as usize
}

/// Runs a fuzzer's function. Panics if it takes more than its input may ask for.
pub fn bounded(function: fn(&[u8]), data: &[u8]) {
    let peak = of(|| function(data));
    let bound = BASE_BYTES + BYTES_PER_BYTE * data.len();
    assert!(peak <= bound, "{} bytes asked for {peak} bytes of memory, {bound} are allowed", data.len());
}
