//! The log, in Redis's format.
//!
//! ```text
//! 27570:M 20 Nov 2026 22:11:49.128 * Ready to accept connections
//! pid  role  local time            mark: . debug  - verbose  * notice  # warning
//! ```
//!
//! A file is opened for every line, as Redis does, so that it can be rotated by renaming. Lines are rare, and nobody
//! waits for the disk.

use std::fs::OpenOptions;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use etalon_core::config::{Config, LogLevel};

use crate::os;

/// Longer messages are cut, in bytes.
const MESSAGE_BYTES_MAX: usize = 1024;

/// Where lines go, and which.
#[derive(Clone, Debug)]
pub struct Log {
    /// Empty: standard output.
    file: Vec<u8>,
    level: LogLevel,
    /// `C` until the server is initialised, then `M`.
    role: char,
}

impl Log {
    /// Before the configuration is known: everything goes to standard output.
    pub fn new() -> Log {
        Log { file: Vec::new(), level: LogLevel::Notice, role: 'C' }
    }

    /// Takes over `logfile` and `loglevel`.
    pub fn configure(&mut self, config: &Config) {
        self.file.clone_from(&config.logfile);
        self.level = config.loglevel;
    }

    /// The role that lines show from now on: `C` a process in the making, `M` a master.
    pub fn set_role(&mut self, role: char) {
        self.role = role;
    }

    /// Whether lines go to standard output.
    pub fn is_stdout(&self) -> bool {
        self.file.is_empty()
    }

    /// `loglevel` has changed.
    pub fn set_level(&mut self, level: LogLevel) {
        self.level = level;
    }

    /// Writes a line, if its level is important enough.
    pub fn line(&self, level: LogLevel, text: &str) {
        if level >= self.level {
            self.line_anyway(level, text);
        }
    }

    /// Writes a line whose level has been checked already.
    pub fn line_anyway(&self, level: LogLevel, text: &str) {
        let mark = match level {
            LogLevel::Debug => '.',
            LogLevel::Verbose => '-',
            LogLevel::Notice => '*',
            LogLevel::Warning => '#',
        };
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let time = format_time(os::local_time(unix.as_secs() as i64), unix.subsec_millis());
        let text = cut(text, MESSAGE_BYTES_MAX);
        self.write(&format!("{}:{} {time} {mark} {text}\n", std::process::id(), self.role));
    }

    /// A line in the form that Redis's signal handlers use: no local time, seconds since the epoch.
    pub fn signal_line(&self, text: &str) {
        let unix_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        self.write(&format!("{}:signal-handler ({unix_s}) {text}\n", std::process::id()));
    }

    pub fn notice(&self, text: &str) {
        self.line(LogLevel::Notice, text);
    }

    pub fn warning(&self, text: &str) {
        self.line(LogLevel::Warning, text);
    }

    /// Text as it is, without a head.
    pub fn write(&self, text: &str) {
        use std::os::unix::ffi::OsStrExt;
        // A log that can't be written has nowhere to complain: the server goes on.
        if self.file.is_empty() {
            let mut out = std::io::stdout().lock();
            let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        } else {
            let path = std::ffi::OsStr::from_bytes(&self.file);
            let _ = OpenOptions::new()
                .append(true)
                .create(true)
                .open(path)
                .and_then(|mut file| file.write_all(text.as_bytes()));
        }
    }
}

fn cut(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn format_time(time: os::LocalTime, ms: u32) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let os::LocalTime { year, month, day, hour, minute, second } = time;
    format!("{day:02} {} {year} {hour:02}:{minute:02}:{second:02}.{ms:03}", MONTHS[month])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_written_as_redis_writes_it() {
        let time = os::LocalTime { year: 2026, month: 10, day: 5, hour: 7, minute: 8, second: 9 };
        assert_eq!(format_time(time, 12), "05 Nov 2026 07:08:09.012");
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("aé", 3), "aé");
    }
}
