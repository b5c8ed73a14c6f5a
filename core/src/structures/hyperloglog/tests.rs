//! HyperLogLogs against the real server's bytes, against a naive array of registers, and against damage.

use proptest::prelude::*;
use quickcheck::quickcheck;
use sha1::{Digest, Sha1};

use super::*;
use crate::structures::rng::Rng;

fn recorded_element(seed: u64, i: u64) -> Vec<u8> {
    let x = (i * i + seed) % 9973;
    x.to_string().repeat((x % 7 + 1) as usize).into_bytes()
}

fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha1::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    hex[..12].to_owned()
}

fn view(bytes: &[u8]) -> HyperLogLog<'_> {
    HyperLogLog::check(bytes).expect("made here")
}

/// Every row of the recorded table: what PFADD, PFCOUNT and PFMERGE made of the same elements.
fn check_recorded(table: &str) {
    let mut before: Option<Vec<u8>> = None;
    let mut rows = 0;
    for row in table.lines().skip(1) {
        let [seed, n, bytes_max, count, sha, merged_count, merged_sha] = row.split(' ').collect::<Vec<_>>()[..] else {
            panic!("seven columns: {row}");
        };
        let bytes_max = bytes_max.parse().unwrap();
        let mut bytes = empty();
        invalidate_cache(&mut bytes);
        for i in 0..n.parse().unwrap() {
            add(&mut bytes, &recorded_element(seed.parse().unwrap(), i), bytes_max).unwrap();
        }
        assert_eq!(
            (digest(&bytes).as_str(), view(&bytes).count().unwrap().to_string().as_str()),
            (sha, count),
            "{row}"
        );
        if let Some(before) = before {
            let sources = [view(&before), view(&bytes)];
            let mut registers = Registers::new();
            sources.iter().for_each(|source| registers.merge(*source).unwrap());
            let mut merged = empty();
            let dense = sources.iter().any(|source| source.encoding() == Encoding::Dense);
            merge_into(&mut merged, &registers, dense, bytes_max).unwrap();
            assert_eq!(
                (digest(&merged).as_str(), registers.count().to_string().as_str()),
                (merged_sha, merged_count),
                "{row}"
            );
        }
        before = Some(bytes);
        rows += 1;
    }
    assert!(rows >= 400);
}

#[test]
fn additions_counts_and_merges_give_the_recorded_bytes() {
    check_recorded(include_str!("recorded/additions.txt"));
}

fn registers_of(bytes: &[u8]) -> Registers {
    let mut registers = Registers::new();
    registers.merge(view(bytes)).expect("sound");
    registers
}

proptest! {
    #[test]
    fn raising_registers_behaves_like_an_array(
        raises in prop::collection::vec((0..200usize, 1..=40u8), 0..400),
        spread in prop::sample::select(vec![1usize, 7, 80]),
        bytes_max in prop::sample::select(vec![18usize, 60, 3000]),
    ) {
        let (mut bytes, mut model) = (empty(), Registers::new());
        for (index, value) in raises {
            let (index, was_dense) = (index * spread + 300, bytes[4] == DENSE);
            let expected = model.values[index] < value;
            model.values[index] = model.values[index].max(value);
            let (at, patch) = cardinality_patch(5);
            bytes[at..at + patch.len()].copy_from_slice(&patch);
            prop_assert_eq!(raise(&mut bytes, index, value, bytes_max), Ok(expected));
            prop_assert_eq!(view(&bytes).cached_cardinality().is_none(), expected);
            prop_assert!(bytes[4] == DENSE || (!was_dense && bytes.len() <= bytes_max && value <= 32));
        }
        prop_assert!(registers_of(&bytes) == model);
        prop_assert_eq!(view(&bytes).count(), Ok(model.count()));
        make_dense(&mut bytes).expect("sound");
        prop_assert!(registers_of(&bytes) == model);
    }

    #[test]
    fn damage_is_noticed_or_harmless_but_never_a_panic(
        elements in 0..300u64,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = empty();
        (0..elements).for_each(|i| _ = add(&mut bytes, &i.to_le_bytes(), 3000).expect("sound"));
        damage.iter().for_each(|(at, to)| { let at = at.index(bytes.len()); bytes[at] = *to; });
        bytes.truncate(cut.index(bytes.len() * 2).max(1));
        if let Ok(view) = HyperLogLog::check(&bytes) {
            let sound = view.count().is_ok();
            let mut registers = Registers::new();
            prop_assert_eq!(registers.merge(view).is_ok(), sound);
            prop_assert_eq!(make_dense(&mut bytes.clone()).is_ok(), sound);
            _ = view.decoded();
            for i in 0..50u64 {
                _ = add(&mut bytes, &(i * 7).to_be_bytes(), 3000);
            }
        }
    }
}

quickcheck! {
    fn dense_registers_keep_what_is_set(values: Vec<(u16, u8)>) -> bool {
        let (mut body, mut model) = (vec![0; DENSE_BYTES - HEADER], vec![0; REGISTER_COUNT]);
        for (index, value) in values {
            let (index, value) = (usize::from(index) % REGISTER_COUNT, value & 0x3f);
            dense_set(&mut body, index, value);
            model[index] = value;
        }
        (0..REGISTER_COUNT).all(|index| dense_get(&body, index) == model[index])
    }
}

#[test]
fn the_last_register_lies_in_the_last_byte() {
    let mut body = vec![0; DENSE_BYTES - HEADER];
    dense_set(&mut body, REGISTER_COUNT - 1, 51);
    assert_eq!((dense_get(&body, REGISTER_COUNT - 1), body[body.len() - 1]), (51, 51 << 2));
}

#[test]
fn the_head_decides_what_is_a_hyperloglog() {
    let good = empty();
    assert_eq!(good, b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\0\x7f\xff");
    assert_eq!(view(&good).cached_cardinality(), Some(0));
    assert!(HyperLogLog::check(&good[..15]).is_err());
    assert!(HyperLogLog::check(&good[..16]).is_ok_and(|view| view.count() == Err(Corrupted)));
    let with = |at: usize, to: u8| {
        let mut bytes = good.clone();
        bytes[at] = to;
        HyperLogLog::check(&bytes).map(|view| view.count())
    };
    assert_eq!(with(0, b'h').err(), Some(NotAHyperLogLog));
    assert_eq!(with(4, 2).err(), Some(NotAHyperLogLog));
    assert_eq!(with(4, 0).err(), Some(NotAHyperLogLog), "a dense one has 12304 bytes");
    assert_eq!(with(17, 0xfe), Ok(Err(Corrupted)), "a register is missing");
}

#[test]
fn the_estimate_is_within_the_error_that_is_promised() {
    let (mut bytes, mut rng) = (empty(), Rng::new(3));
    for n in 1..=200_000u64 {
        add(&mut bytes, &rng.next_u64().to_le_bytes(), 3000).expect("sound");
        if n.is_power_of_two() || n == 200_000 {
            let off = (view(&bytes).count().expect("sound") as f64 / n as f64 - 1.0).abs();
            assert!(off < 0.03, "{n}: off by {off}");
        }
    }
}
