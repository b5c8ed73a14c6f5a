//! The whole family against a conversation recorded from redis-server 7.0.15, and against a map of maps.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::commands::OwnedArgs;
use crate::commands::conversation::{World, play};
use crate::keyspace::DbIndex;
use crate::resp::Protocol;
use crate::types::{Hash, HashRef};

#[test]
fn the_recorded_conversation_goes_the_same_way() {
    play(include_str!("recorded.txt"), super::rows::ROWS);
}

/// What a run of random commands does to a field.
#[derive(Clone, Debug)]
enum Op {
    Set(Vec<(u8, Vec<u8>)>),
    SetNew(u8, Vec<u8>),
    Delete(Vec<u8>),
    Increment(u8, i32),
    Snapshot,
    Copy,
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => any::<i32>().prop_map(|n| n.to_string().into_bytes()),
        4 => prop::collection::vec(any::<u8>(), 0..12),
        1 => (15usize..400).prop_map(|len| vec![b'v'; len]),
        1 => (400usize..3000).prop_map(|len| vec![b'w'; len]),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let field = 0u8..30;
    prop_oneof![
        6 => prop::collection::vec((field.clone(), value()), 1..4).prop_map(Op::Set),
        2 => (field.clone(), value()).prop_map(|(field, value)| Op::SetNew(field, value)),
        4 => prop::collection::vec(field.clone(), 1..6).prop_map(Op::Delete),
        2 => (field, any::<i32>()).prop_map(|(field, by)| Op::Increment(field, by)),
        1 => Just(Op::Snapshot),
        1 => Just(Op::Copy),
    ]
}

/// Fields are texts and integers, some of them long.
fn field(number: u8) -> Vec<u8> {
    match number % 3 {
        0 => number.to_string().into_bytes(),
        1 => format!("field:{number}").into_bytes(),
        _ => [b'f'].repeat(usize::from(number) + 1),
    }
}

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

fn contents(hash: Option<HashRef<'_>>) -> Model {
    hash.map_or_else(BTreeMap::new, |hash| hash.iter().map(|(field, value)| (field.to_vec(), value.to_vec())).collect())
}

fn apply(world: &mut World, model: &mut Model, op: Op) {
    let mut args = OwnedArgs::new();
    let expected = match op {
        Op::Set(pairs) => {
            args.push(b"hset").push(b"h");
            let before = model.len();
            for (number, value) in pairs {
                args.push(&field(number)).push(&value);
                model.insert(field(number), value);
            }
            format!(":{}\r\n", model.len() - before)
        }
        Op::SetNew(number, value) => {
            args.push(b"hsetnx").push(b"h").push(&field(number)).push(&value);
            let new = !model.contains_key(&field(number));
            model.entry(field(number)).or_insert(value);
            format!(":{}\r\n", u8::from(new))
        }
        Op::Delete(numbers) => {
            args.push(b"hdel").push(b"h");
            numbers.iter().for_each(|&number| _ = args.push(&field(number)));
            let removed = numbers.iter().filter(|&&number| model.remove(&field(number)).is_some()).count();
            format!(":{removed}\r\n")
        }
        Op::Increment(number, by) => {
            args.push(b"hincrby").push(b"h").push(&field(number)).push(by.to_string().as_bytes());
            let before = model.get(&field(number)).map_or(Some(0), |value| crate::numbers::integer::parse_i64(value));
            match before {
                Some(before) => {
                    let sum = before + i64::from(by);
                    model.insert(field(number), sum.to_string().into_bytes());
                    format!(":{sum}\r\n")
                }
                None => "-ERR hash value is not an integer\r\n".to_owned(),
            }
        }
        Op::Copy => {
            // Both share their pages until one of them is written.
            ["copy", "h", "copied", "replace"].iter().for_each(|word| _ = args.push(word.as_bytes()));
            format!(":{}\r\n", u8::from(!model.is_empty()))
        }
        Op::Snapshot => return,
    };
    world.run(&args);
    assert_eq!(String::from_utf8_lossy(world.reply.bytes()), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_hash_is_a_map_in_every_encoding_and_its_snapshots_stay(
        entries_max in prop::sample::select(vec![0u64, 4, 512]),
        value_bytes_max in prop::sample::select(vec![0u64, 14, 300, 5000]),
        ops in prop::collection::vec(op(), 1..60),
    ) {
        let mut world = World::new(Protocol::Resp2);
        world.policy.limits.hash_listpack_entries_max = entries_max;
        world.policy.limits.hash_listpack_value_bytes_max = value_bytes_max;
        let (mut model, mut copied) = (Model::new(), Model::new());
        let mut snapshots = Vec::new();
        for op in ops {
            let copies = matches!(op, Op::Copy) && !model.is_empty();
            if let Op::Snapshot = op {
                snapshots.push((world.keyspace.snapshot(), model.clone()));
            }
            apply(&mut world, &mut model, op);
            if copies {
                copied = model.clone();
            }
            prop_assert_eq!(contents(world.database().read_hash(b"h").expect("a hash")), model.clone());
            prop_assert_eq!(contents(world.database().read_hash(b"copied").expect("a hash")), copied.clone());
            let found = world.database();
            if let Some(hash) = found.db().find(found.db().hash(b"h"), b"h").map(|slot| found.db().value(slot)) {
                let hash = <Hash as crate::types::Collection>::of(hash).expect("a hash");
                prop_assert!(model.iter().all(|(field, value)| hash.get(field).is_some_and(|item| item.to_vec() == *value)));
                prop_assert_eq!(hash.get(b"nosuch").is_none(), true);
                prop_assert_eq!(hash.len(), model.len());
            }
        }
        for (snapshot, model) in snapshots {
            let (_, db) = snapshot.iter().next().expect("one database");
            let found = db.iter().find(|(key, _, _)| *key == b"h");
            let hash = found.map(|(_, _, value)| <Hash as crate::types::Collection>::of(value).expect("a hash"));
            prop_assert_eq!(contents(hash), model);
        }
        world.keyspace.db(DbIndex(0)).check();
    }
}

#[test]
fn every_field_is_drawn_equally_often_from_both_encodings() {
    for entries_max in [512, 0] {
        let mut world = World::new(Protocol::Resp2);
        world.policy.limits.hash_listpack_entries_max = entries_max;
        let mut args: OwnedArgs = ["hset", "h"].into_iter().collect();
        (0..10).for_each(|i: i32| _ = args.push(i.to_string().as_bytes()).push(b"v"));
        world.run(&args);
        let mut seen = [0u32; 10];
        let mut count = |reply: &[u8]| {
            for word in reply.split(|&b| b == b'\n').filter(|word| word.len() == 2 && word[0].is_ascii_digit()) {
                seen[usize::from(word[0] - b'0')] += 1;
            }
        };
        // Three of ten are drawn one by one, four are chosen in a walk.
        let runs: [(&[&str], usize); 4] = [
            (&["hrandfield", "h"], 1),
            (&["hrandfield", "h", "-3"], 3),
            (&["hrandfield", "h", "3"], 3),
            (&["hrandfield", "h", "4"], 4),
        ];
        let mut drawn = 0;
        for (words, each) in runs {
            let args: OwnedArgs = words.iter().collect();
            for _ in 0..2000 {
                world.run(&args);
                let fields: BTreeSet<_> = world.reply.bytes().split(|&b| b == b'$').skip(1).collect();
                assert!(words.contains(&"-3") || fields.len() == each, "a field was drawn twice");
                count(world.reply.bytes());
                drawn += each;
            }
        }
        let expected = drawn as f64 / 10.0;
        let chi2: f64 = seen.iter().map(|&n| (f64::from(n) - expected).powi(2) / expected).sum();
        // The 99.99 % quantile for 9 degrees of freedom.
        assert!(chi2 < 33.8, "chi squared {chi2}: {seen:?}");
    }
}
