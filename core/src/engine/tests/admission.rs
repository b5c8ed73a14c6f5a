//! What is refused, with which words, in which order, and how it is counted.

use super::*;

fn protected() -> Config {
    Config { requirepass: Some(b"secret".to_vec()), ..Config::default() }
}

#[test]
fn an_unknown_command_is_quoted_up_to_128_bytes_and_a_nul() {
    let mut world = World::new();
    let id = world.connect();
    let cases: &[(&str, &str)] = &[
        ("FoO a b\r\n", r"FoO\', with args beginning with: \'a\' \'b\' "),
        ("*2\r\n$3\r\na\0b\r\n$4\r\nc\r\nd\r\n", r"a\', with args beginning with: \'c  d\' "),
        ("*1\r\n$0\r\n\r\n", r"\', with args beginning with: "),
    ];
    for (request, expected) in cases {
        assert_eq!(world.ask(id, request), format!(r"-ERR unknown command \'{expected}\r\n"));
    }
    let (x, y) = ("x".repeat(200), "y".repeat(124));
    let expected = format!(r"-ERR unknown command \'{}\', with args beginning with: \'{y}\' \'z\' \r\n", &x[..128]);
    assert_eq!(world.ask(id, &format!("{x} {y} zzz w\r\n")), expected);
}

#[test]
fn subcommands_have_errors_of_their_own() {
    let mut world = World::new();
    let id = world.connect();
    let arity = |name: &str| format!(r"-ERR wrong number of arguments for \'{name}\' command\r\n");
    assert_eq!(world.ask(id, "client\r\n"), arity("client"));
    assert_eq!(world.ask(id, "client id x\r\n"), arity("client|id"));
    assert_eq!(world.ask(id, "cLient nope\r\n"), r"-ERR unknown subcommand \'nope\'. Try CLIENT HELP.\r\n");
}

#[test]
fn refusals_come_in_the_order_of_redis() {
    let config = Config { enable_debug_command: ProtectedAction::No, ..protected() };
    let mut world = World::with(config);
    world.engine.config.enable_debug_command = ProtectedAction::No;
    let id = world.connect();
    assert!(world.ask(id, "NOSUCH\r\n").starts_with("-ERR unknown command"));
    assert!(world.ask(id, "GET\r\n").starts_with("-ERR wrong number"));
    assert!(world.ask(id, "DEBUG SLEEP 0\r\n").starts_with("-ERR DEBUG command not allowed."));
    assert_eq!(world.ask(id, "GET k\r\n"), r"-NOAUTH Authentication required.\r\n");
}

#[test]
fn refusals_are_counted_as_rejected_and_errors_as_failed() {
    let mut world = World::new();
    let id = world.connect();
    world.ask(id, "GET\r\nGET k\r\nNOSUCH\r\nSELECT 99\r\n");
    let mut of = |name: &[u8]| {
        let command = world.engine.commands().find(name).expect("a known command");
        let stats = world.engine.stats.command(command);
        (stats.calls, stats.rejected, stats.failed)
    };
    assert_eq!((of(b"get"), of(b"select")), ((1, 1, 0), (1, 0, 1)));
    assert_eq!(world.engine.stats().error_replies, 3);
    assert_eq!(world.engine.stats().errors.get(b"ERR".as_slice()), Some(&3));
}

#[test]
fn a_password_set_later_spares_those_who_are_in() {
    let mut world = World::new();
    let old = world.connect();
    world.engine.config.requirepass = Some(b"secret".to_vec());
    let new = world.connect();
    assert_eq!(world.ask(old, "PING\r\n"), r"+PONG\r\n");
    assert_eq!(world.ask(new, "PING\r\n"), r"-NOAUTH Authentication required.\r\n");
    assert_eq!(world.ask(old, "RESET\r\nPING\r\n"), r"+RESET\r\n-NOAUTH Authentication required.\r\n");
    world.engine.config.requirepass = None;
    assert_eq!(world.ask(new, "PING\r\n"), r"+PONG\r\n", "without a password everybody is let in");
    assert!(world.ask(new, "HELLO\r\n").starts_with("-NOAUTH HELLO must be"), "but HELLO still asks");
}

#[test]
fn auth_takes_the_password_of_the_default_user_only() {
    let mut world = World::with(protected());
    let id = world.connect();
    let wrong = r"-WRONGPASS invalid username-password pair or user is disabled.\r\n";
    assert_eq!(world.ask(id, "AUTH nope\r\n"), wrong);
    assert_eq!(world.ask(id, "AUTH someone secret\r\n"), wrong);
    assert_eq!(world.ask(id, "AUTH default secret\r\n"), r"+OK\r\n");
    assert_eq!(
        world.ask(id, "AUTH nope\r\nPING\r\n"),
        format!(r"{wrong}+PONG\r\n"),
        "a failed AUTH takes nothing away"
    );
    assert_eq!(world.ask(id, "AUTH a b c\r\n"), r"-ERR syntax error\r\n");
}

#[test]
fn a_failed_hello_leaves_the_protocol_alone() {
    let mut world = World::with(protected());
    let id = world.connect();
    for request in ["HELLO 3\r\n", "HELLO 4\r\n", "HELLO 3 AUTH default nope\r\n", "HELLO 3 AUTH default secret X\r\n"]
    {
        assert!(world.ask(id, request).starts_with('-'), "{request}");
        assert_eq!(world.engine.clients().get(id).expect("connected").reply.protocol().number(), 2, "{request}");
    }
    assert_eq!(world.ask(id, "PING\r\n"), r"+PONG\r\n", "the last one authenticated before it failed");
    assert!(world.ask(id, "HELLO 3\r\n").starts_with("%7"));
}

#[test]
fn large_requests_need_authentication() {
    let answer = |request: &str| {
        let mut world = World::with(protected());
        let id = world.connect();
        world.ask(id, request)
    };
    assert_eq!(answer("*11\r\n"), r"-ERR Protocol error: unauthenticated multibulk length\r\n");
    assert_eq!(answer("*10\r\n"), "");
    assert_eq!(answer("*1\r\n$16385\r\n"), r"-ERR Protocol error: unauthenticated bulk length\r\n");
    assert_eq!(answer("*1\r\n$16384\r\n"), "");
    assert_eq!(answer("AUTH secret\r\n*11\r\n"), r"+OK\r\n");
}

#[test]
fn memory_over_the_limit_refuses_what_may_need_more() {
    let mut world = World::new();
    let id = world.connect();
    world.ask(id, "SET k v\r\n");
    world.engine.config.maxmemory = 1;
    let refused = r"-OOM command not allowed when used memory > \'maxmemory\'.\r\n";
    assert_eq!(world.ask(id, "SET k w\r\nGET k\r\nDEL k\r\n"), format!(r"{refused}$1\r\nv\r\n:1\r\n"));
}

#[test]
fn strangers_are_kept_out_by_protected_mode_and_maxclients() {
    let mut world = World::new();
    let far = Peer { address: "10.0.0.1:9".into(), ..Peer::default() };
    let refused = world.engine.connect(far.clone(), world.now).expect_err("protected mode");
    assert!(refused.reply.starts_with(b"-DENIED Redis is running in protected mode"));
    world.engine.config.requirepass = Some(b"secret".to_vec());
    let first = world.engine.connect(far, world.now).expect("a password is protection enough");
    assert_eq!(first.id, 4, "the refused one has had its number");
    world.engine.config.maxclients = 1;
    let local = Peer { loopback: true, ..Peer::default() };
    let refused = world.engine.connect(local, world.now).expect_err("one is the limit");
    assert_eq!(refused.reply, b"-ERR max number of clients reached\r\n");
    assert_eq!((world.engine.stats().connections_received, world.engine.stats().connections_rejected), (1, 2));
}
