//! Bits in byte strings: counting, searching, fields of up to 64 bits, and logic between several strings.
//!
//! Bit 0 is the most significant of byte 0, as SETBIT numbers them. A string may lie in chunks, so what walks it takes a chunk,
//! the bit at which the chunk begins in the string, and a range of bits of the whole string; what reads or writes a field
//! takes a window of nine bytes, which holds any field wherever it begins.
//!
//! Counting and searching go eight bytes at a time, combining as well: O(bytes / 8).

use std::ops::Range;

/// Ones in all of `bytes`.
#[inline]
pub fn count_ones(bytes: &[u8]) -> u64 {
    let words = bytes.chunks_exact(8);
    let rest = words.remainder().iter().map(|byte| u64::from(byte.count_ones())).sum::<u64>();
    words.map(|word| u64::from(u64::from_ne_bytes(word.try_into().expect("eight bytes")).count_ones())).sum::<u64>()
        + rest
}

/// Ones among the bits `bits` of a string, as far as they are in `chunk`, which begins at bit `chunk_at`.
pub fn count_ones_in(chunk: &[u8], chunk_at: u64, bits: Range<u64>) -> u64 {
    let Some((bytes, head, tail)) = clip(chunk, chunk_at, bits) else { return 0 };
    match bytes {
        [] => 0,
        [one] => u64::from((one & head & tail).count_ones()),
        [first, middle @ .., last] => {
            u64::from((first & head).count_ones()) + count_ones(middle) + u64::from((last & tail).count_ones())
        }
    }
}

/// The first bit among `bits` of a string that is `value`, as far as they are in `chunk`, which begins at bit `chunk_at`. Its
/// number is that in the string.
pub fn find_in(chunk: &[u8], chunk_at: u64, bits: Range<u64>, value: bool) -> Option<u64> {
    let start = bits.start.max(chunk_at);
    let (bytes, head, tail) = clip(chunk, chunk_at, bits)?;
    // Looking for zeros is looking for ones in what is turned over.
    let turn = if value { 0 } else { 0xff };
    let base = start & !7;
    let last = bytes.len() - 1;
    let masked = |at: usize| {
        let mask = if at == 0 { head } else { 0xff } & if at == last { tail } else { 0xff };
        (bytes[at] ^ turn) & mask
    };
    let found = |at: usize| (masked(at) != 0).then(|| base + at as u64 * 8 + u64::from(masked(at).leading_zeros()));
    if let Some(bit) = found(0) {
        return Some(bit);
    }
    if last == 0 {
        return None;
    }
    let dull = u64::from_ne_bytes([turn; 8]);
    let middle = &bytes[1..last];
    let skipped = middle.chunks_exact(8).take_while(|word| **word == dull.to_ne_bytes()).count() * 8;
    (1 + skipped..=last).find_map(found)
}

/// What BITPOS answers. `found` is the first such bit in the range; `len_bits` the length of the string. Behind a string come
/// zeros without end, unless the caller gave an end.
pub fn position_reply(found: Option<u64>, value: bool, end_given: bool, len_bits: u64) -> i64 {
    match found {
        Some(bit) => bit as i64,
        None if value || end_given => -1,
        None => len_bits as i64,
    }
}

/// The bytes of `chunk` that hold `bits`, with the masks for the first and the last of them.
fn clip(chunk: &[u8], chunk_at: u64, bits: Range<u64>) -> Option<(&[u8], u8, u8)> {
    debug_assert_eq!(chunk_at % 8, 0);
    let start = bits.start.max(chunk_at) - chunk_at;
    let end = bits.end.min(chunk_at + chunk.len() as u64 * 8).checked_sub(chunk_at)?;
    if start >= end {
        return None;
    }
    let bytes = &chunk[(start / 8) as usize..end.div_ceil(8) as usize];
    Some((bytes, 0xff >> (start % 8), 0xff << ((8 - end % 8) % 8)))
}

/// The type of a field: `i1` to `i64`, `u1` to `u63`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldType {
    signed: bool,
    bits: u32,
}

/// What BITFIELD does when a value does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Overflow {
    /// Keep the lowest bits.
    #[default]
    Wrap,
    /// Take the nearest value that fits.
    Saturate,
    /// Change nothing.
    Fail,
}

/// Nine bytes of a string, zeros beyond its end: enough for any field.
pub type Window = [u8; 9];

impl FieldType {
    pub fn new(signed: bool, bits: u32) -> Option<Self> {
        (bits >= 1 && bits <= if signed { 64 } else { 63 }).then_some(Self { signed, bits })
    }

    /// The type's name: `u8`, `i16`. Digits only, without zeros in front.
    pub fn parse(name: &[u8]) -> Option<Self> {
        let (signed, digits) = match name {
            [b'i', digits @ ..] => (true, digits),
            [b'u', digits @ ..] => (false, digits),
            _ => return None,
        };
        if digits.is_empty() || digits.len() > 2 || digits[0] == b'0' || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        Self::new(signed, digits.iter().fold(0, |bits, digit| bits * 10 + u32::from(digit - b'0')))
    }

    pub fn bits(self) -> u32 {
        self.bits
    }

    pub fn is_signed(self) -> bool {
        self.signed
    }

    /// The bytes of the string that a field at bit `offset` is in: one to nine.
    pub fn bytes_at(self, offset: u64) -> Range<u64> {
        offset / 8..(offset + u64::from(self.bits)).div_ceil(8)
    }

    /// The field at bit `offset` of the string, whose byte `offset / 8` is the window's first. Unsigned values are below 2^63.
    pub fn get(self, window: &Window, offset: u64) -> i64 {
        let raw = (whole(window) >> self.shift(offset)) as u64 & self.mask();
        self.wrap(i128::from(raw))
    }

    /// Writes the lowest bits of `value` into the field.
    pub fn set(self, window: &mut Window, offset: u64, value: i64) {
        let shift = self.shift(offset);
        let cleared = whole(window) & !(u128::from(self.mask()) << shift);
        let bytes = (cleared | u128::from(value as u64 & self.mask()) << shift).to_be_bytes();
        window.copy_from_slice(&bytes[7..]);
    }

    /// What becomes of `value + increment`: `None` if it doesn't fit and must fail. To set a field, add 0 to the new value.
    /// For an unsigned type `value` is taken as u64, so that a negative one is too large.
    pub fn add(self, value: i64, increment: i64, overflow: Overflow) -> Option<i64> {
        let value = if self.signed { i128::from(value) } else { i128::from(value as u64) };
        let (least, greatest) = match self.signed {
            true => (-(1_i128 << (self.bits - 1)), (1_i128 << (self.bits - 1)) - 1),
            false => (0, (1_i128 << self.bits) - 1),
        };
        let sum = value + i128::from(increment);
        if (least..=greatest).contains(&sum) {
            return Some(sum as i64);
        }
        match overflow {
            Overflow::Wrap => Some(self.wrap(sum)),
            // Redis asks for the room above in 64 bits: far enough below the least value it wraps, and what is set becomes
            // the greatest value.
            Overflow::Saturate if self.signed && (greatest as i64).wrapping_sub(value as i64) < increment => {
                Some(greatest as i64)
            }
            Overflow::Saturate => Some(sum.clamp(least, greatest) as i64),
            Overflow::Fail => None,
        }
    }

    /// The lowest bits, as a value of the type.
    fn wrap(self, value: i128) -> i64 {
        let raw = value as u64 & self.mask();
        if self.signed {
            let unused = 64 - self.bits;
            (raw << unused) as i64 >> unused
        } else {
            raw as i64
        }
    }

    fn mask(self) -> u64 {
        u64::MAX >> (64 - self.bits)
    }

    /// Bits of the window behind the field.
    fn shift(self, offset: u64) -> u32 {
        72 - (offset % 8) as u32 - self.bits
    }
}

fn whole(window: &Window) -> u128 {
    window.iter().fold(0, |all, &byte| all << 8 | u128::from(byte))
}

/// The operations of BITOP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    And,
    Or,
    Xor,
    /// Of a single input.
    Not,
}

/// Combines the inputs into `out`, byte by byte; an input that is shorter counts as zeros from there on. For chunks: the
/// same part of every input. O(inputs · bytes / 8).
pub fn combine(operation: Operation, inputs: &[&[u8]], out: &mut [u8]) {
    let Some((first, others)) = inputs.split_first() else { return out.fill(0) };
    let shared = first.len().min(out.len());
    out[..shared].copy_from_slice(&first[..shared]);
    out[shared..].fill(0);
    if operation == Operation::Not {
        debug_assert!(others.is_empty());
        return out.iter_mut().for_each(|byte| *byte = !*byte);
    }
    for other in others {
        let shared = other.len().min(out.len());
        let (front, behind) = out.split_at_mut(shared);
        // Plain loops over equal lengths: the compiler makes vectors of them.
        let pairs = front.iter_mut().zip(&other[..shared]);
        match operation {
            Operation::And => {
                pairs.for_each(|(a, b)| *a &= b);
                behind.fill(0);
            }
            Operation::Or => pairs.for_each(|(a, b)| *a |= b),
            Operation::Xor => pairs.for_each(|(a, b)| *a ^= b),
            Operation::Not => unreachable!("returned above"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quickcheck::quickcheck;

    use super::*;

    fn bit(bytes: &[u8], at: u64) -> bool {
        bytes[(at / 8) as usize] >> (7 - at % 8) & 1 == 1
    }

    proptest! {
        #[test]
        fn counting_and_searching_by_chunks_is_like_looking_at_every_bit(
            mut bytes in prop::collection::vec(prop::sample::select(vec![0u8, 0, 0xff, 0xff, 0x10, 0xfe, 0x80, 1]), 0..80),
            dull in 0..70usize,
            fill in prop::sample::select(vec![0u8, 0xff]),
            chunk in 1..90usize,
            range in (0..700u64, 0..700u64),
        ) {
            let dull = dull.min(bytes.len());
            bytes[..dull].fill(fill);
            let len_bits = bytes.len() as u64 * 8;
            let bits = range.0..range.1;
            let chunks = || bytes.chunks(chunk).enumerate().map(|(i, part)| (part, (i * chunk) as u64 * 8));
            let inside = || bits.start..bits.end.min(len_bits);
            let ones: u64 = chunks().map(|(part, at)| count_ones_in(part, at, bits.clone())).sum();
            prop_assert_eq!(ones, inside().filter(|&at| bit(&bytes, at)).count() as u64);
            for value in [false, true] {
                let found = chunks().find_map(|(part, at)| find_in(part, at, bits.clone(), value));
                prop_assert_eq!(found, inside().find(|&at| bit(&bytes, at) == value));
            }
            prop_assert_eq!(count_ones(&bytes), (0..len_bits).filter(|&at| bit(&bytes, at)).count() as u64);
        }

        #[test]
        fn a_field_that_is_set_is_got_back_and_its_neighbours_stay(
            window in any::<[u8; 9]>(), offset in 0..8u64, signed in any::<bool>(), bits in 1..=64u32, value in any::<i64>(),
        ) {
            let Some(field) = FieldType::new(signed, bits) else { return Ok(()) };
            let mut changed = window;
            field.set(&mut changed, offset, value);
            prop_assert_eq!(field.get(&changed, offset), field.wrap(i128::from(value)));
            for at in (0..72).filter(|at| !(offset..offset + u64::from(bits)).contains(at)) {
                prop_assert_eq!(bit(&changed, at), bit(&window, at));
            }
            for at in 0..u64::from(bits) {
                prop_assert_eq!(bit(&changed, offset + at), value >> (u64::from(bits) - 1 - at) & 1 == 1);
            }
        }

        #[test]
        fn combining_is_the_operation_on_every_byte(
            inputs in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..5), longer in 0..10usize,
        ) {
            let len = inputs.iter().map(Vec::len).max().unwrap_or(0) + longer;
            let slices: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
            let at = |input: &Vec<u8>, i: usize| input.get(i).copied().unwrap_or(0);
            let mut out = vec![0xaa; len];
            let fold = |f: fn(u8, u8) -> u8| -> Vec<u8> {
                (0..len).map(|i| inputs.iter().map(|input| at(input, i)).reduce(f).expect("an input")).collect()
            };
            combine(Operation::And, &slices, &mut out);
            prop_assert_eq!(&out, &fold(|a, b| a & b));
            combine(Operation::Or, &slices, &mut out);
            prop_assert_eq!(&out, &fold(|a, b| a | b));
            combine(Operation::Xor, &slices, &mut out);
            prop_assert_eq!(&out, &fold(|a, b| a ^ b));
            combine(Operation::Not, &slices[..1], &mut out);
            prop_assert_eq!(out, (0..len).map(|i| !at(&inputs[0], i)).collect::<Vec<_>>());
        }
    }

    quickcheck! {
        fn small_fields_wrap_and_saturate_like_machine_integers(value: i8, increment: i8) -> bool {
            let (i8s, u8s) = (FieldType::parse(b"i8").unwrap(), FieldType::parse(b"u8").unwrap());
            let (wide, by) = (i64::from(value), i64::from(increment));
            i8s.add(wide, by, Overflow::Wrap) == Some(i64::from(value.wrapping_add(increment)))
                && i8s.add(wide, by, Overflow::Saturate) == Some(i64::from(value.saturating_add(increment)))
                && i8s.add(wide, by, Overflow::Fail) == value.checked_add(increment).map(i64::from)
                && u8s.add(i64::from(value as u8), by, Overflow::Wrap) == Some(i64::from((value as u8).wrapping_add_signed(increment)))
                && u8s.add(i64::from(value as u8), by, Overflow::Saturate) == Some(i64::from((value as u8).saturating_add_signed(increment)))
                && u8s.add(i64::from(value as u8), by, Overflow::Fail) == (value as u8).checked_add_signed(increment).map(i64::from)
        }
    }

    #[test]
    fn the_widest_fields_overflow_where_machine_integers_do() {
        let i64s = FieldType::parse(b"i64").unwrap();
        assert_eq!(i64s.add(i64::MAX, 1, Overflow::Wrap), Some(i64::MIN));
        assert_eq!(i64s.add(i64::MIN, -1, Overflow::Saturate), Some(i64::MIN));
        assert_eq!(i64s.add(i64::MIN, -1, Overflow::Fail), None);
        let u63s = FieldType::parse(b"u63").unwrap();
        assert_eq!(u63s.add(-1, 0, Overflow::Saturate), Some(i64::MAX), "a negative value to set is too large");
        assert_eq!(u63s.add(-1, 0, Overflow::Wrap), Some(i64::MAX));
    }

    #[test]
    fn a_value_far_below_a_signed_field_saturates_upwards_as_in_redis() {
        let set = |name: &[u8], value| FieldType::parse(name).unwrap().add(value, 0, Overflow::Saturate);
        assert_eq!(set(b"i63", i64::MIN), Some((1 << 62) - 1));
        assert_eq!(set(b"i8", i64::MIN), Some(127));
        assert_eq!(set(b"i8", i64::MIN + 127), Some(127));
        assert_eq!(set(b"i8", i64::MIN + 128), Some(-128));
        assert_eq!(set(b"i64", i64::MIN), Some(i64::MIN));
    }

    #[test]
    fn names_of_types_are_those_that_bitfield_takes() {
        assert_eq!(FieldType::parse(b"u63"), FieldType::new(false, 63));
        for name in ["", "u", "u64", "i65", "i0", "u08", "U8", "i+8", "8", "i100", "u6 "] {
            assert_eq!(FieldType::parse(name.as_bytes()), None, "{name}");
        }
        assert_eq!(FieldType::new(true, 64).expect("i64").bytes_at(7), 0..9);
    }

    #[test]
    fn zeros_follow_a_string_unless_an_end_is_given() {
        assert_eq!(position_reply(None, false, false, 24), 24);
        assert_eq!(position_reply(None, false, true, 24), -1);
        assert_eq!(position_reply(None, true, false, 24), -1);
        assert_eq!(position_reply(Some(3), true, false, 24), 3);
    }
}
