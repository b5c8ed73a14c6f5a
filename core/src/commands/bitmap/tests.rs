//! The whole family against a conversation recorded from redis-server 7.0.15, and against a vector of bytes.

use proptest::prelude::*;

use crate::commands::OwnedArgs;
use crate::commands::conversation::{World, play};
use crate::keyspace::DbIndex;
use crate::resp::Protocol;

#[test]
fn the_recorded_conversation_goes_the_same_way() {
    play(include_str!("recorded.txt"), super::rows::ROWS);
}

/// What a run of random commands does to one of two keys.
#[derive(Clone, Debug)]
enum Op {
    SetBit(u8, usize, bool),
    GetBit(u8, usize),
    /// SET of a `u` field of so many bits.
    SetField(u8, usize, usize, u64),
    Count(u8, i64, i64, bool),
    Position(u8, bool, i64, Option<(i64, bool)>),
    Combine(u8, &'static str, u8, u8),
    Write(u8, Vec<u8>),
    Snapshot,
}

fn op() -> impl Strategy<Value = Op> {
    let key = || 0u8..3;
    // Short strings, those of the table's pages and those of several chunks.
    let bit = || prop_oneof![4 => 0usize..200, 2 => 0usize..4000, 1 => 130_000usize..400_000];
    let end = || prop_oneof![3 => -30i64..30, 1 => -200_000i64..200_000];
    let unit_of_end = (end(), any::<bool>());
    prop_oneof![
        6 => (key(), bit(), any::<bool>()).prop_map(|(k, at, on)| Op::SetBit(k, at, on)),
        2 => (key(), bit()).prop_map(|(k, at)| Op::GetBit(k, at)),
        4 => (key(), bit(), 1usize..64, any::<u64>()).prop_map(|(k, at, bits, value)| Op::SetField(k, at, bits, value)),
        4 => (key(), end(), end(), any::<bool>()).prop_map(|(k, start, end, by_bit)| Op::Count(k, start, end, by_bit)),
        4 => (key(), any::<bool>(), end(), prop::option::of(unit_of_end)).prop_map(|(k, v, s, e)| Op::Position(k, v, s, e)),
        3 => (key(), prop::sample::select(vec!["and", "or", "xor", "not"]), key(), key())
            .prop_map(|(k, name, a, b)| Op::Combine(k, name, a, b)),
        1 => (key(), prop::collection::vec(any::<u8>(), 0..60)).prop_map(|(k, bytes)| Op::Write(k, bytes)),
        1 => (key(), any::<u32>()).prop_map(|(k, n)| Op::Write(k, n.to_string().into_bytes())),
        1 => Just(Op::Snapshot),
    ]
}

type Model = [Vec<u8>; 3];
const KEYS: [&str; 3] = ["a", "b", "c"];

fn get(bytes: &[u8], at: usize) -> bool {
    bytes.get(at / 8).is_some_and(|byte| byte >> (7 - at % 8) & 1 == 1)
}

fn set(bytes: &mut Vec<u8>, at: usize, on: bool) {
    bytes.resize(bytes.len().max(at / 8 + 1), 0);
    let mask = 0x80 >> (at % 8);
    if on { bytes[at / 8] |= mask } else { bytes[at / 8] &= !mask }
}

/// The numbers of the bits in an inclusive range, naively.
fn range(bytes: &[u8], start: i64, end: i64, by_bit: bool) -> std::ops::Range<usize> {
    let unit = if by_bit { 1 } else { 8 };
    let total = bytes.len() as i64 * 8 / unit;
    let index = |i: i64| if i < 0 { (i + total).max(0) } else { i };
    let (start, end) = (index(start), index(end).min(total - 1));
    if start > end { 0..0 } else { (start * unit) as usize..((end + 1) * unit) as usize }
}

fn words(words: &[&dyn ToString]) -> OwnedArgs {
    words.iter().map(|word| word.to_string()).collect()
}

/// The command, and what the model answers.
fn apply(model: &mut Model, op: &Op) -> (OwnedArgs, i64) {
    let unit = |by_bit: bool| if by_bit { "BIT" } else { "byte" };
    match *op {
        Op::SetBit(k, at, on) => {
            let bytes = &mut model[usize::from(k)];
            let before = get(bytes, at);
            set(bytes, at, on);
            (words(&[&"setbit", &KEYS[usize::from(k)], &at, &u8::from(on)]), i64::from(before))
        }
        Op::GetBit(k, at) => {
            (words(&[&"getbit", &KEYS[usize::from(k)], &at]), i64::from(get(&model[usize::from(k)], at)))
        }
        Op::SetField(k, at, bits, value) => {
            let value = value & (u64::MAX >> (64 - bits));
            let bytes = &mut model[usize::from(k)];
            let before = (at..at + bits).fold(0, |all, at| all << 1 | i64::from(get(bytes, at)));
            (0..bits).for_each(|i| set(bytes, at + i, value >> (bits - 1 - i) & 1 == 1));
            (words(&[&"bitfield", &KEYS[usize::from(k)], &"set", &format!("u{bits}"), &at, &value]), before)
        }
        Op::Count(k, start, end, by_bit) => {
            let bytes = &model[usize::from(k)];
            // Both from the end and in the wrong order: nothing, even where cutting would make one of it.
            let backwards = start < 0 && end < 0 && start > end;
            let found =
                if backwards { 0 } else { range(bytes, start, end, by_bit).filter(|&at| get(bytes, at)).count() };
            (words(&[&"bitcount", &KEYS[usize::from(k)], &start, &end, &unit(by_bit)]), found as i64)
        }
        Op::Position(k, value, start, end) => {
            let bytes = &model[usize::from(k)];
            let mut args = words(&[&"bitpos", &KEYS[usize::from(k)], &u8::from(value), &start]);
            let bits = match end {
                Some((end, by_bit)) => {
                    args.push(end.to_string().as_bytes()).push(unit(by_bit).as_bytes());
                    range(bytes, start, end, by_bit)
                }
                None => range(bytes, start, -1, false),
            };
            let behind = if value || end.is_some() || bits.is_empty() { -1 } else { bytes.len() as i64 * 8 };
            let missing = bytes.is_empty().then_some(if value { -1 } else { 0 });
            let found = bits.clone().find(|&at| get(bytes, at) == value).map_or(behind, |at| at as i64);
            (args, missing.unwrap_or(found))
        }
        Op::Combine(k, name, a, b) => {
            let (first, second) = (model[usize::from(a)].clone(), model[usize::from(b)].clone());
            let len = if name == "not" { first.len() } else { first.len().max(second.len()) };
            let at = |bytes: &[u8], i: usize| bytes.get(i).copied().unwrap_or(0);
            let combined: Vec<u8> = (0..len)
                .map(|i| match name {
                    "and" => at(&first, i) & at(&second, i),
                    "or" => at(&first, i) | at(&second, i),
                    "xor" => at(&first, i) ^ at(&second, i),
                    _ => !at(&first, i),
                })
                .collect();
            model[usize::from(k)] = combined;
            let mut args = words(&[&"bitop", &name, &KEYS[usize::from(k)], &KEYS[usize::from(a)]]);
            if name != "not" {
                args.push(KEYS[usize::from(b)].as_bytes());
            }
            (args, len as i64)
        }
        Op::Write(..) | Op::Snapshot => unreachable!("not asked of the model"),
    }
}

fn contents(world: &mut World, key: &str) -> Vec<u8> {
    let value = world.database().read_string(key.as_bytes()).expect("a string").map(|value| value.bytes().into_owned());
    value.unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn bits_are_those_of_a_vector_in_strings_of_every_kind_and_snapshots_stay(
        ops in prop::collection::vec(op(), 1..50),
    ) {
        let mut world = World::new(Protocol::Resp2);
        let mut model = Model::default();
        let mut snapshots = Vec::new();
        for op in ops {
            match &op {
                Op::Snapshot => snapshots.push((world.keyspace.snapshot(), model[0].clone())),
                // A key that is there, but empty, would differ from the model's in BITPOS.
                Op::Write(_, bytes) if bytes.is_empty() => {}
                Op::Write(k, bytes) => {
                    model[usize::from(*k)] = bytes.clone();
                    let mut args = words(&[&"set", &KEYS[usize::from(*k)]]);
                    world.run(args.push(bytes));
                }
                op => {
                    let (args, answer) = apply(&mut model, op);
                    world.run(&args);
                    let reply = String::from_utf8_lossy(world.reply.bytes()).replace("*1\r\n", "");
                    prop_assert_eq!(reply, format!(":{answer}\r\n"), "{:?}", op);
                }
            }
            for (key, expected) in KEYS.iter().zip(&model) {
                prop_assert!(contents(&mut world, key) == *expected);
            }
        }
        for (snapshot, expected) in snapshots {
            let (_, db) = snapshot.iter().next().expect("one database");
            let found = db.iter().find(|(key, _, _)| *key == b"a");
            let bytes = found.map_or(Vec::new(), |(_, _, value)| value.as_string().expect("a string").bytes().into_owned());
            prop_assert!(bytes == expected);
        }
        world.keyspace.db(DbIndex(0)).check();
    }
}
