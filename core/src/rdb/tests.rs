//! Whole files: what is encoded is decoded again, however it is cut; and what is damaged says where.

use super::decoder::{RdbDecoder, RdbError, Reason, Record};
use super::encoder::{EncodeOptions, RdbEncoder, UseNote};
use crate::keyspace::db::NewValue;
use crate::keyspace::recency::RecencyPolicy;
use crate::keyspace::{DbIndex, Keyspace, Recency};
use crate::structures::{HashSeed, Packed, Rng, StreamId};
use crate::time::{Now, UnixMillis};
use crate::types::digest::Digest;
use crate::types::stream::{Group, Pending};
use crate::types::{Collection, End, Hash, Limits, List, Object, Set, SortedSet, Stream};
use quickcheck::quickcheck;

const NOW: Now = Now { unix_us: 1_700_000_000_000_000, monotonic_us: 1 };

fn options(checksum: bool) -> EncodeOptions {
    EncodeOptions {
        compression: true,
        checksum,
        use_note: UseNote::IdleTime,
        recency: RecencyPolicy::default(),
        now: NOW,
        redis_version: "7.0.15",
        used_memory_bytes: 1_000_000,
        aof_base: false,
        replication: None,
        libraries: vec![b"#!lua name=one\n".repeat(3)],
    }
}

fn encoded(keyspace: &Keyspace, options: EncodeOptions) -> Vec<u8> {
    let mut encoder = RdbEncoder::new(keyspace.snapshot(), options);
    let (mut file, mut chunk) = (Vec::new(), Vec::new());
    while encoder.next_chunk(&mut chunk) {
        file.extend_from_slice(&chunk);
    }
    assert_eq!(encoder.bytes_written(), file.len() as u64);
    assert_eq!(encoder.keys_written(), keyspace.len() as u64);
    file
}

/// What a file holds, fed in pieces of at most `piece` bytes, and the most that was fed and not consumed.
fn decoded(file: &[u8], piece: usize) -> Result<(Keyspace, usize), RdbError> {
    let limits = Limits::default();
    let mut keyspace = Keyspace::new(16, HashSeed(3, 4));
    let mut decoder = RdbDecoder::new(file.len() as u64, true);
    let (mut fed, mut db, mut longest) = (0, DbIndex(0), 0);
    loop {
        longest = longest.max(fed - decoder.offset() as usize);
        match decoder.next(&limits)? {
            Record::Wants(bytes) => {
                let end = file.len().min(fed + piece.max(bytes as usize));
                assert!(end > fed, "what it wants is there");
                decoder.feed(&file[fed..end]);
                fed = end;
            }
            Record::Select(number) => db = DbIndex(number.min(15) as u32),
            Record::Key(mut record) => {
                let db = keyspace.db_mut(db);
                let hash = db.hash(&record.key);
                let slot = db.find(hash, &record.key);
                let recency = Recency::idle_for(NOW, record.idle_s.unwrap_or(0) as i64);
                db.store(hash, &record.key, slot, record.value.take_new(), record.expiry, recency);
            }
            Record::EmptyKey(_) | Record::Fact { .. } | Record::Library(_) | Record::Resize { .. } => {}
            Record::End { .. } => return Ok((keyspace, longest)),
        }
    }
}

/// Database, key, expiry, recency, type and encoding, digest.
type Row = (u32, Vec<u8>, Option<UnixMillis>, u32, String, Vec<u8>);

/// Every key with everything that belongs to it.
fn contents(keyspace: &Keyspace) -> Vec<Row> {
    let mut all = Vec::new();
    for (index, db) in keyspace.iter() {
        db.check();
        for (key, payload) in db.iter() {
            let mut digest = Digest::of_key(key);
            let value = db.decode(payload);
            value.digest(&mut digest, false);
            let encoding = format!("{:?} {}", value.value_type(), value.encoding_name());
            let recency = payload.recency().bits();
            all.push((index.0, key.to_vec(), payload.expiry(), recency, encoding, digest.as_bytes().to_vec()));
        }
    }
    all.sort();
    all
}

fn text(rng: &mut Rng) -> Vec<u8> {
    match rng.below(6) {
        0 => (rng.next_u64() as i64 >> rng.below(64)).to_string().into_bytes(),
        1 => vec![b'x'; rng.below(400) as usize],
        2 => (0..rng.below(70)).map(|_| rng.next_u64() as u8).collect(),
        _ => format!("text {}", rng.below(100_000)).into_bytes(),
    }
}

fn value(rng: &mut Rng, elements: u64) -> Object {
    let limits = Limits::default();
    let blank = Packed::blank;
    match rng.below(5) {
        0 => {
            let mut hash = Hash::empty(blank(), &limits);
            (0..elements).for_each(|_| _ = hash.set(&text(rng), &text(rng), &limits));
            hash.into()
        }
        1 => {
            let mut set = Set::new();
            let integers = rng.below(2) == 0;
            for _ in 0..elements {
                let member = if integers { rng.below(100_000).to_string().into_bytes() } else { text(rng) };
                set.add(&member, &limits);
            }
            set.into()
        }
        2 => {
            let mut set = SortedSet::empty(blank(), &limits);
            (0..elements).for_each(|_| _ = set.set(&text(rng), rng.below(1000) as f64 / 8.0, &limits));
            set.into()
        }
        3 => {
            let mut list = List::empty(blank(), &limits);
            (0..elements).for_each(|_| list.push(End::Right, &text(rng), &limits));
            list.into()
        }
        _ => stream(rng, elements).into(),
    }
}

fn stream(rng: &mut Rng, elements: u64) -> Stream {
    let mut stream = Stream::default();
    for i in 0..elements {
        let fields = [text(rng), text(rng)];
        let id = StreamId::new(1000 + i, rng.below(10));
        stream.append(id, fields.iter().map(Vec::as_slice), 1, &Limits::default()).expect("ids rise");
    }
    let mut group = Group::new(StreamId::new(1000, 0), 3);
    let consumer = group.create_consumer(b"one", 5).expect("a new name");
    for i in 0..elements.min(20) {
        group.assign(StreamId::new(1000 + i, 0), Pending { consumer, delivered_ms: 7, deliveries: i });
    }
    stream.create_group(b"group", group);
    stream
}

fn filled(seed: u64, keys: u64, elements_max: u64) -> Keyspace {
    let mut rng = Rng::new(seed);
    let mut keyspace = Keyspace::new(16, HashSeed(1, 2));
    for i in 0..keys {
        let db = keyspace.db_mut(DbIndex(rng.below(3) as u32 * 7));
        let key = [format!("{i}:").into_bytes(), text(&mut rng)].concat();
        let hash = db.hash(&key);
        let expiry = (rng.below(3) == 0).then(|| UnixMillis(rng.next_u64() as i64 >> 20));
        let recency = Recency::idle_for(NOW, rng.below(100_000) as i64);
        let elements = 1 + rng.below(elements_max);
        let string = text(&mut rng);
        let value = match rng.below(2) {
            0 => NewValue::String(&string),
            _ => NewValue::Object(value(&mut rng, elements)),
        };
        db.store(hash, &key, None, value, expiry, recency);
    }
    keyspace
}

#[test]
fn big_values_go_out_and_come_in_in_pieces() {
    const ELEMENTS: u64 = 20_000;
    for seed in 0..12 {
        let mut keyspace = Keyspace::new(16, HashSeed(1, 2));
        let db = keyspace.db_mut(DbIndex(0));
        let value = NewValue::Object(value(&mut Rng::new(seed), ELEMENTS));
        db.store(db.hash(b"big"), b"big", None, value, None, Recency::from_bits(0));
        let mut encoder = RdbEncoder::new(keyspace.snapshot(), options(true));
        let (mut chunk, mut file) = (Vec::new(), Vec::new());
        while encoder.next_chunk(&mut chunk) {
            assert!(chunk.len() < 130_000, "a chunk of {} bytes", chunk.len());
            file.extend_from_slice(&chunk);
        }
        let (back, _) = decoded(&file, 10_000).expect("a sound file");
        assert_eq!(
            contents(&keyspace).iter().map(|row| (&row.4, &row.5)).collect::<Vec<_>>(),
            contents(&back).iter().map(|row| (&row.4, &row.5)).collect::<Vec<_>>()
        );
    }
}

#[test]
fn memory_is_bounded_by_the_largest_record() {
    let file = encoded(&filled(9, 4000, 30), options(true));
    assert!(file.len() > 1_000_000, "{}", file.len());
    let (_, longest) = decoded(&file, 4096).expect("a sound file");
    assert!(longest < 64 * 1024, "{longest} bytes of {} at once", file.len());
}

#[test]
fn a_file_cut_anywhere_is_truncated() {
    let file = encoded(&filled(5, 40, 12), options(true));
    for end in 0..file.len() {
        let error = decoded(&file[..end], 1000).err().expect("something is missing");
        assert_eq!((error.reason, error.offset <= end as u64), (Reason::Truncated, true), "cut at {end}");
    }
}

#[test]
fn any_changed_byte_is_noticed() {
    let file = encoded(&filled(6, 12, 9), options(true));
    // A version below 5 would have no checksum.
    for at in (0..5).chain(9..file.len()) {
        for change in [1, 0x80, 0xff] {
            let mut bad = file.clone();
            bad[at] ^= change;
            // Without a checksum (all zeros) nothing would be noticed; one byte does not make one.
            decoded(&bad, 300).err().expect("a byte was changed");
        }
    }
}

#[test]
fn what_is_refused_says_why_and_where() {
    let refusal = |bytes: &[u8]| decoded(bytes, 10).err().expect("refused");
    assert_eq!(refusal(b"REDIX0010\xff"), RdbError { offset: 9, reason: Reason::Signature });
    assert_eq!(refusal(b"REDIS0011\xff").reason, Reason::Version(11));
    assert_eq!(refusal(b"REDIS0000\xff").reason, Reason::Version(0));
    assert_eq!(refusal(b"REDIS001 \xff").reason, Reason::Signature);
    assert_eq!(refusal(b"REDIS0004\x20\x01k").reason, Reason::UnknownType(0x20));
    assert_eq!(refusal(b"REDIS0010\xf6\x00").reason, Reason::PrereleaseFunctions);
    let module = refusal(b"REDIS0010\x07\x01k\x81\xd0\x42\x08\x10\x1c\x40\x20\x01\x00").reason;
    assert!(matches!(module, Reason::Module(ref name) if name.len() == 9), "{module:?}");
    let (key, end) = (b"REDIS0004\xfe\x03\x00\x01k\x01v", b"\xff");
    assert!(decoded(&[&key[..], end].concat(), 4).is_ok(), "before version 5 there is no checksum");
    let claim = refusal(b"REDIS0004\x00\x01k\x80\xff\xff\xff\xff").reason;
    assert_eq!(claim, Reason::Truncated);
    let text = refusal(b"REDIS0004\x0b\x01k\x03abc\xff").reason;
    assert_eq!(text, Reason::Malformed { key: Some(b"k".to_vec()) });
}

#[test]
fn empty_collections_are_told_and_left_out() {
    let mut decoder = RdbDecoder::new(15, true);
    decoder.feed(b"REDIS0004\x02\x01k\x00\xff");
    assert!(matches!(decoder.next(&Limits::default()), Ok(Record::EmptyKey(key)) if &*key == b"k"));
}

quickcheck! {
    fn what_is_encoded_is_decoded_however_it_is_cut(seed: u64, piece: u16, checksum: bool) -> bool {
        let keyspace = filled(seed, seed % 60, 40);
        let file = encoded(&keyspace, options(checksum));
        let (back, _) = decoded(&file, usize::from(piece) + 1).expect("a sound file");
        contents(&keyspace) == contents(&back)
    }

    fn no_bytes_make_it_panic(body: Vec<u8>) -> bool {
        let file = [b"REDIS0010".as_slice(), &body].concat();
        decoded(&file, 7).is_err() || body.contains(&0xff)
    }
}
