//! Marks: rare situations that a campaign must reach. A checker that never meets the hard cases proves nothing.

use std::collections::BTreeMap;

/// Every mark there is. A campaign of many seeds that misses one fails.
pub const ALL: &[&str] = &[
    "a request arrived in more than one piece",
    "several requests arrived in one piece",
    "a piece ended between CR and LF",
    "a connection broke inside a request",
    "a connection broke with replies under way",
    "a reply left in more than one piece",
    "the wall clock stepped back over an expiry",
    "the wall clock stepped forward over an expiry",
    "a key expired actively",
    "a key was found expired by a command",
    "a key expired while a scan was under way",
    "a scan met a growing table",
    "a scan met a shrinking table",
    "a scan took more than one call",
    "a client used RESP3",
    "a client spoke inline",
    "a value became large",
    "a large value was changed in place",
    "a snapshot was alive while a key was written",
    "a database was swapped under a connected client",
    "a key moved between databases",
    "an increment overflowed",
    "an option conflict was refused",
    "a protocol error closed a connection",
    "an idle client was closed",
];

/// How often each mark was reached.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    counts: BTreeMap<&'static str, u64>,
}

impl Marks {
    /// Counts a mark if the situation is there.
    pub fn sometimes(&mut self, reached: bool, mark: &'static str) {
        if reached {
            debug_assert!(ALL.contains(&mark), "an undeclared mark: {mark}");
            *self.counts.entry(mark).or_default() += 1;
        }
    }

    /// Adds another run's counts.
    pub fn merge(&mut self, other: &Marks) {
        for (mark, count) in &other.counts {
            *self.counts.entry(mark).or_default() += count;
        }
    }

    pub fn count(&self, mark: &str) -> u64 {
        self.counts.get(mark).copied().unwrap_or(0)
    }

    /// Marks that were never reached.
    pub fn missed(&self) -> Vec<&'static str> {
        ALL.iter().copied().filter(|mark| self.count(mark) == 0).collect()
    }
}
