//! One file: what is read, what is durable, and the changes in between.
//!
//! ```text
//!   durable  ──pending changes, in order──►  content
//!   |0        512       1024      1536|          a write is cut into pieces at these lines
//! ```
//!
//! A crash keeps `durable` and some of the pieces. Within one sector they persist in order (the page is written as a whole, so a
//! later piece brings the earlier ones along); between sectors anything goes. What a failed sync has dropped from the cache's
//! list of dirty pages is *lost*: it is read as long as the machine runs, no later sync writes it, unless the same sector is
//! written again.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

/// The unit in which a disk persists.
pub const SECTOR_BYTES: usize = 512;

/// What of the changes under way a crash leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survival {
    /// What was synced, and nothing else.
    Nothing,
    /// All that was written.
    Everything,
    /// The changes up to some moment: a journaling file system.
    Prefix,
    /// Any of them.
    Subset,
}

/// How the last piece that survives looks behind the point where it was torn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    Whole,
    Torn,
    Zeros,
    Garbage,
}

/// Whoever decides: a number below the bound. A generator, or an enumeration of all cases.
pub type Choose<'a> = &'a mut dyn FnMut(u64) -> u64;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Edit {
    Write { at: usize, bytes: Vec<u8> },
    Cut { to: usize },
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    number: u64,
    edit: Edit,
}

/// A part of a write within one sector, or a cut.
enum Piece<'a> {
    Write { at: usize, bytes: &'a [u8] },
    Cut { to: usize },
}

/// A file without its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inode {
    content: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Change>,
    /// Writes that are in the cache only, and that nothing will write.
    lost: Vec<(usize, Vec<u8>)>,
    /// Writing back failed, and nobody was told.
    late_error: bool,
    next_number: u64,
}

/// Of the changes only the order counts, not their numbers: no crash can show them.
impl Hash for Inode {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (&self.content, &self.durable, &self.lost, self.late_error).hash(hasher);
        self.pending.len().hash(hasher);
        self.pending.iter().for_each(|change| change.edit.hash(hasher));
    }
}

impl Inode {
    /// A file that is on the disk as it is.
    pub fn settled(content: Vec<u8>) -> Inode {
        Inode { durable: content.clone(), content, ..Inode::default() }
    }

    pub fn content(&self) -> &[u8] {
        &self.content
    }

    pub fn durable(&self) -> &[u8] {
        &self.durable
    }

    /// Whether a crash can't change it.
    pub fn is_settled(&self) -> bool {
        self.pending.is_empty() && self.lost.is_empty()
    }

    pub fn append(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            let at = self.content.len();
            self.content.extend_from_slice(bytes);
            self.change(Edit::Write { at, bytes: bytes.to_vec() });
        }
    }

    pub fn cut(&mut self, to: usize) {
        if to < self.content.len() {
            self.content.truncate(to);
            self.change(Edit::Cut { to });
        } else if to > self.content.len() {
            let missing = vec![0; to - self.content.len()];
            self.append(&missing);
        }
    }

    fn change(&mut self, edit: Edit) {
        self.pending.push(Change { number: self.next_number, edit });
        self.next_number += 1;
    }

    /// Where a sync begins: it covers the changes before this number.
    pub fn mark(&self) -> u64 {
        self.next_number
    }

    /// Changes before `mark` are on the disk. Whether a failure of the past was waiting to be told: then they are not.
    pub fn sync(&mut self, mark: u64) -> bool {
        if std::mem::take(&mut self.late_error) {
            return false;
        }
        let covered = self.pending.partition_point(|change| change.number < mark);
        for change in self.pending.drain(..covered) {
            match change.edit {
                Edit::Write { at, bytes } => {
                    bring_along(&mut self.durable, &self.lost, at);
                    put(&mut self.durable, at, &bytes);
                    self.lost.retain(|(lost_at, lost)| lost_at + lost.len() <= at || *lost_at >= at + bytes.len());
                }
                Edit::Cut { to } => {
                    self.durable.truncate(to);
                    self.lost.retain(|(at, _)| *at < to);
                }
            }
        }
        true
    }

    /// A sync failed, and the pages are clean: with what was written, or with what was there before.
    pub fn fail_sync(&mut self, keeps_new: bool) {
        if keeps_new {
            self.lose_pending();
        } else {
            self.content = self.durable.clone();
            self.pending.clear();
            self.lost.clear();
        }
    }

    /// Writing back failed in the background: the next sync says so.
    pub fn fail_write_back(&mut self) {
        if !self.pending.is_empty() {
            self.lose_pending();
            self.late_error = true;
        }
    }

    /// The process that would have been told of a failure is gone; the system tries again what it has in memory.
    pub fn retry_lost(&mut self) {
        self.late_error = false;
        let lost = std::mem::take(&mut self.lost);
        let later = std::mem::take(&mut self.pending);
        for (at, bytes) in lost {
            self.change(Edit::Write { at, bytes });
        }
        for change in later {
            self.change(change.edit);
        }
    }

    fn lose_pending(&mut self) {
        for change in std::mem::take(&mut self.pending) {
            match change.edit {
                Edit::Write { at, bytes } => self.lost.push((at, bytes)),
                // Lengths are metadata: the journal of the file system has them.
                Edit::Cut { to } => {
                    self.durable.truncate(to);
                    self.lost.retain(|(at, _)| *at < to);
                }
            }
        }
    }

    fn pieces(&self) -> Vec<Piece<'_>> {
        let mut pieces = Vec::new();
        for change in &self.pending {
            match &change.edit {
                Edit::Cut { to } => pieces.push(Piece::Cut { to: *to }),
                Edit::Write { at, bytes } => {
                    let (mut at, mut rest) = (*at, &bytes[..]);
                    while !rest.is_empty() {
                        let room = SECTOR_BYTES - at % SECTOR_BYTES;
                        let (piece, after) = rest.split_at(room.min(rest.len()));
                        pieces.push(Piece::Write { at, bytes: piece });
                        at += piece.len();
                        rest = after;
                    }
                }
            }
        }
        pieces
    }

    /// What a crash leaves of it.
    pub fn after_crash(&self, survival: Survival, tail: Tail, choose: Choose<'_>) -> Vec<u8> {
        let mut image = self.durable.clone();
        let pieces = self.pieces();
        let mut survives = vec![survival == Survival::Everything; pieces.len()];
        match survival {
            Survival::Nothing | Survival::Everything => {}
            Survival::Prefix => {
                let count = choose(pieces.len() as u64 + 1) as usize;
                survives[..count].fill(true);
            }
            Survival::Subset => {
                // For each sector: how many of its pieces.
                let mut sectors: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
                for (index, piece) in pieces.iter().enumerate() {
                    match piece {
                        Piece::Write { at, .. } => sectors.entry(at / SECTOR_BYTES).or_default().push(index),
                        Piece::Cut { .. } => survives[index] = choose(2) == 1,
                    }
                }
                for of_sector in sectors.values() {
                    let count = choose(of_sector.len() as u64 + 1) as usize;
                    of_sector[..count].iter().for_each(|&index| survives[index] = true);
                }
            }
        }
        let last = survives.iter().rposition(|survives| *survives);
        for (index, piece) in pieces.iter().enumerate().filter(|(index, _)| survives[*index]) {
            match piece {
                Piece::Cut { to } => image.truncate(*to),
                Piece::Write { at, bytes } => {
                    bring_along(&mut image, &self.lost, *at);
                    let is_last = Some(index) == last && survival != Survival::Everything;
                    put(&mut image, *at, &torn(bytes, if is_last { tail } else { Tail::Whole }, choose));
                }
            }
        }
        image
    }

    /// A bit of what is durable turns over.
    pub fn flip_bit(&mut self, at: usize, bit: u32) {
        self.durable[at] ^= 1 << (bit % 8);
        self.content[at] ^= 1 << (bit % 8);
    }

    /// A sector that was meant for another place lies here.
    pub fn misdirect(&mut self, at: usize, bytes: &[u8]) {
        for (index, byte) in bytes.iter().enumerate().take(self.durable.len().saturating_sub(at)) {
            self.durable[at + index] = *byte;
            self.content[at + index] = *byte;
        }
    }
}

/// A page that is written brings along what stands before in its sector and was lost.
fn bring_along(image: &mut Vec<u8>, lost: &[(usize, Vec<u8>)], at: usize) {
    let start = at - at % SECTOR_BYTES;
    for (lost_at, bytes) in lost {
        let (from, to) = ((*lost_at).max(start), (lost_at + bytes.len()).min(at));
        if from < to {
            put(image, from, &bytes[from - lost_at..to - lost_at]);
        }
    }
}

/// Writes into an image. What was never written reads as zeros.
fn put(image: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if image.len() < at + bytes.len() {
        image.resize(at + bytes.len(), 0);
    }
    image[at..at + bytes.len()].copy_from_slice(bytes);
}

fn torn(bytes: &[u8], tail: Tail, choose: Choose<'_>) -> Vec<u8> {
    if tail == Tail::Whole {
        return bytes.to_vec();
    }
    let kept = choose(bytes.len() as u64 + 1) as usize;
    let mut torn = bytes[..kept].to_vec();
    match tail {
        Tail::Whole | Tail::Torn => {}
        Tail::Zeros => torn.resize(bytes.len(), 0),
        Tail::Garbage => torn.resize_with(bytes.len(), || choose(256) as u8),
    }
    torn
}
