//! What must be refused, known from outside: after a failed write or sync of the log, or a failed save, no command that writes is obeyed
//! (MISCONF) until that has healed, and without a reason none is refused.
//!
//! | failed | healed by | refused meanwhile |
//! |---|---|---|
//! | a write to the log | the next one | always |
//! | a sync of it | a rewrite | always |
//! | a manifest | another one, durably | may be |
//! | a save in the background | another save | with `stop-writes-on-bgsave-error` and save points |

use crate::plan::Command;

/// What has failed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Health {
    /// The last write to the log.
    pub append_failed: bool,
    /// A sync of the log, or of what is to replace it, since all was well.
    pub sync_failed: bool,
    /// The last manifest.
    pub manifest_failed: bool,
    /// A manifest has taken the place of another, not durably so far.
    pub manifest_is_new: bool,
    /// The last save in the background.
    pub save_failed: bool,
}

/// What a reply may be, as far as failures are concerned.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    kind: Kind,
    must_refuse: bool,
    may_refuse: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Reads,
    Writes,
    /// What it may do is known when it runs: a transaction with writes in it, a script.
    RunsWrites,
}

/// Commands of the workload that change no data.
const READS: [&[u8]; 13] = [
    b"GET",
    b"STRLEN",
    b"SELECT",
    b"MULTI",
    b"EXEC",
    b"DISCARD",
    b"CONFIG",
    b"SAVE",
    b"BGSAVE",
    b"LASTSAVE",
    b"DEBUG",
    b"SHUTDOWN",
    b"BGREWRITEAOF",
];

/// Whether a command of the workload writes, as far as its name says so. PING does not, and is refused like those that do.
pub fn writes(command: &Command) -> bool {
    !READS.contains(&&command[0][..]) && command[0] != b"EVAL" && command[0] != b"PING"
}

impl Expected {
    /// `queued_writes`: the client's transaction has such. `must_refuse`, `may_refuse`: what writes.
    pub fn of(command: &Command, queued_writes: bool, must_refuse: bool, may_refuse: bool) -> Expected {
        let kind = match &command[0][..] {
            b"EXEC" if queued_writes => Kind::RunsWrites,
            b"EVAL" => Kind::RunsWrites,
            b"PING" => Kind::Writes,
            _ if writes(command) => Kind::Writes,
            _ => Kind::Reads,
        };
        Expected { kind, must_refuse, may_refuse }
    }

    /// Errors: what is wrong with the reply.
    pub fn check(self, reply: &[u8]) -> Result<(), &'static str> {
        let is_refused = reply.starts_with(b"-MISCONF")
            || reply.starts_with(b"-EXECABORT Transaction discarded because of: MISCONF");
        match self.kind {
            Kind::Reads if is_refused => Err("what does not write was refused"),
            Kind::Writes if self.must_refuse && !is_refused => Err("a write was obeyed after a failure"),
            // A script is queued whatever it may do.
            Kind::RunsWrites if self.must_refuse && !reply.starts_with(b"-") && reply != b"+QUEUED\r\n" => {
                Err("a transaction or script with writes was obeyed after a failure")
            }
            _ if is_refused && !self.may_refuse => {
                Err("a write was refused although nothing has failed, or it has healed")
            }
            _ => Ok(()),
        }
    }

    /// Whether the check would have found something.
    pub fn is_strict(self) -> bool {
        self.must_refuse && self.kind != Kind::Reads
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(name: &str, must: bool, may: bool) -> Expected {
        Expected::of(&vec![name.as_bytes().to_vec()], true, must, may)
    }

    #[test]
    fn a_write_is_refused_exactly_while_something_has_failed() {
        let refused = b"-MISCONF Errors writing to the AOF file: x\r\n";
        assert!(expected("SET", true, true).check(refused).is_ok());
        assert!(expected("SET", true, true).check(b"+OK\r\n").is_err());
        assert!(expected("SET", false, false).check(refused).is_err());
        assert!(expected("SET", false, true).check(refused).is_ok());
        assert!(expected("GET", true, true).check(refused).is_err());
        assert!(expected("GET", true, true).check(b"$-1\r\n").is_ok());
        assert!(expected("EXEC", true, true).check(b"*1\r\n+OK\r\n").is_err());
        assert!(expected("EXEC", true, true).check(b"-EXECABORT x\r\n").is_ok());
    }
}
