//! The whole family against a conversation recorded from redis-server 7.0.15, and against a naive model; replays of what it
//! propagates.

mod model;

use crate::commands::OwnedArgs;
use crate::commands::conversation::{World, play};
use crate::resp::Protocol;

#[test]
fn the_recorded_conversation_goes_the_same_way() {
    play(include_str!("recorded.txt"), super::rows::ROWS);
}

#[test]
fn what_was_propagated_is_replayed() {
    let run = |world: &mut World, line: &str| {
        let args: OwnedArgs = line.split(' ').collect();
        let outcome = world.run(&args);
        (String::from_utf8_lossy(world.reply.bytes()).into_owned(), outcome.journal)
    };
    let mut world = World::new(Protocol::Resp2);
    world.policy.limits.stream_node_entries_max = 2;
    (1..=6).for_each(|ms| _ = run(&mut world, &format!("xadd s {ms}-1 f v")));
    let (_, journal) = run(&mut world, "xadd s maxlen ~ 3 limit 100 7-1 f v");
    let exact: OwnedArgs = "xadd s maxlen = 3 limit 100 7-1 f v".split(' ').collect();
    assert_eq!(journal, [exact]);
    assert!(run(&mut world, "xadd s maxlen = 3 limit 100 8-1 f v").0.starts_with("-ERR syntax error, LIMIT"));
    world.policy.replays = true;
    assert_eq!(run(&mut world, "xadd s maxlen = 3 limit 1 8-1 f v").0, "$3\r\n8-1\r\n");
    assert_eq!(run(&mut world, "xtrim s minid = 8 limit 1").0, ":2\r\n");
    assert_eq!(run(&mut world, "xlen s").0, ":1\r\n");
}
