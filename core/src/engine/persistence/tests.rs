//! Saving and loading, operation by operation.

use super::file::FileOp;
use super::memory::MemoryDisk;
use super::node::Node;
use crate::engine::action::Outcome;
use crate::engine::shutdown::ShutdownSignal;

/// A process that has started on an empty disk.
fn empty() -> Node {
    Node::running(MemoryDisk::default(), |_| {})
}

/// What a server says that starts on this disk: the value of `k`, and how many keys.
fn restarted(disk: &MemoryDisk) -> (String, String) {
    let mut node = Node::start(disk.clone(), |_| {});
    node.run();
    assert!(node.loaded, "{:?}", node.log);
    let client = node.connect();
    (node.ask(client, "GET k"), node.ask(client, "DBSIZE"))
}

#[test]
fn at_every_operation_the_file_is_wholly_the_old_or_the_new_one() {
    for command in ["SAVE", "BGSAVE", "SHUTDOWN"] {
        let mut node = empty();
        let client = node.connect();
        node.ask(client, "SET k old");
        node.ask_and_run(client, "SAVE");
        node.ask(client, "MSET k new more 1");
        node.send(client, command);
        let mut seen_new = false;
        loop {
            let (value, count) = restarted(&node.disk);
            match value.as_str() {
                "$3 old" => assert!(count == ":1" && !seen_new),
                "$3 new" => seen_new = count == ":2",
                other => panic!("{other}"),
            }
            if !node.step(None) {
                break;
            }
        }
        assert!(seen_new, "{command}");
        assert_eq!(node.disk.files.len(), 1, "no temporary file is left");
    }
}

#[test]
fn whatever_fails_leaves_the_old_file_and_nothing_beside_it() {
    // Create, Encode, Sync, Close, Rename: each in turn.
    for failing in 0..5 {
        let mut node = empty();
        let client = node.connect();
        node.ask(client, "SET k old");
        node.ask_and_run(client, "SAVE");
        node.ask(client, "SET k new");
        node.send(client, "SAVE");
        (0..failing).for_each(|_| assert!(node.step(None)));
        node.step(Some("No space left on device"));
        node.run();
        assert_eq!(node.take(client), "-ERR");
        assert!(node.log.iter().any(|line| line.ends_with("No space left on device")), "{:?}", node.log);
        assert_eq!(restarted(&node.disk), ("$3 old".into(), ":1".into()));
        assert_eq!(node.disk.files.len(), 1, "after operation {failing}: {:?}", node.disk.files.keys());
        assert_eq!(node.field(client, "rdb_changes_since_last_save"), "1");
        assert_eq!(node.field(client, "rdb_last_bgsave_status"), "ok");
    }
}

#[test]
fn writes_are_refused_after_a_failed_save_in_the_background_until_one_succeeds() {
    let mut node = empty();
    let client = node.connect();
    assert_eq!(node.ask(client, "BGSAVE"), "+Background saving started");
    assert_eq!(node.ask(client, "BGSAVE"), "-ERR Background save already in progress");
    assert_eq!(node.ask(client, "SAVE"), "-ERR Background save already in progress");
    node.step(Some("Permission denied"));
    assert_eq!(node.field(client, "rdb_last_bgsave_status"), "err");
    for command in ["SET k 1", "PING"] {
        assert!(node.ask(client, command).starts_with("-MISCONF Redis is configured to save RDB snapshots"));
    }
    #[cfg(feature = "lua")]
    for script in ["return redis.call('SET', KEYS[1], 1)", "redis.pcall('GET', KEYS[1]) redis.call('SET', KEYS[1], 1)"]
    {
        assert!(
            node.ask(client, &format!("EVAL \"{script}\" 1 k")).starts_with("-MISCONF Redis is configured to save RDB")
        );
    }
    assert_eq!(node.ask(client, "GET k"), "$-1");
    node.ask(client, "CONFIG SET stop-writes-on-bgsave-error no");
    assert_eq!(node.ask(client, "SET k 1"), "+OK");
    node.ask(client, "CONFIG SET stop-writes-on-bgsave-error yes");
    assert_eq!(node.ask_and_run(client, "SAVE"), "+OK");
    assert_eq!(node.ask(client, "SET k 2"), "+OK");
}

#[test]
fn save_points_save_and_wait_after_a_failure() {
    let mut node = empty();
    let client = node.connect();
    node.ask(client, "CONFIG SET save \"10 2\"");
    node.ask(client, "SET k 1");
    node.pass_ms(20_000);
    assert!(node.asked.is_empty(), "one change is not enough");
    node.ask(client, "SET k 2");
    node.pass_ms(1_000);
    assert!(node.log.contains(&"2 changes in 10 seconds. Saving...".to_string()), "{:?}", node.log);
    node.step(Some("Input/output error"));
    node.pass_ms(5_000);
    assert!(node.asked.is_empty(), "it waits before it tries again");
    node.pass_ms(1_000);
    node.run();
    assert_eq!(node.field(client, "rdb_changes_since_last_save"), "0");
    assert_eq!(restarted(&node.disk).0, "$1 2");
}

#[test]
fn what_is_written_during_a_save_counts_for_the_next() {
    let mut node = empty();
    let client = node.connect();
    node.ask(client, "SET k 1");
    node.send(client, "BGSAVE");
    node.ask(client, "SET k 2");
    node.run();
    assert_eq!(node.field(client, "rdb_changes_since_last_save"), "1");
    assert_eq!(restarted(&node.disk).0, "$1 1");
}

#[test]
fn nothing_happens_while_a_save_is_in_the_foreground() {
    let mut node = empty();
    let (saver, other) = (node.connect(), node.connect());
    node.send(saver, "SAVE");
    assert_eq!(node.ask(other, "SET k 1"), "");
    assert_eq!(node.engine.next_timeout(), None);
    node.run();
    assert_eq!((node.take(saver), node.take(other)), ("+OK".into(), "+OK".into()));
    assert_eq!(restarted(&node.disk).1, ":0");
}

#[test]
fn flushall_cancels_a_save_and_empties_the_file_under_save_points() {
    let mut node = empty();
    let client = node.connect();
    node.ask(client, "SET k 1");
    node.ask_and_run(client, "SAVE");
    node.ask(client, "BGSAVE");
    node.step(None);
    assert_eq!(node.ask(client, "FLUSHALL"), "", "the reply waits for the file");
    node.run();
    assert_eq!(node.take(client), "+OK");
    assert_eq!(restarted(&node.disk), ("$-1".into(), ":0".into()));
    assert_eq!(node.disk.files.len(), 1);
    assert_eq!(node.field(client, "rdb_last_bgsave_status"), "ok");
    node.ask(client, "CONFIG SET save \"\"");
    assert_eq!(node.ask(client, "FLUSHALL"), "+OK");
    assert!(node.asked.is_empty(), "without save points no file is touched");
}

#[test]
fn a_shutdown_that_can_not_save_is_called_off_unless_forced() {
    let mut node = empty();
    let (client, other) = (node.connect(), node.connect());
    node.send(client, "SHUTDOWN");
    node.send(other, "PING");
    node.step(Some("No space left on device"));
    assert_eq!(node.take(client), "-ERR Errors trying to SHUTDOWN. Check logs.");
    assert_eq!((node.exit, node.take(other)), (None, "+PONG".into()));
    node.send(client, "SHUTDOWN FORCE");
    node.step(Some("No space left on device"));
    assert_eq!(node.exit, Some(0));
}

#[test]
fn a_shutdown_puts_a_save_under_way_away() {
    let mut node = empty();
    let client = node.connect();
    node.send(client, "BGSAVE");
    node.step(None);
    node.send(client, "SHUTDOWN NOSAVE");
    assert_eq!(node.exit, None);
    node.run();
    assert_eq!((node.exit, node.disk.files.len()), (Some(0), 0));
}

#[test]
fn clients_are_served_while_the_data_is_loaded() {
    let mut node = empty();
    let client = node.connect();
    node.ask(client, "DEBUG POPULATE 2000");
    node.ask(client, "SET soon 1 PX 500");
    node.ask_and_run(client, "SAVE");
    let mut node = Node::start(node.disk, |config| config.loading_process_events_interval_bytes = 1024);
    let client = node.connect();
    assert_eq!(node.ask(client, "GET key:1"), "-LOADING Redis is loading the dataset in memory");
    // There is no manifest.
    node.step(None);
    node.now.unix_us += 1_000_000;
    for _ in 0..9 {
        assert!(node.step(None) && !node.loaded);
        assert_eq!(node.ask(client, "GET key:1"), "-LOADING Redis is loading the dataset in memory");
        assert_eq!(node.ask(client, "PING"), "-LOADING Redis is loading the dataset in memory");
        let reload = node.ask(client, "DEBUG RELOAD");
        assert_eq!(reload, "-LOADING Redis is loading the dataset in memory", "half the data is not saved");
        assert_eq!(node.field(client, "loading"), "1");
    }
    assert!(node.field(client, "loading_loaded_bytes").parse::<u64>().expect("a number") > 5000);
    node.send(client, "MULTI");
    node.run();
    assert!(node.loaded);
    node.take(client);
    node.ask(client, "DISCARD");
    assert_eq!((node.ask(client, "DBSIZE"), node.field(client, "loading")), (":2001".into(), "0".into()));
    node.engine.keyspace().iter().for_each(|(_, db)| db.check());
}

#[test]
fn keys_that_have_expired_are_left_out() {
    let mut node = empty();
    let client = node.connect();
    node.ask(client, "SET k 1 PX 500");
    node.ask(client, "SET stays 1 EX 500");
    node.ask_and_run(client, "SAVE");
    let disk = node.disk;
    let mut node = Node::start(disk, |_| {});
    // There is no manifest.
    node.step(None);
    node.now.unix_us += 1_000_000;
    // The load has begun before: its own moment counts.
    node.run();
    let client = node.connect();
    assert_eq!(node.ask(client, "DBSIZE"), ":2");
    node.pass_ms(1_000);
    node.ask_and_run(client, "DEBUG RELOAD");
    assert_eq!(node.ask(client, "DBSIZE"), ":1");
}

#[test]
fn a_damaged_file_ends_the_process_and_stays_as_it_is() {
    let mut node = empty();
    let client = node.connect();
    node.ask(client, "SET k 1");
    node.ask_and_run(client, "SAVE");
    let whole = node.disk.files[b"dump.rdb".as_slice()].clone();
    let mut cut = whole.clone();
    cut.truncate(whole.len() - 3);
    let mut flipped = whole.clone();
    // The value, before the end and the checksum.
    flipped[whole.len() - 10] ^= 1;
    for (bytes, reason) in [(cut, "Unexpected end"), (flipped, "Wrong RDB checksum"), (Vec::new(), "Unexpected end")] {
        let mut disk = MemoryDisk::default();
        disk.files.insert(b"dump.rdb".to_vec(), bytes.clone());
        let mut node = Node::start(disk, |_| {});
        node.run();
        assert_eq!((node.exit, node.loaded), (Some(1), false));
        let line = node.log.iter().find(|line| line.starts_with(reason)).unwrap_or_else(|| panic!("{:?}", node.log));
        assert!(line.contains("dump.rdb, offset "), "{line}");
        assert_eq!(node.disk.files[b"dump.rdb".as_slice()], bytes);
    }
}

#[test]
fn debug_reload_takes_its_options() {
    let mut node = empty();
    let client = node.connect();
    node.ask(client, "SET k 1");
    assert_eq!(node.ask_and_run(client, "DEBUG RELOAD"), "+OK");
    node.ask(client, "SET k 2");
    node.ask(client, "SET more 2");
    assert_eq!(node.ask_and_run(client, "DEBUG RELOAD NOSAVE NOFLUSH MERGE"), "+OK");
    assert_eq!((node.ask(client, "GET k"), node.ask(client, "DBSIZE")), ("$1 1".into(), ":2".into()));
    assert_eq!(node.ask_and_run(client, "DEBUG RELOAD NOSAVE"), "+OK");
    assert_eq!(node.ask(client, "DBSIZE"), ":1");
    node.send(client, "MULTI");
    for line in ["SET k 3", "DEBUG RELOAD", "GET k", "EXEC"] {
        node.send(client, line);
    }
    node.run();
    assert!(node.take(client).ends_with("*3 +OK +OK $1 3"));
    node.ask_and_run(client, "DEBUG RELOAD NOSAVE NOFLUSH");
    assert_eq!(node.exit, Some(1), "a key that is there already");
}

#[test]
fn the_disk_in_memory_appends_cuts_and_follows_names() {
    use super::file::FileId;
    let mut disk = MemoryDisk::default();
    let (log, path) = (FileId(1), b"d/log".to_vec());
    assert_eq!(disk.execute(FileOp::MakeFolder { path: b"d".to_vec() }), Outcome::Done);
    assert_eq!(disk.execute(FileOp::OpenAppend { file: log, path: path.clone() }), Outcome::Opened { bytes: 0 });
    assert_eq!(disk.execute(FileOp::Append { file: log, bytes: b"abc".to_vec() }), Outcome::Done);
    assert_eq!(disk.execute(FileOp::Truncate { path: path.clone(), bytes: 1 }), Outcome::Done);
    disk.execute(FileOp::Rename { from: path, to: b"d/renamed".to_vec() });
    assert_eq!(disk.append(log, b"d"), Outcome::Done);
    assert_eq!(disk.files[b"d/renamed".as_slice()], b"ad");
    let reopened = FileOp::OpenAppend { file: FileId(2), path: b"d/renamed".to_vec() };
    assert_eq!(disk.execute(reopened), Outcome::Opened { bytes: 2 });
    assert!(matches!(disk.execute(FileOp::Truncate { path: b"none".to_vec(), bytes: 0 }), Outcome::Failed(_)));
}

#[test]
fn a_reload_that_a_shutdown_overtakes_is_answered() {
    let mut node = empty();
    let client = node.connect();
    node.ask(client, "SET k 1");
    node.ask(client, "BGSAVE");
    node.send(client, "DEBUG RELOAD");
    node.engine.shutdown(ShutdownSignal::Terminate, node.now);
    node.turn();
    // The save in the background is put away, the one of RELOAD is done, the last one fails: the server goes on.
    while node.log.iter().all(|line| line != "DB saved on disk") {
        assert!(node.step(None));
    }
    while node.log.iter().all(|line| !line.ends_with("can't exit.")) {
        let saves = matches!(node.asked.front(), Some((_, _, FileOp::Encode { .. })));
        assert!(node.step(saves.then_some("No space left on device")));
    }
    node.run();
    assert_eq!((node.exit, node.take(client)), (None, "+OK".into()));
    assert_eq!(node.ask(client, "GET k"), "$1 1");
}
