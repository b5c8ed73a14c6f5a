//! The one executor: requests from a query buffer, admission, the call, and what follows from it.
//!
//! ```text
//!   handle_readable ─► parse ─► admit ─► call ─► effects: journal, events, touched keys ─► reply kept or muted
//!                        │        ├─ refused: an error, counted as rejected
//!                        │        └─ paused: the request stays until the pause is over
//!                        └─ protocol error: one reply, then the connection closes
//! ```
//!
//! A client's input stands still while it is *postponed* (CLIENT PAUSE; the request is admitted anew), *blocked* (it waits
//! for a key), while the driver has its request *under way*, or while the whole server is *frozen* (DEBUG SLEEP).
//!
//! Source: observed behaviour of 7.0.15. Deviation: input that follows QUIT or a protocol error is dropped at once, not
//! kept until the connection is gone.

use super::Engine;
use super::action::Action;
use super::admission::Admission;
use super::client::{ClientFlags, ClientId, ReplyStart};
use super::journal::Readers;
use super::monitor::Speaker;
use crate::commands::lookup::CommandId;
use crate::commands::row::{Command, CommandFlags, Run};
use crate::commands::{Args, Ctx, Flow};
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
    /// The request is consumed and not answered yet; the next waits for that.
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

    /// Goes on with every client whose input was left waiting by a pause or a freeze, in order of their ids.
    pub(crate) fn resume_waiting_input(&mut self) {
        let waiting = ClientFlags::POSTPONED | ClientFlags::INPUT_WAITING;
        let waiting = self.clients.iter().filter(|c| c.flags.intersects(waiting));
        let mut ids: Vec<ClientId> = waiting.map(|c| c.id).collect();
        ids.sort();
        for id in ids {
            self.resume(id);
        }
    }

    pub(super) fn process_input(&mut self, id: ClientId) {
        let frozen = self.is_frozen() || self.suspended.is_some();
        let Some(client) = self.clients.get_mut(id) else { return };
        if self.exiting {
            // Should the end be called off, it is looked at then.
            client.flags.insert(ClientFlags::INPUT_WAITING);
            return;
        }
        if client.closing() {
            client.query.consume(client.query.len());
            return;
        }
        client.flags.set(ClientFlags::INPUT_WAITING, frozen);
        if !frozen && !client.flags.intersects(STANDS_STILL) {
            // Taken out while commands run: arguments borrow from the buffer, commands borrow the engine.
            let mut query = std::mem::take(&mut client.query);
            let mut parser = std::mem::take(&mut client.parser);
            client.query_bytes = query.len() - parser.parsed_bytes();
            client.query_free_bytes = query.capacity() - query.len();
            self.lap = None;
            self.run_requests(id, &mut query, &mut parser);
            query.return_storage(&mut self.shared_query);
            self.drop_if_gone(id);
            let Some(client) = self.clients.get_mut(id) else { return };
            client.query = query;
            client.parser = parser;
            client.query_bytes = 0;
            client.query_free_bytes = 0;
        }
        let Some(client) = self.clients.get_mut(id) else { return };
        if client.unparsed_bytes() as u64 > self.config.client_query_buffer_limit {
            self.close_for_query_limit(id);
        }
        self.mark_pending(id);
    }

    fn run_requests(&mut self, id: ClientId, query: &mut QueryBuffer, parser: &mut RequestParser) {
        loop {
            let open = self.password().is_none();
            let frozen = self.is_frozen() || self.suspended.is_some() || self.exiting;
            let Some(client) = self.clients.get_mut(id) else { return };
            if client.closing() || query.is_empty() {
                return;
            }
            if frozen {
                client.flags.insert(ClientFlags::INPUT_WAITING);
                return;
            }
            let limits = Limits {
                bulk_bytes_max: self.config.proto_max_bulk_len as i64,
                authenticated: open || client.authenticated(),
            };
            match parser.parse(query.data(), limits) {
                Ok(Request::Incomplete) => return,
                Ok(Request::Skip { bytes }) => {
                    query.consume(bytes);
                    parser.reset();
                    end_request(client, false);
                }
                Ok(Request::Complete { bytes }) => {
                    let query_limit = self.config.client_query_buffer_limit;
                    if bytes as u64 > query_limit && parser.longest_argument_bytes() as u64 + 2 > query_limit {
                        return self.close_for_query_limit(id);
                    }
                    let buffer = parser.inline_buffer().unwrap_or(query.data());
                    let executed = self.execute(id, Args::new(buffer, parser.spans()));
                    if matches!(executed, Executed::Postponed) {
                        return;
                    }
                    query.consume(bytes);
                    parser.reset();
                    if matches!(executed, Executed::Blocked) {
                        return;
                    }
                }
                Err(error) => return self.fail_protocol(id, error, query.data()),
            }
        }
    }

    /// Runs one request of a client.
    fn execute(&mut self, id: ClientId, args: Args<'_>) -> Executed {
        let start = self.client(id).reply_start();
        match self.admit(id, args) {
            Admission::Run(command) => {
                let (flow, ran_us) = self.call(id, command, args, start);
                if !matches!(flow, Flow::Done) {
                    self.leave_open(id, flow, args.bytes(), ran_us);
                    return Executed::Blocked;
                }
                self.finish_request(id);
            }
            Admission::Answered => {
                self.client_mut(id).mute(start);
                self.finish_request(id);
            }
            Admission::Postpone => {
                self.client_mut(id).flags.insert(ClientFlags::POSTPONED);
                return Executed::Postponed;
            }
        }
        self.serve_ready();
        Executed::Next
    }

    /// A command has run and is not answered yet.
    #[cold]
    fn leave_open(&mut self, id: ClientId, flow: Flow, argument_bytes: usize, ran_us: u64) {
        if let Some(client) = self.clients.get_mut(id) {
            match flow {
                Flow::Block(wait) => self.block(id, wait, argument_bytes, ran_us),
                _ => client.flags.insert(ClientFlags::UNDER_WAY),
            }
            self.send_pending_invalidations(id);
        }
        self.serve_ready();
    }

    /// The reply to a request is complete, or taken back.
    pub(crate) fn finish_request(&mut self, id: ClientId) {
        let Some(client) = self.clients.get_mut(id) else {
            self.tracking.forget_pending();
            return;
        };
        if client.flags.intersects(AFTER_REQUEST) {
            let command = client.last_command;
            let is_client_command = command.is_some_and(|c| self.commands.row(c).name.starts_with("client|"));
            end_request(client, is_client_command);
        }
        if self.tracking.has_pending() {
            self.send_pending_invalidations(id);
        }
        self.check_output_limit(id);
    }

    /// Runs a command that has been admitted. Every way in ends here. Returns how long it took, too, in microseconds.
    /// `start`: where its reply begins.
    pub(crate) fn call(&mut self, id: ClientId, command: CommandId, args: Args<'_>, start: ReplyStart) -> (Flow, u64) {
        let row = self.commands.row(command);
        let (flow, elapsed) = self.run_row(id, command, args, Readers::all());
        if start.muted || !self.own_pushes.is_empty() {
            self.place_pushes(id, row, start);
        }
        self.caller = None;
        if elapsed >= self.observe_from_us && !self.policy.replays {
            // EXEC is shown behind what it ran.
            let goes_on = matches!(flow, Flow::Asked) && row.name == "exec" && self.put_off(id, args);
            if !goes_on {
                self.observe(id, row, args, elapsed, matches!(flow, Flow::Block(_)), Speaker::Client);
            }
        }
        // After the effects: a key that this very read found overdue was not tracked yet when it was deleted.
        if self.tracking.is_active() && row.flags.contains(CommandFlags::READONLY) {
            self.remember_tracked_keys(id, row, args);
        }
        (flow, elapsed)
    }

    /// Runs a command that a script of the client calls. Its reply is taken off the client's output and appended to `reply`;
    /// what it pushes to its own client waits for the script's end. `readers`: to whom it is propagated.
    #[cfg(feature = "lua")]
    pub(crate) fn call_for_script(
        &mut self,
        id: ClientId,
        command: CommandId,
        args: Args<'_>,
        readers: Readers,
        reply: &mut Vec<u8>,
    ) {
        let row = self.commands.row(command);
        let start = self.client(id).reply.len();
        let (flow, elapsed) = self.run_row(id, command, args, readers);
        assert!(matches!(flow, Flow::Done), "{} waits, and scripts may not call it", row.name);
        let client = self.client_mut(id);
        reply.extend_from_slice(&client.reply.buffer[start..]);
        client.reply.truncate(start);
        if elapsed >= self.observe_from_us {
            self.observe(id, row, args, elapsed, false, Speaker::Script);
        }
        if self.tracking.is_active() && row.flags.contains(CommandFlags::READONLY) {
            self.remember_script_keys(id);
        }
    }

    /// Runs a row and acts on its effects. `readers`: who gets the command out of the journal; deletions that it met are for all.
    #[inline]
    fn run_row(&mut self, id: ClientId, command: CommandId, args: Args<'_>, readers: Readers) -> (Flow, u64) {
        let row = self.commands.row(command);
        let dirty = self.effects.dirty;
        let errors = self.stats.error_replies;
        self.caller = Some(id);
        let started = self.lap.take().unwrap_or_else(|| self.stopwatch_us());
        let result = match row.run {
            Run::Data(run) => {
                let client = self.clients.get_mut(id).expect("the caller exists");
                let db = client.db;
                let mut ctx = Ctx {
                    db: Database::new(&mut self.keyspace, db, &mut self.effects, &mut self.rng, self.now, self.policy),
                    reply: &mut client.reply,
                    deny_blocking: client.flags.contains(ClientFlags::DENY_BLOCKING),
                    in_script: client.flags.contains(ClientFlags::SCRIPT),
                    serves_waiter: false,
                };
                run(&mut ctx, args)
            }
            Run::Server(run) => run(self, id, args),
            Run::Container => unreachable!("a container is refused by its arity"),
        };
        let ended = self.stopwatch_us();
        self.lap = Some(ended);
        let elapsed = ended.saturating_sub(started);
        let flow = match result {
            Ok(flow) => flow,
            Err(error) => {
                self.reply_error(id, &error.text());
                Flow::Done
            }
        };
        if self.policy.replays {
            // Nobody asked for it: it is not counted, and it has been logged already.
            let _ = self.has_failed(errors);
            self.flush_effects(Some(id));
            return (flow, 0);
        }
        let failed = self.has_failed(errors);
        let stats = self.stats.command(command);
        stats.calls += 1;
        stats.usec += elapsed;
        stats.failed += failed as u64;
        if self.config.latency_tracking && !matches!(flow, Flow::Block(_)) {
            self.stats.record_latency(command, elapsed);
        }
        self.stats.commands_processed += 1;
        let changed = self.effects.dirty != dirty;
        debug_assert!(
            !changed
                || !row.flags.contains(CommandFlags::READONLY)
                || !self.effects.deletions.is_empty()
                || matches!(self.effects.propagation, Propagation::Forced | Propagation::ForcedToReplicas)
                || !self.effects.record_journal,
            "a READONLY command leaves the data alone"
        );
        if self.effects.record_journal {
            let db = self.clients.get(id).map_or(DbIndex(0), |c| c.db);
            self.journal_call(db, row, changed, args, readers);
        }
        self.flush_effects(Some(id));
        (flow, elapsed)
    }

    /// Whether a call failed, of which `errors` were counted before.
    #[cfg(feature = "lua")]
    #[inline]
    fn has_failed(&mut self, errors: u64) -> bool {
        // A script's own reply decides, not what it has called.
        self.scripts.verdict.take().unwrap_or(self.stats.error_replies != errors)
    }

    #[cfg(not(feature = "lua"))]
    fn has_failed(&mut self, errors: u64) -> bool {
        self.stats.error_replies != errors
    }

    /// What has passed for the statistics, in microseconds from no particular moment.
    #[inline]
    pub(super) fn stopwatch_us(&self) -> u64 {
        (self.stopwatch)() + self.slept_us
    }

    /// Takes the reply of a call back if it is not wanted, and puts before it what the call has pushed to its own client.
    #[cold]
    fn place_pushes(&mut self, id: ClientId, row: &Command, start: ReplyStart) {
        let Some(client) = self.clients.get_mut(id) else { return self.own_pushes.clear() };
        if row.name != "exec" {
            // EXEC has muted reply by reply.
            client.mute(start);
        }
        client.reply.buffer.splice(start.at..start.at, self.own_pushes.drain(..));
    }

    /// Gives the engine to the driver for a turn while a script runs: what belongs to the script's call is put aside.
    #[cfg(feature = "lua")]
    pub(crate) fn lend(&mut self, now: Now, turn: impl FnOnce(&mut Engine)) {
        let then = self.now;
        let caller = self.caller.take();
        let own_pushes = std::mem::take(&mut self.own_pushes);
        self.advance(now);
        turn(self);
        self.lap = None;
        self.own_pushes = own_pushes;
        self.caller = caller;
        self.now = then;
    }

    /// Whether the script that runs is that client's.
    pub(super) fn script_runs_for(&self, id: ClientId) -> bool {
        #[cfg(feature = "lua")]
        let runs = !self.takes_input(id);
        #[cfg(not(feature = "lua"))]
        let runs = {
            let _ = id;
            false
        };
        runs
    }

    /// Whether a script runs.
    #[inline]
    pub(super) fn script_runs(&self) -> bool {
        #[cfg(feature = "lua")]
        let runs = self.scripts.is_running();
        #[cfg(not(feature = "lua"))]
        let runs = false;
        runs
    }

    /// Whose command runs.
    #[cfg(feature = "lua")]
    pub(crate) fn set_caller(&mut self, caller: Option<ClientId>) {
        self.caller = caller;
    }

    /// Answers an error and counts it.
    pub(crate) fn reply_error(&mut self, id: ClientId, text: &[u8]) {
        self.stats.count_error(text);
        if let Some(client) = self.clients.get_mut(id) {
            client.reply.error(text);
        }
    }

    /// Acts on what the data commands left in [`Effects`](crate::keyspace::Effects). `caller`: whose command it was.
    #[inline]
    pub(crate) fn flush_effects(&mut self, caller: Option<ClientId>) {
        if self.effects.record_journal {
            self.journal_deletions();
        }
        if self.tracking.is_active() {
            self.invalidate_touched(caller);
        }
        self.gather_ready();
        if !self.effects.touched.is_empty() && self.watchers.is_active() {
            self.outdate_watchers();
        }
        if !self.effects.events.is_empty() {
            self.publish_events();
        }
        self.effects.flushed = false;
        if std::mem::take(&mut self.effects.flushed_all) {
            self.save_after_flush();
        }
        if !self.effects.discarded.is_empty() {
            self.actions.extend(self.effects.discarded.drain(..).map(Action::Discard));
        }
        self.effects.touched.clear();
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

/// Flags of clients whose input is not looked at.
const STANDS_STILL: ClientFlags = ClientFlags::POSTPONED.union(ClientFlags::BLOCKED).union(ClientFlags::UNDER_WAY);

/// Flags that mean work when a request ends.
const AFTER_REQUEST: ClientFlags = ClientFlags::REPLY_OFF
    .union(ClientFlags::REPLY_SKIP)
    .union(ClientFlags::REPLY_SKIP_NEXT)
    .union(ClientFlags::TRACKING_CACHING);

/// Resets what lasts for one request only. An empty request counts as one, too.
fn end_request(client: &mut super::client::Client, is_client_command: bool) {
    let flags = &mut client.flags;
    if !is_client_command && !flags.contains(ClientFlags::MULTI) {
        // CLIENT CACHING is for the next command that isn't CLIENT itself, or for the next transaction.
        flags.remove(ClientFlags::TRACKING_CACHING);
    }
    // CLIENT REPLY SKIP: the command after it is the one that stays silent.
    flags.set(ClientFlags::REPLY_SKIP, flags.contains(ClientFlags::REPLY_SKIP_NEXT));
    flags.remove(ClientFlags::REPLY_SKIP_NEXT);
}
