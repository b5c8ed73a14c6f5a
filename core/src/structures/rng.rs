//! The seeded generator: xoshiro256** (Blackman and Vigna, 2018), its state filled by splitmix64.
//!
//! Every random choice of the engine comes from one of these, so the same seed gives the same bytes on every
//! machine. Not for secrets: hash seeds and passwords come from the driver.

/// A deterministic random generator. `Clone` copies the state: both copies then give the same numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng {
    state: [u64; 4],
}

impl Rng {
    /// A generator whose whole future is determined by `seed`. Every seed is good, 0 included.
    pub fn new(seed: u64) -> Self {
        let mut z = seed;
        let state = std::array::from_fn(|_| splitmix64(&mut z));
        Self { state }
    }

    /// The next 64 uniformly distributed bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        let [s0, s1, s2, s3] = &mut self.state;
        let result = s1.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let t = *s1 << 17;
        *s2 ^= *s0;
        *s3 ^= *s1;
        *s1 ^= *s2;
        *s0 ^= *s3;
        *s2 ^= t;
        *s3 = s3.rotate_left(45);
        result
    }

    /// A uniform number in `0..bound`, without bias (Lemire, 2019). Panics when `bound` is 0.
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "an empty range has no element to choose");
        let mut wide = u128::from(self.next_u64()) * u128::from(bound);
        if (wide as u64) < bound {
            // The rare part: numbers in the incomplete last interval are drawn again.
            let threshold = bound.wrapping_neg() % bound;
            while (wide as u64) < threshold {
                wide = u128::from(self.next_u64()) * u128::from(bound);
            }
        }
        (wide >> 64) as u64
    }

    /// A generator for another purpose, independent of what this one gives next.
    pub fn fork(&mut self) -> Self {
        Self::new(self.next_u64())
    }

    /// Fills `out` with random bytes.
    pub fn fill(&mut self, out: &mut [u8]) {
        for part in out.chunks_mut(8) {
            let bytes = self.next_u64().to_le_bytes();
            part.copy_from_slice(&bytes[..part.len()]);
        }
    }
}

/// Steele, Lea and Flood's mixer, used to spread a seed over the whole state.
fn splitmix64(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeding_matches_the_published_splitmix64() {
        let mut state = 0;
        assert_eq!(splitmix64(&mut state), 0xe220_a839_7b1d_cdaf);
        assert_eq!(splitmix64(&mut state), 0x6e78_9e6a_a1b9_65f4);
        assert_eq!(splitmix64(&mut state), 0x06c4_5d18_8009_454f);
    }

    #[test]
    fn the_generator_follows_its_definition_from_a_small_state() {
        let mut rng = Rng { state: [1, 2, 3, 4] };
        // 2 * 5 rotated by 7, times 9; then the state [7, 0, 262146, 6 << 45] gives 0, and so on.
        assert_eq!(rng.next_u64(), 11520);
        assert_eq!(rng.next_u64(), 0);
        assert_eq!(rng.next_u64(), 1_509_978_240);
    }

    #[test]
    fn below_reaches_every_number_equally_often() {
        let mut rng = Rng::new(7);
        for bound in [1u64, 2, 3, 7, 10] {
            let mut seen = vec![0u32; bound as usize];
            for _ in 0..20_000 {
                seen[rng.below(bound) as usize] += 1;
            }
            let expected = 20_000.0 / bound as f64;
            let chi2: f64 = seen.iter().map(|&n| (f64::from(n) - expected).powi(2) / expected).sum();
            // The 99.99 % quantile for 9 degrees of freedom.
            assert!(chi2 < 33.8, "bound {bound}: chi squared {chi2}");
        }
    }

    #[test]
    fn below_draws_again_where_a_plain_product_would_be_biased() {
        // With 3 * 2^62 numbers a quarter of the draws falls into the incomplete interval: the thirds stay equal.
        let bound = 3u64 << 62;
        let mut rng = Rng::new(11);
        let mut thirds = [0u32; 3];
        for _ in 0..30_000 {
            thirds[(rng.below(bound) >> 62) as usize] += 1;
        }
        assert!(thirds.iter().all(|&n| (9_600..10_400).contains(&n)), "{thirds:?}");
    }

    #[test]
    fn forks_and_clones_are_what_they_say() {
        let mut a = Rng::new(1);
        let mut b = a.clone();
        assert_eq!(a.next_u64(), b.next_u64());
        let mut c = a.fork();
        assert_ne!(a.next_u64(), c.next_u64());
        let mut bytes = [0u8; 13];
        a.fill(&mut bytes);
        assert!(bytes.iter().any(|&b| b != 0));
    }
}
