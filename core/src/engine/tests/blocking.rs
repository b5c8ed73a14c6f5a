//! Blocked clients, where a clock or the journal matters; who is served in which order is in the recorded scripts.

use super::World;
use crate::engine::client::{ClientId, Peer};

impl World {
    /// Several clients begin to wait, one after the other.
    fn wait(&mut self, commands: &[&str]) -> Vec<ClientId> {
        let begin = |command: &&str| {
            let id = self.connect();
            assert_eq!(self.ask(id, &format!("{command}\r\n")), "", "{command} waits");
            id
        };
        commands.iter().map(begin).collect()
    }

    /// What a command and those whom it wakes propagate, as words.
    fn propagates(&mut self, id: ClientId, command: &str) -> String {
        self.arrive(id, format!("{command}\r\n").as_bytes());
        self.turn();
        let text = String::from_utf8_lossy(&self.engine.take_propagated()).into_owned();
        let words: Vec<&str> = text.split("\r\n").filter(|line| !line.starts_with(['*', '$'])).collect();
        words.join(" ").trim().to_string()
    }
}

#[test]
fn a_timeout_is_over_when_its_last_millisecond_has_passed() {
    let mut world = World::new();
    let id = world.wait(&["BLPOP q 0.02"])[0];
    let due_us = world.engine.next_timeout().expect("there is always a next one");
    assert!(due_us <= world.now.monotonic_us + 21_000);
    world.pass_ms(20);
    assert_eq!(world.take(id), "");
    assert_eq!(world.engine.next_timeout(), Some(world.now.monotonic_us + 1000));
    world.pass_ms(1);
    assert_eq!(world.take(id), "*-1\\r\\n");
    assert_eq!(world.engine.blocked_clients(), 0);
    let pusher = world.connect();
    assert_eq!(world.ask(pusher, "RPUSH q x\r\n"), ":1\\r\\n");
    assert_eq!(world.take(id), "");
}

#[test]
fn timeouts_come_in_order_and_only_those_that_are_due() {
    let mut world = World::new();
    let ids = world.wait(&["BLPOP q 0.05", "BLMOVE q r LEFT LEFT 0.01", "BZPOPMIN z 0", "XREAD BLOCK 30 STREAMS s $"]);
    assert_eq!(world.engine.waiters().deadlines(), 3);
    world.pass_ms(31);
    let said: Vec<String> = ids.iter().map(|&id| world.take(id)).collect();
    assert_eq!(said, ["", "*-1\\r\\n", "", "*-1\\r\\n"]);
    world.pass_ms(1_000_000);
    assert_eq!(world.take(ids[0]), "*-1\\r\\n");
    assert_eq!((world.engine.blocked_clients(), world.engine.waiters().deadlines()), (1, 0));
}

#[test]
fn a_wait_without_end_has_no_deadline_and_one_beyond_all_clocks_never_comes() {
    let mut world = World::new();
    world.wait(&["BLPOP q 0", "XREAD BLOCK 0 STREAMS s $", "BLPOP q -0.0001"]);
    assert_eq!(world.engine.waiters().deadlines(), 0);
    world.wait(&["XREAD BLOCK 9223372036854775807 STREAMS s $", "BLPOP q 9223372036854775"]);
    assert_eq!(world.engine.waiters().deadlines(), 2);
    world.pass_ms(1 << 40);
    assert_eq!(world.engine.blocked_clients(), 5);
}

#[test]
fn while_the_server_stands_still_no_timeout_comes_and_afterwards_it_comes_before_what_arrived() {
    let mut world = World::new();
    let id = world.wait(&["BLPOP q 0.01"])[0];
    let pusher = world.connect();
    world.arrive(pusher, b"DEBUG SLEEP 0.1\r\n");
    world.turn();
    world.pass_ms(50);
    world.arrive(pusher, b"RPUSH q x\r\n");
    world.turn();
    assert_eq!(world.take(id), "");
    world.pass_ms(60);
    assert_eq!(world.take(id), "*-1\\r\\n");
    assert_eq!(world.take(pusher), "+OK\\r\\n:1\\r\\n");
}

#[test]
fn who_disconnects_takes_nothing() {
    let mut world = World::new();
    let ids = world.wait(&["BLPOP q 5", "BLPOP q 5"]);
    world.engine.disconnect(ids[0], world.now);
    assert_eq!((world.engine.waiters().len(), world.engine.waiters().deadlines()), (1, 1));
    let pusher = world.connect();
    world.ask(pusher, "RPUSH q x\r\n");
    assert_eq!(world.take(ids[1]), "*2\\r\\n$1\\r\\nq\\r\\n$1\\r\\nx\\r\\n");
    assert!(world.engine.waiters().is_empty());
}

#[test]
fn an_idle_client_that_waits_is_left_alone() {
    let mut world = World::new();
    let pusher = world.connect();
    world.ask(pusher, "CONFIG SET timeout 1\r\n");
    let id = world.wait(&["BLPOP q 0"])[0];
    world.pass_ms(5000);
    assert!(world.is_closed(pusher) && !world.is_closed(id));
}

#[test]
fn who_is_served_propagates_the_plain_command_behind_the_one_that_woke_it() {
    // From the replication stream of 7.0.15.
    let mut world = World::new();
    world.engine.keep_journal(true);
    let id = world.connect();
    world.wait(&["BLPOP a 0", "BRPOP a 0", "BLMPOP 0 1 a LEFT COUNT 5"]);
    assert_eq!(world.propagates(id, "RPUSH a 1 2 3 4"), "SELECT 0 RPUSH a 1 2 3 4 LPOP a RPOP a LPOP a 2");
    world.wait(&["BLMOVE a b left Right 0", "BRPOPLPUSH b c 0"]);
    assert_eq!(world.propagates(id, "RPUSH a 1"), "RPUSH a 1 LMOVE a b left right RPOPLPUSH b c");
    world.wait(&["BZPOPMIN z 0", "BZMPOP 0 1 z MAX COUNT 2", "BZMPOP 0 1 z MAX"]);
    assert_eq!(
        world.propagates(id, "ZADD z 1 a 2 b 3 c 4 d"),
        "ZADD z 1 a 2 b 3 c 4 d ZPOPMIN z ZPOPMAX z 2 ZPOPMAX z 1"
    );
    world.propagates(id, "XGROUP CREATE s g $ MKSTREAM");
    world.wait(&["XREADGROUP GROUP g c BLOCK 0 STREAMS s >", "XREADGROUP GROUP g d BLOCK 0 NOACK STREAMS s >"]);
    assert_eq!(
        world.propagates(id, "XADD s 1-1 f v"),
        "XADD s 1-1 f v XCLAIM s g c 0 1-1 TIME 1700000000000 RETRYCOUNT 1 FORCE JUSTID LASTID 1-1"
    );
    assert_eq!(
        world.propagates(id, "XADD s 1-2 f v"),
        "XADD s 1-2 f v MULTI XGROUP CREATECONSUMER s g d XGROUP SETID s g 1-2 ENTRIESREAD 2 EXEC"
    );
    world.wait(&["XREADGROUP GROUP g e BLOCK 0 NOACK STREAMS s >", "XREADGROUP GROUP g f BLOCK 0 STREAMS s >"]);
    assert_eq!(world.propagates(id, "XADD s MAXLEN 0 1-3 f v"), "XADD s MAXLEN 0 1-3 f v XGROUP CREATECONSUMER s g e");
}

#[test]
fn what_needs_no_waiting_propagates_as_it_was_asked_for() {
    let mut world = World::new();
    world.engine.keep_journal(true);
    let id = world.connect();
    world.propagates(id, "RPUSH a 1 2 3 4 5 6 7");
    for (command, propagated) in [
        ("BLPOP a 0", "LPOP a"),
        ("BRPOP nolist a 0", "RPOP a"),
        ("BLMOVE a b left Right 0", "LMOVE a b left Right"),
        ("BRPOPLPUSH a b 0", "RPOPLPUSH a b"),
        ("BLMPOP 0 1 a left count 2", "LPOP a 2"),
        ("ZADD z 1 a 2 b 3 c 4 d 5 e 6 f", "ZADD z 1 a 2 b 3 c 4 d 5 e 6 f"),
        ("BZPOPMIN z 0", "ZPOPMIN z"),
        ("BZPOPMAX z 0", "ZPOPMAX z"),
        ("BZMPOP 0 1 z min", "ZPOPMIN z 1"),
        ("BZMPOP 0 1 z max count 2", "ZPOPMAX z 2"),
    ] {
        assert_eq!(world.propagates(id, command), propagated, "{command}");
    }
}

#[test]
fn a_wrong_destination_is_an_error_and_the_element_stays_for_the_next() {
    let mut world = World::new();
    world.engine.keep_journal(true);
    let id = world.connect();
    world.propagates(id, "SET s text");
    let ids = world.wait(&["BLMOVE a s LEFT LEFT 0", "BLPOP a 0"]);
    assert_eq!(world.propagates(id, "RPUSH a 1"), "RPUSH a 1 LPOP a");
    assert!(world.take(ids[0]).starts_with("-WRONGTYPE"));
    assert_eq!(world.take(ids[1]), "*2\\r\\n$1\\r\\na\\r\\n$1\\r\\n1\\r\\n");
}

#[test]
fn a_blocked_command_is_one_call_and_fails_once() {
    let mut world = World::new();
    let stats = |world: &World, name: &str| {
        let id = world.engine.commands().find(name.as_bytes()).expect("a command");
        world.engine.stats().commands[id.0 as usize]
    };
    let pusher = world.connect();
    world.wait(&["BLPOP q 0"]);
    assert_eq!((stats(&world, "blpop").calls, stats(&world, "blpop").failed), (1, 0));
    world.ask(pusher, "RPUSH q x\r\n");
    assert_eq!((stats(&world, "blpop").calls, stats(&world, "blpop").failed), (1, 0));
    world.wait(&["BLPOP q 0.001"]);
    world.pass_ms(2);
    assert_eq!((stats(&world, "blpop").calls, stats(&world, "blpop").failed), (2, 0));
    for how in ["TIMEOUT", "ERROR"] {
        let id = world.wait(&["BLPOP q 0"])[0];
        assert_eq!(world.ask(pusher, &format!("CLIENT UNBLOCK {} {how}\r\n", id.id)), ":1\\r\\n");
    }
    assert_eq!((stats(&world, "blpop").calls, stats(&world, "blpop").failed), (4, 2));
}

#[test]
fn blocked_clients_are_shown() {
    let mut world = World::new();
    let id = world.connect();
    world.wait(&["BLPOP q 0", "BZMPOP 9 1 z MIN"]);
    let list = world.ask(id, "CLIENT LIST\r\n");
    assert_eq!(list.matches(" flags=b ").count(), 2);
    assert!(list.contains(" cmd=blpop ") && list.contains(" cmd=bzmpop "));
    assert!(list.contains(" argv-mem=7 ") && list.contains(" argv-mem=12 "));
    let served = world.ask(id, "RPUSH q x\r\nCLIENT LIST\r\n");
    assert!(served.contains(" flags=u ") && !world.ask(id, "CLIENT LIST\r\n").contains(" flags=u "));
    world.wait(&["BLPOP q 0"]);
    let info = world.ask(id, "INFO clients\r\n");
    assert!(info.contains("blocked_clients:2\\r\\n") && info.contains("clients_in_timeout_table:1\\r\\n"));
}

#[test]
fn a_stream_that_expires_by_itself_ends_the_wait_of_its_groups() {
    let mut world = World::new();
    let id = world.connect();
    world.ask(id, "XGROUP CREATE s g $ MKSTREAM\r\nPEXPIRE s 30\r\n");
    let ids = world.wait(&["XREADGROUP GROUP g c BLOCK 0 STREAMS s >", "XREAD BLOCK 0 STREAMS s $"]);
    world.pass_ms(200);
    assert_eq!(world.take(ids[0]), "-UNBLOCKED the stream key no longer exists\\r\\n");
    assert_eq!(world.take(ids[1]), "");
}

#[test]
fn thousands_wait_for_one_key_and_are_served_in_order() {
    let mut world = World::new();
    let ids: Vec<ClientId> = (0..3000)
        .map(|_| {
            let peer = Peer { loopback: true, ..Peer::default() };
            let id = world.engine.connect(peer, world.now).expect("a local connection is let in");
            world.arrive(id, b"BLPOP q 0\r\n");
            id
        })
        .collect();
    let pusher = world.connect();
    let elements: Vec<String> = (0..3000).map(|number| number.to_string()).collect();
    world.ask(pusher, &format!("RPUSH q {}\r\n", elements.join(" ")));
    for (id, element) in ids.iter().zip(&elements) {
        assert!(world.take(*id).ends_with(&format!("\\r\\n{element}\\r\\n")));
    }
}
