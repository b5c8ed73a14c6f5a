//! The Lua machine: the sandbox that scripts run in, and calls into it.
//!
//! - There are the globals of 7.0.15's scripts and no others; they and every table that can be reached from them are read-only,
//!   and reading one that is not there is an error.
//! - The memory that scripts make Lua hold is limited: at the limit a script fails. The host is not bound by it.
//! - Lua calls our functions through `__guarded` (core/lua), which makes ordinary Lua errors of what they return.
//!
//! Source: observed globals and errors of 7.0.15.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bstr::{BStr, BString};
use mlua::{Either, Function, HookTriggers, Lua, LuaOptions, StdLib, Value, Variadic, VmState};

use super::api;
use super::cache::ScriptId;
use super::interrupt::INSTRUCTIONS;
use super::libraries;
use super::library::function_key;
use super::registration::{LibraryGlobals, Registered};
use crate::commands::{Args, CommandError};
use crate::config::Config;
use crate::engine::Engine;
use crate::time::Now;

/// Where the engine is while a script runs.
pub(super) type Slot = Arc<Mutex<Engine>>;

/// What the scripts of one machine may make Lua hold.
pub const MEMORY_MAX_BYTES: usize = 1 << 30;

/// Globals of plain Lua that scripts don't have.
const REMOVED: [&str; 14] = [
    "dofile",
    "getfenv",
    "loadfile",
    "module",
    "newproxy",
    "print",
    "require",
    "setfenv",
    "__guarded",
    "__memory_max",
    "__readonly",
    "__reporter",
    "__run",
    "package",
];

/// What a machine is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Scripts,
    Functions,
}

/// A Lua state with everything that a script may use.
pub struct Machine {
    lua: Lua,
    slot: Slot,
    run: Function,
    load: Function,
    handler: Function,
    memory_max: Function,
    /// By the scripts' names.
    compiled: BTreeMap<ScriptId, Function>,
    /// What libraries see, if this is the machine for functions; and their functions, by key.
    libraries: Option<LibraryGlobals>,
    functions: BTreeMap<Vec<u8>, Function>,
}

/// How a run ended: what the script returned, or the error, a table unless memory was short.
pub(super) struct Ended {
    pub ok: bool,
    /// What was returned, if it is a string (a copy costs less than a reference); the value is nil then.
    pub text: Option<BString>,
    pub value: Value,
}

/// The engine in a slot. A panic of a command is looked for when the script is over.
pub(super) fn engine_in(slot: &Slot) -> MutexGuard<'_, Engine> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Machine {
    /// A machine, ready to run. Errors: Lua could not be set up.
    pub(super) fn boxed(kind: Kind, interruptible: bool) -> Result<Box<Machine>, CommandError> {
        let machine =
            Machine::new(kind, interruptible).map_err(|error| CommandError::formatted(format!("ERR Lua: {error}")))?;
        Ok(Box::new(machine))
    }

    fn new(kind: Kind, interruptible: bool) -> mlua::Result<Machine> {
        let libraries = StdLib::TABLE | StdLib::STRING | StdLib::MATH;
        let lua = Lua::new_with(libraries, LuaOptions::new())?;
        // Stands where the engine was while a script runs.
        let placeholder = Engine::new(Config { databases: 1, ..Config::default() }, 0, Now::default());
        let slot = Arc::new(Mutex::new(placeholder));
        let globals = lua.globals();
        let host = |name: &str| globals.raw_get::<Function>(name);
        let (guarded, readonly, run) = (host("__guarded")?, host("__readonly")?, host("__run")?);
        let memory_max = host("__memory_max")?;
        let load = host("loadstring")?;
        let handler: Function = host("__reporter")?.call(host("tostring")?)?;
        if kind == Kind::Scripts {
            globals.raw_set("__redis__err__handler", &handler)?;
        }
        for name in REMOVED {
            globals.raw_remove(name)?;
        }
        libraries::open_all(&lua, &globals, &guarded)?;
        api::install(&lua, &guarded, &slot, kind)?;
        let missing = api::missing_globals(&lua, &guarded)?;
        globals.set_metatable(Some(missing.clone()))?;
        let libraries = match kind {
            Kind::Scripts => None,
            Kind::Functions => Some(LibraryGlobals::new(&lua, &guarded, &readonly, &missing)?),
        };
        protect(&readonly, &lua)?;
        memory_max.call::<()>(MEMORY_MAX_BYTES as f64)?;
        if interruptible {
            watch(&lua, &slot)?;
        }
        Ok(Machine {
            lua,
            slot,
            run,
            load,
            handler,
            memory_max,
            compiled: BTreeMap::new(),
            libraries,
            functions: BTreeMap::new(),
        })
    }

    /// Heap that Lua holds.
    pub fn used_bytes(&self) -> usize {
        self.lua.used_memory()
    }

    /// Changes what scripts may make Lua hold.
    pub(super) fn set_memory_max(&self, bytes: usize) {
        self.memory_max.call::<()>(bytes as f64).expect("a number is a limit");
    }

    /// Compiles a chunk. Errors: what is wrong with it.
    pub(super) fn compile(&self, code: &[u8], name: &str) -> Result<Function, Vec<u8>> {
        match self.load.call::<(Option<Function>, Value)>((BStr::new(code), name)) {
            Ok((Some(function), _)) => Ok(function),
            Ok((None, Value::String(text))) => Err(text.as_bytes().to_vec()),
            Ok(_) => Err(b"no reason given".to_vec()),
            Err(error) => Err(error.to_string().into_bytes()),
        }
    }

    /// The function of a script that has been compiled here.
    #[inline]
    pub(super) fn compiled(&self, id: &ScriptId) -> Option<&Function> {
        self.compiled.get(id)
    }

    pub(super) fn keep(&mut self, id: ScriptId, function: Function) {
        self.compiled.insert(id, function);
    }

    /// Loads a library: runs its code, which registers functions. Errors: it can't be compiled, or it fails.
    pub(super) fn load_library(&self, engine: &mut Engine, code: &[u8]) -> Result<Vec<Registered>, CommandError> {
        let globals = self.libraries.as_ref().expect("the machine is for functions");
        let trouble = |error: mlua::Error| CommandError::formatted(format!("ERR Lua: {error}"));
        let function = self.compile(code, "@user_function").map_err(|reason| {
            CommandError::formatted([b"ERR Error compiling function: ", reason.as_slice()].concat())
        })?;
        function.set_environment(globals.environment.clone()).map_err(trouble)?;
        globals.begin_loading().map_err(trouble)?;
        engine.scripts.loading_since_us = Some(engine.now.monotonic_us);
        let none = Args::new(&[], &[]);
        let ended = self.run(engine, &function, true, none, none);
        let registered = globals.end_loading().map_err(trouble)?;
        engine.scripts.loading_since_us = None;
        if std::mem::take(&mut engine.scripts.loading_timed_out) {
            return Err(CommandError::Text("ERR Error registering functions: ERR FUNCTION LOAD timeout"));
        }
        if ended.ok {
            return Ok(registered);
        }
        let err = ended.value.as_table().and_then(|table| table.raw_get::<Value>("err").ok());
        let err = err.and_then(|text| self.lua.coerce_string(text).ok().flatten());
        let text = match (err, ended.text) {
            (Some(text), _) => text.as_bytes().to_vec(),
            (None, Some(text)) => text.to_vec(),
            (None, None) => b"ERR unknown error".to_vec(),
        };
        Err(CommandError::formatted([b"ERR Error registering functions: ", text.as_slice()].concat()))
    }

    pub(super) fn keep_functions(&mut self, registered: Vec<Registered>) {
        for Registered { info, callback } in registered {
            self.functions.insert(function_key(&info.name), callback);
        }
    }

    pub(super) fn forget_function(&mut self, key: &[u8]) {
        self.functions.remove(key);
    }

    pub(super) fn function(&self, key: &[u8]) -> Option<&Function> {
        self.functions.get(key)
    }

    /// Runs a function with the engine in the slot. `takes_arguments`: keys and arguments are the function's parameters, not
    /// globals.
    pub(super) fn run(
        &self,
        engine: &mut Engine,
        function: &Function,
        takes_arguments: bool,
        keys: Args<'_>,
        arguments: Args<'_>,
    ) -> Ended {
        std::mem::swap(engine, &mut engine_in(&self.slot));
        let words: Variadic<_> = keys.iter().chain(arguments.iter()).map(word).collect();
        let result = self.run.call::<(bool, Option<BString>, Value)>((
            &self.handler,
            function,
            takes_arguments,
            keys.len(),
            words,
        ));
        assert!(!self.slot.is_poisoned(), "a command panicked inside of a script");
        std::mem::swap(engine, &mut engine_in(&self.slot));
        if engine.script_has_to_end() {
            // From now on it is not every line again.
            watch(&self.lua, &self.slot).expect("hooks can be set");
        }
        match result {
            Ok((ok, text, value)) => Ended { ok, text, value },
            // Lua could not even begin.
            Err(_) => Ended { ok: false, text: None, value: Value::Nil },
        }
    }

    pub(super) fn lua(&self) -> &Lua {
        &self.lua
    }
}

/// A word on its way to Lua: what is UTF-8 goes there at once, of anything else mlua makes a reference first.
#[inline]
fn word(bytes: &[u8]) -> Either<&str, &BStr> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Either::Left(text),
        Err(_) => Either::Right(BStr::new(bytes)),
    }
}

/// Looks at the clock now and then. Once what runs has to end, every line fails: a script that catches errors can't go on.
fn watch(lua: &Lua, slot: &Slot) -> mlua::Result<()> {
    let slot = slot.clone();
    lua.set_global_hook(HookTriggers::new().every_nth_instruction(INSTRUCTIONS), move |lua, _| {
        if !engine_in(&slot).interrupt_script() {
            return Ok(VmState::Continue);
        }
        lua.set_global_hook(HookTriggers::new().every_line(), |_, _| Err(ended()))?;
        Err(ended())
    })
}

fn ended() -> mlua::Error {
    mlua::Error::RuntimeError("the script has to end".to_owned())
}

/// Makes the globals and all tables that can be reached from them read-only.
fn protect(readonly: &Function, lua: &Lua) -> mlua::Result<()> {
    let mut seen: Vec<*const std::ffi::c_void> = Vec::new();
    let mut open = vec![lua.globals()];
    open.extend(lua.type_metatable::<mlua::String>());
    while let Some(table) = open.pop() {
        if seen.contains(&table.to_pointer()) {
            continue;
        }
        seen.push(table.to_pointer());
        open.extend(table.metatable());
        for pair in table.pairs::<Value, Value>() {
            if let (_, Value::Table(inner)) = pair? {
                open.push(inner);
            }
        }
        readonly.call::<()>((table, true))?;
    }
    Ok(())
}
