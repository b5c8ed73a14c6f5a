//! Servers under measurement: started on a free port of 127.0.0.1, pinned if asked for, ended with their handle.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running server.
pub struct Server {
    pub name: String,
    pub port: u16,
    child: Child,
}

impl Server {
    /// Starts `command` (a program and its arguments) with `--port` and no saving, and waits until it answers.
    pub fn start(name: &str, command: &str, cpu: Option<usize>) -> io::Result<Server> {
        Server::start_within(name, command, cpu, Duration::from_secs(10))
    }

    /// Starts one that may take so long to load its data.
    pub fn start_after(name: &str, command: &str, patience: Duration) -> io::Result<Server> {
        Server::start_within(name, command, None, patience)
    }

    fn start_within(name: &str, command: &str, cpu: Option<usize>, patience: Duration) -> io::Result<Server> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut words: Vec<String> = command.split_whitespace().map(str::to_string).collect();
        if let Some(cpu) = cpu {
            words.splice(0..0, ["taskset".to_string(), "-c".to_string(), cpu.to_string()]);
        }
        let (program, args) = words.split_first().ok_or_else(|| io::Error::other("an empty command"))?;
        let child = Command::new(program)
            .args(args)
            .args(["--port", &port.to_string(), "--save", "", "--bind", "127.0.0.1", "--enable-debug-command", "yes"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let server = Server { name: name.to_string(), port, child };
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if server.request(&["PING"]).is_ok_and(|reply| reply == b"+PONG\r\n") {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(io::Error::other(format!("{name} does not answer")))
    }

    /// Process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// One command on a connection of its own; the raw reply.
    pub fn request(&self, args: &[&str]) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(120)))?;
        let mut request = format!("*{}\r\n", args.len());
        for arg in args {
            request.push_str(&format!("${}\r\n{arg}\r\n", arg.len()));
        }
        stream.write_all(request.as_bytes())?;
        let mut reply = vec![0; 64 * 1024];
        let count = stream.read(&mut reply)?;
        reply.truncate(count);
        Ok(reply)
    }

    /// CPU time used so far by all threads, in seconds (resolution of nanoseconds).
    pub fn cpu_seconds(&self) -> f64 {
        let Ok(tasks) = std::fs::read_dir(format!("/proc/{}/task", self.pid())) else { return 0.0 };
        let nanoseconds: u64 = tasks
            .flatten()
            .filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok())
            .filter_map(|text| text.split_whitespace().next()?.parse::<u64>().ok())
            .sum();
        nanoseconds as f64 / 1e9
    }

    /// Resident memory, bytes.
    pub fn resident_bytes(&self) -> u64 {
        self.status_bytes("VmRSS:")
    }

    /// The most that was resident so far, bytes.
    pub fn peak_resident_bytes(&self) -> u64 {
        self.status_bytes("VmHWM:")
    }

    /// Memory of the process and of its children, each shared page counted in parts: what a fork adds is what it copies.
    /// Bytes. Takes a while, and holds up a process that asks for memory.
    pub fn proportional_bytes(&self) -> u64 {
        let own = |pid: u32| -> u64 {
            let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or("0");
            line.split_whitespace().next().and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) * 1024
        };
        let pid = self.pid();
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        own(pid) + children.split_whitespace().filter_map(|pid| pid.parse().ok()).map(own).sum::<u64>()
    }

    fn status_bytes(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap_or("0");
        line.split_whitespace().next().and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) * 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The process may be gone already; either way it is reaped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How long the calling thread has been ready to run without a core, in nanoseconds; 0 where the system doesn't tell.
pub fn own_wait_ns() -> u64 {
    let read = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    read.split_whitespace().nth(1).and_then(|field| field.parse().ok()).unwrap_or(0)
}
