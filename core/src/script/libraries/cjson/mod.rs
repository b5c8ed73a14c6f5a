//! `cjson`: values to JSON and back, as lua-cjson 2.1.0 does it.
//!
//! | here           | JSON                                                                              |
//! |----------------|-----------------------------------------------------------------------------------|
//! | empty table    | `{}`; so `[]` does not survive                                                    |
//! | keys 1 to n    | an array, `null` in its holes; one with few of many is an error, or an object      |
//! | other tables   | an object; keys are strings or numbers                                            |
//! | number         | 14 significant digits, as set by `encode_number_precision`                        |
//! | `cjson.null`   | `null`, both ways                                                                 |
//! | string         | its bytes; nothing is checked to be UTF-8; `/` and 127 are escaped                |
//!
//! Decoding takes what C's `strtod` takes for a number (`0x10`, `nan`, `+1`) unless `decode_invalid_numbers` is off, and stops
//! at a NUL. Settings belong to the table that `cjson.new` made, and last as long as the Lua state.

mod decode;
mod encode;
mod number;
mod settings;
mod token;

use super::arguments::Arguments;
use super::raise::{self, Fault};
use mlua::{Lua, MultiValue, Table, Value};
use settings::Settings;
use std::sync::{Arc, Mutex, MutexGuard};

/// The settings of one table `cjson`, shared by its functions.
type Shared = Arc<Mutex<Settings>>;

type Body = fn(&Arguments<'_>, &Shared) -> Result<MultiValue, Fault>;

const FUNCTIONS: &[(&str, Body)] = &[
    ("encode", encode::encode),
    ("decode", decode::decode),
    ("encode_sparse_array", settings::encode_sparse_array),
    ("encode_max_depth", settings::encode_max_depth),
    ("decode_max_depth", settings::decode_max_depth),
    ("encode_number_precision", settings::encode_number_precision),
    ("encode_keep_buffer", settings::encode_keep_buffer),
    ("encode_invalid_numbers", settings::encode_invalid_numbers),
    ("decode_invalid_numbers", settings::decode_invalid_numbers),
    ("new", |args, _| Ok(MultiValue::from_iter([Value::Table(table(args.lua)?)]))),
];

/// The table `cjson`. Lua's `next` has to be among the globals.
pub(crate) fn open(lua: &Lua) -> mlua::Result<Table> {
    lua.set_named_registry_value(encode::NEXT, lua.globals().raw_get::<Value>("next")?)?;
    table(lua)
}

/// A table `cjson` with settings of its own.
fn table(lua: &Lua) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    let shared = Shared::default();
    for (name, body) in FUNCTIONS {
        let shared = Arc::clone(&shared);
        table.raw_set(*name, raise::function(lua, move |args| body(args, &shared))?)?;
    }
    table.raw_set("null", Value::NULL)?;
    table.raw_set("_NAME", "cjson")?;
    table.raw_set("_VERSION", "2.1.0")?;
    Ok(table)
}

fn lock(shared: &Shared) -> MutexGuard<'_, Settings> {
    shared.lock().expect("nothing panics while it holds the settings")
}
