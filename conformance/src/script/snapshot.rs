//! Scripts and their recordings on disk.
//!
//! ```text
//! conformance/scripts/<family>/<case>.txt
//! conformance/snapshots/<family>__<case>@resp2.snap      insta's format: a header, then the transcript
//! ```
//!
//! Only [`record`] writes a recording, and only from a server that says it is Redis 7.0 and nothing else.

use super::coverage::row_name;
use super::run::{NO_MORE, Transcript, play};
use super::{Script, Step};
use crate::divergences::Divergences;
use crate::launch::Server;
use crate::rows::Rows;
use crate::target::{SocketTarget, Target};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the scripts live.
pub fn scripts_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts")
}

/// Where the recordings live.
pub fn snapshots_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots")
}

/// Every script, sorted by name. Errors: a file that can't be read or parsed.
pub fn all_scripts() -> Result<Vec<Script>, String> {
    let mut scripts = Vec::new();
    let listing = |dir: &Path| -> Result<Vec<PathBuf>, String> {
        let entries = fs::read_dir(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        Ok(paths)
    };
    for family in listing(&scripts_dir())? {
        for path in listing(&family)? {
            let part = |path: &Path| path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            scripts.push(Script::parse(&format!("{}/{}", part(&family), part(&path)), &text)?);
        }
    }
    Ok(scripts)
}

/// The protocols that a script is played in.
pub fn protocols(script: &Script) -> Vec<u8> {
    script.resp.map_or(vec![2, 3], |only| vec![only])
}

/// The name of a recording, without the extension.
pub fn snapshot_name(script: &Script, resp: u8) -> String {
    format!("{}@resp{resp}", script.name.replace('/', "__"))
}

/// The recorded transcript. Errors: there is none.
pub fn load(script: &Script, resp: u8) -> Result<Transcript, String> {
    let path = snapshots_dir().join(format!("{}.snap", snapshot_name(script, resp)));
    let text = fs::read_to_string(&path)
        .map_err(|_| format!("{} has no recording for RESP{resp}: run `etalon-conformance record`", script.name))?;
    let body = text.splitn(3, "---\n").nth(2).ok_or_else(|| format!("{}: no header", path.display()))?;
    Ok(Transcript::parse(body))
}

/// The commands of a target that was just made.
pub fn rows_of(target: &mut dyn Target) -> Result<Rows, String> {
    target.connect(0).map_err(|error| error.to_string())?;
    Rows::fetch(target, 0)
}

/// Plays one script on a fresh server made from a command.
pub fn play_fresh(command: &str, script: &Script, resp: u8) -> Result<Transcript, String> {
    let server = Server::open(command, &[]).map_err(|error| error.to_string())?;
    let mut target = SocketTarget::new("server", server);
    play(&mut target, script, resp)
}

/// Records every script whose name contains `filter`, from the real server only. Returns how many recordings
/// were written and how many of them changed.
pub fn record(oracle: &str, filter: &str) -> Result<(usize, usize), String> {
    let version = oracle_version(oracle)?;
    fs::create_dir_all(snapshots_dir()).map_err(|error| error.to_string())?;
    let (mut written, mut changed) = (0, 0);
    let mut silent = Vec::new();
    for script in all_scripts()?.iter().filter(|script| script.name.contains(filter)) {
        for resp in protocols(script) {
            let transcript = play_fresh(oracle, script, resp)?;
            // Silence where a reply was due says that the script is wrong: the oracle always answers.
            if let Some(block) = transcript.blocks.iter().find(|block| block.reply.contains(NO_MORE)) {
                silent.push(format!("{} RESP{resp}: {}", script.name, block.step));
                continue;
            }
            let text = format!(
                "---\nsource: conformance/tests/scripts.rs\ndescription: \"redis-server {version}, RESP{resp}, \
                 written by etalon-conformance record\"\n---\n{}\n",
                transcript.text()
            );
            let path = snapshots_dir().join(format!("{}.snap", snapshot_name(script, resp)));
            written += 1;
            if fs::read_to_string(&path).ok().as_deref() != Some(&text) {
                changed += 1;
                fs::write(&path, text).map_err(|error| error.to_string())?;
            }
        }
    }
    remove_orphans()?;
    if !silent.is_empty() {
        return Err(format!("not recorded, a reply that was waited for never came:\n{}", silent.join("\n")));
    }
    Ok((written, changed))
}

/// A recording without a script would be believed by nobody and updated by nobody.
fn remove_orphans() -> Result<(), String> {
    let scripts = all_scripts()?;
    let known: Vec<String> = scripts
        .iter()
        .flat_map(|script| protocols(script).into_iter().map(|resp| format!("{}.snap", snapshot_name(script, resp))))
        .collect();
    for entry in fs::read_dir(snapshots_dir()).map_err(|error| error.to_string())?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".snap") && !known.contains(&name) {
            fs::remove_file(entry.path()).map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

/// The version of a server that is Redis and no other: an implementation under test may claim the number
/// (Etalon does, clients branch on it), but says its own name too.
fn oracle_version(command: &str) -> Result<String, String> {
    let server = Server::open(command, &[]).map_err(|error| error.to_string())?;
    let mut target = SocketTarget::new("oracle", server);
    target.connect(1).map_err(|error| error.to_string())?;
    let info = target.ask(1, &[b"INFO", b"server"]).map_err(|error| error.to_string())?;
    let info = String::from_utf8_lossy(info.as_bytes().unwrap_or_default()).into_owned();
    let field = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)).map(str::to_string);
    let version = field("redis_version:").unwrap_or_default();
    if !version.starts_with("7.0.") || info.contains("etalon_version") || field("redis_build_id:").is_none() {
        return Err(format!("recordings are made from redis-server 7.0 only, this is {version:?}"));
    }
    Ok(version)
}

/// The replay with every accepted divergence replaced by what was recorded.
pub fn with_accepted(
    script: &Script,
    recorded: &Transcript,
    replayed: &Transcript,
    divergences: &mut Divergences,
) -> Transcript {
    let mut accepted = replayed.clone();
    for ((real, ours), step) in recorded.blocks.iter().zip(&mut accepted.blocks).zip(&script.steps) {
        if let Step::Command { args, .. } = step
            && real.step == ours.step
            && real.reply.trim_end() != ours.reply.trim_end()
        {
            let name = row_name(args, &BTreeSet::new());
            let row = row_name(args, &BTreeSet::from([name.clone()]));
            if [row, name].iter().any(|row| divergences.accepts_block(row, args, &real.reply, &ours.reply)) {
                ours.reply = real.reply.clone();
            }
        }
    }
    accepted
}

/// Where a replay differs from the recording, block by block; accepted divergences are left out.
pub fn compare(
    script: &Script,
    recorded: &Transcript,
    replayed: &Transcript,
    divergences: &mut Divergences,
) -> Vec<String> {
    let replayed = with_accepted(script, recorded, replayed, divergences);
    let mut differences = Vec::new();
    for (real, ours) in recorded.blocks.iter().zip(&replayed.blocks) {
        if real.step != ours.step {
            return vec![format!("the script has changed since it was recorded, at: {}", ours.step)];
        }
        if real.reply.trim_end() != ours.reply.trim_end() {
            let (real_text, our_text) = (indented(&real.reply), indented(&ours.reply));
            differences.push(format!("{}\n  recorded:\n{real_text}  got:\n{our_text}", real.step));
        }
    }
    if recorded.blocks.len() != replayed.blocks.len() {
        differences.push(format!("{} steps recorded, {} played", recorded.blocks.len(), replayed.blocks.len()));
    }
    differences
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
