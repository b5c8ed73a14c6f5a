//! The CRC-64 that Redis puts under RDB files and DUMP payloads ("Jones").
//!
//! Parameters: polynomial 0xad93d23594c935a9, input and output reflected, initial value 0, no final xor; the check value of `123456789` is
//! 0xe9c6d914c4b8d9ca. Eight tables of 256 let eight bytes be taken at once: table k holds what a byte contributes when
//! k more bytes follow it.
//!
//! Each eight wait for the eight before them. So long data goes in three lanes side by side, which don't wait for one another:
//! what a lane's checksum becomes while the bytes behind it pass is a linear function of it, and is looked up, too. That
//! more than doubles the speed.

const POLYNOMIAL_REFLECTED: u64 = 0xad93_d235_94c9_35a9_u64.reverse_bits();

/// Bytes of one of three lanes.
const LANE_BYTES: usize = 512;

static TABLES: [[u64; 256]; 8] = make_tables();
/// What each byte of a checksum becomes when a lane of zeros passes.
static LANE_TABLES: [[u64; 256]; 8] = make_lane_tables(&make_tables()[0]);

const fn make_tables() -> [[u64; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u64;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 != 0 { crc >> 1 ^ POLYNOMIAL_REFLECTED } else { crc >> 1 };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut distance = 1;
    while distance < 8 {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[distance - 1][byte];
            tables[distance][byte] = tables[0][(before & 0xff) as usize] ^ before >> 8;
            byte += 1;
        }
        distance += 1;
    }
    tables
}

const fn make_lane_tables(table: &[u64; 256]) -> [[u64; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut bit = 0;
    while bit < 64 {
        let mut crc = 1u64 << bit;
        let mut passed = 0;
        while passed < LANE_BYTES {
            crc = table[(crc & 0xff) as usize] ^ crc >> 8;
            passed += 1;
        }
        // In every byte with that bit it adds as much.
        let mut byte = 0;
        while byte < 256 {
            if byte >> (bit % 8) & 1 != 0 {
                tables[bit / 8][byte] ^= crc;
            }
            byte += 1;
        }
        bit += 1;
    }
    tables
}

/// Continues the checksum `crc` (0 to begin with) over `bytes`, so that data may come in pieces. O(length).
pub fn crc64(mut crc: u64, bytes: &[u8]) -> u64 {
    let (blocks, rest) = bytes.as_chunks::<{ 3 * LANE_BYTES }>();
    for block in blocks {
        let (first, others) = block.as_chunks::<8>().0.split_at(LANE_BYTES / 8);
        let (second, third) = others.split_at(LANE_BYTES / 8);
        let mut lanes = [crc, 0, 0];
        for ((a, b), c) in first.iter().zip(second).zip(third) {
            lanes = [add_word(lanes[0], a), add_word(lanes[1], b), add_word(lanes[2], c)];
        }
        crc = pass_lane(pass_lane(lanes[0]) ^ lanes[1]) ^ lanes[2];
    }
    let (words, rest) = rest.as_chunks::<8>();
    for word in words {
        crc = add_word(crc, word);
    }
    for byte in rest {
        crc = TABLES[0][usize::from(crc as u8 ^ byte)] ^ crc >> 8;
    }
    crc
}

#[inline]
fn add_word(crc: u64, word: &[u8; 8]) -> u64 {
    let mixed = (crc ^ u64::from_le_bytes(*word)).to_le_bytes();
    let mut sum = 0;
    for (place, byte) in mixed.iter().enumerate() {
        sum ^= TABLES[7 - place][usize::from(*byte)];
    }
    sum
}

/// The sum of what each byte of `crc` stands for.
#[inline]
fn pass_lane(crc: u64) -> u64 {
    let bytes = crc.to_le_bytes();
    bytes.iter().zip(&LANE_TABLES).fold(0, |sum, (byte, table)| sum ^ table[usize::from(*byte)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    #[test]
    fn the_check_value_is_that_of_redis() {
        assert_eq!(crc64(0, b"123456789"), 0xe9c6_d914_c4b8_d9ca);
        assert_eq!(crc64(0, b""), 0);
    }

    quickcheck! {
        fn the_tables_give_what_bit_by_bit_division_gives(bytes: Vec<u8>) -> bool {
            let mut crc = 0u64;
            for byte in &bytes {
                crc ^= u64::from(*byte);
                for _ in 0..8 {
                    crc = if crc & 1 != 0 { crc >> 1 ^ POLYNOMIAL_REFLECTED } else { crc >> 1 };
                }
            }
            crc == crc64(0, &bytes)
        }

        fn lanes_give_what_single_bytes_give(bytes: Vec<u8>, repeat: u16, start: u64) -> bool {
            let bytes: Vec<u8> = bytes.repeat(usize::from(repeat % 200)).iter().enumerate().map(|(at, byte)| byte ^ (at / 251) as u8).collect();
            bytes.iter().fold(start, |crc, byte| crc64(crc, &[*byte])) == crc64(start, &bytes)
        }

        fn pieces_give_the_same_as_the_whole(bytes: Vec<u8>, cut: usize) -> bool {
            let (front, back) = bytes.split_at(cut % (bytes.len() + 1));
            crc64(crc64(0, front), back) == crc64(0, &bytes)
        }
    }
}
