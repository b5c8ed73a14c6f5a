//! Library functions that fail as functions of C fail: with a string, not with a value of the host.
//!
//! What a function of Rust returns as an error reaches Lua as a userdata of mlua. Scripts of Redis see strings, most with the
//! position of the caller in front. So a [`Fault`] is handed as a result to a function of C around the function of Rust
//! ([`GUARDED`]), which raises it.
//!
//! | fault               | original                   | text                                         |
//! |---------------------|----------------------------|----------------------------------------------|
//! | [`Fault::Text`]     | `luaL_error`               | position, then the text                      |
//! | [`Fault::Argument`] | `luaL_argerror`            | the same, in `bad argument #n to 'name' (…)` |
//! | [`Fault::Bare`]     | an error of Lua's own in C | the text                                     |

use super::arguments::Arguments;
use mlua::{Function, IntoLuaMulti, Lua, MultiValue, Value, Variadic};

/// Name in the registry of the function `guarded(f)`, which returns a function of C that calls `f`. That one returns how it
/// ended: `true` and the results, `false` and what to raise, nil and a text to raise with the position of the caller, or the
/// number of an argument and what is wrong with it.
pub(crate) const GUARDED: &str = "etalon.guarded";

/// Why a library function fails.
#[derive(Debug)]
pub(super) enum Fault {
    /// A text, to which the position of the caller is added.
    Text(Vec<u8>),
    /// Something about an argument, by its number from 1.
    Argument(usize, Vec<u8>),
    /// A text without a position.
    Bare(&'static str),
    /// Lua itself failed (it is out of memory).
    Lua(mlua::Error),
}

impl Fault {
    pub fn text(text: impl Into<Vec<u8>>) -> Fault {
        Fault::Text(text.into())
    }

    pub fn argument(number: usize, text: impl Into<Vec<u8>>) -> Fault {
        Fault::Argument(number, text.into())
    }

    /// The stack is too small for more, as `luaL_checkstack` says it.
    pub fn stack_overflow(what: &str) -> Fault {
        Fault::text(format!("stack overflow ({what})"))
    }
}

impl From<mlua::Error> for Fault {
    fn from(error: mlua::Error) -> Fault {
        Fault::Lua(error)
    }
}

/// Makes a function of the library from one of Rust. Errors: the state has no [`GUARDED`].
pub(super) fn function<F>(lua: &Lua, body: F) -> mlua::Result<Function>
where
    F: Fn(&Arguments<'_>) -> Result<MultiValue, Fault> + Send + 'static,
{
    let guarded: Function = lua.named_registry_value(GUARDED)?;
    let inner = lua.create_function(move |lua, values: Variadic<Value>| match body(&Arguments::new(lua, &values)) {
        Ok(mut results) => {
            results.push_front(Value::Boolean(true));
            Ok(results)
        }
        Err(Fault::Lua(error)) => Err(error),
        Err(Fault::Text(text)) => (Value::Nil, lua.create_string(text)?).into_lua_multi(lua),
        Err(Fault::Argument(number, text)) => (number, lua.create_string(text)?).into_lua_multi(lua),
        Err(Fault::Bare(text)) => (false, text).into_lua_multi(lua),
    })?;
    guarded.call(inner)
}
