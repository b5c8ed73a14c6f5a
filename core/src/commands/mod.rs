//! The commands: one folder a family, its rows and its functions together; this file joins the tables.
//!
//! A command is one [`row`](row::Command), one function, one conformance script. Data functions see [`Ctx`] and
//! nothing else; server functions see the engine.

pub mod bitmap;
pub mod connection;
#[cfg(test)]
pub(crate) mod conversation;
pub mod ctx;
pub mod generic;
pub mod geo;
pub mod hash;
pub mod hyperloglog;
pub mod keys;
pub mod list;
pub mod lookup;
pub mod monitoring;
pub mod pubsub;
pub mod row;
pub mod scan;
#[cfg(feature = "lua")]
pub mod scripting;
pub mod server;
pub mod set;
pub mod sorted_set;
pub mod stream;
pub mod string;
pub mod transaction;
pub mod wait;

pub use crate::args::{self, Args, OwnedArgs, Span};
pub use crate::error::{self, CommandError};
pub use ctx::Ctx;
pub use row::Command;

/// The families, in the order of the manual.
pub const FAMILIES: &[&[Command]] = &[
    string::rows::ROWS,
    list::rows::ROWS,
    hash::rows::ROWS,
    set::rows::ROWS,
    sorted_set::rows::ROWS,
    stream::rows::ROWS,
    bitmap::rows::ROWS,
    hyperloglog::rows::ROWS,
    geo::rows::ROWS,
    generic::rows::ROWS,
    pubsub::rows::ROWS,
    #[cfg(feature = "lua")]
    scripting::rows::ROWS,
    transaction::rows::ROWS,
    connection::rows::ROWS,
    server::rows::ROWS,
    monitoring::rows::ROWS,
];

/// What a command asks of the engine once it has run.
#[derive(Debug)]
#[must_use]
pub enum Flow {
    /// The reply is in the buffer.
    Done,
    /// Something has been asked of the driver; its completion writes the reply.
    Asked,
    /// There is nothing to answer yet: the client waits until a key is ready.
    Block(Box<wait::Wait>),
}

/// Every top-level command.
pub fn all() -> impl Iterator<Item = &'static Command> {
    FAMILIES.iter().flat_map(|rows| rows.iter())
}
