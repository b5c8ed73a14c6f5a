//! The libraries that Redis links into its Lua: cjson, cmsgpack, struct, bit. Each opens as a table.
//!
//! | module        | library of 7.0.15             | opens as   |
//! |---------------|-------------------------------|------------|
//! | [`cjson`]     | lua-cjson 2.1.0               | `cjson`    |
//! | [`cmsgpack`]  | lua-cmsgpack 0.4.0            | `cmsgpack` |
//! | [`structure`] | struct 0.2, overflows checked | `struct`   |
//! | [`bit`]       | Lua BitOp 1.0.2               | `bit`      |
//!
//! What these do with odd input is observable, so it is kept: order of checks, texts of errors, and the number of slots of
//! Lua's stack that the originals hold while they go down into nested data ([`slots`]), since that is where their depth ends.
//! Tables are made with the sizes of the originals: the order of `pairs` depends on it.
//!
//! [`raise`] turns faults into Lua errors, [`arguments`] reads arguments as Lua's auxiliary library does.

mod arguments;
mod bit;
mod cjson;
mod cmsgpack;
mod raise;
mod slots;
mod structure;

#[cfg(test)]
mod tests;

use mlua::{Function, Lua, Table};

/// Puts all of them into `globals`. `guarded`: see [`raise::GUARDED`]. Lua's `next` has to be among the globals.
pub(crate) fn open_all(lua: &Lua, globals: &Table, guarded: &Function) -> mlua::Result<()> {
    lua.set_named_registry_value(raise::GUARDED, guarded)?;
    globals.raw_set("cjson", cjson::open(lua)?)?;
    globals.raw_set("struct", structure::open(lua)?)?;
    globals.raw_set("cmsgpack", cmsgpack::open(lua)?)?;
    globals.raw_set("bit", bit::open(lua)?)
}
