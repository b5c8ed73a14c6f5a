//! Scripts and functions: Lua 5.1 in the sandbox of Redis 7.0.15.
//!
//! - [`libraries`]: what Redis links into its Lua.

pub mod libraries;
