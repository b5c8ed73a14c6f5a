//! MIGRATE: values go to another server, and are deleted here when that one has them.
//!
//! ```text
//!   ┌─ no link kept ─► Open ─┐
//!   └─ kept ─────────────────┴─► Send ─► ReceiveLine: AUTH ─► SELECT ─► RESTORE … ─► delete what arrived ─► a reply
//!            ▲                    │           │ fails, nothing was read, no timeout
//!            └─── once more, on a new link ───┘
//! ```
//!
//! The server stands still meanwhile, as the original does: what was sent can't change before it is deleted. All requests go
//! out at once; a line is expected for each. The link is kept for ten seconds, with the database that it has selected.
//!
//! Source: observed behaviour of 7.0.15. Deviation: not possible inside of a script, which can't wait for the driver.

use std::collections::BTreeMap;

use super::Engine;
use super::action::{Action, Outcome};
use super::client::ClientId;
use super::journal::Readers;
use super::link::{LinkId, LinkOp};
use super::persistence::NOBODY;
use crate::aof::request::append_request;
use crate::commands::{CommandError, OwnedArgs};
use crate::keyspace::{Database, DbIndex, Event};
use crate::rdb::dump;

/// Links that are kept at most, and for how long without use.
const LINKS_MAX: usize = 64;
const LINK_KEPT_S: u64 = 10;
/// As much of a reply is read.
const LINE_BYTES_MAX: usize = 1023;

/// What MIGRATE was asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub host: Vec<u8>,
    pub port: u16,
    pub db: i64,
    /// For each operation on the link.
    pub timeout_ms: u64,
    pub copy: bool,
    pub replace: bool,
    /// Arguments of AUTH.
    pub credentials: Vec<Vec<u8>>,
    pub keys: Vec<Vec<u8>>,
}

/// A link that may be used again.
#[derive(Clone, Debug)]
struct KeptLink {
    link: LinkId,
    /// The database that it has selected.
    db: Option<i64>,
    used_s: u64,
}

/// What a line answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Auth,
    Select,
    Restore(usize),
}

/// A migration under way.
#[derive(Clone, Debug)]
struct Migration {
    client: ClientId,
    from: DbIndex,
    order: Order,
    /// RESTORE with all its arguments, for each key.
    requests: Vec<Vec<u8>>,
    may_retry: bool,
    /// The lines that are still to come, the next one last.
    expected: Vec<Expected>,
    restored: Vec<usize>,
    /// The first error of the other side.
    refused: Option<Vec<u8>>,
    /// It was AUTH or SELECT that failed: what followed went nowhere, or to the wrong place.
    is_misplaced: bool,
}

/// Migrations: the one under way, and links that are kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Migrations {
    running: Option<Migration>,
    links: BTreeMap<(Vec<u8>, u16), KeptLink>,
    next_link: u32,
}

impl Migrations {
    /// Whether the server stands still for one.
    #[inline]
    pub(super) fn stands_still(&self) -> bool {
        self.running.is_some()
    }
}

impl Engine {
    /// Begins to send keys away. Whether there is something to send. Errors: inside of a script.
    pub(crate) fn migrate(&mut self, client: ClientId, mut order: Order) -> Result<bool, CommandError> {
        if self.script_runs() {
            return Err(CommandError::NotSupported("MIGRATE inside of a script"));
        }
        let from = self.client(client).db;
        let compression = self.policy.rdb_compression;
        let now_ms = self.now.unix_ms().0;
        let mut requests = Vec::new();
        let mut database =
            Database::new(&mut self.keyspace, from, &mut self.effects, &mut self.rng, self.now, self.policy);
        order.keys.retain(|key| {
            let Some(payload) = database.read(key).map(|value| dump::dump(value, compression)) else { return false };
            let ttl_ms = database.expiry(key).flatten().map_or(0, |at| (at.0 - now_ms).max(1));
            let mut request = vec![b"RESTORE".to_vec(), key.clone(), ttl_ms.to_string().into_bytes(), payload];
            request.extend(order.replace.then(|| b"REPLACE".to_vec()));
            requests.push(encode(request));
            true
        });
        if order.keys.is_empty() {
            return Ok(false);
        }
        self.migrations.running = Some(Migration {
            client,
            from,
            order,
            requests,
            may_retry: true,
            expected: Vec::new(),
            restored: Vec::new(),
            refused: None,
            is_misplaced: false,
        });
        self.begin_attempt();
        Ok(true)
    }

    /// Sends over a kept link, or opens one.
    fn begin_attempt(&mut self) {
        let running = self.migrations.running.as_ref().expect("it has begun");
        let (client, address, timeout_ms) = (running.client, running.address(), running.order.timeout_ms);
        if self.migrations.links.contains_key(&address) {
            return self.send_requests();
        }
        if self.migrations.links.len() >= LINKS_MAX {
            let oldest = self.migrations.links.iter().min_by_key(|(_, link)| link.used_s).map(|(name, _)| name.clone());
            self.close_link(&oldest.expect("there are many"));
        }
        let link = LinkId(self.migrations.next_link);
        self.migrations.next_link = self.migrations.next_link.wrapping_add(1);
        let (host, port) = address.clone();
        self.migrations.links.insert(address, KeptLink { link, db: None, used_s: self.now.unix_s() });
        self.ask_link(client, LinkOp::Open { link, host, port, timeout_ms }, link_opened);
    }

    fn ask_link(&mut self, client: ClientId, op: LinkOp, then: fn(&mut Engine, ClientId, Outcome)) {
        self.request(client, then, |id| Action::Link { id, op });
    }

    fn send_requests(&mut self) {
        let now_s = self.now.unix_s();
        let running = self.migrations.running.as_mut().expect("it has begun");
        let kept = self.migrations.links.get_mut(&running.address()).expect("it is open");
        kept.used_s = now_s;
        let mut bytes = Vec::new();
        running.expected.clear();
        (running.refused, running.is_misplaced) = (None, false);
        if !running.order.credentials.is_empty() {
            let words = [b"AUTH".to_vec()].into_iter().chain(running.order.credentials.iter().cloned());
            bytes.extend(encode(words.collect()));
            running.expected.push(Expected::Auth);
        }
        if kept.db != Some(running.order.db) {
            bytes.extend(encode(vec![b"SELECT".to_vec(), running.order.db.to_string().into_bytes()]));
            running.expected.push(Expected::Select);
        }
        bytes.extend(running.requests.iter().flatten());
        running.expected.extend((0..running.requests.len()).map(Expected::Restore));
        running.expected.reverse();
        let (client, op) =
            (running.client, LinkOp::Send { link: kept.link, bytes, timeout_ms: running.order.timeout_ms });
        self.ask_link(client, op, requests_sent);
    }

    fn receive_line(&mut self) {
        let running = self.migrations.running.as_ref().expect("it has begun");
        let link = self.migrations.links[&running.address()].link;
        let op = LinkOp::ReceiveLine { link, bytes_max: LINE_BYTES_MAX, timeout_ms: running.order.timeout_ms };
        self.ask_link(running.client, op, line_received);
    }

    fn take_line(&mut self, line: &[u8]) {
        let running = self.migrations.running.as_mut().expect("it has begun");
        let expected = running.expected.pop().expect("a line was asked for");
        if let Some(error) = line.strip_prefix(b"-") {
            running.refused.get_or_insert_with(|| error.to_vec());
            running.is_misplaced |= !matches!(expected, Expected::Restore(_));
        } else if let Expected::Restore(at) = expected
            && !running.is_misplaced
        {
            running.restored.push(at);
        }
        if !running.expected.is_empty() {
            return self.receive_line();
        }
        let (address, db, failure) = (running.address(), running.order.db, running.refusal());
        if let Some(link) = self.migrations.links.get_mut(&address) {
            link.db = failure.is_none().then_some(db);
        }
        self.end_migration(failure);
    }

    /// The link broke, or took too long.
    fn link_failed(&mut self, outcome: &Outcome, text: &'static str) {
        let running = self.migrations.running.as_mut().expect("it has begun");
        // As long as no key was answered, nothing was done.
        let unanswered = running.expected.iter().filter(|expected| matches!(expected, Expected::Restore(_)));
        let is_fresh = unanswered.count() == running.requests.len();
        let again = is_fresh && *outcome != Outcome::TimedOut && std::mem::take(&mut running.may_retry);
        let (address, refusal) = (running.address(), running.refusal());
        self.close_link(&address);
        if again {
            return self.begin_attempt();
        }
        self.end_migration(Some(refusal.unwrap_or_else(|| text.into())));
    }

    /// Deletes what has arrived, and answers.
    fn end_migration(&mut self, failure: Option<Vec<u8>>) {
        let running = self.migrations.running.take().expect("it has begun");
        // Whose input has waited goes on when the turn ends.
        self.cron.pause_ended = true;
        if !running.order.copy && !running.restored.is_empty() {
            self.delete_migrated(&running);
        }
        match failure {
            None => self.reply(running.client).ok(),
            Some(text) => self.reply_error(running.client, &text),
        }
    }

    fn delete_migrated(&mut self, running: &Migration) {
        let dirty = self.effects.dirty;
        let mut deletion = vec![b"DEL".to_vec()];
        let mut database =
            Database::new(&mut self.keyspace, running.from, &mut self.effects, &mut self.rng, self.now, self.policy);
        for &at in &running.restored {
            let name = &running.order.keys[at];
            let mut key = database.write(name);
            if key.remove() {
                key.commit(Event::generic("del"));
            }
            deletion.push(name.clone());
        }
        if self.effects.record_journal {
            let row = *self.commands.row(self.commands.find(b"migrate").expect("it has just run"));
            let changed = self.effects.dirty != dirty;
            self.journal_call(running.from, &row, changed, OwnedArgs::from_iter(deletion).as_args(), Readers::all());
        }
        self.flush_effects(Some(running.client));
    }

    fn close_link(&mut self, address: &(Vec<u8>, u16)) {
        if let Some(kept) = self.migrations.links.remove(address) {
            self.ask_link(NOBODY, LinkOp::Close { link: kept.link }, |_, _, _| {});
        }
    }

    /// Closes links that nobody has used for a while. Called by the cron.
    pub(super) fn close_unused_links(&mut self) {
        let now_s = self.now.unix_s();
        let unused = self.migrations.links.iter().filter(|(_, kept)| now_s.saturating_sub(kept.used_s) > LINK_KEPT_S);
        for address in unused.map(|(address, _)| address.clone()).collect::<Vec<_>>() {
            self.close_link(&address);
        }
    }
}

impl Migration {
    fn address(&self) -> (Vec<u8>, u16) {
        (self.order.host.clone(), self.order.port)
    }

    /// The first error of the other side, as it is told here.
    fn refusal(&self) -> Option<Vec<u8>> {
        let error = self.refused.as_deref()?;
        Some([b"ERR Target instance replied with error: ", error].concat())
    }
}

fn link_opened(engine: &mut Engine, _: ClientId, outcome: Outcome) {
    match outcome {
        Outcome::Done => engine.send_requests(),
        _ => {
            let address = engine.migrations.running.as_ref().expect("it has begun").address();
            engine.close_link(&address);
            engine.end_migration(Some(b"IOERR error or timeout connecting to the client".to_vec()));
        }
    }
}

fn requests_sent(engine: &mut Engine, _: ClientId, outcome: Outcome) {
    match outcome {
        Outcome::Done => engine.receive_line(),
        outcome => engine.link_failed(&outcome, "IOERR error or timeout writing to target instance"),
    }
}

fn line_received(engine: &mut Engine, _: ClientId, outcome: Outcome) {
    match outcome {
        Outcome::Content(line) => engine.take_line(&line),
        outcome => engine.link_failed(&outcome, "IOERR error or timeout reading to target instance"),
    }
}

/// A request in RESP form.
fn encode(words: Vec<Vec<u8>>) -> Vec<u8> {
    let mut out = Vec::new();
    append_request(&mut out, OwnedArgs::from_iter(words).as_args());
    out
}
