//! `cmsgpack`: values to MessagePack and back, as lua-cmsgpack 0.4.0 does it.
//!
//! - A table whose keys are 1 to n is an array (the empty one, too), any other a map, in the order of `next`.
//! - A number that is integral and fits 64 bits is packed as the shortest integer, another as a float if that is exact, else as
//!   a double. So minus zero comes back as zero.
//! - Tables within 16 tables, functions and threads are packed as nil.
//! - The binary and the extension types of later versions of the format are not known.

mod decode;
mod encode;

use super::arguments::Arguments;
use super::raise::{self, Fault};
use mlua::{Lua, MultiValue, Table};

type Body = fn(&Arguments<'_>) -> Result<MultiValue, Fault>;

const FUNCTIONS: &[(&str, Body)] = &[
    ("pack", encode::pack),
    ("unpack", decode::unpack),
    ("unpack_one", decode::unpack_one),
    ("unpack_limit", decode::unpack_limit),
];

const ABOUT: &[(&str, &str)] = &[
    ("_NAME", "cmsgpack"),
    ("_VERSION", "lua-cmsgpack 0.4.0"),
    ("_COPYRIGHT", "Copyright (C) 2012, Salvatore Sanfilippo"),
    ("_DESCRIPTION", "MessagePack C implementation for Lua"),
];

/// The table `cmsgpack`.
pub(crate) fn open(lua: &Lua) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    for (name, body) in FUNCTIONS {
        table.raw_set(*name, raise::function(lua, body)?)?;
    }
    for (name, text) in ABOUT {
        table.raw_set(*name, *text)?;
    }
    Ok(table)
}
