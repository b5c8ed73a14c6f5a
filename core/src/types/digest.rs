//! The digests of DEBUG DIGEST and DEBUG DIGEST-VALUE: 20 bytes that are equal if and only if (SHA-1 permitting) the data are.
//!
//! ```text
//! xor(d, x)   d ^= sha1(x)                 commutes: for what has no order
//! mix(d, x)   d = sha1(d ^ sha1(x))        for what has
//!
//! value   mix type (4 bytes, big end first), mix contents, and, if the key expires, xor "!!expire!!"
//! key     mix name, then the value over it
//! whole   for each database that holds keys: mix its number (4 bytes, big end first), then xor every key's digest
//! ```
//!
//! The time of expiry is not part of it, only that there is one. An integer counts as its text. Equal to 7.0.15's, so two servers can be
//! compared by it.

use crate::numbers::integer::DecimalBuffer;
use sha1::{Digest as _, Sha1};

/// The type number of a string inside a digest.
pub const TYPE_STRING: u32 = 0;

/// 20 bytes, all zero to begin with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest([u8; 20]);

impl Digest {
    /// Adds `bytes` without regard to order.
    pub fn xor(&mut self, bytes: &[u8]) {
        let hash: [u8; 20] = Sha1::digest(bytes).into();
        self.0.iter_mut().zip(hash).for_each(|(mine, other)| *mine ^= other);
    }

    /// Adds `bytes` in order.
    pub fn mix(&mut self, bytes: &[u8]) {
        self.xor(bytes);
        self.0 = Sha1::digest(self.0).into();
    }

    /// Begins a value: its type number.
    pub fn mix_type(&mut self, number: u32) {
        self.mix(&number.to_be_bytes());
    }

    /// Ends a value.
    pub fn finish_value(&mut self, expires: bool) {
        if expires {
            self.xor(b"!!expire!!");
        }
    }

    /// Adds a whole string value to whatever is there (nothing, or the key's name).
    pub fn mix_string_value(&mut self, value: &[u8], expires: bool) {
        self.mix_type(TYPE_STRING);
        self.mix(value);
        self.finish_value(expires);
    }

    /// The same for a value of int encoding.
    pub fn mix_integer_value(&mut self, value: i64, expires: bool) {
        self.mix_string_value(DecimalBuffer::new().format(value), expires);
    }

    /// The digest of a key so far: its name.
    pub fn of_key(name: &[u8]) -> Self {
        let mut digest = Self::default();
        digest.mix(name);
        digest
    }

    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// 40 lower-case hexadecimal digits, as the commands answer.
    pub fn to_hex(self) -> [u8; 40] {
        let mut hex = [0; 40];
        for (byte, pair) in self.0.iter().zip(hex.as_chunks_mut::<2>().0) {
            *pair = [byte >> 4, byte & 15].map(|nibble| b"0123456789abcdef"[usize::from(nibble)]);
        }
        hex
    }
}

/// The digest of a dataset: databases in order of their numbers, the keys of each in any order.
#[derive(Clone, Copy, Debug, Default)]
pub struct DatasetDigest(Digest);

impl DatasetDigest {
    /// Begins a database; one without keys is to be left out.
    pub fn begin_database(&mut self, number: u32) {
        self.0.mix(&number.to_be_bytes());
    }

    /// Adds the finished digest of a key, value included.
    pub fn add_key(&mut self, key: Digest) {
        self.0.xor(key.as_bytes());
    }

    pub fn finish(self) -> Digest {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    fn hex(digest: Digest) -> String {
        String::from_utf8(digest.to_hex().to_vec()).expect("ASCII")
    }

    fn value(text: &[u8], expires: bool) -> Digest {
        let mut digest = Digest::default();
        digest.mix_string_value(text, expires);
        digest
    }

    type Keys<'a> = &'a [(&'a str, &'a str, bool)];

    fn dataset(databases: &[(u32, Keys<'_>)]) -> Digest {
        let mut whole = DatasetDigest::default();
        for (number, keys) in databases {
            whole.begin_database(*number);
            for (name, text, expires) in *keys {
                let mut key = Digest::of_key(name.as_bytes());
                key.mix_string_value(text.as_bytes(), *expires);
                whole.add_key(key);
            }
        }
        whole.finish()
    }

    #[test]
    fn values_digest_as_on_the_real_server() {
        assert_eq!(hex(value(b"", false)), "8b3447c33a834b810e3e181b6fd6a2ee1020921c");
        assert_eq!(hex(value(b"abc", false)), "21ffcd2d36aebffca02995acb412bcb827d4c1db");
        assert_eq!(hex(value(b"abc", true)), "c77a33d2ea9755a8613f7e54f17873233d7a8058");
        assert_eq!(hex(value(b"12345", false)), "e1cf90774e995ae03de66e8109dc5cb9d9c2dc83");
        assert_eq!(hex(value(b"-1", true)), "29b9b04a5b139396d6dcf46b7457ddb0a57298ac");
    }

    #[test]
    fn datasets_digest_as_on_the_real_server() {
        assert_eq!(hex(dataset(&[])), "0000000000000000000000000000000000000000");
        assert_eq!(hex(dataset(&[(0, &[("a", "1", false)])])), "943d800368fb9c0e951138f1bc0e313ac769d91f");
        let keys: Keys<'_> = &[("a", "1", false), ("b", "hello", true)];
        assert_eq!(hex(dataset(&[(0, keys), (3, &[("c", "", false)])])), "02edc4d943d58c97441444b0c65037f3241811f7");
    }

    quickcheck! {
        fn the_order_of_keys_does_not_matter(a: Vec<u8>, b: Vec<u8>) -> bool {
            let both = |first: &[u8], second: &[u8]| {
                let mut whole = DatasetDigest::default();
                whole.add_key(Digest::of_key(first));
                whole.add_key(Digest::of_key(second));
                whole.finish()
            };
            both(&a, &b) == both(&b, &a)
        }

        fn an_integer_counts_as_its_text(number: i64) -> bool {
            let mut digest = Digest::default();
            digest.mix_integer_value(number, false);
            digest == value(number.to_string().as_bytes(), false)
        }
    }
}
