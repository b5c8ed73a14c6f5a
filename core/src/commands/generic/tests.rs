//! The whole family, and the commands over whole databases, against a conversation recorded from redis-server 7.0.15
//! (replies, keyspace events, propagation), and against a naive model with a clock that the test moves.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::commands::row::{CommandFlags, Run};
use crate::commands::{Args, Command, CommandError, Ctx, OwnedArgs, all};
use crate::config::Config;
use crate::engine::Engine;
use crate::engine::client::Peer;
use crate::keyspace::access::DataPolicy;
use crate::keyspace::effects::{EventClass, Propagation};
use crate::keyspace::recency::RecencyPolicy;
use crate::keyspace::{Database, DbIndex, Effects, Keyspace};
use crate::resp::{Protocol, Reply};
use crate::structures::{HashSeed, Rng};
use crate::time::{Now, UnixMillis};

/// Later than the past times of the conversation, earlier than the future ones.
const START_MS: i64 = 1_795_000_000_000;

struct World {
    keyspace: Keyspace,
    effects: Effects,
    rng: Rng,
    now_ms: i64,
    policy: DataPolicy,
    journal: Vec<OwnedArgs>,
}

impl World {
    fn new(seed: u64) -> World {
        World {
            keyspace: Keyspace::new(16, HashSeed(seed, 2)),
            effects: Effects { notify: EventClass::all(), record_journal: true, ..Effects::default() },
            rng: Rng::new(seed),
            now_ms: START_MS,
            policy: DataPolicy {
                string_bytes_max: 1 << 20,
                rdb_compression: true,
                shared_integers: true,
                ..DataPolicy::default()
            },
            journal: Vec::new(),
        }
    }

    /// Runs a command in database 0 as the engine does. Gives the reply; leaves events and journal.
    fn run(&mut self, args: Args<'_>) -> Vec<u8> {
        self.effects.events.clear();
        let dirty = self.effects.dirty;
        let row = row(args);
        let mut reply = Reply::new(Protocol::Resp2);
        let result = match row.run {
            _ if !row.arity.accepts(args.len()) => Err(CommandError::Arity(row.name)),
            Run::Data(run) => {
                let now = Now { unix_us: self.now_ms as u64 * 1000, monotonic_us: 0 };
                let (keyspace, effects, rng) = (&mut self.keyspace, &mut self.effects, &mut self.rng);
                let db = Database::new(keyspace, DbIndex(0), effects, rng, now, self.policy);
                run(
                    &mut Ctx { db, reply: &mut reply, deny_blocking: true, in_script: false, serves_waiter: false },
                    args,
                )
            }
            _ => panic!("the command sees data only"),
        };
        if let Err(error) = result {
            assert!(reply.is_empty(), "an error is the only reply of {}", row.name);
            reply.error(&error.text());
        }
        self.journal = std::mem::take(&mut self.effects.deletions).into_iter().map(|(_, args)| args).collect();
        let changed = self.effects.dirty != dirty;
        assert!(!changed || row.flags.contains(CommandFlags::WRITE), "{} changed the data", row.name);
        match std::mem::take(&mut self.effects.propagation) {
            Propagation::Verbatim if changed => self.journal.push(args.iter().collect()),
            Propagation::Forced | Propagation::ForcedToReplicas => self.journal.push(args.iter().collect()),
            Propagation::Instead(list) => self.journal.extend(list),
            Propagation::Verbatim | Propagation::Nothing => {}
        }
        for (_, db) in self.keyspace.iter() {
            db.check();
        }
        reply.bytes().to_vec()
    }

    /// Runs words, gives the reply as text.
    fn say(&mut self, words: &[&[u8]]) -> String {
        let args: OwnedArgs = words.iter().collect();
        String::from_utf8_lossy(&self.run(args.as_args())).into_owned()
    }
}

/// The row of a command or of its subcommand.
fn row(args: Args<'_>) -> &'static Command {
    let row = all().find(|row| args.is(0, row.name)).expect("the command exists");
    let sub = row.subcommands.iter().find(|sub| args.is(1, sub.short_name()));
    sub.unwrap_or(row)
}

/// Reads one word: `""`, or bytes with Rust's escapes.
fn unescape(word: &str) -> Vec<u8> {
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

fn escape(bytes: &[u8]) -> String {
    match bytes {
        [] => "\"\"".into(),
        _ => bytes.escape_ascii().to_string().replace(' ', "\\x20"),
    }
}

/// A propagated word; times near now are written as distances.
fn escape_time(word: &[u8], now_ms: i64) -> String {
    match crate::numbers::integer::parse_i64(word) {
        Some(time) if word.len() >= 13 && time.abs_diff(now_ms) < 10_000_000_000 => format!("@{}", time - now_ms),
        _ => escape(word),
    }
}

#[test]
fn the_recorded_conversation_goes_the_same_way() {
    let mut world = World::new(7);
    let mut lines = include_str!("recorded.txt").lines().filter(|line| !line.starts_with('#')).peekable();
    let mut commands = 0;
    while let Some(line) = lines.next() {
        let (mark, text) = line.split_once(' ').expect("a mark and a text");
        if mark == "+" {
            world.now_ms += text.parse::<i64>().expect("milliseconds");
            continue;
        }
        assert_eq!(mark, ">", "{line}");
        commands += 1;
        let args: OwnedArgs = text.split(' ').map(unescape).collect();
        let reply = world.run(args.as_args());
        let mut said = vec![format!("< {}", escape(&reply))];
        let events = &world.effects.events;
        said.extend(events.iter().map(|e| format!("! {} {} {}", e.db.0, e.event.name, escape(&e.key))));
        for command in &world.journal {
            let words: Vec<String> = command.as_args().iter().map(|word| escape_time(word, world.now_ms)).collect();
            said.push(format!("~ {}", words.join(" ")));
        }
        let mut recorded = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with(['>', '+'])) {
            // The transaction around several commands is the executor's business.
            if line != "~ MULTI" && line != "~ EXEC" {
                recorded.push(line.to_owned());
            }
        }
        assert_eq!(said, recorded, "after {text}");
    }
    assert!(commands > 250, "{commands}");
}

#[test]
fn a_payload_of_an_unknown_type_is_refused_and_changes_nothing() {
    let mut world = World::new(1);
    // Modules (6, 7), and numbers that no type of 7.0.15 has.
    for kind in [6, 7, 8, 20] {
        let mut payload = vec![kind, 1, 1, b'a'];
        crate::rdb::dump::append_footer(&mut payload);
        assert_eq!(world.say(&[b"RESTORE", b"k", b"0", &payload]), "-ERR Bad data format\r\n");
        assert_eq!(world.say(&[b"EXISTS", b"k"]), ":0\r\n");
    }
}

#[test]
fn a_wrong_checksum_passes_when_checksums_are_skipped() {
    let mut world = World::new(1);
    world.policy.skip_checksum = true;
    let payload = b"\x00\x03foo\x0a\x00\0\0\0\0\0\0\0\0";
    assert_eq!(world.say(&[b"RESTORE", b"k", b"0", payload]), "+OK\r\n");
    assert_eq!(world.say(&[b"GET", b"k"]), "$3\r\nfoo\r\n");
}

#[test]
fn overdue_keys_are_propagated_as_unlink_when_expiry_is_lazy() {
    let mut world = World::new(1);
    world.policy.lazy_expire = true;
    world.say(&[b"SET", b"k", b"v", b"PX", b"5"]);
    world.now_ms += 6;
    assert_eq!(world.say(&[b"TTL", b"k"]), ":-2\r\n");
    assert_eq!(world.journal, [OwnedArgs::from_iter(["UNLINK", "k"])]);
    world.say(&[b"SET", b"k", b"v"]);
    assert_eq!(world.say(&[b"EXPIRE", b"k", b"-1"]), ":1\r\n");
    assert_eq!(world.journal, [OwnedArgs::from_iter(["UNLINK", "k"])]);
}

#[test]
fn overdue_keys_that_a_walk_comes_across_are_not_one_transaction() {
    let now = |ms: u64| Now { unix_us: (START_MS as u64 + ms) * 1000, monotonic_us: ms * 1000 };
    let journal = |command: &[&str]| {
        let mut engine = Engine::new(Config::default(), 1, now(0));
        let client = engine.connect(Peer { loopback: true, ..Peer::default() }, now(0)).expect("admitted");
        for key in ["a", "b"] {
            engine.run_command(client, OwnedArgs::from_iter(["SET", key, "1", "PX", "5"]).as_args(), now(0));
        }
        engine.keep_journal(true);
        engine.run_command(client, OwnedArgs::from_iter(command).as_args(), now(10));
        String::from_utf8_lossy(&engine.take_propagated()).into_owned()
    };
    for walk in [["SCAN", "0"].as_slice(), &["RANDOMKEY"]] {
        let journal = journal(walk);
        assert!(journal.matches("DEL").count() == 2 && !journal.contains("MULTI"), "{walk:?}: {journal}");
    }
    let journal = journal(&["EXISTS", "a", "b"]);
    assert!(journal.matches("DEL").count() == 2 && journal.contains("MULTI"), "{journal}");
}

#[test]
fn a_key_lives_to_the_end_of_its_last_millisecond() {
    let mut world = World::new(1);
    world.say(&[b"SET", b"k", b"v", b"PX", b"5"]);
    world.now_ms += 5;
    assert_eq!(world.say(&[b"PTTL", b"k"]), ":0\r\n");
    world.now_ms += 1;
    assert_eq!(world.say(&[b"PTTL", b"k"]), ":-2\r\n");
    assert_eq!(world.effects.counters.expired_keys, 1);
}

#[test]
fn frequency_and_idle_time_belong_to_the_policy() {
    let mut world = World::new(1);
    let payload = b"\x00\x03foo\n\x00sI9\xdbM\xc1\xba\x97";
    world.policy.recency = RecencyPolicy { lfu: true, ..RecencyPolicy::default() };
    world.say(&[b"RESTORE", b"k", b"0", payload, b"FREQ", b"77"]);
    assert_eq!(world.say(&[b"OBJECT", b"FREQ", b"k"]), ":77\r\n");
    world.now_ms += 60_000;
    assert_eq!(world.say(&[b"OBJECT", b"FREQ", b"k"]), ":76\r\n", "a minute costs one");
    world.say(&[b"COPY", b"k", b"copied"]);
    assert_eq!(world.say(&[b"OBJECT", b"FREQ", b"copied"]), ":5\r\n", "a copy begins anew");
    world.say(&[b"RENAME", b"k", b"renamed"]);
    let renamed = world.say(&[b"OBJECT", b"FREQ", b"renamed"]);
    assert!([":76\r\n", ":77\r\n"].contains(&renamed.as_str()), "{renamed}");
    assert!(world.say(&[b"OBJECT", b"IDLETIME", b"renamed"]).contains("idle time not tracked"));

    world.policy.recency.lfu = false;
    world.say(&[b"RESTORE", b"k", b"0", payload, b"REPLACE", b"IDLETIME", b"100"]);
    world.say(&[b"TTL", b"k"]);
    world.say(&[b"EXISTS", b"k"]);
    world.say(&[b"TYPE", b"k"]);
    world.now_ms += 1000;
    assert_eq!(world.say(&[b"OBJECT", b"IDLETIME", b"k"]), ":101\r\n", "looking is no use");
    world.say(&[b"TOUCH", b"k"]);
    assert_eq!(world.say(&[b"OBJECT", b"IDLETIME", b"k"]), ":0\r\n");
}

#[test]
fn a_scan_gives_all_that_stays_whatever_comes_and_goes() {
    let mut world = World::new(3);
    let name = |group: &str, number: usize| format!("{group}:{number}").into_bytes();
    for number in 0..500 {
        world.effects.record_journal = false;
        let args: OwnedArgs = [b"SET".as_slice(), &name("stays", number), b"1"].iter().collect();
        let now = Now { unix_us: 0, monotonic_us: 0 };
        let (keyspace, effects, rng) = (&mut world.keyspace, &mut world.effects, &mut world.rng);
        let mut db = Database::new(keyspace, DbIndex(0), effects, rng, now, world.policy);
        let mut key = db.write(args.as_args().at(1));
        key.set(crate::keyspace::db::NewValue::Int(1), crate::keyspace::write::Ttl::Clear);
        key.commit_all(&[], 1);
    }
    let mut seen = BTreeMap::<Vec<u8>, usize>::new();
    let mut cursor = b"0".to_vec();
    let mut round = 0;
    loop {
        let args: OwnedArgs = [b"SCAN".as_slice(), &cursor, b"COUNT", b"7"].iter().collect();
        let reply = world.run(args.as_args());
        let mut parts = reply.split(|&b| b == b'\n').map(|part| part.strip_suffix(b"\r").unwrap_or(part));
        cursor = parts.nth(2).expect("the cursor").to_vec();
        for key in parts.skip(1).skip(1).step_by(2).filter(|key| !key.is_empty()) {
            *seen.entry(key.to_vec()).or_default() += 1;
        }
        if cursor == b"0" {
            break;
        }
        // Growth and shrinking between the calls.
        for number in 0..40 {
            let key = name("passing", number);
            match round % 2 {
                0 => world.say(&[b"SET", &key, b"1"]),
                _ => world.say(&[b"DEL", &key]),
            };
        }
        round += 1;
    }
    for number in 0..500 {
        assert_eq!(seen.get(&name("stays", number)), Some(&1), "stays:{number}");
    }
}

/// What the model keeps of a key: its value, and when it expires.
type Model = BTreeMap<u8, (u8, Option<i64>)>;

#[derive(Clone, Debug)]
enum Step {
    Set(u8, u8),
    Del(u8, u8),
    ExpireIn(u8, i64, &'static str),
    ExpireAt(u8, i64),
    Persist(u8),
    Ttl(u8),
    Rename(u8, u8),
    RenameNx(u8, u8),
    Copy(u8, u8, bool),
    Exists(u8, u8),
    Get(u8),
    Keys,
    RandomKey,
    DumpRestore(u8, u8, i64),
    Flush,
    Pass(i64),
    Cycle(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let key = || 0u8..6;
    let condition = prop::sample::select(vec!["", "NX", "XX", "GT", "LT"]);
    prop_oneof![
        4 => (key(), any::<u8>()).prop_map(|(k, v)| Step::Set(k, v)),
        1 => (key(), key()).prop_map(|(a, b)| Step::Del(a, b)),
        4 => (key(), -2i64..40, condition).prop_map(|(k, ms, c)| Step::ExpireIn(k, ms, c)),
        1 => (key(), -5i64..40).prop_map(|(k, ms)| Step::ExpireAt(k, ms)),
        1 => key().prop_map(Step::Persist),
        2 => key().prop_map(Step::Ttl),
        2 => (key(), key()).prop_map(|(a, b)| Step::Rename(a, b)),
        2 => (key(), key()).prop_map(|(a, b)| Step::RenameNx(a, b)),
        2 => (key(), key(), any::<bool>()).prop_map(|(a, b, r)| Step::Copy(a, b, r)),
        1 => (key(), key()).prop_map(|(a, b)| Step::Exists(a, b)),
        2 => key().prop_map(Step::Get),
        1 => Just(Step::Keys),
        1 => Just(Step::RandomKey),
        2 => (key(), key(), 0i64..30).prop_map(|(a, b, ttl)| Step::DumpRestore(a, b, ttl)),
        1 => prop_oneof![9 => Just(Step::Keys), 1 => Just(Step::Flush)],
        3 => (0i64..15).prop_map(Step::Pass),
        1 => (0usize..4).prop_map(Step::Cycle),
    ]
}

fn name(key: u8) -> Vec<u8> {
    // One of them is too long to lie inside a record.
    if key == 5 { vec![b'k'; 300] } else { vec![b'k', b'0' + key] }
}

fn value(value: u8) -> Vec<u8> {
    // Integers, short and long strings, and one that is kept outside of the table.
    match value % 4 {
        0 => value.to_string().into_bytes(),
        1 => vec![value; 10],
        2 => vec![value; 100],
        _ => vec![value; 1000],
    }
}

fn bulk(bytes: &[u8]) -> Vec<u8> {
    [format!("${}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// The model's answer to one step; the model has forgotten what is overdue.
fn expected(model: &mut Model, now: i64, step: &Step) -> Vec<u8> {
    let flag = |value: bool| format!(":{}\r\n", i64::from(value)).into_bytes();
    let ok = || b"+OK\r\n".to_vec();
    let missing = || b"-ERR no such key\r\n".to_vec();
    match *step {
        Step::Set(k, v) => {
            model.insert(k, (v, None));
            ok()
        }
        Step::Del(a, b) => {
            let count = [a, b].iter().filter(|k| model.remove(k).is_some()).count();
            format!(":{count}\r\n").into_bytes()
        }
        Step::ExpireIn(k, ms, condition) => {
            let at = now + ms;
            let Some((_, expiry)) = model.get_mut(&k) else { return flag(false) };
            let allowed = match (condition, *expiry) {
                ("NX", current) => current.is_none(),
                ("XX", current) => current.is_some(),
                ("GT", current) => current.is_some_and(|current| at > current),
                ("LT", current) => current.is_none_or(|current| at < current),
                _ => true,
            };
            if allowed {
                *expiry = Some(at);
                if at <= now {
                    model.remove(&k);
                }
            }
            flag(allowed)
        }
        Step::ExpireAt(k, ms) => {
            let found = model.contains_key(&k);
            if ms <= 0 {
                model.remove(&k);
            } else if let Some((_, expiry)) = model.get_mut(&k) {
                *expiry = Some(now + ms);
            }
            flag(found)
        }
        Step::Persist(k) => flag(model.get_mut(&k).is_some_and(|(_, expiry)| expiry.take().is_some())),
        Step::Ttl(k) => {
            let ttl = model.get(&k).map_or(-2, |(_, expiry)| expiry.map_or(-1, |at| at - now));
            format!(":{ttl}\r\n").into_bytes()
        }
        Step::Rename(a, b) => match model.remove(&a) {
            None => missing(),
            Some(taken) => {
                model.insert(b, taken);
                ok()
            }
        },
        Step::RenameNx(a, b) => {
            let Some(&taken) = model.get(&a) else { return missing() };
            let free = !model.contains_key(&b);
            if free {
                model.remove(&a);
                model.insert(b, taken);
            }
            flag(free)
        }
        Step::Copy(a, b, _) if a == b => b"-ERR source and destination objects are the same\r\n".to_vec(),
        Step::Copy(a, b, replace) => {
            let Some(&copied) = model.get(&a) else { return flag(false) };
            let allowed = replace || !model.contains_key(&b);
            if allowed {
                model.insert(b, copied);
            }
            flag(allowed)
        }
        Step::Exists(a, b) => {
            let count = [a, b].iter().filter(|k| model.contains_key(k)).count();
            format!(":{count}\r\n").into_bytes()
        }
        Step::Get(k) => model.get(&k).map_or(b"$-1\r\n".to_vec(), |(v, _)| bulk(&value(*v))),
        Step::DumpRestore(a, b, ttl) => {
            let Some(&(v, _)) = model.get(&a) else { return b"$-1\r\n".to_vec() };
            model.insert(b, (v, (ttl > 0).then_some(now + ttl)));
            ok()
        }
        Step::Flush => {
            model.clear();
            ok()
        }
        Step::Keys | Step::RandomKey | Step::Pass(_) | Step::Cycle(_) => Vec::new(),
    }
}

/// What the commands answer to one step.
fn answered(world: &mut World, step: &Step) -> Vec<u8> {
    let now = world.now_ms;
    let text = |number: i64| number.to_string().into_bytes();
    let mut words: Vec<Vec<u8>> = match *step {
        Step::Set(k, v) => vec![b"SET".to_vec(), name(k), value(v)],
        Step::Del(a, b) => vec![b"DEL".to_vec(), name(a), name(b)],
        Step::ExpireIn(k, ms, _) => vec![b"PEXPIRE".to_vec(), name(k), text(ms)],
        Step::ExpireAt(k, ms) => vec![b"PEXPIREAT".to_vec(), name(k), text(now + ms)],
        Step::Persist(k) => vec![b"PERSIST".to_vec(), name(k)],
        Step::Ttl(k) => vec![b"PTTL".to_vec(), name(k)],
        Step::Rename(a, b) => vec![b"RENAME".to_vec(), name(a), name(b)],
        Step::RenameNx(a, b) => vec![b"RENAMENX".to_vec(), name(a), name(b)],
        Step::Copy(a, b, _) => vec![b"COPY".to_vec(), name(a), name(b)],
        Step::Exists(a, b) => vec![b"EXISTS".to_vec(), name(a), name(b)],
        Step::Get(k) => vec![b"GET".to_vec(), name(k)],
        Step::Keys => vec![b"KEYS".to_vec(), b"k*".to_vec()],
        Step::RandomKey => vec![b"RANDOMKEY".to_vec()],
        Step::DumpRestore(a, _, _) => vec![b"DUMP".to_vec(), name(a)],
        Step::Flush => vec![b"FLUSHDB".to_vec()],
        Step::Pass(_) | Step::Cycle(_) => return Vec::new(),
    };
    match step {
        Step::ExpireIn(_, _, condition) if !condition.is_empty() => words.push(condition.as_bytes().to_vec()),
        Step::Copy(_, _, true) => words.push(b"REPLACE".to_vec()),
        _ => {}
    }
    let args: OwnedArgs = words.iter().collect();
    let reply = world.run(args.as_args());
    let Step::DumpRestore(_, target, ttl) = *step else { return reply };
    if reply == b"$-1\r\n" {
        return reply;
    }
    let start = reply.iter().position(|&b| b == b'\n').expect("a bulk has a length") + 1;
    let payload = &reply[start..reply.len() - 2];
    let restore = [b"RESTORE".to_vec(), name(target), text(ttl), payload.to_vec(), b"REPLACE".to_vec()];
    let args: OwnedArgs = restore.iter().collect();
    let of_dump = std::mem::take(&mut world.journal);
    let reply = world.run(args.as_args());
    world.journal.splice(0..0, of_dump);
    reply
}

/// The keys in a reply of KEYS, sorted.
fn keys_in(reply: &[u8]) -> Vec<Vec<u8>> {
    let lines = reply.split(|&b| b == b'\n').skip(2).step_by(2);
    let mut keys: Vec<Vec<u8>> = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line).to_vec()).collect();
    keys.retain(|key| !key.is_empty());
    keys.sort();
    keys
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn the_family_behaves_like_a_map_with_a_clock(seed: u64, steps in prop::collection::vec(step(), 1..120)) {
        let mut world = World::new(seed);
        let mut replica = World::new(seed ^ 1);
        let mut model = Model::new();
        for step in &steps {
            let now = world.now_ms;
            model.retain(|_, (_, expiry)| expiry.is_none_or(|at| at >= now));
            let before = world.keyspace.db(DbIndex(0)).len();
            let expected = expected(&mut model, now, step);
            let reply = answered(&mut world, step);
            match step {
                Step::Keys => {
                    let mut keys: Vec<Vec<u8>> = model.keys().map(|&k| name(k)).collect();
                    keys.sort();
                    prop_assert_eq!(keys_in(&reply), keys);
                    prop_assert_eq!(world.keyspace.db(DbIndex(0)).len(), before, "KEYS deletes nothing");
                }
                Step::RandomKey if model.is_empty() => prop_assert_eq!(reply, b"$-1\r\n"),
                Step::RandomKey => prop_assert!(model.keys().any(|&k| bulk(&name(k)) == reply)),
                Step::Pass(ms) => {
                    world.now_ms += ms;
                    replica.now_ms += ms;
                    world.journal.clear();
                }
                Step::Cycle(budget) => cycle(&mut world, *budget)?,
                _ => prop_assert_eq!(
                    String::from_utf8_lossy(&reply), String::from_utf8_lossy(&expected), "{:?}", step
                ),
            }
            // Whoever follows the journal has the same data, overdue keys included.
            for command in std::mem::take(&mut world.journal) {
                replica.run(command.as_args());
                prop_assert!(replica.journal.len() <= 1, "a replica finds nothing overdue by itself");
            }
            let data = |world: &World| {
                let db = world.keyspace.db(DbIndex(0));
                db.iter().map(|(key, payload)| {
                    let string = db.decode(payload).as_string().expect("a string").bytes().into_owned();
                    (key.to_vec(), (string, payload.expiry()))
                }).collect::<BTreeMap<Vec<u8>, (Vec<u8>, Option<UnixMillis>)>>()
            };
            prop_assert_eq!(data(&world), data(&replica), "{:?}", step);
        }
    }
}

/// Active expiry with a budget: it deletes what is due and nothing else, the earliest first.
fn cycle(world: &mut World, budget: usize) -> Result<(), TestCaseError> {
    let db = world.keyspace.db(DbIndex(0));
    let due: Vec<UnixMillis> = db.expiry_index().iter().map(|(at, _)| at).filter(|at| at.0 < world.now_ms).collect();
    let (before, expired) = (db.len(), world.effects.counters.expired_keys);
    world.effects.events.clear();
    let now = Now { unix_us: world.now_ms as u64 * 1000, monotonic_us: 0 };
    let (keyspace, effects, rng) = (&mut world.keyspace, &mut world.effects, &mut world.rng);
    let count = Database::new(keyspace, DbIndex(0), effects, rng, now, world.policy).expire_due(budget);
    prop_assert_eq!(count, due.len().min(budget));
    let db = world.keyspace.db(DbIndex(0));
    prop_assert_eq!(db.len(), before - count);
    prop_assert_eq!(world.effects.counters.expired_keys, expired + count as u64);
    prop_assert!(world.effects.events.iter().all(|event| event.event.name == "expired"));
    prop_assert_eq!(world.effects.events.len(), count);
    let left = db.expiry_index().iter().map(|(at, _)| at).filter(|at| at.0 < world.now_ms);
    prop_assert_eq!(left.collect::<Vec<_>>(), &due[count..]);
    world.journal = std::mem::take(&mut world.effects.deletions).into_iter().map(|(_, args)| args).collect();
    Ok(())
}
