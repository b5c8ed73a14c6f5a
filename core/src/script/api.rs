//! What scripts find in the table `redis`, and the functions that stand in for Lua's own.
//!
//! Functions return as `__guarded` (core/lua) wants it: `true` and the result; the name of a field and the text in it, for a
//! table; `false` and what to raise; nil and a text to raise with the position of the caller; the number of an argument and what
//! is wrong with it. A failure of ours is a table with the
//! field `err`, raised, except that the functions that make replies return it.
//!
//! Source: observed values and errors of 7.0.15.

use bstr::BString;
use mlua::{Either, Function, IntoLua, IntoLuaMulti, Lua, MultiValue, Table, Value};

use super::cache::script_id;
use super::machine::{Kind, Slot, engine_in};
use super::run::Refused;
use super::values;
use crate::commands::OwnedArgs;
use crate::config::LogLevel;
use crate::engine::REDIS_VERSION;
use crate::engine::journal::Readers;
use crate::resp::Protocol;

/// `REDIS_VERSION_NUM`: a byte for each part of the version.
const REDIS_VERSION_NUMBER: i64 = 0x0007_000f;

/// The numbers of the table.
const NUMBERS: [(&str, i64); 10] = [
    ("REDIS_VERSION_NUM", REDIS_VERSION_NUMBER),
    ("LOG_DEBUG", 0),
    ("LOG_VERBOSE", 1),
    ("LOG_NOTICE", 2),
    ("LOG_WARNING", 3),
    ("REPL_NONE", 0),
    ("REPL_AOF", 1),
    ("REPL_SLAVE", 2),
    ("REPL_REPLICA", 2),
    ("REPL_ALL", 3),
];

/// The fields in the order in which they are set, which shows in the order of `pairs`. The one of neither list is the version.
const ORDER: [&str; 23] = [
    "call",
    "pcall",
    "log",
    "LOG_DEBUG",
    "LOG_VERBOSE",
    "LOG_NOTICE",
    "LOG_WARNING",
    "REDIS_VERSION_NUM",
    "REDIS_VERSION",
    "setresp",
    "sha1hex",
    "error_reply",
    "status_reply",
    "set_repl",
    "REPL_NONE",
    "REPL_AOF",
    "REPL_SLAVE",
    "REPL_REPLICA",
    "REPL_ALL",
    "acl_check_cmd",
    "breakpoint",
    "debug",
    "replicate_commands",
];

/// What a function gives back to the guard.
type Answer = mlua::Result<MultiValue>;
type Body = fn(&Slot, &Lua, MultiValue) -> Answer;

/// What a function gets of its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arguments {
    Any = 0,
    /// Nothing but text, numbers as text; or a boolean: `true` if there is nothing, `false` if something is no text.
    Words = 2,
}

/// The functions of the table, beside `call` and `pcall`.
const FUNCTIONS: [(&str, Body, Arguments); 10] = [
    ("acl_check_cmd", acl_check_cmd, Arguments::Words),
    ("log", log, Arguments::Any),
    ("sha1hex", sha1hex, Arguments::Any),
    ("error_reply", error_reply, Arguments::Any),
    ("status_reply", status_reply, Arguments::Any),
    ("setresp", setresp, Arguments::Any),
    ("set_repl", set_repl, Arguments::Any),
    // Since 7.0 a script's effects are always what is propagated.
    ("replicate_commands", |_, lua, _| done(lua, true), Arguments::Any),
    // There is no debugger to break into.
    ("breakpoint", |_, lua, _| done(lua, false), Arguments::Any),
    ("debug", |_, _, _| nothing(), Arguments::Any),
];

/// Functions that have no place in libraries.
const FOR_SCRIPTS_ONLY: [&str; 3] = ["replicate_commands", "breakpoint", "debug"];

/// Puts the table `redis` and our random numbers in place.
pub(super) fn install(lua: &Lua, guard: &Function, slot: &Slot, kind: Kind) -> mlua::Result<()> {
    let redis = lua.create_table()?;
    let there = |name: &str| kind == Kind::Scripts || !FOR_SCRIPTS_ONLY.contains(&name);
    for name in ORDER.into_iter().filter(|name| there(name)) {
        if name == "call" || name == "pcall" {
            redis.raw_set(name, caller(lua, guard, slot, name == "call")?)?;
        } else if let Some((_, body, words)) = FUNCTIONS.into_iter().find(|(known, ..)| *known == name) {
            redis.raw_set(name, function(lua, guard, slot, body, words)?)?;
        } else if let Some((_, number)) = NUMBERS.into_iter().find(|(known, _)| *known == name) {
            redis.raw_set(name, number)?;
        } else {
            redis.raw_set(name, REDIS_VERSION)?;
        }
    }
    lua.globals().raw_set("redis", redis)?;
    let math: Table = lua.globals().raw_get("math")?;
    math.raw_set("random", function(lua, guard, slot, random, Arguments::Any)?)?;
    math.raw_set("randomseed", function(lua, guard, slot, randomseed, Arguments::Any)?)
}

fn function(lua: &Lua, guard: &Function, slot: &Slot, body: Body, arguments: Arguments) -> mlua::Result<Function> {
    let slot = slot.clone();
    let inner = lua.create_function(move |lua, arguments: MultiValue| body(&slot, lua, arguments))?;
    guard.call((inner, arguments as i64))
}

fn done(lua: &Lua, value: impl IntoLua) -> Answer {
    (true, value).into_lua_multi(lua)
}

/// Success without a result.
fn nothing() -> Answer {
    Ok(MultiValue::from_iter([Value::Boolean(true)]))
}

/// An integer as C makes one of a double: what fits no 64 bits is the least of them, and of those the low 32 are taken.
fn c_int(number: f64) -> i32 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    let whole = if (-LIMIT..LIMIT).contains(&number) { number as i64 } else { i64::MIN };
    whole as i32
}

/// Raises an error with the position of the caller.
fn complain(lua: &Lua, text: &[u8]) -> Answer {
    (Value::Nil, lua.create_string(text)?).into_lua_multi(lua)
}

/// Raises an error of ours.
fn fail(lua: &Lua, text: &str) -> Answer {
    (false, error_table(lua, format!("ERR {text}").as_bytes())?).into_lua_multi(lua)
}

fn error_table(lua: &Lua, text: &[u8]) -> mlua::Result<Table> {
    let table = lua.create_table_with_capacity(0, 1)?;
    table.raw_set("err", lua.create_string(text)?)?;
    Ok(table)
}

/// The metatable of the globals: reading what is not there is an error.
pub(super) fn missing_globals(lua: &Lua, guard: &Function) -> mlua::Result<Table> {
    let index = lua.create_function(|lua, arguments: MultiValue| {
        if arguments.len() != 2 {
            return complain(lua, b"Wrong number of arguments to luaProtectedTableError");
        }
        let name = match &arguments[1] {
            Value::String(_) | Value::Integer(_) | Value::Number(_) => lua.coerce_string(arguments[1].clone())?,
            _ => None,
        };
        let Some(name) = name else {
            return complain(lua, b"Second argument to luaProtectedTableError must be a string or number");
        };
        let name = name.as_bytes();
        let name = crate::quoting::c_str(&name);
        complain(lua, &[b"Script attempted to access nonexistent global variable '", name, b"'"].concat())
    })?;
    let metatable = lua.create_table()?;
    metatable.raw_set("__index", guard.call::<Function>(index)?)?;
    Ok(metatable)
}

const NO_WORDS: &str = "Please specify at least one argument for this redis lib call";
const NOT_WORDS: &str = "Lua redis lib command arguments must be strings or integers";

/// The words of a command as they come from Lua: the first few without a reference to each, which costs more than a copy.
type Words = (Either<BString, bool>, Option<BString>, Option<BString>, Option<BString>, Option<BString>, MultiValue);

/// What a command gives back: whether that is returned, not raised, or the only field of a table to be returned; and what. Text
/// that is UTF-8 comes as such, because mlua makes a reference of any other first.
type Given = (Either<bool, &'static str>, Either<Text, Value>);
type Text = Either<String, BString>;

fn text(bytes: &[u8]) -> Text {
    match std::str::from_utf8(bytes) {
        Ok(text) => Either::Left(text.to_owned()),
        Err(_) => Either::Right(bytes.into()),
    }
}

/// `redis.call` and `redis.pcall`.
fn caller(lua: &Lua, guard: &Function, slot: &Slot, raises: bool) -> mlua::Result<Function> {
    let slot = slot.clone();
    let inner = lua.create_function(move |lua, words: Words| command(&slot, lua, words, raises))?;
    guard.call((inner, Arguments::Words as i64))
}

fn command(slot: &Slot, lua: &Lua, words: Words, raises: bool) -> mlua::Result<Given> {
    let first = match &words.0 {
        Either::Left(first) => first,
        Either::Right(nothing) => {
            let problem = if *nothing { NO_WORDS } else { NOT_WORDS };
            let table = error_table(lua, format!("ERR {problem}").as_bytes())?;
            return Ok((Either::Left(!raises), Either::Right(Value::Table(table))));
        }
    };
    let mut engine = engine_in(slot);
    let mut args = std::mem::take(&mut engine.scripts.words);
    args.clear();
    args.push(first);
    for word in [&words.1, &words.2, &words.3, &words.4].into_iter().flatten() {
        args.push(word);
    }
    for word in &words.5 {
        if let Value::String(word) = word {
            args.push(&word.as_bytes());
        }
    }
    let outcome = engine.run_for_script(args.as_args());
    engine.scripts.words = args;
    let reply = match outcome {
        Ok(reply) => reply,
        Err(Refused { text }) => {
            let table = error_table(lua, &text)?;
            table.raw_set("ignore_error_stats_update", true)?;
            return Ok((Either::Left(!raises), Either::Right(Value::Table(table))));
        }
    };
    let given = given(lua, &reply, raises);
    engine.take_script_reply_back(reply);
    given
}

fn given(lua: &Lua, reply: &[u8], raises: bool) -> mlua::Result<Given> {
    if let Some(bytes) = values::only_bulk(reply) {
        return Ok((Either::Left(true), Either::Left(text(bytes))));
    }
    if let Some(bytes) = values::only_status(reply) {
        return Ok((Either::Right("ok"), Either::Left(text(bytes))));
    }
    let value = values::to_lua(lua, reply)?;
    let failed = reply.first() == Some(&b'-');
    if let (true, Value::Table(table)) = (failed, &value) {
        table.raw_set("ignore_error_stats_update", true)?;
    }
    Ok((Either::Left(!(failed && raises)), Either::Right(value)))
}

fn acl_check_cmd(slot: &Slot, lua: &Lua, arguments: MultiValue) -> Answer {
    if let Some(Value::Boolean(nothing)) = arguments.front() {
        return fail(lua, if *nothing { NO_WORDS } else { NOT_WORDS });
    }
    let texts = arguments.iter().filter_map(Value::as_string);
    let words: OwnedArgs = texts.map(|text| text.as_bytes().to_vec()).collect();
    match engine_in(slot).script_may_call(words.as_args()) {
        Some(allowed) => done(lua, allowed),
        None => fail(lua, "Invalid command passed to redis.acl_check_cmd()"),
    }
}

fn log(slot: &Slot, lua: &Lua, arguments: MultiValue) -> Answer {
    if arguments.len() < 2 {
        return fail(lua, "redis.log() requires two arguments or more.");
    }
    let level = match &arguments[0] {
        level @ (Value::Integer(_) | Value::Number(_) | Value::String(_)) => lua.coerce_number(level.clone())?,
        _ => None,
    };
    let level = match level {
        // NaN is no level, and not 0.
        Some(_) => integer(lua, &arguments[0]),
        None => return fail(lua, "First argument must be a number (log level)."),
    };
    let level = match level {
        0 => LogLevel::Debug,
        1 => LogLevel::Verbose,
        2 => LogLevel::Notice,
        3 => LogLevel::Warning,
        _ => return fail(lua, "Invalid debug level."),
    };
    let mut engine = engine_in(slot);
    if engine.logs(level) {
        let texts = arguments.iter().skip(1).filter_map(|value| match value {
            Value::String(_) | Value::Integer(_) | Value::Number(_) => lua.coerce_string(value.clone()).ok().flatten(),
            _ => None,
        });
        let line = texts.map(|text| text.to_string_lossy()).collect::<Vec<String>>().join(" ");
        engine.log(level, line);
    }
    nothing()
}

fn sha1hex(_: &Slot, lua: &Lua, arguments: MultiValue) -> Answer {
    if arguments.len() != 1 {
        return fail(lua, "wrong number of arguments");
    }
    let id = match &arguments[0] {
        value @ (Value::String(_) | Value::Integer(_) | Value::Number(_)) => {
            // As Lua prints numbers, not as the words of a command have them.
            lua.coerce_string(value.clone())?.map(|text| script_id(&text.as_bytes()))
        }
        _ => None,
    };
    // Anything else has no text.
    let id = id.unwrap_or_else(|| script_id(b""));
    done(lua, lua.create_string(id)?)
}

/// The only argument, a string; otherwise the table that says that it isn't.
fn only_text(lua: &Lua, arguments: &MultiValue) -> mlua::Result<Result<mlua::String, Table>> {
    match (arguments.len(), arguments.front()) {
        (1, Some(Value::String(text))) => Ok(Ok(text.clone())),
        _ => Ok(Err(error_table(lua, b"ERR wrong number or type of arguments")?)),
    }
}

fn error_reply(_: &Slot, lua: &Lua, arguments: MultiValue) -> Answer {
    let text = match only_text(lua, &arguments)? {
        Ok(text) => text,
        Err(table) => return done(lua, table),
    };
    let text = text.as_bytes();
    let text = crate::quoting::c_str(&text);
    let text = text.strip_prefix(b"-").unwrap_or(text);
    // A text of one word has no code. What follows the code loses the ends of lines around it.
    let (code, text) = match memchr::memchr(b' ', text) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (&b"ERR"[..], text),
    };
    let is_text = |byte: &u8| !matches!(byte, b'\r' | b'\n');
    let start = text.iter().position(is_text).unwrap_or(text.len());
    let end = text.iter().rposition(is_text).map_or(start, |last| last + 1);
    let table = error_table(lua, &[code, b" ", &text[start..end]].concat())?;
    done(lua, table)
}

fn status_reply(_: &Slot, lua: &Lua, arguments: MultiValue) -> Answer {
    match only_text(lua, &arguments)? {
        Ok(text) => {
            let table = lua.create_table_with_capacity(0, 1)?;
            table.raw_set("ok", text)?;
            done(lua, table)
        }
        Err(table) => done(lua, table),
    }
}

/// What the original takes for an integer; anything but numbers and their texts is 0, what fits no 32 bits the least of them.
fn integer(lua: &Lua, value: &Value) -> i64 {
    const LIMIT: f64 = 2_147_483_648.0;
    let number = match value {
        Value::Integer(value) => *value as f64,
        Value::Number(value) => *value,
        Value::String(_) => lua.coerce_number(value.clone()).ok().flatten().unwrap_or(0.0),
        _ => 0.0,
    };
    let fits = number > -LIMIT - 1.0 && number < LIMIT;
    if fits { number as i64 } else { i64::from(i32::MIN) }
}

fn setresp(slot: &Slot, lua: &Lua, arguments: MultiValue) -> Answer {
    if arguments.len() != 1 {
        return fail(lua, "redis.setresp() requires one argument.");
    }
    let protocol = match integer(lua, &arguments[0]) {
        2 => Protocol::Resp2,
        3 => Protocol::Resp3,
        _ => return fail(lua, "RESP version must be 2 or 3."),
    };
    if let Some(running) = &mut engine_in(slot).scripts.running {
        running.protocol = protocol;
    }
    ().into_lua_multi(lua).map(|mut nothing: MultiValue| {
        nothing.push_front(Value::Boolean(true));
        nothing
    })
}

fn set_repl(slot: &Slot, lua: &Lua, arguments: MultiValue) -> Answer {
    if arguments.len() != 1 {
        return fail(lua, "redis.set_repl() requires two arguments.");
    }
    let flags = u8::try_from(integer(lua, &arguments[0])).ok().and_then(Readers::from_bits);
    let Some(flags) = flags else {
        return fail(lua, "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
    };
    if let Some(running) = &mut engine_in(slot).scripts.running {
        running.propagate = flags;
    }
    Ok(MultiValue::from_iter([Value::Boolean(true)]))
}

/// A number of an argument, as Lua's library takes it, or what to complain about.
fn number(lua: &Lua, arguments: &MultiValue, at: usize) -> Result<f64, Answer> {
    let found = arguments.get(at).and_then(|value| lua.coerce_number(value.clone()).ok().flatten());
    found.ok_or_else(|| {
        let got = arguments.get(at).map_or("no value", Value::type_name);
        (at + 1, format!("number expected, got {}", lua_type_name(got))).into_lua_multi(lua)
    })
}

/// mlua tells integers and light userdata apart.
fn lua_type_name(name: &'static str) -> &'static str {
    match name {
        "integer" => "number",
        "lightuserdata" => "userdata",
        name => name,
    }
}

fn random(slot: &Slot, lua: &Lua, arguments: MultiValue) -> Answer {
    let drawn = engine_in(slot).scripts.random.fraction();
    let bounds = match arguments.len() {
        0 => return done(lua, drawn),
        1 => number(lua, &arguments, 0).map(|upper| (1, c_int(upper), 0)),
        2 => number(lua, &arguments, 0)
            .and_then(|lower| number(lua, &arguments, 1).map(|upper| (c_int(lower), c_int(upper), 1))),
        _ => return complain(lua, b"wrong number of arguments"),
    };
    let (lower, upper, at) = match bounds {
        Ok(bounds) => bounds,
        Err(answer) => return answer,
    };
    if lower > upper {
        return (at + 1, "interval is empty").into_lua_multi(lua);
    }
    let width = f64::from(upper.wrapping_sub(lower).wrapping_add(1));
    done(lua, (drawn * width).floor() + f64::from(lower))
}

fn randomseed(slot: &Slot, lua: &Lua, arguments: MultiValue) -> Answer {
    match number(lua, &arguments, 0) {
        Ok(seed) => {
            engine_in(slot).scripts.random.seed(c_int(seed));
            nothing()
        }
        Err(answer) => answer,
    }
}
