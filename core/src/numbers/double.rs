//! Doubles as Redis reads them (scores, coordinates) and prints them (replies, stored scores).
//!
//! Reading is C's `strtod` over the whole text (see `float_text`), where Redis also refuses: white space in
//! front, `nan`, a magnitude that overflows (`1e400`; the word `inf` is fine), and a number other than zero that
//! underflows to zero (`1e-400`; one that is merely denormal is fine). Rounding is to nearest, ties to even.
//!
//! Printing is C's `%.17g`, which Redis 7.0 uses in RESP2 and RESP3 alike: 0.1 is `0.10000000000000001`. Infinities
//! are `inf` and `-inf`, and minus zero is `-0`.

use super::float_text::{Digits, FloatText, Kind, layout_g17};
use super::integer::DecimalBuffer;
use std::fmt::Write as _;

/// Reads a double as Redis reads a score. O(length). Nothing for whatever Redis calls "not a valid float".
pub fn parse(text: &[u8]) -> Option<f64> {
    let scanned = FloatText::scan(text)?;
    let magnitude = match scanned.kind {
        Kind::Infinite => f64::INFINITY,
        Kind::Decimal(digits) => in_range(round_decimal(text), digits)?,
        Kind::Hex(digits) => in_range(round_hex(digits), digits)?,
    };
    Some(if scanned.negative { -magnitude } else { magnitude })
}

/// Reads a double with plain `strtod`, as Redis reads the bounds of a range of scores: white space in front is skipped,
/// what overflows is infinite, what underflows is zero, the text ends at a NUL, and no text at all is 0.
pub fn parse_leniently(text: &[u8]) -> Option<f64> {
    let text = after_space(before_nul(text))?;
    if text.is_empty() {
        return Some(0.0);
    }
    let scanned = FloatText::scan(text)?;
    let magnitude = match scanned.kind {
        Kind::Infinite => f64::INFINITY,
        Kind::Decimal(_) => round_decimal(text),
        Kind::Hex(digits) => round_hex(digits),
    };
    Some(if scanned.negative { -magnitude } else { magnitude })
}

/// Reads the double that a text begins with, as `sscanf` with `%lg` does for the scores of old RDB files. Not a number is none.
/// Begun and not ended, `infinity` and a hexadecimal number are none either.
pub fn parse_prefix(text: &[u8]) -> Option<f64> {
    let text = before_nul(text);
    let end = (1..=text.len()).rev().find(|&end| parse_leniently(&text[..end]).is_some())?;
    let (number, next) = (&text[..end], text.get(end).map(u8::to_ascii_lowercase));
    let is_cut = match next {
        Some(b'x') => number.ends_with(b"0") && !number.iter().any(|b| matches!(b, b'1'..=b'9' | b'.' | b'e' | b'E')),
        Some(b'i') => number.last().is_some_and(|b| b.eq_ignore_ascii_case(&b'f')),
        _ => false,
    };
    if is_cut { None } else { parse_leniently(number) }
}

/// The same, as SORT reads its weights: nothing for what C reports as out of range, which is overflow, underflow to zero,
/// and a denormal number that is not exactly what the text says.
pub fn parse_in_range(text: &[u8]) -> Option<f64> {
    let value = parse_leniently(text)?;
    let text = after_space(before_nul(text))?;
    let exact = match FloatText::scan(text).map(|scanned| scanned.kind) {
        None | Some(Kind::Infinite) => return Some(value),
        // To be one exactly, a decimal text would need more than 700 digits.
        Some(Kind::Decimal(digits)) => in_range(value, digits).is_some() && !value.is_subnormal(),
        Some(Kind::Hex(digits)) => {
            in_range(value, digits).is_some() && (!value.is_subnormal() || digits.to_binary().is_multiple_of(-1074))
        }
    };
    exact.then_some(value)
}

/// A text as C sees it.
pub fn before_nul(text: &[u8]) -> &[u8] {
    &text[..memchr::memchr(0, text).unwrap_or(text.len())]
}

/// What is left of a text when white space in front is skipped; nothing if there was nothing else.
fn after_space(text: &[u8]) -> Option<&[u8]> {
    let start = text.iter().position(|b| !matches!(b, b' ' | b'\t'..=b'\r'));
    if text.is_empty() { Some(text) } else { start.map(|start| &text[start..]) }
}

fn round_decimal(text: &[u8]) -> f64 {
    let text = std::str::from_utf8(text).expect("the scan took ASCII only");
    text.parse::<f64>().expect("std reads whatever C's decimal grammar allows").abs()
}

/// Refuses overflow to infinity and underflow to zero, the two cases of ERANGE that Redis minds.
fn in_range(value: f64, digits: Digits<'_>) -> Option<f64> {
    (value.is_finite() && (value != 0.0 || digits.is_zero())).then_some(value)
}

fn round_hex(digits: Digits<'_>) -> f64 {
    const UNIT_EXPONENT_MIN: i64 = -1074;
    let (mantissa, exponent) = digits.to_binary().round(53, UNIT_EXPONENT_MIN);
    if mantissa == 0 {
        return 0.0;
    }
    // As bits, a carry out of the mantissa runs into the exponent field, which is just what it should do.
    let biased = exponent - UNIT_EXPONENT_MIN;
    if biased > 2045 {
        return f64::INFINITY;
    }
    let bits = ((biased as u64) << 52) + mantissa as u64;
    f64::from_bits(bits)
}

/// The text of a double, on the stack.
#[derive(Clone, Copy)]
pub struct DoubleText {
    bytes: [u8; 32],
    len: u8,
}

impl DoubleText {
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    fn push(&mut self, bytes: &[u8]) {
        let start = usize::from(self.len);
        self.bytes[start..start + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len() as u8;
    }
}

/// Prints a double as Redis replies and stores it (`%.17g`). Allocates nothing.
pub fn format(value: f64) -> DoubleText {
    const PLAIN_INTEGER_MAX: f64 = 1e17;
    let mut text = DoubleText { bytes: [0; 32], len: 0 };
    if value.is_nan() {
        text.push(if value.is_sign_negative() { b"-nan" } else { b"nan" });
    } else if value.is_infinite() {
        text.push(if value > 0.0 { b"inf" } else { b"-inf" });
    } else if value == 0.0 {
        text.push(if value.is_sign_negative() { b"-0" } else { b"0" });
    } else if value.abs() < PLAIN_INTEGER_MAX && value == (value as i64) as f64 {
        text.push(DecimalBuffer::new().format(value as i64));
    } else {
        let (digits, exponent) = significant_digits(value.abs());
        layout_g17(&mut |bytes| text.push(bytes), value < 0.0, &digits, exponent);
    }
    text
}

/// The 17 significant digits of a positive finite number, correctly rounded, and the power of ten of the first.
fn significant_digits(value: f64) -> ([u8; 17], i32) {
    struct Stack {
        bytes: [u8; 24],
        len: usize,
    }
    impl std::fmt::Write for Stack {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.bytes[self.len..self.len + text.len()].copy_from_slice(text.as_bytes());
            self.len += text.len();
            Ok(())
        }
    }
    // `d.dddddddddddddddde-ddd` is at most 23 bytes.
    let mut stack = Stack { bytes: [0; 24], len: 0 };
    write!(stack, "{value:.16e}").expect("the stack buffer takes every double");
    let mut digits = [0; 17];
    digits[0] = stack.bytes[0];
    digits[1..].copy_from_slice(&stack.bytes[2..18]);
    let exponent = std::str::from_utf8(&stack.bytes[19..stack.len])
        .ok()
        .and_then(|text| text.parse().ok())
        .expect("std prints the exponent behind the letter e");
    (digits, exponent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::{TestResult, quickcheck};

    fn text(value: f64) -> String {
        String::from_utf8(format(value).as_bytes().to_vec()).expect("ASCII")
    }

    #[test]
    fn weights_of_sort_are_within_the_range_of_a_double() {
        for text in ["1e400", "-1e400", "1e-400", "5e-324", "2.2250738585072011e-308", "0x1.8p-1074", "0x1p99999"] {
            assert_eq!(parse_in_range(text.as_bytes()), None, "{text}");
        }
        for text in ["1 ", " ", "nan", "1e", "0x", "x", " x"] {
            assert_eq!(parse_in_range(text.as_bytes()), None, "{text:?}");
        }
        let exact = f64::from_bits(1);
        for (text, value) in [
            ("", 0.0),
            ("\0x", 0.0),
            (" \t1\0x", 1.0),
            ("0e-400", 0.0),
            ("0x0p-9999", 0.0),
            ("-Infinity", f64::NEG_INFINITY),
            ("0x1p-1074", exact),
            ("2.2250738585072014e-308", f64::MIN_POSITIVE),
            (".5", 0.5),
            ("5.", 5.0),
        ] {
            assert_eq!(parse_in_range(text.as_bytes()), Some(value), "{text:?}");
        }
    }

    #[test]
    fn every_text_recorded_from_the_real_server_is_read_and_printed_alike() {
        let table = crate::numbers::recorded_texts();
        for (input, expected, _) in &table {
            let mine = match parse(input) {
                None => "-".to_string(),
                // A listpack keeps the integer 0 for a score of minus zero.
                Some(value) => text(if value == 0.0 { 0.0 } else { value }),
            };
            assert_eq!(&mine, expected, "{}", input.escape_ascii());
        }
        assert!(table.len() > 500 && table.iter().filter(|row| row.1 == "-").count() > 30);
    }

    #[test]
    fn the_texts_of_printf_are_reproduced() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (0.1, "0.10000000000000001"),
            (1e16, "10000000000000000"),
            (1e17, "1e+17"),
            (1e21, "1e+21"),
            (1e300, "1.0000000000000001e+300"),
            (1e-7, "9.9999999999999995e-08"),
            (123456789012345678.0, "1.2345678901234568e+17"),
            (0.0001, "0.0001"),
            (0.00001, "1.0000000000000001e-05"),
            (5e-324, "4.9406564584124654e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (-1.5, "-1.5"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (1e-100, "1e-100"),
            ((1u64 << 50) as f64 + 0.25, "1125899906842624.2"),
            ((1u64 << 50) as f64 + 0.75, "1125899906842624.8"),
        ] {
            assert_eq!(text(value), expected);
        }
    }

    #[test]
    fn bounds_are_read_more_leniently_than_scores() {
        for (text, expected) in [
            (&b""[..], Some(0.0)),
            (b" \t\r1", Some(1.0)),
            (b" ", None),
            (b"1 ", None),
            (b"1e400", Some(f64::INFINITY)),
            (b"-1e400", Some(f64::NEG_INFINITY)),
            (b"1e-400", Some(0.0)),
            (b"0x10", Some(16.0)),
            (b"2\0x", Some(2.0)),
            (b"nan", None),
        ] {
            assert_eq!(parse_leniently(text), expected, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn a_score_of_an_old_file_is_what_its_text_begins_with() {
        for (text, expected) in [
            (&b"1.\x81"[..], Some(1.0)),
            (b"1e+x", Some(1.0)),
            (b"1.5.5", Some(1.5)),
            (b" 1 ", Some(1.0)),
            (b"infx", Some(f64::INFINITY)),
            (b"infinity5", Some(f64::INFINITY)),
            (b"infi", None),
            (b"0x", None),
            (b"0x1.8p1z", Some(3.0)),
            (b"1e400", Some(f64::INFINITY)),
            (b"", None),
            (b"\0", None),
            (b"-", None),
            (b".e5", None),
            (b"nanx", None),
        ] {
            assert_eq!(parse_prefix(text), expected, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn hexadecimal_digits_round_to_even_and_underflow_gradually() {
        assert_eq!(parse(b"0x1.8p1"), Some(3.0));
        assert_eq!(parse(b"-0xA.8"), Some(-10.5));
        assert_eq!(parse(b"0x1.00000000000008p0"), Some(1.0));
        assert_eq!(parse(b"0x1.00000000000018p0"), Some(1.0 + 2.0 * f64::EPSILON));
        assert_eq!(parse(b"0x1.000000000000080000000000000000000000000000001p0"), Some(1.0 + f64::EPSILON));
        assert_eq!(parse(b"0x1p-1074"), Some(5e-324));
        assert_eq!(parse(b"0x1p-1075"), None);
        assert_eq!(parse(b"0x1.8p-1075"), Some(5e-324));
        assert_eq!(parse(b"0x1.fffffffffffff7p1023"), Some(f64::MAX));
        assert_eq!(parse(b"0x1.fffffffffffff8p1023"), None);
        assert_eq!(parse(b"0x0p-99999"), Some(0.0));
    }

    quickcheck! {
        fn printing_then_reading_is_the_identity(bits: u64) -> TestResult {
            let value = f64::from_bits(bits);
            if value.is_nan() {
                return TestResult::discard();
            }
            TestResult::from_bool(parse(format(value).as_bytes()).map(f64::to_bits) == Some(bits))
        }

        fn hexadecimal_of_an_integer_is_the_integer(value: u64) -> bool {
            parse(format!("{value:#x}").as_bytes()) == Some(value as f64)
        }

        fn no_text_makes_it_panic(text: Vec<u8>) -> bool {
            let text: Vec<u8> = text.iter().map(|b| b"-+0123456789.exEpPafin "[usize::from(*b) % 23]).collect();
            parse(&text).is_none_or(|value| !value.is_nan())
        }
    }
}
