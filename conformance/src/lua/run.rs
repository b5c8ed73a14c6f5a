//! The loop: batches of scripts to both, replies compared, a difference shrunk.

use super::expression::Piece;
use super::grammar::{self, Script};
use super::tally::Tally;
use crate::quote;
use crate::random::Random;
use crate::resp;
use crate::target::{PATIENCE, Received, Target, Want};
use std::fmt;
use std::time::{Duration, Instant};

const EPOCH_SCRIPTS: usize = 1024;
const BATCH_SCRIPTS: usize = 128;
const CLIENT: usize = 1;
/// No batch should take so long.
const SLOW: Duration = Duration::from_secs(2);
const SHRINK_FOR: Duration = Duration::from_secs(6);

/// What to run.
#[derive(Debug)]
pub struct Plan {
    pub count: u64,
    pub seed: u64,
    pub resp: u8,
    /// Stop after so many.
    pub differences: usize,
    /// Only this one.
    pub epoch: Option<u64>,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    pub tally: Tally,
    pub differences: Vec<Difference>,
}

/// Scripts that are answered differently: the last one, after those before it.
#[derive(Debug)]
pub struct Difference {
    epoch: u64,
    scripts: Vec<Script>,
    real: Vec<u8>,
    ours: Vec<u8>,
    /// False if it did not come again when repeated.
    came_again: bool,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let doubt = if self.came_again { "" } else { ", which did not come again" };
        writeln!(f, "epoch {}{doubt}):", self.epoch)?;
        for script in &self.scripts {
            writeln!(f, "  {}", quote::join(&script.words()))?;
        }
        writeln!(f, "  a: {}", quote::escaped(&self.real))?;
        write!(f, "  b: {}", quote::escaped(&self.ours))
    }
}

/// The scripts of an epoch of a run of `count`. The last one draws a random number: all before it have to have drawn as many.
pub fn scripts(seed: u64, epoch: u64, count: u64) -> Vec<Script> {
    let mut random = Random::lane(seed, epoch);
    let left = count.saturating_sub(epoch * EPOCH_SCRIPTS as u64);
    let count = left.min(EPOCH_SCRIPTS as u64);
    let mut scripts: Vec<Script> = (0..count).map(|_| grammar::script(&mut random)).collect();
    scripts.push(Script::of("return tostring(math.random())"));
    scripts
}

/// Runs scripts on both. Errors: a server does not answer at all.
pub fn run(a: Box<dyn Target>, b: Box<dyn Target>, plan: &Plan) -> Result<Outcome, String> {
    let mut both = Both { a, b, resp: plan.resp };
    let mut outcome = Outcome { tally: Tally::default(), differences: Vec::new() };
    let started = Instant::now();
    let epochs = plan.count.div_ceil(EPOCH_SCRIPTS as u64);
    for epoch in (0..epochs).filter(|epoch| plan.epoch.is_none_or(|only| only == *epoch)) {
        let scripts = scripts(plan.seed, epoch, plan.count);
        both.begin()?;
        let Some(found) = both.compare(&scripts, &mut outcome.tally)? else { continue };
        let mut difference = both.shrink(&scripts[..=found.0], found)?;
        difference.epoch = epoch;
        outcome.differences.push(difference);
        if outcome.differences.len() >= plan.differences {
            break;
        }
    }
    outcome.tally.took = started.elapsed();
    Ok(outcome)
}

/// Two servers that get the same scripts.
struct Both {
    a: Box<dyn Target>,
    b: Box<dyn Target>,
    resp: u8,
}

/// The script that is answered differently, and the answers.
type Found = (usize, Vec<u8>, Vec<u8>);

impl Both {
    /// A new epoch.
    fn begin(&mut self) -> Result<(), String> {
        for target in [&mut self.a, &mut self.b] {
            let failed = |error: std::io::Error| error.to_string();
            target.connect(CLIENT).map_err(failed)?;
            target.ask(CLIENT, &[b"HELLO", self.resp.to_string().as_bytes()]).map_err(failed)?;
            target.ask(CLIENT, &[b"FLUSHALL"]).map_err(failed)?;
            let flushed = target.ask(CLIENT, &[b"SCRIPT", b"FLUSH", b"SYNC"]).map_err(failed)?;
            if flushed.is_error() {
                return Err(format!("{} has no scripts: {flushed:?}", target.name()));
            }
            // Random numbers go on where the last script left them.
            target.ask(CLIENT, &[b"EVAL", b"math.randomseed(1)", b"0"]).map_err(failed)?;
        }
        Ok(())
    }

    fn compare(&mut self, scripts: &[Script], tally: &mut Tally) -> Result<Option<Found>, String> {
        let mut bytes = Vec::new();
        for (index, batch) in scripts.chunks(BATCH_SCRIPTS).enumerate() {
            bytes.clear();
            batch.iter().for_each(|script| resp::encode_command(&script.words(), &mut bytes));
            let started = Instant::now();
            self.a.send(CLIENT, &bytes);
            self.b.send(CLIENT, &bytes);
            let is_slow = started.elapsed() > SLOW;
            let real = replies(&mut *self.a, batch.len())?;
            let ours = replies(&mut *self.b, batch.len())?;
            for (at, script) in batch.iter().enumerate() {
                let (Some(real), Some(ours)) = (real.get(at), ours.get(at)) else {
                    if real.len() == ours.len() {
                        return Err(format!("neither server answers to\n{}", quote::join(&script.words())));
                    }
                    let said = |replies: &[Vec<u8>]| replies.get(at).cloned().unwrap_or_else(|| b"(no reply)".to_vec());
                    return Ok(Some((index * BATCH_SCRIPTS + at, said(&real), said(&ours))));
                };
                if real != ours {
                    if without_addresses(real) != without_addresses(ours) {
                        return Ok(Some((index * BATCH_SCRIPTS + at, real.clone(), ours.clone())));
                    }
                    tally.addresses += 1;
                }
                tally.reply(script, real);
            }
            if is_slow {
                // Repeating them leaves one server with another state: the epoch ends here.
                self.name_slow(batch);
                tally.cut_short += 1;
                break;
            }
        }
        Ok(None)
    }

    /// Says which script of a batch takes long: generated scripts should not.
    fn name_slow(&mut self, batch: &[Script]) {
        for script in batch {
            let started = Instant::now();
            let words = script.words();
            let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            let answered = self.b.ask(CLIENT, &words).is_ok();
            if started.elapsed() > SLOW / 4 || !answered {
                eprintln!("slow ({:?}): {}", started.elapsed(), quote::join(&words));
            }
        }
    }

    /// Whether these scripts, from the start, end in a difference at the last one.
    fn shows(&mut self, scripts: &[Script]) -> Result<Option<Found>, String> {
        self.begin()?;
        let found = self.compare(scripts, &mut Tally::default())?;
        Ok(found.filter(|found| found.0 + 1 == scripts.len()))
    }

    fn shrink(&mut self, scripts: &[Script], found: Found) -> Result<Difference, String> {
        let deadline = Instant::now() + SHRINK_FOR;
        let mut kept = scripts.to_vec();
        let mut best = found;
        // Alone, mostly; else without whole runs of what came before.
        let alone = &scripts[scripts.len() - 1..];
        if let Some(found) = self.shows(alone)? {
            (kept, best) = (alone.to_vec(), found);
        }
        if kept.len() > 1 && self.shows(&kept)?.is_none() {
            // It depends on more than the scripts.
            return Ok(Difference { epoch: 0, scripts: alone.to_vec(), real: best.1, ours: best.2, came_again: false });
        }
        let mut run = kept.len() / 2;
        while run > 0 && Instant::now() < deadline {
            let mut at = 0;
            while at + run < kept.len() {
                let mut fewer = kept.clone();
                fewer.drain(at..at + run);
                match self.shows(&fewer)? {
                    Some(found) => (kept, best) = (fewer, found),
                    None => at += run,
                }
            }
            run /= 2;
        }
        // Then each script, the last one first.
        for at in (0..kept.len()).rev() {
            while Instant::now() < deadline {
                let mut shrunk = None;
                for smaller in smaller(&kept[at]) {
                    let mut fewer = kept.clone();
                    fewer[at] = smaller;
                    if let Some(found) = self.shows(&fewer)? {
                        shrunk = Some((fewer, found));
                        break;
                    }
                }
                let Some(better) = shrunk else { break };
                (kept, best) = better;
            }
        }
        Ok(Difference { epoch: 0, scripts: kept, real: best.1, ours: best.2, came_again: true })
    }
}

/// A script with less in it: without a statement, a key, an argument, or with a smaller piece.
fn smaller(script: &Script) -> Vec<Script> {
    let mut found = Vec::new();
    for at in 0..script.statements.len() {
        let mut statements = script.statements.clone();
        statements.remove(at);
        found.push(Script { statements, ..script.clone() });
    }
    if !script.keys.is_empty() || !script.arguments.is_empty() {
        found.push(Script { keys: Vec::new(), arguments: Vec::new(), ..script.clone() });
    }
    for at in 0..script.statements.len() {
        for piece in Piece::smaller(&script.statements[at]) {
            let mut statements = script.statements.clone();
            statements[at] = piece;
            found.push(Script { statements, ..script.clone() });
        }
    }
    found
}

/// The replies that come; fewer than `count` if the connection ends or nothing comes any more.
fn replies(target: &mut dyn Target, count: usize) -> Result<Vec<Vec<u8>>, String> {
    let mut bytes = Vec::new();
    let received = target.receive(CLIENT, Want::Replies(count), PATIENCE, &mut bytes);
    if received == Received::Malformed {
        return Err(format!("{}: malformed reply: {}", target.name(), quote::escaped(&bytes)));
    }
    let mut frames = Vec::new();
    let mut start = 0;
    while let Ok(Some(end)) = resp::frame_end(&bytes, start) {
        // A push belongs to no script; that it came is seen in the reply before it.
        frames.push(bytes[start..end].to_vec());
        start = end;
    }
    Ok(frames)
}

/// Digits of addresses (`table: 0x55…`) blanked.
fn without_addresses(frame: &[u8]) -> Vec<u8> {
    let mut blanked = Vec::with_capacity(frame.len());
    let mut rest = frame;
    while let Some(at) = memchr::memmem::find(rest, b": 0x") {
        let (before, behind) = rest.split_at(at + 4);
        blanked.extend_from_slice(before);
        let digits = behind.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        rest = &behind[digits..];
    }
    blanked.extend_from_slice(rest);
    blanked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_no_difference_and_other_digits_are() {
        let frame = |address: &str| format!("+table: {address} x\r\n").into_bytes();
        assert_eq!(without_addresses(&frame("0x55aa")), without_addresses(&frame("0x7fbc01")));
        assert_ne!(without_addresses(b"+0x55aa"), without_addresses(b"+0x55ab"));
    }

    #[test]
    fn a_script_shrinks_by_its_statements() {
        let script = grammar::script(&mut Random::lane(3, 1));
        assert!(smaller(&script).iter().all(|smaller| *smaller != script));
    }
}
