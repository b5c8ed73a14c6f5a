//! What happened: a row an event, and a running hash over all rows.
//!
//! The hash is always kept, the rows only when asked for (replay): a campaign runs thousands of seeds a second.

use std::fmt::Write as _;

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Actor {
    World,
    Node,
    Disk,
    Client(usize),
}

impl Actor {
    /// The name in a trace.
    pub fn name(self) -> String {
        match self {
            Actor::World => "world".into(),
            Actor::Node => "node".into(),
            Actor::Disk => "disk".into(),
            Actor::Client(number) => format!("c{}", number + 1),
        }
    }

    fn role(self) -> &'static str {
        match self {
            Actor::World | Actor::Disk => "-",
            Actor::Node => "primary",
            Actor::Client(_) => "client",
        }
    }
}

/// One row.
#[derive(Clone, Debug)]
pub struct Row {
    pub monotonic_us: u64,
    /// Wall clock minus its value at the start, milliseconds.
    pub wall_ms: i64,
    pub actor: Actor,
    /// The other end, for messages.
    pub peer: Option<Actor>,
    pub event: String,
    /// Commands executed so far, bytes answered so far.
    pub executed: u64,
    pub answered: u64,
}

/// The trace of one run.
#[derive(Clone, Debug)]
pub struct Trace {
    hash: u64,
    rows: Option<Vec<Row>>,
}

impl Trace {
    pub fn new(keep_rows: bool) -> Trace {
        Trace { hash: 0xcbf2_9ce4_8422_2325, rows: keep_rows.then(Vec::new) }
    }

    /// Whether rows are kept (texts need not be made otherwise).
    pub fn verbose(&self) -> bool {
        self.rows.is_some()
    }

    /// Mixes bytes into the hash (FNV-1a, eight bytes a step).
    pub fn mix(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            self.mix_number(u64::from_le_bytes(chunk.try_into().expect("eight bytes")));
        }
        for &byte in chunks.remainder() {
            self.mix_number(byte as u64);
        }
    }

    pub fn mix_number(&mut self, number: u64) {
        self.hash = (self.hash ^ number).wrapping_mul(0x0000_0100_0000_01b3);
        self.hash ^= self.hash >> 29;
    }

    /// Adds a row, if rows are kept.
    pub fn row(&mut self, row: impl FnOnce() -> Row) {
        if let Some(rows) = &mut self.rows {
            rows.push(row());
        }
    }

    pub fn hash(&self) -> u64 {
        self.hash
    }

    pub fn rows(&self) -> &[Row] {
        self.rows.as_deref().unwrap_or(&[])
    }

    /// The rows as a table.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(
            out,
            "{:>12} {:>12}  {:<6} {:<8} {:<70} {:>9} {:>9}",
            "time us", "wall ms", "node", "role", "event", "executed", "answered"
        );
        for row in self.rows() {
            let peer = row.peer.map(|p| format!(" [{}]", p.name())).unwrap_or_default();
            let _ = writeln!(
                out,
                "{:>12} {:>+12}  {:<6} {:<8} {:<70} {:>9} {:>9}",
                row.monotonic_us,
                row.wall_ms,
                row.actor.name(),
                row.actor.role(),
                format!("{}{peer}", row.event),
                row.executed,
                row.answered
            );
        }
        out
    }
}

/// Bytes as a person reads them: printable ASCII as it is, the rest escaped, long ones cut.
pub fn printable(bytes: &[u8]) -> String {
    const SHOWN_BYTES: usize = 60;
    let mut out: String =
        bytes.iter().take(SHOWN_BYTES).flat_map(|&b| std::ascii::escape_default(b)).map(char::from).collect();
    if bytes.len() > SHOWN_BYTES {
        let _ = write!(out, "… ({} bytes)", bytes.len());
    }
    out
}
