//! `divergences.toml`: the only place where Etalon may differ from Redis, each entry with its reason.
//!
//! ```toml
//! [[accepted]]
//! row = "COMMAND|COUNT"          # the command; CONFIG|GET form for subcommands
//! args = "COMMAND COUNT"         # optional: only command lines that start with these words
//! words = 2                      # optional: only command lines of so many words
//! how = "shape"                  # how the replies are compared instead (normalise.rs); `anything` is a last resort
//! reason = "…"
//! ```
//!
//! The differ and the replay of scripts both read it. An entry that was never needed is reported: it is stale,
//! or it hides nothing.

use crate::normalise::Normaliser;
use crate::quote;
use crate::resp::Value;
use serde::Deserialize;
use std::path::Path;

/// The file, and how often each entry was needed.
#[derive(Debug, Default)]
pub struct Divergences {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    row: String,
    args: Vec<Vec<u8>>,
    words: Option<usize>,
    how: Normaliser,
    reason: String,
    uses: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    accepted: Vec<RawEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    row: String,
    #[serde(default)]
    args: String,
    words: Option<usize>,
    how: String,
    reason: String,
}

impl Divergences {
    /// The committed file.
    pub fn committed() -> Result<Divergences, String> {
        Divergences::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("divergences.toml"))
    }

    pub fn read(path: &Path) -> Result<Divergences, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Divergences::parse(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    pub fn parse(text: &str) -> Result<Divergences, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut entries = Vec::new();
        for raw in file.accepted {
            if raw.reason.trim().len() < 10 {
                return Err(format!("{}: the reason is missing", raw.row));
            }
            let args = quote::split(raw.args.as_bytes()).map_err(|_| format!("{}: unbalanced quotes", raw.row))?;
            let how = Normaliser::parse(&raw.how)?;
            entries.push(Entry { row: raw.row, args, words: raw.words, how, reason: raw.reason, uses: 0 });
        }
        Ok(Divergences { entries })
    }

    /// Is this difference accepted? Counts the use.
    pub fn accepts(&mut self, row: &str, args: &[Vec<u8>], real: &Value, ours: &Value) -> bool {
        let entry = self.entries.iter_mut().find(|entry| entry.covers(row, args) && entry.how.equal(args, real, ours));
        if let Some(entry) = entry {
            entry.uses += 1;
            return true;
        }
        false
    }

    /// Is a whole block of a transcript accepted? The text of a recording is no longer a value, so `drop` drops
    /// lines of the text, `anything` accepts, and the others ask for the same type and no error. Counts the use.
    pub fn accepts_block(&mut self, row: &str, args: &[Vec<u8>], real: &str, ours: &str) -> bool {
        // Shapes of renderings: the marks at the start of the first line.
        let mark = |text: &str| text.trim_start().chars().next();
        let entry = self.entries.iter_mut().find(|entry| {
            entry.covers(row, args)
                && match &entry.how {
                    Normaliser::Anything => true,
                    Normaliser::Drop(_) | Normaliser::Then(..) => {
                        kept_lines(&entry.how, real) == kept_lines(&entry.how, ours)
                    }
                    _ => mark(real) == mark(ours) && mark(real) != Some('-'),
                }
        });
        if let Some(entry) = entry {
            entry.uses += 1;
            return true;
        }
        false
    }

    /// Entries that were never needed, and the uses of the others.
    pub fn account(&self) -> Vec<String> {
        let line = |entry: &Entry| match entry.uses {
            0 => format!("divergence of {} was never needed ({})", entry.row, entry.reason),
            uses => format!("divergence of {} accepted {uses}x ({})", entry.row, entry.reason),
        };
        self.entries.iter().map(line).collect()
    }
}

/// The lines of a rendering that no `drop` of the normaliser removes.
fn kept_lines<'t>(how: &Normaliser, text: &'t str) -> Vec<&'t str> {
    fn drops(how: &Normaliser, line: &str) -> bool {
        match how {
            Normaliser::Drop(names) => names.iter().any(|name| line.contains(&format!("\"{name}:"))),
            Normaliser::Then(first, second) => drops(first, line) || drops(second, line),
            _ => false,
        }
    }
    text.lines().filter(|line| !drops(how, line)).collect()
}

impl Entry {
    fn covers(&self, row: &str, args: &[Vec<u8>]) -> bool {
        let words = || self.args.iter().zip(args).all(|(want, have)| have.eq_ignore_ascii_case(want));
        let counted = self.words.is_none_or(|words| words == args.len());
        self.row == row && counted && self.args.len() <= args.len() && words()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_accepts_what_it_names_and_nothing_else() {
        let text = "[[accepted]]\nrow = \"TIME\"\nargs = \"TIME\"\nhow = \"shape\"\nreason = \"the clock is another\"";
        let mut divergences = Divergences::parse(text).expect("well formed");
        let (one, two) = (Value::Integer(b"1".to_vec()), Value::Integer(b"2".to_vec()));
        let args = [b"time".to_vec()];
        assert!(divergences.accepts("TIME", &args, &one, &two));
        assert!(!divergences.accepts("TIME", &args, &one, &Value::NullBulk), "not of the same shape");
        assert!(!divergences.accepts("GET", &args, &one, &two));
        assert!(divergences.account()[0].contains("1x"));
    }

    #[test]
    fn a_reason_is_required() {
        assert!(Divergences::parse("[[accepted]]\nrow=\"GET\"\nhow=\"shape\"\nreason=\"\"").is_err());
        assert!(Divergences::parse("[[accepted]]\nrow=\"GET\"\nhow=\"shape\"").is_err());
        Divergences::committed().expect("the committed file parses");
    }
}
