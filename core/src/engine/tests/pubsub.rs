//! Subscriptions that meet limits and each other. What they answer is recorded in the scripts.

use super::*;
use crate::config::OutputBufferLimit;
use crate::engine::pubsub::Topic;

#[test]
fn a_slow_subscriber_is_closed_and_forgotten() {
    let mut config = Config::default();
    config.client_output_buffer_limit[2] = OutputBufferLimit { hard_bytes: 100_000, soft_bytes: 0, soft_seconds: 0 };
    let mut world = World::with(config);
    let (listener, publisher) = (world.connect(), world.connect());
    world.ask(listener, "SUBSCRIBE a\r\n");
    let message = format!("PUBLISH a {}\r\n", "x".repeat(30_000));
    for _ in 0..4 {
        // Nothing is sent in between: the listener does not read.
        world.arrive(publisher, message.as_bytes());
    }
    world.turn();
    assert!(world.is_closed(listener));
    world.take(publisher);
    assert_eq!(world.engine.pubsub.count(Topic::Channel), 0);
    assert_eq!(world.ask(publisher, "PUBLISH a x\r\n"), r":0\r\n");
    assert_eq!(world.engine.stats().client_output_buffer_limit_disconnections, 1);
}

#[test]
fn a_subscriber_over_the_soft_limit_is_closed_after_a_while() {
    let mut config = Config::default();
    config.client_output_buffer_limit[2] =
        OutputBufferLimit { hard_bytes: 1_000_000, soft_bytes: 50_000, soft_seconds: 2 };
    let mut world = World::with(config);
    let (listener, other, publisher) = (world.connect(), world.connect(), world.connect());
    world.ask(listener, "PSUBSCRIBE *\r\n");
    world.arrive(publisher, format!("PUBLISH a {}\r\n", "x".repeat(60_000)).as_bytes());
    // As much output, but of another class.
    world.arrive(other, format!("ECHO {}\r\n", "x".repeat(60_000)).as_bytes());
    for seconds in 1..=4 {
        world.now.unix_us += 1_000_000;
        world.now.monotonic_us += 1_000_000;
        world.engine.handle_timeout(world.now);
        let Turn::Clean(_) = world.engine.end_turn(world.now) else { panic!("no journal") };
        assert_eq!(world.engine.is_connected(listener), seconds <= 2, "after {seconds} seconds");
    }
    assert!(world.engine.is_connected(other));
}

#[test]
fn the_publisher_is_answered_before_its_subscribers() {
    let mut world = World::new();
    let (listener, publisher) = (world.connect(), world.connect());
    world.ask(listener, "SUBSCRIBE a\r\n");
    world.ask(publisher, "PUBLISH a x\r\n");
    let Turn::Clean(permit) = world.engine.end_turn(world.now) else { panic!("no journal") };
    assert_eq!(world.engine.next_writable(&permit), None);
    world.arrive(publisher, b"PUBLISH a x\r\n");
    let Turn::Clean(permit) = world.engine.end_turn(world.now) else { panic!("no journal") };
    let order = [world.engine.next_writable(&permit), world.engine.next_writable(&permit)];
    assert_eq!(order, [Some(publisher), Some(listener)]);
}

#[test]
fn a_place_that_is_reused_hears_nothing_of_who_had_it() {
    let mut world = World::new();
    let (first, second, publisher) = (world.connect(), world.connect(), world.connect());
    for id in [first, second] {
        world.ask(id, "SUBSCRIBE a b\r\nPSUBSCRIBE a*\r\nSUBSCRIBE a\r\n");
    }
    world.engine.disconnect(first, world.now);
    let third = world.connect();
    assert_eq!(third.index(), first.index());
    assert_eq!(world.ask(publisher, "PUBLISH a x\r\n"), r":2\r\n");
    assert_eq!(world.take(third), "");
    world.ask(second, "UNSUBSCRIBE\r\nPUNSUBSCRIBE\r\n");
    assert_eq!(world.ask(publisher, "PUBLISH a x\r\nPUBSUB CHANNELS\r\n"), r":0\r\n*0\r\n");
}

#[test]
fn keyspace_events_of_expiry_reach_listeners_without_a_command() {
    let mut world = World::new();
    let (listener, writer) = (world.connect(), world.connect());
    world.ask(writer, "CONFIG SET notify-keyspace-events Ex\r\nSET k v PX 10\r\n");
    world.ask(listener, "SUBSCRIBE __keyevent@0__:expired\r\n");
    world.pass_ms(200);
    let message = r"*3\r\n$7\r\nmessage\r\n$22\r\n__keyevent@0__:expired\r\n$1\r\nk\r\n";
    assert_eq!(world.take(listener), message);
}

#[test]
fn invalidations_are_redirected_to_a_listener_of_resp2() {
    let mut world = World::new();
    let (reader, listener, writer) = (world.connect(), world.connect(), world.connect());
    world.ask(listener, "SUBSCRIBE __redis__:invalidate\r\n");
    let redirect = format!("CLIENT TRACKING ON REDIRECT {}\r\nGET k\r\n", listener.id);
    assert_eq!(world.ask(reader, &redirect), r"+OK\r\n$-1\r\n");
    world.ask(writer, "SET k 1\r\n");
    let message = r"*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$1\r\nk\r\n";
    assert_eq!(world.take(listener), message);
    world.ask(reader, "GET k\r\n");
    world.ask(writer, "FLUSHALL\r\n");
    assert_eq!(world.take(listener), r"*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n$-1\r\n");
}
