//! The log, operation by operation: what is on the disk when a reply leaves, and what is there after a failure or a crash.

use super::super::file::{FileOp, Lane};
use super::super::memory::MemoryDisk;
use super::super::node::Node;
use crate::config::{AppendFsync, Config};
use crate::engine::action::{ActionId, Outcome};
use crate::engine::client::ClientId;

mod rewriting;

const INCREMENT: &[u8] = b"appendonlydir/appendonly.aof.1.incr.aof";
const MANIFEST: &[u8] = b"appendonlydir/appendonly.aof.manifest";

/// An engine with a log that begins to start on this disk.
fn starting(disk: MemoryDisk, settings: impl FnOnce(&mut Config)) -> Node {
    Node::start(disk, with_log(settings))
}

/// One that has started.
fn running(disk: MemoryDisk, settings: impl FnOnce(&mut Config)) -> Node {
    Node::running(disk, with_log(settings))
}

fn with_log(settings: impl FnOnce(&mut Config)) -> impl FnOnce(&mut Config) {
    |config| {
        config.appendonly = true;
        config.save = Vec::new();
        settings(config);
    }
}

fn with_policy(policy: AppendFsync) -> Node {
    running(MemoryDisk::default(), |config| config.appendfsync = policy)
}

impl Node {
    fn words(&self, path: &[u8]) -> String {
        let text = String::from_utf8_lossy(self.disk.files.get(path).map_or(&[][..], Vec::as_slice)).into_owned();
        let words: Vec<&str> = text.split("\r\n").filter(|line| !line.starts_with(['*', '$'])).collect();
        words.join(" ").trim().to_string()
    }

    fn manifest(&self) -> String {
        String::from_utf8(self.disk.files[MANIFEST].clone()).expect("text")
    }

    /// What a process that starts on this disk answers.
    fn after_restart(&self, line: &str) -> String {
        let mut again = restarted(&self.disk);
        let reader = again.connect();
        again.ask(reader, line)
    }

    fn has_half_a_base(&self) -> bool {
        self.disk.files.keys().any(|path| path.starts_with(b"temp-rewriteaof"))
    }

    fn pending_syncs(&self) -> usize {
        self.asked.iter().filter(|asked| is_log_sync(asked)).count()
    }

    /// Where the sync of the log stands that has been asked for.
    fn log_sync_at(&self) -> usize {
        self.asked.iter().position(is_log_sync).expect("the log is to be synced")
    }
}

fn is_log_sync((_, lane, op): &(ActionId, Lane, FileOp)) -> bool {
    *lane == Lane::Log && matches!(op, FileOp::Sync { .. })
}

fn restarted(disk: &MemoryDisk) -> Node {
    running(disk.clone(), |_| {})
}

#[test]
fn a_first_start_makes_folder_base_increment_and_manifest() {
    let node = with_policy(AppendFsync::EverySec);
    assert!(node.disk.folders.contains(b"appendonlydir".as_slice()));
    let names = "file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n";
    assert_eq!(node.manifest(), names);
    assert!(node.disk.files[b"appendonlydir/appendonly.aof.1.base.rdb".as_slice()].starts_with(b"REDIS0010"));
    assert_eq!(node.disk.files.len(), 3);
    assert!(node.logged("Creating AOF base file appendonly.aof.1.base.rdb on server start"));
}

#[test]
fn clients_have_to_wait_until_the_log_is_open() {
    let mut node = starting(MemoryDisk::default(), |_| {});
    let client = node.connect();
    while !node.loaded {
        assert!(node.ask(client, "SET k 1").starts_with("-LOADING"));
        assert!(node.step(None));
    }
    assert_eq!(node.ask(client, "SET k 1"), "+OK");
}

#[test]
fn without_a_sync_to_wait_for_replies_leave_when_the_log_is_written() {
    for policy in [AppendFsync::EverySec, AppendFsync::No] {
        let mut node = with_policy(policy);
        let client = node.connect();
        assert_eq!(node.ask(client, "SET k v"), "+OK");
        assert_eq!(node.words(INCREMENT), "SELECT 0 SET k v");
        assert_eq!(node.ask(client, "GET k"), "$1 v");
        assert_eq!(node.pending_syncs(), 0);
    }
}

#[test]
fn no_reply_leaves_before_what_it_depends_on_is_synced() {
    let mut node = with_policy(AppendFsync::Always);
    let (writer, reader) = (node.connect(), node.connect());
    assert_eq!(node.ask(reader, "GET k"), "$-1", "nothing was written that it could depend on");
    assert_eq!(node.ask(writer, "SET k 1"), "");
    assert_eq!(node.pending_syncs(), 1);
    assert_eq!(node.ask(reader, "GET k"), "", "it has seen what is not synced");
    assert_eq!(node.engine.held_clients(), 2);
    node.step(None);
    assert_eq!((node.take(writer), node.take(reader)), ("+OK".into(), "$1 1".into()));
    assert_eq!(node.ask(reader, "GET k"), "$1 1");
    assert!(node.asked.is_empty());
}

#[test]
fn a_turn_needs_a_sync_once_it_has_written_under_always_and_none_is_under_way() {
    for (policy, line, needs) in [
        (AppendFsync::Always, "SET k 1\r\n", true),
        (AppendFsync::Always, "GET k\r\n", false),
        (AppendFsync::EverySec, "SET k 1\r\n", false),
        (AppendFsync::No, "SET k 1\r\n", false),
    ] {
        let mut node = with_policy(policy);
        let client = node.connect();
        let executes = |node: &mut Node| {
            node.engine.query_buffer(client).extend(line.as_bytes());
            node.engine.handle_readable(client, node.now);
            node.engine.needs_sync_this_turn()
        };
        assert_eq!(executes(&mut node), needs, "{policy:?}: {line}");
        node.turn();
        assert!(!executes(&mut node), "a sync is under way, or none is needed");
        node.turn();
        assert!(!node.engine.needs_sync_this_turn());
    }
    let mut node =
        running(MemoryDisk::default(), |config| (config.appendonly, config.appendfsync) = (false, AppendFsync::Always));
    let client = node.connect();
    node.engine.query_buffer(client).extend(b"SET k 1\r\n");
    node.engine.handle_readable(client, node.now);
    assert!(!node.engine.needs_sync_this_turn(), "there is no log");
}

#[test]
fn one_sync_serves_all_that_waited_and_turns_meanwhile_share_the_next() {
    let mut node = with_policy(AppendFsync::Always);
    let ids: Vec<ClientId> = (0..5).map(|_| node.connect()).collect();
    node.send(ids[0], "INCR k");
    for &id in &ids[1..4] {
        node.send(id, "INCR k");
    }
    node.send(ids[4], "GET k");
    assert_eq!(node.pending_syncs(), 1);
    assert_eq!(node.words(INCREMENT), "SELECT 0 INCR k", "the others wait in memory");
    node.step(None);
    assert_eq!(node.take(ids[0]), ":1");
    assert_eq!(node.pending_syncs(), 1);
    assert_eq!(node.words(INCREMENT), "SELECT 0 INCR k INCR k INCR k INCR k");
    assert!(ids[1..].iter().all(|&id| node.take(id).is_empty()));
    node.step(None);
    let replies: Vec<String> = ids[1..].iter().map(|&id| node.take(id)).collect();
    assert_eq!(replies, [":2", ":3", ":4", "$1 4"]);
    assert!(node.asked.is_empty());
}

#[test]
fn replies_of_several_turns_to_one_client_leave_in_order() {
    let mut node = with_policy(AppendFsync::Always);
    let client = node.connect();
    for _ in 0..3 {
        node.send(client, "INCR k");
    }
    node.step(None);
    assert_eq!(node.take(client), ":1");
    node.send(client, "ECHO x");
    assert_eq!(node.take(client), "", "what was asked before is not answered yet");
    node.step(None);
    assert_eq!(node.take(client), ":2 :3 $1 x");
}

#[test]
fn a_failed_write_or_sync_under_always_ends_the_process_and_nothing_is_sent() {
    let mut node = with_policy(AppendFsync::Always);
    let (writer, reader) = (node.connect(), node.connect());
    node.send(writer, "SET k 1");
    node.send(reader, "GET k");
    node.step(Some("Input/output error"));
    assert_eq!((node.exit, node.take(writer), node.take(reader)), (Some(1), String::new(), String::new()));
    assert!(node.logged("fsync policy is 'always': Input/output error. Exiting..."));
    for failure in [
        Outcome::Failed("No space left on device".into()),
        Outcome::Short { bytes: 3, reason: "No space left on device".into() },
    ] {
        let mut node = with_policy(AppendFsync::Always);
        let (writer, reader) = (node.connect(), node.connect());
        node.batch_failure = Some(failure);
        node.send(writer, "SET k 1");
        node.send(reader, "GET k");
        node.run();
        node.pass_ms(1000);
        assert_eq!((node.exit, node.take(writer), node.take(reader)), (Some(1), String::new(), String::new()));
        assert!(node.logged("Can't recover from AOF write error"));
    }
}

#[test]
fn a_second_after_the_last_sync_began_the_next_begins_also_on_an_idle_server() {
    let mut node = with_policy(AppendFsync::EverySec);
    let client = node.connect();
    node.pass_ms(2000);
    assert_eq!(node.pending_syncs(), 0, "there is nothing to sync");
    assert_eq!(node.ask(client, "SET k 1"), "+OK");
    assert_eq!(node.pending_syncs(), 1);
    node.run();
    assert_eq!(node.ask(client, "SET k 2"), "+OK");
    assert_eq!(node.pending_syncs(), 0);
    assert!(node.engine.next_timeout().expect("a time") <= node.now.monotonic_us + 1_000_000);
    node.pass_ms(1001);
    assert_eq!(node.pending_syncs(), 1);
}

#[test]
fn a_write_waits_two_seconds_for_a_sync_and_no_longer() {
    let mut node = with_policy(AppendFsync::EverySec);
    let client = node.connect();
    node.pass_ms(1000);
    node.ask(client, "SET k 1");
    assert_eq!(node.pending_syncs(), 1);
    assert_eq!(node.ask(client, "SET k 2"), "+OK", "everysec promises no more");
    assert_eq!(node.words(INCREMENT), "SELECT 0 SET k 1");
    node.pass_ms(1999);
    assert_eq!(node.words(INCREMENT), "SELECT 0 SET k 1");
    node.pass_ms(2);
    assert_eq!(node.words(INCREMENT), "SELECT 0 SET k 1 SET k 2");
    assert!(node.logged("Asynchronous AOF fsync is taking too long"));
    node.run();
    assert_eq!(node.field(client, "aof_delayed_fsync"), "1");
}

#[test]
fn what_could_not_be_written_is_tried_again_and_writes_are_refused_until_it_works() {
    for failure in [
        Outcome::Failed("No space left on device".into()),
        Outcome::Short { bytes: 9, reason: "No space left on device".into() },
    ] {
        let mut node = with_policy(AppendFsync::EverySec);
        let client = node.connect();
        node.ask(client, "SET k 1");
        node.run();
        node.batch_failure = Some(failure.clone());
        assert_eq!(node.ask(client, "SET k 2"), "+OK");
        let refused = "-MISCONF Errors writing to the AOF file: No space left on device";
        node.batch_failure = Some(failure);
        assert_eq!(node.ask(client, "SET k 3"), refused);
        node.batch_failure = None;
        assert_eq!(node.ask(client, "PING"), refused);
        node.run();
        node.pass_ms(100);
        assert!(node.logged("AOF write error looks solved, Redis can write again."));
        assert_eq!(node.words(INCREMENT), "SELECT 0 SET k 1 SET k 2");
        assert_eq!(node.ask(client, "SET k 4"), "+OK");
        assert_eq!(node.field(client, "aof_last_write_status"), "ok");
    }
}

#[test]
fn a_part_that_can_not_be_cut_off_is_continued() {
    let mut node = with_policy(AppendFsync::EverySec);
    let client = node.connect();
    node.batch_failure = Some(Outcome::Short { bytes: 9, reason: "No space left on device".into() });
    node.ask(client, "SET k 2");
    node.step(Some("Operation not permitted"));
    // Not at once: the disk may stay full for long.
    assert_ne!(node.words(INCREMENT), "SELECT 0 SET k 2");
    node.pass_ms(100);
    assert_eq!(node.words(INCREMENT), "SELECT 0 SET k 2");
    assert!(node.logged("Could not remove short write"));
}

#[test]
fn after_a_failed_sync_writes_are_refused_until_the_log_is_rewritten() {
    let mut node = with_policy(AppendFsync::EverySec);
    let client = node.connect();
    node.pass_ms(1000);
    node.ask(client, "SET k 1");
    node.step(Some("Input/output error"));
    assert_eq!(node.ask(client, "SET k 2"), "-MISCONF Errors writing to the AOF file: Input/output error");
    node.pass_ms(200);
    node.run();
    node.pass_ms(200);
    node.run();
    assert_eq!(node.ask(client, "SET k 2"), "+OK");
    assert!(node.manifest().contains("appendonly.aof.2.base.rdb"));
}

#[test]
fn everything_comes_back_after_a_restart() {
    let mut node = with_policy(AppendFsync::EverySec);
    let client = node.connect();
    for line in [
        "SET k 1",
        "MULTI",
        "INCR k",
        "SELECT 5",
        "RPUSH l a b c",
        "EXEC",
        "SET gone x PX 100",
        "SET volatile x EX 100",
        "XADD s 1-1 f v",
        "XGROUP CREATE s g 0",
        "XREADGROUP GROUP g c STREAMS s >",
        "SPOP nothing",
        "HINCRBYFLOAT h f 0.1",
    ] {
        node.ask(client, line);
    }
    node.pass_ms(200);
    let digest = node.digest();
    assert_eq!(restarted(&node.disk).digest(), digest);
    assert_eq!(restarted(&restarted(&node.disk).disk).digest(), digest);
    assert_eq!(node.ask_and_run(client, "DEBUG LOADAOF"), "+OK");
    assert_eq!(node.digest(), digest);
}

#[test]
fn what_a_crash_has_left_of_an_increment_that_no_manifest_names_is_not_continued() {
    let mut disk = MemoryDisk::default();
    disk.files.insert(b"appendonlydir/appendonly.aof.1.incr.aof".to_vec(), b"*3\r\n$3\r\nSET\r\n$1".to_vec());
    let mut node = running(disk, |_| ());
    let client = node.connect();
    node.ask_and_run(client, "SET k 1");
    assert_eq!(node.after_restart("GET k"), "$1 1");
}

#[test]
fn a_plain_base_keeps_what_is_pending_although_it_was_trimmed() {
    let mut node = running(MemoryDisk::default(), |config| config.aof_use_rdb_preamble = false);
    let client = node.connect();
    for line in ["XADD s 1-1 f v", "XADD s 2-1 f v", "XGROUP CREATE s g 0", "XREADGROUP GROUP g c STREAMS s >"] {
        node.ask(client, line);
    }
    node.ask(client, "XTRIM s MAXLEN 1");
    let pending = node.ask(client, "XPENDING s g");
    node.ask_and_run(client, "BGREWRITEAOF");
    assert_eq!(node.after_restart("XPENDING s g"), pending);
    assert!(pending.starts_with("*4 :2 "), "{pending}");
}

#[test]
fn publish_is_for_replicas_only_and_scripts_choose() {
    let mut node = with_policy(AppendFsync::No);
    let client = node.connect();
    node.engine.keep_journal(true);
    node.ask(client, "PUBLISH c m");
    node.ask(client, "SET k 1");
    assert_eq!(node.words(INCREMENT), "SELECT 0 SET k 1");
    let told = String::from_utf8(node.engine.take_propagated()).expect("text");
    assert!(told.contains("PUBLISH") && told.contains("SET"), "{told}");
}

#[test]
fn timestamps_precede_what_is_logged_in_a_new_second() {
    let mut node = running(MemoryDisk::default(), |config| config.aof_timestamp_enabled = true);
    let client = node.connect();
    node.ask(client, "SET k 1");
    node.ask(client, "SET k 2");
    node.now.unix_us += 1_000_000;
    node.ask(client, "SET k 3");
    node.run();
    assert_eq!(node.words(INCREMENT), "#TS:1700000000 SELECT 0 SET k 1 SET k 2 #TS:1700000001 SET k 3");
    node.ask(client, "CONFIG SET aof-timestamp-enabled no");
    node.now.unix_us += 1_000_000;
    node.ask(client, "SET k 4");
    assert!(node.words(INCREMENT).ends_with("SET k 3 SET k 4"));
    let digest = node.digest();
    assert_eq!(restarted(&node.disk).digest(), digest);
}

/// A disk with one increment that holds these bytes.
fn disk_with(bytes: &[u8]) -> MemoryDisk {
    let mut disk = with_policy(AppendFsync::No).disk;
    disk.files.insert(INCREMENT.to_vec(), bytes.to_vec());
    disk
}

const SET: &[u8] = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\n1\r\n";
const MULTI: &[u8] = b"*1\r\n$5\r\nMULTI\r\n";

#[test]
fn a_tail_torn_anywhere_is_cut_off_and_nothing_that_comes_later_is_swallowed() {
    let mut node = with_policy(AppendFsync::No);
    let client = node.connect();
    for line in ["SET k 0", "MULTI", "INCR k", "INCR k", "EXEC", "INCR k"] {
        node.ask(client, line);
    }
    let whole = node.disk.files[INCREMENT].clone();
    for length in 0..=whole.len() {
        let mut node = running(disk_with(&whole[..length]), |_| {});
        let client = node.connect();
        let value = node.ask(client, "GET k");
        assert!(["$-1", "$1 0", "$1 2", "$1 3"].contains(&value.as_str()), "{length}: {value}");
        assert!(node.disk.files[INCREMENT].len() <= length);
        // The lead bug: what is acknowledged after the recovery has to be there after the next one.
        node.ask(client, "SET later 1");
        node.run();
        let mut again = restarted(&node.disk);
        let reader = again.connect();
        assert_eq!((again.ask(reader, "GET k"), again.ask(reader, "GET later")), (value, "$1 1".into()), "{length}");
    }
}

#[test]
fn a_tail_is_not_cut_off_when_that_is_not_wanted() {
    for tail in [&SET[..9], &[MULTI, SET].concat()] {
        let bytes = [SET, tail].concat();
        let mut node = starting(disk_with(&bytes), |config| config.aof_load_truncated = false);
        node.run();
        assert_eq!((node.exit, node.loaded), (Some(1), false));
        assert!(node.logged("Unexpected end of file reading the append only file appendonly.aof.1.incr.aof."));
        assert!(node.logged("appendonly.aof.1.incr.aof, offset 27)"), "{:?}", node.log);
        assert_eq!(node.disk.files[INCREMENT], bytes);
    }
}

#[test]
fn what_is_no_log_ends_the_process_and_stays_as_it_is() {
    for (bytes, reason) in [
        (b"nonsense\r\n".as_slice(), "Bad file format reading the append only file appendonly.aof.1.incr.aof"),
        (b"*1\r\n$7\r\nNOTHING\r\n", "Unknown command 'NOTHING' reading the append only file"),
        (b"*1\r\n$8\r\nSHUTDOWN\r\n", "Unexpected command 'SHUTDOWN'"),
        (b"*1\r\n$3\r\nSET\r\n", "Wrong number of arguments for command 'SET'"),
        (b"REDIS0010\xfa", "Unexpected end"),
    ] {
        let mut node = starting(disk_with(bytes), |_| {});
        node.run();
        assert_eq!((node.exit, node.loaded), (Some(1), false), "{reason}");
        assert!(node.logged(reason), "{reason} in {:?}", node.log);
        assert!(node.logged("appendonly.aof.1.incr.aof, offset "), "{:?}", node.log);
        assert_eq!(node.disk.files[INCREMENT], bytes);
    }
}

#[test]
fn a_bad_manifest_or_a_missing_file_ends_the_process() {
    let mut disk = with_policy(AppendFsync::No).disk;
    disk.files.insert(MANIFEST.to_vec(), b"file a seq 1 type x\n".to_vec());
    let mut node = starting(disk.clone(), |config| config.appendonly = false);
    node.run();
    assert_eq!(node.exit, Some(1));
    assert!(node.logged("*** FATAL AOF MANIFEST FILE ERROR ***") && node.logged("Unknown AOF file type"));
    assert!(node.logged(">>> 'file a seq 1 type x'"));
    disk.files.insert(MANIFEST.to_vec(), b"file a seq 1 type i\n".to_vec());
    let mut node = starting(disk, |_| {});
    node.run();
    assert_eq!(node.exit, Some(1));
    assert!(node.logged("Unable to obtain the AOF file a length. stat: No such file or directory"));
}

#[test]
fn only_the_last_file_may_be_cut_short() {
    let mut disk = disk_with(&SET[..10]);
    let names = [&disk.files[MANIFEST][..], b"file appendonly.aof.2.incr.aof seq 2 type i\n"].concat();
    disk.files.insert(MANIFEST.to_vec(), names);
    disk.files.insert(b"appendonlydir/appendonly.aof.2.incr.aof".to_vec(), SET.to_vec());
    let mut node = starting(disk, |_| {});
    node.run();
    assert_eq!(node.exit, Some(1));
    assert!(node.logged("Fatal error: the truncated file is not the last file"));
}

#[test]
fn the_single_file_of_an_old_server_moves_into_the_folder() {
    let mut rdb =
        with_policy(AppendFsync::No).disk.files[b"appendonlydir/appendonly.aof.1.base.rdb".as_slice()].clone();
    rdb.extend_from_slice(SET);
    for old in [SET.to_vec(), rdb] {
        let mut disk = MemoryDisk::default();
        disk.files.insert(b"appendonly.aof".to_vec(), old.clone());
        // A crash after any operation, and a start after that.
        let mut node = starting(disk, |_| {});
        loop {
            assert_eq!(node.after_restart("GET k"), "$1 1");
            if !node.step(None) {
                break;
            }
        }
        assert!(node.logged(
            "Successfully migrated an old-style AOF file (appendonly.aof) into the AOF directory (appendonlydir)."
        ));
        assert_eq!(node.disk.files[b"appendonlydir/appendonly.aof".as_slice()], old);
        let names = "file appendonly.aof seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n";
        assert_eq!(node.manifest(), names);
        assert!(!node.disk.files.contains_key(b"appendonly.aof".as_slice()));
    }
}
