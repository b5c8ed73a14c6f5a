//! The patterns of BY and GET.
//!
//! ```text
//!   #                   the element itself
//!   weight_*            the string at the key in which the element stands for the first *
//!   object_*->field     that field of the hash at the key
//!   constant            nothing
//! ```
//!
//! An arrow counts only behind the `*`, and only with something behind it; else it is part of the key. All this is looked
//! for up to the first NUL of a pattern, as in C.

use crate::keyspace::Database;
use crate::numbers::double;
use crate::numbers::integer::DecimalBuffer;
use crate::resp::Reply;
use crate::structures::Item;
use crate::types::{ReplyItem, StringRef, ValueRef};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pattern<'a> {
    Element,
    Constant,
    Key { prefix: &'a [u8], suffix: &'a [u8], field: Option<&'a [u8]> },
}

/// What a pattern found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Element(&'a [u8]),
    String(StringRef<'a>),
    Field(Item<'a>),
}

impl<'a> Pattern<'a> {
    pub fn parse(text: &'a [u8]) -> Pattern<'a> {
        let visible = double::before_nul(text);
        if visible == b"#" {
            return Pattern::Element;
        }
        let Some(star) = memchr::memchr(b'*', visible) else { return Pattern::Constant };
        let (prefix, rest) = (&text[..star], &text[star + 1..]);
        let arrow = visible[star + 1..].windows(3).position(|window| window.starts_with(b"->"));
        match arrow {
            Some(at) => Pattern::Key { prefix, suffix: &rest[..at], field: Some(&rest[at + 2..]) },
            None => Pattern::Key { prefix, suffix: rest, field: None },
        }
    }

    /// Whether there is a `*` in it.
    pub fn depends_on_element_text(self) -> bool {
        matches!(self, Pattern::Key { .. })
    }

    /// What the pattern says of an element. Values of other types are not found.
    pub fn look_up<'v>(self, db: &'v mut Database<'_>, element: &'v [u8]) -> Option<Value<'v>> {
        let (prefix, suffix, field) = match self {
            Pattern::Element => return Some(Value::Element(element)),
            Pattern::Constant => return None,
            Pattern::Key { prefix, suffix, field } => (prefix, suffix, field),
        };
        let value = db.read(&[prefix, element, suffix].concat())?;
        match (value, field) {
            (ValueRef::Hash(hash), Some(field)) => hash.get(field).map(Value::Field),
            (value, None) => value.as_string().map(Value::String),
            _ => None,
        }
    }
}

impl Value<'_> {
    pub fn reply_bulk(self, reply: &mut Reply) {
        match self {
            Value::Element(text) => reply.bulk(text),
            Value::String(string) => string.reply_bulk(reply),
            Value::Field(item) => item.reply_bulk(reply),
        }
    }

    pub fn with_text<R>(self, take: impl FnOnce(&[u8]) -> R) -> R {
        match self {
            Value::Element(text) => take(text),
            Value::String(string) => take(&string.bytes()),
            Value::Field(item) => take(item.text(&mut DecimalBuffer::new())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_star_and_the_arrow_behind_it_count() {
        let key = |prefix: &'static [u8], suffix: &'static [u8], field: Option<&'static [u8]>| Pattern::Key {
            prefix,
            suffix,
            field,
        };
        assert_eq!(Pattern::parse(b"w_*"), key(b"w_", b"", None));
        assert_eq!(Pattern::parse(b"*"), key(b"", b"", None));
        assert_eq!(Pattern::parse(b"a*b*c"), key(b"a", b"b*c", None));
        assert_eq!(Pattern::parse(b"o_*->f"), key(b"o_", b"", Some(b"f")));
        assert_eq!(Pattern::parse(b"o_*x->f->g"), key(b"o_", b"x", Some(b"f->g")));
        assert_eq!(Pattern::parse(b"o_*->"), key(b"o_", b"->", None));
        assert_eq!(Pattern::parse(b"o->f_*"), key(b"o->f_", b"", None));
        assert_eq!(Pattern::parse(b"o_*->f\0g"), key(b"o_", b"", Some(b"f\0g")));
        assert_eq!(Pattern::parse(b"o_*->\0g"), key(b"o_", b"->\0g", None));
        assert_eq!(Pattern::parse(b"o_*\0->g"), key(b"o_", b"\0->g", None));
        assert_eq!(Pattern::parse(b"#"), Pattern::Element);
        assert_eq!(Pattern::parse(b"#\0x"), Pattern::Element);
        assert_eq!(Pattern::parse(b"##"), Pattern::Constant);
        assert_eq!(Pattern::parse(b"a\0*"), Pattern::Constant);
        assert_eq!(Pattern::parse(b""), Pattern::Constant);
    }
}
