//! The ends of ranges as clients write them.
//!
//! ```text
//! score    1.5   (1.5   -inf   inf   +inf          "(": without the bound itself; read with plain strtod
//! member   [abc  (abc   -      +                   with, without the bound; before all, behind all
//! ```

use crate::commands::CommandError;
use crate::numbers::double;
use crate::types::sorted_set::{MemberBound, MemberRange, ScoreRange};

const SCORE_TEXT: &str = "ERR min or max is not a float";
const MEMBER_TEXT: &str = "ERR min or max not valid string range item";

/// Errors: an end that is no number.
pub(super) fn parse_scores(min: &[u8], max: &[u8]) -> Result<ScoreRange, CommandError> {
    let parse = |text: &[u8]| {
        let (text, excluded) = match text {
            [b'(', text @ ..] => (text, true),
            text => (text, false),
        };
        double::parse_leniently(text).map(|score| (score, excluded)).ok_or(CommandError::Text(SCORE_TEXT))
    };
    let ((min, min_excluded), (max, max_excluded)) = (parse(min)?, parse(max)?);
    Ok(ScoreRange { min, max, min_excluded, max_excluded })
}

/// Errors: an end in none of the four notations.
pub(super) fn parse_members<'a>(min: &'a [u8], max: &'a [u8]) -> Result<MemberRange<'a>, CommandError> {
    let parse = |text: &'a [u8]| match text {
        [b'-'] | [b'-', 0, ..] => Ok(MemberBound::Lowest),
        [b'+'] | [b'+', 0, ..] => Ok(MemberBound::Highest),
        [b'[', member @ ..] => Ok(MemberBound::Included(member)),
        [b'(', member @ ..] => Ok(MemberBound::Excluded(member)),
        _ => Err(CommandError::Text(MEMBER_TEXT)),
    };
    Ok(MemberRange { min: parse(min)?, max: parse(max)? })
}
