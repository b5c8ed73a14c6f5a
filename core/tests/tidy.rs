//! The style of the house, as tests: who may use whom, what a pure core must not touch, what files look like.
//!
//! Every rule is a function of a list of files, so that it can be shown a bad one: `each_rule_can_fail` does.

use std::fs;
use std::path::Path;

/// One text file of the project: its path from the top, with `/`, and its text.
struct SourceFile {
    path: String,
    text: String,
}

impl SourceFile {
    fn new(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.to_owned(), text: text.to_owned() }
    }

    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Lines with their numbers, comments taken out.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(at, line)| (at + 1, line.split("//").next().unwrap_or("")))
    }

    /// The path below `core/src/`.
    fn in_core(&self) -> Option<&str> {
        self.path.strip_prefix("core/src/").filter(|_| self.is_rust())
    }

    fn fault(&self, line: usize, text: impl std::fmt::Display) -> String {
        format!("{}:{line}: {text}", self.path)
    }
}

type Rule = fn(&[SourceFile]) -> Vec<String>;

const RULES: &[Rule] = &[
    dependencies_point_one_way,
    the_core_is_pure,
    modules_have_telling_names,
    files_are_not_too_long,
    files_open_with_what_they_are,
    server_and_simulator_do_not_know_each_other,
    the_top_level_holds_what_the_design_names,
    no_path_of_one_machine,
];

/// Modules of the core, from the bottom up, each with those that it may use. Public for every module above is only what is
/// named here.
const EDGES: &[(&str, &[&str])] = &[
    ("args", &[]),
    ("checksum", &[]),
    ("error", &[]),
    ("glob", &[]),
    ("numbers", &[]),
    ("quoting", &[]),
    ("time", &[]),
    ("structures", &["numbers"]),
    ("resp", &["args", "numbers", "quoting"]),
    ("config", &["glob", "numbers", "quoting"]),
    ("types", &["numbers", "resp", "structures"]),
    ("keyspace", &["args", "config", "error", "numbers", "structures", "time", "types"]),
    ("rdb", &["checksum", "keyspace", "numbers", "structures", "time", "types"]),
    ("aof", &["args", "keyspace", "numbers", "quoting", "structures", "time", "types"]),
    (
        "commands",
        &[
            "args",
            "checksum",
            "config",
            "error",
            "glob",
            "keyspace",
            "numbers",
            "quoting",
            "rdb",
            "resp",
            "structures",
            "time",
            "types",
        ],
    ),
    (
        "script",
        &[
            "args",
            "checksum",
            "commands",
            "config",
            "error",
            "glob",
            "keyspace",
            "numbers",
            "quoting",
            "rdb",
            "resp",
            "structures",
            "time",
        ],
    ),
    (
        "engine",
        &[
            "aof",
            "args",
            "commands",
            "config",
            "error",
            "glob",
            "keyspace",
            "numbers",
            "quoting",
            "rdb",
            "resp",
            "script",
            "structures",
            "time",
            "types",
        ],
    ),
    ("lib", &["engine", "time"]),
];

/// Commands that see the whole engine (`Run::Server`), and the row that can name such a function.
const SEES_ENGINE: &[&str] = &[
    "commands/row.rs",
    "commands/connection/",
    "commands/monitoring/",
    "commands/pubsub/",
    "commands/scripting/",
    "commands/server/",
    "commands/transaction/",
    "script/",
];

fn dependencies_point_one_way(files: &[SourceFile]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files {
        let Some(path) = file.in_core() else { continue };
        let module = path.split('/').next().expect("split yields one part at least").trim_end_matches(".rs");
        let Some((_, allowed)) = EDGES.iter().find(|(known, _)| *known == module) else {
            faults.push(file.fault(1, format!("the module {module} has no edges in core/tests/tidy.rs")));
            continue;
        };
        // The tests of a family may run it in a whole engine.
        let is_tests = path.ends_with("/tests.rs");
        let sees_engine = is_tests || SEES_ENGINE.iter().any(|prefix| path.starts_with(prefix));
        for (line, code) in file.code() {
            if code.contains("use crate::{") {
                faults.push(file.fault(line, "name the module: use crate::module::…"));
            }
            for used in code.split("crate::").skip(1) {
                let used = used.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("");
                // `crate::Engine` and its like are re-exported by lib.rs.
                let used = if used == "Engine" { "engine" } else { used };
                let fine = used.is_empty()
                    || used == module
                    || allowed.contains(&used)
                    || matches!(used, "Now" | "UnixMillis") && allowed.contains(&"time")
                    || matches!(used, "engine" | "script") && sees_engine;
                if !fine {
                    faults.push(file.fault(line, format!("{module} must not use {used}")));
                }
            }
        }
    }
    faults
}

/// Whether `word` occurs in `code` on its own.
fn has_word(code: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        !code[..at].chars().next_back().is_some_and(part) && !code[at + word.len()..].chars().next().is_some_and(part)
    })
}

fn the_core_is_pure(files: &[SourceFile]) -> Vec<String> {
    const BANNED: &[&str] = &[
        "std::net",
        "std::fs",
        "std::thread",
        "std::time",
        "std::process",
        "std::env::var",
        "SystemTime",
        "Instant",
        "HashMap",
        "HashSet",
        "rand::rng",
        "thread_rng",
        "println!",
        "eprintln!",
        "print!",
        "eprint!",
        "unsafe",
    ];
    let mut faults = Vec::new();
    for file in files.iter().filter(|file| file.in_core().is_some()) {
        for (line, code) in file.code() {
            for banned in BANNED {
                let found = match banned.strip_suffix('!') {
                    Some(_) => code.match_indices(banned).any(|(at, _)| {
                        !code[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_')
                    }),
                    None => has_word(code, banned),
                };
                if found {
                    faults.push(file.fault(line, format!("{banned} has no place in the core")));
                }
            }
        }
    }
    if let Some(lib) = files.iter().find(|file| file.path == "core/src/lib.rs")
        && !lib.text.contains("#![forbid(unsafe_code)]")
    {
        faults.push(lib.fault(1, "the core forbids unsafe code"));
    }
    faults
}

fn modules_have_telling_names(files: &[SourceFile]) -> Vec<String> {
    const BANNED: &[&str] = &["util", "utils", "common", "helper", "helpers", "misc"];
    let named = |file: &&SourceFile| {
        file.path.split('/').any(|part| BANNED.contains(&part.trim_end_matches(".rs"))) && file.is_rust()
    };
    files.iter().filter(named).map(|file| file.fault(1, "a module is named after what it is")).collect()
}

fn files_are_not_too_long(files: &[SourceFile]) -> Vec<String> {
    const LINES_MAX: usize = 800;
    let rust = files.iter().filter(|file| file.is_rust());
    let long = rust.filter(|file| file.text.lines().count() > LINES_MAX);
    long.map(|file| file.fault(LINES_MAX, format!("a file has {LINES_MAX} lines at most"))).collect()
}

fn files_open_with_what_they_are(files: &[SourceFile]) -> Vec<String> {
    let silent = |file: &&SourceFile| file.is_rust() && !file.text.starts_with("//! ");
    files.iter().filter(silent).map(|file| file.fault(1, "a file opens with //! and says what it is")).collect()
}

fn server_and_simulator_do_not_know_each_other(files: &[SourceFile]) -> Vec<String> {
    // Packages, and the packages of this house that they must not depend on.
    const BANNED: &[(&str, &[&str])] = &[
        ("core", &["etalon-server", "etalon-sim", "etalon-conformance", "etalon-benches", "etalon-fuzz"]),
        ("server", &["etalon-sim", "etalon-conformance", "etalon-benches", "etalon-fuzz"]),
        ("sim", &["etalon-server", "etalon-benches", "etalon-fuzz"]),
    ];
    let mut faults = Vec::new();
    for (package, banned) in BANNED {
        let prefix = format!("{package}/");
        for file in files.iter().filter(|file| file.path.starts_with(&prefix)) {
            let manifest = file.path == format!("{package}/Cargo.toml");
            for (line, code) in file.code().filter(|_| manifest || file.is_rust()) {
                for other in *banned {
                    let found = if manifest {
                        code.trim_start().starts_with(other)
                    } else {
                        code.contains(&format!("{}::", other.replace('-', "_")))
                    };
                    if found {
                        faults.push(file.fault(line, format!("{package} must not use {other}")));
                    }
                }
            }
        }
    }
    faults
}

fn the_top_level_holds_what_the_design_names(files: &[SourceFile]) -> Vec<String> {
    const NAMED: &[&str] = &[
        "core",
        "server",
        "sim",
        "conformance",
        "fuzz",
        "benches",
        "Cargo.toml",
        "Cargo.lock",
        "README.md",
        "LICENSE",
    ];
    // The configuration of tools; names with a dot in front are that, too.
    const TOOLS: &[&str] = &["rustfmt.toml", "clippy.toml", "deny.toml", "rust-toolchain.toml", "target"];
    let mut faults = Vec::new();
    for file in files {
        let entry = file.path.split('/').next().expect("split yields one part at least");
        if !entry.starts_with('.') && !NAMED.contains(&entry) && !TOOLS.contains(&entry) {
            faults.push(file.fault(1, format!("{entry} is not an entry of the top level")));
        }
    }
    faults
}

fn no_path_of_one_machine(files: &[SourceFile]) -> Vec<String> {
    // In two parts each, so that this file has none.
    const BANNED: &[&str] = &[
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
        concat!("/Us", "ers/"),
        concat!("/tm", "p/"),
    ];
    let mut faults = Vec::new();
    for file in files {
        for (at, line) in file.text.lines().enumerate() {
            for banned in BANNED.iter().filter(|banned| line.contains(**banned)) {
                faults.push(file.fault(at + 1, format!("{banned} may be elsewhere on another machine")));
            }
        }
    }
    faults
}

/// All text files of the project. What is recorded or generated (test data, corpora, snapshots) is left out.
fn project() -> Vec<SourceFile> {
    fn walk(top: &Path, folder: &Path, files: &mut Vec<SourceFile>) {
        for entry in fs::read_dir(folder).expect("the folder is readable") {
            let path = entry.expect("the folder is readable").path();
            let name = path.file_name().expect("an entry has a name").to_string_lossy().into_owned();
            let skipped = [".git", "target", "data", "corpus", "artifacts", "snapshots", "coverage"];
            // `.git` is a file in a work tree.
            if skipped.contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                walk(top, &path, files);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let path = path.strip_prefix(top).expect("below the top").to_string_lossy().replace('\\', "/");
                files.push(SourceFile { path, text });
            }
        }
    }
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut files = Vec::new();
    walk(top, top, &mut files);
    files
}

#[test]
fn the_project_is_tidy() {
    let files = project();
    assert!(files.iter().filter(|file| file.in_core().is_some()).count() > 50, "the project was found");
    let faults: Vec<String> = RULES.iter().flat_map(|rule| rule(&files)).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_edges_have_no_circle() {
    for (at, (module, allowed)) in EDGES.iter().enumerate() {
        for used in *allowed {
            assert!(EDGES[..at].iter().any(|(below, _)| below == used), "{module} uses {used}, which is not below it");
        }
    }
}

#[test]
fn each_rule_can_fail() {
    let file = SourceFile::new;
    let long = format!("//! Long.\n{}", "\n".repeat(800));
    let bad: &[(Rule, SourceFile)] = &[
        (dependencies_point_one_way, file("core/src/keyspace/db.rs", "//! x\nuse crate::commands::Ctx;")),
        (dependencies_point_one_way, file("core/src/commands/string/basic.rs", "//! x\nlet e: crate::Engine;")),
        (dependencies_point_one_way, file("core/src/structures/slab.rs", "//! x\nuse crate::{types, time};")),
        (dependencies_point_one_way, file("core/src/newcomer.rs", "//! x\n")),
        (the_core_is_pure, file("core/src/glob.rs", "//! x\nuse std::collections::HashMap;")),
        (the_core_is_pure, file("core/src/engine/cron.rs", "//! x\nlet now = Instant::now();")),
        (the_core_is_pure, file("core/src/glob.rs", "//! x\n    println!(\"{x}\");")),
        (the_core_is_pure, file("core/src/lib.rs", "//! x\npub mod glob;")),
        (modules_have_telling_names, file("server/src/util.rs", "//! x\n")),
        (modules_have_telling_names, file("core/src/common/mod.rs", "//! x\n")),
        (files_are_not_too_long, file("sim/src/world.rs", &long)),
        (files_open_with_what_they_are, file("sim/src/world.rs", "use std::fs;\n")),
        (server_and_simulator_do_not_know_each_other, file("sim/Cargo.toml", "[dependencies]\netalon-server = \"1\"")),
        (server_and_simulator_do_not_know_each_other, file("server/src/main.rs", "//! x\nuse etalon_sim::World;")),
        (the_top_level_holds_what_the_design_names, file("scripts/run.sh", "")),
        (the_top_level_holds_what_the_design_names, file("NOTES.md", "")),
        (no_path_of_one_machine, file("README.md", concat!("see /ho", "me/me/notes"))),
    ];
    for (rule, file) in bad {
        assert_eq!(rule(std::slice::from_ref(file)).len(), 1, "{}: {}", file.path, file.text);
    }
    for rule in RULES {
        assert!(bad.iter().any(|(shown, _)| std::ptr::fn_addr_eq(*shown, *rule)), "a rule is not shown to fail");
    }
}

#[test]
fn comments_and_longer_words_are_no_faults() {
    let fine = SourceFile::new(
        "core/src/engine/x.rs",
        "//! Unlike HashMap.\n// crate::nowhere, println!\nlet instant = InstantLike; eprintln_like!(x); // unsafe\n",
    );
    for rule in RULES {
        assert_eq!(rule(std::slice::from_ref(&fine)), Vec::<String>::new());
    }
}
