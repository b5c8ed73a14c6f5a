//! `[MAXLEN|MINID [=|~] threshold [LIMIT count]]` of XADD and XTRIM, `[NOMKSTREAM]` and the id of XADD.
//!
//! What is propagated is exact and keeps its LIMIT, which clients may not say together. Where such a call is replayed, it is
//! taken, and its LIMIT has no effect.

use super::ids::{self, NewId};
use crate::commands::{Args, CommandError, OwnedArgs};
use crate::keyspace::access::DataPolicy;
use crate::numbers::integer::parse_i64;
use crate::structures::StreamId;
use crate::types::stream::{Stream, Trim};

const BOTH: CommandError =
    CommandError::Text("ERR syntax error, MAXLEN and MINID options at the same time are not compatible");

/// What the arguments before the fields say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    pub trim: Option<Trim>,
    pub approximately: bool,
    /// 0: no limit.
    pub limit: u64,
    /// Where the threshold stands.
    pub threshold_at: usize,
    pub no_create: bool,
    /// `None`: `*`, or XTRIM.
    pub id: Option<NewId>,
    /// Where the id stands.
    pub id_at: usize,
}

impl Options {
    /// Options of XADD, up to the id.
    pub fn of_xadd(args: Args<'_>, policy: &DataPolicy) -> Result<Options, CommandError> {
        Options::parse(args, policy, true)
    }

    /// Options of XTRIM, up to the end.
    pub fn of_xtrim(args: Args<'_>, policy: &DataPolicy) -> Result<Options, CommandError> {
        Options::parse(args, policy, false)
    }

    fn parse(args: Args<'_>, policy: &DataPolicy, xadd: bool) -> Result<Options, CommandError> {
        let mut options = Options::default();
        let mut limit = None;
        let mut at = 2;
        while at < args.len() {
            let has_next = at + 1 < args.len();
            if xadd && args.at(at) == b"*" {
                break;
            } else if has_next && (args.is(at, "MAXLEN") || args.is(at, "MINID")) {
                at = options.threshold(args, at)?;
            } else if has_next && args.is(at, "LIMIT") {
                let count = parse_i64(args.at(at + 1)).ok_or(CommandError::NotInteger)?;
                if count < 0 {
                    return Err(CommandError::Text("ERR The LIMIT argument must be >= 0."));
                }
                limit = Some(count as u64);
                at += 1;
            } else if xadd && args.is(at, "NOMKSTREAM") {
                options.no_create = true;
            } else if xadd {
                options.id = Some(ids::new_id(args.at(at))?);
                break;
            } else {
                return Err(CommandError::Syntax);
            }
            at += 1;
        }
        options.id_at = at;
        options.settle_limit(limit, policy, xadd)?;
        Ok(options)
    }

    /// `MAXLEN|MINID [=|~] threshold` at `at`. Returns where the threshold stands.
    fn threshold(&mut self, args: Args<'_>, at: usize) -> Result<usize, CommandError> {
        if self.trim.is_some() {
            return Err(BOTH);
        }
        let sign = if at + 2 < args.len() { args.at(at + 1) } else { b"" };
        self.approximately = sign == b"~";
        self.threshold_at = at + 1 + usize::from(matches!(sign, b"~" | b"="));
        let text = args.at(self.threshold_at);
        self.trim = Some(if args.is(at, "MAXLEN") {
            let length = parse_i64(text).ok_or(CommandError::NotInteger)?;
            let length = u64::try_from(length);
            Trim::Length(length.map_err(|_| CommandError::Text("ERR The MAXLEN argument must be >= 0."))?)
        } else {
            Trim::Below(ids::strict(text)?)
        });
        Ok(self.threshold_at)
    }

    fn settle_limit(&mut self, given: Option<u64>, policy: &DataPolicy, xadd: bool) -> Result<(), CommandError> {
        if self.trim.is_none() && given.is_some_and(|limit| limit > 0) {
            return Err(CommandError::Text(
                "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy",
            ));
        }
        if self.trim.is_none() && !xadd {
            return Err(CommandError::Text("ERR syntax error, XTRIM must be called with a trimming strategy"));
        }
        self.limit = match given {
            _ if policy.replays => 0,
            Some(_) if !self.approximately => {
                return Err(CommandError::Text("ERR syntax error, LIMIT cannot be used without the special ~ option"));
            }
            Some(limit) => limit,
            // A hundred nodes at a time.
            None if self.approximately => match policy.limits.stream_node_entries_max.saturating_mul(100) {
                ..=0 => 10_000,
                limit => (limit as u64).min(1_000_000),
            },
            None => 0,
        };
        Ok(())
    }

    /// Trims. Returns how many entries went.
    pub fn apply(&self, stream: &mut Stream) -> u64 {
        self.trim.map_or(0, |trim| stream.trim(trim, self.approximately, self.limit))
    }

    /// How far an approximate trim went depends on how the nodes lie: the journal gets what came out of it.
    pub fn exact(&self, args: Args<'_>, stream: &Stream) -> Option<OwnedArgs> {
        let trim = self.trim.filter(|_| self.approximately)?;
        let threshold = match trim {
            Trim::Length(_) => stream.len().to_string().into_bytes(),
            Trim::Below(_) => ids::text(stream.first_kept().map_or(StreamId::MAX, |entry| entry.id)).to_vec(),
        };
        let words = args.iter().enumerate().map(|(at, word)| match self.threshold_at {
            threshold_at if at == threshold_at => &threshold[..],
            threshold_at if at + 1 == threshold_at => b"=",
            _ => word,
        });
        Some(words.collect())
    }
}
