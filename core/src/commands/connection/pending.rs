//! Commands of this family that are not built yet; each moves to a file of its own concept.

use crate::commands::{Args, CommandError, Flow};
use crate::engine::Engine;
use crate::engine::client::ClientId;

pub fn auth(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("auth"))
}

pub fn client_caching(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("client_caching"))
}

pub fn client_getname(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("client_getname"))
}

pub fn client_getredir(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("client_getredir"))
}

pub fn client_help(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("client_help"))
}

pub fn client_id(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("client_id"))
}

pub fn client_info(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("client_info"))
}

pub fn client_kill(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("client_kill"))
}

pub fn client_list(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("client_list"))
}

pub fn client_no_evict(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("client_no_evict"))
}

pub fn client_pause(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("client_pause"))
}

pub fn client_reply(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("client_reply"))
}

pub fn client_setname(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("client_setname"))
}

pub fn client_tracking(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("client_tracking"))
}

pub fn client_trackinginfo(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("client_trackinginfo"))
}

pub fn client_unblock(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("client_unblock"))
}

pub fn client_unpause(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("client_unpause"))
}

pub fn echo(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("echo"))
}

pub fn hello(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("hello"))
}

pub fn ping(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("ping"))
}

pub fn quit(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("quit"))
}

pub fn reset(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("reset"))
}

pub fn select(_: &mut Engine, _: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("select"))
}
