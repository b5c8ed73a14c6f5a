//! The whole family against a conversation recorded from redis-server 7.0.15, and against sets of the standard library.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::commands::OwnedArgs;
use crate::commands::conversation::{World, play};
use crate::keyspace::DbIndex;
use crate::resp::Protocol;
use crate::types::{Collection, Set, SetRef};

#[test]
fn the_recorded_conversation_goes_the_same_way() {
    play(include_str!("recorded.txt"), super::rows::ROWS);
}

const KEYS: [&str; 3] = ["a", "b", "c"];

/// What a run of random commands does; keys are numbers of [`KEYS`].
#[derive(Clone, Debug)]
enum Op {
    Add(usize, Vec<Vec<u8>>),
    Remove(usize, Vec<Vec<u8>>),
    Move(usize, usize, Vec<u8>),
    Pop(usize, Option<usize>),
    Store(&'static str, usize, Vec<usize>),
    Copy(usize, usize),
    Snapshot,
}

fn member() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => (0i64..40).prop_map(|n| n.to_string().into_bytes()),
        1 => prop::sample::select(vec![i64::MIN, i64::MAX, -1, 40_000, -3_000_000_000])
            .prop_map(|n| n.to_string().into_bytes()),
        2 => (0u8..20).prop_map(|n| format!("m{n}").into_bytes()),
        1 => prop::sample::select(vec![b"".to_vec(), b"007".to_vec(), b"-0".to_vec(), vec![0xff, 0]]),
        1 => (1usize..700).prop_map(|len| vec![b'x'; len]),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let key = 0..KEYS.len();
    let members = || prop::collection::vec(member(), 1..6);
    prop_oneof![
        6 => (key.clone(), members()).prop_map(|(key, members)| Op::Add(key, members)),
        2 => (key.clone(), (0i64..400), 1i64..150).prop_map(|(key, from, len)| {
            Op::Add(key, (from..from + len).map(|n| n.to_string().into_bytes()).collect())
        }),
        4 => (key.clone(), members()).prop_map(|(key, members)| Op::Remove(key, members)),
        2 => (key.clone(), key.clone(), member()).prop_map(|(from, to, member)| Op::Move(from, to, member)),
        2 => (key.clone(), prop::option::of(0usize..30)).prop_map(|(key, count)| Op::Pop(key, count)),
        3 => (prop::sample::select(vec!["sinter", "sunion", "sdiff"]), key.clone(), prop::collection::vec(key.clone(), 1..4))
            .prop_map(|(what, to, from)| Op::Store(what, to, from)),
        1 => (key.clone(), key).prop_map(|(from, to)| Op::Copy(from, to)),
        1 => Just(Op::Snapshot),
    ]
}

type Members = BTreeSet<Vec<u8>>;
/// The members, and whether OBJECT ENCODING says `intset`.
type Model = BTreeMap<&'static str, (Members, bool)>;

fn is_integer(member: &[u8]) -> bool {
    crate::numbers::integer::parse_i64(member).is_some()
}

fn add(model: &mut Model, key: &'static str, members: &[Vec<u8>], entries_max: u64) -> usize {
    let (set, intset) = model.entry(key).or_insert((Members::new(), true));
    let mut added = 0;
    for member in members {
        if set.insert(member.clone()) {
            added += 1;
            *intset &= is_integer(member) && set.len() as u64 <= entries_max;
        }
    }
    added
}

fn remove(model: &mut Model, key: &str, members: &[Vec<u8>]) -> usize {
    let Some((set, _)) = model.get_mut(key) else { return 0 };
    let removed = members.iter().filter(|&member| set.remove(member)).count();
    if set.is_empty() {
        model.remove(key);
    }
    removed
}

fn combined(model: &Model, what: &str, keys: &[usize]) -> Members {
    let mut sets = keys.iter().map(|&key| model.get(KEYS[key]).map_or_else(Members::new, |(set, _)| set.clone()));
    let first = sets.next().expect("at least one key");
    sets.fold(first, |all, set| match what {
        "sinter" => all.intersection(&set).cloned().collect(),
        "sunion" => all.union(&set).cloned().collect(),
        _ => all.difference(&set).cloned().collect(),
    })
}

/// The bulk strings of a flat reply.
fn bulks(mut reply: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    while let Some(end) = reply.windows(2).position(|pair| pair == b"\r\n") {
        let (head, rest) = (&reply[..end], &reply[end + 2..]);
        reply = rest;
        if head[0] == b'$' && head != b"$-1" {
            let len: usize = std::str::from_utf8(&head[1..]).expect("ASCII").parse().expect("a length");
            found.push(rest[..len].to_vec());
            reply = &rest[len + 2..];
        }
    }
    found
}

fn run<A: AsRef<[u8]>>(world: &mut World, words: impl IntoIterator<Item = A>) -> Vec<u8> {
    world.run(&words.into_iter().collect());
    world.reply.bytes().to_vec()
}

fn words(command: &str, keys: &[&str], members: &[Vec<u8>]) -> OwnedArgs {
    let mut args: OwnedArgs = [command].iter().chain(keys).collect();
    members.iter().for_each(|member| _ = args.push(member));
    args
}

fn integer(count: usize) -> Vec<u8> {
    format!(":{count}\r\n").into_bytes()
}

fn apply(world: &mut World, model: &mut Model, entries_max: u64, op: Op) {
    match op {
        Op::Add(key, members) => {
            world.run(&words("sadd", &[KEYS[key]], &members));
            assert_eq!(world.reply.bytes(), integer(add(model, KEYS[key], &members, entries_max)));
        }
        Op::Remove(key, members) => {
            world.run(&words("srem", &[KEYS[key]], &members));
            assert_eq!(world.reply.bytes(), integer(remove(model, KEYS[key], &members)));
        }
        Op::Move(from, to, member) => {
            let (from, to, member) = (KEYS[from], KEYS[to], [member]);
            world.run(&words("smove", &[from, to], &member));
            let found = model.get(from).is_some_and(|(set, _)| set.contains(&member[0]));
            assert_eq!(world.reply.bytes(), integer(usize::from(found)));
            if found && from != to {
                remove(model, from, &member);
                add(model, to, &member, entries_max);
            }
        }
        Op::Pop(key, count) => pop(world, model, entries_max, KEYS[key], count),
        Op::Store(what, to, from) => {
            let result = combined(model, what, &from);
            let takes_from_table = what == "sdiff" && from.first().is_some_and(|&key| is_table(model, key));
            let from: Vec<&str> = from.iter().map(|&key| KEYS[key]).collect();
            let shown = bulks(&run(world, [what].iter().chain(&from)));
            assert_eq!(shown.len(), result.len(), "no member twice");
            assert_eq!(Members::from_iter(shown), result);
            if what == "sinter" {
                let numkeys = from.len().to_string();
                let limited = ["sintercard", &numkeys].into_iter().chain(from.iter().copied()).chain(["limit", "2"]);
                assert_eq!(run(world, limited), integer(result.len().min(2)));
            }
            let (command, len) = (format!("{what}store"), result.len());
            assert_eq!(run(world, [command.as_str(), KEYS[to]].iter().chain(&from)), integer(len));
            model.remove(KEYS[to]);
            if len > 0 {
                add(model, KEYS[to], &Vec::from_iter(result), entries_max);
            }
            if let Some((_, intset)) = model.get_mut(KEYS[to]).filter(|_| takes_from_table) {
                // A copy of the first set from which the others were taken stays a table, whatever is left.
                let mut db = world.database();
                let set = db.read_collection::<Set>(KEYS[to].as_bytes()).expect("a set");
                *intset = set.is_some_and(|set| set.encoding_name() == "intset");
            }
        }
        Op::Copy(from, to) => {
            // Both share their pages until one of them is written.
            run(world, ["copy", KEYS[from], KEYS[to], "replace"]);
            if let Some(copied) = model.get(KEYS[from]).cloned() {
                model.insert(KEYS[to], copied);
            }
        }
        Op::Snapshot => {}
    }
}

fn is_table(model: &Model, key: usize) -> bool {
    model.get(KEYS[key]).is_some_and(|(_, intset)| !intset)
}

fn pop(world: &mut World, model: &mut Model, entries_max: u64, key: &'static str, count: Option<usize>) {
    let len = model.get(key).map_or(0, |(set, _)| set.len());
    let mut args: OwnedArgs = ["spop", key].iter().collect();
    count.iter().for_each(|count| _ = args.push(count.to_string().as_bytes()));
    world.run(&args);
    let popped = bulks(world.reply.bytes());
    let count = count.unwrap_or(1).min(len);
    assert_eq!(popped.len(), count);
    assert_eq!(remove(model, key, &popped), count, "all were members, and different ones");
    if args.as_args().len() == 3
        && count > 0
        && (len - count) * 5 <= count
        && let Some((left, _)) = model.remove(key)
    {
        // Those that stay are a new set.
        add(model, key, &Vec::from_iter(left), entries_max);
    }
}

fn contents(set: SetRef<'_>) -> Members {
    let members: Members = set.iter().map(|member| member.to_vec()).collect();
    assert_eq!(members.len(), set.len(), "no member twice");
    members
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn sets_are_sets_in_every_encoding_and_their_snapshots_stay(
        entries_max in prop::sample::select(vec![0u64, 4, 50, 512]),
        ops in prop::collection::vec(op(), 1..60),
    ) {
        let mut world = World::new(Protocol::Resp2);
        world.policy.limits.set_intset_entries_max = entries_max;
        let mut model = Model::new();
        let mut snapshots = Vec::new();
        for op in ops {
            if let Op::Snapshot = op {
                snapshots.push((world.keyspace.snapshot(), model.clone()));
            }
            apply(&mut world, &mut model, entries_max, op);
            for key in KEYS {
                let mut db = world.database();
                let set = db.read_collection::<Set>(key.as_bytes()).expect("a set");
                prop_assert_eq!(set.map(contents), model.get(key).map(|(members, _)| members.clone()));
                if let (Some(set), Some((members, intset))) = (set, model.get(key)) {
                    prop_assert_eq!(set.encoding_name(), if *intset { "intset" } else { "hashtable" });
                    prop_assert!(members.iter().all(|member| set.contains(member)));
                    prop_assert!(!set.contains(b"nosuch") && !set.contains(b"-41"));
                    let mut walked = Members::new();
                    let mut cursor = 0;
                    loop {
                        cursor = set.scan(cursor, 3, |member| _ = walked.insert(member.to_vec()));
                        if cursor == 0 {
                            break;
                        }
                    }
                    prop_assert_eq!(&walked, members);
                }
            }
        }
        for (snapshot, model) in snapshots {
            let (_, db) = snapshot.iter().next().expect("one database");
            let found: BTreeMap<Vec<u8>, Members> =
                db.iter().map(|(key, _, value)| (key.to_vec(), contents(Set::of(value).expect("a set")))).collect();
            let expected = model.into_iter().map(|(key, (set, _))| (key.as_bytes().to_vec(), set)).collect();
            prop_assert_eq!(found, expected);
        }
        world.keyspace.db(DbIndex(0)).check();
    }
}

/// A world with a set `s` of `len` members, as an intset, as a small set, or as a table.
fn filled(len: usize, form: &str) -> World {
    let mut world = World::new(Protocol::Resp2);
    world.policy.limits.set_intset_entries_max = if form == "intset" { 512 } else { 0 };
    let mut members: Vec<Vec<u8>> = (0..len).map(|n| n.to_string().into_bytes()).collect();
    if form == "table" {
        members.push(vec![b'x'; 2000]);
    }
    world.run(&words("sadd", &["s"], &members));
    if form == "table" {
        world.run(&words("srem", &["s"], &members[len..]));
    }
    let mut db = world.database();
    let set = db.read_collection::<Set>(b"s").expect("a set").expect("it exists");
    let right = match set {
        SetRef::Intset(_) => "intset",
        SetRef::Listpack(_) => "listpack",
        SetRef::Table(_) => "table",
    };
    assert_eq!(right, form);
    world
}

/// Checks that all counts are equal as far as chance allows.
fn assert_uniform(seen: &[u32]) {
    let expected = f64::from(seen.iter().sum::<u32>()) / seen.len() as f64;
    let chi2: f64 = seen.iter().map(|&n| (f64::from(n) - expected).powi(2) / expected).sum();
    // The 99.99 % quantile for 9 degrees of freedom.
    assert_eq!(seen.len(), 10);
    assert!(chi2 < 33.8, "chi squared {chi2}: {seen:?}");
}

#[test]
fn srandmember_draws_every_member_equally_often_from_all_forms() {
    for form in ["intset", "listpack", "table"] {
        let mut world = filled(10, form);
        // 2 of 10 are drawn by rejection, 4 by a walk.
        for count in [None, Some("-3"), Some("2"), Some("4")] {
            let mut seen = [0u32; 10];
            for _ in 0..2000 {
                let reply = run(&mut world, ["srandmember", "s"].into_iter().chain(count));
                for member in bulks(&reply) {
                    seen[usize::from(member[0] - b'0')] += 1;
                }
            }
            assert_uniform(&seen);
        }
    }
}

#[test]
fn spop_draws_every_member_equally_often_from_all_forms() {
    for form in ["intset", "listpack", "table"] {
        // Drawn one by one, and by keeping the others.
        for count in [None, Some("3"), Some("9")] {
            let mut seen = [0u32; 10];
            let mut world = filled(10, form);
            run(&mut world, ["rename", "s", "all"]);
            for _ in 0..2000 {
                run(&mut world, ["copy", "all", "s", "replace"]);
                let reply = run(&mut world, ["spop", "s"].into_iter().chain(count));
                for member in bulks(&reply) {
                    seen[usize::from(member[0] - b'0')] += 1;
                }
            }
            assert_uniform(&seen);
        }
    }
}

#[test]
fn spop_is_propagated_member_by_member() {
    let mut world = filled(10, "intset");
    for count in ["3", "6"] {
        let journal = world.run(&["spop", "s", count].iter().collect()).journal;
        let popped = bulks(world.reply.bytes());
        let expected: Vec<OwnedArgs> =
            popped.iter().map(|member| [b"SREM".as_slice(), b"s", member].iter().collect()).collect();
        assert_eq!(journal, expected);
    }
}
