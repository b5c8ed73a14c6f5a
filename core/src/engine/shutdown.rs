//! The end of the process, asked for by SHUTDOWN or by a signal.
//!
//! ```text
//!   SHUTDOWN ─┐          ┌─ nothing to save ──────────────────────┐
//!             ├─► end ─► ┤                                        ├─► a rewrite is put away ─► Action::Exit(0)
//!   signal ───┘          └─ save ─┬─ saved, or FORCE ─────────────┘
//!                                 └─ failed ─► an error, and the server goes on
//! ```
//!
//! While the log has only just been turned on and its first base is being written, the end is refused, too: nothing but memory has
//! the data. FORCE ends anyway.
//!
//! From the request on no command runs. What belongs to the process (pid file, socket file, the last line of the log) is
//! the driver's. There are no replicas to wait for yet.

use super::Engine;
use super::action::Action;
use super::client::ClientId;
use super::persistence::NOBODY;
use crate::commands::CommandError;
use crate::config::{LogLevel, ShutdownFlags};
use crate::time::Now;

const FAILED_TEXT: &str = "ERR Errors trying to SHUTDOWN. Check logs.";

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
        // Nobody waits for an answer; the log has it.
        let _ = self.end(NOBODY, flags);
    }

    /// Whether the end has been asked for; nothing runs after that.
    pub fn is_exiting(&self) -> bool {
        self.exiting
    }

    /// Ends the process: after a save, if `flags` or the save points want one, and if that goes well. Once is enough. `client`
    /// asked for it, and learns of a failure later. Errors: it can't end now.
    pub(crate) fn end(&mut self, client: ClientId, flags: ShutdownFlags) -> Result<(), CommandError> {
        if std::mem::replace(&mut self.exiting, true) {
            return Ok(());
        }
        self.log(LogLevel::Warning, "User requested shutdown...");
        let forced = flags.contains(ShutdownFlags::FORCE);
        if self.writes_first_log() {
            match forced {
                true => {
                    self.log(LogLevel::Warning, "Writing initial AOF. Exit anyway.");
                    self.persistence.aof.ends_while_turned_on = true;
                }
                false => {
                    self.log(LogLevel::Warning, "Writing initial AOF, can't exit.");
                    self.go_on_instead();
                    return Err(CommandError::Text(FAILED_TEXT));
                }
            }
        }
        let saves = flags.contains(ShutdownFlags::SAVE)
            || !flags.contains(ShutdownFlags::NOSAVE) && !self.config.save.is_empty();
        if !self.end_log(client, forced, saves) {
            self.save_to_end(client, forced, saves);
        }
        Ok(())
    }

    /// The last save is over.
    pub(super) fn end_after_save(&mut self, client: ClientId, saved: bool, forced: bool) {
        if saved {
            return self.exit_in_order();
        }
        if forced {
            self.log(LogLevel::Warning, "Error trying to save the DB. Exit anyway.");
            return self.exit_in_order();
        }
        self.log(LogLevel::Warning, "Error trying to save the DB, can't exit.");
        self.go_on_instead();
        if client != NOBODY {
            self.reply_error(client, FAILED_TEXT.as_bytes());
        }
    }

    /// The end is called off.
    fn go_on_instead(&mut self) {
        let text = "Errors trying to shut down the server. Check the logs for more information.";
        self.log(LogLevel::Warning, text);
        self.exiting = false;
        self.persistence.aof.ends_while_turned_on = false;
    }

    /// Ends the process as soon as a rewrite that has been given up is put away, so that no half a file stays behind.
    pub(super) fn exit_in_order(&mut self) {
        match self.persistence.aof.is_rewriting() {
            true => self.persistence.aof.ends_process = true,
            false => self.exit_with_whole_log(),
        }
    }

    pub(super) fn exit(&mut self, code: i32) {
        self.actions.push_back(Action::Exit(code));
    }
}
