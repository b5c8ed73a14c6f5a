//! Sound payloads, both directions: made on both, dumped on each, restored on each.

use super::values::{self, DEFAULTS, TIGHT, config};
use super::{Two, Words, is_determined, old};
use crate::normalise::Normaliser;
use crate::quote;
use crate::random::Random;
use crate::resp::Value;
use crate::words;

/// Exchanges values of every kind, `rounds` times with other contents. Returns how many payloads were restored.
/// Errors: what differed first.
pub fn run(two: &mut Two, seed: u64, rounds: u64) -> Result<usize, String> {
    let mut restored = 0;
    for round in 0..rounds {
        let mut random = Random::lane(seed, round);
        for case in values::all(&mut random) {
            let failed = |error: String| format!("{}: {error}", case.name);
            restored += value(two, &case.commands).map_err(failed)?;
        }
        let texts: [&[u8]; 6] = [b"text", b"1234567", b"-1", b"\xff\0", &[b'z'; 64], &[b'z'; 20_000]];
        for case in old::all(random.pick(&texts)) {
            restored += payload(two, &case.payload, None).map_err(|error| format!("{}: {error}", case.name))?;
        }
    }
    two.check();
    Ok(restored)
}

/// A value made on both: the same, and each one's dump is the same value on both.
fn value(two: &mut Two, commands: &[Words]) -> Result<usize, String> {
    let mut all = vec![words!["FLUSHALL"]];
    all.extend(config(DEFAULTS));
    all.extend_from_slice(commands);
    let [real, ours] = ask(two, &all)?;
    for ((words, real), ours) in all.iter().zip(&real).zip(&ours) {
        same("the reply to", words, real, ours)?;
    }
    let [real, ours] = looked_at(two, "k")?;
    if real.type_name == b"none" {
        return Err("nothing was made".into());
    }
    compare(&real, &ours, &Normaliser::Payload)?;
    let is_stream = real.dump.first() == Some(&19);
    let mut count = payload(two, &real.dump, Some(&real.digest))? + payload(two, &ours.dump, Some(&real.digest))?;
    if is_stream {
        let [replies, _] = ask(two, &[config(&[("rdbcompression", "no")]), vec![words!["DUMP", "k"]]].concat())?;
        let plain = replies[1].as_bytes().expect("it is there");
        count += payload(two, &old::stream_before_7(plain), Some(&real.digest))?;
    }
    Ok(count)
}

/// A payload restored on both, under ordinary and under tight limits: taken, and the same value.
fn payload(two: &mut Two, payload: &[u8], digest: Option<&[u8]>) -> Result<usize, String> {
    for limits in [DEFAULTS, TIGHT] {
        let mut commands = config(DEFAULTS);
        commands.extend(config(limits));
        commands.push(words!["RESTORE", "again", "0", payload, "REPLACE"]);
        let [real, ours] = ask(two, &commands)?;
        let (real, ours) = (real.last().expect("as many as asked"), ours.last().expect("as many as asked"));
        if *real != Value::Simple(b"OK".to_vec()) || real != ours {
            return Err(format!("RESTORE of {}: {real:?}, ours {ours:?}", quote::in_quotes(payload)));
        }
        let [real, ours] = looked_at(two, "again")?;
        compare(&real, &ours, if is_determined(&real.dump) { &Normaliser::Exact } else { &Normaliser::Payload })?;
        // A listpack holds the score -0 as 0, so sorted sets may change with their form.
        if digest.is_some_and(|digest| digest != real.digest) && real.type_name != b"zset" {
            return Err("the restored value is another one".into());
        }
    }
    Ok(2)
}

/// What can be asked of a value.
struct Look {
    type_name: Vec<u8>,
    encoding: Vec<u8>,
    digest: Vec<u8>,
    dump: Vec<u8>,
}

fn looked_at(two: &mut Two, key: &str) -> Result<[Look; 2], String> {
    let questions = [
        words!["TYPE", key],
        words!["OBJECT", "ENCODING", key],
        words!["DEBUG", "DIGEST-VALUE", key],
        words!["DUMP", key],
    ];
    Ok(ask(two, &questions)?.map(|replies| {
        let digest = replies[2].items().and_then(<[Value]>::first).and_then(Value::as_bytes);
        let text = |at: usize| replies[at].as_bytes().unwrap_or_default().to_vec();
        Look { type_name: text(0), encoding: text(1), digest: digest.unwrap_or_default().to_vec(), dump: text(3) }
    }))
}

fn compare(real: &Look, ours: &Look, dumps: &Normaliser) -> Result<(), String> {
    for (what, real, ours) in [
        ("type", &real.type_name, &ours.type_name),
        ("encoding", &real.encoding, &ours.encoding),
        ("digest", &real.digest, &ours.digest),
    ] {
        if real != ours {
            return Err(format!("{what} {}, ours {}", quote::in_quotes(real), quote::in_quotes(ours)));
        }
    }
    let bulk = |look: &Look| Value::Bulk(look.dump.clone());
    match dumps.equal(&[], &bulk(real), &bulk(ours)) {
        true => Ok(()),
        false => Err(format!("DUMP {}, ours {}", quote::in_quotes(&real.dump), quote::in_quotes(&ours.dump))),
    }
}

fn same(what: &str, words: &Words, real: &Value, ours: &Value) -> Result<(), String> {
    if real == ours || words[0] == b"XREADGROUP" && crate::normalise::shape(real) == crate::normalise::shape(ours) {
        return Ok(());
    }
    Err(format!("{what} {}: {real:?}, ours {ours:?}", quote::join(words)))
}

fn ask(two: &mut Two, commands: &[Words]) -> Result<[Vec<Value>; 2], String> {
    two.replies(commands).ok_or_else(|| "the real server has gone".to_string())
}
