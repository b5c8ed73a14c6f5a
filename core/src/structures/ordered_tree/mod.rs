//! The order behind a sorted set: elements of (score, member), sorted by score, then by member bytewise.
//!
//! Redis keeps a skiplist here. This is a [counted tree](super::counted_tree) whose pages are packed leaves of up to
//! 2 KiB, some 60 elements: a lookup touches three or four nodes where a skiplist of a million elements touches forty.
//!
//! ```text
//!   tree: node ─► [ count │ separator │ ─► leaf ] …      leaf: page.rs      separator: separator.rs
//!   outside: Slab<Arc<[u8]>>                             members longer than 200 bytes, by id
//! ```
//!
//! A position is a rank: the number of elements before. So "the first with a score of at least x" is
//! [`count_below`](OrderedTree::count_below), a range is a range of ranks, and it is iterated from both ends.
//!
//! - find, insert, remove, rank, by rank, bounds: O(log n);
//! - a range of k: O(log n + k);
//! - clone: O(1), apart from a pointer for 4096 long members; the first write after it copies a leaf and a node a level.
//!
//! Leaves filled in rising or falling order are filled wholly. Scores are never NaN; -0 and 0 are equal in order, and
//! either is kept as it came (`ZSCORE` shows the difference).
//!
//! Deviation: a search by member among elements of different scores is undefined in Redis (it depends on a random
//! choice of levels); here it is right whenever members rise with scores.

mod build;
mod page;
mod separator;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::iter::FusedIterator;
use std::mem::replace;
use std::ops::Range;
use std::sync::Arc;

pub use self::build::{OrderedTreeBuilder, OutOfOrder};
use self::page::{INLINE_MEMBER_MAX, LeafPage, Member, RecordBytes};
use self::separator::Separator;
use super::counted_tree::{After, CountedTree, Path};
use super::directory::ARC_HEAD_BYTES;
use super::shed::Shed;
use super::slab::Slab;

type LongMembers = Slab<Arc<[u8]>>;

/// A sorted set's order. `Clone` is a snapshot.
#[derive(Clone)]
pub struct OrderedTree {
    tree: CountedTree<LeafPage, Separator>,
    outside: LongMembers,
    outside_bytes: usize,
}

impl std::fmt::Debug for OrderedTree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OrderedTree({} elements in {} leaves)", self.len(), self.tree.page_count())
    }
}

impl Default for OrderedTree {
    fn default() -> Self {
        Self::new()
    }
}

/// The order of two scores that are not NaN.
#[inline]
fn compare_scores(a: f64, b: f64) -> Ordering {
    debug_assert!(!a.is_nan() && !b.is_nan());
    a.partial_cmp(&b).unwrap_or(Ordering::Equal)
}

impl OrderedTree {
    pub fn new() -> Self {
        Self { tree: CountedTree::new(), outside: Slab::new(), outside_bytes: 0 }
    }

    #[inline]
    pub fn len(&self) -> u64 {
        self.tree.count()
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of all that is allocated, shared with snapshots or not. O(1).
    pub fn heap_bytes(&self) -> usize {
        self.tree.heap_bytes() + self.outside.heap_bytes() + self.outside_bytes
    }

    /// Leaves in use: what a walk in slices goes by.
    pub fn leaf_count(&self) -> usize {
        self.tree.page_count()
    }

    /// Adds the element, unless it is there; returns whether it was added. O(log n). Panics if `score` is NaN.
    pub fn insert(&mut self, score: f64, member: &[u8]) -> bool {
        assert!(!score.is_nan(), "a score is never NaN");
        let Some((path, page)) = self.tree.seek_key(|key| key.compare(score, member)) else {
            let record = self.record(score, member);
            self.tree.start(Separator::lowest(), LeafPage::with(&record));
            return true;
        };
        let (at, found) = search(page, &self.outside, score, member);
        if !found {
            let record = self.record(score, member);
            let outside = &self.outside;
            self.tree.edit(&path, |page, after| add(page, after, at, &record, (score, member), outside));
        }
        !found
    }

    /// Removes the element; returns whether it was there. O(log n).
    pub fn remove(&mut self, score: f64, member: &[u8]) -> bool {
        let Some((path, at)) = self.find(score, member) else { return false };
        self.remove_within(&path, at..at + 1);
        true
    }

    /// Gives the element another score; returns whether it was there. O(log n), and in place if the order stays.
    pub fn update(&mut self, score: f64, member: &[u8], new_score: f64) -> bool {
        assert!(!new_score.is_nan(), "a score is never NaN");
        let Some((path, at)) = self.find(score, member) else { return false };
        let (_, page, _) = self.tree.seek(path.before + at as u64).expect("an element was found there");
        let (before, after) = (at.checked_sub(1), at + 1);
        let above = |index| compare_to(page, index, &self.outside, new_score, member) == Ordering::Less;
        let below = |index| compare_to(page, index, &self.outside, new_score, member) == Ordering::Greater;
        if before.is_some_and(above) && after < page.len() && below(after) {
            self.tree.edit(&path, |page, _| page.set_score(at, new_score));
        } else {
            self.remove_within(&path, at..at + 1);
            self.insert(new_score, member);
        }
        true
    }

    /// The number of elements before this one, if it is there. O(log n).
    pub fn rank(&self, score: f64, member: &[u8]) -> Option<u64> {
        self.find(score, member).map(|(path, at)| path.before + at as u64)
    }

    /// Element number `rank`. O(log n).
    pub fn get(&self, rank: u64) -> Option<(f64, &[u8])> {
        let (_, page, at) = self.tree.seek(rank)?;
        Some(element(page, at as usize, &self.outside))
    }

    pub fn first(&self) -> Option<(f64, &[u8])> {
        self.get(0)
    }

    pub fn last(&self) -> Option<(f64, &[u8])> {
        self.get(self.len().checked_sub(1)?)
    }

    /// Elements with a score below `score`: the rank of the first with at least that. O(log n).
    pub fn count_below(&self, score: f64) -> u64 {
        self.bound(
            |key| compare_scores(key.score, score).then(Ordering::Greater),
            |page, index| page.score(index) < score,
        )
    }

    /// Elements with a score of at most `score`: the rank of the first above. O(log n).
    pub fn count_up_to(&self, score: f64) -> u64 {
        self.bound(|key| compare_scores(key.score, score), |page, index| page.score(index) <= score)
    }

    /// Elements with a member below `member`, where members rise with ranks: as a rule, since all scores are equal.
    /// O(log n) if they are, else O(log² n).
    pub fn count_below_member(&self, member: &[u8]) -> u64 {
        self.bound_by_member(member, |other| other < member)
    }

    /// Elements with a member of at most `member`, where members rise with ranks. As `count_below_member`.
    pub fn count_up_to_member(&self, member: &[u8]) -> u64 {
        self.bound_by_member(member, |other| other <= member)
    }

    /// All elements, from either end.
    pub fn iter(&self) -> Iter<'_> {
        self.range(0..self.len())
    }

    /// The elements with these ranks, from either end; ranks beyond the end are cut off. O(log n) for a leaf.
    pub fn range(&self, ranks: Range<u64>) -> Iter<'_> {
        let end = ranks.end.min(self.len());
        Iter { tree: self, next: ranks.start.min(end), end, front: None, back: None }
    }

    /// Takes out the first element. O(log n).
    pub fn pop_first(&mut self) -> Option<(f64, Vec<u8>)> {
        self.take(0)
    }

    /// Takes out the last element. O(log n).
    pub fn pop_last(&mut self) -> Option<(f64, Vec<u8>)> {
        self.take(self.len().checked_sub(1)?)
    }

    /// Takes out element number `rank`. O(log n).
    pub fn take(&mut self, rank: u64) -> Option<(f64, Vec<u8>)> {
        let (path, page, at) = self.tree.seek(rank)?;
        let (score, member) = element(page, at as usize, &self.outside);
        let taken = (score, member.to_vec());
        self.remove_within(&path, at as usize..at as usize + 1);
        Some(taken)
    }

    /// Removes the elements with these ranks, showing each to `visit` before. O(log n) a leaf.
    pub fn remove_range(&mut self, ranks: Range<u64>, mut visit: impl FnMut(f64, &[u8])) {
        let mut left = ranks.end.min(self.len()).saturating_sub(ranks.start);
        while left > 0 {
            let (path, page, at) = self.tree.seek(ranks.start).expect("elements are left");
            let at = at as usize;
            let end = page.len().min(at.saturating_add(usize::try_from(left).unwrap_or(usize::MAX)));
            for index in at..end {
                let (score, member) = element(page, index, &self.outside);
                visit(score, member);
            }
            self.remove_within(&path, at..end);
            left -= (end - at) as u64;
        }
    }

    fn find(&self, score: f64, member: &[u8]) -> Option<(Path, usize)> {
        let (path, page) = self.tree.seek_key(|key| key.compare(score, member))?;
        let (at, found) = search(page, &self.outside, score, member);
        found.then_some((path, at))
    }

    /// The number of elements before a bound: the leaf by the order of separators against it, the place by `before`.
    fn bound(&self, compare: impl Fn(&Separator) -> Ordering, before: impl Fn(&LeafPage, usize) -> bool) -> u64 {
        let found = self.tree.seek_key(compare);
        found.map_or(0, |(path, page)| path.before + page.partition_point(before) as u64)
    }

    fn bound_by_member(&self, member: &[u8], before: impl Fn(&[u8]) -> bool) -> u64 {
        let (Some((lowest, _)), Some((highest, _))) = (self.first(), self.last()) else { return 0 };
        if lowest == highest {
            let outside = &self.outside;
            return self
                .bound(|key| key.compare(lowest, member), |page, index| before(resolve(page.member(index), outside)));
        }
        // Separators order by score here: they can't be searched by member.
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = u64::midpoint(low, high);
            let (_, other) = self.get(middle).expect("a rank below the length");
            if before(other) { low = middle + 1 } else { high = middle }
        }
        low
    }

    fn record(&mut self, score: f64, member: &[u8]) -> RecordBytes {
        if member.len() <= INLINE_MEMBER_MAX {
            return RecordBytes::new(score, Member::Inline(member));
        }
        self.outside_bytes += ARC_HEAD_BYTES + member.len();
        RecordBytes::new(score, Member::Outside(self.outside.insert(member.into())))
    }

    fn remove_within(&mut self, path: &Path, range: Range<usize>) {
        let Self { tree, outside, outside_bytes } = self;
        tree.edit(path, |page, _| {
            for index in range.clone() {
                if let Member::Outside(id) = page.member(index) {
                    let member = outside.remove(id).expect("a record owns its long member");
                    *outside_bytes -= ARC_HEAD_BYTES + member.len();
                }
            }
            page.remove(range);
        });
    }
}

impl Shed for OrderedTree {
    fn shed(&mut self) -> bool {
        self.tree.shed() || self.outside.shed()
    }
}

#[inline]
fn resolve<'a>(member: Member<'a>, outside: &'a LongMembers) -> &'a [u8] {
    match member {
        Member::Inline(member) => member,
        Member::Outside(id) => outside.get(id).expect("a record owns its long member"),
    }
}

#[inline]
fn element<'a>(page: &'a LeafPage, index: usize, outside: &'a LongMembers) -> (f64, &'a [u8]) {
    (page.score(index), resolve(page.member(index), outside))
}

/// The order of a record against (score, member).
#[inline]
fn compare_to(page: &LeafPage, index: usize, outside: &LongMembers, score: f64, member: &[u8]) -> Ordering {
    compare_scores(page.score(index), score).then_with(|| resolve(page.member(index), outside).cmp(member))
}

/// Where the element is or would be in the leaf, and whether it is there.
#[inline]
fn search(page: &LeafPage, outside: &LongMembers, score: f64, member: &[u8]) -> (usize, bool) {
    let at = page.partition_point(|page, index| compare_to(page, index, outside, score, member) == Ordering::Less);
    (at, at < page.len() && compare_to(page, at, outside, score, member) == Ordering::Equal)
}

/// Adds a record to a leaf, splitting it if it is full: at an end, so that what comes in order fills leaves wholly; else
/// in the middle.
fn add(
    page: &mut LeafPage,
    after: &mut After<LeafPage, Separator>,
    at: usize,
    record: &RecordBytes,
    new: (f64, &[u8]),
    outside: &LongMembers,
) {
    if page.insert(at, record) {
        return;
    }
    if at == page.len() {
        page.compact();
        let key = Separator::between(element(page, at - 1, outside), new);
        after.push((key, LeafPage::with(record)));
    } else if at == 0 {
        page.compact();
        let key = Separator::between(new, element(page, 0, outside));
        after.push((key, replace(page, LeafPage::with(record))));
    } else {
        let middle = page.middle();
        let mut right = page.split_off(middle);
        let fits = if at <= middle { page.insert(at, record) } else { right.insert(at - middle, record) };
        assert!(fits, "half a leaf has room for a record");
        let key = Separator::between(element(page, page.len() - 1, outside), element(&right, 0, outside));
        after.push((key, right));
    }
}

/// Elements in order, from either end. Borrowed from the tree.
#[derive(Clone)]
pub struct Iter<'a> {
    tree: &'a OrderedTree,
    next: u64,
    end: u64,
    /// The leaf that each end is in, and the rank of its first element.
    front: Option<(&'a LeafPage, u64)>,
    back: Option<(&'a LeafPage, u64)>,
}

impl<'a> Iter<'a> {
    /// The rank of the element that comes next.
    pub fn rank(&self) -> u64 {
        self.next
    }

    #[inline]
    fn at(tree: &'a OrderedTree, rank: u64, leaf: &mut Option<(&'a LeafPage, u64)>) -> Option<(f64, &'a [u8])> {
        let within = |&(page, before): &(&LeafPage, u64)| rank >= before && rank - before < page.len() as u64;
        if !leaf.as_ref().is_some_and(within) {
            *leaf = tree.tree.seek(rank).map(|(path, page, _)| (page, path.before));
        }
        leaf.map(|(page, before)| element(page, (rank - before) as usize, &tree.outside))
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = (f64, &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        self.next += 1;
        Self::at(self.tree, self.next - 1, &mut self.front)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.end - self.next);
        (left.unwrap_or(usize::MAX), left.ok())
    }
}

impl DoubleEndedIterator for Iter<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        self.end -= 1;
        Self::at(self.tree, self.end, &mut self.back)
    }
}

impl ExactSizeIterator for Iter<'_> {}
impl FusedIterator for Iter<'_> {}
