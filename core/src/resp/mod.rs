//! The wire protocol: requests in, replies out. Knows nothing of commands or data.
//!
//! Requests come as arrays of bulk strings or as inline lines ([`request`]); replies leave in RESP2 or RESP3
//! ([`reply`]). [`query_buffer`] holds what a connection sent and has not been executed yet.

pub mod fuzz;
pub mod query_buffer;
pub mod reply;
pub mod request;

pub use fuzz::fuzz_request_parser;
pub use query_buffer::QueryBuffer;
pub use reply::{Protocol, Reply};
pub use request::{Limits, ProtocolError, Request, RequestParser};

#[cfg(test)]
mod tests;
