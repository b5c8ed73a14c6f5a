//! The life of a connection: pipelines, turns and permits, silence, the end.

use super::*;
use crate::engine::client::ClientFlags;

#[test]
fn the_first_connection_of_a_server_has_id_3() {
    let mut world = World::new();
    let (a, b) = (world.connect(), world.connect());
    assert_eq!(world.ask(a, "CLIENT ID\r\n"), r":3\r\n");
    assert_eq!(world.ask(b, "CLIENT ID\r\n"), r":4\r\n");
}

#[test]
fn a_pipeline_is_answered_in_order_in_one_turn() {
    let mut world = World::new();
    let id = world.connect();
    assert_eq!(world.ask(id, "SET k 1\r\nINCR k\r\nGET k\r\n\r\nPING\r\n"), r"+OK\r\n:2\r\n$1\r\n2\r\n+PONG\r\n");
}

#[test]
fn a_request_split_anywhere_is_answered_once_it_is_whole() {
    let request = b"*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\n";
    for split in 1..request.len() {
        let mut world = World::new();
        let id = world.connect();
        world.arrive(id, &request[..split]);
        world.turn();
        assert_eq!(world.take(id), "", "split at {split}");
        world.arrive(id, &request[split..]);
        world.turn();
        assert_eq!(world.take(id), r"$5\r\nhello\r\n", "split at {split}");
    }
}

#[test]
fn nothing_leaves_before_the_turn_ends() {
    let mut world = World::new();
    let id = world.connect();
    let Turn::Clean(permit) = world.engine.end_turn(world.now) else { panic!("no journal") };
    world.arrive(id, b"PING\r\n");
    assert_eq!(world.engine.output(id, &permit), b"", "an old permit lets nothing new out");
    world.turn();
    assert_eq!(world.take(id), r"+PONG\r\n");
}

#[test]
fn output_that_a_socket_takes_in_pieces_stays_in_order() {
    let mut world = World::new();
    let id = world.connect();
    world.arrive(id, b"ECHO abcdefgh\r\n");
    let mut sent = Vec::new();
    for _ in 0..20 {
        let Turn::Clean(permit) = world.engine.end_turn(world.now) else { panic!("no journal") };
        world.engine.next_writable(&permit);
        let output = world.engine.output(id, &permit);
        let count = output.len().min(3);
        sent.extend_from_slice(&output[..count]);
        world.engine.sent(id, count, world.now);
        if sent.len() == 9 {
            world.arrive(id, b"PING\r\n");
        }
        if count == 0 {
            break;
        }
    }
    assert_eq!(sent.escape_ascii().to_string(), r"$8\r\nabcdefgh\r\n+PONG\r\n");
}

#[test]
fn quit_answers_closes_and_drops_what_follows() {
    let mut world = World::new();
    let id = world.connect();
    assert_eq!(world.ask(id, "SET k v\r\nQUIT now\r\nSET k w\r\n"), r"+OK\r\n+OK\r\n");
    assert!(world.is_closed(id));
    let other = world.connect();
    assert_eq!(world.ask(other, "GET k\r\n"), r"$1\r\nv\r\n");
}

#[test]
fn a_violation_of_the_protocol_answers_and_closes() {
    let mut world = World::new();
    let id = world.connect();
    let answer = world.ask(id, "PING\r\n*1\r\n+4\r\nPING\r\n");
    assert_eq!(answer, r"+PONG\r\n-ERR Protocol error: expected \'$\', got \'+\'\r\n");
    assert!(world.is_closed(id));
    assert_eq!(world.engine.stats().protocol_errors, 1);
}

#[test]
fn a_browser_is_cut_off_without_an_answer() {
    for line in ["POST / HTTP/1.1\r\n", "PING\r\nHost: example\r\n", "*1\r\n$6\r\npost\0x\r\n"] {
        let mut world = World::new();
        let id = world.connect();
        assert_eq!(world.ask(id, line), "", "{line}");
        assert!(world.is_closed(id), "{line}");
        assert!(world.log[0].starts_with("Possible SECURITY ATTACK detected."), "{line}");
    }
}

#[test]
fn a_disconnect_in_the_middle_of_a_request_leaves_nothing_behind() {
    let mut world = World::new();
    let id = world.connect();
    world.arrive(id, b"*3\r\n$3\r\nSET\r\n$1\r\nk");
    world.engine.disconnect(id, world.now);
    world.turn();
    let other = world.connect();
    assert_ne!(other, id);
    assert_eq!(world.ask(other, "GET k\r\n"), r"$-1\r\n");
    assert_eq!(world.engine.clients().len(), 1);
}

#[test]
fn replies_can_be_switched_off_and_on() {
    let mut world = World::new();
    let id = world.connect();
    assert_eq!(world.ask(id, "CLIENT REPLY OFF\r\nPING\r\nNOSUCH\r\nCLIENT REPLY SKIP\r\nPING\r\n"), "");
    assert_eq!(world.ask(id, "CLIENT REPLY ON\r\nPING\r\n"), r"+OK\r\n+PONG\r\n");
}

#[test]
fn skip_silences_one_command() {
    let mut world = World::new();
    let id = world.connect();
    assert_eq!(world.ask(id, "CLIENT REPLY SKIP\r\nECHO a\r\nECHO b\r\n"), r"$1\r\nb\r\n");
    assert_eq!(world.ask(id, "CLIENT REPLY SKIP\r\nCLIENT REPLY SKIP\r\nECHO a\r\nECHO b\r\n"), r"$1\r\nb\r\n");
    assert_eq!(world.ask(id, "CLIENT REPLY SKIP\r\n\r\nECHO a\r\n"), r"$1\r\na\r\n", "a blank line uses it up");
    assert_eq!(world.ask(id, "CLIENT REPLY SKIP\r\nCLIENT REPLY ON\r\n"), r"+OK\r\n");
}

#[test]
fn quit_without_replies_leaves_the_connection_open() {
    let mut world = World::new();
    let id = world.connect();
    assert_eq!(world.ask(id, "CLIENT REPLY OFF\r\nQUIT\r\n"), "");
    assert!(!world.is_closed(id), "the original waits for a write that never comes");
    assert_eq!(world.ask(id, "CLIENT REPLY ON\r\n"), "", "but listens no more");
}

#[test]
fn reset_makes_a_connection_as_new() {
    let mut world = World::new();
    let id = world.connect();
    world.ask(id, "HELLO 3 SETNAME me\r\nSELECT 5\r\nCLIENT TRACKING ON\r\nCLIENT NO-EVICT ON\r\nCLIENT REPLY OFF\r\n");
    assert_eq!(world.ask(id, "RESET\r\n"), r"+RESET\r\n");
    let client = world.engine.clients().get(id).expect("it is connected");
    assert_eq!((client.db.0, client.name.len(), client.reply.protocol().number()), (0, 0, 2));
    assert_eq!(client.flags, ClientFlags::AUTHENTICATED | ClientFlags::NO_EVICT);
}

#[test]
fn client_kill_closes_others_at_once_and_oneself_after_the_reply() {
    let mut world = World::new();
    let (a, b, c) = (world.connect(), world.connect(), world.connect());
    world.arrive(c, b"PING\r\n");
    assert_eq!(world.ask(a, "CLIENT KILL ID 4\r\nCLIENT KILL ID 3\r\n"), r":1\r\n:0\r\n");
    assert!(world.is_closed(b) && !world.is_closed(a));
    assert_eq!(world.ask(a, "CLIENT KILL TYPE normal SKIPME no\r\nPING\r\n"), r":2\r\n");
    assert!(world.is_closed(a) && world.is_closed(c));
    assert!(world.engine.clients().is_empty());
}

#[test]
fn a_killed_client_that_waits_is_forgotten() {
    let mut world = World::new();
    let (a, b) = (world.connect(), world.connect());
    world.ask(a, "CLIENT PAUSE 1000 WRITE\r\n");
    world.ask(b, "SET k v\r\n");
    assert_eq!(world.ask(a, "CLIENT KILL ID 4\r\nCLIENT UNPAUSE\r\n"), r":1\r\n+OK\r\n");
    assert_eq!(world.ask(a, "GET k\r\n"), r"$-1\r\n", "its request died with it");
}

#[test]
fn a_list_line_has_every_field_in_order() {
    let mut world = World::new();
    let id = world.connect();
    world.pass_ms(2500);
    world.ask(id, "CLIENT SETNAME me\r\n");
    world.pass_ms(1500);
    let line = world.ask(id, "*2\r\n$6\r\nCLIENT\r\n$4\r\nINFO\r\n");
    let line = line.split_once(r"\r\n").expect("a bulk string").1;
    let names: Vec<&str> = line.split(' ').map(|field| field.split('=').next().unwrap_or("")).collect();
    let expected = "id addr laddr fd name age idle flags db sub psub ssub multi qbuf qbuf-free argv-mem multi-mem rbs \
                    rbp obl oll omem tot-mem events cmd user redir resp";
    assert_eq!(names.join(" "), expected);
    assert!(line.starts_with("id=3 addr=127.0.0.1:9 laddr= fd=0 name=me age=4 idle=0 flags=N db=0 "), "{line}");
    assert!(
        line.contains(" qbuf=26 ") && line.contains(" argv-mem=10 ") && line.contains(" cmd=client|info "),
        "{line}"
    );
    assert!(line.ends_with(r" user=default redir=-1 resp=2\n\r\n"), "{line}");
}
