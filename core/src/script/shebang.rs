//! The first line of a script or library: `#!lua flags=no-writes,allow-oom` or `#!lua name=mylib`.
//!
//! A script without one is of the old kind: it may do anything, and each of its commands is looked at by itself. Source: the
//! documentation of scripts and functions, and observed errors of 7.0.15.

use crate::error::CommandError;
use crate::quoting;

bitflags::bitflags! {
    /// What a script or function says about itself.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub struct ScriptFlags: u8 {
        const NO_WRITES = 1 << 0;
        const ALLOW_OOM = 1 << 1;
        const ALLOW_STALE = 1 << 2;
        const NO_CLUSTER = 1 << 3;
        const ALLOW_CROSS_SLOT_KEYS = 1 << 4;
        /// There was no shebang.
        const COMPATIBLE = 1 << 5;
    }
}

/// The flags by name, in the order in which FUNCTION LIST shows them.
pub const NAMES: [(&str, ScriptFlags); 5] = [
    ("no-writes", ScriptFlags::NO_WRITES),
    ("allow-oom", ScriptFlags::ALLOW_OOM),
    ("allow-stale", ScriptFlags::ALLOW_STALE),
    ("no-cluster", ScriptFlags::NO_CLUSTER),
    ("allow-cross-slot-keys", ScriptFlags::ALLOW_CROSS_SLOT_KEYS),
];

/// The flag of that name.
pub fn flag(name: &[u8]) -> Option<ScriptFlags> {
    NAMES.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, flag)| *flag)
}

/// Splits a script in its flags and its Lua code, which keeps the end of the first line so that line numbers stay. Errors:
/// the line can't be read, names another engine, or says something unknown.
pub fn parse_script(source: &[u8]) -> Result<(ScriptFlags, &[u8]), CommandError> {
    if !source.starts_with(b"#!") {
        return Ok((ScriptFlags::COMPATIBLE, source));
    }
    let Some(end) = memchr::memchr(b'\n', source) else {
        return Err(CommandError::Text("ERR Invalid script shebang"));
    };
    let words = quoting::split_args(&source[..end]).ok().filter(|words| !words.is_empty());
    let words = words.ok_or(CommandError::Text("ERR Invalid engine in script shebang"))?;
    if words[0] != b"#!lua" {
        return Err(with_text("ERR Unexpected engine in script shebang: ", &words[0]));
    }
    let mut flags = ScriptFlags::empty();
    for word in &words[1..] {
        let Some(list) = word.strip_prefix(b"flags=") else {
            return Err(with_text("ERR Unknown lua shebang option: ", word));
        };
        if list.is_empty() {
            continue;
        }
        for name in list.split(|byte| *byte == b',') {
            flags |= flag(name).ok_or_else(|| with_text("ERR Unexpected flag in script shebang: ", name))?;
        }
    }
    Ok((flags, &source[end..]))
}

pub(super) fn with_text(before: &str, text: &[u8]) -> CommandError {
    CommandError::formatted([before.as_bytes(), text].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_keeps_its_line_numbers() {
        let (flags, code) = parse_script(b"#!lua flags=no-writes,allow-oom\nreturn 1").expect("a shebang");
        assert_eq!((flags, code), (ScriptFlags::NO_WRITES | ScriptFlags::ALLOW_OOM, &b"\nreturn 1"[..]));
        assert_eq!(parse_script(b"return 1"), Ok((ScriptFlags::COMPATIBLE, &b"return 1"[..])));
    }
}
