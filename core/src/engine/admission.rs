//! Admission: whether a request may run, decided in the order in which Redis decides.
//!
//! ```text
//!   name unknown ─► subcommand unknown ─► arity ─► DEBUG protected ─► NOAUTH ─► not in MULTI ─┐
//!    (POST, Host: close the connection)                                                           │
//!      run, or queued ◄─ CLIENT PAUSE ◄─ a monitor ◄─ RESP2 and subscribed ◄─ NOREPLICAS ◄─ OOM ◄──────────────┘
//! ```
//!
//! A refused request is answered at once and counted as rejected, except an unknown one, which has no row to count
//! under. A paused one is neither: it stays with the connection and is admitted anew when the pause ends.
//!
//! Source: observed replies of 7.0.15; the order by sending requests that deserve two refusals.

use super::Engine;
use super::client::{ClientFlags, ClientId};
use super::evict::Eviction;
use super::monitor::Speaker;
use crate::commands::lookup::CommandId;
use crate::commands::row::{Command, CommandFlags, Run};
use crate::commands::{Args, CommandError};
use crate::config::{LogLevel, ProtectedAction};
use crate::resp::Protocol;

/// What becomes of a request.
pub(super) enum Admission {
    Run(CommandId),
    /// Refused, and answered.
    Answered,
    /// Waits for CLIENT PAUSE to end.
    Postpone,
}

impl Engine {
    /// Decides whether a request may run. Connections that take too much memory together are closed before.
    #[inline]
    pub(super) fn admit(&mut self, id: ClientId, args: Args<'_>) -> Admission {
        let found = self.find_command(args);
        let Some(command) = found else { return self.reject_unknown(id, args) };
        let row = self.commands.row(command);
        let client = self.client_mut(id);
        client.last_command = Some(command);
        if !row.arity.accepts(args.len()) || matches!(row.run, Run::Container) {
            return self.reject(id, command, args, &CommandError::Arity(row.name));
        }
        if self.evict_clients(Some(id)) {
            return Admission::Answered;
        }
        if let Some(error) = self.refusal(id, row, args) {
            return self.reject(id, command, args, &error);
        }
        if self.cron.pause.is_some() && self.is_paused(id, row, args) {
            return Admission::Postpone;
        }
        if self.client(id).flags.contains(ClientFlags::MULTI) && Engine::is_queued(row.name) {
            self.queue_command(id, command, args);
            return Admission::Answered;
        }
        Admission::Run(command)
    }

    /// The row that a request calls: of the subcommand, where there is one. `None`: there is no such command.
    #[inline]
    pub(super) fn find_command(&self, args: Args<'_>) -> Option<CommandId> {
        let command = self.commands.find(args.at(0))?;
        if self.commands.row(command).subcommands.is_empty() || args.len() == 1 {
            return Some(command);
        }
        self.commands.find_subcommand(command, args.at(1))
    }

    /// Reasons to refuse a known command with the right number of arguments.
    #[inline]
    fn refusal(&mut self, id: ClientId, row: &Command, args: Args<'_>) -> Option<CommandError> {
        if row.flags.contains(CommandFlags::ADMIN)
            && row.name == "debug"
            && !self.protected_action_allowed(id, self.config.enable_debug_command)
        {
            return Some(CommandError::Text(DEBUG_REFUSED_TEXT));
        }
        if !row.flags.contains(CommandFlags::NO_AUTH) && self.auth_required(id) {
            return Some(CommandError::Text("NOAUTH Authentication required."));
        }
        let flags = self.client(id).flags;
        if flags.contains(ClientFlags::MULTI) && row.flags.contains(CommandFlags::NO_MULTI) {
            return Some(CommandError::Text("ERR Command not allowed inside a transaction"));
        }
        if self.config.maxmemory > 0 && self.out_of_memory(id, row, args) {
            return Some(CommandError::Text("OOM command not allowed when used memory > 'maxmemory'."));
        }
        if !(self.persistence.last_background_ok && self.persistence.aof.last_write_ok())
            && let Some(refused) = self.denial_for_disk(id, row, args)
        {
            return Some(refused);
        }
        if self.config.min_replicas_to_write > 0 && self.lacks_replicas(id, row, args) {
            return Some(CommandError::Text(NOREPLICAS_TEXT));
        }
        if flags.contains(ClientFlags::PUBSUB) && self.client(id).reply.protocol() == Protocol::Resp2 {
            let refused = refused_while_listening(row);
            if refused.is_some() {
                return refused;
            }
        }
        if self.persistence.is_loading() && self.is_denied_while_loading(id, row) {
            return Some(CommandError::Text("LOADING Redis is loading the dataset in memory"));
        }
        #[cfg(feature = "lua")]
        if !row.flags.contains(CommandFlags::ALLOW_BUSY)
            && let Some(busy) = self.busy_error()
        {
            return Some(busy);
        }
        if flags.intersects(ClientFlags::MONITOR | ClientFlags::REPLICA) && self.touches_keyspace(id, row, args) {
            return Some(CommandError::Text("ERR Replica can't interact with the keyspace"));
        }
        None
    }

    /// The refusal of whatever writes, and of PING, after the disk has failed.
    #[cold]
    fn denial_for_disk(&self, id: ClientId, row: &Command, args: Args<'_>) -> Option<CommandError> {
        let writes = row.name == "ping" || self.flags_with_queue(id, row, args).contains(CommandFlags::WRITE);
        self.disk_error().filter(|_| writes)
    }

    /// Why nothing may be written, if so: the last save failed (`stop-writes-on-bgsave-error`), or the log could not be written or
    /// synced.
    fn disk_error(&self) -> Option<CommandError> {
        let config = &self.config;
        if !self.persistence.last_background_ok && config.stop_writes_on_bgsave_error && !config.save.is_empty() {
            return Some(CommandError::Text(MISCONF_TEXT));
        }
        let error = self.persistence.aof.error()?;
        Some(CommandError::formatted(format!("MISCONF Errors writing to the AOF file: {error}")))
    }

    /// Why a script may not begin to write now.
    #[cfg(feature = "lua")]
    pub(crate) fn denial_of_writes(&self) -> Option<CommandError> {
        if self.policy.replays {
            return None;
        }
        let lacks_replicas = self.config.min_replicas_to_write > 0 && self.lacks_good_replicas();
        self.disk_error().or_else(|| lacks_replicas.then_some(CommandError::Text(NOREPLICAS_TEXT)))
    }

    #[cold]
    fn is_denied_while_loading(&self, id: ClientId, row: &Command) -> bool {
        let queued = self.client(id).transaction.as_ref();
        !row.flags.contains(CommandFlags::LOADING)
            || row.name == "exec" && queued.is_some_and(|transaction| transaction.denied_while_loading)
    }

    /// Whether the command writes and fewer replicas follow closely than `min-replicas-to-write` asks for.
    #[cold]
    fn lacks_replicas(&self, id: ClientId, row: &Command, args: Args<'_>) -> bool {
        self.lacks_good_replicas() && self.flags_with_queue(id, row, args).contains(CommandFlags::WRITE)
    }

    fn lacks_good_replicas(&self) -> bool {
        let lag_max_s = u64::from(self.config.min_replicas_max_lag);
        lag_max_s > 0 && self.replicas.good(self.now.unix_s(), lag_max_s) < self.config.min_replicas_to_write as usize
    }

    /// The flags of a command; EXEC has those of everything that was queued, too, and what runs a script those that the
    /// script says of itself.
    fn flags_with_queue(&self, id: ClientId, row: &Command, args: Args<'_>) -> CommandFlags {
        match &self.client(id).transaction {
            Some(transaction) if row.name == "exec" => row.flags | transaction.flags,
            _ => self.flags_with_script(row, args),
        }
    }

    #[cfg(not(feature = "lua"))]
    pub(super) fn flags_with_script(&self, row: &Command, _: Args<'_>) -> CommandFlags {
        row.flags
    }

    /// Whether the command is of those that a monitor may not run.
    #[cold]
    fn touches_keyspace(&self, id: ClientId, row: &Command, args: Args<'_>) -> bool {
        let touching = CommandFlags::READONLY | CommandFlags::WRITE | CommandFlags::MAY_REPLICATE;
        self.flags_with_queue(id, row, args).intersects(touching)
    }

    /// Makes room if memory is short, whatever the command; whether `row` needs memory and there is none. A queue needs
    /// memory for whatever it is told.
    #[cold]
    fn out_of_memory(&mut self, id: ClientId, row: &Command, args: Args<'_>) -> bool {
        let queues = self.client(id).flags.contains(ClientFlags::MULTI)
            && !matches!(row.name, "exec" | "discard" | "quit" | "reset");
        let needs_memory = queues || self.flags_with_queue(id, row, args).contains(CommandFlags::DENYOOM);
        // While paused the data set is to stay as it is, and a full memory is overlooked.
        self.cron.pause.is_none() && self.evict() == Eviction::Failed && needs_memory
    }

    /// Whether the pause in force holds `row` back: ALL every command, WRITE those that may change or propagate.
    #[cold]
    fn is_paused(&mut self, id: ClientId, row: &Command, args: Args<'_>) -> bool {
        self.end_pause_if_over();
        if self.client(id).flags.contains(ClientFlags::MONITOR) {
            return false;
        }
        let changes =
            self.flags_with_queue(id, row, args).intersects(CommandFlags::WRITE | CommandFlags::MAY_REPLICATE);
        self.cron.pause.is_some_and(|pause| changes || !pause.writes_only)
    }

    /// Whether a client has to authenticate before it may do anything else.
    pub(crate) fn auth_required(&self, id: ClientId) -> bool {
        !self.client(id).authenticated() && self.password().is_some()
    }

    /// The default user's password, if one is set.
    pub(crate) fn password(&self) -> Option<&[u8]> {
        self.config.requirepass.as_deref().filter(|password| !password.is_empty())
    }

    /// Whether these are the credentials of a user. In a time that depends on their lengths only.
    pub(crate) fn accepts_credentials(&self, user: &[u8], password: &[u8]) -> bool {
        user == b"default" && self.password().is_none_or(|expected| is_same(expected, password))
    }

    /// Whether a protected feature (`enable-debug-command`, …) is open to this client.
    pub(crate) fn protected_action_allowed(&self, id: ClientId, setting: ProtectedAction) -> bool {
        let peer = &self.client(id).peer;
        match setting {
            ProtectedAction::No => false,
            ProtectedAction::Yes => true,
            ProtectedAction::Local => peer.loopback || peer.unix_socket,
        }
    }

    /// Answers a refusal and counts it.
    fn reject(&mut self, id: ClientId, command: CommandId, args: Args<'_>, error: &CommandError) -> Admission {
        self.stats.command(command).rejected += 1;
        self.spoil_transaction(id);
        if self.commands.row(command).name == "exec" {
            self.discard_transaction(id);
            let text = error.text();
            let reason = text.strip_prefix(b"ERR ").unwrap_or(&text);
            self.reply_error(id, &[b"EXECABORT Transaction discarded because of: ", reason].concat());
            // Monitors have seen MULTI: now they see that it is over.
            self.feed_monitors(id, args, Speaker::Client);
        } else {
            self.reply_error(id, &error.text());
        }
        Admission::Answered
    }

    #[cold]
    fn reject_unknown(&mut self, id: ClientId, args: Args<'_>) -> Admission {
        if is_cross_protocol(args.at(0)) {
            let minute = self.now.unix_s() / 60;
            if self.cron.attack_logged_minute.replace(minute) != Some(minute) {
                self.log(LogLevel::Warning, CROSS_PROTOCOL_TEXT);
            }
            self.client_mut(id).flags.insert(ClientFlags::CLOSE_ASAP);
            return Admission::Answered;
        }
        self.client_mut(id).last_command = None;
        self.spoil_transaction(id);
        let is_container = self.commands.find(args.at(0)).is_some();
        let error = if is_container { unknown_subcommand(args) } else { unknown_command(args) };
        self.reply_error(id, &error.text());
        Admission::Answered
    }
}

const CROSS_PROTOCOL_TEXT: &str = "Possible SECURITY ATTACK detected. It looks like somebody is \
sending POST or Host: commands to Redis. This is likely due to an attacker attempting to use Cross \
Protocol Scripting to compromise your Redis instance. Connection aborted.";

const NOREPLICAS_TEXT: &str = "NOREPLICAS Not enough good replicas to write.";
const MISCONF_TEXT: &str = "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to \
disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during \
writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the \
RDB error.";

const DEBUG_REFUSED_TEXT: &str = "ERR DEBUG command not allowed. If the enable-debug-command option \
is set to \"local\", you can run it from a local connection, otherwise you need to set this option \
in the configuration file, and then restart the server.";

/// While a RESP2 connection listens, whatever arrives has to be a message or about subscriptions.
fn refused_while_listening(row: &Command) -> Option<CommandError> {
    const ALLOWED: [&str; 9] = [
        "ping",
        "subscribe",
        "psubscribe",
        "ssubscribe",
        "unsubscribe",
        "punsubscribe",
        "sunsubscribe",
        "quit",
        "reset",
    ];
    (!ALLOWED.contains(&row.name)).then(|| {
        let name = row.name;
        let allowed = "(P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context";
        CommandError::formatted(format!("ERR Can't execute '{name}': only {allowed}"))
    })
}

/// What a browser would send.
fn is_cross_protocol(name: &[u8]) -> bool {
    let name = c_text(name, usize::MAX);
    name.eq_ignore_ascii_case(b"post") || name.eq_ignore_ascii_case(b"host:")
}

/// What of a name, and of the arguments together, an error shows.
const SHOWN_BYTES: usize = 128;

/// The text ends at a NUL, as the original prints C strings.
fn c_text(bytes: &[u8], bytes_max: usize) -> &[u8] {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    &bytes[..end.min(bytes_max)]
}

fn unknown_command(args: Args<'_>) -> CommandError {
    let mut shown = Vec::new();
    for arg in args.iter().skip(1) {
        if shown.len() >= SHOWN_BYTES {
            break;
        }
        // Quotes and the space after each count, too.
        let room = SHOWN_BYTES - shown.len();
        shown.push(b'\'');
        shown.extend_from_slice(c_text(arg, room));
        shown.extend_from_slice(b"' ");
    }
    let mut text = b"ERR unknown command '".to_vec();
    text.extend_from_slice(c_text(args.at(0), SHOWN_BYTES));
    text.extend_from_slice(b"', with args beginning with: ");
    text.extend_from_slice(&shown);
    CommandError::formatted(text)
}

fn unknown_subcommand(args: Args<'_>) -> CommandError {
    let mut text = b"ERR unknown subcommand '".to_vec();
    text.extend_from_slice(c_text(args.at(1), SHOWN_BYTES));
    text.extend_from_slice(b"'. Try ");
    text.extend_from_slice(&c_text(args.at(0), usize::MAX).to_ascii_uppercase());
    text.extend_from_slice(b" HELP.");
    CommandError::formatted(text)
}

/// Compares in a time that depends on the lengths only.
fn is_same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |different, (a, b)| different | (a ^ b)) == 0
}
