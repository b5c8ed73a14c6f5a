//! `cjson.encode(value)`.
//!
//! Tables are walked by recursion, and deep down step by step with `next`, so that the stack of this program stays small. They
//! may nest up to `encode_max_depth`, and to where the original runs out of Lua's stack: an array holds a slot of it, an object two.

use super::super::arguments::{Arguments, truncated_to_i32, type_name};
use super::super::raise::Fault;
use super::super::slots::has_room;
use super::settings::{InvalidNumbers, Settings};
use super::{Shared, lock, number};
use mlua::{Function, Lua, MultiValue, Table, Value};

/// Name in the registry of Lua's `next`.
pub(super) const NEXT: &str = "etalon.cjson.next";
/// A table asks for so many slots of the stack.
const TABLE_SLOTS: usize = 3;
/// Deeper than this there is no recursion.
const RECURSION_MAX: usize = 100;
/// The original can't make a longer text, and ends the process.
const BYTES_MAX: usize = i32::MAX as usize;

/// O(bytes). Errors: a value or key of a type that JSON lacks, NaN, an infinity, an array with too few elements, too deep.
pub(super) fn encode(args: &Arguments<'_>, shared: &Shared) -> Result<MultiValue, Fault> {
    if args.len() != 1 {
        return Err(Fault::argument(1, "expected 1 argument"));
    }
    let settings = *lock(shared);
    let mut encoder = Encoder { lua: args.lua, settings, out: Vec::new() };
    encoder.value(args.get(1), 0, 1)?;
    Ok(MultiValue::from_iter([Value::String(args.lua.create_string(&encoder.out)?)]))
}

struct Encoder<'a> {
    lua: &'a Lua,
    settings: Settings,
    out: Vec<u8>,
}

/// A table that is being walked without recursion.
enum Walk {
    Array { table: Table, next: i32, length: i32 },
    Object { table: Table, key: Value },
}

impl Encoder<'_> {
    /// `depth`: tables around; `held`: slots of Lua's stack that the original would hold.
    fn value(&mut self, value: &Value, depth: usize, held: usize) -> Result<(), Fault> {
        let Value::Table(table) = value else { return self.scalar(value) };
        let length = self.begin(table, depth + 1, held)?;
        if depth >= RECURSION_MAX {
            return self.deep(table.clone(), length, depth + 1, held);
        }
        if length > 0 {
            for index in 1..=length {
                self.separate(index > 1)?;
                self.value(&table.raw_get(index)?, depth + 1, held + 1)?;
            }
            self.out.push(b']');
            return Ok(());
        }
        let mut fault = None;
        let mut is_first = true;
        let walked = table.for_each(|key: Value, value: Value| {
            let encoded = self.key(&key, is_first).and_then(|()| self.value(&value, depth + 1, held + 2));
            is_first = false;
            // Faults are not of mlua; any error of it ends the walk.
            encoded.map_err(|found| {
                fault = Some(found);
                mlua::Error::StackError
            })
        });
        if let Some(fault) = fault {
            return Err(fault);
        }
        walked?;
        self.out.push(b'}');
        Ok(())
    }

    /// Begins a table: checks its depth, finds out what it is, and opens the bracket. Its length if it is an array, else 0.
    fn begin(&mut self, table: &Table, depth: usize, held: usize) -> Result<i32, Fault> {
        if depth > self.settings.encode_depth_max as usize || !has_room(held, TABLE_SLOTS) {
            return Err(Fault::text(format!("Cannot serialise, excessive nesting ({depth})")));
        }
        let length = self.array_length(table)?;
        self.out.push(if length > 0 { b'[' } else { b'{' });
        Ok(length.max(0))
    }

    /// A table that is already begun, without recursion.
    fn deep(&mut self, table: Table, length: i32, depth: usize, held: usize) -> Result<(), Fault> {
        let next: Function = self.lua.named_registry_value(NEXT)?;
        let walk = |table: Table, length: i32| match length {
            0 => Walk::Object { table, key: Value::Nil },
            length => Walk::Array { table, next: 1, length },
        };
        let (mut depth, mut held) = (depth, held);
        let mut walks = vec![walk(table, length)];
        while let Some(innermost) = walks.last_mut() {
            let value: Value = match innermost {
                Walk::Array { next, length, .. } if *next > *length => {
                    self.out.push(b']');
                    walks.pop();
                    held -= self.slots(walks.last());
                    depth -= 1;
                    continue;
                }
                Walk::Array { table, next, .. } => {
                    self.separate(*next > 1)?;
                    *next += 1;
                    table.raw_get(*next - 1)?
                }
                Walk::Object { table, key } => {
                    let is_first = key.is_nil();
                    let (found, value): (Value, Value) = next.call((&*table, &*key))?;
                    if found.is_nil() {
                        self.out.push(b'}');
                        walks.pop();
                        held -= self.slots(walks.last());
                        depth -= 1;
                        continue;
                    }
                    self.key(&found, is_first)?;
                    *key = found;
                    value
                }
            };
            let Value::Table(table) = value else {
                self.scalar(&value)?;
                continue;
            };
            held += self.slots(walks.last());
            depth += 1;
            let length = self.begin(&table, depth, held)?;
            walks.push(walk(table, length));
        }
        Ok(())
    }

    /// Slots of the stack that a table holds while one of its values is encoded.
    fn slots(&self, walk: Option<&Walk>) -> usize {
        match walk {
            Some(Walk::Array { .. }) => 1,
            Some(Walk::Object { .. }) => 2,
            None => 0,
        }
    }

    fn separate(&mut self, is_needed: bool) -> Result<(), Fault> {
        if self.out.len() > BYTES_MAX {
            return Err(Fault::Bare("not enough memory"));
        }
        if is_needed {
            self.out.push(b',');
        }
        Ok(())
    }

    fn key(&mut self, key: &Value, is_first: bool) -> Result<(), Fault> {
        self.separate(!is_first)?;
        match key {
            Value::Integer(_) | Value::Number(_) => {
                self.out.push(b'"');
                self.scalar(key)?;
                self.out.push(b'"');
            }
            Value::String(text) => self.string(&text.as_bytes()),
            _ => return Err(refused(key, "table key must be a number or string")),
        }
        self.out.push(b':');
        Ok(())
    }

    fn scalar(&mut self, value: &Value) -> Result<(), Fault> {
        match value {
            Value::Nil => self.out.extend_from_slice(b"null"),
            Value::LightUserData(pointer) if pointer.0.is_null() => self.out.extend_from_slice(b"null"),
            Value::Boolean(true) => self.out.extend_from_slice(b"true"),
            Value::Boolean(false) => self.out.extend_from_slice(b"false"),
            Value::Integer(integer) => self.number(*integer as f64)?,
            Value::Number(number) => self.number(*number)?,
            Value::String(text) => self.string(&text.as_bytes()),
            _ => return Err(refused(value, "type not supported")),
        }
        Ok(())
    }

    fn number(&mut self, number: f64) -> Result<(), Fault> {
        if !number.is_finite() {
            match self.settings.encode_invalid {
                InvalidNumbers::Error => return Err(refused(&Value::Number(number), "must not be NaN or Inf")),
                InvalidNumbers::Null => {
                    self.out.extend_from_slice(b"null");
                    return Ok(());
                }
                InvalidNumbers::Written => {}
            }
        }
        number::append(&mut self.out, number, self.settings.precision as usize);
        Ok(())
    }

    fn string(&mut self, text: &[u8]) {
        self.out.reserve(text.len() + 2);
        self.out.push(b'"');
        for byte in text {
            match byte {
                b'"' | b'\\' | b'/' => self.out.extend([b'\\', *byte]),
                8 => self.out.extend_from_slice(b"\\b"),
                b'\t' => self.out.extend_from_slice(b"\\t"),
                b'\n' => self.out.extend_from_slice(b"\\n"),
                12 => self.out.extend_from_slice(b"\\f"),
                b'\r' => self.out.extend_from_slice(b"\\r"),
                0..0x20 | 0x7f => self.out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
                _ => self.out.push(*byte),
            }
        }
        self.out.push(b'"');
    }

    /// The largest index of a table that is an array, even a sparse one; not positive for all others. Errors: too sparse.
    fn array_length(&self, table: &Table) -> Result<i32, Fault> {
        let (mut largest, mut count) = (0i32, 0i32);
        let mut is_array = true;
        let walked = table.for_each(|key: Value, _: bool| {
            let key = match key {
                Value::Integer(key) => key as f64,
                Value::Number(key) => key,
                _ => f64::NAN,
            };
            if !(key >= 1.0 && key.floor() == key) {
                is_array = false;
                return Err(mlua::Error::StackError);
            }
            if key > f64::from(largest) {
                // An index beyond 32 bits becomes the least integer.
                largest = truncated_to_i32(key);
            }
            count = count.wrapping_add(1);
            Ok(())
        });
        if !is_array {
            return Ok(0);
        }
        walked?;
        let Settings { sparse_ratio: ratio, sparse_safe: safe, .. } = self.settings;
        if ratio > 0 && largest > count.wrapping_mul(ratio) && largest > safe {
            if !self.settings.sparse_to_object {
                return Err(refused(&Value::Table(table.clone()), "excessively sparse array"));
            }
            return Ok(0);
        }
        Ok(largest)
    }
}

fn refused(value: &Value, why: &str) -> Fault {
    Fault::text(format!("Cannot serialise {}: {why}", type_name(value)))
}
