//! One node of a stream: a listpack of entries that follow each other.
//!
//! ```text
//!   living │ deleted │ n │ field × n │ 0 │ entry │ entry │ …          the master: no entry, but the fields of the first
//!
//!   entry   flags │ ms − master │ seq − master │ value × n │ elements before           flag 2: the master's fields
//!           flags │ ms − master │ seq − master │ m │ (field │ value) × m │ elements before
//! ```
//!
//! Flag 1 marks a deleted entry, which keeps its place. The last number of an entry tells how many elements to go back to
//! find its flags. The node's id, the key in the index, is that of the entry it was begun with. Bytes as in 7.0.15.

use crate::structures::listpack::{Iter, Malformed, Place, Walk};
use crate::structures::stream_index::StreamId;
use crate::structures::{Item, ListpackMut, ListpackRef};

const DELETED: i64 = 1;
const SAME_FIELDS: i64 = 2;

/// A node, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct NodeRef<'a> {
    id: StreamId,
    listpack: ListpackRef<'a>,
}

/// An entry, living or deleted.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub id: StreamId,
    pub is_deleted: bool,
    node: NodeRef<'a>,
    flags: Place,
    /// The first value, or the first field where they are written out.
    contents: Place,
    field_count: usize,
    same_fields: bool,
}

impl<'a> NodeRef<'a> {
    pub fn new(id: StreamId, listpack: ListpackRef<'a>) -> NodeRef<'a> {
        NodeRef { id, listpack }
    }

    fn number(self, place: Place) -> i64 {
        self.listpack.get(place).as_i64().expect("headers are numbers")
    }

    fn after(self, place: Place, count: usize) -> Option<Place> {
        (0..count).try_fold(place, |place, _| self.listpack.next(place))
    }

    fn head(self, index: usize) -> Place {
        let first = self.listpack.first().expect("a node has a master");
        self.after(first, index).expect("a node has a master")
    }

    /// Entries that are not deleted.
    pub fn living(self) -> u64 {
        self.number(self.head(0)) as u64
    }

    /// Entries that are marked as deleted.
    pub fn deleted(self) -> u64 {
        self.number(self.head(1)) as u64
    }

    /// Bytes of the whole listpack.
    pub fn bytes_len(self) -> u64 {
        self.listpack.bytes().len() as u64
    }

    fn master_fields(self) -> (usize, Iter<'a>) {
        let count = self.head(2);
        let fields = self.listpack.next(count).expect("fields, or the 0 behind them");
        (self.number(count) as usize, self.listpack.iter_from(fields))
    }

    /// The first entry.
    pub fn first(self) -> Option<Entry<'a>> {
        let (count, _) = self.master_fields();
        self.entry(self.after(self.head(2), count + 2)?)
    }

    /// The last entry, living or not.
    pub fn last(self) -> Option<Entry<'a>> {
        self.before(self.listpack.last()?)
    }

    /// The entry whose last element is at `place`; `None` if that is the 0 of the master.
    fn before(self, place: Place) -> Option<Entry<'a>> {
        let steps = self.number(place);
        if steps == 0 {
            return None;
        }
        let flags = (0..steps).try_fold(place, |place, _| self.listpack.previous(place));
        self.entry(flags.expect("an entry's elements precede their number"))
    }

    fn entry(self, flags: Place) -> Option<Entry<'a>> {
        let ms = self.after(flags, 1)?;
        let seq = self.after(ms, 1)?;
        let bits = self.number(flags);
        let id = StreamId {
            ms: self.id.ms.wrapping_add(self.number(ms) as u64),
            seq: self.id.seq.wrapping_add(self.number(seq) as u64),
        };
        let same_fields = bits & SAME_FIELDS != 0;
        let next = self.after(seq, 1)?;
        let (field_count, contents) = if same_fields {
            (self.master_fields().0, next)
        } else {
            (self.number(next) as usize, self.after(next, 1)?)
        };
        Some(Entry { id, is_deleted: bits & DELETED != 0, node: self, flags, contents, field_count, same_fields })
    }
}

impl<'a> Entry<'a> {
    pub fn field_count(self) -> usize {
        self.field_count
    }

    /// Fields with their values.
    pub fn fields(self) -> impl Iterator<Item = (Item<'a>, Item<'a>)> {
        let mut contents = self.node.listpack.iter_from(self.contents);
        let mut names = self.same_fields.then(|| self.node.master_fields().1);
        (0..self.field_count).map(move |_| {
            let name = names.as_mut().map_or_else(|| contents.next(), Iterator::next);
            (name.expect("as many fields as told"), contents.next().expect("each field has a value"))
        })
    }

    /// The entry behind this one, living or not.
    pub fn next(self) -> Option<Entry<'a>> {
        let elements = if self.same_fields { self.field_count } else { 2 * self.field_count };
        self.node.entry(self.node.after(self.contents, elements + 1)?)
    }

    /// The entry before this one, living or not.
    pub fn previous(self) -> Option<Entry<'a>> {
        self.node.before(self.node.listpack.previous(self.flags)?)
    }

    /// Where its flags are.
    pub fn place(self) -> Place {
        self.flags
    }

    fn flags(self) -> i64 {
        i64::from(self.is_deleted) * DELETED + i64::from(self.same_fields) * SAME_FIELDS
    }
}

/// Begins a node in `bytes` with the fields of its first entry.
pub fn begin<'f>(bytes: &mut Vec<u8>, fields: impl Iterator<Item = &'f [u8]>, count: usize) {
    let mut listpack = ListpackMut::init(bytes);
    listpack.push_back(Item::Int(0));
    listpack.push_back(Item::Int(0));
    listpack.push_back(Item::Int(count as i64));
    fields.for_each(|field| listpack.push_back(Item::parse(field)));
    listpack.push_back(Item::Int(0));
}

/// Appends a living entry to the node `master`. `pairs`: fields and values in turn.
pub fn push<'f>(
    listpack: &mut ListpackMut<'_>,
    master: StreamId,
    id: StreamId,
    pairs: impl Iterator<Item = &'f [u8]> + Clone,
    count: usize,
) {
    let (master_count, names) = NodeRef::new(master, listpack.as_ref()).master_fields();
    let same = master_count == count && names.zip(pairs.clone().step_by(2)).all(|(a, b)| a == Item::parse(b));
    listpack.push_back(Item::Int(if same { SAME_FIELDS } else { 0 }));
    listpack.push_back(Item::Int(id.ms.wrapping_sub(master.ms) as i64));
    listpack.push_back(Item::Int(id.seq.wrapping_sub(master.seq) as i64));
    if !same {
        listpack.push_back(Item::Int(count as i64));
    }
    pairs.skip(usize::from(same)).step_by(1 + usize::from(same)).for_each(|text| listpack.push_back(Item::parse(text)));
    listpack.push_back(Item::Int(if same { count as i64 + 3 } else { 2 * count as i64 + 4 }));
    count_living(listpack, 1, 0);
}

/// Marks the entries at `places`, living ones, as deleted.
pub fn mark_deleted(listpack: &mut ListpackMut<'_>, master: StreamId, places: &[Place]) {
    for &place in places {
        let entry = NodeRef::new(master, listpack.as_ref()).entry(place).expect("an entry's place");
        // Flags are short: nothing moves, and the other places stay.
        let flags = entry.flags() | DELETED;
        listpack.replace(place, Item::Int(flags));
    }
    let count = places.len() as i64;
    count_living(listpack, -count, count);
}

fn count_living(listpack: &mut ListpackMut<'_>, living: i64, deleted: i64) {
    for (index, change) in [living, deleted].into_iter().enumerate() {
        let view = NodeRef::new(StreamId::MIN, listpack.as_ref());
        let place = view.head(index);
        let count = view.number(place) + change;
        if change != 0 {
            listpack.replace(place, Item::Int(count));
        }
    }
}

/// What is known of a node from elsewhere once it has been examined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Examined {
    /// Entries that are not deleted.
    pub living: u64,
    /// The last of them.
    pub last: Option<StreamId>,
}

/// Examines bytes from elsewhere that should be the node with this id: the listpack, heads, counts, every entry, living ids that
/// rise. O(bytes), one pass. Errors: they aren't.
pub fn examine(id: StreamId, bytes: &[u8]) -> Result<Examined, Malformed> {
    let mut walk = Walk::begin(bytes)?;
    let count_max = bytes.len() as i64;
    let count = |number: i64| if (0..=count_max).contains(&number) { Ok(number) } else { Err(Malformed) };
    let (living, deleted, fields) = (count(walk.integer()?)?, count(walk.integer()?)?, count(walk.integer()?)?);
    walk.skip(fields as usize)?;
    if walk.integer()? != 0 {
        return Err(Malformed);
    }
    let (mut found, mut last) = ([0i64; 2], None);
    while !walk.is_over() {
        let flags = walk.integer()?;
        if !(0..4).contains(&flags) {
            return Err(Malformed);
        }
        let (ms, seq) = (walk.integer()?, walk.integer()?);
        if flags & DELETED == 0 {
            let this = StreamId::new(id.ms.wrapping_add(ms as u64), id.seq.wrapping_add(seq as u64));
            if this < id || last >= Some(this) {
                return Err(Malformed);
            }
            last = Some(this);
        }
        let (skipped, total) = if flags & SAME_FIELDS != 0 {
            (fields, fields + 3)
        } else {
            let own = count(walk.integer()?)?;
            (2 * own, 2 * own + 4)
        };
        walk.skip(skipped as usize)?;
        if walk.integer()? != total {
            return Err(Malformed);
        }
        found[(flags & DELETED) as usize] += 1;
    }
    // The end is read, too: it checks the count.
    let is_whole = !walk.step()? && found == [living, deleted];
    if is_whole { Ok(Examined { living: living as u64, last }) } else { Err(Malformed) }
}
