//! How recently and how often a key was used: 24 bits, read as LRU or as LFU by the eviction policy in force.
//!
//! ```text
//!   LRU:  24 bits: seconds, modulo 2^24
//!   LFU:  16 bits: minutes of the last decrement, modulo 2^16 | 8 bits: logarithmic counter
//! ```
//!
//! Source: the description of `maxmemory-policy` in redis.conf, and observed OBJECT IDLETIME and OBJECT FREQ.

use crate::structures::Rng;
use crate::time::Now;

const LRU_MAX: u32 = (1 << 24) - 1;
/// The counter a new key starts with, so that it isn't evicted at once.
pub const LFU_INIT: u8 = 5;

/// The 24 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recency(u32);

/// What the bits mean, and the parameters of LFU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecencyPolicy {
    /// Whether `maxmemory-policy` is one of the LFU ones.
    pub lfu: bool,
    /// `lfu-log-factor`
    pub log_factor: u32,
    /// `lfu-decay-time`, minutes.
    pub decay_minutes: u32,
}

impl Default for RecencyPolicy {
    fn default() -> RecencyPolicy {
        RecencyPolicy { lfu: false, log_factor: 10, decay_minutes: 1 }
    }
}

impl Recency {
    pub fn from_bits(bits: u32) -> Recency {
        Recency(bits & LRU_MAX)
    }

    pub fn from_bytes([a, b, c]: [u8; 3]) -> Recency {
        Recency(u32::from_le_bytes([a, b, c, 0]))
    }

    pub fn to_bytes(self) -> [u8; 3] {
        let [a, b, c, _] = self.0.to_le_bytes();
        [a, b, c]
    }

    /// The mark of a key created now.
    pub fn created(now: Now, policy: RecencyPolicy) -> Recency {
        if policy.lfu { Recency::lfu(minutes(now), LFU_INIT) } else { Recency(lru_clock(now)) }
    }

    /// The mark after one more use.
    pub fn touched(self, now: Now, policy: RecencyPolicy, rng: &mut Rng) -> Recency {
        if !policy.lfu {
            return Recency(lru_clock(now));
        }
        let counter = self.decayed(now, policy);
        Recency::lfu(minutes(now), increment(counter, policy.log_factor, rng))
    }

    /// Seconds since the last use. A clock that has wrapped counts 2^24 - 1 seconds a round, as in the original.
    pub fn idle_s(self, now: Now) -> u64 {
        let clock = lru_clock(now);
        let seconds = if clock >= self.0 { clock - self.0 } else { clock + (LRU_MAX - self.0) };
        seconds as u64
    }

    /// The mark of a key last used `seconds` ago (RESTORE's IDLETIME). The original counts in milliseconds on the way,
    /// which wraps for absurd numbers; so does this.
    pub fn idle_for(now: Now, seconds: i64) -> Recency {
        let seconds = seconds.wrapping_mul(1000) / 1000;
        let mut mark = (lru_clock(now) as i64).wrapping_sub(seconds);
        if mark < 0 {
            mark = mark.wrapping_add(LRU_MAX as i64);
        }
        Recency(mark as u32 & LRU_MAX)
    }

    /// The 24 bits, as DEBUG OBJECT shows them.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// The mark with a given counter (RESTORE's FREQ).
    pub fn with_frequency(now: Now, counter: u8) -> Recency {
        Recency::lfu(minutes(now), counter)
    }

    /// The LFU counter, less one for each decay period that has passed.
    pub fn decayed(self, now: Now, policy: RecencyPolicy) -> u8 {
        let counter = (self.0 & 0xff) as u8;
        // The original counts 65,535 minutes a round.
        let (clock, last) = (minutes(now) as u32, self.0 >> 8);
        let elapsed = if clock >= last { clock - last } else { 65_535 - last + clock };
        let periods = elapsed.checked_div(policy.decay_minutes).unwrap_or(0);
        counter.saturating_sub(periods.min(255) as u8)
    }

    fn lfu(minutes: u16, counter: u8) -> Recency {
        Recency((minutes as u32) << 8 | counter as u32)
    }
}

fn lru_clock(now: Now) -> u32 {
    (now.unix_s() & LRU_MAX as u64) as u32
}

fn minutes(now: Now) -> u16 {
    ((now.unix_s() / 60) & 0xffff) as u16
}

/// The probabilistic increment: the higher the counter, the rarer.
fn increment(counter: u8, log_factor: u32, rng: &mut Rng) -> u8 {
    if counter == u8::MAX {
        return counter;
    }
    let base = counter.saturating_sub(LFU_INIT) as u64;
    if rng.below(base * log_factor as u64 + 1) == 0 { counter + 1 } else { counter }
}
