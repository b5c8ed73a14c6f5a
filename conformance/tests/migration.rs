//! MIGRATE between the real server and ours, each as source and as target: the same replies, and the whole data set arrives.

use etalon_conformance::launch::{self, Server};
use redis::{Commands, Connection};

/// How the real server and ours are started. `None`: one of them is missing, the reason is printed.
fn programs() -> Option<[String; 2]> {
    let oracle = launch::oracle().map_err(|reason| println!("skipped: {reason}")).ok()?;
    let ours = launch::built_server().map_err(|reason| println!("skipped: {reason}")).ok()?;
    Some([oracle, ours])
}

/// A server with a connection to it.
struct Node {
    server: Server,
    connection: Connection,
}

impl Node {
    fn start(program: &str, password: &str) -> Node {
        let more: &[&str] = if password.is_empty() { &[] } else { &["--requirepass", password] };
        let server = Server::open(program, more).expect("the server starts");
        let client = redis::Client::open(format!("redis://:{password}@{}/", server.addr())).expect("a valid address");
        Node { connection: client.get_connection().expect("the server accepts"), server }
    }

    /// A reply in a readable form.
    fn ask(&mut self, words: &[&str]) -> String {
        let mut command = redis::cmd(words[0]);
        words[1..].iter().for_each(|word| _ = command.arg(word));
        match command.query::<redis::Value>(&mut self.connection) {
            Ok(value) => format!("{value:?}"),
            Err(error) => error.to_string(),
        }
    }

    fn migrate(&mut self, to: &Node, words: &[&str]) -> String {
        let port = to.server.addr().port().to_string();
        self.ask(&[&["MIGRATE", "127.0.0.1", &port], words].concat())
    }

    /// Values of every type, small and large.
    fn fill(&mut self) -> Vec<String> {
        let mut pipe = redis::pipe();
        for line in [
            "SET text v",
            "SET number 12345",
            "RPUSH list a b c 1",
            "HSET hash f v g w",
            "SADD numbers 1 2 3",
            "SADD set a b c",
            "ZADD sorted 1 a 2.5 b",
            "XADD stream 1-1 f v",
            "PFADD log a b c",
            "SET expiring v PX 100000",
            "SETRANGE large 100000 x",
            "XGROUP CREATE stream group 0",
            "XREADGROUP GROUP group me COUNT 5 STREAMS stream >",
        ] {
            let mut words = line.split(' ');
            let command = pipe.cmd(words.next().expect("a name"));
            words.for_each(|word| _ = command.arg(word));
        }
        for at in 0..600 {
            pipe.hset("hashtable", at, "v".repeat(20)).zadd("skiplist", format!("m{at}"), at).rpush("nodes", at);
        }
        let () = pipe.ignore().query(&mut self.connection).expect("the data is written");
        let mut keys: Vec<String> = self.connection.keys("*").expect("KEYS");
        keys.sort();
        keys
    }
}

/// A session between two servers: what was answered.
fn session(from: &str, to: &str) -> Vec<String> {
    let (mut from, mut to) = (Node::start(from, ""), Node::start(to, "secret"));
    let keys = from.fill();
    let digest = from.ask(&["DEBUG", "DIGEST"]);
    assert!(digest.contains("tring") && digest.len() > 40, "{digest}");
    let mut said = vec![
        from.migrate(&to, &["text", "0", "500"]),
        from.migrate(&to, &["text", "0", "500", "AUTH", "wrong"]),
        from.migrate(&to, &["text", "0", "500", "COPY", "AUTH", "secret"]),
        from.ask(&["EXISTS", "text"]),
        // One is there already, the others go.
        from.migrate(&to, &["", "0", "500", "AUTH2", "default", "secret", "KEYS", "text", "number", "list"]),
        from.ask(&["EXISTS", "text", "number", "list"]),
        from.migrate(&to, &["nothing", "0", "500", "AUTH", "secret"]),
    ];
    let rest: Vec<&str> = keys.iter().map(String::as_str).collect();
    said.push(from.migrate(&to, &[&["", "0", "5000", "REPLACE", "AUTH", "secret", "KEYS"], &rest[..]].concat()));
    said.push(from.ask(&["DBSIZE"]));
    assert_eq!(to.ask(&["DEBUG", "DIGEST"]), digest, "{said:?}");
    // The link is kept: broken at the other end, it is made anew. Another database is selected on it, inside of a transaction.
    said.push(to.ask(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]));
    from.ask(&["SET", "late", "1"]);
    said.push(from.ask(&["MULTI"]));
    said.push(from.migrate(&to, &["late", "3", "500", "AUTH", "secret"]));
    said.push(from.ask(&["EXISTS", "late"]));
    said.push(from.ask(&["EXEC"]));
    to.ask(&["SELECT", "3"]);
    said.push(to.ask(&["GET", "late"]));
    said.push(from.ask(&["SET", "lost", "1"]));
    said.push(from.migrate(&to, &["lost", "99", "500", "AUTH", "secret"]));
    drop(to.server);
    said.push(from.ask(&["EXISTS", "lost"]));
    said
}

#[test]
fn keys_go_from_each_server_to_each_with_the_same_replies() {
    let Some([oracle, ours]) = programs() else { return };
    let recorded = session(&oracle, &oracle);
    assert!(recorded.iter().any(|reply| reply.contains("BUSYKEY")), "{recorded:?}");
    for (from, to) in [(&oracle, &ours), (&ours, &oracle), (&ours, &ours)] {
        assert_eq!(session(from, to), recorded, "from {from} to {to}");
    }
}
