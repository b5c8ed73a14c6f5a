//! The manifest: which files an AOF consists of, and in which order they are read.
//!
//! ```text
//!   file appendonly.aof.2.base.rdb seq 2 type b      the data set when the log was rewritten last: at most one
//!   file appendonly.aof.1.incr.aof seq 1 type h      history: no longer needed, and about to be removed
//!   file appendonly.aof.2.incr.aof seq 2 type i      increments: what came after, in order; the last is written to
//! ```
//!
//! A line has pairs of a word and a value; unknown words are skipped. Names with special bytes are in quotes. Lines that begin with
//! `#` are comments. Source: 7.0.15; a line is read as its C library would, 1,024 bytes at a time and up to the first NUL.

use crate::quoting::{append_quoted, split_args};

/// The longest line, in bytes.
const LINE_BYTES_MAX: usize = 1024;

/// One file of an AOF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Within the folder of the AOF.
    pub name: Vec<u8>,
    pub seq: i64,
}

/// The files of an AOF.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    pub base: Option<Part>,
    /// What was retired last comes first.
    pub history: Vec<Part>,
    pub increments: Vec<Part>,
    /// The last numbers given out.
    base_seq: i64,
    increment_seq: i64,
}

/// Why a manifest can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestError {
    /// Counted from one; 0: there is none.
    pub line: usize,
    /// The line, if it could be read.
    pub text: Option<Vec<u8>>,
    pub reason: &'static str,
}

impl Manifest {
    /// Reads a manifest. Errors: [`ManifestError`] for the first thing that is wrong. O(bytes).
    pub fn parse(content: &[u8]) -> Result<Manifest, ManifestError> {
        let mut manifest = Manifest::default();
        let mut rest = content;
        let mut number = 0;
        while !rest.is_empty() {
            let limit = rest.len().min(LINE_BYTES_MAX);
            let end = memchr::memchr(b'\n', &rest[..limit]).map_or(limit, |end| end + 1);
            let (line, after) = rest.split_at(end);
            rest = after;
            number += 1;
            if line[0] == b'#' {
                continue;
            }
            let line = c_text(line);
            if line.last() != Some(&b'\n') {
                let reason = "The AOF manifest file contains too long line";
                return Err(ManifestError { line: number, text: None, reason });
            }
            let line = trim(line);
            let failed = |reason| ManifestError { line: number, text: Some(line.to_vec()), reason };
            manifest.take_line(line).map_err(failed)?;
        }
        match number {
            0 => Err(ManifestError { line: 0, text: None, reason: "Found an empty AOF manifest" }),
            _ => Ok(manifest),
        }
    }

    fn take_line(&mut self, line: &[u8]) -> Result<(), &'static str> {
        const FORMAT: &str = "Invalid AOF manifest file format";
        let words = split_args(line).map_err(|_| FORMAT)?;
        if words.len() < 6 || words.len() % 2 != 0 {
            return Err(FORMAT);
        }
        let (mut name, mut seq, mut kind) = (None, 0, 0);
        for pair in words.chunks_exact(2) {
            let value = c_text(&pair[1]);
            match &pair[0].to_ascii_lowercase()[..] {
                b"file" => {
                    if value.iter().any(|byte| matches!(byte, b'/' | b'\\')) {
                        return Err("File can't be a path, just a filename");
                    }
                    name = Some(value.to_vec());
                }
                b"seq" => seq = leading_number(value),
                b"type" => kind = value.first().copied().unwrap_or(0),
                _ => {}
            }
        }
        let Some(name) = name.filter(|_| seq != 0 && kind != 0) else { return Err(FORMAT) };
        let part = Part { name, seq };
        match kind {
            b'b' if self.base.is_some() => return Err("Found duplicate base file information"),
            b'b' => {
                self.base_seq = seq;
                self.base = Some(part);
            }
            b'h' => self.history.push(part),
            b'i' if seq <= self.increments.last().map_or(0, |last| last.seq) => {
                return Err("Found a non-monotonic sequence number");
            }
            b'i' => {
                self.increment_seq = seq;
                self.increments.push(part);
            }
            _ => return Err("Unknown AOF file type"),
        }
        Ok(())
    }

    /// As it is written to a file.
    pub fn to_text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let parts = self.base.iter().map(|part| (part, b'b'));
        let parts = parts.chain(self.history.iter().map(|part| (part, b'h')));
        for (part, kind) in parts.chain(self.increments.iter().map(|part| (part, b'i'))) {
            out.extend_from_slice(b"file ");
            match needs_quotes(&part.name) {
                true => append_quoted(&mut out, &part.name),
                false => out.extend_from_slice(&part.name),
            }
            out.extend_from_slice(format!(" seq {} type {}\n", part.seq, char::from(kind)).as_bytes());
        }
        out
    }

    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        self.base.is_none() && self.increments.is_empty()
    }

    /// The files to be read, in order: base and increments.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.base.iter().chain(&self.increments)
    }

    /// Adds the next base; the one before becomes history. Its name. `stem`: `appendfilename`.
    pub fn add_base(&mut self, stem: &[u8], is_rdb: bool) -> Vec<u8> {
        self.history.splice(0..0, self.base.take());
        self.base_seq += 1;
        let format = if is_rdb { "rdb" } else { "aof" };
        let name = [stem, format!(".{}.base.{format}", self.base_seq).as_bytes()].concat();
        self.base = Some(Part { name: name.clone(), seq: self.base_seq });
        name
    }

    /// Makes a file of an old server, which had a single one, the base.
    pub fn adopt(&mut self, name: &[u8]) {
        self.base_seq = 1;
        self.base = Some(Part { name: name.to_vec(), seq: 1 });
    }

    /// Adds the next increment. Its name.
    pub fn add_increment(&mut self, stem: &[u8]) -> Vec<u8> {
        let name = loop {
            self.increment_seq += 1;
            let name = [stem, format!(".{}.incr.aof", self.increment_seq).as_bytes()].concat();
            // History is about to be removed: after a rewrite with `appendonly no` there are no other increments to count on from.
            if self.history.iter().all(|part| part.name != name) {
                break name;
            }
        };
        self.increments.push(Part { name: name.clone(), seq: self.increment_seq });
        name
    }

    /// All increments but the last `kept` become history.
    pub fn retire_increments(&mut self, kept: usize) {
        let retired = self.increments.len().saturating_sub(kept);
        self.history.splice(0..0, self.increments.drain(..retired));
    }
}

/// The text ends at a NUL, as the original's C strings do.
fn c_text(bytes: &[u8]) -> &[u8] {
    &bytes[..memchr::memchr(0, bytes).unwrap_or(bytes.len())]
}

fn trim(line: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let start = line.iter().position(|byte| !is_space(byte)).unwrap_or(line.len());
    let end = line.iter().rposition(|byte| !is_space(byte)).map_or(start, |last| last + 1);
    &line[start..end]
}

/// An apostrophe, too, which 7.0.15 leaves bare, and then reads as the beginning of a quotation.
fn needs_quotes(name: &[u8]) -> bool {
    let is_bare = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'\'');
    name.is_empty() || !name.iter().all(is_bare)
}

/// The number that a text begins with, 0 if there is none; beyond 64 bits the nearest.
fn leading_number(text: &[u8]) -> i64 {
    let text = text.trim_ascii_start();
    let (sign, digits) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, text),
    };
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0i64, |number, digit| number.saturating_mul(10).saturating_add(sign * i64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Manifest {
        Manifest::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error:?}"))
    }

    const THREE: &str = "file appendonly.aof.2.base.rdb seq 2 type b\nfile appendonly.aof.1.incr.aof seq 1 type h\n\
                         file appendonly.aof.4.incr.aof seq 4 type i\nfile appendonly.aof.5.incr.aof seq 5 type i\n";

    #[test]
    fn what_is_read_is_written_again() {
        assert_eq!(parsed(THREE).to_text(), THREE.as_bytes());
        let odd = "file \"a b\\x01.1.incr.aof\" seq 1 type i\n";
        let manifest = parsed(odd);
        assert_eq!(manifest.increments[0].name, b"a b\x01.1.incr.aof");
        assert_eq!(manifest.to_text(), odd.as_bytes());
    }

    #[test]
    fn words_may_come_in_any_order_and_case_and_unknown_ones_are_skipped() {
        let manifest = parsed("# comment\n \tSEQ 7x new 'thing' TYPE incr File f\r\n");
        assert_eq!(manifest.increments, [Part { name: b"f".to_vec(), seq: 7 }]);
    }

    #[test]
    fn a_rewrite_makes_history_of_what_came_before() {
        let mut manifest = parsed(THREE);
        assert_eq!(manifest.add_increment(b"log"), b"log.6.incr.aof");
        assert_eq!(manifest.add_base(b"log", false), b"log.3.base.aof");
        manifest.retire_increments(1);
        let text = String::from_utf8(manifest.to_text()).expect("text");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "file log.3.base.aof seq 3 type b",
                "file appendonly.aof.4.incr.aof seq 4 type h",
                "file appendonly.aof.5.incr.aof seq 5 type h",
                "file appendonly.aof.2.base.rdb seq 2 type h",
                "file appendonly.aof.1.incr.aof seq 1 type h",
                "file log.6.incr.aof seq 6 type i",
            ]
        );
    }

    #[test]
    fn everything_wrong_is_told_with_its_line() {
        let long = format!("{}\n", "x".repeat(1024));
        for (text, line, reason) in [
            ("", 0, "Found an empty AOF manifest"),
            ("\n", 1, "Invalid AOF manifest file format"),
            ("file a seq 1 type i", 1, "The AOF manifest file contains too long line"),
            (&long, 1, "The AOF manifest file contains too long line"),
            ("# x\nfile a seq 1\n", 2, "Invalid AOF manifest file format"),
            ("file a seq 1 type i x\n", 1, "Invalid AOF manifest file format"),
            ("file a seq 0 type i\n", 1, "Invalid AOF manifest file format"),
            ("file \"a seq 1 type i\n", 1, "Invalid AOF manifest file format"),
            ("file a/b seq 1 type i\n", 1, "File can't be a path, just a filename"),
            ("file a seq 1 type x\n", 1, "Unknown AOF file type"),
            ("file a seq 1 type b\nfile b seq 2 type b\n", 2, "Found duplicate base file information"),
            ("file a seq 2 type i\nfile b seq 2 type i\n", 2, "Found a non-monotonic sequence number"),
        ] {
            let error = Manifest::parse(text.as_bytes()).expect_err(text);
            assert_eq!((error.line, error.reason), (line, reason), "{text}");
        }
    }
}
