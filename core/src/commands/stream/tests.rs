//! The whole family against a conversation recorded from redis-server 7.0.15, and against a naive model.

mod model;

use crate::commands::conversation::play;

#[test]
fn the_recorded_conversation_goes_the_same_way() {
    play(include_str!("recorded.txt"), super::rows::ROWS);
}
