//! Which commands the scripts speak of: a row without a script fails the suite.

use super::{Script, Step};
use std::collections::BTreeSet;

/// The commands that occur in scripts, as rows: `GET`, and `CONFIG|GET` for those in `containers`.
pub fn rows_with_a_script(scripts: &[Script], containers: &BTreeSet<String>) -> BTreeSet<String> {
    let mut rows = BTreeSet::new();
    for script in scripts {
        for step in &script.steps {
            if let Step::Command { args, .. } | Step::Send { args, .. } = step {
                rows.insert(row_name(args, containers));
            }
        }
    }
    rows
}

/// The row that a command line addresses.
pub fn row_name(args: &[Vec<u8>], containers: &BTreeSet<String>) -> String {
    let upper = |arg: &[u8]| String::from_utf8_lossy(arg).to_ascii_uppercase();
    let name = args.first().map(|arg| upper(arg)).unwrap_or_default();
    match args.get(1) {
        Some(sub) if containers.contains(&name) => format!("{name}|{}", upper(sub)),
        _ => name,
    }
}
