//! Links: connections that the engine opens itself, through small operations that the driver carries out in order.
//!
//! As with [files](super::persistence::file), the engine owns every decision (what is said, how long is waited, what a failure
//! means), and the driver keeps what is open under the number that the engine gave it. A driver may carry an operation out
//! while everything else waits: the engine stands still for what it asks here.

use super::action::Outcome;

/// A link, by the number that the engine gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u32);

/// One operation. Each is completed with an [`Outcome`](super::action::Outcome); `TimedOut` if it took longer than it may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkOp {
    /// Connects. `Failed` if there is no such host. A host that refuses is found out by the first `Send`: the operation is
    /// done when it is known whether bytes can be sent.
    Open { link: LinkId, host: Vec<u8>, port: u16, timeout_ms: u64 },
    /// Sends all of it.
    Send { link: LinkId, bytes: Vec<u8>, timeout_ms: u64 },
    /// Receives up to and including the next line feed, or so many bytes: `Content`, without the end of the line.
    ReceiveLine { link: LinkId, bytes_max: usize, timeout_ms: u64 },
    /// Forgets the link.
    Close { link: LinkId },
}

impl LinkOp {
    /// How a driver without a network completes it: every host exists, and none listens.
    pub fn without_network(&self) -> Outcome {
        match self {
            LinkOp::Open { .. } | LinkOp::Close { .. } => Outcome::Done,
            LinkOp::Send { .. } | LinkOp::ReceiveLine { .. } => Outcome::Failed("Connection refused".into()),
        }
    }
}
