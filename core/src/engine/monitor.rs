//! MONITOR: clients that are shown every command as it has run; and the one place that looks at a finished call for
//! MONITOR, the slow log and the latency events.
//!
//! ```text
//!   call ─► at least `observe_from_us` long ─► observe ─► latency event ─► slow log ─► a line to every monitor
//!           (0 while somebody monitors, else the lowest threshold, else never)
//! ```
//!
//! - A line comes behind the command's own reply, and inside of EXEC's array if the monitor itself runs the transaction.
//! - Commands of the flags ADMIN and SKIP_MONITOR are not shown, nor are those that were refused or only queued.
//! - What EXEC and scripts call is shown call by call. EVAL and its like are fed before they run
//!   ([`feed_monitors`](Engine::feed_monitors)), so that they stand before what they call.
//! - The database is the one after the command: `SELECT 3` is shown in 3.
//! - Passwords are shown, and logged, as `(redacted)`.
//! - A monitor counts as a replica that may not touch the keyspace, does not time out and is not paused.
//!
//! Cost: one comparison a call while nothing is to be observed.
//!
//! Source: observed lines of 7.0.15.

use super::Engine;
use super::client::{ClientFlags, ClientId};
use crate::commands::row::{Command, CommandFlags};
use crate::commands::{Args, OwnedArgs};
use crate::numbers::integer::parse_i64;
use crate::quoting;

/// Who ran a command that monitors are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaker {
    Client,
    /// A script, on behalf of the client.
    Script,
}

/// Shown in the place of a password.
const REDACTED: &str = "(redacted)";

/// Settings of which neither monitors nor the slow log may show the value.
const SECRET_SETTINGS: [&str; 5] =
    ["requirepass", "masterauth", "masteruser", "tls-key-file-pass", "tls-client-key-file-pass"];

impl Engine {
    /// MONITOR. Whether the client did not monitor already.
    pub(crate) fn start_monitoring(&mut self, id: ClientId) -> bool {
        if self.client(id).flags.contains(ClientFlags::MONITOR) {
            return false;
        }
        self.client_mut(id).flags.insert(ClientFlags::MONITOR);
        self.monitors.push(id);
        self.choose_what_to_observe();
        true
    }

    /// RESET, or the end of a connection.
    pub(crate) fn stop_monitoring(&mut self, id: ClientId) {
        let Some(client) = self.clients.get_mut(id).filter(|client| client.flags.contains(ClientFlags::MONITOR)) else {
            return;
        };
        client.flags.remove(ClientFlags::MONITOR);
        self.monitors.retain(|&monitor| monitor != id);
        self.choose_what_to_observe();
    }

    /// Derives from what duration on a call is looked at. Called when a threshold or the list of monitors changes.
    pub(super) fn choose_what_to_observe(&mut self) {
        let slow_us = u64::try_from(self.config.slowlog_log_slower_than).unwrap_or(u64::MAX);
        let latency_us = match self.config.latency_monitor_threshold {
            0 => u64::MAX,
            threshold_ms => threshold_ms.saturating_mul(1000),
        };
        self.observe_from_us = if self.monitors.is_empty() { slow_us.min(latency_us) } else { 0 };
    }

    /// Looks at a call that has just run. `waits`: it is not answered yet, and will be logged when it is.
    #[cold]
    pub(super) fn observe(
        &mut self,
        id: ClientId,
        row: &Command,
        args: Args<'_>,
        elapsed_us: u64,
        waits: bool,
        speaker: Speaker,
    ) {
        let event = if row.flags.contains(CommandFlags::FAST) { "fast-command" } else { "command" };
        self.note_latency(event, elapsed_us);
        let redacted = self.redacted(row, args);
        let args = redacted.as_ref().map_or(args, |redacted| redacted.as_args());
        if !waits {
            self.log_if_slow(id, row, args, elapsed_us);
        }
        if !self.monitors.is_empty() && !row.flags.intersects(CommandFlags::ADMIN | CommandFlags::SKIP_MONITOR) {
            self.feed_monitors(id, args, speaker);
        }
    }

    /// Shows a command to everybody who monitors. O(monitors × length).
    pub(crate) fn feed_monitors(&mut self, id: ClientId, args: Args<'_>, speaker: Speaker) {
        if self.monitors.is_empty() {
            return;
        }
        let Some(client) = self.clients.get(id) else { return };
        let unix_us = self.now.unix_us;
        let mut line = format!("+{}.{:06} [{} ", unix_us / 1_000_000, unix_us % 1_000_000, client.db.0).into_bytes();
        if speaker == Speaker::Script {
            line.extend_from_slice(b"lua");
        } else if client.flags.contains(ClientFlags::UNIX_SOCKET) {
            line.extend_from_slice(b"unix:");
            line.extend_from_slice(self.config.unixsocket.as_deref().unwrap_or_default());
        } else {
            line.extend_from_slice(client.peer.address.as_bytes());
        }
        line.push(b']');
        for arg in args.iter() {
            line.push(b' ');
            quoting::append_quoted(&mut line, arg);
        }
        line.extend_from_slice(b"\r\n");
        for at in 0..self.monitors.len() {
            self.show(self.monitors[at], &line);
        }
    }

    /// The arguments without their passwords, if there are any.
    fn redacted(&self, row: &Command, args: Args<'_>) -> Option<OwnedArgs> {
        let is_secret: fn(&Engine, Args<'_>, usize) -> bool = match row.name {
            // With more arguments it is refused before it looks at them.
            "auth" if args.len() <= 3 => |_, _, at| at > 0,
            "hello" => is_after_auth,
            "migrate" => is_credential_of_migrate,
            // An odd number of arguments is refused before any of them is looked at.
            "config|set" if args.len().is_multiple_of(2) => {
                |_, args, at| at > 2 && at % 2 == 1 && SECRET_SETTINGS.iter().any(|name| args.is(at - 1, name))
            }
            _ => return None,
        };
        if !(1..args.len()).any(|at| is_secret(self, args, at)) {
            return None;
        }
        let shown = (0..args.len()).map(|at| if is_secret(self, args, at) { REDACTED.as_bytes() } else { args.at(at) });
        Some(shown.collect())
    }

    fn show(&mut self, monitor: ClientId, line: &[u8]) {
        let Some(client) = self.clients.get_mut(monitor) else { return };
        if client.closing() || client.flags.intersects(ClientFlags::REPLY_OFF | ClientFlags::REPLY_SKIP) {
            return;
        }
        client.reply.raw(line);
        self.check_output_limit(monitor);
        self.mark_pending(monitor);
    }
}

/// Whether an argument of MIGRATE is a name or password behind AUTH or AUTH2.
fn is_credential_of_migrate(_: &Engine, args: Args<'_>, at: usize) -> bool {
    let mut option = 6;
    // Options are looked at one by one, up to one that is refused.
    while option < args.len() && !args.is(option, "keys") {
        let words = match () {
            () if args.is(option, "auth") => 1,
            () if args.is(option, "auth2") => 2,
            () if args.is(option, "copy") || args.is(option, "replace") => 0,
            () => return false,
        };
        if option + words >= args.len() {
            return false;
        }
        if (option + 1..=option + words).contains(&at) {
            return true;
        }
        option += words + 1;
    }
    false
}

/// Whether an argument of HELLO is a name or password behind AUTH.
fn is_after_auth(engine: &Engine, args: Args<'_>, at: usize) -> bool {
    // Options are looked at one by one: behind one that is refused, or without a version that exists, nothing is.
    if !matches!(parse_i64(args.at(1)), Some(2 | 3)) {
        return false;
    }
    let mut option = 2;
    while option < args.len() {
        if args.is(option, "auth") && option + 2 < args.len() {
            if at == option + 1 || at == option + 2 {
                return true;
            }
            if !engine.accepts_credentials(args.at(option + 1), args.at(option + 2)) {
                return false;
            }
            option += 3;
        } else if args.is(option, "setname")
            && args.get(option + 1).is_some_and(|name| name.iter().all(u8::is_ascii_graphic))
        {
            option += 2;
        } else {
            return false;
        }
    }
    false
}
