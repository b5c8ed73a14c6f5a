//! The CRC-64 that Redis puts under RDB files and DUMP payloads ("Jones").
//!
//! Parameters: polynomial 0xad93d23594c935a9, input and output reflected, initial value 0, no final xor; the check value of `123456789` is
//! 0xe9c6d914c4b8d9ca. Eight tables of 256 let eight bytes be taken at once: table k holds what a byte contributes when
//! k more bytes follow it.

const POLYNOMIAL_REFLECTED: u64 = 0xad93_d235_94c9_35a9_u64.reverse_bits();

static TABLES: [[u64; 256]; 8] = make_tables();

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

/// Continues the checksum `crc` (0 to begin with) over `bytes`, so that data may come in pieces. O(length).
pub fn crc64(mut crc: u64, bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        let mixed = (crc ^ u64::from_le_bytes(*word)).to_le_bytes();
        crc = 0;
        for (place, byte) in mixed.iter().enumerate() {
            crc ^= TABLES[7 - place][usize::from(*byte)];
        }
    }
    for byte in rest {
        crc = TABLES[0][usize::from(crc as u8 ^ byte)] ^ crc >> 8;
    }
    crc
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

        fn pieces_give_the_same_as_the_whole(bytes: Vec<u8>, cut: usize) -> bool {
            let (front, back) = bytes.split_at(cut % (bytes.len() + 1));
            crc64(crc64(0, front), back) == crc64(0, &bytes)
        }
    }
}
