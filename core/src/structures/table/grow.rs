//! How the table changes shape: pages grow and tighten, one page splits, one pair merges.
//!
//! The table splits while the average of live bytes is above [`PAGE_BYTES_AVERAGE`], and merges when it would stay below half
//! of that: an insert followed by a remove, repeated, moves nothing. One step a call is enough, because no record is
//! as large as the average page.
//!
//! Page sizes go in steps of 1/16 to 1/8, so that what one page frees another can use, with a little room for
//! coming records. Where records are so long that the room could not take one, there is none, and steps are four times finer:
//! small hashes of 170 bytes so take 11 bytes less each.

use std::sync::Arc;

use super::page;
use super::{PAGE_BYTES_AVERAGE, PageRef, Slot, Table};
use crate::structures::directory::ARC_HEAD_BYTES;

/// What an allocator typically keeps before a block.
const ALLOCATOR_HEAD_BYTES: usize = 8;

/// The length of a page for `needed` bytes, with records of about `record` bytes and room for a few more of them.
fn roomy_len(needed: usize, record: usize) -> usize {
    let room = needed / 16;
    page_len_for(if room < record { needed } else { needed + room }, record)
}

/// The length of a page for `needed` bytes, with records of about `record` bytes.
pub(super) fn page_len_for(needed: usize, record: usize) -> usize {
    let heads = ARC_HEAD_BYTES + ALLOCATOR_HEAD_BYTES;
    assert!(needed <= page::PAGE_BYTES_MAX - heads, "a page of {needed} bytes: records are not spread by their hash");
    let total = needed + heads;
    let step = total.next_power_of_two() / if needed / 16 < record { 64 } else { 16 };
    let step = step.max(16);
    (total.next_multiple_of(step) - heads).min(page::PAGE_BYTES_MAX)
}

/// Whether a page of `len` bytes that needs only `needed` should be rebuilt.
#[inline]
fn is_loose(len: usize, needed: usize) -> bool {
    len > 64 + needed + needed / 2
}

impl Table {
    /// Rebuilds a page so that `slots` more slots and `bytes` more bytes of records fit, and drops its garbage.
    pub(super) fn make_room(&mut self, at: usize, slots: usize, bytes: usize) {
        let page = self.page(at);
        let needed = page::bytes_for(page::count(page) + slots, page::record_bytes(page) + bytes);
        // Short records: a sixteenth stays free. Rebuilding on every insert into a page full of garbage would cost more.
        let len = if page.len() > 256 { roomy_len(needed, bytes) } else { page_len_for(needed, bytes) };
        let len = len.max(self.page_bytes_min);
        let rebuilt = page::rebuilt(page, len);
        self.set_page(at, Some(rebuilt));
    }

    /// Prepares for `records` in all, about as long as those that are there, of no more than `live_bytes_max` together: as many
    /// pages as they will take, each to be made with room for its share. O(pages). Nothing but time and room is lost if
    /// fewer come, or more. To be followed by [`Table::settle`].
    pub fn expect(&mut self, records: usize, live_bytes_max: usize) {
        let Some(record) = self.live.checked_div(self.len) else { return };
        let live = record.saturating_mul(records).min(live_bytes_max);
        while self.pages.len() * PAGE_BYTES_AVERAGE < live {
            self.split(None);
        }
        self.page_bytes_min = page_len_for(live / self.pages.len() * 7 / 8, record);
    }

    /// Gives back the room that records were expected in. O(bytes).
    pub fn settle(&mut self) {
        if std::mem::take(&mut self.page_bytes_min) == 0 {
            return;
        }
        for at in 0..self.pages.len() {
            let page = self.page(at);
            let count = page::count(page);
            if count == 0 {
                continue;
            }
            let bytes = page::record_bytes(page);
            let len = roomy_len(page::bytes_for(count, bytes), bytes / count);
            if len < page.len() {
                let rebuilt = page::rebuilt(page, len);
                self.set_page(at, Some(rebuilt));
            }
        }
    }

    /// Gives memory back where more than a third of a page is free or garbage.
    pub(super) fn tighten(&mut self, at: usize) {
        let page = self.page(at);
        let needed = page::bytes_for(page::count(page), page::record_bytes(page));
        if page::count(page) == 0 {
            self.set_page(at, None);
        } else if is_loose(page.len(), needed) {
            let record = page::record_bytes(page) / page::count(page);
            let rebuilt = page::rebuilt(page, roomy_len(needed, record));
            self.set_page(at, Some(rebuilt));
        }
    }

    /// Gives the record of `slot` a payload of another length.
    pub(super) fn resized(&mut self, slot: Slot, payload_len: usize) -> (Slot, &mut [u8]) {
        let (at, index) = (slot.page as usize, usize::from(slot.index));
        let position = usize::from(slot.position);
        let page = self.page(at);
        let old_len = page::len_at(page, position);
        let new_len = page::record_len(page::key(page, position), payload_len);
        let record_bytes = page::record_bytes(page) - old_len + new_len;
        let in_place = page::shrinks_in_place(page, position, payload_len);
        if !in_place && !page::has_room_to_move(page, new_len) {
            self.make_room(at, 0, new_len);
        }
        self.live = self.live - old_len + new_len;
        let page = self.page(at);
        let loose = is_loose(page.len(), page::bytes_for(page::count(page), record_bytes));
        let reshapes = loose || self.is_split_due();

        if !reshapes {
            let page = self.page_mut(at);
            let position = page::resize(page, index, payload_len);
            return (Slot::new(at, (index, position)), page::payload_mut(page, position));
        }
        page::resize(self.page_mut(at), index, payload_len);
        self.tighten(at);
        let slot = Slot::new(at, (index, page::position(self.page(at), index)));
        let slot = self.split_if_due(Some(slot)).expect("the slot was given");
        (slot, self.payload_mut(slot))
    }

    fn is_split_due(&self) -> bool {
        self.live > self.pages.len() * PAGE_BYTES_AVERAGE
    }

    /// Splits the next page if the pages are too full on average. Returns where the record of `slot` is now.
    pub(super) fn split_if_due(&mut self, slot: Option<Slot>) -> Option<Slot> {
        if self.is_split_due() { self.split(slot) } else { slot }
    }

    /// Splits the next page. Returns where the record of `slot` is now.
    fn split(&mut self, slot: Option<Slot>) -> Option<Slot> {
        let new_at = self.pages.len();
        let bit = (self.mask + 1) >> 1;
        let old_at = new_at - bit;
        let (moved_slot, [low, high]) = self.divided(old_at, bit, slot);
        let old_count = page::count(self.page(old_at));
        self.pages.push(None);
        if new_at + 1 > self.mask {
            self.mask = self.mask << 1 | 1;
        }
        self.set_page(old_at, low);
        self.set_page(new_at, high);
        let (low, high) = (page::count(self.page(old_at)), page::count(self.page(new_at)));
        self.counts[high] += 1;
        self.count_changed(old_count, low);
        moved_slot.or(slot)
    }

    /// The two pages that come from page `at`, by `bit` of the hashes; and where `slot` went, if it lies in that page.
    fn divided(&self, at: usize, bit: usize, slot: Option<Slot>) -> (Option<Slot>, [PageRef; 2]) {
        let page = self.page(at);
        let count = page::count(page);
        let mut sides = Vec::with_capacity(count);
        let (mut counts, mut bytes) = ([0; 2], [0; 2]);
        for index in 0..count {
            let position = page::position(page, index);
            let side = usize::from(self.record_hash(page, position).0 as usize & bit != 0);
            sides.push(side as u8);
            counts[side] += 1;
            bytes[side] += page::len_at(page, position);
        }
        let mut parts = [0, 1].map(|side| {
            let (count, bytes) = (counts[side], bytes[side]);
            (count > 0).then(|| page::blank(page_len_for(page::bytes_for(count, bytes), bytes / count)))
        });
        let mut moved = None;
        for (index, &side) in sides.iter().enumerate() {
            let side = usize::from(side);
            let part = parts[side].as_mut().and_then(Arc::get_mut).expect("a side with records has its page");
            let new_index = page::count(part);
            let position = page::push_copy(part, page, index);
            if slot.is_some_and(|slot| slot.page as usize == at && usize::from(slot.index) == index) {
                moved = Some(Slot::new(at + side * bit, (new_index, position)));
            }
        }
        (moved, parts)
    }

    /// Merges the last page into the one it was split from, if the pages are too empty on average.
    pub(super) fn merge_if_due(&mut self) {
        let last = self.pages.len() - 1;
        if last == 0 || self.live > last * (PAGE_BYTES_AVERAGE / 2) {
            return;
        }
        let bit = if last > self.mask >> 1 { (self.mask + 1) >> 1 } else { (self.mask + 1) >> 2 };
        let into = last - bit;
        let (a, b) = (self.page(into), self.page(last));
        let (a_count, b_count) = (page::count(a), page::count(b));
        if b_count > 0 {
            let needed = page::bytes_for(a_count + b_count, page::record_bytes(a) + page::record_bytes(b));
            let record = (page::record_bytes(a) + page::record_bytes(b)) / (a_count + b_count);
            let mut merged = page::blank(page_len_for(needed, record));
            let to = Arc::get_mut(&mut merged).expect("nobody else has seen the new page");
            for page in [a, b] {
                (0..page::count(page)).for_each(|index| _ = page::push_copy(to, page, index));
            }
            self.set_page(into, Some(merged));
        }
        self.set_page(last, None);
        self.pages.pop();
        if last <= self.mask >> 1 {
            self.mask >>= 1;
        }
        self.counts[b_count] -= 1;
        self.count_changed(a_count, a_count + b_count);
    }

    pub(super) fn set_page(&mut self, at: usize, page: PageRef) {
        let bytes = |page: &PageRef| page.as_ref().map_or(0, |page| ARC_HEAD_BYTES + page.len());
        self.pages_bytes += bytes(&page);
        let old = std::mem::replace(self.pages.get_mut(at), page);
        self.pages_bytes -= bytes(&old);
    }
}
