//! Reading a configuration: the file, standard input, and the command line, as one text of lines.
//!
//! ```text
//! # comment                     a line is trimmed, then split as `split.rs` says; the first word in any case
//! directive argument…           a row of the table
//! include path-or-pattern       read here and now, with line numbers of its own
//! rename-command old new        new may be "": the command is gone
//! user name rule…               an ACL user
//! loadmodule path argument…     remembered; loading is not in the configuration's hands
//! module.setting value          remembered
//! list-max-ziplist-entries n    (and two more) ignored: they had a meaning once
//! ```
//!
//! Observed on 7.0.15 and reproduced: a NUL byte hides the rest of its line together with its line end; after an
//! `include`, `save` lines of the including file replace each other instead of adding up.

use super::directive::{Flags, Source};
use super::number::c_str;
use super::rewrite::trim;
use super::{CommandLine, Config, lookup, split_args};

/// Files including each other deeper than this are refused; Redis would run out of stack.
const INCLUDE_DEPTH_MAX: usize = 64;

/// Redis reads lines in pieces of this many bytes.
const PIECE_BYTES: usize = 1024;

/// Directives that no longer mean anything and are accepted with one argument.
const DEPRECATED: [&[u8]; 3] = [b"list-max-ziplist-entries", b"list-max-ziplist-value", b"lua-replicate-commands"];

/// What the reader needs from outside.
pub trait Environment {
    /// The files that `path` names: itself, or, when it contains `*`, `?` or `[`, every match of the pattern in
    /// order (perhaps none). Errors: the path that can't be opened and the system's reason.
    fn read_files(&mut self, path: &[u8]) -> Result<Vec<IncludedFile>, LoadError>;
    /// All of standard input.
    fn read_stdin(&mut self) -> Vec<u8>;
    /// Changes the working directory, and gives its absolute path. Errors: the system's reason.
    fn change_dir(&mut self, path: &[u8]) -> Result<Vec<u8>, String>;
    /// Whether the log can be opened for appending. Errors: the system's reason.
    fn check_log_file(&mut self, path: &[u8]) -> Result<(), String>;
    /// Whether a command has this name (any case), before any renaming.
    fn command_exists(&mut self, name: &[u8]) -> bool;
    /// Whether `name rule…` describes a user. Errors: the index of the word to show, 0 being the word
    /// `user` and 1 the name, and why.
    fn check_user(&mut self, arguments: &[Vec<u8>]) -> Result<(), (usize, String)>;
}

/// The contents of one file that was named by [`Environment::read_files`].
pub type IncludedFile = Vec<u8>;

/// An environment with no files at all, where everything else is fine: for tests and for configuration given as text.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFiles;

impl Environment for NoFiles {
    fn read_files(&mut self, _: &[u8]) -> Result<Vec<IncludedFile>, LoadError> {
        Ok(Vec::new())
    }
    fn read_stdin(&mut self) -> Vec<u8> {
        Vec::new()
    }
    fn change_dir(&mut self, path: &[u8]) -> Result<Vec<u8>, String> {
        Ok(path.to_vec())
    }
    fn check_log_file(&mut self, _: &[u8]) -> Result<(), String> {
        Ok(())
    }
    fn command_exists(&mut self, _: &[u8]) -> bool {
        true
    }
    fn check_user(&mut self, _: &[Vec<u8>]) -> Result<(), (usize, String)> {
        Ok(())
    }
}

/// Why a configuration could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadError {
    /// One line is bad.
    Line {
        /// From 1, in its own file.
        line: usize,
        /// The line, trimmed.
        text: Vec<u8>,
        /// What is wrong with it.
        reason: Vec<u8>,
    },
    /// The configuration as a whole is bad.
    Whole {
        /// What is wrong with it.
        reason: Vec<u8>,
    },
    /// A file can't be opened.
    CannotOpen {
        /// The file.
        path: Vec<u8>,
        /// The system's reason.
        reason: String,
    },
}

impl LoadError {
    /// What `redis-server` prints. For `CannotOpen` that is a line for the log, otherwise text for standard error.
    pub fn message(&self) -> Vec<u8> {
        let head = b"\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\n";
        match self {
            LoadError::Line { line, text, reason } => {
                let at = format!("Reading the configuration file, at line {line}\n>>> '");
                [head, at.as_bytes(), text, b"'\n", reason, b"\n"].concat()
            }
            LoadError::Whole { reason } => [head, reason.as_slice(), b"\n"].concat(),
            LoadError::CannotOpen { path, reason } => {
                [b"Fatal error, can't open config file '", path.as_slice(), b"': ", reason.as_bytes()].concat()
            }
        }
    }
}

impl Config {
    /// Reads everything that a command line names: its file, standard input, its options, in this order.
    /// On an error the configuration is half read and of no use.
    pub fn load(&mut self, command_line: &CommandLine, environment: &mut dyn Environment) -> Result<(), LoadError> {
        let mut reader = Reader { config: self, environment, save_seen: false, in_file: true, depth: 0 };
        let mut text = Vec::new();
        if let Some(path) = &command_line.config_file {
            reader.config.extra.config_file = Some(path.clone());
            text = reader.read_files(path)?;
        }
        if command_line.from_stdin {
            append_as_fgets(&mut text, &reader.environment.read_stdin());
        }
        text.push(b'\n');
        text.extend_from_slice(&command_line.options);
        reader.read_text(&text)
    }

    /// Reads configuration text. See [`Config::load`].
    pub fn load_text(&mut self, text: &[u8], environment: &mut dyn Environment) -> Result<(), LoadError> {
        let mut pieces = Vec::with_capacity(text.len());
        append_as_fgets(&mut pieces, text);
        Reader { config: self, environment, save_seen: false, in_file: true, depth: 0 }.read_text(&pieces)
    }
}

/// Appends a file the way Redis does: line by line, each up to its first NUL.
pub(super) fn append_as_fgets(text: &mut Vec<u8>, contents: &[u8]) {
    for line in contents.split_inclusive(|byte| *byte == b'\n') {
        line.chunks(PIECE_BYTES).for_each(|piece| text.extend_from_slice(c_str(piece)));
    }
}

/// One reading, includes included.
struct Reader<'a> {
    config: &'a mut Config,
    environment: &'a mut dyn Environment,
    save_seen: bool,
    /// False after an include has ended, as in Redis.
    in_file: bool,
    depth: usize,
}

impl Reader<'_> {
    fn read_files(&mut self, path: &[u8]) -> Result<Vec<u8>, LoadError> {
        let mut text = Vec::new();
        for contents in self.environment.read_files(path)? {
            append_as_fgets(&mut text, &contents);
        }
        Ok(text)
    }

    fn read_text(&mut self, text: &[u8]) -> Result<(), LoadError> {
        self.in_file = true;
        if !text.is_empty() {
            for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
                let line = trim(line);
                self.read_line(line).map_err(|refusal| match refusal {
                    LineError::Nested(error) => error,
                    LineError::Here(reason) => LoadError::Line { line: index + 1, text: line.to_vec(), reason },
                })?;
            }
        }
        self.check_whole().map_err(|reason| LoadError::Whole { reason })?;
        self.config.cap_hz();
        self.in_file = false;
        Ok(())
    }

    fn check_whole(&mut self) -> Result<(), Vec<u8>> {
        if !self.config.logfile.is_empty() {
            let opened = self.environment.check_log_file(&self.config.logfile);
            opened.map_err(|reason| format!("Can't open the log file: {reason}"))?;
        }
        if self.config.cluster_enabled && self.config.replicaof.is_some() {
            return Err(b"replicaof directive not allowed in cluster mode".to_vec());
        }
        Ok(())
    }

    fn read_line(&mut self, line: &[u8]) -> Result<(), LineError> {
        if line.is_empty() || line[0] == b'#' {
            return Ok(());
        }
        let mut words = split_args(line).map_err(|_| LineError::from("Unbalanced quotes in configuration line"))?;
        let Some(name) = words.first_mut() else {
            return Ok(());
        };
        name.make_ascii_lowercase();
        let (name, arguments) = words.split_first().expect("the line has a first word");
        if let Some(directive) = lookup(name) {
            return self.read_directive(directive, arguments);
        }
        if DEPRECATED.contains(&name.as_slice()) && arguments.len() == 1 {
            return Ok(());
        }
        match (c_str(name), arguments) {
            (b"include", [path]) => self.include(path).map_err(LineError::Nested)?,
            (b"rename-command", [old, new]) => self.rename_command(old, new)?,
            (b"user", [_, ..]) => {
                self.environment.check_user(arguments).map_err(|(index, reason)| {
                    let shown = words.get(index).map_or(&b""[..], |word| c_str(word));
                    [b"Error in user declaration '", shown, b"': ", reason.as_bytes()].concat()
                })?;
                self.config.extra.users.push(arguments.to_vec());
            }
            (b"loadmodule", [_, ..]) => self.config.extra.modules.push(arguments.to_vec()),
            (name, _) if name.contains(&b'.') => {
                let [value] = arguments else {
                    return Err("Module config specified without value".into());
                };
                self.config.extra.module_settings.retain(|(known, _)| known != name);
                self.config.extra.module_settings.push((name.to_vec(), value.clone()));
            }
            (b"sentinel", []) => {}
            (b"sentinel", _) => return Err("sentinel directive while not in sentinel mode".into()),
            _ => return Err("Bad directive or wrong number of arguments".into()),
        }
        Ok(())
    }

    fn read_directive(&mut self, directive: &super::Directive, arguments: &[Vec<u8>]) -> Result<(), LineError> {
        if !directive.flags.contains(Flags::MULTI_ARG) && arguments.len() != 1 {
            return Err("wrong number of arguments".into());
        }
        let source = if self.in_file { Source::File { save_seen: self.save_seen } } else { Source::Command };
        // One word that is not empty may hold several: `--save '900 1 300 10'`.
        let inner = match arguments {
            [word] if directive.flags.contains(Flags::MULTI_ARG) && !word.is_empty() => {
                Some(split_args(word).unwrap_or_default())
            }
            _ => None,
        };
        let arguments = inner.as_deref().unwrap_or(arguments);
        directive.set(self.config, arguments, source).map_err(|reason| LineError::Here(reason.as_bytes().to_vec()))?;
        match directive.name {
            "save" if self.in_file => self.save_seen = true,
            "dir" => {
                let moved = self.environment.change_dir(&self.config.dir);
                self.config.dir = moved.map_err(|reason| LineError::Here(reason.into_bytes()))?;
            }
            _ => {}
        }
        Ok(())
    }

    fn include(&mut self, path: &[u8]) -> Result<(), LoadError> {
        if self.depth == INCLUDE_DEPTH_MAX {
            return Err(LoadError::Whole { reason: b"Configuration files include each other too deeply".to_vec() });
        }
        let text = self.read_files(path)?;
        self.depth += 1;
        self.read_text(&text)?;
        self.depth -= 1;
        Ok(())
    }

    fn rename_command(&mut self, old: &[u8], new: &[u8]) -> Result<(), LineError> {
        if !self.is_command(old) {
            return Err("No such command in rename-command".into());
        }
        // The old name is free by the time the new one is taken.
        if !new.is_empty() && !new.eq_ignore_ascii_case(old) && self.is_command(new) {
            return Err("Target command name already exists".into());
        }
        self.config.extra.renamed_commands.push((old.to_vec(), new.to_vec()));
        Ok(())
    }

    /// Whether a command is called `name` after the renamings so far.
    fn is_command(&mut self, name: &[u8]) -> bool {
        let renamings = self.config.extra.renamed_commands.iter().rev();
        for (old, new) in renamings {
            if new.eq_ignore_ascii_case(name) {
                return true;
            }
            if old.eq_ignore_ascii_case(name) {
                return false;
            }
        }
        self.environment.command_exists(name)
    }
}

/// Why a line was refused: for what it says, or for what an included file says.
enum LineError {
    Here(Vec<u8>),
    Nested(LoadError),
}

impl From<&str> for LineError {
    fn from(reason: &str) -> Self {
        LineError::Here(reason.as_bytes().to_vec())
    }
}

impl From<Vec<u8>> for LineError {
    fn from(reason: Vec<u8>) -> Self {
        LineError::Here(reason)
    }
}
