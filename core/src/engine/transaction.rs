//! Transactions: what MULTI queues, and how EXEC runs it.
//!
//! ```text
//!   MULTI ─► admission queues each command (+QUEUED) ─► EXEC ─► one call after the other, nobody in between
//!                │ refused: the transaction is spoilt         ├─ spoilt: EXECABORT
//!                                                             └─ a watched key changed: null (watch.rs)
//! ```
//!
//! - A spoilt or outdated transaction still answers QUEUED, and keeps nothing of what it is told.
//! - What the calls propagate is gathered and leaves together, between MULTI and EXEC if it is more than one command.
//! - A command that has to ask the driver (CONFIG REWRITE) suspends the transaction: no other client's input is looked at
//!   until it has been completed.
//! - CLIENT REPLY takes effect from command to command, as it does outside.
//!
//! Source: observed behaviour of 7.0.15.

use super::Engine;
use super::client::{ClientFlags, ClientId};
use super::monitor::Speaker;
use crate::commands::lookup::CommandId;
use crate::commands::row::CommandFlags;
use crate::commands::{Args, Flow, OwnedArgs};

/// What a client has queued since MULTI.
#[derive(Clone, Debug, Default)]
pub struct Transaction {
    commands: Vec<Queued>,
    /// How many of them EXEC has run.
    done: usize,
    /// Flags of all queued commands together: EXEC is refused as the strictest of them would be.
    pub flags: CommandFlags,
    /// One of them may not run while the data is loaded.
    pub denied_while_loading: bool,
    /// Bytes of the queued arguments: CLIENT LIST's `multi-mem`.
    pub argument_bytes: usize,
}

#[derive(Clone, Debug)]
struct Queued {
    command: CommandId,
    args: OwnedArgs,
}

impl Transaction {
    /// Commands that were queued.
    pub fn len(&self) -> usize {
        self.commands.len()
    }

    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// Memory that the queue takes, in bytes.
    pub fn heap_bytes(&self) -> usize {
        size_of::<Transaction>() + self.commands.capacity() * size_of::<Queued>() + self.argument_bytes
    }
}

/// Names of the commands that run at once inside MULTI.
const NOT_QUEUED: [&str; 6] = ["exec", "discard", "multi", "watch", "quit", "reset"];

/// A transaction of which a command waits for the driver.
#[derive(Clone, Debug)]
pub(super) struct Suspended {
    client: ClientId,
    /// EXEC as it was said.
    exec: OwnedArgs,
}

impl Engine {
    /// Whether a command of a client in MULTI waits for EXEC.
    pub(super) fn is_queued(name: &str) -> bool {
        !NOT_QUEUED.contains(&name)
    }

    /// Keeps a command for EXEC, and says so.
    pub(super) fn queue_command(&mut self, id: ClientId, command: CommandId, args: Args<'_>) {
        let flags = self.flags_with_script(self.commands.row(command), args);
        let client = self.client_mut(id);
        let lost = client.flags.intersects(ClientFlags::DIRTY_WATCH | ClientFlags::DIRTY_QUEUE);
        if let Some(transaction) = client.transaction.as_mut().filter(|_| !lost) {
            transaction.flags |= flags;
            transaction.denied_while_loading |= !flags.contains(CommandFlags::LOADING);
            transaction.argument_bytes += args.bytes();
            transaction.commands.push(Queued { command, args: args.iter().collect() });
        }
        client.reply.status("QUEUED");
    }

    /// A command was refused: if it was meant for a transaction, that will not be executed.
    pub(super) fn spoil_transaction(&mut self, id: ClientId) {
        let client = self.client_mut(id);
        if client.flags.contains(ClientFlags::MULTI) {
            client.flags.insert(ClientFlags::DIRTY_QUEUE);
        }
    }

    /// MULTI.
    pub(crate) fn begin_transaction(&mut self, id: ClientId) {
        let client = self.client_mut(id);
        client.flags.insert(ClientFlags::MULTI);
        client.transaction = Some(Box::default());
    }

    /// Forgets what a client has queued and what it watches.
    pub(crate) fn discard_transaction(&mut self, id: ClientId) {
        self.unwatch_all(id);
        let client = self.client_mut(id);
        client.transaction = None;
        client.flags.remove(ClientFlags::MULTI | ClientFlags::DIRTY_QUEUE | ClientFlags::DIRTY_WATCH);
    }

    /// EXEC of a transaction that is neither spoilt nor outdated.
    pub(crate) fn execute_transaction(&mut self, id: ClientId) -> Flow {
        self.unwatch_all(id);
        let client = self.client_mut(id);
        let count = client.transaction.as_ref().map_or(0, |transaction| transaction.len());
        let start = client.reply_start();
        client.reply.array(count);
        client.mute(start);
        client.flags.insert(ClientFlags::DENY_BLOCKING);
        self.begin_gathering();
        self.run_queued(id)
    }

    /// Whether a client's EXEC waits for the driver.
    pub(super) fn is_suspended(&self, id: ClientId) -> bool {
        self.suspended.as_ref().is_some_and(|suspended| suspended.client == id)
    }

    /// EXEC has returned: whether it goes on later, and is looked at then.
    pub(super) fn put_off(&mut self, id: ClientId, exec: Args<'_>) -> bool {
        let suspended = self.suspended.as_mut().filter(|suspended| suspended.client == id);
        suspended.map(|suspended| suspended.exec = exec.iter().collect()).is_some()
    }

    /// Runs what is left of the queue, until a command has to wait for the driver.
    pub(super) fn run_queued(&mut self, id: ClientId) -> Flow {
        let resumed = self.suspended.take();
        while let Some(queued) = self.next_queued(id) {
            let client = self.client(id);
            let (start, closes) = (client.reply_start(), client.flags.contains(ClientFlags::CLOSE_AFTER_REPLY));
            let (flow, _) = self.call(id, queued.command, queued.args.as_args(), start);
            if closes {
                // It has ended itself: the rest of the transaction runs, unheard.
                self.client_mut(id).reply.truncate(start.at);
            }
            if matches!(flow, Flow::Asked) {
                let exec = resumed.map_or_else(OwnedArgs::new, |resumed| resumed.exec);
                self.suspended = Some(Box::new(Suspended { client: id, exec }));
                return flow;
            }
        }
        self.finish_transaction(id);
        if let Some(resumed) = resumed
            && self.observe_from_us == 0
        {
            let row = self.commands.row(self.commands.find(b"exec").expect("it has begun"));
            self.observe(id, row, resumed.exec.as_args(), 0, false, Speaker::Client);
        }
        Flow::Done
    }

    /// Takes the next command out of the queue, which goes on counting it.
    fn next_queued(&mut self, id: ClientId) -> Option<Queued> {
        let transaction = self.clients.get_mut(id)?.transaction.as_mut()?;
        let queued = transaction.commands.get_mut(transaction.done)?;
        transaction.done += 1;
        Some(std::mem::replace(queued, Queued { command: queued.command, args: OwnedArgs::new() }))
    }

    fn finish_transaction(&mut self, id: ClientId) {
        self.end_gathering();
        if let Some(client) = self.clients.get_mut(id) {
            client.flags.remove(ClientFlags::DENY_BLOCKING);
            self.discard_transaction(id);
        }
    }

    /// A transaction that outlived its connection is complete.
    pub(super) fn drop_if_gone(&mut self, id: ClientId) {
        if self.clients.get(id).is_some_and(|client| client.flags.contains(ClientFlags::GONE)) {
            self.forget_client(id);
        }
    }

    /// The client of a suspended transaction is dropped: what is left of the transaction is not run.
    pub(super) fn forget_suspended(&mut self, id: ClientId) {
        if self.is_suspended(id) {
            self.suspended = None;
            self.finish_transaction(id);
        }
    }
}
