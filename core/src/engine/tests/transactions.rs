//! Transactions that meet the driver, other clients and the journal. What they answer is recorded in the scripts.

use super::*;
use crate::engine::action::Outcome;

fn world_with_file() -> World {
    let mut config = Config::default();
    config.extra.config_file = Some(b"/etc/etalon.conf".to_vec());
    let mut world = World::with(config);
    world.asked = Some(Vec::new());
    world
}

/// Answers what the driver was asked for, once.
fn answer(world: &mut World) {
    let asked = world.asked.as_mut().expect("the test answers").remove(0);
    let (id, outcome) = match asked {
        Action::ReadFile { id, .. } => (id, Outcome::Content(b"port 1\n".to_vec())),
        Action::WriteFile { id, .. } => (id, Outcome::Done),
        other => panic!("nobody asked for {other:?}"),
    };
    world.engine.complete(id, outcome, world.now);
    world.turn();
}

#[test]
fn nobody_comes_between_the_commands_while_the_driver_works() {
    let mut world = world_with_file();
    let (one, other) = (world.connect(), world.connect());
    world.ask(one, "MULTI\r\nSET k 1\r\nCONFIG REWRITE\r\nINCR k\r\n");
    assert_eq!(world.ask(one, "EXEC\r\nPING\r\n"), r"*3\r\n+OK\r\n");
    world.arrive(other, b"SET k 100\r\n");
    world.turn();
    assert_eq!(world.take(other), "", "the transaction is under way");
    answer(&mut world);
    answer(&mut world);
    assert_eq!(world.take(one), r"+OK\r\n:2\r\n+PONG\r\n");
    assert_eq!(world.take(other), r"+OK\r\n");
    assert_eq!(world.ask(one, "GET k\r\n"), r"$3\r\n100\r\n");
}

#[test]
fn a_transaction_is_completed_when_its_client_leaves() {
    let mut world = world_with_file();
    let (one, other) = (world.connect(), world.connect());
    world.ask(one, "MULTI\r\nSET k 1\r\nCONFIG REWRITE\r\nINCR k\r\nEXEC\r\n");
    world.engine.disconnect(one, world.now);
    world.arrive(other, b"GET k\r\n");
    answer(&mut world);
    answer(&mut world);
    assert_eq!(world.take(other), r"$1\r\n2\r\n");
    assert!(!world.engine.is_connected(one));
}

#[test]
fn who_ends_itself_within_a_transaction_hears_no_more_of_it() {
    let mut world = World::new();
    let (one, other) = (world.connect(), world.connect());
    world.ask(one, &format!("MULTI\r\nSET k 1\r\nCLIENT KILL ID {} SKIPME no\r\nINCR k\r\n", one.id));
    assert_eq!(world.ask(one, "EXEC\r\n"), r"*3\r\n+OK\r\n:1\r\n");
    assert_eq!(world.ask(other, "GET k\r\n"), r"$1\r\n2\r\n");
}

#[cfg(feature = "lua")]
#[test]
fn scripts_may_not_write_while_nobody_may() {
    let mut world = World::new();
    let one = world.connect();
    world.ask(one, "CONFIG SET min-replicas-to-write 1\r\n");
    for script in ["return redis.call('set','k',1)", "redis.call('publish','c','m') return redis.call('del','k')"] {
        let said = world.ask(one, &format!("EVAL \"{script}\" 0\r\n"));
        assert!(said.starts_with("-NOREPLICAS Not enough good replicas to write. script: "), "{said}");
    }
    assert_eq!(world.ask(one, "EVAL \"return redis.call('dbsize')\" 0\r\n"), r":0\r\n");
    // A transaction is refused for what its scripts say of themselves.
    world.ask(one, "CONFIG SET min-replicas-to-write 0\r\nSCRIPT LOAD \"#!lua\\nreturn 1\"\r\n");
    world.ask(one, "MULTI\r\nEVAL \"#!lua\\nreturn 1\" 0\r\n");
    let other = world.connect();
    world.ask(other, "CONFIG SET min-replicas-to-write 1\r\n");
    let said = world.ask(one, "EXEC\r\n");
    assert!(said.starts_with("-EXECABORT") || said.starts_with("-NOREPLICAS"), "{said}");
}

#[test]
fn what_a_transaction_changes_is_propagated_together() {
    let mut world = World::new();
    let (one, other) = (world.connect(), world.connect());
    world.engine.keep_journal(true);
    let journal = |world: &mut World, requests: &str| {
        world.arrive(one, requests.as_bytes());
        world.turn();
        let words = String::from_utf8(world.engine.take_propagated()).expect("text");
        let words = words.split("\r\n").filter(|word| !word.starts_with(['*', '$']));
        words.collect::<Vec<_>>().join(" ").trim().to_string()
    };
    assert_eq!(journal(&mut world, "MULTI\r\nGET k\r\nEXEC\r\n"), "");
    assert_eq!(journal(&mut world, "MULTI\r\nSET k 1\r\nGET k\r\nEXEC\r\n"), "SELECT 0 SET k 1");
    assert_eq!(journal(&mut world, "MULTI\r\nINCR k\r\nINCR k\r\nEXEC\r\n"), "MULTI INCR k INCR k EXEC");
    let moved = "SELECT 1 MULTI SET a 1 SELECT 0 DEL k EXEC";
    assert_eq!(journal(&mut world, "MULTI\r\nSELECT 1\r\nSET a 1\r\nSELECT 0\r\nDEL k\r\nEXEC\r\n"), moved);
    assert_eq!(journal(&mut world, "WATCH k\r\nMULTI\r\nDEL k\r\nEXEC\r\n"), "");
    let _ = other;
}

#[test]
fn ones_own_invalidations_come_after_exec_whoever_it_unblocks() {
    let mut world = World::new();
    let (one, waiter) = (world.connect(), world.connect());
    world.ask(one, "HELLO 3\r\nCLIENT TRACKING ON\r\nGET k\r\n");
    world.ask(waiter, "BLPOP list 0\r\n");
    world.ask(one, "MULTI\r\n");
    let requests = format!("SET k 1\r\nCLIENT UNBLOCK {}\r\nEXEC\r\n", waiter.id);
    let invalidation = r">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n";
    assert_eq!(world.ask(one, &requests), format!(r"+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:1\r\n{invalidation}"));
    assert_eq!(world.take(waiter), r"*-1\r\n");
}

#[test]
fn a_client_that_leaves_watches_nothing() {
    let mut world = World::new();
    let (one, other) = (world.connect(), world.connect());
    world.ask(one, "WATCH a b\r\n");
    world.ask(other, "WATCH a\r\nMULTI\r\n");
    world.engine.disconnect(one, world.now);
    assert!(world.engine.effects.watched.contains(crate::keyspace::DbIndex(0), b"a"));
    world.engine.disconnect(other, world.now);
    assert!(world.engine.effects.watched.is_empty());
    assert!(!world.engine.watchers.is_active());
}
