//! What every family says about its keys, whatever their type: reading whole, copying, expiring, dumping, scanning.
//! The family gives its own pool of keys, so that these commands meet its values.

use super::{Generator, atoms};
use crate::words;

/// Draws a key of a family's pool.
pub type DrawKey = fn(&mut Generator) -> Vec<u8>;

/// A command whose only argument is a key: `whole(g, "OBJECT ENCODING", key)`.
pub fn whole(g: &mut Generator, name: &str, key: DrawKey) {
    let mut words: Vec<Vec<u8>> = name.split(' ').map(|word| word.as_bytes().to_vec()).collect();
    words.push(key(g));
    g.command(words);
}

/// A command of two keys: RENAME, RPOPLPUSH, COPY with and without REPLACE.
pub fn two_keys(g: &mut Generator, name: &str, from: DrawKey, to: DrawKey) {
    let mut words = words![name, from(g), to(g)];
    if name == "COPY" && g.random.chance(60) {
        words.push(b"REPLACE".to_vec());
    }
    g.command(words);
}

/// An expiry far away or in the past.
pub fn expire(g: &mut Generator, key: DrawKey) {
    let time = atoms::unix_millis(&mut g.random);
    let words = words!["PEXPIREAT", key(g), time];
    g.command(words);
}

/// A string where the family's type is expected.
pub fn string(g: &mut Generator, key: DrawKey) {
    let words = words!["SET", key(g), "x"];
    g.command(words);
}

/// One of the payloads as 7.0.15 dumped them, of older encodings, and damaged in every way. Unsanitised, 7.0.15 takes
/// some of the damaged ones; Etalon never does.
pub fn restore(g: &mut Generator, key: DrawKey, payloads: &[&[u8]]) {
    g.say("CONFIG SET sanitize-dump-payload yes");
    let payload = g.random.pick(payloads).to_vec();
    let mut words = words!["RESTORE", key(g), "0", payload];
    if g.random.chance(80) {
        words.push(b"REPLACE".to_vec());
    }
    g.command(words);
}

/// HSCAN, SSCAN, ZSCAN, mostly of everything at once. `prefix` begins a pattern that matches some of the elements.
pub fn scan(g: &mut Generator, name: &str, key: DrawKey, prefix: &str) {
    let mut words = words![name, key(g), "0"];
    if g.random.chance(10) {
        words[2] = g.random.pick::<[u8]>(&[b"17", b"x", b"-1", b"", b"18446744073709551616"]).to_vec();
    }
    if g.random.chance(40) {
        words.push(atoms::recased(&mut g.random, "MATCH"));
        let prefixed = format!("{prefix}*").into_bytes();
        words.push(g.random.pick::<[u8]>(&[b"*", &prefixed, b"?", b"[a-c]", b"1*", b"", b"nothing"]).to_vec());
    }
    if g.random.chance(80) {
        words.push(atoms::recased(&mut g.random, "COUNT"));
        words.push(g.random.pick::<[u8]>(&[b"1000", b"100000", b"1000", b"1", b"10", b"0", b"-1", b"x"]).to_vec());
    }
    g.command(words);
}

/// HRANDFIELD and ZRANDMEMBER with every form of count; `with` is the option that asks for the other half of a pair.
pub fn random_elements(g: &mut Generator, name: &str, key: DrawKey, with: &str) {
    let mut words = words![name, key(g)];
    if g.random.chance(80) {
        words.push(match g.random.below(12) {
            // Not the large ones: a negative count is a promise to answer that many.
            0 => g.random.pick::<[u8]>(&[b"x", b"", b"1.5", b"9223372036854775807", b"-9223372036854775808"]).to_vec(),
            _ => (g.random.below(30) as i64 - 12).to_string().into_bytes(),
        });
        if g.random.chance(40) {
            words.push(atoms::recased(&mut g.random, with));
        } else if g.random.chance(5) {
            words.push(with.as_bytes()[4..].to_vec());
        }
    }
    g.command(words);
}

/// CONFIG SET of one of the options that decide about encodings.
pub fn setting(g: &mut Generator, options: &[(&str, &[&[u8]])]) {
    let (option, values) = options[g.random.below(options.len())];
    let value = g.random.pick(values).to_vec();
    g.command(words!["CONFIG", "SET", option, value]);
}
