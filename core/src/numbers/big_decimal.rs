//! The exact decimal form of a binary floating-point number, as long as it may be.
//!
//! ```text
//! value = (groups[0] + groups[1]·10^9 + groups[2]·10^18 + …) / 10^decimals
//! ```
//!
//! Multiplying by 2 or by 5 in this base needs no division of long numbers: m·2^e with a positive e is m doubled e times, and
//! m·2^-k equals m·5^k / 10^k. Both are done in strides of what fits beside a group in 64 bits.

/// A non-negative decimal number of any length.
#[derive(Clone, Debug)]
pub(super) struct BigDecimal {
    groups: Vec<u32>,
    decimals: usize,
}

const GROUP: u64 = 1_000_000_000;
const GROUP_DIGITS: usize = 9;

impl BigDecimal {
    /// `mantissa × 2^exponent`, exactly. O(exponent²).
    pub fn scaled_by_power_of_two(mantissa: u64, exponent: i32) -> Self {
        let mut value = Self { groups: Vec::new(), decimals: 0 };
        let mut rest = mantissa;
        while rest != 0 {
            value.groups.push((rest % GROUP) as u32);
            rest /= GROUP;
        }
        if exponent >= 0 {
            value.multiply_by_power(2, 29, exponent as usize);
        } else {
            value.decimals = exponent.unsigned_abs() as usize;
            value.multiply_by_power(5, 12, value.decimals);
        }
        value
    }

    /// Multiplies by `base^power`, `stride` factors at a time; `base^stride` is below 10^9.
    fn multiply_by_power(&mut self, base: u64, stride: usize, power: usize) {
        let mut left = power;
        while left > 0 {
            let step = left.min(stride);
            self.multiply(base.pow(step as u32));
            left -= step;
        }
    }

    fn multiply(&mut self, factor: u64) {
        let mut carry = 0u64;
        for group in &mut self.groups {
            let product = u64::from(*group) * factor + carry;
            *group = (product % GROUP) as u32;
            carry = product / GROUP;
        }
        if carry != 0 {
            self.groups.push(carry as u32);
        }
    }

    /// All digits, most significant first, without a point; `0` for zero.
    pub fn digits(&self) -> Vec<u8> {
        let mut digits = Vec::with_capacity(self.groups.len() * GROUP_DIGITS);
        for group in self.groups.iter().rev() {
            let start = digits.len();
            digits.resize(start + GROUP_DIGITS, b'0');
            let mut rest = *group;
            for place in digits[start..].iter_mut().rev() {
                *place = b'0' + (rest % 10) as u8;
                rest /= 10;
            }
        }
        let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
        digits.drain(..zeros);
        if digits.is_empty() {
            digits.push(b'0');
        }
        digits
    }

    /// The first 17 significant digits, rounded to nearest with ties to even, and the power of ten of the first. The number must
    /// not be zero.
    pub fn significant_digits(&self) -> ([u8; 17], i32) {
        let all = self.digits();
        assert!(all[0] != b'0', "zero has no significant digit");
        let mut power = all.len() as i32 - 1 - self.decimals as i32;
        let mut digits = [b'0'; 17];
        let kept = all.len().min(17);
        digits[..kept].copy_from_slice(&all[..kept]);
        let up = match all.get(17) {
            None | Some(b'0'..=b'4') => false,
            Some(b'5') if all[18..].iter().all(|&digit| digit == b'0') => digits[16] % 2 == 1,
            Some(_) => true,
        };
        if up {
            match digits.iter().rposition(|&digit| digit != b'9') {
                Some(place) => {
                    digits[place] += 1;
                    digits[place + 1..].fill(b'0');
                }
                None => {
                    digits = *b"10000000000000000";
                    power += 1;
                }
            }
        }
        (digits, power)
    }
}
