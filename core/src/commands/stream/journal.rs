//! What the journal gets for deliveries and claims.

use super::ids;
use crate::commands::{Ctx, OwnedArgs};
use crate::structures::StreamId;
use crate::types::stream::{Group, Pending};

/// Commands gathered while the stream is open for change.
#[derive(Default)]
pub struct Journal {
    commands: Vec<OwnedArgs>,
}

impl Journal {
    /// An entry is pending with a consumer: an XCLAIM that makes it so. `id` as the client wrote it.
    pub fn claim(&mut self, key: &[u8], name: &[u8], group: &Group, id: &[u8], pending: Pending) {
        let mut args = OwnedArgs::new();
        args.push(b"XCLAIM").push(key).push(name).push(&group.consumer(pending.consumer).name).push(b"0").push(id);
        args.push(b"TIME").push(pending.delivered_ms.to_string().as_bytes());
        args.push(b"RETRYCOUNT").push((pending.deliveries as i64).to_string().as_bytes());
        args.push(b"FORCE").push(b"JUSTID").push(b"LASTID").push(&ids::text(group.last_id));
        self.commands.push(args);
    }

    /// The group has moved on.
    pub fn group_id(&mut self, key: &[u8], name: &[u8], last_id: StreamId, entries_read: i64) {
        let mut args: OwnedArgs = [b"XGROUP", &b"SETID"[..], key, name].into_iter().collect();
        args.push(&ids::text(last_id)).push(b"ENTRIESREAD").push(entries_read.to_string().as_bytes());
        self.commands.push(args);
    }

    /// There is a consumer.
    pub fn consumer(&mut self, key: &[u8], name: &[u8], consumer: &[u8]) {
        self.commands.push([b"XGROUP", &b"CREATECONSUMER"[..], key, name, consumer].into_iter().collect());
    }

    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// Hands them to the journal, in place of the call itself.
    pub fn propagate(self, ctx: &mut Ctx<'_>) {
        ctx.effects().propagate_nothing();
        for args in &self.commands {
            ctx.effects().propagate_also(args.as_args().iter());
        }
    }
}
