//! The index against a list that is searched from the front.

use super::*;
use proptest::prelude::*;

fn client(number: u64) -> ClientId {
    ClientId { id: number, slot: number as u32 % 4 }
}

fn wait(keys: &[u8]) -> Box<Wait> {
    let request = keys.iter().map(|&key| [key]).collect();
    let wait = Wait {
        request,
        keys: 0..keys.len(),
        value_type: ValueType::List,
        needs_value: false,
        timeout_ms: None,
        serve: |_, _, _| Ok(false),
    };
    Box::new(wait)
}

/// Who waits, in order of arrival: client, database, keys, deadline.
#[derive(Default)]
struct Model(Vec<(ClientId, DbIndex, Vec<u8>, Option<u64>)>);

impl Model {
    fn queue(&self, db: DbIndex, key: u8) -> Vec<ClientId> {
        self.0.iter().filter(|entry| entry.1 == db && entry.2.contains(&key)).map(|entry| entry.0).collect()
    }
}

#[derive(Clone, Debug)]
enum Op {
    Wait {
        number: u64,
        db: u32,
        keys: Vec<u8>,
        deadline_ms: Option<u64>,
    },
    Leave {
        number: u64,
    },
    /// Everybody up to that time, the earliest first.
    Overdue {
        now_ms: u64,
    },
    /// The first of a queue.
    Serve {
        db: u32,
        key: u8,
    },
}

fn op() -> impl Strategy<Value = Op> {
    let keys = proptest::collection::vec(0..5u8, 1..4);
    prop_oneof![
        4 => (0..20u64, 0..2u32, keys, proptest::option::of(0..50u64))
            .prop_map(|(number, db, keys, deadline_ms)| Op::Wait { number, db, keys, deadline_ms }),
        1 => (0..20u64).prop_map(|number| Op::Leave { number }),
        1 => (0..60u64).prop_map(|now_ms| Op::Overdue { now_ms }),
        2 => (0..2u32, 0..5u8).prop_map(|(db, key)| Op::Serve { db, key }),
    ]
}

/// A queue, walked as serving does.
fn walk(waiters: &Waiters, db: DbIndex, key: u8) -> Vec<ClientId> {
    let mut found = Vec::new();
    let mut after = None;
    while let Some((ticket, id)) = waiters.next_in_queue(db, &[key], after) {
        after = Some(ticket);
        found.push(id);
    }
    found
}

fn compare(waiters: &Waiters, model: &Model) {
    waiters.check();
    assert_eq!(waiters.len(), model.0.len());
    assert_eq!(waiters.deadlines(), model.0.iter().filter(|entry| entry.3.is_some()).count());
    assert_eq!(waiters.next_deadline_ms(), model.0.iter().filter_map(|entry| entry.3).min());
    for db in [DbIndex(0), DbIndex(1)] {
        let mut awaited = Vec::new();
        for key in 0..5 {
            let queue = model.queue(db, key);
            assert_eq!(walk(waiters, db, key), queue);
            assert_eq!(waiters.waits_for(db, &[key]), !queue.is_empty());
            awaited.extend((!queue.is_empty()).then_some([key]));
        }
        assert_eq!(waiters.keys(db).collect::<Vec<_>>(), awaited.iter().map(|key| &key[..]).collect::<Vec<_>>());
    }
    for number in 0..20 {
        let id = model.0.iter().map(|entry| entry.0).find(|id| id.id == number);
        assert_eq!(waiters.by_number(number), id);
    }
}

proptest! {
    #[test]
    fn everybody_is_found_in_order_of_arrival(ops in proptest::collection::vec(op(), 1..120)) {
        let (mut waiters, mut model) = (Waiters::default(), Model::default());
        for op in ops {
            match op {
                Op::Wait { number, db, keys, deadline_ms } => {
                    let id = client(number);
                    if waiters.get(id).is_none() {
                        let place = Place { db: DbIndex(db), deadline_ms, ..Place::default() };
                        waiters.insert(id, place, wait(&keys));
                        model.0.push((id, DbIndex(db), keys, deadline_ms));
                    }
                }
                Op::Leave { number } => {
                    let id = client(number);
                    let known = model.0.iter().any(|entry| entry.0 == id);
                    prop_assert_eq!(waiters.remove(id).is_some(), known);
                    model.0.retain(|entry| entry.0 != id);
                }
                Op::Overdue { now_ms } => {
                    while let Some(id) = waiters.overdue(now_ms) {
                        let earliest = model.0.iter().filter_map(|entry| Some((entry.3?, entry.0))).min();
                        prop_assert_eq!(earliest.map(|(_, id)| id), Some(id));
                        prop_assert!(earliest.is_some_and(|(deadline_ms, _)| deadline_ms < now_ms));
                        waiters.remove(id);
                        model.0.retain(|entry| entry.0 != id);
                    }
                    prop_assert!(model.0.iter().all(|entry| entry.3.is_none_or(|deadline_ms| deadline_ms >= now_ms)));
                }
                Op::Serve { db, key } => {
                    let first = waiters.next_in_queue(DbIndex(db), &[key], None).map(|(_, id)| id);
                    prop_assert_eq!(first, model.queue(DbIndex(db), key).first().copied());
                    if let Some(id) = first {
                        waiters.remove(id);
                        model.0.retain(|entry| entry.0 != id);
                    }
                }
            }
            compare(&waiters, &model);
        }
        for (id, ..) in std::mem::take(&mut model.0) {
            waiters.remove(id);
        }
        prop_assert!(waiters.queues.is_empty() && waiters.deadlines.is_empty(), "nothing stays behind");
    }
}
