//! The logical content of a keyspace, small enough to keep many of them: a number for each key, and when it expires.
//!
//! Equal are images whose keys, types, values and expiries are equal, whatever the encodings. Streams count with their groups and
//! what is pending in them. Keys that have expired logically are left out when images are compared, not when they are made: the
//! same image can be asked again later.

use etalon_core::keyspace::{DbIndex, Keyspace};
use etalon_core::numbers::integer::DecimalBuffer;
use etalon_core::structures::StreamId;
use etalon_core::types::{Stream, ValueRef};

/// What a data set was at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    keys: Vec<(u64, Option<i64>)>,
    /// The same for a person, if asked for.
    shown: Vec<(String, Option<i64>)>,
}

impl Image {
    /// O(data). `shown`: so that a difference can be read.
    pub fn of(keyspace: &Keyspace, shown: bool) -> Image {
        let mut image = Image::default();
        for (DbIndex(index), db) in keyspace.iter() {
            if db.is_empty() {
                continue;
            }
            for (key, payload) in db.iter() {
                let expiry = payload.expiry().map(|at| at.0);
                let value = db.decode(payload);
                let mut hash = Hasher::new(u64::from(index));
                hash.bytes(key);
                hash.number(expiry.unwrap_or(-1) as u64);
                hash_value(&mut hash, value);
                let hash = hash.finish();
                image.keys.push((hash, expiry));
                if shown {
                    let key = key.escape_ascii();
                    image.shown.push((format!("db{index} {key} ({expiry:?}) {}", text(value, hash)), expiry));
                }
            }
        }
        image
    }

    /// Of the keys that have not expired at that time. Independent of their order.
    pub fn digest(&self, now_ms: i64) -> u64 {
        self.alive(now_ms).fold(0, |sum, hash| sum.wrapping_add(hash))
    }

    /// How many keys have not expired.
    pub fn len(&self, now_ms: i64) -> usize {
        self.alive(now_ms).count()
    }

    fn alive(&self, now_ms: i64) -> impl Iterator<Item = u64> {
        self.keys.iter().filter(move |(_, expiry)| is_alive(*expiry, now_ms)).map(|(hash, _)| *hash)
    }

    /// What only one of two has, for a person.
    pub fn difference(&self, other: &Image, now_ms: i64) -> String {
        let only = |a: &Image, b: &Image| {
            let of_b: Vec<&String> = b.shown.iter().map(|(text, _)| text).collect();
            let only = a.shown.iter().filter(|(text, expiry)| is_alive(*expiry, now_ms) && !of_b.contains(&text));
            only.map(|(text, _)| text.clone()).collect::<Vec<_>>().join("; ")
        };
        format!("only here: [{}]; only there: [{}]", only(self, other), only(other, self))
    }
}

fn is_alive(expiry: Option<i64>, now_ms: i64) -> bool {
    expiry.is_none_or(|at| at >= now_ms)
}

fn text(value: ValueRef<'_>, hash: u64) -> String {
    let name = value.encoding_name();
    match value {
        ValueRef::String(string) => format!("{name} {}", crate::trace::printable(&string.bytes())),
        _ => format!("{name} {hash:016x}"),
    }
}

/// Not for enemies: fast, and good enough to tell data sets apart.
struct Hasher(u64);

impl Hasher {
    fn new(seed: u64) -> Hasher {
        Hasher(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    fn number(&mut self, number: u64) {
        let wide = u128::from(self.0 ^ number) * u128::from(0xd6e8_feb8_6659_fd93_u64);
        self.0 = (wide as u64) ^ ((wide >> 64) as u64) ^ number.rotate_left(23);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.number(u64::from_le_bytes(word));
        }
    }

    fn finish(mut self) -> u64 {
        self.number(0x5851_f42d_4c95_7f2d);
        self.number(1);
        self.0
    }
}

fn hash_value(hash: &mut Hasher, value: ValueRef<'_>) {
    let mut buffer = DecimalBuffer::new();
    hash.number(u64::from(value.value_type().number()));
    let mut sum = 0_u64;
    match value {
        ValueRef::String(string) => hash.bytes(&string.bytes()),
        ValueRef::List(list) => list.iter().for_each(|item| hash.bytes(item.text(&mut buffer))),
        ValueRef::Set(set) => set.iter().for_each(|member| {
            let mut own = Hasher::new(1);
            own.bytes(member.text(&mut buffer));
            sum = sum.wrapping_add(own.finish());
        }),
        ValueRef::Hash(of) => of.iter().for_each(|(field, value)| {
            let mut own = Hasher::new(2);
            own.bytes(field.text(&mut buffer));
            own.bytes(value.text(&mut buffer));
            sum = sum.wrapping_add(own.finish());
        }),
        ValueRef::SortedSet(set) => set.iter().for_each(|(member, score)| {
            let mut own = Hasher::new(3);
            own.bytes(member.text(&mut buffer));
            // Both zeros are one score.
            own.number((score + 0.0).to_bits());
            sum = sum.wrapping_add(own.finish());
        }),
        ValueRef::Stream(stream) => hash_stream(hash, stream),
    }
    hash.number(sum);
}

fn hash_stream(hash: &mut Hasher, stream: &Stream) {
    let mut buffer = DecimalBuffer::new();
    for entry in stream.range(StreamId::MIN, StreamId::MAX) {
        hash_id(hash, entry.id);
        for (field, value) in entry.fields() {
            hash.bytes(field.text(&mut buffer));
            hash.bytes(value.text(&mut buffer));
        }
    }
    hash_id(hash, stream.counters().last_id);
    for (name, group) in stream.groups() {
        hash.bytes(name);
        hash_id(hash, group.last_id);
        for (id, pending) in group.pending().iter_from(StreamId::MIN) {
            hash_id(hash, id);
            hash.bytes(&group.consumer(pending.consumer).name);
        }
    }
}

fn hash_id(hash: &mut Hasher, id: StreamId) {
    hash.number(id.ms);
    hash.number(id.seq);
}

#[cfg(test)]
mod tests {
    use super::*;
    use etalon_core::Engine;
    use etalon_core::config::Config;
    use etalon_core::engine::client::Peer;

    use crate::clock::Clock;

    fn image(commands: &str) -> Image {
        let clock = Clock::new();
        let mut engine = Engine::new(Config { save: Vec::new(), ..Config::default() }, 1, clock.now());
        let peer = Peer { loopback: true, ..Peer::default() };
        let client = engine.connect(peer, clock.now()).expect("there is room");
        engine.query_buffer(client).extend(commands.replace(" | ", "\r\n").as_bytes());
        engine.query_buffer(client).extend(b"\r\n");
        engine.handle_readable(client, clock.now());
        Image::of(engine.keyspace(), true)
    }

    const EVERYTHING: &str =
        "SET s v | RPUSH l a 1 | SADD i 1 2 | SADD m a b | HSET h f v | ZADD z 1 a | XADD x 1-1 f v";

    #[test]
    fn each_part_of_a_data_set_counts_and_the_order_of_writing_does_not() {
        let now_ms = Clock::new().now().unix_ms().0;
        let base = image(EVERYTHING).digest(now_ms);
        let other = "XADD x 1-1 f v | ZADD z 1 a | HSET h f v | SADD m b a | SADD i 2 1 | RPUSH l a 1 | SET s v";
        assert_eq!(image(other).digest(now_ms), base);
        for more in [
            "SET s w",
            "RPUSH l a",
            "SADD i 3",
            "SADD m c",
            "HSET h f w",
            "ZADD z 2 a",
            "XADD x 1-2 f v",
            "DEL s",
            "EXPIRE s 100",
            "MOVE s 1",
            "RENAME s t",
            "XGROUP CREATE x g 0",
            "XSETID x 5-5",
            "XGROUP CREATE x g 0 | XREADGROUP GROUP g c STREAMS x >",
            "LSET l 0 b",
            "SET s 12",
        ] {
            assert_ne!(image(&format!("{EVERYTHING} | {more}")).digest(now_ms), base, "{more}");
        }
    }

    #[test]
    fn keys_that_have_expired_are_left_out() {
        let now_ms = Clock::new().now().unix_ms().0;
        let (with, without) = (image("SET a 1 | SET b 2 PX 50"), image("SET a 1"));
        assert_ne!(with.digest(now_ms), without.digest(now_ms));
        assert_eq!(with.digest(now_ms + 51), without.digest(now_ms + 51));
        assert!(with.difference(&without, now_ms).contains("db0 b"));
    }
}
