//! Two targets that get the same steps: batching, comparison, counting.

use super::{Difference, choice};
use crate::divergences::Divergences;
use crate::monitor_line;
use crate::normalise::{Normaliser, rule_of};
use crate::quote;
use crate::reply_count::ReplyCount;
use crate::report::Tally;
use crate::resp::{self, Value};
use crate::rows::Rows;
use crate::script::coverage::row_name;
use crate::script::{Read, Step, fill_in, has_placeholder};
use crate::target::{BELL, Received, Target, Want};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

const BATCH_COMMANDS_MAX: usize = 512;
const BATCH_BYTES_MAX: usize = 128 * 1024;

/// Two servers under comparison.
pub struct Pair {
    pub a: Box<dyn Target>,
    pub b: Box<dyn Target>,
    pub resp: u8,
    pub rows: Rows,
    pub divergences: Divergences,
    /// How long a missing reply is waited for.
    pub patience: Duration,
    /// The database that each side's stream of propagated commands has selected.
    pub propagation_db: [u64; 2],
    clients: BTreeMap<usize, Client>,
    rules: BTreeMap<String, Normaliser>,
}

#[derive(Default)]
struct Client {
    count: ReplyCount,
    ids: Option<(u64, u64)>,
    /// It has been sent something without waiting: what comes for it is looked at when it has arrived.
    is_heard: bool,
    /// Commands that were sent without waiting, and not answered yet.
    pending: VecDeque<Vec<Vec<u8>>>,
    /// Commands that were queued since MULTI: the elements of EXEC's reply are theirs.
    queued: Vec<Vec<Vec<u8>>>,
}

/// Commands of one client, encoded for both sides.
struct Batch {
    client: usize,
    to_a: Vec<u8>,
    to_b: Vec<u8>,
    /// The index of the step, and how many replies it has coming.
    steps: Vec<(usize, usize)>,
}

impl Pair {
    pub fn new(a: Box<dyn Target>, b: Box<dyn Target>, resp: u8, rows: Rows, divergences: Divergences) -> Self {
        let rules = rows.rows.keys().filter_map(|row| {
            let how = Normaliser::parse(rule_of(row)?.how).expect("the table parses: it has a test");
            Some((row.clone(), how))
        });
        let rules = rules.collect();
        let patience = crate::target::PATIENCE;
        Pair { a, b, resp, rows, divergences, patience, propagation_db: [0; 2], clients: BTreeMap::new(), rules }
    }

    /// Forgets every client, and closes its connections.
    pub fn drop_clients(&mut self) {
        for client in std::mem::take(&mut self.clients).into_keys() {
            self.a.disconnect(client);
            self.b.disconnect(client);
        }
        self.a.disconnect(choice::JUDGE);
        self.b.disconnect(choice::JUDGE);
        self.a.disconnect(BELL);
        self.b.disconnect(BELL);
    }

    /// Runs the steps on both. The difference, if there is one, is the first.
    pub fn run(&mut self, steps: &[Step], tally: &mut Tally) -> Result<(), Difference> {
        let mut at = 0;
        if steps.iter().any(|step| matches!(step, Step::Command { args, .. } if choice::is_choice(args))) {
            choice::open(self).map_err(|error| self.broken(steps, 0, error))?;
        }
        while at < steps.len() {
            match &steps[at] {
                Step::Command { client, .. } => {
                    let batch = self.batch(*client, steps, at).map_err(|e| self.broken(steps, at, e))?;
                    at = batch.steps.last().expect("a batch is never empty").0 + 1;
                    self.exchange(&batch, steps, tally)?;
                }
                other => {
                    self.single(other, at, tally)?;
                    at += 1;
                }
            }
        }
        Ok(())
    }

    fn broken(&self, steps: &[Step], at: usize, error: String) -> Difference {
        let step = steps.get(at).map(|step| Box::new((at, step.clone())));
        Difference { step, kind: format!("the harness could not go on: {error}"), a: Vec::new(), b: Vec::new() }
    }

    /// Gathers what the client says next, up to the point where another speaks.
    fn batch(&mut self, client: usize, steps: &[Step], from: usize) -> Result<Batch, String> {
        self.open(client)?;
        let mut batch = Batch { client, to_a: Vec::new(), to_b: Vec::new(), steps: Vec::new() };
        let mut same = true;
        for (index, step) in steps.iter().enumerate().skip(from) {
            let Step::Command { client: who, args, .. } = step else {
                break;
            };
            let full = batch.steps.len() >= BATCH_COMMANDS_MAX || batch.to_a.len() >= BATCH_BYTES_MAX;
            if *who != client || full || (stands_first(args) && !batch.steps.is_empty()) {
                break;
            }
            if same && args.iter().any(|arg| has_placeholder(arg)) {
                batch.to_b = batch.to_a.clone();
                same = false;
            }
            if same {
                resp::encode_command(args, &mut batch.to_a);
            } else {
                self.encode_filled(args, &mut batch)?;
            }
            let replies = self.clients.get_mut(&client).expect("opened").count.expect(args);
            batch.steps.push((index, replies));
            if choice::is_choice(args) || closes_others(args) {
                break;
            }
        }
        if same {
            batch.to_b.clear();
        }
        Ok(batch)
    }

    fn encode_filled(&mut self, args: &[Vec<u8>], batch: &mut Batch) -> Result<(), String> {
        for arg in args.iter().filter(|arg| has_placeholder(arg)) {
            for other in 0..BELL {
                if String::from_utf8_lossy(arg).contains(&format!("${{id:c{other}}}")) {
                    self.open(other)?;
                }
            }
        }
        let clients = &self.clients;
        let fill = |side_b: bool, target: &dyn Target| -> Vec<Vec<u8>> {
            let mut look_up = |name: &str| match name.split_once(":c") {
                Some(("id", n)) => {
                    let (a, b) = clients.get(&n.parse().ok()?)?.ids?;
                    Some(if side_b { b } else { a }.to_string())
                }
                Some(("addr", n)) => target.client_addr(n.parse().ok()?),
                _ => Some(target.server_addr()),
            };
            args.iter().map(|arg| fill_in(arg, &mut look_up)).collect()
        };
        resp::encode_command(&fill(false, &*self.a), &mut batch.to_a);
        resp::encode_command(&fill(true, &*self.b), &mut batch.to_b);
        Ok(())
    }

    fn open(&mut self, client: usize) -> Result<(), String> {
        if self.clients.contains_key(&client) {
            return Ok(());
        }
        let hello: &[&[u8]] = if self.resp == 3 { &[b"HELLO", b"3"] } else { &[b"CLIENT", b"ID"] };
        let mut ids = [0; 2];
        for (target, id) in [&mut self.a, &mut self.b].into_iter().zip(&mut ids) {
            let failed = |error: std::io::Error| error.to_string();
            target.connect(client).map_err(failed)?;
            let reply = target.ask(client, hello).map_err(failed)?;
            let found = reply.as_integer().or_else(|| reply.field("id")?.as_integer());
            *id = found.unwrap_or_default() as u64;
        }
        let ids = Some((ids[0], ids[1]));
        self.clients.insert(client, Client { ids, ..Client::default() });
        Ok(())
    }

    fn exchange(&mut self, batch: &Batch, steps: &[Step], tally: &mut Tally) -> Result<(), Difference> {
        let to_b = if batch.to_b.is_empty() { &batch.to_a } else { &batch.to_b };
        self.a.send(batch.client, &batch.to_a);
        self.b.send(batch.client, to_b);
        let want = Want::Replies(batch.steps.iter().map(|(_, replies)| replies).sum());
        let (mut from_a, mut from_b) = (Vec::new(), Vec::new());
        let end_a = self.a.receive(batch.client, want, self.patience, &mut from_a);
        let end_b = self.b.receive(batch.client, want, self.patience, &mut from_b);
        let ended = self.clients.get(&batch.client).is_some_and(|client| client.count.ended());
        let equal = from_a == from_b && end_a == end_b;
        let walked = self.walk(batch, steps, equal, (&from_a, end_a), (&from_b, end_b), tally);
        if ended || end_a == Received::Closed || end_b == Received::Closed {
            // Reconnected when it speaks again.
            self.clients.remove(&batch.client);
        }
        walked?;
        let ids = self.clients.get(&batch.client).and_then(|client| client.ids);
        match ids {
            Some(ids) => self.judge(batch, steps, ids, &from_a, &from_b),
            None => Ok(()),
        }
    }

    /// A random choice at the end of a batch.
    fn judge(
        &mut self,
        batch: &Batch,
        steps: &[Step],
        ids: (u64, u64),
        from_a: &[u8],
        from_b: &[u8],
    ) -> Result<(), Difference> {
        let &(index, replies) = batch.steps.last().expect("a batch is never empty");
        let Step::Command { args, .. } = &steps[index] else { unreachable!("a batch holds commands") };
        if !choice::is_choice(args) {
            return Ok(());
        }
        // Pushes may come behind a reply.
        let last = |bytes: &[u8]| {
            let values = resp::parse_all(bytes).unwrap_or_default();
            values.into_iter().rev().find(|value| !matches!(value, Value::Push(_)))
        };
        let said = [last(from_a), last(from_b)];
        let said = match &said {
            [Some(a), Some(b)] if replies > 0 => Some([a, b]),
            _ => None,
        };
        choice::judge(self, ids, args, said).map_err(|kind| {
            let encoded = |side: usize| said.map_or(Vec::new(), |said| said[side].encoded());
            Difference { step: Some(Box::new((index, steps[index].clone()))), kind, a: encoded(0), b: encoded(1) }
        })
    }

    /// Goes through the replies of a batch: to count them, and to find where they differ.
    fn walk(
        &mut self,
        batch: &Batch,
        steps: &[Step],
        equal: bool,
        (from_a, end_a): (&[u8], Received),
        (from_b, end_b): (&[u8], Received),
        tally: &mut Tally,
    ) -> Result<(), Difference> {
        let (mut at_a, mut at_b) = (0, 0);
        for &(index, replies) in &batch.steps {
            let Step::Command { args, .. } = &steps[index] else { unreachable!("a batch holds commands") };
            if replies == 0 {
                tally.silent(args, &self.rows);
            }
            let mut left = replies;
            while left > 0 {
                let frame_a = frame(from_a, at_a);
                let frame_b = if equal { frame_a } else { frame(from_b, at_b) };
                let differ = |kind: &str| {
                    let step = Some(Box::new((index, steps[index].clone())));
                    Difference { step, kind: kind.into(), a: frame_a.to_vec(), b: frame_b.to_vec() }
                };
                if frame_a.is_empty() && frame_b.is_empty() {
                    // Neither answered: closed on both sides, or a batch that both left hanging.
                    return if end_a == end_b && end_a != Received::TimedOut {
                        Ok(())
                    } else {
                        Err(differ(&format!("no reply: {end_a:?} against {end_b:?}")))
                    };
                }
                if frame_a.is_empty() || frame_b.is_empty() {
                    return Err(differ("one of the two said nothing"));
                }
                if !equal && !self.accepted(batch.client, args, frame_a, frame_b, tally) {
                    return Err(differ("the replies differ"));
                }
                self.count_queued_errors(batch.client, args, frame_a, tally);
                self.note_queue(batch.client, args, frame_a);
                if resp::is_push(frame_a[0]) {
                    tally.push();
                } else {
                    left -= 1;
                    tally.reply(args, frame_a, &self.rows);
                }
                at_a += frame_a.len();
                at_b += frame_b.len();
            }
        }
        let rest_differs = from_a[at_a..] != from_b[if equal { at_a } else { at_b }..];
        if end_a != end_b || rest_differs {
            let kind = format!("the connections ended otherwise: {end_a:?} against {end_b:?}");
            let step = batch.steps.last().map(|&(index, _)| Box::new((index, steps[index].clone())));
            return Err(Difference {
                step,
                kind,
                a: from_a[at_a..].to_vec(),
                b: from_b[at_b.min(from_b.len())..].to_vec(),
            });
        }
        Ok(())
    }

    /// Are two replies that are not the same bytes the same under the table, or accepted as a divergence?
    fn accepted(&mut self, client: usize, args: &[Vec<u8>], a: &[u8], b: &[u8], tally: &mut Tally) -> bool {
        if a == b || args.is_empty() {
            return a == b;
        }
        let (Ok(Some((a, _))), Ok(Some((b, _)))) = (resp::parse(a, 0), resp::parse(b, 0)) else {
            return false;
        };
        if matches!(a, Value::Push(_)) != matches!(b, Value::Push(_)) {
            return false;
        }
        if args[0].eq_ignore_ascii_case(b"EXEC")
            && let Some(queued) = self.clients.get(&client).map(|client| client.queued.clone())
            && let (Some(from_a), Some(from_b)) = (a.items(), b.items())
            && from_a.len() == queued.len()
            && from_b.len() == queued.len()
        {
            // Each under the rule of its own command.
            let mut elements = queued.iter().zip(from_a.iter().zip(from_b));
            return elements.all(|(args, (a, b))| a == b || self.alike(args, a, b, tally));
        }
        self.alike(args, &a, &b, tally)
    }

    /// Are two replies of a command that differ the same under its rule, or accepted?
    fn alike(&mut self, args: &[Vec<u8>], a: &Value, b: &Value, tally: &mut Tally) -> bool {
        let row = row_name(args, &self.rows.containers);
        if let Some(how) = self.rules.get(&row)
            && how.equal(args, a, b)
        {
            tally.normalised(&row);
            return true;
        }
        self.divergences.accepts(&row, args, a, b)
    }

    /// Counts the errors inside of EXEC's reply under their own commands.
    fn count_queued_errors(&self, client: usize, args: &[Vec<u8>], reply: &[u8], tally: &mut Tally) {
        let Some(client) = self.clients.get(&client).filter(|client| !client.queued.is_empty()) else { return };
        let holds_error = args[0].eq_ignore_ascii_case(b"EXEC") && memchr::memmem::find(reply, b"\r\n-").is_some();
        if !holds_error {
            return;
        }
        let Ok(Some((reply, _))) = resp::parse(reply, 0) else { return };
        for (args, element) in client.queued.iter().zip(reply.items().unwrap_or_default()) {
            if let Value::Error(text) = element {
                tally.nested_error(args, text, &self.rows);
            }
        }
    }

    /// Keeps account of what a client has queued.
    fn note_queue(&mut self, client: usize, args: &[Vec<u8>], reply: &[u8]) {
        let Some(client) = self.clients.get_mut(&client) else { return };
        if reply == b"+QUEUED\r\n" {
            client.queued.push(args.to_vec());
        } else if !client.queued.is_empty() && reply[0] != b'>' {
            let ends = ["EXEC", "DISCARD", "RESET"].iter().any(|word| args[0].eq_ignore_ascii_case(word.as_bytes()));
            if ends {
                client.queued.clear();
            }
        }
    }

    /// A step that is not a command: raw bytes, reads, time.
    fn single(&mut self, step: &Step, index: usize, tally: &mut Tally) -> Result<(), Difference> {
        let broken = |pair: &Pair, error| pair.broken(std::slice::from_ref(step), 0, error);
        match step {
            Step::Sleep { ms } => {
                // Both clocks run: the engine in this process sleeps on its own clock.
                self.a.sleep(Duration::from_millis(*ms));
                self.b.sleep(Duration::from_millis(*ms));
            }
            Step::Reconnect { client } => {
                self.clients.remove(client);
                self.open(*client).map_err(|error| broken(self, error))?;
            }
            Step::Raw { client, bytes } => {
                self.open(*client).map_err(|error| broken(self, error))?;
                self.a.send(*client, bytes);
                self.b.send(*client, bytes);
            }
            Step::Send { client, args } => {
                self.open(*client).map_err(|error| broken(self, error))?;
                let mut batch = Batch { client: *client, to_a: Vec::new(), to_b: Vec::new(), steps: Vec::new() };
                self.encode_filled(args, &mut batch).map_err(|error| broken(self, error))?;
                self.a.send(*client, &batch.to_a);
                self.b.send(*client, &batch.to_b);
                self.settle().map_err(|error| broken(self, error))?;
                let known = self.clients.get_mut(client).expect("opened");
                known.is_heard = true;
                if answers_with_messages(args) {
                    tally.silent(args, &self.rows);
                } else {
                    known.pending.push_back(args.clone());
                }
            }
            Step::Arrived => return self.arrived(index, tally),
            Step::Read { client, what } => return self.read(*client, *what, index, step, tally),
            Step::Command { .. } => unreachable!("commands go in batches"),
        }
        Ok(())
    }

    fn settle(&mut self) -> Result<(), String> {
        for target in [&mut self.a, &mut self.b] {
            target.settle().map_err(|error| format!("{}: {error}", target.name()))?;
        }
        Ok(())
    }

    /// Compares what came for every client that has been sent something without waiting.
    fn arrived(&mut self, index: usize, tally: &mut Tally) -> Result<(), Difference> {
        let differ = |kind: String, a: &[u8], b: &[u8]| {
            let step = Some(Box::new((index, Step::Arrived)));
            Difference { step, kind, a: a.to_vec(), b: b.to_vec() }
        };
        for _ in 0..2 {
            self.settle().map_err(|error| differ(format!("the harness could not go on: {error}"), b"", b""))?;
        }
        let waiting = self.clients.iter().filter(|(_, client)| client.is_heard);
        for number in waiting.map(|(&number, _)| number).collect::<Vec<usize>>() {
            let (mut from_a, mut from_b) = (Vec::new(), Vec::new());
            let mut open_a = self.a.arrived(number, &mut from_a);
            let mut open_b = self.b.arrived(number, &mut from_b);
            // A server writes so much to a client in one round of its loop, and a full socket makes it wait: the rest comes.
            let mut quiet_rounds = 0;
            while quiet_rounds < 3
                && self.comparable(&*self.a, from_a.clone()) != self.comparable(&*self.b, from_b.clone())
            {
                let before = from_a.len() + from_b.len();
                self.settle().map_err(|error| differ(format!("the harness could not go on: {error}"), b"", b""))?;
                open_a = self.a.arrived(number, &mut from_a);
                open_b = self.b.arrived(number, &mut from_b);
                quiet_rounds = if from_a.len() + from_b.len() == before { quiet_rounds + 1 } else { 0 };
            }
            let from_a = self.comparable(&*self.a, from_a);
            let from_b = self.comparable(&*self.b, from_b);
            let (mut at_a, mut at_b) = (0, 0);
            loop {
                let (frame_a, frame_b) = (frame(&from_a, at_a), frame(&from_b, at_b));
                if frame_a.is_empty() && frame_b.is_empty() {
                    break;
                }
                let client = self.clients.get_mut(&number).expect("it waits");
                let said = if frame_a.is_empty() { frame_b } else { frame_a };
                let is_push = resp::is_push(said[0]) || is_message(said) || monitor_line::is_line(said);
                let args = if is_push { Vec::new() } else { client.pending.pop_front().unwrap_or_default() };
                if frame_a.is_empty() || frame_b.is_empty() || !self.accepted(number, &args, frame_a, frame_b, tally) {
                    let kind = format!("what came for c{number} differs, in answer to {}", quote::join(&args));
                    return Err(differ(kind, &from_a[at_a..], &from_b[at_b..]));
                }
                if is_push || args.is_empty() {
                    tally.push()
                } else {
                    tally.reply(&args, frame_a, &self.rows)
                }
                (at_a, at_b) = (at_a + frame_a.len(), at_b + frame_b.len());
            }
            if open_a != open_b {
                let kind = format!("c{number}: the connection is open on one side only");
                return Err(differ(kind, &from_a, &from_b));
            }
            if !open_a {
                self.clients.remove(&number);
            }
        }
        Ok(())
    }

    /// What came for a client, with what MONITOR shows made comparable.
    fn comparable(&self, target: &dyn Target, bytes: Vec<u8>) -> Vec<u8> {
        if !bytes.contains(&b'[') {
            return bytes;
        }
        let known: Vec<String> = self.clients.keys().filter_map(|&client| target.client_addr(client)).collect();
        monitor_line::comparable(bytes, &known)
    }

    fn read(
        &mut self,
        client: usize,
        what: Read,
        index: usize,
        step: &Step,
        tally: &mut Tally,
    ) -> Result<(), Difference> {
        self.open(client).map_err(|error| self.broken(std::slice::from_ref(step), 0, error))?;
        let mut said = [Vec::new(), Vec::new()];
        let mut ends = [Received::Complete; 2];
        for ((target, bytes), end) in [&mut self.a, &mut self.b].into_iter().zip(&mut said).zip(&mut ends) {
            let (want, patience) = match what {
                Read::Want(want) => (want, self.patience),
                Read::End => {
                    hear_out(&mut **target, client, bytes);
                    target.half_close(client);
                    (Want::Close, self.patience)
                }
                Read::Nothing => (Want::Frames(1), Duration::from_millis(60)),
            };
            *end = target.receive(client, want, patience, bytes);
        }
        if matches!(what, Read::End | Read::Want(Want::Close)) || ends.contains(&Received::Closed) {
            self.clients.remove(&client);
        }
        let [a, b] = said;
        tally.raw(&a);
        if ends[0] == ends[1] && (a == b || without_ids(&a) == without_ids(&b)) {
            return Ok(());
        }
        if what == Read::End && ends[0] == ends[1] && is_cut_by_reset(&a, &b) {
            return Ok(());
        }
        let kind = format!("the bytes differ ({:?} against {:?})", ends[0], ends[1]);
        Err(Difference { step: Some(Box::new((index, step.clone()))), kind, a, b })
    }
}

/// Takes what a server has to say to a client before that client's end is shut. A server frees a connection when it
/// sees its end, whatever is still to be written: of many replies, how much arrives would be a matter of chance.
fn hear_out(target: &mut dyn Target, client: usize, into: &mut Vec<u8>) {
    let mut quiet_rounds = 0;
    while quiet_rounds < 2 {
        let before = into.len();
        // A server that does not settle shows in what follows.
        if target.settle().is_err() || !target.arrived(client, into) {
            return;
        }
        quiet_rounds = if into.len() == before { quiet_rounds + 1 } else { 0 };
    }
}

/// Whether one is the beginning of the other, as long as a window of TCP. A server that closes a connection with input that
/// it has not read (what follows an error of the protocol) resets it, and what it had said beyond that window is lost.
fn is_cut_by_reset(a: &[u8], b: &[u8]) -> bool {
    const WINDOW: usize = 60_000;
    a.len().min(b.len()) >= WINDOW && (a.starts_with(b) || b.starts_with(a))
}

/// Replies without the number of the connection that HELLO tells. The servers count alike only as long as both have seen as
/// many connections, and a server that starts slowly is asked more than once whether it is there.
fn without_ids(replies: &[u8]) -> Vec<u8> {
    const BEFORE: &[u8] = b"$2\r\nid\r\n:";
    let mut rest = replies;
    let mut masked = Vec::with_capacity(replies.len());
    while let Some(at) = memchr::memmem::find(rest, BEFORE) {
        masked.extend_from_slice(&rest[..at + BEFORE.len()]);
        rest = &rest[at + BEFORE.len()..];
        rest = &rest[rest.iter().take_while(|byte| byte.is_ascii_digit()).count()..];
    }
    masked.extend_from_slice(rest);
    masked
}

/// Commands before which all replies have to have left.
fn stands_first(args: &[Vec<u8>]) -> bool {
    let is = |at: usize, word: &str| args.get(at).is_some_and(|arg| arg.eq_ignore_ascii_case(word.as_bytes()));
    // SCRIPT DEBUG looks whether there are some.
    closes_others(args) || (is(0, "SCRIPT") && is(1, "DEBUG"))
}

/// A connection that is closed loses what has not left yet: how much has, of one batch, depends on how the kernel cut it.
fn closes_others(args: &[Vec<u8>]) -> bool {
    args[0].eq_ignore_ascii_case(b"CLIENT") && args.get(1).is_some_and(|word| word.eq_ignore_ascii_case(b"KILL"))
}

/// Commands that are answered with a message a name, in RESP3 pushes.
fn answers_with_messages(args: &[Vec<u8>]) -> bool {
    let is = |word: &str| args[0].eq_ignore_ascii_case(word.as_bytes());
    ["SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"].into_iter().any(is)
}

/// A message in RESP2, where it looks like a reply.
fn is_message(frame: &[u8]) -> bool {
    let words: [&[u8]; 5] = [b"message\r\n", b"pmessage\r\n", b"smessage\r\n", b"subscribe\r\n", b"unsubscribe\r\n"];
    let head = &frame[..frame.len().min(32)];
    let ends_line = |word: &&[u8]| head.windows(word.len()).any(|window| window == *word);
    matches!(head, [b'*', b'3' | b'4', ..]) && words.iter().any(ends_line)
}

/// The bytes of the frame that starts at `at`; empty if there is no whole frame.
fn frame(bytes: &[u8], at: usize) -> &[u8] {
    match resp::frame_end(bytes, at) {
        Ok(Some(end)) => &bytes[at..end],
        _ => &[],
    }
}
