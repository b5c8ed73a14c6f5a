//! The subcommands of DEBUG that look at data or make some.
//!
//! DIGEST, DIGEST-VALUE, OBJECT and SDSLEN see keys that are overdue and delete nothing.

use std::fmt::Write as _;

use crate::commands::generic::object::reference_count;
use crate::commands::{Args, CommandError};
use crate::engine::Engine;
use crate::engine::client::{Client, ClientId};
use crate::keyspace::db::{Db, NewValue};
use crate::keyspace::write::Ttl;
use crate::keyspace::{Database, DbIndex, Lookup};
use crate::numbers::integer;
use crate::rdb;
use crate::structures::{Slot, Table};
use crate::types::digest::{DatasetDigest, Digest};
use crate::types::{HashRef, ListRef, NodeRef, Object, SetRef, StringRef, ValueRef};

/// `DEBUG DIGEST`: 40 digits that are equal for equal data, times of expiry aside. O(data).
pub(super) fn digest(engine: &mut Engine, id: ClientId) {
    let mut whole = DatasetDigest::default();
    for (index, db) in engine.keyspace.iter().filter(|(_, db)| !db.is_empty()) {
        whole.begin_database(index.0);
        for (key, payload) in db.iter() {
            let mut digest = Digest::of_key(key);
            db.decode(payload).digest(&mut digest, payload.expires());
            whole.add_key(digest);
        }
    }
    reply_digest(engine, id, whole.finish());
}

/// `DEBUG DIGEST-VALUE [key …]`: a digest for each value, all zeros for a missing key.
pub(super) fn digest_value(engine: &mut Engine, id: ClientId, args: Args<'_>) {
    engine.reply(id).array(args.len() - 2);
    for key in args.iter().skip(2) {
        let mut digest = Digest::default();
        let db = selected(engine, id);
        if let Some(slot) = find(db, key) {
            db.value(slot).digest(&mut digest, db.payload(slot).expires());
        }
        reply_digest(engine, id, digest);
    }
}

fn reply_digest(engine: &mut Engine, id: ClientId, digest: Digest) {
    let hex = digest.to_hex();
    engine.reply(id).status(std::str::from_utf8(&hex).expect("hexadecimal digits are ASCII"));
}

/// `DEBUG OBJECT key`. Errors: NoSuchKey.
pub(super) fn object(engine: &mut Engine, id: ClientId, key: &[u8]) -> Result<(), CommandError> {
    let db = selected(engine, id);
    let slot = find(db, key).ok_or(CommandError::NoSuchKey)?;
    let (payload, value) = (db.payload(slot), db.value(slot));
    let recency = payload.recency();
    // In the shape of an address, and the same for a key as long as the process lives.
    let address = 0x7f00_0000_0000 | db.hash(key).0 & 0xff_ffff_fff0;
    let mut line = format!(
        "Value at:0x{address:x} refcount:{} encoding:{} serializedlength:{} lru:{} lru_seconds_idle:{}",
        reference_count(payload, engine.policy.shared_integers),
        value.encoding_name(),
        serialized_bytes(value, engine.policy.rdb_compression),
        recency.bits(),
        recency.idle_s(engine.now),
    );
    if let ValueRef::List(list) = value {
        append_list(&mut line, list);
    }
    engine.reply(id).status(&line);
    Ok(())
}

/// How the nodes of a list lie.
fn append_list(line: &mut String, list: ListRef<'_>) {
    let mut bytes = 0;
    list.for_each_node(|node| {
        bytes += match node {
            NodeRef::Packed(listpack) => listpack.bytes().len(),
            NodeRef::Plain(element) => element.len(),
        };
    });
    let nodes = list.node_count();
    let (per_node, fill) = (list.len() as f64 / nodes as f64, list.fill());
    let compressed = u8::from(list.compress_depth() > 0);
    write!(
        line,
        " ql_nodes:{nodes} ql_avg_node:{per_node:.2} ql_listpack_max:{fill} ql_compressed:{compressed} \
         ql_uncompressed_size:{bytes}"
    )
    .expect("a string takes everything");
}

/// What the value takes in an RDB file, its type aside.
fn serialized_bytes(value: ValueRef<'_>, compression: bool) -> usize {
    let mut out = Vec::new();
    rdb::value::append(&mut out, value, compression);
    out.len()
}

/// `DEBUG SDSLEN key`: lengths of key and value. There is no spare room in either, and what is allocated is counted
/// together with the record, so the numbers of allocated bytes are those of the contents.
/// Errors: NoSuchKey; a value that is no byte string inside.
pub(super) fn string_lengths(engine: &mut Engine, id: ClientId, key: &[u8]) -> Result<(), CommandError> {
    let db = selected(engine, id);
    let slot = find(db, key).ok_or(CommandError::NoSuchKey)?;
    let value = match db.value(slot) {
        ValueRef::String(StringRef::Int(_)) => None,
        ValueRef::String(string) => Some(string.len()),
        _ => None,
    };
    let value = value.ok_or(CommandError::Text("ERR Not an sds encoded string."))?;
    let line = format!(
        "key_sds_len:{0}, key_sds_avail:0, key_zmalloc: {0}, val_sds_len:{value}, val_sds_avail:0, val_zmalloc: {value}",
        key.len()
    );
    engine.reply(id).status(&line);
    Ok(())
}

/// `DEBUG LISTPACK key`, `DEBUG QUICKLIST key [0|1]`: the original prints the structure to its standard output; this one
/// only answers. Errors: NoSuchKey; another encoding.
pub(super) fn structure(engine: &mut Engine, id: ClientId, key: &[u8], encoding: &str) -> Result<(), CommandError> {
    let slot = look_up(engine, id, key)?;
    if selected(engine, id).value(slot).encoding_name() != encoding {
        return Err(CommandError::formatted(format!("ERR Not a {encoding} encoded object.")));
    }
    let line = if encoding == "listpack" { "Listpack" } else { "Quicklist" };
    engine.reply(id).status(&format!("{line} structure printed on stdout"));
    Ok(())
}

/// `DEBUG HTSTATS-KEY key`. Errors: NoSuchKey; a value without a hash table.
pub(super) fn table_of_key(engine: &mut Engine, id: ClientId, key: &[u8]) -> Result<(), CommandError> {
    const NO_TABLE_TEXT: &str = "ERR The value stored at the specified key is not represented using an hash table";
    let slot = look_up(engine, id, key)?;
    let value = selected(engine, id).value(slot);
    let mut text = String::new();
    match value {
        ValueRef::Hash(HashRef::Table(map)) => describe_table(&mut text, map.table()),
        ValueRef::Set(SetRef::Table(table)) => describe_table(&mut text, table),
        // What counts as a table, and is something else inside.
        _ if matches!(value.encoding_name(), "hashtable" | "skiplist") => {
            let _ = writeln!(text, "Hash table 0 stats (main hash table):\n number of elements: {}", value.len());
        }
        _ => return Err(CommandError::Text(NO_TABLE_TEXT)),
    }
    engine.reply(id).verbatim("txt", text.as_bytes());
    Ok(())
}

/// `DEBUG HTSTATS dbid`: how the table is filled, a page being what a slot is in the original.
pub(super) fn table_stats(engine: &mut Engine, id: ClientId, number: &[u8]) -> Result<(), CommandError> {
    let number = integer::parse_i64(number).ok_or(CommandError::NotInteger)?;
    let index = u32::try_from(number).ok().filter(|&index| (index as usize) < engine.keyspace.count());
    let index = DbIndex(index.ok_or(CommandError::Text("ERR Out of range database"))?);
    const EMPTY: &str = "Hash table 0 stats (main hash table):\nNo stats available for empty dictionaries\n";
    let db = engine.keyspace.db(index);
    let mut text = String::from("[Dictionary HT]\n");
    if db.is_empty() {
        text.push_str(EMPTY);
    } else {
        describe_table(&mut text, db.table());
    }
    text.push_str("[Expires HT]\n");
    match db.expiry_index().len() {
        0 => text.push_str(EMPTY),
        count => {
            let _ = writeln!(text, "An ordered tree:\n number of elements: {count}");
        }
    }
    engine.reply(id).verbatim("txt", text.as_bytes());
    Ok(())
}

fn describe_table(text: &mut String, table: &Table) {
    let stats = table.stats();
    let filled = stats.pages - stats.pages_by_records[0] as usize;
    let mean = |pages: usize| stats.records as f64 / pages as f64;
    let _ = write!(
        text,
        "Hash table 0 stats (main hash table):\n table size: {}\n number of elements: {}\n different slots: {filled}\n \
         max chain length: {}\n avg chain length (counted): {:.2}\n avg chain length (computed): {:.2}\n Chain length \
         distribution:\n",
        stats.pages,
        stats.records,
        stats.pages_by_records.len() - 1,
        mean(filled),
        mean(filled),
    );
    for (records, &pages) in stats.pages_by_records.iter().enumerate().filter(|(_, pages)| **pages > 0) {
        let _ = writeln!(text, "   {records}: {pages} ({:.2}%)", f64::from(pages) * 100.0 / stats.pages as f64);
    }
}

/// `DEBUG POPULATE count [prefix] [size]`: strings `prefix:n`, those that exist are left alone. Not propagated.
pub(super) fn populate(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<(), CommandError> {
    /// The original makes the name in a buffer of 128 bytes.
    const NAME_BYTES_MAX: usize = 127;
    let number = |text| {
        let number = integer::parse_i64(text).and_then(|number| usize::try_from(number).ok());
        number.ok_or(CommandError::Text("ERR value is out of range, must be positive"))
    };
    let count = number(args.at(2))?;
    let size = args.get(4).map(number).transpose()?.unwrap_or(0);
    if size as u64 > engine.policy.string_bytes_max {
        return Err(CommandError::StringTooLong);
    }
    let prefix = super::c_text(args.get(3).unwrap_or(b"key"));
    let mut db = database(engine, id);
    for number in 0..count {
        let mut name = prefix.to_vec();
        name.extend_from_slice(format!(":{number}").as_bytes());
        name.truncate(NAME_BYTES_MAX);
        let mut key = db.write(&name);
        if key.exists() {
            continue;
        }
        let mut value = format!("value:{number}").into_bytes();
        if size > 0 {
            value.resize(size, 0);
        }
        key.set(NewValue::String(&value), Ttl::Clear);
        key.commit_all(&[], 0);
    }
    engine.reply(id).ok();
    Ok(())
}

/// `DEBUG STRUCTSIZE`: of our own structures, in bytes.
pub(super) fn structure_sizes(engine: &mut Engine, id: ClientId) {
    let line = format!(
        "bits:{} engine:{} client:{} object:{} slot:{}",
        usize::BITS,
        crate::engine::FIXED_BYTES,
        size_of::<Client>(),
        size_of::<Object>(),
        size_of::<Slot>(),
    );
    engine.reply(id).bulk(line.as_bytes());
}

fn selected(engine: &Engine, id: ClientId) -> &Db {
    engine.keyspace.db(engine.client(id).db)
}

fn find(db: &Db, key: &[u8]) -> Option<Slot> {
    db.find(db.hash(key), key)
}

fn database(engine: &mut Engine, id: ClientId) -> Database<'_> {
    let index = engine.client(id).db;
    Database::new(&mut engine.keyspace, index, &mut engine.effects, &mut engine.rng, engine.now, engine.policy)
}

/// An ordinary lookup that is no use of the key. Errors: NoSuchKey.
fn look_up(engine: &mut Engine, id: ClientId, key: &[u8]) -> Result<Slot, CommandError> {
    let lookup = Lookup::NO_TOUCH | Lookup::NO_NOTIFY;
    database(engine, id).lookup(key, lookup).ok_or(CommandError::NoSuchKey)
}
