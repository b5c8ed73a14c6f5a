//! `cmsgpack.unpack(data)`, `unpack_one(data, offset)`, `unpack_limit(data, limit, offset)`.
//!
//! Nested arrays and maps wait in a list, not on the stack of this program. A value takes a byte of the input at least, so what
//! is built is bounded by the input, whatever lengths it names.

use super::super::arguments::Arguments;
use super::super::raise::Fault;
use super::super::slots::has_room;
use mlua::{Lua, MultiValue, Table, Value};

const TOO_MANY: &str = "too many return values at once; use unpack_one or unpack_limit instead.";

/// All values of the data. O(bytes). Errors: the data end early, or hold an unknown type; too many values, or nested too deep.
pub(super) fn unpack(args: &Arguments<'_>) -> Result<MultiValue, Fault> {
    unpack_some(args, args.len(), 0, 0)
}

/// The position behind it, and one value.
pub(super) fn unpack_one(args: &Arguments<'_>) -> Result<MultiValue, Fault> {
    let offset = args.integer_or(2, 0)?;
    unpack_some(args, 1, 1, offset)
}

/// The position behind them, and so many values at most.
pub(super) fn unpack_limit(args: &Arguments<'_>) -> Result<MultiValue, Fault> {
    let limit = args.integer(2)?;
    let offset = args.integer_or(3, 0)?;
    unpack_some(args, 1, limit, offset)
}

/// With neither limit nor offset all values, and no position in front of them. `held`: slots of Lua's stack in use.
fn unpack_some(args: &Arguments<'_>, held: usize, limit: i64, offset: i64) -> Result<MultiValue, Fault> {
    let data = args.string(1)?;
    let data = data.as_bytes();
    let takes_all = limit == 0 && offset == 0;
    let (Ok(start), Ok(limit)) = (usize::try_from(offset), usize::try_from(limit)) else {
        // The length stands where the limit should; numbers are printed as 32 bits.
        let offset = offset as i32;
        let text = format!("Invalid request to unpack with offset of {offset} and limit of {}.", data.len() as i32);
        return Err(Fault::text(text));
    };
    if start > data.len() {
        let offset = offset as i32;
        let text = format!("Start offset {offset} greater than input length {}.", data.len() as i32);
        return Err(Fault::text(text));
    }
    let mut reader = Reader { lua: args.lua, left: &data[start..], held };
    let mut values = Vec::new();
    while !reader.left.is_empty() && (takes_all || values.len() < limit) {
        values.push(reader.value()?);
        reader.held += 1;
    }
    if !takes_all {
        let position = if reader.left.is_empty() { -1 } else { (data.len() - reader.left.len()) as i64 };
        values.insert(0, Value::Integer(position));
    }
    Ok(MultiValue::from_vec(values))
}

struct Reader<'a> {
    lua: &'a Lua,
    left: &'a [u8],
    /// Slots of Lua's stack that the original would hold.
    held: usize,
}

/// A table that is being filled.
enum Open {
    Array { table: Table, left: usize, index: i64 },
    Map { table: Table, left: usize, key: Option<Value> },
}

/// What a value begins with.
enum Head {
    Value(Value),
    Array(usize),
    Map(usize),
}

impl Reader<'_> {
    /// One value, whole.
    fn value(&mut self) -> Result<Value, Fault> {
        let held = self.held;
        let mut open: Vec<Open> = Vec::new();
        loop {
            if !has_room(self.held, 1) {
                return Err(Fault::stack_overflow(TOO_MANY));
            }
            let mut value = match self.head()? {
                Head::Value(value) => value,
                Head::Array(left) => {
                    let table = self.lua.create_table()?;
                    self.held += 1;
                    if !has_room(self.held, 1) {
                        return Err(Fault::stack_overflow("in function mp_decode_to_lua_array"));
                    }
                    if left > 0 {
                        // The index waits on the stack for its value.
                        self.held += 1;
                        open.push(Open::Array { table, left, index: 1 });
                        continue;
                    }
                    self.held -= 1;
                    Value::Table(table)
                }
                Head::Map(left) => {
                    let table = self.lua.create_table()?;
                    if left > 0 {
                        self.held += 1;
                        open.push(Open::Map { table, left, key: None });
                        continue;
                    }
                    Value::Table(table)
                }
            };
            // A value may be the last one of what it is in, and that the last one in turn.
            loop {
                let Some(innermost) = open.last_mut() else {
                    self.held = held;
                    return Ok(value);
                };
                let was_last = self.held_after(innermost, value)?;
                if !was_last {
                    break;
                }
                let (Some(Open::Array { table, .. }) | Some(Open::Map { table, .. })) = open.pop() else {
                    unreachable!("there is an innermost one")
                };
                value = Value::Table(table);
            }
        }
    }

    /// Puts a value where it belongs, and says whether it was the last one.
    fn held_after(&mut self, open: &mut Open, value: Value) -> Result<bool, Fault> {
        match open {
            Open::Array { table, left, index } => {
                table.raw_set(*index, value)?;
                *index += 1;
                *left -= 1;
                if *left == 0 {
                    self.held -= 2;
                }
                Ok(*left == 0)
            }
            Open::Map { table, left, key } => {
                let Some(key) = key.take() else {
                    *key = Some(value);
                    self.held += 1;
                    return Ok(false);
                };
                match key {
                    Value::Nil => return Err(Fault::Bare("table index is nil")),
                    Value::Number(number) if number.is_nan() => return Err(Fault::Bare("table index is NaN")),
                    key => table.raw_set(key, value)?,
                }
                *left -= 1;
                self.held -= if *left == 0 { 2 } else { 1 };
                Ok(*left == 0)
            }
        }
    }

    fn take(&mut self, count: usize) -> Result<&[u8], Fault> {
        let Some((taken, left)) = self.left.split_at_checked(count) else {
            return Err(Fault::text("Missing bytes in input."));
        };
        self.left = left;
        Ok(taken)
    }

    fn number(&mut self, width: usize) -> Result<u64, Fault> {
        Ok(self.take(width)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn length(&mut self, width: usize) -> Result<usize, Fault> {
        Ok(self.number(width)? as usize)
    }

    fn head(&mut self) -> Result<Head, Fault> {
        let mark = self.take(1)?[0];
        let value = match mark {
            0x00..=0x7f => Value::Integer(i64::from(mark)),
            0xe0..=0xff => Value::Integer(i64::from(mark as i8)),
            0xa0..=0xbf => self.text(usize::from(mark & 0x1f))?,
            0x80..=0x8f => return Ok(Head::Map(usize::from(mark & 0xf))),
            0x90..=0x9f => return Ok(Head::Array(usize::from(mark & 0xf))),
            0xc0 => Value::Nil,
            0xc2 | 0xc3 => Value::Boolean(mark == 0xc3),
            0xca => Value::Number(f64::from(f32::from_bits(self.number(4)? as u32))),
            0xcb => Value::Number(f64::from_bits(self.number(8)?)),
            0xcc => Value::Number(self.number(1)? as f64),
            0xcd => Value::Number(self.number(2)? as f64),
            0xce => Value::Number(self.number(4)? as f64),
            // Above the signed ones it wraps, as in the original.
            0xcf | 0xd3 => Value::Number(self.number(8)? as i64 as f64),
            0xd0 => Value::Integer(i64::from(self.number(1)? as i8)),
            0xd1 => Value::Integer(i64::from(self.number(2)? as i16)),
            0xd2 => Value::Integer(i64::from(self.number(4)? as i32)),

            0xd9 => self.string(1)?,
            0xda => self.string(2)?,
            0xdb => self.string(4)?,
            0xdc => return Ok(Head::Array(self.length(2)?)),
            0xdd => return Ok(Head::Array(self.length(4)?)),
            0xde => return Ok(Head::Map(self.length(2)?)),
            0xdf => return Ok(Head::Map(self.length(4)?)),
            _ => return Err(Fault::text("Bad data format in input.")),
        };
        Ok(Head::Value(value))
    }

    fn string(&mut self, width: usize) -> Result<Value, Fault> {
        let length = self.length(width)?;
        self.text(length)
    }

    fn text(&mut self, length: usize) -> Result<Value, Fault> {
        let lua = self.lua;
        Ok(Value::String(lua.create_string(self.take(length)?)?))
    }
}
