//! Carries out what the engine asks for: files, log lines, changed settings, the end of the process.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use etalon_core::config::Apply;
use etalon_core::engine::action::{Action, Outcome};

use crate::event_loop::Server;
use crate::{environment, os, process};

impl Server<'_> {
    /// Carries out every action that waits. Whether one of them was completed, so that there may be new replies.
    pub(crate) fn carry_out_actions(&mut self) -> bool {
        let mut completed = false;
        while let Some(action) = self.engine.poll_action() {
            let (id, outcome) = match action {
                Action::Close(client) => {
                    self.driver.forget(client);
                    continue;
                }
                Action::Log(level, text) => {
                    self.driver.log.line_anyway(level, &text);
                    continue;
                }
                Action::Exit(code) => {
                    self.driver.exit = Some(code);
                    continue;
                }
                Action::File { id, lane, op } => {
                    self.driver.files.give(id, lane, op);
                    continue;
                }
                Action::Cancel(id) => {
                    self.driver.files.cancel(id);
                    continue;
                }
                Action::Loaded => {
                    self.announce_ready();
                    continue;
                }
                Action::Discard(discarded) => {
                    self.driver.reclaimer.free(discarded);
                    continue;
                }
                Action::Abort => std::process::abort(),
                Action::Link { id, op } => (id, self.driver.links.execute(op)),
                Action::Reconfigure { id, apply } => (id, self.reconfigure(apply)),
                Action::WriteFile { id, path, content } => (id, outcome(replace_file(Path::new(&path), &content))),
                Action::ReadFile { id, path } => {
                    (id, fs::read(&path).map_or_else(|error| Outcome::Failed(os::reason(&error)), Outcome::Content))
                }
            };
            self.lending(|engine, now| engine.complete(id, outcome, now));
            completed = true;
        }
        completed
    }

    /// The data set is there: says so to whoever waits for it.
    fn announce_ready(&self) {
        if self.engine.config().port > 0 {
            self.driver.log.notice("Ready to accept connections");
        }
        if let Some(path) = self.driver.listeners.unix_path() {
            self.driver
                .log
                .notice(&format!("The server is now ready to accept connections at {}", path.to_string_lossy()));
        }
        process::systemd_notify("STATUS=Ready to accept connections\nREADY=1\n");
    }

    /// One setting that lives here. The engine's configuration has the new value already.
    fn reconfigure(&mut self, apply: Apply) -> Outcome {
        let (config, driver) = (self.engine.config(), &mut *self.driver);
        let failed = || Outcome::Failed(apply.failure_text().into());
        match apply {
            Apply::Port => match driver.listeners.change_port(config, driver.poll.registry(), &driver.log) {
                Ok(()) => Outcome::Done,
                Err(()) => failed(),
            },
            Apply::Bind => match driver.listeners.change_bind(config, driver.poll.registry(), &driver.log) {
                Ok(()) => Outcome::Done,
                Err(()) => failed(),
            },
            Apply::Dir => match std::env::set_current_dir(OsStr::from_bytes(&config.dir)) {
                // The engine shows the absolute path.
                Ok(()) => Outcome::Content(environment::working_directory()),
                Err(error) => Outcome::Failed(os::reason(&error)),
            },
            Apply::Maxclients => match process::make_room_for_clients(config.maxclients) {
                Ok(()) => Outcome::Done,
                Err(possible) => Outcome::Failed(format!(
                    "The operating system is not able to handle the specified number of clients, try with {possible}"
                )),
            },
            // These need nothing from the process so far.
            _ => Outcome::Done,
        }
    }

    /// What is left to do when the process ends in order.
    pub(crate) fn say_goodbye(&mut self, pid_file: Option<&[u8]>) {
        if let Some(path) = pid_file {
            self.driver.log.notice("Removing the pid file.");
            let _ = fs::remove_file(OsStr::from_bytes(path));
        }
        if let Some(path) = self.driver.listeners.unix_path() {
            self.driver.log.notice("Removing the unix socket file.");
            let _ = fs::remove_file(path);
        }
        self.driver.log.warning("Redis is now ready to exit, bye bye...");
    }
}

fn outcome(result: io::Result<()>) -> Outcome {
    match result {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Failed(os::reason(&error)),
    }
}

/// Replaces a file's content so that after a crash either the old or the new content is there, whole: written beside it,
/// synced, renamed over it, and the folder synced. The mode of an existing file is kept.
fn replace_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().ok_or_else(|| io::Error::from_raw_os_error(libc::EISDIR))?.to_owned();
    name.push(format!("-{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = (|| {
        let mut file = File::create(&temporary)?;
        file.write_all(content)?;
        if let Ok(old) = fs::metadata(path) {
            file.set_permissions(old.permissions())?;
        }
        file.sync_all()?;
        fs::rename(&temporary, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
        return written;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_replaced_file_keeps_its_mode_and_leaves_nothing_beside_it() {
        let folder = std::env::temp_dir().join(format!("etalon-replace-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("a.conf");
        fs::write(&path, "old").expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
        replace_file(&path, b"new").expect("replaced");
        assert_eq!(fs::read(&path).expect("readable"), b"new");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1);
        fs::remove_dir_all(&folder).expect("removed");
    }

    #[test]
    fn a_file_in_a_missing_folder_fails_with_the_systems_reason() {
        let error = replace_file(Path::new("/nonexistent/a.conf"), b"").expect_err("no folder");
        assert_eq!(os::reason(&error), "No such file or directory");
    }
}
