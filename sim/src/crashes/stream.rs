//! The ghost stream S: everything the node has propagated, in units that must be recovered whole or not at all.
//!
//! ```text
//!   base │ unit unit unit │ unit unit │ unit unit │        a unit: a command, or all from MULTI to EXEC
//!        0                D           W           E
//! ```
//!
//! D: covered by a sync that has ended well; W: given to the file; E: executed. What comes back after a crash is the base and S up to
//! some unit between D and E, executed by an engine for which time stands still. The base is what the last recovery gave.

use etalon_core::config::Config;
use etalon_core::engine::action::Action;
use etalon_core::engine::client::Peer;
use etalon_core::engine::persistence::file::FileId;
use etalon_core::engine::persistence::memory::MemoryDisk;
use etalon_core::keyspace::Snapshot;
use etalon_core::rdb::encoder::{EncodeOptions, RdbEncoder, UseNote};
use etalon_core::{Engine, Now};

use crate::image::Image;

/// Long before anything expires.
const THEN: Now = Now { unix_us: 1_000_000, monotonic_us: 1 };

/// What was executed together.
#[derive(Clone)]
struct Unit {
    bytes: Vec<u8>,
    /// On the clock that stands still while the log's operations run.
    executed_us: u64,
}

/// The stream since the last recovery.
#[derive(Clone, Default)]
pub struct Stream {
    base: Option<Snapshot>,
    units: Vec<Unit>,
    /// Propagated, and not a whole unit.
    rest: Vec<u8>,
    /// Units in the file.
    written: usize,
    written_rest: Vec<u8>,
    durable: usize,
    /// The log, and how much of it the sync under way covers.
    file: Option<FileId>,
    /// Units written before its first.
    file_from: usize,
    sync_mark: Option<usize>,
    is_broken: bool,
    /// The log whose sync failed, and what of a later one has been synced since then.
    broken_file: Option<FileId>,
    synced_since: usize,
    /// What a failed write has left in the file, until it is cut off.
    partial: Vec<u8>,
}

impl Stream {
    /// Everything begins again with these data.
    pub fn rebase(&mut self, base: Snapshot) {
        *self = Stream { base: Some(base), ..Stream::default() };
    }

    /// The process is gone: another gives its files numbers of its own.
    pub fn close(&mut self) {
        (self.file, self.sync_mark) = (None, None);
    }

    /// The node has executed this.
    pub fn executed(&mut self, propagated: &[u8], now_us: u64) {
        self.rest.extend_from_slice(propagated);
        let units = &mut self.units;
        split(&mut self.rest, |bytes| units.push(Unit { bytes: bytes.to_vec(), executed_us: now_us }));
    }

    /// A new log begins: it has what comes from now on.
    pub fn begin_log(&mut self) {
        self.written = self.units.len();
        self.written_rest.clear();
    }

    /// A batch is in the file.
    pub fn wrote(&mut self, file: FileId, bytes: &[u8]) {
        self.follow(file);
        self.written_rest.extend_from_slice(bytes);
        let written = &mut self.written;
        split(&mut self.written_rest, |_| *written += 1);
    }

    fn follow(&mut self, file: FileId) {
        if self.file.replace(file) != Some(file) {
            self.file_from = self.written;
        }
    }

    /// A part of one is.
    pub fn wrote_partly(&mut self, file: FileId, bytes: &[u8]) {
        self.follow(file);
        self.partial = bytes.to_vec();
    }

    /// Whether that part has been cut off.
    pub fn cut(&mut self, done: bool) {
        let partial = std::mem::take(&mut self.partial);
        if let Some(file) = self.file.filter(|_| !done) {
            self.wrote(file, &partial);
        }
    }

    pub fn sync_begins(&mut self, file: FileId) {
        if self.file == Some(file) {
            self.sync_mark = Some(self.written);
        }
    }

    pub fn sync_ends(&mut self, file: FileId, well: bool) {
        if self.file == Some(file)
            && let Some(mark) = self.sync_mark.take()
        {
            if !well {
                (self.is_broken, self.broken_file, self.synced_since) = (true, Some(file), 0);
            } else if !self.is_broken {
                self.durable = self.durable.max(mark);
            } else if self.broken_file != Some(file) {
                self.synced_since = mark;
            }
        }
    }

    /// Whether a sync has failed: what later ones say is worth nothing.
    pub fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// The node says that all is well again: then there is a base of what had been executed at that position.
    pub fn heal(&mut self, base_position: usize) {
        if std::mem::take(&mut self.is_broken) {
            self.has_base_of(base_position);
            if self.file_from <= base_position {
                // The base, and the increment after it.
                self.durable = self.durable.max(self.synced_since);
            }
        }
    }

    /// The data up to there are in a base whose manifest is in force.
    pub fn has_base_of(&mut self, position: usize) {
        self.durable = self.durable.max(position);
    }

    /// E
    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// W
    pub fn written(&self) -> usize {
        self.written.min(self.units.len())
    }

    /// Units in the file, with those of a failed write that is not cut off.
    pub fn in_file(&self) -> usize {
        let mut rest = [&self.written_rest[..], &self.partial].concat();
        let mut count = self.written;
        split(&mut rest, |_| count += 1);
        count
    }

    /// Units written to the logs before that one.
    pub fn written_before(&self, file: Option<FileId>) -> usize {
        let units = if self.file.is_some() && self.file == file { self.file_from } else { self.written };
        units.min(self.units.len())
    }

    /// D
    pub fn durable(&self) -> usize {
        self.durable.min(self.units.len())
    }

    /// When the unit at that position was executed.
    pub fn executed_us(&self, position: usize) -> Option<u64> {
        self.units.get(position).map(|unit| unit.executed_us)
    }

    /// The unit at that position, for a person.
    pub fn shown(&self, position: usize) -> String {
        self.units.get(position).map(|unit| unit.bytes.escape_ascii().to_string()).unwrap_or_default()
    }

    /// The data after the first `from` units, after one more, and so on to the end.
    pub fn images(&self, from: usize, databases: u32, shown: bool) -> Vec<Image> {
        let mut engine = self.engine_on_base(databases);
        let client = engine.connect(Peer { loopback: true, ..Peer::default() }, THEN).expect("there is room");
        engine.query_buffer(client).extend(b"CLIENT REPLY OFF\r\n");
        engine.handle_readable(client, THEN);
        let mut images = Vec::new();
        for (index, unit) in self.units.iter().enumerate() {
            if index >= from {
                images.push(Image::of(engine.keyspace(), shown));
            }
            engine.query_buffer(client).extend(&unit.bytes);
            engine.handle_readable(client, THEN);
        }
        images.push(Image::of(engine.keyspace(), shown));
        images
    }

    fn engine_on_base(&self, databases: u32) -> Engine {
        let config = Config { save: Vec::new(), databases, ..Config::default() };
        let mut engine = Engine::new(config, 1, THEN);
        let Some(base) = self.base.as_ref().filter(|base| !base.is_empty()) else { return engine };
        let options = EncodeOptions {
            compression: false,
            checksum: false,
            use_note: UseNote::Nothing,
            recency: etalon_core::keyspace::recency::RecencyPolicy { lfu: false, log_factor: 10, decay_minutes: 1 },
            now: THEN,
            redis_version: "7.0.15",
            used_memory_bytes: 0,
            aof_base: false,
            replication: None,
            libraries: Vec::new(),
        };
        let (mut encoder, mut file, mut chunk) = (RdbEncoder::new(base.clone(), options), Vec::new(), Vec::new());
        while encoder.next_chunk(&mut chunk) {
            file.extend_from_slice(&chunk);
        }
        let mut disk = MemoryDisk::default();
        disk.files.insert(b"dump.rdb".to_vec(), file);
        engine.load_at_start(THEN);
        while let Some(action) = engine.poll_action() {
            if let Action::File { id, op, .. } = action {
                let outcome = disk.execute(op);
                engine.complete(id, outcome, THEN);
            }
        }
        engine
    }
}

/// Takes whole units from the beginning.
pub fn split(bytes: &mut Vec<u8>, mut each: impl FnMut(&[u8])) -> usize {
    let (mut begin, mut at, mut in_transaction) = (0, 0, false);
    while let Some((length, name)) = command(&bytes[at..]) {
        at += length;
        match name {
            // What comes before a unit belongs to it.
            Name::Select | Name::Annotation => continue,
            Name::Multi => in_transaction = true,
            Name::Exec => in_transaction = false,
            Name::Other => {}
        }
        if !in_transaction {
            each(&bytes[begin..at]);
            begin = at;
        }
    }
    bytes.drain(..begin);
    begin
}

enum Name {
    Multi,
    Exec,
    Select,
    Annotation,
    Other,
}

/// Length of the command at the beginning, if it is whole, and which it is.
fn command(bytes: &[u8]) -> Option<(usize, Name)> {
    let line = |from: usize| bytes.get(from..)?.windows(2).position(|two| two == b"\r\n").map(|end| from + end);
    let number = |from: usize, end: usize| std::str::from_utf8(bytes.get(from..end)?).ok()?.parse::<usize>().ok();
    let end = line(0)?;
    if bytes[0] == b'#' {
        return Some((end + 2, Name::Annotation));
    }
    let count = number(1, end).filter(|_| bytes[0] == b'*')?;
    let (mut at, mut name) = (end + 2, Name::Other);
    for index in 0..count {
        let end = line(at)?;
        let length = number(at + 1, end).filter(|_| bytes[at] == b'$')?;
        let word = bytes.get(end + 2..end + 2 + length)?;
        if index == 0 {
            name = match &word.to_ascii_uppercase()[..] {
                b"MULTI" => Name::Multi,
                b"EXEC" => Name::Exec,
                b"SELECT" => Name::Select,
                _ => Name::Other,
            };
        }
        at = end + 2 + length + 2;
    }
    (at <= bytes.len()).then_some((at, name))
}
