//! Streams: entries by id, and consumer groups that read them.
//!
//! ```text
//!   stream   index: node id ─► listpack of entries (node.rs) │ counters and ids below │ groups: name ─► group (group.rs)
//! ```
//!
//! A node is closed when it would exceed `stream-node-max-bytes` or holds `stream-node-max-entries` entries, deleted ones
//! included. A deleted entry keeps its bytes until the last living one of its node goes. Trimming by id can leave a node
//! without a living entry (its last is deleted, but not below the id); it stays, as in Redis.
//!
//! A stream without entries stays. Source: observed, 7.0.15. Complexity: O(log nodes + entries of a node) to find an id;
//! appending O(fields + log nodes); clone O(1), the first write after it O(groups + consumers).

mod finder;
pub mod group;
pub mod node;
pub mod radix;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::digest::Digest;
use super::{Collection, Limits, Object, PackedKind, ValueRef};
use crate::numbers::integer::DecimalBuffer;
use crate::structures::sequence::Item as IndexItem;
use crate::structures::stream_index::{Nodes, Position};
use crate::structures::{Packed, Shed, StreamId, StreamIndex};
pub use finder::Finder;
pub use group::{Consumer, ENTRIES_READ_UNKNOWN, Group, Pending};
pub use node::{Entry, NodeRef};

/// No node becomes longer, and no entry.
const NODE_BYTES_MAX: u64 = 1 << 30;

/// A stream, owned. Clone: one reference count.
#[derive(Clone, Debug)]
pub struct Stream(Arc<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    index: StreamIndex<Node>,
    /// See [`radix`].
    radix_nodes: u64,
    length: u64,
    counters: Counters,
    groups: BTreeMap<Box<[u8]>, Arc<Group>>,
    groups_bytes: usize,
}

/// What a stream remembers beyond its entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Of the first living entry; 0-0 without one.
    pub first_id: StreamId,
    /// The highest ever.
    pub last_id: StreamId,
    /// The highest that was deleted by its id.
    pub max_deleted_id: StreamId,
    pub entries_added: u64,
}

/// One node; for the index it counts as one, since it may have no living entry.
#[derive(Clone, Debug)]
struct Node(Packed);

impl IndexItem for Node {
    fn count(&self) -> u64 {
        1
    }

    fn heap_bytes(&self) -> usize {
        self.0.heap_bytes()
    }
}

/// Why an entry can't be appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendError {
    /// The id is not above the last one.
    NotAbove,
    TooLarge,
}

/// What to trim away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trim {
    /// All but so many.
    Length(u64),
    /// All below an id.
    Below(StreamId),
}

impl Default for Stream {
    fn default() -> Stream {
        Stream(Arc::new(Inner {
            index: StreamIndex::new(),
            radix_nodes: radix::ROOT,
            length: 0,
            counters: Counters::default(),
            groups: BTreeMap::new(),
            groups_bytes: 0,
        }))
    }
}

impl Stream {
    pub fn encoding_name(&self) -> &'static str {
        "stream"
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.0.length as usize
    }

    pub fn is_empty(&self) -> bool {
        self.0.length == 0
    }

    pub fn counters(&self) -> &Counters {
        &self.0.counters
    }

    pub fn counters_mut(&mut self) -> &mut Counters {
        &mut self.inner().counters
    }

    fn inner(&mut self) -> &mut Inner {
        Arc::make_mut(&mut self.0)
    }

    pub fn node_count(&self) -> usize {
        self.0.index.node_count()
    }

    /// How many nodes Redis's radix tree over ours would have. O(1).
    pub fn radix_node_count(&self) -> u64 {
        self.0.radix_nodes
    }

    /// The nodes with their ids.
    pub fn nodes(&self) -> impl Iterator<Item = NodeRef<'_>> {
        self.0.index.iter().map(|(_, id, node)| NodeRef::new(id, node.0.listpack()))
    }

    /// Ids and bytes of the nodes, as RDB holds them.
    pub fn node_bytes(&self) -> impl Iterator<Item = (StreamId, &[u8])> {
        self.0.index.iter().map(|(_, id, node)| (id, node.0.bytes()))
    }

    /// The same from the first node whose id is `from` or greater.
    pub fn node_bytes_from(&self, from: StreamId) -> impl Iterator<Item = (StreamId, &[u8])> {
        let nodes = self.0.index.range(from, StreamId::MAX).map(|(_, id, node)| (id, node.0.bytes()));
        nodes.skip_while(move |(id, _)| *id < from)
    }

    /// Appends an entry of `count` fields; `pairs`: fields and values in turn.
    pub fn append<'f>(
        &mut self,
        id: StreamId,
        pairs: impl Iterator<Item = &'f [u8]> + Clone,
        count: usize,
        limits: &Limits,
    ) -> Result<(), AppendError> {
        if id <= self.0.counters.last_id {
            return Err(AppendError::NotAbove);
        }
        let bytes: u64 = pairs.clone().map(|text| text.len() as u64).sum();
        if bytes > NODE_BYTES_MAX {
            return Err(AppendError::TooLarge);
        }
        let inner = self.inner();
        while let Some((at, ..)) = inner.index.last().filter(|(_, master, _)| *master >= id) {
            // XSETID set the last id back, and none of this node's entries lives: nodes stay in order without it.
            inner.remove_node(at);
        }
        let at = match inner.index.last() {
            Some((at, master, node)) if has_room(NodeRef::new(master, node.0.listpack()), bytes, limits) => {
                Some((at, master))
            }
            Some((at, ..)) => {
                inner.index.edit(at, |node| node.0.fit());
                None
            }
            None => None,
        };
        match at {
            Some((at, master)) => {
                inner.index.edit(at, |node| node::push(&mut node.0.listpack_mut(), master, id, pairs, count));
            }
            None => {
                let mut node = Packed::blank();
                node::begin(node.edit(), pairs.clone().step_by(2), count);
                node::push(&mut node.listpack_mut(), id, id, pairs, count);
                inner.append_node(id, Node(node));
            }
        }
        inner.length += 1;
        inner.counters.entries_added = inner.counters.entries_added.wrapping_add(1);
        inner.counters.last_id = id;
        if inner.length == 1 {
            inner.counters.first_id = id;
        }
        Ok(())
    }

    /// Living entries from `start` to `end`, both included.
    pub fn range(&self, start: StreamId, end: StreamId) -> Range<'_> {
        Range { nodes: self.0.index.range(start, end), entry: None, start, end, backwards: false }
    }

    /// The same from the last to the first.
    pub fn range_backwards(&self, start: StreamId, end: StreamId) -> Range<'_> {
        Range { backwards: true, ..self.range(start, end) }
    }

    pub fn first(&self) -> Option<Entry<'_>> {
        self.range(StreamId::MIN, StreamId::MAX).next()
    }

    /// The first entry that still takes room, deleted or not.
    pub fn first_kept(&self) -> Option<Entry<'_>> {
        self.nodes().next()?.first()
    }

    pub fn last(&self) -> Option<Entry<'_>> {
        self.range_backwards(StreamId::MIN, StreamId::MAX).next()
    }

    pub fn get(&self, id: StreamId) -> Option<Entry<'_>> {
        self.range(id, id).next()
    }

    /// Deletes an entry by its id. Whether it was there. [`settle_first`](Stream::settle_first) once after the last.
    pub fn delete(&mut self, id: StreamId) -> bool {
        let Some((at, master, node)) = self.0.index.at_or_before(id) else { return false };
        let node = NodeRef::new(master, node.0.listpack());
        let mut next = node.first();
        let entry = loop {
            match next {
                Some(entry) if entry.id == id && !entry.is_deleted => break entry,
                // XSETID may have set the last id back: a deleted entry can be above what follows.
                Some(entry) if entry.id < id || entry.is_deleted => next = entry.next(),
                _ => return false,
            }
        };
        let (place, is_only) = (entry.place(), node.living() == 1);
        let inner = self.inner();
        if is_only {
            inner.remove_node(at);
        } else {
            inner.index.edit(at, |node| node::mark_deleted(&mut node.0.listpack_mut(), master, &[place]));
        }
        inner.length -= 1;
        inner.counters.max_deleted_id = inner.counters.max_deleted_id.max(id);
        true
    }

    /// Finds the first id anew, after entries were deleted.
    pub fn settle_first(&mut self) {
        let first = self.first().map_or(StreamId::MIN, |entry| entry.id);
        self.inner().counters.first_id = first;
    }

    /// Trims from the front. Approximately: whole nodes only. `limit`: at most so many entries, 0 for all. Returns how many
    /// went. O(entries that go).
    pub fn trim(&mut self, trim: Trim, approximately: bool, limit: u64) -> u64 {
        let before = self.0.length;
        loop {
            let length = self.0.length;
            if matches!(trim, Trim::Length(max) if length <= max) {
                break;
            }
            let Some((at, master, node)) = self.0.index.first() else { break };
            let view = NodeRef::new(master, node.0.listpack());
            let living = view.living();
            if limit > 0 && before - length + living > limit {
                break;
            }
            let whole = match trim {
                Trim::Length(max) => length - living >= max,
                Trim::Below(id) => view.last().is_none_or(|last| last.id < id),
            };
            if whole {
                let inner = self.inner();
                inner.remove_node(at);
                inner.length -= living;
                continue;
            }
            if !approximately {
                self.trim_within(at, master, trim);
            }
            break;
        }
        if self.0.length != before {
            self.settle_first();
        }
        before - self.0.length
    }

    fn trim_within(&mut self, at: Position, master: StreamId, trim: Trim) {
        let inner = self.inner();
        let surplus = match trim {
            Trim::Length(max) => inner.length - max,
            Trim::Below(_) => u64::MAX,
        };
        let gone = inner.index.edit(at, |node| {
            let mut next = NodeRef::new(master, node.0.listpack()).first();
            let mut places = Vec::new();
            while let Some(entry) = next {
                if places.len() as u64 >= surplus || matches!(trim, Trim::Below(id) if entry.id >= id) {
                    break;
                }
                if !entry.is_deleted {
                    places.push(entry.place());
                }
                next = entry.next();
            }
            node::mark_deleted(&mut node.0.listpack_mut(), master, &places);
            places.len() as u64
        });
        inner.length -= gone;
    }

    /// Whether an id deleted by itself lies at `start` or behind it.
    pub fn has_tombstone_from(&self, start: StreamId) -> bool {
        let Counters { first_id, max_deleted_id, .. } = self.0.counters;
        // Deleted before everything that is left: no gap.
        self.0.length > 0 && first_id <= max_deleted_id && start <= max_deleted_id
    }

    /// How many entries were ever added up to `id`, where that can be told.
    pub fn entries_read_up_to(&self, id: StreamId) -> i64 {
        let Counters { first_id, last_id, max_deleted_id, entries_added } = self.0.counters;
        let (added, length) = (entries_added as i64, self.0.length as i64);
        if added == 0 {
            return 0;
        }
        if length == 0 && id <= last_id || id == last_id {
            return added;
        }
        if id > last_id {
            return ENTRIES_READ_UNKNOWN;
        }
        if max_deleted_id == StreamId::MIN || max_deleted_id < first_id {
            if id < first_id {
                return added.wrapping_sub(length);
            }
            if id == first_id {
                return added.wrapping_sub(length).wrapping_add(1);
            }
        }
        ENTRIES_READ_UNKNOWN
    }

    pub fn group_count(&self) -> usize {
        self.0.groups.len()
    }

    /// Groups in order of their names.
    pub fn groups(&self) -> impl Iterator<Item = (&[u8], &Group)> {
        self.0.groups.iter().map(|(name, group)| (&**name, &**group))
    }

    pub fn group(&self, name: &[u8]) -> Option<&Group> {
        self.0.groups.get(name).map(|group| &**group)
    }

    /// Adds a group. Whether the name was free.
    pub fn create_group(&mut self, name: &[u8], group: Group) -> bool {
        if self.0.groups.contains_key(name) {
            return false;
        }
        let inner = self.inner();
        inner.groups_bytes += group_bytes(name, &group);
        inner.groups.insert(name.into(), Arc::new(group));
        true
    }

    /// Removes a group. Whether it was there.
    pub fn destroy_group(&mut self, name: &[u8]) -> bool {
        let inner = self.inner();
        let Some(group) = inner.groups.remove(name) else { return false };
        inner.groups_bytes -= group_bytes(name, &group);
        true
    }

    /// Changes a group that is there.
    pub fn edit_group<R>(&mut self, name: &[u8], change: impl FnOnce(&mut Group) -> R) -> R {
        let inner = self.inner();
        let group = Arc::make_mut(inner.groups.get_mut(name).expect("the group was looked up"));
        inner.groups_bytes -= group.heap_bytes();
        let result = change(group);
        inner.groups_bytes += group.heap_bytes();
        result
    }

    /// A stream from its parts: nodes that have been examined, in the order of their ids. O(nodes). Errors: they disagree with
    /// the rest, or with each other.
    pub fn from_nodes(
        nodes: Vec<(StreamId, Vec<u8>, node::Examined)>,
        length: u64,
        counters: Counters,
    ) -> Option<Stream> {
        let (mut living, mut last, mut ids) = (0u64, None, Vec::with_capacity(nodes.len()));
        for (id, _, examined) in &nodes {
            (last < Some(*id) && ids.last() < Some(id)).then_some(())?;
            living = living.checked_add(examined.living)?;
            last = examined.last.or(last);
            ids.push(*id);
        }
        (living == length && last <= Some(counters.last_id)).then_some(())?;
        let mut stream = Stream::default();
        let inner = stream.inner();
        inner.radix_nodes = radix::count_nodes(&ids);
        let nodes = nodes.into_iter().map(|(id, bytes, _)| (id, Node(Packed::from_vec(bytes))));
        inner.index = StreamIndex::from_nodes(nodes);
        inner.length = length;
        inner.counters = counters;
        Some(stream)
    }

    /// Adds the contents to a digest, in order.
    pub fn digest(&self, digest: &mut Digest) {
        let mut buffer = DecimalBuffer::new();
        for entry in self.range(StreamId::MIN, StreamId::MAX) {
            digest.mix(format!("{}.{}", entry.id.ms, entry.id.seq).as_bytes());
            for (field, value) in entry.fields() {
                digest.mix(field.text(&mut buffer));
                digest.mix(value.text(&mut buffer));
            }
        }
    }

    /// Bytes of heap held. O(1).
    pub fn heap_bytes(&self) -> usize {
        const ARC_BYTES: usize = 16;
        ARC_BYTES + size_of::<Inner>() + self.0.index.heap_bytes() + self.0.groups_bytes
    }

    /// Panics on a broken invariant. O(n).
    pub fn check(&self) {
        let mut living = 0;
        for (_, id, node) in self.0.index.iter() {
            let examined = node::examine(id, node.0.bytes()).expect("a valid node");
            living += examined.living;
        }
        assert_eq!(living, self.0.length);
        let ids: Vec<StreamId> = self.0.index.iter().map(|(_, id, _)| id).collect();
        assert_eq!(radix::count_nodes(&ids), self.0.radix_nodes);
        assert!(self.last().is_none_or(|entry| entry.id <= self.0.counters.last_id));
        let groups = self.groups().map(|(name, group)| {
            group.check();
            group_bytes(name, group)
        });
        assert_eq!(groups.sum::<usize>(), self.0.groups_bytes);
    }
}

impl Inner {
    fn append_node(&mut self, id: StreamId, node: Node) {
        self.radix_nodes += radix::nodes_added(&self.index, id);
        self.index.append(id, node);
    }

    fn remove_node(&mut self, at: Position) {
        let (id, _) = self.index.remove(at);
        self.radix_nodes -= radix::nodes_added(&self.index, id);
    }
}

impl Shed for Inner {
    fn shed(&mut self) -> bool {
        if self.index.shed() {
            return true;
        }
        let Some(mut last) = self.groups.last_entry() else { return false };
        if !last.get_mut().shed() {
            last.remove();
        }
        !self.groups.is_empty()
    }
}

impl Shed for Stream {
    fn shed(&mut self) -> bool {
        self.0.shed()
    }
}

fn group_bytes(name: &[u8], group: &Group) -> usize {
    name.len() + size_of::<(Box<[u8]>, Arc<Group>)>() + 16 + size_of::<Group>() + group.heap_bytes()
}

fn has_room(node: NodeRef<'_>, bytes: u64, limits: &Limits) -> bool {
    let bytes_max = match limits.stream_node_bytes_max {
        0 => NODE_BYTES_MAX,
        max => max.min(NODE_BYTES_MAX),
    };
    let entries_max = limits.stream_node_entries_max;
    node.bytes_len() + bytes < bytes_max
        && (entries_max == 0 || ((node.living() + node.deleted()) as i64) < entries_max)
}

/// Living entries between two ids, in either direction.
#[derive(Clone, Debug)]
pub struct Range<'a> {
    nodes: Nodes<'a, Node>,
    entry: Option<Entry<'a>>,
    start: StreamId,
    end: StreamId,
    backwards: bool,
}

impl<'a> Range<'a> {
    /// The next entry, deleted or not, inside the bounds or not.
    fn step(&mut self) -> Option<Entry<'a>> {
        let next = self.entry.and_then(|entry| if self.backwards { entry.previous() } else { entry.next() });
        self.entry = next.or_else(|| {
            let (_, id, node) = if self.backwards { self.nodes.next_back()? } else { self.nodes.next()? };
            let node = NodeRef::new(id, node.0.listpack());
            if self.backwards { node.last() } else { node.first() }
        });
        self.entry
    }
}

impl<'a> Iterator for Range<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        loop {
            let entry = self.step()?;
            if entry.is_deleted {
                continue;
            }
            if if self.backwards { entry.id < self.start } else { entry.id > self.end } {
                return None;
            }
            if (self.start..=self.end).contains(&entry.id) {
                return Some(entry);
            }
        }
    }
}

impl Collection for Stream {
    type Ref<'a> = &'a Stream;

    const STAYS_EMPTY: bool = true;

    #[inline]
    fn of(value: ValueRef<'_>) -> Option<&Stream> {
        match value {
            ValueRef::Stream(stream) => Some(stream),
            _ => None,
        }
    }

    fn of_object(object: Object) -> Option<Stream> {
        match object {
            Object::Stream(stream) => Some(stream),
            _ => None,
        }
    }

    fn of_packed(_: PackedKind, _: Packed) -> Stream {
        unreachable!("streams are never packed")
    }

    fn empty(_: Packed, _: &Limits) -> Stream {
        Stream::default()
    }

    fn borrowed(&self) -> &Stream {
        self
    }

    fn is_empty(&self) -> bool {
        Stream::is_empty(self)
    }
}

impl From<Stream> for Object {
    fn from(stream: Stream) -> Object {
        Object::Stream(stream)
    }
}
