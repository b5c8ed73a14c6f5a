//! How replies are compared: byte for byte, unless the table below says otherwise and why.
//!
//! Redis does not promise everything it prints: the order of KEYS, the choice of RANDOMKEY, the microsecond in
//! TIME. [`TABLE`] is the only list of such replies, one line a command with the reason; every use is counted in
//! the report. What is *accepted although it differs* is something else and lives in `divergences.toml`.
//!
//! | normaliser    | compared is                                                            |
//! |---------------|------------------------------------------------------------------------|
//! | `Exact`       | every byte                                                             |
//! | `Unordered`   | the elements of the outermost aggregate as a multiset                  |
//! | `Deep`        | every aggregate as a multiset, at any depth                            |
//! | `Shape`       | the types of the reply at every depth, of errors the whole text        |
//! | `Choice`      | the types of the reply at every depth, and how many elements there are |
//! | `Near(n)`     | positive integers within `n`; all else exactly                         |
//! | `Mask(names)` | text, without the values of `name=…` and `name:…` for those names      |
//! | `Names`       | text, only the names of `name:value` lines and the section titles      |
//! | `Fields(f)`   | a map without the values of those keys, at any depth                   |
//! | `Pairs(f)`    | a map in any order, without the values of those keys                   |
//! | `Payload`     | a DUMP payload; of sets and hashes that are hash tables only the kind and length; of streams without times |
//! | `Cursor`      | SCAN: elements as a multiset if one page holds all, else the shape     |
//! | `Collated`    | an array, neighbours that are equal up to a NUL in any order           |
//! | `Third`       | arrays inside an array, without the third element of each              |
//! | `Slow`        | entries of the slow log: their arguments and the client's name         |
//! | `Drop(names)` | text, without the lines `name:…` of those names                        |
//! | `Lines`       | text, its lines sorted                                                 |
//! | `Anything`    | nothing (divergences only)                                             |
//! | `Then(a, b)`  | written `a then b`: b, after a                                         |

use crate::resp::Value;

/// A way to compare two replies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Normaliser {
    Exact,
    Unordered,
    Deep,
    Shape,
    Choice,
    Near(i64),
    Mask(Vec<String>),
    Names,
    Fields(Vec<String>),
    Pairs(Vec<String>),
    Payload,
    Cursor,
    Collated,
    Third,
    Slow,
    Anything,
    Drop(Vec<String>),
    Lines,
    /// One after the other.
    Then(Box<Normaliser>, Box<Normaliser>),
}

/// A line of the table: a command (`GET`, `CLIENT|LIST`), how its replies are compared, and why.
#[derive(Debug)]
pub struct Rule {
    pub row: &'static str,
    /// In the notation of [`Normaliser::parse`].
    pub how: &'static str,
    pub reason: &'static str,
}

/// Every reply that is not compared byte for byte.
pub const TABLE: &[Rule] = &[
    Rule { row: "TTL", how: "near 1", reason: "seconds pass between the two servers' clocks" },
    Rule { row: "PTTL", how: "near 10000", reason: "milliseconds pass between the two servers' clocks" },
    Rule { row: "EXPIRETIME", how: "near 10", reason: "a relative TTL starts when the command runs" },
    Rule { row: "PEXPIRETIME", how: "near 10000", reason: "a relative TTL starts when the command runs" },
    Rule { row: "KEYS", how: "unordered", reason: "the order follows the hash seed of the process" },
    Rule { row: "RANDOMKEY", how: "shape", reason: "the choice is random" },
    Rule { row: "SCAN", how: "cursor", reason: "the order and the pages follow the hash seed of the process" },
    Rule {
        row: "HGETALL",
        how: "pairs",
        reason: "the order of a hash table follows the hash seed; DUMP compares listpacks",
    },
    Rule { row: "HKEYS", how: "unordered", reason: "the order of a hash table follows the hash seed" },
    Rule { row: "HVALS", how: "unordered", reason: "the order of a hash table follows the hash seed" },
    Rule { row: "HSCAN", how: "cursor", reason: "the order and the pages of a hash table follow the hash seed" },
    Rule { row: "HRANDFIELD", how: "choice", reason: "the choice is random, how many are chosen is not" },
    Rule { row: "SMEMBERS", how: "unordered", reason: "the order of a hash table follows the hash seed" },
    Rule {
        row: "SORT",
        how: "collated",
        reason: "members that are equal up to a NUL stay in the order of a hash table",
    },
    Rule {
        row: "SORT_RO",
        how: "collated",
        reason: "members that are equal up to a NUL stay in the order of a hash table",
    },
    Rule { row: "SINTER", how: "unordered", reason: "the order of a hash table follows the hash seed" },
    Rule { row: "SUNION", how: "unordered", reason: "the order of a hash table follows the hash seed" },
    Rule { row: "SDIFF", how: "unordered", reason: "the order of a hash table follows the hash seed" },
    Rule { row: "SSCAN", how: "cursor", reason: "the order and the pages of a hash table follow the hash seed" },
    Rule { row: "SRANDMEMBER", how: "choice", reason: "the choice is random, how many are chosen is not" },
    Rule { row: "SPOP", how: "choice", reason: "the choice is random, how many are chosen is not" },
    Rule { row: "ZSCAN", how: "cursor", reason: "the order and the pages of a hash table follow the hash seed" },
    Rule { row: "ZRANDMEMBER", how: "choice", reason: "the choice is random, how many are chosen is not" },
    Rule { row: "DUMP", how: "payload", reason: "a hash table is dumped in the order of its hash seed" },
    Rule { row: "XPENDING", how: "third", reason: "milliseconds pass between the two servers' clocks" },
    Rule { row: "XINFO|CONSUMERS", how: "fields idle", reason: "milliseconds pass between the two servers' clocks" },
    Rule { row: "PUBSUB|CHANNELS", how: "unordered", reason: "the order of a hash table follows the hash seed" },
    Rule { row: "PUBSUB|SHARDCHANNELS", how: "unordered", reason: "the order of a hash table follows the hash seed" },
    Rule { row: "TIME", how: "shape", reason: "the clock" },
    Rule { row: "LASTSAVE", how: "shape", reason: "the clock" },
    Rule { row: "OBJECT|IDLETIME", how: "shape", reason: "seconds pass; keys of one small integer share it in Redis" },
    Rule { row: "OBJECT|FREQ", how: "shape", reason: "the LFU counter is incremented with a probability" },
    Rule { row: "MEMORY|USAGE", how: "shape", reason: "allocations are the implementation's own" },
    Rule { row: "MEMORY|STATS", how: "shape", reason: "allocations are the implementation's own" },
    Rule { row: "MEMORY|DOCTOR", how: "shape", reason: "allocations are the implementation's own" },
    Rule { row: "DEBUG|OBJECT", how: "mask at,lru,lru_seconds_idle", reason: "a memory address, and the clock" },
    Rule { row: "DEBUG|HTSTATS", how: "shape", reason: "the hash table is the implementation's own" },
    Rule { row: "DEBUG|HTSTATS-KEY", how: "shape", reason: "the hash table is the implementation's own" },
    Rule { row: "INFO", how: "names", reason: "values are of the process: times, sizes, counters" },
    Rule {
        row: "CLIENT|LIST",
        how: "mask id,addr,laddr,fd,age,idle,qbuf,qbuf-free,argv-mem,multi-mem,rbs,rbp,obl,oll,omem,tot-mem,events,redir then lines",
        reason: "identities, clock and buffers of the process (events says rw while a write waits); the cron turns the list",
    },
    Rule {
        row: "CLIENT|INFO",
        how: "mask id,addr,laddr,fd,age,idle,qbuf,qbuf-free,argv-mem,multi-mem,rbs,rbp,obl,oll,omem,tot-mem,events,redir",
        reason: "identities, clock and buffers of the process (events says rw while a write waits)",
    },
    Rule { row: "CLIENT|ID", how: "shape", reason: "ids count every connection a server ever had" },
    Rule { row: "CLIENT|GETREDIR", how: "shape", reason: "ids count every connection a server ever had" },
    Rule { row: "CLIENT|TRACKINGINFO", how: "fields redirect", reason: "ids count every connection" },
    Rule { row: "HELLO", how: "fields id", reason: "ids count every connection a server ever had" },
    Rule {
        row: "CONFIG|GET",
        how: "pairs port,dir,pidfile,logfile,unixsocket,enable-debug-command,bind,save,loglevel",
        reason: "the order follows the hash seed of the process; some are set by the harness that started it",
    },
    Rule {
        row: "COMMAND|DOCS",
        how: "fields summary then deep",
        reason: "the order follows the hash seed of the process, the sentences are our own",
    },
    Rule { row: "COMMAND|LIST", how: "unordered", reason: "the order follows the hash seed of the process" },
    Rule { row: "COMMAND|INFO", how: "deep", reason: "flags are a set, subcommands come in hash order" },
    Rule { row: "COMMAND", how: "deep", reason: "flags are a set, commands come in hash order" },
    Rule { row: "LOLWUT", how: "shape", reason: "art is random" },
    Rule { row: "SLOWLOG|GET", how: "slow", reason: "times and addresses; numbers count what the harness said, too" },
    Rule {
        row: "LATENCY|HISTOGRAM",
        how: "fields histogram_usec then deep",
        reason: "times; the order follows the hash seed",
    },
];

/// The rule of a command, if its replies are not compared byte for byte.
pub fn rule_of(row: &str) -> Option<&'static Rule> {
    TABLE.iter().find(|rule| rule.row == row)
}

/// Does this SCAN (HSCAN…: a key comes first) ask for everything in one page? Only then is the answer a set.
fn asks_for_all(args: &[Vec<u8>]) -> bool {
    let cursor_at = if args.first().is_some_and(|name| name.eq_ignore_ascii_case(b"scan")) { 1 } else { 2 };
    let count_at = args.iter().rposition(|arg| arg.eq_ignore_ascii_case(b"count"));
    let count = count_at.and_then(|at| std::str::from_utf8(args.get(at + 1)?).ok()?.parse::<u64>().ok());
    args.get(cursor_at).is_some_and(|cursor| cursor == b"0") && count.is_some_and(|count| count >= 1000)
}

/// The two parts of a page, without what is in them.
fn page_shape(reply: &Value) -> Value {
    match reply {
        Value::Array(parts) if parts.len() == 2 => Value::Array(vec![shape(&parts[0]), Value::Array(Vec::new())]),
        other => other.clone(),
    }
}

impl Normaliser {
    /// Reads the notation of the table, of `divergences.toml`, and of `@as` in scripts.
    pub fn parse(text: &str) -> Result<Normaliser, String> {
        if let Some((first, second)) = text.split_once(" then ") {
            let (first, second) = (Normaliser::parse(first)?, Normaliser::parse(second)?);
            return Ok(Normaliser::Then(Box::new(first), Box::new(second)));
        }
        let (word, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let names = || rest.split(',').map(|name| name.trim().to_string()).collect();
        Ok(match word {
            "exact" => Normaliser::Exact,
            "unordered" => Normaliser::Unordered,
            "deep" => Normaliser::Deep,
            "shape" => Normaliser::Shape,
            "choice" => Normaliser::Choice,
            "near" => Normaliser::Near(rest.trim().parse().map_err(|_| format!("near {rest}: no number"))?),
            "mask" => Normaliser::Mask(names()),
            "names" => Normaliser::Names,
            "fields" => Normaliser::Fields(names()),
            "pairs" => Normaliser::Pairs(names()),
            "payload" => Normaliser::Payload,
            "cursor" => Normaliser::Cursor,
            "collated" => Normaliser::Collated,
            "third" => Normaliser::Third,
            "slow" => Normaliser::Slow,
            "drop" => Normaliser::Drop(names()),
            "lines" => Normaliser::Lines,
            "anything" => Normaliser::Anything,
            other => return Err(format!("unknown normaliser {other}")),
        })
    }

    /// Are the replies the same under this normaliser? Errors are compared by their whole text always.
    /// `args` is the command, since a page of SCAN depends on what was asked for.
    pub fn equal(&self, args: &[Vec<u8>], a: &Value, b: &Value) -> bool {
        match self {
            Normaliser::Anything => true,
            Normaliser::Near(tolerance) => near(a, b, *tolerance),
            Normaliser::Cursor if !asks_for_all(args) => page_shape(a) == page_shape(b),
            _ => self.canonical(a) == self.canonical(b),
        }
    }

    /// A form in which equal replies are identical. `Near` rounds to a multiple, which is for scripts only,
    /// where the true value is known to lie far from a boundary.
    pub fn canonical(&self, value: &Value) -> Value {
        match self {
            Normaliser::Exact => value.clone(),
            Normaliser::Unordered => sorted(value, false),
            Normaliser::Deep => sorted(value, true),
            Normaliser::Shape => shape(value),
            Normaliser::Choice => choice(value),
            Normaliser::Near(step) => rounded(value, *step),
            Normaliser::Mask(names) => on_text(value, &|text| masked(text, names)),
            Normaliser::Drop(names) => on_text(value, &|text| dropped(text, names)),
            Normaliser::Lines => on_text(value, &|text| {
                let mut lines: Vec<&[u8]> = text.split_inclusive(|&b| b == b'\n').collect();
                lines.sort();
                lines.concat()
            }),
            Normaliser::Names => on_text(value, &names_only),
            Normaliser::Fields(names) => without(value, names),
            Normaliser::Pairs(names) => pairs_sorted(&without(value, names)),
            Normaliser::Payload => payload(value),
            Normaliser::Cursor => match value {
                Value::Array(parts) => Value::Array(parts.iter().map(|part| sorted(part, false)).collect()),
                other => other.clone(),
            },
            Normaliser::Collated => collated(value),
            Normaliser::Third => without_third(value),
            Normaliser::Slow => slow_calls(value),
            Normaliser::Anything => Value::Null,
            Normaliser::Then(first, second) => second.canonical(&first.canonical(value)),
        }
    }
}

fn near(a: &Value, b: &Value, tolerance: i64) -> bool {
    match (a.as_integer(), b.as_integer()) {
        // -1 and -2 are answers, not times.
        (Some(a), Some(b)) if a >= 0 && b >= 0 => a.abs_diff(b) <= tolerance.unsigned_abs(),
        _ => a == b,
    }
}

fn rounded(value: &Value, step: i64) -> Value {
    match value.as_integer() {
        Some(n) if n > 0 => Value::Integer(format!("~{}", (n + step / 2) / step * step).into_bytes()),
        _ => value.clone(),
    }
}

/// Types only. Errors keep their text: which error it is, is never left open.
pub fn shape(value: &Value) -> Value {
    let marker = || b"...".to_vec();
    match value {
        Value::Simple(_) => Value::Simple(marker()),
        Value::Integer(_) => Value::Integer(marker()),
        Value::Bulk(_) => Value::Bulk(marker()),
        Value::Double(_) => Value::Double(marker()),
        Value::BigNumber(_) => Value::BigNumber(marker()),
        Value::Verbatim(text) => Value::Verbatim([text.get(..4).unwrap_or(b""), b"..."].concat()),
        Value::Boolean(_) => Value::Boolean(true),
        Value::Array(items) => Value::Array(distinct(items)),
        Value::Set(items) => Value::Set(distinct(items)),
        Value::Push(items) => Value::Push(items.iter().map(shape).collect()),
        Value::Map(pairs) => Value::Map(pairs.iter().map(|(k, v)| (k.clone(), shape(v))).collect()),
        Value::Attribute(pairs, inner) => {
            let pairs = pairs.iter().map(|(k, v)| (k.clone(), shape(v))).collect();
            Value::Attribute(pairs, Box::new(shape(inner)))
        }
        other => other.clone(),
    }
}

/// Types only, but each element counts: what is chosen is left open, how many are is not.
fn choice(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(choice).collect()),
        Value::Set(items) => Value::Set(items.iter().map(choice).collect()),
        other => shape(other),
    }
}

/// The shapes that occur among elements: how many there are is part of what is not promised.
fn distinct(items: &[Value]) -> Vec<Value> {
    let mut shapes: Vec<Value> = items.iter().map(shape).collect();
    shapes.sort();
    shapes.dedup();
    shapes
}

fn sorted(value: &Value, deep: bool) -> Value {
    let inner = |v: &Value| if deep { sorted(v, true) } else { v.clone() };
    let sequence = |items: &[Value]| {
        let mut items: Vec<Value> = items.iter().map(inner).collect();
        items.sort();
        items
    };
    match value {
        Value::Array(items) => Value::Array(sequence(items)),
        Value::Set(items) => Value::Set(sequence(items)),
        Value::Map(pairs) => {
            let mut pairs: Vec<(Value, Value)> = pairs.iter().map(|(k, v)| (k.clone(), inner(v))).collect();
            pairs.sort();
            Value::Map(pairs)
        }
        other => other.clone(),
    }
}

/// A map, or the flat array that stands for one, by key.
fn pairs_sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) if items.len() % 2 == 0 => {
            let mut pairs: Vec<&[Value]> = items.chunks(2).collect();
            pairs.sort();
            Value::Array(pairs.concat())
        }
        other => sorted(other, false),
    }
}

/// The first byte of a payload is the type of its encoding: 2 and 4 are the hash tables of sets and hashes.
fn payload(value: &Value) -> Value {
    match value {
        Value::Bulk(bytes) if matches!(bytes.first(), Some(2 | 4)) => {
            Value::Bulk(format!("(hash table of {} bytes)", bytes.len()).into_bytes())
        }
        Value::Bulk(bytes) if bytes.first() == Some(&19) => Value::Bulk(without_times(bytes)),
        other => other.clone(),
    }
}

/// The payload of a stream: groups hold times near now, eight bytes each, and the checksum at the end follows them.
fn without_times(payload: &[u8]) -> Vec<u8> {
    const HOUR_MS: u64 = 3_600_000;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now_ms = now.map_or(0, |since| since.as_millis() as u64);
    // No wider than a run may take: other bytes can look like a time.
    let times_ms = now_ms.saturating_sub(HOUR_MS)..now_ms + HOUR_MS;
    let mut rest = payload.split_last_chunk::<8>().map_or(payload, |(rest, _)| rest);
    let mut out = Vec::with_capacity(rest.len());
    while let Some((&byte, behind)) = rest.split_first() {
        match rest.split_first_chunk::<8>() {
            Some((time, behind)) if times_ms.contains(&u64::from_le_bytes(*time)) => {
                out.extend_from_slice(b"<time>");
                rest = behind;
            }
            _ => {
                out.push(byte);
                rest = behind;
            }
        }
    }
    out
}

/// Runs of elements that are equal up to a NUL, each sorted.
fn collated(value: &Value) -> Value {
    let Value::Array(items) = value else { return value.clone() };
    let head = |value: &Value| value.as_bytes().map(|text| text.split(|&byte| byte == 0).next().map(<[u8]>::to_vec));
    let mut items = items.clone();
    for run in items.chunk_by_mut(|a, b| head(a).is_some() && head(a) == head(b)) {
        run.sort_by(|a, b| a.as_bytes().cmp(&b.as_bytes()));
    }
    Value::Array(items)
}

fn without_third(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| match item {
                    Value::Array(parts) if parts.len() > 3 => {
                        let mut parts = parts.clone();
                        parts[2] = Value::Null;
                        Value::Array(parts)
                    }
                    other => other.clone(),
                })
                .collect(),
        ),
        other => other.clone(),
    }
}

/// Entries of the slow log without number, time, duration and address.
fn slow_calls(value: &Value) -> Value {
    let entry = |item: &Value| match item {
        Value::Array(parts) if parts.len() == 6 => Value::Array(vec![parts[3].clone(), parts[5].clone()]),
        other => other.clone(),
    };
    match value {
        Value::Array(items) => Value::Array(items.iter().map(entry).collect()),
        other => other.clone(),
    }
}

fn on_text(value: &Value, edit: &dyn Fn(&[u8]) -> Vec<u8>) -> Value {
    match value {
        Value::Bulk(text) => Value::Bulk(edit(text)),
        Value::Simple(text) => Value::Simple(edit(text)),
        Value::Verbatim(text) => {
            // The three-letter format stands before the text.
            let (format, rest) = text.split_at(text.len().min(4));
            Value::Verbatim([format, &edit(rest)].concat())
        }
        other => other.clone(),
    }
}

/// Replaces the value in `name=value` and `name:value` tokens by `*`.
fn masked(text: &[u8], names: &[String]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for token in text.split_inclusive(|b| b" \r\n".contains(b)) {
        let body = token.len() - usize::from(token.last().is_some_and(|b| b" \r\n".contains(b)));
        let split = token[..body].iter().position(|b| b"=:".contains(b));
        match split {
            Some(at) if names.iter().any(|name| name.as_bytes() == &token[..at]) => {
                out.extend_from_slice(&token[..=at]);
                out.push(b'*');
                out.extend_from_slice(&token[body..]);
            }
            _ => out.extend_from_slice(token),
        }
    }
    out
}

/// Removes whole lines.
fn dropped(text: &[u8], names: &[String]) -> Vec<u8> {
    let goes = |line: &[u8]| names.iter().any(|name| line.starts_with(format!("{name}:").as_bytes()));
    text.split_inclusive(|&b| b == b'\n').filter(|line| !goes(line)).flatten().copied().collect()
}

fn names_only(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|&b| b == b'\n') {
        match line.iter().position(|&b| b == b':') {
            Some(at) if !line.starts_with(b"#") => {
                out.extend_from_slice(&line[..=at]);
                out.extend_from_slice(b"*\r\n");
            }
            _ => out.extend_from_slice(line),
        }
    }
    out
}

/// Masks the values of some keys in maps and in flat arrays of pairs.
fn without(value: &Value, names: &[String]) -> Value {
    let hidden = |key: &Value| {
        key.as_bytes().is_some_and(|key| names.iter().any(|name| key.eq_ignore_ascii_case(name.as_bytes())))
    };
    let blank = || Value::Simple(b"*".to_vec());
    match value {
        Value::Map(pairs) => Value::Map(
            pairs.iter().map(|(k, v)| (k.clone(), if hidden(k) { blank() } else { without(v, names) })).collect(),
        ),
        // A list of maps, as RESP2 writes it.
        Value::Array(items) if items.iter().all(|item| matches!(item, Value::Array(_) | Value::Map(_))) => {
            Value::Array(items.iter().map(|item| without(item, names)).collect())
        }
        Value::Array(items) if items.len() % 2 == 0 => Value::Array(
            items
                .chunks(2)
                .flat_map(|pair| {
                    let second = if hidden(&pair[0]) { blank() } else { without(&pair[1], names) };
                    [pair[0].clone(), second]
                })
                .collect(),
        ),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integer(n: i64) -> Value {
        Value::Integer(n.to_string().into_bytes())
    }

    fn bulk(text: &str) -> Value {
        Value::Bulk(text.as_bytes().to_vec())
    }

    #[test]
    fn every_line_of_the_table_parses_and_stands_once() {
        for (index, rule) in TABLE.iter().enumerate() {
            Normaliser::parse(rule.how).expect(rule.row);
            assert!(!rule.reason.is_empty());
            assert!(TABLE[..index].iter().all(|other| other.row != rule.row), "{} twice", rule.row);
        }
    }

    #[test]
    fn near_forgives_times_and_not_answers() {
        let near = Normaliser::Near(5);
        assert!(near.equal(&[], &integer(100), &integer(104)));
        assert!(!near.equal(&[], &integer(100), &integer(106)));
        assert!(!near.equal(&[], &integer(-1), &integer(1)));
        assert!(!near.equal(&[], &integer(-1), &integer(-2)));
        assert!(!near.equal(&[], &integer(1), &bulk("1")));
    }

    #[test]
    fn a_shape_keeps_the_text_of_errors() {
        let error = |text: &str| Value::Error(text.as_bytes().to_vec());
        assert!(Normaliser::Shape.equal(&[], &bulk("a"), &bulk("b")));
        assert!(!Normaliser::Shape.equal(&[], &bulk("a"), &Value::NullBulk));
        assert!(!Normaliser::Shape.equal(&[], &error("ERR a"), &error("ERR b")));
    }

    #[test]
    fn masks_hide_values_and_nothing_else() {
        let mask = Normaliser::parse("mask id,at").expect("known");
        assert!(mask.equal(&[], &bulk("id=1 name=x\n"), &bulk("id=22 name=x\n")));
        assert!(!mask.equal(&[], &bulk("id=1 name=x\n"), &bulk("id=22 name=y\n")));
        assert!(mask.equal(&[], &bulk("Value at:0x1 refcount:1"), &bulk("Value at:0x2 refcount:1")));
        let names = Normaliser::Names;
        assert!(names.equal(&[], &bulk("# A\r\nx:1\r\n"), &bulk("# A\r\nx:2\r\n")));
        assert!(!names.equal(&[], &bulk("# A\r\nx:1\r\n"), &bulk("# A\r\ny:1\r\n")));
    }

    #[test]
    fn order_is_ignored_and_multiplicity_is_not() {
        let list = |items: &[&str]| Value::Array(items.iter().map(|item| bulk(item)).collect());
        assert!(Normaliser::Unordered.equal(&[], &list(&["a", "b"]), &list(&["b", "a"])));
        assert!(!Normaliser::Unordered.equal(&[], &list(&["a", "b"]), &list(&["a", "a"])));
        assert!(Normaliser::Collated.equal(&[], &list(&["a", "b\0", "b"]), &list(&["a", "b", "b\0"])));
        assert!(!Normaliser::Collated.equal(&[], &list(&["a", "b"]), &list(&["b", "a"])));
        let scan = |cursor: &str, items: &[&str]| Value::Array(vec![bulk(cursor), list(items)]);
        let all = crate::words!["SCAN", "0", "count", "1000"];
        assert!(Normaliser::Cursor.equal(&all, &scan("0", &["a", "b"]), &scan("0", &["b", "a"])));
        assert!(!Normaliser::Cursor.equal(&all, &scan("0", &["a"]), &scan("0", &["b"])));
        let some = crate::words!["SCAN", "0", "count", "10"];
        assert!(Normaliser::Cursor.equal(&some, &scan("4", &["a"]), &scan("0", &["b"])));
    }

    #[test]
    fn hidden_fields_are_hidden_in_both_forms_of_a_map() {
        let fields = Normaliser::parse("fields id").expect("known");
        let map = |n| Value::Map(vec![(bulk("id"), integer(n)), (bulk("proto"), integer(3))]);
        let flat = |n| Value::Array(vec![bulk("id"), integer(n), bulk("proto"), integer(3)]);
        assert!(fields.equal(&[], &map(1), &map(2)));
        assert!(fields.equal(&[], &flat(1), &flat(2)));
        assert!(!fields.equal(&[], &map(1), &flat(1)));
    }
}
