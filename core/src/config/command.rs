//! CONFIG GET and CONFIG SET, without the command around them.
//!
//! CONFIG SET works in two steps, because the second one may fail outside: [`Config::set_many`] checks and sets
//! every value or none, and returns a [`Change`]; the caller carries out [`Change::applies`] in order. When one of
//! them fails, [`Change::undo`] restores the old values, gives the error text, and the caller repeats what it had
//! applied so far.
//!
//! Deviation: Redis changes the working directory while it sets the values, before anything is applied. Here `dir`
//! is an [`Apply`] like the others, the first one to be carried out, so a bad path is reported only when every value
//! was good.

use super::directive::{Apply, Directive, Flags, Refusal, Source};
use super::number::c_str;
use super::table::DIRECTIVES;
use super::values::ProtectedAction;
use super::{Config, lookup};

/// Bounds of `hz`: values outside are accepted and capped.
const HZ_RANGE: (u32, u32) = (1, 500);

/// The least `repl-backlog-size`: CONFIG SET accepts less and raises it. A file may have less.
const REPL_BACKLOG_BYTES_MIN: u64 = 16 * 1024;

/// What CONFIG SET depends on besides the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetContext {
    /// The client is on this machine (loopback or Unix socket).
    pub local_client: bool,
    /// A dataset is being loaded.
    pub loading: bool,
}

/// Why CONFIG SET changed nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetError {
    /// A name without a value: Redis's plain syntax error.
    Syntax,
    /// A directive that may not be set while loading: Redis's `LOADING` error.
    Loading,
    /// No directive has this name.
    Unknown(Vec<u8>),
    /// A value was refused: the name to show and the reason.
    Refused {
        /// As given when a rule forbids the change, the directive's own spelling when the value is bad.
        name: Vec<u8>,
        /// The text after the dash.
        reason: Refusal,
    },
}

impl SetError {
    /// The text of the error reply after `ERR ` (or the code that [`SetError::Loading`] has), without line ends.
    pub fn message(&self) -> Vec<u8> {
        let text = match self {
            SetError::Syntax => b"syntax error".to_vec(),
            SetError::Loading => b"Redis is loading the dataset in memory".to_vec(),
            SetError::Unknown(name) => {
                [b"Unknown option or number of arguments for CONFIG SET - '", c_str(name), b"'"].concat()
            }
            SetError::Refused { name, reason } => {
                [b"CONFIG SET failed (possibly related to argument '", c_str(name), b"') - ", reason.as_bytes()]
                    .concat()
            }
        };
        text.into_iter().map(|byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { byte }).collect()
    }
}

/// The values of one CONFIG SET, set but not yet applied.
#[derive(Debug, Clone)]
#[must_use = "what the change entails has to be applied, or the change undone"]
pub struct Change {
    before: Box<Config>,
    directives: Vec<(&'static Directive, &'static str)>,
    applies: Vec<(Apply, &'static str)>,
}

impl Change {
    /// Every directive that was given, in order, changed or not.
    pub fn directives(&self) -> impl Iterator<Item = &'static Directive> {
        self.directives.iter().map(|(directive, _)| *directive)
    }

    /// What to carry out, in order, each kind once.
    pub fn applies(&self) -> impl Iterator<Item = Apply> {
        self.applies.iter().map(|(apply, _)| *apply)
    }

    /// The configuration as it was before.
    pub fn before(&self) -> &Config {
        &self.before
    }

    /// The directive, as it was spelled, that first asked for `apply`.
    pub fn name_behind(&self, apply: Apply) -> &'static str {
        self.applies.iter().find(|(known, _)| *known == apply).map_or("", |(_, name)| *name)
    }

    /// Puts the values of this change back, and no others, because `failed` could not be carried out. `reason` is the system's text where that
    /// is what Redis shows (`dir`, `maxclients`); otherwise the text of the [`Apply`] is used.
    pub fn undo(&self, config: &mut Config, failed: Apply, reason: Option<Refusal>) -> SetError {
        let name = self.name_behind(failed);
        for directive in self.directives() {
            directive.copy(&self.before, config);
        }
        SetError::Refused { name: name.into(), reason: reason.unwrap_or(failed.failure_text().into()) }
    }
}

impl Config {
    /// The directives that match any of `patterns`, each once, with the name to show and the value.
    ///
    /// A pattern without `*?[` is a name, shown the way it was asked for; others match names without regard to case
    /// and never show hidden directives. Both spellings of a directive count as different names.
    /// Order: first match first; within one pattern the order of the table. O(patterns × directives).
    pub fn get(&self, patterns: &[&[u8]]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut found: Vec<(Vec<u8>, &'static Directive)> = Vec::new();
        for pattern in patterns {
            let is_known = |found: &[(Vec<u8>, &Directive)], name: &[u8]| {
                found.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
            };
            if !c_str(pattern).iter().any(|byte| matches!(byte, b'*' | b'?' | b'[')) {
                if let Some(directive) = lookup(pattern)
                    && !is_known(&found, pattern)
                {
                    found.push((pattern.to_vec(), directive));
                }
                continue;
            }
            for directive in DIRECTIVES.iter().filter(|directive| !directive.flags.contains(Flags::HIDDEN)) {
                for name in [Some(directive.name), directive.alias].into_iter().flatten() {
                    if crate::glob::matches(pattern, name.as_bytes(), true) && !is_known(&found, name.as_bytes()) {
                        found.push((name.into(), directive));
                    }
                }
            }
        }
        found.into_iter().map(|(name, directive)| (name, directive.get(self))).collect()
    }

    /// Sets every pair, or none. Errors: [`SetError`], with the texts of 7.0.15.
    pub fn set_many(&mut self, pairs: &[(&[u8], &[u8])], context: SetContext) -> Result<Change, SetError> {
        let directives = self.settable(pairs, context)?;
        let before = Box::new(self.clone());
        let mut applies = Vec::new();
        for ((directive, name), (_, value)) in directives.iter().zip(pairs) {
            let arguments = split_value(directive, value);
            if let Err(reason) = directive.set(self, &arguments, Source::Command) {
                *self = *before;
                return Err(SetError::Refused { name: name.as_bytes().to_vec(), reason });
            }
            let changed =
                directive.flags.contains(Flags::ALWAYS_APPLY) || directive.get(self) != directive.get(&before);
            if let Some(apply) = directive.apply.filter(|_| changed)
                && !applies.iter().any(|(known, _)| *known == apply)
            {
                applies.push((apply, *name));
            }
        }
        // Stable: of several, only Dir moves.
        applies.sort_by_key(|(apply, _)| *apply != Apply::Dir);
        self.cap_hz();
        if applies.iter().any(|(apply, _)| *apply == Apply::ReplBacklogSize) {
            self.repl_backlog_size = self.repl_backlog_size.max(REPL_BACKLOG_BYTES_MIN);
        }
        Ok(Change { before, directives, applies })
    }

    /// The directives of `pairs` with the spelling that was used, when each exists, may be set, and comes once.
    fn settable(
        &self,
        pairs: &[(&[u8], &[u8])],
        context: SetContext,
    ) -> Result<Vec<(&'static Directive, &'static str)>, SetError> {
        let mut found: Vec<(&'static Directive, &'static str)> = Vec::with_capacity(pairs.len());
        for (name, _) in pairs {
            let directive = lookup(name).ok_or_else(|| SetError::Unknown(name.to_vec()))?;
            let refuse = |reason: &'static str| SetError::Refused { name: name.to_vec(), reason: reason.into() };
            if directive.flags.contains(Flags::IMMUTABLE) {
                return Err(refuse("can't set immutable config"));
            }
            if directive.flags.contains(Flags::PROTECTED) && !self.allows(self.enable_protected_configs, context) {
                return Err(refuse("can't set protected config"));
            }
            if context.loading && directive.flags.contains(Flags::DENY_LOADING) {
                return Err(SetError::Loading);
            }
            let spelling = match directive.alias {
                Some(alias) if alias.as_bytes().eq_ignore_ascii_case(name) => alias,
                _ => directive.name,
            };
            // The two spellings of one directive do not count as duplicates: the later one wins.
            if found.iter().any(|(_, known)| *known == spelling) {
                return Err(refuse("duplicate parameter"));
            }
            found.push((directive, spelling));
        }
        Ok(found)
    }

    /// Whether a client may do what `setting` guards.
    fn allows(&self, setting: ProtectedAction, context: SetContext) -> bool {
        match setting {
            ProtectedAction::No => false,
            ProtectedAction::Yes => true,
            ProtectedAction::Local => context.local_client,
        }
    }

    /// Brings `hz` within its bounds.
    pub(super) fn cap_hz(&mut self) {
        self.hz = self.hz.clamp(HZ_RANGE.0, HZ_RANGE.1);
    }
}

/// The arguments that a value of CONFIG SET stands for.
fn split_value(directive: &Directive, value: &[u8]) -> Vec<Vec<u8>> {
    if !directive.flags.contains(Flags::MULTI_ARG) {
        return vec![value.to_vec()];
    }
    if value.is_empty() {
        return Vec::new();
    }
    value.split(|byte| *byte == b' ').map(<[u8]>::to_vec).collect()
}
