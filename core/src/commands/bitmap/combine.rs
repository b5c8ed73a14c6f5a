//! BITOP: logic between strings.

use std::borrow::Cow;

use super::place::is_word;
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::Event;
use crate::keyspace::db::NewValue;
use crate::keyspace::write::Ttl;
use crate::structures::bits::{self, Operation};
use crate::types::{LargeString, Object, StringRef};

/// `BITOP AND | OR | XOR | NOT destkey key [key ...]`: the length of the result, which is that of the longest source.
/// O(sources · longest / 8).
///
/// An empty result removes the destination.
pub fn bitop(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let operation = match args.at(1) {
        word if is_word(word, "and") => Operation::And,
        word if is_word(word, "or") => Operation::Or,
        word if is_word(word, "xor") => Operation::Xor,
        word if is_word(word, "not") => Operation::Not,
        _ => return Err(CommandError::Syntax),
    };
    let (destination, keys) = (args.at(2), args.from(3));
    if operation == Operation::Not && keys.len() != 1 {
        return Err(CommandError::Text("ERR BITOP NOT must be called with a single source key."));
    }
    let result = combine(ctx, operation, keys)?;
    let length = result.as_ref().map_or(0, |result| result.len());
    let mut write = ctx.db.write_result(destination, result.is_none());
    match result {
        Some(result) => {
            write.set(into_value(&result), Ttl::Clear);
            write.commit(Event::string("set"));
        }
        None => {
            if write.remove() {
                write.commit(Event::generic("del"));
            }
        }
    }
    ctx.reply.count(length);
    Ok(Flow::Done)
}

/// The combination of the strings at `keys`; nothing if all are empty or missing. Errors: WrongType.
fn combine(ctx: &mut Ctx<'_>, operation: Operation, keys: Args<'_>) -> Result<Option<LargeString>, CommandError> {
    // All are looked up before one is held on to: a look-up may delete an overdue key, and so move the others.
    let mut found = Vec::with_capacity(keys.len());
    let mut length = 0;
    for key in keys.iter() {
        let value = ctx.db.read_string(key)?;
        found.push(value.is_some());
        length = length.max(value.map_or(0, |value| value.len()));
    }
    if length == 0 {
        return Ok(None);
    }
    let db = ctx.db.db();
    let present = |(key, found): (&_, bool)| if found { db.find(db.hash(key), key) } else { None };
    let string = |slot| db.value(slot).as_string().expect("its type was looked at");
    let sources: Vec<Option<StringRef<'_>>> =
        keys.iter().zip(found).map(|(key, found)| present((key, found)).map(string)).collect();
    // Pieces of the result begin where chunks do, so that pieces of large sources are borrowed.
    Ok(Some(LargeString::build(length, |start, out| {
        let end = start + out.len();
        let pieces: Vec<Cow<'_, [u8]>> = sources.iter().map(|source| piece(*source, start, end)).collect();
        let pieces: Vec<&[u8]> = pieces.iter().map(|piece| &piece[..]).collect();
        bits::combine(operation, &pieces, out);
    })))
}

/// The bytes of a source from `start` up to `end`, as far as it has them.
fn piece(source: Option<StringRef<'_>>, start: usize, end: usize) -> Cow<'_, [u8]> {
    match source {
        Some(value) if start < value.len() => value.range(start, end.min(value.len())),
        _ => Cow::Borrowed(&[]),
    }
}

/// Short results lie in the table's page like any other string.
fn into_value(result: &LargeString) -> NewValue<'_> {
    match result {
        LargeString::Whole(bytes) => NewValue::RawString(bytes),
        chunked => NewValue::Object(Object::String(chunked.clone())),
    }
}
