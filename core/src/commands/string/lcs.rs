//! LCS: the command around [`types::lcs`](crate::types::lcs).

use super::options::c_word;
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::numbers::integer::parse_i64;
use crate::resp::Reply;
use crate::types::lcs::{self, Lcs, LcsError};

#[derive(Clone, Copy, Debug, Default)]
struct Options {
    idx: bool,
    len: bool,
    with_match_len: bool,
    /// Shorter matches are not listed.
    match_len_min: i64,
}

/// `LCS key1 key2 [LEN] [IDX] [MINMATCHLEN n] [WITHMATCHLEN]`. O(a·b).
///
/// The types are checked before the options; a missing key is an empty string.
pub fn lcs(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (a, b) = (string_of(ctx, args.at(1)), string_of(ctx, args.at(2)));
    let (Some(a), Some(b)) = (a, b) else {
        return Err(CommandError::Text("ERR The specified keys must contain string values"));
    };
    let options = parse_options(args)?;
    let memory_bytes_max = ctx.db.policy().string_bytes_max;
    if options.len {
        let length = lcs::lcs_len(&a, &b, memory_bytes_max).map_err(refusal)?;
        ctx.reply.count(length);
        return Ok(Flow::Done);
    }
    let found = lcs::lcs(&a, &b, memory_bytes_max).map_err(refusal)?;
    if options.idx {
        reply_with_matches(ctx.reply, &found, options);
    } else {
        ctx.reply.bulk(&found.bytes);
    }
    Ok(Flow::Done)
}

/// A copy of the string at `key`, empty if it is missing; nothing for another type.
fn string_of(ctx: &mut Ctx<'_>, key: &[u8]) -> Option<Vec<u8>> {
    match ctx.db.read_string(key) {
        Ok(value) => Some(value.map_or(Vec::new(), |value| value.bytes().into_owned())),
        Err(_) => None,
    }
}

fn parse_options(args: Args<'_>) -> Result<Options, CommandError> {
    let mut options = Options::default();
    let mut index = 3;
    while let Some(arg) = args.get(index) {
        let word = c_word(arg);
        if word.eq_ignore_ascii_case(b"IDX") {
            options.idx = true;
        } else if word.eq_ignore_ascii_case(b"LEN") {
            options.len = true;
        } else if word.eq_ignore_ascii_case(b"WITHMATCHLEN") {
            options.with_match_len = true;
        } else if word.eq_ignore_ascii_case(b"MINMATCHLEN") && index + 1 < args.len() {
            index += 1;
            options.match_len_min = parse_i64(args.at(index)).ok_or(CommandError::NotInteger)?;
        } else {
            return Err(CommandError::Syntax);
        }
        index += 1;
    }
    if options.idx && options.len {
        return Err(CommandError::Text("ERR If you want both the length and indexes, please just use IDX."));
    }
    Ok(options)
}

fn refusal(error: LcsError) -> CommandError {
    CommandError::Text(match error {
        LcsError::TooLong => "ERR String too long for LCS",
        LcsError::InsufficientMemory => "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len",
        LcsError::AllocationFailed => "ERR Insufficient memory, failed allocating transient memory for LCS",
    })
}

fn reply_with_matches(reply: &mut Reply, found: &Lcs, options: Options) {
    let listed = || found.matches.iter().filter(|m| m.len as i64 >= options.match_len_min);
    reply.map(2);
    reply.bulk(b"matches");
    reply.array(listed().count());
    for m in listed() {
        reply.array(if options.with_match_len { 3 } else { 2 });
        for start in [m.a_start, m.b_start] {
            reply.array(2);
            reply.count(start);
            reply.count(start + m.len - 1);
        }
        if options.with_match_len {
            reply.count(m.len);
        }
    }
    reply.bulk(b"len");
    reply.count(found.bytes.len());
}
