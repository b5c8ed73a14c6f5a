//! A connection as the engine knows it.

use std::collections::BTreeSet;

use super::pubsub::Subscriptions;
use super::transaction::Transaction;
use super::watch::Watched;
use crate::commands::lookup::CommandId;
use crate::keyspace::DbIndex;
use crate::resp::{Protocol, QueryBuffer, Reply, RequestParser};
use crate::time::Now;

/// A client: its observable id (`CLIENT ID`, never reused) and where the engine keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId {
    /// What CLIENT ID answers.
    pub id: u64,
    /// Index in the engine's vector of clients.
    pub(crate) slot: u32,
}

impl ClientId {
    /// A small number that no other connected client has, for a driver's own table. Reused after a disconnect.
    #[inline]
    pub fn index(self) -> usize {
        self.slot as usize
    }
}

/// Where a connection comes from and arrived at, as the driver knows it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Peer {
    /// `127.0.0.1:51234`, `[::1]:51234`, or `/path/of.sock:0`.
    pub address: String,
    /// The local end, in the same form.
    pub local_address: String,
    /// File descriptor, for CLIENT LIST's `fd`.
    pub fd: i32,
    /// Whether it came over a Unix socket.
    pub unix_socket: bool,
    /// Whether it comes from the same host (protected mode lets it in).
    pub loopback: bool,
}

bitflags::bitflags! {
    /// What is special about a client.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub struct ClientFlags: u32 {
        /// Close once everything in the output buffer has been sent.
        const CLOSE_AFTER_REPLY = 1 << 0;
        /// Close at once, unsent output is dropped.
        const CLOSE_ASAP = 1 << 1;
        const AUTHENTICATED = 1 << 2;
        /// CLIENT REPLY OFF
        const REPLY_OFF = 1 << 3;
        /// CLIENT REPLY SKIP: takes effect with the next command.
        const REPLY_SKIP_NEXT = 1 << 4;
        /// This command's reply is skipped.
        const REPLY_SKIP = 1 << 5;
        /// CLIENT NO-EVICT ON
        const NO_EVICT = 1 << 6;
        /// Waits for CLIENT PAUSE to end; its request is parsed and stays in the query buffer.
        const POSTPONED = 1 << 7;
        /// Listed among the clients with output to send.
        const PENDING_OUTPUT = 1 << 8;
        /// Connected over a Unix socket.
        const UNIX_SOCKET = 1 << 9;
        /// CLIENT TRACKING ON, and its options.
        const TRACKING = 1 << 10;
        const TRACKING_BCAST = 1 << 11;
        const TRACKING_OPTIN = 1 << 12;
        const TRACKING_OPTOUT = 1 << 13;
        const TRACKING_NOLOOP = 1 << 14;
        /// CLIENT CACHING YES or NO was said for the next command.
        const TRACKING_CACHING = 1 << 15;
        /// The client that tracking redirects to is gone.
        const TRACKING_BROKEN_REDIRECT = 1 << 16;
        /// Data arrived and has not been looked at (the server was frozen, the client postponed).
        const INPUT_WAITING = 1 << 17;
        /// Waits in a blocking command for a key; its input waits.
        const BLOCKED = 1 << 18;
        /// The driver has been asked for something; its completion answers. Its input waits.
        const UNDER_WAY = 1 << 19;
        /// Commands that could block answer null instead (they run inside of a transaction).
        const DENY_BLOCKING = 1 << 20;
        /// Between MULTI and EXEC: commands are queued.
        const MULTI = 1 << 21;
        /// A watched key has changed: EXEC will answer null.
        const DIRTY_WATCH = 1 << 22;
        /// A command was refused while queueing: EXEC will fail.
        const DIRTY_QUEUE = 1 << 23;
        /// Listens to a channel or a pattern.
        const PUBSUB = 1 << 24;
        /// The connection is closed; its transaction is being completed.
        const GONE = 1 << 25;
        /// Has been unblocked in this turn; what it sent behind the blocked command runs when the turn ends.
        const UNBLOCKED = 1 << 26;
        /// Is shown every command.
        const MONITOR = 1 << 27;
        /// A script of the client calls.
        const SCRIPT = 1 << 28;
        /// Follows the data set: SYNC was its last request.
        const REPLICA = 1 << 29;
    }
}

const MUTED: ClientFlags = ClientFlags::REPLY_OFF.union(ClientFlags::REPLY_SKIP);

/// Where a reply begins in a client's output, and whether the client wanted one then.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReplyStart {
    pub at: usize,
    pub muted: bool,
}

/// Output that fits a client's own buffer in Redis; what is beyond goes to a list of blocks.
pub const FIRST_BUFFER_BYTES: usize = 16 * 1024;
const BLOCK_BYTES: usize = 20 * 1024;
const BLOCK_HEADER_BYTES: usize = 24;

/// One connection.
#[derive(Clone)]
pub struct Client {
    pub id: ClientId,
    pub peer: Peer,
    pub name: Vec<u8>,
    pub user: Vec<u8>,
    pub db: DbIndex,
    pub flags: ClientFlags,
    /// Output not yet taken by the driver; `sent` bytes at its beginning are gone.
    pub reply: Reply,
    pub sent: usize,
    /// Output up to here may leave: what the journal covers.
    pub released: usize,
    /// Output up to here may leave when the sync under way is done.
    pub(super) covered: usize,
    /// Most output held at once, in the last few seconds.
    pub reply_peak_bytes: usize,
    pub query: QueryBuffer,
    pub parser: RequestParser,
    /// Sizes of the query buffer while a command runs (it is taken out for that time), otherwise 0.
    pub query_bytes: usize,
    pub query_free_bytes: usize,
    pub connected_at: Now,
    pub last_interaction: Now,
    pub last_command: Option<CommandId>,
    /// Since when the output has been over its soft limit, in seconds of the monotonic clock.
    pub soft_limit_since_s: Option<u64>,
    /// Tracking: the client that gets the invalidations instead (it may be gone), and the prefixes of BCAST.
    pub tracking_redirect: Option<ClientId>,
    pub tracking_prefixes: BTreeSet<Vec<u8>>,
    /// What was queued since MULTI.
    pub transaction: Option<Box<Transaction>>,
    /// WATCHed keys, in the order of watching.
    pub watched: Vec<Watched>,
    /// Its memory when it was last counted, bytes.
    pub(super) counted_bytes: usize,
    /// When `reply_peak_bytes` was last brought down to what is there, microseconds of the monotonic clock.
    pub(super) peak_since_us: u64,
    /// None while the client listens to nothing.
    pub subscriptions: Option<Box<Subscriptions>>,
}

impl Client {
    pub(crate) fn new(id: ClientId, peer: Peer, now: Now) -> Client {
        let mut flags = ClientFlags::empty();
        flags.set(ClientFlags::UNIX_SOCKET, peer.unix_socket);
        Client {
            id,
            peer,
            name: Vec::new(),
            user: b"default".to_vec(),
            db: DbIndex(0),
            flags,
            reply: Reply::new(Protocol::Resp2),
            sent: 0,
            released: 0,
            covered: 0,
            reply_peak_bytes: 0,
            query: QueryBuffer::new(),
            parser: RequestParser::new(),
            query_bytes: 0,
            query_free_bytes: 0,
            connected_at: now,
            last_interaction: now,
            last_command: None,
            soft_limit_since_s: None,
            tracking_redirect: None,
            tracking_prefixes: BTreeSet::new(),
            transaction: None,
            watched: Vec::new(),
            counted_bytes: 0,
            peak_since_us: now.monotonic_us,
            subscriptions: None,
        }
    }

    pub fn authenticated(&self) -> bool {
        self.flags.contains(ClientFlags::AUTHENTICATED)
    }

    /// Bytes of output that wait to be sent.
    pub fn output_bytes(&self) -> usize {
        self.reply.len() - self.sent
    }

    /// Bytes of input that are not arguments of a request yet: CLIENT LIST's `qbuf`.
    pub fn unparsed_bytes(&self) -> usize {
        self.query_bytes + self.query.len() - self.parser.parsed_bytes()
    }

    /// Blocks of output beyond the first buffer, as Redis would need them: CLIENT LIST's `oll`.
    pub fn overflow_blocks(&self) -> usize {
        self.output_bytes().saturating_sub(FIRST_BUFFER_BYTES).div_ceil(BLOCK_BYTES)
    }

    /// Memory of those blocks: CLIENT LIST's `omem`, against which output limits are measured.
    #[inline]
    pub fn overflow_bytes(&self) -> usize {
        if self.output_bytes() <= FIRST_BUFFER_BYTES {
            return 0;
        }
        self.overflow_blocks() * (BLOCK_BYTES + BLOCK_HEADER_BYTES)
    }

    /// Where the reply that comes next begins.
    #[inline]
    pub(crate) fn reply_start(&self) -> ReplyStart {
        ReplyStart { at: self.reply.len(), muted: self.flags.intersects(MUTED) }
    }

    /// Takes a reply back if the client wanted none before and wants none now (CLIENT REPLY).
    #[inline]
    pub(crate) fn mute(&mut self, start: ReplyStart) {
        if start.muted && self.flags.intersects(MUTED) {
            self.reply.truncate(start.at);
        }
    }

    /// Heap behind this client, in bytes.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Client>()
            + self.query.capacity()
            + self.reply.buffer.capacity()
            + self.name.capacity()
            + self.parser.argument_bytes()
            + self.transaction.as_ref().map_or(0, |transaction| transaction.heap_bytes())
            + self.watched.capacity() * size_of::<Watched>()
            + self.subscriptions.as_ref().map_or(0, |subscriptions| subscriptions.heap_bytes())
    }

    /// Whether no more of its input is to be executed.
    pub fn closing(&self) -> bool {
        self.flags.intersects(ClientFlags::CLOSE_AFTER_REPLY | ClientFlags::CLOSE_ASAP)
    }
}

/// A fresh server has given 1 and 2 to its script engines.
const FIRST_ID: u64 = 3;

/// All connections: slots that are reused, ids that are not.
#[derive(Clone, Default)]
pub struct Clients {
    slots: Vec<Option<Box<Client>>>,
    free: Vec<u32>,
    count: usize,
    next_id: u64,
    /// Clients that got output in this turn, in the order in which they got it.
    pub(crate) pending_output: Vec<ClientId>,
    /// Clients with output that may leave. Who got it last is served first: the reply to a PUBLISH does not wait for ten
    /// thousand subscribers.
    pub(super) releasable: Vec<ClientId>,
    /// Whose commands those of a log are.
    replayer: Option<Box<Client>>,
}

/// No connection: who runs what a log says.
const REPLAYER: ClientId = ClientId { id: u64::MAX, slot: u32::MAX - 1 };

impl Clients {
    pub fn new() -> Clients {
        Clients { next_id: FIRST_ID, ..Clients::default() }
    }

    pub fn len(&self) -> usize {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn insert(&mut self, peer: Peer, now: Now) -> ClientId {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() as u32 - 1
        });
        let id = ClientId { id: self.next_id, slot };
        self.next_id += 1;
        self.count += 1;
        self.slots[slot as usize] = Some(Box::new(Client::new(id, peer, now)));
        id
    }

    /// A list that was worked off: its memory is for the next.
    pub(super) fn give_back_pending(&mut self, mut list: Vec<ClientId>) {
        if self.pending_output.is_empty() {
            list.clear();
            self.pending_output = list;
        }
    }

    pub(crate) fn remove(&mut self, id: ClientId) -> Option<Box<Client>> {
        self.get(id)?;
        self.count -= 1;
        self.free.push(id.slot);
        self.slots[id.slot as usize].take()
    }

    /// The client that runs what a log says. It is not among the others.
    pub(super) fn replayer(&mut self) -> ClientId {
        self.replayer.get_or_insert_with(|| {
            let mut client = Client::new(REPLAYER, Peer::default(), Now::default());
            client.flags.insert(ClientFlags::DENY_BLOCKING | ClientFlags::AUTHENTICATED);
            Box::new(client)
        });
        REPLAYER
    }

    /// A file has ended, and whatever it selected or queued with it.
    pub(super) fn forget_replayer(&mut self) {
        self.replayer = None;
    }

    #[inline]
    pub fn get(&self, id: ClientId) -> Option<&Client> {
        match self.slots.get(id.slot as usize) {
            Some(slot) => slot.as_deref().filter(|c| c.id == id),
            None => self.replayer.as_deref().filter(|c| c.id == id),
        }
    }

    #[inline]
    pub fn get_mut(&mut self, id: ClientId) -> Option<&mut Client> {
        match self.slots.get_mut(id.slot as usize) {
            Some(slot) => slot.as_deref_mut().filter(|c| c.id == id),
            None => self.replayer.as_deref_mut().filter(|c| c.id == id),
        }
    }

    /// The client in that slot.
    #[inline]
    pub(crate) fn at_place(&mut self, slot: u32) -> Option<&mut Client> {
        self.slots.get_mut(slot as usize)?.as_deref_mut()
    }

    /// The client with that CLIENT ID. O(n).
    pub fn by_number(&self, number: u64) -> Option<ClientId> {
        self.iter().map(|c| c.id).find(|id| id.id == number)
    }

    /// All clients in order of their ids.
    pub fn iter_sorted(&self) -> Vec<&Client> {
        let mut clients: Vec<&Client> = self.iter().collect();
        clients.sort_by_key(|c| c.id.id);
        clients
    }

    /// The next client in the order of the slots, and where to go on; round and round. None without clients.
    pub(super) fn next_in_round(&self, from_slot: usize) -> Option<(ClientId, usize)> {
        let slots = self.slots.len();
        let slot = (from_slot..slots).chain(0..from_slot.min(slots)).find(|&slot| self.slots[slot].is_some())?;
        Some((self.slots[slot].as_ref()?.id, slot + 1))
    }

    /// All clients, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &Client> {
        self.slots.iter().filter_map(|slot| slot.as_deref())
    }

    /// Handles of all clients, for walks that change them.
    pub fn ids(&self) -> Vec<ClientId> {
        self.iter().map(|c| c.id).collect()
    }
}
