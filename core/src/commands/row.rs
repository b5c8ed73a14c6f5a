//! The command row: one declaration from which arity errors, COMMAND INFO/DOCS/GETKEYS/LIST, ACL categories, OOM
//! gates, generators and coverage checks are derived.
//!
//! Rows are plain `const` data built with `const fn`s, so that a family's file reads as a table. The vocabulary
//! (flags, key specifications, argument types, tips) is that of `COMMAND INFO` and `COMMAND DOCS` in 7.0.15.

use super::keys::{FoundKey, InvalidKeys};
use super::{Args, CommandError, Ctx, Flow};
use crate::engine::Engine;
use crate::engine::client::ClientId;

bitflags::bitflags! {
    /// Behaviour flags of a command, in the order in which COMMAND INFO prints them.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub struct CommandFlags: u32 {
        /// May modify the data set.
        const WRITE = 1 << 0;
        /// Never modifies the data set.
        const READONLY = 1 << 1;
        /// Refused when memory is over `maxmemory` and can't be freed.
        const DENYOOM = 1 << 2;
        const ADMIN = 1 << 4;
        const PUBSUB = 1 << 5;
        const NOSCRIPT = 1 << 6;
        const BLOCKING = 1 << 7;
        /// Allowed while the data set is being loaded.
        const LOADING = 1 << 8;
        /// Allowed on a replica with stale data.
        const STALE = 1 << 9;
        const SKIP_MONITOR = 1 << 10;
        const SKIP_SLOWLOG = 1 << 11;
        const ASKING = 1 << 12;
        const FAST = 1 << 13;
        /// Allowed before authentication.
        const NO_AUTH = 1 << 14;
        /// May propagate although it is not a write (PUBLISH, EVAL…). Not shown by COMMAND INFO.
        const MAY_REPLICATE = 1 << 15;
        const SENTINEL = 1 << 16;
        const ONLY_SENTINEL = 1 << 17;
        const NO_MANDATORY_KEYS = 1 << 18;
        /// Allowed in a transaction only outside MULTI.
        const NO_MULTI = 1 << 19;
        const NO_ASYNC_LOADING = 1 << 20;
        /// Allowed while a script has been running for too long.
        const ALLOW_BUSY = 1 << 21;
        /// The duration is excluded from statistics (blocking wrappers). Not shown by COMMAND INFO.
        const INTERNAL = 1 << 23;
        /// May come across keys that nobody named (SCAN, RANDOMKEY): overdue ones that it deletes are not one transaction.
        /// Not shown by COMMAND INFO.
        const TOUCHES_ARBITRARY_KEYS = 1 << 24;
    }
}

bitflags::bitflags! {
    /// ACL categories named by the row; those that follow from the flags are added by [`Command::acl_categories`].
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct AclCategories: u32 {
        const KEYSPACE = 1 << 0;
        const READ = 1 << 1;
        const WRITE = 1 << 2;
        const SET = 1 << 3;
        const SORTEDSET = 1 << 4;
        const LIST = 1 << 5;
        const HASH = 1 << 6;
        const STRING = 1 << 7;
        const BITMAP = 1 << 8;
        const HYPERLOGLOG = 1 << 9;
        const GEO = 1 << 10;
        const STREAM = 1 << 11;
        const PUBSUB = 1 << 12;
        const ADMIN = 1 << 13;
        const FAST = 1 << 14;
        const SLOW = 1 << 15;
        const BLOCKING = 1 << 16;
        const DANGEROUS = 1 << 17;
        const CONNECTION = 1 << 18;
        const TRANSACTION = 1 << 19;
        const SCRIPTING = 1 << 20;
    }
}

bitflags::bitflags! {
    /// What a command does with the keys that a [`KeySpec`] finds.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct KeyFlags: u16 {
        const RO = 1 << 0;
        const RW = 1 << 1;
        const OW = 1 << 2;
        const RM = 1 << 3;
        const ACCESS = 1 << 4;
        const UPDATE = 1 << 5;
        const INSERT = 1 << 6;
        const DELETE = 1 << 7;
        const NOT_KEY = 1 << 8;
        const INCOMPLETE = 1 << 9;
        const VARIABLE_FLAGS = 1 << 10;
    }
}

/// The number of arguments, the command's name (and subcommand's name) included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    Exactly(u16),
    AtLeast(u16),
}

impl Arity {
    /// Whether `count` arguments are acceptable.
    pub fn accepts(self, count: usize) -> bool {
        match self {
            Arity::Exactly(n) => count == n as usize,
            Arity::AtLeast(n) => count >= n as usize,
        }
    }

    /// The form in which COMMAND INFO prints it: negative means "at least".
    pub fn signed(self) -> i64 {
        match self {
            Arity::Exactly(n) => n as i64,
            Arity::AtLeast(n) => -(n as i64),
        }
    }
}

/// Where the search for keys starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeginSearch {
    Unknown,
    Index(u16),
    /// After the keyword, searched from argument `start_from` on (negative: from the end, backwards).
    Keyword {
        keyword: &'static str,
        start_from: i16,
    },
}

/// How many keys follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindKeys {
    Unknown,
    /// `last_key` is relative to the first; negative: from the end. `limit`: 0 or 1 none, n = 1/n of what is left.
    Range {
        last_key: i16,
        key_step: u16,
        limit: u16,
    },
    /// The number of keys is itself an argument.
    KeyNum {
        key_num_index: u16,
        first_key: u16,
        key_step: u16,
    },
}

/// One group of keys of a command.
#[derive(Clone, Copy, Debug)]
pub struct KeySpec {
    pub flags: KeyFlags,
    pub begin_search: BeginSearch,
    pub find_keys: FindKeys,
    pub notes: Option<&'static str>,
}

impl KeySpec {
    /// Keys by position: the first at `first`, up to `last_key` (relative; negative from the end), every `key_step`.
    pub const fn range(first: u16, last_key: i16, key_step: u16, flags: KeyFlags) -> KeySpec {
        KeySpec {
            flags,
            begin_search: BeginSearch::Index(first),
            find_keys: FindKeys::Range { last_key, key_step, limit: 0 },
            notes: None,
        }
    }

    /// Any other combination.
    pub const fn new(begin_search: BeginSearch, find_keys: FindKeys, flags: KeyFlags) -> KeySpec {
        KeySpec { flags, begin_search, find_keys, notes: None }
    }

    /// First key, last key (relative, or negative from the end) and step, if that is all there is to it.
    pub fn as_range(&self) -> Option<(u16, i16, u16)> {
        match (self.begin_search, self.find_keys) {
            (BeginSearch::Index(first), FindKeys::Range { last_key, key_step, .. }) => {
                Some((first, last_key, key_step))
            }
            _ => None,
        }
    }

    /// The remark that COMMAND INFO prints with the specification.
    pub const fn notes(mut self, notes: &'static str) -> KeySpec {
        self.notes = Some(notes);
        self
    }
}

/// The kind of an argument, as COMMAND DOCS names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgKind {
    String,
    Integer,
    Double,
    Key,
    Pattern,
    UnixTime,
    PureToken,
    OneOf,
    Block,
}

/// One argument of a command's grammar.
#[derive(Clone, Copy, Debug)]
pub struct Arg {
    pub name: &'static str,
    pub kind: ArgKind,
    pub token: Option<&'static str>,
    pub key_spec_index: Option<u8>,
    pub since: Option<&'static str>,
    pub deprecated_since: Option<&'static str>,
    pub optional: bool,
    pub multiple: bool,
    pub multiple_token: bool,
    pub children: &'static [Arg],
}

impl Arg {
    pub const fn new(name: &'static str, kind: ArgKind) -> Arg {
        Arg {
            name,
            kind,
            token: None,
            key_spec_index: None,
            since: None,
            deprecated_since: None,
            optional: false,
            multiple: false,
            multiple_token: false,
            children: &[],
        }
    }

    pub const fn string(name: &'static str) -> Arg {
        Arg::new(name, ArgKind::String)
    }

    pub const fn integer(name: &'static str) -> Arg {
        Arg::new(name, ArgKind::Integer)
    }

    /// A key found by the key specification of the given index.
    pub const fn key(name: &'static str, key_spec_index: u8) -> Arg {
        let mut arg = Arg::new(name, ArgKind::Key);
        arg.key_spec_index = Some(key_spec_index);
        arg
    }

    /// A pattern of keys that the key specification of the given index stands for.
    pub const fn key_pattern(name: &'static str, key_spec_index: u8) -> Arg {
        let mut arg = Arg::new(name, ArgKind::Pattern);
        arg.key_spec_index = Some(key_spec_index);
        arg
    }

    /// A bare word, such as `NX`.
    pub const fn word(name: &'static str, token: &'static str) -> Arg {
        Arg::new(name, ArgKind::PureToken).token(token)
    }

    pub const fn one_of(name: &'static str, children: &'static [Arg]) -> Arg {
        let mut arg = Arg::new(name, ArgKind::OneOf);
        arg.children = children;
        arg
    }

    pub const fn block(name: &'static str, children: &'static [Arg]) -> Arg {
        let mut arg = Arg::new(name, ArgKind::Block);
        arg.children = children;
        arg
    }

    pub const fn token(mut self, token: &'static str) -> Arg {
        self.token = Some(token);
        self
    }

    pub const fn since(mut self, version: &'static str) -> Arg {
        self.since = Some(version);
        self
    }

    pub const fn deprecated_since(mut self, version: &'static str) -> Arg {
        self.deprecated_since = Some(version);
        self
    }

    pub const fn optional(mut self) -> Arg {
        self.optional = true;
        self
    }

    pub const fn multiple(mut self) -> Arg {
        self.multiple = true;
        self
    }

    pub const fn multiple_token(mut self) -> Arg {
        self.multiple_token = true;
        self
    }
}

/// What COMMAND DOCS says of a command. Summaries are our own sentences; the rest are facts of 7.0.15.
#[derive(Clone, Copy, Debug)]
pub struct Doc {
    pub summary: &'static str,
    pub since: &'static str,
    pub group: &'static str,
    pub complexity: Option<&'static str>,
    pub history: &'static [(&'static str, &'static str)],
    pub doc_flags: &'static [&'static str],
    pub deprecated_since: Option<&'static str>,
    pub replaced_by: Option<&'static str>,
}

impl Doc {
    pub const fn new(group: &'static str, since: &'static str, summary: &'static str) -> Doc {
        Doc {
            summary,
            since,
            group,
            complexity: None,
            history: &[],
            doc_flags: &[],
            deprecated_since: None,
            replaced_by: None,
        }
    }

    pub const fn complexity(mut self, complexity: &'static str) -> Doc {
        self.complexity = Some(complexity);
        self
    }

    pub const fn history(mut self, history: &'static [(&'static str, &'static str)]) -> Doc {
        self.history = history;
        self
    }

    pub const fn doc_flags(mut self, flags: &'static [&'static str]) -> Doc {
        self.doc_flags = flags;
        self
    }

    pub const fn deprecated(mut self, since: &'static str, replaced_by: Option<&'static str>) -> Doc {
        self.deprecated_since = Some(since);
        self.replaced_by = replaced_by;
        self
    }
}

/// A function that sees the data only.
pub type DataFn = fn(&mut Ctx<'_>, Args<'_>) -> Result<Flow, CommandError>;
/// A function that sees the whole engine and the client that called.
pub type ServerFn = fn(&mut Engine, ClientId, Args<'_>) -> Result<Flow, CommandError>;
/// Appends the keys that no specification can describe. Errors: the arguments are invalid.
pub type KeysFn = fn(Args<'_>, &mut Vec<FoundKey>) -> Result<(), InvalidKeys>;

/// What runs when the command is called.
#[derive(Clone, Copy)]
pub enum Run {
    Data(DataFn),
    Server(ServerFn),
    /// Has subcommands only; calling it without one is an arity error.
    Container,
}

/// One command (or subcommand) of the server.
#[derive(Clone, Copy)]
pub struct Command {
    /// Lower case. A subcommand has its full name, `config|get`.
    pub name: &'static str,
    pub arity: Arity,
    pub flags: CommandFlags,
    pub acl: AclCategories,
    pub keys: &'static [KeySpec],
    /// Only for commands whose specifications are incomplete.
    pub find_keys: Option<KeysFn>,
    pub args: &'static [Arg],
    pub tips: &'static [&'static str],
    pub doc: &'static Doc,
    pub subcommands: &'static [Command],
    pub run: Run,
}

impl Command {
    /// The flag-derived and the declared categories together.
    pub fn acl_categories(&self) -> AclCategories {
        let mut acl = self.acl;
        let f = self.flags;
        acl.set(AclCategories::WRITE, f.contains(CommandFlags::WRITE));
        acl.set(AclCategories::READ, f.contains(CommandFlags::READONLY) && !acl.contains(AclCategories::SCRIPTING));
        if f.contains(CommandFlags::ADMIN) {
            acl |= AclCategories::ADMIN | AclCategories::DANGEROUS;
        }
        if f.contains(CommandFlags::PUBSUB) {
            acl |= AclCategories::PUBSUB;
        }
        if f.contains(CommandFlags::BLOCKING) {
            acl |= AclCategories::BLOCKING;
        }
        acl.set(AclCategories::FAST, f.contains(CommandFlags::FAST));
        acl.set(AclCategories::SLOW, !f.contains(CommandFlags::FAST));
        acl
    }

    /// Whether the first key, the last key and the step can't say where all keys are.
    pub fn keys_movable(&self) -> bool {
        self.keys.iter().any(|spec| spec.as_range().is_none() || spec.flags.contains(KeyFlags::INCOMPLETE))
    }

    /// First key, last key and step, as clients of old knew commands: what the ranges among the specifications cover
    /// together, or zeros if they leave gaps.
    pub fn legacy_range(&self) -> (i64, i64, i64) {
        if let [spec] = self.keys {
            return spec.as_range().map_or((0, 0, 0), |(first, last, step)| {
                (first as i64, if last >= 0 { (first as i16 + last) as i64 } else { last as i64 }, step as i64)
            });
        }
        // A last key that is counted from the end is beyond every one that is counted from the first.
        let reach = |last: i64| if last < 0 { i64::MAX + last } else { last };
        let mut covered: Option<(i64, i64)> = None;
        let mut previous = 0;
        for (first, last, step) in self.keys.iter().filter_map(KeySpec::as_range) {
            let first = first as i64;
            let last = if last >= 0 { first + last as i64 } else { last as i64 };
            if step != 1 || previous != 0 && previous != first - 1 {
                return (0, 0, 0);
            }
            previous = last;
            covered = Some(match covered {
                None => (first, last),
                Some((a, b)) => (a.min(first), if reach(b) >= reach(last) { b } else { last }),
            });
        }
        covered.map_or((0, 0, 0), |(first, last)| (first, last, 1))
    }

    /// The last part of the name: `get` of `config|get`.
    pub fn short_name(&self) -> &'static str {
        self.name.rsplit('|').next().expect("rsplit yields at least one part")
    }

    /// Whether this row is a subcommand.
    pub fn is_subcommand(&self) -> bool {
        self.name.contains('|')
    }
}
