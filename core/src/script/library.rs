//! Libraries of functions: what FUNCTION LOAD brought, as state.
//!
//! Names of libraries are told apart by case, names of functions are not. Both are made of letters, digits and underscores.

use std::collections::BTreeMap;

use super::shebang::{ScriptFlags, with_text};
use crate::error::CommandError;
use crate::quoting;

/// One function, as FUNCTION LIST shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionInfo {
    /// As it was written.
    pub name: Vec<u8>,
    pub description: Option<Vec<u8>>,
    pub flags: ScriptFlags,
}

/// One library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// Its whole text, shebang included.
    pub code: Box<[u8]>,
    pub functions: Vec<FunctionInfo>,
}

/// What a function is found by: its name in lower case.
pub fn function_key(name: &[u8]) -> Vec<u8> {
    name.to_ascii_lowercase()
}

/// All libraries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Libraries {
    libraries: BTreeMap<Vec<u8>, Library>,
    /// By key: the name of the library.
    functions: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// What Redis keeps with each library and function beside the text, in bytes.
const LIBRARY_OVERHEAD_BYTES: usize = 152;
const FUNCTION_OVERHEAD_BYTES: usize = 96;

impl Libraries {
    /// In the order of their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], &Library)> {
        self.libraries.iter().map(|(name, library)| (name.as_slice(), library))
    }

    pub fn get(&self, name: &[u8]) -> Option<&Library> {
        self.libraries.get(name)
    }

    pub fn function(&self, key: &[u8]) -> Option<&FunctionInfo> {
        let library = self.libraries.get(self.functions.get(key)?)?;
        library.functions.iter().find(|function| function_key(&function.name) == key)
    }

    pub fn function_count(&self) -> usize {
        self.functions.len()
    }

    /// Adds a library. Errors: a function of that name is in another library.
    pub(super) fn insert(&mut self, name: &[u8], library: Library) -> Result<(), CommandError> {
        for function in &library.functions {
            if self.functions.contains_key(&function_key(&function.name)) {
                let text = [b"ERR Function ", function.name.as_slice(), b" already exists"].concat();
                return Err(CommandError::formatted(text));
            }
        }
        for function in &library.functions {
            self.functions.insert(function_key(&function.name), name.to_vec());
        }
        self.libraries.insert(name.to_vec(), library);
        Ok(())
    }

    pub(super) fn remove(&mut self, name: &[u8]) -> Option<Library> {
        let library = self.libraries.remove(name)?;
        for function in &library.functions {
            self.functions.remove(&function_key(&function.name));
        }
        Some(library)
    }

    /// Memory of the libraries: INFO's `used_memory_functions`.
    pub fn bytes(&self) -> usize {
        let texts: usize = self.libraries.values().map(|library| library.code.len()).sum();
        texts + self.libraries.len() * LIBRARY_OVERHEAD_BYTES + self.functions.len() * FUNCTION_OVERHEAD_BYTES
    }
}

/// Whether a library or function may have that name.
pub(super) fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

pub(super) const BAD_NAME: &str =
    "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long";

/// The name of a library, and its Lua code, which keeps the end of the first line. Errors: the first line is not sound.
pub(super) fn parse_library(code: &[u8]) -> Result<(Vec<u8>, &[u8]), CommandError> {
    if !code.starts_with(b"#!") {
        return Err(CommandError::Text("ERR Missing library metadata"));
    }
    let end = memchr::memchr(b'\n', code).ok_or(CommandError::Text("ERR Invalid library metadata"))?;
    let words = quoting::split_args(&code[..end]).ok().filter(|words| !words.is_empty());
    let words = words.ok_or(CommandError::Text("ERR Invalid library metadata"))?;
    let mut name: Option<Vec<u8>> = None;
    for word in &words[1..] {
        let Some(value) = word.get(..5).filter(|start| start.eq_ignore_ascii_case(b"name=")).map(|_| &word[5..]) else {
            return Err(with_text("ERR Invalid metadata value given: ", word));
        };
        if name.is_some() {
            return Err(CommandError::Text("ERR Invalid metadata value, name argument was given multiple times"));
        }
        name = Some(value.to_vec());
    }
    let name = name.ok_or(CommandError::Text("ERR Library name was not given"))?;
    if !is_name(&name) {
        return Err(CommandError::Text(BAD_NAME));
    }
    let engine = &words[0][2..];
    if !engine.eq_ignore_ascii_case(b"lua") {
        return Err(CommandError::formatted([b"ERR Engine '", engine, b"' not found"].concat()));
    }
    Ok((name, &code[end..]))
}
