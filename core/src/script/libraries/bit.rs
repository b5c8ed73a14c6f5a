//! `bit`: operations on 32 bits, as Lua BitOp 1.0.2 has them.
//!
//! A number becomes 32 bits by adding 2^52 + 2^51 and taking the low half of the sum's mantissa: fractions are rounded to even,
//! and what lies beyond 32 bits wraps, as long as the sum is exact to the unit. Results are signed.

use super::arguments::Arguments;
use super::raise::{self, Fault};
use mlua::{Lua, MultiValue, Table, Value};

type Body = fn(&Arguments<'_>) -> Result<Value, Fault>;

const FUNCTIONS: &[(&str, Body)] = &[
    ("tobit", |args| result(bits(args, 1)?)),
    ("bnot", |args| result(!bits(args, 1)?)),
    ("band", |args| fold(args, |a, b| a & b)),
    ("bor", |args| fold(args, |a, b| a | b)),
    ("bxor", |args| fold(args, |a, b| a ^ b)),
    ("lshift", |args| shift(args, |bits, by| bits << by)),
    ("rshift", |args| shift(args, |bits, by| bits >> by)),
    ("arshift", |args| shift(args, |bits, by| (bits as i32 >> by) as u32)),
    ("rol", |args| shift(args, u32::rotate_left)),
    ("ror", |args| shift(args, u32::rotate_right)),
    ("bswap", |args| result(bits(args, 1)?.swap_bytes())),
    ("tohex", tohex),
];

/// The table `bit`.
pub(crate) fn open(lua: &Lua) -> mlua::Result<Table> {
    let table = lua.create_table_with_capacity(0, FUNCTIONS.len())?;
    for (name, body) in FUNCTIONS {
        table.raw_set(*name, raise::function(lua, |args| body(args).map(|value| MultiValue::from_iter([value])))?)?;
    }
    Ok(table)
}

fn result(bits: u32) -> Result<Value, Fault> {
    Ok(Value::Number(f64::from(bits as i32)))
}

/// An argument as 32 bits. Errors: not a number.
fn bits(args: &Arguments<'_>, number: usize) -> Result<u32, Fault> {
    const SHIFT: f64 = 6_755_399_441_055_744.0;
    Ok((args.number(number)? + SHIFT).to_bits() as u32)
}

/// The first argument with all others; the last one is looked at first.
fn fold(args: &Arguments<'_>, operation: fn(u32, u32) -> u32) -> Result<Value, Fault> {
    let first = bits(args, 1)?;
    let all = (2..=args.len()).rev().try_fold(first, |so_far, number| Ok(operation(so_far, bits(args, number)?)));
    all.and_then(result)
}

fn shift(args: &Arguments<'_>, operation: fn(u32, u32) -> u32) -> Result<Value, Fault> {
    let (value, by) = (bits(args, 1)?, bits(args, 2)?);
    result(operation(value, by & 31))
}

/// The low digits in hexadecimal: eight, or as many as the second argument says; in capitals if that is negative.
fn tohex(args: &Arguments<'_>) -> Result<Value, Fault> {
    let value = bits(args, 1)?;
    let count = if args.len() < 2 { 8 } else { bits(args, 2)? as i32 };
    let text = if count < 0 { format!("{value:08X}") } else { format!("{value:08x}") };
    let kept = count.unsigned_abs().min(8) as usize;
    Ok(Value::String(args.lua.create_string(&text[8 - kept..])?))
}
