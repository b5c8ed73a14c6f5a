//! How long the calls of a command took: a histogram of fixed precision and bounded memory.
//!
//! The buckets are those of an HDR histogram (Gil Tene, <https://hdrhistogram.org>) with two significant digits, from 1 ns to 1 s,
//! as Redis has them, so that INFO and LATENCY HISTOGRAM round as Redis does:
//!
//! ```text
//!   page    0         1           2           3        …  23
//!   values  0…127     128…255     256…511     512…1023 …  2^29…2^30-1
//!   step    1         1           2           4        …  2^22                  128 counters a page
//! ```
//!
//! A page is allocated when it is first counted in. A command whose calls take similar times has one to five; 24 KiB
//! is the most that a histogram can take. Recording costs a shift and an increment.

/// Longer calls count as that long.
const NANOS_MAX: u64 = 1_000_000_000;
const PAGE: usize = 128;
const PAGE_BITS: u32 = PAGE.trailing_zeros();
const PAGES: usize = 24;

/// Durations of calls, in nanoseconds.
#[derive(Clone, Debug, Default)]
pub struct LatencyHistogram {
    pages: [Option<Box<[u64; PAGE]>>; PAGES],
    total: u64,
}

impl LatencyHistogram {
    /// Counts a call that took that long; 0 counts as 1. O(1).
    #[inline]
    pub fn record(&mut self, nanos: u64) {
        let (page, at) = bucket(nanos.clamp(1, NANOS_MAX));
        self.pages[page].get_or_insert_with(|| Box::new([0; PAGE]))[at] += 1;
        self.total += 1;
    }

    /// Number of calls.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The duration that `percentile` percent of the calls did not exceed, in nanoseconds, rounded up to the end of its
    /// bucket, or for percentile 0 down to its beginning. 0 without calls. O(buckets).
    pub fn at_percentile(&self, percentile: f64) -> u64 {
        let rank = (percentile.min(100.0) / 100.0 * self.total as f64 + 0.5) as u64;
        let rank = rank.max(1);
        let mut seen = 0;
        for (end, count) in self.buckets() {
            seen += count;
            if seen >= rank && percentile == 0.0 {
                return bucket_start(end);
            }
            if seen >= rank {
                return end;
            }
        }
        0
    }

    /// How many calls took at most 1, 2, 4, 8… µs, wherever that number grows. A bound is rounded up to the end of its
    /// bucket, then down to whole microseconds. O(buckets).
    pub fn doubling(&self) -> Vec<(u64, u64)> {
        let mut steps = Vec::new();
        let mut bound = 1024;
        let (mut calls, mut told) = (0, 0);
        let mut buckets = self.buckets().peekable();
        while buckets.peek().is_some() {
            let (page, at) = bucket(bound);
            // Nothing is counted beyond the last bucket.
            let end = bucket_end(page, at).min((1 << 30) - 1);
            while let Some((_, count)) = buckets.next_if(|(last, _)| *last <= end) {
                calls += count;
            }
            if calls > told {
                steps.push((end / 1000, calls));
                told = calls;
            }
            bound *= 2;
        }
        steps
    }

    /// Buckets that hold calls: the longest duration that counts there, and how many do; ascending.
    pub fn buckets(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let pages = self.pages.iter().enumerate().filter_map(|(index, page)| Some((index, page.as_deref()?)));
        pages.flat_map(|(index, page)| {
            let counts = page.iter().enumerate().filter(|(_, count)| **count > 0);
            counts.map(move |(at, &count)| (bucket_end(index, at), count))
        })
    }
}

/// Page and place of a duration.
#[inline]
fn bucket(nanos: u64) -> (usize, usize) {
    let shift = (u64::BITS - PAGE_BITS - 1).saturating_sub(nanos.leading_zeros());
    let scaled = (nanos >> shift) as usize;
    // Only the first page holds values below 128; everywhere else the leading bit is implied.
    match scaled >> PAGE_BITS {
        0 => (0, scaled),
        _ => (shift as usize + 1, scaled - PAGE),
    }
}

/// The longest duration that counts in a bucket.
fn bucket_end(page: usize, at: usize) -> u64 {
    match page {
        0 => at as u64,
        _ => ((PAGE + at + 1) as u64).wrapping_shl(page as u32 - 1) - 1,
    }
}

/// The shortest duration that counts in the bucket that holds `nanos`.
fn bucket_start(nanos: u64) -> u64 {
    let shift = (u64::BITS - PAGE_BITS - 1).saturating_sub(nanos.leading_zeros());
    nanos >> shift << shift
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_are_rounded_as_by_the_real_server() {
        // From INFO latencystats of 7.0.15: whole microseconds in, these out.
        for (micros, nanos) in [
            (0, 1),
            (1, 1_003),
            (2, 2_007),
            (3, 3_007),
            (5, 5_023),
            (8, 8_031),
            (10, 10_047),
            (16, 16_063),
            (19, 19_071),
            (33, 33_023),
            (100, 100_351),
            (1064, 1_064_959),
        ] {
            let mut histogram = LatencyHistogram::default();
            histogram.record(micros * 1000);
            assert_eq!(histogram.at_percentile(99.9), nanos, "{micros} µs");
        }
    }

    #[test]
    fn percentile_0_is_the_beginning_of_the_first_bucket() {
        let mut histogram = LatencyHistogram::default();
        histogram.record(10_100_000);
        assert_eq!((histogram.at_percentile(0.0), histogram.at_percentile(1.0)), (10_092_544, 10_158_079));
    }

    #[test]
    fn the_longest_duration_has_a_bucket() {
        let mut histogram = LatencyHistogram::default();
        histogram.record(u64::MAX);
        assert_eq!(histogram.total(), 1);
        assert!((NANOS_MAX..NANOS_MAX + NANOS_MAX / 100).contains(&histogram.at_percentile(100.0)));
        assert_eq!(LatencyHistogram::default().at_percentile(50.0), 0);
    }

    proptest! {
        #[test]
        fn a_bucket_holds_what_it_says_and_is_one_percent_wide(nanos in 1u64..=NANOS_MAX) {
            let (page, at) = bucket(nanos);
            let end = bucket_end(page, at);
            prop_assert!(end >= nanos && end - nanos <= nanos / 100);
            prop_assert_eq!(bucket(end), (page, at));
            prop_assert_ne!(bucket(end + 1), (page, at));
            prop_assert_eq!(bucket(bucket_start(nanos)), (page, at));
            prop_assert!(bucket_start(nanos) <= nanos && bucket_start(nanos) > 0);
            prop_assert_ne!(bucket(bucket_start(nanos) - 1), (page, at));
        }

        #[test]
        fn percentiles_are_those_of_the_sorted_list(mut list in proptest::collection::vec(1u64..=NANOS_MAX, 1..200), percentile in 0.01..100.0f64) {
            let mut histogram = LatencyHistogram::default();
            list.iter().for_each(|&nanos| histogram.record(nanos));
            list.sort();
            let rank = ((percentile / 100.0 * list.len() as f64 + 0.5) as usize).max(1);
            let (page, at) = bucket(list[rank - 1]);
            prop_assert_eq!(histogram.at_percentile(percentile), bucket_end(page, at));
        }
    }
}
