//! Limits of buffers and of patience.

use super::*;
use crate::config::OutputBufferLimit;

fn output_limit(hard_bytes: u64, soft_bytes: u64, soft_seconds: i32) -> Config {
    let mut config = Config::default();
    config.client_output_buffer_limit[0] = OutputBufferLimit { hard_bytes, soft_bytes, soft_seconds };
    config
}

/// Makes a client's output grow by 50 kB without sending any of it.
fn fill(world: &mut World, id: ClientId) {
    let request = format!("ECHO {}\r\n", "x".repeat(50_000));
    world.arrive(id, request.as_bytes());
}

/// Ends the turn, and sends nothing.
fn stall(world: &mut World) {
    let Turn::Clean(_) = world.engine.end_turn(world.now) else { panic!("no journal") };
    while let Some(action) = world.engine.poll_action() {
        match action {
            Action::Close(id) => world.closed.push(id),
            Action::Log(_, text) => world.log.push(text),
            other => panic!("nobody asked for {other:?}"),
        }
    }
}

#[test]
fn output_over_the_hard_limit_closes_at_once() {
    let mut world = World::with(output_limit(110_000, 0, 0));
    let id = world.connect();
    fill(&mut world, id);
    fill(&mut world, id);
    stall(&mut world);
    assert!(!world.is_closed(id), "the first 16 KiB are free");
    fill(&mut world, id);
    stall(&mut world);
    assert!(world.is_closed(id));
    let text = &world.log[0];
    assert!(text.starts_with("Client id=3 ") && text.contains(" scheduled to be closed ASAP for overcoming"), "{text}");
    assert_eq!(world.engine.stats().client_output_buffer_limit_disconnections, 1);
}

#[test]
fn output_over_the_soft_limit_closes_after_a_while() {
    let mut world = World::with(output_limit(0, 30_000, 2));
    let id = world.connect();
    fill(&mut world, id);
    stall(&mut world);
    for seconds in 1..=4 {
        world.now.unix_us += 1_000_000;
        world.now.monotonic_us += 1_000_000;
        world.engine.handle_timeout(world.now);
        stall(&mut world);
        assert_eq!(world.is_closed(id), seconds > 2, "after {seconds} seconds");
    }
}

#[test]
fn output_that_is_sent_resets_the_soft_limit() {
    let mut world = World::with(output_limit(0, 30_000, 2));
    let id = world.connect();
    for _ in 0..5 {
        fill(&mut world, id);
        world.turn();
        world.pass_ms(1500);
    }
    assert!(!world.is_closed(id));
}

#[test]
fn who_has_not_authenticated_may_leave_little_unread() {
    let mut world = World::with(Config { requirepass: Some(b"secret".to_vec()), ..Config::default() });
    let id = world.connect();
    world.arrive(id, "PING\r\n".repeat(600).as_bytes());
    stall(&mut world);
    assert!(world.is_closed(id));
}

#[test]
fn input_that_never_becomes_a_request_is_limited() {
    let config = Config { client_query_buffer_limit: 1 << 20, ..Config::default() };
    let mut world = World::with(config.clone());
    let id = world.connect();
    world.arrive(id, format!("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1048574\r\n{}\r\n", "x".repeat(1_048_574)).as_bytes());
    world.turn();
    assert_eq!(world.take(id), r"+OK\r\n", "exactly the limit, with its line end");
    world.arrive(id, format!("*2\r\n$4\r\nECHO\r\n$1048575\r\n{}\r\n", "x".repeat(1_048_575)).as_bytes());
    world.turn();
    assert!(world.is_closed(id));

    let mut world = World::with(config);
    let id = world.connect();
    world.arrive(id, b"*2\r\n$4\r\nECHO\r\n$2000000\r\n");
    world.arrive(id, &[b'x'; 1_100_000]);
    world.turn();
    assert!(world.is_closed(id));
    assert!(world.log.iter().all(|text| text.starts_with("Closing client that reached max query buffer length: id=")));
}

#[test]
fn many_small_arguments_are_no_long_query() {
    let mut world = World::with(Config { client_query_buffer_limit: 1 << 20, ..Config::default() });
    let id = world.connect();
    let argument = format!("$1000\r\n{}\r\n", "x".repeat(1000));
    world.arrive(id, b"*2001\r\n$4\r\nMSET\r\n");
    for _ in 0..2000 {
        world.arrive(id, argument.as_bytes());
    }
    world.turn();
    assert_eq!(world.take(id), r"+OK\r\n");
}

#[test]
fn an_announced_length_costs_nothing() {
    let mut world = World::new();
    let id = world.connect();
    world.arrive(id, b"*2147483647\r\n$536870912\r\n");
    world.turn();
    let client = world.engine.clients().get(id).expect("connected");
    assert!(client.memory_bytes() < 64 * 1024, "{}", client.memory_bytes());
}

/// Sends a part of a long request, so that the connection takes about as much.
fn occupy(world: &mut World, id: ClientId, bytes: usize) {
    let head = format!("*2\r\n$4\r\nECHO\r\n$9000000\r\n{}", "x".repeat(bytes));
    world.arrive(id, head.as_bytes());
}

#[test]
fn the_largest_connections_go_when_all_together_take_too_much() {
    let mut world = World::with(Config { maxmemory_clients: 2_000_000, ..Config::default() });
    let (small, large, spared) = (world.connect(), world.connect(), world.connect());
    world.ask(spared, "CLIENT NO-EVICT ON\r\n");
    occupy(&mut world, spared, 500_000);
    occupy(&mut world, small, 10_000);
    occupy(&mut world, large, 300_000);
    world.turn();
    assert!(world.closed.is_empty(), "{:?}", world.engine.client_memory);
    occupy(&mut world, large, 1_500_000);
    world.turn();
    assert_eq!(world.closed, [large]);
    assert_eq!(world.engine.stats().evicted_clients, 1);
    assert!(world.log.iter().any(|text| text.starts_with(&format!("Evicting client: id={} ", large.id))));
    // What is spared counts, and the rest goes for it.
    occupy(&mut world, spared, 2_000_000);
    world.turn();
    assert_eq!(world.closed, [large, small]);
    assert!(world.engine.is_connected(spared));
}

#[test]
fn output_that_nobody_reads_counts_and_the_memory_of_who_is_gone_does_not() {
    let mut world = World::with(Config { maxmemory_clients: 300_000, ..Config::default() });
    let (listener, publisher) = (world.connect(), world.connect());
    world.ask(listener, "SUBSCRIBE a\r\n");
    for _ in 0..6 {
        world.arrive(publisher, format!("PUBLISH a {}\r\n", "x".repeat(60_000)).as_bytes());
        stall(&mut world);
    }
    assert_eq!(world.closed, [listener]);
    assert!(world.engine.client_memory.sum_bytes < 150_000, "{:?}", world.engine.client_memory);
    world.engine.disconnect(publisher, world.now);
    assert_eq!(world.engine.client_memory.sum_bytes, 0);
}

#[test]
fn who_is_evicted_in_its_own_command_has_no_reply() {
    let mut world = World::new();
    let id = world.connect();
    world.arrive(id, format!("ECHO {}\r\n", "x".repeat(60_000)).repeat(5).as_bytes());
    world.arrive(id, b"CONFIG SET maxmemory-clients 1\r\nPING\r\n");
    assert!(!world.engine.clients().get(id).expect("still there").reply.bytes().ends_with(b"+PONG\r\n"));
    world.turn();
    assert!(world.is_closed(id));
}

#[test]
fn without_a_limit_nobody_is_counted_at_once() {
    let mut world = World::new();
    let id = world.connect();
    occupy(&mut world, id, 500_000);
    world.turn();
    assert_eq!(world.engine.client_memory.sum_bytes, 0);
    world.pass_ms(200);
    assert!(world.engine.client_memory.sum_bytes > 500_000, "the cron has");
    // In percent of what has no limit, there is none; otherwise it applies at once.
    world.arrive(id, b"");
    let other = world.connect();
    world.ask(other, "CONFIG SET maxmemory-clients 10%\r\n");
    assert!(!world.is_closed(id));
    world.ask(other, "CONFIG SET maxmemory 2mb\r\n");
    assert!(world.is_closed(id) && !world.is_closed(other));
}

#[test]
fn of_many_connections_each_is_looked_at_within_a_second() {
    let mut world = World::new();
    let counted = |world: &World| world.engine.clients().iter().filter(|client| client.counted_bytes > 0).count();
    (0..200).for_each(|_| _ = world.connect());
    world.pass_ms(100);
    assert_eq!(counted(&world), 20);
    for _ in 0..9 {
        world.pass_ms(100);
    }
    assert_eq!(counted(&world), 200);
}

#[test]
fn idle_connections_close_after_the_timeout() {
    let mut world = World::with(Config { timeout: 10, ..Config::default() });
    let (a, b) = (world.connect(), world.connect());
    world.pass_ms(9_000);
    world.ask(b, "PING\r\n");
    world.pass_ms(2_000);
    assert!(world.is_closed(a) && !world.is_closed(b));
    world.pass_ms(20_000);
    assert!(world.is_closed(b));
}

#[test]
fn idle_connections_give_their_buffers_back() {
    let mut world = World::new();
    let id = world.connect();
    world.ask(id, &format!("ECHO {}\r\n", "x".repeat(60_000)));
    world.pass_ms(3_000);
    let client = world.engine.clients().get(id).expect("connected");
    assert_eq!((client.query.capacity(), client.reply.buffer.capacity()), (0, 0));
}
