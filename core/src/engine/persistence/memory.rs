//! A disk in memory that never fails: what drivers without files of their own (tests, the differ) carry operations out on.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{FileId, FileOp};
use crate::engine::action::Outcome;

/// Files by name; folders; files that are open, with the place of the next read.
#[derive(Clone, Debug, Default)]
pub struct MemoryDisk {
    pub files: BTreeMap<Vec<u8>, Vec<u8>>,
    pub folders: BTreeSet<Vec<u8>>,
    open: BTreeMap<FileId, (Vec<u8>, usize)>,
}

impl MemoryDisk {
    /// Carries out one operation.
    pub fn execute(&mut self, op: FileOp) -> Outcome {
        match op {
            FileOp::Create { file, path } => {
                self.files.insert(path.clone(), Vec::new());
                self.open.insert(file, (path, 0));
            }
            FileOp::Encode { file, mut encoder, .. } => {
                let mut chunk = Vec::new();
                while encoder.next_chunk(&mut chunk) {
                    let (path, _) = &self.open[&file];
                    self.files.get_mut(path).expect("an open file exists").extend_from_slice(&chunk);
                }
                return Outcome::Encoded { encoder, error: None };
            }
            FileOp::Sync { .. } | FileOp::SyncFolder { .. } | FileOp::Rest { .. } => {}
            FileOp::Close { file } => _ = self.open.remove(&file),
            FileOp::Rename { from, to } => match self.files.remove(&from) {
                Some(content) => {
                    self.open.values_mut().filter(|(path, _)| *path == from).for_each(|(path, _)| *path = to.clone());
                    self.files.insert(to, content);
                }
                None => return Outcome::Failed("No such file or directory".into()),
            },
            FileOp::Remove { path } => {
                if self.files.remove(&path).is_none() {
                    return Outcome::Failed("No such file or directory".into());
                }
            }
            FileOp::Open { file, path } => {
                let Some(content) = self.files.get(&path) else { return Outcome::Missing };
                self.open.insert(file, (path, 0));
                return Outcome::Opened { bytes: content.len() as u64 };
            }
            FileOp::Read { file, bytes_max } => {
                let (path, at) = self.open.get_mut(&file).expect("what is read is open");
                let content = self.files.get(path).map_or(&[][..], Vec::as_slice);
                let end = content.len().min(*at + bytes_max);
                let bytes = content[(*at).min(end)..end].to_vec();
                *at = end;
                return Outcome::Content(bytes);
            }
            FileOp::OpenAppend { file, path } => {
                let bytes = self.files.entry(path.clone()).or_default().len() as u64;
                self.open.insert(file, (path, 0));
                return Outcome::Opened { bytes };
            }
            FileOp::Append { file, bytes } => return self.append(file, &bytes),
            FileOp::Truncate { path, bytes } => match self.files.get_mut(&path) {
                Some(content) => content.resize(bytes as usize, 0),
                None => return Outcome::Failed("No such file or directory".into()),
            },
            FileOp::MakeFolder { path } => _ = self.folders.insert(path),
        }
        Outcome::Done
    }

    /// Appends to an open file, as `FileOp::Append` does.
    pub fn append(&mut self, file: FileId, bytes: &[u8]) -> Outcome {
        let (path, _) = &self.open[&file];
        // A file that was removed while it was open takes what nobody reads.
        if let Some(content) = self.files.get_mut(path) {
            content.extend_from_slice(bytes);
        }
        Outcome::Done
    }
}
