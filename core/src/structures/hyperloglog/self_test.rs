//! What PFSELFTEST does: registers keep what is written into them, both encodings count alike, and the estimate is as good as
//! the theory says.

use super::{HEADER, HyperLogLog, REGISTER_COUNT, Registers, add, dense_get, dense_set, empty, make_dense};
use crate::structures::Rng;

/// How often all registers are written.
const ROUNDS: usize = 20;
const ELEMENTS: u64 = 100_000;
/// `hll-sparse-max-bytes` of the test.
const SPARSE_BYTES_MAX: usize = 3000;

/// Runs the test. About 50 ms. Errors: what is wrong, as PFSELFTEST answers it.
pub fn self_test(rng: &mut Rng) -> Result<(), String> {
    registers_keep_their_values(rng)?;
    the_estimate_is_close(rng)
}

fn registers_keep_their_values(rng: &mut Rng) -> Result<(), String> {
    let mut body = vec![0; REGISTER_COUNT * 6 / 8];
    for _ in 0..ROUNDS {
        let values: Vec<u8> = (0..REGISTER_COUNT).map(|_| rng.below(64) as u8).collect();
        values.iter().enumerate().for_each(|(index, &value)| dense_set(&mut body, index, value));
        for (index, &value) in values.iter().enumerate() {
            let found = dense_get(&body, index);
            if found != value {
                return Err(format!("TESTFAILED Register {index} should be {value} but is {found}"));
            }
        }
    }
    Ok(())
}

fn the_estimate_is_close(rng: &mut Rng) -> Result<(), String> {
    let seed = rng.next_u64();
    let (mut either, mut dense) = (empty(), empty());
    let corrupted = |_| "TESTFAILED A HyperLogLog became corrupted".to_owned();
    make_dense(&mut dense).map_err(corrupted)?;
    // 1.04 / sqrt(m) is the standard error; six times that happens to one run in 10^9.
    let error_max = 1.04 / (REGISTER_COUNT as f64).sqrt() * 6.0;
    let mut checkpoint = 1;
    for count in 1..=ELEMENTS {
        let element = (seed ^ count).to_le_bytes();
        add(&mut either, &element, SPARSE_BYTES_MAX).map_err(corrupted)?;
        add(&mut dense, &element, SPARSE_BYTES_MAX).map_err(corrupted)?;
        if count != checkpoint {
            continue;
        }
        checkpoint *= 10;
        let view = |bytes| HyperLogLog::check(bytes).map_err(|_| "TESTFAILED A HyperLogLog lost its head".to_owned());
        let (from_either, from_dense) = (view(&either)?, view(&dense)?);
        let counted = from_either.count().map_err(corrupted)?;
        let mut union = Registers::new();
        union.merge(from_either).map_err(corrupted)?;
        union.merge(from_dense).map_err(corrupted)?;
        if counted != from_dense.count().map_err(corrupted)? || counted != union.count() {
            return Err(format!("TESTFAILED sparse and dense disagree for {count} elements"));
        }
        // With few elements a single collision is more than the standard error.
        if counted.abs_diff(count) as f64 > (count as f64 * error_max).ceil() {
            return Err(format!("TESTFAILED Too big error. card:{count} abserr:{}", counted.abs_diff(count)));
        }
    }
    debug_assert!(either.len() > HEADER);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_passes_from_many_seeds() {
        for seed in 0..10 {
            self_test(&mut Rng::new(seed)).expect("the structure is sound");
        }
    }
}
