//! The generator behind `math.random`: the 48-bit linear congruential one of drand48, as Redis carries it along so that
//! scripts draw the same numbers on every machine.
//!
//! A new server begins with seed 0x1234ABCD in the upper bits; what a script has drawn or seeded stays for the next.

const MULTIPLIER: u64 = 0x5_DEEC_E66D;
const INCREMENT: u64 = 0xB;
const MASK: u64 = (1 << 48) - 1;
/// What a seed is completed with.
const LOW_BITS: u64 = 0x330E;
/// One more than the largest number drawn is never returned: fractions are of this.
const FRACTION_MAX: i32 = i32::MAX;

/// 48 bits of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScriptRandom(u64);

impl Default for ScriptRandom {
    fn default() -> ScriptRandom {
        ScriptRandom(0x1234_ABCD << 16 | LOW_BITS)
    }
}

impl ScriptRandom {
    /// Begins a sequence.
    pub fn seed(&mut self, seed: i32) {
        self.0 = (seed as u32 as u64) << 16 | LOW_BITS;
    }

    /// 31 random bits.
    fn next(&mut self) -> i32 {
        self.0 = self.0.wrapping_mul(MULTIPLIER).wrapping_add(INCREMENT) & MASK;
        (self.0 >> 17) as i32
    }

    /// From 0 up to 1, which it never is.
    pub fn fraction(&mut self) -> f64 {
        f64::from(self.next() % FRACTION_MAX) / f64::from(FRACTION_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_those_of_the_real_server() {
        let mut random = ScriptRandom::default();
        let drawn: Vec<String> = (0..4).map(|_| format!("{:.14}", random.fraction())).collect();
        assert_eq!(drawn, ["0.39646477363839", "0.84048536971234", "0.35333609737146", "0.44658343468168"]);
        random.seed(0);
        let drawn: Vec<String> = (0..2).map(|_| format!("{:.14}", random.fraction())).collect();
        assert_eq!(drawn, ["0.17082803611217", "0.74990198051087"]);
    }
}
