//! What reading a configuration needs from the file system.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use etalon_core::commands::lookup::CommandTable;
use etalon_core::config::{Environment, IncludedFile, LoadError};
use etalon_core::glob;

use crate::os;

/// The real one.
pub struct Files {
    commands: CommandTable,
}

impl Files {
    pub fn new() -> Files {
        Files { commands: CommandTable::new() }
    }
}

impl Environment for Files {
    fn read_files(&mut self, path: &[u8]) -> Result<Vec<IncludedFile>, LoadError> {
        let read = |path: &Path| {
            fs::read(path).map_err(|error| LoadError::CannotOpen {
                path: path.as_os_str().as_bytes().to_vec(),
                reason: os::reason(&error),
            })
        };
        if is_pattern(path) {
            expand(Path::new(OsStr::from_bytes(path))).iter().map(|path| read(path)).collect()
        } else {
            Ok(vec![read(Path::new(OsStr::from_bytes(path)))?])
        }
    }

    fn read_stdin(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        // What could be read before an error counts, as with the original's line by line reading.
        let _ = std::io::stdin().lock().read_to_end(&mut text);
        text
    }

    fn change_dir(&mut self, path: &[u8]) -> Result<Vec<u8>, String> {
        std::env::set_current_dir(OsStr::from_bytes(path)).map_err(|error| os::reason(&error))?;
        Ok(working_directory())
    }

    fn check_log_file(&mut self, path: &[u8]) -> Result<(), String> {
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(OsStr::from_bytes(path))
            .map(|_| ())
            .map_err(|error| os::reason(&error))
    }

    fn command_exists(&mut self, name: &[u8]) -> bool {
        self.commands.find(name).is_some()
    }

    fn check_user(&mut self, _: &[Vec<u8>]) -> Result<(), (usize, String)> {
        Ok(())
    }
}

/// Absolute path of the working directory, `.` if it is gone.
pub fn working_directory() -> Vec<u8> {
    std::env::current_dir().map_or_else(|_| b".".to_vec(), |path| path.into_os_string().into_vec())
}

/// The path that does not depend on the working directory.
pub fn absolute(path: &[u8]) -> Vec<u8> {
    match std::path::absolute(OsStr::from_bytes(path)) {
        Ok(path) => path.into_os_string().into_vec(),
        Err(_) => path.to_vec(),
    }
}

fn is_pattern(path: &[u8]) -> bool {
    path.iter().any(|byte| matches!(byte, b'*' | b'?' | b'['))
}

/// The files that match a pattern, sorted. Patterns may stand in any part of the path; a name that begins with a dot is
/// only matched by a part that does.
fn expand(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for component in pattern.components() {
        let part = component.as_os_str();
        if !matches!(component, Component::Normal(_)) || !is_pattern(part.as_bytes()) {
            found.iter_mut().for_each(|path| path.push(part));
            continue;
        }
        found = found.iter().flat_map(|folder| matches_in(folder, part.as_bytes())).collect();
    }
    found.retain(|path| path.exists());
    found.sort();
    found
}

fn matches_in(folder: &Path, part: &[u8]) -> Vec<PathBuf> {
    let listed = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = fs::read_dir(listed) else { return Vec::new() };
    entries
        .filter_map(|entry| entry.ok().map(|entry| entry.file_name()))
        .filter(|name| !name.as_bytes().starts_with(b".") || part.starts_with(b"."))
        .filter(|name| glob::matches(part, name.as_bytes(), false))
        .map(|name| folder.join(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_names_in_order_and_leave_hidden_files_alone() {
        let folder = std::env::temp_dir().join(format!("etalon-expand-{}", std::process::id()));
        fs::create_dir_all(folder.join("sub1")).expect("a folder");
        fs::create_dir_all(folder.join("sub2")).expect("a folder");
        for name in ["sub2/b.conf", "sub1/a.conf", "sub1/.c.conf", "sub1/d.txt"] {
            fs::write(folder.join(name), "").expect("a file");
        }
        let found = expand(&folder.join("sub?").join("*.conf"));
        assert_eq!(found, [folder.join("sub1/a.conf"), folder.join("sub2/b.conf")]);
        fs::remove_dir_all(&folder).expect("removed");
    }
}
