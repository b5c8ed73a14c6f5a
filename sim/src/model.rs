//! The naive model: the strings and keys of Redis as plain maps, written from the manual and kept as plain as it can be.
//!
//! It shares no code with the engine. A key is absent from the millisecond after its expiry on; whoever meets an overdue key
//! removes it, as the engine does, which matters when the wall clock steps back.

use std::collections::BTreeMap;

/// A value and when it expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub value: Vec<u8>,
    pub expires_ms: Option<i64>,
    pub encoding: &'static str,
}

/// One database.
pub type Map = BTreeMap<Vec<u8>, Entry>;

/// What a reply must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    Exact(Vec<u8>),
    /// An array of these bulk strings, in any order.
    Unordered(Vec<Vec<u8>>),
    /// One of these as a bulk string; null if there are none.
    OneOf(Vec<Vec<u8>>, Vec<u8>),
    Between(i64, i64),
    /// A reply of SCAN.
    Scan,
    /// An error that begins so, and then the end of the connection.
    ProtocolError,
}

/// What a connection has chosen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Session {
    pub db: usize,
    pub resp3: bool,
}

/// The whole data set.
#[derive(Clone, Debug)]
pub struct Model {
    pub dbs: Vec<Map>,
    /// Overdue keys that commands met.
    pub overdue_met: u64,
    broken: bool,
}

type Reply = Result<Vec<u8>, &'static str>;

const SYNTAX: &str = "ERR syntax error";
const NOT_INTEGER: &str = "ERR value is not an integer or out of range";

impl Model {
    /// `broken`: gives wrong answers to APPEND, for tests of the harness.
    pub fn new(databases: usize, broken: bool) -> Model {
        Model { dbs: vec![Map::new(); databases], overdue_met: 0, broken }
    }

    /// What `command` must answer now; changes the data as it does.
    pub fn execute(&mut self, session: &mut Session, command: &[Vec<u8>], now_ms: i64) -> Expect {
        let name = String::from_utf8_lossy(&command[0]).to_uppercase();
        let args: Vec<&[u8]> = command[1..].iter().map(Vec::as_slice).collect();
        match name.as_str() {
            "DBSIZE" => {
                let map = &self.dbs[session.db];
                let live = map.values().filter(|e| !overdue(e, now_ms)).count() as i64;
                return Expect::Between(live, map.len() as i64);
            }
            "KEYS" => return Expect::Unordered(self.live(session.db, now_ms)),
            "RANDOMKEY" => return Expect::OneOf(self.live(session.db, now_ms), null(session.resp3)),
            _ => {}
        }
        if self.broken && name == "APPEND" {
            return Expect::Exact(b":-1\r\n".to_vec());
        }
        let mut run = Run { dbs: &mut self.dbs, overdue_met: &mut self.overdue_met, session, now_ms };
        match run.command(&name, &args) {
            Ok(bytes) => Expect::Exact(bytes),
            Err(text) => Expect::Exact(format!("-{text}\r\n").into_bytes()),
        }
    }

    /// Keys of a database that are not overdue.
    pub fn live(&self, db: usize, now_ms: i64) -> Vec<Vec<u8>> {
        self.dbs[db].iter().filter(|(_, e)| !overdue(e, now_ms)).map(|(k, _)| k.clone()).collect()
    }
}

/// Whether an entry's time is over.
pub fn overdue(entry: &Entry, now_ms: i64) -> bool {
    entry.expires_ms.is_some_and(|at| at < now_ms)
}

struct Run<'a> {
    dbs: &'a mut Vec<Map>,
    overdue_met: &'a mut u64,
    session: &'a mut Session,
    now_ms: i64,
}

impl Run<'_> {
    fn command(&mut self, name: &str, args: &[&[u8]]) -> Reply {
        let resp3 = self.session.resp3;
        match name {
            "PING" => Ok(b"+PONG\r\n".to_vec()),
            "ECHO" => Ok(bulk(args[0])),
            "GET" => Ok(self.value_or_null(args[0])),
            "SET" => self.set(args),
            "SETNX" => {
                let absent = self.get(args[0]).is_none();
                if absent {
                    self.put(args[0], args[1], None);
                }
                Ok(int(absent as i64))
            }
            "GETSET" => {
                let old = self.value_or_null(args[0]);
                self.put(args[0], args[1], None);
                Ok(old)
            }
            "GETDEL" => {
                let old = self.value_or_null(args[0]);
                self.map().remove(args[0]);
                Ok(old)
            }
            "SETEX" | "PSETEX" => self.setex(name, args),
            "GETEX" => self.getex(args),
            "INCR" => self.add(args[0], Some(1)),
            "DECR" => self.add(args[0], Some(-1)),
            "INCRBY" => {
                let delta = number(args[1]).ok_or(NOT_INTEGER)?;
                self.add(args[0], Some(delta))
            }
            "DECRBY" => match number(args[1]).ok_or(NOT_INTEGER)? {
                i64::MIN => Err("ERR decrement would overflow"),
                delta => self.add(args[0], Some(-delta)),
            },
            "APPEND" => Ok(self.append(args[0], args[1])),
            "SETRANGE" => self.setrange(args),
            "GETRANGE" => self.getrange(args),
            "STRLEN" => Ok(int(self.get(args[0]).map_or(0, |e| e.value.len() as i64))),
            "TYPE" => Ok(if self.get(args[0]).is_some() { b"+string\r\n".to_vec() } else { b"+none\r\n".to_vec() }),
            "OBJECT" => Ok(match self.get(args[1]) {
                Some(entry) => bulk(entry.encoding.as_bytes()),
                None => null(resp3),
            }),
            "MGET" => {
                let mut out = format!("*{}\r\n", args.len()).into_bytes();
                for key in args {
                    out.extend(self.value_or_null(key));
                }
                Ok(out)
            }
            "MSET" => {
                for pair in args.chunks(2) {
                    self.put(pair[0], pair[1], None);
                }
                Ok(ok())
            }
            "MSETNX" => {
                if args.chunks(2).any(|pair| self.get(pair[0]).is_some()) {
                    return Ok(int(0));
                }
                for pair in args.chunks(2) {
                    self.put(pair[0], pair[1], None);
                }
                Ok(int(1))
            }
            "DEL" | "UNLINK" => Ok(int(args.iter().filter(|k| self.get(k).is_some() && self.remove(k)).count() as i64)),
            "EXISTS" | "TOUCH" => Ok(int(args.iter().filter(|k| self.get(k).is_some()).count() as i64)),
            "EXPIRE" | "PEXPIRE" => self.expire(name, args),
            "PERSIST" => Ok(int(self.get(args[0]).is_some_and(|e| e.expires_ms.take().is_some()) as i64)),
            "TTL" | "PTTL" | "EXPIRETIME" | "PEXPIRETIME" => Ok(int(self.ttl(name, args[0]))),
            "RENAME" | "RENAMENX" => self.rename(name, args),
            "COPY" => self.copy(args),
            "MOVE" => self.move_key(args),
            "SELECT" => {
                self.session.db = self.db_index(args[0])?;
                Ok(ok())
            }
            "SWAPDB" => {
                let count = self.dbs.len();
                let index = |arg: &[u8]| number(arg).map(|n| n as usize).filter(|&n| n < count);
                let (a, b) = (index(args[0]), index(args[1]));
                let (a, b) = a.zip(b).ok_or("ERR DB index is out of range")?;
                self.dbs.swap(a, b);
                Ok(ok())
            }
            "FLUSHDB" => {
                self.map().clear();
                Ok(ok())
            }
            "FLUSHALL" => {
                self.dbs.iter_mut().for_each(Map::clear);
                Ok(ok())
            }
            other => unreachable!("the plan draws no {other}"),
        }
    }

    fn map(&mut self) -> &mut Map {
        &mut self.dbs[self.session.db]
    }

    fn get(&mut self, key: &[u8]) -> Option<&mut Entry> {
        let db = self.session.db;
        self.get_in(db, key)
    }

    fn get_in(&mut self, db: usize, key: &[u8]) -> Option<&mut Entry> {
        let now_ms = self.now_ms;
        let map = &mut self.dbs[db];
        if map.get(key).is_some_and(|e| overdue(e, now_ms)) {
            map.remove(key);
            *self.overdue_met += 1;
        }
        map.get_mut(key)
    }

    fn remove(&mut self, key: &[u8]) -> bool {
        self.map().remove(key).is_some()
    }

    fn put(&mut self, key: &[u8], value: &[u8], expires_ms: Option<i64>) {
        let entry = Entry { value: value.to_vec(), expires_ms, encoding: encoding_of(value) };
        self.map().insert(key.to_vec(), entry);
    }

    fn value_or_null(&mut self, key: &[u8]) -> Vec<u8> {
        let resp3 = self.session.resp3;
        self.get(key).map_or_else(|| null(resp3), |e| bulk(&e.value))
    }

    fn set(&mut self, args: &[&[u8]]) -> Reply {
        let (mut nx, mut xx, mut get, mut keep) = (false, false, false, false);
        let mut expiry: Option<(i64, &[u8])> = None;
        let mut at = 2;
        while at < args.len() {
            match args[at].to_ascii_uppercase().as_slice() {
                b"NX" if !xx => nx = true,
                b"XX" if !nx => xx = true,
                b"GET" => get = true,
                b"KEEPTTL" if expiry.is_none() => keep = true,
                b"EX" | b"PX" if !keep && at + 1 < args.len() => {
                    let unit = if args[at].eq_ignore_ascii_case(b"EX") { 1000 } else { 1 };
                    // The same unit may be said again: the last counts. The other one may not.
                    if expiry.is_some_and(|(old, _)| old != unit) {
                        return Err(SYNTAX);
                    }
                    expiry = Some((unit, args[at + 1]));
                    at += 1;
                }
                _ => return Err(SYNTAX),
            }
            at += 1;
        }
        let expires_ms = match expiry {
            None => None,
            Some((unit, text)) => {
                let amount = number(text).ok_or(NOT_INTEGER)?;
                if amount <= 0 {
                    return Err("ERR invalid expire time in 'set' command");
                }
                Some(self.now_ms + amount * unit)
            }
        };
        let old = self.get(args[0]).map(|e| (e.value.clone(), e.expires_ms));
        let answer = get.then(|| self.value_or_null(args[0]));
        if nx && old.is_some() || xx && old.is_none() {
            return Ok(answer.unwrap_or_else(|| null(self.session.resp3)));
        }
        let kept = if keep { old.and_then(|(_, at)| at) } else { None };
        self.put(args[0], args[1], expires_ms.or(kept));
        Ok(answer.unwrap_or_else(ok))
    }

    fn setex(&mut self, name: &str, args: &[&[u8]]) -> Reply {
        let unit = if name == "SETEX" { 1000 } else { 1 };
        let amount = number(args[1]).ok_or(NOT_INTEGER)?;
        if amount <= 0 {
            return Err(match name {
                "SETEX" => "ERR invalid expire time in 'setex' command",
                _ => "ERR invalid expire time in 'psetex' command",
            });
        }
        let at = self.now_ms + amount * unit;
        self.put(args[0], args[2], Some(at));
        Ok(ok())
    }

    fn getex(&mut self, args: &[&[u8]]) -> Reply {
        let now_ms = self.now_ms;
        let resp3 = self.session.resp3;
        let option = args.get(1).map(|o| o.to_ascii_uppercase());
        let Some(entry) = self.get(args[0]) else { return Ok(null(resp3)) };
        match option.as_deref() {
            None => {}
            Some(b"PERSIST") => entry.expires_ms = None,
            Some(unit) => {
                let amount = number(args[2]).ok_or(NOT_INTEGER)?;
                if amount <= 0 {
                    return Err("ERR invalid expire time in 'getex' command");
                }
                entry.expires_ms = Some(now_ms + amount * if unit == b"EX" { 1000 } else { 1 });
            }
        }
        Ok(bulk(&entry.value))
    }

    fn add(&mut self, key: &[u8], delta: Option<i64>) -> Reply {
        let old = match self.get(key) {
            Some(entry) => number(&entry.value).ok_or(NOT_INTEGER)?,
            None => 0,
        };
        let new = delta.and_then(|d| old.checked_add(d)).ok_or("ERR increment or decrement would overflow")?;
        let expires_ms = self.get(key).and_then(|e| e.expires_ms);
        self.put(key, new.to_string().as_bytes(), expires_ms);
        Ok(int(new))
    }

    fn append(&mut self, key: &[u8], suffix: &[u8]) -> Vec<u8> {
        if let Some(entry) = self.get(key) {
            entry.value.extend_from_slice(suffix);
            entry.encoding = "raw";
            return int(entry.value.len() as i64);
        }
        self.put(key, suffix, None);
        int(suffix.len() as i64)
    }

    fn setrange(&mut self, args: &[&[u8]]) -> Reply {
        let offset = number(args[1]).ok_or(NOT_INTEGER)?;
        if offset < 0 {
            return Err("ERR offset is out of range");
        }
        let (offset, data) = (offset as usize, args[2]);
        if data.is_empty() {
            return Ok(int(self.get(args[0]).map_or(0, |e| e.value.len() as i64)));
        }
        if self.get(args[0]).is_none() {
            self.put(args[0], b"", None);
        }
        let entry = self.get(args[0]).expect("just put");
        if entry.value.len() < offset + data.len() {
            entry.value.resize(offset + data.len(), 0);
        }
        entry.value[offset..offset + data.len()].copy_from_slice(data);
        entry.encoding = "raw";
        Ok(int(entry.value.len() as i64))
    }

    fn getrange(&mut self, args: &[&[u8]]) -> Reply {
        let (start, end) = (number(args[1]).ok_or(NOT_INTEGER)?, number(args[2]).ok_or(NOT_INTEGER)?);
        let Some(entry) = self.get(args[0]) else { return Ok(bulk(b"")) };
        let len = entry.value.len() as i64;
        if start < 0 && end < 0 && start > end {
            return Ok(bulk(b""));
        }
        let clamp = |i: i64| if i < 0 { (i + len).max(0) } else { i };
        let (start, end) = (clamp(start), clamp(end).min(len - 1));
        Ok(if start > end || len == 0 { bulk(b"") } else { bulk(&entry.value[start as usize..=end as usize]) })
    }

    fn expire(&mut self, name: &str, args: &[&[u8]]) -> Reply {
        let unit = if name == "EXPIRE" { 1000 } else { 1 };
        let at = self.now_ms + number(args[1]).ok_or(NOT_INTEGER)? * unit;
        let now_ms = self.now_ms;
        let Some(entry) = self.get(args[0]) else { return Ok(int(0)) };
        let condition = args.get(2).map(|c| c.to_ascii_uppercase());
        let allowed = match condition.as_deref() {
            None => true,
            Some(b"NX") => entry.expires_ms.is_none(),
            Some(b"XX") => entry.expires_ms.is_some(),
            Some(b"GT") => entry.expires_ms.is_some_and(|old| at > old),
            Some(_) => entry.expires_ms.is_none_or(|old| at < old),
        };
        if !allowed {
            return Ok(int(0));
        }
        if at <= now_ms {
            self.remove(args[0]);
        } else {
            entry.expires_ms = Some(at);
        }
        Ok(int(1))
    }

    fn ttl(&mut self, name: &str, key: &[u8]) -> i64 {
        let now_ms = self.now_ms;
        let Some(entry) = self.get(key) else { return -2 };
        let Some(at) = entry.expires_ms else { return -1 };
        let left = (at - now_ms).max(0);
        match name {
            "TTL" => (left + 500) / 1000,
            "PTTL" => left,
            "EXPIRETIME" => (at + 500) / 1000,
            _ => at,
        }
    }

    fn rename(&mut self, name: &str, args: &[&[u8]]) -> Reply {
        if self.get(args[0]).is_none() {
            return Err("ERR no such key");
        }
        let only_new = name == "RENAMENX";
        if args[0] == args[1] {
            return Ok(if only_new { int(0) } else { ok() });
        }
        if only_new && self.get(args[1]).is_some() {
            return Ok(int(0));
        }
        let entry = self.map().remove(args[0]).expect("just found");
        self.map().insert(args[1].to_vec(), entry);
        Ok(if only_new { int(1) } else { ok() })
    }

    fn copy(&mut self, args: &[&[u8]]) -> Reply {
        let mut target = self.session.db;
        let mut replace = false;
        let mut at = 2;
        while at < args.len() {
            if args[at] == b"REPLACE" {
                replace = true;
            } else {
                at += 1;
                target = self.db_index(args[at])?;
            }
            at += 1;
        }
        if target == self.session.db && args[0] == args[1] {
            return Err("ERR source and destination objects are the same");
        }
        let Some(entry) = self.get(args[0]).cloned() else { return Ok(int(0)) };
        if self.get_in(target, args[1]).is_some() && !replace {
            return Ok(int(0));
        }
        self.dbs[target].insert(args[1].to_vec(), entry);
        Ok(int(1))
    }

    fn move_key(&mut self, args: &[&[u8]]) -> Reply {
        let target = self.db_index(args[1])?;
        if target == self.session.db {
            return Err("ERR source and destination objects are the same");
        }
        if self.get(args[0]).is_none() || self.get_in(target, args[0]).is_some() {
            return Ok(int(0));
        }
        let entry = self.map().remove(args[0]).expect("just found");
        self.dbs[target].insert(args[0].to_vec(), entry);
        Ok(int(1))
    }

    fn db_index(&self, arg: &[u8]) -> Result<usize, &'static str> {
        let index = number(arg).ok_or("ERR value is out of range")?;
        usize::try_from(index).ok().filter(|&i| i < self.dbs.len()).ok_or("ERR DB index is out of range")
    }
}

/// A 64-bit integer in its one canonical spelling.
fn number(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let value: i64 = text.parse().ok()?;
    (value.to_string() == text).then_some(value)
}

fn encoding_of(value: &[u8]) -> &'static str {
    match value {
        value if number(value).is_some() => "int",
        value if value.len() <= 44 => "embstr",
        _ => "raw",
    }
}

fn ok() -> Vec<u8> {
    b"+OK\r\n".to_vec()
}

fn int(value: i64) -> Vec<u8> {
    format!(":{value}\r\n").into_bytes()
}

fn bulk(value: &[u8]) -> Vec<u8> {
    let mut out = format!("${}\r\n", value.len()).into_bytes();
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
    out
}

fn null(resp3: bool) -> Vec<u8> {
    if resp3 { b"_\r\n".to_vec() } else { b"$-1\r\n".to_vec() }
}
