//! Geohashes: points on the earth as 52-bit integers, and the cells that a search by radius or box looks into.
//!
//! ```text
//!   bit 51 (longitude)                                       bit 0 (latitude)
//!   ┌────┬────┬────┬────┬───┬────┬────┐
//!   │ x₁ │ y₁ │ x₂ │ y₂ │ … │ x₂₆│ y₂₆│        each step halves the cell in both directions
//!   └────┴────┴────┴────┴───┴────┴────┘
//! ```
//!
//! Longitudes run from -180 to 180, latitudes from -85.05112878 to 85.05112878 (Web Mercator). As a sorted set's score the
//! hash is exact, but on the eastern and northern edges, where it has more bits. A search picks a step so coarse that a cell
//! and its eight neighbours cover the shape, drops the neighbours that the shape doesn't touch and reads the ranges of scores
//! that the cells are: see `search.rs`.
//!
//! All O(1). Source: behaviour of 7.0.15, recorded; every formula keeps Redis's order of operations, so that doubles are
//! equal to the last bit where the machine's sine and cosine are.

mod search;
#[cfg(test)]
mod tests;

pub use self::search::{Area, SearchShape, Shape, distance_m, distance_text};

pub const LONGITUDE_MAX: f64 = 180.0;
pub const LATITUDE_MAX: f64 = 85.051_128_78;
/// Steps of a hash that is a score.
pub const STEPS_MAX: u32 = 26;
const LATITUDE_POLE: f64 = 90.0;
const ALPHABET: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";

/// A point in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub longitude: f64,
    pub latitude: f64,
}

/// A cell: its place among those of its size, and its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    bits: u64,
    steps: u32,
}

/// What a cell covers, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds {
    pub longitude: (f64, f64),
    pub latitude: (f64, f64),
}

impl Point {
    /// Whether a sorted set can hold it.
    pub fn is_valid(self) -> bool {
        (-LONGITUDE_MAX..=LONGITUDE_MAX).contains(&self.longitude)
            && (-LATITUDE_MAX..=LATITUDE_MAX).contains(&self.latitude)
    }

    /// The hash of the point, which must be valid: 52 bits, or 54 on the edges at 180 degrees east and in the north.
    pub fn hash(self) -> u64 {
        Cell::of(self, STEPS_MAX).bits
    }

    /// The score under which GEOADD stores the point, which must be valid. Exact but for the edges.
    pub fn score(self) -> f64 {
        self.hash() as f64
    }

    /// The middle of the cell that a score stands for: what GEOPOS answers. Scores from ZADD may be anything: what doesn't
    /// fit is cut off.
    pub fn from_score(score: f64) -> Self {
        let bounds = Cell { bits: score_bits(score), steps: STEPS_MAX }.bounds();
        let middle = |(min, max): (f64, f64), limit: f64| ((min + max) / 2.0).clamp(-limit, limit);
        Self { longitude: middle(bounds.longitude, LONGITUDE_MAX), latitude: middle(bounds.latitude, LATITUDE_MAX) }
    }

    /// The standard geohash of eleven characters, of which the last is always `0`: 52 bits give ten.
    pub fn base32(self) -> [u8; 11] {
        let bits = interleave(
            fixed_point(self.latitude, LATITUDE_POLE, STEPS_MAX),
            fixed_point(self.longitude, LONGITUDE_MAX, STEPS_MAX),
        );
        std::array::from_fn(|i| match i {
            10 => ALPHABET[0],
            _ => ALPHABET[(bits >> (52 - 5 * (i + 1))) as usize & 0x1f],
        })
    }
}

impl Cell {
    /// The cell with `steps` steps (1 to 26) that holds a valid point.
    pub(crate) fn of(point: Point, steps: u32) -> Self {
        debug_assert!((1..=STEPS_MAX).contains(&steps));
        let y = fixed_point(point.latitude, LATITUDE_MAX, steps);
        let x = fixed_point(point.longitude, LONGITUDE_MAX, steps);
        Self { bits: interleave(y, x), steps }
    }

    /// The scores of points inside: from the first up to but not including the second.
    pub fn scores(self) -> (u64, u64) {
        let shift = 52 - 2 * self.steps;
        (self.bits << shift, (self.bits + 1) << shift)
    }

    pub(crate) fn bounds(self) -> Bounds {
        let cells = (1_u64 << self.steps) as f64;
        let side = |at: u32, limit: f64| {
            let (least, scale) = (-limit, limit - -limit);
            let edge = |at: u32| least + (f64::from(at) / cells) * scale;
            (edge(at), edge(at.wrapping_add(1)))
        };
        Bounds {
            longitude: side(deinterleave(self.bits >> 1), LONGITUDE_MAX),
            latitude: side(deinterleave(self.bits), LATITUDE_MAX),
        }
    }

    /// The cell so many to the east and to the north, around the world if need be (over the poles too, as Redis does).
    pub(crate) fn moved(self, east: i32, north: i32) -> Self {
        let mask = ((1_u64 << self.steps) - 1) as u32;
        // The outermost edge has a bit more, which goes only in the direction of the step.
        let step = |at: u64, by: i32| match by {
            0 => deinterleave(at),
            _ => deinterleave(at).wrapping_add_signed(by) & mask,
        };
        Self { bits: interleave(step(self.bits, north), step(self.bits >> 1, east)), steps: self.steps }
    }
}

/// A score as 64 bits: negative ones in two's complement, and 2^63 or 0 for what is out of range.
fn score_bits(score: f64) -> u64 {
    const HALF: f64 = (1_u64 << 63) as f64;
    let signed = |score: f64| if (-HALF..HALF).contains(&score) { score as i64 } else { i64::MIN };
    if score < HALF { signed(score) as u64 } else { signed(score - HALF) as u64 ^ 1 << 63 }
}

/// A coordinate between `-limit` and `limit`, as a fraction of the way, in units of `2^-steps`.
fn fixed_point(coordinate: f64, limit: f64, steps: u32) -> u32 {
    let fraction = (coordinate - -limit) / (limit - -limit);
    (fraction * (1_u64 << steps) as f64) as u32
}

/// The bits of `even` at even places, those of `odd` between them.
fn interleave(even: u32, odd: u32) -> u64 {
    spread(even) | spread(odd) << 1
}

fn spread(bits: u32) -> u64 {
    let mut x = u64::from(bits);
    x = (x | x << 16) & 0x0000_ffff_0000_ffff;
    x = (x | x << 8) & 0x00ff_00ff_00ff_00ff;
    x = (x | x << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    x = (x | x << 2) & 0x3333_3333_3333_3333;
    (x | x << 1) & 0x5555_5555_5555_5555
}

/// The bits at even places.
fn deinterleave(bits: u64) -> u32 {
    let mut x = bits & 0x5555_5555_5555_5555;
    x = (x | x >> 1) & 0x3333_3333_3333_3333;
    x = (x | x >> 2) & 0x0f0f_0f0f_0f0f_0f0f;
    x = (x | x >> 4) & 0x00ff_00ff_00ff_00ff;
    x = (x | x >> 8) & 0x0000_ffff_0000_ffff;
    (x | x >> 16) as u32
}
