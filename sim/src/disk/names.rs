//! Names of files: as they are, as they are on the disk, and the changes in between.
//!
//! A change is durable once its folder has been synced. A crash keeps, of the others, those up to some moment (a journal has one order
//! for all), or any of them. A rename is one change. A folder whose own name is not there after a crash takes its files along.

use std::collections::{BTreeMap, BTreeSet};

use super::inode::{Choose, Survival};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Edit {
    Create { path: Vec<u8>, inode: usize },
    Rename { from: Vec<u8>, to: Vec<u8>, inode: usize },
    Remove { path: Vec<u8> },
    Folder { path: Vec<u8> },
}

/// Names at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct State {
    files: BTreeMap<Vec<u8>, usize>,
    folders: BTreeSet<Vec<u8>>,
}

/// Which name stands for which inode.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Names {
    current: State,
    durable: State,
    pending: Vec<Edit>,
}

impl State {
    fn apply(&mut self, edit: &Edit) {
        match edit {
            Edit::Create { path, inode } => _ = self.files.insert(path.clone(), *inode),
            Edit::Rename { from, to, inode } => {
                // The folder of the old name may have been synced since then, with another file of that name.
                if self.files.get(from) == Some(inode) {
                    self.files.remove(from);
                }
                self.files.insert(to.clone(), *inode);
            }
            Edit::Remove { path } => _ = self.files.remove(path),
            Edit::Folder { path } => _ = self.folders.insert(path.clone()),
        }
    }

    fn has_folder_of(&self, path: &[u8]) -> bool {
        let folder = folder_of(path);
        folder == b"." || self.folders.contains(folder)
    }
}

impl Edit {
    fn folder(&self) -> &[u8] {
        match self {
            Edit::Create { path, .. } | Edit::Remove { path } | Edit::Folder { path } => folder_of(path),
            Edit::Rename { to, .. } => folder_of(to),
        }
    }
}

/// A path without what says nothing.
pub fn normal(path: &[u8]) -> &[u8] {
    let path = path.strip_prefix(b"./").unwrap_or(path);
    let path = path.strip_suffix(b"/").unwrap_or(path);
    if path.is_empty() { b"." } else { path }
}

fn folder_of(path: &[u8]) -> &[u8] {
    path.iter().rposition(|&byte| byte == b'/').map_or(b".", |slash| normal(&path[..slash]))
}

impl Names {
    pub fn find(&self, path: &[u8]) -> Option<usize> {
        self.current.files.get(normal(path)).copied()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&[u8], usize)> {
        self.current.files.iter().map(|(path, inode)| (&path[..], *inode))
    }

    fn change(&mut self, edit: Edit) {
        self.current.apply(&edit);
        self.pending.push(edit);
    }

    /// Whether its folder exists.
    pub fn create(&mut self, path: &[u8], inode: usize) -> bool {
        let path = normal(path);
        let exists = self.current.has_folder_of(path);
        if exists {
            self.change(Edit::Create { path: path.to_vec(), inode });
        }
        exists
    }

    /// Whether it was there, and the target's folder is.
    pub fn rename(&mut self, from: &[u8], to: &[u8]) -> bool {
        let (from, to) = (normal(from), normal(to));
        let Some(&inode) = self.current.files.get(from).filter(|_| self.current.has_folder_of(to)) else {
            return false;
        };
        self.change(Edit::Rename { from: from.to_vec(), to: to.to_vec(), inode });
        true
    }

    /// Whether it was there.
    pub fn remove(&mut self, path: &[u8]) -> bool {
        let exists = self.current.files.contains_key(normal(path));
        if exists {
            self.change(Edit::Remove { path: normal(path).to_vec() });
        }
        exists
    }

    pub fn make_folder(&mut self, path: &[u8]) {
        if !self.current.folders.contains(normal(path)) {
            self.change(Edit::Folder { path: normal(path).to_vec() });
        }
    }

    /// What has happened in a folder is durable.
    pub fn sync(&mut self, folder: &[u8]) {
        let folder = normal(folder);
        let mut left: Vec<Edit> = Vec::new();
        for edit in self.pending.drain(..) {
            if edit.folder() != folder {
                left.push(edit);
                continue;
            }
            if let Edit::Rename { from, inode, .. } = &edit {
                // Applied after it, the creation of the old name would bring that one back, beside the new one.
                left.retain(
                    |earlier| !matches!(earlier, Edit::Create { path, inode: of } if path == from && of == inode),
                );
            }
            self.durable.apply(&edit);
        }
        self.pending = left;
    }

    pub fn is_settled(&self) -> bool {
        self.pending.is_empty()
    }

    /// What a crash leaves.
    pub fn after_crash(&self, survival: Survival, choose: Choose<'_>) -> Names {
        let mut state = self.durable.clone();
        let count = match survival {
            Survival::Nothing => 0,
            Survival::Everything | Survival::Subset => self.pending.len(),
            Survival::Prefix => choose(self.pending.len() as u64 + 1) as usize,
        };
        for edit in &self.pending[..count] {
            if survival != Survival::Subset || choose(2) == 1 {
                state.apply(edit);
            }
        }
        let folders = std::mem::take(&mut state.folders);
        state.folders = folders.iter().filter(|path| reachable(&folders, path)).cloned().collect();
        let folders = &state.folders;
        state.files.retain(|path, _| folder_of(path) == b"." || folders.contains(folder_of(path)));
        Names { current: state.clone(), durable: state, pending: Vec::new() }
    }

    /// The same names for inodes with other numbers, when nothing is pending.
    pub fn renumbered(mut self, mut renumber: impl FnMut(&[u8], usize) -> usize) -> Names {
        for (path, inode) in &mut self.current.files {
            *inode = renumber(path, *inode);
        }
        self.durable = self.current.clone();
        self
    }

    /// All numbers of inodes that a name has, had, or may get back, in an order that depends on the names only.
    pub fn inodes(&self) -> Vec<usize> {
        let pending = self.pending.iter().filter_map(|edit| match edit {
            Edit::Create { inode, .. } | Edit::Rename { inode, .. } => Some(*inode),
            Edit::Remove { .. } | Edit::Folder { .. } => None,
        });
        let mut all = Vec::new();
        for inode in self.durable.files.values().copied().chain(pending) {
            if !all.contains(&inode) {
                all.push(inode);
            }
        }
        all
    }

    /// The same with the inodes counted in the order of [`inodes`](Self::inodes).
    pub fn counted(&self) -> Names {
        let order = self.inodes();
        let count = |inode: &mut usize| {
            *inode = order.iter().position(|of| of == inode).expect("every name is durable or pending");
        };
        let mut names = self.clone();
        names.current.files.values_mut().for_each(count);
        names.durable.files.values_mut().for_each(count);
        for edit in &mut names.pending {
            if let Edit::Create { inode, .. } | Edit::Rename { inode, .. } = edit {
                count(inode);
            }
        }
        names
    }
}

/// Whether a folder and all folders above it are there.
fn reachable(folders: &BTreeSet<Vec<u8>>, path: &[u8]) -> bool {
    let mut path = path;
    loop {
        path = folder_of(path);
        if path == b"." || path == b"/" {
            return true;
        }
        if !folders.contains(path) {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rename_that_becomes_durable_late_leaves_a_new_file_of_the_old_name_alone() {
        let mut names = Names::default();
        names.make_folder(b"folder");
        names.create(b"temporary", 1);
        names.rename(b"temporary", b"folder/file");
        names.create(b"temporary", 2);
        names.sync(b".");
        names.sync(b"folder");
        let after = names.after_crash(Survival::Nothing, &mut |_| 0);
        assert_eq!((after.find(b"temporary"), after.find(b"folder/file")), (Some(2), Some(1)));
    }

    #[test]
    fn a_name_that_was_renamed_into_another_folder_does_not_come_back() {
        let mut names = Names::default();
        names.make_folder(b"folder");
        names.sync(b".");
        names.create(b"temporary", 1);
        names.rename(b"temporary", b"folder/file");
        names.sync(b"folder");
        let after = names.after_crash(Survival::Everything, &mut |_| 0);
        assert_eq!((after.find(b"temporary"), after.find(b"folder/file")), (None, Some(1)));
        names.sync(b".");
        let after = names.after_crash(Survival::Nothing, &mut |_| 0);
        assert_eq!((after.find(b"temporary"), after.find(b"folder/file")), (None, Some(1)));
    }
}
