//! Data that belongs to no database any more and is still to be freed.
//!
//! FLUSHALL of millions of keys answers at once, and so do DEL and UNLINK of a collection with millions of elements; the
//! memory is freed wherever the last handle is dropped, on another thread if the driver likes. The engine never looks
//! inside again, so it can't matter when that happens.
//!
//! It is best freed in [pieces](Discarded::into_pieces): see [`shed`](crate::structures::shed).

use std::sync::Arc;

use super::expiry::ExpiryIndex;
use super::{Db, Snapshot};
use crate::structures::{Shed, Slab, Table};
use crate::types::Object;

/// A value that holds no more than that is freed then and there.
pub(super) const FREED_AT_ONCE_BYTES: usize = 64 * 1024;

/// A handle to discarded data. Equal are handles to the same data.
#[derive(Clone)]
pub struct Discarded(Arc<Contents>);

enum Contents {
    Database(Box<Db>),
    Values(Vec<Object>),
    Snapshot(Snapshot),
}

impl Discarded {
    /// A whole database.
    pub fn new(db: Db) -> Discarded {
        Discarded(Arc::new(Contents::Database(Box::new(db))))
    }

    /// The values of single keys.
    pub fn values(values: Vec<Object>) -> Discarded {
        Discarded(Arc::new(Contents::Values(values)))
    }

    /// A snapshot that is no longer needed.
    pub fn snapshot(snapshot: Snapshot) -> Discarded {
        Discarded(Arc::new(Contents::Snapshot(snapshot)))
    }

    /// For freeing it piece by piece. Nothing, if there is another handle.
    pub fn into_pieces(self) -> Pieces {
        let mut pieces = Pieces::default();
        match Arc::into_inner(self.0) {
            Some(Contents::Database(db)) => {
                let (table, objects, expiry, leavings) = db.into_parts();
                pieces.expiry = expiry;
                pieces.values = leavings;
                pieces.databases.push((table, objects));
            }
            Some(Contents::Values(values)) => pieces.values = values,
            Some(Contents::Snapshot(snapshot)) => pieces.databases.extend(snapshot.into_parts()),
            None => {}
        }
        pieces
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        match &*self.0 {
            Contents::Database(db) => db.len(),
            Contents::Values(values) => values.len(),
            Contents::Snapshot(snapshot) => snapshot.iter().map(|(_, db)| db.len()).sum(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Discarded data on its way out.
#[derive(Default)]
pub struct Pieces {
    values: Vec<Object>,
    expiry: ExpiryIndex,
    databases: Vec<(Table, Slab<Object>)>,
}

impl Pieces {
    /// Frees a few large pages, some dozens of small ones, or a few thousand small things: well under a millisecond. Whether anything is left.
    pub fn free_one(&mut self) -> bool {
        if let Some(value) = self.values.last_mut() {
            if !value.shed() {
                self.free_small_values();
            }
            return true;
        }
        if !self.expiry.is_empty() {
            self.expiry.shed();
            return true;
        }
        let Some((table, objects)) = self.databases.last_mut() else { return false };
        match objects.shed_values() {
            Some(values) => self.values = values,
            None if table.shed() => {}
            None => _ = self.databases.pop(),
        }
        true
    }

    /// Frees the last value, which is small or has become so, and more that are.
    fn free_small_values(&mut self) {
        let mut freed_bytes = 0;
        self.values.pop();
        while freed_bytes < FREED_AT_ONCE_BYTES
            && let Some(value) = self.values.pop_if(|value| value.heap_bytes() <= FREED_AT_ONCE_BYTES)
        {
            freed_bytes += value.heap_bytes();
        }
    }
}

impl std::fmt::Debug for Discarded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Discarded({} keys)", self.len())
    }
}

impl PartialEq for Discarded {
    fn eq(&self, other: &Discarded) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Discarded {}

const _: fn() = || {
    fn can_go_to_another_thread<T: Send + 'static>() {}
    can_go_to_another_thread::<Discarded>();
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyspace::db::NewValue;
    use crate::keyspace::{DbIndex, Keyspace, Recency};
    use crate::structures::{HashSeed, StreamId};
    use crate::time::UnixMillis;
    use crate::types::stream::{Group, Pending};
    use crate::types::{Collection, End, Hash, LargeString, Limits, List, Set, SortedSet, Stream};

    /// A value of each big form.
    fn big_values() -> Vec<Object> {
        let limits = Limits::default();
        let mut hash = Hash::empty(crate::structures::Packed::blank(), &limits);
        let (mut set, mut sorted_set) = (Set::new(), SortedSet::new_tree(&limits));
        let mut list = List::empty(crate::structures::Packed::blank(), &limits);
        let (mut stream, mut group) = (Stream::default(), Group::new(StreamId::MIN, 0));
        let consumer = group.create_consumer(b"c", 0).expect("a new name");
        for i in 0..20_000u64 {
            let element = format!("a member or element with the number {i}");
            hash.set(element.as_bytes(), &vec![b'v'; if i % 64 == 0 { 600 } else { 3 }], &limits);
            set.add(element.as_bytes(), &limits);
            sorted_set.set(element.as_bytes(), i as f64, &limits);
            list.push(End::Right, element.as_bytes(), &limits);
            let id = StreamId::new(i + 1, 0);
            stream.append(id, [b"f".as_slice(), element.as_bytes()].into_iter(), 1, &limits).expect("ids rise");
            group.assign(id, Pending { consumer, delivered_ms: 0, deliveries: 1 });
        }
        stream.create_group(b"g", group);
        let string = LargeString::new(&vec![b'x'; 4_000_000]);
        vec![hash.into(), set.into(), sorted_set.into(), list.into(), stream.into(), Object::String(string)]
    }

    fn count_pieces(discarded: Discarded) -> usize {
        let mut pieces = discarded.into_pieces();
        std::iter::from_fn(|| pieces.free_one().then_some(())).count()
    }

    #[test]
    fn big_values_go_in_pieces() {
        for value in big_values() {
            let name = format!("{:?}", value.borrowed().value_type());
            let bytes = value.heap_bytes();
            let pieces = count_pieces(Discarded::values(vec![value]));
            assert!(pieces > bytes / (1 << 20), "{name}: {bytes} bytes in {pieces} pieces");
        }
    }

    #[test]
    fn what_a_snapshot_holds_too_stays_as_it_is() {
        let values = big_values();
        let digest = |value: &Object| {
            let mut digest = crate::types::digest::Digest::default();
            value.borrowed().digest(&mut digest, false);
            digest
        };
        let before: Vec<_> = values.iter().map(|value| digest(value).as_bytes().to_vec()).collect();
        let mut changed = values.clone();
        for value in &mut changed {
            // Some pages become its own.
            match value {
                Object::Hash(hash) => _ = hash.set(b"new", b"field", &Limits::default()),
                Object::List(list) => list.push(End::Left, b"new", &Limits::default()),
                Object::SortedSet(set) => _ = set.set(b"new", -1.0, &Limits::default()),
                Object::Set(set) => _ = set.add(b"new", &Limits::default()),
                Object::String(string) => string.write_at(1_000_000, b"new"),
                _ => {}
            }
        }
        count_pieces(Discarded::values(changed));
        for (value, before) in values.iter().zip(before) {
            value.check();
            assert_eq!(digest(value).as_bytes().to_vec(), before);
        }
    }

    #[test]
    fn databases_and_snapshots_go_in_pieces() {
        let mut keyspace = Keyspace::new(1, HashSeed(1, 2));
        let db = keyspace.db_mut(DbIndex(0));
        for i in 0..30_000i64 {
            let (key, value) = (format!("key:{i}"), "v".repeat(if i % 100 == 0 { 300 } else { 9 }));
            let hash = db.hash(key.as_bytes());
            let value = NewValue::String(value.as_bytes());
            db.store(hash, key.as_bytes(), None, value, Some(UnixMillis(i)), Recency::from_bits(0));
        }
        let snapshot = keyspace.snapshot();
        let database = keyspace.db_mut(DbIndex(0)).take();
        assert!(count_pieces(Discarded::new(database)) > 20, "the snapshot has the pages, but the expiry index goes");
        assert_eq!(snapshot.iter().map(|(_, db)| db.iter().count()).sum::<usize>(), 30_000);
        let twice = Discarded::snapshot(snapshot);
        assert_eq!(count_pieces(twice.clone()), 0, "another handle holds it");
        assert!(count_pieces(twice) > 10);
        keyspace.db(DbIndex(0)).check();
    }
}
