//! The journal: what a call changed, as commands in RESP form, in the order in which an AOF or a replica takes them.
//!
//! A call propagates itself if it changed anything and its row says WRITE, or what it asked for instead
//! ([`Propagation`]). Deletions of expired keys that it met come first. A SELECT precedes a command whose database is
//! not the one that the reader has selected; several commands of one call, or of one transaction, travel between MULTI, for
//! which the database of the first is selected, and EXEC, except the deletions of a walk that nobody named the keys of (SCAN, RANDOMKEY).

use super::Engine;
use crate::commands::row::{Command, CommandFlags};
use crate::commands::{Args, OwnedArgs};
use crate::keyspace::DbIndex;
use crate::keyspace::effects::Propagation;

impl Engine {
    /// Appends to the journal what a call propagates: the deletions of overdue keys that it met, then itself or what
    /// stands for it. Several commands are one transaction. Inside of a transaction they are gathered for its end.
    pub(super) fn journal_call(&mut self, db: DbIndex, row: &Command, changed: bool, args: Args<'_>) {
        let deletions = std::mem::take(&mut self.effects.deletions);
        let propagation = std::mem::take(&mut self.effects.propagation);
        let own = match &propagation {
            Propagation::Verbatim => usize::from(changed && row.flags.contains(CommandFlags::WRITE)),
            Propagation::Forced => 1,
            Propagation::Instead(list) => list.len(),
            Propagation::Nothing => 0,
        };
        let several = self.gathered.is_none()
            && deletions.len() + own > 1
            && !row.flags.contains(CommandFlags::TOUCHES_ARBITRARY_KEYS);
        if several {
            let first = deletions.first().map_or(db, |(db, _)| *db);
            self.journal_command(first, OwnedArgs::from_iter(["MULTI"]).as_args());
        }
        for (db, deletion) in &deletions {
            self.journal_command(*db, deletion.as_args());
        }
        match &propagation {
            Propagation::Instead(list) => {
                for args in list {
                    self.journal_command(db, args.as_args());
                }
            }
            _ if own == 1 => self.journal_command(db, args),
            _ => {}
        }
        if several {
            append_request(&mut self.journal, OwnedArgs::from_iter(["EXEC"]).as_args());
        }
    }

    /// From now on, what is propagated is gathered. Whether it was not gathered before: whoever began ends it.
    pub(crate) fn begin_gathering(&mut self) -> bool {
        let begins = self.gathered.is_none();
        self.gathered.get_or_insert_default();
        begins
    }

    /// Appends what a transaction or a script has propagated.
    pub(crate) fn end_gathering(&mut self) {
        let Some(gathered) = self.gathered.take() else { return };
        let several = gathered.len() > 1;
        if several {
            self.journal_command(gathered[0].0, OwnedArgs::from_iter(["MULTI"]).as_args());
        }
        for (db, args) in &gathered {
            self.journal_command(*db, args.as_args());
        }
        if several {
            append_request(&mut self.journal, OwnedArgs::from_iter(["EXEC"]).as_args());
        }
    }

    /// Appends one command to the journal, preceded by a SELECT if the database differs. While a transaction runs it is
    /// gathered for the transaction's end, whoever it comes from.
    fn journal_command(&mut self, db: DbIndex, args: Args<'_>) {
        if let Some(gathered) = &mut self.gathered {
            return gathered.push((db, args.iter().collect()));
        }
        if self.journal_db != Some(db) {
            self.journal_db = Some(db);
            let select = OwnedArgs::from_iter([b"SELECT".to_vec(), db.0.to_string().into_bytes()]);
            append_request(&mut self.journal, select.as_args());
        }
        append_request(&mut self.journal, args);
    }

    /// Appends the deletions that happened outside of a command.
    pub(super) fn journal_deletions(&mut self) {
        let deletions = std::mem::take(&mut self.effects.deletions);
        for (db, deletion) in &deletions {
            self.journal_command(*db, deletion.as_args());
        }
    }
}

/// Appends a request in RESP form.
pub(super) fn append_request(out: &mut Vec<u8>, args: Args<'_>) {
    out.extend_from_slice(format!("*{}\r\n", args.len()).as_bytes());
    for arg in args.iter() {
        out.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
        out.extend_from_slice(arg);
        out.extend_from_slice(b"\r\n");
    }
}
