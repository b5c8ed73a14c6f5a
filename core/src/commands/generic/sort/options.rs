//! The options of SORT.

use std::ops::Range;

use super::Pattern;
use crate::commands::{Args, CommandError};
use crate::numbers::integer::parse_i64;

/// The options, parsed.
#[derive(Clone, Debug)]
pub(super) struct Options<'a> {
    /// BY without a `*` anywhere: nothing is sorted, whatever else is said.
    pub sorts: bool,
    pub by: Option<Pattern<'a>>,
    pub descending: bool,
    pub alpha: bool,
    pub get: Vec<Pattern<'a>>,
    pub destination: Option<&'a [u8]>,
    offset: i64,
    /// Negative: no limit.
    count: i64,
}

impl<'a> Options<'a> {
    /// Later options win over earlier ones, but for GET. Errors: Syntax, NotInteger.
    pub fn parse(args: Args<'a>, may_store: bool) -> Result<Options<'a>, CommandError> {
        let mut options = Options {
            sorts: true,
            by: None,
            descending: false,
            alpha: false,
            get: Vec::new(),
            destination: None,
            offset: 0,
            count: -1,
        };
        let mut index = 2;
        while index < args.len() {
            let is = |word, operands| args.is(index, word) && index + operands < args.len();
            index += match () {
                _ if is("ASC", 0) => {
                    options.descending = false;
                    1
                }
                _ if is("DESC", 0) => {
                    options.descending = true;
                    1
                }
                _ if is("ALPHA", 0) => {
                    options.alpha = true;
                    1
                }
                _ if is("LIMIT", 2) => {
                    let number = |index| parse_i64(args.at(index)).ok_or(CommandError::NotInteger);
                    (options.offset, options.count) = (number(index + 1)?, number(index + 2)?);
                    3
                }
                _ if may_store && is("STORE", 1) => {
                    options.destination = Some(args.at(index + 1));
                    2
                }
                _ if is("BY", 1) => {
                    let pattern = Pattern::parse(args.at(index + 1));
                    options.sorts &= pattern.depends_on_element_text();
                    options.by = Some(pattern);
                    2
                }
                _ if is("GET", 1) => {
                    options.get.push(Pattern::parse(args.at(index + 1)));
                    2
                }
                _ => return Err(CommandError::Syntax),
            };
        }
        Ok(options)
    }

    /// Which of `len` elements in order LIMIT lets through.
    pub fn range(&self, len: usize) -> Range<usize> {
        let at_most = |number: i64, max: usize| usize::try_from(number.max(0)).unwrap_or(usize::MAX).min(max);
        let start = at_most(self.offset, len);
        let count = if self.count < 0 { len - start } else { at_most(self.count, len - start) };
        start..start + count
    }

    /// For a set that is stored unsorted.
    pub fn sort_by_bytes(&mut self) {
        self.sorts = true;
        self.alpha = true;
        self.by = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::OwnedArgs;

    #[test]
    fn limits_stay_within_the_elements() {
        let range = |offset: i64, count: i64| {
            let line = format!("sort k limit {offset} {count}");
            let args: OwnedArgs = line.split(' ').collect();
            Options::parse(args.as_args(), true).expect("good options").range(10)
        };
        assert_eq!(range(0, -1), 0..10);
        assert_eq!(range(3, 4), 3..7);
        assert_eq!(range(-5, 2), 0..2);
        assert_eq!(range(8, 5), 8..10);
        assert!(range(10, 1).is_empty() && range(3, 0).is_empty() && range(i64::MAX, i64::MAX).is_empty());
        assert_eq!(range(i64::MIN, i64::MIN), 0..10);
    }
}
