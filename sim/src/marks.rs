//! Marks: rare situations that a campaign must reach. A checker that never meets the hard cases proves nothing.

use std::collections::BTreeMap;

/// Marks of the client profile. A campaign of many seeds that misses one fails.
pub const CLIENT: &[&str] = &[
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

/// Marks of the disk profile.
pub const DISK: &[&str] = &[
    "writes were refused after a failed save",
    "a command was refused while loading",
    "a save was cancelled while it was being written",
    "a sync failed and the cache kept the new content",
    "a sync failed and the cache fell back to the old content",
    "writing back failed and the next sync said so",
    "a write was short",
    "a rename failed",
    "the sync of a folder failed",
    "a file could not be created",
    "a temporary file could not be removed",
    "SHUTDOWN met a save in the background",
    "a save in the background failed",
    "the last save failed and the node went on",
    "DEBUG RELOAD brought the data back",
    "a crash undid the rename of a save",
    "a rotten file was refused",
    "a crash came during a recovery",
    "a crash came inside of the encoding of a save",
    "a crash came inside of a rename",
    "a crash came before the folder was synced",
    "a crash came inside of a sync",
    "a crash came while the data were read",
    "the power failed with changes that were not durable",
];

/// Marks of the log profile: those of the disk that it can reach are counted, too.
pub const LOG: &[&str] = &[
    "the log was turned on while running",
    "the log was turned off while running",
    "a part of a batch was written to the log",
    "DEBUG LOADAOF brought the data back",
    "a crash damaged a value in the log and the format can't show it",
    "a crash lost the tail of the log",
    "a crash came while the log was being turned on",
    "appendonly yes found the log of an earlier time",
    "a write came while the log was broken",
    "something waited long for the sync of every second",
    "a crash lost nothing although not all was synced",
    "the node ended over a failure of the log",
    "a log with a hole was refused and cut",
    "a failing disk kept the node from starting",
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
            debug_assert!([CLIENT, DISK, LOG].iter().any(|all| all.contains(&mark)), "an undeclared mark: {mark}");
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

    /// Those of `all` that were never reached.
    pub fn missed(&self, all: &[&'static str]) -> Vec<&'static str> {
        all.iter().copied().filter(|mark| self.count(mark) == 0).collect()
    }
}
