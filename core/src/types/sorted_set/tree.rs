//! The big form of a sorted set: scores by member, and members in order.
//!
//! ```text
//!   scores   Table         member ─► score (8 bytes, little end first)
//!   order    OrderedTree   (score, member) … in order, counted
//! ```
//!
//! Invariants: both hold the same members with the same scores, bit for bit (−0 is not 0).

use std::ops::Range;

use crate::structures::ordered_tree::{Iter, OrderedTreeBuilder};
use crate::structures::table::{Repeated, TableBuilder};
use crate::structures::{HashSeed, OrderedTree, Rng, Shed, Table};

const SCORE_BYTES: usize = size_of::<f64>();

/// Members by name and by score. Clone: O(1), pages are shared.
#[derive(Clone, Debug)]
pub struct ScoreTree {
    scores: Table,
    order: OrderedTree,
}

impl ScoreTree {
    pub fn new(seed: HashSeed) -> ScoreTree {
        ScoreTree { scores: Table::new(seed), order: OrderedTree::new() }
    }

    pub fn len(&self) -> usize {
        self.scores.len()
    }

    pub fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }

    /// The table of scores, for its statistics and for walks in no order.
    pub fn table(&self) -> &Table {
        &self.scores
    }

    /// Members in order.
    pub fn order(&self) -> &OrderedTree {
        &self.order
    }

    /// O(1).
    #[inline]
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        let slot = self.scores.find(self.scores.hash(member), member)?;
        Some(decode(self.scores.payload(slot)))
    }

    /// Elements before this one. O(log n).
    pub fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        let score = self.score(member)?;
        let rank = self.order.rank(score, member).expect("every member has its place in the order");
        Some((rank as usize, score))
    }

    /// Elements with these ranks.
    pub fn range(&self, ranks: Range<usize>) -> Iter<'_> {
        self.order.range(ranks.start as u64..ranks.end as u64)
    }

    /// Gives a member a score; adds the member if it is missing. Whether it was missing. O(log n).
    pub fn set(&mut self, member: &[u8], score: f64) -> bool {
        let hash = self.scores.hash(member);
        let Some(slot) = self.scores.find(hash, member) else {
            let (_, payload) = self.scores.insert(hash, member, SCORE_BYTES);
            payload.copy_from_slice(&score.to_le_bytes());
            self.order.insert(score, member);
            return true;
        };
        let before = decode(self.scores.payload(slot));
        if before.to_bits() != score.to_bits() {
            self.scores.payload_mut(slot).copy_from_slice(&score.to_le_bytes());
            self.order.update(before, member, score);
        }
        false
    }

    /// The score that a member had before it was removed. O(log n).
    pub fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let slot = self.scores.find(self.scores.hash(member), member)?;
        let score = decode(self.scores.payload(slot));
        self.scores.remove(slot);
        self.order.remove(score, member);
        Some(score)
    }

    /// Removes the elements with these ranks. O(log n + how many).
    pub fn remove_range(&mut self, ranks: Range<usize>) {
        let scores = &mut self.scores;
        self.order.remove_range(ranks.start as u64..ranks.end as u64, |_, member| {
            let slot = scores.find(scores.hash(member), member).expect("every member has a score");
            scores.remove(slot);
        });
    }

    /// A member, each with the same probability.
    pub fn random(&self, rng: &mut Rng) -> Option<(f64, &[u8])> {
        let slot = self.scores.random(rng)?;
        Some((decode(self.scores.payload(slot)), self.scores.key(slot)))
    }

    /// As [`Table::scan`].
    pub fn scan(&self, cursor: u64, count: usize, mut visit: impl FnMut(&[u8], f64)) -> u64 {
        self.scores.scan(cursor, count, |member, payload| visit(member, decode(payload)))
    }

    /// Bytes of heap held. O(1).
    pub fn heap_bytes(&self) -> usize {
        self.scores.heap_bytes() + self.order.heap_bytes()
    }

    /// Panics on a broken invariant. O(n).
    pub fn check(&self) {
        assert_eq!(self.scores.recount(), self.scores.heap_bytes());
        assert_eq!(self.scores.len() as u64, self.order.len());
        let mut before: Option<(f64, &[u8])> = None;
        for (score, member) in self.order.iter() {
            assert_eq!(self.score(member).map(f64::to_bits), Some(score.to_bits()), "two scores for a member");
            assert!(before.is_none_or(|before| before < (score, member)), "members are out of order");
            before = Some((score, member));
        }
    }
}

impl Shed for ScoreTree {
    fn shed(&mut self) -> bool {
        self.scores.shed() || self.order.shed()
    }
}

/// Scores by member alone, while a result is being put together.
#[derive(Clone, Debug)]
pub struct ScoreTable {
    scores: Table,
}

impl ScoreTable {
    pub fn new(seed: HashSeed) -> ScoreTable {
        ScoreTable { scores: Table::new(seed) }
    }

    pub fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }

    /// Gives a member a score. Whether it was missing. O(1).
    pub fn set(&mut self, member: &[u8], score: f64) -> bool {
        self.merge(member, score, |_| score)
    }

    /// Gives a member a score: `score` if it is missing, else what `merged` makes of the one it has. Whether it was missing.
    /// O(1).
    pub fn merge(&mut self, member: &[u8], score: f64, merged: impl FnOnce(f64) -> f64) -> bool {
        let hash = self.scores.hash(member);
        match self.scores.find(hash, member) {
            Some(slot) => {
                let payload = self.scores.payload_mut(slot);
                let score = merged(decode(payload));
                payload.copy_from_slice(&score.to_le_bytes());
                false
            }
            None => {
                self.scores.insert(hash, member, SCORE_BYTES).1.copy_from_slice(&score.to_le_bytes());
                true
            }
        }
    }

    pub fn remove(&mut self, member: &[u8]) {
        if let Some(slot) = self.scores.find(self.scores.hash(member), member) {
            self.scores.remove(slot);
        }
    }

    /// Puts the members in order. O(n log n). Panics if a score is NaN.
    pub fn into_tree(self) -> ScoreTree {
        let mut elements: Vec<(f64, &[u8])> =
            self.scores.iter().map(|(member, payload)| (decode(payload), member)).collect();
        elements.sort_unstable_by(|a, b| a.partial_cmp(b).expect("a score is never NaN"));
        let mut order = OrderedTreeBuilder::new();
        for (score, member) in elements.into_iter().rev() {
            order.add(score, member).expect("members differ, and are sorted");
        }
        let order = order.finish();
        ScoreTree { scores: self.scores, order }
    }
}

fn decode(payload: &[u8]) -> f64 {
    f64::from_le_bytes(payload.try_into().expect("a payload is a score"))
}

/// A tree made of many members at once, for loading.
#[derive(Clone)]
pub struct ScoreTreeBuilder {
    scores: TableBuilder,
    /// `None` once a member was out of order.
    order: Option<OrderedTreeBuilder>,
}

impl ScoreTreeBuilder {
    /// `expected`: the number of members, as far as it is known.
    pub fn new(seed: HashSeed, expected: usize) -> ScoreTreeBuilder {
        ScoreTreeBuilder { scores: TableBuilder::new(seed, expected), order: Some(OrderedTreeBuilder::new()) }
    }

    /// Adds a member. O(its bytes) on average. Panics if `score` is NaN.
    pub fn add(&mut self, member: &[u8], score: f64) {
        self.scores.add(member, &score.to_le_bytes());
        if let Some(order) = &mut self.order
            && order.add(score, member).is_err()
        {
            self.order = None;
        }
    }

    /// The tree. O(n) if the greatest came first, else O(n log n). Errors: a member was added twice.
    pub fn finish(self) -> Result<ScoreTree, Repeated> {
        let scores = self.scores.finish()?;
        Ok(match self.order {
            Some(order) => ScoreTree { scores, order: order.finish() },
            None => ScoreTable { scores }.into_tree(),
        })
    }
}
