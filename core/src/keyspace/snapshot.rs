//! A point-in-time view of the data: what BGSAVE, an AOF rewrite and a full resynchronisation encode, on another thread.
//!
//! Taking one copies a few pointers for each database: the directories of the table and of the objects, not their
//! pages, and not the expiry index (each record carries its own expiry). While it lives, the first write to a page
//! copies that page. When it goes, it frees what was copied: let it go as [`Discarded`](super::Discarded), in pieces.

use super::db::Db;
use super::entry::{Kind, Payload};
use super::{DbIndex, Keyspace};
use crate::structures::{Slab, Table};
use crate::types::{Object, PackedKind, StringRef, ValueRef};

/// All databases as they were at one moment. Send: it is read on another thread.
#[derive(Clone)]
pub struct Snapshot {
    dbs: Vec<DbSnapshot>,
}

/// One database as it was.
#[derive(Clone)]
pub struct DbSnapshot {
    table: Table,
    objects: Slab<Object>,
    volatile: usize,
}

impl Keyspace {
    /// The data as it is now. O(databases + pages / 512): well under a millisecond at ten million keys.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { dbs: self.iter().map(|(_, db)| db.snapshot()).collect() }
    }
}

impl Db {
    fn snapshot(&self) -> DbSnapshot {
        DbSnapshot { table: self.table().clone(), objects: self.objects().clone(), volatile: self.expiry_index().len() }
    }
}

impl Snapshot {
    /// Tables and objects, to be freed.
    pub(super) fn into_parts(self) -> impl Iterator<Item = (Table, Slab<Object>)> {
        self.dbs.into_iter().map(|db| (db.table, db.objects))
    }

    /// Number of databases.
    pub fn count(&self) -> usize {
        self.dbs.len()
    }

    pub fn db(&self, index: DbIndex) -> &DbSnapshot {
        &self.dbs[index.0 as usize]
    }

    /// Keys in all databases.
    pub fn len(&self) -> usize {
        self.dbs.iter().map(DbSnapshot::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Databases in order.
    pub fn iter(&self) -> impl Iterator<Item = (DbIndex, &DbSnapshot)> {
        self.dbs.iter().enumerate().map(|(i, db)| (DbIndex(i as u32), db))
    }
}

impl DbSnapshot {
    pub fn len(&self) -> usize {
        self.table.len()
    }

    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Number of keys that expire.
    pub fn volatile_count(&self) -> usize {
        self.volatile
    }

    /// Number of pages, for walking piece by piece.
    pub fn page_count(&self) -> usize {
        self.table.page_count()
    }

    /// The entries of one page.
    pub fn page_entries(&self, page: usize) -> impl Iterator<Item = (&[u8], Payload<'_>, ValueRef<'_>)> {
        self.table.iter_page(page).map(|(key, payload)| {
            let payload = Payload::new(payload);
            (key, payload, decode(&self.objects, payload))
        })
    }

    /// All entries: key, payload (which has the expiry), value.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Payload<'_>, ValueRef<'_>)> {
        self.table.iter().map(|(key, payload)| {
            let payload = Payload::new(payload);
            (key, payload, decode(&self.objects, payload))
        })
    }
}

/// The value of a payload, whose object is in `objects`.
#[inline]
pub(super) fn decode<'a>(objects: &'a Slab<Object>, payload: Payload<'a>) -> ValueRef<'a> {
    match payload.kind() {
        Kind::Int => ValueRef::String(StringRef::Int(payload.int())),
        Kind::Embstr => ValueRef::String(StringRef::Embstr(payload.body())),
        Kind::Raw => ValueRef::String(StringRef::Raw(payload.body())),
        Kind::Object => objects.get(payload.object_id()).expect("an entry's object is in the slab").borrowed(),
        Kind::List => ValueRef::of_packed(PackedKind::List, payload.body()),
        Kind::Hash => ValueRef::of_packed(PackedKind::Hash, payload.body()),
        Kind::SetIntset => ValueRef::of_packed(PackedKind::SetIntset, payload.body()),
        Kind::SetListpack => ValueRef::of_packed(PackedKind::SetListpack, payload.body()),
        Kind::SortedSet => ValueRef::of_packed(PackedKind::SortedSet, payload.body()),
    }
}
