//! CLIENT PAUSE, and a server that stands still.

use super::*;
use crate::engine::client::ClientFlags;

#[test]
fn a_paused_write_waits_with_everything_behind_it() {
    let mut world = World::new();
    let (a, b) = (world.connect(), world.connect());
    assert_eq!(world.ask(a, "CLIENT PAUSE 100 WRITE\r\n"), r"+OK\r\n");
    assert_eq!(world.ask(b, "GET k\r\nSET k v\r\nGET k\r\n"), r"$-1\r\n", "reads go on until the first write");
    assert_eq!(world.ask(a, "GET k\r\n"), r"$-1\r\n");
    assert_eq!(world.engine.blocked_clients(), 1);
    world.pass_ms(100);
    assert_eq!(world.take(b), "", "the last millisecond belongs to the pause");
    world.pass_ms(1);
    assert_eq!(world.take(b), r"+OK\r\n$1\r\nv\r\n");
    assert_eq!(world.engine.blocked_clients(), 0);
}

#[test]
fn inline_and_bulk_requests_wait_alike() {
    for request in
        ["SET k \"a b\"\r\nGET k\r\n", "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\na b\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"]
    {
        let mut world = World::new();
        let (a, b) = (world.connect(), world.connect());
        world.ask(a, "CLIENT PAUSE 1000\r\n");
        assert_eq!(world.ask(b, request), "");
        let client = world.engine.clients().get(b).expect("connected");
        assert_eq!(client.parser.argument_bytes(), 7, "CLIENT LIST shows its arguments");
        world.pass_ms(1001);
        assert_eq!(world.take(b), r"+OK\r\n$3\r\na b\r\n");
    }
}

#[test]
fn pausing_all_holds_even_unpause_and_quit() {
    let mut world = World::new();
    let (a, b) = (world.connect(), world.connect());
    world.ask(a, "CLIENT PAUSE 50\r\n");
    assert_eq!(world.ask(a, "CLIENT UNPAUSE\r\n"), "");
    assert_eq!(world.ask(b, "NOSUCH\r\nQUIT\r\n"), r"-ERR unknown command \'NOSUCH\', with args beginning with: \r\n");
    world.pass_ms(51);
    assert_eq!((world.take(a), world.take(b)), (r"+OK\r\n".into(), r"+OK\r\n".into()));
    assert!(world.is_closed(b));
}

#[test]
fn a_second_pause_only_adds() {
    let mut world = World::new();
    let (a, b) = (world.connect(), world.connect());
    world.ask(a, "CLIENT PAUSE 300 WRITE\r\nCLIENT PAUSE 100 ALL\r\n");
    assert_eq!(world.ask(b, "PING\r\n"), "");
    world.pass_ms(200);
    assert_eq!(world.take(b), "", "the later end holds, and so does the stricter mode");
    world.pass_ms(101);
    assert_eq!(world.take(b), r"+PONG\r\n");
}

#[test]
fn a_pause_of_nothing_or_of_more_than_forever_is_none() {
    let mut world = World::new();
    let id = world.connect();
    assert_eq!(world.ask(id, "CLIENT PAUSE 0\r\n"), r"+OK\r\n");
    assert_eq!(world.ask(id, "CLIENT PAUSE 9223372036854775807\r\n"), r"+OK\r\n");
    assert_eq!(world.ask(id, "SET k v\r\n"), r"+OK\r\n");
}

#[test]
fn unpause_lets_waiting_requests_run_in_the_same_turn() {
    let mut world = World::new();
    let (a, b, c) = (world.connect(), world.connect(), world.connect());
    world.ask(a, "CLIENT PAUSE 100000 WRITE\r\n");
    world.ask(c, "APPEND k c\r\n");
    world.ask(b, "APPEND k b\r\n");
    assert_eq!(world.ask(a, "CLIENT UNPAUSE\r\nGET k\r\n"), r"+OK\r\n$-1\r\n", "not before the turn ends");
    assert_eq!((world.take(b), world.take(c)), (r":1\r\n".into(), r":2\r\n".into()), "in order of their ids");
}

#[test]
fn nothing_expires_during_a_pause_but_overdue_keys_are_not_found() {
    let mut world = World::new();
    let id = world.connect();
    world.ask(id, "SET k v PX 10\r\nCLIENT PAUSE 1000 WRITE\r\n");
    world.pass_ms(500);
    assert_eq!(world.ask(id, "GET k\r\nEXISTS k\r\nDBSIZE\r\nRANDOMKEY\r\n"), r"$-1\r\n:0\r\n:1\r\n$-1\r\n");
    world.pass_ms(600);
    world.pass_ms(200);
    assert_eq!(world.ask(id, "DBSIZE\r\n"), r":0\r\n", "afterwards it goes");
}

#[test]
fn the_paused_client_is_marked_and_spared_by_the_idle_timeout() {
    let mut world = World::with(Config { timeout: 1, ..Config::default() });
    let (a, b) = (world.connect(), world.connect());
    world.ask(a, "CLIENT PAUSE 5000\r\n");
    world.ask(b, "PING\r\n");
    assert!(world.engine.clients().get(b).expect("connected").flags.contains(ClientFlags::POSTPONED));
    world.pass_ms(3000);
    assert!(world.is_closed(a) && !world.is_closed(b));
}

#[test]
fn a_frozen_server_does_nothing_and_says_nothing() {
    let mut world = World::new();
    let (a, b) = (world.connect(), world.connect());
    world.arrive(b, b"PING\r\n");
    world.arrive(a, b"SET k v PX 50\r\n");
    world.engine.freeze(100_000);
    assert_eq!(world.ask(a, "GET k\r\n"), "", "not even what was answered before");
    assert_eq!(world.take(b), "");
    assert_eq!(world.engine.next_timeout(), Some(world.now.monotonic_us + 100_000), "nothing else is due");
    world.pass_ms(60);
    assert_eq!(world.take(a), "");
    world.pass_ms(40);
    assert_eq!((world.take(a), world.take(b)), (r"+OK\r\n$-1\r\n".into(), r"+PONG\r\n".into()));
}
