//! `struct`: values to bytes and back by a format, as in 7.0.15 (struct 0.2 with its overflows checked).
//!
//! ```text
//! >  <        big, little endian (little at the start)     !n       align to n bytes at most (n a power of two; 8)
//! x           a byte of padding                            b B h H  signed, unsigned: 1 and 2 bytes
//! l L T       8 bytes                                      in In    n bytes, 4 without a number, 32 at most
//! f  d        float, double                                s        bytes up to a zero
//! cn          n bytes, 1 without a number; c0: all of the argument, or as many as the number read before says
//! blank       nothing
//! ```
//!
//! A format ends at a NUL. Integers of more than 8 bytes are packed with zeros and unpacked from their 8 last or first bytes;
//! their sign is looked for where a shift by `8n - 1` bits, taken modulo 64, points: what x86-64 makes of the original.

mod pack;
mod unpack;

use super::arguments::Arguments;
use super::raise::{self, Fault};
use mlua::{Lua, MultiValue, Table, Value};

type Body = fn(&Arguments<'_>) -> Result<MultiValue, Fault>;

const FUNCTIONS: &[(&str, Body)] = &[("pack", pack::pack), ("unpack", unpack::unpack), ("size", size)];

const INTEGER_BYTES_MAX: usize = 32;
const ALIGNMENT_DEFAULT: usize = 8;

/// The table `struct`.
pub(crate) fn open(lua: &Lua) -> mlua::Result<Table> {
    let table = lua.create_table_with_capacity(0, FUNCTIONS.len())?;
    for (name, body) in FUNCTIONS {
        table.raw_set(*name, raise::function(lua, body)?)?;
    }
    Ok(table)
}

/// A format that is being read.
struct Format<'a> {
    text: &'a [u8],
    big_endian: bool,
    alignment: usize,
}

/// An option of a format, with the size it has as far as the format tells (0 if it does not).
#[derive(Clone, Copy)]
struct Item {
    option: u8,
    size: usize,
}

impl<'a> Format<'a> {
    fn new(text: &'a [u8]) -> Self {
        let end = memchr::memchr(0, text).unwrap_or(text.len());
        Format { text: &text[..end], big_endian: false, alignment: 1 }
    }

    /// The next option. Errors: its number is too large.
    fn next(&mut self) -> Result<Option<Item>, Fault> {
        let Some((&option, rest)) = self.text.split_first() else { return Ok(None) };
        self.text = rest;
        let size = match option {
            b'b' | b'B' | b'x' => 1,
            b'h' | b'H' => 2,
            b'l' | b'L' | b'T' | b'd' => 8,
            b'f' => 4,
            b'c' => self.number(1)?,
            b'i' | b'I' => {
                let size = self.number(4)?;
                if size > INTEGER_BYTES_MAX {
                    let text = format!("integral size {size} is larger than limit of {INTEGER_BYTES_MAX}");
                    return Err(Fault::text(text));
                }
                size
            }
            _ => 0,
        };
        Ok(Some(Item { option, size }))
    }

    fn number(&mut self, default: usize) -> Result<usize, Fault> {
        let digits = self.text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(self.text.len());
        let (number, rest) = self.text.split_at(digits);
        self.text = rest;
        if digits == 0 {
            return Ok(default);
        }
        let number =
            number.iter().try_fold(0i32, |number, digit| number.checked_mul(10)?.checked_add(i32::from(digit - b'0')));
        number.map(|number| number as usize).ok_or_else(|| Fault::text("integral size overflow"))
    }

    /// Bytes of padding in front of an item that would begin at `position`.
    fn padding(&self, position: usize, item: Item) -> usize {
        if item.size == 0 || item.option == b'c' {
            return 0;
        }
        let size = item.size.min(self.alignment);
        // A size that is no power of two is taken as a mask all the same.
        size.wrapping_sub(position & (size - 1)) & (size - 1)
    }

    /// An option that stands for no value. Errors: there is none of that name; the alignment is no power of two.
    fn control(&mut self, option: u8) -> Result<(), Fault> {
        match option {
            b' ' => {}
            b'>' => self.big_endian = true,
            b'<' => self.big_endian = false,
            b'!' => {
                let alignment = self.number(ALIGNMENT_DEFAULT)?;
                if !alignment.is_power_of_two() {
                    return Err(Fault::text(format!("alignment {alignment} is not a power of 2")));
                }
                self.alignment = alignment;
            }
            _ => {
                let mut text = b"invalid format option '".to_vec();
                text.extend([option, b'\'']);
                return Err(Fault::argument(1, text));
            }
        }
        Ok(())
    }
}

/// `struct.size(format)`: how many bytes it takes. Unknown letters count for nothing here.
fn size(args: &Arguments<'_>) -> Result<MultiValue, Fault> {
    let text = args.string(1)?;
    let text = text.as_bytes();
    let mut format = Format::new(&text);
    let mut position = 0usize;
    while let Some(item) = format.next()? {
        position = position.wrapping_add(format.padding(position, item));
        match item.option {
            b's' => return Err(Fault::argument(1, "option 's' has no fixed size")),
            b'c' if item.size == 0 => return Err(Fault::argument(1, "option 'c0' has no fixed size")),
            option if !option.is_ascii_alphanumeric() => format.control(option)?,
            _ => {}
        }
        position = position.wrapping_add(item.size);
    }
    Ok(MultiValue::from_iter([Value::Number(position as f64)]))
}
