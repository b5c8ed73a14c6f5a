//! The grammar of C's `strtod` and `strtold` in the C locale, over a whole text.
//!
//! ```text
//! number  = [+-] ( "inf" | "infinity" | decimal | hex )          letters in any case
//! decimal = digits ["." [digits]] [e [+-] digits]  |  "." digits [e [+-] digits]
//! hex     = "0x" (the same over hexadecimal digits, with p for e and a power of two)
//! ```
//!
//! C stops at the first byte that does not fit; Redis then refuses a text that was not consumed whole, one that starts with
//! white space, and `nan` in all its spellings. So here: all of it, or nothing. Only the shape is read; rounding is
//! the business of the caller.

/// A text that has the shape of a number: sign and kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FloatText<'a> {
    pub negative: bool,
    pub kind: Kind<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind<'a> {
    Infinite,
    /// `integer.fraction × 10^exponent`.
    Decimal(Digits<'a>),
    /// `integer.fraction × 2^exponent`, in hexadecimal digits.
    Hex(Digits<'a>),
}

/// The digits before and behind the point, not both empty, and the written exponent (saturated far beyond any
/// exponent that could matter for a text that fits in memory).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Digits<'a> {
    pub integer: &'a [u8],
    pub fraction: &'a [u8],
    pub exponent: i64,
}

/// `mantissa × 2^exponent`, plus something smaller than one unit of the mantissa if `inexact`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Binary {
    pub mantissa: u128,
    pub exponent: i64,
    pub inexact: bool,
}

const EXPONENT_SATURATED: i64 = 1 << 50;

impl<'a> FloatText<'a> {
    /// Reads `text` whole. O(length).
    pub fn scan(text: &'a [u8]) -> Option<Self> {
        let (negative, rest) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let kind = match rest {
            [b'0'..=b'9' | b'.', ..] => match rest {
                [b'0', b'x' | b'X', hex @ ..] => Kind::Hex(Digits::scan(hex, b'p', |b| b.is_ascii_hexdigit())?),
                _ => Kind::Decimal(Digits::scan(rest, b'e', |b| b.is_ascii_digit())?),
            },
            _ if rest.eq_ignore_ascii_case(b"inf") || rest.eq_ignore_ascii_case(b"infinity") => Kind::Infinite,
            _ => return None,
        };
        Some(Self { negative, kind })
    }
}

impl<'a> Digits<'a> {
    fn scan(text: &'a [u8], exponent_mark: u8, is_digit: fn(&u8) -> bool) -> Option<Self> {
        let run = |bytes: &[u8]| bytes.iter().position(|b| !is_digit(b)).unwrap_or(bytes.len());
        let (integer, rest) = text.split_at(run(text));
        let (fraction, rest) = match rest {
            [b'.', rest @ ..] => rest.split_at(run(rest)),
            _ => (&[][..], rest),
        };
        if integer.is_empty() && fraction.is_empty() {
            return None;
        }
        let exponent = match rest {
            [] => 0,
            [mark, rest @ ..] if mark.eq_ignore_ascii_case(&exponent_mark) => scan_exponent(rest)?,
            _ => return None,
        };
        Some(Self { integer, fraction, exponent })
    }

    pub fn all(self) -> impl Iterator<Item = u8> + 'a {
        self.integer.iter().chain(self.fraction).copied()
    }

    /// Whether every digit is a zero.
    pub fn is_zero(self) -> bool {
        self.all().all(|digit| digit == b'0')
    }

    /// The power of the base at the first digit that is not zero, exponent apart; nothing for zero.
    pub fn leading_position(self) -> Option<i64> {
        let first = self.all().position(|digit| digit != b'0')?;
        Some(self.integer.len() as i64 - 1 - first as i64)
    }

    /// Hexadecimal digits as a binary number: the first 31 that count are kept exactly.
    pub fn to_binary(self) -> Binary {
        let mut mantissa = 0u128;
        let mut inexact = false;
        let mut dropped = 0i64;
        for digit in self.all() {
            let digit = (digit as char).to_digit(16).expect("the scan took hexadecimal digits only");
            if mantissa >> 120 != 0 {
                inexact |= digit != 0;
                dropped += 1;
            } else {
                mantissa = mantissa << 4 | u128::from(digit);
            }
        }
        let exponent = self.exponent + 4 * (dropped - self.fraction.len() as i64);
        Binary { mantissa, exponent, inexact }
    }
}

fn scan_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let magnitude =
        digits.iter().fold(0i64, |value, digit| (value * 10 + i64::from(digit - b'0')).min(EXPONENT_SATURATED));
    Some(if negative { -magnitude } else { magnitude })
}

impl Binary {
    pub fn exact(mantissa: u128, exponent: i64) -> Self {
        Self { mantissa, exponent, inexact: false }
    }

    /// Whether it is a whole number of units of `2^exponent`.
    pub fn is_multiple_of(self, exponent: i64) -> bool {
        !self.inexact && (self.mantissa == 0 || self.exponent + i64::from(self.mantissa.trailing_zeros()) >= exponent)
    }

    /// Rounds to `precision` bits, ties to even, but to no unit below `2^exponent_min` (gradual underflow).
    /// Returns the rounded mantissa and its exponent; the mantissa may be `2^precision` after a carry.
    pub fn round(self, precision: u32, exponent_min: i64) -> (u128, i64) {
        if self.mantissa == 0 {
            // Something below one unit only: callers keep units far below what they round to.
            return (0, exponent_min);
        }
        let length = i64::from(128 - self.mantissa.leading_zeros());
        let exponent = (self.exponent + length - i64::from(precision)).max(exponent_min);
        let shift = exponent - self.exponent;
        if shift <= 0 {
            debug_assert!(!self.inexact, "too few bits were kept to round");
            return (self.mantissa << -shift, exponent);
        }
        if shift > 128 {
            return (0, exponent);
        }
        let (quotient, rest, half) = if shift == 128 {
            (0, self.mantissa, 1u128 << 127)
        } else {
            (self.mantissa >> shift, self.mantissa & ((1 << shift) - 1), 1 << (shift - 1))
        };
        let above = rest > half || (rest == half && (self.inexact || quotient & 1 == 1));
        (quotient + u128::from(above), exponent)
    }
}

/// Appends 17 significant digits as C's `%.17g` lays them out: the number is `digits[0].digits[1..] × 10^exponent`, trailing
/// zeros are cut, and the plain notation serves from 10^-4 to below 10^17. At most 26 bytes.
pub(super) fn layout_g17(out: &mut impl FnMut(&[u8]), negative: bool, digits: &[u8; 17], exponent: i32) {
    let kept = digits.iter().rposition(|&digit| digit != b'0').map_or(1, |last| last + 1);
    if negative {
        out(b"-");
    }
    match exponent {
        -4..=-1 => {
            out(&b"0.000"[..1 + exponent.unsigned_abs() as usize]);
            out(&digits[..kept]);
        }
        0..=16 => {
            let (integer, fraction) = digits.split_at(exponent as usize + 1);
            out(integer);
            if kept > integer.len() {
                out(b".");
                out(&fraction[..kept - integer.len()]);
            }
        }
        _ => {
            out(&digits[..1]);
            if kept > 1 {
                out(b".");
                out(&digits[1..kept]);
            }
            out(if exponent < 0 { b"e-" } else { b"e+" });
            let mut buffer = super::integer::DecimalBuffer::new();
            let magnitude = buffer.format(exponent.unsigned_abs());
            if magnitude.len() < 2 {
                out(b"0");
            }
            out(magnitude);
        }
    }
}
