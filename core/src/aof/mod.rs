//! The append-only file as bytes: the commands in it, and the manifest that names its parts. Pure; what is done with them, and
//! when, is [`engine::persistence::aof`](crate::engine::persistence::aof)'s.
//!
//! - [`request`]: a command as it is written.
//! - [`reader`]: commands read back, chunk by chunk.
//! - [`manifest`]: which files there are, in which order.
//! - [`encoder`]: a whole data set as commands; [`value`], [`stream`]: one value.
//!
//! Source: files written and read by 7.0.15.

pub mod encoder;
pub mod manifest;
pub mod reader;
pub mod request;
pub mod stream;
pub mod value;
