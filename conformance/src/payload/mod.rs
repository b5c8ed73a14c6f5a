//! Payloads of DUMP and RESTORE between two servers: sound ones both ways, damaged ones to both.
//!
//! | part         | what it does                                                                       |
//! |--------------|------------------------------------------------------------------------------------|
//! | [`values`]   | commands that make a value of every type, encoding and odd content                 |
//! | [`old`]      | payloads in forms that 7.0 reads and no longer writes                              |
//! | [`exchange`] | a value made on both, dumped on each, restored on each; all must be the same       |
//! | [`damage`]   | mutants of payloads with a good checksum; both must refuse or take the same        |
//!
//! Invariants: digests (`DEBUG DIGEST-VALUE`) and encodings are compared always, bytes of dumps wherever the content
//! determines them (not those of hash tables); whatever the engine took leaves its databases sound (`Db::check`).

pub mod damage;
pub mod exchange;
pub mod old;
pub mod values;

use crate::in_process::EngineTarget;
use crate::launch::Server;
use crate::resp::{self, Value};
use crate::target::{PATIENCE, Received, SocketTarget, Target, Want};

use etalon_core::checksum::crc64::crc64;
use etalon_core::rdb::dump::append_footer;

const CLIENT: usize = 1;
/// Version and checksum.
const FOOTER_BYTES: usize = 10;

/// A command.
type Words = Vec<Vec<u8>>;

/// The real server and the engine.
pub struct Two {
    command: String,
    pub real: SocketTarget,
    pub engine: EngineTarget,
    /// The real server has not answered; what it may still say belongs to nothing.
    lost: bool,
}

impl Two {
    /// Starts both. Errors: the real one does not come up.
    pub fn start(command: &str) -> Result<Two, String> {
        let engine = EngineTarget::new(crate::in_process::Clock::Real, 7);
        let mut two = Two { command: command.to_string(), real: start(command)?, engine, lost: false };
        two.engine.connect(CLIENT).map_err(|error| error.to_string())?;
        Ok(two)
    }

    /// The real server anew, if a payload has brought it down or keeps it busy.
    pub fn revive(&mut self) -> Result<(), String> {
        if std::mem::take(&mut self.lost) {
            self.real = start(&self.command)?;
        }
        Ok(())
    }

    /// The same commands to both, and what each replies. `None`: the real server has gone.
    pub fn replies(&mut self, commands: &[Words]) -> Option<[Vec<Value>; 2]> {
        let real = replies(&mut self.real, commands);
        self.lost = real.is_none();
        Some([real?, replies(&mut self.engine, commands).expect("the engine answers")])
    }

    /// Panics if the engine's databases are not sound.
    pub fn check(&self) {
        self.engine.engine().keyspace().iter().for_each(|(_, db)| db.check());
    }
}

fn start(command: &str) -> Result<SocketTarget, String> {
    let server = Server::open(command, &[]).map_err(|error| error.to_string())?;
    let mut target = SocketTarget::new("redis", server);
    target.connect(CLIENT).map_err(|error| error.to_string())?;
    Ok(target)
}

/// The replies to some commands. `None`: the server has gone.
pub(crate) fn replies(target: &mut dyn Target, commands: &[Words]) -> Option<Vec<Value>> {
    let mut bytes = Vec::new();
    commands.iter().for_each(|words| resp::encode_command(words, &mut bytes));
    target.send(CLIENT, &bytes);
    let mut said = Vec::new();
    let end = target.receive(CLIENT, Want::Replies(commands.len()), PATIENCE, &mut said);
    (end == Received::Complete).then(|| resp::parse_all(&said).expect("whole replies"))
}

/// A type byte and an object, closed with version and checksum.
fn payload(kind: u8, object: &[u8]) -> Vec<u8> {
    let mut out = [&[kind], object].concat();
    append_footer(&mut out);
    out
}

/// A payload that was changed, with a checksum that holds again.
fn reseal(payload: &mut [u8]) {
    if let Some(body_len) = payload.len().checked_sub(8) {
        let checksum = crc64(0, &payload[..body_len]);
        payload[body_len..].copy_from_slice(&checksum.to_le_bytes());
    }
}

/// A payload whose bytes its content determines: not one of a hash table.
fn is_determined(payload: &[u8]) -> bool {
    !matches!(payload.first(), Some(2 | 4))
}
