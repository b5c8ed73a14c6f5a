//! How the server starts and ends: command line, configuration, log, files of the process, signals, exit codes.

mod harness;

use harness::{Folder, Server, connect, connect_unix, free_port, run, wait_until};
use std::os::unix::fs::PermissionsExt;

#[test]
fn it_answers_over_tcp_and_over_a_unix_socket() {
    let folder = Folder::new();
    let (port, path) = (free_port(), folder.path("server.sock"));
    let text = port.to_string();
    let arguments = ["--port", &text, "--bind", "127.0.0.1", "--unixsocket", &path, "--unixsocketperm", "700"];
    let mut server = Server::start_exactly(port, folder, &arguments);
    server.wait_for_log("The server is now ready to accept connections at");
    assert_eq!(server.client().ask("SET k v"), "OK");
    assert_eq!(connect_unix(&path).ask("GET k"), "v");
    let mode = std::fs::metadata(&path).expect("the socket is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    assert_eq!(server.terminate(), 0);
    assert!(!std::path::Path::new(&path).exists(), "the socket file is removed");
}

#[test]
fn the_log_has_the_lines_that_harnesses_wait_for() {
    let mut server = Server::start(&["--pidfile", "server.pid", "--save", ""]);
    let pid = server.child.id();
    let path = server.folder.0.join("server.pid");
    assert_eq!(std::fs::read_to_string(&path).expect("a pid file"), format!("{pid}\n"));
    assert_eq!(server.terminate(), 0);
    assert!(!path.exists(), "the pid file is removed");
    server.wait_for_log("bye bye");
    let log = server.log();
    let lines: Vec<&str> = log.lines().collect();
    let expected = [
        ("C", "# oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo"),
        ("C", "# Redis version=7.0.15, bits=64, commit=00000000, modified=0, pid="),
        ("C", "# Configuration loaded"),
        ("M", "* Running mode=standalone, port="),
        ("M", "# Server initialized"),
        ("M", "* Ready to accept connections"),
        ("M", "# User requested shutdown..."),
        ("M", "* Removing the pid file."),
        ("M", "# Redis is now ready to exit, bye bye..."),
    ];
    let mut at = 0;
    for (role, text) in expected {
        let found = lines[at..].iter().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{text}\n{log}"));
        at += found;
        // `27570:M 20 Nov 2026 22:11:49.128 * text`
        let words: Vec<&str> = lines[at].split(' ').collect();
        assert_eq!(words[0], format!("{pid}:{role}"), "{}", lines[at]);
        assert_eq!((words[1].len(), words[2].len(), words[3].len(), words[4].len()), (2, 3, 4, 12), "{}", lines[at]);
    }
    let signal = format!("{pid}:signal-handler (");
    assert!(
        lines.iter().any(|line| line.starts_with(&signal) && line.ends_with("Received SIGTERM scheduling shutdown..."))
    );
}

#[test]
fn options_win_over_the_file_and_the_file_may_include_others() {
    let folder = Folder::new();
    folder.write("part-1.conf", "maxclients 7\n");
    let file = folder.write("server.conf", "port 1\nbind 127.0.0.1\ninclude part-*.conf\nproto-max-bulk-len 2mb\n");
    let port = free_port();
    let server = Server::start_exactly(port, folder, &[&file, "--port", &port.to_string(), "--timeout", "100"]);
    let mut client = server.client();
    assert_eq!(client.ask("CONFIG GET maxclients"), "maxclients 7");
    assert_eq!(client.ask("CONFIG GET proto-max-bulk-len"), "proto-max-bulk-len 2097152");
    assert_eq!(client.ask("CONFIG GET timeout"), "timeout 100");
}

#[test]
fn a_bad_configuration_is_reported_as_redis_does_and_ends_with_1() {
    let (code, out, err) = run(&["--foo", "1"], "");
    assert_eq!(code, 1);
    assert_eq!(out, "");
    assert_eq!(
        err,
        "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\nReading the configuration file, at line 2\n>>> 'foo \"1\"'\n\
         Bad directive or wrong number of arguments\n"
    );
    let (code, _, err) = run(&["-"], "port 1\nport x\n");
    assert_eq!(code, 1);
    assert!(err.contains("at line 2\n>>> 'port x'\nargument couldn't be parsed into an integer"), "{err}");
    let (code, out, _) = run(&["/nonexistent.conf"], "");
    assert_eq!(code, 1);
    assert!(
        out.contains("# Fatal error, can't open config file '/nonexistent.conf': No such file or directory"),
        "{out}"
    );
    let (code, _, err) = run(&["--logfile", "/nonexistent/log"], "");
    assert_eq!(code, 1);
    assert!(err.contains("Can't open the log file: No such file or directory"), "{err}");
    let (code, _, err) = run(&["--dir", "/nonexistent"], "");
    assert_eq!(code, 1);
    assert!(err.contains("No such file or directory"), "{err}");
}

#[test]
fn what_can_not_be_listened_on_ends_the_process_with_1() {
    let server = Server::start(&[]);
    let taken = server.port.to_string();
    let (code, out, _) = run(&["--port", &taken, "--bind", "127.0.0.1"], "");
    assert_eq!(code, 1);
    let line = format!(
        "Warning: Could not create server TCP listening socket 127.0.0.1:{taken}: bind: Address already in use"
    );
    assert!(out.contains(&line), "{out}");
    assert!(out.contains(&format!("Failed listening on port {taken} (TCP), aborting.")), "{out}");
    let (code, out, _) = run(&["--port", "0"], "");
    assert_eq!(code, 1);
    assert!(out.contains("Configured to not listen anywhere, exiting."), "{out}");
    let (code, out, _) = run(&["--port", "0", "--unixsocket", "/nonexistent/x"], "");
    assert_eq!(code, 1);
    assert!(out.contains("Failed opening Unix socket: bind: No such file or directory"), "{out}");
}

#[test]
fn an_address_that_may_be_missing_is_skipped() {
    let port = free_port().to_string();
    // 192.0.2.0/24 is for documentation: no machine has it.
    let server = Server::start_exactly(
        port.parse().expect("a port"),
        Folder::new(),
        &["--port", &port, "--bind", "-192.0.2.1", "127.0.0.1", "-::1"],
    );
    assert_eq!(server.client().ask("SET a b"), "OK");
}

#[test]
fn version_and_help_have_their_form() {
    let (code, out, _) = run(&["--version"], "");
    assert_eq!(code, 0);
    assert!(out.starts_with("Redis server v=7.0.15 sha=00000000:0 malloc="), "{out}");
    assert!(out.contains(" bits=64 build="), "{out}");
    assert_eq!(run(&["-v"], "").1, out);
    let (code, out, err) = run(&["--help"], "");
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.starts_with("Usage: "), "{err}");
    for refused in ["--sentinel", "--check-system"] {
        let (code, _, err) = run(&[refused], "");
        assert_eq!(code, 1);
        assert!(err.contains("is not supported"), "{err}");
    }
}

#[test]
fn interrupting_ends_in_order_and_sighup_does_nothing() {
    let mut server = Server::start(&[]);
    server.signal("HUP");
    assert_eq!(server.client().ask("SET a b"), "OK");
    server.signal("INT");
    assert_eq!(server.exit_code(), 0);
    server.wait_for_log("Received SIGINT scheduling shutdown...");
}

#[test]
fn a_daemon_leaves_its_starter_and_writes_its_pid_and_its_log() {
    let folder = Folder::new();
    let port = free_port();
    let (pid_file, log_file) = (folder.path("d.pid"), folder.path("d.log"));
    let text = port.to_string();
    let data = folder.0.to_string_lossy().into_owned();
    let arguments = ["--port", &text, "--bind", "127.0.0.1", "--daemonize", "yes", "--dir", &data];
    let files = ["--pidfile", &pid_file, "--logfile", &log_file];
    let (code, out, _) = run(&[&arguments[..], &files].concat(), "");
    assert_eq!((code, out.as_str()), (0, ""));
    let log = || std::fs::read_to_string(&log_file).unwrap_or_default();
    wait_until("the daemon", || log().contains("Ready to accept connections"));
    let pid = std::fs::read_to_string(&pid_file).expect("a pid file").trim().to_owned();
    assert_eq!(connect(port).ask("SET a b"), "OK");
    let killed = std::process::Command::new("kill").arg(&pid).status().expect("kill runs");
    assert!(killed.success());
    wait_until("the daemon's end", || log().contains("bye bye"));
    wait_until("its process's end", || !std::path::Path::new(&format!("/proc/{pid}/exe")).exists());
    assert!(!std::path::Path::new(&pid_file).exists());
}

#[test]
fn the_supervisor_is_told_when_the_server_is_ready() {
    let folder = Folder::new();
    let path = folder.path("notify.sock");
    let supervisor = std::os::unix::net::UnixDatagram::bind(&path).expect("a socket");
    supervisor.set_read_timeout(Some(harness::PATIENCE)).expect("a timeout");
    let mut child = std::process::Command::new(harness::binary())
        .args(["--port", &free_port().to_string(), "--bind", "127.0.0.1", "--supervised", "systemd"])
        .env("NOTIFY_SOCKET", &path)
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("the server starts");
    let mut received = String::new();
    while !received.contains("READY=1") {
        let mut buffer = [0; 256];
        let count = supervisor.recv(&mut buffer).expect("a message");
        received.push_str(std::str::from_utf8(&buffer[..count]).expect("text"));
    }
    child.kill().expect("it runs");
    child.wait().expect("it ended");
}
