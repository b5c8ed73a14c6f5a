//! The monitoring family: MONITOR, SLOWLOG, LATENCY. Redis counts them among the server's; what is recorded, and when, is
//! the engine's (`engine/monitor.rs`, `engine/slowlog.rs`, `engine/spikes.rs`).

mod doctor;
mod graph;
mod latency;
mod monitor;
pub mod rows;
mod slowlog;

use latency::*;
use monitor::*;
use slowlog::*;
