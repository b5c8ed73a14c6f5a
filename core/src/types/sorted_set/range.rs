//! Parts of a sorted set: by score and by member.
//!
//! A bound by member makes sense where all scores are equal. Among different scores 7.0.15 answers from a listpack whatever
//! a walk from one end meets first, and that is what [`SortedSetRef`](super::SortedSetRef) does too; from a skiplist
//! its answer depends on chance.

use std::ops::Range;

/// Scores from `min` to `max`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreRange {
    pub min: f64,
    pub max: f64,
    /// Whether the bound itself is left out.
    pub min_excluded: bool,
    pub max_excluded: bool,
}

impl ScoreRange {
    /// Whether a score is not below the range.
    pub fn reached_by(self, score: f64) -> bool {
        if self.min_excluded { score > self.min } else { score >= self.min }
    }

    /// Whether a score is not above the range.
    pub fn not_left_by(self, score: f64) -> bool {
        if self.max_excluded { score < self.max } else { score <= self.max }
    }
}

/// One end of a range of members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberBound<'a> {
    /// Before all members.
    Lowest,
    /// Behind all members.
    Highest,
    Included(&'a [u8]),
    Excluded(&'a [u8]),
}

/// Members between two bounds, in bytewise order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberRange<'a> {
    pub min: MemberBound<'a>,
    pub max: MemberBound<'a>,
}

impl MemberRange<'_> {
    /// Whether a member is not below the range.
    pub fn reached_by(self, member: &[u8]) -> bool {
        match self.min {
            MemberBound::Lowest => true,
            MemberBound::Highest => false,
            MemberBound::Included(min) => member >= min,
            MemberBound::Excluded(min) => member > min,
        }
    }

    /// Whether a member is not above the range.
    pub fn not_left_by(self, member: &[u8]) -> bool {
        match self.max {
            MemberBound::Lowest => false,
            MemberBound::Highest => true,
            MemberBound::Included(max) => member <= max,
            MemberBound::Excluded(max) => member < max,
        }
    }

    /// Whether no member at all can be inside.
    pub fn is_empty(self) -> bool {
        use MemberBound::{Excluded, Highest, Included, Lowest};
        match (self.min, self.max) {
            (Highest, _) | (_, Lowest) => true,
            (Lowest, _) | (_, Highest) => false,
            (Included(min), Included(max)) => min > max,
            (Included(min) | Excluded(min), Included(max) | Excluded(max)) => min >= max,
        }
    }
}

/// Ranks from `start` to `stop`, both included and negative from the end, as indices into `len` elements.
pub fn ranks(start: i64, stop: i64, len: usize) -> Range<usize> {
    let from_end = |index: i64| if index < 0 { index.saturating_add(len as i64) } else { index };
    let (start, stop) = (from_end(start).max(0), from_end(stop).min(len as i64 - 1));
    if start > stop { 0..0 } else { start as usize..stop as usize + 1 }
}
