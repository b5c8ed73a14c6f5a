//! What both sides propagated during an epoch: the same commands, for the same databases, in the same order.
//!
//! One side tells it as a replication stream (`replica_tap.rs`), the engine in this process as its journal. A time
//! in milliseconds may differ by [`TOLERANCE_MS`], since a relative TTL starts when the command runs; the members of
//! SREM may be others, since SPOP chooses (`choice.rs` judges what it chose, and is left out where it mends); keys deleted one after the other
//! may come in another order, since a walk finds them in that of its hash seed.

use super::pair::Pair;
use super::{Difference, choice};
use crate::replica_tap::{self, Propagated};
use crate::report::Tally;
use crate::resp;
use crate::rows::Rows;
use crate::script::coverage::row_name;
use crate::script::has_placeholder;
use crate::target::Target;

/// As for PEXPIRETIME in the table of normalisers.
const TOLERANCE_MS: u64 = 10_000;

/// Rows of which only some forms are said in runs that compare what is propagated: one side has a replica then, which the
/// others see.
pub const SEES_REPLICAS: &[&str] = &["CLIENT|KILL", "CLIENT|LIST", "INFO"];

/// Sections of INFO that say nothing of replicas.
const BLIND_SECTIONS: &[&str] = &["server", "clients", "nosuch", "keyspace", "cpu", "modules"];

/// Whether a command is one that sees replicas, or might.
pub fn sees_replicas(args: &[Vec<u8>], rows: &Rows) -> bool {
    if args.is_empty() {
        return false;
    }
    let row = row_name(args, &rows.containers);
    let is_one_of = |word: &[u8], words: &[&str]| words.iter().any(|other| word.eq_ignore_ascii_case(other.as_bytes()));
    match row.as_str() {
        "INFO" => args.len() == 1 || !args[1..].iter().all(|word| is_one_of(word, BLIND_SECTIONS)),
        // A filter that lets only clients of the run through, or one that is refused.
        "CLIENT|KILL" | "CLIENT|LIST" => {
            let names_one = args.iter().any(|word| has_placeholder(word));
            let might = |word: &Vec<u8>| is_one_of(word, &["replica", "slave", "default"]) || is_near_id(word);
            !names_one && (args.len() == 2 || args.iter().any(might))
        }
        _ => false,
    }
}

/// A number that could be that of the replica's connection.
fn is_near_id(word: &[u8]) -> bool {
    let number: Option<u64> = std::str::from_utf8(word).ok().and_then(|text| text.parse().ok());
    number.is_some_and(|number| (1..99_999).contains(&number))
}

/// Begins an epoch: what was propagated so far is forgotten. Errors: a side that has no stream to show.
pub fn begin(pair: &mut Pair) -> Result<(), String> {
    for (target, db) in [&mut pair.a, &mut pair.b].into_iter().zip(&mut pair.propagation_db) {
        // A replica that was cut off attaches again.
        let bytes = taken(&mut **target).or_else(|_| taken(&mut **target))?;
        *db = replica_tap::commands(&bytes, *db)?.1;
    }
    Ok(())
}

fn taken(target: &mut dyn Target) -> Result<Vec<u8>, String> {
    target.propagated().map_err(|error| format!("{}: propagation: {error}", target.name()))
}

/// Compares what was propagated since [`begin`]. The difference is the first.
pub fn compare(pair: &mut Pair, tally: &mut Tally) -> Result<(), Difference> {
    let broken = |error| Difference { step: None, kind: error, a: Vec::new(), b: Vec::new() };
    let mut streams = Vec::new();
    for (target, db) in [&mut pair.a, &mut pair.b].into_iter().zip(&mut pair.propagation_db) {
        let bytes = taken(&mut **target).map_err(broken)?;
        let (mut commands, selected) = replica_tap::commands(&bytes, *db).map_err(broken)?;
        commands.retain(|propagated| !choice::is_adoption(&propagated.words));
        sort_deletions(&mut commands);
        *db = selected;
        streams.push(commands);
    }
    let (a, b) = (&streams[0], &streams[1]);
    let differs = (0..a.len().max(b.len())).find(|&at| match (a.get(at), b.get(at)) {
        (Some(a), Some(b)) => !alike(a, b),
        _ => true,
    });
    tally.propagated_compared += a.len().min(b.len()) as u64;
    let Some(at) = differs else { return Ok(()) };
    // What came before helps to see what was being done.
    let shown = |commands: &[Propagated]| {
        let mut bytes = Vec::new();
        for propagated in commands.iter().take(at + 2).skip(at.saturating_sub(2)) {
            let db = format!("db{}", propagated.db).into_bytes();
            let words: Vec<&[u8]> =
                [db.as_slice()].into_iter().chain(propagated.words.iter().map(Vec::as_slice)).collect();
            resp::encode_command(&words, &mut bytes);
        }
        bytes
    };
    let kind = "what was propagated differs (two commands before, and two from there on)".to_string();
    Err(Difference { step: None, kind, a: shown(a), b: shown(b) })
}

/// Sorts each run of deletions of one key: SCAN deletes the overdue keys that it meets, in the order of the hash seed.
fn sort_deletions(commands: &mut [Propagated]) {
    let is_deletion = |propagated: &Propagated| propagated.words.len() == 2 && propagated.words[0] == b"DEL";
    for run in commands.chunk_by_mut(|a, b| is_deletion(a) && is_deletion(b) && a.db == b.db) {
        run.sort_by(|a, b| a.words.cmp(&b.words));
    }
}

fn alike(a: &Propagated, b: &Propagated) -> bool {
    let words = a.words.iter().zip(&b.words);
    let chosen = a.words[0] == b"SREM";
    a.db == b.db
        && a.words.len() == b.words.len()
        && words.enumerate().all(|(at, (a, b))| a == b || (chosen && at >= 2) || same_time(a, b))
}

/// Both are times in milliseconds (or stream ids made of one), close to each other.
fn same_time(a: &[u8], b: &[u8]) -> bool {
    match (time_ms(a), time_ms(b)) {
        (Some((a, rest_a)), Some((b, rest_b))) => rest_a == rest_b && a.abs_diff(b) <= TOLERANCE_MS,
        _ => false,
    }
}

/// A number that is a time from this century on in milliseconds, and what follows it.
fn time_ms(word: &[u8]) -> Option<(u64, &[u8])> {
    let digits = word.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(word.len());
    if !(13..=19).contains(&digits) || !matches!(word.get(digits), None | Some(b'-')) {
        return None;
    }
    Some((std::str::from_utf8(&word[..digits]).ok()?.parse().ok()?, &word[digits..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn propagated(text: &str) -> Propagated {
        Propagated { db: 0, words: text.split(' ').map(|word| word.as_bytes().to_vec()).collect() }
    }

    fn agree(a: &str, b: &str) -> bool {
        alike(&propagated(a), &propagated(b))
    }

    #[test]
    fn what_might_see_a_replica_is_left_out() {
        let containers = std::collections::BTreeSet::from(["CLIENT".to_string()]);
        let rows = Rows { containers, ..Rows::default() };
        let sees = |text: &str| sees_replicas(&propagated(text).words, &rows);
        assert!(sees("CLIENT LIST") && sees("CLIENT LIST TYPE replica") && sees("CLIENT KILL ID 10 ID 99999"));
        assert!(sees("INFO") && sees("INFO replication") && sees("CLIENT KILL USER default"));
        assert!(!sees("CLIENT KILL TYPE normal ID ${id:c1}") && !sees("CLIENT KILL USER nosuch"));
        assert!(!sees("CLIENT KILL ID 0 ID 99999") && !sees("INFO server") && !sees("CLIENT ID"));
    }

    #[test]
    fn only_times_and_choices_may_differ() {
        assert!(agree("PEXPIREAT k 1795000000000", "PEXPIREAT k 1795000000017"));
        assert!(!agree("PEXPIREAT k 1795000000000", "PEXPIREAT k 1795000010001"));
        assert!(agree("PEXPIREAT k 11795231391905", "PEXPIREAT k 11795231391906"), "a far expiry");
        assert!(agree("SET k v PXAT 170063491638669358", "SET k v PXAT 170063491638669357"), "a farther one");
        assert!(agree("XADD s 1795000000000-0 f v", "XADD s 1795000000001-0 f v"));
        assert!(!agree("XADD s 1795000000000-0 f v", "XADD s 1795000000000-1 f v"));
        assert!(!agree("SET k 1", "SET k 2") && !agree("SET k 1", "SET k 1 KEEPTTL"));
        assert!(agree("SREM s a", "SREM s b") && !agree("SREM s a", "SREM t a") && !agree("SREM s a", "SREM s a b"));
        assert!(!alike(&Propagated { db: 1, ..propagated("DEL k") }, &propagated("DEL k")));
    }
}
