//! For tests: a family of data commands against a conversation recorded from redis-server 7.0.15: replies, keyspace
//! events, propagation, encodings.
//!
//! ```text
//! # a comment
//! > words       the command: words separated by one blank, Rust's escapes inside, "" for an empty one
//! < bytes       its reply
//! ! event key   a keyspace event, in order
//! ~ words       a propagated command; `@n` for a time n milliseconds from now
//! = encoding    of the key that is the first argument, afterwards
//! ```

use crate::commands::row::{CommandFlags, Run};
use crate::commands::{Command, CommandError, Ctx, OwnedArgs};
use crate::keyspace::access::DataPolicy;
use crate::keyspace::effects::{EventClass, Propagation};
use crate::keyspace::{Database, DbIndex, Effects, Keyspace, Lookup};
use crate::resp::{Protocol, Reply};
use crate::structures::{HashSeed, Rng};
use crate::time::Now;

/// Later than the past times of the conversation, earlier than the future ones.
pub(crate) const NOW_MS: i64 = 1_795_000_000_000;

pub(crate) struct World {
    pub keyspace: Keyspace,
    pub effects: Effects,
    rng: Rng,
    pub reply: Reply,
    pub policy: DataPolicy,
}

impl World {
    pub fn new(protocol: Protocol) -> World {
        let policy = DataPolicy { string_bytes_max: 1 << 20, rdb_compression: true, ..DataPolicy::default() };
        let effects = Effects { notify: EventClass::all(), record_journal: true, ..Effects::default() };
        World {
            keyspace: Keyspace::new(1, HashSeed(1, 2)),
            effects,
            rng: Rng::new(7),
            reply: Reply::new(protocol),
            policy,
        }
    }

    pub fn database(&mut self) -> Database<'_> {
        let now = Now { unix_us: NOW_MS as u64 * 1000, monotonic_us: 0 };
        Database::new(&mut self.keyspace, DbIndex(0), &mut self.effects, &mut self.rng, now, self.policy)
    }

    /// Runs a command as the engine does; the reply's bytes are left in `reply`.
    pub fn run(&mut self, args: &OwnedArgs) -> Outcome {
        let args = args.as_args();
        self.effects.events.clear();
        self.reply.truncate(0);
        let dirty = self.effects.dirty;
        let mut row = super::all().find(|row| args.is(0, row.name)).expect("a row");
        if let (Run::Container, Some(name)) = (&row.run, args.get(1)) {
            let sub = row.subcommands.iter().find(|sub| sub.short_name().as_bytes().eq_ignore_ascii_case(name));
            row = sub.expect("a subcommand");
        }
        let mut reply = std::mem::take(&mut self.reply);
        let result = match row.run {
            _ if !row.arity.accepts(args.len()) => Err(CommandError::Arity(row.name)),
            Run::Data(run) => run(
                &mut Ctx {
                    db: self.database(),
                    reply: &mut reply,
                    deny_blocking: true,
                    in_script: false,
                    serves_waiter: false,
                },
                args,
            ),
            _ => panic!("a data command sees data only"),
        };
        if let Err(error) = result {
            assert!(reply.is_empty(), "an error is the only reply of {}", row.name);
            reply.error(&error.text());
        }
        self.reply = reply;
        let changed = self.effects.dirty != dirty;
        let may_change = row.flags.contains(CommandFlags::WRITE) || self.effects.propagation == Propagation::Forced;
        assert!(!changed || may_change, "{} changed the data", row.name);
        let mut journal: Vec<OwnedArgs> =
            std::mem::take(&mut self.effects.deletions).into_iter().map(|(_, args)| args).collect();
        match std::mem::take(&mut self.effects.propagation) {
            Propagation::Verbatim if changed => journal.push(args.iter().collect()),
            Propagation::Forced | Propagation::ForcedToReplicas => journal.push(args.iter().collect()),
            Propagation::Instead(list) => journal.extend(list),
            _ => {}
        }
        self.keyspace.db(DbIndex(0)).check();
        Outcome { journal }
    }

    pub fn encoding(&mut self, key: &[u8]) -> Option<&'static str> {
        self.database().read_with(key, Lookup::NO_TOUCH | Lookup::NO_NOTIFY).map(|value| value.encoding_name())
    }
}

pub(crate) struct Outcome {
    pub journal: Vec<OwnedArgs>,
}

/// One command of the conversation and all that is known of it.
#[derive(Debug, Default)]
pub(crate) struct Step {
    pub line: String,
    pub reply: String,
    events: Vec<String>,
    journal: Vec<String>,
    encoding: Option<String>,
}

/// The steps of a recording.
pub(crate) fn parse(recorded: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in recorded.lines().filter(|line| !line.starts_with('#')) {
        let (kind, rest) = line.split_once(' ').expect("a mark and a text");
        if kind == ">" {
            steps.push(Step { line: rest.into(), ..Step::default() });
            continue;
        }
        let step = steps.last_mut().expect("a command comes first");
        match kind {
            "<" => step.reply = rest.into(),
            "!" => step.events.push(rest.into()),
            // The transaction around several commands is the executor's business.
            "~" if matches!(rest, "MULTI" | "EXEC") => {}
            "~" => step.journal.push(rest.into()),
            "=" => step.encoding = Some(rest.into()),
            _ => panic!("unknown mark: {line}"),
        }
    }
    steps
}

/// Reads one word: `""`, or bytes with Rust's escapes.
pub(crate) fn unescape(word: &str) -> Vec<u8> {
    if word == "\"\"" {
        return Vec::new();
    }
    let mut out = Vec::new();
    let mut bytes = word.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        out.push(match bytes.next().expect("something is escaped") {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'x' => {
                let digits = [bytes.next().expect("two digits"), bytes.next().expect("two digits")];
                u8::from_str_radix(std::str::from_utf8(&digits).expect("ASCII"), 16).expect("hexadecimal")
            }
            other => other,
        });
    }
    out
}

pub(crate) fn escape(bytes: &[u8]) -> String {
    match bytes {
        [] => "\"\"".into(),
        _ => bytes.escape_ascii().to_string().replace(' ', "\\x20"),
    }
}

/// A propagated word; times near now are written as distances.
fn escape_time(word: &[u8]) -> String {
    match crate::numbers::integer::parse_i64(word) {
        Some(time) if word.len() >= 13 && time.abs_diff(NOW_MS) < 10_000_000_000 => format!("@{}", time - NOW_MS),
        _ => escape(word),
    }
}

/// Plays the conversation, which must reach every one of `rows`, and compares all that is known of each step.
pub(crate) fn play(recorded: &str, rows: &[Command]) {
    let steps = parse(recorded);
    let mut world = World::new(Protocol::Resp2);
    for step in &steps {
        let args: OwnedArgs = step.line.split(' ').map(unescape).collect();
        let outcome = world.run(&args);
        assert_eq!(escape(world.reply.bytes()), step.reply, "the reply to {}", step.line);
        let events: Vec<String> =
            world.effects.events.iter().map(|e| format!("{} {}", e.event.name, escape(&e.key))).collect();
        assert_eq!(events, step.events, "the events of {}", step.line);
        let journal: Vec<String> = outcome
            .journal
            .iter()
            .map(|args| args.as_args().iter().map(escape_time).collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(journal, step.journal, "what is propagated for {}", step.line);
        if let Some(expected) = &step.encoding {
            let key = args.as_args().at(1).to_vec();
            assert_eq!(world.encoding(&key), Some(expected.as_str()), "the encoding after {}", step.line);
        }
    }
    for row in rows {
        let met = steps
            .iter()
            .any(|step| step.line.split(' ').next().is_some_and(|name| row.name.eq_ignore_ascii_case(name)));
        assert!(met, "{} is not in the conversation", row.name);
    }
}
