//! The fuzz entry of the configuration file, called by `cargo test` over a corpus and by cargo-fuzz.

use super::{Config, NoFiles, RewriteMode};

/// Reads `data` as a configuration file. If it is one: rewriting it must give a file that reads back as the same
/// configuration, and rewriting that file again must change nothing but empty lines.
///
/// # Panics
///
/// When one of these does not hold.
pub fn fuzz_config_file(data: &[u8]) {
    let mut first = Config::default();
    if first.load_text(data, &mut NoFiles).is_err() {
        return;
    }
    let includes = data.to_ascii_lowercase().windows(7).any(|word| word == b"include");
    for mode in [RewriteMode::Changed, RewriteMode::ForceAll] {
        let rewritten = first.rewrite(data, &[], mode);
        let mut second = Config::default();
        let loaded = second.load_text(&rewritten, &mut NoFiles);
        loaded.unwrap_or_else(|error| panic!("rewritten file: {}", error.message().escape_ascii()));
        let (mut before, mut after) = (first.get(&[b"*"]), second.get(&[b"*"]));
        if includes {
            // Redis: of several `save` lines behind an `include` only the last one counts.
            before.retain(|(name, _)| name != b"save");
            after.retain(|(name, _)| name != b"save");
        }
        assert_eq!(before, after, "rewritten: {}", rewritten.escape_ascii());
        if !includes {
            let again = second.rewrite(&rewritten, &[], mode);
            assert_eq!(lasting_lines(&rewritten), lasting_lines(&again));
        }
    }
}

/// The lines that a second rewriting keeps. As in Redis, a class of clients with default limits takes the place of a line
/// that is there, and is left out where there is none: those lines may grow by one a time.
fn lasting_lines(text: &[u8]) -> Vec<&[u8]> {
    let lines = text.split(|byte| *byte == b'\n');
    lines.filter(|line| !line.is_empty() && !line.starts_with(b"client-output-buffer-limit")).collect()
}
