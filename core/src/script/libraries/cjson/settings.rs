//! The settings of cjson, and the functions that read and change them.
//!
//! Each takes the values to set, nil or nothing to leave one, and returns all. An argument out of range is complained about as
//! the first, whichever it is.

use super::super::arguments::Arguments;
use super::super::raise::Fault;
use super::{Shared, lock};
use mlua::{MultiValue, Value};

#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    /// Arrays with too few elements are encoded as objects; else they are an error.
    pub sparse_to_object: bool,
    /// Too few is one of more than so many; 0 lets everything be an array.
    pub sparse_ratio: i32,
    /// Up to this largest index everything is an array.
    pub sparse_safe: i32,
    pub encode_depth_max: i32,
    pub decode_depth_max: i32,
    /// Significant digits, 1 to 14.
    pub precision: i32,
    /// Without effect: about memory of the original.
    keep_buffer: bool,
    pub encode_invalid: InvalidNumbers,
    pub decode_invalid: bool,
}

/// What becomes of NaN and the infinities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InvalidNumbers {
    Error,
    Written,
    Null,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            sparse_to_object: false,
            sparse_ratio: 2,
            sparse_safe: 10,
            encode_depth_max: 1000,
            decode_depth_max: 1000,
            precision: 14,
            keep_buffer: true,
            encode_invalid: InvalidNumbers::Error,
            decode_invalid: true,
        }
    }
}

pub(super) fn encode_sparse_array(args: &Arguments<'_>, shared: &Shared) -> Result<MultiValue, Fault> {
    at_most(args, 3)?;
    let mut settings = lock(shared);
    let convert = switch(args, &mut settings.sparse_to_object)?;
    let ratio = integer(args, 2, &mut settings.sparse_ratio, 0, i32::MAX)?;
    let safe = integer(args, 3, &mut settings.sparse_safe, 0, i32::MAX)?;
    Ok(MultiValue::from_iter([convert, ratio, safe]))
}

pub(super) fn encode_max_depth(args: &Arguments<'_>, shared: &Shared) -> Result<MultiValue, Fault> {
    at_most(args, 1)?;
    one(integer(args, 1, &mut lock(shared).encode_depth_max, 1, i32::MAX)?)
}

pub(super) fn decode_max_depth(args: &Arguments<'_>, shared: &Shared) -> Result<MultiValue, Fault> {
    at_most(args, 1)?;
    one(integer(args, 1, &mut lock(shared).decode_depth_max, 1, i32::MAX)?)
}

pub(super) fn encode_number_precision(args: &Arguments<'_>, shared: &Shared) -> Result<MultiValue, Fault> {
    at_most(args, 1)?;
    one(integer(args, 1, &mut lock(shared).precision, 1, 14)?)
}

pub(super) fn encode_keep_buffer(args: &Arguments<'_>, shared: &Shared) -> Result<MultiValue, Fault> {
    at_most(args, 1)?;
    one(switch(args, &mut lock(shared).keep_buffer)?)
}

pub(super) fn decode_invalid_numbers(args: &Arguments<'_>, shared: &Shared) -> Result<MultiValue, Fault> {
    at_most(args, 1)?;
    one(switch(args, &mut lock(shared).decode_invalid)?)
}

pub(super) fn encode_invalid_numbers(args: &Arguments<'_>, shared: &Shared) -> Result<MultiValue, Fault> {
    at_most(args, 1)?;
    let mut settings = lock(shared);
    match args.get(1) {
        Value::Nil => {}
        Value::Boolean(false) => settings.encode_invalid = InvalidNumbers::Error,
        Value::Boolean(true) => settings.encode_invalid = InvalidNumbers::Written,
        _ => {
            settings.encode_invalid = match word(args, &["off", "on", "null"])? {
                0 => InvalidNumbers::Error,
                1 => InvalidNumbers::Written,
                _ => InvalidNumbers::Null,
            }
        }
    }
    one(match settings.encode_invalid {
        InvalidNumbers::Error => Value::Boolean(false),
        InvalidNumbers::Written => Value::Boolean(true),
        InvalidNumbers::Null => Value::String(args.lua.create_string("null")?),
    })
}

fn one(value: Value) -> Result<MultiValue, Fault> {
    Ok(MultiValue::from_iter([value]))
}

fn at_most(args: &Arguments<'_>, count: usize) -> Result<(), Fault> {
    if args.len() > count { Err(Fault::argument(count + 1, "found too many arguments")) } else { Ok(()) }
}

/// The first argument, as a boolean or `on` or `off`.
fn switch(args: &Arguments<'_>, setting: &mut bool) -> Result<Value, Fault> {
    match args.get(1) {
        Value::Nil => {}
        Value::Boolean(value) => *setting = *value,
        _ => *setting = word(args, &["off", "on"])? == 1,
    }
    Ok(Value::Boolean(*setting))
}

/// Which of the words the first argument is.
fn word(args: &Arguments<'_>, words: &[&str]) -> Result<usize, Fault> {
    let text = args.string(1)?;
    let text = text.as_bytes();
    let text = crate::numbers::double::before_nul(&text);
    let found = words.iter().position(|word| word.as_bytes() == text);
    found.ok_or_else(|| Fault::argument(1, [b"invalid option '", text, b"'"].concat()))
}

fn integer(args: &Arguments<'_>, number: usize, setting: &mut i32, min: i32, max: i32) -> Result<Value, Fault> {
    if !args.is_absent_or_nil(number) {
        // Cut to 32 bits before it is looked at.
        let value = args.integer(number)? as i32;
        if !(min..=max).contains(&value) {
            return Err(Fault::argument(1, format!("expected integer between {min} and {max}")));
        }
        *setting = value;
    }
    Ok(Value::Integer(i64::from(*setting)))
}
