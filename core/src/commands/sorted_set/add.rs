//! ZADD and ZINCRBY, which is ZADD INCR with another name: it even takes ZADD's options, and then lacks an argument.
//!
//! | option | a new member | a member that exists |
//! |---|---|---|
//! | NX | added | left alone |
//! | XX | not added | changed |
//! | GT, LT | added | changed if the new score is greater, less |
//! | CH | counts | counts too |
//! | INCR | gets the increment | the increment is added; null if an option forbids it |

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::Event;
use crate::numbers::double;
use crate::types::SortedSet;

const NAN_TEXT: &str = "ERR resulting score is not a number (NaN)";

/// `ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]`. O(log n) a member.
pub fn zadd(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    add(ctx, args, false)
}

/// `ZINCRBY key increment member`. O(log n).
pub fn zincrby(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    add(ctx, args, true)
}

#[derive(Clone, Copy, Debug, Default)]
struct Options {
    nx: bool,
    xx: bool,
    gt: bool,
    lt: bool,
    changed: bool,
    increment: bool,
}

impl Options {
    /// The options, and the index of the first score. Errors: Syntax; options that don't go together.
    fn parse(args: Args<'_>, increment: bool) -> Result<(Options, usize), CommandError> {
        let mut options = Options { increment, ..Options::default() };
        let mut index = 2;
        while index < args.len() {
            let option = match () {
                _ if args.is(index, "NX") => &mut options.nx,
                _ if args.is(index, "XX") => &mut options.xx,
                _ if args.is(index, "CH") => &mut options.changed,
                _ if args.is(index, "INCR") => &mut options.increment,
                _ if args.is(index, "GT") => &mut options.gt,
                _ if args.is(index, "LT") => &mut options.lt,
                _ => break,
            };
            *option = true;
            index += 1;
        }
        let words = args.len() - index;
        if words == 0 || words % 2 == 1 {
            return Err(CommandError::Syntax);
        }
        if options.nx && options.xx {
            return Err(CommandError::Text("ERR XX and NX options at the same time are not compatible"));
        }
        if options.nx && (options.gt || options.lt) || options.gt && options.lt {
            return Err(CommandError::Text("ERR GT, LT, and/or NX options at the same time are not compatible"));
        }
        if options.increment && words > 2 {
            return Err(CommandError::Text("ERR INCR option supports a single increment-element pair"));
        }
        Ok((options, index))
    }

    /// The score that a member is to have. `None`: an option forbids it. Errors: the sum of opposite infinities.
    fn score(self, before: Option<f64>, score: f64) -> Result<Option<f64>, CommandError> {
        let Some(before) = before else { return Ok((!self.xx).then_some(score)) };
        if self.nx {
            return Ok(None);
        }
        let score = if self.increment { before + score } else { score };
        if score.is_nan() {
            return Err(CommandError::Text(NAN_TEXT));
        }
        let forbidden = self.lt && score >= before || self.gt && score <= before;
        Ok((!forbidden).then_some(score))
    }
}

fn add(ctx: &mut Ctx<'_>, args: Args<'_>, increment: bool) -> Result<Flow, CommandError> {
    let (options, first) = Options::parse(args, increment)?;
    // All scores are looked at before anything changes; parsed twice, so that nothing is allocated.
    for index in (first..args.len()).step_by(2) {
        double::parse(args.at(index)).ok_or(CommandError::NotFloat)?;
    }
    let write = ctx.db.write(args.at(1));
    if write.collection::<SortedSet>()?.is_none() && options.xx {
        if options.increment {
            ctx.reply.null();
        } else {
            ctx.reply.integer(0);
        }
        return Ok(Flow::Done);
    }
    let mut set = write.edit::<SortedSet>()?;
    let limits = set.limits();
    let (mut added, mut updated, mut last) = (0, 0, None);
    for index in (first..args.len()).step_by(2) {
        let (member, score) = (args.at(index + 1), double::parse(args.at(index)).expect("it was parsed before"));
        let before = crate::types::Collection::borrowed(&*set).score(member);
        last = options.score(before, score)?;
        match (last, before) {
            (Some(score), None) => {
                set.set(member, score, &limits);
                added += 1;
            }
            (Some(score), Some(before)) if score != before => {
                set.set(member, score, &limits);
                updated += 1;
            }
            _ => {}
        }
    }
    if added + updated > 0 {
        let event = if options.increment { "zincr" } else { "zadd" };
        set.commit_all(&[Event::sorted_set(event)], added + updated);
    }
    match last {
        Some(score) if options.increment => ctx.reply.double(score),
        None if options.increment => ctx.reply.null(),
        _ => ctx.reply.integer((added + if options.changed { updated } else { 0 }) as i64),
    }
    Ok(Flow::Done)
}
