//! The allocator, chosen by a cargo feature; the C library's without one.
//!
//! Measured on glibc 2.36 with `memory.py -k string` and `throughput.py -P 16`, as parts of what Redis 7.0.15 (with its
//! jemalloc) needs:
//!
//! | | C library | mimalloc | jemalloc |
//! |---|---|---|---|
//! | bytes per key, value of 8 bytes | 0.37 | 0.53 | 0.52 |
//! | bytes per key, value of 100 bytes | 0.70 | 0.85 | 0.82 |
//! | CPU of SET / GET / MSET | 0.62 / 0.66 / 0.55 | 0.65 / 0.63 / 0.58 | 0.66 / 0.66 / 0.59 |
//!
//! The table's pages have many sizes, which classes of sizes round up; and the hot path hardly allocates. So the C
//! library's is the default. What it lacks is giving memory back by itself: see [`reclaim`](crate::reclaim).

/// Name, as INFO and `--version` show it.
pub const NAME: &str = if cfg!(feature = "jemalloc") {
    "jemalloc"
} else if cfg!(feature = "mimalloc") {
    "mimalloc"
} else {
    "libc"
};

#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[cfg(all(feature = "mimalloc", not(feature = "jemalloc")))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
