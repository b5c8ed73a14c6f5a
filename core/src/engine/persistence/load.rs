//! Loading the data set from `dbfilename`: at the start, and for DEBUG RELOAD.
//!
//! The file is read in chunks of `loading-process-events-interval-bytes`, the next one while this one is being decoded; between
//! two, clients are served: commands that are not flagged LOADING get an error. Expired keys are left out, as by a master.
//! Anything wrong with the file ends the process with code 1, after a line that names file, offset and reason; the file
//! stays as it is. What becomes of its records: [`records`].

use super::aof::load::LogLoading;
use super::file::{FileId, FileOp, KeyDelay};
use super::{Engine, NOBODY};
use crate::config::LogLevel;
use crate::engine::action::{Action, Outcome};
use crate::engine::client::ClientId;
use crate::keyspace::DbIndex;
use crate::rdb::decoder::RdbDecoder;
use crate::time::Now;

mod records;

use records::{Batch, Failure};

/// Bytes read at a time: the setting, within these bounds. More than the caches hold would be fetched from memory twice.
const CHUNK_BYTES: std::ops::RangeInclusive<u64> = 1024..=512 << 10;
/// With `key-load-delay` clients are served, and the setting is looked at again, that often.
const REST_US: u64 = 10_000;
/// Why the data is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Start,
    Reload(ClientId, ReloadOptions),
    /// The log, at the start.
    StartOfLog,
    /// The log, for DEBUG LOADAOF.
    LogAgain(ClientId),
}

/// Words of DEBUG RELOAD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReloadOptions {
    /// MERGE: keys of the file replace those that are there.
    pub merge: bool,
    pub no_flush: bool,
    pub no_save: bool,
}

/// A data set that is being loaded.
#[derive(Clone, Debug)]
pub struct Loading {
    pub(super) purpose: Purpose,
    pub(super) file: FileId,
    pub(super) path: Vec<u8>,
    pub(super) decoder: RdbDecoder,
    /// The files of a log, of which this is one.
    pub(super) log: Option<Box<LogLoading>>,
    db: DbIndex,
    pub started: Now,
    /// Of all files.
    pub total_bytes: u64,
    /// Of the file.
    pub(super) file_bytes: u64,
    pub(super) fed_bytes: u64,
    pub(super) is_reading: bool,
    /// `used-mem` of the file: 0 if it doesn't say.
    pub used_memory_bytes: u64,
    keys_loaded: u64,
    keys_expired: u64,
    keys_empty: u64,
    /// In this database, as the file says; 0 if it doesn't, or once the table is prepared for them.
    keys_expected: u64,
    /// After how many keys and commands there has been a rest, and how much of it is to come.
    rested_steps: u64,
    rest_us: u64,
    batch: Batch,
}

impl Loading {
    pub(super) fn new(purpose: Purpose, file: FileId, path: Vec<u8>, now: Now) -> Loading {
        Loading {
            purpose,
            file,
            path,
            decoder: RdbDecoder::new(0, false),
            log: None,
            db: DbIndex(0),
            started: now,
            total_bytes: 0,
            file_bytes: 0,
            fed_bytes: 0,
            is_reading: false,
            used_memory_bytes: 0,
            keys_loaded: 0,
            keys_expired: 0,
            keys_empty: 0,
            keys_expected: 0,
            rested_steps: 0,
            rest_us: 0,
            batch: Batch::default(),
        }
    }

    pub fn loaded_bytes(&self) -> u64 {
        match &self.log {
            Some(log) => log.loaded_bytes(self.decoder.offset()),
            None => self.decoder.offset(),
        }
    }

    /// Keys of data sets and commands of logs that have been taken in.
    fn steps(&self) -> u64 {
        let keys = self.keys_loaded + self.keys_expired + self.keys_empty;
        keys + self.log.as_ref().map_or(0, |log| log.commands())
    }
}

impl Engine {
    /// Loads what `dbfilename` holds, if it exists.
    pub(super) fn load_file_at_start(&mut self) {
        self.open_to_load(Purpose::Start);
        self.persistence.is_starting = false;
    }

    /// DEBUG RELOAD: saves first unless told otherwise. The reply follows.
    pub(crate) fn reload(&mut self, client: ClientId, options: ReloadOptions) {
        match options.no_save {
            true => self.reload_now(client, options),
            false => self.save_to_reload(client, options),
        }
    }

    pub(super) fn reload_now(&mut self, client: ClientId, options: ReloadOptions) {
        if !options.no_flush {
            self.empty_everything();
        }
        self.open_to_load(Purpose::Reload(client, options));
    }

    fn open_to_load(&mut self, purpose: Purpose) {
        let (file, path) = (self.new_file(), self.in_data_folder(&self.config.dbfilename));
        let client = match purpose {
            Purpose::Reload(client, _) | Purpose::LogAgain(client) => client,
            Purpose::Start | Purpose::StartOfLog => NOBODY,
        };
        self.persistence.loading = Some(Loading::new(purpose, file, path.clone(), self.now));
        self.ask_file(client, FileOp::Open { file, path }, opened);
    }

    fn load_from(&mut self, client: ClientId, bytes: u64) {
        let verify = self.config.rdbchecksum;
        let loading = self.persistence.loading.as_mut().expect("it is being loaded");
        loading.total_bytes = bytes;
        loading.file_bytes = bytes;
        loading.decoder = RdbDecoder::new(bytes, verify);
        self.read_ahead(client);
    }

    /// Asks for the next chunk, if there is one.
    pub(super) fn read_ahead(&mut self, client: ClientId) {
        let interval = self.config.loading_process_events_interval_bytes;
        let loading = self.persistence.loading.as_mut().expect("it is being loaded");
        let bytes = interval.clamp(*CHUNK_BYTES.start(), *CHUNK_BYTES.end());
        let op = FileOp::Read { file: loading.file, bytes_max: bytes as usize };
        loading.is_reading = true;
        self.ask_file(client, op, read);
    }

    pub(super) fn loads_without_rest(&self) -> bool {
        self.config.key_load_delay == 0
    }

    /// Asks for the next chunk, after a rest if `key-load-delay` wants one.
    pub(super) fn read_on(&mut self, client: ClientId) {
        if !self.rests_before(client, rested_to_read) {
            self.read_ahead(client);
        }
    }

    /// Rests as `key-load-delay` wants after what has been taken in, and has `then` follow. Whether it does.
    pub(super) fn rests_before(&mut self, client: ClientId, then: fn(&mut Engine, ClientId, Outcome)) -> bool {
        let delay = KeyDelay(self.config.key_load_delay);
        let loading = self.persistence.loading.as_mut().expect("it is being loaded");
        let steps = loading.steps();
        loading.rest_us += delay.rest_us(steps) - delay.rest_us(loading.rested_steps);
        loading.rested_steps = steps;
        if delay == KeyDelay::default() {
            loading.rest_us = 0;
        }
        let us = loading.rest_us.min(REST_US);
        loading.rest_us -= us;
        if us > 0 {
            self.ask_file(client, FileOp::Rest { us }, then);
        }
        us > 0
    }

    /// The next bytes are here; none: the file has ended.
    fn load_chunk(&mut self, client: ClientId, bytes: &[u8]) {
        let loading = self.persistence.loading.as_mut().expect("it is being loaded");
        if loading.log.is_some() {
            return self.load_log_chunk(client, bytes);
        }
        loading.is_reading = false;
        loading.fed_bytes += bytes.len() as u64;
        match bytes.is_empty() {
            true => loading.decoder.feed_end(),
            false => loading.decoder.feed(bytes),
        }
        if loading.fed_bytes < loading.total_bytes && !bytes.is_empty() && self.loads_without_rest() {
            // Read while this is decoded.
            self.read_ahead(client);
        }
        match self.decode() {
            Ok(true) => self.end_loading(client),
            // All that the file was said to have is here, and it wants more: the next read says that there is none.
            Ok(false) if self.persistence.loading.as_ref().is_some_and(|loading| !loading.is_reading) => {
                self.read_on(client);
            }
            Ok(false) => {}
            Err(text) => self.fail_loading(text, "Invalid argument"),
        }
    }

    /// Takes in what has been fed of the data set in a log. Whether that was its end. Errors: what ends the process.
    pub(super) fn decode_data_set(&mut self) -> Result<bool, String> {
        let ended = self.decode();
        let loading = self.persistence.loading.as_ref().expect("it is being loaded");
        let (loaded, expired, empty) = (loading.keys_loaded, loading.keys_expired, loading.keys_empty);
        if let Ok(true) = ended {
            self.note_loaded(loaded, expired, empty);
        }
        ended
    }

    /// Takes in what has been fed. Whether that was the end. Errors: what is wrong, and where.
    fn decode(&mut self) -> Result<bool, String> {
        let mut loading = self.persistence.loading.take().expect("it is being loaded");
        let result = self.decode_into(&mut loading).map_err(|Failure { text, offset }| {
            let path = String::from_utf8_lossy(&loading.path);
            format!("{text} (file {path}, offset {})", offset.unwrap_or(loading.decoder.offset()))
        });
        self.persistence.loading = Some(loading);
        result
    }

    fn end_loading(&mut self, client: ClientId) {
        if self.rests_before(client, rested_to_end) {
            return;
        }
        let loading = self.persistence.loading.take().expect("it is being loaded");
        self.close_file(loading.file);
        self.note_loaded(loading.keys_loaded, loading.keys_expired, loading.keys_empty);
        // What was loaded is what was saved.
        self.persistence.saved_dirty = self.effects.dirty;
        match loading.purpose {
            Purpose::StartOfLog | Purpose::LogAgain(_) => unreachable!("a log ends by itself"),
            Purpose::Start => {
                let elapsed_us = self.now.monotonic_us.saturating_sub(loading.started.monotonic_us);
                let text = format!("DB loaded from disk: {:.3} seconds", elapsed_us as f64 / 1e6);
                self.log(LogLevel::Notice, text);
                self.actions.push_back(Action::Loaded);
            }
            Purpose::Reload(..) => {
                self.warn("DB reloaded by DEBUG RELOAD".into());
                self.reply(client).ok();
            }
        }
    }

    fn note_loaded(&mut self, loaded: u64, expired: u64, empty: u64) {
        self.persistence.last_load_keys_loaded = loaded;
        self.persistence.last_load_keys_expired = expired;
        let empty = if empty > 0 { format!(", empty keys skipped: {empty}") } else { String::new() };
        let text = format!("Done loading RDB, keys loaded: {loaded}, keys expired: {expired}{empty}.");
        self.log(LogLevel::Notice, text);
    }

    /// The file can't be used: the process ends, or it would go on without its data.
    /// `reason`: as the system would word it.
    fn fail_loading(&mut self, text: String, reason: &str) {
        self.warn(text);
        self.warn(format!("Fatal error loading the DB: {reason}. Exiting."));
        self.persistence.loading = None;
        self.exiting = true;
        self.exit(1);
    }
}

fn opened(engine: &mut Engine, client: ClientId, outcome: Outcome) {
    let Some(loading) = &engine.persistence.loading else { return };
    let path = String::from_utf8_lossy(&loading.path).into_owned();
    match (outcome, loading.purpose) {
        (Outcome::Opened { bytes }, _) => engine.load_from(client, bytes),
        (Outcome::Missing, Purpose::Start) => {
            engine.persistence.loading = None;
            engine.actions.push_back(Action::Loaded);
        }
        (outcome, purpose) => {
            let reason = match outcome {
                Outcome::Failed(reason) => reason,
                _ => "No such file or directory".into(),
            };
            let text = format!("Fatal error: can't open the RDB file {path} for reading: {reason}");
            if purpose == Purpose::Start {
                return engine.fail_loading(text, &reason);
            }
            engine.persistence.loading = None;
            engine.warn(text);
            engine.reply_error(client, b"ERR Error trying to load the RDB dump, check server logs.");
        }
    }
}

fn rested_to_read(engine: &mut Engine, client: ClientId, _: Outcome) {
    if engine.persistence.loading.is_some() {
        engine.read_on(client);
    }
}

fn rested_to_end(engine: &mut Engine, client: ClientId, _: Outcome) {
    if engine.persistence.loading.is_some() {
        engine.end_loading(client);
    }
}

fn read(engine: &mut Engine, client: ClientId, outcome: Outcome) {
    // What was read ahead behind the end of an earlier one is nobody's.
    let Some(loading) = engine.persistence.loading.as_ref().filter(|loading| loading.is_reading) else { return };
    match outcome {
        Outcome::Content(bytes) => engine.load_chunk(client, &bytes),
        outcome => {
            let reason = if let Outcome::Failed(reason) = outcome { reason } else { String::new() };
            let path = String::from_utf8_lossy(&loading.path).into_owned();
            let text = format!("Error reading {path} at offset {}: {reason}", loading.loaded_bytes());
            engine.fail_loading(text, &reason);
        }
    }
}
