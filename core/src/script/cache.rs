//! The scripts that EVAL and SCRIPT LOAD have brought, by the SHA-1 of their text.

use std::collections::BTreeMap;

use sha1::{Digest, Sha1};

use super::shebang::ScriptFlags;

/// Forty lower-case hexadecimal digits.
pub type ScriptId = [u8; 40];

/// The name of a text.
pub fn script_id(text: &[u8]) -> ScriptId {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut id = [0; 40];
    for (at, byte) in Sha1::digest(text).iter().enumerate() {
        id[2 * at] = DIGITS[usize::from(byte >> 4)];
        id[2 * at + 1] = DIGITS[usize::from(byte & 15)];
    }
    id
}

/// What a client calls a script by, in either case. `None`: not forty characters.
pub fn parse_id(text: &[u8]) -> Option<ScriptId> {
    let mut id: ScriptId = text.try_into().ok()?;
    id.make_ascii_lowercase();
    Some(id)
}

/// One script.
#[derive(Clone, Debug)]
pub struct Script {
    pub text: Box<[u8]>,
    pub flags: ScriptFlags,
}

/// All scripts.
#[derive(Clone, Debug, Default)]
pub struct ScriptCache {
    scripts: BTreeMap<ScriptId, Script>,
    text_bytes: usize,
}

/// What Redis keeps with each script beside its text, in bytes: an entry of a table, the name, a few words.
const OVERHEAD_BYTES: usize = 152;

impl ScriptCache {
    pub fn get(&self, id: &ScriptId) -> Option<&Script> {
        self.scripts.get(id)
    }

    pub(super) fn insert(&mut self, id: ScriptId, script: Script) {
        self.text_bytes += script.text.len();
        self.scripts.insert(id, script);
    }

    pub(super) fn clear(&mut self) {
        *self = ScriptCache::default();
    }

    /// INFO's `number_of_cached_scripts`.
    pub fn len(&self) -> usize {
        self.scripts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.scripts.is_empty()
    }

    /// Memory of the sources: part of INFO's `used_memory_scripts`.
    pub fn bytes(&self) -> usize {
        self.text_bytes + self.scripts.len() * OVERHEAD_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_named_by_its_sha1() {
        assert_eq!(&script_id(b"return 1"), b"e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
        assert_eq!(parse_id(b"E0E1F9FABFC9D4800C877A703B823AC0578FF8DB"), Some(script_id(b"return 1")));
        assert_eq!(parse_id(b"e0e1"), None);
    }
}
