//! Commands of this family that are not built yet; each moves to a file of its own concept.

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::engine::Engine;
use crate::engine::client::ClientId;

pub fn dbsize(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("dbsize"))
}

pub fn debug(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("debug"))
}

pub fn flushall(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("flushall"))
}

pub fn flushdb(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("flushdb"))
}

pub fn info(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("info"))
}

pub fn lolwut(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("lolwut"))
}

pub fn memory_help(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("memory_help"))
}

pub fn memory_usage(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("memory_usage"))
}

pub fn shutdown(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("shutdown"))
}

pub fn swapdb(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("swapdb"))
}

pub fn time(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("time"))
}
