//! Small scope, exhaustively: every workload of a few commands × every crash point × every subset of what was not durable × a second
//! crash, on the real engine.
//!
//! - [`node`]: a node whose file operations are carried out one by one. [`leftovers`]: all that a crash can leave.
//! - [`saves`]: `dump.rdb`, for P5.
//! - [`log`]: the append-only file, for P1, P2, P3 and P6; [`ghost`]: what is known about it from outside.
//!
//! A crash point is the beginning of a file operation, its middle (writes are half done), and its end. Equal states (disk and what may
//! come back) are looked at once.

mod ghost;
mod leftovers;
mod log;
mod node;
mod saves;

pub use log::run as run_log;
pub use saves::run as run_saves;

/// What was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Sequences of commands.
    pub workloads: u64,
    /// Those with all orders of commands and file operations.
    pub orders: u64,
    pub crash_points: u64,
    /// Disks that a crash can leave, all choices counted; of crash points that differ.
    pub crashes: u64,
    /// Different ones, each recovered from.
    pub states: u64,
    /// Likewise of crashes during a recovery, or soon after it.
    pub later_crashes: u64,
    /// Different disks that they leave, each recovered from.
    pub later_states: u64,
}
