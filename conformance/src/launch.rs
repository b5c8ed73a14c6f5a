//! Servers under comparison: found, started, waited for, and stopped.
//!
//! `CMD_OR_ADDR` is either an address (`127.0.0.1:7000`), which is left running, or a command line
//! (`redis-server`, `./target/release/etalon-server --io-threads 2`), to which this module appends
//!
//! ```text
//! --port N --bind 127.0.0.1 --save "" --enable-debug-command yes --dir TMP --loglevel warning
//! ```
//!
//! A started server has a directory of its own, is killed by its process id and waited for when the [`Server`]
//! is dropped, and its log is quoted when it does not come up. It is watched: beyond [`MEMORY_MIB_MAX`] it is killed, rather
//! than the whole machine run out of memory, and whoever asks is told ([`Server::why_ended`]).
//!
//! The **oracle** is a `redis-server` of 7.0 on the `PATH`. With `ETALON_REQUIRE_ORACLE=1` its absence is a
//! failure; without, whoever needed it prints why it did nothing.

use crate::quote;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The name of a started server's log in its directory.
const LOG: &str = "server.log";
const START_TIMEOUT: Duration = Duration::from_secs(15);
const PROBE_TIMEOUT: Duration = Duration::from_millis(500);

/// A started server that takes more memory than this is killed. A run of all families takes some tens of MiB; a single
/// command may ask for 512 MiB, and a copy of that.
pub const MEMORY_MIB_MAX: u64 = 2048;
const WATCH_INTERVAL: Duration = Duration::from_millis(50);

/// A running server.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    own: Option<Own>,
}

/// A server that was started here.
#[derive(Debug)]
struct Own {
    child: Arc<Mutex<Child>>,
    dir: PathBuf,
    program: String,
    arguments: Vec<String>,
    /// How much it had when it was killed for that; 0 else.
    outgrown_mib: Arc<AtomicU64>,
}

impl Server {
    /// Connects to an address, or starts a command line. Errors: it does not answer within 15 s.
    pub fn open(command_or_addr: &str, extra: &[&str]) -> io::Result<Server> {
        if let Ok(addr) = command_or_addr.parse() {
            probe(addr)?;
            return Ok(Server { addr, own: None });
        }
        let words = quote::split(command_or_addr.as_bytes())
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "unbalanced quotes in the command"))?;
        let words: Vec<String> = words.iter().map(|w| String::from_utf8_lossy(w).into_owned()).collect();
        let Some((program, arguments)) = words.split_first() else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "an empty command"));
        };
        // The port is free when asked for and may be taken when used: then ask again.
        let mut last = None;
        for _ in 0..3 {
            match start(program, arguments, extra) {
                Ok(server) => return Ok(server),
                Err(error) => last = Some(error),
            }
        }
        Err(last.expect("three attempts leave an error"))
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// True if this process started it (and so nobody else talks to it).
    pub fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// The process id of a server that was started here.
    pub fn pid(&self) -> Option<u32> {
        self.own.as_ref().map(|own| locked(&own.child).id())
    }

    /// Why a server that was started here runs no more: its memory, or what its log says of a crash.
    pub fn why_ended(&self) -> Option<String> {
        let own = self.own.as_ref()?;
        let status = locked(&own.child).try_wait().ok()??;
        let outgrown_mib = own.outgrown_mib.load(Ordering::SeqCst);
        if outgrown_mib > 0 {
            return Some(format!("its memory passed {MEMORY_MIB_MAX} MiB, so that it was killed"));
        }
        let log = fs::read(own.dir.join(LOG)).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        const TELLING: &[&str] = &["ASSERTION FAILED", "==>", "crashed by signal", "Out Of Memory", "argv["];
        let telling = log.lines().filter(|line| TELLING.iter().any(|word| line.contains(word)));
        // Without process id and time.
        let told: Vec<&str> =
            telling.map(|line| line.split_once(" # ").map_or(line, |parts| parts.1)).take(12).collect();
        Some(format!("it ended by itself, {status}: {}", told.join("; ")))
    }

    /// Starts anew, with nothing, what was started here; at the same address. Errors: it is not ours, or does not come up.
    pub fn restart(&mut self) -> io::Result<()> {
        let own = self.own.take().ok_or_else(|| io::Error::other("it was not started here"))?;
        end(&own);
        *self = launch(&own.program, &own.arguments, own.dir, self.addr)?;
        Ok(())
    }
}

fn locked(child: &Mutex<Child>) -> MutexGuard<'_, Child> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

fn end(own: &Own) {
    let mut child = locked(&own.child);
    // It may have ended by itself (SHUTDOWN, a crash): nothing is lost then.
    let _ = child.kill();
    let _ = child.wait();
    let _ = fs::remove_dir_all(&own.dir);
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(own) = &self.own {
            end(own);
        }
    }
}

fn start(program: &str, arguments: &[String], extra: &[&str]) -> io::Result<Server> {
    static SERIAL: AtomicU32 = AtomicU32::new(0);
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    let dir = std::env::temp_dir().join(format!("etalon-conformance-{}-{serial}", std::process::id()));
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let own = ["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""].map(str::to_string);
    let more = ["--enable-debug-command", "yes", "--loglevel", "warning", "--dir"].map(str::to_string);
    let mut all = arguments.to_vec();
    all.extend(own.into_iter().chain(more));
    all.push(dir.to_string_lossy().into_owned());
    all.extend(extra.iter().map(|word| word.to_string()));
    launch(program, &all, dir, SocketAddr::from(([127, 0, 0, 1], port)))
}

/// Starts a command line that listens at an address, and waits until it answers.
fn launch(program: &str, arguments: &[String], dir: PathBuf, addr: SocketAddr) -> io::Result<Server> {
    fs::create_dir_all(&dir)?;
    let log_path = dir.join(LOG);
    let log = File::create(&log_path)?;
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .map_err(|error| io::Error::new(error.kind(), format!("{program}: {error}")))?;
    let (child, outgrown_mib) = (Arc::new(Mutex::new(child)), Arc::new(AtomicU64::new(0)));
    let own = Own { child, dir, program: program.to_string(), arguments: arguments.to_vec(), outgrown_mib };
    watch(&own);
    let server = Server { addr, own: Some(own) };
    let deadline = Instant::now() + START_TIMEOUT;
    loop {
        if probe(addr).is_ok() {
            return Ok(server);
        }
        let ended = server.why_ended();
        if ended.is_some() || Instant::now() > deadline {
            let log = fs::read_to_string(&log_path).unwrap_or_default();
            return Err(io::Error::other(format!("{program} did not come up; it said:\n{log}")));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Kills a server that takes too much memory, as long as it is held.
fn watch(own: &Own) {
    let (child, outgrown_mib) = (Arc::downgrade(&own.child), own.outgrown_mib.clone());
    let pid = locked(&own.child).id();
    std::thread::spawn(move || {
        // Without `/proc` nothing is known of it.
        while let Some(resident_mib) = resident_mib(pid) {
            let Some(child) = child.upgrade() else { return };
            if resident_mib > MEMORY_MIB_MAX {
                outgrown_mib.store(resident_mib, Ordering::SeqCst);
                let _ = locked(&child).kill();
                return;
            }
            drop(child);
            std::thread::sleep(WATCH_INTERVAL);
        }
    });
}

fn resident_mib(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? / 1024)
}

/// Asks for a reply, any reply.
fn probe(addr: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&addr, PROBE_TIMEOUT)?;
    stream.set_read_timeout(Some(PROBE_TIMEOUT))?;
    stream.write_all(b"PING\r\n")?;
    let mut reply = [0u8; 64];
    match stream.read(&mut reply)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        n if reply[..n].starts_with(b"-LOADING") => Err(io::Error::other("still loading")),
        _ => Ok(()),
    }
}

/// A program on the `PATH`.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|candidate| is_executable(candidate))
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// The command of our own server: `ETALON_SERVER`, or what was built beside the running program. Errors: why there is none.
pub fn etalon() -> Result<String, String> {
    if let Ok(path) = std::env::var("ETALON_SERVER") {
        return Ok(path);
    }
    // target/<profile>/…, then other profiles.
    let here = std::env::current_exe().map_err(|error| error.to_string())?;
    let folders = here.ancestors().skip(1).take(3).map(Path::to_path_buf);
    let others = here.ancestors().skip(2).take(2).flat_map(|target| [target.join("release"), target.join("debug")]);
    let found = folders.chain(others).map(|folder| folder.join("etalon-server")).find(|path| is_executable(path));
    let path = found.ok_or("no etalon-server is built, and ETALON_SERVER names none")?;
    Ok(quote::bare_or_quoted(path.to_string_lossy().as_bytes()))
}

/// The command of the oracle, or why there is none. Panics with that reason if the oracle is required.
pub fn oracle() -> Result<String, String> {
    let found = find_oracle();
    if let Err(reason) = &found
        && std::env::var("ETALON_REQUIRE_ORACLE").is_ok_and(|value| value == "1")
    {
        panic!("ETALON_REQUIRE_ORACLE=1, but {reason}");
    }
    found
}

/// The command of the `etalon-server` that `ETALON_SERVER` names, or that was built beside the running test
/// (`target/<profile>/deps/…`) or in another profile; or why there is none.
pub fn built_server() -> Result<String, String> {
    if let Ok(path) = std::env::var("ETALON_SERVER") {
        return Ok(path);
    }
    let here = std::env::current_exe().map_err(|error| error.to_string())?;
    let profile = here.ancestors().nth(2).ok_or("the test lies in no target directory")?;
    let target = profile.parent().ok_or("the test lies in no target directory")?;
    let candidates = [profile.to_path_buf(), target.join("release"), target.join("debug")];
    let found = candidates.iter().map(|folder| folder.join("etalon-server")).find(|path| path.is_file());
    let found = found.ok_or("no etalon-server is built, and ETALON_SERVER names none")?;
    Ok(quote::bare_or_quoted(found.to_string_lossy().as_bytes()))
}

fn find_oracle() -> Result<String, String> {
    let program = on_path("redis-server").ok_or("no redis-server is on the PATH")?;
    let said = Command::new(&program).arg("--version").output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    if !said.contains(" v=7.0.") {
        return Err(format!("redis-server on the PATH is not of 7.0: {}", said.trim()));
    }
    Ok(quote::bare_or_quoted(program.to_string_lossy().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_does_not_exist_is_named_in_the_error() {
        let error = Server::open("no-such-redis-server", &[]).expect_err("it can't start");
        assert!(error.to_string().contains("no-such-redis-server"), "{error}");
    }

    #[test]
    fn a_crash_is_told_with_its_command_and_a_restart_serves_the_same_address() {
        let command = match oracle() {
            Ok(command) => command,
            Err(reason) => return println!("skipped: {reason}"),
        };
        let mut server = Server::open(&command, &[]).expect("the oracle starts");
        let addr = server.addr();
        assert_eq!(server.why_ended(), None);
        let mut stream = TcpStream::connect(addr).expect("it listens");
        stream.write_all(b"DEBUG SEGFAULT\r\n").expect("it reads");
        let deadline = Instant::now() + START_TIMEOUT;
        while server.why_ended().is_none() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
        let reason = server.why_ended().expect("it has crashed");
        assert!(reason.contains("crashed by signal") && reason.contains("SEGFAULT"), "{reason}");
        server.restart().expect("it starts anew");
        assert!(server.addr() == addr && probe(addr).is_ok() && server.why_ended().is_none());
    }

    #[test]
    fn a_started_server_is_gone_after_the_drop() {
        let command = match oracle() {
            Ok(command) => command,
            Err(reason) => return println!("skipped: {reason}"),
        };
        let server = Server::open(&command, &[]).expect("the oracle starts");
        let addr = server.addr();
        assert!(server.is_own() && probe(addr).is_ok());
        drop(server);
        assert!(probe(addr).is_err());
    }
}
