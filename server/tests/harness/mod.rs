//! A server process under test, and a client that speaks just enough RESP.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Nothing here takes longer, unless it hangs.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The program under test.
pub fn binary() -> &'static str {
    env!("CARGO_BIN_EXE_etalon-server")
}

/// A port that nobody listens on at the moment.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}

/// A folder of its own for each caller, removed when dropped.
pub struct Folder(pub PathBuf);

impl Folder {
    /// Names of all files in it and in the folders within, in order.
    pub fn names(&self) -> Vec<String> {
        fn gather(path: &Path, before: &str, names: &mut Vec<String>) {
            for entry in std::fs::read_dir(path).expect("a folder").flatten() {
                let name = format!("{before}{}", entry.file_name().to_string_lossy());
                match entry.path().is_dir() {
                    true => gather(&entry.path(), &format!("{name}/"), names),
                    false => names.push(name),
                }
            }
        }
        let mut names = Vec::new();
        gather(&self.0, "", &mut names);
        names.sort();
        names
    }

    pub fn new() -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("etalon-server-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("test paths are text").to_owned()
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.0.join(name), text).expect("a file");
        self.path(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A running server; killed when dropped.
pub struct Server {
    pub child: Child,
    pub port: u16,
    pub folder: Folder,
    log: Arc<Mutex<String>>,
}

impl Server {
    /// Starts on a free port of 127.0.0.1 with these further arguments, and waits until it accepts connections.
    pub fn start(arguments: &[&str]) -> Server {
        let port = free_port();
        let text = port.to_string();
        let mut all = vec!["--port", &text, "--bind", "127.0.0.1"];
        all.extend_from_slice(arguments);
        Server::start_exactly(port, Folder::new(), &all)
    }

    /// Starts with exactly these arguments, in `folder`.
    pub fn start_exactly(port: u16, folder: Folder, arguments: &[&str]) -> Server {
        let mut command = Command::new(binary());
        command.args(arguments);
        Server::spawn(port, folder, command)
    }

    /// Starts in a folder that may hold the data of an earlier server, with DEBUG.
    pub fn start_in(folder: Folder, arguments: &[&str]) -> Server {
        let server = Server::start_loading(folder, arguments);
        server.wait_for_log("eady to accept connections");
        server
    }

    /// The same, and waits only until it takes connections: it may be loading.
    pub fn start_loading(folder: Folder, arguments: &[&str]) -> Server {
        Server::start_program(binary(), folder, arguments)
    }

    /// The same with another program.
    pub fn start_program(program: &str, folder: Folder, arguments: &[&str]) -> Server {
        let port = free_port();
        let mut command = Command::new(program);
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--enable-debug-command", "yes"]);
        command.args(arguments);
        let server = Server::launch(port, folder, command);
        wait_until("a connection", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        server
    }

    /// Takes the folder away from a server that has ended, or is killed now.
    pub fn into_folder(mut self) -> Folder {
        let _ = self.child.kill();
        self.child.wait().expect("it ends");
        std::mem::replace(&mut self.folder, Folder::new())
    }

    /// Starts what becomes a server on that port.
    pub fn spawn(port: u16, folder: Folder, command: Command) -> Server {
        let server = Server::launch(port, folder, command);
        server.wait_for_log("eady to accept connections");
        server
    }

    fn launch(port: u16, folder: Folder, mut command: Command) -> Server {
        command.current_dir(&folder.0).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let log = Arc::new(Mutex::new(String::new()));
        let (stdout, written) = (child.stdout.take().expect("piped"), Arc::clone(&log));
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let mut log = written.lock().expect("no panic while locked");
                log.push_str(&line);
                log.push('\n');
            }
        });
        Server { child, port, folder, log }
    }

    pub fn log(&self) -> String {
        self.log.lock().expect("no panic while locked").clone()
    }

    pub fn wait_for_log(&self, text: &str) {
        wait_until(&format!("{text:?} in the log:\n{}", self.log()), || self.log().contains(text));
    }

    pub fn client(&self) -> Client<TcpStream> {
        connect(self.port)
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args([&format!("-{name}"), &pid]).status().expect("kill runs");
        assert!(status.success());
    }

    /// Sends SIGTERM and waits for the end.
    pub fn terminate(&mut self) -> i32 {
        self.signal("TERM");
        self.exit_code()
    }

    pub fn exit_code(&mut self) -> i32 {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().expect("waiting works") {
                return status.code().expect("it ended by itself");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the server does not end");
    }

    /// Resident memory, in bytes.
    pub fn resident_bytes(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find(|line| line.starts_with("VmRSS")).expect("Linux says so");
        line.split_whitespace().nth(1).expect("a number").parse::<usize>().expect("a number") * 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The real server, if it is installed; why a comparison is left out is printed otherwise.
pub fn oracle() -> Option<&'static str> {
    const PROGRAM: &str = "redis-server";
    let version = Command::new(PROGRAM).arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    if String::from_utf8_lossy(&version).contains("v=7.0.") {
        return Some(PROGRAM);
    }
    let required = std::env::var_os("ETALON_REQUIRE_ORACLE").is_some();
    assert!(!required, "there is no redis-server 7.0 on the PATH");
    println!("not compared with the real server: there is no redis-server 7.0 on the PATH");
    None
}

/// Runs the program to its end: exit code, standard output, standard error.
pub fn run(arguments: &[&str], stdin: &str) -> (i32, String, String) {
    run_program(binary(), arguments, stdin)
}

/// The same with another program.
pub fn run_program(program: &str, arguments: &[&str], stdin: &str) -> (i32, String, String) {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the server starts");
    child.stdin.take().expect("piped").write_all(stdin.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (output.status.code().expect("it ended by itself"), text(output.stdout), text(output.stderr))
}

pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub fn connect(port: u16) -> Client<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    Client { reader: BufReader::new(stream) }
}

pub fn connect_unix(path: impl AsRef<Path>) -> Client<UnixStream> {
    let stream = UnixStream::connect(path).expect("the server listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    Client { reader: BufReader::new(stream) }
}

/// A connection.
pub struct Client<S> {
    reader: BufReader<S>,
}

impl<S: Read + Write> Client<S> {
    pub fn over(stream: S) -> Client<S> {
        Client { reader: BufReader::new(stream) }
    }

    /// Sends an inline command and reads one reply in a readable form: errors with their `-`, bulks as their content,
    /// nulls as `(nil)`, arrays with spaces between.
    pub fn ask(&mut self, line: &str) -> String {
        self.send(format!("{line}\r\n").as_bytes());
        self.reply().expect("a reply")
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.reader.get_mut().write_all(bytes).expect("the server reads");
    }

    /// As [`send`](Self::send), where the server may have closed the connection.
    pub fn try_send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.reader.get_mut().write_all(bytes)
    }

    /// `None` when the connection is closed.
    pub fn reply(&mut self) -> Option<String> {
        let mut line = Vec::new();
        self.reader.read_until(b'\n', &mut line).ok()?;
        let line = String::from_utf8(line).expect("text").trim_end().to_owned();
        let (kind, rest) = line.split_at_checked(1)?;
        match (kind, rest) {
            ("$" | "*", "-1") => Some("(nil)".into()),
            ("$", length) => {
                let mut content = vec![0; length.parse::<usize>().expect("a length") + 2];
                self.reader.read_exact(&mut content).ok()?;
                content.truncate(content.len() - 2);
                Some(String::from_utf8(content).expect("text"))
            }
            ("*", count) => {
                let parts: Option<Vec<String>> = (0..count.parse().expect("a count")).map(|_| self.reply()).collect();
                Some(parts?.join(" "))
            }
            ("-", _) => Some(line),
            _ => Some(rest.to_owned()),
        }
    }

    pub fn into_inner(self) -> S {
        self.reader.into_inner()
    }
}
