//! Payloads in forms that 7.0 reads and no longer writes, or writes of other values only, built here from their formats.
//!
//! ```text
//!   zipmap     count u8 │ length, field, length, spare u8, value │ … │ 0xFF
//!   ziplist    bytes u32 │ offset of the last entry u32 │ count u16 │ length of the previous entry, encoding, data │ … │ 0xFF
//! ```

use super::payload;

/// A payload, and what it is.
#[derive(Debug)]
pub struct Old {
    pub name: &'static str,
    pub payload: Vec<u8>,
}

/// One of every old form. `text` is put in where a text can be.
pub fn all(text: &[u8]) -> Vec<Old> {
    let list = ziplist(&[string(b"a"), string(text), vec![0xf1], vec![0xfd], vec![0xfe, 0x80], string(b"")]);
    let wide = ziplist(&[
        vec![0xc0, 0x18, 0xfc],
        vec![0xf0, 0xff, 0xff, 0x7f],
        vec![0xd0, 0, 0, 0, 0x80],
        [&[0xe0][..], &i64::MIN.to_le_bytes()].concat(),
        string(&[b'y'; 300]),
        string(b"after a long one"),
    ]);
    let scores = ziplist(&[string(b"a"), string(b"-inf"), string(b"b"), vec![0xf2], string(text), string(b"1.5")]);
    let pairs = ziplist(&[string(b"a"), vec![0xf2], string(b"12"), string(text), string(b""), string(b"")]);
    let mut out = Vec::new();
    let mut old = |name, kind, object: Vec<u8>| out.push(Old { name, payload: payload(kind, &object) });
    old("list, ziplist", 10, raw(&list));
    old("list, ziplist of wide integers", 10, raw(&wide));
    old("list, quicklist of ziplists", 14, [&[2][..], &raw(&list), &raw(&wide)].concat());
    old("list, strings", 1, strings(&[b"a", text, b"", b"12"], 1));
    old("list, plain and packed nodes", 18, [&[2, 1][..], &raw(b"plain"), &[2], &raw(LISTPACK)].concat());
    old("list, an empty node", 18, [&[2, 2][..], &raw(b"\x07\0\0\0\0\0\xff"), &[2], &raw(LISTPACK)].concat());
    old("hash, ziplist", 13, raw(&pairs));
    old("hash, zipmap", 9, raw(&zipmap(&[(b"a", b"1"), (b"", text), (b"b", b"")])));
    old("hash, zipmap of long ones", 9, raw(&zipmap(&[(&[b'f'; 300], b"1"), (b"a", &[b'v'; 254])])));
    old("hash, short and of strings", 4, strings(&[b"a", b"1", b"b", text], 2));
    old("set of strings", 2, strings(&[b"a", text, b"12"], 1));
    old("set of integers as strings", 2, strings(&[b"3", b"70000", b"12"], 1));
    old("sorted set, ziplist", 12, raw(&scores));
    let members = |score: &dyn Fn(f64) -> Vec<u8>| {
        let pairs = [(b"a".as_slice(), 1.5), (text, f64::INFINITY), (b"c", f64::NEG_INFINITY), (b"d", -3e300)];
        pairs.iter().fold(vec![4], |out, (member, value)| [out, raw(member), score(*value)].concat())
    };
    old("sorted set, scores as text", 3, members(&text_score));
    old("sorted set, short and of strings", 5, members(&|value| value.to_le_bytes().to_vec()));
    out
}

/// The elements a, 1.
const LISTPACK: &[u8] = b"\x0c\0\0\0\x02\0\x81a\x02\x01\x01\xff";

/// A stream as it was written before 7.0, from one as it is written since: without compression, and sound.
pub fn stream_before_7(payload_of_7: &[u8]) -> Vec<u8> {
    let mut from = Cursor { bytes: &payload_of_7[1..], out: Vec::new(), keep: true };
    for _ in 0..2 * from.length() {
        from.string();
    }
    // Entries, last id.
    (0..3).for_each(|_| _ = from.length());
    // First id, highest deleted id, entries added.
    from.without(5);
    for _ in 0..from.length() {
        from.string();
        (0..2).for_each(|_| _ = from.length());
        from.without(1);
        for _ in 0..from.length() {
            from.take(24);
            from.length();
        }
        for _ in 0..from.length() {
            from.string();
            from.take(8);
            let pending = from.length();
            from.take(16 * pending);
        }
    }
    payload(15, &from.out)
}

/// Copies a payload piece by piece, or leaves pieces out.
struct Cursor<'a> {
    bytes: &'a [u8],
    out: Vec<u8>,
    keep: bool,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, len: usize) -> &'a [u8] {
        let (front, rest) = self.bytes.split_at(len);
        self.bytes = rest;
        if self.keep {
            self.out.extend_from_slice(front);
        }
        front
    }

    fn length(&mut self) -> usize {
        let first = self.take(1)[0];
        let more = match first {
            0x80 => 4,
            0x81 => 8,
            _ => usize::from(first >> 6 == 1),
        };
        let start = if more > 1 { 0 } else { usize::from(first & 0x3f) };
        self.take(more).iter().fold(start, |length, &byte| length << 8 | usize::from(byte))
    }

    fn string(&mut self) {
        let integer_bytes = match self.bytes[0] {
            0xc0 => 2,
            0xc1 => 3,
            0xc2 => 5,
            0xc3.. => panic!("a compressed string"),
            _ => 0,
        };
        let len = if integer_bytes > 0 { integer_bytes } else { self.length() };
        self.take(len);
    }

    fn without(&mut self, lengths: usize) {
        self.keep = false;
        (0..lengths).for_each(|_| _ = self.length());
        self.keep = true;
    }
}

fn length(len: usize) -> Vec<u8> {
    match len {
        0..64 => vec![len as u8],
        64..16_384 => (0x4000 | len as u16).to_be_bytes().to_vec(),
        _ => [&[0x80][..], &(len as u32).to_be_bytes()].concat(),
    }
}

/// A string of RDB, as it is.
fn raw(bytes: &[u8]) -> Vec<u8> {
    [length(bytes.len()), bytes.to_vec()].concat()
}

/// A count, of which each takes `each` strings, and the strings.
fn strings(strings: &[&[u8]], each: usize) -> Vec<u8> {
    strings.iter().fold(length(strings.len() / each), |out, text| [out, raw(text)].concat())
}

fn text_score(score: f64) -> Vec<u8> {
    match score {
        f64::INFINITY => vec![254],
        f64::NEG_INFINITY => vec![255],
        _ => {
            let text = format!("{score:e}");
            [&[text.len() as u8], text.as_bytes()].concat()
        }
    }
}

/// An entry of a ziplist that is a string.
fn string(text: &[u8]) -> Vec<u8> {
    let head = match text.len() {
        len @ 0..64 => vec![len as u8],
        len @ 64..16_384 => (0x4000 | len as u16).to_be_bytes().to_vec(),
        len => [&[0x80][..], &(len as u32).to_be_bytes()].concat(),
    };
    [&head, text].concat()
}

fn ziplist(entries: &[Vec<u8>]) -> Vec<u8> {
    let (mut body, mut previous, mut last) = (Vec::new(), 0, 10);
    for entry in entries {
        last = 10 + body.len();
        let before = body.len();
        match previous {
            0..254 => body.push(previous as u8),
            _ => body.extend([&[254][..], &(previous as u32).to_le_bytes()].concat()),
        }
        body.extend_from_slice(entry);
        previous = body.len() - before;
    }
    let head = [(11 + body.len()) as u32, last as u32].map(u32::to_le_bytes).concat();
    [&head, &(entries.len() as u16).to_le_bytes()[..], &body, &[255]].concat()
}

fn zipmap(pairs: &[(&[u8], &[u8])]) -> Vec<u8> {
    let length = |text: &[u8]| match text.len() {
        len @ 0..254 => vec![len as u8],
        len => [&[254][..], &(len as u32).to_le_bytes()].concat(),
    };
    let mut out = vec![pairs.len() as u8];
    for (field, value) in pairs {
        out.extend([&length(field), *field, &length(value), &[0], *value].concat());
    }
    out.push(255);
    out
}
