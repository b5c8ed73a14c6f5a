//! Elements in replies.

use crate::resp::Reply;
use crate::structures::Item;

/// What can be answered as a bulk string.
pub trait ReplyItem {
    fn reply_bulk(self, reply: &mut Reply);
}

impl ReplyItem for Item<'_> {
    #[inline]
    fn reply_bulk(self, reply: &mut Reply) {
        match self {
            Item::Int(value) => reply.bulk_integer(value),
            Item::Bytes(bytes) => reply.bulk(bytes),
        }
    }
}
