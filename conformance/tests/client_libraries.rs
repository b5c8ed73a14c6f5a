//! Client libraries as their users install them: ioredis, node-redis, redis-py, and the `redis` crate, a session each.
//!
//! The sessions lie in `conformance/clients`. Each prints what it got, first from the real server, then from ours, and the two
//! have to be the same. Libraries are installed by name into the target directory; without Node or Python, without the
//! registry, or without the real server, a test says why it does nothing.

use etalon_conformance::launch::{self, Server};
use redis::streams::{StreamReadOptions, StreamReadReply};
use redis::{Commands, ConnectionLike};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// The target directory of this build.
fn target() -> PathBuf {
    let here = std::env::current_exe().expect("a test has a program");
    // target/<profile>/deps/client_libraries-…
    here.ancestors().nth(3).expect("it lies in target/<profile>/deps").to_path_buf()
}

/// The real server and ours, or none, with the reason printed.
fn servers() -> Option<[Server; 2]> {
    let oracle = launch::oracle().map_err(|reason| println!("skipped: {reason}")).ok()?;
    let ours = launch::built_server().map_err(|reason| println!("skipped: {reason}")).ok()?;
    Some([oracle, ours].map(|command| Server::open(&command, &[]).expect("the server starts")))
}

/// The first of the programs that exists.
fn program(names: &[&str]) -> Option<PathBuf> {
    let found = names.iter().find_map(|name| launch::on_path(name));
    if found.is_none() {
        println!("skipped: no {} is on the PATH", names.join(" or "));
    }
    found
}

/// Installs something once. Whether it is there; if not, the reason is printed.
fn installed(marker: &Path, install: &mut Command) -> bool {
    if marker.exists() {
        return true;
    }
    match install.output() {
        Ok(output) if output.status.success() && marker.exists() => true,
        Ok(output) => {
            println!("skipped: not installed: {}", String::from_utf8_lossy(&output.stderr).trim());
            false
        }
        Err(error) => {
            println!("skipped: not installed: {error}");
            false
        }
    }
}

/// Plays a session on both servers; the real one judges that it is sound.
fn same_on_both(session: impl Fn(u16) -> Output) {
    let Some([oracle, ours]) = servers() else { return };
    let said = [&oracle, &ours].map(|server| {
        let output = session(server.addr().port());
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        text
    });
    assert!(said[0].lines().count() > 15, "{}", said[0]);
    for (recorded, got) in said[0].lines().zip(said[1].lines()) {
        assert_eq!(recorded, got);
    }
    assert_eq!(said[0], said[1]);
}

fn session_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(name)
}

fn node_session(library: &str, name: &str) {
    let Some(node) = program(&["node"]) else { return };
    let Some(npm) = program(&["npm"]) else { return };
    let folder = target().join("client-libraries").join(library);
    std::fs::create_dir_all(&folder).expect("the target directory can be written");
    let mut install = Command::new(npm);
    install.args(["install", "--no-audit", "--no-fund", "--silent", "--prefix"]).arg(&folder).arg(library);
    if !installed(&folder.join("node_modules").join(library), &mut install) {
        return;
    }
    // Beside its modules, where Node looks for them.
    let session = folder.join(name);
    std::fs::copy(session_file(name), &session).expect("the target directory can be written");
    same_on_both(|port| Command::new(&node).arg(&session).arg(port.to_string()).output().expect("node runs"));
}

#[test]
fn ioredis_has_the_same_session() {
    node_session("ioredis", "ioredis.mjs");
}

#[test]
fn node_redis_has_the_same_session() {
    node_session("redis", "node_redis.mjs");
}

#[test]
fn redis_py_has_the_same_session() {
    let Some(python) = program(&["python3", "python"]) else { return };
    let folder = target().join("client-libraries").join("python");
    let mut install = Command::new(&python);
    install
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"])
        .arg(&folder)
        .arg("redis");
    if !installed(&folder.join("redis"), &mut install) {
        return;
    }
    same_on_both(|port| {
        let mut run = Command::new(&python);
        run.env("PYTHONPATH", &folder).arg(session_file("redis_py.py"));
        run.arg(port.to_string()).output().expect("python runs")
    });
}

#[test]
fn the_redis_crate_has_the_same_session() {
    let Some(servers) = servers() else { return };
    for protocol in ["", "?protocol=resp3"] {
        let said = [&servers[0], &servers[1]].map(|server| {
            let client = redis::Client::open(format!("redis://{}/{protocol}", server.addr())).expect("a valid address");
            crate_session(&client).expect("the session goes through")
        });
        assert!(said[0].len() > 10);
        assert_eq!(said[0], said[1], "{protocol}");
    }
}

/// What the crate got, a line a step.
fn crate_session(client: &redis::Client) -> redis::RedisResult<Vec<String>> {
    let mut said = Vec::new();
    let mut c = client.get_connection()?;
    let () = redis::cmd("FLUSHALL").query(&mut c)?;
    let piped: (String, i64, Vec<Option<String>>) =
        redis::pipe().set("k", "v").ignore().get("k").incr("n", 5).mget(&["k", "missing"]).query(&mut c)?;
    said.push(format!("pipeline {piped:?}"));
    let done: (i64, i64) = redis::pipe().atomic().incr("t", 1).incr("t", 1).query(&mut c)?;
    said.push(format!("multi {done:?}"));
    let mut tries = 0;
    let watched: (i64,) = redis::transaction(&mut c, &["t"], |c, pipe| {
        tries += 1;
        if tries == 1 {
            let () = client.get_connection()?.set("t", 7)?;
        }
        let now: i64 = c.get("t")?;
        pipe.set("t", now + 1).ignore().get("t").query(c)
    })?;
    said.push(format!("watch {watched:?} in {tries}"));
    said.push(format!("error {:?}", c.lpush::<_, _, i64>("k", "x").map_err(|error| error.to_string())));

    let mut listening = client.get_connection()?;
    let mut listener = listening.as_pubsub();
    listener.set_read_timeout(Some(Duration::from_secs(5)))?;
    listener.subscribe("news")?;
    listener.psubscribe("n*")?;
    said.push(format!("publish {:?}", c.publish::<_, _, i64>("news", "hello")?));
    for _ in 0..2 {
        let message = listener.get_message()?;
        said.push(format!("heard {} {}", message.get_channel_name(), message.get_payload::<String>()?));
    }

    let ids: Vec<String> = vec![c.xadd("s", "1-1", &[("f", "v")])?, c.xadd("s", "1-2", &[("f", "w")])?];
    let () = c.xgroup_create("s", "group", "0")?;
    let options = StreamReadOptions::default().group("group", "me").count(1);
    let read: StreamReadReply = c.xread_options(&["s"], &[">"], &options)?;
    let entries: Vec<String> = read.keys.iter().flat_map(|key| key.ids.iter().map(|id| id.id.clone())).collect();
    said.push(format!("streams {ids:?} {entries:?} {}", c.xack::<_, _, _, i64>("s", "group", &["1-1"])?));

    let mut waiting = client.get_connection()?;
    let waiter = std::thread::spawn(move || waiting.blpop::<_, Option<(String, String)>>("queue", 5.0));
    std::thread::sleep(Duration::from_millis(50));
    said.push(format!("rpush {}", c.rpush::<_, _, i64>("queue", &["first", "second"])?));
    said.push(format!("blpop {:?}", waiter.join().expect("the thread ends")?));
    said.push(format!("blpop {:?}", c.blpop::<_, Option<(String, String)>>("nothing", 0.01)?));
    said.push(format!("open {}", c.check_connection()));
    Ok(said)
}
