//! Files between the real server and the engine, both directions: generated data sets of every type, encoding and configuration,
//! as RDB files and as append-only files.
//!
//! ```text
//!   real server: data made ─► SAVE ─► file ─► engine: DEBUG RELOAD NOSAVE ─► the same?
//!                                                │ SAVE
//!   real server: the same? ◄─ DEBUG RELOAD NOSAVE ◄─ file ─► redis-check-rdb
//! ```
//!
//! ```text
//!   real server: data made, log rewritten or not ─► appendonlydir ─► engine, started on it: the same?
//!                                                                       │ more data, log rewritten or not
//!   another real server, started on it: the same? ◄─ appendonlydir ◄────┘ ─► redis-check-aof
//! ```
//!
//! The same are data sets whose `DEBUG DIGEST`, expiries and functions are equal.

use crate::in_process::{Clock, EngineTarget};
use crate::launch::{self, Server};
use crate::payload::replies;
use crate::payload::values::{self, DEFAULTS, TIGHT, config};
use crate::quote;
use crate::random::Random;
use crate::resp::Value;
use crate::target::{SocketTarget, Target};
use crate::words;

use etalon_core::engine::persistence::memory::MemoryDisk;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const CLIENT: usize = 1;
const FILE: &str = "dump.rdb";
/// Sets exchanged with one pair of servers.
const SETS_PER_PAIR: u64 = 50;

/// What was exchanged.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub sets: u64,
    pub keys: u64,
    pub bytes: u64,
    /// Files that redis-check-rdb found sound.
    pub checked: u64,
}

struct Pair {
    real: SocketTarget,
    engine: EngineTarget,
    folder: PathBuf,
}

impl Pair {
    fn start(command: &str, extra: &[&str]) -> Result<Pair, String> {
        let server = Server::open(command, extra).map_err(|error| error.to_string())?;
        let mut real = SocketTarget::new("redis", server);
        let mut engine = EngineTarget::new(Clock::Real, 7);
        for target in [&mut real as &mut dyn Target, &mut engine] {
            target.connect(CLIENT).map_err(|error| error.to_string())?;
        }
        let dir = ask(&mut real, &[words!["CONFIG", "GET", "dir"]])?;
        let dir = dir[0].items().and_then(|items| items[1].as_bytes()).expect("a name and its value");
        let folder = PathBuf::from(String::from_utf8_lossy(dir).into_owned());
        Ok(Pair { real, engine, folder })
    }
}

/// Exchanges that many data sets. Errors: what differed first, or the harness could not go on.
pub fn run(command: &str, seed: u64, sets: u64) -> Result<Tally, String> {
    let checker = launch::on_path("redis-check-rdb");
    let mut tally = Tally::default();
    let mut pair = None;
    for number in 0..sets {
        if number % SETS_PER_PAIR == 0 {
            let checksum = if number / SETS_PER_PAIR % 4 == 3 { "no" } else { "yes" };
            pair = Some(Pair::start(command, &["--rdbchecksum", checksum])?);
        }
        let pair = pair.as_mut().expect("it has been started");
        let mut random = Random::lane(seed, number);
        one(pair, &mut random, checker.as_deref(), &mut tally).map_err(|error| format!("set {number}: {error}"))?;
        tally.sets += 1;
    }
    Ok(tally)
}

fn one(
    pair: &mut Pair,
    random: &mut Random,
    checker: Option<&std::path::Path>,
    tally: &mut Tally,
) -> Result<(), String> {
    let settings = settings(random);
    let mut made = vec![words!["FLUSHALL"], words!["FUNCTION", "FLUSH"]];
    made.extend(settings.clone());
    made.extend(data(random, &settings));
    ask(&mut pair.real, &made)?;
    let expected = look(&mut pair.real)?;

    ask(&mut pair.real, &[words!["SAVE"]])?;
    let path = pair.folder.join(FILE);
    let theirs = fs::read(&path).map_err(|error| error.to_string())?;
    pair.engine.disk().files.insert(FILE.into(), theirs.clone());
    ask(&mut pair.engine, &settings)?;
    ask(&mut pair.engine, &[words!["DEBUG", "RELOAD", "NOSAVE"]])?;
    same("the engine, from the real server's file", &expected, &look(&mut pair.engine)?)?;
    pair.engine.engine().keyspace().iter().for_each(|(_, db)| db.check());

    ask(&mut pair.engine, &[words!["SAVE"]])?;
    let ours = pair.engine.disk().files[FILE.as_bytes()].clone();
    fs::write(&path, &ours).map_err(|error| error.to_string())?;
    ask(&mut pair.real, &[words!["FLUSHALL"], words!["DEBUG", "RELOAD", "NOSAVE"]])?;
    same("the real server, from the engine's file", &expected, &look(&mut pair.real)?)?;
    if let Some(checker) = checker {
        let said = Command::new(checker).arg(&path).output().map_err(|error| error.to_string())?;
        if !said.status.success() {
            return Err(format!("redis-check-rdb: {}", String::from_utf8_lossy(&said.stdout)));
        }
        tally.checked += 1;
    }
    tally.keys += expected.keys;
    tally.bytes += (theirs.len() + ours.len()) as u64;
    Ok(())
}

/// Exchanges that many data sets as append-only files. Errors: as of [`run`].
pub fn run_logs(command: &str, seed: u64, sets: u64) -> Result<Tally, String> {
    let checker = launch::on_path("redis-check-aof");
    let target = std::env::temp_dir().join(format!("etalon-exchange-{}", std::process::id()));
    let (mut tally, mut pair) = (Tally::default(), None);
    for number in 0..sets {
        if number % SETS_PER_PAIR == 0 {
            // Under `no` everything answered is in the file.
            pair = Some(Pair::start(command, &["--appendonly", "yes", "--appendfsync", "no"])?);
        }
        let pair = pair.as_mut().expect("it has been started");
        let mut random = Random::lane(seed, number);
        one_log(command, pair, &target, &mut random, checker.as_deref(), &mut tally)
            .map_err(|error| format!("set {number}: {error}"))?;
        tally.sets += 1;
    }
    let _ = fs::remove_dir_all(&target);
    Ok(tally)
}

fn one_log(
    command: &str,
    pair: &mut Pair,
    target: &Path,
    random: &mut Random,
    checker: Option<&Path>,
    tally: &mut Tally,
) -> Result<(), String> {
    ask(&mut pair.real, &[words!["FLUSHALL"]])?;
    let settings = write_log(&mut pair.real, random)?;
    let expected = look(&mut pair.real)?;
    let mut disk = MemoryDisk::default();
    for entry in fs::read_dir(pair.folder.join(LOG_FOLDER)).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = format!("{LOG_FOLDER}/{}", path.file_name().expect("a file has a name").to_string_lossy());
        // What the server is about to remove may be gone.
        let Ok(content) = fs::read(&path) else { continue };
        tally.bytes += content.len() as u64;
        disk.files.insert(name.into_bytes(), content);
    }
    let mut engine = EngineTarget::with_log(7, disk)?;
    engine.connect(CLIENT).map_err(|error| error.to_string())?;
    ask(&mut engine, &settings)?;
    same("the engine, from the real server's log", &expected, &look(&mut engine)?)?;
    engine.engine().keyspace().iter().for_each(|(_, db)| db.check());

    let settings = write_log(&mut engine, random)?;
    let expected = look(&mut engine)?;
    let _ = fs::remove_dir_all(target);
    fs::create_dir_all(target.join(LOG_FOLDER)).map_err(|error| error.to_string())?;
    for (name, content) in &engine.disk().files {
        let path = target.join(String::from_utf8_lossy(name).into_owned());
        tally.bytes += content.len() as u64;
        fs::write(path, content).map_err(|error| error.to_string())?;
    }
    if let Some(checker) = checker {
        let manifest = target.join(LOG_FOLDER).join("appendonly.aof.manifest");
        let said = Command::new(checker).arg(manifest).output().map_err(|error| error.to_string())?;
        if !said.status.success() {
            return Err(format!("redis-check-aof: {}", String::from_utf8_lossy(&said.stdout)));
        }
        tally.checked += 1;
    }
    let folder = target.to_string_lossy().into_owned();
    // The same settings: a score of -0 stays one in a big sorted set only.
    let mut more = vec!["--dir".to_string(), folder, "--appendonly".into(), "yes".into()];
    for words in &settings {
        let text = |at: usize| String::from_utf8_lossy(&words[at]).into_owned();
        more.extend([format!("--{}", text(2)), text(3)]);
    }
    let more: Vec<&str> = more.iter().map(String::as_str).collect();
    let server = Server::open(command, &more).map_err(|error| error.to_string())?;
    let mut real = SocketTarget::new("redis, started on our log", server);
    real.connect(CLIENT).map_err(|error| error.to_string())?;
    same("the real server, from the engine's log", &expected, &look(&mut real)?)?;
    tally.keys += expected.keys;
    Ok(())
}

const LOG_FOLDER: &str = "appendonlydir";

/// Writes data under settings of the log, in which it is rewritten in the middle or not. The settings of the data.
fn write_log(target: &mut dyn Target, random: &mut Random) -> Result<Vec<Vec<Vec<u8>>>, String> {
    let settings = settings(random);
    let (preamble, timestamps) = (["yes", "no"][random.below(2)], ["yes", "no"][random.below(2)]);
    let mut commands = config(&[("aof-use-rdb-preamble", preamble), ("aof-timestamp-enabled", timestamps)]);
    commands.extend(settings.clone());
    // The same library may come again.
    commands.push(words!["FUNCTION", "FLUSH"]);
    commands.extend(data(random, &settings));
    let rest = commands.split_off(random.below(commands.len()));
    ask(target, &commands)?;
    if random.below(2) == 0 {
        ask(target, &[words!["BGREWRITEAOF"]])?;
        while in_progress(target)? {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
    ask(target, &rest)?;
    Ok(settings)
}

fn in_progress(target: &mut dyn Target) -> Result<bool, String> {
    let info = ask(target, &[words!["INFO", "persistence"]])?;
    let text = String::from_utf8_lossy(info[0].as_bytes().unwrap_or_default()).into_owned();
    Ok(!text.contains("aof_rewrite_in_progress:0") || !text.contains("aof_rewrite_scheduled:0"))
}

/// Parameters of one set, for both.
fn settings(random: &mut Random) -> Vec<Vec<Vec<u8>>> {
    let mut all = config(DEFAULTS);
    if random.below(3) == 0 {
        all.extend(config(TIGHT));
    }
    let compression = ["yes", "no"][random.below(2)];
    let policy = ["noeviction", "allkeys-lru", "volatile-lfu", "allkeys-random"][random.below(4)];
    all.extend(config(&[("rdbcompression", compression), ("maxmemory-policy", policy)]));
    all
}

/// Commands that make a data set: some of the values of every kind, in several databases, some with an expiry.
fn data(random: &mut Random, settings: &[Vec<Vec<u8>>]) -> Vec<Vec<Vec<u8>>> {
    let mut commands = Vec::new();
    let share = random.between(1, 4);
    for (at, case) in values::all(random).into_iter().enumerate() {
        if random.below(share) > 0 {
            continue;
        }
        // Databases with gaps between them.
        commands.push(words!["SELECT", ["0", "1", "9"][random.below(3)]]);
        commands.extend(case.commands);
        let name = match random.below(8) {
            0 => at.to_string().into_bytes(),
            1 => [vec![b'k'; 300], at.to_string().into_bytes()].concat(),
            _ => format!("key:{at}").into_bytes(),
        };
        commands.push(words!["RENAME", "k", name]);
        if random.below(3) == 0 {
            let ms = 10_000_000 + random.below(1_000_000_000);
            commands.push(words!["PEXPIRE", name, ms.to_string()]);
        }
        // What the case has set.
        commands.extend_from_slice(settings);
    }
    if random.below(4) == 0 {
        let code = format!("#!lua name=lib{}\nredis.register_function('f', function() return 1 end)", random.below(9));
        commands.push(words!["FUNCTION", "LOAD", code]);
    }
    commands.push(words!["SELECT", "0"]);
    commands
}

/// What is compared.
struct Look {
    digest: Value,
    /// Of each key's value.
    digests: Vec<(Vec<u8>, Value)>,
    expiries: Vec<(Vec<u8>, Value)>,
    functions: Value,
    keys: u64,
}

fn look(target: &mut dyn Target) -> Result<Look, String> {
    let mut replies = ask(target, &[words!["DEBUG", "DIGEST"], words!["FUNCTION", "DUMP"]])?;
    let (functions, digest) = (replies.pop().expect("two replies"), replies.pop().expect("two replies"));
    let (mut expiries, mut digests, mut has_negative_zero) = (Vec::new(), Vec::new(), false);
    for db in ["0", "1", "9"] {
        let found = ask(target, &[words!["SELECT", db], words!["KEYS", "*"]])?;
        let mut keys: Vec<Vec<u8>> =
            found[1].items().unwrap_or_default().iter().filter_map(|key| key.as_bytes().map(<[u8]>::to_vec)).collect();
        keys.sort();
        let questions: Vec<_> = keys.iter().map(|key| words!["PEXPIRETIME", key]).collect();
        if !questions.is_empty() {
            expiries.extend(keys.iter().cloned().zip(ask(target, &questions)?));
            let questions: Vec<_> = keys.iter().map(|key| words!["DEBUG", "DIGEST-VALUE", key]).collect();
            let mut values = ask(target, &questions)?;
            has_negative_zero |= replace_negative_zeros(target, &keys, &mut values)?;
            digests.extend(keys.into_iter().zip(values));
        }
    }
    ask(target, &[words!["SELECT", "0"]])?;
    let keys = expiries.len() as u64;
    let digest = if has_negative_zero { Value::Null } else { digest };
    Ok(Look { digest, digests, expiries, functions, keys })
}

/// A score of -0 is 0 in a small sorted set, and stays -0 in a big one: which of the two comes back from commands depends on the settings
/// then. Such sets are compared by their elements. Whether there are any.
fn replace_negative_zeros(target: &mut dyn Target, keys: &[Vec<u8>], values: &mut [Value]) -> Result<bool, String> {
    let types = ask(target, &keys.iter().map(|key| words!["TYPE", key]).collect::<Vec<_>>())?;
    let mut found = false;
    for ((key, value), kind) in keys.iter().zip(values).zip(types) {
        if kind != Value::Simple(b"zset".to_vec()) {
            continue;
        }
        let elements = ask(target, &[words!["ZRANGE", key, "0", "-1", "WITHSCORES"]])?.pop().expect("a reply");
        let mut items = elements.items().unwrap_or_default().to_vec();
        let zeros = items.iter_mut().skip(1).step_by(2).filter(|score| matches!(score.as_bytes(), Some(b"-0" | b"0")));
        let zeros: Vec<&mut Value> = zeros.collect();
        if !zeros.is_empty() {
            zeros.into_iter().for_each(|score| *score = Value::Bulk(b"0".to_vec()));
            *value = Value::Array(items);
            found = true;
        }
    }
    Ok(found)
}

fn same(what: &str, expected: &Look, found: &Look) -> Result<(), String> {
    if expected.expiries != found.expiries {
        let (here, there) = (expected.expiries.len(), found.expiries.len());
        let first = expected.expiries.iter().zip(&found.expiries).find(|(a, b)| a != b);
        return Err(format!("{what}: {here} keys, {there} found; first difference {first:?}"));
    }
    if let Some((first, _)) = expected.digests.iter().zip(&found.digests).find(|(a, b)| a != b) {
        return Err(format!("{what}: the values of {} differ", quote::in_quotes(&first.0)));
    }
    if expected.digest != found.digest {
        return Err(format!("{what}: DEBUG DIGEST {:?}, not {:?}", found.digest, expected.digest));
    }
    if expected.functions != found.functions {
        return Err(format!("{what}: the functions are others"));
    }
    Ok(())
}

/// Replies to commands, none of which may fail.
fn ask(target: &mut dyn Target, commands: &[Vec<Vec<u8>>]) -> Result<Vec<Value>, String> {
    let replies = replies(target, commands).ok_or_else(|| format!("{} has gone", target.name()))?;
    for (words, reply) in commands.iter().zip(&replies) {
        if let Value::Error(text) = reply {
            let words = quote::join(words);
            return Err(format!("{}: {words:.200}: {}", target.name(), quote::in_quotes(text)));
        }
    }
    Ok(replies)
}
