//! Whether the fields of a hash, the members of a sorted set are all different: for listpacks from elsewhere.
//!
//! Small ones are entered into a table on the stack, by a quick hash that nobody promises anything of: when places run
//! crowded, because there are many or because someone chose them so, the elements are sorted instead. So it is O(n) as a
//! rule and O(n log n) at worst.

use super::read::item_at;
use super::{Item, ListpackRef};

/// Elements in the tables at most: they stay half empty.
const SMALL_MAX: usize = 32;
const LARGE_MAX: usize = 512;
/// Places that are looked at for one element on average before sorting is thought to be better.
const STEPS_AVERAGE_MAX: usize = 8;

/// Whether every `step`-th element, beginning with the first, occurs once among those. O(n).
pub fn all_differ(listpack: ListpackRef<'_>, step: usize) -> bool {
    let count = listpack.len().div_ceil(step);
    let found = match count {
        0 | 1 => return true,
        2..=SMALL_MAX => differ_in_table(listpack, step, &mut [0; 2 * SMALL_MAX]),
        _ if count <= LARGE_MAX => differ_in_table(listpack, step, &mut [0; 2 * LARGE_MAX]),
        _ => None,
    };
    found.unwrap_or_else(|| differ_sorted(listpack, step))
}

/// `None`: the places are too crowded to tell. A place holds the upper half of a hash and where the element begins.
fn differ_in_table<const PLACES: usize>(
    listpack: ListpackRef<'_>,
    step: usize,
    places: &mut [u64; PLACES],
) -> Option<bool> {
    let bytes = listpack.bytes();
    let mut steps_left = listpack.len() * STEPS_AVERAGE_MAX;
    let mut next = listpack.first();
    while let Some(place) = next {
        let item = canonical(item_at(bytes, place.0));
        let hash = quick_hash(item);
        let entry = hash & !0xffff_ffff | place.0 as u64;
        let mut at = hash as usize % PLACES;
        while places[at] != 0 {
            if (places[at] ^ entry) >> 32 == 0 && canonical(item_at(bytes, places[at] as u32 as usize)) == item {
                return Some(false);
            }
            steps_left = steps_left.checked_sub(1)?;
            at = (at + 1) % PLACES;
        }
        places[at] = entry;
        next = listpack.next(place);
        for _ in 1..step {
            next = next.and_then(|place| listpack.next(place));
        }
    }
    Some(true)
}

fn differ_sorted(listpack: ListpackRef<'_>, step: usize) -> bool {
    let mut items: Vec<(i64, &[u8])> = listpack
        .iter()
        .step_by(step)
        .map(|item| match canonical(item) {
            // No canonical string is empty and a number at once: the pairs are as different as the elements.
            Item::Int(value) => (value, &b""[..]),
            Item::Bytes(b"") => (0, &b"0"[..]),
            Item::Bytes(bytes) => (0, bytes),
        })
        .collect();
    items.sort_unstable();
    items.windows(2).all(|pair| pair[0] != pair[1])
}

/// The integer, if the text is one: foreign listpacks may hold it as a string.
#[inline]
fn canonical(item: Item<'_>) -> Item<'_> {
    match item {
        Item::Int(_) => item,
        Item::Bytes(bytes) => Item::parse(bytes),
    }
}

#[inline]
fn quick_hash(item: Item<'_>) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |a: u64, b: u64| {
        let product = u128::from(a ^ FACTOR) * u128::from(b ^ FACTOR.rotate_left(31));
        (product >> 64) as u64 ^ product as u64
    };
    let bytes = match item {
        Item::Int(value) => return mix(value as u64, 0),
        Item::Bytes(bytes) => bytes,
    };
    let len = bytes.len() as u64;
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        let mut hash = mix(u64::from_le_bytes(*last), len);
        if bytes.len() > 16 {
            hash = bytes[8..].as_chunks::<8>().0.iter().fold(hash, |hash, word| mix(hash, u64::from_le_bytes(*word)));
        }
        return mix(u64::from_le_bytes(*first), hash);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return mix(u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last)), len);
    }
    mix(bytes.iter().fold(1, |word, &byte| word << 8 | u64::from(byte)), len)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::structures::ListpackMut;
    use quickcheck::quickcheck;

    fn listpack(items: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut listpack = ListpackMut::init(&mut bytes);
        items.iter().for_each(|item| listpack.push_back(Item::parse(item)));
        bytes
    }

    quickcheck! {
        fn it_says_what_a_set_says(items: Vec<(Vec<u8>, u8)>, many: bool, step: bool) -> bool {
            let repeat = if many { 40 } else { 1 };
            let items: Vec<Vec<u8>> = items
                .iter()
                .flat_map(|(bytes, kind)| (0..repeat).map(move |round| match kind % 4 {
                    0 => (kind / 4 + round).to_string().into_bytes(),
                    1 => [bytes, &[round][..]].concat(),
                    2 => [&b"a common beginning "[..], bytes, &[round]].concat(),
                    _ => [&[round][..], bytes].concat(),
                }))
                .collect();
            let step = 1 + usize::from(step);
            let seen: BTreeSet<&Vec<u8>> = items.iter().step_by(step).collect();
            let bytes = listpack(&items);
            all_differ(ListpackRef::new(&bytes), step) == (seen.len() == items.len().div_ceil(step))
        }
    }

    #[test]
    fn an_integer_and_its_text_are_the_same_however_it_is_stored() {
        // 7 as an integer, and as a string of one byte.
        let bytes = [13, 0, 0, 0, 2, 0, 7, 1, 0x81, b'7', 2, 0xff];
        let bytes = [&[12u8][..], &bytes[1..]].concat();
        let listpack = crate::structures::listpack::validate(&bytes).expect("a sound listpack");
        assert!(!all_differ(listpack, 1) && !differ_sorted(listpack, 1));
    }

    #[test]
    fn each_size_finds_the_one_that_is_repeated() {
        for count in [2, 31, 32, 33, 511, 512, 513, 3000] {
            let mut items: Vec<Vec<u8>> = (0..count).map(|n| format!("member {n}").into_bytes()).collect();
            assert!(all_differ(ListpackRef::new(&listpack(&items)), 1), "{count}");
            items[count - 1] = items[count / 2 - 1].clone();
            assert!(!all_differ(ListpackRef::new(&listpack(&items)), 1), "{count}");
        }
    }

    #[test]
    fn the_empty_string_and_the_number_0_differ() {
        let bytes = listpack(&[b"".to_vec(), b"0".to_vec()]);
        assert!(differ_sorted(ListpackRef::new(&bytes), 1) && all_differ(ListpackRef::new(&bytes), 1));
    }
}
