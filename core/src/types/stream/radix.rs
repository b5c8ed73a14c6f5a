//! How many nodes Redis's radix tree over a stream's nodes would have: XINFO STREAM tells. We keep no such tree, but the number.
//!
//! A chain of single children is one node, so is a fork, so is an end; without keys there is the root alone:
//!
//! ```text
//!   keys 0aaa, 0aab, 0bxx     chain "0" ─► fork a│b ─► chain "a" ─► fork a│b ─► end, end
//!                                                └───► chain "xx" ─► end                      8 nodes
//! ```
//!
//! Keys are the 16 bytes of ids. What a key adds follows from its neighbours: O(log n). Source: observed, 7.0.15.

use crate::structures::{StreamId, StreamIndex, sequence};

const KEY_BYTES: u32 = 16;

/// Nodes without any key.
pub const ROOT: u64 = 1;

/// How many nodes the key `id` adds to those of `index`, which doesn't have it.
pub fn nodes_added<T: sequence::Item>(index: &StreamIndex<T>, id: StreamId) -> u64 {
    let outer = Neighbours::of(index, id, id);
    let Some(fork) = outer.common(id) else { return 1 };
    let end = chain(KEY_BYTES, fork + 1) + 1;
    // The keys that share most with this one, and where they fork themselves.
    let (low, high) = bounds(id, fork);
    let first = index.at_or_after(low).expect("a neighbour shares those bytes").1;
    let last = index.at_or_before(high).expect("a neighbour shares those bytes").1;
    let inner = common(first, last);
    if inner == fork {
        return end;
    }
    let start = Neighbours::of(index, low, high).common(id).map_or(0, |parent| parent + 1);
    // Their chain is cut in two by the new fork.
    end + 1 + chain(fork, start) + chain(inner, fork + 1) - chain(inner, start)
}

/// The number of nodes for these keys, which rise. O(n).
pub fn count_nodes(keys: &[StreamId]) -> u64 {
    fn below(keys: &[[u8; 16]], depth: usize) -> u64 {
        let (first, last) = (keys[0], keys[keys.len() - 1]);
        let fork = (depth..16).find(|&at| first[at] != last[at]).unwrap_or(16);
        let mut nodes = u64::from(fork > depth) + 1;
        let mut rest = if fork == 16 { &[] } else { keys };
        while let Some(key) = rest.first() {
            let (same, others) = rest.split_at(rest.partition_point(|other| other[fork] == key[fork]));
            nodes += below(same, fork + 1);
            rest = others;
        }
        nodes
    }
    let keys: Vec<_> = keys.iter().map(|key| key.to_bytes()).collect();
    if keys.is_empty() { ROOT } else { below(&keys, 0) }
}

/// A chain that leads from one depth down to another is a node, if it has any bytes.
fn chain(to: u32, from: u32) -> u64 {
    u64::from(to > from)
}

/// The keys right before and right behind a range.
struct Neighbours {
    before: Option<StreamId>,
    behind: Option<StreamId>,
}

impl Neighbours {
    fn of<T: sequence::Item>(index: &StreamIndex<T>, low: StreamId, high: StreamId) -> Neighbours {
        let before = low.previous().and_then(|id| index.at_or_before(id));
        let behind = high.next().and_then(|id| index.at_or_after(id));
        Neighbours { before: before.map(|found| found.1), behind: behind.map(|found| found.1) }
    }

    /// How many bytes `id` shares with the nearer one. `None`: there is no other key.
    fn common(&self, id: StreamId) -> Option<u32> {
        self.before.into_iter().chain(self.behind).map(|other| common(id, other)).max()
    }
}

/// How many of their first bytes two keys share.
fn common(a: StreamId, b: StreamId) -> u32 {
    (number(a) ^ number(b)).leading_zeros() / 8
}

/// The lowest and the highest key that have the first `bytes` bytes of `id`; there is at least one byte more.
fn bounds(id: StreamId, bytes: u32) -> (StreamId, StreamId) {
    let rest = u128::MAX >> (8 * bytes);
    let of = |number: u128| StreamId::from_bytes(number.to_be_bytes());
    (of(number(id) & !rest), of(number(id) | rest))
}

fn number(id: StreamId) -> u128 {
    u128::from_be_bytes(id.to_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone)]
    struct One;

    impl sequence::Item for One {
        fn count(&self) -> u64 {
            1
        }

        fn heap_bytes(&self) -> usize {
            0
        }
    }

    proptest! {
        #[test]
        fn what_keys_add_one_by_one_is_what_all_of_them_have(
            ids in prop::collection::btree_set((0u64..4, prop::sample::select(vec![0u64, 1, 255, 256, 1 << 40, u64::MAX])), 1..24),
            extremes in any::<bool>(),
            at in any::<prop::sample::Index>(),
        ) {
            let scale = if extremes { u64::MAX / 3 } else { 3 };
            let ids: Vec<StreamId> = ids.into_iter().map(|(ms, seq)| StreamId::new(ms * scale, seq)).collect();
            let (mut index, mut nodes) = (StreamIndex::new(), ROOT);
            for &id in &ids {
                nodes += nodes_added(&index, id);
                index.append(id, One);
            }
            prop_assert_eq!(nodes, count_nodes(&ids));
            // And away with one from anywhere.
            let id = ids[at.index(ids.len())];
            let (position, ..) = index.at_or_before(id).expect("it is there");
            index.remove(position);
            let rest: Vec<StreamId> = ids.into_iter().filter(|&other| other != id).collect();
            prop_assert_eq!(nodes - nodes_added(&index, id), count_nodes(&rest));
        }
    }

    #[test]
    fn the_drawing_in_the_head_has_its_nodes() {
        let key = |bytes: &[u8]| {
            let mut all = [0; 16];
            all[..bytes.len()].copy_from_slice(bytes);
            all.rotate_right(16 - bytes.len());
            StreamId::from_bytes(all)
        };
        assert_eq!(count_nodes(&[key(b"0aaa"), key(b"0aab"), key(b"0bxx")]), 8);
        assert_eq!(count_nodes(&[]), ROOT);
    }
}
