//! The network between a client and the node: in order within a direction, split and joined as it likes, late.
//!
//! A pipe holds bytes that were sent and have not arrived. Each delivery takes some of them: all, one, a random cut, or a cut
//! right inside a line end, as the seed of the sending step says.

use bytes::{Bytes, BytesMut};
use etalon_core::structures::Rng;

/// How a sending is cut into deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Everything that is there.
    Whole,
    /// A byte at a time.
    Bytes,
    /// Anywhere.
    Random,
}

impl Cut {
    pub fn draw(rng: &mut Rng) -> Cut {
        match rng.below(8) {
            0 => Cut::Bytes,
            1..=3 => Cut::Random,
            _ => Cut::Whole,
        }
    }

    /// How many of `available` bytes (at least one) the next delivery takes.
    pub fn take(self, available: usize, rng: &mut Rng) -> usize {
        match self {
            Cut::Whole => available,
            // Long streams of single bytes take long and show nothing new after the first few dozen.
            Cut::Bytes if available < 80 => 1,
            Cut::Bytes | Cut::Random => 1 + rng.below(available as u64) as usize,
        }
    }
}

/// One direction of a connection.
#[derive(Clone, Debug, Default)]
pub struct Pipe {
    bytes: BytesMut,
}

impl Pipe {
    pub fn send(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The next `count` bytes arrive.
    pub fn deliver(&mut self, count: usize) -> Bytes {
        self.bytes.split_to(count).freeze()
    }
}
