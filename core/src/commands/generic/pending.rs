//! Commands of this family that are not built yet; each moves to a file of its own concept.

use crate::commands::{Args, CommandError, Ctx, Flow};

pub fn copy(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("copy"))
}

pub fn del(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("del"))
}

pub fn dump(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("dump"))
}

pub fn exists(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("exists"))
}

pub fn expire(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("expire"))
}

pub fn expireat(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("expireat"))
}

pub fn expiretime(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("expiretime"))
}

pub fn keys(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("keys"))
}

pub fn move_key(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("move_key"))
}

pub fn object_encoding(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("object_encoding"))
}

pub fn object_freq(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("object_freq"))
}

pub fn object_help(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("object_help"))
}

pub fn object_idletime(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("object_idletime"))
}

pub fn object_refcount(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("object_refcount"))
}

pub fn persist(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("persist"))
}

pub fn pexpire(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("pexpire"))
}

pub fn pexpireat(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("pexpireat"))
}

pub fn pexpiretime(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("pexpiretime"))
}

pub fn pttl(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("pttl"))
}

pub fn randomkey(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("randomkey"))
}

pub fn rename(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("rename"))
}

pub fn renamenx(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("renamenx"))
}

pub fn restore(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("restore"))
}

pub fn scan(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("scan"))
}

pub fn touch(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("touch"))
}

pub fn ttl(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("ttl"))
}

pub fn type_(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("type_"))
}

pub fn unlink(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    Err(CommandError::NotSupported("unlink"))
}
