//! The one executor: requests from a query buffer, admission, the call, and what follows from it.
//!
//! ```text
//!   handle_readable ─► parse ─► admit ─► call ─► effects: journal, events, touched keys
//!                        │        └─ refused: an error, counted as rejected
//!                        └─ protocol error: one reply, then the connection closes
//! ```

use super::Engine;
use super::client::{ClientFlags, ClientId};
use crate::commands::lookup::CommandId;
use crate::commands::row::{Command, CommandFlags, Run};
use crate::commands::{Args, CommandError, Ctx, Flow, OwnedArgs};
use crate::config::LogLevel;
use crate::keyspace::effects::Propagation;
use crate::keyspace::{Database, DbIndex};
use crate::resp::{Limits, QueryBuffer, Request, RequestParser};
use crate::time::Now;

/// How the execution of one request ended, for the loop over a connection's requests.
enum Executed {
    /// Go on with the next request.
    Next,
    /// The request stays where it is until the client is resumed.
    Postponed,
    /// The request is consumed; the next waits until the client is resumed.
    Blocked,
}

impl Engine {
    /// Bytes have arrived from a client: parses and runs as many commands as are there.
    pub fn handle_readable(&mut self, client: ClientId, now: Now) {
        self.advance(now);
        let Some(c) = self.clients.get_mut(client) else { return };
        c.last_interaction = now;
        self.stats.reads_processed += 1;
        self.process_input(client);
    }

    /// The driver read that many bytes (for INFO's totals).
    pub fn count_input(&mut self, bytes: usize) {
        self.stats.net_input_bytes += bytes as u64;
    }

    /// Goes on with a client's input after what it waited for has happened.
    pub(crate) fn resume(&mut self, client: ClientId) {
        if let Some(c) = self.clients.get_mut(client) {
            c.flags.remove(ClientFlags::POSTPONED | ClientFlags::INPUT_WAITING);
            self.process_input(client);
        }
    }

    /// Goes on with every client whose input was left waiting, in order of their ids.
    pub(crate) fn resume_waiting_input(&mut self) {
        let mut ids: Vec<ClientId> = self
            .clients
            .iter()
            .filter(|c| c.flags.intersects(ClientFlags::POSTPONED | ClientFlags::INPUT_WAITING))
            .map(|c| c.id)
            .collect();
        ids.sort();
        for id in ids {
            self.resume(id);
        }
    }

    fn process_input(&mut self, id: ClientId) {
        let Some(client) = self.clients.get_mut(id) else { return };
        if self.exiting || client.closing() || client.flags.contains(ClientFlags::POSTPONED) {
            return;
        }
        if self.cron.frozen_until_us.is_some() {
            client.flags.insert(ClientFlags::INPUT_WAITING);
            return;
        }
        // Taken out while commands run: arguments borrow from the buffer, commands borrow the engine.
        let mut query = std::mem::take(&mut client.query);
        let mut parser = std::mem::take(&mut client.parser);
        self.run_requests(id, &mut query, &mut parser);
        let over = query.len() as u64 > self.config.client_query_buffer_limit;
        if let Some(client) = self.clients.get_mut(id) {
            client.query = query;
            client.parser = parser;
            if over {
                self.stats.client_query_buffer_limit_disconnections += 1;
                self.log(LogLevel::Warning, "Closing client that reached max query buffer length");
                self.drop_client(id);
                return;
            }
        }
        self.mark_pending(id);
    }

    fn run_requests(&mut self, id: ClientId, query: &mut QueryBuffer, parser: &mut RequestParser) {
        loop {
            let Some(client) = self.clients.get_mut(id) else { return };
            if client.closing() || query.is_empty() {
                return;
            }
            if self.cron.frozen_until_us.is_some() {
                client.flags.insert(ClientFlags::INPUT_WAITING);
                return;
            }
            let limits =
                Limits { bulk_bytes_max: self.config.proto_max_bulk_len as i64, authenticated: client.authenticated() };
            match parser.parse(query.data(), limits) {
                Ok(Request::Incomplete) => return,
                Ok(Request::Skip { bytes }) => {
                    query.consume(bytes);
                    parser.reset();
                }
                Ok(Request::Complete { bytes }) => {
                    client.query_bytes = query.len() - bytes;
                    client.query_free_bytes = query.capacity() - query.len();
                    let buffer = parser.inline_buffer().unwrap_or(query.data());
                    let executed = self.execute(id, Args::new(buffer, parser.spans()));
                    if matches!(executed, Executed::Postponed) {
                        // The request is parsed anew when the client is resumed.
                        parser.reset();
                        return;
                    }
                    query.consume(bytes);
                    parser.reset();
                    if matches!(executed, Executed::Blocked) {
                        return;
                    }
                }
                Err(error) => {
                    let mut text = b"ERR Protocol error: ".to_vec();
                    error.append_text(&mut text);
                    self.stats.protocol_errors += 1;
                    self.reply_error(id, &text);
                    let client = self.client_mut(id);
                    client.flags.insert(ClientFlags::CLOSE_AFTER_REPLY);
                    return;
                }
            }
        }
    }

    /// Runs one request of a client.
    fn execute(&mut self, id: ClientId, args: Args<'_>) -> Executed {
        let reply_start = self.client(id).reply.len();
        let executed = match self.admit(id, args) {
            Admission::Run(command) => match self.call(id, command, args) {
                Flow::Done => Executed::Next,
                Flow::Block => {
                    if let Some(client) = self.clients.get_mut(id) {
                        client.flags.insert(ClientFlags::POSTPONED);
                    }
                    Executed::Blocked
                }
            },
            Admission::Answered => Executed::Next,
            Admission::Postpone => {
                self.client_mut(id).flags.insert(ClientFlags::POSTPONED);
                return Executed::Postponed;
            }
        };
        if let Some(client) = self.clients.get_mut(id) {
            let skip = ClientFlags::REPLY_OFF | ClientFlags::REPLY_SKIP;
            if client.flags.intersects(skip) {
                client.reply.truncate(reply_start);
            }
            // CLIENT REPLY SKIP: the command after it is the one that stays silent.
            client.flags.remove(ClientFlags::REPLY_SKIP);
            if client.flags.contains(ClientFlags::REPLY_SKIP_NEXT) {
                client.flags.remove(ClientFlags::REPLY_SKIP_NEXT);
                client.flags.insert(ClientFlags::REPLY_SKIP);
            }
            self.check_output_limit(id);
        }
        executed
    }

    /// Decides whether a request may run, in the order in which Redis decides.
    #[inline]
    fn admit(&mut self, id: ClientId, args: Args<'_>) -> Admission {
        let name = args.at(0);
        let Some(container) = self.commands.find(name) else {
            if is_cross_protocol(name) {
                self.log(LogLevel::Warning, CROSS_PROTOCOL_TEXT);
                self.client_mut(id).flags.insert(ClientFlags::CLOSE_ASAP);
                return Admission::Answered;
            }
            return self.reject(id, None, &unknown_command(args));
        };
        let mut command = container;
        let mut row = self.commands.row(container);
        if !row.subcommands.is_empty() && args.len() > 1 {
            match self.commands.find_subcommand(container, args.at(1)) {
                Some(found) => {
                    command = found;
                    row = self.commands.row(found);
                }
                None => return self.reject(id, None, &unknown_subcommand(row, args)),
            }
        }
        if !row.arity.accepts(args.len()) || matches!(row.run, Run::Container) {
            let error = CommandError::Arity(row.name);
            return self.reject(id, Some(command), &error);
        }
        if let Some(error) = self.refusal(id, row, args) {
            return self.reject(id, Some(command), &error);
        }
        if let Some(pause) = self.cron.pause {
            let waits = !pause.writes_only || row.flags.intersects(CommandFlags::WRITE | CommandFlags::MAY_REPLICATE);
            if waits && !never_paused(row) {
                return Admission::Postpone;
            }
        }
        Admission::Run(command)
    }

    /// Reasons to refuse a known command with the right number of arguments.
    #[inline]
    fn refusal(&mut self, id: ClientId, row: &Command, args: Args<'_>) -> Option<CommandError> {
        let client = self.client(id);
        if !client.authenticated() && !row.flags.contains(CommandFlags::NO_AUTH) {
            return Some(CommandError::Text("NOAUTH Authentication required."));
        }
        if row.name == "debug" && !self.protected_action_allowed(id, self.config.enable_debug_command) {
            return Some(CommandError::Text(DEBUG_REFUSED_TEXT));
        }
        let _ = args;
        if self.config.maxmemory > 0
            && row.flags.contains(CommandFlags::DENYOOM)
            && self.memory_used_bytes() as u64 > self.config.maxmemory
        {
            return Some(CommandError::Text("OOM command not allowed when used memory > 'maxmemory'."));
        }
        None
    }

    /// Whether a protected feature (`enable-debug-command`, …) is open to this client.
    pub(crate) fn protected_action_allowed(&self, id: ClientId, setting: crate::config::ProtectedAction) -> bool {
        use crate::config::ProtectedAction;
        let peer = &self.client(id).peer;
        match setting {
            ProtectedAction::No => false,
            ProtectedAction::Yes => true,
            ProtectedAction::Local => peer.loopback || peer.unix_socket,
        }
    }

    /// Answers a refusal and counts it.
    fn reject(&mut self, id: ClientId, command: Option<CommandId>, error: &CommandError) -> Admission {
        if let Some(command) = command {
            self.stats.command(command).rejected += 1;
        }
        self.reply_error(id, &error.text());
        Admission::Answered
    }

    /// Runs a command that has been admitted. Every way in ends here.
    pub(crate) fn call(&mut self, id: ClientId, command: CommandId, args: Args<'_>) -> Flow {
        let row = self.commands.row(command);
        let dirty = self.effects.dirty;
        let started = (self.stopwatch)();
        self.client_mut(id).last_command = Some(command);
        let result = match row.run {
            Run::Data(run) => {
                let client = self.clients.get_mut(id).expect("the caller exists");
                let db = client.db;
                let mut ctx = Ctx {
                    db: Database::new(&mut self.keyspace, db, &mut self.effects, &mut self.rng, self.now, self.policy),
                    reply: &mut client.reply,
                };
                run(&mut ctx, args)
            }
            Run::Server(run) => run(self, id, args),
            Run::Container => unreachable!("a container is refused by its arity"),
        };
        let elapsed = (self.stopwatch)().saturating_sub(started);
        let stats = self.stats.command(command);
        stats.calls += 1;
        stats.usec += elapsed;
        if self.config.latency_tracking {
            self.stats.record_latency(command, elapsed);
        }
        self.stats.commands_processed += 1;
        let flow = match result {
            Ok(flow) => flow,
            Err(error) => {
                self.stats.command(command).failed += 1;
                self.reply_error(id, &error.text());
                Flow::Done
            }
        };
        let changed = self.effects.dirty != dirty;
        debug_assert!(
            !changed
                || !row.flags.contains(CommandFlags::READONLY)
                || !self.effects.deletions.is_empty()
                || !self.effects.record_journal,
            "a READONLY command leaves the data alone"
        );
        if self.effects.record_journal {
            let db = self.clients.get(id).map_or(DbIndex(0), |c| c.db);
            self.journal_call(db, row, changed, args);
        }
        self.flush_effects(Some(id));
        flow
    }

    /// Answers an error and counts it.
    pub(crate) fn reply_error(&mut self, id: ClientId, text: &[u8]) {
        self.stats.count_error(text);
        if let Some(client) = self.clients.get_mut(id) {
            client.reply.error(text);
        }
    }

    /// Appends to the journal what a call propagates: the deletions of overdue keys that it met, then itself or what
    /// stands for it. Several commands are one transaction, in the database of the first.
    fn journal_call(&mut self, db: DbIndex, row: &Command, changed: bool, args: Args<'_>) {
        let deletions = std::mem::take(&mut self.effects.deletions);
        let propagation = std::mem::take(&mut self.effects.propagation);
        let own = match &propagation {
            Propagation::Verbatim => usize::from(changed && row.flags.contains(CommandFlags::WRITE)),
            Propagation::Forced => 1,
            Propagation::Instead(list) => list.len(),
            Propagation::Nothing => 0,
        };
        let several = deletions.len() + own > 1;
        if several {
            let first = deletions.first().map_or(db, |(db, _)| *db);
            self.journal_command(first, OwnedArgs::from_iter(["MULTI"]).as_args());
        }
        for (db, deletion) in &deletions {
            self.journal_command(*db, deletion.as_args());
        }
        match &propagation {
            Propagation::Instead(list) => {
                for args in list {
                    self.journal_command(db, args.as_args());
                }
            }
            _ if own == 1 => self.journal_command(db, args),
            _ => {}
        }
        if several {
            append_request(&mut self.journal, OwnedArgs::from_iter(["EXEC"]).as_args());
        }
    }

    /// Appends one command to the journal, preceded by a SELECT if the database differs.
    fn journal_command(&mut self, db: DbIndex, args: Args<'_>) {
        if self.journal_db != Some(db) {
            self.journal_db = Some(db);
            let select = OwnedArgs::from_iter([b"SELECT".to_vec(), db.0.to_string().into_bytes()]);
            append_request(&mut self.journal, select.as_args());
        }
        append_request(&mut self.journal, args);
    }

    /// Acts on what the data commands left in [`Effects`](crate::keyspace::Effects).
    pub(crate) fn flush_effects(&mut self, _caller: Option<ClientId>) {
        if self.effects.record_journal {
            let deletions = std::mem::take(&mut self.effects.deletions);
            for (db, deletion) in &deletions {
                self.journal_command(*db, deletion.as_args());
            }
        }
        // Nobody can subscribe, watch or track yet: the listeners of events and touched keys come with them.
        self.effects.events.clear();
        self.effects.touched.clear();
    }

    /// Closes a client whose output exceeds `client-output-buffer-limit`.
    pub(crate) fn check_output_limit(&mut self, id: ClientId) {
        let limit = self.config.client_output_buffer_limit[0];
        let now = self.now.monotonic_us;
        let Some(client) = self.clients.get_mut(id) else { return };
        let bytes = client.output_bytes() as u64;
        let hard = limit.hard_bytes > 0 && bytes >= limit.hard_bytes;
        let mut soft = limit.soft_bytes > 0 && bytes >= limit.soft_bytes;
        if soft {
            let since = *client.soft_limit_since_us.get_or_insert(now);
            soft = now - since > limit.soft_seconds.max(0) as u64 * 1_000_000;
        } else {
            client.soft_limit_since_us = None;
        }
        if (hard || soft) && !client.closing() {
            client.flags.insert(ClientFlags::CLOSE_ASAP);
            self.stats.client_output_buffer_limit_disconnections += 1;
            self.mark_pending(id);
            self.log(LogLevel::Warning, "Client scheduled to be closed ASAP for overcoming of output buffer limits.");
        }
    }

    /// Runs one command as a client would, for tests and tools: the arguments are handed over, the reply's bytes returned.
    pub fn run_command(&mut self, client: ClientId, args: Args<'_>, now: Now) -> Vec<u8> {
        self.advance(now);
        let start = self.client(client).reply.len();
        self.execute(client, args);
        match self.clients.get_mut(client) {
            Some(c) => c.reply.buffer.split_off(start),
            None => Vec::new(),
        }
    }
}

enum Admission {
    Run(CommandId),
    /// Refused, and answered.
    Answered,
    Postpone,
}

const CROSS_PROTOCOL_TEXT: &str = "Possible SECURITY ATTACK detected. It looks like somebody is \
sending POST or Host: commands to Redis. This is likely due to an attacker attempting to use Cross \
Protocol Scripting to compromise your Redis instance. Connection aborted.";

const DEBUG_REFUSED_TEXT: &str = "ERR DEBUG command not allowed. If the enable-debug-command option \
is set to \"local\", you can run it from a local connection, otherwise you need to set this option \
in the configuration file, and then restart the server.";

/// What a browser would send.
fn is_cross_protocol(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"post") || name.eq_ignore_ascii_case(b"host:")
}

/// Commands that CLIENT PAUSE never holds back.
fn never_paused(row: &Command) -> bool {
    let _ = row;
    false
}

/// The text ends at a NUL, as the original prints C strings.
fn c_text(bytes: &[u8], bytes_max: usize) -> &[u8] {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    &bytes[..end.min(bytes_max)]
}

fn unknown_command(args: Args<'_>) -> CommandError {
    /// What of the name and of the arguments together is shown.
    const SHOWN_BYTES: usize = 128;
    let mut shown = Vec::new();
    for arg in args.iter().skip(1) {
        if shown.len() >= SHOWN_BYTES {
            break;
        }
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

fn unknown_subcommand(container: &Command, args: Args<'_>) -> CommandError {
    let mut text = b"ERR unknown subcommand '".to_vec();
    text.extend_from_slice(c_text(args.at(1), 128));
    text.extend_from_slice(b"'. Try ");
    text.extend_from_slice(container.name.to_uppercase().as_bytes());
    text.extend_from_slice(b" HELP.");
    CommandError::formatted(text)
}

/// Appends a request in RESP form.
fn append_request(out: &mut Vec<u8>, args: Args<'_>) {
    out.extend_from_slice(format!("*{}\r\n", args.len()).as_bytes());
    for arg in args.iter() {
        out.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
        out.extend_from_slice(arg);
        out.extend_from_slice(b"\r\n");
    }
}

/// Keeps the module's clock type in its signature documentation.
const _: fn(&mut Engine, ClientId, Now) = Engine::handle_readable;
