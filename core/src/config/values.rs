//! The types of configuration values that are more than a number, a flag or a string.
//!
//! Words (`everysec`, `noeviction`…) are Rust enums; [`Choice`] gives their spelling, in the order in which Redis
//! lists them in its error texts. When one value has two spellings the first one listed is the one printed.

use bitflags::bitflags;

/// A value that is one word out of a fixed list.
pub trait Choice: Copy + PartialEq + 'static {
    /// Every accepted spelling with its value, in the order of Redis's error text.
    const CHOICES: &'static [(&'static str, Self)];

    /// The value spelled `word`, in any case.
    fn from_word(word: &[u8]) -> Option<Self> {
        let spelled = |(name, _): &&(&str, Self)| name.as_bytes().eq_ignore_ascii_case(word);
        Self::CHOICES.iter().find(spelled).map(|(_, value)| *value)
    }

    /// The (first) spelling of this value.
    fn word(self) -> &'static str {
        let found = Self::CHOICES.iter().find(|(_, value)| *value == self);
        found.expect("every variant of a choice is listed").0
    }
}

/// Declares an enum together with its spellings.
macro_rules! choices {
    ($( $(#[$doc:meta])* $name:ident { $( $word:literal => $variant:ident $(again $dup:tt)? ),* $(,)? } )*) => { $(
        choices!(@enum $(#[$doc])* $name {} $( ($word $variant $($dup)?) )* );
        impl Choice for $name {
            const CHOICES: &'static [(&'static str, Self)] = &[ $( ($word, Self::$variant) ),* ];
        }
    )* };
    // A row marked `again` is a second spelling, and declares no variant.
    (@enum $(#[$doc:meta])* $name:ident { $($done:ident)* } ($word:literal $variant:ident) $($rest:tt)*) => {
        choices!(@enum $(#[$doc])* $name { $($done)* $variant } $($rest)*);
    };
    (@enum $(#[$doc:meta])* $name:ident { $($done:ident)* } ($word:literal $variant:ident $dup:tt) $($rest:tt)*) => {
        choices!(@enum $(#[$doc])* $name { $($done)* } $($rest)*);
    };
    (@enum $(#[$doc:meta])* $name:ident { $($done:ident)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs)]
        pub enum $name { $($done),* }
    };
}

choices! {
    /// What to evict when `maxmemory` is reached.
    MaxmemoryPolicy {
        "volatile-lru" => VolatileLru,
        "volatile-lfu" => VolatileLfu,
        "volatile-random" => VolatileRandom,
        "volatile-ttl" => VolatileTtl,
        "allkeys-lru" => AllkeysLru,
        "allkeys-lfu" => AllkeysLfu,
        "allkeys-random" => AllkeysRandom,
        "noeviction" => NoEviction,
    }
    /// The syslog facility to log to.
    SyslogFacility {
        "user" => User, "local0" => Local0, "local1" => Local1, "local2" => Local2, "local3" => Local3,
        "local4" => Local4, "local5" => Local5, "local6" => Local6, "local7" => Local7,
    }
    /// The least important messages that are still logged. Ordered: `Debug` is the least important.
    LogLevel { "debug" => Debug, "verbose" => Verbose, "notice" => Notice, "warning" => Warning }
    /// Who supervises the process.
    Supervised { "upstart" => Upstart, "systemd" => Systemd, "auto" => Auto, "no" => No }
    /// When the append-only file is synced.
    AppendFsync { "everysec" => EverySec, "always" => Always, "no" => No }
    /// Whether a replica loads the RDB straight from the socket.
    ReplDisklessLoad { "disabled" => Disabled, "on-empty-db" => OnEmptyDb, "swapdb" => SwapDb }
    /// Whether TLS clients must show a certificate.
    TlsAuthClients { "no" => No, "yes" => Yes, "optional" => Optional }
    /// Whether the server manages its `oom_score_adj`. `yes` and `relative` are the same value.
    OomScoreAdj { "no" => No, "yes" => Relative, "relative" => Relative again true, "absolute" => Absolute }
    /// The channels that a new ACL user may use.
    AclPubsubDefault { "allchannels" => AllChannels, "resetchannels" => ResetChannels }
    /// For whom RESTORE and RDB payloads are checked in depth.
    SanitizeDumpPayload { "no" => No, "yes" => Yes, "clients" => Clients }
    /// Who may use a protected feature.
    ProtectedAction { "no" => No, "yes" => Yes, "local" => Local }
    /// How a cluster node names itself to clients.
    EndpointType { "ip" => Ip, "hostname" => Hostname, "unknown-endpoint" => UnknownEndpoint }
    /// What happens when a replicated or loaded command fails.
    PropagationError { "ignore" => Ignore, "panic" => Panic, "panic-on-replicas" => PanicOnReplicas }
}

/// One `save` rule: snapshot after `seconds` when at least `changes` writes happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SavePoint {
    /// In seconds, at least 1.
    pub seconds: i64,
    /// Number of writes. Redis keeps an `int`: larger numbers are cut to 32 bits.
    pub changes: i32,
}

/// The classes of clients that have an output buffer limit, as indices into `client_output_buffer_limit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum ClientClass {
    /// Plain clients.
    Normal = 0,
    /// Replicas (printed `slave`, read as `slave` or `replica`).
    Replica = 1,
    /// Clients subscribed to at least one channel or pattern.
    Pubsub = 2,
}

impl ClientClass {
    /// Every class, in index order, with the name that CONFIG GET prints.
    pub const ALL: [(ClientClass, &'static str); 3] =
        [(ClientClass::Normal, "normal"), (ClientClass::Replica, "slave"), (ClientClass::Pubsub, "pubsub")];

    /// The class called `name`, in any case.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        if name.eq_ignore_ascii_case(b"replica") {
            return Some(ClientClass::Replica);
        }
        let called = |(_, known): &&(ClientClass, &str)| known.as_bytes().eq_ignore_ascii_case(name);
        Self::ALL.iter().find(called).map(|(class, _)| *class)
    }
}

/// When a client with too much pending output is closed. 0 disables a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputBufferLimit {
    /// Closed at once above this many bytes.
    pub hard_bytes: u64,
    /// Closed above this many bytes for `soft_seconds` on end.
    pub soft_bytes: u64,
    /// In seconds.
    pub soft_seconds: i32,
}

impl OutputBufferLimit {
    pub(super) const fn new(hard_bytes: u64, soft_bytes: u64, soft_seconds: i32) -> Self {
        OutputBufferLimit { hard_bytes, soft_bytes, soft_seconds }
    }
}

/// The master that a replica follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MasterAddress {
    /// Name or address, as given.
    pub host: Vec<u8>,
    /// 0 to 65535.
    pub port: u16,
}

bitflags! {
    /// Which keyspace events are published (`notify-keyspace-events`).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct NotifyEvents: u16 {
        /// `K`: on `__keyspace@<db>__:<key>`.
        const KEYSPACE = 1 << 0;
        /// `E`: on `__keyevent@<db>__:<event>`.
        const KEYEVENT = 1 << 1;
        /// `g`: commands of no particular type (DEL, EXPIRE, RENAME…).
        const GENERIC = 1 << 2;
        /// `$`
        const STRING = 1 << 3;
        /// `l`
        const LIST = 1 << 4;
        /// `s`
        const SET = 1 << 5;
        /// `h`
        const HASH = 1 << 6;
        /// `z`
        const ZSET = 1 << 7;
        /// `x`
        const EXPIRED = 1 << 8;
        /// `e`
        const EVICTED = 1 << 9;
        /// `t`
        const STREAM = 1 << 10;
        /// `m`: a key that was read is missing. Not part of `A`.
        const KEY_MISS = 1 << 11;
        /// `d`: module key types.
        const MODULE = 1 << 13;
        /// `n`: a key was created. Not part of `A`.
        const NEW = 1 << 14;
        /// `A`: every class but `m` and `n`.
        const ALL = Self::GENERIC.bits() | Self::STRING.bits() | Self::LIST.bits() | Self::SET.bits()
            | Self::HASH.bits() | Self::ZSET.bits() | Self::EXPIRED.bits() | Self::EVICTED.bits()
            | Self::STREAM.bits() | Self::MODULE.bits();
    }
}

/// The letters of single classes, in the order in which CONFIG GET prints them after an `A` does not apply.
const CLASS_LETTERS: [(u8, NotifyEvents); 11] = [
    (b'g', NotifyEvents::GENERIC),
    (b'$', NotifyEvents::STRING),
    (b'l', NotifyEvents::LIST),
    (b's', NotifyEvents::SET),
    (b'h', NotifyEvents::HASH),
    (b'z', NotifyEvents::ZSET),
    (b'x', NotifyEvents::EXPIRED),
    (b'e', NotifyEvents::EVICTED),
    (b't', NotifyEvents::STREAM),
    (b'd', NotifyEvents::MODULE),
    (b'n', NotifyEvents::NEW),
];

/// The letters printed in any case, after the classes.
const CHANNEL_LETTERS: [(u8, NotifyEvents); 3] =
    [(b'K', NotifyEvents::KEYSPACE), (b'E', NotifyEvents::KEYEVENT), (b'm', NotifyEvents::KEY_MISS)];

impl NotifyEvents {
    /// Reads letters in any order, `A` included. None on an unknown letter.
    pub fn from_letters(letters: &[u8]) -> Option<Self> {
        let mut events = NotifyEvents::empty();
        for &letter in letters {
            let known = CLASS_LETTERS.iter().chain(&CHANNEL_LETTERS).find(|(known, _)| *known == letter);
            events |= match known {
                Some((_, events)) => *events,
                None if letter == b'A' => NotifyEvents::ALL,
                None => return None,
            };
        }
        Some(events)
    }

    /// The normal form. With every class of `A` set, `n` is not shown (as in Redis).
    pub fn letters(self) -> Vec<u8> {
        let mut letters = Vec::new();
        if self.contains(NotifyEvents::ALL) {
            letters.push(b'A');
        } else {
            letters.extend(CLASS_LETTERS.iter().filter(|(_, event)| self.contains(*event)).map(|(letter, _)| letter));
        }
        letters.extend(CHANNEL_LETTERS.iter().filter(|(_, event)| self.contains(*event)).map(|(letter, _)| letter));
        letters
    }
}

bitflags! {
    /// What SIGTERM or SIGINT asks of the shutdown. Empty is `default`: save if there are save points.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct ShutdownFlags: u8 {
        /// Save even with no save points.
        const SAVE = 1 << 0;
        /// Never save.
        const NOSAVE = 1 << 1;
        /// Do not wait for replicas.
        const NOW = 1 << 2;
        /// Exit even when saving fails.
        const FORCE = 1 << 3;
    }
}

/// The words of [`ShutdownFlags`], in the order of Redis's error text.
pub(super) const SHUTDOWN_WORDS: [(&str, ShutdownFlags); 5] = [
    ("default", ShutdownFlags::empty()),
    ("save", ShutdownFlags::SAVE),
    ("nosave", ShutdownFlags::NOSAVE),
    ("now", ShutdownFlags::NOW),
    ("force", ShutdownFlags::FORCE),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_in_any_case_and_printed_in_its_first_spelling() {
        assert_eq!(AppendFsync::from_word(b"ALWAYS"), Some(AppendFsync::Always));
        assert_eq!(AppendFsync::from_word(b"sometimes"), None);
        assert_eq!(OomScoreAdj::from_word(b"relative").map(Choice::word), Some("yes"));
    }

    #[test]
    fn events_have_one_normal_form() {
        let normal = |letters: &str| NotifyEvents::from_letters(letters.as_bytes()).map(|events| events.letters());
        assert_eq!(normal("EKA"), Some(b"AKE".to_vec()));
        assert_eq!(normal("g$lshzxetd"), Some(b"A".to_vec()));
        assert_eq!(normal("An"), Some(b"A".to_vec()));
        assert_eq!(normal("mnK"), Some(b"nKm".to_vec()));
        assert_eq!(normal("Q"), None);
    }
}
