//! Copies of the data set: `redis-cli --rdb`, and a real replica that follows ours while it is written to.

use etalon_conformance::launch::{self, Server};
use redis::Connection;
use std::process::Command;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// How the real server and ours are started. `None`: one of them is missing, the reason is printed.
fn programs() -> Option<[String; 2]> {
    let found = [launch::oracle(), launch::built_server()];
    let [oracle, ours] = found.map(|found| found.map_err(|reason| println!("skipped: {reason}")).ok());
    Some([oracle?, ours?])
}

fn connect(server: &Server) -> Connection {
    let client = redis::Client::open(format!("redis://{}/", server.addr())).expect("a valid address");
    client.get_connection().expect("the server accepts")
}

fn ask(connection: &mut Connection, line: &str) -> String {
    let mut words = line.split(' ');
    let mut command = redis::cmd(words.next().expect("a name"));
    words.for_each(|word| _ = command.arg(word));
    redis::from_redis_value(&command.query::<redis::Value>(connection).expect("a reply")).expect("text")
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Some values of every type.
fn fill(connection: &mut Connection) {
    let mut pipe = redis::pipe();
    for at in 0..3000 {
        pipe.set(format!("text{at}"), at)
            .zadd("scores", at, at)
            .hset("hash", at, "v")
            .sadd("set", at)
            .rpush("list", at);
        pipe.cmd("XADD").arg("stream").arg("*").arg("f").arg(at);
    }
    let () = pipe.ignore().query(connection).expect("the data is written");
}

#[test]
fn redis_cli_takes_a_copy_that_the_real_server_loads() {
    let Some([oracle, ours]) = programs() else { return };
    let Some(cli) = launch::on_path("redis-cli") else { return println!("skipped: no redis-cli is on the PATH") };
    let server = Server::open(&ours, &[]).expect("the server starts");
    let mut connection = connect(&server);
    fill(&mut connection);
    let digest = ask(&mut connection, "DEBUG DIGEST");
    let folder = std::env::temp_dir().join(format!("etalon-copy-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let port = server.addr().port().to_string();
    let output = Command::new(cli).args(["-p", &port, "--rdb"]).arg(folder.join("copy.rdb")).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("Transfer finished with success"), "{said}");
    wait_until("the connection to be closed", || {
        ask(&mut connection, "INFO replication").contains("connected_slaves:0")
    });
    // The data set is in the file alone.
    let path = folder.to_string_lossy().into_owned();
    let reader = Server::open(&oracle, &["--dbfilename", "copy.rdb", "--dir", &path]).expect("it loads the copy");
    assert_eq!(ask(&mut connect(&reader), "DEBUG DIGEST"), digest);
    std::fs::remove_dir_all(folder).expect("removed");
}

#[test]
fn a_real_replica_follows_writes_before_during_and_after_the_copy() {
    let Some([oracle, ours]) = programs() else { return };
    let primary = Server::open(&ours, &[]).expect("the server starts");
    let mut connection = connect(&primary);
    fill(&mut connection);
    let replica = Server::open(&oracle, &[]).expect("the server starts");
    let mut follower = connect(&replica);
    ask(&mut follower, &format!("REPLICAOF 127.0.0.1 {}", primary.addr().port()));
    let started = Instant::now();
    let mut writes = 0;
    let is_up = |follower: &mut Connection| ask(follower, "INFO replication").contains("master_link_status:up");
    while !is_up(&mut follower) || writes < 500 {
        assert!(started.elapsed() < PATIENCE, "the replica does not follow");
        for line in ["SELECT 3", "INCR counter", "SELECT 0", "SPOP set", "XADD stream * late 1", "PUBLISH channel text"]
        {
            ask(&mut connection, line);
        }
        ask(&mut connection, &format!("SET late{} 1", writes % 50));
        writes += 1;
    }
    let () =
        redis::pipe().atomic().cmd("SET").arg("a").arg(1).cmd("DEL").arg("late1").query(&mut connection).expect("EXEC");
    let () = redis::cmd("EVAL")
        .arg("redis.call('SET', 'b', 1) redis.call('INCR', 'b')")
        .arg(0)
        .query(&mut connection)
        .expect("EVAL");
    let info = ask(&mut connection, "INFO replication");
    assert!(info.contains("connected_slaves:1") && info.contains("state=online"), "{info}");
    wait_until("equal data", || ask(&mut connection, "DEBUG DIGEST") == ask(&mut follower, "DEBUG DIGEST"));
    // Once more from the beginning.
    assert_eq!(ask(&mut connection, "CLIENT KILL TYPE replica"), "1");
    ask(&mut connection, "FLUSHALL");
    ask(&mut connection, "SET only 1");
    wait_until("a new copy", || {
        is_up(&mut follower) && ask(&mut connection, "DEBUG DIGEST") == ask(&mut follower, "DEBUG DIGEST")
    });
}
