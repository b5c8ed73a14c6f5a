//! Time as an argument: the engine never reads a clock.
//!
//! Two clocks, because the simulator skews them apart: the wall clock (expiry, TIME, LASTSAVE) may step in
//! either direction; the monotonic clock (timeouts, idle times, pauses) never goes back.

/// The instant at which the driver makes a call. Both clocks in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Now {
    /// Wall clock, microseconds since the Unix epoch.
    pub unix_us: u64,
    /// Monotonic clock, microseconds since an arbitrary origin.
    pub monotonic_us: u64,
}

impl Now {
    /// Wall clock in milliseconds, the unit of every expiry.
    pub fn unix_ms(self) -> UnixMillis {
        UnixMillis((self.unix_us / 1000) as i64)
    }

    /// Wall clock in whole seconds.
    pub fn unix_s(self) -> u64 {
        self.unix_us / 1_000_000
    }

    /// Monotonic clock in milliseconds.
    pub fn monotonic_ms(self) -> u64 {
        self.monotonic_us / 1000
    }
}

/// Milliseconds since the Unix epoch; the absolute form in which expiries are stored. May be negative:
/// `EXPIREAT key -1` is accepted by Redis (and deletes the key).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(pub i64);
