//! File operations that the engine asks for, on a thread for each lane. A thread executes its operations in order and decides
//! nothing; see `etalon_core::engine::persistence` for what they mean.
//!
//! Outcomes come back through a queue, and the loop is woken for them. A cancelled `Encode` ends between two chunks.
//!
//! The log itself is written by the loop ([`Files::append`]): handing each turn's bytes to a thread would cost more than the
//! call. The loop keeps the handles of files that were opened for appending for that; syncing them is the thread's.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use etalon_core::engine::action::{ActionId, Outcome};
use etalon_core::engine::persistence::file::{Encoder, FileId, FileOp, KeyDelay, Lane};
use mio::{Registry, Token, Waker};

use crate::handover::Handover;
use crate::os;

/// Syncs of the log that take no longer are waited for. Some hundred requests could be worked off meanwhile; in batches as small as
/// that the syncs would cost more than is gained (500 clients: up to 1.25 times the CPU time of a server that waits). See `gathering`.
const SHORT_SYNC: Duration = Duration::from_micros(500);
/// One that takes longer than expected is not waited for any longer than that.
const SYNC_WAIT_MAX: Duration = Duration::from_millis(1);

/// What both sides look at while an operation is under way.
#[derive(Default)]
struct Shared {
    /// The action that was cancelled last.
    cancelled: AtomicU64,
    /// Keys that the running `Encode` has written.
    keys_written: AtomicU64,
}

/// What a thread has done.
struct Completed {
    id: ActionId,
    outcome: Outcome,
    took: Duration,
    /// A file that was opened for appending.
    opened: Option<(FileId, Arc<File>)>,
}

type Jobs = Arc<Handover<(ActionId, FileOp)>>;

/// The loop's side.
pub struct Files {
    snapshot_jobs: Jobs,
    log_jobs: Jobs,
    outcomes: Arc<Handover<Completed>>,
    shared: Arc<Shared>,
    /// Files that the loop may append to.
    logs: BTreeMap<FileId, Arc<File>>,
    /// How many operations have not been completed.
    under_way: usize,
    /// The sync of the log under way.
    syncing: Option<ActionId>,
    /// What syncs of the log took of late.
    sync_time: Duration,
}

impl Files {
    /// Starts the threads. Errors: no thread, or nothing to be woken by.
    pub fn start(registry: &Registry, token: Token) -> io::Result<Files> {
        let waker = Arc::new(Waker::new(registry, token)?);
        let shared = Arc::new(Shared::default());
        let outcomes = Arc::new(Handover::new());
        let start = |name: &str| {
            let jobs: Jobs = Arc::new(Handover::new());
            let mut worker = Worker {
                jobs: Arc::clone(&jobs),
                outcomes: Arc::clone(&outcomes),
                waker: Arc::clone(&waker),
                shared: Arc::clone(&shared),
                open: BTreeMap::new(),
                opened: None,
            };
            thread::Builder::new().name(name.into()).spawn(move || worker.run())?;
            io::Result::Ok(jobs)
        };
        let (snapshot_jobs, log_jobs) = (start("files")?, start("log")?);
        Ok(Files {
            snapshot_jobs,
            log_jobs,
            outcomes,
            shared,
            logs: BTreeMap::new(),
            under_way: 0,
            syncing: None,
            sync_time: Duration::ZERO,
        })
    }

    pub fn give(&mut self, id: ActionId, lane: Lane, op: FileOp) {
        self.under_way += 1;
        if let FileOp::Close { file } = op {
            self.logs.remove(&file);
        }
        match lane {
            Lane::Snapshot => _ = self.snapshot_jobs.give((id, op)),
            Lane::Log => {
                if let FileOp::Sync { .. } = op {
                    self.syncing = Some(id);
                }
                self.log_jobs.give((id, op));
            }
        }
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
        let completed = self.outcomes.try_take()?;
        Some(self.completed(completed))
    }

    /// Waits for the sync of the log that is under way, if one is and syncs are short. What has ended meanwhile.
    pub fn await_short_sync(&mut self) -> Option<(ActionId, Outcome)> {
        self.syncing?;
        self.short_sync_time()?;
        self.outcomes.take_within(SYNC_WAIT_MAX).map(|completed| self.completed(completed))
    }

    /// What a sync of the log takes, if that is short.
    pub fn short_sync_time(&self) -> Option<Duration> {
        Some(self.sync_time).filter(|time| *time <= SHORT_SYNC)
    }

    fn completed(&mut self, completed: Completed) -> (ActionId, Outcome) {
        self.under_way -= 1;
        self.logs.extend(completed.opened);
        if self.syncing.take_if(|id| *id == completed.id).is_some() {
            self.sync_time = (self.sync_time * 7 + completed.took) / 8;
        }
        (completed.id, completed.outcome)
    }

    /// Appends to a file that was opened for it, here and now: `FileOp::Append` without a thread.
    pub fn append(&self, file: FileId, bytes: &[u8]) -> Outcome {
        match self.logs.get(&file) {
            Some(file) => append(file, bytes),
            None => Outcome::Failed(NOT_OPEN_TEXT.into()),
        }
    }

    pub fn keys_written(&self) -> u64 {
        self.shared.keys_written.load(Ordering::Relaxed)
    }
}

/// A thread's side.
struct Worker {
    jobs: Jobs,
    outcomes: Arc<Handover<Completed>>,
    waker: Arc<Waker>,
    shared: Arc<Shared>,
    open: BTreeMap<FileId, Arc<File>>,
    /// The file that the operation has opened for appending.
    opened: Option<(FileId, Arc<File>)>,
}

impl Worker {
    fn run(&mut self) {
        while let Some((id, op)) = self.jobs.take() {
            let started = Instant::now();
            let outcome = self.execute(id, op);
            let completed = Completed { id, outcome, took: started.elapsed(), opened: self.opened.take() };
            if !self.outcomes.give(completed) {
                // A loop that can't be woken looks here ten times a second anyway.
                let _ = self.waker.wake();
            }
        }
    }

    fn execute(&mut self, id: ActionId, op: FileOp) -> Outcome {
        let done = match op {
            FileOp::Create { file, path } => File::create(as_path(&path)).map(|created| {
                self.open.insert(file, Arc::new(created));
            }),
            FileOp::Encode { file, mut encoder, sync_every_bytes, key_delay } => {
                let encoded = self.encode(id, file, &mut encoder, sync_every_bytes, key_delay);
                return Outcome::Encoded { encoder, error: encoded.err().map(|error| os::reason(&error)) };
            }
            // Of a file's facts only its length matters, and that is synced with the data.
            FileOp::Sync { file } => self.file(file).and_then(|file| file.sync_data()),
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
            FileOp::OpenAppend { file, path } => return self.open_to_append(file, &path),
            FileOp::Append { file, bytes } => match self.file(file) {
                Ok(file) => return append(file, &bytes),
                Err(error) => Err(error),
            },
            FileOp::Truncate { path, bytes } => {
                OpenOptions::new().write(true).open(as_path(&path)).and_then(|file| file.set_len(bytes))
            }
            FileOp::MakeFolder { path } => match fs::create_dir(as_path(&path)) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => match as_path(&path).is_dir() {
                    true => Ok(()),
                    false => Err(io::Error::from_raw_os_error(libc::ENOTDIR)),
                },
                made => made,
            },
            FileOp::Rest { us } => {
                thread::sleep(Duration::from_micros(us));
                Ok(())
            }
        };
        done.map_or_else(|error| Outcome::Failed(os::reason(&error)), |()| Outcome::Done)
    }

    fn open(&mut self, file: FileId, path: &[u8]) -> Outcome {
        let opened = File::open(as_path(path)).and_then(|opened| Ok((opened.metadata()?.len(), opened)));
        match opened {
            Ok((bytes, opened)) => {
                self.open.insert(file, Arc::new(opened));
                Outcome::Opened { bytes }
            }
            // Below something that is no folder there is nothing either.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Outcome::Missing,
            Err(error) => Outcome::Failed(os::reason(&error)),
        }
    }

    fn open_to_append(&mut self, file: FileId, path: &[u8]) -> Outcome {
        let opened = OpenOptions::new().append(true).create(true).open(as_path(path));
        match opened.and_then(|opened| Ok((opened.metadata()?.len(), Arc::new(opened)))) {
            Ok((bytes, opened)) => {
                self.opened = Some((file, Arc::clone(&opened)));
                self.open.insert(file, opened);
                Outcome::Opened { bytes }
            }
            Err(error) => Outcome::Failed(os::reason(&error)),
        }
    }

    fn encode(
        &mut self,
        id: ActionId,
        file: FileId,
        encoder: &mut Encoder,
        sync_every_bytes: u64,
        key_delay: KeyDelay,
    ) -> io::Result<()> {
        let mut file = self.file(file)?;
        let (mut chunk, mut unsynced) = (Vec::new(), 0);
        self.shared.keys_written.store(0, Ordering::Relaxed);
        while encoder.next_chunk(&mut chunk) {
            self.note_keys(id, key_delay, encoder.keys_written())?;
            file.write_all(&chunk)?;
            unsynced += chunk.len() as u64;
            if sync_every_bytes > 0 && unsynced >= sync_every_bytes {
                file.sync_data()?;
                unsynced = 0;
            }
        }
        Ok(())
    }

    /// Notes that so many keys have been encoded; with a delay it takes its time over them. Errors: the operation was cancelled.
    fn note_keys(&self, id: ActionId, delay: KeyDelay, keys: u64) -> io::Result<()> {
        // Who cancels it waits no longer than that.
        const SLICE: Duration = Duration::from_millis(10);
        let noted = &self.shared.keys_written;
        let before = noted.load(Ordering::Relaxed);
        let rest_us = delay.rest_us(keys) - delay.rest_us(before);
        let due = Instant::now() + Duration::from_micros(rest_us);
        loop {
            if self.shared.cancelled.load(Ordering::Relaxed) == id.0 {
                return Err(io::Error::other("Cancelled"));
            }
            let left = due.saturating_duration_since(Instant::now());
            let left_keys = (keys - before) * left.as_micros() as u64 / rest_us.max(1);
            noted.store(keys - left_keys, Ordering::Relaxed);
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(SLICE));
        }
    }

    fn file(&self, file: FileId) -> io::Result<&File> {
        self.open.get(&file).map(Arc::as_ref).ok_or_else(|| io::Error::other(NOT_OPEN_TEXT))
    }
}

const NOT_OPEN_TEXT: &str = "The file is not open";

/// Appends everything, or says how much.
fn append(mut file: &File, bytes: &[u8]) -> Outcome {
    let mut written = 0;
    while written < bytes.len() {
        match file.write(&bytes[written..]) {
            Ok(count) if count > 0 => written += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => {
                let reason = result.map_or_else(|error| os::reason(&error), |_| "Nothing was written".into());
                return match written {
                    0 => Outcome::Failed(reason),
                    _ => Outcome::Short { bytes: written as u64, reason },
                };
            }
        }
    }
    Outcome::Done
}

fn as_path(path: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(path))
}
