//! SORT and SORT_RO: the elements of a list, set or sorted set in order, or what other keys say of them.
//!
//! ```text
//!   load ──► weigh ──► order ──► LIMIT ──► GET ──► reply, or a list
//!            by itself, or BY a pattern    patterns
//! ```
//!
//! | order | weights | equal ones |
//! |---|---|---|
//! | by number | the element or what BY finds; nothing found is 0 | by the bytes of the elements |
//! | ALPHA | texts up to a NUL; with STORE all bytes; nothing found comes first | stay as they were loaded |
//! | BY without `*` | none: lists and sorted sets in their own order (DESC: backwards), sets as they lie | |
//!
//! A set that is stored unsorted is sorted by its bytes, for the sake of replicas. With BY and a LIMIT that cuts, only the
//! part is put in order, and of equal texts Redis's choice is made; see [`sort_part`]. A sorted set becomes a skiplist by being
//! sorted, even by SORT_RO. A stored list has nodes of the default size and none compressed, whatever `list-max-listpack-size`
//! and `list-compress-depth` say.
//!
//! There are no users yet whose permissions could keep BY and GET from other keys.
//!
//! O(n + m log m) for n elements of which m are put in order; BY without `*` from a list or sorted set: O(log n + elements
//! given).
//! Source: observed, 7.0.15, run with the locale C (or C.UTF-8, which orders alike).

mod options;
mod pattern;
#[cfg(test)]
mod tests;

use std::ops::Range;

use self::options::Options;
use self::pattern::Pattern;
use crate::commands::{Args, CommandError, Ctx, Flow, OwnedArgs};
use crate::keyspace::db::NewValue;
use crate::keyspace::write::Ttl;
use crate::keyspace::{Event, Lookup};
use crate::numbers::double;
use crate::numbers::integer::DecimalBuffer;
use crate::structures::{Item, Packed, sort_part};
use crate::types::{Collection, End, Limits, List, SortedSet, SortedSetRef, ValueRef};

/// `SORT key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA] [STORE destination]`
pub fn sort(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    answer(ctx, args, Options::parse(args, true)?)
}

/// `SORT_RO key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]`
pub fn sort_ro(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    answer(ctx, args, Options::parse(args, false)?)
}

fn answer(ctx: &mut Ctx<'_>, args: Args<'_>, mut options: Options<'_>) -> Result<Flow, CommandError> {
    let (elements, range) = load(ctx, args.at(1), &mut options)?;
    let elements = elements.as_args();
    let order = if options.sorts { order(ctx, elements, &range, &options)? } else { (0..elements.len()).collect() };
    let chosen = order[range].iter().map(|&index| elements.at(index));
    match options.destination {
        Some(destination) => store(ctx, destination, chosen, &options),
        None => reply(ctx, chosen, &options),
    }
    Ok(Flow::Done)
}

/// The elements, and which of them, once in order, are the answer. Where nothing is to be sorted, only those are loaded.
/// Errors: WrongType.
fn load(ctx: &mut Ctx<'_>, key: &[u8], options: &mut Options<'_>) -> Result<(OwnedArgs, Range<usize>), CommandError> {
    let mut elements = OwnedArgs::new();
    let Some(mut slot) = ctx.db.lookup(key, Lookup::NORMAL) else { return Ok((elements, 0..0)) };
    if let ValueRef::SortedSet(SortedSetRef::Listpack(_)) = ctx.db.db().value(slot) {
        let mut set = ctx.db.write_found(key, slot).edit::<SortedSet>()?;
        let limits = set.limits();
        set.convert(&limits);
        set.commit_unseen(&[], 0);
        let again = Lookup::NO_TOUCH | Lookup::NO_STATS | Lookup::NO_NOTIFY;
        slot = ctx.db.lookup(key, again).expect("the key was found before");
    }
    let mut buffer = DecimalBuffer::new();
    let mut push = |item: Item<'_>| _ = elements.push(item.text(&mut buffer));
    let range = match ctx.db.db().value(slot) {
        ValueRef::List(list) => {
            let range = options.range(list.len());
            match () {
                _ if options.sorts => list.iter().for_each(&mut push),
                _ if range.is_empty() => {}
                _ if options.descending => {
                    list.backward(list.len() - 1 - range.start).take(range.len()).for_each(&mut push);
                }
                _ => list.forward(range.start).take(range.len()).for_each(&mut push),
            }
            range
        }
        ValueRef::Set(set) => {
            if !options.sorts && options.destination.is_some() {
                options.sort_by_bytes();
            }
            let range = options.range(set.len());
            match () {
                _ if options.sorts => set.iter().for_each(&mut push),
                _ => set.iter().skip(range.start).take(range.len()).for_each(&mut push),
            }
            range
        }
        ValueRef::SortedSet(set) => {
            let (len, range) = (set.len(), options.range(set.len()));
            match () {
                _ if options.sorts => set.iter().for_each(|(member, _)| push(member)),
                _ if options.descending => {
                    let ranks = len - range.end..len - range.start;
                    set.range(ranks).rev().for_each(|(member, _)| push(member));
                }
                _ => set.range(range.clone()).for_each(|(member, _)| push(member)),
            }
            range
        }
        _ => return Err(CommandError::WrongType),
    };
    let range = if options.sorts { range } else { 0..range.len() };
    Ok((elements, range))
}

/// What an element is sorted by.
#[derive(Clone, Copy, Debug)]
enum Weight {
    Number(f64),
    /// The index of a text that BY found.
    Text(Option<usize>),
    /// Its own text.
    Itself,
}

/// The indices of the elements, in order at least within the range. Errors: a weight that is no number.
fn order(
    ctx: &mut Ctx<'_>,
    elements: Args<'_>,
    range: &Range<usize>,
    options: &Options<'_>,
) -> Result<Vec<usize>, CommandError> {
    let mut found = OwnedArgs::new();
    let mut weights = Vec::with_capacity(elements.len());
    // One bad weight is enough, but all are looked up: lookups count, and may delete overdue keys.
    let mut bad = false;
    for (index, element) in elements.iter().enumerate() {
        let weight = weigh(ctx, element, options, &mut found);
        bad |= weight.is_none();
        weights.push((weight.unwrap_or(Weight::Itself), index));
    }
    if bad {
        return Err(CommandError::Text("ERR One or more scores can't be converted into double"));
    }
    let found = found.as_args();
    // strcoll in the locale C sees what is in front of a NUL.
    let collated = |text| if options.destination.is_some() { text } else { double::before_nul(text) };
    let compare = |&(a, i): &(Weight, usize), &(b, j): &(Weight, usize)| {
        let ascending = match (a, b) {
            (Weight::Number(a), Weight::Number(b)) => {
                let by_number = a.partial_cmp(&b).expect("weights are numbers");
                by_number.then_with(|| elements.at(i).cmp(elements.at(j)))
            }
            (Weight::Text(a), Weight::Text(b)) => {
                let text = |index: Option<usize>| index.map(|index| collated(found.at(index)));
                text(a).cmp(&text(b))
            }
            _ => collated(elements.at(i)).cmp(collated(elements.at(j))),
        };
        if options.descending { ascending.reverse() } else { ascending }
    };
    match () {
        _ if options.by.is_none() || *range == (0..weights.len()) => weights.sort_by(compare),
        _ if range.is_empty() => {}
        _ => sort_part(&mut weights, range.clone(), compare),
    }
    Ok(weights.into_iter().map(|(_, index)| index).collect())
}

/// The weight of an element; texts go to `found`. Nothing if it should be a number and isn't.
fn weigh(ctx: &mut Ctx<'_>, element: &[u8], options: &Options<'_>, found: &mut OwnedArgs) -> Option<Weight> {
    let number = |text: &[u8]| double::parse_in_range(text).map(Weight::Number);
    let Some(by) = options.by else {
        return if options.alpha { Some(Weight::Itself) } else { number(element) };
    };
    match by.look_up(&mut ctx.db, element) {
        None if options.alpha => Some(Weight::Text(None)),
        None => Some(Weight::Number(0.0)),
        Some(value) if options.alpha => {
            value.with_text(|text| _ = found.push(text));
            Some(Weight::Text(Some(found.as_args().len() - 1)))
        }
        Some(value) => value.with_text(number),
    }
}

fn reply<'e>(ctx: &mut Ctx<'_>, chosen: impl ExactSizeIterator<Item = &'e [u8]>, options: &Options<'_>) {
    ctx.reply.array(chosen.len() * options.get.len().max(1));
    for element in chosen {
        if options.get.is_empty() {
            ctx.reply.bulk(element);
        }
        for pattern in &options.get {
            match pattern.look_up(&mut ctx.db, element) {
                Some(value) => value.reply_bulk(ctx.reply),
                None => ctx.reply.null(),
            }
        }
    }
}

/// Puts the answer into a list; what GET does not find is an empty string there.
fn store<'e>(
    ctx: &mut Ctx<'_>,
    destination: &[u8],
    chosen: impl ExactSizeIterator<Item = &'e [u8]>,
    options: &Options<'_>,
) {
    let Limits { list_listpack_size, list_compress_depth, .. } = Limits::default();
    let limits = Limits { list_listpack_size, list_compress_depth, ..ctx.db.policy().limits };
    let mut list = List::empty(Packed::blank(), &limits);
    for element in chosen {
        if options.get.is_empty() {
            list.push(End::Right, element, &limits);
        }
        for pattern in &options.get {
            let mut push = |text: &[u8]| list.push(End::Right, text, &limits);
            match pattern.look_up(&mut ctx.db, element) {
                Some(value) => value.with_text(push),
                None => push(b""),
            }
        }
    }
    let count = list.borrowed().len();
    let mut write = ctx.db.write_result(destination, count == 0);
    if count > 0 {
        write.set(NewValue::Object(list.into()), Ttl::Clear);
        write.commit_all(&[Event::list("sortstore")], count as u64);
    } else if write.remove() {
        write.commit(Event::generic("del"));
    }
    ctx.reply.count(count);
}
