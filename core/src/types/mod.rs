//! The value types: what a key can hold, and how it is encoded inside.

pub mod digest;
pub mod lcs;
pub mod string;

pub use string::{LargeString, StringEncoding, StringRef};

/// A value too large or too rich to live inside the table's page.
#[derive(Clone, Debug)]
pub enum Object {
    String(LargeString),
}

impl Object {
    /// Bytes of heap that the value holds, beyond its own `size_of`.
    pub fn heap_bytes(&self) -> usize {
        match self {
            Object::String(string) => string.heap_bytes(),
        }
    }
}

const _: () = assert!(size_of::<Object>() <= 32);

/// A value, borrowed from the keyspace.
#[derive(Clone, Copy, Debug)]
pub enum ValueRef<'a> {
    String(StringRef<'a>),
}

/// The types that TYPE names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    String,
    List,
    Set,
    SortedSet,
    Hash,
    Stream,
}

impl ValueType {
    /// The name that TYPE answers and SCAN's TYPE option takes.
    pub fn name(self) -> &'static str {
        match self {
            ValueType::String => "string",
            ValueType::List => "list",
            ValueType::Set => "set",
            ValueType::SortedSet => "zset",
            ValueType::Hash => "hash",
            ValueType::Stream => "stream",
        }
    }
}

impl<'a> ValueRef<'a> {
    pub fn value_type(self) -> ValueType {
        match self {
            ValueRef::String(_) => ValueType::String,
        }
    }

    /// What OBJECT ENCODING answers.
    pub fn encoding_name(self) -> &'static str {
        match self {
            ValueRef::String(string) => string.encoding().name(),
        }
    }

    /// The string, if it is one.
    pub fn as_string(self) -> Option<StringRef<'a>> {
        match self {
            ValueRef::String(string) => Some(string),
        }
    }
}
