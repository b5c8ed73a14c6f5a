//! What a data command sees: the selected database, the reply, the time. Nothing else: no client, no configuration
//! beyond [`DataPolicy`](crate::keyspace::access::DataPolicy), no other connection.

use crate::keyspace::{Database, Effects};
use crate::resp::Reply;
use crate::time::{Now, UnixMillis};

/// The surroundings of one call of a data command.
pub struct Ctx<'a> {
    /// The selected database; [`Database::at`] leads to the others.
    pub db: Database<'a>,
    pub reply: &'a mut Reply,
    /// Whether a command that could block answers null instead (inside of a transaction).
    pub deny_blocking: bool,
    /// Whether a script calls.
    pub in_script: bool,
    /// Whether a client that waited is being served: who pushed has told of the change already.
    pub serves_waiter: bool,
}

impl Ctx<'_> {
    pub fn now(&self) -> Now {
        self.db.now()
    }

    /// The instant against which expiries are measured.
    pub fn now_ms(&self) -> UnixMillis {
        self.now().unix_ms()
    }

    /// What the call has done so far; for `propagate_*`.
    pub fn effects(&mut self) -> &mut Effects {
        self.db.effects()
    }
}
