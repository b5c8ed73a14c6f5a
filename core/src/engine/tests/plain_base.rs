//! A data set as commands ([`crate::aof::encoder`]): pieces of any size make the same file, no piece is large, and what is read back is the same.

use crate::aof::encoder::CommandEncoder;
use crate::aof::reader::{CommandReader, Item};
use crate::aof::value::{Place, append_piece};
use crate::commands::OwnedArgs;
use crate::config::{Config, ProtectedAction};
use crate::engine::Engine;
use crate::engine::client::{ClientId, Peer};
use crate::keyspace::DbIndex;
use crate::time::Now;

/// Tables go page by page.
const PAGE_BYTES: usize = 16 * 1024;

fn server() -> (Engine, ClientId) {
    let config = Config { enable_debug_command: ProtectedAction::Yes, ..Config::default() };
    let mut engine = Engine::new(config, 1, Now::default());
    let client = engine.connect(Peer { loopback: true, ..Peer::default() }, Now::default()).expect("there is room");
    (engine, client)
}

fn run(engine: &mut Engine, client: ClientId, line: &str) -> String {
    let args = OwnedArgs::from_iter(line.split(' '));
    let reply = String::from_utf8(engine.run_command(client, args.as_args(), Now::default())).expect("text");
    assert!(!reply.starts_with('-'), "{line}: {reply}");
    reply
}

/// All types and encodings, `count` elements each.
fn fill(engine: &mut Engine, client: ClientId, count: usize) {
    run(engine, client, "SET string text");
    run(engine, client, "SET number 12 PX 100000");
    for number in 0..count {
        for line in [
            format!("RPUSH list element-{number}"),
            format!("SADD set member-{number}"),
            format!("SADD numbers {number}"),
            format!("ZADD scores {number}.5 member-{number}"),
            format!("HSET hash field-{number} value-{number}"),
            format!("XADD stream {number}-1 field value"),
        ] {
            run(engine, client, &line);
        }
    }
    for line in ["SADD few a b c", "ZADD little 1 a 2 b", "HSET small a 1 b 2", "RPUSH short a b"] {
        run(engine, client, line);
    }
}

/// Consumers of several kinds; `lost`: some of what is pending goes, at the front and in the middle.
fn consume(engine: &mut Engine, client: ClientId, lost: bool) {
    for line in [
        "XGROUP CREATE stream g 0",
        "XGROUP CREATE stream h 5-1",
        "XGROUP CREATE stream idle $",
        "XGROUP CREATECONSUMER stream g nobody",
        "XREADGROUP GROUP g a COUNT 9 STREAMS stream >",
        "XREADGROUP GROUP g b COUNT 3 STREAMS stream >",
        "XREADGROUP GROUP h a COUNT 20 STREAMS stream >",
        "XACK stream g 2-1",
    ] {
        run(engine, client, line);
    }
    if lost {
        run(engine, client, "XTRIM stream MINID 4-1");
        run(engine, client, "XDEL stream 7-1 8-1 30-1");
    }
}

/// The whole file, and its longest chunk.
fn encoded(engine: &Engine) -> (Vec<u8>, usize) {
    let mut encoder = CommandEncoder::new(engine.keyspace().snapshot(), None, &[]);
    let (mut all, mut chunk, mut longest) = (Vec::new(), Vec::new(), 0);
    while encoder.next_chunk(&mut chunk) {
        longest = longest.max(chunk.len());
        all.extend_from_slice(&chunk);
    }
    assert_eq!((encoder.keys_written(), encoder.bytes_written()), (encoder.keys_total(), all.len() as u64));
    (all, longest)
}

/// A server that has run these commands.
fn replayed(bytes: &[u8]) -> (Engine, ClientId) {
    let (mut engine, client) = server();
    let mut reader = CommandReader::new(bytes.len() as u64, 0);
    reader.feed(bytes);
    reader.feed_end();
    loop {
        match reader.next() {
            Ok(Item::Command(args)) => {
                let reply = engine.run_command(client, args, Now::default());
                assert!(!reply.starts_with(b"-"), "{}", String::from_utf8_lossy(&reply));
            }
            Ok(Item::End) => return (engine, client),
            _ => panic!("it is damaged, or wants more"),
        }
    }
}

#[test]
fn pieces_of_any_size_are_the_same_commands() {
    let (mut engine, client) = server();
    fill(&mut engine, client, 700);
    consume(&mut engine, client, true);
    let snapshot = engine.keyspace().snapshot();
    let db = snapshot.db(DbIndex(0));
    for (key, _, value) in (0..db.page_count()).flat_map(|page| db.page_entries(page)) {
        let mut whole = Vec::new();
        assert!(append_piece(&mut whole, key, value, &mut Place::default(), usize::MAX));
        for stop_bytes in [1, 100, 5000] {
            let (mut pieces, mut place, mut count) = (Vec::new(), Place::default(), 0);
            loop {
                let mut piece = Vec::new();
                let is_complete = append_piece(&mut piece, key, value, &mut place, stop_bytes);
                pieces.extend_from_slice(&piece);
                count += 1;
                if is_complete {
                    break;
                }
                assert!(!piece.is_empty(), "it goes on");
            }
            let name = String::from_utf8_lossy(key);
            assert!(pieces == whole, "{name} in pieces of {stop_bytes}");
            assert!(count > 1 || whole.len() < stop_bytes + PAGE_BYTES, "{name} in one piece");
        }
    }
}

#[test]
fn no_chunk_is_much_longer_than_the_others() {
    let (mut engine, client) = server();
    fill(&mut engine, client, 20_000);
    run(&mut engine, client, "XGROUP CREATE stream g 0");
    run(&mut engine, client, "XREADGROUP GROUP g a STREAMS stream >");
    let (all, longest) = encoded(&engine);
    assert!(all.len() > 3_000_000, "{}", all.len());
    assert!(longest < 72 * 1024, "{longest}");
}

#[test]
fn what_is_read_back_is_the_same() {
    for lost in [false, true] {
        let (mut engine, client) = server();
        fill(&mut engine, client, 300);
        consume(&mut engine, client, lost);
        run(&mut engine, client, "XADD gone 1-1 a b");
        run(&mut engine, client, "XADD gone 5-1 a b");
        consume_all_of_gone(&mut engine, client, lost);
        let (all, _) = encoded(&engine);
        let (mut again, reader) = replayed(&all);
        for line in
            ["DEBUG DIGEST", "XINFO STREAM stream FULL COUNT 0", "XINFO STREAM gone FULL COUNT 0", "PTTL number"]
        {
            // How many nodes there are depends on the history.
            let shown = |text: String| {
                let at = text.find("radix-tree-keys").unwrap_or(0);
                let end = text[at..].find("last-generated-id").map_or(at, |end| at + end);
                [&text[..at], &text[end..]].concat()
            };
            assert_eq!(shown(run(&mut again, reader, line)), shown(run(&mut engine, client, line)), "{line} {lost}");
        }
    }
}

/// A stream of which everything is pending, and trimmed.
fn consume_all_of_gone(engine: &mut Engine, client: ClientId, lost: bool) {
    run(engine, client, "XGROUP CREATE gone g 0");
    run(engine, client, "XREADGROUP GROUP g a STREAMS gone >");
    if lost {
        run(engine, client, "XTRIM gone MAXLEN 0");
    }
}
