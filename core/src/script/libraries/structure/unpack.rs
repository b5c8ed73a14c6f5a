//! `struct.unpack(format, data, position)`.

use super::super::arguments::Arguments;
use super::super::raise::Fault;
use super::super::slots::has_room;
use super::Format;
use mlua::{MultiValue, Value};

/// Bytes to values, and the position behind them. O(bytes). Errors: bad format, too little data, too many values.
pub(super) fn unpack(args: &Arguments<'_>) -> Result<MultiValue, Fault> {
    let text = args.string(1)?;
    let text = text.as_bytes();
    let data = args.string(2)?;
    let data = data.as_bytes();
    // Taken as unsigned: a negative position is one far behind the end.
    let start = args.integer_or(3, 1)? as usize;
    if start == 0 {
        return Err(Fault::argument(3, "offset must be 1 or greater"));
    }
    let mut position = start - 1;
    let mut format = Format::new(&text);
    let mut values: Vec<Value> = Vec::new();
    while let Some(mut item) = format.next()? {
        position = position.wrapping_add(format.padding(position, item));
        let mut bytes = slice(&data, position, item.size)?;
        if !has_room(args.len() + values.len(), 2) {
            return Err(Fault::stack_overflow("too many results"));
        }
        match item.option {
            b'b' | b'B' | b'h' | b'H' | b'l' | b'L' | b'T' | b'i' | b'I' => {
                values.push(integer(bytes, format.big_endian, item.option.is_ascii_lowercase()));
            }
            b'x' => {}
            b'f' => values.push(Value::Number(f64::from(f32::from_le_bytes(ordered(bytes, format.big_endian))))),
            b'd' => values.push(Value::Number(f64::from_le_bytes(ordered(bytes, format.big_endian)))),
            b'c' => {
                if item.size == 0 {
                    item.size = previous_size(args, &mut values)?;
                    bytes = slice(&data, position, item.size)?;
                }
                values.push(Value::String(args.lua.create_string(bytes)?));
            }
            b's' => {
                let length = memchr::memchr(0, &data[position..]);
                let length = length.ok_or_else(|| Fault::text("unfinished string in data"))?;
                values.push(Value::String(args.lua.create_string(&data[position..position + length])?));
                item.size = length + 1;
            }
            option => format.control(option)?,
        }
        position = position.wrapping_add(item.size);
    }
    values.push(Value::Number(position.wrapping_add(1) as i64 as f64));
    Ok(MultiValue::from_vec(values))
}

fn slice(data: &[u8], position: usize, size: usize) -> Result<&[u8], Fault> {
    let fits = size <= data.len() && position <= data.len() - size;
    if fits { Ok(&data[position..position + size]) } else { Err(Fault::argument(2, "data string too short")) }
}

/// For `c0`: the number that was read last, which is no result then.
fn previous_size(args: &Arguments<'_>, values: &mut Vec<Value>) -> Result<usize, Fault> {
    let last = match values.last() {
        Some(last) => super::super::arguments::to_number(args.lua, last)?,
        None => None,
    };
    let size = last.ok_or_else(|| Fault::text("format 'c0' needs a previous size"))?;
    values.pop();
    Ok(super::pack::unsigned(size) as usize)
}

fn ordered<const N: usize>(bytes: &[u8], big_endian: bool) -> [u8; N] {
    let mut bytes: [u8; N] = bytes.try_into().expect("the size of the option was sliced");
    if big_endian {
        bytes.reverse();
    }
    bytes
}

/// An integer of up to 32 bytes: 64 bits are kept of it, the last that are read.
fn integer(bytes: &[u8], big_endian: bool, signed: bool) -> Value {
    let append = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
    let value = if big_endian { bytes.iter().fold(0, append) } else { bytes.iter().rev().fold(0, append) };
    if !signed {
        return Value::Number(value as f64);
    }
    // The shift is taken modulo 64.
    let sign = u64::MAX.wrapping_shl((bytes.len() as u32 * 8).wrapping_sub(1));
    let extended = if value & sign != 0 { value | sign } else { value };
    Value::Number(extended as i64 as f64)
}
