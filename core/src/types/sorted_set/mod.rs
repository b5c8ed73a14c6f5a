//! Sorted sets: a listpack of members and scores, or a table of scores and an ordered tree.
//!
//! | encoding | inside | while |
//! |---|---|---|
//! | `listpack` | member, score, member, score… in order of score, then member | at most `zset-max-listpack-entries` members, none longer than `zset-max-listpack-value` |
//! | `skiplist` | [`ScoreTree`] | ever after |
//!
//! Looked at before a new member is added, never when a score changes. Only a sorted set that is made whole (ZUNIONSTORE and
//! its like, RESTORE) becomes a listpack once it is complete.
//!
//! In a listpack a score that is whole and within ±2^62 is an integer, so −0 becomes 0 there; any other is text of 17 digits.
//! Source: observed, 7.0.15.
//!
//! Complexity: O(members) in a listpack; in a tree O(1) by member, O(log n) by rank, score or bound.

mod range;
mod tree;

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use super::digest::Digest;
use super::{Collection, Limits, Object, PackedKind, ValueRef};
use crate::numbers::double::{self, DoubleText};
use crate::numbers::integer::DecimalBuffer;
use crate::structures::{Item, ListpackMut, ListpackRef, Packed, Rng, listpack, ordered_tree};

pub use range::{MemberBound, MemberRange, ScoreRange, ranks};
pub use tree::{ScoreTable, ScoreTree, ScoreTreeBuilder};

/// A sorted set, owned. Clone: one reference count.
#[derive(Clone, Debug)]
pub enum SortedSet {
    /// Member, score, member, score… in order of score, then member.
    Listpack(Packed),
    Tree(Arc<ScoreTree>),
}

/// A sorted set, borrowed.
#[derive(Clone, Copy, Debug)]
pub enum SortedSetRef<'a> {
    Listpack(ListpackRef<'a>),
    Tree(&'a ScoreTree),
}

impl<'a> SortedSetRef<'a> {
    pub fn of_packed(bytes: &'a [u8]) -> SortedSetRef<'a> {
        SortedSetRef::Listpack(ListpackRef::new(bytes))
    }

    pub fn encoding_name(self) -> &'static str {
        match self {
            SortedSetRef::Listpack(_) => "listpack",
            SortedSetRef::Tree(_) => "skiplist",
        }
    }

    /// Number of members.
    pub fn len(self) -> usize {
        match self {
            SortedSetRef::Listpack(listpack) => listpack.len() / 2,
            SortedSetRef::Tree(tree) => tree.len(),
        }
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The score of a member.
    #[inline]
    pub fn score(self, member: &[u8]) -> Option<f64> {
        match self {
            SortedSetRef::Listpack(listpack) => {
                let place = listpack.find(listpack.first(), member, 1)?;
                Some(decode_score(listpack.get(listpack.next(place).expect("a member has a score"))))
            }
            SortedSetRef::Tree(tree) => tree.score(member),
        }
    }

    /// The number of elements before a member.
    pub fn rank(self, member: &[u8]) -> Option<usize> {
        match self {
            SortedSetRef::Listpack(listpack) => {
                let mut buffer = DecimalBuffer::new();
                listpack.pairs().position(|(other, _)| other.text(&mut buffer) == member)
            }
            SortedSetRef::Tree(tree) => tree.rank(member).map(|(rank, _)| rank),
        }
    }

    /// All members with their scores, in order, from either end.
    pub fn iter(self) -> Entries<'a> {
        self.range(0..self.len())
    }

    /// The members with these ranks, which are within the length, from either end.
    pub fn range(self, ranks: Range<usize>) -> Entries<'a> {
        match self {
            SortedSetRef::Listpack(listpack) => {
                let (len, mut iter) = (listpack.len() / 2, listpack.iter());
                if ranks.start > 0 {
                    iter.nth(2 * ranks.start - 1);
                }
                if ranks.end < len {
                    iter.nth_back(2 * (len - ranks.end) - 1);
                }
                Entries { inner: EntriesOf::Listpack(iter), left: ranks.len() }
            }
            SortedSetRef::Tree(tree) => Entries { left: ranks.len(), inner: EntriesOf::Tree(tree.range(ranks)) },
        }
    }

    /// The ranks of the members whose scores are in `range`.
    pub fn ranks_by_score(self, range: ScoreRange) -> Range<usize> {
        let (start, end) = match self {
            SortedSetRef::Listpack(listpack) => {
                let scores = || listpack.pairs().map(|(_, score)| decode_score(score));
                let start = scores().take_while(|&score| !range.reached_by(score)).count();
                (start, scores().take_while(|&score| range.not_left_by(score)).count())
            }
            SortedSetRef::Tree(tree) => {
                let order = tree.order();
                let start =
                    if range.min_excluded { order.count_up_to(range.min) } else { order.count_below(range.min) };
                let end = if range.max_excluded { order.count_below(range.max) } else { order.count_up_to(range.max) };
                (start as usize, end as usize)
            }
        };
        start..end.max(start)
    }

    /// The ranks of the members in `range`, as a walk upwards finds them, or downwards. All scores should be equal.
    pub fn ranks_by_member(self, range: MemberRange<'_>, downwards: bool) -> Range<usize> {
        if range.is_empty() {
            return 0..0;
        }
        match self {
            SortedSetRef::Listpack(listpack) => ranks_in_listpack(listpack, range, downwards),
            SortedSetRef::Tree(tree) => {
                let order = tree.order();
                let start = match range.min {
                    MemberBound::Lowest => 0,
                    MemberBound::Highest => order.len(),
                    MemberBound::Included(member) => order.count_below_member(member),
                    MemberBound::Excluded(member) => order.count_up_to_member(member),
                };
                let end = match range.max {
                    MemberBound::Lowest => 0,
                    MemberBound::Highest => order.len(),
                    MemberBound::Included(member) => order.count_up_to_member(member),
                    MemberBound::Excluded(member) => order.count_below_member(member),
                };
                start as usize..end.max(start) as usize
            }
        }
    }

    /// A member with its score, each with the same probability; `None` if there is none.
    pub fn random(self, rng: &mut Rng) -> Option<(Item<'a>, f64)> {
        match self {
            SortedSetRef::Listpack(listpack) => {
                let len = listpack.len() as u64 / 2;
                let index = rng.below((len > 0).then_some(len)?) as usize;
                self.range(index..index + 1).next()
            }
            SortedSetRef::Tree(tree) => tree.random(rng).map(|(score, member)| (Item::Bytes(member), score)),
        }
    }

    /// Members with the texts of their scores from `cursor` on, and the next cursor; 0 when nothing is left. A listpack is given whole,
    /// its scores as they are written there.
    pub fn scan(self, cursor: u64, count: usize, mut visit: impl FnMut(&[u8], &[u8])) -> u64 {
        match self {
            SortedSetRef::Listpack(listpack) => {
                let (mut a, mut b) = (DecimalBuffer::new(), DecimalBuffer::new());
                listpack.pairs().for_each(|(member, score)| visit(member.text(&mut a), score.text(&mut b)));
                0
            }
            SortedSetRef::Tree(tree) => {
                tree.scan(cursor, count, |member, score| visit(member, double::format(score).as_bytes()))
            }
        }
    }

    /// Adds the contents to a digest, without regard to their order.
    pub fn digest(self, digest: &mut Digest) {
        let mut buffer = DecimalBuffer::new();
        for (member, score) in self.iter() {
            let mut pair = Digest::default();
            pair.mix(member.text(&mut buffer));
            pair.mix(double::format(score).as_bytes());
            digest.xor(pair.as_bytes());
        }
    }
}

/// A walk over members and scores, from either end.
#[derive(Clone)]
pub struct Entries<'a> {
    inner: EntriesOf<'a>,
    left: usize,
}

#[derive(Clone)]
enum EntriesOf<'a> {
    Listpack(listpack::Iter<'a>),
    Tree(ordered_tree::Iter<'a>),
}

impl<'a> Iterator for Entries<'a> {
    type Item = (Item<'a>, f64);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        match &mut self.inner {
            EntriesOf::Listpack(iter) => {
                let member = iter.next()?;
                Some((member, decode_score(iter.next().expect("a member has a score"))))
            }
            EntriesOf::Tree(iter) => iter.next().map(|(score, member)| (Item::Bytes(member), score)),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl DoubleEndedIterator for Entries<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        match &mut self.inner {
            EntriesOf::Listpack(iter) => {
                let score = decode_score(iter.next_back()?);
                Some((iter.next_back().expect("a score has a member"), score))
            }
            EntriesOf::Tree(iter) => iter.next_back().map(|(score, member)| (Item::Bytes(member), score)),
        }
    }
}

impl ExactSizeIterator for Entries<'_> {}

impl SortedSet {
    /// An empty big one.
    pub fn new_tree(limits: &Limits) -> SortedSet {
        SortedSet::Tree(Arc::new(ScoreTree::new(limits.seed)))
    }

    /// Gives a member a score; adds the member if it is missing. Whether it was missing. Converts to a tree first if the
    /// limits say so.
    pub fn set(&mut self, member: &[u8], score: f64, limits: &Limits) -> bool {
        if let SortedSet::Listpack(packed) = self {
            let view = packed.listpack();
            let place = view.find(view.first(), member, 1);
            let fits = (view.len() as u64 / 2) < limits.sorted_set_listpack_entries_max
                && member.len() as u64 <= limits.sorted_set_listpack_value_bytes_max;
            if place.is_some() || fits {
                let mut listpack = packed.listpack_mut();
                if let Some(place) = place {
                    listpack.remove(place, 2);
                }
                insert_in_listpack(&mut listpack, member, score);
                return place.is_none();
            }
            self.convert(limits);
        }
        match self {
            SortedSet::Tree(tree) => Arc::make_mut(tree).set(member, score),
            SortedSet::Listpack(_) => unreachable!("it was just converted"),
        }
    }

    /// Removes a member. Whether it was there.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        match self {
            SortedSet::Listpack(packed) => {
                let view = packed.listpack();
                let Some(place) = view.find(view.first(), member, 1) else { return false };
                packed.listpack_mut().remove(place, 2);
                true
            }
            SortedSet::Tree(tree) => Arc::make_mut(tree).remove(member).is_some(),
        }
    }

    /// Removes the members with these ranks, which are within the length.
    pub fn remove_range(&mut self, ranks: Range<usize>) {
        if ranks.is_empty() {
            return;
        }
        match self {
            SortedSet::Listpack(packed) => packed.listpack_mut().remove_range(2 * ranks.start as i64, 2 * ranks.len()),
            SortedSet::Tree(tree) => Arc::make_mut(tree).remove_range(ranks),
        }
    }

    /// Makes it a tree, if it isn't. O(n log n).
    pub fn convert(&mut self, limits: &Limits) {
        let SortedSet::Listpack(packed) = self else { return };
        let mut tree = ScoreTree::new(limits.seed);
        let mut buffer = DecimalBuffer::new();
        for (member, score) in packed.listpack().pairs() {
            tree.set(member.text(&mut buffer), decode_score(score));
        }
        *self = SortedSet::Tree(Arc::new(tree));
    }

    /// A sorted set that was made whole as a tree: a listpack, if the limits allow it. O(n) in the limits' entries.
    pub fn pack_if_small(&mut self, limits: &Limits) {
        let SortedSet::Tree(tree) = self else { return };
        if tree.len() as u64 > limits.sorted_set_listpack_entries_max {
            return;
        }
        let value_bytes_max = limits.sorted_set_listpack_value_bytes_max;
        if tree.order().iter().any(|(_, member)| member.len() as u64 > value_bytes_max) {
            return;
        }
        let mut packed = Packed::blank();
        let mut listpack = ListpackMut::init(packed.edit());
        for (score, member) in tree.order().iter() {
            listpack.push_back(Item::parse(member));
            listpack.push_back(ScoreItem::new(score).item());
        }
        *self = SortedSet::Listpack(packed);
    }

    pub fn packed(&self) -> Option<(PackedKind, &Packed)> {
        match self {
            SortedSet::Listpack(packed) => Some((PackedKind::SortedSet, packed)),
            SortedSet::Tree(_) => None,
        }
    }

    /// Bytes of heap held. O(1).
    pub fn heap_bytes(&self) -> usize {
        const ARC_BYTES: usize = 16;
        match self {
            SortedSet::Listpack(packed) => packed.heap_bytes(),
            SortedSet::Tree(tree) => ARC_BYTES + size_of::<ScoreTree>() + tree.heap_bytes(),
        }
    }

    /// Panics on a broken invariant. O(n).
    pub fn check(&self) {
        match self {
            SortedSet::Listpack(packed) => {
                let listpack = listpack::validate(packed.bytes()).expect("a valid listpack");
                assert!(in_order(listpack), "members are out of order");
            }
            SortedSet::Tree(tree) => tree.check(),
        }
    }
}

impl Collection for SortedSet {
    type Ref<'a> = SortedSetRef<'a>;

    #[inline]
    fn of(value: ValueRef<'_>) -> Option<SortedSetRef<'_>> {
        match value {
            ValueRef::SortedSet(set) => Some(set),
            _ => None,
        }
    }

    fn of_object(object: Object) -> Option<SortedSet> {
        match object {
            Object::SortedSet(set) => Some(set),
            _ => None,
        }
    }

    fn of_packed(kind: PackedKind, packed: Packed) -> SortedSet {
        assert_eq!(kind, PackedKind::SortedSet);
        SortedSet::Listpack(packed)
    }

    fn empty(mut scratch: Packed, _: &Limits) -> SortedSet {
        ListpackMut::init(scratch.edit());
        SortedSet::Listpack(scratch)
    }

    fn borrowed(&self) -> SortedSetRef<'_> {
        match self {
            SortedSet::Listpack(packed) => SortedSetRef::Listpack(packed.listpack()),
            SortedSet::Tree(tree) => SortedSetRef::Tree(tree),
        }
    }

    fn is_empty(&self) -> bool {
        self.borrowed().is_empty()
    }
}

impl From<SortedSet> for Object {
    fn from(set: SortedSet) -> Object {
        Object::SortedSet(set)
    }
}

/// Whether a sound listpack is a sorted set: pairs, scores that are numbers, everything in order, no two elements equal.
/// Equal members with different scores are not looked for. O(n).
pub fn in_order(listpack: ListpackRef<'_>) -> bool {
    if !listpack.len().is_multiple_of(2) {
        return false;
    }
    let mut before: Option<(f64, Item<'_>)> = None;
    for (member, score) in listpack.pairs() {
        let Some(score) = parse_score(score) else { return false };
        if let Some((before_score, before)) = before
            && match before_score.partial_cmp(&score) {
                Some(Ordering::Less) => false,
                Some(Ordering::Equal) => !is_below(before, member),
                _ => true,
            }
        {
            return false;
        }
        before = Some((score, member));
    }
    true
}

/// Whether one text is below another bytewise.
fn is_below(a: Item<'_>, b: Item<'_>) -> bool {
    match (a, b) {
        (Item::Bytes(a), Item::Bytes(b)) => a < b,
        _ => a.text(&mut DecimalBuffer::new()) < b.text(&mut DecimalBuffer::new()),
    }
}

/// A score on its way into a listpack.
enum ScoreItem {
    Int(i64),
    Text(DoubleText),
}

impl ScoreItem {
    fn new(score: f64) -> ScoreItem {
        const WHOLE_MAX: f64 = (1u64 << 62) as f64;
        if score.abs() <= WHOLE_MAX && score == (score as i64) as f64 {
            ScoreItem::Int(score as i64)
        } else {
            ScoreItem::Text(double::format(score))
        }
    }

    fn item(&self) -> Item<'_> {
        match self {
            ScoreItem::Int(score) => Item::Int(*score),
            ScoreItem::Text(text) => Item::Bytes(text.as_bytes()),
        }
    }
}

#[inline]
fn decode_score(item: Item<'_>) -> f64 {
    parse_score(item).expect("scores in a listpack are numbers")
}

#[inline]
fn parse_score(item: Item<'_>) -> Option<f64> {
    match item {
        Item::Int(score) => Some(score as f64),
        Item::Bytes(text) => double::parse(text),
    }
}

/// Inserts an element that is not there at its place.
fn insert_in_listpack(listpack: &mut ListpackMut<'_>, member: &[u8], score: f64) {
    let (view, mut buffer) = (listpack.as_ref(), DecimalBuffer::new());
    let mut place = view.first();
    while let Some(here) = place {
        let score_place = view.next(here).expect("a member has a score");
        let other = decode_score(view.get(score_place));
        if other > score || other == score && view.get(here).text(&mut buffer) > member {
            break;
        }
        place = view.next(score_place);
    }
    let score = ScoreItem::new(score);
    match place {
        Some(place) => {
            listpack.insert_before(place, score.item());
            listpack.insert_before(place, Item::parse(member));
        }
        None => {
            listpack.push_back(Item::parse(member));
            listpack.push_back(score.item());
        }
    }
}

/// As [`SortedSetRef::ranks_by_member`]: the range is not empty by itself.
fn ranks_in_listpack(listpack: ListpackRef<'_>, range: MemberRange<'_>, downwards: bool) -> Range<usize> {
    let members: Vec<_> = listpack.pairs().map(|(member, _)| member.bytes()).collect();
    let (Some(first), Some(last)) = (members.first(), members.last()) else { return 0..0 };
    if !range.reached_by(last) || !range.not_left_by(first) {
        return 0..0;
    }
    if downwards {
        let end = members.iter().rposition(|member| range.not_left_by(member)).map_or(0, |at| at + 1);
        let count = members[..end].iter().rev().take_while(|member| range.reached_by(member)).count();
        end - count..end
    } else {
        let start = members.iter().position(|member| range.reached_by(member)).unwrap_or(members.len());
        let count = members[start..].iter().take_while(|member| range.not_left_by(member)).count();
        start..start + count
    }
}
