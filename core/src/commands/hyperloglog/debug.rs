//! Looks inside: PFDEBUG, PFSELFTEST.

use super::{checked, view};
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::db::NewValue;
use crate::keyspace::write::{Ttl, Write};
use crate::resp::Reply;
use crate::structures::hyperloglog::{self, Encoding, Registers};

/// `PFDEBUG GETREG | DECODE | ENCODING | TODENSE key`: all registers, which makes it dense; the runs of a sparse one; what
/// it is; whether it had to be made dense. O(16384).
///
/// The subcommand is looked at last. What becomes dense is propagated, but has no event and trips no WATCH.
pub fn pfdebug(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let mut write = ctx.db.write(args.at(2));
    let Some(value) = write.string()? else {
        return Err(CommandError::Text("ERR The specified key does not exist"));
    };
    let bytes = checked(value)?.into_owned();
    write.make_raw();
    let word = args.at(1).split(|&byte| byte == 0).next().unwrap_or_default();
    let result = match &word.to_ascii_lowercase()[..] {
        b"getreg" => getreg(&mut write, bytes, ctx.reply),
        b"decode" => match view(&bytes).decoded() {
            Some(text) => {
                ctx.reply.bulk(text.as_bytes());
                Ok(false)
            }
            None => Err(CommandError::Text("ERR HLL encoding is not sparse")),
        },
        b"encoding" => {
            ctx.reply.status(match view(&bytes).encoding() {
                Encoding::Dense => "dense",
                Encoding::Sparse => "sparse",
            });
            Ok(false)
        }
        b"todense" => make_dense(&mut write, bytes).inspect(|&converted| ctx.reply.flag(converted)),
        _ => Err(CommandError::formatted([b"ERR Unknown PFDEBUG subcommand '", word, b"'"].concat())),
    };
    write.settle(u64::from(matches!(result, Ok(true))));
    result.map(|_| Flow::Done)
}

/// Answers all registers, from the dense form. Whether it had to be made dense.
fn getreg(write: &mut Write<'_, '_>, bytes: Vec<u8>, reply: &mut Reply) -> Result<bool, CommandError> {
    let mut registers = Registers::new();
    registers.merge(view(&bytes))?;
    let converted = make_dense(write, bytes)?;
    reply.array(registers.as_slice().len());
    registers.as_slice().iter().for_each(|&value| reply.integer(i64::from(value)));
    Ok(converted)
}

/// Stores the dense form, if that isn't what it is. Whether it wasn't.
fn make_dense(write: &mut Write<'_, '_>, mut bytes: Vec<u8>) -> Result<bool, CommandError> {
    let converted = hyperloglog::make_dense(&mut bytes)?;
    if converted {
        write.set(NewValue::RawString(&bytes), Ttl::Keep);
    }
    Ok(converted)
}

/// `PFSELFTEST`. About 50 ms.
pub fn pfselftest(ctx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Flow, CommandError> {
    hyperloglog::self_test(ctx.db.rng()).map_err(CommandError::formatted)?;
    ctx.reply.ok();
    Ok(Flow::Done)
}
