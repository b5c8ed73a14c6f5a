//! The runs of a sparse HyperLogLog, and raising one register among them.
//!
//! Which runs stand for given registers is not unique; it follows from the order of additions, so the steps here are those
//! of Redis: replace the run that holds the register by up to three, then merge values among the next five runs.

use super::Corrupted;

const ZEROS_SHORT_MAX: usize = 64;
const VALUE_MAX: u8 = 32;
const VALUES_MAX: usize = 4;
/// Runs looked at for merging, from that before the changed one.
const MERGE_RUNS: usize = 5;

/// Neighbouring registers of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run {
    /// ZERO or XZERO.
    Zeros(usize),
    /// VAL.
    Values { value: u8, len: usize },
}

impl Run {
    pub fn len(self) -> usize {
        match self {
            Run::Zeros(len) | Run::Values { len, .. } => len,
        }
    }

    pub fn value(self) -> u8 {
        match self {
            Run::Zeros(_) => 0,
            Run::Values { value, .. } => value,
        }
    }

    fn with_len(self, len: usize) -> Self {
        match self {
            Run::Zeros(_) => Run::Zeros(len),
            Run::Values { value, .. } => Run::Values { value, len },
        }
    }
}

/// What became of an attempt to raise a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Raised {
    Changed,
    Unchanged,
    /// It must be dense for that.
    TooLarge,
}

/// The run at the front of `bytes` and its length in bytes.
fn take(bytes: &[u8]) -> Option<(Run, usize)> {
    let first = *bytes.first()?;
    let short = usize::from(first & 0x3f);
    Some(match first >> 6 {
        0 => (Run::Zeros(short + 1), 1),
        // A second byte that is missing counts as zero: Redis reads the string's NUL there.
        1 => (Run::Zeros((short << 8 | bytes.get(1).map_or(0, |&byte| usize::from(byte))) + 1), 2),
        _ => (Run::Values { value: (first >> 2 & 0x1f) + 1, len: usize::from(first & 3) + 1 }, 1),
    })
}

/// All runs with their offsets.
pub(super) fn runs(bytes: &[u8]) -> impl Iterator<Item = (usize, Run)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (run, size) = take(bytes.get(at..)?)?;
        at += size;
        Some((at - size, run))
    })
}

/// Appends a run in the shortest form. Nothing, if it is empty.
pub(super) fn put(bytes: &mut Vec<u8>, run: Run) {
    match run {
        Run::Zeros(0) | Run::Values { len: 0, .. } => {}
        Run::Zeros(len) if len <= ZEROS_SHORT_MAX => bytes.push(len as u8 - 1),
        Run::Zeros(len) => bytes.extend_from_slice(&[0x40 | ((len - 1) >> 8) as u8, (len - 1) as u8]),
        Run::Values { value, len } => bytes.push(0x80 | (value - 1) << 2 | (len - 1) as u8),
    }
}

/// Raises register `index` to `value`. The runs begin at `body` in `bytes`. O(runs).
pub(super) fn raise(
    bytes: &mut Vec<u8>,
    body: usize,
    index: usize,
    value: u8,
    bytes_max: usize,
) -> Result<Raised, Corrupted> {
    if value > VALUE_MAX {
        return Ok(Raised::TooLarge);
    }
    // The run that covers the register, its first register, and the run before.
    let (mut first, mut before, mut found) = (0, body, None);
    for (at, run) in runs(&bytes[body..]) {
        if index < first + run.len() {
            found = Some((body + at, run));
            break;
        }
        before = body + at;
        first += run.len();
    }
    let (at, run) = found.ok_or(Corrupted)?;
    if run.value() >= value {
        return Ok(Raised::Unchanged);
    }
    let size = take(&bytes[at..]).map_or(0, |(_, size)| size);
    if at + size > bytes.len() {
        return Err(Corrupted);
    }
    let mut parts = Vec::with_capacity(5);
    put(&mut parts, run.with_len(index - first));
    put(&mut parts, Run::Values { value, len: 1 });
    put(&mut parts, run.with_len(first + run.len() - 1 - index));
    if parts.len() > size && bytes.len() + parts.len() - size > bytes_max {
        return Ok(Raised::TooLarge);
    }
    bytes.splice(at..at + size, parts);
    merge_values(bytes, before);
    Ok(Raised::Changed)
}

/// Joins neighbouring runs of the same value, from `at` on.
fn merge_values(bytes: &mut Vec<u8>, mut at: usize) {
    for _ in 0..MERGE_RUNS {
        let Some((run, size)) = bytes.get(at..).and_then(take) else { return };
        if let (Run::Values { value, len }, Some((Run::Values { value: next, len: next_len }, _))) =
            (run, bytes.get(at + size..).and_then(take))
            && value == next
            && len + next_len <= VALUES_MAX
        {
            // Stay: the joined run may take in the one after as well.
            bytes.remove(at);
            bytes[at] = 0x80 | (value - 1) << 2 | (len + next_len - 1) as u8;
            continue;
        }
        at += size;
    }
}
