//! A disk that crashes: executes the engine's file operations in memory, and says what is left after a crash.
//!
//! | what | model |
//! |---|---|
//! | content | durable once a sync that began after the write has ended well; before, in pieces of 512 bytes: [`inode`] |
//! | names | created, renamed, removed names and made folders are durable once their folder is synced: [`names`] |
//! | a failing write | nothing or a part is written, no space or an error |
//! | a failing sync | the pages are clean and hold the new content, or the old; or writing back failed before, and this call says so |
//! | a cut | may be dropped by a crash |
//! | rot | a bit turns over, a sector lies in the wrong place: in runs of their own |
//!
//! Not modelled: an error on a name's operation that takes effect all the same; holes that a crash leaves in what was synced.
//!
//! The fault model is that of FAULTS.md, after "Can Applications Recover from fsync Failures?" (Rebello and others, 2020) and
//! "All File Systems Are Not Created Equal" (Pillai and others, 2014).

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use etalon_core::engine::action::Outcome;
use etalon_core::engine::persistence::file::{FileId, FileOp};

pub mod inode;
pub mod names;
#[cfg(test)]
mod tests;

pub use inode::{Choose, Inode, Survival, Tail};
use names::{Names, normal};

const NO_ENTRY: &str = "No such file or directory";
pub const NO_SPACE: &str = "No space left on device";
pub const IO_ERROR: &str = "Input/output error";

/// What goes wrong with one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails and changes nothing.
    Refused,
    /// A write writes only so many 256ths.
    Short(u8),
    /// A sync fails; the pages are clean and hold what was written.
    SyncKeepsNew,
    /// A sync fails; the pages are clean and hold what was there before.
    SyncKeepsOld,
    /// What was written before is lost in the background; the next sync fails.
    WriteBack,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Handle {
    inode: usize,
    /// Where the next read begins.
    at: usize,
    /// Where the sync under way began.
    sync_mark: Option<u64>,
}

/// Files, folders, and what is open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Disk {
    inodes: Vec<Inode>,
    names: Names,
    open: BTreeMap<FileId, Handle>,
    /// Bytes that all files may have together.
    capacity_bytes: Option<usize>,
}

impl Disk {
    pub fn new() -> Disk {
        Disk::default()
    }

    /// How much may be stored; `None`: whatever comes.
    pub fn set_free(&mut self, free_bytes: Option<usize>) {
        self.capacity_bytes = free_bytes.map(|free| self.used_bytes() + free);
    }

    /// What a reader of that name sees.
    pub fn content(&self, path: &[u8]) -> Option<&[u8]> {
        self.names.find(path).map(|inode| self.inodes[inode].content())
    }

    /// All files that have a name.
    pub fn files(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.names.iter().map(|(path, inode)| (path, self.inodes[inode].content()))
    }

    /// The file of that name, for rot.
    pub fn inode_mut(&mut self, path: &[u8]) -> Option<&mut Inode> {
        let inode = self.names.find(path)?;
        Some(&mut self.inodes[inode])
    }

    fn used_bytes(&self) -> usize {
        self.names.iter().map(|(_, inode)| self.inodes[inode].content().len()).sum()
    }

    /// An operation begins: what a sync covers is what was written before.
    pub fn begin(&mut self, op: &FileOp) {
        if let FileOp::Sync { file } = op
            && let Some(handle) = self.open.get_mut(file)
        {
            handle.sync_mark = Some(self.inodes[handle.inode].mark());
        }
    }

    /// Carries out one operation, well or with a fault (one that does not fit the operation is none).
    pub fn execute(&mut self, op: FileOp, fault: Option<Fault>) -> Outcome {
        if fault == Some(Fault::Refused) {
            return refused(op);
        }
        match op {
            FileOp::Create { file, path } => {
                let inode = match self.names.find(&path) {
                    Some(inode) => {
                        self.inodes[inode].cut(0);
                        inode
                    }
                    None => match self.create(&path) {
                        Some(inode) => inode,
                        None => return Outcome::Failed(NO_ENTRY.into()),
                    },
                };
                self.open_as(file, inode);
                Outcome::Done
            }
            FileOp::Encode { file, mut encoder, .. } => {
                let (mut all, mut chunk) = (Vec::new(), Vec::new());
                while encoder.next_chunk(&mut chunk) {
                    all.extend_from_slice(&chunk);
                }
                let error = self.write(file, &all, fault).map(|(_, reason)| reason);
                Outcome::Encoded { encoder, error }
            }
            FileOp::Append { file, bytes } => match self.write(file, &bytes, fault) {
                None => Outcome::Done,
                Some((0, reason)) => Outcome::Failed(reason),
                Some((written, reason)) => Outcome::Short { bytes: written as u64, reason },
            },
            FileOp::Sync { file } => self.sync(file, fault),
            FileOp::Close { file } => {
                self.open.remove(&file);
                Outcome::Done
            }
            FileOp::Rename { from, to } => done(self.names.rename(&from, &to)),
            FileOp::SyncFolder { path } => {
                self.names.sync(&path);
                Outcome::Done
            }
            FileOp::Remove { path } => done(self.names.remove(&path)),
            FileOp::Open { file, path } => match self.names.find(&path) {
                Some(inode) => self.open_as(file, inode),
                None => Outcome::Missing,
            },
            FileOp::Read { file, bytes_max } => {
                let Some(handle) = self.open.get_mut(&file) else { return Outcome::Failed(IO_ERROR.into()) };
                let content = self.inodes[handle.inode].content();
                let from = handle.at.min(content.len());
                let to = content.len().min(from + bytes_max);
                handle.at = to;
                Outcome::Content(content[from..to].to_vec())
            }
            FileOp::OpenAppend { file, path } => match self.names.find(&path).or_else(|| self.create(&path)) {
                Some(inode) => self.open_as(file, inode),
                None => Outcome::Failed(NO_ENTRY.into()),
            },
            FileOp::Truncate { path, bytes } => match self.inode_mut(&path) {
                Some(inode) => {
                    inode.cut(bytes as usize);
                    Outcome::Done
                }
                None => Outcome::Failed(NO_ENTRY.into()),
            },
            FileOp::MakeFolder { path } => {
                self.names.make_folder(&path);
                Outcome::Done
            }
            FileOp::Rest { .. } => Outcome::Done,
        }
    }

    /// A new file under that name, if its folder exists.
    fn create(&mut self, path: &[u8]) -> Option<usize> {
        let inode = self.inodes.len();
        if !self.names.create(path, inode) {
            return None;
        }
        self.inodes.push(Inode::default());
        Some(inode)
    }

    fn open_as(&mut self, file: FileId, inode: usize) -> Outcome {
        self.open.insert(file, Handle { inode, at: 0, sync_mark: None });
        Outcome::Opened { bytes: self.inodes[inode].content().len() as u64 }
    }

    /// Writes all, or says how much and why not more.
    fn write(&mut self, file: FileId, bytes: &[u8], fault: Option<Fault>) -> Option<(usize, String)> {
        let Some(handle) = self.open.get(&file).copied() else { return Some((0, IO_ERROR.into())) };
        let (mut count, mut reason) = (bytes.len(), None);
        if let Some(Fault::Short(share)) = fault {
            count = bytes.len() * usize::from(share) / 256;
            reason = Some(IO_ERROR);
        }
        if let Some(capacity) = self.capacity_bytes
            && self.used_bytes() + count > capacity
        {
            count = capacity.saturating_sub(self.used_bytes());
            reason = Some(NO_SPACE);
        }
        let inode = &mut self.inodes[handle.inode];
        inode.append(&bytes[..count]);
        if fault == Some(Fault::WriteBack) {
            inode.fail_write_back();
        }
        reason.map(|reason| (count, reason.to_string()))
    }

    fn sync(&mut self, file: FileId, fault: Option<Fault>) -> Outcome {
        let Some(handle) = self.open.get_mut(&file) else { return Outcome::Failed(IO_ERROR.into()) };
        let mark = handle.sync_mark.take();
        let inode = &mut self.inodes[handle.inode];
        let mark = mark.unwrap_or_else(|| inode.mark());
        match fault {
            Some(Fault::SyncKeepsNew) => inode.fail_sync(true),
            Some(Fault::SyncKeepsOld) => inode.fail_sync(false),
            _ if inode.sync(mark) => return Outcome::Done,
            _ => {}
        }
        Outcome::Failed(IO_ERROR.into())
    }

    /// A write that is interrupted by the crash has happened in part.
    pub fn execute_in_part(&mut self, op: FileOp, choose: Choose<'_>) {
        match op {
            FileOp::Encode { .. } | FileOp::Append { .. } => {
                let share = choose(256) as u8;
                self.execute(op, Some(Fault::Short(share)));
            }
            FileOp::Sync { .. } => {}
            op if choose(2) == 1 => _ = self.execute(op, None),
            _ => {}
        }
    }

    /// The power fails: what is there when the machine is on again.
    pub fn after_crash(&self, survival: Survival, tail: Tail, choose: Choose<'_>) -> Disk {
        self.after_crash_with(survival, |_| tail, choose)
    }

    /// The same with a tail that depends on the file's name.
    pub fn after_crash_with(&self, survival: Survival, tail: impl Fn(&[u8]) -> Tail, choose: Choose<'_>) -> Disk {
        let names = self.names.after_crash(survival, choose);
        let (mut inodes, mut moved) = (Vec::new(), BTreeMap::new());
        let names = names.renumbered(|path, old| {
            *moved.entry(old).or_insert_with(|| {
                let content = self.inodes[old].after_crash(survival, tail(path), choose);
                inodes.push(Inode::settled(content));
                inodes.len() - 1
            })
        });
        Disk { inodes, names, ..Disk::default() }
    }

    /// The process is killed: what was written stays, what was open is closed.
    pub fn after_kill(&mut self) {
        self.open.clear();
        self.capacity_bytes = None;
        self.inodes.iter_mut().for_each(Inode::retry_lost);
    }

    /// Equal for disks of which the next process, or a crash here and now, sees the same: what is open and what has lost its name
    /// does not count.
    pub fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.names.counted().hash(&mut hasher);
        self.names.inodes().into_iter().for_each(|inode| self.inodes[inode].hash(&mut hasher));
        hasher.finish()
    }

    /// Whether a crash can't change anything.
    pub fn is_settled(&self) -> bool {
        self.names.is_settled() && self.names.iter().all(|(_, inode)| self.inodes[inode].is_settled())
    }
}

fn done(well: bool) -> Outcome {
    match well {
        true => Outcome::Done,
        false => Outcome::Failed(NO_ENTRY.into()),
    }
}

fn refused(op: FileOp) -> Outcome {
    match op {
        FileOp::Encode { encoder, .. } => Outcome::Encoded { encoder, error: Some(IO_ERROR.into()) },
        _ => Outcome::Failed(IO_ERROR.into()),
    }
}

/// How an operation looks in a trace.
pub fn describe(op: &FileOp) -> String {
    let shown = |path: &[u8]| String::from_utf8_lossy(normal(path)).into_owned();
    match op {
        FileOp::Create { path, .. } => format!("create {}", shown(path)),
        FileOp::Encode { encoder, .. } => format!("encode {} keys", encoder.keys_total()),
        FileOp::Sync { file } => format!("sync #{}", file.0),
        FileOp::Close { file } => format!("close #{}", file.0),
        FileOp::Rename { from, to } => format!("rename {} to {}", shown(from), shown(to)),
        FileOp::SyncFolder { path } => format!("sync folder {}", shown(path)),
        FileOp::Remove { path } => format!("remove {}", shown(path)),
        FileOp::Open { path, .. } => format!("open {}", shown(path)),
        FileOp::Read { file, .. } => format!("read #{}", file.0),
        FileOp::OpenAppend { file, path } => format!("open {} for appending as #{}", shown(path), file.0),
        FileOp::Append { file, bytes } => format!("append {} bytes to #{}", bytes.len(), file.0),
        FileOp::Truncate { path, bytes } => format!("cut {} to {bytes} bytes", shown(path)),
        FileOp::MakeFolder { path } => format!("make folder {}", shown(path)),
        FileOp::Rest { us } => format!("rest for {us} us"),
    }
}
