//! Replies as Lua sees them, and what Lua returns as a reply.
//!
//! | reply | in Lua | | in Lua | reply |
//! |---|---|---|---|---|
//! | integer | number | | number | integer, cut off |
//! | bulk string | string | | string | bulk string |
//! | array | table 1…n | | table | array up to the first nil |
//! | status | `{ok=}` | | `{ok=}` | status |
//! | error | `{err=}` | | `{err=}` | error |
//! | null (RESP2) | false | | false, nil, others | null |
//! | null | nil | | true | 1, or a boolean after `setresp(3)` |
//! | boolean | boolean | | `{double=}` `{map=}` `{set=}` | their own kind |
//! | double, big number | `{double=}`, `{big_number=}` | | `{big_number=}` | a big number |
//! | verbatim | `{verbatim_string={format=,string=}}` | | `{verbatim_string=}` | a verbatim string |
//! | map, set | `{map={}}`, `{set={}}` | | | |
//!
//! Nested data can be deeper than any stack: neither direction recurses for what a script returns, and like the original it stops
//! where Lua's stack would end.

use mlua::{Lua, Table, Value};

use crate::engine::Engine;
use crate::engine::client::ClientId;
use crate::numbers::double;
use crate::resp::{Protocol, Reply};

/// A reply that can't be read. It is our own, so that is a bug.
const SOUND: &str = "a reply of the engine is complete";

/// What a reply is to Lua. Errors: Lua is out of memory.
pub(super) fn to_lua(lua: &Lua, reply: &[u8]) -> mlua::Result<Value> {
    let mut reader = Reader { bytes: reply, lua };
    reader.value()
}

/// The text of a reply that is one bulk string.
#[inline]
pub(super) fn only_bulk(reply: &[u8]) -> Option<&[u8]> {
    if reply.first() != Some(&b'$') || reply.get(1) == Some(&b'-') {
        return None;
    }
    let start = memchr::memchr(b'\n', reply)? + 1;
    reply.get(start..reply.len() - 2)
}

/// The text of a reply that is one status.
#[inline]
pub(super) fn only_status(reply: &[u8]) -> Option<&[u8]> {
    reply.strip_prefix(b"+")?.strip_suffix(b"\r\n")
}

struct Reader<'a> {
    bytes: &'a [u8],
    lua: &'a Lua,
}

impl<'a> Reader<'a> {
    fn line(&mut self) -> &'a [u8] {
        let end = memchr::memchr(b'\r', self.bytes).expect(SOUND);
        let line = &self.bytes[..end];
        self.bytes = &self.bytes[end + 2..];
        line
    }

    fn integer(&mut self) -> i64 {
        crate::numbers::integer::parse_i64(self.line()).expect(SOUND)
    }

    fn bulk(&mut self, length: i64) -> &'a [u8] {
        let length = usize::try_from(length).expect(SOUND);
        let text = &self.bytes[..length];
        self.bytes = &self.bytes[length + 2..];
        text
    }

    fn value(&mut self) -> mlua::Result<Value> {
        let kind = self.bytes[0];
        self.bytes = &self.bytes[1..];
        Ok(match kind {
            b'$' => match self.integer() {
                -1 => Value::Boolean(false),
                length => Value::String(self.lua.create_string(self.bulk(length))?),
            },
            b':' => Value::Integer(self.integer()),
            b'+' => self.tagged("ok")?,
            b'-' => self.tagged("err")?,
            b'*' => match self.integer() {
                -1 => Value::Boolean(false),
                length => Value::Table(self.array(length as usize)?),
            },
            b'_' => {
                self.line();
                Value::Nil
            }
            b'#' => Value::Boolean(self.line() == b"t"),
            b',' => {
                let table = self.lua.create_table_with_capacity(0, 1)?;
                table.raw_set("double", double::parse_leniently(self.line()).expect(SOUND))?;
                Value::Table(table)
            }
            b'(' => self.tagged("big_number")?,
            b'=' => self.verbatim()?,
            b'%' => self.map()?,
            b'~' => self.set()?,
            b'|' => {
                // An attribute says something about the value after it.
                for _ in 0..2 * self.integer() {
                    self.value()?;
                }
                self.value()?
            }
            kind => unreachable!("a reply of the engine does not begin with {kind}"),
        })
    }

    /// A table with one field, the rest of the line.
    fn tagged(&mut self, field: &str) -> mlua::Result<Value> {
        let table = self.lua.create_table_with_capacity(0, 1)?;
        table.raw_set(field, self.lua.create_string(self.line())?)?;
        Ok(Value::Table(table))
    }

    fn array(&mut self, length: usize) -> mlua::Result<Table> {
        let table = self.lua.create_table_with_capacity(length, 0)?;
        for index in 1..=length {
            let value = self.value()?;
            table.raw_set(index, value)?;
        }
        Ok(table)
    }

    fn verbatim(&mut self) -> mlua::Result<Value> {
        let length = self.integer();
        let text = self.bulk(length);
        let inner = self.lua.create_table_with_capacity(0, 2)?;
        inner.raw_set("format", self.lua.create_string(&text[..3])?)?;
        inner.raw_set("string", self.lua.create_string(&text[4..])?)?;
        self.wrapped("verbatim_string", inner)
    }

    fn map(&mut self) -> mlua::Result<Value> {
        let length = self.integer() as usize;
        let inner = self.lua.create_table_with_capacity(0, length)?;
        for _ in 0..length {
            let (key, value) = (self.value()?, self.value()?);
            inner.raw_set(key, value)?;
        }
        self.wrapped("map", inner)
    }

    fn set(&mut self) -> mlua::Result<Value> {
        let length = self.integer() as usize;
        let inner = self.lua.create_table_with_capacity(0, length)?;
        for _ in 0..length {
            let member = self.value()?;
            inner.raw_set(member, true)?;
        }
        self.wrapped("set", inner)
    }

    fn wrapped(&self, field: &str, inner: Table) -> mlua::Result<Value> {
        let table = self.lua.create_table_with_capacity(0, 1)?;
        table.raw_set(field, inner)?;
        Ok(Value::Table(table))
    }
}

/// Slots of Lua's stack that the original has at most for this, and what it wants to be free.
const STACK_SLOTS: usize = 8000;
const SLOTS_WANTED: usize = 4;
/// Slots in use when the first value is looked at.
const SLOTS_AT_FIRST: usize = 2;

/// One container that is being written.
enum Open {
    Array {
        table: Table,
        place: usize,
        count: usize,
        slots: usize,
    },
    /// Values still to be written, the next one last: with the slots in use when it is its turn.
    Listed {
        left: Vec<(Value, usize)>,
    },
}

/// Writes what a script returned as the reply to its client. `protocol`: what the script has chosen.
pub(super) fn write_reply(engine: &mut Engine, id: ClientId, value: Value, protocol: Protocol) {
    let mut open: Vec<Open> = Vec::new();
    let mut next = Some((value, SLOTS_AT_FIRST));
    loop {
        if let Some((value, slots)) = next.take()
            && let Some(container) = write_value(engine, id, value, protocol, slots)
        {
            open.push(container);
        }
        match open.last_mut() {
            None => return,
            Some(Open::Array { table, place, count, slots }) => {
                match table.raw_get::<Value>(*count + 1).unwrap_or(Value::Nil) {
                    Value::Nil => {
                        let (place, count) = (*place, *count);
                        engine.reply(id).array_at_byte(place, count);
                        open.pop();
                    }
                    value => {
                        *count += 1;
                        next = Some((value, *slots + 1));
                    }
                }
            }
            Some(Open::Listed { left }) => match left.pop() {
                None => {
                    open.pop();
                }
                value => next = value,
            },
        }
    }
}

/// Writes one value, or begins with a container.
fn write_value(engine: &mut Engine, id: ClientId, value: Value, protocol: Protocol, slots: usize) -> Option<Open> {
    if slots + SLOTS_WANTED > STACK_SLOTS {
        engine.reply_error(id, b"ERR reached lua stack limit");
        return None;
    }
    let reply = engine.reply(id);
    match value {
        Value::String(text) => reply.bulk(&text.as_bytes()),
        Value::Integer(number) => reply.integer(number),
        Value::Number(number) => reply.integer(truncated(number)),
        Value::Boolean(value) if protocol == Protocol::Resp3 => reply.boolean(value),
        Value::Boolean(true) => reply.integer(1),
        Value::Table(table) => return write_table(engine, id, table, slots),
        _ => reply.null(),
    }
    None
}

/// A double as an integer, as x86-64 converts it.
fn truncated(number: f64) -> i64 {
    if number >= -(2f64.powi(63)) && number < 2f64.powi(63) { number as i64 } else { i64::MIN }
}

fn text_field(table: &Table, field: &str) -> Option<mlua::String> {
    match table.raw_get(field) {
        Ok(Value::String(text)) => Some(text),
        _ => None,
    }
}

fn table_field(table: &Table, field: &str) -> Option<Table> {
    match table.raw_get(field) {
        Ok(Value::Table(inner)) => Some(inner),
        _ => None,
    }
}

fn write_table(engine: &mut Engine, id: ClientId, table: Table, slots: usize) -> Option<Open> {
    if let Some(text) = text_field(&table, "err") {
        let counted = matches!(table.raw_get("ignore_error_stats_update"), Ok(Value::Nil));
        write_error(engine, id, &text.as_bytes(), counted);
        return None;
    }
    let reply = engine.reply(id);
    if let Some(text) = text_field(&table, "ok") {
        write_line(reply, b'+', &text.as_bytes());
        return None;
    }
    match table.raw_get("double") {
        Ok(Value::Integer(number)) => {
            reply.double(number as f64);
            return None;
        }
        Ok(Value::Number(number)) => {
            reply.double(number);
            return None;
        }
        _ => {}
    }
    if let Some(text) = text_field(&table, "big_number") {
        let digits: Vec<u8> = text.as_bytes().iter().map(|byte| on_one_line(*byte)).collect();
        reply.big_number(&digits);
        return None;
    }
    if let Some(inner) = table_field(&table, "verbatim_string")
        && let (Some(format), Some(text)) = (text_field(&inner, "format"), text_field(&inner, "string"))
    {
        write_verbatim(reply, &format.as_bytes(), &text.as_bytes());
        return None;
    }
    if let Some(map) = table_field(&table, "map") {
        return Some(begin_map(reply, &map, slots));
    }
    if let Some(set) = table_field(&table, "set") {
        return Some(begin_set(reply, &set, slots));
    }
    Some(Open::Array { table, place: reply.len(), count: 0, slots })
}

/// Keys and values in the order of Lua's table.
fn pairs(table: &Table) -> Vec<(Value, Value)> {
    table.pairs::<Value, Value>().filter_map(Result::ok).collect()
}

fn begin_map(reply: &mut Reply, map: &Table, slots: usize) -> Open {
    let pairs = pairs(map);
    reply.map(pairs.len());
    let mut left = Vec::with_capacity(2 * pairs.len());
    for (key, value) in pairs.into_iter().rev() {
        left.push((value, slots + 3));
        left.push((key, slots + 4));
    }
    Open::Listed { left }
}

fn begin_set(reply: &mut Reply, set: &Table, slots: usize) -> Open {
    let members = pairs(set);
    reply.set(members.len());
    Open::Listed { left: members.into_iter().rev().map(|(member, _)| (member, slots + 3)).collect() }
}

fn on_one_line(byte: u8) -> u8 {
    if matches!(byte, b'\r' | b'\n') { b' ' } else { byte }
}

fn write_line(reply: &mut Reply, kind: u8, text: &[u8]) {
    let mut line = vec![kind];
    line.extend(crate::quoting::c_str(text).iter().map(|byte| on_one_line(*byte)));
    line.extend_from_slice(b"\r\n");
    reply.raw(&line);
}

fn write_verbatim(reply: &mut Reply, format: &[u8], text: &[u8]) {
    let mut three = [b' '; 3];
    let format = crate::quoting::c_str(format);
    let length = format.len().min(3);
    three[..length].copy_from_slice(&format[..length]);
    reply.verbatim_bytes(three, text);
}

/// Writes an error whose code is part of the text. `counted`: whether INFO's statistics get to know it.
pub(super) fn write_error(engine: &mut Engine, id: ClientId, text: &[u8], counted: bool) {
    let text = crate::quoting::c_str(text);
    if counted {
        engine.reply_error(id, text);
    } else {
        engine.reply(id).error(text);
    }
}
