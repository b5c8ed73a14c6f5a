//! Integer fields of any width: BITFIELD, BITFIELD_RO.

use super::place::{copy_from, is_word, parse_field_offset};
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::Event;
use crate::keyspace::write::Write;
use crate::numbers::integer::parse_i64;
use crate::structures::bits::{FieldType, Overflow, Window};
use crate::types::StringRef;

/// One of the operations that a call lists.
#[derive(Clone, Copy, Debug)]
struct Operation {
    action: Action,
    field: FieldType,
    offset: u64,
}

#[derive(Clone, Copy, Debug)]
enum Action {
    Get,
    Set(i64, Overflow),
    Increment(i64, Overflow),
}

/// `BITFIELD key [GET type offset | [OVERFLOW WRAP | SAT | FAIL] SET type offset value | … INCRBY type offset increment …]`:
/// an answer for each, null for one that FAIL kept from overflowing. O(operations), and O(growth).
///
/// With GET alone it is a read. Otherwise the string is made long enough for all fields first. Only what changed counts, so
/// that the key may be created by a call which then does nothing more, and of which nobody is told.
pub fn bitfield(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let operations = parse(args, ctx.db.policy().string_bytes_max)?;
    let end_of = |operation: &Operation| operation.field.bytes_at(operation.offset).end;
    let written = operations.iter().filter(|operation| !matches!(operation.action, Action::Get)).map(end_of).max();
    match written {
        None => read(ctx, args.at(1), &operations)?,
        Some(bytes) => write(ctx, args.at(1), &operations, bytes as usize)?,
    }
    Ok(Flow::Done)
}

/// `BITFIELD_RO key [GET type offset ...]`. O(operations).
pub fn bitfield_ro(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let operations = parse(args, ctx.db.policy().string_bytes_max)?;
    if operations.iter().any(|operation| !matches!(operation.action, Action::Get)) {
        return Err(CommandError::Text("ERR BITFIELD_RO only supports the GET subcommand"));
    }
    read(ctx, args.at(1), &operations)?;
    Ok(Flow::Done)
}

/// All operations; an OVERFLOW is for those after it.
fn parse(args: Args<'_>, string_bytes_max: u64) -> Result<Vec<Operation>, CommandError> {
    let mut operations = Vec::new();
    let mut overflow = Overflow::default();
    let mut at = 2;
    while at < args.len() {
        let (word, left) = (args.at(at), args.len() - at - 1);
        if is_word(word, "overflow") && left >= 1 {
            overflow = parse_overflow(args.at(at + 1))?;
            at += 2;
            continue;
        }
        let action: Option<fn(i64, Overflow) -> Action> = match word {
            word if is_word(word, "get") && left >= 2 => None,
            word if is_word(word, "set") && left >= 3 => Some(Action::Set),
            word if is_word(word, "incrby") && left >= 3 => Some(Action::Increment),
            _ => return Err(CommandError::Syntax),
        };
        let field = parse_type(args.at(at + 1))?;
        let offset = parse_field_offset(args.at(at + 2), field.bits(), string_bytes_max)?;
        at += 3;
        let action = match action {
            None => Action::Get,
            Some(action) => {
                at += 1;
                action(parse_i64(args.at(at - 1)).ok_or(CommandError::NotInteger)?, overflow)
            }
        };
        operations.push(Operation { action, field, offset });
    }
    Ok(operations)
}

fn parse_overflow(word: &[u8]) -> Result<Overflow, CommandError> {
    match word {
        word if is_word(word, "wrap") => Ok(Overflow::Wrap),
        word if is_word(word, "sat") => Ok(Overflow::Saturate),
        word if is_word(word, "fail") => Ok(Overflow::Fail),
        _ => Err(CommandError::Text("ERR Invalid OVERFLOW type specified")),
    }
}

fn parse_type(name: &[u8]) -> Result<FieldType, CommandError> {
    let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
    FieldType::parse(name).ok_or(CommandError::Text(
        "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.",
    ))
}

fn read(ctx: &mut Ctx<'_>, key: &[u8], operations: &[Operation]) -> Result<(), CommandError> {
    let value = ctx.db.read_string(key)?;
    ctx.reply.array(operations.len());
    for operation in operations {
        ctx.reply.integer(operation.field.get(&window(value, operation.offset), operation.offset));
    }
    Ok(())
}

/// Runs the operations on a string of at least `bytes_min` bytes.
fn write(ctx: &mut Ctx<'_>, key: &[u8], operations: &[Operation], bytes_min: usize) -> Result<(), CommandError> {
    let mut write = ctx.db.write(key);
    let grows = write.string()?.map_or(0, |value| value.len()) < bytes_min;
    if grows {
        write.write_at(bytes_min - 1, &[0]);
    } else {
        write.make_raw();
    }
    ctx.reply.array(operations.len());
    let mut changes = 0;
    for operation in operations {
        match run(&mut write, operation) {
            None => ctx.reply.null(),
            Some((answer, changed)) => {
                ctx.reply.integer(answer);
                let writes = !matches!(operation.action, Action::Get);
                changes += u64::from(changed || grows && writes);
            }
        }
    }
    match changes {
        0 => write.settle(0),
        _ => write.commit_all(&[Event::string("setbit")], changes),
    }
    Ok(())
}

/// What one operation answers, and whether it changed the field; nothing if it would overflow and must not.
fn run(write: &mut Write<'_, '_>, operation: &Operation) -> Option<(i64, bool)> {
    let Operation { action, field, offset } = *operation;
    let value = write.value().and_then(|value| value.as_string());
    let mut window = window(value, offset);
    let old = field.get(&window, offset);
    let (new, answers_old) = match action {
        Action::Get => return Some((old, false)),
        Action::Set(value, overflow) => (field.add(value, 0, overflow)?, true),
        Action::Increment(by, overflow) => (field.add(old, by, overflow)?, false),
    };
    if new != old {
        field.set(&mut window, offset, new);
        let bytes = field.bytes_at(offset);
        write.write_at(bytes.start as usize, &window[..(bytes.end - bytes.start) as usize]);
    }
    Some((if answers_old { old } else { new }, new != old))
}

/// The nine bytes from that of bit `offset` on.
fn window(value: Option<StringRef<'_>>, offset: u64) -> Window {
    let mut window = Window::default();
    copy_from(value, offset / 8, &mut window);
    window
}
