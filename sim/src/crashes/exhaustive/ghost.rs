//! What is known about the append-only file from outside: which data may come back, and which reply may leave.
//!
//! | the log is | what a start with `appendonly yes` may find |
//! |---|---|
//! | on | the data after D units, or after one more, up to the last that was executed: [`Stream`] |
//! | off | the data of the moment when it was turned off |
//! | being turned on | the same; once its manifest is being renamed, also what the new log has by then |

use etalon_core::Engine;
use etalon_core::config::AppendFsync;
use etalon_core::engine::action::Outcome;
use etalon_core::engine::client::ClientId;
use etalon_core::engine::persistence::aof::LogState;
use etalon_core::engine::persistence::file::{FileId, FileOp};

use super::super::stream::Stream;
use super::node::Ghost;
use crate::clock::Clock;
use crate::image::Image;

/// Follows one process.
#[derive(Clone, Default)]
pub struct LogGhost {
    stream: Stream,
    /// Of the data after no unit, after one, and so on. None as long as the process loads.
    digests: Vec<u64>,
    state: LogState,
    /// What the log on the disk gives as long as none is kept.
    at_rest: Vec<u64>,
    /// A manifest is taking its place whose base has that many units.
    coming: Option<usize>,
    base_position: usize,
    /// No manifest names it yet.
    is_base_new: bool,
    /// Where the log ends that was kept last, or whose base was made last; if it does not go on.
    ends_at: Option<usize>,
    /// Who waits for a reply, and what must be durable before it leaves, once it is made.
    needs: Vec<(ClientId, Option<usize>)>,
}

impl LogGhost {
    /// A process begins with a disk whose log gives one of these.
    pub fn of_start(at_rest: Vec<u64>) -> LogGhost {
        LogGhost { at_rest, ..LogGhost::default() }
    }

    /// It has loaded data with that digest.
    pub fn begin(&mut self, digest: u64) {
        self.digests = vec![digest];
    }

    /// Digests of what a crash here and now may leave, each once.
    pub fn allowed(&self) -> Vec<u64> {
        each_once(match self.state {
            // Not yet told what was loaded.
            LogState::On if self.digests.is_empty() => self.at_rest.clone(),
            LogState::On => self.log_from(0).to_vec(),
            LogState::Off | LogState::Waiting => {
                let coming = self.coming.map_or(&[][..], |from| self.log_from(from));
                [&self.at_rest, coming].concat()
            }
        })
    }

    /// The same when only the process ends: what was written stays.
    pub fn allowed_when_killed(&self) -> Vec<u64> {
        match self.is_on() && !self.digests.is_empty() {
            true => each_once(self.log_from(self.stream.written()).to_vec()),
            false => self.allowed(),
        }
    }

    /// Those of a log whose base has that many units.
    fn log_from(&self, base: usize) -> &[u64] {
        &self.digests[base.max(self.stream.durable()).min(self.end())..=self.end()]
    }

    fn end(&self) -> usize {
        self.ends_at.unwrap_or(self.stream.len())
    }

    /// Whether the log is on.
    pub fn is_on(&self) -> bool {
        self.state == LogState::On
    }

    /// Whether everything that belongs into the log is durable.
    pub fn is_settled(&self) -> bool {
        !self.is_on() || self.stream.durable() >= self.end()
    }

    fn waits_for_syncs(&self, engine: &Engine) -> bool {
        let config = engine.config();
        self.is_on() && config.appendonly && config.appendfsync == AppendFsync::Always
    }
}

fn each_once(mut all: Vec<u64>) -> Vec<u64> {
    all.sort_unstable();
    all.dedup();
    all
}

/// Of all data of a node.
pub fn digest(engine: &Engine) -> u64 {
    // Nothing expires here.
    Image::of(engine.keyspace(), false).digest(Clock::new().now().unix_ms().0)
}

impl Ghost for LogGhost {
    fn asked(&mut self, engine: &Engine, op: &FileOp) {
        // The base of a log that is not kept yet: the snapshot has just been taken.
        if self.digests.is_empty() || !matches!(op, FileOp::Create { path, .. } if path.ends_with(b".aof")) {
            return;
        }
        match engine.persistence().aof.state {
            // It changes nothing.
            LogState::On => return,
            LogState::Off => self.ends_at = Some(self.stream.len()),
            LogState::Waiting => {
                self.ends_at = None;
                self.stream.begin_log();
            }
        }
        (self.base_position, self.is_base_new) = (self.stream.len(), true);
    }

    fn begins(&mut self, op: &FileOp) {
        match op {
            FileOp::Sync { file } => self.stream.sync_begins(*file),
            FileOp::Rename { to, .. } if to.ends_with(b".manifest") && std::mem::take(&mut self.is_base_new) => {
                self.coming = Some(self.base_position);
            }
            _ => {}
        }
    }

    fn ended(&mut self, op: &FileOp, outcome: &Outcome) {
        match op {
            FileOp::Sync { file } => self.stream.sync_ends(*file, *outcome == Outcome::Done),
            FileOp::SyncFolder { path } if path.ends_with(b"appendonlydir") => {
                // The old manifest can't come back.
                if let Some(from) = self.coming.take() {
                    self.at_rest = self.log_from(from).to_vec();
                }
            }
            _ => {}
        }
    }

    fn appended(&mut self, file: FileId, bytes: &[u8]) {
        self.stream.wrote(file, bytes);
    }

    fn connected(&mut self, client: ClientId) {
        self.needs.push((client, None));
    }

    fn executed(&mut self, engine: &mut Engine) -> Result<(), String> {
        let propagated = engine.take_propagated();
        if self.digests.is_empty() {
            return Ok(());
        }
        self.stream.executed(&propagated, 0);
        match self.stream.len() + 1 - self.digests.len() {
            0 => {}
            1 => self.digests.push(digest(engine)),
            count => return Err(format!("{count} units in one turn: which data lie between is not known")),
        }
        if !engine.config().appendonly && self.state != LogState::Off {
            self.ends_at.get_or_insert(self.stream.len());
        }
        let need = if self.waits_for_syncs(engine) { self.stream.len() } else { 0 };
        for (client, known) in self.needs.iter_mut().filter(|(_, known)| known.is_none()) {
            let is_answered = engine.clients().get(*client).is_some_and(|client| client.output_bytes() > 0);
            *known = is_answered.then_some(need);
        }
        Ok(())
    }

    fn answered(&mut self, engine: &Engine, client: ClientId) -> Result<(), String> {
        let Some(at) = self.needs.iter().position(|(of, _)| *of == client) else { return Ok(()) };
        let need = self.needs.remove(at).1.unwrap_or(0);
        let durable = self.stream.durable();
        match self.waits_for_syncs(engine) && need > durable {
            true => Err(format!(
                "P2: a reply leaves when {durable} units are synced and it may show {need}; not synced is {}",
                self.stream.shown(durable)
            )),
            false => Ok(()),
        }
    }

    fn follow(&mut self, engine: &Engine) {
        let state = engine.persistence().aof.state;
        match (self.state, state) {
            (LogState::On, LogState::On) | (LogState::Off | LogState::Waiting, LogState::Off | LogState::Waiting) => {}
            (LogState::On, _) => self.at_rest = vec![self.digests[self.end()]],
            (_, LogState::On) => {
                self.stream.has_base_of(self.base_position);
                self.coming = None;
            }
        }
        self.state = state;
    }
}
