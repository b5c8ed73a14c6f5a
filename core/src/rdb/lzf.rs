//! LZF, the compression of strings in RDB.
//!
//! ```text
//! 000lllll  l+1 bytes                literal run of 1 to 32 bytes
//! lllooooo  oooooooo                 copy l+2 bytes (l = 1 ..= 6) from o+1 bytes back (13 bits, high part first)
//! 111ooooo  llllllll  oooooooo       copy l+9 bytes
//! ```
//!
//! The compressor gives the same bytes as the liblzf that Redis uses (DUMP shows them): a table of 2^16 places that starts
//! empty, the hash below, greedy matches of 3 to 264 bytes, and after a match only the last two positions entered ("very
//! fast"). Held against 5,800 payloads of the Debian build of 7.0.15, whose library is the system's.
//!
//! The output must leave room to spare (liblzf checks for the worst case before it writes), so a few strings that would
//! just fit stay raw.

use super::Corrupt;

const HASH_BITS: u32 = 16;
const LITERAL_RUN_MAX: usize = 32;
const DISTANCE_MAX: usize = 1 << 13;
const MATCH_MAX: usize = (1 << 8) + (1 << 3);

/// The most bytes that one byte of compressed input can stand for (a three-byte copy gives 264).
const EXPANSION_MAX: usize = MATCH_MAX / 3;

/// Compresses `input` to at most `output_max` bytes; nothing if it does not fit. O(length); above [`SMALL_INPUT_MAX`] bytes
/// it also clears a table of 256 KiB.
pub fn compress(input: &[u8], output_max: usize) -> Option<Vec<u8>> {
    if input.is_empty() || output_max == 0 {
        None
    } else if input.len() <= SMALL_INPUT_MAX {
        compress_with(SmallTable([0; SMALL_PLACES]), input, output_max)
    } else {
        compress_with(LargeTable(vec![0; 1 << HASH_BITS]), input, output_max)
    }
}

/// Where a hash was last seen; 0 for never.
trait Table {
    /// Enters a position and gives the one that stood there.
    fn replace(&mut self, hash: u16, position: u32) -> u32;
}

/// A place for every hash.
struct LargeTable(Vec<u32>);

impl Table for LargeTable {
    fn replace(&mut self, hash: u16, position: u32) -> u32 {
        std::mem::replace(&mut self.0[usize::from(hash)], position)
    }
}

/// The same for few positions, without 64 Ki places to clear: open addressing, `hash + 1` in the high half of an entry and the
/// position in the low one. Never more than half full.
struct SmallTable([u64; SMALL_PLACES]);

const SMALL_INPUT_MAX: usize = 512;
const SMALL_PLACES: usize = 2 * SMALL_INPUT_MAX;

impl Table for SmallTable {
    fn replace(&mut self, hash: u16, position: u32) -> u32 {
        let tag = u64::from(hash) + 1;
        let mut place = usize::from(hash) % SMALL_PLACES;
        while self.0[place] != 0 && self.0[place] >> 32 != tag {
            place = (place + 1) % SMALL_PLACES;
        }
        std::mem::replace(&mut self.0[place], tag << 32 | u64::from(position)) as u32
    }
}

fn compress_with(mut table: impl Table, input: &[u8], output_max: usize) -> Option<Vec<u8>> {
    let mut writer = Writer { out: Vec::with_capacity(output_max.min(input.len()) + 4), run: 0, output_max };
    writer.out.push(0);
    let mut at = 0;
    // The last two bytes can begin no match.
    let searched = input.len().saturating_sub(2);
    while at < searched {
        let candidate = table.replace(hash(input, at), at as u32) as usize;
        if !is_match(input, candidate, at) {
            writer.literal(input[at])?;
            at += 1;
            continue;
        }
        let length = match_length(input, candidate, at);
        writer.copy(at - candidate - 1, length)?;
        at += length;
        if at >= searched {
            break;
        }
        for entered in at - 2..at {
            table.replace(hash(input, entered), entered as u32);
        }
    }
    if writer.out.len() + 3 > output_max {
        return None;
    }
    for &byte in &input[at..] {
        writer.push_literal(byte);
    }
    writer.end_run();
    Some(writer.out)
}

fn hash(input: &[u8], at: usize) -> u16 {
    let word = u32::from(input[at]) << 16 | u32::from(input[at + 1]) << 8 | u32::from(input[at + 2]);
    let mixed = (word >> (24 - HASH_BITS)).wrapping_sub(word.wrapping_mul(5));
    mixed as u16
}

/// Whether a copy may begin: near enough, three equal bytes, and not from the very first byte (its position reads as an empty place).
fn is_match(input: &[u8], candidate: usize, at: usize) -> bool {
    candidate > 0
        && candidate < at
        && at - candidate - 1 < DISTANCE_MAX
        && input[candidate..candidate + 3] == input[at..at + 3]
}

/// How long the match is, with the limits as liblzf's unrolled loop has them: it looks at 18 bytes before it minds the limit.
fn match_length(input: &[u8], candidate: usize, at: usize) -> usize {
    let limit = (input.len() - at - 2).min(MATCH_MAX);
    let limit = if limit > 16 { limit.max(19) } else { limit };
    let (from, to) = (&input[candidate..], &input[at..]);
    (3..limit).find(|&i| from[i] != to[i]).unwrap_or(limit.max(3))
}

/// The output: a run of literals is open at all times, its control byte standing `run + 1` bytes before the end.
struct Writer {
    out: Vec<u8>,
    run: usize,
    output_max: usize,
}

impl Writer {
    fn literal(&mut self, byte: u8) -> Option<()> {
        if self.out.len() >= self.output_max {
            return None;
        }
        self.push_literal(byte);
        Some(())
    }

    fn push_literal(&mut self, byte: u8) {
        self.out.push(byte);
        self.run += 1;
        if self.run == LITERAL_RUN_MAX {
            self.end_run();
            self.out.push(0);
        }
    }

    /// Writes the control byte of the open run, or takes it back if the run is empty.
    fn end_run(&mut self) {
        if self.run == 0 {
            self.out.pop();
        } else {
            let control = self.out.len() - self.run - 1;
            self.out[control] = (self.run - 1) as u8;
            self.run = 0;
        }
    }

    fn copy(&mut self, offset: usize, length: usize) -> Option<()> {
        self.end_run();
        if self.out.len() + 4 >= self.output_max {
            return None;
        }
        let coded = length - 2;
        let high = (offset >> 8) as u8;
        if coded < 7 {
            self.out.push(high + ((coded as u8) << 5));
        } else {
            self.out.push(high + (7 << 5));
            self.out.push((coded - 7) as u8);
        }
        self.out.push(offset as u8);
        self.out.push(0);
        Some(())
    }
}

/// Decompresses to exactly `length` bytes. O(length). The claim is checked against what the input can stand for before
/// anything is allocated.
pub fn decompress(input: &[u8], length: u64) -> Result<Vec<u8>, Corrupt> {
    let length = usize::try_from(length).map_err(|_| Corrupt)?;
    if length > input.len().saturating_mul(EXPANSION_MAX) {
        return Err(Corrupt);
    }
    // For so few bytes it is slower to ask for zeroed memory.
    #[allow(clippy::slow_vector_initialization)]
    let mut out = Vec::with_capacity(length);
    out.resize(length, 0);
    let (mut rest, mut at) = (input, 0);
    while let [control, after @ ..] = rest {
        let control = usize::from(*control);
        if control < LITERAL_RUN_MAX {
            let count = control + 1;
            // Whole blocks of the longest run are moved while there is room: that takes no call and no loop.
            match (after.first_chunk::<LITERAL_RUN_MAX>(), out.get_mut(at..at + LITERAL_RUN_MAX)) {
                (Some(run), Some(to)) => to.copy_from_slice(run),
                _ => {
                    let (from, to) = (after.get(..count).ok_or(Corrupt)?, out.get_mut(at..at + count).ok_or(Corrupt)?);
                    to.copy_from_slice(from);
                }
            }
            rest = &after[count..];
            at += count;
            continue;
        }
        let (count, low, after) = match *after {
            [low, ref after @ ..] if control >> 5 < 7 => ((control >> 5) + 2, low, after),
            [extra, low, ref after @ ..] if control >> 5 == 7 => (usize::from(extra) + 9, low, after),
            _ => return Err(Corrupt),
        };
        rest = after;
        let distance = ((control & 0x1f) << 8 | usize::from(low)) + 1;
        let start = at.checked_sub(distance).ok_or(Corrupt)?;
        if count > length - at {
            return Err(Corrupt);
        }
        copy_within(&mut out, start, at, count);
        at += count;
    }
    if at == length { Ok(out) } else { Err(Corrupt) }
}

/// Repeats `count` bytes from `start` at `at`, behind it. What is copied may begin to be what was copied: byte by byte is the
/// meaning of the format. Bytes after those may change, too; they have not been written yet.
#[inline]
fn copy_within(out: &mut [u8], start: usize, at: usize, count: usize) {
    const BLOCK: usize = 16;
    let distance = at - start;
    if distance >= BLOCK && at + count.next_multiple_of(BLOCK) <= out.len() {
        for offset in (0..count).step_by(BLOCK) {
            // All of it is written already: it ends where this block begins, at the latest.
            let block: [u8; BLOCK] = *out[start + offset..].first_chunk().expect("it lies before the block");
            *out[at + offset..].first_chunk_mut().expect("there is room for whole blocks") = block;
        }
    } else if distance >= count {
        out.copy_within(start..start + count, at);
    } else if distance == 1 {
        let byte = out[start];
        out[at..at + count].fill(byte);
    } else {
        for place in start..start + count {
            out[place + distance] = out[place];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_claim_beyond_what_the_input_can_stand_for_is_corrupt() {
        assert_eq!(decompress(&[0, b'a'], 1 << 60), Err(Corrupt));
        assert_eq!(decompress(&[0, b'a'], 2), Err(Corrupt));
        assert_eq!(decompress(&[0, b'a'], 1), Ok(b"a".to_vec()));
    }

    #[test]
    fn copies_from_before_the_beginning_are_corrupt() {
        assert_eq!(decompress(&[0, b'a', 0x20, 1], 4), Err(Corrupt));
        assert_eq!(decompress(&[0, b'a', 0x20, 0], 4), Ok(b"aaaa".to_vec()));
        assert_eq!(decompress(&[0xe0], 9), Err(Corrupt));
        assert_eq!(decompress(&[0xe0, 0], 9), Err(Corrupt));
    }

    proptest! {
        #[test]
        fn what_is_compressed_comes_back(
            words in proptest::collection::vec(prop_oneof!["[ab]{1,9}", "[a-z]{1,40}", "a{1,600}"], 0..60),
        ) {
            let input = words.concat().into_bytes();
            if let Some(packed) = compress(&input, input.len().saturating_sub(4)) {
                prop_assert!(packed.len() < input.len());
                prop_assert_eq!(decompress(&packed, input.len() as u64), Ok(input));
            }
        }

        #[test]
        fn both_tables_give_the_same_bytes(words in proptest::collection::vec("[ab]{1,9}|[a-z]{1,20}", 1..60)) {
            let mut input = words.concat().into_bytes();
            input.truncate(SMALL_INPUT_MAX);
            let large = compress_with(LargeTable(vec![0; 1 << HASH_BITS]), &input, input.len());
            prop_assert_eq!(compress(&input, input.len()), large);
        }

        #[test]
        fn no_input_makes_the_decompressor_panic(input: Vec<u8>, length in 0u64..4000) {
            if let Ok(out) = decompress(&input, length) {
                prop_assert_eq!(out.len() as u64, length);
            }
        }
    }
}
