//! Scripts: conversations of a few clients with a server, as text that a person can read and write.
//!
//! ```text
//! # A comment. It explains; it is not part of the transcript.
//! c1> SET k v                         a command; its reply is read
//! > GET k                             the same, of the client that spoke last
//! c2~ BLPOP q 0                       a command that may block: sent and executed, its reply is read later
//! @arrived                            what has come for every client since it was last read
//! c2! "*1\r\n$4\r\nPING" "\r\n"       raw bytes, words joined; nothing is read
//! c2< 1                               reads one reply (pushes before it included)
//! c2< push 1                          reads one frame of any kind
//! c2< close                           the server closes the connection, after what it says first
//! c2< end                             we say that we are done; the server answers and closes
//! c2< nothing                         nothing arrives
//! @sleep 20                           milliseconds
//! @reconnect c1
//! @as near 10 because time passes     how the next reply is compared (see normalise.rs), with the reason
//! @needs RPUSH SADD                    at the head: skipped, and said so, where a command does not exist
//! @resp 2                             at the head: the script is for one protocol only
//! ```
//!
//! Words are quoted as in redis-cli. Words that only the connection knows are written `${id:c2}` (its client
//! id), `${addr:c2}` (its address) and `${laddr}` (the server's).
//!
//! The same steps are what the generators emit and what the shrinker prints, so a difference that was found is
//! a script that can be kept.

pub mod coverage;
pub mod run;
pub mod snapshot;

use crate::normalise::Normaliser;
use crate::quote;
use crate::target::Want;
use std::fmt::Write as _;

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Command {
        client: usize,
        args: Vec<Vec<u8>>,
        how: Option<How>,
    },
    /// A command that is not waited for, though executed before the next step.
    Send {
        client: usize,
        args: Vec<Vec<u8>>,
    },
    /// Reads what has come for clients that were sent something.
    Arrived,
    Raw {
        client: usize,
        bytes: Vec<u8>,
    },
    Read {
        client: usize,
        what: Read,
    },
    Sleep {
        ms: u64,
    },
    Reconnect {
        client: usize,
    },
}

/// What a `<` line waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    Want(Want),
    /// Half-close, then everything up to the end.
    End,
    Nothing,
}

/// A comparison that is not exact, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct How {
    pub normaliser: Normaliser,
    pub text: String,
    pub reason: String,
}

/// A parsed script.
#[derive(Clone, Debug)]
pub struct Script {
    /// `family/case`
    pub name: String,
    pub steps: Vec<Step>,
    /// The protocol it is for; `None` for both.
    pub resp: Option<u8>,
    /// Commands without which it is not played.
    pub needs: Vec<String>,
}

impl Script {
    /// Parses the text of a script. Errors name the line.
    pub fn parse(name: &str, text: &str) -> Result<Script, String> {
        let mut parser = Parser {
            script: Script { name: name.to_string(), steps: Vec::new(), resp: None, needs: Vec::new() },
            last: 1,
            how: None,
        };
        for (index, line) in text.lines().enumerate() {
            parser.line(line.trim()).map_err(|error| format!("{name}:{}: {error}: {line}", index + 1))?;
        }
        if parser.how.is_some() {
            return Err(format!("{name}: an @as without a command after it"));
        }
        Ok(parser.script)
    }
}

struct Parser {
    script: Script,
    last: usize,
    how: Option<How>,
}

impl Parser {
    fn line(&mut self, line: &str) -> Result<(), String> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if let Some(directive) = line.strip_prefix('@') {
            return self.directive(directive);
        }
        let at = line.find(['>', '~', '!', '<']).ok_or("neither a step nor a comment")?;
        let (who, rest) = line.split_at(at);
        if !who.is_empty() {
            self.last = client(who)?;
        }
        let client = self.last;
        let body = rest[1..].trim();
        let step = match &rest[..1] {
            "<" => Step::Read { client, what: read(body)? },
            kind => {
                let words = quote::split(body.as_bytes()).map_err(|_| "unbalanced quotes")?;
                match kind {
                    "!" => Step::Raw { client, bytes: words.concat() },
                    _ if words.is_empty() => return Err("an empty command".into()),
                    "~" => Step::Send { client, args: words },
                    _ => Step::Command { client, args: words, how: self.how.take() },
                }
            }
        };
        self.script.steps.push(step);
        Ok(())
    }

    fn directive(&mut self, text: &str) -> Result<(), String> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        match word {
            "sleep" => {
                let ms = rest.trim().parse().map_err(|_| "no number")?;
                self.script.steps.push(Step::Sleep { ms });
            }
            "arrived" => self.script.steps.push(Step::Arrived),
            "reconnect" => self.script.steps.push(Step::Reconnect { client: client(rest.trim())? }),
            "needs" => self.script.needs = rest.split_whitespace().map(str::to_string).collect(),
            "resp" => self.script.resp = Some(rest.trim().parse().map_err(|_| "no number")?),
            "as" => {
                let (how, reason) = rest.split_once(" because ").ok_or("an @as needs its `because`")?;
                let normaliser = Normaliser::parse(how)?;
                self.how = Some(How { normaliser, text: how.to_string(), reason: reason.to_string() });
            }
            other => return Err(format!("unknown directive @{other}")),
        }
        Ok(())
    }
}

fn client(text: &str) -> Result<usize, String> {
    let digits = text.strip_prefix('c').ok_or("a client is written c1")?;
    digits.parse().map_err(|_| "a client is written c1".to_string())
}

fn read(text: &str) -> Result<Read, String> {
    Ok(match text.split_once(' ').unwrap_or((text, "")) {
        ("close", "") => Read::Want(Want::Close),
        ("end", "") => Read::End,
        ("nothing", "") => Read::Nothing,
        ("push", n) => Read::Want(Want::Frames(n.trim().parse().map_err(|_| "how many?")?)),
        (n, "") => Read::Want(Want::Replies(n.parse().map_err(|_| "how many?")?)),
        _ => return Err("unknown read".into()),
    })
}

/// The script text of a step. `Script::parse` gives the step back.
pub fn print_step(step: &Step) -> String {
    match step {
        Step::Command { client, args, how } => {
            let mut out = String::new();
            if let Some(how) = how {
                let _ = writeln!(out, "@as {} because {}", how.text, how.reason);
            }
            let _ = write!(out, "c{client}> {}", quote::join(args));
            out
        }
        Step::Send { client, args } => format!("c{client}~ {}", quote::join(args)),
        Step::Arrived => "@arrived".into(),
        Step::Raw { client, bytes } => format!("c{client}! {}", quote::in_quotes(bytes)),
        Step::Read { client, what } => {
            let what = match what {
                Read::Want(Want::Replies(n)) => n.to_string(),
                Read::Want(Want::Frames(n)) => format!("push {n}"),
                Read::Want(Want::Close) => "close".into(),
                Read::End => "end".into(),
                Read::Nothing => "nothing".into(),
            };
            format!("c{client}< {what}")
        }
        Step::Sleep { ms } => format!("@sleep {ms}"),
        Step::Reconnect { client } => format!("@reconnect c{client}"),
    }
}

/// The text of several steps, one a line.
pub fn print_steps(steps: &[Step]) -> String {
    let mut out = String::new();
    for step in steps {
        out.push_str(&print_step(step));
        out.push('\n');
    }
    out
}

/// Fills in `${id:c2}`, `${addr:c2}` and `${laddr}`; `look_up` knows the values. A word without a
/// placeholder is returned as it is.
pub fn fill_in(word: &[u8], look_up: &mut dyn FnMut(&str) -> Option<String>) -> Vec<u8> {
    if !has_placeholder(word) {
        return word.to_vec();
    }
    let text = String::from_utf8_lossy(word);
    let mut out = String::new();
    let mut rest = &text[..];
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        match after.split_once('}') {
            Some((name, tail)) => {
                out.push_str(&look_up(name).unwrap_or_else(|| "?".into()));
                rest = tail;
            }
            None => {
                out.push_str("${");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out.into_bytes()
}

/// Does the word hold a placeholder?
pub fn has_placeholder(word: &[u8]) -> bool {
    let Some(at) = word.windows(2).position(|pair| pair == b"${") else {
        return false;
    };
    [&b"id:"[..], b"addr:", b"laddr"].iter().any(|name| word[at + 2..].starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# head\n@resp 2\nc1> SET k \"a\\x00\"\n> GET k\nc2~ BLPOP k 0\n@arrived\nc2! \"*1\\r\\n\" \"x\"\nc2< 1\nc2< push 2\n\
        c2< close\nc2< end\nc1< nothing\n@sleep 20\n@reconnect c1\n@as near 10 because time\nc3> TTL k\n";

    #[test]
    fn every_form_of_a_line_is_read_and_printed_back() {
        let script = Script::parse("x/y", TEXT).expect("well formed");
        assert_eq!(script.resp, Some(2));
        assert_eq!(script.steps.len(), 13);
        assert!(matches!(&script.steps[1], Step::Command { client: 1, args, .. } if args[0] == b"GET"));
        assert!(matches!(&script.steps[2], Step::Send { client: 2, args } if args.len() == 3));
        assert!(matches!(&script.steps[4], Step::Raw { client: 2, bytes } if bytes == b"*1\r\nx"));
        let again = Script::parse("x/y", &print_steps(&script.steps)).expect("printed well");
        assert_eq!(again.steps, script.steps);
    }

    #[test]
    fn errors_name_the_line() {
        let error = Script::parse("a/b", "c1> PING\nhello\n").expect_err("no step");
        assert!(error.starts_with("a/b:2:"), "{error}");
        assert!(Script::parse("a/b", "@as shape\n> PING").is_err(), "a reason is required");
    }

    #[test]
    fn placeholders_are_filled_in() {
        let mut look_up = |name: &str| (name == "id:c2").then(|| "17".to_string());
        assert_eq!(fill_in(b"a${id:c2}b", &mut look_up), b"a17b");
        assert_eq!(fill_in(b"${x}", &mut look_up), b"${x}");
        assert_eq!(fill_in(b"${addr:c9}", &mut look_up), b"?");
    }
}
