//! The whole family against a conversation recorded from redis-server 7.0.15, and against a sorted vector.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::commands::OwnedArgs;
use crate::commands::conversation::{World, play};
use crate::keyspace::DbIndex;
use crate::resp::Protocol;
use crate::types::{Collection, SortedSet, SortedSetRef};

#[test]
fn the_recorded_conversation_goes_the_same_way() {
    play(include_str!("recorded.txt"), super::rows::ROWS);
}

/// What a run of random commands does.
#[derive(Clone, Debug)]
enum Op {
    Add(Vec<(u8, i8)>),
    Increment(u8, i8),
    Remove(Vec<u8>),
    RemoveRanks(i8, i8),
    RemoveScores(i8, i8),
    Pop(bool, u8),
    Range(i8, i8, bool),
    RangeByScore(i8, i8, bool, u8, i8),
    RangeByLex(u8, u8, bool),
    Store(i8, i8),
    Snapshot,
    Copy,
}

fn op() -> impl Strategy<Value = Op> {
    let member = 0u8..40;
    let score = -9i8..9;
    let rank = -30i8..30;
    prop_oneof![
        8 => prop::collection::vec((member.clone(), score.clone()), 1..8).prop_map(Op::Add),
        2 => (member.clone(), score.clone()).prop_map(|(member, by)| Op::Increment(member, by)),
        3 => prop::collection::vec(member.clone(), 1..5).prop_map(Op::Remove),
        1 => (rank.clone(), rank.clone()).prop_map(|(a, b)| Op::RemoveRanks(a, b)),
        1 => (score.clone(), 0i8..2).prop_map(|(a, b)| Op::RemoveScores(a, a + b)),
        1 => (any::<bool>(), 0u8..4).prop_map(|(max, count)| Op::Pop(max, count)),
        3 => (rank.clone(), rank.clone(), any::<bool>()).prop_map(|(a, b, rev)| Op::Range(a, b, rev)),
        3 => (score.clone(), score.clone(), any::<bool>(), 0u8..4, -1i8..5)
            .prop_map(|(a, b, rev, offset, count)| Op::RangeByScore(a, b, rev, offset, count)),
        2 => (member.clone(), member, any::<bool>()).prop_map(|(a, b, rev)| Op::RangeByLex(a, b, rev)),
        2 => (rank.clone(), rank).prop_map(|(a, b)| Op::Store(a, b)),
        1 => Just(Op::Snapshot),
        1 => Just(Op::Copy),
    ]
}

/// Members are texts and integers, some of them long.
fn member(number: u8) -> Vec<u8> {
    match number % 3 {
        0 => number.to_string().into_bytes(),
        1 => format!("member:{number}").into_bytes(),
        _ => [b'm'].repeat(usize::from(number) * 8 + 1),
    }
}

type Model = BTreeMap<Vec<u8>, i64>;

fn in_order(model: &Model) -> Vec<(i64, Vec<u8>)> {
    let mut elements: Vec<_> = model.iter().map(|(member, &score)| (score, member.clone())).collect();
    elements.sort();
    elements
}

fn contents(set: Option<SortedSetRef<'_>>) -> Vec<(i64, Vec<u8>)> {
    let elements = set.into_iter().flat_map(|set| set.iter());
    elements.map(|(member, score)| (score as i64, member.to_vec())).collect()
}

fn slice(start: i8, stop: i8, len: usize) -> std::ops::Range<usize> {
    let at = |index: i8| if index < 0 { (len as i64 + i64::from(index)).max(0) } else { index.into() } as usize;
    let stop_before_all = stop < 0 && len as i64 + i64::from(stop) < 0;
    let (start, stop) = (at(start), at(stop).min(len.saturating_sub(1)));
    if stop_before_all || start > stop || start >= len { 0..0 } else { start..stop + 1 }
}

fn array(elements: &[(i64, Vec<u8>)], with_scores: bool) -> Vec<u8> {
    let mut out = format!("*{}\r\n", elements.len() * (1 + usize::from(with_scores))).into_bytes();
    for (score, member) in elements {
        let score = score.to_string().into_bytes();
        for text in std::iter::once(member).chain(with_scores.then_some(&score)) {
            out.extend_from_slice(format!("${}\r\n", text.len()).as_bytes());
            out.extend_from_slice(text);
            out.extend_from_slice(b"\r\n");
        }
    }
    out
}

fn words(line: &str) -> OwnedArgs {
    line.split(' ').collect()
}

/// Runs one operation on both sides and compares the reply.
fn apply(world: &mut World, model: &mut Model, stored: &mut Model, op: Op) {
    let all = in_order(model);
    let integer = |value: usize| format!(":{value}\r\n").into_bytes();
    let reversed = |mut elements: Vec<(i64, Vec<u8>)>, reverse: bool| {
        if reverse {
            elements.reverse();
        }
        elements
    };
    let (args, expected) = match op {
        Op::Add(pairs) => {
            let mut args = words("zadd z");
            pairs.iter().for_each(|&(m, score)| _ = args.push(score.to_string().as_bytes()).push(&member(m)));
            model.extend(pairs.into_iter().map(|(m, score)| (member(m), i64::from(score))));
            (args, integer(model.len() - all.len()))
        }
        Op::Increment(m, by) => {
            let mut args = words(&format!("zincrby z {by}"));
            args.push(&member(m));
            let score = model.entry(member(m)).or_insert(0);
            *score += i64::from(by);
            let text = score.to_string();
            (args, format!("${}\r\n{text}\r\n", text.len()).into_bytes())
        }
        Op::Remove(members) => {
            let mut args = words("zrem z");
            members.iter().for_each(|&m| _ = args.push(&member(m)));
            let removed = members.iter().filter(|&&m| model.remove(&member(m)).is_some()).count();
            (args, integer(removed))
        }
        Op::RemoveRanks(a, b) => {
            let found = &all[slice(a, b, all.len())];
            found.iter().for_each(|(_, member)| _ = model.remove(member));
            (words(&format!("zremrangebyrank z {a} {b}")), integer(found.len()))
        }
        Op::RemoveScores(a, b) => {
            model.retain(|_, score| !(i64::from(a)..=i64::from(b)).contains(score));
            (words(&format!("zremrangebyscore z {a} {b}")), integer(all.len() - model.len()))
        }
        Op::Pop(max, count) => {
            let found: Vec<_> = reversed(all, max).into_iter().take(count.into()).collect();
            found.iter().for_each(|(_, member)| _ = model.remove(member));
            (words(&format!("zpop{} z {count}", if max { "max" } else { "min" })), array(&found, true))
        }
        Op::Range(a, b, reverse) => {
            let all = reversed(all, reverse);
            let rev = if reverse { " rev" } else { "" };
            (words(&format!("zrange z {a} {b} withscores{rev}")), array(&all[slice(a, b, all.len())], true))
        }
        Op::RangeByScore(a, b, reverse, offset, count) => {
            let inside = |&(score, _): &(i64, Vec<u8>)| score > i64::from(a) && score <= i64::from(b);
            let found = reversed(all.into_iter().filter(inside).collect(), reverse);
            let count_max = usize::try_from(count).unwrap_or(usize::MAX);
            let found: Vec<_> = found.into_iter().skip(offset.into()).take(count_max).collect();
            let range =
                if reverse { format!("zrevrangebyscore z {b} ({a}") } else { format!("zrangebyscore z ({a} {b}") };
            (words(&format!("{range} limit {offset} {count}")), array(&found, false))
        }
        Op::RangeByLex(a, b, reverse) => {
            // All scores must be equal: first they are made so.
            if !model.is_empty() {
                let mut args = words("zadd z");
                model.keys().for_each(|member| _ = args.push(b"0").push(member));
                model.values_mut().for_each(|score| *score = 0);
                world.run(&args);
            }
            let (low, high) = ([&b"["[..], &member(a)].concat(), [&b"("[..], &member(b)].concat());
            let inside = |(_, m): &(i64, Vec<u8>)| m[..] >= low[1..] && m[..] < high[1..];
            let found = reversed(in_order(model).into_iter().filter(inside).collect(), reverse);
            let mut args = words(if reverse { "zrevrangebylex z" } else { "zrangebylex z" });
            let (first, second) = if reverse { (&high, &low) } else { (&low, &high) };
            args.push(first).push(second);
            (args, array(&found, false))
        }
        Op::Store(a, b) => {
            *stored = all[slice(a, b, all.len())].iter().map(|(score, member)| (member.clone(), *score)).collect();
            (words(&format!("zrangestore stored z {a} {b}")), integer(stored.len()))
        }
        Op::Copy => {
            if !model.is_empty() {
                stored.clone_from(model);
            }
            (words("copy z stored replace"), integer(usize::from(!model.is_empty())))
        }
        Op::Snapshot => return,
    };
    world.run(&args);
    let line: Vec<_> = args.as_args().iter().map(<[u8]>::escape_ascii).map(|word| word.to_string()).collect();
    assert_eq!(world.reply.bytes().escape_ascii().to_string(), expected.escape_ascii().to_string(), "{line:?}");
}

/// Every look-up agrees with the model.
fn check(set: SortedSetRef<'_>, model: &Model) {
    let all = in_order(model);
    assert_eq!(set.len(), all.len());
    for (rank, (score, member)) in all.iter().enumerate() {
        assert_eq!(set.score(member), Some(*score as f64));
        assert_eq!(set.rank(member), Some(rank));
    }
    assert_eq!((set.score(b"nosuch"), set.rank(b"nosuch")), (None, None));
    let backward: Vec<_> = set.iter().rev().map(|(member, score)| (score as i64, member.to_vec())).collect();
    assert!(backward.iter().eq(all.iter().rev()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_sorted_set_is_a_sorted_vector_in_every_encoding_and_its_snapshots_stay(
        entries_max in prop::sample::select(vec![0u64, 4, 20, 512]),
        value_bytes_max in prop::sample::select(vec![0u64, 14, 300, 5000]),
        ops in prop::collection::vec(op(), 1..60),
    ) {
        let mut world = World::new(Protocol::Resp2);
        world.policy.limits.sorted_set_listpack_entries_max = entries_max;
        world.policy.limits.sorted_set_listpack_value_bytes_max = value_bytes_max;
        let (mut model, mut stored) = (Model::new(), Model::new());
        let mut snapshots = Vec::new();
        for op in ops {
            if let Op::Snapshot = op {
                snapshots.push((world.keyspace.snapshot(), model.clone()));
            }
            apply(&mut world, &mut model, &mut stored, op);
            let mut found = world.database();
            prop_assert_eq!(contents(found.read_collection::<SortedSet>(b"z").expect("a sorted set")), in_order(&model));
            prop_assert_eq!(
                contents(found.read_collection::<SortedSet>(b"stored").expect("a sorted set")),
                in_order(&stored)
            );
            if let Some(set) = found.read_collection::<SortedSet>(b"z").expect("a sorted set") {
                check(set, &model);
            }
        }
        for (snapshot, model) in snapshots {
            let (_, db) = snapshot.iter().next().expect("one database");
            let found = db.iter().find(|(key, _, _)| *key == b"z");
            let set = found.map(|(_, _, value)| SortedSet::of(value).expect("a sorted set"));
            prop_assert_eq!(contents(set), in_order(&model));
        }
        world.keyspace.db(DbIndex(0)).check();
    }

    #[test]
    fn combinations_are_what_they_say_of_maps(
        sources in prop::collection::vec(prop::collection::btree_map(0u8..30, -9i8..9, 0..20), 1..5),
        entries_max in prop::sample::select(vec![0u64, 6, 512]),
    ) {
        let mut world = World::new(Protocol::Resp2);
        world.policy.limits.sorted_set_listpack_entries_max = entries_max;
        let mut keys = sources.len().to_string();
        for (index, source) in sources.iter().enumerate() {
            keys.push_str(&format!(" k{index}"));
            if !source.is_empty() {
                let mut args = words(&format!("zadd k{index}"));
                source.iter().for_each(|(&m, score)| _ = args.push(score.to_string().as_bytes()).push(&member(m)));
                world.run(&args);
            }
        }
        let (mut union, mut common, mut rest) = (Model::new(), Model::new(), Model::new());
        for m in 0..30u8 {
            let scores: Vec<i64> = sources.iter().filter_map(|source| source.get(&m)).map(|&s| s.into()).collect();
            if !scores.is_empty() {
                union.insert(member(m), scores.iter().sum());
            }
            if scores.len() == sources.len() {
                common.insert(member(m), *scores.iter().max().expect("one at least"));
            }
            if scores.len() == 1 && sources[0].contains_key(&m) {
                rest.insert(member(m), scores[0]);
            }
        }
        for (command, options, expected) in [("zunion", "", union), ("zinter", " aggregate max", common), ("zdiff", "", rest)] {
            world.run(&words(&format!("{command} {keys} withscores{options}")));
            prop_assert_eq!(world.reply.bytes(), array(&in_order(&expected), true));
            world.run(&words(&format!("{command}store dst {keys}{options}")));
            prop_assert_eq!(world.reply.bytes().to_vec(), format!(":{}\r\n", expected.len()).into_bytes());
            let mut found = world.database();
            prop_assert_eq!(
                contents(found.read_collection::<SortedSet>(b"dst").expect("a sorted set")),
                in_order(&expected)
            );
            if command == "zinter" {
                world.run(&words(&format!("zintercard {keys}")));
                prop_assert_eq!(world.reply.bytes().to_vec(), format!(":{}\r\n", expected.len()).into_bytes());
            }
        }
    }
}

#[test]
fn every_member_is_drawn_equally_often_from_both_encodings() {
    for entries_max in [512, 0] {
        let mut world = World::new(Protocol::Resp2);
        world.policy.limits.sorted_set_listpack_entries_max = entries_max;
        let mut args: OwnedArgs = ["zadd", "z"].into_iter().collect();
        (0..10).for_each(|i: i32| _ = args.push(b"17").push(i.to_string().as_bytes()));
        world.run(&args);
        let mut seen = [0u32; 10];
        let mut drawn = 0.0;
        // One, draws with repetition, few out of many, and most of them.
        for (line, each) in
            [("zrandmember z", 1.0), ("zrandmember z -3", 3.0), ("zrandmember z 2", 2.0), ("zrandmember z 6", 6.0)]
        {
            for _ in 0..2000 {
                world.run(&words(line));
                for word in world
                    .reply
                    .bytes()
                    .split(|&b| b == b'\n')
                    .filter(|word| word.len() == 2 && word[0].is_ascii_digit())
                {
                    seen[usize::from(word[0] - b'0')] += 1;
                }
                drawn += each;
            }
        }
        let expected = drawn / 10.0;
        assert_eq!(f64::from(seen.iter().sum::<u32>()), drawn);
        let chi2: f64 = seen.iter().map(|&n| (f64::from(n) - expected).powi(2) / expected).sum();
        // The 99.99 % quantile for 9 degrees of freedom.
        assert!(chi2 < 33.8, "chi squared {chi2}: {seen:?}");
    }
}
