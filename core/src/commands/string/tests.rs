//! The whole family against a conversation recorded from redis-server 7.0.15.

use crate::commands::OwnedArgs;
use crate::commands::conversation::{World, escape, parse, play, unescape};
use crate::resp::Protocol;

const RECORDED: &str = include_str!("recorded.txt");

#[test]
fn the_recorded_conversation_goes_the_same_way() {
    play(RECORDED, super::rows::ROWS);
}

#[test]
fn resp3_differs_in_nulls_and_maps_only() {
    let steps = parse(RECORDED);
    let (mut two, mut three) = (World::new(Protocol::Resp2), World::new(Protocol::Resp3));
    let mut differing = 0;
    for step in &steps {
        let args: OwnedArgs = step.line.split(' ').map(unescape).collect();
        two.run(&args);
        three.run(&args);
        let mut expected = escape(two.reply.bytes()).replace("$-1\\r\\n", "_\\r\\n");
        if step.line.starts_with("lcs ") && expected.starts_with("*4\\r\\n") {
            expected = expected.replacen("*4\\r\\n", "%2\\r\\n", 1);
        }
        assert_eq!(escape(three.reply.bytes()), expected, "{}", step.line);
        differing += usize::from(two.reply.bytes() != three.reply.bytes());
    }
    assert!(differing > 10);
}
