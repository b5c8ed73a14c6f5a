//! Commands of this family that are not built yet; each moves to a file of its own concept.

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::engine::Engine;
use crate::engine::client::ClientId;

pub fn debug(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("debug"))
}

pub fn lolwut(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("lolwut"))
}

