//! Arguments of a library function, read and complained about as Lua's auxiliary library does (`luaL_check…`).
//!
//! Numbers from 1, as in the texts. Numbers and texts that look like numbers are taken for each other.

use super::raise::Fault;
use mlua::{Lua, Value};

/// The arguments of one call.
pub(super) struct Arguments<'a> {
    pub lua: &'a Lua,
    values: &'a [Value],
}

impl<'a> Arguments<'a> {
    pub fn new(lua: &'a Lua, values: &'a [Value]) -> Self {
        Arguments { lua, values }
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn all(&self) -> &'a [Value] {
        self.values
    }

    /// The argument; nil if there is none.
    pub fn get(&self, number: usize) -> &'a Value {
        self.values.get(number - 1).unwrap_or(&Value::Nil)
    }

    pub fn is_absent_or_nil(&self, number: usize) -> bool {
        matches!(self.get(number), Value::Nil)
    }

    /// The number that the argument is or looks like, if any.
    pub fn as_number(&self, number: usize) -> Result<Option<f64>, Fault> {
        to_number(self.lua, self.get(number))
    }

    /// Errors: not a number.
    pub fn number(&self, number: usize) -> Result<f64, Fault> {
        self.as_number(number)?.ok_or_else(|| self.wrong_type(number, "number"))
    }

    /// The integral part of a number. Errors: not a number.
    pub fn integer(&self, number: usize) -> Result<i64, Fault> {
        self.number(number).map(truncated)
    }

    pub fn integer_or(&self, number: usize, default: i64) -> Result<i64, Fault> {
        if self.is_absent_or_nil(number) { Ok(default) } else { self.integer(number) }
    }

    /// Errors: neither a string nor a number.
    pub fn string(&self, number: usize) -> Result<mlua::String, Fault> {
        match self.get(number) {
            Value::String(text) => Ok(text.clone()),
            value @ (Value::Integer(_) | Value::Number(_)) => {
                let text = self.lua.coerce_string(value.clone())?;
                text.ok_or_else(|| self.wrong_type(number, "string"))
            }
            _ => Err(self.wrong_type(number, "string")),
        }
    }

    pub fn wrong_type(&self, number: usize, expected: &str) -> Fault {
        let got = self.values.get(number - 1).map_or("no value", type_name);
        Fault::argument(number, format!("{expected} expected, got {got}"))
    }
}

/// The number that a value is or looks like, as `lua_tonumber` has it.
pub(super) fn to_number(lua: &Lua, value: &Value) -> Result<Option<f64>, Fault> {
    match value {
        Value::Integer(integer) => Ok(Some(*integer as f64)),
        Value::Number(number) => Ok(Some(*number)),
        Value::String(_) => Ok(lua.coerce_number(value.clone())?),
        _ => Ok(None),
    }
}

/// The type of a value in Lua's words.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Nil => "nil",
        Value::Boolean(_) => "boolean",
        Value::Integer(_) | Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Table(_) => "table",
        Value::Function(_) => "function",
        Value::Thread(_) => "thread",
        _ => "userdata",
    }
}

/// A number without its fraction, as x86-64 converts it: what does not fit, and NaN, is the least `i64`.
pub(super) fn truncated(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&number) { number as i64 } else { i64::MIN }
}

/// The same to 32 bits.
pub(super) fn truncated_to_i32(number: f64) -> i32 {
    const LIMIT: f64 = 2_147_483_648.0;
    if number > -LIMIT - 1.0 && number < LIMIT { number as i32 } else { i32::MIN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_becomes_the_least_integer() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 9.3e18, -9.3e18] {
            assert_eq!(truncated(number), i64::MIN);
            assert_eq!(truncated_to_i32(number), i32::MIN);
        }
        assert_eq!((truncated(-1.9), truncated(1.9)), (-1, 1));
        assert_eq!((truncated_to_i32(-2_147_483_648.9), truncated_to_i32(2_147_483_647.9)), (i32::MIN, i32::MAX));
    }
}
