//! A disk in memory that never fails: what drivers without files of their own (tests, the differ) carry operations out on.

use std::collections::BTreeMap;

use super::file::{FileId, FileOp};
use crate::engine::action::Outcome;

/// Files by name; those that are open, with the place of the next read.
#[derive(Clone, Debug, Default)]
pub struct MemoryDisk {
    pub files: BTreeMap<Vec<u8>, Vec<u8>>,
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
            FileOp::Sync { .. } | FileOp::SyncFolder { .. } => {}
            FileOp::Close { file } => _ = self.open.remove(&file),
            FileOp::Rename { from, to } => match self.files.remove(&from) {
                Some(content) => _ = self.files.insert(to, content),
                None => return Outcome::Failed("No such file or directory".into()),
            },
            FileOp::Remove { path } => _ = self.files.remove(&path),
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
        }
        Outcome::Done
    }
}
