//! XCLAIM and XAUTOCLAIM: pending entries change their owner.

use super::entries::{reply_entry_or_null, reply_id};
use super::ids;
use super::journal::Journal;
use super::pending::no_key_or_group;
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::Event;
use crate::numbers::integer::parse_i64;
use crate::resp::Reply;
use crate::structures::StreamId;
use crate::types::stream::{Entry, Pending, Stream};

/// Whom the claimed entries go to, and what becomes of them.
struct Claimer<'a> {
    key: &'a [u8],
    group: &'a [u8],
    name: &'a [u8],
    /// Once it is known to exist.
    number: Option<u32>,
    is_new: bool,
    now_ms: i64,
    idle_min_ms: i64,
    delivered_ms: i64,
    deliveries: Option<u64>,
    just_ids: bool,
    journal: Journal,
    dirty: u64,
}

impl<'a> Claimer<'a> {
    fn new(args: Args<'a>, idle_min_ms: i64, now_ms: i64) -> Claimer<'a> {
        Claimer {
            key: args.at(1),
            group: args.at(2),
            name: args.at(3),
            number: None,
            is_new: false,
            now_ms,
            idle_min_ms: idle_min_ms.max(0),
            delivered_ms: now_ms,
            deliveries: None,
            just_ids: false,
            journal: Journal::default(),
            dirty: 0,
        }
    }

    /// The entry is gone from the stream: nobody owns it any more.
    fn forget(&mut self, stream: &mut Stream, id: StreamId, text: &[u8]) -> bool {
        let group = stream.group(self.group).expect("the group was looked up");
        let Some(&pending) = group.pending().get(id) else { return false };
        self.journal.claim(self.key, self.group, group, text, pending);
        self.dirty += 1;
        stream.edit_group(self.group, |group| group.acknowledge(id))
    }

    /// Takes an entry that the stream has. Whether it was to be had.
    fn take(&mut self, stream: &mut Stream, id: StreamId, text: &[u8], force: bool) -> bool {
        let group = stream.group(self.group).expect("the group was looked up");
        let old = group.pending().get(id).copied();
        match old {
            None if !force => return false,
            Some(old) if self.idle_min_ms > 0 && self.now_ms.wrapping_sub(old.delivered_ms) < self.idle_min_ms => {
                return false;
            }
            _ => {}
        }
        let consumer = self.consumer(stream);
        let before = old.map_or(1, |old| old.deliveries);
        let after = self.deliveries.unwrap_or(before.wrapping_add(u64::from(!self.just_ids)));
        let pending = Pending { consumer, delivered_ms: self.delivered_ms, deliveries: after };
        let (key, name, journal) = (self.key, self.group, &mut self.journal);
        stream.edit_group(name, |group| {
            group.assign(id, pending);
            journal.claim(key, name, group, text, pending);
        });
        self.dirty += 1;
        true
    }

    /// The consumer, created for the first entry it gets.
    fn consumer(&mut self, stream: &mut Stream) -> u32 {
        if let Some(number) = self.number {
            return number;
        }
        let (name, now_ms) = (self.name, self.now_ms);
        let number = stream.edit_group(self.group, |group| match group.find_consumer(name) {
            Some(number) => {
                group.see(number, now_ms);
                Ok(number)
            }
            None => Err(group.create_consumer(name, now_ms).expect("the name is free")),
        });
        self.is_new = number.is_err();
        self.dirty += u64::from(self.is_new);
        *self.number.insert(number.unwrap_or_else(|number| number))
    }

    fn reply<'s>(&self, reply: &mut Reply, id: StreamId, entry: impl FnOnce() -> Option<Entry<'s>>) {
        if self.just_ids { reply_id(reply, id) } else { reply_entry_or_null(reply, entry()) }
    }

    fn events(&self) -> &'static [Event] {
        const CREATED: &[Event] = &[Event::stream("xgroup-createconsumer")];
        if self.is_new { CREATED } else { &[] }
    }
}

/// Errors: WrongType, NOGROUP.
fn require_group(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<(), CommandError> {
    let stream = ctx.db.read_collection::<Stream>(args.at(1))?;
    match stream.and_then(|stream| stream.group(args.at(2))) {
        Some(_) => Ok(()),
        None => Err(no_key_or_group(args.at(1), args.at(2))),
    }
}

/// What stands behind the ids of XCLAIM.
#[derive(Default)]
struct Options {
    force: bool,
    just_ids: bool,
    delivered_ms: Option<i64>,
    deliveries: Option<u64>,
    last_id: StreamId,
}

impl Options {
    fn parse(args: Args<'_>, now_ms: i64) -> Result<Options, CommandError> {
        let mut options = Options::default();
        let mut at = 0;
        while at < args.len() {
            let value = args.get(at + 1);
            let number = |error| parse_i64(value.expect("looked at before")).ok_or(CommandError::Text(error));
            let mut takes_value = true;
            if args.is(at, "FORCE") {
                (options.force, takes_value) = (true, false);
            } else if args.is(at, "JUSTID") {
                (options.just_ids, takes_value) = (true, false);
            } else if args.is(at, "IDLE") && value.is_some() {
                let idle = number("ERR Invalid IDLE option argument for XCLAIM")?;
                options.delivered_ms = Some(now_ms.wrapping_sub(idle));
            } else if args.is(at, "TIME") && value.is_some() {
                options.delivered_ms = Some(number("ERR Invalid TIME option argument for XCLAIM")?);
            } else if args.is(at, "RETRYCOUNT") && value.is_some() {
                options.deliveries = u64::try_from(number("ERR Invalid RETRYCOUNT option argument for XCLAIM")?).ok();
            } else if let ("LASTID", Some(id)) = (upper(args.at(at)).as_str(), value) {
                options.last_id = ids::strict(id)?;
            } else {
                let parts: [&[u8]; 3] = [b"ERR Unrecognized XCLAIM option '", args.at(at), b"'"];
                return Err(CommandError::formatted(parts.concat()));
            }
            at += 1 + usize::from(takes_value);
        }
        Ok(options)
    }
}

fn upper(word: &[u8]) -> String {
    String::from_utf8_lossy(word).to_ascii_uppercase()
}

/// `XCLAIM key group consumer min-idle id [id ...] [IDLE ms] [TIME ms] [RETRYCOUNT n] [FORCE] [JUSTID] [LASTID id]`: the
/// entries that the consumer now owns. O(log pending) each. Errors: NOGROUP. An entry that the stream lost stops pending.
pub fn xclaim(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    require_group(ctx, args)?;
    let idle = parse_i64(args.at(4));
    let idle = idle.ok_or(CommandError::Text("ERR Invalid min-idle-time argument for XCLAIM"))?;
    let now_ms = ctx.now_ms().0;
    let ids: Vec<StreamId> = args.from(5).iter().map_while(|text| ids::strict(text).ok()).collect();
    let options = Options::parse(args.from(5 + ids.len()), now_ms)?;
    let mut claimer = Claimer::new(args, idle, now_ms);
    // A time that cannot be is taken for now.
    claimer.delivered_ms = options.delivered_ms.filter(|ms| (0..=now_ms).contains(ms)).unwrap_or(now_ms);
    (claimer.deliveries, claimer.just_ids) = (options.deliveries, options.just_ids);

    let mut stream = ctx.db.edit::<Stream>(args.at(1))?;
    let moves_on = stream.group(args.at(2)).is_some_and(|group| options.last_id > group.last_id);
    if moves_on {
        stream.edit_group(args.at(2), |group| group.last_id = options.last_id);
    }
    let place = ctx.reply.deferred();
    let mut emitted = 0;
    for (&id, text) in ids.iter().zip(args.from(5).iter()) {
        if stream.get(id).is_none() {
            claimer.forget(&mut stream, id, text);
        } else if claimer.take(&mut stream, id, text, options.force) {
            claimer.reply(ctx.reply, id, || stream.get(id));
            emitted += 1;
        }
    }
    ctx.reply.array_at(place, emitted);
    if moves_on && claimer.journal.is_empty() {
        let group = stream.group(args.at(2)).expect("the group was looked up");
        claimer.journal.group_id(args.at(1), args.at(2), group.last_id, group.entries_read);
        claimer.dirty += 1;
    }
    stream.commit_unseen(claimer.events(), claimer.dirty);
    claimer.journal.propagate(ctx);
    Ok(Flow::Done)
}

/// How many entries XAUTOCLAIM looks at for each that it may return.
const ATTEMPTS_PER_ENTRY: i64 = 10;

/// How many pending ids are looked up together.
const PENDING_AT_ONCE: usize = 64;

/// `XAUTOCLAIM key group consumer min-idle start [COUNT count] [JUSTID]`: where to go on, the entries that the consumer now
/// owns, the ids that stopped pending because the stream lost them. O(count · log pending). Errors: NOGROUP.
pub fn xautoclaim(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let idle = parse_i64(args.at(4));
    let idle = idle.ok_or(CommandError::Text("ERR Invalid min-idle-time argument for XAUTOCLAIM"))?;
    let start = ids::interval_start(args.at(5))?;
    let mut claimer = Claimer::new(args, idle, ctx.now_ms().0);
    let mut count = 100;
    let mut at = 6;
    while at < args.len() {
        if args.is(at, "COUNT") && at + 1 < args.len() {
            let given = parse_i64(args.at(at + 1)).filter(|count| (1..=i64::MAX / 16).contains(count));
            count = given.ok_or(CommandError::Text("ERR COUNT must be > 0"))?;
            at += 1;
        } else if args.is(at, "JUSTID") {
            claimer.just_ids = true;
        } else {
            return Err(CommandError::Syntax);
        }
        at += 1;
    }
    require_group(ctx, args)?;
    let mut stream = ctx.db.edit::<Stream>(args.at(1))?;
    let (next, claimed, lost) = claim_from(&mut claimer, &mut stream, start, count);
    ctx.reply.array(3);
    reply_id(ctx.reply, next);
    ctx.reply.array(claimed.len());
    let mut entries = stream.finder();
    claimed.iter().for_each(|&id| claimer.reply(ctx.reply, id, || entries.find(id)));
    ctx.reply.array(lost.len());
    lost.iter().for_each(|&id| reply_id(ctx.reply, id));
    stream.commit_unseen(claimer.events(), claimer.dirty);
    claimer.journal.propagate(ctx);
    Ok(Flow::Done)
}

/// Returns the next pending id (0-0: none), the ids that were claimed, and those that the stream has lost.
fn claim_from(
    claimer: &mut Claimer<'_>,
    stream: &mut Stream,
    start: StreamId,
    count: i64,
) -> (StreamId, Vec<StreamId>, Vec<StreamId>) {
    let (mut claimed, mut lost) = (Vec::new(), Vec::new());
    let mut attempts = count.saturating_mul(ATTEMPTS_PER_ENTRY);
    let mut from = Some(start);
    let mut ahead = Vec::new().into_iter();
    loop {
        if ahead.len() == 0 {
            ahead = pending_from(stream, claimer.group, from).into_iter();
        }
        let Some((id, lives)) = ahead.next() else { return (StreamId::MIN, claimed, lost) };
        if attempts == 0 || (claimed.len() + lost.len()) as i64 == count {
            return (id, claimed, lost);
        }
        attempts -= 1;
        from = id.next();
        let text = ids::text(id);
        if !lives {
            claimer.forget(stream, id, &text);
            lost.push(id);
        } else if claimer.take(stream, id, &text, false) {
            claimed.push(id);
        }
    }
}

/// The next pending ids, some dozens at once, and whether the stream still has them.
fn pending_from(stream: &Stream, group: &[u8], from: Option<StreamId>) -> Vec<(StreamId, bool)> {
    let Some(from) = from else { return Vec::new() };
    let group = stream.group(group).expect("the group was looked up");
    let mut entries = stream.finder();
    let pending = group.pending().iter_from(from).take(PENDING_AT_ONCE);
    pending.map(|(id, _)| (id, entries.find(id).is_some())).collect()
}
