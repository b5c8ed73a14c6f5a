//! The state after a run: the digest of everything, then every key of every database.
//!
//! Per key: TYPE, OBJECT ENCODING, DUMP and DEBUG DIGEST-VALUE must be equal, PEXPIRETIME within the tolerance
//! that the normaliser table gives it. The walk happens even when the digests agree: a digest that both compute
//! wrongly agrees too, and encodings are not part of it.

use super::Difference;
use super::pair::Pair;
use crate::normalise::{Normaliser, rule_of};
use crate::quote;
use crate::report::Tally;
use crate::resp::{self, Value};
use crate::rows::is_missing;
use crate::target::{Received, Target, Want};

/// The client of the harness itself; those of scripts are 1, 2, ….
pub const CONTROL: usize = 0;

const QUESTIONS: [&[&[u8]]; 5] =
    [&[b"TYPE"], &[b"OBJECT", b"ENCODING"], &[b"DUMP"], &[b"DEBUG", b"DIGEST-VALUE"], &[b"PEXPIRETIME"]];

/// Compares the whole state of both sides.
pub fn compare(pair: &mut Pair, tally: &mut Tally) -> Result<(), Difference> {
    let failed = |error: String| difference(&format!("post-state: {error}"), b"", b"");
    for target in [&mut pair.a, &mut pair.b] {
        target.connect(CONTROL).map_err(|error| failed(error.to_string()))?;
    }
    let digest = both(pair, &[b"DEBUG", b"DIGEST"]).map_err(failed)?;
    let databases = both(pair, &[b"CONFIG", b"GET", b"databases"]).map_err(failed)?;
    let count = |reply: &Value| {
        let text = reply.field("databases").and_then(Value::as_bytes).unwrap_or(b"16");
        String::from_utf8_lossy(text).parse().unwrap_or(16)
    };
    for db in 0..count(&databases[0]).min(count(&databases[1])) {
        database(pair, db, tally)?;
    }
    if digest.iter().any(is_missing) {
        tally.post_state_lacks("DEBUG DIGEST");
    } else if digest[0] != digest[1] || digest[0].is_error() {
        let [a, b] = digest.map(|reply| reply.as_bytes().unwrap_or_default().to_vec());
        return Err(difference("post-state: DEBUG DIGEST differs though every key agrees", &a, &b));
    }
    pair.a.disconnect(CONTROL);
    pair.b.disconnect(CONTROL);
    Ok(())
}

fn database(pair: &mut Pair, db: usize, tally: &mut Tally) -> Result<(), Difference> {
    let failed = |error: String| difference(&format!("post-state of db {db}: {error}"), b"", b"");
    both(pair, &[b"SELECT", db.to_string().as_bytes()]).map_err(failed)?;
    let [a, b] = both(pair, &[b"KEYS", b"*"]).map_err(failed)?.map(|reply| sorted_keys(&reply));
    if let Some(key) = a.iter().find(|key| !b.contains(key)).or_else(|| b.iter().find(|key| !a.contains(key))) {
        let kind = format!("post-state of db {db}: key {} is on one side only", quote::in_quotes(key));
        return Err(difference(&kind, &listing(&a), &listing(&b)));
    }
    for question in QUESTIONS {
        let replies_a = ask_all(&mut *pair.a, question, &a).map_err(failed)?;
        let replies_b = ask_all(&mut *pair.b, question, &a).map_err(failed)?;
        if replies_b.iter().chain(&replies_a).any(is_missing) {
            tally.post_state_lacks(&quote::join(question));
            continue;
        }
        let how = match question {
            [name] => rule_of(&String::from_utf8_lossy(name)),
            _ => None,
        };
        let how = how.map_or(Normaliser::Exact, |rule| Normaliser::parse(rule.how).expect("tested"));
        for ((key, from_a), from_b) in a.iter().zip(&replies_a).zip(&replies_b) {
            if !how.equal(&[], from_a, from_b) {
                let words: Vec<&[u8]> = question.iter().copied().chain([key.as_slice()]).collect();
                let kind = format!("post-state of db {db}: {}", quote::join(&words));
                return Err(difference(&kind, &from_a.encoded(), &from_b.encoded()));
            }
        }
    }
    tally.keys_compared += a.len() as u64;
    Ok(())
}

fn difference(kind: &str, a: &[u8], b: &[u8]) -> Difference {
    Difference { step: None, kind: kind.to_string(), a: a.to_vec(), b: b.to_vec() }
}

fn both(pair: &mut Pair, args: &[&[u8]]) -> Result<[Value; 2], String> {
    let a = pair.a.ask(CONTROL, args).map_err(|error| error.to_string())?;
    let b = pair.b.ask(CONTROL, args).map_err(|error| error.to_string())?;
    Ok([a, b])
}

fn sorted_keys(reply: &Value) -> Vec<Vec<u8>> {
    let items = reply.items().unwrap_or_default();
    let mut keys: Vec<Vec<u8>> = items.iter().filter_map(Value::as_bytes).map(<[u8]>::to_vec).collect();
    keys.sort();
    keys
}

/// One question about every key, pipelined.
fn ask_all(target: &mut dyn Target, question: &[&[u8]], keys: &[Vec<u8>]) -> Result<Vec<Value>, String> {
    let mut replies = Vec::with_capacity(keys.len());
    for some in keys.chunks(256) {
        let mut bytes = Vec::new();
        for key in some {
            let words: Vec<&[u8]> = question.iter().copied().chain([key.as_slice()]).collect();
            resp::encode_command(&words, &mut bytes);
        }
        target.send(CONTROL, &bytes);
        let mut said = Vec::new();
        match target.receive(CONTROL, Want::Replies(some.len()), crate::target::PATIENCE, &mut said) {
            Received::Complete => replies.extend(resp::parse_all(&said).map_err(|error| error.to_string())?),
            other => {
                return Err(format!("{}: {other:?} on {}", target.name(), quote::join(question)));
            }
        }
    }
    Ok(replies)
}

fn listing(keys: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    resp::encode_command(keys, &mut out);
    out
}
