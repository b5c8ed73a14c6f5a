//! The journal: what a call changed, as commands in RESP form, in the order in which a log or a replica takes them.
//!
//! A call propagates itself if it changed anything and its row says WRITE, or what it asked for instead
//! ([`Propagation`]). Deletions of expired keys that it met come first. A SELECT precedes a command whose database is
//! not the one that the reader has selected; several commands of one call, or of one transaction, travel between MULTI, for
//! which the database of the first is selected, and EXEC, except the deletions of a walk that nobody named the keys of (SCAN, RANDOMKEY).
//!
//! There are two readers, each with a stream of its own: the log ([`persistence::aof`](super::persistence::aof)) and replicas. Mostly both
//! get everything; PUBLISH is for replicas only, and a script may choose (`redis.set_repl`). A command that no present
//! reader gets does not count when commands are put into a transaction, as in 7.0.15.

use super::Engine;
use crate::aof::request::append_request;
use crate::commands::row::{Command, CommandFlags};
use crate::commands::{Args, OwnedArgs};
use crate::keyspace::DbIndex;
use crate::keyspace::effects::Propagation;

bitflags::bitflags! {
    /// Readers of the journal.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub(crate) struct Readers: u8 {
        const LOG = 1 << 0;
        const REPLICAS = 1 << 1;
    }
}

/// What one reader has not taken yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stream {
    pub bytes: Vec<u8>,
    /// The database that it has selected.
    pub db: Option<DbIndex>,
}

/// What has to be logged before the replies of this turn leave, and what replicas are told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal {
    /// Who reads at all.
    pub readers: Readers,
    pub log: Stream,
    pub replicas: Stream,
    /// What replicas have been told already, while the driver wants to know it, too.
    pub kept: Option<Vec<u8>>,
    /// `aof-timestamp-enabled`: the second that the log was told last, and the present one.
    pub log_timestamps: bool,
    pub log_told_s: u64,
    pub now_s: u64,
    /// While a transaction or a script runs: what its calls propagate.
    gathered: Option<Vec<Gathered>>,
}

#[derive(Clone, Debug)]
struct Gathered {
    db: DbIndex,
    readers: Readers,
    args: OwnedArgs,
}

impl Stream {
    /// Appends a command; a SELECT first, if it is for another database than the one before.
    fn append(&mut self, db: Option<DbIndex>, args: Args<'_>) {
        if db.is_some() && self.db != db {
            self.db = db;
            let number = db.map_or(0, |db| db.0).to_string();
            append_request(&mut self.bytes, OwnedArgs::from_iter(["SELECT", &number]).as_args());
        }
        append_request(&mut self.bytes, args);
    }
}

impl Journal {
    /// Appends to the streams of those `readers` that there are. `db`: where it applies, if that matters.
    fn append(&mut self, readers: Readers, db: Option<DbIndex>, args: Args<'_>) {
        let readers = readers & self.readers;
        if readers.contains(Readers::LOG) {
            if self.log_timestamps && self.log_told_s < self.now_s {
                self.log_told_s = self.now_s;
                self.log.bytes.extend_from_slice(format!("#TS:{}\r\n", self.now_s).as_bytes());
            }
            self.log.append(db, args);
        }
        if readers.contains(Readers::REPLICAS) {
            self.replicas.append(db, args);
        }
    }

    fn append_word(&mut self, db: Option<DbIndex>, word: &str) {
        self.append(Readers::all(), db, OwnedArgs::from_iter([word]).as_args());
    }
}

impl Engine {
    /// Appends to the journal what a call propagates: the deletions of overdue keys that it met, then itself or what
    /// stands for it, the latter to `readers` only. Several commands are one transaction. Inside of a transaction they are
    /// gathered for its end.
    pub(super) fn journal_call(&mut self, db: DbIndex, row: &Command, changed: bool, args: Args<'_>, readers: Readers) {
        let deletions = std::mem::take(&mut self.effects.deletions);
        let propagation = std::mem::take(&mut self.effects.propagation);
        let mut readers = readers & self.journal.readers;
        if propagation == Propagation::ForcedToReplicas {
            readers &= Readers::REPLICAS;
        }
        let own = match &propagation {
            _ if readers.is_empty() => 0,
            Propagation::Verbatim => usize::from(changed && row.flags.contains(CommandFlags::WRITE)),
            Propagation::Forced | Propagation::ForcedToReplicas => 1,
            Propagation::Instead(list) => list.len(),
            Propagation::Nothing => 0,
        };
        let several = self.journal.gathered.is_none()
            && deletions.len() + own > 1
            && !row.flags.contains(CommandFlags::TOUCHES_ARBITRARY_KEYS);
        if several {
            let first = deletions.first().map_or(db, |(db, _)| *db);
            self.journal.append_word(Some(first), "MULTI");
        }
        for (db, deletion) in &deletions {
            self.journal_command(*db, Readers::all(), deletion.as_args());
        }
        match &propagation {
            Propagation::Instead(list) if own > 0 => {
                for args in list {
                    self.journal_command(db, readers, args.as_args());
                }
            }
            _ if own == 1 => self.journal_command(db, readers, args),
            _ => {}
        }
        if several {
            self.journal.append_word(None, "EXEC");
        }
    }

    /// From now on, what is propagated is gathered. Whether it was not gathered before: whoever began ends it.
    pub(crate) fn begin_gathering(&mut self) -> bool {
        let begins = self.journal.gathered.is_none();
        self.journal.gathered.get_or_insert_default();
        begins
    }

    /// Whether a transaction or a script is half done.
    pub(super) fn is_gathering(&self) -> bool {
        self.journal.gathered.is_some()
    }

    /// Appends what a transaction or a script has propagated.
    pub(crate) fn end_gathering(&mut self) {
        let Some(gathered) = self.journal.gathered.take() else { return };
        let several = gathered.len() > 1;
        if several {
            self.journal.append_word(Some(gathered[0].db), "MULTI");
        }
        for Gathered { db, readers, args } in &gathered {
            self.journal.append(*readers, Some(*db), args.as_args());
        }
        if several {
            self.journal.append_word(None, "EXEC");
        }
    }

    /// Appends one command to the journal. While a transaction runs it is gathered for the transaction's end, whoever it
    /// comes from.
    fn journal_command(&mut self, db: DbIndex, readers: Readers, args: Args<'_>) {
        match &mut self.journal.gathered {
            Some(gathered) => gathered.push(Gathered { db, readers, args: args.iter().collect() }),
            None => self.journal.append(readers, Some(db), args),
        }
    }

    /// Tells replicas something that is not about data.
    pub(super) fn journal_to_replicas(&mut self, args: Args<'_>) {
        self.journal.append(Readers::REPLICAS, None, args);
    }

    /// Appends the deletions that happened outside of a command.
    pub(super) fn journal_deletions(&mut self) {
        let deletions = std::mem::take(&mut self.effects.deletions);
        for (db, deletion) in &deletions {
            self.journal_command(*db, Readers::all(), deletion.as_args());
        }
    }

    /// Takes what replicas have to be told since the last time: commands as they are propagated, while
    /// [`keep_journal`](Self::keep_journal) is on.
    pub fn take_propagated(&mut self) -> Vec<u8> {
        let mut told = self.journal.kept.as_mut().map(std::mem::take).unwrap_or_default();
        // Replicas are yet to be told the rest.
        if !self.has_followers() {
            told.append(&mut self.journal.replicas.bytes);
        }
        told
    }

    /// Makes the engine keep what it tells replicas, or would tell them, for [`take_propagated`](Self::take_propagated).
    pub fn keep_journal(&mut self, keep: bool) {
        self.journal.kept = keep.then(Vec::new);
        self.set_reader(Readers::REPLICAS, keep || self.has_followers());
    }

    pub(super) fn set_reader(&mut self, reader: Readers, reads: bool) {
        self.journal.readers.set(reader, reads);
        self.effects.record_journal = !self.journal.readers.is_empty();
    }
}
