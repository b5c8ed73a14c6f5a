//! The configuration of a Redis process: every directive of 7.0.15, from one table.
//!
//! | file | what |
//! |---|---|
//! | `table.rs` | the directives: fields of [`Config`], defaults, names, kinds, ranges, flags |
//! | `directive.rs` | what a row of the table is, and what can be done with any row |
//! | `values.rs`, `special.rs`, `check.rs`, `number.rs` | types, odd directives, extra checks, number formats |
//! | `command.rs` | CONFIG GET and CONFIG SET |
//! | `file.rs` | reading a configuration file |
//! | `arguments.rs` | the command line as configuration text |
//! | `rewrite.rs` | CONFIG REWRITE |
//!
//! Invariants: a field always holds a value that its directive accepts; a refused change changes nothing; what
//! [`Config::rewrite`] writes reads back as the same configuration ([`fuzz_config_file`] checks it).
//!
//! Everything here is pure. Files are read through [`Environment`], and a change that concerns sockets, the working
//! directory or the process is reported as an [`Apply`] for others to carry out or to refuse.
//!
//! Source: recordings of 7.0.15 in `core/tests/data/` (see `conformance/recorders/config.py`).

mod arguments;
mod check;
mod command;
mod directive;
mod file;
mod fuzz;
mod number;
mod rewrite;
mod special;
mod table;
mod values;

#[cfg(test)]
mod tests;

use crate::quoting as split;
pub use crate::quoting::{UnbalancedQuotes, append_quoted, quoted, split_args};
pub use arguments::{CommandLine, Invocation, parse_command_line};
pub use command::{Change, SetContext, SetError};
pub use directive::{Apply, Directive, Flags, Refusal, Sign, Source, Unit};
pub use file::{Environment, IncludedFile, LoadError, NoFiles};
pub use fuzz::fuzz_config_file;
pub use rewrite::RewriteMode;
pub use table::{Config, DIRECTIVES};
pub use values::*;

use sha2::{Digest, Sha256};

/// What a configuration file may hold beside directives.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Extra {
    /// Absolute path of the configuration file, if there is one.
    pub config_file: Option<Vec<u8>>,
    /// `user` lines in order: the name, then its rules.
    pub users: Vec<Vec<Vec<u8>>>,
    /// `rename-command` lines in order: old name, new name (empty: the command is removed).
    pub renamed_commands: Vec<(Vec<u8>, Vec<u8>)>,
    /// `loadmodule` lines in order: the path, then its arguments.
    pub modules: Vec<Vec<Vec<u8>>>,
    /// Settings of modules, `module.name value`; a later line replaces an earlier one.
    pub module_settings: Vec<(Vec<u8>, Vec<u8>)>,
}

/// The directive called `name`, in either spelling and any case. O(number of directives).
pub fn lookup(name: &[u8]) -> Option<&'static Directive> {
    let is = |known: &str| known.as_bytes().eq_ignore_ascii_case(name);
    DIRECTIVES.iter().find(|directive| is(directive.name) || directive.alias.is_some_and(is))
}

impl Config {
    /// The `default` user as CONFIG REWRITE describes it: there are no other users until there are ACLs.
    pub fn default_user(&self) -> Vec<u8> {
        let password = match &self.requirepass {
            Some(password) => {
                Sha256::digest(password).iter().fold(String::from("#"), |hex, byte| format!("{hex}{byte:02x}"))
            }
            None => "nopass".to_owned(),
        };
        format!("default on {password} ~* &* +@all").into_bytes()
    }

    /// Whether the configuration asks for users other than [`Config::default_user`]. A server that can't give
    /// them must not start: it would be open to those who were to be kept out.
    pub fn has_other_users(&self) -> bool {
        let default_user = self.default_user();
        !self.aclfile.is_empty() || self.extra.users.iter().any(|user| user.join(&b' ') != default_user)
    }
}
