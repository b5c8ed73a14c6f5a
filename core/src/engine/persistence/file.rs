//! File operations: what the engine asks of its driver's disk. See the [module above](super) for the contract.
//!
//! Paths are absolute, or relative to the working directory.
//!
//! | operation | outcome | after a failure |
//! |---|---|---|
//! | `Create`, `Sync`, `Close`, `Rename`, `SyncFolder`, `Remove`, `Truncate`, `MakeFolder` | `Done` | `Failed` |
//! | `OpenAppend` | `Opened` | `Failed` |
//! | `Append` | `Done` | `Failed`: nothing was written; `Short`: a part |
//! | `Open` | `Opened`, `Missing` | `Failed` |
//! | `Read` | `Content` | `Failed` |
//! | `Encode` | `Encoded` | `Encoded` with the reason |
//! | `Rest` | `Done` | |

use crate::aof::encoder::CommandEncoder;
use crate::keyspace::Snapshot;
use crate::rdb::encoder::RdbEncoder;

/// A file that is open, by the number that the engine gave it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// Operations of one lane are carried out one after the other, in order; lanes don't wait for each other. The engine names the
/// lane of each operation ([`Action::File`](crate::engine::action::Action::File)); all operations of one file have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Whole data sets: writing and reading them.
    Snapshot,
    /// The log that replies wait for, and its manifest.
    Log,
}

/// A snapshot that becomes a file, chunk by chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encoder {
    Rdb(RdbEncoder),
    /// The base of a log without `aof-use-rdb-preamble`.
    Commands(CommandEncoder),
}

impl Encoder {
    /// Replaces `chunk` by the next bytes of the file. `false`: there are no more. O(chunk).
    pub fn next_chunk(&mut self, chunk: &mut Vec<u8>) -> bool {
        match self {
            Encoder::Rdb(encoder) => encoder.next_chunk(chunk),
            Encoder::Commands(encoder) => encoder.next_chunk(chunk),
        }
    }

    pub fn keys_written(&self) -> u64 {
        match self {
            Encoder::Rdb(encoder) => encoder.keys_written(),
            Encoder::Commands(encoder) => encoder.keys_written(),
        }
    }

    pub fn bytes_written(&self) -> u64 {
        match self {
            Encoder::Rdb(encoder) => encoder.bytes_written(),
            Encoder::Commands(encoder) => encoder.bytes_written(),
        }
    }

    /// Keys that the whole file will have.
    pub fn keys_total(&self) -> u64 {
        match self {
            Encoder::Rdb(encoder) => encoder.keys_total(),
            Encoder::Commands(encoder) => encoder.keys_total(),
        }
    }

    /// The data, to be let go in pieces.
    pub fn into_snapshot(self) -> Snapshot {
        match self {
            Encoder::Rdb(encoder) => encoder.into_snapshot(),
            Encoder::Commands(encoder) => encoder.into_snapshot(),
        }
    }
}

/// How long to rest after each key (`rdb-key-save-delay`, `key-load-delay`), so that tests see what happens meanwhile:
/// microseconds, or minus the number of keys after which to rest for one microsecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyDelay(pub i32);

impl KeyDelay {
    /// How long after so many keys, altogether.
    pub fn rest_us(self, keys: u64) -> u64 {
        match self.0 {
            0.. => keys.saturating_mul(self.0.unsigned_abs().into()),
            _ => keys / u64::from(self.0.unsigned_abs()),
        }
    }
}

/// One operation. Each is completed with an [`Outcome`](crate::engine::action::Outcome).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileOp {
    /// Creates a file, or empties it, and opens it for writing.
    Create {
        file: FileId,
        path: Vec<u8>,
    },
    /// Appends all that the encoder yields, chunk by chunk. Completed with `Outcome::Encoded`, which gives it back.
    /// `sync_every_bytes`: begin to write to the disk that often, so that the last sync has little to do; 0: never.
    /// `key_delay`: rest after each key; a driver without a clock of its own need not.
    Encode {
        file: FileId,
        encoder: Box<Encoder>,
        sync_every_bytes: u64,
        key_delay: KeyDelay,
    },
    /// Returns when the content is on the disk.
    Sync {
        file: FileId,
    },
    Close {
        file: FileId,
    },
    /// Replaces `to`, if it exists.
    Rename {
        from: Vec<u8>,
        to: Vec<u8>,
    },
    /// Returns when created, renamed and removed names are on the disk.
    SyncFolder {
        path: Vec<u8>,
    },
    Remove {
        path: Vec<u8>,
    },
    /// Opens for reading. `Outcome::Opened` with its length, or `Outcome::Missing`.
    Open {
        file: FileId,
        path: Vec<u8>,
    },
    /// The next bytes, so many at most: `Outcome::Content`, empty at the end.
    Read {
        file: FileId,
        bytes_max: usize,
    },
    /// Opens for appending; creates the file if there is none. `Outcome::Opened` with its length.
    OpenAppend {
        file: FileId,
        path: Vec<u8>,
    },
    /// Appends to a file that was created or opened for appending. When less could be written: `Outcome::Short`.
    Append {
        file: FileId,
        bytes: Vec<u8>,
    },
    /// Cuts a file to that length. No other length is left behind by a failure. Files that are open for appending go on at the new end.
    Truncate {
        path: Vec<u8>,
        bytes: u64,
    },
    /// Creates a folder; well if it exists.
    MakeFolder {
        path: Vec<u8>,
    },
    /// Nothing, for that long. A driver without a clock of its own need not wait.
    Rest {
        us: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::KeyDelay;

    #[test]
    fn a_delay_is_so_long_for_each_key_or_a_microsecond_for_so_many() {
        let rests = |delay, keys| KeyDelay(delay).rest_us(keys);
        assert_eq!((rests(0, 1000), rests(20, 1000), rests(-10, 1000), rests(-10, 9)), (0, 20_000, 100, 0));
        assert_eq!((rests(i32::MIN, 1 << 31), rests(i32::MAX, u64::MAX)), (1, u64::MAX));
    }
}
