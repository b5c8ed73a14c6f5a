//! The list family.
//!
//! - [`push`]: LPUSH, RPUSH, LPUSHX, RPUSHX. [`pop`]: LPOP, RPOP, LMPOP. [`shift`]: LMOVE, RPOPLPUSH.
//! - [`block`]: BLPOP, BRPOP, BLMPOP, BLMOVE, BRPOPLPUSH.
//! - [`read`](mod@read): LLEN, LINDEX, LRANGE, LPOS. [`edit`]: LSET, LINSERT, LREM, LTRIM.

mod block;
mod edit;
mod pop;
mod push;
mod read;
pub mod rows;
mod shift;
#[cfg(test)]
mod tests;

use block::*;
use edit::*;
use pop::*;
use push::*;
use read::*;
use shift::*;

use crate::commands::{Args, CommandError};
use crate::keyspace::Event;
use crate::numbers::integer::parse_i64;
use crate::types::End;

/// `LEFT` or `RIGHT`. Errors: Syntax.
fn parse_end(args: Args<'_>, at: usize) -> Result<End, CommandError> {
    match () {
        () if args.is(at, "LEFT") => Ok(End::Left),
        () if args.is(at, "RIGHT") => Ok(End::Right),
        () => Err(CommandError::Syntax),
    }
}

/// A number of at least `min`. Errors: `text`, whatever is wrong.
fn parse_at_least(min: i64, arg: &[u8], text: &'static str) -> Result<i64, CommandError> {
    parse_i64(arg).filter(|&number| number >= min).ok_or(CommandError::Text(text))
}

fn pushed(end: End) -> Event {
    Event::list(match end {
        End::Left => "lpush",
        End::Right => "rpush",
    })
}

fn popped(end: End) -> Event {
    Event::list(match end {
        End::Left => "lpop",
        End::Right => "rpop",
    })
}
