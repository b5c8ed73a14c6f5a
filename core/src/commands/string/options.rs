//! The options of SET and GETEX, and times of expiry as they are given.

use crate::commands::{Args, CommandError};
use crate::numbers::integer::parse_i64;
use crate::time::UnixMillis;

/// How an expiry is given: the option's name decides unit and origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExpiryForm {
    /// `EX`: seconds from now.
    Seconds,
    /// `PX`: milliseconds from now.
    Millis,
    /// `EXAT`: a Unix time in seconds.
    AtSeconds,
    /// `PXAT`: a Unix time in milliseconds.
    AtMillis,
}

/// An expiry as an argument, not looked at yet: Redis reports a bad number later than a bad option.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExpiryArg<'a> {
    pub form: ExpiryForm,
    pub text: &'a [u8],
}

impl ExpiryArg<'_> {
    /// The absolute time, always positive. `command` is named in the error.
    ///
    /// Errors: NotInteger; InvalidExpire for zero, negative and overflowing times. A time in the past is fine.
    pub fn resolve(self, now: UnixMillis, command: &'static str) -> Result<UnixMillis, CommandError> {
        let number = parse_i64(self.text).ok_or(CommandError::NotInteger)?;
        let invalid = || CommandError::InvalidExpire(command);
        if number <= 0 {
            return Err(invalid());
        }
        let millis = match self.form {
            ExpiryForm::Seconds | ExpiryForm::AtSeconds => number.checked_mul(1000).ok_or_else(invalid)?,
            ExpiryForm::Millis | ExpiryForm::AtMillis => number,
        };
        match self.form {
            ExpiryForm::Seconds | ExpiryForm::Millis => {
                millis.checked_add(now.0).filter(|&at| at > 0).map(UnixMillis).ok_or_else(invalid)
            }
            ExpiryForm::AtSeconds | ExpiryForm::AtMillis => Ok(UnixMillis(millis)),
        }
    }
}

/// Whether SET asks for a key that exists, or for one that doesn't.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    Missing,
    Existing,
}

/// The options of SET.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SetOptions<'a> {
    pub condition: Option<Condition>,
    pub get: bool,
    pub keep_ttl: bool,
    pub expiry: Option<ExpiryArg<'a>>,
}

impl<'a> SetOptions<'a> {
    /// Reads the arguments from the fourth on. Errors: Syntax.
    ///
    /// One of NX and XX, one of KEEPTTL and the four times; whatever agrees with itself may be repeated, the last
    /// time counts.
    pub fn parse(args: Args<'a>) -> Result<Self, CommandError> {
        let mut options = Self::default();
        let mut index = 3;
        while let Some(arg) = args.get(index) {
            let word = c_word(arg);
            if word.eq_ignore_ascii_case(b"NX") && options.condition != Some(Condition::Existing) {
                options.condition = Some(Condition::Missing);
            } else if word.eq_ignore_ascii_case(b"XX") && options.condition != Some(Condition::Missing) {
                options.condition = Some(Condition::Existing);
            } else if word.eq_ignore_ascii_case(b"GET") {
                options.get = true;
            } else if word.eq_ignore_ascii_case(b"KEEPTTL") && options.expiry.is_none() {
                options.keep_ttl = true;
            } else {
                if options.keep_ttl {
                    return Err(CommandError::Syntax);
                }
                index += 1;
                options.expiry = Some(parse_expiry(word, args.get(index), options.expiry)?);
            }
            index += 1;
        }
        Ok(options)
    }
}

/// What GETEX does to the expiry.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum GetexOption<'a> {
    #[default]
    Nothing,
    Persist,
    Expire(ExpiryArg<'a>),
}

impl<'a> GetexOption<'a> {
    /// Reads the arguments from the third on. Errors: Syntax.
    pub fn parse(args: Args<'a>) -> Result<Self, CommandError> {
        let mut option = Self::Nothing;
        let mut index = 2;
        while let Some(arg) = args.get(index) {
            let word = c_word(arg);
            option = match option {
                Self::Nothing | Self::Persist if word.eq_ignore_ascii_case(b"PERSIST") => Self::Persist,
                Self::Persist => return Err(CommandError::Syntax),
                Self::Nothing => {
                    index += 1;
                    Self::Expire(parse_expiry(word, args.get(index), None)?)
                }
                Self::Expire(before) => {
                    index += 1;
                    Self::Expire(parse_expiry(word, args.get(index), Some(before))?)
                }
            };
            index += 1;
        }
        Ok(option)
    }
}

/// Reads one of the four times. A second one must be of the same form.
fn parse_expiry<'a>(
    word: &[u8],
    number: Option<&'a [u8]>,
    before: Option<ExpiryArg<'a>>,
) -> Result<ExpiryArg<'a>, CommandError> {
    const FORMS: [(&[u8], ExpiryForm); 4] = [
        (b"EX", ExpiryForm::Seconds),
        (b"PX", ExpiryForm::Millis),
        (b"EXAT", ExpiryForm::AtSeconds),
        (b"PXAT", ExpiryForm::AtMillis),
    ];
    let form = FORMS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|&(_, form)| form);
    match (form, number) {
        (Some(form), Some(text)) if before.is_none_or(|before| before.form == form) => Ok(ExpiryArg { form, text }),
        _ => Err(CommandError::Syntax),
    }
}

/// An option's word as C sees it: up to the first NUL.
pub(super) fn c_word(arg: &[u8]) -> &[u8] {
    let end = memchr::memchr(0, arg).unwrap_or(arg.len());
    &arg[..end]
}
