//! The HyperLogLog that PFADD keeps in a string: Redis's representation, byte for byte.
//!
//! ```text
//!   0      4          5          8                     16
//!   ┌──────┬──────────┬──────────┬─────────────────────┬───────────┐
//!   │ HYLL │ encoding │ 3 unused │ cardinality u64 LE  │ registers │
//!   └──────┴──────────┴──────────┴─────────────────────┴───────────┘
//!
//!   encoding 0, dense    16384 registers of 6 bits, the least significant bits of a byte first: 12288 bytes
//!   encoding 1, sparse   runs of registers:
//!                          00llllll            l + 1 registers of 0          (ZERO, up to 64)
//!                          01llllll llllllll   l + 1 registers of 0          (XZERO, up to 16384)
//!                          1vvvvvll            l + 1 registers of v + 1      (VAL, up to 4 of up to 32)
//! ```
//!
//! The cardinality is the last one counted; its highest bit says that it is out of date. An element sets register
//! `hash mod 2^14` to the place of the lowest one in the rest of its hash, if that is more. The estimate is Ertl's ("New
//! cardinality estimation algorithms for HyperLogLog sketches", 2017), in the order of operations that Redis uses, so that
//! the results are equal.
//!
//! - add: O(1) dense, O(runs) sparse; count: O(16384), or O(1) from the cache; merge: O(16384).
//!
//! Bytes may come from SET: [`HyperLogLog::check`] looks at the head, as Redis does, and runs that don't add up to 16384
//! are [`Corrupted`] when they are walked. Files: `sparse.rs` the runs, `estimate.rs` the hash and the estimator,
//! `self_test.rs` what PFSELFTEST does.

mod estimate;
mod self_test;
mod sparse;
#[cfg(test)]
mod tests;

pub use self::self_test::self_test;
use self::sparse::Run;

pub const REGISTER_COUNT: usize = 1 << INDEX_BITS;
const INDEX_BITS: u32 = 14;
const HEADER: usize = 16;
const REGISTER_BITS: usize = 6;
const DENSE_BYTES: usize = HEADER + REGISTER_COUNT * REGISTER_BITS / 8;
const MAGIC: &[u8] = b"HYLL";
const STALE: u8 = 0x80;
const DENSE: u8 = 0;
const SPARSE: u8 = 1;

/// `-WRONGTYPE Key is not a valid HyperLogLog string value.`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAHyperLogLog;

/// `-INVALIDOBJ Corrupted HLL object detected`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupted;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Dense,
    Sparse,
}

/// A HyperLogLog in borrowed bytes, its head checked.
#[derive(Clone, Copy, Debug)]
pub struct HyperLogLog<'a> {
    bytes: &'a [u8],
}

/// All registers, a byte each: what merging and PFCOUNT of several keys work on.
#[derive(Clone, PartialEq, Eq)]
pub struct Registers {
    values: Box<[u8; REGISTER_COUNT]>,
}

/// Without elements, sparse: what PFADD and PFMERGE create. Its cache says 0; PFADD counts the creation as a change and
/// invalidates it, even if no element is given.
pub fn empty() -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + 2);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&[SPARSE, 0, 0, 0]);
    bytes.extend_from_slice(&[0; 8]);
    sparse::put(&mut bytes, Run::Zeros(REGISTER_COUNT));
    bytes
}

impl<'a> HyperLogLog<'a> {
    /// Looks at the head only, and at the length of a dense one. O(1).
    pub fn check(bytes: &'a [u8]) -> Result<Self, NotAHyperLogLog> {
        let valid = bytes.len() >= HEADER
            && bytes.starts_with(MAGIC)
            && (bytes[4] == SPARSE || bytes[4] == DENSE && bytes.len() == DENSE_BYTES);
        if valid { Ok(Self { bytes }) } else { Err(NotAHyperLogLog) }
    }

    pub fn encoding(self) -> Encoding {
        if self.bytes[4] == DENSE { Encoding::Dense } else { Encoding::Sparse }
    }

    /// The cardinality, if nothing changed since it was counted. O(1).
    pub fn cached_cardinality(self) -> Option<u64> {
        let bytes: [u8; 8] = self.bytes[8..16].try_into().expect("eight bytes");
        (bytes[7] & STALE == 0).then(|| u64::from_le_bytes(bytes))
    }

    /// Counts, whatever the cache says. O(16384). Errors: Corrupted.
    pub fn count(self) -> Result<u64, Corrupted> {
        let mut histogram = [0u32; 64];
        match self.encoding() {
            Encoding::Dense => {
                (0..REGISTER_COUNT).for_each(|index| histogram[usize::from(dense_get(self.body(), index))] += 1);
            }
            Encoding::Sparse => {
                let mut registers = 0;
                for (_, run) in sparse::runs(self.body()) {
                    histogram[usize::from(run.value())] += run.len() as u32;
                    registers += run.len();
                }
                if registers != REGISTER_COUNT {
                    return Err(Corrupted);
                }
            }
        }
        Ok(estimate::cardinality(&histogram))
    }

    /// The runs of a sparse one as PFDEBUG DECODE tells them: `z:3 v:1,2 Z:16379`. `None`: it is dense.
    pub fn decoded(self) -> Option<String> {
        if self.encoding() == Encoding::Dense {
            return None;
        }
        let words = sparse::runs(self.body()).map(|(at, run)| match run {
            // The long form may hold few registers, in what another program wrote.
            Run::Zeros(len) => format!("{}:{len}", if self.body()[at] & 0x40 == 0 { 'z' } else { 'Z' }),
            Run::Values { value, len } => format!("v:{value},{len}"),
        });
        Some(words.collect::<Vec<_>>().join(" "))
    }

    /// What adding `element` to a dense one writes: two bytes and where; nothing, if its register is high enough. The
    /// cached cardinality is out of date then. O(1).
    pub fn dense_patch(self, element: &[u8]) -> Option<(usize, [u8; 2])> {
        debug_assert_eq!(self.encoding(), Encoding::Dense);
        let (index, value) = estimate::place(element);
        if dense_get(self.body(), index) >= value {
            return None;
        }
        let at = (index * REGISTER_BITS / 8).min(self.body().len() - 2);
        let mut pair = [self.body()[at], self.body()[at + 1]];
        let shift = index * REGISTER_BITS - at * 8;
        let (mask, raised) = (0x3f_u16 << shift, u16::from(value) << shift);
        pair = (u16::from_le_bytes(pair) & !mask | raised).to_le_bytes();
        Some((HEADER + at, pair))
    }

    /// The byte that says that the cached cardinality is out of date, and where it is.
    pub fn stale_patch(self) -> (usize, [u8; 1]) {
        (15, [self.bytes[15] | STALE])
    }

    fn body(self) -> &'a [u8] {
        &self.bytes[HEADER..]
    }
}

impl Default for Registers {
    fn default() -> Self {
        Self::new()
    }
}

impl Registers {
    pub fn new() -> Self {
        Self { values: Box::new([0; REGISTER_COUNT]) }
    }

    pub fn as_slice(&self) -> &[u8] {
        &self.values[..]
    }

    /// Raises every register to that of `other`, if that is more. O(16384). Errors: Corrupted; some may be raised then.
    pub fn merge(&mut self, other: HyperLogLog<'_>) -> Result<(), Corrupted> {
        match other.encoding() {
            Encoding::Dense => {
                for (index, value) in self.values.iter_mut().enumerate() {
                    *value = (*value).max(dense_get(other.body(), index));
                }
                Ok(())
            }
            Encoding::Sparse => {
                let mut at = 0;
                for (_, run) in sparse::runs(other.body()) {
                    let registers = self.values.get_mut(at..at + run.len()).ok_or(Corrupted)?;
                    registers.iter_mut().for_each(|value| *value = run.value().max(*value));
                    at += run.len();
                }
                if at == REGISTER_COUNT { Ok(()) } else { Err(Corrupted) }
            }
        }
    }

    /// The estimate for the union. O(16384).
    pub fn count(&self) -> u64 {
        let mut histogram = [0u32; 64];
        self.values.iter().for_each(|&value| histogram[usize::from(value)] += 1);
        estimate::cardinality(&histogram)
    }
}

/// Adds an element; returns whether a register changed, in which case the cached cardinality is out of date. A sparse one
/// becomes dense if it needs more than `sparse_bytes_max` bytes (`hll-sparse-max-bytes`) or a register above 32. `bytes` must
/// have passed [`HyperLogLog::check`]. Errors: Corrupted.
pub fn add(bytes: &mut Vec<u8>, element: &[u8], sparse_bytes_max: usize) -> Result<bool, Corrupted> {
    let (index, value) = estimate::place(element);
    raise(bytes, index, value, sparse_bytes_max)
}

/// Raises the registers of `bytes` to `registers`, as PFMERGE does: one by one, after making it dense if one of the sources
/// was. The cached cardinality is out of date afterwards. Errors: Corrupted.
pub fn merge_into(
    bytes: &mut Vec<u8>,
    registers: &Registers,
    dense: bool,
    sparse_bytes_max: usize,
) -> Result<(), Corrupted> {
    if dense {
        make_dense(bytes)?;
    }
    for (index, &value) in registers.values.iter().enumerate().filter(|&(_, &value)| value > 0) {
        raise(bytes, index, value, sparse_bytes_max)?;
    }
    invalidate_cache(bytes);
    Ok(())
}

/// Makes a sparse one dense (PFDEBUG TODENSE); returns whether it was sparse. The cache stays. Errors: Corrupted.
pub fn make_dense(bytes: &mut Vec<u8>) -> Result<bool, Corrupted> {
    if bytes[4] == DENSE {
        return Ok(false);
    }
    let mut dense = vec![0; DENSE_BYTES];
    dense[..HEADER].copy_from_slice(&bytes[..HEADER]);
    dense[4] = DENSE;
    let mut at = 0;
    for (_, run) in sparse::runs(&bytes[HEADER..]) {
        if at + run.len() > REGISTER_COUNT {
            return Err(Corrupted);
        }
        if run.value() > 0 {
            (at..at + run.len()).for_each(|index| dense_set(&mut dense[HEADER..], index, run.value()));
        }
        at += run.len();
    }
    if at != REGISTER_COUNT {
        return Err(Corrupted);
    }
    *bytes = dense;
    Ok(true)
}

/// The bytes that note the cardinality that was counted, and where they are.
pub fn cardinality_patch(cardinality: u64) -> (usize, [u8; 8]) {
    (8, cardinality.to_le_bytes())
}

/// Marks the cached cardinality as out of date.
pub fn invalidate_cache(bytes: &mut [u8]) {
    bytes[15] |= STALE;
}

/// Sets a register to `value` if it is less now.
fn raise(bytes: &mut Vec<u8>, index: usize, value: u8, sparse_bytes_max: usize) -> Result<bool, Corrupted> {
    if bytes[4] == SPARSE {
        match sparse::raise(bytes, HEADER, index, value, sparse_bytes_max)? {
            sparse::Raised::Changed => {
                invalidate_cache(bytes);
                return Ok(true);
            }
            sparse::Raised::Unchanged => return Ok(false),
            sparse::Raised::TooLarge => _ = make_dense(bytes)?,
        }
    }
    let changed = dense_get(&bytes[HEADER..], index) < value;
    if changed {
        dense_set(&mut bytes[HEADER..], index, value);
        invalidate_cache(bytes);
    }
    Ok(changed)
}

#[inline]
fn dense_get(body: &[u8], index: usize) -> u8 {
    let (at, shift) = (index * REGISTER_BITS / 8, index * REGISTER_BITS % 8);
    let low = u16::from(body[at]);
    let high = body.get(at + 1).map_or(0, |&byte| u16::from(byte));
    ((low | high << 8) >> shift) as u8 & 0x3f
}

fn dense_set(body: &mut [u8], index: usize, value: u8) {
    let (at, shift) = (index * REGISTER_BITS / 8, index * REGISTER_BITS % 8);
    let (mask, value) = (0x3f_u16 << shift, u16::from(value) << shift);
    body[at] = body[at] & !(mask as u8) | value as u8;
    if let Some(next) = body.get_mut(at + 1) {
        *next = *next & !((mask >> 8) as u8) | (value >> 8) as u8;
    }
}
