//! DEBUG through an engine: replies as observed on 7.0.15, and what the switches do.

use crate::commands::OwnedArgs;
use crate::config::{Config, ProtectedAction};
use crate::engine::Engine;
use crate::engine::action::Action;
use crate::engine::client::{ClientId, Peer};
use crate::engine::turn::Turn;
use crate::time::Now;

fn at(ms: u64) -> Now {
    Now { unix_us: (1_795_000_000_000 + ms) * 1000, monotonic_us: ms * 1000 }
}

fn engine() -> (Engine, ClientId) {
    let config = Config { enable_debug_command: ProtectedAction::Yes, ..Config::default() };
    let mut engine = Engine::new(config, 7, at(0));
    let client = engine.connect(Peer { loopback: true, ..Peer::default() }, at(0)).expect("admitted");
    (engine, client)
}

fn say(engine: &mut Engine, client: ClientId, line: &str, now: Now) -> String {
    let args: OwnedArgs = line.split(' ').collect();
    String::from_utf8_lossy(&engine.run_command(client, args.as_args(), now)).into_owned()
}

fn expect(lines: &[(&str, &str)]) {
    let (mut engine, client) = engine();
    for (line, reply) in lines {
        assert_eq!(say(&mut engine, client, line, at(1)), *reply, "{line}");
    }
}

const UNKNOWN: &str = "-ERR unknown subcommand or wrong number of arguments for";

#[test]
fn an_unknown_subcommand_and_a_wrong_number_of_arguments_are_one_error() {
    let (mut engine, client) = engine();
    for line in
        ["DEBUG JMAP", "DEBUG DIGEST x", "DEBUG OBJECT", "DEBUG SLEEP", "DEBUG HELP x", "DEBUG POPULATE 1 a 1 1"]
    {
        let name = line.split(' ').nth(1).expect("a subcommand");
        assert_eq!(say(&mut engine, client, line, at(1)), format!("{UNKNOWN} '{name}'. Try DEBUG HELP.\r\n"));
    }
    assert_eq!(say(&mut engine, client, "DEBUG", at(1)), "-ERR wrong number of arguments for 'debug' command\r\n");
}

#[test]
fn digests_are_those_of_the_real_server() {
    expect(&[
        ("DEBUG DIGEST", "+0000000000000000000000000000000000000000\r\n"),
        ("SET a 1", "+OK\r\n"),
        ("SET b hello EX 100", "+OK\r\n"),
        ("DEBUG DIGEST", "+669dc7955c0119edb82e7cfeb40ea4a28f89f902\r\n"),
        (
            "DEBUG DIGEST-VALUE a b nope",
            "*3\r\n+b4fc66738120fba0b5aa500ab5c2bf89cea1c5da\r\n+d037c4eb8a8b36b602fbced4000daeab0714c1e3\r\n\
             +0000000000000000000000000000000000000000\r\n",
        ),
        ("DEBUG DIGEST-VALUE", "*0\r\n"),
    ]);
}

#[test]
fn an_object_is_described_in_one_line() {
    let (mut engine, client) = engine();
    say(&mut engine, client, "SET a 1", at(1));
    say(&mut engine, client, "SET b hello", at(1));
    let line = say(&mut engine, client, "DEBUG OBJECT a", at(5000));
    assert!(line.starts_with("+Value at:0x7f"), "{line}");
    assert!(line.contains(" refcount:2147483647 encoding:int serializedlength:2 lru:"), "{line}");
    assert!(line.ends_with(" lru_seconds_idle:5\r\n"), "{line}");
    let line = say(&mut engine, client, "DEBUG OBJECT b", at(5000));
    assert!(line.contains(" refcount:1 encoding:embstr serializedlength:6 lru:"), "{line}");
    assert_eq!(say(&mut engine, client, "DEBUG OBJECT nope", at(5000)), "-ERR no such key\r\n");
    assert_eq!(say(&mut engine, client, "DEBUG SDSLEN a", at(5000)), "-ERR Not an sds encoded string.\r\n");
}

#[test]
fn populate_makes_what_is_missing_and_leaves_the_rest() {
    expect(&[
        ("SET key:1 mine", "+OK\r\n"),
        ("DEBUG POPULATE 3", "+OK\r\n"),
        ("DBSIZE", ":3\r\n"),
        ("GET key:0", "$7\r\nvalue:0\r\n"),
        ("GET key:1", "$4\r\nmine\r\n"),
        ("DEBUG POPULATE 2 sz 10", "+OK\r\n"),
        ("GET sz:1", "$10\r\nvalue:1\0\0\0\r\n"),
        ("DEBUG POPULATE 2 sq 3", "+OK\r\n"),
        ("GET sq:1", "$3\r\nval\r\n"),
        ("DEBUG POPULATE -1", "-ERR value is out of range, must be positive\r\n"),
        ("DEBUG POPULATE 2 x a", "-ERR value is out of range, must be positive\r\n"),
        ("DBSIZE", ":7\r\n"),
    ]);
}

#[test]
fn every_kind_of_reply_has_a_sample_in_both_protocols() {
    expect(&[
        ("DEBUG PROTOCOL string", "$11\r\nHello World\r\n"),
        ("DEBUG PROTOCOL integer", ":12345\r\n"),
        ("DEBUG PROTOCOL double", "$5\r\n3.141\r\n"),
        ("DEBUG PROTOCOL null", "$-1\r\n"),
        ("DEBUG PROTOCOL array", "*3\r\n:0\r\n:1\r\n:2\r\n"),
        ("DEBUG PROTOCOL set", "*3\r\n:0\r\n:1\r\n:2\r\n"),
        ("DEBUG PROTOCOL map", "*6\r\n:0\r\n:0\r\n:1\r\n:1\r\n:2\r\n:0\r\n"),
        ("DEBUG PROTOCOL attrib", "$39\r\nSome real reply following the attribute\r\n"),
        ("DEBUG PROTOCOL push", "-ERR RESP2 is not supported by this command\r\n"),
        ("DEBUG PROTOCOL verbatim", "$25\r\nThis is a verbatim\nstring\r\n"),
        ("DEBUG PROTOCOL true", ":1\r\n"),
        ("DEBUG PROTOCOL bignum", "$37\r\n1234567999999999999999999999999999999\r\n"),
    ]);
    let (mut engine, client) = engine();
    say(&mut engine, client, "HELLO 3", at(1));
    for (kind, reply) in [
        ("double", ",3.141\r\n"),
        ("null", "_\r\n"),
        ("set", "~3\r\n:0\r\n:1\r\n:2\r\n"),
        ("map", "%3\r\n:0\r\n#f\r\n:1\r\n#t\r\n:2\r\n#f\r\n"),
        (
            "attrib",
            "|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n$39\r\nSome real reply following the attribute\r\n",
        ),
        ("push", ">2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n$40\r\nSome real reply following the push reply\r\n"),
        ("verbatim", "=29\r\ntxt:This is a verbatim\nstring\r\n"),
        ("true", "#t\r\n"),
        ("bignum", "(1234567999999999999999999999999999999\r\n"),
    ] {
        assert_eq!(say(&mut engine, client, &format!("DEBUG PROTOCOL {kind}"), at(1)), reply, "{kind}");
    }
}

#[test]
fn switches_take_what_the_real_server_takes() {
    const RANGE: &str = "-ERR argument must be a memory value bigger than 1 and smaller than 4gb\r\n";
    expect(&[
        ("DEBUG QUICKLIST-PACKED-THRESHOLD 100b", "+OK\r\n"),
        ("DEBUG QUICKLIST-PACKED-THRESHOLD 4293918720", "+OK\r\n"),
        ("DEBUG QUICKLIST-PACKED-THRESHOLD 4293918721", RANGE),
        ("DEBUG QUICKLIST-PACKED-THRESHOLD -1", RANGE),
        ("DEBUG QUICKLIST-PACKED-THRESHOLD 0", "+OK\r\n"),
        ("DEBUG REPLYBUFFER PEAK-RESET-TIME never", "+OK\r\n"),
        ("DEBUG REPLYBUFFER PEAK-RESET-TIME abc", "-ERR value is not an integer or out of range\r\n"),
        ("DEBUG REPLYBUFFER RESIZING off", "+OK\r\n"),
        ("DEBUG SET-DISABLE-DENY-SCRIPTS foo", "+OK\r\n"),
        ("DEBUG HTSTATS 16", "-ERR Out of range database\r\n"),
        ("DEBUG HTSTATS a", "-ERR value is not an integer or out of range\r\n"),
        ("DEBUG HTSTATS-KEY nope", "-ERR no such key\r\n"),
        ("DEBUG CONFIG-REWRITE-FORCE-ALL", "-ERR CONFIG-REWRITE-FORCE-ALL failed: Bad address\r\n"),
        ("DEBUG ERROR foo", "-foo\r\n"),
        ("DEBUG CLIENT-EVICTION", "-ERR maxmemory-clients is disabled.\r\n"),
        ("DEBUG RELOAD FOO", "-ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.\r\n"),
    ]);
}

#[test]
fn a_sleeping_server_neither_runs_nor_answers() {
    let (mut engine, client) = engine();
    let other = engine.connect(Peer { loopback: true, ..Peer::default() }, at(0)).expect("admitted");
    let send = |engine: &mut Engine, client, line: &[u8], now| {
        engine.query_buffer(client).extend(line);
        engine.handle_readable(client, now);
    };
    let writable = |engine: &mut Engine, now| -> Vec<(ClientId, Vec<u8>)> {
        let Turn::Clean(permit) = engine.end_turn(now) else { panic!("nothing is journalled") };
        let mut out = Vec::new();
        while let Some(id) = engine.next_writable(&permit) {
            let bytes = engine.output(id, &permit).to_vec();
            engine.sent(id, bytes.len(), now);
            out.push((id, bytes));
        }
        out
    };
    send(&mut engine, client, b"DEBUG SLEEP 0.5\r\nPING\r\n", at(10));
    assert_eq!(writable(&mut engine, at(10)), []);
    send(&mut engine, other, b"PING\r\n", at(20));
    engine.handle_timeout(at(300));
    assert_eq!(writable(&mut engine, at(300)), []);
    assert_eq!(engine.next_timeout(), Some(510_000), "nothing is due before the end");
    engine.handle_timeout(at(510));
    let mut answers = writable(&mut engine, at(510));
    answers.sort();
    assert_eq!(answers, [(client, b"+OK\r\n+PONG\r\n".to_vec()), (other, b"+PONG\r\n".to_vec())]);
}

#[test]
fn nothing_expires_by_itself_while_that_is_switched_off() {
    for switch in ["DEBUG SET-ACTIVE-EXPIRE 0", "DEBUG PAUSE-CRON 1"] {
        let (mut engine, client) = engine();
        say(&mut engine, client, switch, at(1));
        say(&mut engine, client, "SET k v PX 5", at(1));
        engine.handle_timeout(at(1000));
        assert_eq!(say(&mut engine, client, "DBSIZE", at(1000)), ":1\r\n", "{switch}");
        assert_eq!(say(&mut engine, client, "MEMORY USAGE k", at(1000)).as_bytes()[0], b':', "no deletion by looking");
        say(
            &mut engine,
            client,
            &switch.replace("PAUSE-CRON 1", "PAUSE-CRON 0").replace("EXPIRE 0", "EXPIRE 1"),
            at(1000),
        );
        engine.handle_timeout(at(2000));
        assert_eq!(say(&mut engine, client, "DBSIZE", at(2000)), ":0\r\n", "{switch}");
    }
}

#[test]
fn log_and_crash_are_asked_of_the_driver() {
    let (mut engine, client) = engine();
    say(&mut engine, client, "DEBUG LOG hello", at(1));
    let logged = std::iter::from_fn(|| engine.poll_action())
        .any(|action| matches!(action, Action::Log(_, text) if text == "DEBUG LOG: hello"));
    assert!(logged);
    assert_eq!(say(&mut engine, client, "DEBUG SEGFAULT", at(1)), "");
    assert!(std::iter::from_fn(|| engine.poll_action()).any(|action| action == Action::Abort));
}

#[test]
fn numbers_are_read_as_c_reads_them() {
    for (text, value) in [("1", 1), (" 12x", 12), ("-3", -3), ("+4", 4), ("", 0), ("x1", 0), ("--1", 0)] {
        assert_eq!(super::leading_integer(text.as_bytes()), value, "{text}");
    }
    for (text, value) in [("0.5", 0.5), ("0.1abc", 0.1), (" 1e2x", 100.0), ("abc", 0.0), ("", 0.0), ("-1", -1.0)] {
        assert_eq!(super::leading_double(text.as_bytes()), value, "{text}");
    }
}
