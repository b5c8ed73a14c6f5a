//! The process itself: its limits, its pid file, going to the background, and the facts that INFO shows.

use std::fs;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use etalon_core::config::{Config, Supervised};
use etalon_core::engine::ProcessInfo;

use crate::log::Log;
use crate::{allocator, os};

/// Descriptors that are needed beside those of clients.
const RESERVED_FILES: u64 = 32;
/// Where the pid goes when the process runs in the background and no `pidfile` is set.
pub const DEFAULT_PID_FILE: &str = "/var/run/redis.pid";

/// Raises the limit on open files for `maxclients`, or lowers `maxclients` to what is possible; says so in the log with
/// Redis's words. Errors: not even one client is possible.
pub fn adjust_open_files(config: &mut Config, log: &Log) -> Result<(), ()> {
    let wanted = u64::from(config.maxclients) + RESERVED_FILES;
    let (soft, hard) = match os::open_files_limit() {
        Ok(limit) => limit,
        Err(error) => {
            log.warning(&format!(
                "Unable to obtain the current NOFILE limit ({}), assuming 1024 and setting the max clients \
                 configuration accordingly.",
                os::reason(&error)
            ));
            config.maxclients = 1024 - RESERVED_FILES as u32;
            return Ok(());
        }
    };
    if soft >= wanted {
        return Ok(());
    }
    let (best, error) = raise_open_files(soft, hard, wanted);
    if best >= wanted {
        log.notice(&format!("Increased maximum number of open files to {wanted} (it was originally set to {soft})."));
        return Ok(());
    }
    if best <= RESERVED_FILES {
        log.warning(&format!(
            "Your current 'ulimit -n' of {soft} is not enough for the server to start. Please increase your open file \
             limit to at least {wanted}. Exiting."
        ));
        return Err(());
    }
    log.warning(&format!(
        "You requested maxclients of {} requiring at least {wanted} max file descriptors.",
        config.maxclients
    ));
    let reason = error.map_or_else(String::new, |error| os::reason(&error));
    log.warning(&format!("Server can't set maximum open files to {wanted} because of OS error: {reason}."));
    config.maxclients = (best - RESERVED_FILES) as u32;
    log.warning(&format!(
        "Current maximum open files is {best}. maxclients has been reduced to {} to compensate for low ulimit. If you \
         need higher maxclients increase 'ulimit -n'.",
        config.maxclients
    ));
    Ok(())
}

/// Raises the limit as far as possible towards `wanted`: the limit reached, and why it was not all.
pub fn raise_open_files(soft: u64, hard: u64, wanted: u64) -> (u64, Option<io::Error>) {
    if soft >= wanted {
        return (soft, None);
    }
    // More than the hard limit is for those with the privilege.
    let error = match os::set_open_files_limit(wanted, hard.max(wanted)) {
        Ok(()) => return (wanted, None),
        Err(error) => error,
    };
    if hard > soft && os::set_open_files_limit(hard.min(wanted), hard).is_ok() {
        return (hard.min(wanted), Some(error));
    }
    (soft, Some(error))
}

/// Makes room for that many clients at run time. Errors: the limit that can't be passed.
pub fn make_room_for_clients(count: u32) -> Result<(), u64> {
    let wanted = u64::from(count) + RESERVED_FILES;
    let (soft, hard) = os::open_files_limit().map_err(|_| 1024u64)?;
    let (best, _) = raise_open_files(soft, hard, wanted);
    if best >= wanted { Ok(()) } else { Err(best.saturating_sub(RESERVED_FILES)) }
}

/// Continues in a child that has left the terminal; the parent ends with code 0. Before any thread is started.
pub fn go_to_background() -> io::Result<()> {
    if os::fork()? == os::Forked::Parent {
        // Nothing may run twice, not even destructors and buffers of the standard streams.
        std::process::exit(0);
    }
    os::detach()
}

/// Writes the pid file. A failure is only reported.
pub fn write_pid_file(path: &[u8], log: &Log) {
    use std::os::unix::ffi::OsStrExt;
    let path = Path::new(std::ffi::OsStr::from_bytes(path));
    if let Err(error) = fs::write(path, format!("{}\n", std::process::id())) {
        log.warning(&format!("Failed to write PID file: {}", os::reason(&error)));
    }
}

/// Tells the supervisor what state the process is in. `false` if there is no supervisor.
pub fn supervised(config: &Config, log: &Log) -> bool {
    let upstart = || std::env::var_os("UPSTART_JOB").is_some();
    let systemd = || std::env::var_os("NOTIFY_SOCKET").is_some();
    match config.supervised {
        Supervised::No => false,
        Supervised::Auto if upstart() => stop_for_upstart(log),
        Supervised::Auto if systemd() => systemd_notify("STATUS=Redis is loading...\n"),
        Supervised::Auto => false,
        Supervised::Upstart if upstart() => stop_for_upstart(log),
        Supervised::Upstart => {
            log.warning("upstart supervision requested, but UPSTART_JOB not found!");
            false
        }
        Supervised::Systemd if systemd() => {
            log.notice(
                "Supervised by systemd. Please make sure you set appropriate values for TimeoutStartSec and \
                 TimeoutStopSec in your service unit.",
            );
            systemd_notify("STATUS=Redis is loading...\n")
        }
        Supervised::Systemd => {
            log.warning("systemd supervision requested or auto-detected, but NOTIFY_SOCKET not found!");
            false
        }
    }
}

fn stop_for_upstart(log: &Log) -> bool {
    log.notice("supervised by upstart, will stop to signal readiness.");
    os::stop_self();
    true
}

/// Sends a state to systemd. Whether it took it.
#[cfg(target_os = "linux")]
pub fn systemd_notify(state: &str) -> bool {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};
    let Some(name) = std::env::var_os("NOTIFY_SOCKET") else { return false };
    let address = match name.as_bytes().strip_prefix(b"@") {
        Some(abstract_name) => SocketAddr::from_abstract_name(abstract_name),
        None => SocketAddr::from_pathname(&name),
    };
    let sent = address.and_then(|address| UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address));
    sent.is_ok()
}

/// There is no systemd here.
#[cfg(not(target_os = "linux"))]
pub fn systemd_notify(_: &str) -> bool {
    false
}

/// Facts about the process that change: resident memory and CPU time.
pub struct Facts {
    page_bytes: usize,
    /// Kept open: it is read ten times a second. `None` where there is no such file; the field stays 0 then.
    statm: Option<fs::File>,
}

impl Facts {
    pub fn new() -> Facts {
        Facts { page_bytes: os::page_bytes(), statm: fs::File::open("/proc/self/statm").ok() }
    }

    /// What never changes.
    pub fn describe(info: &mut ProcessInfo) {
        info.process_id = std::process::id();
        info.os = os::system_name();
        info.arch_bits = usize::BITS;
        info.executable = executable();
        info.allocator = allocator::NAME;
        info.total_system_memory_bytes = os::total_memory_bytes();
    }

    /// What does.
    pub fn refresh(&self, info: &mut ProcessInfo) {
        // `size resident shared …`, in pages.
        let mut text = [0; 64];
        let count = self.statm.as_ref().and_then(|file| file.read_at(&mut text, 0).ok()).unwrap_or(0);
        let resident = text[..count].split(|&byte| byte == b' ').nth(1);
        let pages = resident.and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<usize>().ok());
        info.resident_bytes = pages.unwrap_or(0) * self.page_bytes;
        (info.cpu_system_us, info.cpu_user_us) = os::cpu_time_us();
    }
}

fn executable() -> String {
    std::env::current_exe()
        .map_or_else(|_| std::env::args().next().unwrap_or_default(), |path| path.to_string_lossy().into_owned())
}
