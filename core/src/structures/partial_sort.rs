//! A quicksort that cares for a part only: the elements that end up there are in order, the others somewhere around them.
//!
//! ```text
//!   ┌──────────┬─────────────────────────────┬──────────┐
//!   │ smaller  │ range: as in a sorted slice │ greater  │
//!   └──────────┴─────────────────────────────┴──────────┘
//! ```
//!
//! It is Bentley and McIlroy's sort ("Engineering a Sort Function", 1993) that leaves out partitions away from the range. Redis
//! uses it where LIMIT or COUNT cuts off; it is not stable, so which of several equal elements are inside shows in
//! replies, and every comparison and exchange here is theirs, one for one. Source: the paper; ties observed, 7.0.15.
//!
//! O(n + m log m) on average for m elements in the range.

use std::cmp::Ordering;
use std::ops::Range;

/// Slices shorter than this are sorted by insertion.
const INSERTION_LEN: usize = 7;
/// From here on the pivot is the median of nine elements, not of three.
const NINTHER_LEN: usize = 41;

/// Puts those elements in order that belong in `range`, which is not empty, counted from the start of the slice.
pub fn sort_part<T>(slice: &mut [T], range: Range<usize>, mut compare: impl FnMut(&T, &T) -> Ordering) {
    debug_assert!(range.start < range.end && range.end <= slice.len());
    sort(slice, 0, &range, &mut compare);
}

/// Sorts a slice that starts at `offset` of the whole.
fn sort<T>(slice: &mut [T], offset: usize, wanted: &Range<usize>, compare: &mut impl FnMut(&T, &T) -> Ordering) {
    let (mut slice, mut offset) = (slice, offset);
    loop {
        if slice.len() < INSERTION_LEN {
            sort_by_insertion(slice, compare);
            return;
        }
        let (less, greater) = partition(slice, compare);
        let touches = |start: usize, len: usize| len > 1 && start < wanted.end && wanted.start < start + len;
        if touches(offset, less) {
            sort(&mut slice[..less], offset, wanted, compare);
        }
        let start = slice.len() - greater;
        if !touches(offset + start, greater) {
            return;
        }
        offset += start;
        slice = &mut slice[start..];
    }
}

fn sort_by_insertion<T>(slice: &mut [T], compare: &mut impl FnMut(&T, &T) -> Ordering) {
    for end in 1..slice.len() {
        let mut at = end;
        while at > 0 && compare(&slice[at - 1], &slice[at]).is_gt() {
            slice.swap(at - 1, at);
            at -= 1;
        }
    }
}

/// Brings a pivot and its equals between the smaller and the greater elements; returns how many of these there are.
fn partition<T>(slice: &mut [T], compare: &mut impl FnMut(&T, &T) -> Ordering) -> (usize, usize) {
    let len = slice.len();
    let pivot = choose_pivot(slice, compare);
    slice.swap(0, pivot);
    // Equal elements are gathered at both ends first:  = < ? > =
    // `high` and `equal_high` are one behind, so that they can't fall below 0.
    let (mut equal_low, mut low, mut high, mut equal_high) = (1, 1, len, len);
    loop {
        while low < high {
            match compare(&slice[low], &slice[0]) {
                Ordering::Greater => break,
                Ordering::Equal => {
                    slice.swap(equal_low, low);
                    equal_low += 1;
                }
                Ordering::Less => {}
            }
            low += 1;
        }
        while low < high {
            match compare(&slice[high - 1], &slice[0]) {
                Ordering::Less => break,
                Ordering::Equal => {
                    slice.swap(high - 1, equal_high - 1);
                    equal_high -= 1;
                }
                Ordering::Greater => {}
            }
            high -= 1;
        }
        if low >= high {
            break;
        }
        slice.swap(low, high - 1);
        low += 1;
        high -= 1;
    }
    let (less, greater) = (low - equal_low, equal_high - high);
    swap_blocks(slice, 0, low, equal_low.min(less));
    swap_blocks(slice, low, len, greater.min(len - equal_high));
    (less, greater)
}

/// Exchanges the `count` elements from `start` on with those that end before `end`.
fn swap_blocks<T>(slice: &mut [T], start: usize, end: usize, count: usize) {
    (0..count).for_each(|i| slice.swap(start + i, end - count + i));
}

fn choose_pivot<T>(slice: &[T], compare: &mut impl FnMut(&T, &T) -> Ordering) -> usize {
    let len = slice.len();
    let (mut low, mut middle, mut high) = (0, len / 2, len - 1);
    if len == INSERTION_LEN {
        return middle;
    }
    if len >= NINTHER_LEN {
        let step = len / 8;
        low = median(slice, [low, low + step, low + 2 * step], compare);
        middle = median(slice, [middle - step, middle, middle + step], compare);
        high = median(slice, [high - 2 * step, high - step, high], compare);
    }
    median(slice, [low, middle, high], compare)
}

fn median<T>(slice: &[T], [a, b, c]: [usize; 3], compare: &mut impl FnMut(&T, &T) -> Ordering) -> usize {
    let mut less = |x: usize, y: usize| compare(&slice[x], &slice[y]).is_lt();
    if less(a, b) {
        if less(b, c) {
            b
        } else if less(a, c) {
            c
        } else {
            a
        }
    } else if less(c, b) {
        b
    } else if less(a, c) {
        a
    } else {
        c
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_part_is_as_in_a_sorted_slice(
            keys in prop::collection::vec(0u16..500, 1..300), start in any::<prop::sample::Index>(), len in 1usize..400
        ) {
            let start = start.index(keys.len());
            let range = start..(start + len).min(keys.len());
            let (mut part, mut whole) = (keys.clone(), keys);
            sort_part(&mut part, range.clone(), u16::cmp);
            whole.sort_unstable();
            prop_assert_eq!(&part[range.clone()], &whole[range.clone()]);
            prop_assert!(part[..range.start].iter().all(|key| *key <= whole[range.start]));
            part.sort_unstable();
            prop_assert_eq!(part, whole);
        }
    }
}
