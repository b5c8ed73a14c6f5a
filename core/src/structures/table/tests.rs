//! The table against a naive map: contents, scans, snapshots, sampling, accounting.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::structures::rng::Rng;

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

fn table() -> Table {
    Table::new(HashSeed(1, 2))
}

/// A table whose hashes have only a few different values.
fn colliding(hash_mask: u64) -> Table {
    Table { hash_mask, ..table() }
}

fn set(table: &mut Table, key: &[u8], payload: &[u8]) {
    let hash = table.hash(key);
    let bytes = match table.find(hash, key) {
        Some(slot) => table.resize_payload(slot, payload.len()).1,
        None => table.insert(hash, key, payload.len()).1,
    };
    bytes.copy_from_slice(payload);
}

fn remove(table: &mut Table, key: &[u8]) -> bool {
    let slot = table.find(table.hash(key), key);
    slot.map(|slot| table.remove(slot)).is_some()
}

fn contents(table: &Table) -> Model {
    let all: Model = table.iter().map(|(key, payload)| (key.to_vec(), payload.to_vec())).collect();
    assert_eq!(all.len(), table.len(), "a key is there twice");
    all
}

fn check(table: &Table, model: &Model) {
    assert_eq!(&contents(table), model);
    assert_eq!(table.recount(), table.heap_bytes());
    let by_page: usize = (0..table.page_count()).map(|at| table.iter_page(at).count()).sum();
    assert_eq!(by_page, table.len());
}

/// Key number `n`; some are long enough to lie outside the page.
fn key(n: u16) -> Vec<u8> {
    match n % 23 {
        0 => format!("{n}{}", "k".repeat(300)).into_bytes(),
        1 => format!("{n:0>254}").into_bytes(),
        2 => format!("{n:0>255}").into_bytes(),
        _ => n.to_string().into_bytes(),
    }
}

#[derive(Clone, Debug)]
enum Op {
    Set(u16, usize),
    Remove(u16),
    Overwrite(u16, u8),
    Scan(usize),
    Snapshot,
    Clear,
}

fn payload_len() -> impl Strategy<Value = usize> {
    prop_oneof![6 => 0..40usize, 2 => 180..300usize, 1 => 0..=PAYLOAD_BYTES_MAX]
}

fn op(keys: u16) -> impl Strategy<Value = Op> {
    prop_oneof![
        400 => (0..keys, payload_len()).prop_map(|(n, len)| Op::Set(n, len)),
        300 => (0..keys).prop_map(Op::Remove),
        100 => (0..keys, any::<u8>()).prop_map(|(n, byte)| Op::Overwrite(n, byte)),
        60 => (0..60usize).prop_map(Op::Scan),
        8 => Just(Op::Snapshot),
        1 => Just(Op::Clear),
    ]
}

/// A scan in progress: what must be found, and what was.
#[derive(Default)]
struct Scan {
    cursor: u64,
    throughout: BTreeSet<Vec<u8>>,
    ever: BTreeSet<Vec<u8>>,
    given: Vec<Vec<u8>>,
}

impl Scan {
    fn start(model: &Model) -> Self {
        let keys: BTreeSet<_> = model.keys().cloned().collect();
        Self { throughout: keys.clone(), ever: keys, ..Self::default() }
    }

    fn finish(&self) {
        let given: BTreeSet<_> = self.given.iter().cloned().collect();
        assert!(given.is_superset(&self.throughout), "a scan missed a key");
        assert!(self.ever.is_superset(&given), "a scan invented a key");
        for key in &self.throughout {
            assert_eq!(self.given.iter().filter(|given| *given == key).count(), 1, "a scan repeated a key");
        }
    }
}

fn run(mut table: Table, ops: Vec<Op>) {
    let mut model = Model::new();
    let mut snapshots = Vec::new();
    let mut scan = Scan::start(&model);
    for op in ops {
        match op {
            Op::Set(n, len) => {
                let payload: Vec<u8> = (0..len).map(|i| (i as u16 ^ n) as u8).collect();
                set(&mut table, &key(n), &payload);
                model.insert(key(n), payload);
                scan.ever.insert(key(n));
            }
            Op::Remove(n) => {
                assert_eq!(remove(&mut table, &key(n)), model.remove(&key(n)).is_some());
                scan.throughout.remove(&key(n));
            }
            Op::Overwrite(n, byte) => {
                let slot = table.find(table.hash(&key(n)), &key(n));
                assert_eq!(slot.is_some(), model.contains_key(&key(n)));
                if let (Some(slot), Some(payload)) = (slot, model.get_mut(&key(n))) {
                    assert_eq!((table.key(slot), table.payload(slot)), (&key(n)[..], &payload[..]));
                    table.payload_mut(slot).fill(byte);
                    payload.fill(byte);
                }
            }
            Op::Scan(count) => {
                scan.cursor = table.scan(scan.cursor, count, |key, payload| {
                    assert_eq!(model[key], payload);
                    scan.given.push(key.to_vec());
                });
                if scan.cursor == 0 {
                    scan.finish();
                    scan = Scan::start(&model);
                }
            }
            Op::Snapshot => snapshots.push((table.clone(), model.clone())),
            Op::Clear => {
                table.clear();
                model.clear();
                scan.throughout.clear();
            }
        }
    }
    check(&table, &model);
    for (table, model) in &snapshots {
        check(table, model);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_table_behaves_like_a_map_and_its_snapshots_stay(
        keys in prop_oneof![Just(20u16), Just(2000)],
        ops in prop::collection::vec(op(2000), 1..1500),
    ) {
        let fold = |n: u16| n % keys;
        let ops = ops.into_iter().map(|op| match op {
            Op::Set(n, len) => Op::Set(fold(n), len),
            Op::Remove(n) => Op::Remove(fold(n)),
            Op::Overwrite(n, byte) => Op::Overwrite(fold(n), byte),
            op => op,
        });
        run(table(), ops.collect());
    }

    #[test]
    fn equal_hashes_and_equal_places_break_nothing(
        mask in prop_oneof![Just(0xffu64), Just(0xff00_0000_0000_001f), Just(0xffff_0000_0000_000f), Just(0)],
        ops in prop::collection::vec(op(60), 1..400),
    ) {
        run(colliding(mask), ops);
    }

    #[test]
    fn a_resize_keeps_the_common_part_and_zeroes_the_rest(
        lens in prop::collection::vec(payload_len(), 1..40),
        others in 0..200u16,
    ) {
        let mut table = table();
        (0..others).for_each(|n| set(&mut table, &key(n + 1000), &[7; 30]));
        let hash = table.hash(b"k");
        let mut model: Vec<u8> = Vec::new();
        let (mut slot, _) = table.insert(hash, b"k", 0);
        for (round, len) in lens.into_iter().enumerate() {
            let (new_slot, payload) = table.resize_payload(slot, len);
            model.resize(len, 0);
            prop_assert_eq!(&*payload, &model[..]);
            payload.fill(round as u8);
            model.fill(round as u8);
            slot = new_slot;
            prop_assert_eq!(table.find(hash, b"k"), Some(slot));
            prop_assert_eq!(table.key(slot), b"k");
        }
        prop_assert_eq!(table.recount(), table.heap_bytes());
    }
}

#[test]
fn the_table_grows_and_shrinks_with_its_contents() {
    let mut table = table();
    let empty = table.heap_bytes();
    for n in 0..20_000u32 {
        set(&mut table, &n.to_le_bytes(), &[1; 20]);
        let stats = table.stats();
        assert!(stats.live_bytes <= stats.pages * PAGE_BYTES_AVERAGE);
    }
    let full = table.page_count();
    assert!(full > 200, "{full} pages");
    assert_eq!(table.recount(), table.heap_bytes());
    for n in 0..20_000u32 {
        assert!(remove(&mut table, &n.to_le_bytes()));
    }
    assert!(table.is_empty());
    assert!(table.page_count() <= full / 100 + 1, "{} pages stay", table.page_count());
    // A full chunk of the directory and the capacity of two small vectors may stay.
    assert!(table.heap_bytes() <= empty + 2560, "{} bytes stay", table.heap_bytes());
    assert_eq!(table.recount(), table.heap_bytes());
}

#[test]
fn a_record_costs_little_more_than_its_bytes() {
    let mut table = table();
    for n in 0..100_000u32 {
        set(&mut table, format!("key:{n:012}").as_bytes(), &[1; 12]);
    }
    let per_key = table.heap_bytes() as f64 / 100_000.0;
    // 28 bytes of key and payload, 2 of lengths, 4 of slot: a sixth more for page heads and free room.
    assert!((34.0..40.0).contains(&per_key), "{per_key} bytes a key");
}

#[test]
fn an_insert_splits_at_most_one_page_and_a_remove_merges_at_most_one() {
    let mut table = table();
    for n in 0..3000u16 {
        let before = table.page_count();
        set(&mut table, &key(n), &vec![0; n as usize % 1500]);
        assert!(table.page_count() - before <= 1);
    }
    for n in 0..3000u16 {
        let before = table.page_count();
        assert!(remove(&mut table, &key(n)));
        assert!(before - table.page_count() <= 1);
    }
}

#[test]
fn small_records_growing_large_in_place_split_the_table_too() {
    let mut table = table();
    (0..400u16).for_each(|n| set(&mut table, &n.to_le_bytes(), &[]));
    assert!(table.page_count() <= 2);
    (0..400u16).for_each(|n| set(&mut table, &n.to_le_bytes(), &[n as u8; PAYLOAD_BYTES_MAX]));
    assert!(table.page_count() > 250);
    assert_eq!(table.recount(), table.heap_bytes());
}

/// Slots that a page no longer needs become free space with old bytes in it.
#[test]
fn new_payload_bytes_are_zero_even_where_slots_were() {
    for (records, kept) in [(33u16, 32u16), (34, 31), (49, 31), (49, 40), (64, 47)] {
        for grown in 1..120 {
            let mut table = table();
            (0..records).for_each(|n| set(&mut table, &n.to_le_bytes(), &[0xff; 20]));
            (kept..records).for_each(|n| assert!(remove(&mut table, &n.to_le_bytes())));
            for n in 0..3u16 {
                let slot = table.find(table.hash(&n.to_le_bytes()), &n.to_le_bytes()).expect("it is there");
                let (_, payload) = table.resize_payload(slot, 20 + grown);
                assert!(payload[20..].iter().all(|&byte| byte == 0), "{records} {kept} {grown}");
            }
            let hash = table.hash(b"new");
            let (_, payload) = table.insert(hash, b"new", grown);
            assert!(payload.iter().all(|&byte| byte == 0), "{records} {kept} {grown}");
        }
    }
}

#[test]
fn find_hash_meets_every_record_with_that_hash_and_stops_on_demand() {
    let mut table = colliding(0xff00_0000_0000_0001);
    (0..200u16).for_each(|n| set(&mut table, &key(n), b"x"));
    let hashes: BTreeSet<KeyHash> = (0..200).map(|n| table.hash(&key(n))).collect();
    for hash in hashes {
        let mut met = BTreeSet::new();
        assert_eq!(table.find_hash(hash, |slot| !met.insert(table.key(slot).to_vec())), None);
        let expected = (0..200).map(key).filter(|key| table.hash(key) == hash).collect::<BTreeSet<_>>();
        assert_eq!(met, expected);
        let last = expected.last().expect("the hash comes from a key");
        let slot = table.find_hash(hash, |slot| table.key(slot) == &last[..]).expect("it was met");
        assert_eq!(table.key(slot), &last[..]);
    }
}

#[test]
fn a_scan_gives_about_what_was_asked_and_everything_once() {
    let mut table = table();
    (0..5000u16).for_each(|n| set(&mut table, &key(n), b"payload"));
    for count in [0, 1, 10, 999, 100_000] {
        let (mut cursor, mut calls, mut keys) = (0, 0, BTreeSet::new());
        loop {
            let mut given = 0;
            cursor = table.scan(cursor, count, |key, _| {
                given += 1;
                assert!(keys.insert(key.to_vec()));
            });
            calls += 1;
            assert!(given == count.max(1) || cursor == 0, "{given} of {count}");
            if cursor == 0 {
                break;
            }
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
            assert!(cursor < 1 << 53, "a cursor must survive as a double");
        }
        assert_eq!(keys.len(), 5000);
        assert!(calls <= 5000 / count.max(1) + 1);
    }
}

#[test]
fn a_scan_goes_on_over_growth_by_a_hundred_and_the_way_back() {
    let mut table = table();
    (0..300u16).for_each(|n| set(&mut table, &key(n), b"stays"));
    let mut keys = BTreeSet::new();
    let mut cursor = 0;
    for round in 0.. {
        cursor = table.scan(cursor, 7, |key, payload| {
            if payload == b"stays" {
                assert!(keys.insert(key.to_vec()), "given twice");
            }
        });
        if cursor == 0 {
            break;
        }
        for n in 300..30_000u16 {
            if round % 2 == 0 {
                set(&mut table, &key(n), b"comes and goes");
            } else {
                remove(&mut table, &key(n));
            }
        }
    }
    assert_eq!(keys, (0..300).map(key).collect());
}

#[test]
fn any_number_is_a_cursor() {
    let mut table = table();
    (0..1000u16).for_each(|n| set(&mut table, &key(n), b""));
    for cursor in [1, 1 << 47, (1 << 48) - 1, 1 << 48, 1 << 53, u64::MAX] {
        let mut next = cursor;
        for _ in 0..2000 {
            next = table.scan(next, 1, |_, _| ());
            if next == 0 {
                break;
            }
        }
        assert_eq!(next, 0);
    }
}

#[test]
fn every_record_is_sampled_equally_often() {
    let mut table = table();
    let mut numbers = BTreeMap::new();
    for n in 0..1000usize {
        // Sizes from tiny to large, so that pages differ much in how many records they hold.
        set(&mut table, &n.to_le_bytes(), &vec![0; if n % 10 == 0 { 1000 } else { n % 7 }]);
        numbers.insert(n.to_le_bytes().to_vec(), n);
    }
    let mut rng = Rng::new(42);
    let mut seen = vec![0u32; 1000];
    for _ in 0..200_000 {
        let slot = table.random(&mut rng).expect("there are records");
        seen[numbers[table.key(slot)]] += 1;
    }
    let chi2: f64 = seen.iter().map(|&n| (f64::from(n) - 200.0).powi(2) / 200.0).sum();
    // 999 degrees of freedom: mean 999, standard deviation 44.7; both tails at four deviations.
    assert!((820.0..1178.0).contains(&chi2), "chi squared {chi2}");
    table.clear();
    assert_eq!(table.random(&mut rng), None);
}

#[test]
fn a_write_under_a_snapshot_copies_one_page_and_the_next_write_none() {
    let mut table = table();
    (0..5000u16).for_each(|n| set(&mut table, &n.to_le_bytes(), &[0; 20]));
    let snapshot = table.clone();
    let pages = table.page_count();
    assert_eq!(table.pages_shared_with(&snapshot), pages);
    for _ in 0..2 {
        let slot = table.find(table.hash(&7u16.to_le_bytes()), &7u16.to_le_bytes()).expect("it is there");
        table.payload_mut(slot).fill(1);
        assert_eq!(table.pages_shared_with(&snapshot), pages - 1);
    }
    assert!(contents(&snapshot).values().all(|payload| payload == &[0; 20]));
    assert_eq!(contents(&table).values().filter(|payload| **payload == [1; 20]).count(), 1);
}

#[test]
fn a_snapshot_is_read_on_another_thread() {
    fn is_send<T: Send + Sync>(_: &T) {}
    is_send(&table());
}

quickcheck::quickcheck! {
    fn places_order_pages_and_survive_the_way_to_a_hash_and_back(hash: u64) -> bool {
        let place = scan::place(KeyHash(hash));
        let back = scan::hash_at(place);
        scan::place(back) == place && back.0 == hash & ((1 << 48) - 1) && place < 1 << 48
    }

    fn every_cursor_lands_in_the_page_that_covers_it(cursor: u64, records: u16) -> bool {
        let mut table = table();
        (0..records % 3000).for_each(|n| set(&mut table, &n.to_le_bytes(), &[0; 60]));
        let cursor = cursor & ((1 << 48) - 1);
        let at = table.page_of(scan::hash_at(cursor));
        let end = table.end_of_page(at);
        let start = scan::place(KeyHash(at as u64));
        start <= cursor && cursor < end && (end == 1 << 48 || table.page_of(scan::hash_at(end)) != at)
    }
}
