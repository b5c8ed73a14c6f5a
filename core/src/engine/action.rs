//! What the engine asks of its driver: rare requests, taken with `poll_action`.

use super::client::ClientId;
use super::link::LinkOp;
use super::persistence::file::{Encoder, FileOp, Lane};
use crate::config::{Apply, LogLevel};
use crate::keyspace::Discarded;

/// Names a request that will be completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionId(pub u64);

/// One request to the driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Close the connection; the engine has forgotten it.
    Close(ClientId),
    /// Write a line to the log.
    Log(LogLevel, String),
    /// End the process with that code, once pending replies have been offered to their sockets.
    Exit(i32),
    /// Carry out one change of the configuration that lives in the driver (`port`, `bind`, …); complete with [`Outcome`].
    Reconfigure { id: ActionId, apply: Apply },
    /// Replace a file's content atomically; complete with [`Outcome`].
    WriteFile { id: ActionId, path: String, content: Vec<u8> },
    /// Read a whole file; complete with [`Outcome::Content`].
    ReadFile { id: ActionId, path: String },
    /// Carry out a file operation, after those of the same lane that were asked before; complete with [`Outcome`].
    File { id: ActionId, lane: Lane, op: FileOp },
    /// Carry out an operation on a connection that the engine opens; complete with [`Outcome`].
    Link { id: ActionId, op: LinkOp },
    /// Give a file operation up that has not ended yet: it ends soon with a failure, or as if this had not been said.
    Cancel(ActionId),
    /// The data set is complete: announce that the server is ready.
    Loaded,
    /// Drop this, on another thread if there is one: it frees a large database.
    Discard(Discarded),
    /// Kill the process without ceremony (DEBUG SEGFAULT and its like).
    Abort,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    Content(Vec<u8>),
    /// A file is open, and has that length.
    Opened {
        bytes: u64,
    },
    /// There is no such file.
    Missing,
    /// All that the encoder had is in the file, or why not.
    Encoded {
        encoder: Box<Encoder>,
        error: Option<String>,
    },
    /// Only so many bytes of an `Append` are in the file, with the reason.
    Short {
        bytes: u64,
        reason: String,
    },
    /// It took longer than it may.
    TimedOut,
    /// With the reason, as the operating system words it.
    Failed(String),
}
