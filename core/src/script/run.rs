//! Running a script: what may run, what its commands may do, and what follows when it is over.
//!
//! ```text
//!   EVAL, EVALSHA ─► known? compiled? ─► may it run (flags, memory) ─► the machine ─► reply
//!                                                    │ redis.call ─► may it call ─► call ─► reply to Lua
//!                                                    └ what it propagates is gathered, as a transaction's
//! ```
//!
//! - A script's commands run as its client, in the script's own database and protocol; SELECT inside does not move the client.
//! - A script of the old kind (without a shebang) may begin whatever the memory; its commands are refused one by one, until the
//!   first has written: then memory is no reason any more.
//! - Errors of a script's commands are counted when they are made, not again when the script fails with them.
//!
//! Source: the documentation of scripts, and observed behaviour of 7.0.15.

use mlua::Value;

use super::cache::{Script, ScriptId, parse_id, script_id};
use super::library::function_key;
use super::machine::{Ended, Kind, Machine};
use super::shebang::{ScriptFlags, parse_script};
use super::values;
use super::{Lazily, Scripts};
use crate::commands::lookup::CommandId;
use crate::commands::row::{Command, CommandFlags, Run};
use crate::commands::{Args, CommandError, Flow, OwnedArgs};
use crate::engine::Engine;
use crate::engine::client::{ClientFlags, ClientId};
use crate::engine::journal::Readers;
use crate::keyspace::DbIndex;
use crate::numbers::integer::parse_i64;
use crate::resp::Protocol;

/// What a script is called by.
#[derive(Clone, Debug)]
pub enum Name {
    Script(ScriptId),
    Function(Vec<u8>),
}

impl Name {
    pub fn bytes(&self) -> &[u8] {
        match self {
            Name::Script(id) => id,
            Name::Function(name) => name,
        }
    }
}

/// The script that runs now.
#[derive(Clone, Debug)]
pub struct Running {
    pub client: ClientId,
    pub name: Name,
    /// What the script has chosen.
    pub protocol: Protocol,
    pub db: DbIndex,
    pub(crate) propagate: Readers,
    pub flags: ScriptFlags,
    /// Whether it may not write: EVAL_RO, or its own flag.
    pub read_only: bool,
    /// Whether memory was short when it began.
    pub out_of_memory: bool,
    /// Whether it has called a command that writes.
    pub wrote: bool,
    /// The call of a function, and when it began (monotonic, microseconds).
    pub words: Option<OwnedArgs>,
    pub started_us: u64,
    /// The keys that it was given, if some client tracks keys.
    pub keys: OwnedArgs,
    /// Whether it has run for too long, and whether it was killed.
    pub timed_out: bool,
    pub killed: bool,
}

/// Why a script's command did not run: the text of an error, code included. It has been counted.
pub struct Refused {
    pub text: Vec<u8>,
}

/// What a run needs to know beside the function.
pub(super) struct Call<'a> {
    pub id: ClientId,
    pub name: Name,
    pub flags: ScriptFlags,
    /// EVAL_RO, EVALSHA_RO, FCALL_RO.
    pub read_only: bool,
    pub keys: Args<'a>,
    pub arguments: Args<'a>,
    /// Keys and arguments are the function's parameters.
    pub takes_arguments: bool,
    /// The whole call, for FUNCTION STATS.
    pub words: Option<OwnedArgs>,
}

/// The keys and the other arguments behind `numkeys`, which is argument 2. Errors: not a number, or not that many.
pub(super) fn split_keys(args: Args<'_>) -> Result<(Args<'_>, Args<'_>), CommandError> {
    split_keys_of(args, CommandError::NotInteger)
}

/// The same, with the error for what is not a number.
pub(super) fn split_keys_of(args: Args<'_>, no_number: CommandError) -> Result<(Args<'_>, Args<'_>), CommandError> {
    let count = parse_i64(args.at(2)).ok_or(no_number)?;
    let rest = args.from(3);
    if count > rest.len() as i64 {
        return Err(CommandError::Text("ERR Number of keys can't be greater than number of args"));
    }
    let count = usize::try_from(count).map_err(|_| CommandError::Text("ERR Number of keys can't be negative"))?;
    Ok((rest.first(count), rest.from(count)))
}

impl Engine {
    /// EVAL and EVAL_RO.
    pub(crate) fn eval(&mut self, id: ClientId, args: Args<'_>, read_only: bool) -> Result<Flow, CommandError> {
        self.feed_monitors(id, args, crate::engine::monitor::Speaker::Client);
        let (keys, arguments) = split_keys(args)?;
        let script = script_id(args.at(1));
        let flags = match self.scripts.cache.get(&script) {
            Some(cached) => cached.flags,
            None => {
                self.load_script(args.at(1))?;
                self.scripts.cache.get(&script).expect("it has been loaded").flags
            }
        };
        self.run_cached(id, script, flags, read_only, keys, arguments)
    }

    /// EVALSHA and EVALSHA_RO.
    pub(crate) fn evalsha(&mut self, id: ClientId, args: Args<'_>, read_only: bool) -> Result<Flow, CommandError> {
        const UNKNOWN: CommandError = CommandError::Text("NOSCRIPT No matching script. Please use EVAL.");
        self.feed_monitors(id, args, crate::engine::monitor::Speaker::Client);
        // A name of the wrong length is unknown before anything else is looked at.
        let script = parse_id(args.at(1)).ok_or(UNKNOWN)?;
        let (keys, arguments) = split_keys(args)?;
        let flags = self.scripts.cache.get(&script).ok_or(UNKNOWN)?.flags;
        self.run_cached(id, script, flags, read_only, keys, arguments)
    }

    /// SCRIPT LOAD: compiles a script and keeps it. Errors: what is wrong with it.
    pub(crate) fn load_script(&mut self, text: &[u8]) -> Result<ScriptId, CommandError> {
        let id = script_id(text);
        if self.scripts.cache.get(&id).is_some() {
            return Ok(id);
        }
        let (flags, code) = parse_script(text)?;
        let machine = self.scripts.eval_machine()?;
        let function = machine.compile(code, "@user_script").map_err(|reason| compile_error(&reason))?;
        machine.keep(id, function);
        self.scripts.cache.insert(id, Script { text: text.into(), flags });
        Ok(id)
    }

    /// Whether a script of that name is cached.
    pub(crate) fn knows_script(&self, name: &[u8]) -> bool {
        parse_id(name).is_some_and(|id| self.scripts.cache.get(&id).is_some())
    }

    /// Lets scripts make Lua hold less than usual, until SCRIPT FLUSH makes a new machine.
    pub fn limit_script_memory(&mut self, bytes: usize) {
        if let Ok(machine) = self.scripts.eval_machine() {
            machine.set_memory_max(bytes);
        }
    }

    /// SCRIPT FLUSH.
    pub(crate) fn flush_scripts(&mut self) {
        self.scripts.cache.clear();
        self.scripts.evals = Lazily::default();
    }

    fn run_cached(
        &mut self,
        id: ClientId,
        script: ScriptId,
        flags: ScriptFlags,
        read_only: bool,
        keys: Args<'_>,
        arguments: Args<'_>,
    ) -> Result<Flow, CommandError> {
        self.may_run(flags, read_only)?;
        self.scripts.eval_machine()?;
        let mut machine = self.scripts.evals.0.take().expect("made above");
        if machine.compiled(&script).is_none() {
            self.compile_again(&mut machine, script)?;
        }
        let function = machine.compiled(&script).expect("the script is compiled");
        let call = Call {
            id,
            name: Name::Script(script),
            flags,
            read_only,
            keys,
            arguments,
            takes_arguments: false,
            words: None,
        };
        self.run_in(&machine, function, &call);
        self.scripts.evals = Lazily(Some(machine));
        Ok(Flow::Done)
    }

    /// A clone has the sources only.
    #[cold]
    fn compile_again(&mut self, machine: &mut Machine, script: ScriptId) -> Result<(), CommandError> {
        let cached = self.scripts.cache.get(&script).expect("the script is known");
        let (_, code) = parse_script(&cached.text)?;
        let function = machine.compile(code, "@user_script").map_err(|reason| compile_error(&reason))?;
        machine.keep(script, function);
        Ok(())
    }

    /// The flags of a command; what runs a script or function that says what it does has those of a command that does it.
    pub(crate) fn flags_with_script(&self, row: &Command, args: Args<'_>) -> CommandFlags {
        use CommandFlags as F;
        let said = match row.name {
            "eval" | "eval_ro" => parse_script(args.at(1)).ok().map(|(flags, _)| flags),
            "evalsha" | "evalsha_ro" => {
                parse_id(args.at(1)).and_then(|id| self.scripts.cache.get(&id)).map(|script| script.flags)
            }
            "fcall" | "fcall_ro" => {
                self.scripts.libraries.function(&function_key(args.at(1))).map(|function| function.flags)
            }
            _ => None,
        };
        let Some(said) = said.filter(|said| !said.contains(ScriptFlags::COMPATIBLE)) else { return row.flags };
        let mut flags = row.flags.difference(F::STALE | F::DENYOOM | F::WRITE | F::MAY_REPLICATE);
        flags.set(F::WRITE, !said.contains(ScriptFlags::NO_WRITES));
        flags.set(F::DENYOOM, !said.intersects(ScriptFlags::NO_WRITES | ScriptFlags::ALLOW_OOM));
        flags.set(F::STALE, said.contains(ScriptFlags::ALLOW_STALE));
        flags
    }

    /// Whether a script of these flags may begin. Errors: why not.
    pub(super) fn may_run(&mut self, flags: ScriptFlags, read_only: bool) -> Result<(), CommandError> {
        if flags.contains(ScriptFlags::COMPATIBLE) {
            return Ok(());
        }
        if !flags.contains(ScriptFlags::NO_WRITES) && read_only {
            return Err(CommandError::Text("ERR Can not execute a script with write flag using *_ro command."));
        }
        if !flags.intersects(ScriptFlags::ALLOW_OOM | ScriptFlags::NO_WRITES) && self.memory_is_short() {
            return Err(CommandError::Text(
                "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'",
            ));
        }
        Ok(())
    }

    /// Runs a compiled function as a script and writes the reply.
    pub(super) fn run_in(&mut self, machine: &Machine, function: &mlua::Function, call: &Call<'_>) {
        let id = call.id;
        let client = self.client(id);
        let running = Running {
            client: id,
            name: call.name.clone(),
            protocol: Protocol::Resp2,
            db: client.db,
            propagate: Readers::all(),
            flags: call.flags,
            read_only: call.read_only || call.flags.contains(ScriptFlags::NO_WRITES),
            out_of_memory: self.memory_is_short(),
            wrote: false,
            words: call.words.clone(),
            started_us: self.now.monotonic_us,
            keys: if self.tracking.is_active() { call.keys.iter().collect() } else { OwnedArgs::new() },
            timed_out: false,
            killed: false,
        };
        self.scripts.running = Some(running);
        let gathers = self.begin_gathering();
        let ended = machine.run(self, function, call.takes_arguments, call.keys, call.arguments);
        if gathers {
            self.end_gathering();
        }
        let running = self.scripts.running.take().expect("the script has run until now");
        self.set_caller(Some(id));
        let errors = self.stats.error_replies;
        let failed = self.answer(machine, id, ended, &running);
        self.scripts.verdict = Some(failed || self.stats.error_replies != errors);
    }

    /// Writes the reply of a script that is over. Whether it is an error.
    fn answer(&mut self, machine: &Machine, id: ClientId, ended: Ended, running: &Running) -> bool {
        if let (true, Some(text)) = (ended.ok, &ended.text) {
            self.reply(id).bulk(text);
            return false;
        }
        if ended.ok {
            let is_error = |table: &mlua::Table| matches!(table.raw_get("err"), Ok(Value::String(_)));
            let failed = matches!(&ended.value, Value::Table(table) if is_error(table));
            values::write_reply(self, id, ended.value, running.protocol);
            return failed;
        }
        let Value::Table(table) = &ended.value else {
            // Memory was short: what failed was not asked where.
            let text = ended.text.map_or_else(|| b"unknown error".to_vec(), Vec::from);
            values::write_error(self, id, &[b"ERR ", text.as_slice()].concat(), true);
            return true;
        };
        let field = |name: &str| match table.raw_get::<Value>(name) {
            Ok(value @ (Value::String(_) | Value::Integer(_) | Value::Number(_))) => {
                // The original takes it for a text of C.
                let text = machine.lua().coerce_string(value).ok().flatten();
                text.map(|text| crate::quoting::c_str(&text.as_bytes()).to_vec())
            }
            _ => None,
        };
        let mut text = match running.killed {
            true => b"ERR Script killed by user with SCRIPT KILL...".to_vec(),
            false => field("err").unwrap_or_else(|| b"ERR unknown error".to_vec()),
        };
        if let (Some(source), Some(line)) = (field("source"), field("line")) {
            text.extend_from_slice(b" script: ");
            text.extend_from_slice(running.name.bytes());
            text.extend_from_slice(b", on ");
            text.extend_from_slice(&source);
            text.push(b':');
            text.extend_from_slice(&line);
            text.push(b'.');
        }
        let counted = matches!(table.raw_get("ignore_error_stats_update"), Ok(Value::Nil));
        values::write_error(self, id, &text, counted);
        true
    }

    /// Runs a command that a script calls. What it answers is appended to nothing: the bytes are the caller's, who gives them
    /// back with [`take_script_reply_back`](Self::take_script_reply_back). Errors: it did not run.
    pub(super) fn run_for_script(&mut self, args: Args<'_>) -> Result<Vec<u8>, Refused> {
        let running = self.scripts.running.as_ref().expect("a script calls");
        let (id, protocol, db, propagate) = (running.client, running.protocol, running.db, running.propagate);
        let command = self.admit_for_script(args)?;
        let row = self.commands.row(command);
        if row.flags.contains(CommandFlags::WRITE) {
            self.scripts.running.as_mut().expect("a script calls").wrote = true;
        }
        let mut reply = std::mem::take(&mut self.scripts.reply);
        reply.clear();
        let client = self.client_mut(id);
        let denied = client.flags.contains(ClientFlags::DENY_BLOCKING);
        client.flags.insert(ClientFlags::DENY_BLOCKING | ClientFlags::SCRIPT);
        let own_db = std::mem::replace(&mut client.db, db);
        let own_protocol = std::mem::replace(&mut client.reply.protocol, protocol);
        self.call_for_script(id, command, args, propagate, &mut reply);
        let client = self.client_mut(id);
        client.flags.set(ClientFlags::DENY_BLOCKING, denied);
        client.flags.remove(ClientFlags::SCRIPT);
        client.reply.protocol = own_protocol;
        let db = std::mem::replace(&mut client.db, own_db);
        self.scripts.running.as_mut().expect("a script calls").db = db;
        Ok(reply)
    }

    /// The caller has read a reply: its memory is for the next.
    #[inline]
    pub(super) fn take_script_reply_back(&mut self, mut reply: Vec<u8>) {
        const KEPT_BYTES: usize = 64 * 1024;
        if reply.capacity() <= KEPT_BYTES {
            reply.clear();
            self.scripts.reply = reply;
        }
    }

    /// Decides whether a script's command may run. Errors: why not; counted.
    fn admit_for_script(&mut self, args: Args<'_>) -> Result<CommandId, Refused> {
        let Some(command) = self.commands.resolve(args) else {
            return Err(self.refuse(None, b"ERR Unknown Redis command called from script"));
        };
        let row = self.commands.row(command);
        if !row.arity.accepts(args.len()) || matches!(row.run, Run::Container) {
            return Err(self.refuse(Some(command), b"ERR Wrong number of args calling Redis command from script"));
        }
        let running = self.scripts.running.as_ref().expect("a script calls");
        let text = if row.flags.contains(CommandFlags::NOSCRIPT) {
            "ERR This Redis command is not allowed from script"
        } else if row.flags.intersects(CommandFlags::WRITE | CommandFlags::MAY_REPLICATE) && running.read_only {
            "ERR Write commands are not allowed from read-only scripts."
        } else if row.flags.contains(CommandFlags::WRITE)
            && !running.wrote
            && let Some(denial) = self.denial_of_writes()
        {
            return Err(self.refuse(Some(command), &denial.text()));
        } else if row.flags.contains(CommandFlags::DENYOOM)
            && running.out_of_memory
            && !running.wrote
            && !running.flags.contains(ScriptFlags::ALLOW_OOM)
        {
            "OOM command not allowed when used memory > 'maxmemory'."
        } else {
            return Ok(command);
        };
        Err(self.refuse(Some(command), text.as_bytes()))
    }

    fn refuse(&mut self, command: Option<CommandId>, text: &[u8]) -> Refused {
        if let Some(command) = command {
            self.stats.command(command).rejected += 1;
        }
        self.stats.count_error(text);
        Refused { text: text.to_vec() }
    }

    /// `redis.acl_check_cmd`: whether the user may call it. `None`: there is no such command.
    pub(super) fn script_may_call(&self, args: Args<'_>) -> Option<bool> {
        // There are no users with less than all rights yet.
        self.commands.resolve(args).map(|_| true)
    }
}

fn compile_error(reason: &[u8]) -> CommandError {
    CommandError::formatted([b"ERR Error compiling script (new function): ", reason].concat())
}

impl Scripts {
    /// The machine for scripts, made now if there was none. Errors: Lua could not be set up.
    fn eval_machine(&mut self) -> Result<&mut Machine, CommandError> {
        if self.evals.0.is_none() {
            self.evals.0 = Some(Machine::boxed(Kind::Scripts, self.interrupt.is_some())?);
        }
        Ok(self.evals.0.as_mut().expect("made above"))
    }

    /// Whether a script runs.
    #[inline]
    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }
}
