//! `struct.pack(format, values…)`.

use super::super::arguments::{Arguments, truncated};
use super::super::raise::Fault;
use super::Format;
use mlua::{MultiValue, Value};

/// Values to bytes. O(bytes). Errors: bad format, a value of the wrong type, a string that is shorter than the format says.
pub(super) fn pack(args: &Arguments<'_>) -> Result<MultiValue, Fault> {
    let text = args.string(1)?;
    let text = text.as_bytes();
    let mut format = Format::new(&text);
    let mut packed = Vec::new();
    let mut argument = 1;
    let mut next = || {
        argument += 1;
        argument
    };
    while let Some(item) = format.next()? {
        packed.resize(packed.len() + format.padding(packed.len(), item), 0);
        match item.option {
            b'b' | b'B' | b'h' | b'H' | b'l' | b'L' | b'T' | b'i' | b'I' => {
                put_integer(&mut packed, number(args, next())?, item.size, format.big_endian);
            }
            b'x' => packed.push(0),
            b'f' => {
                let bytes = (number(args, next())? as f32).to_le_bytes();
                put_ordered(&mut packed, bytes, format.big_endian);
            }
            b'd' => put_ordered(&mut packed, number(args, next())?.to_le_bytes(), format.big_endian),
            b'c' | b's' => {
                let at = next();
                let string = present(args, at, "string", Arguments::string)?;
                let bytes = string.as_bytes();
                let size = if item.size == 0 { bytes.len() } else { item.size };
                // The number of the argument behind it, as the original says.
                let Some(bytes) = bytes.get(..size) else { return Err(Fault::argument(at + 1, "string too short")) };
                packed.extend_from_slice(bytes);
                if item.option == b's' {
                    packed.push(0);
                }
            }
            option => format.control(option)?,
        }
    }
    Ok(MultiValue::from_iter([Value::String(args.lua.create_string(packed)?)]))
}

/// An argument that has to be there: in place of the first one that is missing the original finds a nil of its own.
fn present<'a, T>(
    args: &Arguments<'a>,
    number: usize,
    expected: &str,
    read: fn(&Arguments<'a>, usize) -> Result<T, Fault>,
) -> Result<T, Fault> {
    if number > args.len() {
        return Err(Fault::argument(number, format!("{expected} expected, got nil")));
    }
    read(args, number)
}

fn number(args: &Arguments<'_>, number: usize) -> Result<f64, Fault> {
    present(args, number, "number", Arguments::number)
}

/// The low bytes of the integral part; what is beyond 64 bits is zero.
fn put_integer(packed: &mut Vec<u8>, number: f64, size: usize, big_endian: bool) {
    let value = unsigned(number).to_le_bytes();
    let start = packed.len();
    packed.extend((0..size).map(|at| value.get(at).copied().unwrap_or(0)));
    if big_endian {
        packed[start..].reverse();
    }
}

/// The conversion to 64 bits without a sign that x86-64 makes: in two halves, where what fits neither is 0.
pub(super) fn unsigned(number: f64) -> u64 {
    const HALF: f64 = 9_223_372_036_854_775_808.0;
    if number >= HALF { truncated(number - HALF) as u64 ^ 1 << 63 } else { truncated(number) as u64 }
}

fn put_ordered<const N: usize>(packed: &mut Vec<u8>, mut bytes: [u8; N], big_endian: bool) {
    if big_endian {
        bytes.reverse();
    }
    packed.extend_from_slice(&bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_beyond_64_bits_become_what_the_processor_makes_of_them() {
        assert_eq!(unsigned(-1.0), u64::MAX);
        assert_eq!(unsigned(9_223_372_036_854_775_808.0), 1 << 63);
        assert_eq!(unsigned(18_446_744_073_709_551_616.0), 0);
        assert_eq!(unsigned(f64::INFINITY), 0);
        assert_eq!((unsigned(f64::NAN), unsigned(f64::NEG_INFINITY)), (1 << 63, 1 << 63));
    }
}
