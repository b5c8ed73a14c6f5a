//! The stream index against a map.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use quickcheck::quickcheck;

use super::*;

/// So many entries.
#[derive(Clone, Debug, PartialEq)]
struct Entries(Arc<u64>);

impl Item for Entries {
    fn count(&self) -> u64 {
        *self.0
    }

    fn heap_bytes(&self) -> usize {
        24
    }
}

type Model = BTreeMap<StreamId, u64>;

#[derive(Clone, Debug)]
enum Op {
    Append(u8, u8, u64),
    Delete(u64, u64),
    Remove(u64),
    TrimFront(u8),
    Snapshot,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        10 => (0..3u8, 1..4u8, 1..5u64).prop_map(|(ms, seq, n)| Op::Append(ms, seq, n)),
        3 => (any::<u64>(), 1..5u64).prop_map(|(at, n)| Op::Delete(at, n)),
        1 => any::<u64>().prop_map(Op::Remove),
        1 => (0..6u8).prop_map(Op::TrimFront),
        1 => Just(Op::Snapshot),
    ]
}

fn check(index: &StreamIndex<Entries>, model: &Model) {
    assert!(index.iter().map(|(_, id, item)| (id, item.count())).eq(model.iter().map(|(id, n)| (*id, *n))));
    assert!(index.iter().rev().map(|(_, id, _)| id).eq(model.keys().rev().copied()));
    assert_eq!(index.node_count(), model.len());
    assert_eq!(index.entry_count(), model.values().sum::<u64>());
    assert_eq!(index.heap_bytes(), index.tree.recount());
    assert_eq!(index.first().map(|(_, id, _)| id), model.keys().next().copied());
    assert_eq!(index.last().map(|(_, id, _)| id), model.keys().next_back().copied());
}

proptest! {
    #[test]
    fn a_stream_index_behaves_like_a_map_and_its_snapshots_stay(
        ops in prop::collection::vec(op(), 1..600),
        probes in prop::collection::vec((0..700u64, 0..6u64), 2..30),
    ) {
        let (mut index, mut model) = (StreamIndex::new(), Model::new());
        let (mut snapshots, mut last) = (Vec::new(), StreamId::MIN);
        for op in ops {
            match op {
                Op::Append(ms, seq, n) => {
                    last = StreamId::new(last.ms + u64::from(ms), if ms == 0 { last.seq } else { 0 } + u64::from(seq));
                    index.append(last, Entries(Arc::new(n)));
                    model.insert(last, n);
                }
                Op::Delete(at, n) if !model.is_empty() => {
                    let at = at % index.entry_count();
                    let ((position, id, item), within) = index.seek_entry(at).expect("there");
                    prop_assert!(within < item.count() && position.entries_before + within == at);
                    index.edit(position, |item| *Arc::make_mut(&mut item.0) -= n.min(*item.0));
                    let left = model.get_mut(&id).expect("there");
                    *left -= n.min(*left);
                    model.retain(|_, n| *n > 0);
                }
                Op::Remove(at) if !model.is_empty() => {
                    let ((position, id, _), _) = index.seek_entry(at % index.entry_count()).expect("there");
                    prop_assert_eq!(index.remove(position), (id, Entries(Arc::new(model.remove(&id).expect("there")))));
                }
                Op::TrimFront(n) => {
                    for _ in 0..n {
                        let first = index.first().map(|(position, ..)| position);
                        let removed = first.map(|position| index.remove(position).0);
                        prop_assert_eq!(removed, model.pop_first().map(|(id, _)| id));
                    }
                }
                Op::Delete(..) | Op::Remove(_) => {}
                Op::Snapshot => snapshots.push((index.clone(), model.clone())),
            }
        }
        check(&index, &model);
        snapshots.iter().for_each(|(index, model)| check(index, model));
        let id = |found: Option<Found<'_, Entries>>| found.map(|(_, id, _)| id);
        for pair in probes.windows(2) {
            let [probe, other] = [pair[0], pair[1]].map(|(ms, seq)| StreamId::new(ms, seq));
            let before = model.range(..=probe).next_back().map(|(id, _)| *id);
            prop_assert_eq!(id(index.at_or_before(probe)), before);
            prop_assert_eq!(id(index.at_or_after(probe)), model.range(probe..).next().map(|(id, _)| *id));
            let first = before.unwrap_or(StreamId::MIN);
            let expected: Vec<_> = model.keys().filter(|id| **id >= first && **id <= other).copied().collect();
            if probe <= other {
                prop_assert!(index.range(probe, other).map(|(_, id, _)| id).eq(expected.iter().copied()));
                prop_assert!(index.range(probe, other).rev().map(|(_, id, _)| id).eq(expected.iter().rev().copied()));
            }
        }
    }
}

quickcheck! {
    fn ids_survive_their_bytes_and_order_as_they_do(a: (u64, u64), b: (u64, u64)) -> bool {
        let (a, b) = (StreamId::new(a.0, a.1), StreamId::new(b.0, b.1));
        StreamId::from_bytes(a.to_bytes()) == a && a.cmp(&b) == a.to_bytes().cmp(&b.to_bytes())
    }

    fn the_next_of_the_previous_is_the_same_id(ms: u64, seq: u64) -> bool {
        let id = StreamId::new(ms, seq);
        id.previous().is_none_or(|previous| previous < id && previous.next() == Some(id))
            && id.next().is_none_or(|next| next > id && next.previous() == Some(id))
    }
}

#[test]
fn ids_end_at_both_ends() {
    assert_eq!((StreamId::MIN.previous(), StreamId::MAX.next()), (None, None));
    assert_eq!(StreamId::new(7, u64::MAX).next(), Some(StreamId::new(8, 0)));
    assert_eq!(StreamId::new(7, 0).previous(), Some(StreamId::new(6, u64::MAX)));
}
