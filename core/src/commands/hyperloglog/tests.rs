//! The whole family against a conversation recorded from redis-server 7.0.15, and against sets.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::commands::OwnedArgs;
use crate::commands::conversation::{World, play};
use crate::keyspace::DbIndex;
use crate::resp::Protocol;
use crate::structures::hyperloglog;

#[test]
fn the_recorded_conversation_goes_the_same_way() {
    play(include_str!("recorded.txt"), super::rows::ROWS);
}

fn count(reply: &[u8]) -> u64 {
    let text = std::str::from_utf8(reply).expect("ASCII");
    text.strip_prefix(':').and_then(|text| text.trim_end().parse().ok()).unwrap_or_else(|| panic!("a number: {text}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn counts_are_close_and_the_bytes_do_not_depend_on_how_they_are_changed(
        sparse_bytes_max in prop::sample::select(vec![0u64, 100, 3000, 20_000]),
        batches in prop::collection::vec((0usize..2, prop::collection::vec(0u32..5000, 0..300)), 1..8),
        snapshot_at in 0usize..8,
    ) {
        let mut world = World::new(Protocol::Resp2);
        world.policy.limits.hll_sparse_bytes_max = sparse_bytes_max;
        let mut seen = [BTreeSet::new(), BTreeSet::new()];
        // The same additions to bytes that no store is under.
        let mut plain: [Option<Vec<u8>>; 2] = [None, None];
        let mut snapshot = None;
        for (index, (which, elements)) in batches.iter().enumerate() {
            if index == snapshot_at {
                snapshot = Some((world.keyspace.snapshot(), plain[0].clone()));
            }
            let mut args: OwnedArgs = ["pfadd", ["a", "b"][*which]].into_iter().collect();
            let bytes = plain[*which].get_or_insert_with(hyperloglog::empty);
            for element in elements {
                args.push(element.to_string().as_bytes());
                hyperloglog::add(bytes, element.to_string().as_bytes(), sparse_bytes_max as usize).expect("sound");
                seen[*which].insert(*element);
            }
            hyperloglog::invalidate_cache(bytes);
            world.run(&args);
            for (key, expected) in [&b"a"[..], b"b"].iter().zip(&plain) {
                let found = world.database().read_string(key).expect("a string").map(|value| value.bytes().into_owned());
                // The flag of the cache also tells whether the last call changed anything.
                let without_cache = |bytes: &[u8]| [&bytes[..8], &bytes[16..]].concat();
                prop_assert!(found.as_deref().map(without_cache) == expected.as_deref().map(without_cache));
            }
            let close = |counted: u64, exact: usize| counted.abs_diff(exact as u64) as f64 <= 2.0 + exact as f64 * 0.05;
            world.run(&["pfcount", ["a", "b"][*which]].into_iter().collect());
            let first = count(world.reply.bytes());
            prop_assert!(close(first, seen[*which].len()));
            let outcome = world.run(&["pfcount", ["a", "b"][*which]].into_iter().collect());
            prop_assert_eq!((count(world.reply.bytes()), outcome.journal.len()), (first, 0), "the second count is the cache's");
            world.run(&["pfcount", "a", "b"].into_iter().collect());
            let union = count(world.reply.bytes());
            prop_assert!(close(union, seen[0].union(&seen[1]).count()));
            world.run(&["pfmerge", "m", "a", "b"].into_iter().collect());
            world.run(&["pfcount", "m"].into_iter().collect());
            prop_assert_eq!(count(world.reply.bytes()), union);
        }
        if let Some((snapshot, expected)) = snapshot {
            let (_, db) = snapshot.iter().next().expect("one database");
            let found = db.iter().find(|(key, _, _)| *key == b"a");
            let bytes = found.map(|(_, _, value)| value.as_string().expect("a string").bytes().into_owned());
            prop_assert!(bytes.map(|bytes| bytes[16..].to_vec()) == expected.map(|bytes| bytes[16..].to_vec()));
        }
        world.keyspace.db(DbIndex(0)).check();
    }
}
