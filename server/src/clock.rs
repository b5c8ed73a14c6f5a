//! The clocks: the only place where the server reads one.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use etalon_core::Now;

static ORIGIN: OnceLock<Instant> = OnceLock::new();

/// Microseconds on the monotonic clock since the first call.
#[inline]
pub fn monotonic_us() -> u64 {
    let elapsed = ORIGIN.get_or_init(Instant::now).elapsed();
    elapsed.as_secs() * 1_000_000 + u64::from(elapsed.subsec_micros())
}

/// Both clocks.
#[inline]
pub fn now() -> Now {
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Now { unix_us: unix.as_secs() * 1_000_000 + u64::from(unix.subsec_micros()), monotonic_us: monotonic_us() }
}
