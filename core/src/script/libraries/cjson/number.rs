//! Numbers in JSON: C's `%.14g` out, C's `strtod` in.

use crate::numbers::double;

/// Appends `%.{precision}g` of a number; NaN has no sign.
pub(super) fn append(out: &mut Vec<u8>, number: f64, precision: usize) {
    if number.is_nan() {
        return out.extend_from_slice(b"nan");
    }
    if number.is_sign_negative() {
        out.push(b'-');
    }
    let magnitude = number.abs();
    if magnitude.is_infinite() {
        return out.extend_from_slice(b"inf");
    }
    // A small integer prints as it is.
    if magnitude < 1e14 && magnitude.fract() == 0.0 {
        let mut buffer = itoa::Buffer::new();
        let digits = buffer.format(magnitude as u64).as_bytes();
        if digits.len() <= precision {
            return out.extend_from_slice(digits);
        }
    }
    // `d.ddde-dd`: the digits, rounded, and the power of ten of the first.
    let text = format!("{magnitude:.*e}", precision - 1);
    let (mantissa, exponent) = text.split_once('e').expect("std prints an exponent");
    let exponent: i32 = exponent.parse().expect("std prints a decimal exponent");
    let digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
    let significant = digits.iter().rposition(|digit| *digit != b'0').map_or(1, |at| at + 1);
    let digits = &digits[..significant];
    if exponent < -4 || exponent >= precision as i32 {
        append_fixed(out, digits, 0);
        let sign = if exponent < 0 { '-' } else { '+' };
        out.extend_from_slice(format!("e{sign}{:02}", exponent.unsigned_abs()).as_bytes());
    } else {
        append_fixed(out, digits, exponent);
    }
}

/// Digits with the point where the first has the power of ten `exponent`.
fn append_fixed(out: &mut Vec<u8>, digits: &[u8], exponent: i32) {
    let Ok(exponent) = usize::try_from(exponent) else {
        out.extend_from_slice(b"0.");
        out.resize(out.len() + (-exponent - 1) as usize, b'0');
        return out.extend_from_slice(digits);
    };
    let integral = exponent + 1;
    if digits.len() <= integral {
        out.extend_from_slice(digits);
        out.resize(out.len() + integral - digits.len(), b'0');
    } else {
        out.extend_from_slice(&digits[..integral]);
        out.push(b'.');
        out.extend_from_slice(&digits[integral..]);
    }
}

/// The number that a text begins with, and its length; none if it begins with no number. O(length of the number).
pub(super) fn read(text: &[u8]) -> Option<(f64, usize)> {
    let sign = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    let rest = &text[sign..];
    if starts_with_word(rest, b"nan") {
        let number = if text[0] == b'-' { -f64::NAN } else { f64::NAN };
        return Some((number, sign + 3 + bracketed(&rest[3..])));
    }
    let length = sign
        + if starts_with_word(rest, b"infinity") {
            8
        } else if starts_with_word(rest, b"inf") {
            3
        } else {
            hexadecimal(rest).or_else(|| digits(rest, u8::is_ascii_digit, b'e'))?
        };
    Some((double::parse_leniently(&text[..length])?, length))
}

fn starts_with_word(text: &[u8], word: &[u8]) -> bool {
    text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
}

/// The length of `(letters and digits)`, as it may follow `nan`.
fn bracketed(text: &[u8]) -> usize {
    let Some((b'(', inside)) = text.split_first() else { return 0 };
    let end = inside.iter().position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'));
    end.filter(|end| inside[*end] == b')').map_or(0, |end| end + 2)
}

fn hexadecimal(text: &[u8]) -> Option<usize> {
    let [b'0', b'x' | b'X', rest @ ..] = text else { return None };
    digits(rest, u8::is_ascii_hexdigit, b'p').map(|length| length + 2)
}

/// The length of digits, with a point among them perhaps, and of an exponent.
fn digits(text: &[u8], is_digit: fn(&u8) -> bool, mark: u8) -> Option<usize> {
    let run = |from: usize, is_digit: fn(&u8) -> bool| text[from..].iter().take_while(|byte| is_digit(byte)).count();
    let integral = run(0, is_digit);
    let mut end = integral;
    if text.get(end) == Some(&b'.') {
        let fraction = run(end + 1, is_digit);
        if integral + fraction > 0 {
            end += 1 + fraction;
        }
    }
    if end == 0 {
        return None;
    }
    if text.get(end).is_some_and(|byte| byte.eq_ignore_ascii_case(&mark)) {
        let start = end + 1 + usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        let exponent = if start <= text.len() { run(start, u8::is_ascii_digit) } else { 0 };
        if exponent > 0 {
            end = start + exponent;
        }
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(number: f64, precision: usize) -> String {
        let mut out = Vec::new();
        append(&mut out, number, precision);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn numbers_are_written_as_c_writes_them() {
        // Expectations are those of printf.
        let cases = [
            (0.1, 14, "0.1"),
            (1.0 / 3.0, 14, "0.33333333333333"),
            (9007199254740992.0, 14, "9.007199254741e+15"),
            (1e15, 14, "1e+15"),
            (123456.0, 3, "1.23e+05"),
            (99999999999999.0, 14, "99999999999999"),
            (100000000000000.0, 14, "1e+14"),
            (0.0001, 14, "0.0001"),
            (0.00001234, 14, "1.234e-05"),
            (-0.0, 14, "-0"),
            (1e100, 14, "1e+100"),
            (0.95, 1, "0.9"),
            (9.99, 2, "10"),
            (1234.5, 14, "1234.5"),
            (f64::NEG_INFINITY, 14, "-inf"),
        ];
        for (number, precision, expected) in cases {
            assert_eq!(text(number, precision), expected, "{number}");
        }
    }

    #[test]
    fn a_number_ends_where_strtod_ends_it() {
        let cases: [(&[u8], f64, usize); 13] = [
            (b"1]", 1.0, 1),
            (b"1.5e3,", 1500.0, 5),
            (b"1e+", 1.0, 1),
            (b"1e", 1.0, 1),
            (b"-1.x", -1.0, 3),
            (b".5", 0.5, 2),
            (b"0x", 0.0, 1),
            (b"0x1p", 1.0, 3),
            (b"0x.8p1", 1.0, 6),
            (b"0xg", 0.0, 1),
            (b"+infinit", f64::INFINITY, 4),
            (b"-Infinity1", f64::NEG_INFINITY, 9),
            (b"1e999", f64::INFINITY, 5),
        ];
        for (text, number, length) in cases {
            assert_eq!(read(text), Some((number, length)), "{}", text.escape_ascii());
        }
        assert_eq!(read(b"nan(a_1)").map(|(_, length)| length), Some(8));
        assert_eq!(read(b"nan(a-1)").map(|(_, length)| length), Some(3));
        for nothing in [&b"-"[..], b".", b"-.", b"e5", b"in"] {
            assert_eq!(read(nothing), None);
        }
    }
}
