//! Which arguments of a call are keys, and what the command does with them.
//!
//! COMMAND GETKEYS shows it; ACL key patterns, client-side caching and the slots of a cluster are decided by it. The
//! answer comes from the row's key specifications, applied one after the other:
//!
//! ```text
//!   begin search   Index(i)                first = i
//!                  Keyword(word, from)     first = one past the word, searched forwards from `from`,
//!                                          or backwards from the end if `from` is negative; absent: no keys
//!   find keys      Range(last, step, n)    first, first + step … first + last
//!                                          last < 0: counted from the end; with n > 1 the end is 1/n of what is left
//!                  KeyNum(at, first, step) argument first + at says how many keys start at first + `first`
//! ```
//!
//! Specifications that are incomplete, or whose flags depend on the options, give way to the row's own function
//! ([`Command::find_keys`]). So do specifications that don't fit the arguments, if there is a function.
//!
//! Source: the replies of 7.0.15 to COMMAND GETKEYSANDFLAGS.

use super::Args;
use super::row::{BeginSearch, Command, FindKeys, KeyFlags, KeySpec};
use crate::numbers::integer::parse_i64;

/// One key of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundKey {
    /// Index of the argument.
    pub position: usize,
    /// What the command does with it.
    pub flags: KeyFlags,
}

/// The arguments don't have the form that the keys are found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidKeys;

/// Finds the keys of a call of `row`, in the order of its specifications; one that is given twice is found twice. `found` is
/// emptied first; its memory is reused. O(number of keys). Errors: [`InvalidKeys`].
pub fn find(row: &Command, args: Args<'_>, found: &mut Vec<FoundKey>) -> Result<(), InvalidKeys> {
    found.clear();
    let variable = row.keys.iter().any(|spec| spec.flags.contains(KeyFlags::VARIABLE_FLAGS));
    if !row.keys.is_empty() && !variable {
        let by_specs = row.keys.iter().try_for_each(|spec| apply(spec, args, found));
        if by_specs.is_ok() {
            return Ok(());
        }
        found.clear();
        if row.find_keys.is_none() {
            return Err(InvalidKeys);
        }
    }
    match row.find_keys {
        Some(find_keys) => find_keys(args, found),
        None => Ok(()),
    }
}

/// Whether calls of `row` can have keys.
pub fn has_keys(row: &Command) -> bool {
    row.find_keys.is_some() || row.keys.iter().any(|spec| !spec.flags.contains(KeyFlags::NOT_KEY))
}

/// The keys that one specification finds.
fn apply(spec: &KeySpec, args: Args<'_>, found: &mut Vec<FoundKey>) -> Result<(), InvalidKeys> {
    if spec.flags.contains(KeyFlags::NOT_KEY) {
        return Ok(());
    }
    let Some(first) = begin(spec.begin_search, args)? else { return Ok(()) };
    let Some((first, last, step)) = extent(spec.find_keys, first, args) else { return Err(InvalidKeys) };
    if first < 0 || last < first || last >= args.len() as i64 {
        return Err(InvalidKeys);
    }
    for position in (first..=last).step_by(step) {
        found.push(FoundKey { position: position as usize, flags: spec.flags });
    }
    // What is found is right, but there may be more.
    if spec.flags.contains(KeyFlags::INCOMPLETE) { Err(InvalidKeys) } else { Ok(()) }
}

/// Where the keys start. `None`: the keyword is absent, there are none.
fn begin(search: BeginSearch, args: Args<'_>) -> Result<Option<usize>, InvalidKeys> {
    match search {
        BeginSearch::Unknown => Err(InvalidKeys),
        BeginSearch::Index(index) => Ok(Some(index as usize)),
        BeginSearch::Keyword { keyword, start_from } => {
            let found = if start_from >= 0 {
                // The last argument can't be the keyword: nothing would follow.
                (start_from as usize..args.len().saturating_sub(1)).find(|&at| args.is(at, keyword))
            } else {
                let start = args.len().saturating_sub(start_from.unsigned_abs() as usize);
                (2..=start).rev().find(|&at| args.is(at, keyword))
            };
            Ok(found.map(|at| at + 1))
        }
    }
}

/// First and last position, and the step.
fn extent(find: FindKeys, first: usize, args: Args<'_>) -> Option<(i64, i64, usize)> {
    let first = first as i64;
    match find {
        FindKeys::Unknown => None,
        FindKeys::Range { last_key, key_step, limit } => {
            let count = args.len() as i64;
            let last = match (last_key, limit) {
                (0.., _) => first + last_key as i64,
                (_, 0 | 1) => count + last_key as i64,
                (_, limit) => first + (count - first) / limit as i64 + last_key as i64,
            };
            Some((first, last, key_step as usize))
        }
        FindKeys::KeyNum { key_num_index, first_key, key_step } => {
            let number = parse_i64(args.get(first as usize + key_num_index as usize)?)?;
            let first = first + first_key as i64;
            // More keys than arguments, however many more, end behind the last argument.
            let number = number.min(args.len() as i64 + 1);
            (number >= 0).then_some((first, first + (number - 1) * key_step as i64, key_step as usize))
        }
    }
}

/// SET: with `GET` the key is read, too.
pub fn set(args: Args<'_>, found: &mut Vec<FoundKey>) -> Result<(), InvalidKeys> {
    let reads = (3..args.len()).any(|at| args.is(at, "get"));
    let flags =
        if reads { KeyFlags::RW | KeyFlags::ACCESS | KeyFlags::UPDATE } else { KeyFlags::OW | KeyFlags::UPDATE };
    found.push(FoundKey { position: 1, flags });
    Ok(())
}

/// BITFIELD: read only if every operation is a GET (or sets the overflow of none).
pub fn bitfield(args: Args<'_>, found: &mut Vec<FoundKey>) -> Result<(), InvalidKeys> {
    let mut at = 2;
    let mut reads_only = true;
    while at < args.len() && reads_only {
        let left = args.len() - at - 1;
        match () {
            () if args.is(at, "get") && left >= 2 => at += 3,
            () if args.is(at, "overflow") && left >= 1 => at += 2,
            () => reads_only = false,
        }
    }
    let flags =
        if reads_only { KeyFlags::RO | KeyFlags::ACCESS } else { KeyFlags::RW | KeyFlags::ACCESS | KeyFlags::UPDATE };
    found.push(FoundKey { position: 1, flags });
    Ok(())
}

/// MIGRATE: the third argument, or, if that is empty, what follows KEYS.
pub fn migrate(args: Args<'_>, found: &mut Vec<FoundKey>) -> Result<(), InvalidKeys> {
    let flags = KeyFlags::RW | KeyFlags::ACCESS | KeyFlags::DELETE;
    let mut at = 6;
    while at < args.len() {
        if args.is(at, "keys") {
            if !args.at(3).is_empty() {
                return Err(InvalidKeys);
            }
            found.extend((at + 1..args.len()).map(|position| FoundKey { position, flags }));
            return Ok(());
        }
        at += match () {
            () if args.is(at, "auth") => 2,
            () if args.is(at, "auth2") => 3,
            () => 1,
        };
    }
    found.push(FoundKey { position: 3, flags });
    Ok(())
}

/// SORT: the key that is sorted, and the last one after STORE.
pub fn sort(args: Args<'_>, found: &mut Vec<FoundKey>) -> Result<(), InvalidKeys> {
    sort_ro(args, found)?;
    let (mut at, mut destination) = (2, None);
    while at < args.len() {
        at += match () {
            () if args.is(at, "limit") => 3,
            () if args.is(at, "get") || args.is(at, "by") => 2,
            () if args.is(at, "store") && at + 1 < args.len() => {
                destination = Some(at + 1);
                1
            }
            () => 1,
        };
    }
    found.extend(destination.map(|position| FoundKey { position, flags: KeyFlags::OW | KeyFlags::UPDATE }));
    Ok(())
}

/// SORT_RO: the key that is sorted. What BY and GET read depends on its elements.
pub fn sort_ro(_: Args<'_>, found: &mut Vec<FoundKey>) -> Result<(), InvalidKeys> {
    found.push(FoundKey { position: 1, flags: KeyFlags::RO | KeyFlags::ACCESS });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::OwnedArgs;

    fn positions(spec: KeySpec, args: &[&str]) -> Result<Vec<usize>, InvalidKeys> {
        let args = OwnedArgs::from_iter(args);
        let mut found = Vec::new();
        apply(&spec, args.as_args(), &mut found)?;
        Ok(found.iter().map(|key| key.position).collect())
    }

    fn spec(begin_search: BeginSearch, find_keys: FindKeys) -> KeySpec {
        KeySpec::new(begin_search, find_keys, KeyFlags::RO)
    }

    #[test]
    fn a_range_counts_from_its_first_key_or_from_the_end() {
        assert_eq!(positions(KeySpec::range(1, 1, 1, KeyFlags::RO), &["copy", "a", "b", "x"]), Ok(vec![1, 2]));
        assert_eq!(positions(KeySpec::range(1, -1, 2, KeyFlags::RO), &["mset", "a", "1", "b", "2"]), Ok(vec![1, 3]));
        assert_eq!(positions(KeySpec::range(1, -2, 1, KeyFlags::RO), &["blpop", "a", "b", "0"]), Ok(vec![1, 2]));
        assert_eq!(positions(KeySpec::range(1, 0, 1, KeyFlags::RO), &["get"]), Err(InvalidKeys));
    }

    #[test]
    fn a_keyword_is_searched_from_either_end() {
        let streams = BeginSearch::Keyword { keyword: "STREAMS", start_from: 1 };
        let half = FindKeys::Range { last_key: -1, key_step: 1, limit: 2 };
        assert_eq!(positions(spec(streams, half), &["xread", "streams", "a", "b", "0", "0"]), Ok(vec![2, 3]));
        assert_eq!(positions(spec(streams, half), &["xread", "count", "1"]), Ok(vec![]));
        assert_eq!(positions(spec(streams, half), &["xread", "count", "1", "streams"]), Ok(vec![]));
        let keys = BeginSearch::Keyword { keyword: "KEYS", start_from: -2 };
        let rest = FindKeys::Range { last_key: -1, key_step: 1, limit: 0 };
        assert_eq!(positions(spec(keys, rest), &["migrate", "h", "1", "", "0", "9", "keys", "a", "b"]), Ok(vec![7, 8]));
    }

    #[test]
    fn a_number_of_keys_that_does_not_fit_is_invalid() {
        let counted = FindKeys::KeyNum { key_num_index: 0, first_key: 1, key_step: 1 };
        let spec = spec(BeginSearch::Index(1), counted);
        assert_eq!(positions(spec, &["lmpop", "2", "a", "b", "LEFT"]), Ok(vec![2, 3]));
        for number in ["0", "-1", "5", "x", "9223372036854775807"] {
            assert_eq!(positions(spec, &["lmpop", number, "a", "b", "LEFT"]), Err(InvalidKeys), "{number}");
        }
    }
}
