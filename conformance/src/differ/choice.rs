//! Random choices: any legal one is accepted, and the second server goes on from the one that the first has made.
//!
//! A command of [`ROWS`] ends its batch. What it replied has been compared already, but for what was chosen (`choice` in
//! normalise.rs). Then, over a connection of the harness's own, the judge's:
//!
//! | row | asked of the second server | legal is |
//! |---|---|---|
//! | RANDOMKEY | KEYS * | a key that is there |
//! | SRANDMEMBER, HRANDFIELD, ZRANDMEMBER | all that the value holds | elements that are there, different ones unless the count is negative |
//! | SPOP | SMEMBERS, of both servers | what was popped and what is left are one set before, the same on both |
//!
//! After SPOP, the second server's set is made that of the first: an intset by RESTORE of the first one's DUMP (how wide it is
//! depends on what it ever held, and on whether SPOP made it anew), a table by SADD of what only the second popped and
//! SREM of what only the first did. Its own SPOP has run with its own choice; reply and propagation are its own.
//!
//! What adoption cannot hide: invalidation messages of broadcast tracking, which generators turn off as soon as it is on.
//! (Of a key that was popped from, other clients have been told already.) Both servers are asked nearly the same, in the end
//! quite the same, since CLIENT LIST shows the judge; and what it adopts is taken out of the propagated commands. Commands whose reply is not at hand (inside of EXEC, or of a script)
//! are not judged: pop everything there.

use super::pair::Pair;
use crate::quote;
use crate::resp::Value;
use crate::target::Target;
use std::collections::{BTreeMap, BTreeSet};

/// The commands that choose.
pub const ROWS: [&str; 5] = ["SPOP", "SRANDMEMBER", "HRANDFIELD", "ZRANDMEMBER", "RANDOMKEY"];

/// The connection of the judge; above those of scripts.
pub const JUDGE: usize = 9;

const MARK_WORDS: usize = 4;

type Texts = BTreeSet<Vec<u8>>;

/// Does this command choose at random?
pub fn is_choice(args: &[Vec<u8>]) -> bool {
    row(args).is_some()
}

fn row(args: &[Vec<u8>]) -> Option<&'static str> {
    ROWS.into_iter().find(|row| args.first().is_some_and(|name| name.eq_ignore_ascii_case(row.as_bytes())))
}

/// Opens the judge's connections.
pub fn open(pair: &mut Pair) -> Result<(), String> {
    for target in [&mut pair.a, &mut pair.b] {
        target.connect(JUDGE).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Judges the choice of a command that both have answered; `None` where replies are turned off. `ids`: the client's on each
/// server. Errors: what is not legal.
pub fn judge(pair: &mut Pair, ids: (u64, u64), args: &[Vec<u8>], replies: Option<[&Value; 2]>) -> Result<(), String> {
    let Some(row) = row(args) else { return Ok(()) };
    // Errors choose nothing, nor does what is only queued by MULTI.
    let chose_nothing = |reply: &&Value| reply.is_error() || matches!(reply, Value::Simple(_));
    if replies.is_some_and(|replies| replies.iter().any(chose_nothing)) {
        return Ok(());
    }
    // CLIENT KILL may have closed the judge's connections: at one time on both.
    if both(pair, &[b"PING"]).is_err() {
        open(pair)?;
    }
    if !select(pair, ids)? {
        return Ok(());
    }
    match row {
        "SPOP" if args.len() > 1 => adopt(pair, &args[1], replies),
        "RANDOMKEY" => {
            let chosen = replies.map(|[_, b]| leaves(b)).unwrap_or_default();
            let keys: Texts = leaves(&both(pair, &[b"KEYS", b"*"])?[1]).into_iter().collect();
            check(&chosen, |key| keys.contains(key))
        }
        _ => elements(pair, row, args, replies.map(|[_, b]| leaves(b)).unwrap_or_default()),
    }
}

/// Whether a propagated command is of the judge's making: its first member, or REPLACE, comes several times at its end. (A
/// generated one that looks like it is taken out of both streams.)
pub fn is_adoption(words: &[Vec<u8>]) -> bool {
    let members = words.get(2..).unwrap_or_default();
    let mark = match words.first().map(Vec::as_slice) {
        Some(b"SADD" | b"SREM") => members.first().map(Vec::as_slice),
        Some(b"RESTORE") => Some(&b"REPLACE"[..]),
        _ => None,
    };
    mark.is_some_and(|mark| {
        members.len() > MARK_WORDS && members.iter().rev().take(MARK_WORDS).all(|word| word == mark)
    })
}

/// Selects the client's database. Whether it is still there.
fn select(pair: &mut Pair, (id_a, id_b): (u64, u64)) -> Result<bool, String> {
    let line_a = ask(&mut *pair.a, &[b"CLIENT", b"LIST", b"ID", id_a.to_string().as_bytes()])?;
    let line_b = ask(&mut *pair.b, &[b"CLIENT", b"LIST", b"ID", id_b.to_string().as_bytes()])?;
    let database = |line: &Value| {
        let line = String::from_utf8_lossy(line.as_bytes().unwrap_or_default()).into_owned();
        line.split(' ').find_map(|field| field.strip_prefix("db=").map(str::to_string))
    };
    match (database(&line_a), database(&line_b)) {
        (Some(a), Some(b)) if a == b => both(pair, &[b"SELECT", a.as_bytes()]).map(|_| true),
        _ => Ok(false),
    }
}

/// Makes the second server's set that of the first.
fn adopt(pair: &mut Pair, key: &[u8], replies: Option<[&Value; 2]>) -> Result<(), String> {
    let left = both(pair, &[b"SMEMBERS", key])?;
    if left.iter().any(Value::is_error) {
        return Ok(());
    }
    let [left_a, left_b] = left.map(|reply| leaves(&reply).into_iter().collect::<Texts>());
    if let Some(replies) = replies {
        let before = |left: &Texts, popped: &Value| {
            let popped = leaves(popped);
            let mut all = left.clone();
            check(&popped, |member| all.insert(member.to_vec())).map(|()| all)
        };
        if before(&left_a, replies[0])? != before(&left_b, replies[1])? {
            return Err("what was popped and what is left are not the set before".into());
        }
    }
    if left_a != left_b {
        mend(pair, key, (&left_a, &left_b))?;
    }
    Ok(())
}

/// Makes the second server's set that of the first, whatever the limits of memory and of intsets are by now, and without a
/// word to those who listen to keyspace events.
fn mend(pair: &mut Pair, key: &[u8], left: (&Texts, &Texts)) -> Result<(), String> {
    const SETTINGS: [&[u8]; 3] = [b"maxmemory", b"set-max-intset-entries", b"notify-keyspace-events"];
    let [memory, intsets, events] = SETTINGS;
    let found = leaves(&ask(&mut *pair.b, &[b"CONFIG", b"GET", memory, intsets, events])?);
    tell(pair, &[b"CONFIG", b"SET", memory, b"0", intsets, b"1000000000", events, b""])?;
    mend_unlimited(pair, key, left)?;
    let words: Vec<&[u8]> = [&b"CONFIG"[..], b"SET"].into_iter().chain(found.iter().map(Vec::as_slice)).collect();
    tell(pair, &words)
}

fn mend_unlimited(pair: &mut Pair, key: &[u8], (left_a, left_b): (&Texts, &Texts)) -> Result<(), String> {
    let encodings = both(pair, &[b"OBJECT", b"ENCODING", key])?.map(|reply| leaves(&reply).concat());
    if encodings[0] == b"intset" {
        let payload = leaves(&ask(&mut *pair.a, &[b"DUMP", key])?).concat();
        let expiry = ask(&mut *pair.b, &[b"PEXPIRETIME", key])?.as_integer().unwrap_or(0).max(0).to_string();
        let words: [&[u8]; 9] =
            [b"RESTORE", key, expiry.as_bytes(), &payload, b"ABSTTL", b"REPLACE", b"REPLACE", b"REPLACE", b"REPLACE"];
        return tell(pair, &words);
    }
    let (added, removed): (Texts, Texts) = (left_a - left_b, left_b - left_a);
    if encodings[1] == b"intset" {
        // Of the integers that it chose to keep; no integer makes it a table.
        let text: Texts = [b"text".to_vec()].into();
        change(pair, b"SADD", key, &text)?;
        change(pair, b"SREM", key, &text)?;
    }
    change(pair, b"SADD", key, &added)?;
    change(pair, b"SREM", key, &removed)
}

/// SADD or SREM on the second server, marked at its end.
fn change(pair: &mut Pair, verb: &[u8], key: &[u8], members: &Texts) -> Result<(), String> {
    let mark = std::iter::repeat_n(members.first(), MARK_WORDS).flatten();
    let words: Vec<&[u8]> = [verb, key].into_iter().chain(members.iter().chain(mark).map(Vec::as_slice)).collect();
    tell(pair, &words)
}

/// A command to the second server that must succeed.
fn tell(pair: &mut Pair, words: &[&[u8]]) -> Result<(), String> {
    let reply = ask(&mut *pair.b, words)?;
    // Both end with the same question.
    both(pair, &[b"PING"])?;
    if reply.is_error() { Err(format!("the choice could not be adopted: {reply:?}")) } else { Ok(()) }
}

/// Elements of a value: there, and different ones unless the count is negative.
fn elements(pair: &mut Pair, row: &str, args: &[Vec<u8>], chosen: Vec<Vec<u8>>) -> Result<(), String> {
    let Some(key) = args.get(1) else { return Ok(()) };
    let question: &[&[u8]] = match row {
        "SRANDMEMBER" => &[b"SMEMBERS", key],
        "HRANDFIELD" => &[b"HGETALL", key],
        _ => &[b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"],
    };
    let all = leaves(&both(pair, question)?[1]);
    let halves: BTreeMap<&[u8], &[u8]> = match row {
        "SRANDMEMBER" => all.iter().map(|member| (&member[..], &b""[..])).collect(),
        _ => all.chunks_exact(2).map(|pair| (&pair[0][..], &pair[1][..])).collect(),
    };
    let with_halves = args.len() > 3;
    let may_repeat = args.get(2).is_some_and(|count| count.starts_with(b"-"));
    let mut seen = Texts::new();
    for element in chosen.chunks(1 + usize::from(with_halves)) {
        let known = halves.get(&element[0][..]);
        let fits = known.is_some_and(|half| element.get(1).is_none_or(|chosen| chosen == half));
        if !fits || !seen.insert(element[0].clone()) && !may_repeat {
            return Err(format!("{} was chosen, which is not legal", quote::in_quotes(&element[0])));
        }
    }
    Ok(())
}

fn check(chosen: &[Vec<u8>], mut is_legal: impl FnMut(&[u8]) -> bool) -> Result<(), String> {
    match chosen.iter().find(|text| !is_legal(text)) {
        Some(text) => Err(format!("{} was chosen, which is not legal", quote::in_quotes(text))),
        None => Ok(()),
    }
}

/// The texts at the ends of a reply, in order; nulls are left out.
fn leaves(value: &Value) -> Vec<Vec<u8>> {
    match value {
        Value::Array(items) | Value::Set(items) => items.iter().flat_map(leaves).collect(),
        Value::Map(pairs) => pairs.iter().flat_map(|(k, v)| [leaves(k), leaves(v)].concat()).collect(),
        leaf => leaf.as_bytes().map(<[u8]>::to_vec).into_iter().collect(),
    }
}

fn both(pair: &mut Pair, words: &[&[u8]]) -> Result<[Value; 2], String> {
    Ok([ask(&mut *pair.a, words)?, ask(&mut *pair.b, words)?])
}

fn ask(target: &mut dyn Target, words: &[&[u8]]) -> Result<Value, String> {
    target.ask(JUDGE, words).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::differ::Difference;
    use crate::differ::session::Session;
    use crate::divergences::Divergences;
    use crate::in_process::{Clock, EngineTarget};
    use crate::script::Script;
    use crate::target::{Received, Want};
    use std::io;
    use std::time::Duration;

    const SCRIPT: &str = "SADD s a1 a2 a3 a4 a5 a6 a7 a8\nSADD n 1 2 3 4 5 6 7 8\nSPOP s\nSPOP s 3\nSPOP n 4\nSMEMBERS s\n\
        SMEMBERS n\nOBJECT ENCODING n\nSRANDMEMBER s -20\nSRANDMEMBER s 3\nHSET h a1 b1 a2 b2 a3 b3\n\
        HRANDFIELD h 2 WITHVALUES\nZADD z 1 a1 2 a2\nZRANDMEMBER z -3 WITHSCORES\nRANDOMKEY\n";

    fn run(b: Box<dyn Target>, script: &str) -> Option<Difference> {
        let a = Box::new(EngineTarget::new(Clock::Manual, 1));
        let mut session = Session::new(a, b, 2, Divergences::default()).expect("both answer");
        let script: String = script.lines().map(|line| format!("> {line}\n")).collect();
        let script = Script::parse("choices", &script).expect("it is well formed");
        session.attempt(&script.steps, &mut Default::default()).expect("the harness goes on")
    }

    /// An engine whose replies are changed on the way.
    struct Liar(EngineTarget, fn(&mut [u8]));

    impl Target for Liar {
        fn name(&self) -> &str {
            "liar"
        }
        fn connect(&mut self, client: usize) -> io::Result<()> {
            self.0.connect(client)
        }
        fn disconnect(&mut self, client: usize) {
            self.0.disconnect(client);
        }
        fn send(&mut self, client: usize, bytes: &[u8]) {
            self.0.send(client, bytes);
        }
        fn half_close(&mut self, client: usize) {
            self.0.half_close(client);
        }
        fn receive(&mut self, client: usize, want: Want, timeout: Duration, into: &mut Vec<u8>) -> Received {
            let received = self.0.receive(client, want, timeout, into);
            if client == 1 {
                (self.1)(into);
            }
            received
        }
        fn arrived(&mut self, client: usize, into: &mut Vec<u8>) -> bool {
            self.0.arrived(client, into)
        }
        fn sleep(&mut self, span: Duration) {
            self.0.sleep(span);
        }
        fn client_addr(&self, client: usize) -> Option<String> {
            self.0.client_addr(client)
        }
        fn server_addr(&self) -> String {
            self.0.server_addr()
        }
    }

    #[test]
    fn servers_that_choose_otherwise_go_on_as_one() {
        for seed in 2..12 {
            let difference = run(Box::new(EngineTarget::new(Clock::Manual, seed)), SCRIPT);
            assert!(difference.is_none(), "{}", difference.expect("there is one").describe("a", "b"));
        }
    }

    #[test]
    fn what_was_not_there_is_no_choice() {
        for script in ["SADD s a1 a2\nSPOP s\n", "SADD s a1 a2\nSRANDMEMBER s\n", "SET a1 x\nRANDOMKEY\n"] {
            let liar = Liar(EngineTarget::new(Clock::Manual, 2), |said| {
                said.iter_mut().filter(|byte| **byte == b'a').for_each(|byte| *byte = b'x');
            });
            let difference = run(Box::new(liar), script).expect("x1 is not there");
            assert!(difference.kind.contains("not"), "{}", difference.kind);
        }
    }

    #[test]
    fn one_element_twice_is_legal_with_a_negative_count_only() {
        let one_for_all: fn(&mut [u8]) =
            |said| said.iter_mut().filter(|byte| **byte == b'2').for_each(|byte| *byte = b'1');
        let liar = || Box::new(Liar(EngineTarget::new(Clock::Manual, 2), one_for_all));
        let negative = "SADD s a1 a2 a3 a4\nSRANDMEMBER s -10\n";
        assert!(run(liar(), &negative.replace("-10", "4")).is_some());
        assert!(run(Box::new(EngineTarget::new(Clock::Manual, 2)), negative).is_none());
    }
}
