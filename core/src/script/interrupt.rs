//! Scripts that run for too long: the driver gets turns in between, others are told BUSY, and the script can be killed.
//!
//! ```text
//!   every so many instructions ─► over `busy-reply-threshold`? ─► once: a line in the log ─► a turn of the driver
//!                                                             └► killed: an error, at every line from then on
//! ```
//!
//! The engine has no clock and no event loop. A driver that wants scripts to be interrupted installs an [`Interrupt`]; without
//! one they run to their end. What the driver does in its turn is what it always does, except that it reads nothing of the
//! script's own client ([`Engine::takes_input`]). The script's time stands still: keys don't expire while it runs.
//!
//! Source: the documentation of scripts, and observed behaviour of 7.0.15.

use crate::commands::CommandError;
use crate::config::LogLevel;
use crate::engine::Engine;
use crate::engine::client::ClientId;
use crate::time::Now;

/// Instructions between two looks at the clock.
pub(super) const INSTRUCTIONS: u32 = 100_000;
/// A library may take that long to load.
const LOADING_MAX_MS: u64 = 500;

/// What a driver does while a script runs.
pub trait Interrupt: Send {
    /// The time.
    fn now(&mut self) -> Now;
    /// One turn: input, commands, replies.
    fn turn(&mut self, engine: &mut Engine);
}

/// The driver's interrupt, if it has one. A clone of the engine has another driver.
#[derive(Default)]
pub(super) struct Installed(Option<Box<dyn Interrupt>>);

impl Clone for Installed {
    fn clone(&self) -> Installed {
        Installed(None)
    }
}

impl Installed {
    pub(super) fn is_some(&self) -> bool {
        self.0.is_some()
    }
}

const KILL_SCRIPT: CommandError =
    CommandError::Text("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.");
const KILL_FUNCTION: CommandError =
    CommandError::Text("BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.");

impl Engine {
    /// Lets the driver have turns while a script runs for too long.
    pub fn set_interrupt(&mut self, interrupt: Box<dyn Interrupt>) {
        self.scripts.interrupt = Installed(Some(interrupt));
    }

    /// Whether a client's input may be read now. That of a client whose script runs waits.
    pub fn takes_input(&self, client: ClientId) -> bool {
        self.scripts.running.as_ref().is_none_or(|running| running.client != client)
    }

    /// Lua has run for a while. Whether what runs has to end.
    pub(super) fn interrupt_script(&mut self) -> bool {
        if self.script_has_to_end() {
            return true;
        }
        let Some(mut interrupt) = self.scripts.interrupt.0.take() else { return false };
        let now = interrupt.now();
        if let Some(since_us) = self.scripts.loading_since_us {
            self.scripts.loading_timed_out |= now.monotonic_us.saturating_sub(since_us) / 1000 >= LOADING_MAX_MS;
        } else if self.runs_too_long(now) {
            self.lend(now, |engine| interrupt.turn(engine));
        }
        self.scripts.interrupt.0 = Some(interrupt);
        self.script_has_to_end()
    }

    /// Whether the script was killed, its library takes too long to load, or the process ends.
    pub(super) fn script_has_to_end(&self) -> bool {
        let killed = self.scripts.running.as_ref().is_some_and(|running| running.killed);
        killed || self.scripts.loading_timed_out || self.is_exiting()
    }

    fn runs_too_long(&mut self, now: Now) -> bool {
        let threshold_ms = self.config.busy_reply_threshold;
        let Some(running) = &mut self.scripts.running else { return false };
        let elapsed_ms = now.monotonic_us.saturating_sub(running.started_us) / 1000;
        if threshold_ms == 0 || elapsed_ms < threshold_ms {
            return false;
        }
        if !std::mem::replace(&mut running.timed_out, true) {
            let command = if running.words.is_some() { "FUNCTION KILL" } else { "SCRIPT KILL" };
            let name = String::from_utf8_lossy(running.name.bytes()).into_owned();
            let text = format!(
                "Slow script detected: still in execution after {elapsed_ms} milliseconds. You can try killing the script \
                 using the {command} command. Script name is: {name}."
            );
            self.log(LogLevel::Warning, text);
            // Whose input waits behind the script's, after a freeze, is answered now.
            self.cron.pause_ended |= self.cron.pause.is_none();
        }
        true
    }

    /// What others may not do while a script runs for too long. `None`: none does.
    pub(crate) fn busy_error(&self) -> Option<CommandError> {
        let running = self.scripts.running.as_ref().filter(|running| running.timed_out)?;
        Some(if running.words.is_some() { KILL_FUNCTION } else { KILL_SCRIPT })
    }

    /// SCRIPT KILL and FUNCTION KILL. Errors: nothing of that kind runs, or it has written.
    pub(crate) fn kill_script(&mut self, function: bool) -> Result<(), CommandError> {
        const IDLE: CommandError = CommandError::Text("NOTBUSY No scripts in execution right now.");
        const WROTE: CommandError = CommandError::Text(
            "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the \
             script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.",
        );
        let running = self.scripts.running.as_mut().ok_or(IDLE)?;
        if running.wrote {
            return Err(WROTE);
        }
        match (running.words.is_some(), function) {
            (true, false) => return Err(KILL_FUNCTION),
            (false, true) => return Err(KILL_SCRIPT),
            _ => running.killed = true,
        }
        Ok(())
    }
}
