//! What a run should have reached, and what of it was not: command × option × error × shape of reply.
//!
//! | kind    | what should be reached                                                          | from |
//! |---------|---------------------------------------------------------------------------------|------|
//! | command | every row of the family, with a success                                         | the generator |
//! | option  | every option word of a row, in a success                                        | COMMAND DOCS |
//! | arity   | a wrong number of words, for every row that has a wrong one                     | COMMAND INFO |
//! | error   | every text that the sources of the family's commands can answer, by any command | `core/src/commands` |
//! | shape   | every shape of reply that was ever seen of a row                                | `shapes.txt` |
//!
//! What no run can reach is listed in `coverage.toml`, with its reason. `shapes.txt` is written by a long run
//! (`--write-shapes`): what was reached once has to be reached again.

use crate::report::{Seen, Tally, blanked};
use crate::rows::Rows;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Nothing of these should be reached, for a reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// `option GET ONE`, `error ERR …`: the beginning of a line of the report.
    unreached: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    exception: Vec<Exception>,
}

/// What a run did not reach.
#[derive(Debug, Default)]
pub struct Coverage {
    pub reached: usize,
    /// Not reached, and no reason is known.
    pub missing: Vec<String>,
    /// Not reached, with the reason.
    pub explained: Vec<String>,
    /// Exceptions that were reached after all.
    pub stale: Vec<String>,
}

/// Texts of errors begin with one of these.
const CODES: &[&str] = &[
    "ERR",
    "WRONGTYPE",
    "BUSYKEY",
    "BUSYGROUP",
    "NOGROUP",
    "NOAUTH",
    "WRONGPASS",
    "NOPROTO",
    "INVALIDOBJ",
    "UNBLOCKED",
];

/// Judges a run of a family (or `all`).
pub fn judge(
    tally: &Tally,
    rows: &Rows,
    expected: &BTreeSet<String>,
    family: &str,
    resp: u8,
) -> Result<Coverage, String> {
    let exceptions = exceptions()?;
    let seen: BTreeMap<&str, Seen<'_>> = tally.seen().map(|seen| (seen.row, seen)).collect();
    let errors: BTreeSet<&str> = seen.values().flat_map(|seen| seen.errors.iter().copied()).collect();
    let mut goals: BTreeMap<String, bool> = BTreeMap::new();
    for row in expected {
        let seen = seen.get(row.as_str());
        goals.insert(format!("command {row}"), seen.is_some_and(|seen| seen.shapes.iter().any(|shape| shape != "-")));
        for (option, reached) in seen.map(|seen| seen.options.as_slice()).unwrap_or_default() {
            goals.insert(format!("option {row} {option}"), *reached);
        }
        // A container or a single word can have no wrong number of words.
        let words = row.split('|').count() as i64;
        if rows.rows.get(row).is_some_and(|row| row.arity != -words) {
            let reached =
                seen.is_some_and(|seen| seen.errors.iter().any(|text| text.contains("wrong number of arguments")));
            goals.insert(format!("arity {row}"), reached);
        }
    }
    for text in texts(family)? {
        let reached = errors.iter().any(|seen| matches(&text, seen));
        goals.insert(format!("error {text}"), reached);
    }
    for line in fs::read_to_string(shapes_path()).unwrap_or_default().lines() {
        let Some((row, shape)) = line.strip_prefix(&format!("{resp} ")).and_then(|rest| rest.split_once(' ')) else {
            continue;
        };
        if expected.contains(row) {
            let reached = seen.get(row).is_some_and(|seen| seen.shapes.iter().any(|seen| seen == shape));
            goals.insert(format!("shape {row} {shape}"), reached);
        }
    }
    Ok(sort(goals, &exceptions))
}

fn sort(goals: BTreeMap<String, bool>, exceptions: &[Exception]) -> Coverage {
    let mut coverage = Coverage::default();
    for (goal, reached) in goals {
        let exception = exceptions.iter().find(|exception| goal.starts_with(&exception.unreached));
        match (reached, exception) {
            (true, exception) => {
                coverage.reached += 1;
                coverage.stale.extend(exception.filter(|e| e.unreached == goal).map(|e| e.unreached.clone()));
            }
            (false, Some(exception)) => coverage.explained.push(format!("{goal}: {}", exception.reason)),
            (false, None) => coverage.missing.push(goal),
        }
    }
    coverage
}

impl Coverage {
    /// For a person.
    pub fn summary(&self) -> String {
        let counts = (self.reached, self.missing.len(), self.explained.len());
        let mut out = format!("coverage: {} reached, {} not, {} not and explained\n", counts.0, counts.1, counts.2);
        let lists =
            [("not reached", &self.missing), ("explained", &self.explained), ("reached after all", &self.stale)];
        for (what, lines) in lists {
            lines.iter().for_each(|line| out += &format!("  {what}: {line}\n"));
        }
        out
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn shapes_path() -> PathBuf {
    folder().join("shapes.txt")
}

/// The committed exceptions. Errors: one without a reason.
fn exceptions() -> Result<Vec<Exception>, String> {
    let text = fs::read_to_string(folder().join("coverage.toml")).map_err(|error| error.to_string())?;
    let file: File = toml::from_str(&text).map_err(|error| format!("coverage.toml: {error}"))?;
    match file.exception.iter().find(|exception| exception.reason.trim().len() < 10) {
        Some(exception) => Err(format!("coverage.toml: {}: the reason is missing", exception.unreached)),
        None => Ok(file.exception),
    }
}

/// Adds the shapes of this run to those that a run has to reach.
pub fn write_shapes(tally: &Tally, expected: &BTreeSet<String>, resp: u8) -> Result<(), String> {
    let known = fs::read_to_string(shapes_path()).unwrap_or_default();
    let mut lines: BTreeSet<String> = known.lines().map(str::to_string).collect();
    for seen in tally.seen().filter(|seen| expected.contains(seen.row)) {
        // Any command can be silent after CLIENT REPLY, and hardly any is.
        let shapes = seen.shapes.iter().filter(|shape| *shape != "(no reply)");
        lines.extend(shapes.map(|shape| format!("{resp} {} {shape}", seen.row)));
    }
    let text: String = lines.into_iter().map(|line| line + "\n").collect();
    fs::write(shapes_path(), text).map_err(|error| error.to_string())
}

/// The texts of errors in the sources of the family's commands, placeholders included.
fn texts(family: &str) -> Result<BTreeSet<String>, String> {
    let commands = folder().join("../core/src/commands");
    let names: Vec<String> = match family {
        "all" => crate::generate::FAMILIES.iter().map(|name| name.replace('-', "_")).collect(),
        one => vec![one.replace('-', "_")],
    };
    let mut out = BTreeSet::new();
    // Raw bytes have no commands of their own.
    for folder in names.iter().map(|name| commands.join(name)).filter(|folder| folder.is_dir()) {
        collect(&folder, &mut out)?;
    }
    if family == "all" {
        collect_file(&folder().join("../core/src/error.rs"), &mut out)?;
    }
    Ok(out)
}

fn collect(folder: &Path, out: &mut BTreeSet<String>) -> Result<(), String> {
    for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry.map_err(|error| error.to_string())?.path();
        match path.is_dir() {
            true => collect(&path, out)?,
            false if path.extension().is_some_and(|ext| ext == "rs") && !path.ends_with("tests.rs") => {
                collect_file(&path, out)?
            }
            false => {}
        }
    }
    Ok(())
}

fn collect_file(path: &Path, out: &mut BTreeSet<String>) -> Result<(), String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    out.extend(literals(code).filter(|literal| {
        let (code, rest) = literal.split_once(' ').unwrap_or_default();
        CODES.contains(&code) && rest.len() > 4
    }));
    Ok(())
}

/// Texts between quotes, in code that has no comments with single quotes of its own.
fn literals(code: &str) -> impl Iterator<Item = String> {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|line| {
        let plain = line.replace("\\\"", "\u{1}").replace("\\\\", "\\");
        plain.split('"').skip(1).step_by(2).map(|text| text.replace('\u{1}', "\"")).collect::<Vec<String>>()
    })
}

/// Does a text that was seen come from this one? What stands between quotes is blank in it, and it may be cut.
fn matches(text: &str, seen: &str) -> bool {
    let text = text.strip_suffix('\\').unwrap_or(text);
    let text = String::from_utf8_lossy(&blanked(text.as_bytes())).into_owned();
    let (mut rest, mut first) = (seen, true);
    // Placeholders stand for anything.
    for piece in text
        .split('{')
        .enumerate()
        .map(|(at, piece)| if at == 0 { piece } else { piece.split_once('}').map_or("", |p| p.1) })
    {
        if first && !rest.starts_with(piece) {
            return false;
        }
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
        first = false;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_in_the_sources_and_in_what_was_seen() {
        let texts = texts("set").expect("the sources are there");
        assert!(texts.iter().any(|text| text.starts_with("ERR")), "{texts:?}");
        assert!(matches("ERR syntax error", "ERR syntax error") && !matches("ERR syntax error", "ERR value is"));
        assert!(matches("ERR invalid expire time in '{command}' command", "ERR invalid expire time in '' command"));
        assert!(
            matches("ERR {what} must be {n}", "ERR count must be 3") && !matches("ERR {what} must be", "ERR count is")
        );
    }

    #[test]
    fn what_is_not_reached_is_missing_unless_explained() {
        let goals =
            BTreeMap::from([("option A X".into(), false), ("option A Y".into(), false), ("error E".into(), true)]);
        let exception = |unreached: &str| Exception { unreached: unreached.into(), reason: "no way".into() };
        let coverage = sort(goals, &[exception("option A Y"), exception("error E")]);
        assert_eq!(coverage.missing, ["option A X"]);
        assert_eq!(coverage.explained, ["option A Y: no way"]);
        assert_eq!((coverage.stale, coverage.reached), (vec!["error E".to_string()], 1));
    }

    #[test]
    fn the_committed_exceptions_have_reasons() {
        exceptions().expect("they parse");
    }
}
