//! Simulated time: a monotonic clock that jumps from event to event, and a wall clock that may step.

use etalon_core::Now;

/// Where the wall clock starts: an arbitrary day, in microseconds since the Unix epoch.
const WALL_START_US: i64 = 1_700_000_000_000_000;

/// Both clocks of the node.
#[derive(Clone, Debug)]
pub struct Clock {
    monotonic_us: u64,
    wall_offset_us: i64,
}

impl Clock {
    pub fn new() -> Clock {
        Clock { monotonic_us: 1_000_000, wall_offset_us: WALL_START_US }
    }

    pub fn now(&self) -> Now {
        let unix_us = self.monotonic_us as i64 + self.wall_offset_us;
        Now { unix_us: unix_us as u64, monotonic_us: self.monotonic_us }
    }

    /// Jumps to an event. Time never goes back.
    pub fn jump_to(&mut self, monotonic_us: u64) {
        assert!(monotonic_us >= self.monotonic_us, "an event lies in the past");
        self.monotonic_us = monotonic_us;
    }

    /// Moves the wall clock alone.
    pub fn step_wall(&mut self, delta_us: i64) {
        self.wall_offset_us += delta_us;
    }
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::new()
    }
}
