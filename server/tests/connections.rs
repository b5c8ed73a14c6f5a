//! Connections: limits, changes of the listening sockets at run time, slow readers, bad input, many clients.

mod harness;

use harness::{Client, Folder, Server, connect, free_port, wait_until};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

#[test]
fn the_port_changes_at_run_time_and_clients_stay() {
    let server = Server::start(&[]);
    let mut client = server.client();
    let other = free_port();
    assert_eq!(client.ask(&format!("CONFIG SET port {other}")), "OK");
    assert_eq!(client.ask("SET a b"), "OK");
    assert_eq!(connect(other).ask("GET a"), "b");
    assert!(TcpStream::connect(("127.0.0.1", server.port)).is_err(), "the old port is closed");
    let taken = Server::start(&[]);
    assert_eq!(
        client.ask(&format!("CONFIG SET port {}", taken.port)),
        "-ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs."
    );
    assert_eq!(client.ask("CONFIG GET port"), format!("port {other}"));
    assert_eq!(connect(other).ask("GET a"), "b");
}

#[test]
fn the_addresses_change_at_run_time_and_a_failure_restores_them() {
    let server = Server::start(&[]);
    let mut client = server.client();
    assert_eq!(client.ask("CONFIG SET bind \"127.0.0.1 127.0.0.2\""), "OK");
    let mut second = TcpStream::connect(("127.0.0.2", server.port)).expect("the second address");
    second.write_all(b"SET a b\r\n").expect("sent");
    let mut reply = [0; 5];
    second.read_exact(&mut reply).expect("a reply");
    assert_eq!(&reply, b"+OK\r\n");
    assert_eq!(client.ask("CONFIG SET bind 127.0.0.2"), "OK");
    assert!(TcpStream::connect(("127.0.0.1", server.port)).is_err());
    let failure = client.ask("CONFIG SET bind 192.0.2.1");
    assert!(failure.ends_with("Failed to bind to specified addresses."), "{failure}");
    assert_eq!(client.ask("CONFIG GET bind"), "bind 127.0.0.2");
    assert!(TcpStream::connect(("127.0.0.2", server.port)).is_ok());
}

#[test]
fn one_client_too_many_is_told_so_and_closed() {
    let server = Server::start(&["--maxclients", "2"]);
    let (mut first, mut second) = (server.client(), server.client());
    assert_eq!(first.ask("SET a b"), "OK");
    assert_eq!(second.ask("SET a b"), "OK");
    let mut third = server.client();
    assert_eq!(third.reply().as_deref(), Some("-ERR max number of clients reached"));
    assert_eq!(third.reply(), None);
    drop(second);
    wait_until("a place", || {
        let mut client = server.client();
        client.try_send(b"GET a\r\n").is_ok() && client.reply().as_deref() == Some("b")
    });
}

#[test]
fn protected_mode_turns_other_machines_away() {
    // Any address of this machine that isn't a loopback one; without a network there is none to try.
    let Ok(probe) = std::net::UdpSocket::bind("0.0.0.0:0") else { return };
    if probe.connect("192.0.2.1:9").is_err() {
        return;
    }
    let address = probe.local_addr().expect("it is bound").ip().to_string();
    let port = free_port();
    let text = port.to_string();
    let server = Server::start_exactly(port, Folder::new(), &["--port", &text, "--bind", "127.0.0.1", &address]);
    let mut stream = TcpStream::connect((address.as_str(), port)).expect("it listens");
    let mut told = String::new();
    stream.read_to_string(&mut told).expect("text, then the end");
    assert!(told.starts_with("-DENIED Redis is running in protected mode"), "{told}");
    assert_eq!(server.client().ask("CONFIG SET protected-mode no"), "OK");
    stream = TcpStream::connect((address.as_str(), port)).expect("it listens");
    stream.write_all(b"SET a b\r\n").expect("sent");
    let mut reply = [0; 5];
    stream.read_exact(&mut reply).expect("a reply");
    assert_eq!(&reply, b"+OK\r\n");
}

#[test]
fn an_idle_client_is_closed_after_the_timeout() {
    let server = Server::start(&["--timeout", "1"]);
    let mut client = server.client();
    assert_eq!(client.ask("SET a b"), "OK");
    assert_eq!(client.reply(), None, "closed without a word");
}

#[test]
fn a_slow_reader_gets_every_byte_of_large_replies() {
    const BYTES: usize = 3_000_000;
    const TIMES: usize = 8;
    let server = Server::start(&[]);
    let mut client = server.client();
    client.send(format!("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${BYTES}\r\n").as_bytes());
    let value: Vec<u8> = (0..BYTES).map(|at| b'a' + (at % 23) as u8).collect();
    client.send(&value);
    client.send(b"\r\n");
    assert_eq!(client.reply().as_deref(), Some("OK"));
    // Far more than the socket's buffers hold is asked for before anything is read.
    client.send(&b"GET k\r\n".repeat(TIMES));
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(server.client().ask("STRLEN k"), BYTES.to_string(), "others are served meanwhile");
    for _ in 0..TIMES {
        let reply = client.reply().expect("a reply");
        assert!(reply.as_bytes() == value, "the value is whole");
    }
}

#[test]
fn a_pipeline_larger_than_one_read_is_answered_in_order() {
    const COUNT: usize = 20_000;
    let server = Server::start(&[]);
    let mut client = server.client();
    let mut requests = Vec::new();
    for at in 0..COUNT {
        requests.extend_from_slice(format!("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$6\r\n{at:06}\r\nGET k\r\n").as_bytes());
    }
    let mut stream = client.into_inner().try_clone().expect("a second handle");
    client = Client::over(stream.try_clone().expect("a third"));
    let writer = std::thread::spawn(move || stream.write_all(&requests).expect("the server reads"));
    for at in 0..COUNT {
        assert_eq!(client.reply().as_deref(), Some("OK"));
        assert_eq!(client.reply(), Some(format!("{at:06}")));
    }
    writer.join().expect("all was sent");
}

#[test]
fn what_was_sent_before_hanging_up_is_still_executed() {
    let server = Server::start(&[]);
    let mut client = server.client();
    client.send(b"SET a 1\r\nSET b 2\r\n");
    drop(client);
    let mut other = server.client();
    wait_until("the last command", || other.ask("GET b") == "2");
}

#[test]
fn a_thousand_connections_are_served_and_leave_no_trace() {
    const COUNT: usize = 1200;
    let server = Server::start(&[]);
    let before = server.resident_bytes();
    for _ in 0..2 {
        let mut clients: Vec<_> = (0..COUNT).map(|_| server.client()).collect();
        for client in &mut clients {
            client.send(b"SET a b\r\n*2\r\n$3\r\nGE");
        }
        for client in &mut clients {
            assert_eq!(client.reply().as_deref(), Some("OK"));
        }
        for client in &mut clients {
            client.send(b"T\r\n$1\r\na\r\n");
        }
        for client in &mut clients {
            assert_eq!(client.reply().as_deref(), Some("b"));
        }
    }
    assert_eq!(server.client().ask("GET a"), "b");
    wait_until("the memory of closed connections", || server.resident_bytes() < before + (16 << 20));
}

#[test]
fn running_out_of_descriptors_is_logged_and_survived() {
    let port = free_port();
    // The server starts with most of its descriptors taken, so that they run out long before `maxclients` is reached.
    let script = format!(
        "ulimit -n 64; for i in {{10..50}}; do eval \"exec $i</dev/null\"; done; \
         exec {} --port {port} --bind 127.0.0.1 --maxclients 30",
        harness::binary()
    );
    let mut shell = std::process::Command::new("bash");
    shell.args(["-c", &script]);
    let server = Server::spawn(port, Folder::new(), shell);
    let held: Vec<_> = (0..30).map(|_| server.client()).collect();
    server.wait_for_log("# Accepting client connection: accept: Too many open files");
    drop(held);
    assert_eq!(server.client().ask("SET a b"), "OK");
}

#[test]
fn random_bytes_do_no_harm() {
    let server = Server::start(&[]);
    let before = server.resident_bytes();
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut sent = 0;
    while sent < 4 << 20 {
        let mut client = server.client();
        let mut bytes = vec![0; 1 << 14];
        for byte in &mut bytes {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = (state >> 32) as u8;
        }
        // Half of them look like requests at first.
        if state & 1 == 0 {
            bytes[..4].copy_from_slice(b"*9\r\n");
        }
        sent += bytes.len();
        let _ = client.try_send(&bytes);
    }
    assert_eq!(server.client().ask("SET a b"), "OK");
    wait_until("the memory", || server.resident_bytes() < before + (32 << 20));
}

#[test]
fn oversized_lengths_are_refused_and_announced_ones_cost_nothing() {
    let server = Server::start(&[]);
    let before = server.resident_bytes();
    let mut client = server.client();
    client.send(b"*2\r\n$3\r\nGET\r\n$1000000000000\r\n");
    assert_eq!(client.reply().as_deref(), Some("-ERR Protocol error: invalid bulk length"));
    assert_eq!(client.reply(), None);
    // Half a gigabyte is announced by each, and nothing sent.
    let _announcing: Vec<_> = (0..20)
        .map(|_| {
            let mut client = server.client();
            client.send(b"*2\r\n$3\r\nGET\r\n$536870912\r\nx");
            client
        })
        .collect();
    std::thread::sleep(Duration::from_millis(200));
    assert!(server.resident_bytes() < before + (32 << 20));
}

#[test]
fn a_rewritten_configuration_is_read_again() {
    let folder = Folder::new();
    let file = folder.write("server.conf", "# mine\nbind 127.0.0.1\ntimeout 5\n");
    let port = free_port();
    let server = Server::start_exactly(port, folder, &[&file, "--port", &port.to_string()]);
    let mut client = server.client();
    assert_eq!(client.ask("CONFIG SET timeout 77"), "OK");
    assert_eq!(client.ask("CONFIG REWRITE"), "OK");
    let text = std::fs::read_to_string(&file).expect("the file");
    assert!(text.starts_with("# mine\nbind 127.0.0.1\ntimeout 77\n"), "{text}");
}

#[test]
fn flushed_data_gives_its_memory_back() {
    let server = Server::start(&["--enable-debug-command", "yes"]);
    let before = server.resident_bytes();
    let mut client = server.client();
    for flush in ["FLUSHALL", "FLUSHALL ASYNC"] {
        assert_eq!(client.ask("DEBUG POPULATE 100000 key 400"), "OK");
        assert!(server.resident_bytes() > before + (40 << 20), "the data takes memory");
        assert_eq!(client.ask(flush), "OK");
        wait_until("the memory of the data", || server.resident_bytes() < before + (8 << 20));
    }
}
