//! What one directive is: its names, its rules, and how to reach its value in a [`Config`].
//!
//! The rows are in `table.rs`. Everything that Redis does with a directive (CONFIG GET, CONFIG SET, reading a file,
//! CONFIG REWRITE) is derived from its row.

use super::rewrite::Rewriter;
use super::values::Choice;
use super::{Config, number, split};
use crate::numbers::integer::parse_i64;
use crate::numbers::memory_size;
use bitflags::bitflags;
use std::borrow::Cow;

bitflags! {
    /// Rules of a directive.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Flags: u8 {
        /// Only settable at start.
        const IMMUTABLE = 1 << 0;
        /// Settable at run time only as `enable-protected-configs` allows.
        const PROTECTED = 1 << 1;
        /// Its value must not reach MONITOR, SLOWLOG or the ACL log.
        const SENSITIVE = 1 << 2;
        /// Only listed by CONFIG GET when asked for by its exact name.
        const HIDDEN = 1 << 3;
        /// Not settable while a dataset is being loaded.
        const DENY_LOADING = 1 << 4;
        /// Takes several arguments in a file; CONFIG SET splits its value at each space.
        const MULTI_ARG = 1 << 5;
        /// CONFIG SET applies it even when the value stays the same.
        const ALWAYS_APPLY = 1 << 6;
    }
}

/// What must happen outside the configuration after a successful CONFIG SET. Those marked (fails) may be refused,
/// and then the whole CONFIG SET is undone. Those for which [`Apply::is_for_driver`] holds are asked of the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Apply {
    /// Change the working directory (fails, with the system's text).
    Dir,
    /// Listen on the new port (fails).
    Port,
    /// Listen on the new TLS port (fails).
    TlsPort,
    /// Rebuild the TLS context (fails).
    Tls,
    /// Listen on the new addresses (fails).
    Bind,
    /// Make room for more clients (fails).
    Maxclients,
    /// Write `oom_score_adj` (fails).
    OomScoreAdj,
    /// Start or stop the append-only file (fails).
    Appendonly,
    /// Change the process title (fails).
    ProcTitle,
    /// Give the `default` user this password, or none.
    RequirePass,
    /// Start evicting, warn when already above the limit.
    Maxmemory,
    /// The cron frequency changed. The value is already within 1 to 500.
    Hz,
    /// Recount the replicas that are fresh enough.
    GoodReplicas,
    /// Resize the replication backlog.
    ReplBacklogSize,
    /// Announced cluster flags changed.
    ClusterFlags,
    /// Announced cluster address changed.
    ClusterIp,
    /// Announced cluster host name changed.
    ClusterHostname,
    /// Install or remove crash handlers.
    CrashLog,
    /// The software watchdog's period changed.
    Watchdog,
    /// Start or stop the allocator's background thread. No effect here.
    AllocatorThread,
    /// Delete append-only history files again.
    AofAutoGc,
    /// Whether `print` and other old globals exist in Lua changed.
    LuaDeprecatedApi,
}

impl Apply {
    /// Whether only the driver can carry it out.
    pub fn is_for_driver(self) -> bool {
        matches!(self, Apply::Dir | Apply::Port | Apply::Bind | Apply::Maxclients | Apply::OomScoreAdj)
    }

    /// Whether the error shows the system's text instead of one of our own.
    pub fn shows_system_text(self) -> bool {
        matches!(self, Apply::Dir | Apply::Maxclients)
    }

    /// The error text when it can't be done and the system has no better words.
    pub fn failure_text(self) -> &'static str {
        match self {
            Apply::Port => "Unable to listen on this port. Check server logs.",
            Apply::Tls | Apply::TlsPort => "Unable to update TLS configuration. Check server logs.",
            Apply::Bind => "Failed to bind to specified addresses.",
            Apply::OomScoreAdj => "Failed to set current oom_score_adj. Check server logs.",
            Apply::Appendonly => "Unable to turn on AOF. Check server logs.",
            Apply::ProcTitle => "failed to set process title",
            Apply::Maxclients => {
                "The event loop API used by Redis is not able to handle the specified number of clients"
            }
            _ => "unknown error",
        }
    }
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Decimal.
    Plain,
    /// Bytes, with an optional unit.
    Memory,
    /// Bytes, or a percentage of `maxmemory`, which is kept as a negative number.
    MemoryOrPercent,
    /// Octal digits.
    Octal,
}

/// The C type behind a number: it decides whether a negative number is below the range or far above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Compared as `i64`.
    Signed,
    /// Compared as `u64`.
    Unsigned,
}

/// Where a value comes from. `save` lines add up in a file, and replace each other in CONFIG SET.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A configuration file (or the command line).
    File {
        /// A `save` line was read before.
        save_seen: bool,
    },
    /// CONFIG SET.
    Command,
}

/// Why a value was refused: the text after the dash in Redis's error.
pub type Refusal = Cow<'static, str>;

/// An integer field of [`Config`]. The range of its directive guarantees that the conversions lose nothing.
pub(super) trait Number: Copy {
    fn to_i64(self) -> i64;
    fn from_i64(value: i64) -> Self;
}

macro_rules! numbers {
    ($($integer:ty)*) => { $(
        impl Number for $integer {
            fn to_i64(self) -> i64 { self as i64 }
            fn from_i64(value: i64) -> Self { value as $integer }
        }
    )* };
}
numbers!(u16 u32 i32 u64 i64);

/// A string field of [`Config`]: `Vec<u8>`, or `Option<Vec<u8>>` where the empty string means "not set".
pub(super) trait Text {
    fn text(&self) -> Option<&[u8]>;
    fn assign(&mut self, text: &[u8]);
}

impl Text for Vec<u8> {
    fn text(&self) -> Option<&[u8]> {
        Some(self)
    }
    fn assign(&mut self, text: &[u8]) {
        *self = text.to_vec();
    }
}

impl Text for Option<Vec<u8>> {
    fn text(&self) -> Option<&[u8]> {
        self.as_deref()
    }
    fn assign(&mut self, text: &[u8]) {
        *self = (!text.is_empty()).then(|| text.to_vec());
    }
}

/// Sets the value of an odd directive.
pub(super) type SetSpecial = fn(&mut Config, &[Vec<u8>], Source) -> Result<(), Refusal>;

/// Checks a new value beyond its kind.
pub(super) type Check = fn(&Config, &[u8]) -> Result<(), Refusal>;

/// The kind of value a directive has, with the access to its field.
pub(super) enum Kind {
    /// `yes` or `no`.
    Bool { get: fn(&Config) -> bool, set: fn(&mut Config, bool) },
    /// One word of a list.
    Word { get: fn(&Config) -> &'static str, set: fn(&mut Config, &[u8]) -> Result<(), Refusal> },
    /// An integer in a range.
    Number { unit: Unit, sign: Sign, min: i128, max: i128, get: fn(&Config) -> i64, set: fn(&mut Config, i64) },
    /// A string. `c_string`: a NUL ends it.
    Text { c_string: bool, get: fn(&Config) -> Option<&[u8]>, set: fn(&mut Config, &[u8]) },
    /// Anything else.
    Special { get: fn(&Config) -> Vec<u8>, set: SetSpecial, rewrite: fn(&Config, &'static str, &mut Rewriter) },
}

/// One directive.
pub struct Directive {
    /// The name in 7.0.
    pub name: &'static str,
    /// The older name, which keeps working.
    pub alias: Option<&'static str>,
    /// Its rules.
    pub flags: Flags,
    /// What a change entails.
    pub apply: Option<Apply>,
    pub(super) check: Option<Check>,
    pub(super) kind: Kind,
    pub(super) copy: fn(&Config, &mut Config),
}

impl std::fmt::Debug for Directive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Directive").field("name", &self.name).field("flags", &self.flags).finish_non_exhaustive()
    }
}

impl PartialEq for Directive {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// `argument(s) must be one of the following: …`, cut to the 255 bytes that Redis has room for.
pub(super) fn not_one_of(words: impl Iterator<Item = &'static str>) -> Refusal {
    let mut text = format!("argument(s) must be one of the following: {}", words.collect::<Vec<_>>().join(", "));
    text.truncate(255);
    text.into()
}

/// Reads a word into `slot`.
pub(super) fn assign_word<T: Choice>(slot: &mut T, word: &[u8]) -> Result<(), Refusal> {
    match T::from_word(number::c_str(word)) {
        Some(value) => *slot = value,
        None => return Err(not_one_of(T::CHOICES.iter().map(|(word, _)| *word))),
    }
    Ok(())
}

impl Directive {
    /// The value as CONFIG GET prints it.
    pub fn get(&self, config: &Config) -> Vec<u8> {
        match &self.kind {
            Kind::Bool { get, .. } => yes_no(get(config)).into(),
            Kind::Word { get, .. } => get(config).into(),
            Kind::Number { unit, get, .. } => format_number(*unit, get(config)).into_bytes(),
            Kind::Text { get, .. } => get(config).unwrap_or_default().to_vec(),
            Kind::Special { get, .. } => get(config),
        }
    }

    /// Sets the value, changing nothing on an error. `arguments` is one argument unless the directive is
    /// `MULTI_ARG`.
    pub(super) fn set(&self, config: &mut Config, arguments: &[Vec<u8>], source: Source) -> Result<(), Refusal> {
        let first = arguments.first().map_or(&b""[..], Vec::as_slice);
        if let Some(check) = self.check {
            check(config, first)?;
        }
        match &self.kind {
            Kind::Bool { set, .. } => set(config, read_bool(first)?),
            Kind::Word { set, .. } => set(config, first)?,
            Kind::Number { set, .. } => set(config, self.read_number(first)?),
            Kind::Text { c_string, set, .. } => set(config, if *c_string { number::c_str(first) } else { first }),
            Kind::Special { set, .. } => set(config, arguments, source)?,
        }
        Ok(())
    }

    /// Gives `to` the value that `from` has.
    pub(super) fn copy(&self, from: &Config, to: &mut Config) {
        (self.copy)(from, to);
    }

    /// Parses and range-checks a number.
    fn read_number(&self, text: &[u8]) -> Result<i64, Refusal> {
        let Kind::Number { unit, sign, min, max, .. } = self.kind else {
            unreachable!("only numbers are read as numbers")
        };
        let value = parse_number(unit, text)?;
        if unit == Unit::MemoryOrPercent && value < 0 {
            let percent_max = -min;
            let too_much = || format!("percentage argument must be less or equal to {percent_max}").into();
            return if i128::from(value) < min { Err(too_much()) } else { Ok(value) };
        }
        let compared = match sign {
            Sign::Signed => i128::from(value),
            Sign::Unsigned => i128::from(value as u64),
        };
        if (min..=max).contains(&compared) {
            return Ok(value);
        }
        Err(match unit {
            Unit::Octal => format!("argument must be between {min:o} and {max:o} inclusive"),
            _ => format!("argument must be between {min} and {max} inclusive"),
        }
        .into())
    }

    /// Tells `rewriter` the line or lines that this directive needs.
    pub(super) fn rewrite(&self, config: &Config, default: &Config, rewriter: &mut Rewriter) {
        let value = match &self.kind {
            Kind::Special { rewrite, .. } => return rewrite(config, self.name, rewriter),
            Kind::Text { get, .. } => match get(config) {
                // A string that is not set must not be in the file, or it would be set at the next start.
                None => return rewriter.mark_processed(self.name),
                Some(text) => split::quoted(text),
            },
            Kind::Number { unit: Unit::MemoryOrPercent, get, .. } if get(config) < 0 => self.get(config),
            Kind::Number { unit: Unit::Memory | Unit::MemoryOrPercent, get, .. } => {
                number::format_memory(get(config) as u64).into_bytes()
            }
            _ => self.get(config),
        };
        let line = [self.name.as_bytes(), b" ", &value].concat();
        rewriter.line(self.name, line, self.get(config) != self.get(default));
    }
}

/// `yes` or `no`.
fn yes_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

fn read_bool(text: &[u8]) -> Result<bool, Refusal> {
    let text = number::c_str(text);
    if text.eq_ignore_ascii_case(b"yes") {
        Ok(true)
    } else if text.eq_ignore_ascii_case(b"no") {
        Ok(false)
    } else {
        Err("argument must be 'yes' or 'no'".into())
    }
}

fn parse_number(unit: Unit, text: &[u8]) -> Result<i64, Refusal> {
    let (parsed, refusal) = match unit {
        Unit::Plain => (parse_i64(text), "argument couldn't be parsed into an integer"),
        // A size above i64::MAX becomes negative here, as in Redis, and the range check sees to it.
        Unit::Memory => (memory_size::parse(text).map(|bytes| bytes as i64), "argument must be a memory value"),
        Unit::MemoryOrPercent => {
            let percent = || match text {
                [digits @ .., b'%'] => parse_i64(digits).filter(|percent| *percent >= 0).map(|percent| -percent),
                _ => None,
            };
            let bytes = memory_size::parse(text).map(|bytes| bytes as i64);
            (bytes.or_else(percent), "argument must be a memory or percent value")
        }
        Unit::Octal => (number::octal(text), "argument couldn't be parsed as an octal number"),
    };
    parsed.ok_or(refusal.into())
}

fn format_number(unit: Unit, value: i64) -> String {
    match unit {
        Unit::MemoryOrPercent if value < 0 => format!("{}%", value.unsigned_abs()),
        Unit::Memory | Unit::MemoryOrPercent => (value as u64).to_string(),
        Unit::Octal => format!("{value:o}"),
        Unit::Plain => value.to_string(),
    }
}
