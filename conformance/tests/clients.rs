//! Real clients against the real server program: redis-cli, redis-benchmark, the `redis` crate.
//!
//! The program is named by `ETALON_SERVER`, or is what was built beside this test. Without one, or without the
//! clients on the PATH, a test says why it does nothing.

use etalon_conformance::launch::{self, Server};
use redis::Commands;
use std::process::{Command, Output};

/// The server program, or none, with the reason printed.
fn program() -> Option<String> {
    launch::built_server().map_err(|reason| println!("skipped: {reason}")).ok()
}

fn server() -> Option<Server> {
    let program = program()?;
    Some(Server::open(&program, &[]).expect("etalon-server starts"))
}

fn client(name: &str, server: &Server, arguments: &[&str]) -> Option<Output> {
    let Some(path) = launch::on_path(name) else {
        println!("skipped: no {name} is on the PATH");
        return None;
    };
    let port = server.addr().port().to_string();
    let output = Command::new(path).args(["-h", "127.0.0.1", "-p", &port]).args(arguments).output();
    Some(output.expect("the client runs"))
}

fn cli(server: &Server, arguments: &[&str]) -> Option<String> {
    let output = client("redis-cli", server, arguments)?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn redis_cli_converses() {
    let Some(server) = server() else { return };
    for (arguments, expected) in [
        (&["SET", "k", "v"][..], "OK\n"),
        (&["GET", "k"], "v\n"),
        (&["INCRBYFLOAT", "f", "0.1"], "0.1\n"),
        (&["--no-raw", "GET", "missing"], "(nil)\n"),
        (&["-3", "--no-raw", "CONFIG", "GET", "databases"], "1# \"databases\" => \"16\"\n"),
        (&["-3", "--no-raw", "GET", "missing"], "(nil)\n"),
        (&["NOSUCH"], "ERR unknown command 'NOSUCH', with args beginning with: \n\n"),
        (&["-n", "3", "DBSIZE"], "0\n"),
    ] {
        let Some(said) = cli(&server, arguments) else { return };
        assert_eq!(said, expected, "{arguments:?}");
    }
    let said = cli(&server, &["--scan", "--pattern", "k*"]).expect("it ran before");
    assert_eq!(said, "k\n");
    let said = cli(&server, &["-r", "3", "INCR", "n"]).expect("it ran before");
    assert_eq!(said, "1\n2\n3\n");
}

#[test]
fn redis_benchmark_completes() {
    let Some(server) = server() else { return };
    for pipeline in ["1", "16"] {
        let arguments = ["-t", "ping,set,get,incr,mset", "-n", "5000", "-r", "1000", "-P", pipeline, "--csv"];
        let Some(output) = client("redis-benchmark", &server, &arguments) else { return };
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        for test in ["PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "MSET (10 keys)"] {
            let line = said.lines().find(|line| line.starts_with(&format!("\"{test}\"")));
            let line = line.unwrap_or_else(|| panic!("{test} is missing:\n{said}"));
            let per_second: f64 = line.split(',').nth(1).and_then(|n| n.trim_matches('"').parse().ok()).unwrap_or(0.0);
            assert!(per_second > 0.0, "{line}");
        }
        let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!complaints.contains("Error"), "{complaints}");
    }
}

#[test]
fn the_redis_crate_works() {
    let Some(server) = server() else { return };
    for protocol in ["", "?protocol=resp3"] {
        let client = redis::Client::open(format!("redis://{}/{protocol}", server.addr())).expect("a valid address");
        let mut connection = client.get_connection().expect("the server accepts");
        let () = connection.set("k", "v").expect("SET");
        let () = connection.set_ex("t", 5, 1000).expect("SETEX");
        assert_eq!(connection.get::<_, String>("k").expect("GET"), "v");
        assert_eq!(connection.get::<_, Option<String>>("missing").expect("GET"), None);
        let () = connection.del("n").expect("DEL");
        assert_eq!(connection.incr::<_, _, i64>("n", 5).expect("INCRBY"), 5);
        assert!(connection.ttl::<_, i64>("t").expect("TTL") > 990);
        assert_eq!(connection.mget::<_, Vec<Option<String>>>(&["k", "missing"]).expect("MGET").len(), 2);
        let (one, two): (String, i64) =
            redis::pipe().cmd("GET").arg("k").cmd("STRLEN").arg("k").query(&mut connection).expect("a pipeline");
        assert_eq!((one.as_str(), two), ("v", 1));
        let keys: Vec<String> = connection.scan::<String>().expect("SCAN").collect();
        assert_eq!(keys.len(), 3);
        let error = redis::cmd("NOSUCH").query::<()>(&mut connection).expect_err("it does not exist");
        assert!(error.to_string().contains("unknown command"), "{error}");
        let info: redis::InfoDict = redis::cmd("INFO").query(&mut connection).expect("INFO");
        assert_eq!(info.get::<String>("redis_version").as_deref(), Some("7.0.15"));
    }
}
