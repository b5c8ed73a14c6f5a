//! Scripts and functions: Lua 5.1 in the sandbox of Redis 7.0.15.
//!
//! ```text
//!   EVAL, EVALSHA, FCALL ─► run.rs: may it run? ─► machine.rs: the engine moves into the machine's slot ─► Lua
//!                                                        redis.call ─► the one executor, of the engine in the slot
//!                             reply ◄─ values.rs ◄─ the engine moves back ◄────────────────────────────────┘
//! ```
//!
//! - Only *sources* are state: the cached scripts, the loaded libraries, the random numbers that were drawn. The Lua machine
//!   is made of them when it is needed; a clone of the engine has none at first.
//! - A callback of Lua has to outlive every borrow, so it can't borrow the engine. For the time of a script the engine itself
//!   is in a slot that the callbacks own a part of, and a placeholder is where it was.
//! - What a script calls runs as its client, in the script's database and protocol, without replies to the client.
//!
//! - [`machine`]: the sandbox, and calls into it. [`api`]: what `redis.` offers. [`values`]: replies to Lua and back.
//! - [`run`]: what may run, and what follows. [`cache`]: EVAL's scripts. [`shebang`]: flags. [`random`]: `math.random`.
//! - [`interrupt`]: scripts that run for too long.
//! - [`library`]: libraries of functions. [`function`]: loading and calling. [`registration`]: what they see meanwhile.
//! - [`libraries`]: what Redis links into its Lua.

pub mod api;
pub mod cache;
pub mod function;
pub mod interrupt;
pub mod libraries;
pub mod library;
pub mod machine;
pub mod random;
mod registration;
pub mod run;
pub mod shebang;
pub mod values;

use crate::commands::OwnedArgs;
use machine::Machine;

/// All state of scripts and functions.
#[derive(Clone, Default)]
pub struct Scripts {
    pub(crate) cache: cache::ScriptCache,
    pub(crate) random: random::ScriptRandom,
    /// The one that runs.
    pub(crate) running: Option<run::Running>,
    /// Words of the command that a script calls. Kept for its memory.
    pub(super) words: OwnedArgs,
    /// The last reply to a script. Kept for its memory.
    pub(super) reply: Vec<u8>,
    /// Whether the call that just ended failed, if that is not simply whether there was an error reply.
    pub(crate) verdict: Option<bool>,
    evals: Lazily,
    pub(crate) libraries: library::Libraries,
    functions: Lazily,
    interrupt: interrupt::Installed,
    /// Since when a library is being loaded (monotonic, microseconds), and whether that took too long.
    pub(super) loading_since_us: Option<u64>,
    pub(super) loading_timed_out: bool,
}

/// A machine that is made when it is needed. Clones begin without.
#[derive(Default)]
struct Lazily(Option<Box<Machine>>);

impl Lazily {
    fn used_bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |machine| machine.used_bytes())
    }
}

impl Clone for Lazily {
    fn clone(&self) -> Lazily {
        Lazily(None)
    }
}

impl Scripts {
    /// Heap of the machine for scripts, as Lua counts it: INFO's `used_memory_vm_eval`.
    pub fn machine_bytes(&self) -> usize {
        self.evals.used_bytes()
    }

    /// Heap of the machine for functions: INFO's `used_memory_vm_functions`.
    pub fn function_machine_bytes(&self) -> usize {
        self.functions.used_bytes()
    }
}
