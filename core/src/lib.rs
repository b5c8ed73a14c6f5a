//! Etalon's core: the whole of Redis as one pure value.
//!
//! One deterministic state machine: no I/O, no clock, no threads. Dependencies point one way:
//!
//! ```text
//!   structures ◄── types ◄── keyspace ◄── commands ◄── engine
//!        ▲           ▲           ▲           ▲
//!   args, checksum, config, error, glob, numbers, quoting, rdb, resp, time
//! ```
//!
//! `core/tests/tidy.rs` holds these edges.
//!
//! Start with [`engine`], the surface that drivers use, and [`commands`], where a command is a row and a function.
#![forbid(unsafe_code)]

pub mod aof;
pub mod args;
pub mod checksum;
pub mod commands;
pub mod config;
pub mod engine;
pub mod error;
pub mod glob;
pub mod keyspace;
pub mod numbers;
pub mod quoting;
pub mod rdb;
pub mod resp;
#[cfg(feature = "lua")]
pub mod script;
pub mod structures;
pub mod time;
pub mod types;

pub use engine::Engine;
pub use time::{Now, UnixMillis};
