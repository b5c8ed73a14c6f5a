//! `cmsgpack.pack(values…)`: the encodings of all values, one behind the other.
//!
//! ```text
//! 00-7f  e0-ff  small integers          cc cd ce cf  d0 d1 d2 d3   unsigned, signed of 1 2 4 8 bytes
//! a0-bf  d9 da db   strings             90-9f  dc dd   arrays      80-8f  de df   maps
//! c0 nil    c2 c3 false true            ca cb  float, double
//! ```

use super::super::arguments::{Arguments, truncated};
use super::super::raise::Fault;
use super::super::slots::has_room;
use mlua::{MultiValue, Table, Value};

/// Tables within so many tables are packed as nil.
const NESTING_MAX: usize = 16;

/// O(elements). Errors: no argument; more than half of what fits Lua's stack.
pub(super) fn pack(args: &Arguments<'_>) -> Result<MultiValue, Fault> {
    if args.len() == 0 {
        return Err(Fault::argument(0, "MessagePack pack needs input."));
    }
    if !has_room(args.len(), args.len()) {
        return Err(Fault::argument(0, "Too many arguments for MessagePack pack."));
    }
    let mut packed = Vec::new();
    for value in args.all() {
        put_value(&mut packed, value, 0)?;
    }
    Ok(MultiValue::from_iter([Value::String(args.lua.create_string(packed)?)]))
}

fn put_value(packed: &mut Vec<u8>, value: &Value, depth: usize) -> mlua::Result<()> {
    match value {
        Value::String(text) => put_string(packed, &text.as_bytes()),
        Value::Boolean(value) => packed.push(0xc2 + u8::from(*value)),
        Value::Integer(integer) => put_integer(packed, *integer),
        Value::Number(number) => put_number(packed, *number),
        Value::Table(table) if depth < NESTING_MAX => return put_table(packed, table, depth),
        _ => packed.push(0xc0),
    }
    Ok(())
}

/// The head of something with a length: the short form, or the mark of the first width that takes the length.
fn put_length(packed: &mut Vec<u8>, length: usize, short: u8, short_max: usize, marks: [Option<u8>; 3]) {
    let [one, two, four] = marks;
    if length <= short_max {
        packed.push(short | length as u8);
    } else if let (Ok(length), Some(mark)) = (u8::try_from(length), one) {
        packed.extend([mark, length]);
    } else if let (Ok(length), Some(mark)) = (u16::try_from(length), two) {
        packed.push(mark);
        packed.extend(length.to_be_bytes());
    } else if let Some(mark) = four {
        packed.push(mark);
        packed.extend((length as u32).to_be_bytes());
    }
}

fn put_string(packed: &mut Vec<u8>, text: &[u8]) {
    put_length(packed, text.len(), 0xa0, 31, [Some(0xd9), Some(0xda), Some(0xdb)]);
    packed.extend_from_slice(text);
}

fn put_number(packed: &mut Vec<u8>, number: f64) {
    let integer = truncated(number);
    if integer as f64 == number {
        return put_integer(packed, integer);
    }
    let float = number as f32;
    if f64::from(float) == number {
        packed.push(0xca);
        packed.extend(float.to_be_bytes());
    } else {
        packed.push(0xcb);
        packed.extend(number.to_be_bytes());
    }
}

fn put_integer(packed: &mut Vec<u8>, integer: i64) {
    let (mark, width) = match integer {
        -32..=127 => return packed.push(integer as u8),
        128..=0xff => (0xcc, 1),
        0x100..=0xffff => (0xcd, 2),
        0x1_0000..=0xffff_ffff => (0xce, 4),
        0x1_0000_0000.. => (0xcf, 8),
        -0x80..=-33 => (0xd0, 1),
        -0x8000..=-0x81 => (0xd1, 2),
        -0x8000_0000..=-0x8001 => (0xd2, 4),
        _ => (0xd3, 8),
    };
    packed.push(mark);
    packed.extend_from_slice(&integer.to_be_bytes()[8 - width..]);
}

fn put_table(packed: &mut Vec<u8>, table: &Table, depth: usize) -> mlua::Result<()> {
    let (count, is_array) = shape(table)?;
    if is_array {
        put_length(packed, count, 0x90, 15, [None, Some(0xdc), Some(0xdd)]);
        return table.for_each_value::<Value>(|value| put_value(packed, &value, depth + 1));
    }
    put_length(packed, count, 0x80, 15, [None, Some(0xde), Some(0xdf)]);
    table.for_each(|key: Value, value: Value| {
        put_value(packed, &key, depth + 1)?;
        put_value(packed, &value, depth + 1)
    })
}

/// How many keys there are, and whether they are 1 to that number.
fn shape(table: &Table) -> mlua::Result<(usize, bool)> {
    let (mut count, mut largest, mut all_are_places) = (0usize, 0i64, true);
    table.for_each(|key: Value, _: bool| {
        count += 1;
        match key {
            Value::Integer(key) if (1..=i64::from(i32::MAX)).contains(&key) => largest = largest.max(key),
            _ => all_are_places = false,
        }
        Ok(())
    })?;
    Ok((count, all_are_places && usize::try_from(largest) == Ok(count)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(number: f64) -> Vec<u8> {
        let mut packed = Vec::new();
        put_number(&mut packed, number);
        packed
    }

    #[test]
    fn integers_take_the_fewest_bytes() {
        let sizes: Vec<usize> = [0.0, 127.0, 128.0, 255.0, 256.0, 65535.0, 65536.0, 4294967295.0, 4294967296.0]
            .map(|number| packed(number).len())
            .to_vec();
        assert_eq!(sizes, [1, 1, 2, 2, 3, 3, 5, 5, 9]);
        let sizes: Vec<usize> = [-32.0, -33.0, -128.0, -129.0, -32768.0, -32769.0, -2147483648.0, -2147483649.0]
            .map(|number| packed(number).len())
            .to_vec();
        assert_eq!(sizes, [1, 2, 2, 3, 3, 5, 5, 9]);
    }

    #[test]
    fn other_numbers_are_floats_where_that_is_exact() {
        assert_eq!(packed(0.5), [0xca, 0x3f, 0, 0, 0]);
        assert_eq!(packed(0.1)[0], 0xcb);
        assert_eq!(packed(f64::INFINITY), [0xca, 0x7f, 0x80, 0, 0]);
        assert_eq!(packed(f64::NAN)[0], 0xcb);
        assert_eq!(packed(9_223_372_036_854_775_808.0)[0], 0xca);
    }
}
