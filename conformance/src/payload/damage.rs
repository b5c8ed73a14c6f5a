//! Damaged payloads with a good checksum, to both: the same error, or the same value.
//!
//! The real server is asked with `sanitize-dump-payload yes`. Where the two still part, [`LISTED`] says which payloads and why.

use super::values::{self, DEFAULTS, config};
use super::{FOOTER_BYTES, Two, Words, is_determined, old, reseal};
use crate::quote;
use crate::random::Random;
use crate::resp::Value;
use crate::words;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How the two may part on a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Parting {
    /// The real server takes it, the engine does not.
    OnlyReal,
    /// The engine takes it, the real server does not.
    OnlyOurs,
    /// Both refuse it, with different errors.
    Errors,
    /// Both take it, as different values.
    Values,
    /// The real server ends, at once or when it is asked about the value.
    Crash,
}

/// A way to part that is known, for payloads of some types.
#[derive(Debug)]
pub struct Listed {
    pub parting: Parting,
    pub kinds: &'static [u8],
    /// Of the mutants of each kind; more of them is something else.
    pub percent_max: usize,
    pub reason: &'static str,
}

/// All that may happen. Nothing else may.
pub const LISTED: &[Listed] = &[
    Listed {
        parting: Parting::OnlyReal,
        kinds: &[15, 19],
        percent_max: 10,
        reason: "streams whose parts disagree (a length, a last id below an entry, entries out of order, unknown flags, a pending \
                 entry without an owner) are taken by 7.0.15, which then loses entries or adds below existing ones",
    },
    Listed {
        parting: Parting::OnlyReal,
        kinds: &[12, 17],
        percent_max: 5,
        reason: "sorted sets out of order, or with a score that no number ends, are taken by 7.0.15, which then finds members or doesn't",
    },
    Listed {
        parting: Parting::OnlyReal,
        kinds: &[16, 18],
        percent_max: 1,
        reason: "a listpack whose entry repeats its length with more bytes than that takes: 7.0.15 reads on into the entry, and \
                 finds the right number by accident",
    },
];

/// What became of the mutants.
#[derive(Debug, Default)]
pub struct Tally {
    pub mutants: usize,
    pub taken: usize,
    pub refused: usize,
    /// Mutants by type byte.
    pub kinds: BTreeMap<u8, usize>,
    /// By parting and type byte; with a payload as an example.
    pub parted: BTreeMap<(Parting, u8), (usize, Vec<u8>)>,
}

impl Tally {
    /// Ways to part that are not listed.
    pub fn unlisted(&self) -> Vec<String> {
        let is_listed = |parting: Parting, kind: u8, count: usize| {
            let listed = LISTED.iter().find(|l| l.parting == parting && l.kinds.contains(&kind));
            // A few are allowed whatever the share, for short runs.
            listed.is_some_and(|l| count <= 2 + self.kinds.get(&kind).copied().unwrap_or(0) * l.percent_max / 100)
        };
        let parted = self.parted.iter().filter(|((parting, kind), (count, _))| !is_listed(*parting, *kind, *count));
        let line = |(key, (count, example)): (&(Parting, u8), &(usize, Vec<u8>))| {
            format!("{:?} {count}x for type {}, as with {}", key.0, key.1, quote::in_quotes(example))
        };
        parted.map(line).collect()
    }

    /// For a person.
    pub fn summary(&self) -> String {
        let mut out = format!("{} mutants, {} taken, {} refused by both\n", self.mutants, self.taken, self.refused);
        for ((parting, kind), (count, _)) in &self.parted {
            let listed = LISTED.iter().find(|l| l.parting == *parting && l.kinds.contains(kind));
            let reason = listed.map_or("NOT LISTED", |listed| listed.reason);
            let of = self.kinds.get(kind).copied().unwrap_or(0);
            let _ = writeln!(out, "  {parting:?} {count}x of {of} for type {kind}: {reason}");
        }
        out
    }
}

const BATCH: usize = 32;

/// Sends `mutants` mutants to both. Errors: of the harness.
pub fn run(two: &mut Two, seed: u64, mutants: usize) -> Result<Tally, String> {
    let mut random = Random::lane(seed, 1000);
    let bases = bases(two, &mut random)?;
    let mut tally = Tally::default();
    while tally.mutants < mutants {
        let batch: Vec<Vec<u8>> = (0..BATCH).map(|_| mutant(&bases, &mut random)).collect();
        tally.mutants += batch.len();
        batch.iter().for_each(|mutant| *tally.kinds.entry(mutant[0]).or_default() += 1);
        prepare(two)?;
        if !compare(two, &batch, &mut tally)? {
            // One of them brought it down: each by itself.
            for mutant in &batch {
                two.revive()?;
                prepare(two)?;
                if !compare(two, std::slice::from_ref(mutant), &mut tally)? {
                    tally.note(Parting::Crash, mutant);
                }
            }
        }
        two.check();
    }
    Ok(tally)
}

impl Tally {
    fn note(&mut self, parting: Parting, payload: &[u8]) {
        let entry = self.parted.entry((parting, payload.first().copied().unwrap_or(0))).or_default();
        entry.0 += 1;
        if entry.1.is_empty() || payload.len() < entry.1.len() {
            entry.1 = payload.to_vec();
        }
    }
}

fn prepare(two: &mut Two) -> Result<(), String> {
    two.revive()?;
    let mut commands = vec![words!["FLUSHALL"], words!["CONFIG", "SET", "sanitize-dump-payload", "yes"]];
    commands.extend(config(DEFAULTS));
    two.replies(&commands).map(|_| ()).ok_or_else(|| "the real server does not come up".into())
}

/// Payloads to begin with, not too long: a change should hit something.
fn bases(two: &mut Two, random: &mut Random) -> Result<Vec<Vec<u8>>, String> {
    let mut out: Vec<Vec<u8>> = old::all(b"text").into_iter().map(|old| old.payload).collect();
    for compression in ["no", "yes"] {
        for case in values::all(random) {
            let mut commands = vec![words!["FLUSHALL"]];
            commands.extend(config(DEFAULTS));
            commands.extend(config(&[("rdbcompression", compression)]));
            commands.extend(case.commands);
            commands.push(words!["DUMP", "k"]);
            let [real, _] = two.replies(&commands).ok_or("the real server has gone")?;
            let payload = real.last().and_then(Value::as_bytes).ok_or("nothing was made")?.to_vec();
            if payload.len() > 4000 {
                continue;
            }
            if payload[0] == 19 && compression == "no" {
                out.push(old::stream_before_7(&payload));
            }
            out.push(payload);
        }
    }
    Ok(out)
}

/// A payload with something wrong in it, or not even that.
fn mutant(bases: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut out = bases[random.below(bases.len())].clone();
    for _ in 0..random.between(1, 3) {
        let body_len = out.len().saturating_sub(FOOTER_BYTES);
        if body_len < 2 {
            break;
        }
        // Heads are where claims are: they are hit more often.
        let near = if random.chance(40) { body_len.min(16) } else { body_len };
        let at = random.below(near);
        match random.below(9) {
            0 | 1 => out[at] ^= 1 << random.below(8),
            2 => out[at] = *random_of(&[0, 1, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xc0, 0xc3, 0xf0, 0xfe, 0xff], random),
            3 => out[at] = out[at].wrapping_add(1),
            4 => out[at] = out[at].wrapping_sub(1),
            5 => {
                let upto = body_len.min(at + random.between(1, 12));
                drop(out.drain(at..upto));
            }
            6 => {
                let piece = out[at..body_len.min(at + random.between(1, 24))].to_vec();
                out.splice(at..at, piece);
            }
            7 => out[0] = *random_of(&[0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20], random),
            _ => drop(out.drain(at..body_len)),
        }
    }
    // 7.0.15 makes room for as many members as a set or a hash claims, before it reads them: gigabytes at worst.
    if let [2 | 4, claim @ 0x80..=0x81, ..] = &mut out[..] {
        *claim = 0x7f;
    }
    reseal(&mut out);
    out
}

fn random_of<'a, T>(items: &'a [T], random: &mut Random) -> &'a T {
    &items[random.below(items.len())]
}

/// Compares what becomes of some payloads. False: the real server ended; nothing was counted.
fn compare(two: &mut Two, batch: &[Vec<u8>], tally: &mut Tally) -> Result<bool, String> {
    let key = |at: usize| format!("key:{at}");
    let restores: Vec<Words> =
        batch.iter().enumerate().map(|(at, payload)| words!["RESTORE", key(at), "0", payload, "REPLACE"]).collect();
    let Some([real, ours]) = two.replies(&restores) else { return Ok(false) };
    let ok = Value::Simple(b"OK".to_vec());
    let taken: Vec<usize> = (0..batch.len()).filter(|&at| real[at] == ok && ours[at] == ok).collect();
    let looks = |at: &usize| {
        [words!["OBJECT", "ENCODING", key(*at)], words!["DEBUG", "DIGEST-VALUE", key(*at)], words!["DUMP", key(*at)]]
    };
    let questions: Vec<Words> = taken.iter().flat_map(looks).collect();
    let Some([real_looks, our_looks]) = two.replies(&questions) else { return Ok(false) };
    for (at, payload) in batch.iter().enumerate() {
        match (real[at] == ok, ours[at] == ok) {
            (true, false) => tally.note(Parting::OnlyReal, payload),
            (false, true) => tally.note(Parting::OnlyOurs, payload),
            (false, false) if real[at] == ours[at] => tally.refused += 1,
            (false, false) => tally.note(Parting::Errors, payload),
            (true, true) => {}
        }
    }
    for ((at, real), ours) in taken.into_iter().zip(real_looks.chunks(3)).zip(our_looks.chunks(3)) {
        let determined = real[2].as_bytes().is_some_and(is_determined);
        if real[..2] == ours[..2] && (!determined || real[2] == ours[2]) {
            tally.taken += 1;
        } else {
            tally.note(Parting::Values, &batch[at]);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_listed_passes_and_only_as_often_as_listed() {
        let mut tally = Tally { kinds: BTreeMap::from([(19, 100)]), ..Tally::default() };
        (0..12).for_each(|_| tally.note(Parting::OnlyReal, &[19]));
        assert!(tally.unlisted().is_empty());
        tally.note(Parting::OnlyReal, &[19]);
        assert_eq!(tally.unlisted().len(), 1, "too often");
        tally.note(Parting::OnlyOurs, &[19]);
        tally.note(Parting::Crash, &[4]);
        assert_eq!(tally.unlisted().len(), 3);
    }
}
