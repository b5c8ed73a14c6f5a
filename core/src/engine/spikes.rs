//! Latency spikes: for each event that took at least `latency-monitor-threshold` milliseconds, the last 160 seconds in
//! which it did.
//!
//! | event | what took that long |
//! |---|---|
//! | `command`, `fast-command` | a call, by the FAST flag of its row |
//! | `command-unblocking` | answering a client that waited |
//! | `expire-cycle` | a round of active expiry |
//! | `eviction-cycle` | a round of eviction |
//! | `eviction-del` | the deletion of one evicted key |
//!
//! Of several spikes within one second the highest is kept.
//!
//! Source: replies of LATENCY of 7.0.15. Deviation: events are told in the order of their names, where Redis has that of a
//! hash table.

use std::collections::{BTreeMap, VecDeque};

use super::Engine;

/// Seconds that a series remembers.
const SPIKES_MAX: usize = 160;

/// The highest latency of a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spike {
    /// Unix seconds.
    pub at_s: u64,
    pub latency_ms: u64,
}

/// The spikes of one event, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Series {
    spikes: VecDeque<Spike>,
    /// The highest ever.
    pub highest_ms: u64,
}

/// The series of all events that ever had a spike.
#[derive(Clone, Debug, Default)]
pub struct Spikes {
    events: BTreeMap<&'static str, Series>,
}

impl Series {
    /// The oldest first. Never empty.
    pub fn spikes(&self) -> impl ExactSizeIterator<Item = Spike> {
        self.spikes.iter().copied()
    }

    fn add(&mut self, spike: Spike) {
        self.highest_ms = self.highest_ms.max(spike.latency_ms);
        match self.spikes.back_mut() {
            Some(last) if last.at_s == spike.at_s => last.latency_ms = last.latency_ms.max(spike.latency_ms),
            _ => {
                self.spikes.push_back(spike);
                if self.spikes.len() > SPIKES_MAX {
                    self.spikes.pop_front();
                }
            }
        }
    }
}

impl Spikes {
    /// Events with their series, by name.
    pub fn events(&self) -> impl ExactSizeIterator<Item = (&'static str, &Series)> {
        self.events.iter().map(|(event, series)| (*event, series))
    }

    /// The series of an event.
    pub fn series(&self, event: &[u8]) -> Option<(&'static str, &Series)> {
        self.events().find(|(known, _)| known.as_bytes() == event)
    }

    /// Forgets an event, whatever the case of its name. Whether it was there.
    pub fn forget(&mut self, event: &[u8]) -> bool {
        let before = self.events.len();
        self.events.retain(|known, _| !known.as_bytes().eq_ignore_ascii_case(event));
        self.events.len() < before
    }

    /// Forgets everything. How many events there were.
    pub fn clear(&mut self) -> usize {
        std::mem::take(&mut self.events).len()
    }
}

impl Engine {
    /// Something took that long: a spike, if it is long enough. O(1).
    #[inline]
    pub(crate) fn note_latency(&mut self, event: &'static str, elapsed_us: u64) {
        let threshold_ms = self.config.latency_monitor_threshold;
        if threshold_ms > 0 && elapsed_us / 1000 >= threshold_ms {
            let spike = Spike { at_s: self.now.unix_s(), latency_ms: elapsed_us / 1000 };
            self.spikes.events.entry(event).or_default().add(spike);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_keeps_its_highest_spike_and_a_series_its_last_160_seconds() {
        let mut series = Series::default();
        for (at_s, latency_ms) in [(1, 5), (1, 9), (1, 7), (2, 3)] {
            series.add(Spike { at_s, latency_ms });
        }
        let all: Vec<(u64, u64)> = series.spikes().map(|spike| (spike.at_s, spike.latency_ms)).collect();
        assert_eq!((all, series.highest_ms), (vec![(1, 9), (2, 3)], 9));
        (3..=161).for_each(|at_s| series.add(Spike { at_s, latency_ms: 1 }));
        assert_eq!((series.spikes().len(), series.spikes().next().map(|spike| spike.at_s)), (160, Some(2)));
        assert_eq!(series.highest_ms, 9);
    }
}
