//! The x87 extended double (80 bits), which INCRBYFLOAT and HINCRBYFLOAT compute in on x86-64.
//!
//! ```text
//! value = ± mantissa × 2^exponent      mantissa: 64 bits, its top bit set unless the exponent is the least
//!                                      exponent: −16445 ..= 16320
//! ```
//!
//! Invariants: every operation is correctly rounded (to nearest, ties to even), as the x87 unit and glibc's `strtold` and
//! `printf` do it; so 3000 + 0.1 prints as `3000.10000000000000009` and 0.1 + 0.2 as `0.3`, on every machine.
//!
//! Ordinary numbers (up to 19 digits, a power of ten up to 27) take a path of a few integer operations: the digits and the
//! power of five both fit in 64 bits, hence one exact division rounds correctly. Other decimals are read by
//! `rustc_apfloat`. Source: the C standard for the conversions, 7.0.15 for which texts it takes and how it trims.

use super::big_decimal::BigDecimal;
use super::float_text::{Binary, Digits, FloatText, Kind, layout_g17};
use super::integer::DecimalBuffer;
use rustc_apfloat::Float as _;
use rustc_apfloat::ieee::X87DoubleExtended;

const PRECISION: u32 = 64;
const EXPONENT_MIN: i64 = -16445;
const EXPONENT_MAX: i64 = 16320;

/// Redis copies the text to a buffer of 5 KiB before reading it; what does not fit is no number.
const TEXT_LEN_MAX: usize = 5 * 1024 - 1;

/// An 80-bit extended double.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LongDouble {
    negative: bool,
    magnitude: Magnitude,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Magnitude {
    Finite { mantissa: u64, exponent: i16 },
    Infinite,
    Nan,
}

impl LongDouble {
    pub const ZERO: Self =
        Self { negative: false, magnitude: Magnitude::Finite { mantissa: 0, exponent: EXPONENT_MIN as i16 } };

    /// Reads a number as INCRBYFLOAT does: `strtold` over the whole text, refusing white space in front, `nan`,
    /// overflow, underflow to zero, and texts of 5120 bytes or more. O(length).
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() > TEXT_LEN_MAX {
            return None;
        }
        let scanned = FloatText::scan(text)?;
        let magnitude = match scanned.kind {
            Kind::Infinite => Magnitude::Infinite,
            Kind::Decimal(digits) => in_range(parse_decimal(digits)?, digits)?,
            Kind::Hex(digits) => in_range(Magnitude::round(digits.to_binary()), digits)?,
        };
        Some(Self { negative: scanned.negative, magnitude })
    }

    /// The exact value of an integer: 64 bits of mantissa hold it.
    pub fn from_i64(value: i64) -> Self {
        Self { negative: value < 0, magnitude: Magnitude::round(Binary::exact(u128::from(value.unsigned_abs()), 0)) }
    }

    /// The product with a whole number, rounded.
    pub fn times(self, factor: u32) -> Self {
        let magnitude = match self.magnitude {
            Magnitude::Finite { mantissa, exponent } => {
                Magnitude::round(Binary::exact(u128::from(mantissa) * u128::from(factor), i64::from(exponent)))
            }
            special => special,
        };
        Self { magnitude, ..self }
    }

    /// The least integer that is not below it. What 64 bits don't hold becomes `i64::MIN`, as x86 converts it.
    pub fn ceil_to_i64(self) -> i64 {
        let Magnitude::Finite { mantissa, exponent } = self.magnitude else { return i64::MIN };
        let (whole, has_fraction) = match exponent {
            1.. if mantissa != 0 => return i64::MIN,
            0.. => (mantissa, false),
            -63..=-1 => (mantissa >> -exponent, mantissa & ((1 << -exponent) - 1) != 0),
            _ => (0, mantissa != 0),
        };
        let whole = i128::from(whole);
        let ceiling = if self.negative { -whole } else { whole + i128::from(has_fraction) };
        i64::try_from(ceiling).unwrap_or(i64::MIN)
    }

    /// Whether this is an ordinary number, neither infinite nor NaN.
    pub fn is_finite(self) -> bool {
        matches!(self.magnitude, Magnitude::Finite { .. })
    }

    /// Appends the text that Redis calls human-friendly (`%.17Lf`, trailing zeros cut, never `-0`): at most 4952 bytes.
    /// O(1) below 2^128, else quadratic in the number of digits.
    pub fn append_human(self, out: &mut Vec<u8>) {
        const SCALE: u128 = 10u128.pow(17);
        let Some((mantissa, exponent)) = self.append_special(out) else {
            return;
        };
        if exponent < 0 {
            // mantissa × 10^17 is below 2^121, so the seventeen decimals of any value come from one 128-bit number.
            let scaled = round_shift(u128::from(mantissa) * SCALE, exponent.unsigned_abs().into());
            if self.negative && scaled != 0 {
                out.push(b'-');
            }
            let integer = u64::try_from(scaled / SCALE).expect("the integer part has at most 64 bits");
            let fraction = (scaled % SCALE) as u64;
            out.extend_from_slice(DecimalBuffer::new().format(integer));
            append_fraction(out, fraction);
            return;
        }
        if self.negative && mantissa != 0 {
            out.push(b'-');
        }
        if exponent <= 64 {
            out.extend_from_slice(DecimalBuffer::new().format(u128::from(mantissa) << exponent));
        } else {
            out.extend_from_slice(&BigDecimal::scaled_by_power_of_two(mantissa, exponent.into()).digits());
        }
    }

    /// The human-friendly text as a new vector.
    pub fn to_human(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(24);
        self.append_human(&mut out);
        out
    }

    /// Appends the text of C's `%.17Lg`: 17 significant digits, exponents where they are shorter. O(digits²) of the exact
    /// decimal form, so this is not for hot paths.
    pub fn append_g17(self, out: &mut Vec<u8>) {
        let Some((mantissa, exponent)) = self.append_special(out) else {
            return;
        };
        let mut digits = [b'0'; 17];
        let mut power = 0;
        if mantissa != 0 {
            let exact = BigDecimal::scaled_by_power_of_two(mantissa, exponent.into());
            (digits, power) = exact.significant_digits();
        }
        layout_g17(&mut |bytes| out.extend_from_slice(bytes), self.negative, &digits, power);
    }

    /// Prints what is not finite; else hands out mantissa and exponent.
    fn append_special(self, out: &mut Vec<u8>) -> Option<(u64, i16)> {
        let word: &[u8] = match self.magnitude {
            Magnitude::Finite { mantissa, exponent } => return Some((mantissa, exponent)),
            Magnitude::Infinite => b"inf",
            Magnitude::Nan => b"nan",
        };
        if self.negative {
            out.push(b'-');
        }
        out.extend_from_slice(word);
        None
    }
}

impl std::ops::Neg for LongDouble {
    type Output = Self;

    fn neg(self) -> Self {
        Self { negative: !self.negative, ..self }
    }
}

impl std::ops::Add for LongDouble {
    type Output = Self;

    /// The correctly rounded sum. Opposite infinities give NaN.
    fn add(self, other: Self) -> Self {
        use Magnitude::{Finite, Infinite, Nan};
        let (a, b) = match (self.magnitude, other.magnitude) {
            (Finite { mantissa: a, exponent: ae }, Finite { mantissa: b, exponent: be }) => ((a, ae), (b, be)),
            (Nan, _) | (_, Nan) => {
                return Self { negative: true, magnitude: Nan };
            }
            (Infinite, Infinite) if self.negative != other.negative => {
                return Self { negative: true, magnitude: Nan };
            }
            (Infinite, _) => return self,
            (_, Infinite) => return other,
        };
        // Numbers are normalised, so the pair (exponent, mantissa) orders magnitudes.
        let ((large, small), negative) =
            if (a.1, a.0) >= (b.1, b.0) { ((a, b), self.negative) } else { ((b, a), other.negative) };
        let same_sign = self.negative == other.negative;
        let sum = add_magnitudes(large, small, same_sign);
        if sum.mantissa == 0 && !same_sign {
            return Self::ZERO;
        }
        Self { negative, magnitude: Magnitude::round(sum) }
    }
}

/// `large ± small`, with enough bits kept to round: 63 below the mantissa of the larger.
fn add_magnitudes(large: (u64, i16), small: (u64, i16), same_sign: bool) -> Binary {
    const GUARD_BITS: i16 = 63;
    let distance = (large.1 - small.1) as u32;
    let wide = u128::from(small.0) << GUARD_BITS;
    let shifted = wide.checked_shr(distance).unwrap_or(0);
    let inexact = shifted.checked_shl(distance) != Some(wide) && wide != 0;
    let large_wide = u128::from(large.0) << GUARD_BITS;
    let mantissa = if same_sign {
        large_wide + shifted
    } else {
        // What was cut off is owed: borrow one unit, and remember that a part of it comes back.
        large_wide - shifted - u128::from(inexact)
    };
    Binary { mantissa, exponent: i64::from(large.1 - GUARD_BITS), inexact }
}

impl Magnitude {
    /// Rounds to 64 bits; too large a value is infinite.
    fn round(value: Binary) -> Self {
        let (mut mantissa, mut exponent) = value.round(PRECISION, EXPONENT_MIN);
        if mantissa >> PRECISION != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
        if mantissa == 0 {
            exponent = EXPONENT_MIN;
        }
        if exponent > EXPONENT_MAX {
            return Self::Infinite;
        }
        let mantissa = u64::try_from(mantissa).expect("rounded to 64 bits");
        Self::Finite { mantissa, exponent: exponent as i16 }
    }
}

/// Refuses overflow to infinity and underflow to zero.
fn in_range(magnitude: Magnitude, digits: Digits<'_>) -> Option<Magnitude> {
    match magnitude {
        Magnitude::Infinite => None,
        Magnitude::Finite { mantissa: 0, .. } if !digits.is_zero() => None,
        fine => Some(fine),
    }
}

fn parse_decimal(digits: Digits<'_>) -> Option<Magnitude> {
    // 5^27 is the last power of five below 2^63.
    const POWER_MAX: i64 = 27;
    let scale = digits.exponent.saturating_sub(digits.fraction.len() as i64);
    if digits.integer.len() + digits.fraction.len() <= 19 && (-POWER_MAX..=POWER_MAX).contains(&scale) {
        let number = digits.all().fold(0u64, |value, digit| value * 10 + u64::from(digit - b'0'));
        let power = 5u64.pow(scale.unsigned_abs() as u32);
        if scale >= 0 {
            return Some(Magnitude::round(Binary::exact(u128::from(number) * u128::from(power), scale)));
        }
        return Some(Magnitude::round(divide(number, power, scale)));
    }
    parse_any_decimal(digits)
}

/// `number / power × 2^scale`, with at least 64 exact bits and a note whether there is a remainder.
fn divide(number: u64, power: u64, scale: i64) -> Binary {
    if number == 0 {
        return Binary::exact(0, 0);
    }
    let shift = 64 + number.leading_zeros();
    let dividend = u128::from(number) << shift;
    let mantissa = dividend / u128::from(power);
    let inexact = !dividend.is_multiple_of(u128::from(power));
    Binary { mantissa, exponent: scale - i64::from(shift), inexact }
}

/// Any decimal, through arbitrary precision. The power of the first digit bounds what is worth computing.
fn parse_any_decimal(digits: Digits<'_>) -> Option<Magnitude> {
    let Some(position) = digits.leading_position() else {
        return Some(Magnitude::round(Binary::exact(0, 0)));
    };
    let power = position.saturating_add(digits.exponent);
    if power > 4933 {
        return Some(Magnitude::Infinite);
    }
    if power < -4952 {
        return Some(Magnitude::round(Binary::exact(0, 0)));
    }
    let ascii = |bytes| std::str::from_utf8(bytes).expect("the scan took ASCII only");
    let text = format!("0{}.{}0e{}", ascii(digits.integer), ascii(digits.fraction), digits.exponent);
    let value = text.parse::<X87DoubleExtended>().ok()?;
    if value.is_infinite() {
        return Some(Magnitude::Infinite);
    }
    let bits = value.to_bits();
    let biased = (bits >> 64) as i64 & 0x7fff;
    Some(Magnitude::round(Binary::exact(bits & u128::from(u64::MAX), biased.max(1) - 1 + EXPONENT_MIN)))
}

/// `value / 2^shift`, rounded to nearest, ties to even.
fn round_shift(value: u128, shift: u32) -> u128 {
    if shift >= 128 {
        // Callers pass less than 2^121: below half a unit.
        return 0;
    }
    let quotient = value >> shift;
    let rest = value - (quotient << shift);
    let half = 1u128 << (shift - 1);
    quotient + u128::from(rest > half || (rest == half && quotient & 1 == 1))
}

/// Appends `.` and the seventeen decimals without their trailing zeros, or nothing for zero.
fn append_fraction(out: &mut Vec<u8>, mut fraction: u64) {
    if fraction == 0 {
        return;
    }
    let mut decimals = [b'0'; 18];
    decimals[0] = b'.';
    for place in decimals[1..].iter_mut().rev() {
        *place = b'0' + (fraction % 10) as u8;
        fraction /= 10;
    }
    let kept = decimals.iter().rposition(|&digit| digit != b'0').expect("the point is no zero") + 1;
    out.extend_from_slice(&decimals[..kept]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> LongDouble {
        LongDouble::parse(text.as_bytes()).expect(text)
    }

    fn human(value: LongDouble) -> String {
        String::from_utf8(value.to_human()).expect("ASCII")
    }

    fn describe(value: Option<LongDouble>) -> String {
        match value {
            None => "-".into(),
            Some(value) if !value.is_finite() => "nonfinite".into(),
            Some(value) => human(value),
        }
    }

    #[test]
    fn every_sum_recorded_from_the_real_server_agrees() {
        let table = include_str!("recorded/sums.txt");
        let mut rows = 0;
        for line in table.lines().skip(1) {
            let [a, b, expected] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("three columns: {line}");
            };
            let sum = LongDouble::parse(a.as_bytes()).zip(LongDouble::parse(b.as_bytes())).map(|(a, b)| a + b);
            assert_eq!(describe(sum), expected, "{a} + {b}");
            rows += 1;
        }
        assert!(rows >= 500);
    }

    #[test]
    fn every_text_recorded_from_the_real_server_is_read_or_refused_alike() {
        let table = crate::numbers::recorded_texts();
        for (text, _, expected) in &table {
            let value = LongDouble::parse(text).map(|value| value + LongDouble::ZERO);
            assert_eq!(&describe(value), expected, "{}", text.escape_ascii());
        }
        assert!(table.iter().filter(|row| row.2 == "-").count() > 30);
    }

    #[test]
    fn the_general_notation_is_that_of_printf() {
        for (text, expected) in [
            ("0", "0"),
            ("-0", "-0"),
            ("1", "1"),
            ("-1.5", "-1.5"),
            ("0.1", "0.1"),
            ("100000000000000000", "1e+17"),
            ("99999999999999999", "99999999999999999"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("123456789012345678", "1.2345678901234568e+17"),
            ("1e4932", "1e+4932"),
            ("99999999999999999.5", "1e+17"),
            ("1e-4950", "1.0935598595647424e-4950"),
            ("1e-4940", "9.9999999999605325e-4941"),
            ("0.3", "0.3"),
            ("12345.678", "12345.678"),
            ("1e-100", "1e-100"),
            ("7e200", "7e+200"),
            ("inf", "inf"),
            ("-inf", "-inf"),
        ] {
            let mut out = Vec::new();
            number(text).append_g17(&mut out);
            assert_eq!(String::from_utf8_lossy(&out), expected, "{text}");
        }
    }

    #[test]
    fn a_text_longer_than_the_buffer_of_redis_is_no_number() {
        let mut text = vec![b'0'; TEXT_LEN_MAX];
        assert!(LongDouble::parse(&text).is_some());
        text.push(b'0');
        assert!(LongDouble::parse(&text).is_none());
    }

    #[test]
    fn the_largest_value_prints_all_its_digits() {
        let text = human(number("0x1.fffffffffffffffep16383"));
        assert_eq!(text.len(), 4933);
        assert!(text.starts_with("118973149535723176502126385303097020516906332229462420044032373389173700"));
    }

    fn to_apfloat(value: LongDouble) -> X87DoubleExtended {
        let Magnitude::Finite { mantissa, exponent } = value.magnitude else {
            panic!("finite values only");
        };
        let biased = if mantissa >> 63 == 0 { 0 } else { i64::from(exponent) - EXPONENT_MIN + 1 };
        let bits = u128::from(mantissa) | ((biased as u128) << 64) | (u128::from(value.negative) << 79);
        X87DoubleExtended::from_bits(bits)
    }

    prop_compose! {
        fn any_finite()(negative: bool, mantissa: u64, sparse in 0u32..64, exponent in prop_oneof![
            -70i64..70, EXPONENT_MIN..=EXPONENT_MAX, EXPONENT_MIN..EXPONENT_MIN + 70, EXPONENT_MAX - 70..=EXPONENT_MAX,
        ]) -> LongDouble {
            // Few set bits make ties and long carries likely.
            let mantissa = if sparse < 20 { mantissa >> sparse << sparse } else { mantissa & !(u64::MAX >> 2) };
            let magnitude = Magnitude::round(Binary::exact(mantissa.into(), exponent));
            LongDouble { negative, magnitude }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn addition_is_that_of_an_independent_soft_float(a in any_finite(), b in any_finite()) {
            prop_assume!(a.is_finite() && b.is_finite());
            let expected = (to_apfloat(a) + to_apfloat(b)).value;
            let sum = a + b;
            if expected.is_infinite() {
                prop_assert!(!sum.is_finite());
            } else {
                prop_assert_eq!(to_apfloat(sum).to_bits(), expected.to_bits());
            }
        }

        #[test]
        fn the_fast_path_reads_what_arbitrary_precision_reads(number in 0u64..10u64.pow(19), scale in -27i64..=27) {
            let text = format!("{number}e{scale}");
            let scanned = FloatText::scan(text.as_bytes()).expect("a number");
            let Kind::Decimal(digits) = scanned.kind else { panic!("decimal") };
            prop_assert_eq!(parse_decimal(digits), parse_any_decimal(digits));
        }

        #[test]
        fn integers_are_exact(value: i64) {
            prop_assert_eq!(human(LongDouble::from_i64(value)), value.to_string());
            prop_assert_eq!(number(&value.to_string()), LongDouble::from_i64(value));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[-+]?(0x)?[0-9a-f.]{0,30}[ep]?[-+]?[0-9]{0,6}") {
            if let Some(value) = LongDouble::parse(text.as_bytes()) {
                value.to_human();
                value.append_g17(&mut Vec::new());
            }
        }
    }
}
