//! DEBUG: looking at the inside of the server, and disturbing it, for tests.
//!
//! One row in 7.0 (its subcommands have none), so the number of arguments is checked here; a wrong one and an unknown
//! name get the same error.
//!
//! - [`data`]: DIGEST, DIGEST-VALUE, OBJECT, POPULATE, HTSTATS… [`protocol`]: PROTOCOL. [`help`]: HELP.
//!
//! Not supported so far, and said so: REPLICATE, AOF-FLUSH-SLEEP,
//! DROP-CLUSTER-PACKET-FILTER, RESTART, CRASH-AND-RECOVER. Deviations: OBJECT shows a number where the original shows
//! an address; STRUCTSIZE tells of our own structures; CLUSTERLINK without arguments does not crash.

mod data;
mod help;
mod protocol;
#[cfg(test)]
mod tests;

use crate::commands::{Args, CommandError, Flow};
use crate::config::LogLevel;
use crate::engine::action::Action;
use crate::engine::client::ClientId;
use crate::engine::debug::DebugSwitches;
use crate::engine::persistence::load::ReloadOptions;
use crate::engine::{Engine, random_id};
use crate::glob;
use crate::numbers::{integer, memory_size};
use crate::structures::Rng;

/// `DEBUG subcommand …`
pub fn debug(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let name = args.at(1).to_ascii_lowercase();
    match (name.as_slice(), args.len()) {
        (b"help", 2) => engine.reply(id).help("DEBUG", help::LINES),
        (b"segfault" | b"panic" | b"assert" | b"oom", _) => {
            engine.actions.push_back(Action::Abort);
            return Ok(Flow::Asked);
        }
        (b"digest", 2) => data::digest(engine, id),
        (b"digest-value", _) => data::digest_value(engine, id, args),
        (b"object", 3) => data::object(engine, id, args.at(2))?,
        (b"sdslen", 3) => data::string_lengths(engine, id, args.at(2))?,
        (b"listpack", 3) => data::structure(engine, id, args.at(2), "listpack")?,
        (b"quicklist", 3 | 4) => data::structure(engine, id, args.at(2), "quicklist")?,
        (b"htstats-key", 3) => data::table_of_key(engine, id, args.at(2))?,
        (b"htstats", 3) => data::table_stats(engine, id, args.at(2))?,
        (b"populate", 3..=5) => data::populate(engine, id, args)?,
        (b"structsize", 2) => data::structure_sizes(engine, id),
        (b"protocol", 3) => protocol::reply_sample(engine, id, args.at(2))?,
        (b"error", 3) => engine.reply(id).error(args.at(2)),
        (b"config-rewrite-force-all", 2) => return rewrite_force_all(engine, id),
        (b"mallctl" | b"mallctl-str", 3 | 4) => return Err(CommandError::Text("ERR No such file or directory")),
        (b"clusterlink", 3..) => {
            return Err(CommandError::Text("ERR Debug option only available for cluster mode enabled setup!"));
        }
        (b"client-eviction", 2) => {
            let disabled = CommandError::Text("ERR maxmemory-clients is disabled.");
            let text = engine.client_sizes_text().ok_or(disabled)?;
            engine.reply(id).verbatim("txt", text.as_bytes());
        }
        // Half of the data must not be saved over the whole, nor two loadings mix.
        (b"loadaof" | b"reload", _) if engine.persistence().is_loading() => {
            return Err(CommandError::Text("LOADING Redis is loading the dataset in memory"));
        }
        (b"loadaof", 2) => {
            engine.load_log_for(id)?;
            return Ok(Flow::Asked);
        }
        (b"reload", _) if args.iter().skip(2).all(is_reload_option) => {
            let says = |word| (2..args.len()).any(|at| args.is(at, word));
            let options = ReloadOptions { merge: says("MERGE"), no_flush: says("NOFLUSH"), no_save: says("NOSAVE") };
            engine.reload(id, options);
            return Ok(Flow::Asked);
        }
        (b"replybuffer", 4) => return reply_buffer(engine, id, args),
        _ => return act(engine, id, &name, args),
    }
    Ok(Flow::Done)
}

/// The subcommands that do something and answer OK.
fn act(engine: &mut Engine, id: ClientId, name: &[u8], args: Args<'_>) -> Result<Flow, CommandError> {
    let value = args.get(2).unwrap_or_default();
    match (name, args.len()) {
        (b"sleep", 3) => sleep(engine, value),
        (b"log", 3) => {
            let text = format!("DEBUG LOG: {}", String::from_utf8_lossy(c_text(value)));
            engine.log(LogLevel::Warning, text);
        }
        (b"set-active-expire", 3) => engine.cron.active_expire = leading_integer(value) != 0,
        (b"pause-cron", 3) => engine.cron.paused = leading_integer(value) != 0,
        (b"set-skip-checksum-validation", 3) => engine.policy.skip_checksum = leading_integer(value) != 0,
        (b"set-disable-deny-scripts", 3) => engine.debug.deny_scripts_disabled = leading_integer(value) != 0,
        (b"quicklist-packed-threshold", 3) => {
            engine.debug.quicklist_packed_threshold_bytes = parse_packed_threshold(value)?;
            engine.config_changed();
        }
        (b"change-repl-id", 2) => {
            engine.log(LogLevel::Notice, "Changing replication IDs after receiving change-repl-id");
            engine.replication_id = random_id(&mut engine.rng);
        }
        // What the original does, too: this memory is never found again.
        (b"leak", 3) => std::mem::forget(value.to_vec()),
        (b"stringmatch-test", 2) => {
            match_random_texts(&mut engine.rng.fork());
            engine.reply(id).status("Apparently Redis did not crash: test passed");
            return Ok(Flow::Done);
        }
        _ => return Err(refusal(name, args)),
    }
    engine.reply(id).ok();
    Ok(Flow::Done)
}

/// Why a subcommand isn't carried out.
fn refusal(name: &[u8], args: Args<'_>) -> CommandError {
    match (name, args.len()) {
        (b"reload", _) => CommandError::Text("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options."),
        (b"restart" | b"crash-and-recover", _) => CommandError::NotSupported("Restarting by DEBUG"),
        (b"replicate", 3..) => CommandError::NotSupported("DEBUG REPLICATE"),
        (b"aof-flush-sleep", 3) => CommandError::NotSupported("DEBUG AOF-FLUSH-SLEEP"),
        (b"drop-cluster-packet-filter", 3) => CommandError::NotSupported("DEBUG DROP-CLUSTER-PACKET-FILTER"),
        (b"client-eviction", 2) => CommandError::NotSupported("DEBUG CLIENT-EVICTION"),
        _ => {
            let shown = c_text(args.at(1));
            let shown = &shown[..shown.len().min(128)];
            let text =
                [b"ERR unknown subcommand or wrong number of arguments for '".as_slice(), shown, b"'. Try DEBUG HELP."];
            CommandError::formatted(text.concat())
        }
    }
}

fn is_reload_option(option: &[u8]) -> bool {
    [b"MERGE".as_slice(), b"NOFLUSH", b"NOSAVE"].iter().any(|known| option.eq_ignore_ascii_case(known))
}

/// `DEBUG SLEEP seconds`: from here on nothing runs and nothing is sent, this command's reply included.
fn sleep(engine: &mut Engine, seconds: &[u8]) {
    let us = leading_double(seconds) * 1e6;
    if us.is_finite() {
        engine.freeze(us as u64);
    }
}

/// `DEBUG QUICKLIST-PACKED-THRESHOLD size`: 0 restores the default.
fn parse_packed_threshold(text: &[u8]) -> Result<u64, CommandError> {
    const BYTES_MAX: u64 = (1 << 32) - (1 << 20);
    match memory_size::parse(text) {
        Some(0) => Ok(DebugSwitches::QUICKLIST_PACKED_THRESHOLD_BYTES),
        Some(bytes) if bytes <= BYTES_MAX => Ok(bytes),
        _ => Err(CommandError::Text("ERR argument must be a memory value bigger than 1 and smaller than 4gb")),
    }
}

/// `DEBUG REPLYBUFFER PEAK-RESET-TIME NEVER|RESET|milliseconds` and `DEBUG REPLYBUFFER RESIZING 0|1`.
fn reply_buffer(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let value = args.at(3);
    if args.is(2, "PEAK-RESET-TIME") {
        engine.debug.reply_buffer_peak_reset_ms = if args.is(3, "NEVER") {
            -1
        } else if args.is(3, "RESET") {
            DebugSwitches::REPLY_BUFFER_PEAK_RESET_MS
        } else {
            integer::parse_i64(value).ok_or(CommandError::NotInteger)?
        };
    } else if args.is(2, "RESIZING") {
        engine.debug.reply_buffer_resizing = leading_integer(value) != 0;
    } else {
        return Err(refusal(b"replybuffer", args));
    }
    engine.reply(id).ok();
    Ok(Flow::Done)
}

fn rewrite_force_all(engine: &mut Engine, id: ClientId) -> Result<Flow, CommandError> {
    if engine.config.extra.config_file.is_none() {
        return Err(CommandError::Text("ERR CONFIG-REWRITE-FORCE-ALL failed: Bad address"));
    }
    super::config::config_rewrite_force_all(engine, id)
}

/// Random patterns against random texts: whatever they are, the matcher comes to an end.
fn match_random_texts(rng: &mut Rng) {
    const ROUNDS: usize = 100_000;
    let mut draw = |alphabet: &[u8]| -> Vec<u8> {
        let length = rng.below(32);
        (0..length).map(|_| alphabet[rng.below(alphabet.len() as u64) as usize]).collect()
    };
    for _ in 0..ROUNDS {
        let (text, pattern) = (draw(b"ab^]-"), draw(b"ab*?[]^-\\"));
        let _ = glob::matches(&pattern, &text, false);
    }
}

/// A C string: up to the first NUL.
fn c_text(bytes: &[u8]) -> &[u8] {
    bytes.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// An integer as C's `atoi` reads it: white space, a sign, digits; whatever follows is ignored, nothing at all is 0.
fn leading_integer(text: &[u8]) -> i32 {
    let start = text.iter().position(|&byte| !integer::is_c_space(byte)).unwrap_or(text.len());
    let (negative, digits) = match &text[start..] {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let value = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0i64, |value, byte| value.saturating_mul(10).saturating_add(i64::from(byte - b'0')));
    // `atoi` is `strtol` cut to 32 bits.
    (if negative { value.wrapping_neg() } else { value }) as i32
}

/// A double as C's `strtod` reads it: the longest beginning that is a number; 0 if there is none.
fn leading_double(text: &[u8]) -> f64 {
    const DIGITS_MAX: usize = 64;
    let start = text.iter().position(|&byte| !integer::is_c_space(byte)).unwrap_or(text.len());
    let text = &text[start..text.len().min(start + DIGITS_MAX)];
    (1..=text.len()).rev().find_map(|end| std::str::from_utf8(&text[..end]).ok()?.parse().ok()).unwrap_or(0.0)
}
