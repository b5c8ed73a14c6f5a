//! Values as the commands that make them, in pieces.
//!
//! ```text
//!   string  SET k v                       set         SADD k member …
//!   list    RPUSH k element …             sorted set  ZADD k score member …
//!   hash    HMSET k field value …         stream      see stream.rs
//! ```
//!
//! Collections travel in commands of up to 64 elements; scores have 17 digits, so that they are read back as what they are. Which
//! elements share a command does not depend on where pieces end. Form and order are those of 7.0.15.

use super::request::{append_argument, append_count};
use super::stream::{self, StreamPlace};
use crate::numbers::double;
use crate::types::{HashRef, SetRef, ValueRef};

/// Elements of one command.
const ELEMENTS_MAX: usize = 64;

/// Where the writing of a value stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    #[default]
    Begin,
    /// Elements that have been written; pages, if it is a table.
    Elements {
        done: usize,
        pages: usize,
    },
    Stream(StreamPlace),
}

/// Appends commands and stops soon after `out` has `stop_bytes`; the next call goes on at `place`, which begins as the default. Whether
/// the value is complete. O(piece), and to find the place O(log n), O(n) in packed values.
pub fn append_piece(out: &mut Vec<u8>, key: &[u8], value: ValueRef<'_>, place: &mut Place, stop_bytes: usize) -> bool {
    match (value, *place) {
        (ValueRef::String(text), _) => {
            append_words(out, &[b"SET", key, &text.bytes()]);
            true
        }
        (ValueRef::Stream(stream), at) => {
            let mut at = if let Place::Stream(at) = at { at } else { StreamPlace::begin(stream) };
            let is_complete = stream::append_piece(out, key, stream, &mut at, stop_bytes);
            *place = Place::Stream(at);
            is_complete
        }
        (value, at) => {
            let (done, pages) = if let Place::Elements { done, pages } = at { (done, pages) } else { (0, 0) };
            let mut batches = Batches { out, name: b"", key, len: 0, width: 1, done, pages, stop_bytes };
            batches.push_all(value);
            *place = Place::Elements { done: batches.done, pages: batches.pages };
            batches.done == batches.len
        }
    }
}

/// Appends one command.
pub fn append_words(out: &mut Vec<u8>, words: &[&[u8]]) {
    append_count(out, words.len());
    words.iter().for_each(|word| append_argument(out, word));
}

/// Elements of a collection, spread over commands.
struct Batches<'o> {
    out: &'o mut Vec<u8>,
    name: &'static [u8],
    key: &'o [u8],
    /// All elements, and those that have been written.
    len: usize,
    done: usize,
    pages: usize,
    /// Arguments of an element.
    width: usize,
    stop_bytes: usize,
}

impl Batches<'_> {
    /// What comes next of a collection, until there is no room. Tables go page by page.
    fn push_all(&mut self, value: ValueRef<'_>) {
        let done = self.done;
        match value {
            ValueRef::String(_) | ValueRef::Stream(_) => {}
            ValueRef::List(list) => {
                self.are(b"RPUSH", list.len(), 1);
                _ = list.forward(done).all(|item| self.push(&[&item.bytes()]));
            }
            ValueRef::Set(set) => {
                self.are(b"SADD", set.len(), 1);
                if let SetRef::Table(table) = set {
                    return self.push_pages(table.page_count(), |batches, page| {
                        table.iter_page(page).for_each(|(member, _)| _ = batches.push(&[member]));
                    });
                }
                _ = set.iter().skip(done).all(|item| self.push(&[&item.bytes()]));
            }
            ValueRef::SortedSet(set) => {
                self.are(b"ZADD", set.len(), 2);
                let mut members = set.range(done..set.len());
                _ = members.all(|(item, score)| self.push(&[double::format(score).as_bytes(), &item.bytes()]));
            }
            ValueRef::Hash(hash) => {
                self.are(b"HMSET", hash.len(), 2);
                if let HashRef::Table(map) = hash {
                    return self.push_pages(map.table().page_count(), |batches, page| {
                        map.iter_page(page).for_each(|(field, value)| _ = batches.push(&[field, value]));
                    });
                }
                _ = hash.iter().skip(done).all(|(field, value)| self.push(&[&field.bytes(), &value.bytes()]));
            }
        }
    }

    fn are(&mut self, name: &'static [u8], len: usize, width: usize) {
        (self.name, self.len, self.width) = (name, len, width);
    }

    fn push_pages(&mut self, count: usize, mut push_page: impl FnMut(&mut Self, usize)) {
        while self.pages < count && self.has_room() {
            push_page(self, self.pages);
            self.pages += 1;
        }
    }

    fn has_room(&self) -> bool {
        self.out.len() < self.stop_bytes
    }

    /// Whether more may follow in this piece.
    fn push(&mut self, element: &[&[u8]]) -> bool {
        if self.done.is_multiple_of(ELEMENTS_MAX) {
            let count = (self.len - self.done).min(ELEMENTS_MAX);
            append_count(self.out, 2 + count * self.width);
            append_argument(self.out, self.name);
            append_argument(self.out, self.key);
        }
        element.iter().for_each(|argument| append_argument(self.out, argument));
        self.done += 1;
        self.has_room()
    }
}
