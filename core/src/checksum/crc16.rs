//! CRC-16/XMODEM and the hash slot of a key (Redis Cluster specification).
//!
//! Parameters: polynomial 0x1021, initial value 0, nothing reflected, no final xor; the check value of `123456789` is 0x31c3.

/// How many slots a cluster divides its keys into.
pub const SLOTS: u16 = 16384;

const TABLE: [u16; 256] = make_table();

const fn make_table() -> [u16; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000 != 0 { crc << 1 ^ 0x1021 } else { crc << 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
}

/// The CRC-16/XMODEM of `bytes`. O(length).
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| crc << 8 ^ TABLE[usize::from((crc >> 8) as u8 ^ byte)])
}

/// The slot of a key, below [`SLOTS`]. Only the hash tag counts where there is one: what stands between the first `{` and the first
/// `}` behind it, unless that is empty.
pub fn key_slot(key: &[u8]) -> u16 {
    crc16(hash_tag(key)) % SLOTS
}

fn hash_tag(key: &[u8]) -> &[u8] {
    let Some(open) = memchr::memchr(b'{', key) else {
        return key;
    };
    let rest = &key[open + 1..];
    match memchr::memchr(b'}', rest) {
        None | Some(0) => key,
        Some(close) => &rest[..close],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    #[test]
    fn the_check_value_is_that_of_xmodem() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!(crc16(b""), 0);
    }

    #[test]
    fn slots_recorded_from_the_real_server_agree() {
        for (key, slot) in RECORDED {
            assert_eq!(key_slot(key), *slot, "{}", key.escape_ascii());
        }
    }

    quickcheck! {
        fn the_table_gives_what_bit_by_bit_division_gives(bytes: Vec<u8>) -> bool {
            let mut crc = 0u16;
            for byte in &bytes {
                crc ^= u16::from(*byte) << 8;
                for _ in 0..8 {
                    crc = if crc & 0x8000 != 0 { crc << 1 ^ 0x1021 } else { crc << 1 };
                }
            }
            crc == crc16(&bytes)
        }

        fn keys_of_one_tag_share_a_slot(a: Vec<u8>, b: Vec<u8>) -> bool {
            let key = |tail: &[u8]| [b"{tag}", tail].concat();
            key_slot(&key(&a)) == key_slot(&key(&b)) && key_slot(&key(&a)) < SLOTS
        }
    }

    /// CLUSTER KEYSLOT of redis-server 7.0.15.
    const RECORDED: &[(&[u8], u16)] = &[
        (b"", 0),
        (b"a", 15495),
        (b"foo", 12182),
        (b"123456789", 12739),
        (b"{user1000}.following", 3443),
        (b"{user1000}.followers", 3443),
        (b"foo{}{bar}", 8363),
        (b"foo{{bar}}zap", 4015),
        (b"foo{bar}{zap}", 5061),
        (b"{}", 15257),
        (b"{a}", 15495),
        (b"}{a}", 15495),
        (b"a{b", 13340),
        (b"{a", 10276),
        (b"x}y{z}", 8157),
        (b"{}{a}", 13650),
        (b"\xff\x00", 1023),
        (b"hello world", 15332),
    ];
}
