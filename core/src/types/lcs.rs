//! The longest common subsequence of two strings, as LCS answers it.
//!
//! The textbook table: `table[i][j]` is the length for the first i bytes of a and the first j bytes of b. Which of several longest ones is
//! found is observable, so the walk back from the far corner follows Redis: a common last byte is taken; else the walk drops a
//! byte of a if that leaves strictly more, else a byte of b. Hence the matches come out last first, and each is a
//! range of both strings that is contiguous on the walk.
//!
//! ```text
//!        ""  b  a  r
//!    ""   0  0  0  0        a = "foobar", b = "bar": the walk starts in the corner (6,3)
//!    …                      and yields the one range a[3..=5], b[0..=2]
//!    r    0  1  2  3
//! ```
//!
//! Memory is (|a|+1)·(|b|+1) cells of four bytes, which `proto-max-bulk-len` bounds as in 7.0.15; the length alone is computed
//! with two rows, but under the same bound, since that is when Redis refuses.

/// Why Redis computes no LCS; the texts belong to the commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LcsError {
    /// "String too long for LCS"
    TooLong,
    /// "Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"
    InsufficientMemory,
    /// "Insufficient memory, failed allocating transient memory for LCS"
    AllocationFailed,
}

/// A range common to both strings: `a[a_start..a_start + len] == b[b_start..b_start + len]`, never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    pub a_start: usize,
    pub b_start: usize,
    pub len: usize,
}

/// Everything about the longest common subsequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lcs {
    pub bytes: Vec<u8>,
    /// The ranges that make up `bytes`, last first.
    pub matches: Vec<Match>,
}

/// The bytes and ranges of the LCS. O(|a|·|b|) time and memory, at most `memory_bytes_max` of the latter.
pub fn lcs(a: &[u8], b: &[u8], memory_bytes_max: u64) -> Result<Lcs, LcsError> {
    check_size(a, b, memory_bytes_max)?;
    let table = fill_table(a, b)?;
    Ok(walk_back(a, b, &table))
}

/// The length of the LCS. O(|a|·|b|) time, O(|b|) memory; refused when [`lcs`] is.
pub fn lcs_len(a: &[u8], b: &[u8], memory_bytes_max: u64) -> Result<usize, LcsError> {
    check_size(a, b, memory_bytes_max)?;
    let mut above = vec![0u32; b.len() + 1];
    let mut row = above.clone();
    for &byte in a {
        fill_row(byte, b, &above, &mut row);
        std::mem::swap(&mut above, &mut row);
    }
    Ok(above[b.len()] as usize)
}

fn check_size(a: &[u8], b: &[u8], memory_bytes_max: u64) -> Result<(), LcsError> {
    const LEN_END: u64 = u32::MAX as u64 - 1;
    let (a_len, b_len) = (a.len() as u64, b.len() as u64);
    if a_len >= LEN_END || b_len >= LEN_END {
        return Err(LcsError::TooLong);
    }
    let cells = (a_len + 1) * (b_len + 1);
    match cells.checked_mul(size_of::<u32>() as u64) {
        Some(bytes) if bytes <= memory_bytes_max => Ok(()),
        _ => Err(LcsError::InsufficientMemory),
    }
}

/// The table, row after row; the first row and column are zeros.
fn fill_table(a: &[u8], b: &[u8]) -> Result<Vec<u32>, LcsError> {
    let width = b.len() + 1;
    let cells = (a.len() + 1) * width;
    let mut table = Vec::new();
    // Where the limit was raised far up, running out of memory is an answer and not the end of the server.
    table.try_reserve_exact(cells).map_err(|_| LcsError::AllocationFailed)?;
    table.resize(cells, 0u32);
    for (i, &byte) in a.iter().enumerate() {
        let (above, row) = table[i * width..(i + 2) * width].split_at_mut(width);
        fill_row(byte, b, above, row);
    }
    Ok(table)
}

/// One row from the one above it; `row[0]` stays zero.
fn fill_row(byte: u8, b: &[u8], above: &[u32], row: &mut [u32]) {
    let mut left = 0;
    for ((&other, pair), cell) in b.iter().zip(above.windows(2)).zip(&mut row[1..]) {
        left = if byte == other { pair[0] + 1 } else { left.max(pair[1]) };
        *cell = left;
    }
}

fn walk_back(a: &[u8], b: &[u8], table: &[u32]) -> Lcs {
    let width = b.len() + 1;
    let mut bytes = Vec::with_capacity(table[table.len() - 1] as usize);
    let mut matches: Vec<Match> = Vec::new();
    let (mut i, mut j) = (a.len(), b.len());
    let mut open = false;
    while i > 0 && j > 0 {
        if a[i - 1] != b[j - 1] {
            open = false;
            if table[(i - 1) * width + j] > table[i * width + j - 1] {
                i -= 1;
            } else {
                j -= 1;
            }
            continue;
        }
        (i, j) = (i - 1, j - 1);
        bytes.push(a[i]);
        match matches.last_mut() {
            Some(current) if open => *current = Match { a_start: i, b_start: j, len: current.len + 1 },
            _ => matches.push(Match { a_start: i, b_start: j, len: 1 }),
        }
        open = true;
    }
    bytes.reverse();
    Lcs { bytes, matches }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NO_LIMIT: u64 = u64::MAX;

    #[test]
    fn every_answer_recorded_from_the_real_server_agrees() {
        let mut rows = 0;
        for line in include_str!("recorded_lcs.txt").lines().skip(1) {
            let [a, b, bytes, matches] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("four columns: {line}");
            };
            let text = |column: &str| column.trim_start_matches('-').as_bytes().to_vec();
            let (a, b) = (text(a), text(b));
            let found = lcs(&a, &b, NO_LIMIT).expect("no limit");
            assert_eq!(found.bytes, text(bytes), "{line}");
            let listed: Vec<String> =
                found.matches.iter().map(|m| format!("{}:{}:{}", m.a_start, m.b_start, m.len)).collect();
            assert_eq!(listed.join(","), matches.trim_start_matches('-'), "{line}");
            rows += 1;
        }
        assert!(rows > 200);
    }

    #[test]
    fn the_limit_counts_four_bytes_a_cell() {
        let cells = 4 * (6 + 1) * (3 + 1);
        assert_eq!(lcs_len(b"foobar", b"bar", cells), Ok(3));
        assert_eq!(lcs_len(b"foobar", b"bar", cells - 1), Err(LcsError::InsufficientMemory));
        assert!(lcs(b"foobar", b"bar", cells - 1).is_err());
        assert_eq!(lcs_len(b"", b"", 4), Ok(0));
    }

    fn naive_len(a: &[u8], b: &[u8]) -> usize {
        match (a, b) {
            ([x, a @ ..], [y, b @ ..]) if x == y => 1 + naive_len(a, b),
            ([_, rest_a @ ..], [_, rest_b @ ..]) => naive_len(rest_a, b).max(naive_len(a, rest_b)),
            _ => 0,
        }
    }

    fn is_subsequence(part: &[u8], whole: &[u8]) -> bool {
        let mut rest = whole.iter();
        part.iter().all(|byte| rest.any(|other| other == byte))
    }

    proptest! {
        #[test]
        fn it_is_common_longest_and_made_of_its_matches(a in "[abc]{0,9}", b in "[abc]{0,9}") {
            let (a, b) = (a.as_bytes(), b.as_bytes());
            let found = lcs(a, b, NO_LIMIT).expect("no limit");
            prop_assert_eq!(found.bytes.len(), naive_len(a, b));
            prop_assert_eq!(lcs_len(a, b, NO_LIMIT), Ok(found.bytes.len()));
            prop_assert!(is_subsequence(&found.bytes, a) && is_subsequence(&found.bytes, b));
            let joined: Vec<u8> =
                found.matches.iter().rev().flat_map(|m| a[m.a_start..m.a_start + m.len].to_vec()).collect();
            prop_assert_eq!(joined, found.bytes);
            for m in &found.matches {
                prop_assert_eq!(&a[m.a_start..m.a_start + m.len], &b[m.b_start..m.b_start + m.len]);
            }
        }
    }
}
