//! Clients of the node: what they send, and that no reply leaves before what it depends on is durable (P2).

use super::*;

pub(super) struct Connection {
    pub id: ClientId,
    /// A transaction is open, and has a FLUSHALL in it.
    pub flushes: bool,
    pub is_in_transaction: bool,
    /// It has commands in it that write.
    pub queues_writes: bool,
    pub sent: u64,
    pub answered: u64,
    /// The last command that may load again, or turn the log on or off, is answered with so many replies.
    pub reload_answered: u64,
    /// The last command that may wait, likewise.
    pub wait_answered: u64,
    /// Bytes taken from it, and what must be durable before which of its bytes: (bytes produced, position).
    pub taken: u64,
    pub needs: VecDeque<(u64, usize)>,
    /// What the replies to come may be.
    pub expected: VecDeque<Expected>,
}

impl Connection {
    fn new(id: ClientId) -> Connection {
        Connection {
            id,
            flushes: false,
            is_in_transaction: false,
            queues_writes: false,
            sent: 0,
            answered: 0,
            reload_answered: 0,
            wait_answered: 0,
            taken: 0,
            needs: VecDeque::new(),
            expected: VecDeque::new(),
        }
    }
}

impl World<'_> {
    /// Commands go to the node one by one, and wait outside while it stands still or loads again: a save has the data of the moment
    /// after the command that began it, and what was loaded is compared before anybody changes it.
    pub(super) fn send(&mut self, client: usize, commands: &[Command]) -> Checked {
        self.row(Actor::Client(client), Some(Actor::Node), || format!("sends {}", shown(commands)));
        self.held.extend(commands.iter().map(|command| (client, command.clone())));
        self.deliver()
    }

    pub(super) fn deliver(&mut self) -> Checked {
        while !self.held.is_empty() && !self.engine.is_frozen() && !self.engine.is_exiting() {
            if self.clients.iter().flatten().any(|connection| connection.answered < connection.reload_answered) {
                break;
            }
            self.flushed = Flushed::No;
            let waits = |client: usize| self.clients[client].as_ref().is_some_and(|c| c.answered < c.wait_answered);
            let Some(next) = self.held.iter().position(|(client, _)| !waits(*client)) else { break };
            let (client, command) = self.held.remove(next).expect("just found");
            let is_queued = self.clients[client].as_ref().is_some_and(|connection| connection.is_in_transaction);
            let is_stale =
                command[1..].first().is_some_and(|word| word == b"LOADAOF") && self.log_state != LogState::On;
            if (is_queued || is_stale) && command[0] == b"DEBUG" {
                // What follows in the transaction would change what was loaded before it can be compared; and a log that was
                // turned off has old data.
                continue;
            }
            let now = self.clock.now();
            let known = self.clients[client].as_ref().map(|connection| connection.id);
            let id = match known.filter(|id| self.engine.is_connected(*id)) {
                Some(id) => id,
                None => {
                    let peer = Peer { loopback: true, ..Peer::default() };
                    let id = self.engine.connect(peer, now).expect("a local connection is let in");
                    self.clients[client] = Some(Connection::new(id));
                    id
                }
            };
            if command[0] == b"DEBUG" {
                self.before_load = self.image();
            }
            if command[0] == b"SHUTDOWN" {
                self.note_end();
            }
            self.expect_reply(client, &command);
            self.engine.query_buffer(id).extend(&request(&command));
            self.engine.handle_readable(id, now);
            self.executed += 1;
            self.note_command(client, &command);
            if command[0] == b"CONFIG" && !self.engine.config().appendonly && self.log_state == LogState::On {
                self.log_ends_with.get_or_insert(Image::of(self.engine.keyspace(), self.trace.verbose()));
            }
            self.take_actions()?;
        }
        Ok(())
    }

    fn note_command(&mut self, client: usize, command: &Command) {
        let connection = self.clients[client].as_mut().expect("it has just sent something");
        match &command[0][..] {
            b"MULTI" if connection.is_in_transaction => {}
            b"MULTI" | b"DISCARD" => (connection.flushes, connection.queues_writes) = (false, false),
            b"FLUSHALL" => connection.flushes = true,
            // The save may begin later, behind a log that is being turned off.
            b"EXEC" if std::mem::take(&mut connection.flushes) => self.flushed = Flushed::Yes,
            _ => {}
        }
        connection.queues_writes |= connection.is_in_transaction && writes(command);
        match &command[0][..] {
            b"MULTI" => connection.is_in_transaction = true,
            b"EXEC" | b"DISCARD" => connection.is_in_transaction = false,
            _ => {}
        }
        connection.sent += 1;
        if matches!(&command[0][..], b"EXEC" | b"DEBUG" | b"CONFIG") {
            connection.reload_answered = connection.sent;
        }
        if command[0].starts_with(b"B") {
            connection.wait_answered = connection.sent;
        }
    }

    /// P2: what has been answered in this turn may show everything that has been executed.
    pub(super) fn note_needs(&mut self) {
        let config = self.engine.config();
        let is_on = self.log_state == LogState::On && config.appendonly;
        let always = is_on && config.appendfsync == AppendFsync::Always;
        for connection in self.clients.iter_mut().flatten() {
            let Some(client) = self.engine.clients().get(connection.id) else { continue };
            let produced = connection.taken + client.output_bytes() as u64;
            if produced > connection.needs.back().map_or(connection.taken, |(bytes, _)| *bytes) {
                connection.needs.push_back((produced, if always { self.stream.len() } else { 0 }));
            }
        }
    }

    pub(super) fn check_needs(&mut self, client: usize, sent: usize) -> Checked {
        let config = self.engine.config();
        let is_on = self.log_state == LogState::On && config.appendonly;
        let always = is_on && config.appendfsync == AppendFsync::Always;
        let no_sync = config.no_appendfsync_on_rewrite;
        let connection = self.clients[client].as_mut().expect("it is answered");
        let mut begin = connection.taken;
        connection.taken += sent as u64;
        let mut needed = 0;
        while let Some(&(end, position)) = connection.needs.front().filter(|_| begin < connection.taken) {
            needed = needed.max(position);
            if end > connection.taken {
                break;
            }
            begin = end;
            connection.needs.pop_front();
        }
        let durable = self.stream.durable();
        if always && !no_sync && needed > durable {
            return Err(self.fail(format!(
                "P2: c{} is answered when {durable} units are synced and it may see {needed}; not synced is {}",
                client + 1,
                self.stream.shown(durable)
            )));
        }
        Ok(())
    }

    /// What this command is to be answered, if it runs now.
    pub(super) fn expect_reply(&mut self, client: usize, command: &Command) {
        let (config, health) = (self.engine.config(), &mut self.health);
        let is_on = self.log_state == LogState::On;
        let is_behind = self.stream.written() < self.stream.len();
        let log_failed = self.stream.is_broken() || health.append_failed;
        let save_failed = health.save_failed && config.stop_writes_on_bgsave_error && !config.save.is_empty();
        let is_unsure = health.sync_failed || health.manifest_failed || is_behind;
        let may = save_failed || self.log_state != LogState::Off && (log_failed || is_unsure);
        let must = save_failed || is_on && log_failed;
        let Some(connection) = &mut self.clients[client] else { return };
        let expected = Expected::of(command, connection.queues_writes, must, may);
        connection.expected.push_back(expected);
        self.marks.sometimes(expected.is_strict() && is_on && log_failed, "a write came while the log was broken");
    }
}
