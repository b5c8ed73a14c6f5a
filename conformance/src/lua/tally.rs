//! What a run of scripts reached.

use super::functions::{FUNCTIONS, TEXTS};
use super::grammar::Script;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// A shorter run is not judged.
const JUDGED_FROM: u64 = 50_000;

/// Counts of a run.
#[derive(Debug)]
pub struct Tally {
    pub scripts: u64,
    pub errors: u64,
    pub addresses: u64,
    /// Epochs that ended early, since a script took long.
    pub cut_short: u64,
    pub took: Duration,
    /// By function: probes that called it, and those that it answered without an error.
    probes: Vec<(u64, u64)>,
    calls: Vec<u64>,
    texts: Vec<u64>,
    /// Replies by their first byte.
    shapes: BTreeMap<char, u64>,
}

impl Default for Tally {
    fn default() -> Self {
        Tally {
            scripts: 0,
            errors: 0,
            addresses: 0,
            cut_short: 0,
            took: Duration::ZERO,
            probes: vec![(0, 0); FUNCTIONS.len()],
            calls: vec![0; FUNCTIONS.len()],
            texts: vec![0; TEXTS.len()],
            shapes: BTreeMap::new(),
        }
    }
}

impl Tally {
    pub fn reply(&mut self, script: &Script, frame: &[u8]) {
        self.scripts += 1;
        let is_error = frame[0] == b'-';
        self.errors += u64::from(is_error);
        *self.shapes.entry(char::from(frame[0])).or_default() += 1;
        for index in &script.functions {
            self.calls[*index] += 1;
        }
        if script.is_probe
            && let Some(first) = script.functions.first()
        {
            let failed = is_error || contains(frame, b"\nfalse|");
            self.probes[*first].0 += 1;
            self.probes[*first].1 += u64::from(!failed);
        }
        // A text that is known is looked for now and then only.
        for (text, seen) in TEXTS.iter().zip(&mut self.texts) {
            if (*seen < 10 || self.scripts.is_multiple_of(64)) && contains(frame, text.as_bytes()) {
                *seen += 1;
            }
        }
    }

    pub fn summary(&self) -> String {
        let seconds = self.took.as_secs_f64().max(0.001);
        let mut text = format!(
            "{} scripts in {seconds:.1} s ({:.0} a second), {} of them failed; {} replies were equal but for addresses, \
             {} epochs were cut short\n",
            self.scripts,
            self.scripts as f64 / seconds,
            self.errors,
            self.addresses,
            self.cut_short
        );
        let seen = self.texts.iter().filter(|count| **count > 0).count();
        let called = self.calls.iter().filter(|count| **count > 0).count();
        let calls: u64 = self.calls.iter().sum();
        let _ = writeln!(
            text,
            "{called} of {} functions in {calls} calls; {seen} of {} texts of errors; replies {:?}",
            FUNCTIONS.len(),
            TEXTS.len(),
            self.shapes
        );
        text
    }

    /// Why the run says little.
    pub fn vacuous(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        if self.scripts < JUDGED_FROM {
            if self.scripts == 0 || self.errors == self.scripts {
                reasons.push("no script succeeded".to_owned());
            }
            return reasons;
        }
        if self.errors * 100 > self.scripts * 70 {
            reasons.push(format!("{} of {} scripts failed", self.errors, self.scripts));
        }
        for (function, (probes, fine)) in FUNCTIONS.iter().zip(&self.probes) {
            // What never comes back, or is no function at all.
            let never = matches!(function.name, "error" | "math.huge" | "coroutine.yield");
            if *probes == 0 || *fine == 0 && !never {
                reasons.push(format!("{} succeeded {fine} of {probes} times", function.name));
            }
        }
        for (text, _) in TEXTS.iter().zip(&self.texts).filter(|(_, seen)| **seen == 0) {
            reasons.push(format!("no reply said: {text}"));
        }
        reasons
    }
}

pub fn contains(bytes: &[u8], text: &[u8]) -> bool {
    memchr::memmem::find(bytes, text).is_some()
}
