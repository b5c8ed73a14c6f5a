//! Back to a known state between epochs and between the shrinker's trials, without restarting a server.
//!
//! What is put back: data, configuration, connections, the slow log, and active expiry stays off (DBSIZE must not depend on
//! when a background cycle ran; lazily expired keys are touched by the generator).

use super::pair::Pair;
use super::poststate::CONTROL;
use crate::resp::Value;
use crate::rows::is_missing;
use crate::target::Target;
use std::time::Duration;

/// The configuration of a server as it was found.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    parameters: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Baseline {
    /// Reads CONFIG GET *. A server without it has nothing to put back.
    pub fn read(target: &mut dyn Target) -> Result<Baseline, String> {
        target.connect(CONTROL).map_err(|error| error.to_string())?;
        let reply = target.ask(CONTROL, &[b"CONFIG", b"GET", b"*"]).map_err(|error| error.to_string())?;
        target.disconnect(CONTROL);
        Ok(Baseline { parameters: parameters(&reply) })
    }
}

fn parameters(reply: &Value) -> Vec<(Vec<u8>, Vec<u8>)> {
    let bytes = |value: &Value| value.as_bytes().unwrap_or_default().to_vec();
    reply.entries().unwrap_or_default().into_iter().map(|(name, value)| (bytes(name), bytes(value))).collect()
}

/// Puts both sides back. A side that has ended, or hangs in what it was last asked, is started anew, and with it the other, so
/// that they count connections alike. Errors: a server that does not answer or refuses.
pub fn reset(pair: &mut Pair, baselines: &[Baseline; 2]) -> Result<(), String> {
    pair.drop_clients();
    if !answers(&mut *pair.a) || !answers(&mut *pair.b) {
        for target in [&mut pair.a, &mut pair.b] {
            if !target.restart() {
                return Err(format!("{}: it can't be started anew", target.name()));
            }
        }
    }
    for (target, baseline) in [&mut pair.a, &mut pair.b].into_iter().zip(baselines) {
        let target: &mut dyn Target = &mut **target;
        side(target, baseline).map_err(|error| format!("{}: reset: {error}", target.name()))?;
    }
    Ok(())
}

fn answers(target: &mut dyn Target) -> bool {
    target.why_ended().is_none()
        && target.connect(CONTROL).is_ok()
        && target.ask(CONTROL, &[b"CONFIG", b"GET", b"port"]).is_ok()
}

fn side(target: &mut dyn Target, baseline: &Baseline) -> Result<(), String> {
    if target.client_addr(CONTROL).is_none() {
        target.connect(CONTROL).map_err(|error| error.to_string())?;
    }
    // First the configuration: what the run changed may forbid the rest (NOREPLICAS, OOM).
    let now = target.ask(CONTROL, &[b"CONFIG", b"GET", b"*"]).map_err(|error| error.to_string())?;
    for (name, value) in &parameters(&now) {
        let found = baseline.parameters.iter().find(|(other, _)| other == name);
        if let Some((_, before)) = found
            && before != value
        {
            let reply = target.ask(CONTROL, &[b"CONFIG", b"SET", name, before]).map_err(|error| error.to_string())?;
            if reply.is_error() {
                return Err(format!("CONFIG SET {}: {reply:?}", String::from_utf8_lossy(name)));
            }
        }
    }
    let flushed = target.ask(CONTROL, &[b"FLUSHALL"]).map_err(|error| error.to_string())?;
    if is_missing(&flushed) && target.restart() {
        target.connect(CONTROL).map_err(|error| error.to_string())?;
    } else if flushed.is_error() {
        return Err(format!("FLUSHALL: {flushed:?}"));
    }
    let mut ask = |args: &[&[u8]]| {
        let reply = target.ask(CONTROL, args).map_err(|error| error.to_string())?;
        match reply {
            // While commands are missing, what they would put back was not changed either.
            reply if is_missing(&reply) => Ok(Value::Null),
            Value::Error(text) => Err(String::from_utf8_lossy(&text).into_owned()),
            reply => Ok(reply),
        }
    };
    ask(&[b"DEBUG", b"SET-ACTIVE-EXPIRE", b"0"])?;
    // What is slow by itself depends on the machine: only what the generator makes slow may be in the log.
    ask(&[b"CONFIG", b"SET", b"slowlog-log-slower-than", b"-1"])?;
    ask(&[b"SLOWLOG", b"RESET"])?;
    // A connection that was closed here is gone there a moment later; CLIENT LIST must not still show it.
    for _ in 0..200 {
        let list = ask(&[b"CLIENT", b"LIST"])?;
        // A replica of the harness stays.
        let lines = list.as_bytes().unwrap_or_default().split(|&b| b == b'\n');
        let lines = lines.filter(|line| !line.is_empty() && memchr::memmem::find(line, b" flags=S ").is_none()).count();
        if lines <= 1 {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    target.disconnect(CONTROL);
    Ok(())
}
