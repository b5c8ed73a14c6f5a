//! Amounts of memory as the configuration writes them: `100mb`, `1gb`, `64k`, `5%`.
//!
//! | unit | factor | unit | factor |
//! |---|---|---|---|
//! | none, `b` | 1 | | |
//! | `k` | 1000 | `kb` | 1024 |
//! | `m` | 1000² | `mb` | 1024² |
//! | `g` | 1000³ | `gb` | 1024³ |
//!
//! Units in any case. Observed on 7.0.15 and kept: no digits at all count as 0 (`mb` is 0, so is the empty text); digits beyond 64
//! bits saturate at 2^64 − 1; the multiplication by the unit wraps. A sign is refused. What the parameter itself allows is for its
//! row in the configuration to say.

/// More digits than this are refused (the buffer that Redis copies them to holds 128 bytes).
const DIGITS_MAX: usize = 127;

/// Reads an amount of memory in bytes. O(length).
pub fn parse(text: &[u8]) -> Option<u64> {
    // C's string ends at the first NUL.
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    let digits_len = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(digits_len);
    let factor: u64 = match unit.to_ascii_lowercase().as_slice() {
        b"" | b"b" => 1,
        b"k" => 1000,
        b"kb" => 1024,
        b"m" => 1000 * 1000,
        b"mb" => 1024 * 1024,
        b"g" => 1000 * 1000 * 1000,
        b"gb" => 1024 * 1024 * 1024,
        _ => return None,
    };
    if digits.len() > DIGITS_MAX {
        return None;
    }
    let count =
        digits.iter().fold(0u64, |value, digit| value.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
    Some(count.wrapping_mul(factor))
}

/// An amount of memory, or a share of what there is (`maxmemory-clients`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemorySize {
    Bytes(u64),
    Percent(u64),
}

/// Reads an amount of memory or a canonical integer followed by `%`. Whether the percentage is in range (Redis allows 0 to 100) is
/// left to the caller; a negative one is refused.
pub fn parse_with_percent(text: &[u8]) -> Option<MemorySize> {
    match text {
        [percent @ .., b'%'] => {
            let percent = super::integer::parse_i64(percent)?;
            Some(MemorySize::Percent(u64::try_from(percent).ok()?))
        }
        _ => parse(text).map(MemorySize::Bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    #[test]
    fn every_unit_has_its_factor() {
        for (text, expected) in [
            ("0", Some(0)),
            ("100", Some(100)),
            ("7b", Some(7)),
            ("7B", Some(7)),
            ("1k", Some(1000)),
            ("1kb", Some(1024)),
            ("1Kb", Some(1024)),
            ("3m", Some(3_000_000)),
            ("3MB", Some(3 << 20)),
            ("2g", Some(2_000_000_000)),
            ("2gb", Some(2 << 30)),
            ("1t", None),
            ("1 kb", None),
            ("1kb ", None),
            ("-1", None),
            ("+1", None),
            (" 1", None),
            ("1.5gb", None),
            ("0x10", None),
            ("007", Some(7)),
        ] {
            assert_eq!(parse(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn the_observed_oddities_hold() {
        assert_eq!(parse(b""), Some(0));
        assert_eq!(parse(b"mb"), Some(0));
        assert_eq!(parse(b"99999999999999999999"), Some(u64::MAX));
        assert_eq!(parse(b"18446744073709551615kb"), Some(u64::MAX - 1023));
        assert_eq!(parse(&[b'1'; 127]), Some(u64::MAX));
        assert_eq!(parse(&[b'1'; 128]), None);
    }

    #[test]
    fn a_percentage_is_told_from_an_amount() {
        assert_eq!(parse_with_percent(b"5%"), Some(MemorySize::Percent(5)));
        assert_eq!(parse_with_percent(b"5"), Some(MemorySize::Bytes(5)));
        assert_eq!(parse_with_percent(b"-5%"), None);
        assert_eq!(parse_with_percent(b"%"), None);
        assert_eq!(parse_with_percent(b"05%"), None);
    }

    quickcheck! {
        fn plain_digits_are_themselves(value: u64) -> bool {
            parse(value.to_string().as_bytes()) == Some(value)
        }
    }
}
