//! The bytes of one page of the table.
//!
//! ```text
//!   0        2       4         6                    6 + 64·G                     len − data         len
//!   ┌────────┬───────┬─────────┬─────────┬───┬──────────┬───────── free ─────────┬────────┬───┬────────┐
//!   │ count  │ data  │ garbage │ group 0 │ … │ group G-1│                        │ record │ … │ record │
//!   └────────┴───────┴─────────┴─────────┴───┴──────────┴────────────────────────┴────────┴───┴────────┘
//!
//!   group: 16 slots in the bytes of one cache line
//!   ┌──────────────┬───────────────┬────────────────────┐
//!   │ 16 × tag u8  │ 16 × tag' u8  │ 16 × position u16  │
//!   └──────────────┴───────────────┴────────────────────┘
//!
//!   record: ┌───────────┬───────────────────────┬─────┬─────────┐
//!           │ key len   │ payload len: 1 or 2 B │ key │ payload │      key len 255: the key is outside, and
//!           └───────────┴───────────────────────┴─────┴─────────┘      12 bytes (hash u64, id u32) stand for it
//! ```
//!
//! Groups grow from the front, records from the back; `G = ⌈count / 16⌉`. A position is the distance from a record's first
//! byte to the page's *end*, so a page grows by copying its two halves, without touching a slot. `data` counts the
//! bytes at the back that were ever given out, `garbage` those of them that no record needs any more. A lookup compares the
//! first tags eight at a time, then the second tag, and only then touches the record: 1 in 65,536 wrong slots costs a
//! cache miss.
//!
//! A page of zero bytes is `&[]`'s stand-in [`EMPTY`]: it has no room for anything.

use std::ops::Range;
use std::sync::Arc;

pub(super) const HEADER: usize = 6;
pub(super) const GROUP: usize = 64;
pub(super) const SLOTS: usize = 16;
/// What a slot costs beside its record.
pub(super) const SLOT_BYTES: usize = GROUP / SLOTS;
/// Positions are 16 bits.
pub(super) const PAGE_BYTES_MAX: usize = u16::MAX as usize;
/// Longer keys live outside the page.
pub(super) const INLINE_KEY_MAX: usize = 254;
const OUTSIDE: u8 = 255;
const OUTSIDE_BYTES: usize = 12;
/// A payload length up to here takes one byte, a greater one two.
const SHORT_PAYLOAD_MAX: usize = 191;

pub(super) static EMPTY: [u8; HEADER] = [0; HEADER];

/// The two bytes of the hash that a slot keeps. The page is chosen by other bits.
#[derive(Clone, Copy)]
pub(super) struct Tags {
    first: u8,
    second: u8,
}

impl Tags {
    #[inline]
    pub fn of(hash: u64) -> Self {
        Self { first: (hash >> 56) as u8, second: (hash >> 48) as u8 }
    }
}

/// Reads from every cache line that a lookup and an insert need: the groups, and where the next record goes. The sum means
/// nothing.
#[inline]
pub(super) fn touch(page: &[u8]) -> u32 {
    const GROUPS_BYTES_MAX: usize = 5 * GROUP;
    let next = page.len().saturating_sub(data(page) + 1);
    let groups = page[..page.len().min(GROUPS_BYTES_MAX)].iter().step_by(GROUP);
    groups.fold(u32::from(page[next]), |sum, &byte| sum + u32::from(byte))
}

/// How a record holds its key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum KeyPart<'a> {
    Inline(&'a [u8]),
    Outside { hash: u64, id: u32 },
}

impl KeyPart<'_> {
    fn len(self) -> usize {
        match self {
            KeyPart::Inline(key) => key.len(),
            KeyPart::Outside { .. } => OUTSIDE_BYTES,
        }
    }
}

/// Bytes of a record with this key and a payload of this length.
pub(super) fn record_len(key: KeyPart<'_>, payload_len: usize) -> usize {
    head_len(payload_len) + key.len() + payload_len
}

#[inline]
pub(super) fn head_len(payload_len: usize) -> usize {
    if payload_len <= SHORT_PAYLOAD_MAX { 2 } else { 3 }
}

#[inline]
fn get_u16(page: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([page[at], page[at + 1]]))
}

#[inline]
fn set_u16(page: &mut [u8], at: usize, value: usize) {
    debug_assert!(value <= PAGE_BYTES_MAX);
    page[at..at + 2].copy_from_slice(&(value as u16).to_le_bytes());
}

#[inline]
pub(super) fn count(page: &[u8]) -> usize {
    get_u16(page, 0)
}

#[inline]
fn data(page: &[u8]) -> usize {
    get_u16(page, 2)
}

#[inline]
pub(super) fn garbage(page: &[u8]) -> usize {
    get_u16(page, 4)
}

#[inline]
fn groups(count: usize) -> usize {
    count.div_ceil(SLOTS)
}

/// Bytes that a page needs at least for `count` records of `record_bytes` together.
pub(super) fn bytes_for(count: usize, record_bytes: usize) -> usize {
    HEADER + groups(count) * GROUP + record_bytes
}

/// Bytes of the records that are alive.
pub(super) fn record_bytes(page: &[u8]) -> usize {
    data(page) - garbage(page)
}

/// Whether one more record of `record_len` bytes fits without rebuilding.
#[inline]
pub(super) fn has_room(page: &[u8], record_len: usize) -> bool {
    bytes_for(count(page) + 1, data(page) + record_len) <= page.len()
}

/// Whether `record_len` more bytes fit for a record that has its slot already.
#[inline]
pub(super) fn has_room_to_move(page: &[u8], record_len: usize) -> bool {
    bytes_for(count(page), data(page) + record_len) <= page.len()
}

/// The distance of slot `index`'s record from the end.
#[inline]
pub(super) fn position(page: &[u8], index: usize) -> usize {
    debug_assert!(index < count(page));
    get_u16(page, HEADER + index / SLOTS * GROUP + 2 * SLOTS + index % SLOTS * 2)
}

#[inline]
fn set_position(page: &mut [u8], index: usize, position: usize) {
    set_u16(page, HEADER + index / SLOTS * GROUP + 2 * SLOTS + index % SLOTS * 2, position);
}

#[inline]
fn tags(page: &[u8], index: usize) -> Tags {
    let at = HEADER + index / SLOTS * GROUP + index % SLOTS;
    Tags { first: page[at], second: page[at + SLOTS] }
}

#[inline]
fn set_tags(page: &mut [u8], index: usize, tags: Tags) {
    let at = HEADER + index / SLOTS * GROUP + index % SLOTS;
    page[at] = tags.first;
    page[at + SLOTS] = tags.second;
}

/// Where the parts of a record are, as ranges of the page.
struct Layout {
    outside: bool,
    key: Range<usize>,
    payload: Range<usize>,
}

#[inline]
fn layout(page: &[u8], position: usize) -> Layout {
    let at = page.len() - position;
    let head = page[at];
    let outside = head == OUTSIDE;
    let key_len = if outside { OUTSIDE_BYTES } else { usize::from(head) };
    let short = usize::from(page[at + 1]);
    let (payload_len, key) = if short <= SHORT_PAYLOAD_MAX {
        (short, at + 2)
    } else {
        ((short - SHORT_PAYLOAD_MAX - 1) << 8 | usize::from(page[at + 2]), at + 3)
    };
    let payload = key + key_len;
    Layout { outside, key: key..payload, payload: payload..payload + payload_len }
}

#[inline]
pub(super) fn key(page: &[u8], position: usize) -> KeyPart<'_> {
    let layout = layout(page, position);
    key_part(&page[layout.key], layout.outside)
}

#[inline]
fn key_part(bytes: &[u8], outside: bool) -> KeyPart<'_> {
    if !outside {
        return KeyPart::Inline(bytes);
    }
    let (hash, id) = bytes.split_at(8);
    KeyPart::Outside {
        hash: u64::from_le_bytes(hash.try_into().expect("eight bytes of hash")),
        id: u32::from_le_bytes(id.try_into().expect("four bytes of id")),
    }
}

/// The key, when it is inline and equal to `wanted`; cheaper than comparing two [`KeyPart`]s.
#[inline]
pub(super) fn has_inline_key(page: &[u8], position: usize, wanted: &[u8]) -> bool {
    let at = page.len() - position;
    let key = at + if usize::from(page[at + 1]) <= SHORT_PAYLOAD_MAX { 2 } else { 3 };
    usize::from(page[at]) == wanted.len() && page[key..key + wanted.len()] == *wanted
}

#[inline]
pub(super) fn payload(page: &[u8], position: usize) -> &[u8] {
    &page[layout(page, position).payload]
}

#[inline]
pub(super) fn payload_mut(page: &mut [u8], position: usize) -> &mut [u8] {
    let range = layout(page, position).payload;
    &mut page[range]
}

/// Key and payload of a record.
pub(super) fn record(page: &[u8], position: usize) -> (KeyPart<'_>, &[u8]) {
    let layout = layout(page, position);
    (key_part(&page[layout.key], layout.outside), &page[layout.payload])
}

/// The first slot with these tags that `accept(index, position)` takes.
#[inline]
pub(super) fn search(page: &[u8], tags: Tags, mut accept: impl FnMut(usize, usize) -> bool) -> Option<(usize, usize)> {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let count = count(page);
    let pattern = LOW.wrapping_mul(u64::from(tags.first));
    let (all, _) = page[HEADER..].as_chunks::<GROUP>();
    for (g, group) in all[..groups(count)].iter().enumerate() {
        for half in 0..2 {
            let mut word = [0; 8];
            word.copy_from_slice(&group[half * 8..half * 8 + 8]);
            let differences = u64::from_le_bytes(word) ^ pattern;
            // A bit for every zero byte, and now and then one for the byte above it: the second tag sorts that out.
            let mut zeros = differences.wrapping_sub(LOW) & !differences & HIGH;
            while zeros != 0 {
                let at = half * 8 + (zeros.trailing_zeros() / 8) as usize;
                zeros &= zeros - 1;
                let index = g * SLOTS + at;
                if group[SLOTS + at] == tags.second && index < count {
                    let position = get_u16(group, 2 * SLOTS + 2 * at);
                    if accept(index, position) {
                        return Some((index, position));
                    }
                }
            }
        }
    }
    None
}

/// Adds a record and returns its position; the payload is zeroed. The page must have room for it.
pub(super) fn push(page: &mut [u8], tags: Tags, key: KeyPart<'_>, payload_len: usize) -> usize {
    let index = count(page);
    let position = place(page, key, payload_len);
    set_u16(page, 0, index + 1);
    set_tags(page, index, tags);
    set_position(page, index, position);
    position
}

/// Writes a record with a zeroed payload into free space and returns its position.
fn place(page: &mut [u8], key: KeyPart<'_>, payload_len: usize) -> usize {
    let position = data(page) + record_len(key, payload_len);
    let at = page.len() - position;
    set_u16(page, 2, position);
    let key_at = at + head_len(payload_len);
    write_payload_len(page, at, payload_len);
    match key {
        KeyPart::Inline(bytes) => {
            debug_assert!(bytes.len() <= INLINE_KEY_MAX);
            page[at] = bytes.len() as u8;
            page[key_at..key_at + bytes.len()].copy_from_slice(bytes);
        }
        KeyPart::Outside { hash, id } => {
            page[at] = OUTSIDE;
            page[key_at..key_at + 8].copy_from_slice(&hash.to_le_bytes());
            page[key_at + 8..key_at + 12].copy_from_slice(&id.to_le_bytes());
        }
    }
    let payload_at = key_at + key.len();
    page[payload_at..payload_at + payload_len].fill(0);
    position
}

fn write_payload_len(page: &mut [u8], at: usize, payload_len: usize) {
    if payload_len <= SHORT_PAYLOAD_MAX {
        page[at + 1] = payload_len as u8;
    } else {
        page[at + 1] = (SHORT_PAYLOAD_MAX + 1 + (payload_len >> 8)) as u8;
        page[at + 2] = payload_len as u8;
    }
}

/// Takes slot `index` away: the last slot moves into its place, the record's bytes become garbage. Returns them.
pub(super) fn remove(page: &mut [u8], index: usize) -> usize {
    let layout = layout(page, position(page, index));
    let freed = layout.payload.end - (page.len() - position(page, index));
    let last = count(page) - 1;
    if index != last {
        let (tags, position) = (tags(page, last), position(page, last));
        set_tags(page, index, tags);
        set_position(page, index, position);
    }
    set_u16(page, 0, last);
    add_garbage(page, freed);
    freed
}

fn add_garbage(page: &mut [u8], bytes: usize) {
    let garbage = garbage(page) + bytes;
    if garbage == data(page) {
        // Nothing alive at the back: all of it is free again.
        set_u16(page, 2, 0);
        set_u16(page, 4, 0);
    } else {
        set_u16(page, 4, garbage);
    }
}

/// Whether a payload can be shortened where it is: when the record keeps its form.
#[inline]
pub(super) fn shrinks_in_place(page: &[u8], position: usize, payload_len: usize) -> bool {
    let old = layout(page, position).payload.len();
    payload_len <= old && head_len(payload_len) == head_len(old)
}

/// Cuts the payload of slot `index`, or extends it by zeros: where it is or, if the page has room
/// ([`has_room_to_move`]), somewhere else in the page. Returns the record's position.
pub(super) fn resize(page: &mut [u8], index: usize, payload_len: usize) -> usize {
    let position = position(page, index);
    if !shrinks_in_place(page, position, payload_len) {
        return move_resized(page, index, payload_len);
    }
    let old_len = layout(page, position).payload.len();
    let at = page.len() - position;
    write_payload_len(page, at, payload_len);
    add_garbage(page, old_len - payload_len);
    position
}

/// Moves the record of slot `index` to free space in the same page, with its payload cut or extended by zeros.
/// Returns the new position.
fn move_resized(page: &mut [u8], index: usize, payload_len: usize) -> usize {
    let old_position = position(page, index);
    let old = layout(page, old_position);
    let old_len = old.payload.end - (page.len() - old_position);
    let new_position = data(page) + head_len(payload_len) + old.key.len() + payload_len;
    let at = page.len() - new_position;
    set_u16(page, 2, new_position);
    page[at] = page[page.len() - old_position];
    write_payload_len(page, at, payload_len);
    let kept = old.payload.len().min(payload_len);
    let key_at = at + head_len(payload_len);
    page.copy_within(old.key.start..old.payload.start + kept, key_at);
    let payload_at = key_at + old.key.len();
    page[payload_at + kept..payload_at + payload_len].fill(0);
    set_position(page, index, new_position);
    add_garbage(page, old_len);
    new_position
}

/// An empty page of `len` bytes.
pub(super) fn blank(len: usize) -> Arc<[u8]> {
    debug_assert!((HEADER..=PAGE_BYTES_MAX).contains(&len));
    std::iter::repeat_n(0, len).collect()
}

/// The same records, in the same slots, in a page of `len` bytes without garbage.
pub(super) fn rebuilt(page: &[u8], len: usize) -> Arc<[u8]> {
    let mut new = blank(len);
    let to = Arc::get_mut(&mut new).expect("nobody else has seen the new page");
    let slots_end = bytes_for(count(page), 0);
    to[..slots_end].copy_from_slice(&page[..slots_end]);
    if garbage(page) == 0 {
        let data = data(page);
        to[len - data..].copy_from_slice(&page[page.len() - data..]);
        return new;
    }
    let mut filled = 0;
    for index in 0..count(page) {
        let position = position(page, index);
        let from = page.len() - position;
        let record = &page[from..layout(page, position).payload.end];
        filled += record.len();
        to[len - filled..len - filled + record.len()].copy_from_slice(record);
        set_position(to, index, filled);
    }
    set_u16(to, 2, filled);
    set_u16(to, 4, 0);
    new
}

/// Adds to `to` the record that `from` has in slot `index`. Returns its position.
pub(super) fn push_copy(to: &mut [u8], from: &[u8], index: usize) -> usize {
    let old_position = position(from, index);
    let start = from.len() - old_position;
    let record = &from[start..layout(from, old_position).payload.end];
    let new_index = count(to);
    let new_position = data(to) + record.len();
    let at = to.len() - new_position;
    to[at..at + record.len()].copy_from_slice(record);
    set_u16(to, 0, new_index + 1);
    set_u16(to, 2, new_position);
    set_tags(to, new_index, tags(from, index));
    set_position(to, new_index, new_position);
    new_position
}

/// Bytes of the record at `position`.
pub(super) fn len_at(page: &[u8], position: usize) -> usize {
    layout(page, position).payload.end - (page.len() - position)
}

/// Panics unless the page keeps its invariants. For tests and `recount`.
pub(super) fn check(page: &[u8]) {
    let count = count(page);
    assert!(bytes_for(count, data(page)) <= page.len(), "groups and records overlap");
    let mut spans: Vec<Range<usize>> = (0..count)
        .map(|index| {
            let position = position(page, index);
            assert!(position <= data(page), "a record lies outside the data");
            let start = page.len() - position;
            start..start + len_at(page, position)
        })
        .collect();
    let alive: usize = spans.iter().map(Range::len).sum();
    assert_eq!(alive, record_bytes(page), "the garbage count is wrong");
    spans.sort_by_key(|span| span.start);
    assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start), "records overlap");
}
