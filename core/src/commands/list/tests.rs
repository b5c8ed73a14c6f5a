//! The whole family against a conversation recorded from redis-server 7.0.15, and against vectors.

use std::collections::VecDeque;

use proptest::prelude::*;

use crate::commands::OwnedArgs;
use crate::commands::conversation::{World, play};
use crate::keyspace::DbIndex;
use crate::resp::Protocol;
use crate::types::{Collection, List, ListRef};

#[test]
fn the_recorded_conversation_goes_the_same_way() {
    play(include_str!("recorded.txt"), super::rows::ROWS);
}

/// What a run of random commands does to the list.
#[derive(Clone, Debug)]
enum Op {
    Push(bool, Vec<Vec<u8>>),
    Pop(bool, usize),
    Insert(bool, Vec<u8>, Vec<u8>),
    Set(i64, Vec<u8>),
    Remove(i64, Vec<u8>),
    Trim(i64, i64),
    Rotate(bool, bool),
    Snapshot,
    Copy,
    Restore,
}

fn element() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => (0u8..6).prop_map(|n| n.to_string().into_bytes()),
        2 => any::<i64>().prop_map(|n| n.to_string().into_bytes()),
        3 => prop::collection::vec(any::<u8>(), 0..12),
        1 => (15usize..400).prop_map(|len| vec![b'v'; len]),
        1 => (400usize..5000).prop_map(|len| vec![b'w'; len]),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let index = -20i64..20;
    prop_oneof![
        8 => (any::<bool>(), prop::collection::vec(element(), 1..9)).prop_map(|(left, all)| Op::Push(left, all)),
        3 => (any::<bool>(), 1usize..6).prop_map(|(left, count)| Op::Pop(left, count)),
        8 => (any::<bool>(), element(), element()).prop_map(|(after, pivot, new)| Op::Insert(after, pivot, new)),
        5 => (index.clone(), element()).prop_map(|(index, new)| Op::Set(index, new)),
        3 => (-3i64..4, element()).prop_map(|(count, old)| Op::Remove(count, old)),
        1 => (index.clone(), index).prop_map(|(start, stop)| Op::Trim(start, stop)),
        2 => (any::<bool>(), any::<bool>()).prop_map(|(from, to)| Op::Rotate(from, to)),
        1 => Just(Op::Snapshot),
        1 => Just(Op::Copy),
        1 => Just(Op::Restore),
    ]
}

type Model = VecDeque<Vec<u8>>;

fn contents(list: Option<ListRef<'_>>) -> Model {
    list.map_or_else(Model::new, |list| list.iter().map(|item| item.to_vec()).collect())
}

fn bulk(text: &[u8]) -> Vec<u8> {
    [format!("${}\r\n", text.len()).as_bytes(), text, b"\r\n"].concat()
}

fn take(model: &mut Model, left: bool) -> Option<Vec<u8>> {
    if left { model.pop_front() } else { model.pop_back() }
}

fn put(model: &mut Model, left: bool, element: Vec<u8>) {
    if left { model.push_front(element) } else { model.push_back(element) }
}

fn integer(value: i64) -> Vec<u8> {
    format!(":{value}\r\n").into_bytes()
}

/// The words of the command, and the reply it should get.
fn command(model: &mut Model, op: Op) -> (Vec<Vec<u8>>, Vec<u8>) {
    let words = |line: &str| line.split(' ').map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>();
    match op {
        Op::Push(left, elements) => {
            elements.iter().for_each(|element| put(model, left, element.clone()));
            let command = words(if left { "lpush l" } else { "rpush l" });
            ([command, elements].concat(), integer(model.len() as i64))
        }
        Op::Pop(left, count) => {
            let reply = if model.is_empty() {
                b"*-1\r\n".to_vec()
            } else {
                let taken: Vec<_> = (0..count).map_while(|_| take(model, left)).collect();
                let head = format!("*{}\r\n", taken.len()).into_bytes();
                taken.iter().fold(head, |head, element| [head, bulk(element)].concat())
            };
            (words(&format!("{} l {count}", if left { "lpop" } else { "rpop" })), reply)
        }
        Op::Insert(after, pivot, new) => {
            let reply = match model.iter().position(|element| *element == pivot) {
                _ if model.is_empty() => 0,
                None => -1,
                Some(at) => {
                    model.insert(at + usize::from(after), new.clone());
                    model.len() as i64
                }
            };
            let command = words(if after { "linsert l after" } else { "linsert l before" });
            ([command, vec![pivot, new]].concat(), integer(reply))
        }
        Op::Set(index, new) => {
            let at = if index < 0 { index + model.len() as i64 } else { index };
            let reply = match usize::try_from(at).ok().filter(|&at| at < model.len()) {
                _ if model.is_empty() => "-ERR no such key\r\n",
                None => "-ERR index out of range\r\n",
                Some(at) => {
                    model[at] = new.clone();
                    "+OK\r\n"
                }
            };
            ([words(&format!("lset l {index}")), vec![new]].concat(), reply.into())
        }
        Op::Remove(count, old) => {
            let mut found: Vec<usize> = (0..model.len()).filter(|&at| model[at] == old).collect();
            if count < 0 {
                found.reverse();
            }
            if count != 0 {
                found.truncate(count.unsigned_abs() as usize);
            }
            found.sort_unstable();
            found.iter().rev().for_each(|&at| _ = model.remove(at));
            ([words(&format!("lrem l {count}")), vec![old]].concat(), integer(found.len() as i64))
        }
        Op::Trim(start, stop) => {
            let len = model.len() as i64;
            let place = |index: i64| if index < 0 { index + len } else { index };
            let kept = place(start).max(0)..=place(stop);
            let mut at = 0;
            model.retain(|_| {
                at += 1;
                kept.contains(&(at - 1))
            });
            (words(&format!("ltrim l {start} {stop}")), b"+OK\r\n".to_vec())
        }
        Op::Rotate(from, to) => {
            let reply = match take(model, from) {
                None => b"$-1\r\n".to_vec(),
                Some(element) => {
                    put(model, to, element.clone());
                    bulk(&element)
                }
            };
            let side = |left| if left { "left" } else { "right" };
            (words(&format!("lmove l l {} {}", side(from), side(to))), reply)
        }
        Op::Copy => (words("copy l copied replace"), integer(i64::from(!model.is_empty()))),
        Op::Snapshot | Op::Restore => (Vec::new(), Vec::new()),
    }
}

/// DUMP, RESTORE elsewhere, DUMP again.
fn restore(world: &mut World) {
    world.run(&["dump", "l"].into_iter().collect());
    let reply = world.reply.bytes().to_vec();
    if reply == b"$-1\r\n" {
        return;
    }
    let begin = reply.iter().position(|&byte| byte == b'\n').expect("a length") + 1;
    let mut args: OwnedArgs = ["restore", "restored", "0"].into_iter().collect();
    args.push(&reply[begin..reply.len() - 2]).push(b"replace");
    world.run(&args);
    assert_eq!(world.reply.bytes(), b"+OK\r\n");
    world.run(&["dump", "restored"].into_iter().collect());
    assert_eq!(world.reply.bytes(), reply);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_list_is_a_vector_whatever_its_nodes_and_its_snapshots_stay(
        sizes in prop::collection::vec(prop::sample::select(vec![-5i32, -2, -1, 0, 1, 2, 5, 128]), 2),
        threshold_bytes in prop::sample::select(vec![1u64, 3, 300, 1 << 30]),
        ops in prop::collection::vec(op(), 1..60),
    ) {
        let mut world = World::new(Protocol::Resp2);
        world.policy.limits.list_packed_threshold_bytes = threshold_bytes;
        let (mut model, mut copied) = (Model::new(), Model::new());
        let mut snapshots = Vec::new();
        for (number, op) in ops.into_iter().enumerate() {
            // A list keeps the size of its nodes; those that are made anew have another.
            world.policy.limits.list_listpack_size = sizes[number % 2];
            match op {
                Op::Snapshot => snapshots.push((world.keyspace.snapshot(), model.clone())),
                Op::Restore => restore(&mut world),
                Op::Copy if !model.is_empty() => copied = model.clone(),
                _ => {}
            }
            let (words, reply) = command(&mut model, op);
            if !words.is_empty() {
                world.run(&words.iter().collect());
                prop_assert_eq!(String::from_utf8_lossy(world.reply.bytes()), String::from_utf8_lossy(&reply));
            }
            let mut found = world.database();
            prop_assert_eq!(contents(found.read_collection::<List>(b"copied").expect("a list")), copied.clone());
            let list = found.read_collection::<List>(b"l").expect("a list");
            prop_assert_eq!(contents(list), model.clone());
            if let Some(list) = list {
                let at = number % model.len();
                prop_assert!(list.forward(at).map(|item| item.to_vec()).eq(model.iter().skip(at).cloned()));
                prop_assert!(list.backward(at).map(|item| item.to_vec()).eq(model.iter().take(at + 1).rev().cloned()));
                prop_assert_eq!(list.get(at as i64).map(|item| item.to_vec()), model.get(at).cloned());
                prop_assert_eq!(list.get(-1 - at as i64).map(|item| item.to_vec()), model.iter().rev().nth(at).cloned());
                prop_assert_eq!(list.get(model.len() as i64).is_none(), true);
            }
        }
        for (snapshot, model) in snapshots {
            let (_, db) = snapshot.iter().next().expect("one database");
            let list = db.iter().find(|(key, _, _)| *key == b"l").map(|(_, _, value)| List::of(value).expect("a list"));
            prop_assert_eq!(contents(list), model);
        }
        world.keyspace.db(DbIndex(0)).check();
    }
}
