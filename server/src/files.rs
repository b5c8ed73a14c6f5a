//! File operations that the engine asks for, on a thread of their own. It executes them in order and decides nothing; see
//! `etalon_core::engine::persistence` for what they mean.
//!
//! Outcomes come back through a queue, and the loop is woken for them. A cancelled `Encode` ends between two chunks.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use etalon_core::engine::action::{ActionId, Outcome};
use etalon_core::engine::persistence::file::{FileId, FileOp};
use etalon_core::rdb::encoder::RdbEncoder;
use mio::{Registry, Token, Waker};

use crate::handover::Handover;
use crate::os;

/// What both sides look at while an operation is under way.
#[derive(Default)]
struct Shared {
    /// The action that was cancelled last.
    cancelled: AtomicU64,
    /// Keys that the running `Encode` has written.
    keys_written: AtomicU64,
}

/// The loop's side.
pub struct Files {
    jobs: Arc<Handover<(ActionId, FileOp)>>,
    outcomes: Receiver<(ActionId, Outcome)>,
    shared: Arc<Shared>,
    /// How many operations have not been completed.
    under_way: usize,
}

impl Files {
    /// Starts the thread. Errors: no thread, or nothing to be woken by.
    pub fn start(registry: &Registry, token: Token) -> io::Result<Files> {
        let waker = Waker::new(registry, token)?;
        let (jobs, shared) = (Arc::new(Handover::new()), Arc::new(Shared::default()));
        let (sender, outcomes) = channel();
        let mut worker = Worker {
            jobs: Arc::clone(&jobs),
            outcomes: sender,
            waker,
            shared: Arc::clone(&shared),
            open: BTreeMap::new(),
        };
        std::thread::Builder::new().name("files".into()).spawn(move || worker.run())?;
        Ok(Files { jobs, outcomes, shared, under_way: 0 })
    }

    pub fn give(&mut self, id: ActionId, op: FileOp) {
        self.under_way += 1;
        self.jobs.give((id, op));
    }

    /// Has the operation end soon.
    pub fn cancel(&self, id: ActionId) {
        self.shared.cancelled.store(id.0, Ordering::Relaxed);
    }

    /// The next outcome, if there is one.
    pub fn take(&mut self) -> Option<(ActionId, Outcome)> {
        if self.under_way == 0 {
            return None;
        }
        let outcome = self.outcomes.try_recv().ok()?;
        self.under_way -= 1;
        Some(outcome)
    }

    pub fn keys_written(&self) -> u64 {
        self.shared.keys_written.load(Ordering::Relaxed)
    }
}

/// The thread's side.
struct Worker {
    jobs: Arc<Handover<(ActionId, FileOp)>>,
    outcomes: Sender<(ActionId, Outcome)>,
    waker: Waker,
    shared: Arc<Shared>,
    open: BTreeMap<FileId, File>,
}

impl Worker {
    fn run(&mut self) {
        while let Some((id, op)) = self.jobs.take() {
            let outcome = self.execute(id, op);
            if self.outcomes.send((id, outcome)).is_err() {
                return;
            }
            // A loop that can't be woken looks here ten times a second anyway.
            let _ = self.waker.wake();
        }
    }

    fn execute(&mut self, id: ActionId, op: FileOp) -> Outcome {
        let done = match op {
            FileOp::Create { file, path } => File::create(as_path(&path)).map(|created| {
                self.open.insert(file, created);
            }),
            FileOp::Encode { file, mut encoder, sync_every_bytes } => {
                let error = self.encode(id, file, &mut encoder, sync_every_bytes).err().map(|error| os::reason(&error));
                return Outcome::Encoded { encoder, error };
            }
            FileOp::Sync { file } => self.file(file).and_then(|file| file.sync_all()),
            FileOp::Close { file } => {
                self.open.remove(&file);
                Ok(())
            }
            FileOp::Rename { from, to } => fs::rename(as_path(&from), as_path(&to)),
            FileOp::SyncFolder { path } => File::open(as_path(&path)).and_then(|folder| folder.sync_all()),
            FileOp::Remove { path } => fs::remove_file(as_path(&path)),
            FileOp::Open { file, path } => return self.open(file, &path),
            FileOp::Read { file, bytes_max } => {
                let content = self.file(file).and_then(|file| {
                    let mut bytes = Vec::with_capacity(bytes_max);
                    file.take(bytes_max as u64).read_to_end(&mut bytes)?;
                    Ok(bytes)
                });
                return content.map_or_else(|error| Outcome::Failed(os::reason(&error)), Outcome::Content);
            }
        };
        done.map_or_else(|error| Outcome::Failed(os::reason(&error)), |()| Outcome::Done)
    }

    fn open(&mut self, file: FileId, path: &[u8]) -> Outcome {
        let opened = File::open(as_path(path)).and_then(|opened| Ok((opened.metadata()?.len(), opened)));
        match opened {
            Ok((bytes, opened)) => {
                self.open.insert(file, opened);
                Outcome::Opened { bytes }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Outcome::Missing,
            Err(error) => Outcome::Failed(os::reason(&error)),
        }
    }

    fn encode(
        &mut self,
        id: ActionId,
        file: FileId,
        encoder: &mut RdbEncoder,
        sync_every_bytes: u64,
    ) -> io::Result<()> {
        let mut file = self.file(file)?;
        let (mut chunk, mut unsynced) = (Vec::new(), 0);
        self.shared.keys_written.store(0, Ordering::Relaxed);
        while encoder.next_chunk(&mut chunk) {
            if self.shared.cancelled.load(Ordering::Relaxed) == id.0 {
                return Err(io::Error::other("Cancelled"));
            }
            file.write_all(&chunk)?;
            self.shared.keys_written.store(encoder.keys_written(), Ordering::Relaxed);
            unsynced += chunk.len() as u64;
            if sync_every_bytes > 0 && unsynced >= sync_every_bytes {
                file.sync_data()?;
                unsynced = 0;
            }
        }
        Ok(())
    }

    fn file(&self, file: FileId) -> io::Result<&File> {
        self.open.get(&file).ok_or_else(|| io::Error::other("The file is not open"))
    }
}

fn as_path(path: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(path))
}
