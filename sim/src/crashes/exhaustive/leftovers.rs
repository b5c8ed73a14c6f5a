//! All that a crash can leave, by counting through the choices that [`Disk::after_crash`] makes.

use crate::disk::{Disk, Survival, Tail};

/// A number whose digits are choices; how many there are, and how far each goes, shows while they are made.
#[derive(Default)]
struct Choices {
    /// Each with its bound.
    digits: Vec<(u64, u64)>,
    at: usize,
}

impl Choices {
    fn choose(&mut self, bound: u64) -> u64 {
        if self.at == self.digits.len() {
            self.digits.push((0, bound));
        }
        self.at += 1;
        self.digits[self.at - 1].0
    }

    /// The next number: choices that come later count faster. Whether there is one.
    fn advance(&mut self) -> bool {
        self.at = 0;
        while self.digits.last().is_some_and(|(digit, bound)| digit + 1 == *bound) {
            self.digits.pop();
        }
        match self.digits.last_mut() {
            Some((digit, _)) => *digit += 1,
            None => return false,
        }
        true
    }
}

/// Every subset of what is not durable, with that kind of tail for each name. Errors: the first of `each`.
pub fn each_leftover(
    disk: &Disk,
    tail: impl Fn(&[u8]) -> Tail,
    mut each: impl FnMut(Disk) -> Result<(), String>,
) -> Result<(), String> {
    let mut choices = Choices::default();
    loop {
        each(disk.after_crash_with(Survival::Subset, &tail, &mut |bound| choices.choose(bound)))?;
        if !choices.advance() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_numbers_are_counted_through_when_later_digits_depend_on_earlier_ones() {
        let (mut choices, mut seen) = (Choices::default(), Vec::new());
        loop {
            let first = choices.choose(3);
            let second = if first == 1 { choices.choose(2) } else { 0 };
            seen.push((first, second));
            if !choices.advance() {
                break;
            }
        }
        assert_eq!(seen, [(0, 0), (1, 0), (1, 1), (2, 0)]);
    }
}
