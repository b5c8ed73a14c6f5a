//! Loading the log: base and increments in order, each a data set, commands, or one after the other.
//!
//! Commands run through the one executor ([`replay`]); no key expires meanwhile. The files are read in chunks, and clients are served
//! in between, as when a data set is loaded.
//!
//! **How a file may end.** The last one may end in the middle of a command or of a transaction (`aof-load-truncated`): it is cut
//! behind the last command that was carried out, before the MULTI of a transaction whose EXEC is missing, and synced before anything is appended. In any
//! other file, or without the setting, the process ends; so it does for whatever is no command. Deviations: 7.0.15 leaves the MULTI
//! where the tail is torn inside of a transaction; commands that no server logs (SHUTDOWN, SUBSCRIBE…) and wrong numbers of
//! arguments end the process as unknown commands do; lines end with file and offset.

use super::super::file::{FileId, FileOp};
use super::super::load::{Loading, Purpose};
use super::{ALONE, Engine, LogState, shown};
use crate::aof::reader::CommandReader;
use crate::commands::CommandError;
use crate::config::LogLevel;
use crate::engine::action::Outcome;
use crate::engine::client::ClientId;
use crate::rdb::decoder::RdbDecoder;
use crate::time::Now;

mod replay;

/// What a data set begins with.
const RDB_MAGIC: &[u8] = b"REDIS";

/// One file to be loaded.
#[derive(Clone, Debug)]
struct Part {
    name: Vec<u8>,
    path: Vec<u8>,
    file: FileId,
    bytes: u64,
}

/// What the rest of a file consists of.
#[derive(Clone, Debug)]
enum Form {
    /// Not known yet: the bytes so far.
    Unknown(Vec<u8>),
    DataSet,
    Commands(Box<CommandReader>),
}

/// A log that is being loaded.
#[derive(Clone, Debug)]
pub(in super::super) struct LogLoading {
    parts: Vec<Part>,
    /// The file that is being opened, or loaded.
    at: usize,
    form: Form,
    part_started: Now,
    /// Length of the files that are done.
    done_bytes: u64,
    /// Behind the last command that was carried out, or queued.
    valid_up_to: u64,
    /// Before the MULTI that is open.
    before_multi: Option<u64>,
    /// Carried out, or queued.
    commands: u64,
}

/// How a file ended.
enum PartEnd {
    Whole,
    /// It goes only so far.
    CutShort(u64),
}

impl LogLoading {
    /// How far the file has been read for which no decoder is responsible.
    fn position(&self, of_data_set: u64) -> u64 {
        match &self.form {
            Form::Unknown(_) => 0,
            Form::DataSet => of_data_set,
            Form::Commands(reader) => reader.position(),
        }
    }

    pub(in super::super) fn commands(&self) -> u64 {
        self.commands
    }

    pub(in super::super) fn loaded_bytes(&self, of_data_set: u64) -> u64 {
        self.done_bytes + self.position(of_data_set)
    }
}

impl Engine {
    pub(super) fn load_log_at_start(&mut self) {
        match self.persistence.aof.manifest.is_empty() {
            true => self.open_log_at_start(),
            false => self.load_log(Purpose::StartOfLog),
        }
    }

    /// DEBUG LOADAOF: writes what is left to write first.
    /// The reply follows. Errors: there is no log.
    pub(crate) fn load_log_for(&mut self, client: ClientId) -> Result<(), CommandError> {
        if self.persistence.aof.state == LogState::On {
            self.when_log_synced(super::log::WhenSynced::Load(client));
        } else if self.persistence.aof.manifest.is_empty() {
            self.empty_everything();
            return Err(CommandError::Text(LOAD_FAILED_TEXT));
        } else {
            self.load_again(client);
        }
        Ok(())
    }

    pub(super) fn load_again(&mut self, client: ClientId) {
        self.empty_everything();
        self.load_log(Purpose::LogAgain(client));
    }

    fn load_log(&mut self, purpose: Purpose) {
        let names: Vec<Vec<u8>> = self.persistence.aof.manifest.parts().map(|part| part.name.clone()).collect();
        let parts = names.into_iter().map(|name| {
            let (file, path) = (self.new_file(), self.in_log_folder(&name));
            Part { name, path, file, bytes: 0 }
        });
        let log = LogLoading {
            parts: parts.collect(),
            at: 0,
            form: Form::Unknown(Vec::new()),
            part_started: self.now,
            done_bytes: 0,
            valid_up_to: 0,
            before_multi: None,
            commands: 0,
        };
        let mut loading = Loading::new(purpose, log.parts[0].file, log.parts[0].path.clone(), self.now);
        loading.log = Some(Box::new(log));
        self.persistence.loading = Some(loading);
        self.open_part();
    }

    /// The log that is being loaded.
    fn log_loading(&mut self) -> &mut LogLoading {
        let loading = self.persistence.loading.as_mut().expect("it is being loaded");
        loading.log.as_mut().expect("a log is being loaded")
    }

    /// Opens the next file, to learn its length.
    fn open_part(&mut self) {
        let client = self.loading_client();
        let log = self.log_loading();
        let part = &log.parts[log.at];
        let op = FileOp::Open { file: part.file, path: part.path.clone() };
        self.ask_file(client, op, part_opened);
    }

    /// All lengths are known.
    fn begin_parts(&mut self) {
        let log = self.log_loading();
        log.at = 0;
        let total_bytes = log.parts.iter().map(|part| part.bytes).sum();
        let loading = self.persistence.loading.as_mut().expect("it is being loaded");
        loading.total_bytes = total_bytes;
        if total_bytes == 0 {
            return self.end_log_loading();
        }
        self.begin_part();
    }

    /// Loads the next file.
    fn begin_part(&mut self) {
        let now = self.now;
        let verify = self.config.rdbchecksum;
        loop {
            let log = self.log_loading();
            if log.at == log.parts.len() {
                return self.end_log_loading();
            }
            if log.parts[log.at].bytes > 0 {
                break;
            }
            log.at += 1;
        }
        let client = self.loading_client();
        let loading = self.persistence.loading.as_mut().expect("it is being loaded");
        let log = loading.log.as_mut().expect("a log is being loaded");
        let part = &log.parts[log.at];
        log.form = Form::Unknown(Vec::new());
        log.part_started = now;
        log.valid_up_to = 0;
        log.before_multi = None;
        loading.file = part.file;
        loading.path = part.path.clone();
        loading.fed_bytes = 0;
        loading.file_bytes = part.bytes;
        loading.decoder = RdbDecoder::new(part.bytes, verify);
        self.read_on(client);
    }

    /// The next bytes of a file are here; none: it has ended.
    pub(in super::super) fn load_log_chunk(&mut self, client: ClientId, bytes: &[u8]) {
        let Some(mut loading) = self.persistence.loading.take() else { return };
        loading.is_reading = false;
        loading.fed_bytes += bytes.len() as u64;
        let ended = bytes.is_empty() || loading.fed_bytes >= loading.file_bytes;
        let mut log = loading.log.take().expect("a log is being loaded");
        self.feed(&mut log, &mut loading, bytes, ended);
        self.persistence.loading = Some(loading);
        if !ended && self.loads_without_rest() {
            self.read_ahead(client);
        }
        let records = std::mem::replace(&mut self.effects.record_journal, false);
        self.policy.replays = true;
        let result = self.take_in(&mut log, ended);
        self.policy.replays = false;
        self.effects.record_journal = records;
        if self.exiting {
            return;
        }
        self.persistence.loading.as_mut().expect("it is being loaded").log = Some(log);
        match result {
            Ok(Some(end)) => self.end_part(end),
            Ok(None) if self.persistence.loading.as_ref().is_some_and(|loading| !loading.is_reading) => {
                self.read_on(client);
            }
            Ok(None) => {}
            Err(text) => self.fail_log_loading(text),
        }
    }

    fn feed(&mut self, log: &mut LogLoading, loading: &mut Loading, bytes: &[u8], ended: bool) {
        match &mut log.form {
            Form::Unknown(seen) => {
                seen.extend_from_slice(bytes);
                if seen.len() < RDB_MAGIC.len() && !ended {
                    return;
                }
                let seen = std::mem::take(seen);
                if seen.starts_with(RDB_MAGIC) {
                    let line = match log.parts[log.at].name == self.config.appendfilename {
                        true => "Reading RDB preamble from AOF file...",
                        false => "Reading RDB base file on AOF loading...",
                    };
                    self.log(LogLevel::Notice, line);
                    loading.decoder.feed(&seen);
                    log.form = Form::DataSet;
                } else {
                    let mut reader = CommandReader::new(loading.file_bytes, 0);
                    reader.feed(&seen);
                    log.form = Form::Commands(Box::new(reader));
                }
            }
            Form::DataSet => loading.decoder.feed(bytes),
            Form::Commands(reader) => reader.feed(bytes),
        }
        if ended {
            match &mut log.form {
                Form::DataSet => loading.decoder.feed_end(),
                Form::Commands(reader) => reader.feed_end(),
                Form::Unknown(_) => {}
            }
        }
    }

    /// Takes in what has been fed: how the file ended, if it has. Errors: what ends the process.
    fn take_in(&mut self, log: &mut LogLoading, ended: bool) -> Result<Option<PartEnd>, String> {
        if let Form::DataSet = log.form {
            if !self.decode_data_set()? {
                return Ok(None);
            }
            let loading = self.persistence.loading.as_mut().expect("it is being loaded");
            let (rest, offset) = (loading.decoder.take_rest(), loading.decoder.offset());
            let is_old = log.parts[log.at].name == self.config.appendfilename;
            let mut reader = CommandReader::new(loading.file_bytes, offset);
            reader.feed(&rest);
            if ended {
                reader.feed_end();
            }
            log.form = Form::Commands(Box::new(reader));
            log.valid_up_to = offset;
            if is_old {
                self.log(LogLevel::Notice, "Reading the remaining AOF tail...");
            }
        }
        let Form::Commands(mut reader) = std::mem::replace(&mut log.form, Form::Unknown(Vec::new())) else {
            return Ok(None);
        };
        let result = self.replay_all(log, &mut reader);
        log.form = Form::Commands(reader);
        result
    }

    /// A file is done, or cut off where it ends.
    fn end_part(&mut self, end: PartEnd) {
        let keeps_tail = !self.config.aof_load_truncated;
        let client = self.loading_client();
        self.clients.forget_replayer();
        let log = self.log_loading();
        let (part, is_last) = (log.parts[log.at].clone(), log.at + 1 == log.parts.len());
        let name = shown(&part.name);
        let PartEnd::CutShort(offset) = end else { return self.part_loaded() };
        if !keeps_tail {
            self.warn(format!("!!! Warning: short read while loading the AOF file {name}!!!"));
        }
        if keeps_tail {
            return self.fail_log_loading(format!(
                "{} (file {}, offset {offset})",
                unexpected_end(&name),
                shown(&part.path)
            ));
        }
        if !is_last {
            return self.fail_log_loading(format!(
                "Fatal error: the truncated file is not the last file (file {}, offset {offset})",
                shown(&part.path)
            ));
        }
        self.warn(format!("!!! Truncating the AOF {name} at offset {offset} !!!"));
        self.log_loading().parts.last_mut().expect("it is the last").bytes = offset;
        self.ask_file(client, FileOp::Truncate { path: part.path, bytes: offset }, tail_cut_off);
    }

    fn part_loaded(&mut self) {
        let now_us = self.now.monotonic_us;
        let log = self.log_loading();
        let part = &log.parts[log.at];
        let (name, bytes) = (shown(&part.name), part.bytes);
        let is_base = log.at == 0;
        let seconds = now_us.saturating_sub(log.part_started.monotonic_us) as f64 / 1e6;
        log.done_bytes += bytes;
        log.at += 1;
        log.form = Form::Unknown(Vec::new());
        let is_base = is_base && self.persistence.aof.manifest.base.is_some();
        let kind = if is_base { "base" } else { "incr" };
        self.log(LogLevel::Notice, format!("DB loaded from {kind} file {name}: {seconds:.3} seconds"));
        self.begin_part();
    }

    fn end_log_loading(&mut self) {
        if self.rests_before(self.loading_client(), rested_to_end) {
            return;
        }
        let loading = self.persistence.loading.take().expect("it is being loaded");
        let log = loading.log.expect("a log was loaded");
        for part in &log.parts {
            self.close_file(part.file);
        }
        let is_base = self.persistence.aof.manifest.base.is_some();
        let aof = &mut self.persistence.aof;
        aof.current_bytes = log.parts.iter().map(|part| part.bytes).sum();
        aof.base_bytes = log.parts.first().filter(|_| is_base).map_or(0, |part| part.bytes);
        self.persistence.saved_dirty = self.effects.dirty;
        match loading.purpose {
            Purpose::LogAgain(client) => {
                self.warn("Append Only File loaded by DEBUG LOADAOF".into());
                self.reply(client).ok();
                self.remove_history();
            }
            _ => {
                let elapsed_us = self.now.monotonic_us.saturating_sub(loading.started.monotonic_us);
                let text = format!("DB loaded from append only file: {:.3} seconds", elapsed_us as f64 / 1e6);
                self.log(LogLevel::Notice, text);
                self.open_log_at_start();
            }
        }
    }

    fn fail_log_loading(&mut self, text: String) {
        self.clients.forget_replayer();
        self.warn(text);
        self.persistence.loading = None;
        self.exiting = true;
        self.exit(1);
    }
}

const LOAD_FAILED_TEXT: &str = "ERR Error trying to load the AOF files, check server logs.";

fn unexpected_end(name: &str) -> String {
    format!(
        "Unexpected end of file reading the append only file {name}. You can: 1) Make a backup of your AOF file, then use \
         ./redis-check-aof --fix <filename.manifest>. 2) Alternatively you can set the 'aof-load-truncated' configuration option \
         to yes and restart the server."
    )
}

fn part_opened(engine: &mut Engine, _: ClientId, outcome: Outcome) {
    if engine.persistence.loading.is_none() {
        return;
    }
    let log = engine.log_loading();
    let part = &mut log.parts[log.at];
    let name = shown(&part.name);
    match outcome {
        Outcome::Opened { bytes } => {
            part.bytes = bytes;
            log.at += 1;
            match log.at == log.parts.len() {
                true => engine.begin_parts(),
                false => engine.open_part(),
            }
        }
        outcome => {
            let path = shown(&part.path);
            let reason =
                if let Outcome::Failed(reason) = outcome { reason } else { "No such file or directory".into() };
            engine
                .fail_log_loading(format!("Unable to obtain the AOF file {name} length. stat: {reason} (file {path})"));
        }
    }
}

fn rested_to_end(engine: &mut Engine, _: ClientId, _: Outcome) {
    if engine.persistence.loading.is_some() {
        engine.end_log_loading();
    }
}

fn tail_cut_off(engine: &mut Engine, _: ClientId, outcome: Outcome) {
    if engine.persistence.loading.is_none() {
        return;
    }
    let log = engine.log_loading();
    let name = shown(&log.parts[log.at].name);
    if let Outcome::Failed(reason) = outcome {
        engine.warn(format!("Error truncating the AOF file {name}: {reason}"));
        return engine.fail_log_loading(unexpected_end(&name));
    }
    engine.warn(format!("AOF {name} loaded anyway because aof-load-truncated is enabled"));
    engine.part_loaded();
}

impl Engine {
    /// Who waits for the loading.
    fn loading_client(&self) -> ClientId {
        match self.persistence.loading.as_ref().map(|loading| loading.purpose) {
            Some(Purpose::LogAgain(client)) => client,
            _ => ALONE,
        }
    }
}
