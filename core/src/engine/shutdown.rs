//! The end of the process, asked for by SHUTDOWN or by a signal.
//!
//! ```text
//!   SHUTDOWN ─┐
//!             ├─► end ─► log ─► Action::Exit(0), and no further command runs
//!   signal ───┘
//! ```
//!
//! What belongs to the process (pid file, socket file, the last line of the log) is the driver's. There are no replicas to
//! wait for and no snapshots to write yet; where Redis would save, the log says that nothing is saved.

use super::Engine;
use super::action::Action;
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
        self.end(flags);
    }

    /// Whether the end has been asked for; nothing runs after that.
    pub fn is_exiting(&self) -> bool {
        self.exiting
    }

    /// Asks the driver to end the process. Once is enough.
    pub(crate) fn end(&mut self, flags: ShutdownFlags) {
        if std::mem::replace(&mut self.exiting, true) {
            return;
        }
        self.log(LogLevel::Warning, "User requested shutdown...");
        let wants_save = flags.contains(ShutdownFlags::SAVE)
            || !flags.contains(ShutdownFlags::NOSAVE) && !self.config.save.is_empty();
        if wants_save && !self.keyspace.is_empty() {
            self.log(LogLevel::Warning, "Saving is not supported so far: the data set is not written to disk.");
        }
        self.actions.push_back(Action::Exit(0));
    }
}
