//! An ordered tree made of elements that come in falling order, as RDB files have them: each leaf is packed once, wholly, and
//! the nodes are put above them in the end.

use super::page::{HEADER, LeafPage, PAGE_BYTES_MAX, POSITION};
use super::separator::Separator;
use super::{CountedTree, OrderedTree, compare_scores, element};

/// An element was not below the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfOrder;

/// Gathers elements, the greatest first.
#[derive(Clone)]
pub struct OrderedTreeBuilder {
    /// Only what lies outside of pages so far.
    tree: OrderedTree,
    /// Records of the leaf that is being filled, the last in order first, and where each ends.
    bytes: Vec<u8>,
    ends: Vec<u16>,
    /// The element before, and whether it is the last (in order) of its leaf.
    last: Option<(f64, Vec<u8>)>,
    /// Full leaves, the last in order first. The key of each is known once the leaf before it has an element.
    leaves: Vec<(Separator, LeafPage)>,
}

impl OrderedTreeBuilder {
    pub fn new() -> OrderedTreeBuilder {
        let tree = OrderedTree::new();
        OrderedTreeBuilder { tree, bytes: Vec::new(), ends: Vec::new(), last: None, leaves: Vec::new() }
    }

    /// Adds an element below all others. O(member). Errors: it isn't. Panics if `score` is NaN.
    #[inline]
    pub fn add(&mut self, score: f64, member: &[u8]) -> Result<(), OutOfOrder> {
        assert!(!score.is_nan(), "a score is never NaN");
        if let Some((last_score, last_member)) = &self.last
            && compare_scores(score, *last_score).then_with(|| member.cmp(&last_member[..])).is_ge()
        {
            return Err(OutOfOrder);
        }
        let record = self.tree.record(score, member);
        let needed = HEADER + (self.ends.len() + 1) * POSITION + self.bytes.len() + record.get().len();
        if needed > PAGE_BYTES_MAX {
            self.close_leaf((score, member));
        }
        self.bytes.extend_from_slice(record.get());
        self.ends.push(self.bytes.len() as u16);
        let (last_score, last_member) = self.last.get_or_insert_default();
        *last_score = score;
        last_member.clear();
        last_member.extend_from_slice(member);
        Ok(())
    }

    /// The tree. O(elements / those of a leaf).
    pub fn finish(mut self) -> OrderedTree {
        if !self.ends.is_empty() {
            let leaf = LeafPage::of_descending(&self.bytes, &self.ends);
            self.leaves.push((Separator::lowest(), leaf));
        }
        self.leaves.reverse();
        self.tree.tree = CountedTree::from_pages(self.leaves);
        self.tree
    }

    /// Packs the leaf; `below` is the element that comes right before its first in order.
    fn close_leaf(&mut self, below: (f64, &[u8])) {
        let leaf = LeafPage::of_descending(&self.bytes, &self.ends);
        let key = Separator::between(below, element(&leaf, 0, &self.tree.outside));
        self.leaves.push((key, leaf));
        self.bytes.clear();
        self.ends.clear();
    }
}

impl Default for OrderedTreeBuilder {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::recount;
    use super::*;
    use proptest::prelude::*;

    fn member() -> impl Strategy<Value = String> {
        prop_oneof![8 => "[ab]{0,4}", 3 => "[a-c]{20,40}", 1 => "x{190,210}y{0,3}"]
    }

    proptest! {
        #[test]
        fn a_tree_that_is_built_is_that_of_inserts(
            elements in prop::collection::btree_set((-20..20i32, member()), 0..700),
        ) {
            let mut builder = OrderedTreeBuilder::new();
            let mut inserted = OrderedTree::new();
            for (score, member) in elements.iter().rev() {
                builder.add(f64::from(*score), member.as_bytes()).expect("it is below");
                inserted.insert(f64::from(*score), member.as_bytes());
            }
            let mut built = builder.finish();
            prop_assert_eq!(recount(&built), built.heap_bytes());
            prop_assert_eq!(built.len(), elements.len() as u64);
            prop_assert!(built.iter().eq(inserted.iter()));
            for (rank, (score, member)) in elements.iter().enumerate() {
                prop_assert_eq!(built.rank(f64::from(*score), member.as_bytes()), Some(rank as u64));
            }
            // It goes on living as a tree of inserts does.
            for (score, member) in elements.iter().step_by(3) {
                prop_assert!(built.remove(f64::from(*score), member.as_bytes()));
                built.insert(f64::from(*score) + 0.5, member.as_bytes());
            }
            prop_assert_eq!(recount(&built), built.heap_bytes());
        }

        #[test]
        fn what_is_not_below_is_refused(first in (-3..3i32, "[ab]{0,2}"), second in (-3..3i32, "[ab]{0,2}")) {
            let mut builder = OrderedTreeBuilder::new();
            builder.add(f64::from(first.0), first.1.as_bytes()).expect("the first is below nothing");
            let result = builder.add(f64::from(second.0), second.1.as_bytes());
            prop_assert_eq!(result.is_ok(), second < first);
        }
    }
}
