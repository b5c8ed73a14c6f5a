//! Commands of this family that are not built yet; each moves to a file of its own concept.

use crate::commands::{Args, CommandError, Ctx, Flow};

pub fn append(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("append"))
}

pub fn decr(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("decr"))
}

pub fn decrby(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("decrby"))
}

pub fn getdel(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("getdel"))
}

pub fn getex(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("getex"))
}

pub fn getrange(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("getrange"))
}

pub fn getset(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("getset"))
}

pub fn incr(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("incr"))
}

pub fn incrby(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("incrby"))
}

pub fn incrbyfloat(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("incrbyfloat"))
}

pub fn lcs(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("lcs"))
}

pub fn mget(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("mget"))
}

pub fn mset(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("mset"))
}

pub fn msetnx(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("msetnx"))
}

pub fn psetex(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("psetex"))
}

pub fn setex(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("setex"))
}

pub fn setnx(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("setnx"))
}

pub fn setrange(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("setrange"))
}

pub fn strlen(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("strlen"))
}

pub fn substr(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("substr"))
}
