//! Functions: loading libraries, calling what they registered, and carrying libraries from server to server.
//!
//! A payload of FUNCTION DUMP is what an RDB file has of functions: `0xF5` and the code of a library, for each, then the footer of
//! a DUMP payload.
//!
//! Source: the documentation of functions, and observed behaviour of 7.0.15. Libraries are in the order of their names, which the
//! real server leaves to chance.

use super::Lazily;
use super::library::{Libraries, Library, function_key, parse_library};
use super::machine::{Kind, Machine};
use super::run::{Call, Name, split_keys_of};
use crate::commands::{Args, CommandError, Flow, OwnedArgs};
use crate::engine::Engine;
use crate::engine::client::ClientId;
use crate::rdb::{dump, length::Reader, string};

/// What begins a library in a payload.
const OPCODE: u8 = 0xF5;

/// What FUNCTION RESTORE does with libraries that are there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestorePolicy {
    Flush,
    Append,
    Replace,
}

impl Engine {
    /// FCALL and FCALL_RO.
    pub(crate) fn fcall(&mut self, id: ClientId, args: Args<'_>, read_only: bool) -> Result<Flow, CommandError> {
        self.feed_monitors(id, args, crate::engine::monitor::Speaker::Client);
        let key = function_key(args.at(1));
        let info = self.scripts.libraries.function(&key);
        let info = info.ok_or(CommandError::Text("ERR Function not found"))?;
        let (name, flags) = (info.name.clone(), info.flags);
        let (keys, arguments) = split_keys_of(args, CommandError::Text("ERR Bad number of keys provided"))?;
        self.may_run(flags, read_only)?;
        let machine = self.take_functions()?;
        let function = machine.function(&key).expect("a function of a loaded library is there");
        let words: OwnedArgs = args.iter().collect();
        let call = Call {
            id,
            name: Name::Function(name),
            flags,
            read_only,
            keys,
            arguments,
            takes_arguments: true,
            words: Some(words),
        };
        self.run_in(&machine, function, &call);
        self.scripts.functions = Lazily(Some(machine));
        Ok(Flow::Done)
    }

    /// The machine with all libraries loaded, out of the engine for as long as it runs. Errors: Lua could not be set up.
    fn take_functions(&mut self) -> Result<Box<Machine>, CommandError> {
        if let Some(machine) = self.scripts.functions.0.take() {
            return Ok(machine);
        }
        let mut machine = Machine::boxed(Kind::Functions, self.scripts.interrupt.is_some())?;
        let libraries = self.scripts.libraries.clone();
        for (_, library) in libraries.iter() {
            // It was loaded once: it can be loaded again.
            let (_, code) = parse_library(&library.code)?;
            let registered = machine.load_library(self, code)?;
            machine.keep_functions(registered);
        }
        Ok(machine)
    }

    /// FUNCTION LOAD. The library's name. Errors: the code is not sound, or names are taken.
    pub(crate) fn load_library(&mut self, code: &[u8], replace: bool) -> Result<Vec<u8>, CommandError> {
        let (name, lua) = parse_library(code)?;
        if !replace && self.scripts.libraries.get(&name).is_some() {
            return Err(CommandError::formatted([b"ERR Library '", name.as_slice(), b"' already exists"].concat()));
        }
        let mut machine = self.take_functions()?;
        let result = self.load_into(&mut machine, &name, code, lua);
        self.scripts.functions = Lazily(Some(machine));
        result.map(|()| name)
    }

    fn load_into(&mut self, machine: &mut Machine, name: &[u8], code: &[u8], lua: &[u8]) -> Result<(), CommandError> {
        let registered = machine.load_library(self, lua)?;
        if registered.is_empty() {
            return Err(CommandError::Text("ERR No functions registered"));
        }
        let functions = registered.iter().map(|registered| registered.info.clone()).collect();
        let before = self.scripts.libraries.remove(name);
        if let Err(error) = self.scripts.libraries.insert(name, Library { code: code.into(), functions }) {
            if let Some(before) = before {
                self.scripts.libraries.insert(name, before).expect("it was there before");
            }
            return Err(error);
        }
        if let Some(before) = before {
            before.functions.iter().for_each(|function| machine.forget_function(&function_key(&function.name)));
        }
        machine.keep_functions(registered);
        self.effects.dirty += 1;
        Ok(())
    }

    /// FUNCTION DELETE. Errors: there is no such library.
    pub(crate) fn delete_library(&mut self, name: &[u8]) -> Result<(), CommandError> {
        let library = self.scripts.libraries.remove(name);
        let library = library.ok_or(CommandError::Text("ERR Library not found"))?;
        if let Some(machine) = &mut self.scripts.functions.0 {
            library.functions.iter().for_each(|function| machine.forget_function(&function_key(&function.name)));
        }
        self.effects.dirty += 1;
        Ok(())
    }

    /// FUNCTION FLUSH.
    pub(crate) fn flush_libraries(&mut self) {
        self.scripts.libraries = Libraries::default();
        self.scripts.functions = Lazily::default();
        self.effects.dirty += 1;
    }

    /// FUNCTION DUMP.
    pub(crate) fn dump_libraries(&self) -> Vec<u8> {
        let mut payload = Vec::new();
        for (_, library) in self.scripts.libraries.iter() {
            payload.push(OPCODE);
            string::append_string(&mut payload, &library.code, self.config.rdbcompression);
        }
        dump::append_footer(&mut payload);
        payload
    }

    /// FUNCTION RESTORE. All libraries of the payload, or none. Errors: the payload is not sound, or names are taken.
    pub(crate) fn restore_libraries(&mut self, payload: &[u8], policy: RestorePolicy) -> Result<(), CommandError> {
        const UNSOUND: CommandError = CommandError::Text("ERR DUMP payload version or checksum are wrong");
        dump::verify(payload, self.policy.skip_checksum).map_err(|_| UNSOUND)?;
        let codes = read_codes(&payload[..payload.len() - dump::FOOTER_LEN])?;
        let machine = Machine::boxed(Kind::Functions, self.scripts.interrupt.is_some())?;
        let mut restored = Vec::new();
        for code in codes {
            let (name, lua) = parse_library(&code)?;
            let registered = machine.load_library(self, lua)?;
            if registered.is_empty() {
                return Err(CommandError::Text("ERR No functions registered"));
            }
            let functions = registered.into_iter().map(|registered| registered.info).collect();
            restored.push((name, Library { code: code.into(), functions }));
        }
        let mut libraries = match policy {
            RestorePolicy::Flush => Libraries::default(),
            RestorePolicy::Append | RestorePolicy::Replace => self.scripts.libraries.clone(),
        };
        for (name, _) in &restored {
            if libraries.get(name).is_some() {
                if policy == RestorePolicy::Append {
                    return Err(CommandError::formatted(
                        [b"ERR Library ", name.as_slice(), b" already exists"].concat(),
                    ));
                }
                libraries.remove(name);
            }
        }
        for (name, library) in restored {
            libraries.insert(&name, library)?;
        }
        self.scripts.libraries = libraries;
        // The next call loads them all.
        self.scripts.functions = Lazily::default();
        self.effects.dirty += 1;
        Ok(())
    }
}

/// The codes of libraries in a payload. Errors: something else is in it.
fn read_codes(body: &[u8]) -> Result<Vec<Vec<u8>>, CommandError> {
    let mut reader = Reader::new(body);
    let mut codes = Vec::new();
    while let Ok(kind) = reader.byte() {
        if kind != OPCODE {
            return Err(CommandError::Text("ERR given type is not a function"));
        }
        let code = string::read_string(&mut reader);
        codes.push(code.map_err(|_| CommandError::Text("ERR Failed loading library data"))?.into_owned());
    }
    Ok(codes)
}
