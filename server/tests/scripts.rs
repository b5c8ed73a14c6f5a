//! Scripts that run for too long: what others are told meanwhile, and how they end. Every answer was seen from 7.0.15.

mod harness;

use std::net::TcpStream;

use harness::{Client, Server, wait_until};

const BUSY: &str = "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
const BUSY_FUNCTION: &str = "-BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.";
const ENDLESS: &[u8] = b"EVAL 'while true do end' 0\r\n";
const LIBRARY: &[u8] = b"FUNCTION LOAD \"#!lua name=slow\\n\
    redis.register_function('endless', function() while true do end end)\\n\
    redis.register_function('writes', function() redis.call('set', 'written', '1') while true do end end)\"\r\n";

fn server() -> Server {
    Server::start(&["--busy-reply-threshold", "50", "--save", "", "--enable-debug-command", "yes"])
}

/// Waits until a script has run for so long that others are told of it.
fn wait_until_busy(client: &mut Client<TcpStream>) {
    wait_until("a busy server", || client.ask("GET nothing").starts_with("-BUSY"));
}

#[test]
fn others_are_told_busy_and_can_kill_the_script() {
    let server = server();
    let (mut caller, mut other) = (server.client(), server.client());
    caller.send(&[ENDLESS, b"SET after 1\r\n"].concat());
    wait_until_busy(&mut other);
    let mut newcomer = server.client();
    assert_eq!(newcomer.ask("PING"), BUSY);
    assert_eq!(newcomer.ask("MULTI"), "OK");
    assert_eq!(newcomer.ask("SET a 1"), BUSY);
    assert!(newcomer.ask("EXEC").starts_with("-EXECABORT Transaction discarded because of: BUSY"));
    assert_eq!(other.ask("FUNCTION KILL"), BUSY);
    assert_eq!(other.ask("SHUTDOWN SAVE"), BUSY);
    other.send(&b"PING\r\n".repeat(5000));
    (0..5000).for_each(|_| assert_eq!(other.reply().expect("a reply"), BUSY));
    other.send(format!("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$200000\r\n{}\r\n", "x".repeat(200_000)).as_bytes());
    assert_eq!(other.reply().expect("a reply"), BUSY);
    assert_eq!(newcomer.ask("SCRIPT KILL"), "OK");
    assert!(caller.reply().expect("a reply").starts_with("-ERR Script killed by user with SCRIPT KILL... script: "));
    assert_eq!(caller.reply().expect("a reply"), "OK");
    assert_eq!(other.ask("GET after"), "1");
    assert_eq!(other.ask("SCRIPT KILL"), "-NOTBUSY No scripts in execution right now.");
    server.wait_for_log("Slow script detected: still in execution after ");
}

#[test]
fn who_was_frozen_together_with_the_script_is_told_busy_too() {
    let server = server();
    let (mut sleeper, mut caller, mut other) = (server.client(), server.client(), server.client());
    sleeper.send(b"DEBUG SLEEP 0.3\r\n");
    std::thread::sleep(std::time::Duration::from_millis(100));
    caller.send(ENDLESS);
    std::thread::sleep(std::time::Duration::from_millis(20));
    other.send(b"PING\r\n");
    assert_eq!(other.reply().expect("a reply"), BUSY);
    assert_eq!(other.ask("SCRIPT KILL"), "OK");
    assert!(caller.reply().expect("a reply").starts_with("-ERR Script killed by user"));
    assert_eq!(sleeper.reply().expect("a reply"), "OK");
}

#[test]
fn a_script_goes_on_when_its_client_has_gone() {
    let server = server();
    let (mut caller, mut other) = (server.client(), server.client());
    caller.send(b"EVAL 'local n = 0 while n < 30000000 do n = n + 1 end redis.call(\"set\", \"done\", \"1\")' 0\r\n");
    wait_until_busy(&mut other);
    drop(caller);
    wait_until("the script's end", || other.ask("GET done") == "1");
    wait_until("its client to be forgotten", || other.ask("CLIENT LIST").lines().count() == 1);
}

#[test]
fn functions_are_killed_by_their_own_command() {
    let server = server();
    let (mut caller, mut other) = (server.client(), server.client());
    other.send(LIBRARY);
    assert_eq!(other.reply().expect("a reply"), "slow");
    caller.send(b"FCALL endless 0 argument\r\n");
    wait_until_busy(&mut other);
    assert_eq!(other.ask("SCRIPT KILL"), BUSY_FUNCTION);
    assert_eq!(other.ask("CLIENT KILL TYPE normal"), BUSY_FUNCTION);
    let stats = other.ask("FUNCTION STATS");
    assert!(stats.starts_with("running_script name endless command FCALL endless 0 argument duration_ms "), "{stats}");
    assert_eq!(other.ask("FUNCTION KILL"), "OK");
    let killed = caller.reply().expect("a reply");
    assert!(killed.starts_with("-ERR Script killed by user with SCRIPT KILL... script: endless, on @user_function:2."));
    // A library that does not come to its end while it is loaded.
    other.send(b"FUNCTION LOAD \"#!lua name=stuck\\nwhile true do end\"\r\n");
    let timeout = "-ERR Error registering functions: ERR FUNCTION LOAD timeout";
    assert_eq!(other.reply().expect("a reply"), timeout);
}

#[test]
fn a_script_that_has_written_ends_with_the_process_only() {
    let mut server = server();
    let (mut caller, mut other) = (server.client(), server.client());
    other.send(LIBRARY);
    other.reply();
    caller.send(b"FCALL writes 0\r\n");
    wait_until_busy(&mut other);
    assert!(other.ask("FUNCTION KILL").starts_with("-UNKILLABLE Sorry the script already executed write commands"));
    other.send(b"SHUTDOWN NOSAVE\r\n");
    assert_eq!(other.reply(), None);
    assert_eq!(server.exit_code(), 0);
}

#[test]
fn a_signal_waits_for_the_script() {
    let mut server = server();
    let (mut caller, mut other) = (server.client(), server.client());
    caller.send(b"MULTI\r\nEVAL 'while true do end' 0\r\nPING\r\nEXEC\r\n");
    wait_until_busy(&mut other);
    server.signal("TERM");
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert_eq!(other.ask("PING"), BUSY);
    assert_eq!(other.ask("SCRIPT KILL"), "OK");
    assert_eq!(server.exit_code(), 0);
}
