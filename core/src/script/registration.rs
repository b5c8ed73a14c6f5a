//! The machine for functions: what a library sees while it is loaded, and how it registers functions.
//!
//! ```text
//!   a library's code and functions ─► one empty, read-only table of globals
//!                                        └ metatable.__index ─► while loading: `redis` with a few fields
//!                                                            └► otherwise: the globals of scripts
//! ```
//!
//! So a function sees globals when it runs that its library did not have when it was loaded. Source: observed behaviour of
//! 7.0.15.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mlua::{Function, IntoLuaMulti, Lua, MultiValue, Table, Value};

use super::library::{BAD_NAME, FunctionInfo, function_key, is_name};
use super::shebang::{ScriptFlags, flag};

/// One function that a library has registered.
pub(super) struct Registered {
    pub info: FunctionInfo,
    pub callback: Function,
}

/// What the library that is being loaded has registered; `None` while none is.
pub(super) type Registry = Arc<Mutex<Option<Vec<Registered>>>>;

/// The globals of libraries.
pub(super) struct LibraryGlobals {
    pub environment: Table,
    metatable: Table,
    running: Table,
    loading: Table,
    pub registry: Registry,
}

pub(super) fn registered(registry: &Registry) -> MutexGuard<'_, Option<Vec<Registered>>> {
    registry.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Fields of `redis` that a library has while it is loaded, beside `register_function`.
const FIELDS: [&str; 7] =
    ["LOG_DEBUG", "LOG_NOTICE", "LOG_VERBOSE", "LOG_WARNING", "REDIS_VERSION", "REDIS_VERSION_NUM", "log"];

impl LibraryGlobals {
    /// `missing`: the metatable that makes reading what is not there an error.
    pub(super) fn new(
        lua: &Lua,
        guard: &Function,
        readonly: &Function,
        missing: &Table,
    ) -> mlua::Result<LibraryGlobals> {
        let registry = Registry::default();
        let running = lua.globals();
        let all: Table = running.raw_get("redis")?;
        let redis = lua.create_table()?;
        for field in FIELDS {
            redis.raw_set(field, all.raw_get::<Value>(field)?)?;
        }
        let target = registry.clone();
        let register =
            lua.create_function(move |lua, arguments: MultiValue| match register(&target, lua, &arguments) {
                Ok(()) => Ok(MultiValue::from_iter([Value::Boolean(true)])),
                Err(text) => {
                    let table = lua.create_table()?;
                    table.raw_set("err", format!("ERR {text}"))?;
                    (false, table).into_lua_multi(lua)
                }
            })?;
        redis.raw_set("register_function", guard.call::<Function>(register)?)?;
        redis.set_metatable(Some(missing.clone()))?;
        let loading = lua.create_table()?;
        loading.raw_set("redis", &redis)?;
        loading.set_metatable(Some(missing.clone()))?;
        let (environment, metatable) = (lua.create_table()?, lua.create_table()?);
        metatable.raw_set("__index", &running)?;
        environment.set_metatable(Some(metatable.clone()))?;
        for table in [&redis, &loading, &environment] {
            readonly.call::<()>((table, true))?;
        }
        Ok(LibraryGlobals { environment, metatable, running, loading, registry })
    }

    /// Lets the globals be those of loading.
    pub(super) fn begin_loading(&self) -> mlua::Result<()> {
        *registered(&self.registry) = Some(Vec::new());
        self.metatable.raw_set("__index", &self.loading)
    }

    /// Lets them be those of running again. What has been registered.
    pub(super) fn end_loading(&self) -> mlua::Result<Vec<Registered>> {
        self.metatable.raw_set("__index", &self.running)?;
        Ok(registered(&self.registry).take().unwrap_or_default())
    }
}

/// `redis.register_function`. Errors: what is wrong with the arguments.
fn register(registry: &Registry, lua: &Lua, arguments: &MultiValue) -> Result<(), &'static str> {
    let mut registered = registered(registry);
    let Some(functions) = registered.as_mut() else {
        return Err("redis.register_function can only be called on FUNCTION LOAD command");
    };
    let new = match arguments.len() {
        1 => match &arguments[0] {
            Value::Table(named) => by_name(lua, named)?,
            _ => {
                return Err("calling redis.register_function with a single argument is only applicable to Lua table \
                            (representing named arguments).");
            }
        },
        2 => {
            let name = text(lua, &arguments[0]).ok_or("first argument to redis.register_function must be a string")?;
            let Value::Function(callback) = &arguments[1] else {
                return Err("second argument to redis.register_function must be a function");
            };
            let info = FunctionInfo { name, description: None, flags: ScriptFlags::empty() };
            Registered { info, callback: callback.clone() }
        }
        _ => return Err("wrong number of arguments to redis.register_function"),
    };
    if !is_name(&new.info.name) {
        return Err(&BAD_NAME["ERR ".len()..]);
    }
    let key = function_key(&new.info.name);
    if functions.iter().any(|known| function_key(&known.info.name) == key) {
        return Err("Function already exists in the library");
    }
    functions.push(new);
    Ok(())
}

fn text(lua: &Lua, value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::String(_) | Value::Integer(_) | Value::Number(_) => {
            let text = lua.coerce_string(value.clone()).ok().flatten()?;
            Some(text.as_bytes().to_vec())
        }
        _ => None,
    }
}

fn by_name(lua: &Lua, named: &Table) -> Result<Registered, &'static str> {
    let (mut name, mut description, mut callback, mut flags) = (None, None, None, ScriptFlags::empty());
    for pair in named.pairs::<Value, Value>() {
        let (key, value) = pair.map_err(|_| "wrong number of arguments to redis.register_function")?;
        let key = text(lua, &key).ok_or("named argument key given to redis.register_function is not a string")?;
        match &*key.to_ascii_lowercase() {
            b"function_name" => {
                let given = text(lua, &value);
                name = Some(given.ok_or("function_name argument given to redis.register_function must be a string")?);
            }
            b"description" => {
                let given = text(lua, &value);
                description =
                    Some(given.ok_or("description argument given to redis.register_function must be a string")?);
            }
            b"callback" => {
                let Value::Function(given) = value else {
                    return Err("callback argument given to redis.register_function must be a function");
                };
                callback = Some(given);
            }
            b"flags" => {
                let Value::Table(list) = value else {
                    return Err(
                        "flags argument to redis.register_function must be a table representing function flags",
                    );
                };
                flags = parse_flags(&list)?;
            }
            _ => return Err("unknown argument given to redis.register_function"),
        }
    }
    let name = name.ok_or("redis.register_function must get a function name argument")?;
    let callback = callback.ok_or("redis.register_function must get a callback argument")?;
    Ok(Registered { info: FunctionInfo { name, description, flags }, callback })
}

fn parse_flags(list: &Table) -> Result<ScriptFlags, &'static str> {
    let mut flags = ScriptFlags::empty();
    for at in 1.. {
        match list.raw_get::<Value>(at) {
            Ok(Value::String(name)) => flags |= flag(&name.as_bytes()).ok_or("unknown flag given")?,
            Ok(Value::Nil) => break,
            _ => return Err("unknown flag given"),
        }
    }
    Ok(flags)
}
