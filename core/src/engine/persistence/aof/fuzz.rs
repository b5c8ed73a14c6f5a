//! Any bytes as a manifest and as a log: refused with a place and left as they are, or taken in, cut off at most, and then the same after
//! every further start.

use super::super::file::FileOp;
use super::super::memory::MemoryDisk;
use crate::aof::manifest::Manifest;
use crate::commands::OwnedArgs;
use crate::config::Config;
use crate::engine::Engine;
use crate::engine::action::Action;
use crate::engine::client::Peer;
use crate::engine::turn::Turn;
use crate::time::Now;

const NOW: Now = Now { unix_us: 1_700_000_000_000_000, monotonic_us: 1 };
const MANIFEST: &[u8] = b"appendonlydir/appendonly.aof.manifest";
const NAMES: &[u8] = b"file appendonly.aof.1.incr.aof seq 1 type i\n";
const INCREMENT: &[u8] = b"appendonlydir/appendonly.aof.1.incr.aof";
/// So that no command asks for much more memory than it has bytes.
const STRING_BYTES_MAX: u64 = 64 * 1024;

/// What `cargo fuzz run manifest` calls.
pub fn fuzz_manifest(data: &[u8]) {
    const LINE_BYTES_MAX: usize = 1024;
    let lines = data.split(|&byte| byte == b'\n').count();
    let manifest = match Manifest::parse(data) {
        Ok(manifest) => manifest,
        Err(error) => return assert!(error.line <= lines + data.len() / LINE_BYTES_MAX, "{error:?}"),
    };
    let text = manifest.to_text();
    // Quoting can make a name too long for a line.
    if !text.is_empty() && text.split(|&byte| byte == b'\n').all(|line| line.len() < LINE_BYTES_MAX) {
        assert_eq!(Manifest::parse(&text).as_ref(), Ok(&manifest));
    }
}

/// What `cargo fuzz run log` calls.
pub fn fuzz_log(data: &[u8]) {
    // A script can run forever, here as there.
    let words = [b"eval".as_slice(), b"fcall"];
    let lower = data.to_ascii_lowercase();
    if words.iter().any(|word| lower.windows(word.len()).any(|bytes| bytes == *word)) {
        return;
    }
    let mut disk = MemoryDisk::default();
    disk.files.insert(MANIFEST.to_vec(), NAMES.to_vec());
    disk.files.insert(INCREMENT.to_vec(), data.to_vec());
    let mut first = match started(disk) {
        Ok(first) => first,
        Err((disk, log)) => {
            assert!(log.iter().any(|line| line.contains("appendonly.aof.1.incr.aof, offset ")), "{log:?}");
            return assert_eq!(disk.files[INCREMENT], data);
        }
    };
    assert!(data.starts_with(&first.disk.files[INCREMENT]));
    first.engine.keyspace().iter().for_each(|(_, db)| db.check());
    first.run(&["SET", "written later", "1"]);
    let digest = first.run(&["DEBUG", "DIGEST"]);
    let mut second = match started(first.disk) {
        Ok(second) => second,
        Err((disk, log)) => {
            let file = disk.files[INCREMENT].escape_ascii();
            panic!("what was taken in once is taken in again, but {:?} in {file}", log.last())
        }
    };
    assert_eq!(second.run(&["DEBUG", "DIGEST"]), digest);
    assert_eq!(second.run(&["GET", "written later"]), b"$1\r\n1\r\n");
}

struct World {
    engine: Engine,
    disk: MemoryDisk,
}

/// A server that has loaded that disk, or the disk and the log's lines if it would not.
fn started(disk: MemoryDisk) -> Result<World, (MemoryDisk, Vec<String>)> {
    let config = Config {
        appendonly: true,
        save: Vec::new(),
        // Or nothing would get behind it.
        rdbchecksum: false,
        proto_max_bulk_len: STRING_BYTES_MAX,
        enable_debug_command: crate::config::ProtectedAction::Yes,
        ..Config::default()
    };
    let mut world = World { engine: Engine::new(config, 1, NOW), disk };
    world.engine.load_at_start(NOW);
    let (exit, log) = world.turn();
    if exit { Err((world.disk, log)) } else { Ok(world) }
}

impl World {
    /// Carries out everything that is asked for. Whether the process ends, and what it has logged.
    fn turn(&mut self) -> (bool, Vec<String>) {
        let (mut exit, mut log) = (false, Vec::new());
        loop {
            match self.engine.end_turn(NOW) {
                Turn::Clean(_) => {}
                Turn::Journal(batch) => {
                    let outcome = self.disk.append(batch.file(), batch.bytes());
                    let _ = self.engine.journal_written(batch, outcome, NOW);
                }
            }
            let mut completed = false;
            while let Some(action) = self.engine.poll_action() {
                match action {
                    Action::File { id, op, .. } => {
                        assert!(!matches!(op, FileOp::Encode { .. }), "nothing is saved");
                        let outcome = self.disk.execute(op);
                        self.engine.complete(id, outcome, NOW);
                        completed = true;
                    }
                    Action::Log(_, text) => log.push(text),
                    Action::Exit(_) => exit = true,
                    _ => {}
                }
            }
            if !completed {
                return (exit, log);
            }
        }
    }

    fn run(&mut self, words: &[&str]) -> Vec<u8> {
        let peer = Peer { loopback: true, ..Peer::default() };
        let client = self.engine.connect(peer, NOW).expect("there is room");
        let reply = self.engine.run_command(client, OwnedArgs::from_iter(words).as_args(), NOW);
        self.turn();
        reply
    }
}
