//! The end of the process, asked for by SHUTDOWN or by a signal.
//!
//! ```text
//!   SHUTDOWN ─┐          ┌─ nothing to save ──────────────────────┐
//!             ├─► end ─► ┤                                        ├─► Action::Exit(0)
//!   signal ───┘          └─ save ─┬─ saved, or FORCE ─────────────┘
//!                                 └─ failed ─► an error, and the server goes on
//! ```
//!
//! From the request on no command runs. What belongs to the process (pid file, socket file, the last line of the log) is
//! the driver's. There are no replicas to wait for yet.

use super::Engine;
use super::action::Action;
use super::client::ClientId;
use super::persistence::NOBODY;
use crate::config::{LogLevel, ShutdownFlags};
use crate::time::Now;

/// A signal that ends the process in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShutdownSignal {
    /// SIGTERM
    Terminate,
    /// SIGINT
    Interrupt,
}

impl ShutdownSignal {
    /// What Redis's signal handler logs, in a form of its own, before the server does anything.
    pub fn received_text(self) -> &'static str {
        match self {
            ShutdownSignal::Terminate => "Received SIGTERM scheduling shutdown...",
            ShutdownSignal::Interrupt => "Received SIGINT scheduling shutdown...",
        }
    }
}

impl Engine {
    /// Ends the process as `shutdown-on-sigterm` or `shutdown-on-sigint` says. [`Action::Exit`] follows.
    pub fn shutdown(&mut self, signal: ShutdownSignal, now: Now) {
        self.advance(now);
        let flags = match signal {
            ShutdownSignal::Terminate => self.config.shutdown_on_sigterm,
            ShutdownSignal::Interrupt => self.config.shutdown_on_sigint,
        };
        self.end(NOBODY, flags);
    }

    /// Whether the end has been asked for; nothing runs after that.
    pub fn is_exiting(&self) -> bool {
        self.exiting
    }

    /// Ends the process: after a save, if `flags` or the save points want one, and if that goes well. Once is enough. `client`
    /// asked for it, and learns of a failure.
    pub(crate) fn end(&mut self, client: ClientId, flags: ShutdownFlags) {
        if std::mem::replace(&mut self.exiting, true) {
            return;
        }
        self.log(LogLevel::Warning, "User requested shutdown...");
        let saves = flags.contains(ShutdownFlags::SAVE)
            || !flags.contains(ShutdownFlags::NOSAVE) && !self.config.save.is_empty();
        let forced = flags.contains(ShutdownFlags::FORCE);
        if !self.end_log(client, forced, saves) {
            self.save_to_end(client, forced, saves);
        }
    }

    /// The last save is over.
    pub(super) fn end_after_save(&mut self, client: ClientId, saved: bool, forced: bool) {
        if saved {
            return self.exit(0);
        }
        if forced {
            self.log(LogLevel::Warning, "Error trying to save the DB. Exit anyway.");
            return self.exit(0);
        }
        self.log(LogLevel::Warning, "Error trying to save the DB, can't exit.");
        let text = "Errors trying to shut down the server. Check the logs for more information.";
        self.log(LogLevel::Warning, text);
        self.exiting = false;
        if client != NOBODY {
            self.reply_error(client, b"ERR Errors trying to SHUTDOWN. Check logs.");
        }
    }

    pub(super) fn exit(&mut self, code: i32) {
        self.actions.push_back(Action::Exit(code));
    }
}
