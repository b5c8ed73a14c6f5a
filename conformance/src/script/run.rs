//! Plays a script on one target and writes the transcript.
//!
//! A transcript is a list of blocks: the step as it stands in the script, then what came back, indented.
//! Recording and replaying both go through [`play`], so they can only differ by the target.

use super::{Read, Script, Step, fill_in, has_placeholder, print_step};
use crate::monitor_line;
use crate::quote;
use crate::render;
use crate::reply_count::ReplyCount;
use crate::resp::{self, Value};
use crate::target::{Received, Target, Want};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a reply is waited for: above the longest pause that a script makes.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long "nothing arrives" is watched.
const SILENCE: Duration = Duration::from_millis(60);

/// What a transcript says where a reply was waited for in vain.
pub const NO_MORE: &str = "(no more came)";

/// A step and what came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub step: String,
    pub reply: String,
}

/// What happened, block by block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    pub blocks: Vec<Block>,
}

impl Transcript {
    /// The text that is kept in a snapshot.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for block in &self.blocks {
            out.push_str(&block.step);
            out.push('\n');
            for line in block.reply.lines() {
                out.push_str("    ");
                out.push_str(line);
                out.push('\n');
            }
        }
        out.truncate(out.trim_end().len());
        out
    }

    /// Reads the text of a snapshot back.
    pub fn parse(text: &str) -> Transcript {
        let mut blocks: Vec<Block> = Vec::new();
        let mut directive = String::new();
        for line in text.lines() {
            match (line.strip_prefix("    "), blocks.last_mut()) {
                (Some(reply), Some(block)) if directive.is_empty() => {
                    block.reply.push_str(reply);
                    block.reply.push('\n');
                }
                _ if line.starts_with("@as") => directive = format!("{line}\n"),
                _ => {
                    let step = std::mem::take(&mut directive) + line;
                    blocks.push(Block { step, reply: String::new() });
                }
            }
        }
        for block in &mut blocks {
            block.reply.truncate(block.reply.trim_end_matches('\n').len());
        }
        Transcript { blocks }
    }
}

/// Plays a script over RESP2 or RESP3 connections. Errors: the target can't be reached.
pub fn play(target: &mut dyn Target, script: &Script, resp: u8) -> Result<Transcript, String> {
    let mut player = Player { target, resp, clients: BTreeMap::new() };
    let mut transcript = Transcript::default();
    for step in &script.steps {
        let reply = player.step(step).map_err(|error| format!("{}: {}: {error}", script.name, print_step(step)))?;
        transcript.blocks.push(Block { step: print_step(step), reply });
    }
    let open: Vec<usize> = player.clients.keys().copied().collect();
    for client in open {
        player.target.disconnect(client);
    }
    Ok(transcript)
}

struct Player<'t> {
    target: &'t mut dyn Target,
    resp: u8,
    clients: BTreeMap<usize, Client>,
}

struct Client {
    count: ReplyCount,
    id: Option<u64>,
    /// Whether it has said anything.
    spoke: bool,
}

impl Player<'_> {
    fn step(&mut self, step: &Step) -> Result<String, String> {
        match step {
            Step::Sleep { ms } => {
                self.target.sleep(Duration::from_millis(*ms));
                Ok(String::new())
            }
            Step::Reconnect { client } => {
                self.clients.remove(client);
                self.open(*client)?;
                Ok(String::new())
            }
            Step::Raw { client, bytes } => {
                self.open(*client)?;
                self.target.send(*client, bytes);
                Ok(String::new())
            }
            Step::Send { client, args } => {
                // Once it waits it can't be asked.
                self.open(*client)?;
                if !self.clients[client].spoke {
                    self.learn_id(*client)?;
                }
                let args = self.fill_in(args)?;
                let mut bytes = Vec::new();
                resp::encode_command(&args, &mut bytes);
                self.target.send(*client, &bytes);
                self.target.settle().map_err(|error| error.to_string())?;
                Ok(String::new())
            }
            Step::Arrived => self.arrived(),
            Step::Read { client, what } => {
                self.open(*client)?;
                Ok(self.read(*client, *what))
            }
            Step::Command { client, args, how } => {
                self.open(*client)?;
                let reply = self.command(*client, args)?;
                let canonical = |value: &Value| match how {
                    Some(how) => how.normaliser.canonical(value),
                    None => value.clone(),
                };
                Ok(describe(reply, &canonical))
            }
        }
    }

    fn command(&mut self, client: usize, args: &[Vec<u8>]) -> Result<(Received, Vec<u8>), String> {
        let filled = self.fill_in(args)?;
        let mut bytes = Vec::new();
        resp::encode_command(&filled, &mut bytes);
        self.target.send(client, &bytes);
        let known = self.clients.get_mut(&client).expect("opened");
        known.spoke = true;
        let replies = known.count.expect(args);
        let mut reply = Vec::new();
        if replies == 0 {
            return Ok((Received::Complete, reply));
        }
        let received = self.target.receive(client, Want::Replies(replies), PATIENCE, &mut reply);
        Ok((received, reply))
    }

    fn fill_in(&mut self, args: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, String> {
        let mut filled = Vec::with_capacity(args.len());
        for arg in args {
            if has_placeholder(arg) {
                self.learn_ids(arg)?;
            }
            filled.push(fill_in(arg, &mut |name| self.look_up(name)));
        }
        Ok(filled)
    }

    /// What came for whom.
    fn arrived(&mut self) -> Result<String, String> {
        for _ in 0..2 {
            self.target.settle().map_err(|error| error.to_string())?;
        }
        let mut out = String::new();
        for &client in self.clients.keys() {
            let mut bytes = Vec::new();
            let open = self.target.arrived(client, &mut bytes);
            let received = if open { Received::Complete } else { Received::Closed };
            let text = describe((received, bytes), &|value| value.clone());
            for (index, line) in text.lines().enumerate() {
                let who = if index == 0 { format!("c{client}: ") } else { "    ".into() };
                out.push_str(&format!("{who}{line}\n"));
            }
        }
        if out.is_empty() { Ok("(nothing)".into()) } else { Ok(out) }
    }

    fn read(&mut self, client: usize, what: Read) -> String {
        let mut bytes = Vec::new();
        let received = match what {
            Read::Want(want) => self.target.receive(client, want, PATIENCE, &mut bytes),
            Read::End => {
                self.target.half_close(client);
                self.target.receive(client, Want::Close, PATIENCE, &mut bytes)
            }
            Read::Nothing => match self.target.receive(client, Want::Frames(1), SILENCE, &mut bytes) {
                Received::TimedOut if bytes.is_empty() => return "(nothing)".into(),
                other => other,
            },
        };
        let closed = matches!(what, Read::End | Read::Want(Want::Close)) && received == Received::Complete;
        let mut text = describe((received, bytes), &|value| value.clone());
        if closed {
            text.push_str("(closed)\n");
        }
        text
    }

    fn open(&mut self, client: usize) -> Result<(), String> {
        if self.clients.contains_key(&client) {
            return Ok(());
        }
        self.target.connect(client).map_err(|error| error.to_string())?;
        self.clients.insert(client, Client { count: ReplyCount::default(), id: None, spoke: false });
        if self.resp == 3 {
            let hello = self.target.ask(client, &[b"HELLO", b"3"]).map_err(|error| error.to_string())?;
            // A server that asks for a password answers NOAUTH; the script then speaks RESP2, as it would.
            if let Some(id) = hello.field("id").and_then(Value::as_integer) {
                self.clients.get_mut(&client).expect("just opened").id = Some(id as u64);
            }
        }
        Ok(())
    }

    fn learn_ids(&mut self, word: &[u8]) -> Result<(), String> {
        let text = String::from_utf8_lossy(word).into_owned();
        for part in text.split("${id:c").skip(1) {
            let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
            let client: usize = digits.parse().map_err(|_| "a placeholder names a client")?;
            self.learn_id(client)?;
        }
        Ok(())
    }

    fn learn_id(&mut self, client: usize) -> Result<(), String> {
        self.open(client)?;
        if self.clients[&client].id.is_none() {
            let id = self.target.ask(client, &[b"CLIENT", b"ID"]).map_err(|error| error.to_string())?;
            self.clients.get_mut(&client).expect("opened").id = id.as_integer().map(|id| id as u64);
        }
        Ok(())
    }

    fn look_up(&self, name: &str) -> Option<String> {
        match name.split_once(":c") {
            Some(("id", n)) => self.clients.get(&n.parse().ok()?)?.id.map(|id| id.to_string()),
            Some(("addr", n)) => self.target.client_addr(n.parse().ok()?),
            _ => (name == "laddr").then(|| self.target.server_addr()),
        }
    }
}

/// The frames of a read, one after the other, and how it ended if not well.
pub fn describe((received, bytes): (Received, Vec<u8>), canonical: &dyn Fn(&Value) -> Value) -> String {
    let mut out = String::new();
    let mut at = 0;
    while at < bytes.len() {
        match resp::parse(&bytes, at) {
            Ok(Some((value, end))) => {
                // Pushes come unasked: the normaliser is meant for the reply.
                let value = if resp::is_push(bytes[at]) { value } else { canonical(&monitor_line::masked(&value)) };
                out.push_str(&render::value(&value));
                out.push('\n');
                at = end;
            }
            _ => {
                out.push_str(&format!("(not a reply: {})\n", quote::in_quotes(&bytes[at..])));
                break;
            }
        }
    }
    match received {
        Received::Complete | Received::Malformed => {}
        Received::Closed => out.push_str("(closed)\n"),
        Received::TimedOut => out.push_str(&format!("{NO_MORE}\n")),
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_is_read_back_from_its_text() {
        let block = |step: &str, reply: &str| Block { step: step.into(), reply: reply.into() };
        let blocks = vec![
            block("c1> SET k v", "+OK"),
            block("@as near 10 because time\nc1> TTL k", ":~10"),
            block("@sleep 5", ""),
            block("c1> MGET a b", "*2\n  $ \"1\"\n  $-1"),
        ];
        let transcript = Transcript { blocks };
        assert_eq!(Transcript::parse(&transcript.text()), transcript);
    }
}
