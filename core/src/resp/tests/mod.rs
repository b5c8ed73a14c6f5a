//! Tests of the wire protocol: requests against recorded answers and a naive model, replies byte by byte.

mod replies;
mod requests;
