//! Client tracking: who hears of which change, when.

use super::*;

/// A RESP3 connection with tracking on, and another that makes changes.
fn pair(options: &str) -> (World, ClientId, ClientId) {
    let mut world = World::new();
    let (tracker, writer) = (world.connect(), world.connect());
    world.ask(tracker, "HELLO 3\r\n");
    assert_eq!(world.ask(tracker, &format!("CLIENT TRACKING ON {options}\r\n")), r"+OK\r\n");
    (world, tracker, writer)
}

fn invalidation(keys: &[&str]) -> String {
    let keys: String = keys.iter().map(|key| format!(r"${}\r\n{key}\r\n", key.len())).collect();
    let count = keys.matches('$').count();
    format!(r">2\r\n$10\r\ninvalidate\r\n*{count}\r\n{keys}")
}

const EVERYTHING: &str = r">2\r\n$10\r\ninvalidate\r\n_\r\n";

#[test]
fn a_key_that_was_read_is_invalidated_once() {
    let (mut world, tracker, writer) = pair("");
    world.ask(tracker, "GET k\r\nMGET a b\r\n");
    world.ask(writer, "SET k 1\r\nSET k 2\r\nSET other 1\r\nDEL nothing\r\nSET a 1\r\n");
    assert_eq!(world.take(tracker), invalidation(&["k"]) + &invalidation(&["a"]));
    world.ask(writer, "SET k 3\r\n");
    assert_eq!(world.take(tracker), "", "it was not read again");
}

#[test]
fn ones_own_change_is_told_after_the_reply() {
    let (mut world, tracker, _) = pair("");
    world.ask(tracker, "GET k\r\n");
    assert_eq!(world.ask(tracker, "INCR k\r\nPING\r\n"), format!(r":1\r\n{}+PONG\r\n", invalidation(&["k"])));
}

#[test]
fn noloop_leaves_ones_own_changes_out() {
    let (mut world, tracker, writer) = pair("NOLOOP");
    world.ask(tracker, "GET k\r\nGET j\r\n");
    assert_eq!(world.ask(tracker, "INCR k\r\n"), r":1\r\n");
    world.ask(writer, "INCR k\r\nINCR j\r\n");
    assert_eq!(world.take(tracker), invalidation(&["j"]), "k was forgotten with the own change");
}

#[test]
fn keys_are_tracked_whatever_the_database() {
    let (mut world, tracker, writer) = pair("");
    world.ask(tracker, "GET k\r\n");
    world.ask(writer, "SELECT 9\r\nSET k 1\r\n");
    assert_eq!(world.take(tracker), invalidation(&["k"]));
}

#[test]
fn expiry_invalidates() {
    let (mut world, tracker, writer) = pair("");
    world.ask(writer, "SET k v PX 10\r\n");
    world.ask(tracker, "GET k\r\n");
    world.pass_ms(200);
    assert_eq!(world.take(tracker), invalidation(&["k"]));
}

#[test]
fn a_flush_invalidates_everything_and_a_swap_nothing() {
    let (mut world, tracker, writer) = pair("");
    world.ask(tracker, "SET k v\r\nGET k\r\n");
    world.ask(writer, "SWAPDB 0 1\r\n");
    assert_eq!(world.take(tracker), "");
    world.ask(writer, "FLUSHALL\r\n");
    assert_eq!(world.take(tracker), EVERYTHING);
    assert_eq!(world.ask(tracker, "FLUSHDB\r\n"), format!(r"+OK\r\n{EVERYTHING}"));
    assert_eq!(world.engine.tracking().total_keys(), 0);
}

#[test]
fn broadcasts_gather_what_fits_a_prefix_over_a_turn() {
    let (mut world, tracker, writer) = pair("BCAST PREFIX u PREFIX v");
    world.arrive(writer, b"MSET u2 1 w 1\r\nSET v1 1\r\nSET u1 1\r\nSET u2 2\r\n");
    world.turn();
    assert_eq!(world.take(tracker), invalidation(&["u1", "u2"]) + &invalidation(&["v1"]));
    world.turn();
    assert_eq!(world.take(tracker), "");
    assert_eq!(world.engine.tracking().total_prefixes(), 2);
    world.ask(tracker, "CLIENT TRACKING OFF\r\n");
    assert_eq!(world.engine.tracking().total_prefixes(), 0);
}

#[test]
fn broadcasts_without_loop_leave_out_what_one_changed_last() {
    let (mut world, tracker, writer) = pair("BCAST NOLOOP");
    world.arrive(writer, b"SET a 1\r\n");
    assert_eq!(world.ask(tracker, "SET a 2\r\nSET b 1\r\n"), r"+OK\r\n+OK\r\n");
    world.arrive(tracker, b"SET a 3\r\nSET c 1\r\n");
    world.ask(writer, "SET a 4\r\n");
    assert_eq!(world.take(tracker), format!(r"+OK\r\n+OK\r\n{}", invalidation(&["a"])));
}

#[test]
fn optin_and_optout_look_at_the_command_before() {
    let (mut world, tracker, writer) = pair("OPTIN");
    world.ask(tracker, "GET a\r\nCLIENT CACHING YES\r\nCLIENT ID\r\nGET b\r\nGET c\r\n");
    world.ask(writer, "MSET a 1 b 1 c 1\r\n");
    assert_eq!(world.take(tracker), invalidation(&["b"]));
    world.ask(tracker, "CLIENT TRACKING OFF\r\nCLIENT TRACKING ON OPTOUT\r\n");
    world.ask(tracker, "GET a\r\nCLIENT CACHING NO\r\nGET b\r\nGET c\r\n");
    world.ask(writer, "MSET a 2 b 2 c 2\r\n");
    assert_eq!(world.take(tracker), invalidation(&["a"]) + &invalidation(&["c"]));
}

#[test]
fn messages_go_to_the_client_redirected_to() {
    let mut world = World::new();
    let (tracker, writer, listener) = (world.connect(), world.connect(), world.connect());
    world.ask(listener, "HELLO 3\r\n");
    world.ask(tracker, "CLIENT TRACKING ON REDIRECT 5\r\nGET k\r\n");
    world.ask(writer, "SET k 1\r\n");
    assert_eq!((world.take(tracker), world.take(listener)), (String::new(), invalidation(&["k"])));
    world.ask(tracker, "HELLO 3\r\nGET k\r\n");
    world.engine.disconnect(listener, world.now);
    world.ask(writer, "SET k 2\r\n");
    assert_eq!(world.take(tracker), r">2\r\n$21\r\ntracking-redir-broken\r\n:5\r\n");
    assert!(world.ask(tracker, "CLIENT TRACKINGINFO\r\n").contains("broken_redirect"));
}

#[test]
fn a_resp2_connection_hears_nothing_and_silence_doesnt_silence_messages() {
    let (mut world, tracker, writer) = pair("");
    world.ask(tracker, "GET k\r\nHELLO 2\r\n");
    world.ask(writer, "SET k 1\r\n");
    assert_eq!(world.take(tracker), "");
    world.ask(tracker, "HELLO 3\r\nCLIENT REPLY OFF\r\nGET k\r\n");
    assert_eq!(world.ask(tracker, "SET k 2\r\n"), invalidation(&["k"]));
}

#[test]
fn the_table_keeps_to_its_limit() {
    let (mut world, tracker, _) = pair("");
    world.engine.config.tracking_table_max_keys = 10;
    for index in 0..100 {
        world.ask(tracker, &format!("GET key:{index}\r\n"));
    }
    assert_eq!(world.engine.tracking().total_keys(), 10);
    assert_eq!(world.engine.tracking().total_items(), 10);
}

#[test]
fn overlapping_prefixes_are_refused_with_one_error() {
    let (mut world, tracker, _) = pair("BCAST PREFIX old");
    let overlap = |new: &str, what: &str, other: &str| {
        let text = r"overlaps with";
        format!(
            r"-ERR Prefix \'{new}\' {text} {what} prefix \'{other}\'. Prefixes for a single client must not overlap.\r\n"
        )
    };
    let mut ask = |prefixes: &str| world.ask(tracker, &format!("CLIENT TRACKING ON BCAST {prefixes}\r\n"));
    assert_eq!(ask("PREFIX older"), overlap("older", "an existing", "old"));
    assert_eq!(ask("PREFIX x PREFIX ab PREFIX abc"), overlap("ab", "another provided", "abc"));
    assert_eq!(ask("PREFIX x"), r"+OK\r\n");
}

#[test]
fn tracking_ends_with_the_connection() {
    let (mut world, tracker, writer) = pair("");
    world.ask(tracker, "GET k\r\n");
    world.engine.disconnect(tracker, world.now);
    assert_eq!(world.engine.tracking().clients(), 0);
    assert!(world.engine.effects.record_touched, "its key is still in the table");
    world.ask(writer, "SET k 1\r\n");
    assert!(!world.engine.effects.record_touched);
}
