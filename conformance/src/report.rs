//! What a run executed: counted by row, so that a run which tested nothing can't look like one that passed.
//!
//! Per row: commands, successes, distinct error texts, shapes of replies, options seen in a successful command.
//! Error texts are kept with their quoted parts blanked, else every unknown name would be a text of its own.

use crate::rows::Rows;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::time::Duration;

const ERROR_TEXTS_MAX: usize = 400;
/// Below this many commands a row, a run is too short to be judged.
const COMMANDS_PER_ROW_JUDGED: u64 = 100;
const SUCCESS_SHARE_MIN_PERCENT: u64 = 30;

/// Counts of a run.
#[derive(Debug, Default)]
pub struct Tally {
    pub commands: u64,
    pub succeeded: u64,
    pub pushes: u64,
    pub raw_bytes: u64,
    pub keys_compared: u64,
    pub propagated_compared: u64,
    pub epochs: u64,
    rows: Vec<RowTally>,
    index: HashMap<Vec<u8>, usize>,
    normalised: BTreeMap<String, u64>,
    raw_errors: BTreeMap<String, u64>,
    lacking: BTreeSet<String>,
    key: Vec<u8>,
}

/// What a run has seen of a row.
#[derive(Debug, Default)]
pub struct Seen<'a> {
    pub row: &'a str,
    /// Option words, and whether a command with it succeeded.
    pub options: Vec<(&'a str, bool)>,
    /// Texts of errors, blanked.
    pub errors: Vec<&'a str>,
    pub shapes: Vec<String>,
}

#[derive(Debug, Default)]
struct RowTally {
    name: String,
    count: u64,
    ok: u64,
    errors: HashMap<Vec<u8>, u64>,
    shapes: BTreeMap<Vec<u8>, u64>,
    tokens: BTreeMap<String, u64>,
}

impl RowTally {
    fn error(&mut self, text: &[u8]) {
        let text = blanked(text);
        if self.errors.len() < ERROR_TEXTS_MAX || self.errors.contains_key(&text) {
            *self.errors.entry(text).or_default() += 1;
        }
    }

    /// Notes the option words of a command that succeeded.
    fn options(&mut self, args: &[Vec<u8>]) {
        for arg in args.iter().skip(1).filter(|arg| (1..=20).contains(&arg.len())) {
            let seen = self.tokens.iter_mut().find(|(token, _)| arg.eq_ignore_ascii_case(token.as_bytes()));
            if let Some((_, count)) = seen {
                *count += 1;
            }
        }
    }
}

impl Tally {
    /// A reply to a command.
    pub fn reply(&mut self, args: &[Vec<u8>], frame: &[u8], rows: &Rows) {
        let index = self.row(args, rows);
        self.commands += 1;
        let row = &mut self.rows[index];
        row.count += 1;
        *row.shapes.entry(signature(frame)).or_default() += 1;
        if frame[0] == b'-' {
            row.error(&frame[1..frame.len() - 2]);
            return;
        }
        row.ok += 1;
        self.succeeded += 1;
        row.options(args);
    }

    /// An error that a command got inside of EXEC's reply.
    pub fn nested_error(&mut self, args: &[Vec<u8>], text: &[u8], rows: &Rows) {
        let index = self.row(args, rows);
        self.rows[index].error(text);
    }

    /// A command that has no reply coming.
    pub fn silent(&mut self, args: &[Vec<u8>], rows: &Rows) {
        let index = self.row(args, rows);
        self.commands += 1;
        self.succeeded += 1;
        let row = &mut self.rows[index];
        row.count += 1;
        row.ok += 1;
        *row.shapes.entry(b"(no reply)".to_vec()).or_default() += 1;
        row.options(args);
    }
    pub fn push(&mut self) {
        self.pushes += 1;
    }

    /// Replies to raw bytes, which belong to no row.
    pub fn raw(&mut self, said: &[u8]) {
        self.raw_bytes += said.len() as u64;
        let mut at = 0;
        while let Ok(Some(end)) = crate::resp::frame_end(said, at) {
            self.commands += 1;
            match said[at] {
                b'-' => {
                    let text = String::from_utf8_lossy(&blanked(&said[at + 1..end - 2])).into_owned();
                    if self.raw_errors.len() < ERROR_TEXTS_MAX || self.raw_errors.contains_key(&text) {
                        *self.raw_errors.entry(text).or_default() += 1;
                    }
                }
                _ => self.succeeded += 1,
            }
            at = end;
        }
    }

    /// A question about the state afterwards that one of the servers can't answer.
    pub fn post_state_lacks(&mut self, question: &str) {
        self.lacking.insert(question.to_string());
    }

    /// A reply that was equal only under its normaliser.
    pub fn normalised(&mut self, row: &str) {
        *self.normalised.entry(row.to_string()).or_default() += 1;
    }

    fn row(&mut self, args: &[Vec<u8>], rows: &Rows) -> usize {
        self.key.clear();
        self.key.extend_from_slice(&args[0]);
        if args.len() > 1 && args[1].len() <= 40 {
            // Every word of a container's second place is looked up once; others share one entry by name.
            let name = String::from_utf8_lossy(&args[0]);
            if args[0].len() <= 8 && rows.containers.contains(&name.to_ascii_uppercase()) {
                self.key.push(b'|');
                self.key.extend_from_slice(&args[1]);
            }
        }
        if let Some(&index) = self.index.get(&self.key) {
            return index;
        }
        let name = String::from_utf8_lossy(&self.key).to_ascii_uppercase();
        let known = rows.rows.get(&name);
        let name = if known.is_some() { name } else { "(unknown)".to_string() };
        let index = self.rows.iter().position(|row| row.name == name).unwrap_or_else(|| {
            let tokens = known.map(|row| row.tokens()).unwrap_or_default();
            let tokens = tokens.into_iter().map(|token| (token, 0)).collect();
            self.rows.push(RowTally { name, tokens, ..RowTally::default() });
            self.rows.len() - 1
        });
        if self.index.len() < 100_000 {
            self.index.insert(self.key.clone(), index);
        }
        index
    }

    /// Why this run proves nothing, if so. `expected` are the rows that it was meant to reach.
    pub fn vacuous(&self, expected: &BTreeSet<String>) -> Vec<String> {
        let mut reasons = Vec::new();
        if self.commands == 0 {
            return vec!["nothing was executed".to_string()];
        }
        if self.succeeded * 100 < self.commands * SUCCESS_SHARE_MIN_PERCENT {
            reasons.push(format!("only {} of {} commands succeeded", self.succeeded, self.commands));
        }
        if self.commands < COMMANDS_PER_ROW_JUDGED * expected.len() as u64 {
            return reasons;
        }
        for name in expected {
            match self.rows.iter().find(|row| row.name == *name) {
                None => reasons.push(format!("{name} was never executed")),
                Some(row) if row.ok == 0 => reasons.push(format!("{name} never succeeded in {} tries", row.count)),
                Some(_) => {}
            }
        }
        reasons
    }

    /// The summary for standard output.
    pub fn summary(&self, took: Duration) -> String {
        let seconds = took.as_secs_f64().max(1e-9);
        let mut out = String::new();
        let _ = writeln!(
            out,
            "{} commands in {seconds:.1} s ({:.0} a second), {:.1} % succeeded, {} epochs, {} pushes, {} keys and {} propagated commands compared",
            self.commands,
            self.commands as f64 / seconds,
            100.0 * self.succeeded as f64 / self.commands.max(1) as f64,
            self.epochs,
            self.pushes,
            self.keys_compared,
            self.propagated_compared,
        );
        let errors: usize = self.rows.iter().map(|row| row.errors.len()).sum::<usize>() + self.raw_errors.len();
        let _ = writeln!(out, "{} rows, {errors} distinct error texts", self.rows.len());
        for question in &self.lacking {
            let _ = writeln!(out, "  the state was NOT compared by {question}: a server does not have it");
        }
        for (row, uses) in &self.normalised {
            let rule = crate::normalise::rule_of(row).expect("counted under its rule");
            let _ = writeln!(out, "  normalised {row} {uses}x: {} ({})", rule.how, rule.reason);
        }
        for row in self.sorted() {
            let missing: Vec<&str> =
                row.tokens.iter().filter(|(_, seen)| **seen == 0).map(|(token, _)| token.as_str()).collect();
            if !missing.is_empty() {
                let _ = writeln!(out, "  options of {} never seen in a success: {}", row.name, missing.join(" "));
            }
        }
        out
    }

    /// The whole report: every row with its errors, shapes and options.
    pub fn details(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "{:<32} {:>10} {:>10} {:>7} {:>7}", "row", "commands", "ok", "errors", "shapes");
        for row in self.sorted() {
            let (errors, shapes) = (row.errors.len(), row.shapes.len());
            let _ = writeln!(out, "{:<32} {:>10} {:>10} {errors:>7} {shapes:>7}", row.name, row.count, row.ok);
        }
        for row in self.sorted() {
            let _ = writeln!(out, "\n{}", row.name);
            for (shape, count) in &row.shapes {
                let _ = writeln!(out, "  {count:>9} reply  {}", String::from_utf8_lossy(shape));
            }
            let errors: BTreeMap<&Vec<u8>, &u64> = row.errors.iter().collect();
            for (text, count) in errors {
                let _ = writeln!(out, "  {count:>9} error  {}", String::from_utf8_lossy(text));
            }
            for (token, count) in &row.tokens {
                let _ = writeln!(out, "  {count:>9} option {token}");
            }
        }
        if !self.raw_errors.is_empty() {
            let _ = writeln!(out, "\n(raw bytes)");
        }
        for (text, count) in &self.raw_errors {
            let _ = writeln!(out, "  {count:>9} error  {text}");
        }
        out
    }

    /// What was seen of each row; raw bytes count as a row without a name.
    pub fn seen(&self) -> impl Iterator<Item = Seen<'_>> {
        let raw = Seen { row: "", errors: self.raw_errors.keys().map(String::as_str).collect(), ..Seen::default() };
        let text = |bytes: &'_ Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        let rows = self.rows.iter().map(move |row| Seen {
            row: &row.name,
            options: row.tokens.iter().map(|(token, count)| (token.as_str(), *count > 0)).collect(),
            errors: row.errors.keys().filter_map(|text| std::str::from_utf8(text).ok()).collect(),
            shapes: row.shapes.keys().map(text).collect(),
        });
        rows.chain([raw])
    }

    fn sorted(&self) -> Vec<&RowTally> {
        let mut rows: Vec<&RowTally> = self.rows.iter().collect();
        rows.sort_by(|a, b| a.name.cmp(&b.name));
        rows
    }
}

/// The kind of a reply in a few characters: its type, whether empty, and the type of the first element.
fn signature(frame: &[u8]) -> Vec<u8> {
    let mut out = vec![frame[0]];
    if matches!(frame[0], b'$' | b'*' | b'%' | b'~' | b'|') {
        match frame.get(1) {
            Some(b'-') => out.extend_from_slice(b"-1"),
            Some(b'0') => out.push(b'0'),
            _ if frame[0] != b'$' => {
                let first = frame.iter().position(|&b| b == b'\n').and_then(|at| frame.get(at + 1));
                out.extend(first);
            }
            _ => {}
        }
    }
    out
}

/// The text with what stands between quotes blanked, and cut.
pub fn blanked(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len().min(120));
    let mut inside = None;
    for &b in text {
        match inside {
            Some(quote) if b == quote => {
                inside = None;
                out.push(b);
            }
            Some(_) => {}
            None => {
                if matches!(b, b'\'' | b'`' | b'"') {
                    inside = Some(b);
                    out.push(b);
                } else {
                    out.push(b);
                }
            }
        }
        if out.len() >= 120 {
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_errors_is_vacuous() {
        let mut tally = Tally::default();
        let args = vec![b"GET".to_vec(), b"k".to_vec()];
        for _ in 0..200 {
            tally.reply(&args, b"-ERR no\r\n", &Rows::default());
        }
        let expected = BTreeSet::from(["GET".to_string()]);
        let reasons = tally.vacuous(&expected);
        assert_eq!(reasons.len(), 2, "{reasons:?}");
        assert!(!Tally::default().vacuous(&expected).is_empty(), "nothing executed");
    }

    #[test]
    fn errors_are_told_apart_by_text_and_not_by_name() {
        assert_eq!(blanked(b"ERR unknown command 'a', with"), blanked(b"ERR unknown command 'bc', with"));
        assert_ne!(blanked(b"ERR syntax error"), blanked(b"ERR value"));
    }
}
