//! When keys expire: EXPIRE and its like, PERSIST, TTL and its like.
//!
//! Whatever the unit and the starting point, an expiry is kept, and propagated, as Unix milliseconds:
//!
//! | called as | propagated as |
//! |---|---|
//! | EXPIRE, PEXPIRE, EXPIREAT | `PEXPIREAT key ms` and the conditions as given |
//! | PEXPIREAT | as it was called |
//! | any of them, with an instant that is now or past | `DEL key` (`UNLINK` with `lazyfree-lazy-expire`) |
//!
//! A condition compares with "never" where the key has no expiry: GT is then false, LT true.

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::Event;
use crate::numbers::integer;
use crate::time::UnixMillis;

/// How a command counts time.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Clock {
    seconds: bool,
    /// Relative to now, or an instant.
    relative: bool,
}

/// What the key must fulfil for its expiry to be changed.
#[derive(Clone, Copy, Default)]
struct Conditions {
    nx: bool,
    xx: bool,
    gt: bool,
    lt: bool,
}

/// `EXPIRE key seconds [NX|XX|GT|LT]`. O(log n) for n volatile keys.
pub fn expire(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    set_expiry(ctx, args, "expire", Clock { seconds: true, relative: true })
}

/// `PEXPIRE key milliseconds [NX|XX|GT|LT]`. O(log n).
pub fn pexpire(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    set_expiry(ctx, args, "pexpire", Clock { seconds: false, relative: true })
}

/// `EXPIREAT key unix-time-seconds [NX|XX|GT|LT]`. O(log n).
pub fn expireat(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    set_expiry(ctx, args, "expireat", Clock { seconds: true, relative: false })
}

/// `PEXPIREAT key unix-time-milliseconds [NX|XX|GT|LT]`. O(log n).
pub fn pexpireat(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    set_expiry(ctx, args, "pexpireat", Clock { seconds: false, relative: false })
}

/// `PERSIST key`. O(log n).
pub fn persist(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let mut key = ctx.db.write(args.at(1));
    let volatile = key.expiry().is_some();
    if volatile {
        key.set_expiry(None);
        key.commit(Event::generic("persist"));
    }
    ctx.reply.flag(volatile);
    Ok(Flow::Done)
}

/// `TTL key`: seconds, rounded; -1 without expiry, -2 without key. O(1).
pub fn ttl(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    reply_expiry(ctx, args, Clock { seconds: true, relative: true })
}

/// `PTTL key`: milliseconds. O(1).
pub fn pttl(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    reply_expiry(ctx, args, Clock { seconds: false, relative: true })
}

/// `EXPIRETIME key`: Unix seconds, rounded. O(1).
pub fn expiretime(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    reply_expiry(ctx, args, Clock { seconds: true, relative: false })
}

/// `PEXPIRETIME key`: Unix milliseconds. O(1).
pub fn pexpiretime(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    reply_expiry(ctx, args, Clock { seconds: false, relative: false })
}

fn set_expiry(ctx: &mut Ctx<'_>, args: Args<'_>, command: &'static str, clock: Clock) -> Result<Flow, CommandError> {
    let conditions = parse_conditions(args)?;
    let at = parse_instant(ctx, args.at(2), clock)?.ok_or(CommandError::InvalidExpire(command))?;
    let now = ctx.now_ms();
    let replays = ctx.db.policy().replays;
    let mut key = ctx.db.write(args.at(1));
    if !key.exists() || !conditions.allow(key.expiry(), at) {
        ctx.reply.integer(0);
        return Ok(Flow::Done);
    }
    if at <= now && !replays {
        key.remove();
        key.commit(Event::generic("del"));
        let verb: &[u8] = if ctx.db.policy().lazy_expire { b"UNLINK" } else { b"DEL" };
        ctx.effects().propagate_instead([verb, args.at(1)]);
    } else {
        key.set_expiry(Some(at));
        key.commit(Event::generic("expire"));
        if clock.seconds || clock.relative {
            let mut digits = integer::DecimalBuffer::new();
            let head = [b"PEXPIREAT", args.at(1), digits.format(at.0)];
            ctx.effects().propagate_instead(head.into_iter().chain(args.from(3).iter()));
        }
    }
    ctx.reply.integer(1);
    Ok(Flow::Done)
}

fn parse_conditions(args: Args<'_>) -> Result<Conditions, CommandError> {
    let mut conditions = Conditions::default();
    for index in 3..args.len() {
        let flag = match args.at(index) {
            word if word.eq_ignore_ascii_case(b"NX") => &mut conditions.nx,
            word if word.eq_ignore_ascii_case(b"XX") => &mut conditions.xx,
            word if word.eq_ignore_ascii_case(b"GT") => &mut conditions.gt,
            word if word.eq_ignore_ascii_case(b"LT") => &mut conditions.lt,
            word => {
                // Printed as a C string: a NUL ends it.
                let shown = word.split(|&b| b == 0).next().unwrap_or_default();
                return Err(CommandError::formatted([b"ERR Unsupported option ", shown].concat()));
            }
        };
        *flag = true;
    }
    let Conditions { nx, xx, gt, lt } = conditions;
    if nx && (xx || gt || lt) {
        return Err(CommandError::Text("ERR NX and XX, GT or LT options at the same time are not compatible"));
    }
    if gt && lt {
        return Err(CommandError::Text("ERR GT and LT options at the same time are not compatible"));
    }
    Ok(conditions)
}

impl Conditions {
    fn allow(self, current: Option<UnixMillis>, at: UnixMillis) -> bool {
        let later = current.is_some_and(|current| at > current);
        let earlier = current.is_none_or(|current| at < current);
        !(self.nx && current.is_some() || self.xx && current.is_none() || self.gt && !later || self.lt && !earlier)
    }
}

/// The instant that a number stands for; `None` if it is beyond 64 bits of milliseconds.
fn parse_instant(ctx: &Ctx<'_>, text: &[u8], clock: Clock) -> Result<Option<UnixMillis>, CommandError> {
    let number = integer::parse_i64(text).ok_or(CommandError::NotInteger)?;
    let base = if clock.relative { ctx.now_ms().0 } else { 0 };
    let factor = if clock.seconds { 1000 } else { 1 };
    Ok(number.checked_mul(factor).and_then(|ms| ms.checked_add(base)).map(UnixMillis))
}

fn reply_expiry(ctx: &mut Ctx<'_>, args: Args<'_>, clock: Clock) -> Result<Flow, CommandError> {
    let now = ctx.now_ms();
    let value = match ctx.db.expiry(args.at(1)) {
        None => -2,
        Some(None) => -1,
        Some(Some(at)) => {
            let ms = if clock.relative { at.0.saturating_sub(now.0) } else { at.0 }.max(0);
            // Half a second rounds up. Unsigned, for the sum may leave the range of i64.
            if clock.seconds { ((ms as u64 + 500) / 1000) as i64 } else { ms }
        }
    };
    ctx.reply.integer(value);
    Ok(Flow::Done)
}
