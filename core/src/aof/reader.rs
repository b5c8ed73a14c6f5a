//! Commands read back from a file, chunk by chunk.
//!
//! ```text
//!   feed(bytes) ──► next() ──► Command … ──► next() ──► Wants ──► feed … feed_end ──► next() ──► End, or what is wrong
//! ```
//!
//! Lines that begin with `#` are annotations and are skipped; they, and the lines that count something, have at most 1,023
//! bytes. What follows an argument is not looked at, as in 7.0.15: two bytes are skipped.
//!
//! Memory: the command that is being read, and one chunk. A length that goes beyond the end of the file makes nothing larger: the file
//! is cut short there.
//!
//! Deviations: a negative length is a wrong format; 7.0.15 runs out of memory. An annotation that lacks its end is cut short, too:
//! 7.0.15 goes on behind it, and skips what it writes there when it reads it.

use crate::args::{Args, Span};

/// The longest line that counts or annotates, with its end, in bytes.
const LINE_BYTES_MAX: usize = 1023;

/// What comes next.
pub enum Item<'a> {
    /// More of the file is needed.
    Wants,
    Command(Args<'a>),
    /// The file ends behind a command.
    End,
}

/// Why reading ends before the file does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The file ends inside of a command.
    CutShort,
    /// It is not what a log consists of.
    Format,
}

/// Reads commands from one file, or from what follows something else in it.
#[derive(Clone, Debug, Default)]
pub struct CommandReader {
    buffer: Vec<u8>,
    /// Offset in the file of the buffer's beginning.
    buffer_offset: u64,
    /// How far the buffer has been read.
    at: usize,
    /// Where the command begins that is being read, or the next.
    begin: usize,
    /// Arguments that it still lacks.
    missing: usize,
    spans: Vec<Span>,
    ended: bool,
    /// Length of the file: no argument goes beyond it.
    file_bytes: u64,
}

impl CommandReader {
    /// For a file of that length, from that offset on.
    pub fn new(file_bytes: u64, offset: u64) -> CommandReader {
        CommandReader { file_bytes, buffer_offset: offset, ..CommandReader::default() }
    }

    /// The next bytes of the file. O(bytes).
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.begin > 0 {
            self.buffer.drain(..self.begin);
            for span in &mut self.spans {
                *span = Span { start: span.start - self.begin, end: span.end - self.begin };
            }
            self.buffer_offset += self.begin as u64;
            self.at -= self.begin;
            self.begin = 0;
        }
        self.buffer.extend_from_slice(bytes);
        self.file_bytes = self.file_bytes.max(self.buffer_offset + self.buffer.len() as u64);
    }

    /// There is nothing more.
    pub fn feed_end(&mut self) {
        self.ended = true;
    }

    /// Offset in the file behind the last command that was given out.
    pub fn offset(&self) -> u64 {
        self.buffer_offset + self.begin as u64
    }

    /// Offset up to which the file has been looked at: where damage was found.
    pub fn position(&self) -> u64 {
        self.buffer_offset + self.at as u64
    }

    /// The next command. Errors: [`Damage`]; nothing comes after it.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Item<'_>, Damage> {
        if self.missing == 0 {
            self.spans.clear();
            match self.begin_command()? {
                Line::Complete(count) => self.missing = count,
                Line::Incomplete => return Ok(Item::Wants),
                Line::None => return Ok(Item::End),
            }
        }
        while self.missing > 0 {
            match self.argument()? {
                Some(span) => self.spans.push(span),
                None => return Ok(Item::Wants),
            }
            self.missing -= 1;
        }
        self.begin = self.at;
        Ok(Item::Command(Args::new(&self.buffer, &self.spans)))
    }

    /// Reads the line that says how many arguments follow.
    fn begin_command(&mut self) -> Result<Line, Damage> {
        loop {
            let Some(line) = self.line()? else {
                let nothing_left = self.ended && self.at == self.buffer.len();
                return Ok(if nothing_left { Line::None } else { Line::Incomplete });
            };
            let text = &self.buffer[self.at..line];
            match text {
                [b'#', .., b'\n'] => self.at = line,
                [b'#', ..] => return Err(Damage::CutShort),
                [b'*'] => return Err(Damage::CutShort),
                [b'*', digits @ ..] => {
                    let count = leading_number(digits).filter(|&count| count > 0 && count <= i64::from(i32::MAX));
                    let count = count.ok_or(Damage::Format)?;
                    self.at = line;
                    return Ok(Line::Complete(count as usize));
                }
                _ => return Err(Damage::Format),
            }
        }
    }

    /// Where the line ends that begins here; `None`: nothing, or not all of it, is here. The last may lack its end. Errors: it is too long.
    fn line(&self) -> Result<Option<usize>, Damage> {
        let rest = &self.buffer[self.at..];
        let seen = &rest[..rest.len().min(LINE_BYTES_MAX)];
        match memchr::memchr(b'\n', seen) {
            Some(end) => Ok(Some(self.at + end + 1)),
            None if rest.len() >= LINE_BYTES_MAX => Err(Damage::Format),
            None if self.ended && !rest.is_empty() => Ok(Some(self.buffer.len())),
            None => Ok(None),
        }
    }

    /// Reads one argument and what follows it. `None`: it is not all here.
    fn argument(&mut self) -> Result<Option<Span>, Damage> {
        let Some(line) = self.line()? else {
            return if self.ended { Err(Damage::CutShort) } else { Ok(None) };
        };
        let length = match &self.buffer[self.at..line] {
            [b'$', digits @ ..] => leading_number(digits).unwrap_or(0),
            _ => return Err(Damage::Format),
        };
        let length = u64::try_from(length).map_err(|_| Damage::Format)?;
        let left = self.file_bytes.saturating_sub(self.buffer_offset + line as u64);
        if length.saturating_add(2) > left {
            return Err(Damage::CutShort);
        }
        let end = line + length as usize;
        if end + 2 > self.buffer.len() {
            return if self.ended { Err(Damage::CutShort) } else { Ok(None) };
        }
        self.at = end + 2;
        Ok(Some(Span { start: line, end }))
    }
}

enum Line {
    Complete(usize),
    Incomplete,
    /// The file ends here.
    None,
}

/// The number that a text begins with, as C's `atoi` finds it. `None`: there is none, or it is beyond 64 bits.
fn leading_number(text: &[u8]) -> Option<i64> {
    let text = text.trim_ascii_start();
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let mut number: Option<i64> = None;
    for digit in digits.iter().take_while(|byte| byte.is_ascii_digit()) {
        number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(i64::from(digit - b'0'))?);
    }
    number.map(|number| if negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a file in chunks of that size: the commands, where the last one ends, and how it ended.
    fn read(file: &[u8], chunk: usize) -> (Vec<String>, u64, Result<(), Damage>) {
        let mut reader = CommandReader::new(file.len() as u64, 0);
        let (mut chunks, mut commands) = (file.chunks(chunk), Vec::new());
        let ended = loop {
            match reader.next() {
                Ok(Item::Command(args)) => {
                    let words: Vec<String> = args.iter().map(|arg| arg.escape_ascii().to_string()).collect();
                    commands.push(words.join(" "));
                }
                Ok(Item::Wants) => match chunks.next() {
                    Some(bytes) => reader.feed(bytes),
                    None => reader.feed_end(),
                },
                Ok(Item::End) => break Ok(()),
                Err(damage) => break Err(damage),
            }
        };
        (commands, reader.offset(), ended)
    }

    #[test]
    fn commands_come_the_same_however_the_file_is_cut_into_chunks() {
        let file = b"#TS:12\r\n*2\r\n$3\r\nGET\r\n$0\r\n\r\n#x\n*1\r\n$2\r\n\r\nxx";
        for chunk in 1..=file.len() {
            let (commands, offset, ended) = read(file, chunk);
            assert_eq!((commands, offset, ended), (vec!["GET ".into(), r"\r\n".into()], file.len() as u64, Ok(())));
        }
    }

    #[test]
    fn wherever_a_file_ends_the_whole_commands_before_are_there() {
        let whole = b"*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nECHO\r\n$3\r\nabc\r\n";
        for length in 0..=whole.len() {
            let (commands, offset, ended) = read(&whole[..length], 3);
            let count = [14, whole.len()].iter().filter(|&&end| length >= end).count();
            assert_eq!(commands.len(), count);
            let end = [0, 14, whole.len()][count];
            assert_eq!(offset, end as u64);
            assert_eq!(ended.is_ok(), length == end, "{length}");
            assert_ne!(ended, Err(Damage::Format), "{length}");
        }
    }

    #[test]
    fn what_is_no_command_is_told_apart_from_what_ends_early() {
        for (file, damage) in [
            (b"PING\r\n".as_slice(), Damage::Format),
            (b"*\r\n", Damage::Format),
            (b"*0\r\n", Damage::Format),
            (b"*-1\r\n", Damage::Format),
            (b"*1\r\n*1\r\n", Damage::Format),
            (b"*1\r\n$-1\r\n", Damage::Format),
            (b"#TS:17", Damage::CutShort),
            (b"*", Damage::CutShort),
            (b"*5", Damage::CutShort),
            (b"*1\r\n$99999999999\r\nx", Damage::CutShort),
            (b"*1\r\n$9223372036854775807\r\nx", Damage::CutShort),
            (b"*2147483647\r\n$1\r\nx\r\n", Damage::CutShort),
            (b"\n", Damage::Format),
        ] {
            assert_eq!(read(file, 4).2, Err(damage), "{}", file.escape_ascii());
        }
        let long = [b"#".as_slice(), &[b'x'; 1100], b"\r\n"].concat();
        assert_eq!(read(&long, 7).2, Err(Damage::Format));
    }
}
