//! MONITOR, the slow log and latency spikes, with a clock that stands still: what a script can't compare to the letter.

use super::World;

/// A server on which five commands have slept, a second apart, with the latencies that 7.0.15 was shown.
fn sleepy() -> (World, crate::engine::client::ClientId) {
    let mut world = World::new();
    let c = world.connect();
    world.ask(c, "CONFIG SET latency-monitor-threshold 10\r\n");
    for (index, ms) in [10, 30, 100, 20, 50].into_iter().enumerate() {
        world.ask(c, &format!("DEBUG SLEEP 0.{ms:03}\r\n"));
        world.pass_ms(if index == 4 { 1000 } else { 1000 + ms });
        world.take(c);
    }
    (world, c)
}

#[test]
fn a_line_shows_time_database_address_and_arguments() {
    let mut world = World::new();
    let (c1, c2) = (world.connect(), world.connect());
    world.now.unix_us += 42;
    assert_eq!(world.ask(c1, "MONITOR\r\n"), r"+OK\r\n");
    world.ask(c2, "SELECT 3\r\n*1\r\n$4\r\nPing\r\n");
    assert_eq!(
        world.take(c1),
        r#"+1700000000.000042 [3 127.0.0.1:9] \"SELECT\" \"3\"\r\n+1700000000.000042 [3 127.0.0.1:9] \"Ping\"\r\n"#
    );
}

#[test]
fn a_monitor_does_not_time_out_and_is_not_paused() {
    let mut world = World::new();
    let (c1, c2) = (world.connect(), world.connect());
    world.ask(c1, "MONITOR\r\n");
    world.ask(c2, "CONFIG SET timeout 1\r\n");
    world.ask(c2, "CLIENT PAUSE 100000\r\n");
    assert!(world.ask(c1, "PING\r\n").starts_with(r"+PONG\r\n"));
    world.pass_ms(5000);
    assert!(!world.is_closed(c1) && world.is_closed(c2));
}

#[test]
fn a_monitor_that_does_not_read_is_closed_at_its_output_limit() {
    let mut world = World::new();
    let (c1, c2) = (world.connect(), world.connect());
    world.ask(c2, "CONFIG SET client-output-buffer-limit \"normal 100000 0 0\"\r\n");
    world.ask(c1, "MONITOR\r\n");
    let set = format!("SET k {}\r\n", "x".repeat(50_000));
    world.arrive(c2, set.as_bytes());
    world.arrive(c2, set.as_bytes());
    assert!(!world.is_closed(c1));
    world.arrive(c2, set.as_bytes());
    world.turn();
    assert!(world.is_closed(c1) && !world.is_closed(c2));
}

#[test]
fn nothing_is_observed_unless_somebody_wants_to_know() {
    let mut world = World::new();
    let (c1, c2) = (world.connect(), world.connect());
    assert_eq!(world.engine.observe_from_us, 10_000);
    world.ask(c1, "MONITOR\r\n");
    assert_eq!(world.engine.observe_from_us, 0);
    world.engine.disconnect(c1, world.now);
    assert_eq!(world.engine.observe_from_us, 10_000);
    world.ask(c2, "CONFIG SET latency-monitor-threshold 5\r\n");
    assert_eq!(world.engine.observe_from_us, 5_000);
    world.ask(c2, "CONFIG SET latency-monitor-threshold 0\r\n");
    world.ask(c2, "CONFIG SET slowlog-log-slower-than -1\r\n");
    assert_eq!(world.engine.observe_from_us, u64::MAX);
}

#[test]
fn the_slow_log_tells_when_how_long_what_and_who() {
    let mut world = World::new();
    let c = world.connect();
    world.ask(c, "CLIENT SETNAME me\r\n");
    world.ask(c, "DEBUG SLEEP 0.009\r\n");
    world.pass_ms(10);
    world.ask(c, "DEBUG SLEEP 0.025\r\n");
    world.pass_ms(30);
    world.take(c);
    let entry = r"*6\r\n:0\r\n:1700000000\r\n:25000\r\n*3\r\n$5\r\nDEBUG\r\n$5\r\nSLEEP\r\n$5\r\n0.025\r\n$11\r\n127.0.0.1:9\r\n$2\r\nme\r\n";
    assert_eq!(world.ask(c, "SLOWLOG GET\r\n"), format!(r"*1\r\n{entry}"));
}

#[test]
fn a_graph_is_drawn_as_by_the_real_server() {
    let (mut world, c) = sleepy();
    let drawn = world.ask(c, "LATENCY GRAPH command\r\n").replace(r"\r\n", "\n").replace(r"\n", "\n");
    let picture = "  #  \n  |  \n  | #\n_#|o|\n     \n54321\nsssss\n";
    let head = "$179\ncommand - high 100 ms, low 10 ms (all time high 100 ms)\n";
    assert_eq!(drawn, format!("{head}{}\n{picture}\n", "-".repeat(80)));
}

#[test]
fn the_doctor_reports_as_the_real_one() {
    let (mut world, c) = sleepy();
    let report = world.ask(c, "LATENCY DOCTOR\r\n").replace(r"\'", "'");
    assert!(report.starts_with(r"$664\r\n"), "{report}");
    let line = "1. command: 5 latency spikes (average 42ms, mean deviation 26ms, period 1.00 sec). Worst all time event 100ms.";
    assert!(report.contains(line), "{report}");
    for (setting, advice) in [
        (
            "-1",
            "Try to enable the Slow Log Redis feature using the command 'CONFIG SET slowlog-log-slower-than 10000'.",
        ),
        ("11000", "Please use 'CONFIG SET slowlog-log-slower-than 10000'."),
    ] {
        world.ask(c, &format!("CONFIG SET slowlog-log-slower-than {setting}\r\n"));
        let report = world.ask(c, "LATENCY DOCTOR\r\n").replace(r"\'", "'");
        assert!(report.contains(advice), "{report}");
    }
}

#[test]
fn histories_keep_the_highest_of_a_second() {
    let mut world = World::new();
    let c = world.connect();
    world.ask(c, "CONFIG SET latency-monitor-threshold 10\r\n");
    for ms in [20, 40, 30] {
        world.ask(c, &format!("DEBUG SLEEP 0.{ms:03}\r\n"));
        world.pass_ms(ms);
    }
    world.take(c);
    assert_eq!(world.ask(c, "LATENCY HISTORY command\r\n"), r"*1\r\n*2\r\n:1700000000\r\n:40\r\n");
    assert_eq!(world.ask(c, "LATENCY LATEST\r\n"), r"*1\r\n*4\r\n$7\r\ncommand\r\n:1700000000\r\n:40\r\n:40\r\n");
}

#[test]
fn histograms_double_from_one_microsecond_and_round_as_the_real_server() {
    let mut world = World::new();
    let c = world.connect();
    for ms in ["0.0002", "0.5", "0.7", "0.7"] {
        world.ask(c, &format!("DEBUG SLEEP {ms}\r\n"));
        world.pass_ms(1000);
    }
    world.take(c);
    let told = world.ask(c, "LATENCY HISTOGRAM debug\r\n");
    let steps = r"*6\r\n:264\r\n:1\r\n:541065\r\n:2\r\n:1073741\r\n:4\r\n";
    assert_eq!(told, format!(r"*2\r\n$5\r\ndebug\r\n*4\r\n$5\r\ncalls\r\n:4\r\n$14\r\nhistogram_usec\r\n{steps}"));
}
