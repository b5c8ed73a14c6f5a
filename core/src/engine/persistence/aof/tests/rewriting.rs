//! Rewriting the log, turning it on and off, and ending the process meanwhile: operation by operation, with failures.

use super::*;

/// `then` goes on when so many file operations of what was `begun` have ended: none, one, and so on to all of them.
fn after_each_operation(begun: impl Fn() -> Node, then: impl Fn(Node, usize)) {
    for steps in 0.. {
        let mut node = begun();
        (0..steps).for_each(|_| assert!(node.step(None)));
        let is_over = node.asked.is_empty();
        then(node, steps);
        if is_over {
            assert!(steps > 10, "a vacuous test");
            break;
        }
    }
}

/// A log that is being rewritten, after `SET k 1`; nobody has been answered.
fn rewriting(policy: AppendFsync) -> Node {
    let mut node = with_policy(policy);
    let client = node.connect();
    node.ask_and_run(client, "SET k 1");
    node.send(client, "BGREWRITEAOF");
    node
}

/// A log that is being turned on, after `SET k 1`.
fn turning_on() -> Node {
    let mut node = running(MemoryDisk::default(), |config| config.appendonly = false);
    let client = node.connect();
    node.ask(client, "SET k 1");
    node.send(client, "CONFIG SET appendonly yes");
    node
}

#[test]
fn at_every_operation_of_a_rewrite_the_folder_gives_the_same_data() {
    for preamble in [true, false] {
        let mut node = running(MemoryDisk::default(), |config| config.aof_use_rdb_preamble = preamble);
        let client = node.connect();
        node.ask(client, "SET k 1");
        node.ask(client, "RPUSH list 1 2 3");
        let other = node.connect();
        node.send(other, "BGREWRITEAOF");
        let mut count = 1;
        loop {
            // Journalled while it goes on; not idempotent, so that nothing may be there twice.
            node.ask(client, "INCR k");
            count += 1;
            node.pass_ms(1);
            let mut again = restarted(&node.disk);
            let reader = again.connect();
            let value: i64 = again
                .ask(reader, "GET k")
                .trim_start_matches("$1 ")
                .trim_start_matches("$2 ")
                .parse()
                .expect("a number");
            assert!((count - 12..=count).contains(&value), "{value} of {count}");
            assert_eq!(again.ask(reader, "LLEN list"), ":3");
            if !node.step(None) {
                break;
            }
        }
        let extension = if preamble { "rdb" } else { "aof" };
        let names = format!(
            "file appendonly.aof.2.base.{extension} seq 2 type b\nfile appendonly.aof.2.incr.aof seq 2 type i\n"
        );
        assert_eq!(node.manifest(), names);
        assert_eq!(node.disk.files.len(), 3, "{:?}", node.disk.files.keys());
        let digest = node.digest();
        assert_eq!(restarted(&node.disk).digest(), digest);
        assert_eq!(node.field(client, "aof_rewrites"), "1");
    }
}

#[test]
fn whatever_fails_in_a_rewrite_the_log_goes_on() {
    for failing in 0..40 {
        let mut node = with_policy(AppendFsync::EverySec);
        let client = node.connect();
        node.ask(client, "SET k 1");
        node.run();
        node.send(client, "BGREWRITEAOF");
        let reached = (0..failing).all(|_| node.step(None));
        if !reached || !node.step(Some("No space left on device")) {
            assert!(failing > 15, "a rewrite has more operations than {failing}");
            return;
        }
        node.run();
        node.take(client);
        // After a sync that failed writes are refused until the next rewrite is over.
        node.pass_ms(1000);
        node.run();
        node.ask(client, "INCR k");
        node.ask(client, "INCR k");
        for _ in 0..20 {
            node.pass_ms(1000);
            node.run();
        }
        assert_eq!(node.after_restart("GET k"), "$1 3", "operation {failing}: {:?}", node.log);
        assert_eq!(node.ask_and_run(client, "BGREWRITEAOF"), "+Background append only file rewriting started");
        node.ask(client, "INCR k");
        assert_eq!(node.after_restart("GET k"), "$1 4", "operation {failing}: {:?}", node.log);
    }
}

#[test]
fn under_always_replies_wait_for_the_next_increment_too() {
    let mut node = with_policy(AppendFsync::Always);
    let (client, other) = (node.connect(), node.connect());
    node.ask_and_run(client, "SET k 1");
    node.send(other, "BGREWRITEAOF");
    let mut expected = 1;
    loop {
        node.send(client, "INCR k");
        expected += 1;
        let more = node.step(None);
        let answered = node.take(client);
        if let Some(last) = answered.rsplit(':').next().and_then(|digits| digits.trim().parse::<i64>().ok()) {
            let mut again = restarted(&node.disk);
            let reader = again.connect();
            let value = again.ask(reader, "GET k");
            let value: i64 = value.rsplit(' ').next().expect("a value").parse().expect("a number");
            assert!(value >= last, "{value} is there, {last} was answered");
        }
        if !more || expected > 60 {
            break;
        }
    }
    node.run();
    assert!(node.manifest().contains("appendonly.aof.2.base.rdb"));
    let digest = node.digest();
    assert_eq!(restarted(&node.disk).digest(), digest);
}

#[test]
fn the_log_is_turned_on_and_off_while_running() {
    let mut node = starting(MemoryDisk::default(), |config| config.appendonly = false);
    node.run();
    let client = node.connect();
    node.ask(client, "SET k 1");
    assert_eq!(node.ask_and_run(client, "CONFIG SET appendonly yes"), "+OK");
    assert_eq!(node.field(client, "aof_enabled"), "1");
    node.ask(client, "INCR k");
    assert_eq!(node.after_restart("GET k"), "$1 2");
    assert_eq!(node.ask_and_run(client, "CONFIG SET appendonly no"), "+OK");
    node.ask(client, "INCR k");
    assert_eq!(node.after_restart("GET k"), "$1 2");
    assert_eq!(node.ask_and_run(client, "CONFIG SET appendonly yes"), "+OK");
    assert_eq!(node.after_restart("GET k"), "$1 3");
    let names = "file appendonly.aof.2.base.rdb seq 2 type b\nfile appendonly.aof.2.incr.aof seq 2 type i\n";
    assert_eq!(node.manifest(), names);
}

#[test]
fn history_is_removed_at_the_start_only_when_the_manifest_that_names_it_is_durable() {
    for appendonly in [false, true] {
        let mut disk = restarted(&MemoryDisk::default()).disk;
        let mut manifest = disk.files[MANIFEST].clone();
        manifest.extend_from_slice(b"file old.1.incr.aof seq 1 type h\n");
        disk.files.insert(MANIFEST.to_vec(), manifest);
        disk.files.insert(b"appendonlydir/old.1.incr.aof".to_vec(), Vec::new());
        let mut node = starting(disk, |config| config.appendonly = appendonly);
        let mut is_durable = false;
        while let Some((_, _, op)) = node.asked.front() {
            match op {
                FileOp::SyncFolder { path } => is_durable |= path == b"./appendonlydir" || path == b"appendonlydir",
                FileOp::Remove { .. } => assert!(is_durable, "appendonly {appendonly}"),
                _ => {}
            }
            node.step(None);
        }
        assert!(!node.disk.files.contains_key(b"appendonlydir/old.1.incr.aof".as_slice()));
        assert!(!node.manifest().contains("type h"));
    }
}

#[test]
fn a_log_that_can_not_be_turned_on_stays_off() {
    let mut node = starting(MemoryDisk::default(), |config| config.appendonly = false);
    node.run();
    let client = node.connect();
    node.send(client, "CONFIG SET appendonly yes");
    node.step(Some("Permission denied"));
    node.run();
    assert!(node.take(client).contains("Unable to turn on AOF. Check server logs."));
    assert!(node.logged("Can't open or create append-only dir appendonlydir: Permission denied"));
    assert_eq!(node.ask(client, "CONFIG GET appendonly"), "*2 $10 appendonly $2 no");
}

#[test]
fn a_log_that_fails_while_it_is_turned_on_is_begun_anew() {
    after_each_operation(turning_on, |mut node, steps| {
        let client = node.connect();
        // The disk takes a part of the batch, then nothing: neither the base nor the cut.
        node.batch_failure = Some(Outcome::Short { bytes: 3, reason: "No space left on device".into() });
        node.send(client, "SET k 2");
        for _ in 0..4 {
            node.step(Some("Input/output error"));
        }
        node.batch_failure = None;
        for _ in 0..300 {
            node.pass_ms(100);
            node.run();
        }
        if node.field(client, "aof_enabled") == "0" {
            // It was refused before anything was written.
            return;
        }
        assert_eq!(node.ask(client, "SET k 3"), "+OK", "after {steps} operations");
        node.pass_ms(1000);
        node.run();
        assert_eq!(node.after_restart("GET k"), "$1 3", "after {steps} operations");
    });
}

#[test]
fn a_log_that_fails_while_it_is_turned_on_can_be_turned_off() {
    after_each_operation(turning_on, |mut node, steps| {
        let (writer, other) = (node.connect(), node.connect());
        node.batch_failure = Some(Outcome::Short { bytes: 3, reason: "No space left on device".into() });
        node.send(writer, "SET k 1");
        node.batch_failure = None;
        node.send(other, "CONFIG SET appendonly no");
        // The base is given up before the log's own operations come to an end.
        while let Some(at) = node.asked.iter().position(|(_, lane, _)| *lane == Lane::Snapshot) {
            node.asked.swap(0, at);
            node.step(None);
        }
        for _ in 0..10 {
            node.run();
            node.pass_ms(100);
        }
        assert_eq!(node.take(other), "+OK", "after {steps} operations");
        assert_eq!(node.ask(other, "SET k 2"), "+OK", "after {steps} operations");
        assert_eq!(node.field(other, "aof_rewrite_scheduled"), "0", "after {steps} operations");
    });
}

#[test]
fn a_shutdown_writes_and_syncs_the_log_first() {
    let mut node = with_policy(AppendFsync::EverySec);
    let client = node.connect();
    node.pass_ms(1000);
    node.ask(client, "SET k 1");
    node.ask(client, "SET k 2");
    node.send(client, "SHUTDOWN");
    assert_eq!(node.exit, None);
    node.run();
    assert_eq!(node.exit, Some(0));
    assert_eq!(node.words(INCREMENT), "SELECT 0 SET k 1 SET k 2");
}

#[test]
fn a_shutdown_is_refused_while_the_first_base_is_written_unless_forced() {
    for (command, is_refused) in
        [("SHUTDOWN", true), ("SHUTDOWN SAVE", true), ("SHUTDOWN NOSAVE", true), ("SHUTDOWN NOSAVE FORCE", false)]
    {
        for steps in 0..12 {
            let mut node = turning_on();
            (0..steps).for_each(|_| assert!(node.step(None)));
            let other = node.connect();
            node.send(other, command);
            if is_refused {
                assert_eq!(
                    (node.take(other).as_str(), node.exit),
                    ("-ERR Errors trying to SHUTDOWN. Check logs.", None)
                );
                assert!(node.logged("Writing initial AOF, can't exit."));
                assert_eq!(node.ask(other, "INCR k"), ":2");
                node.run();
                assert_eq!(restarted(&node.disk).digest(), node.digest());
                node.send(other, command);
            }
            while node.exit.is_none() && node.step(None) {}
            assert_eq!(node.exit, Some(0), "{command} after {steps} operations: {:?}", node.log);
            assert!(!node.has_half_a_base(), "{command} after {steps} operations");
        }
    }
}

#[test]
fn a_shutdown_during_a_rewrite_puts_it_away_first() {
    for steps in 0..14 {
        let mut node = rewriting(AppendFsync::EverySec);
        (0..steps).for_each(|_| assert!(node.step(None)));
        let other = node.connect();
        node.ask(other, "INCR k");
        node.send(other, "SHUTDOWN");
        assert!(node.logged("There is a child rewriting the AOF. Killing it!"), "after {steps} operations");
        while node.exit.is_none() && node.step(None) {}
        assert_eq!(node.exit, Some(0), "after {steps} operations: {:?}", node.log);
        assert!(!node.has_half_a_base(), "after {steps} operations");
        assert_eq!(node.after_restart("GET k"), "$1 2");
    }
}

#[test]
fn a_rewrite_that_is_given_up_takes_no_increment_with_it_that_the_manifest_names() {
    after_each_operation(
        || rewriting(AppendFsync::No),
        |mut node, steps| {
            let client = node.connect();
            for value in ["no", "yes"] {
                node.send(client, &format!("CONFIG SET appendonly {value}"));
            }
            while node.step(None) {
                let manifest = node.manifest();
                let in_force = manifest.lines().filter(|line| !line.ends_with("type h"));
                for name in in_force.filter_map(|line| line.split(' ').nth(1)) {
                    let path = format!("appendonlydir/{name}");
                    assert!(node.disk.files.contains_key(path.as_bytes()), "after {steps} operations: {name} is gone");
                }
            }
        },
    );
}

#[test]
fn a_log_that_is_loaded_again_loses_no_file_to_a_rewrite_that_ends_meanwhile() {
    after_each_operation(
        || rewriting(AppendFsync::EverySec),
        |mut node, steps| {
            let client = node.connect();
            node.send(client, "DEBUG LOADAOF");
            node.run();
            assert_eq!(node.exit, None, "after {steps} operations: {:?}", node.log);
            assert_eq!(node.take(client), "+OK", "after {steps} operations");
            assert_eq!(node.ask(client, "GET k"), "$1 1");
            assert!(!node.manifest().contains("type h"), "after {steps} operations: {}", node.manifest());
        },
    );
}

#[test]
fn a_log_that_comes_into_force_while_the_process_ends_is_completed() {
    let turning_on = || {
        let mut node = turning_on();
        let client = node.connect();
        node.ask(client, "CONFIG SET appendfsync always");
        node
    };
    after_each_operation(turning_on, |mut node, steps| {
        let (client, writer, other) = (node.connect(), node.connect(), node.connect());
        // The second is executed while the first is being synced.
        node.send(client, "SET k 2");
        node.send(writer, "SET l 1");
        node.send(other, if steps % 2 == 0 { "SHUTDOWN NOSAVE FORCE" } else { "SHUTDOWN SAVE FORCE" });
        while node.exit.is_none() && node.step(None) {}
        assert_eq!(node.exit, Some(0), "after {steps} operations: {:?}", node.log);
        if node.disk.files.contains_key(MANIFEST) && node.manifest().contains("type i") {
            assert_eq!(node.after_restart("MGET k l"), "*2 $1 2 $1 1", "after {steps} operations");
        }
    });
}

#[test]
fn a_log_whose_sync_failed_while_it_was_turned_on_is_rewritten() {
    let mut node = running(MemoryDisk::default(), |config| config.appendonly = false);
    let client = node.connect();
    node.send(client, "CONFIG SET appendonly yes");
    while !node.logged("Successfully created the temporary AOF base file") {
        assert!(node.step(None));
    }
    node.take(client);
    assert_eq!(node.ask(client, "SET k 1"), "+OK");
    node.pass_ms(1000);
    let at = node.log_sync_at();
    node.asked.swap(0, at);
    node.step(Some("Input/output error"));
    for _ in 0..20 {
        node.run();
        node.pass_ms(100);
    }
    assert_eq!(node.field(client, "aof_rewrites"), "2", "{:?}", node.log);
    assert_eq!(node.ask(client, "SET k 2"), "+OK");
}

#[test]
fn a_rewrite_does_not_vouch_for_what_came_after_its_snapshot() {
    let mut node = with_policy(AppendFsync::EverySec);
    let client = node.connect();
    node.send(client, "BGREWRITEAOF");
    while !node.logged("Background append only file rewriting started") {
        assert!(node.step(None));
    }
    node.pass_ms(1000);
    node.ask(client, "SET k 1");
    let at = node.log_sync_at();
    let (id, _, _) = node.asked.remove(at).expect("it is there");
    node.engine.complete(id, Outcome::Failed("Input/output error".into()), node.now);
    node.turn();
    node.ask(client, "CONFIG SET appendfsync always");
    let reader = node.connect();
    assert_eq!(node.ask(reader, "GET k"), "", "the system may have dropped it");
    node.run();
    assert!(node.logged("Background AOF rewrite finished successfully"));
    assert_eq!(node.take(reader), "", "the base does not have it");
    for _ in 0..3 {
        node.pass_ms(200);
        node.run();
    }
    assert_eq!(node.take(reader), "$1 1");
}

#[test]
fn a_log_that_has_grown_is_rewritten_by_itself() {
    let mut node = running(MemoryDisk::default(), |config| config.auto_aof_rewrite_min_size = 300);
    let client = node.connect();
    for number in 0..20 {
        node.ask(client, &format!("SET k {number}"));
    }
    node.pass_ms(200);
    node.run();
    node.pass_ms(200);
    node.run();
    assert!(node.log.iter().any(|line| line.starts_with("Starting automatic rewriting of AOF on ")), "{:?}", node.log);
    assert_eq!(node.field(client, "aof_rewrites"), "1");
}

#[test]
fn a_rewrite_is_put_off_during_a_save_and_a_save_is_refused_during_a_rewrite() {
    let mut node = with_policy(AppendFsync::EverySec);
    let client = node.connect();
    node.send(client, "BGSAVE");
    assert_eq!(
        node.ask(client, "BGREWRITEAOF"),
        "+Background saving started +Background append only file rewriting scheduled"
    );
    node.run();
    node.pass_ms(200);
    node.run();
    assert_eq!(node.field(client, "aof_rewrites"), "1");
    node.send(client, "BGREWRITEAOF");
    while node.take(client).is_empty() {
        assert!(node.step(None));
    }
    assert!(
        node.ask(client, "BGREWRITEAOF").starts_with("-ERR Background append only file rewriting already in progress")
    );
    assert!(node.ask(client, "BGSAVE").starts_with("-ERR Another child process is active (AOF?)"));
    assert_eq!(node.ask(client, "BGSAVE SCHEDULE"), "+Background saving scheduled");
}
