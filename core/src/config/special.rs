//! The directives that are no plain number, word, flag or string: one module each, with its `get`, `set` and
//! `rewrite`.
//!
//! `set` changes nothing when it refuses. In a file its arguments are the words of the line; in CONFIG SET they are
//! the value split at every single space, so that two spaces make an empty argument between them.

use super::directive::{Refusal, Source, not_one_of};
use super::number::{c_long, c_str, format_memory};
use super::rewrite::Rewriter;
use super::values::*;
use super::{Config, split};
use crate::numbers::{double, memory_size};

const WRONG_NUMBER: &str = "wrong number of arguments";

/// The line `name value`.
fn line_of(name: &str, value: &[u8]) -> Vec<u8> {
    [name.as_bytes(), b" ", value].concat()
}

/// `items` written with `write`, one space between.
fn joined<T>(items: &[T], write: impl Fn(&T) -> String) -> Vec<u8> {
    items.iter().map(write).collect::<Vec<_>>().join(" ").into_bytes()
}

/// A single empty argument stands for none at all.
fn unless_empty(arguments: &[Vec<u8>]) -> &[Vec<u8>] {
    match arguments {
        [only] if only.is_empty() => &[],
        _ => arguments,
    }
}

/// `bind`: the addresses to listen on.
pub(super) mod bind {
    use super::*;

    /// Redis's fixed table of addresses.
    const ADDRESSES_MAX: usize = 16;

    pub fn get(config: &Config) -> Vec<u8> {
        config.bind.join(&b' ')
    }

    pub fn set(config: &mut Config, arguments: &[Vec<u8>], _: Source) -> Result<(), Refusal> {
        if arguments.len() > ADDRESSES_MAX {
            return Err("Too many bind addresses specified.".into());
        }
        config.bind = unless_empty(arguments).iter().map(|address| c_str(address).to_vec()).collect();
        Ok(())
    }

    pub fn rewrite(config: &Config, name: &'static str, rewriter: &mut Rewriter) {
        // The default must not be in the file: an explicit address would have to exist at the next start.
        if config.bind == Config::default().bind {
            return rewriter.mark_processed(name);
        }
        let quoted = |address: &Vec<u8>| split::quoted_if_needed(address);
        let addresses = match config.bind.as_slice() {
            [] => b"\"\"".to_vec(),
            // A single word is split once more when it is read.
            [only] if quoted(only) != *only => split::quoted(&quoted(only)),
            addresses => addresses.iter().map(quoted).collect::<Vec<_>>().join(&b' '),
        };
        rewriter.line(name, line_of(name, &addresses), true);
    }
}

/// `dir`: the working directory. Whether it exists is for the driver to find out.
pub(super) mod dir {
    use super::*;

    pub fn get(config: &Config) -> Vec<u8> {
        config.dir.clone()
    }

    pub fn set(config: &mut Config, arguments: &[Vec<u8>], _: Source) -> Result<(), Refusal> {
        let [path] = arguments else {
            return Err(WRONG_NUMBER.into());
        };
        config.dir = c_str(path).to_vec();
        Ok(())
    }

    pub fn rewrite(config: &Config, name: &'static str, rewriter: &mut Rewriter) {
        rewriter.line(name, line_of(name, &split::quoted(&config.dir)), true);
    }
}

/// `save`: the save points.
pub(super) mod save {
    use super::*;

    pub fn default() -> Vec<SavePoint> {
        [(3600, 1), (300, 100), (60, 10_000)].map(|(seconds, changes)| SavePoint { seconds, changes }).to_vec()
    }

    pub fn get(config: &Config) -> Vec<u8> {
        joined(&config.save, |point| format!("{} {}", point.seconds, point.changes))
    }

    pub fn set(config: &mut Config, arguments: &[Vec<u8>], source: Source) -> Result<(), Refusal> {
        let refusal = || Refusal::from("Invalid save parameters");
        let (pairs, odd) = unless_empty(arguments).as_chunks::<2>();
        if !odd.is_empty() {
            return Err(refusal());
        }
        let mut points = Vec::with_capacity(pairs.len());
        for [seconds, changes] in pairs {
            let seconds = c_long(seconds).filter(|seconds| *seconds >= 1).ok_or_else(refusal)?;
            let changes = c_long(changes).filter(|changes| *changes >= 0).ok_or_else(refusal)?;
            points.push(SavePoint { seconds, changes: changes as i32 });
        }
        // The first line of a file replaces the defaults, the others add to it, but `save ""` removes all before it.
        let is_empty = matches!(arguments, [only] if c_str(only).is_empty());
        if is_empty || source != (Source::File { save_seen: true }) {
            config.save.clear();
        }
        config.save.extend(points);
        Ok(())
    }

    pub fn rewrite(config: &Config, name: &'static str, rewriter: &mut Rewriter) {
        if config.save.is_empty() {
            rewriter.line(name, b"save \"\"".to_vec(), true);
        }
        for point in &config.save {
            // A number of changes that wrapped below zero would be refused: written as it was before it wrapped.
            let changes = point.changes.cast_unsigned();
            rewriter.line(name, format!("save {} {changes}", point.seconds).into_bytes(), true);
        }
    }
}

/// `client-output-buffer-limit`: groups of class, hard limit, soft limit, soft seconds.
pub(super) mod client_output_buffer_limit {
    use super::*;

    pub const DEFAULT: [OutputBufferLimit; 3] = [
        OutputBufferLimit::new(0, 0, 0),
        OutputBufferLimit::new(256 << 20, 64 << 20, 60),
        OutputBufferLimit::new(32 << 20, 8 << 20, 60),
    ];

    pub fn get(config: &Config) -> Vec<u8> {
        joined(&ClientClass::ALL, |(class, name)| {
            let limit = config.client_output_buffer_limit[*class as usize];
            format!("{name} {} {} {}", limit.hard_bytes, limit.soft_bytes, limit.soft_seconds)
        })
    }

    pub fn set(config: &mut Config, arguments: &[Vec<u8>], _: Source) -> Result<(), Refusal> {
        let (groups, odd) = arguments.as_chunks::<4>();
        if !odd.is_empty() {
            return Err("Wrong number of arguments in buffer limit configuration.".into());
        }
        let mut limits = config.client_output_buffer_limit;
        for [class, hard, soft, soft_seconds] in groups {
            let class = ClientClass::from_name(c_str(class))
                .ok_or("Invalid client class specified in buffer limit configuration.")?;
            limits[class as usize] = read_limit(hard, soft, soft_seconds)
                .ok_or("Error in hard, soft or soft_seconds setting in buffer limit configuration.")?;
        }
        config.client_output_buffer_limit = limits;
        Ok(())
    }

    fn read_limit(hard: &[u8], soft: &[u8], soft_seconds: &[u8]) -> Option<OutputBufferLimit> {
        // Redis cuts the seconds to an `int` before it looks at the sign.
        let soft_seconds = c_long(soft_seconds)? as i32;
        (soft_seconds >= 0).then_some(())?;
        Some(OutputBufferLimit::new(memory_size::parse(hard)?, memory_size::parse(soft)?, soft_seconds))
    }

    pub fn rewrite(config: &Config, name: &'static str, rewriter: &mut Rewriter) {
        for (class, class_name) in ClientClass::ALL {
            let limit = config.client_output_buffer_limit[class as usize];
            let class_name = if class == ClientClass::Replica { "replica" } else { class_name };
            let (hard, soft) = (format_memory(limit.hard_bytes), format_memory(limit.soft_bytes));
            let line = format!("{name} {class_name} {hard} {soft} {}", limit.soft_seconds);
            rewriter.line(name, line.into_bytes(), limit != DEFAULT[class as usize]);
        }
    }
}

/// `oom-score-adj-values`: three numbers.
pub(super) mod oom_score_adj_values {
    use super::*;

    pub const DEFAULT: [i32; 3] = [0, 200, 800];

    pub fn get(config: &Config) -> Vec<u8> {
        joined(&config.oom_score_adj_values, i32::to_string)
    }

    pub fn set(config: &mut Config, arguments: &[Vec<u8>], _: Source) -> Result<(), Refusal> {
        let Ok(arguments) = <&[Vec<u8>; 3]>::try_from(arguments) else {
            return Err(WRONG_NUMBER.into());
        };
        let mut values = [0; 3];
        for (value, text) in values.iter_mut().zip(arguments) {
            *value = c_long(text)
                .filter(|number| (-2000..=2000).contains(number))
                .ok_or("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")?
                as i32;
        }
        config.oom_score_adj_values = values;
        Ok(())
    }

    pub fn rewrite(config: &Config, name: &'static str, rewriter: &mut Rewriter) {
        rewriter.line(name, line_of(name, &get(config)), config.oom_score_adj_values != DEFAULT);
    }
}

/// `notify-keyspace-events`: letters, kept in their normal form.
pub(super) mod notify_keyspace_events {
    use super::*;

    pub fn get(config: &Config) -> Vec<u8> {
        config.notify_keyspace_events.letters()
    }

    pub fn set(config: &mut Config, arguments: &[Vec<u8>], _: Source) -> Result<(), Refusal> {
        let [letters] = arguments else {
            return Err(WRONG_NUMBER.into());
        };
        let events = NotifyEvents::from_letters(c_str(letters));
        config.notify_keyspace_events = events.ok_or("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")?;
        Ok(())
    }

    pub fn rewrite(config: &Config, name: &'static str, rewriter: &mut Rewriter) {
        let force = !config.notify_keyspace_events.is_empty();
        rewriter.line(name, line_of(name, &split::quoted(&get(config))), force);
    }
}

/// `replicaof`: a host and a port, or `no one`.
pub(super) mod replicaof {
    use super::*;

    pub fn get(config: &Config) -> Vec<u8> {
        match &config.replicaof {
            Some(master) => [master.host.as_slice(), b" ", master.port.to_string().as_bytes()].concat(),
            None => Vec::new(),
        }
    }

    pub fn set(config: &mut Config, arguments: &[Vec<u8>], _: Source) -> Result<(), Refusal> {
        let [host, port] = arguments else {
            return Err(WRONG_NUMBER.into());
        };
        if c_str(host).eq_ignore_ascii_case(b"no") && c_str(port).eq_ignore_ascii_case(b"one") {
            config.replicaof = None;
            return Ok(());
        }
        // The port goes through an `int` before its range is checked.
        let port = c_long(port).and_then(|port| u16::try_from(port as i32).ok()).ok_or("Invalid master port")?;
        config.replicaof = Some(MasterAddress { host: host.clone(), port });
        Ok(())
    }

    pub fn rewrite(config: &Config, name: &'static str, rewriter: &mut Rewriter) {
        let Some(master) = config.replicaof.as_ref().filter(|_| !config.cluster_enabled) else {
            return rewriter.mark_processed(name);
        };
        let host = split::quoted_if_needed(&master.host);
        rewriter.line(name, [name.as_bytes(), b" ", &host, b" ", master.port.to_string().as_bytes()].concat(), true);
    }
}

/// `latency-tracking-info-percentiles`: any number of percentages, six decimals kept.
pub(super) mod latency_percentiles {
    use super::*;

    pub fn default() -> Vec<f64> {
        vec![50.0, 99.0, 99.9]
    }

    pub fn get(config: &Config) -> Vec<u8> {
        joined(&config.latency_tracking_info_percentiles, |percentile| {
            let text = format!("{percentile:.6}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        })
    }

    pub fn set(config: &mut Config, arguments: &[Vec<u8>], _: Source) -> Result<(), Refusal> {
        let mut percentiles = Vec::new();
        for text in unless_empty(arguments) {
            let percentile = double::parse(text).ok_or("Invalid latency-tracking-info-percentiles parameters")?;
            if !(0.0..=100.0).contains(&percentile) {
                return Err("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]".into());
            }
            percentiles.push(percentile);
        }
        config.latency_tracking_info_percentiles = percentiles;
        Ok(())
    }

    pub fn rewrite(config: &Config, name: &'static str, rewriter: &mut Rewriter) {
        let value = if config.latency_tracking_info_percentiles.is_empty() { b"\"\"".to_vec() } else { get(config) };
        rewriter.line(name, line_of(name, &value), true);
    }
}

/// The words of `flags`, or `default`.
fn shutdown_text(flags: ShutdownFlags) -> Vec<u8> {
    let words = SHUTDOWN_WORDS.iter().filter(|(_, flag)| !flag.is_empty() && flags.contains(*flag));
    let text = words.map(|(word, _)| *word).collect::<Vec<_>>().join(" ");
    if text.is_empty() { b"default".to_vec() } else { text.into_bytes() }
}

fn read_shutdown_flags(arguments: &[Vec<u8>]) -> Result<ShutdownFlags, Refusal> {
    let mut flags = ShutdownFlags::empty();
    let find = |text: &[u8]| {
        let word = c_str(text);
        SHUTDOWN_WORDS.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(word))
    };
    for argument in arguments {
        flags |= match find(argument) {
            Some((_, flag)) => *flag,
            None => return Err(not_one_of(SHUTDOWN_WORDS.iter().map(|(word, _)| *word))),
        };
    }
    if arguments.is_empty() {
        return Err(not_one_of(SHUTDOWN_WORDS.iter().map(|(word, _)| *word)));
    }
    if flags.contains(ShutdownFlags::SAVE | ShutdownFlags::NOSAVE) {
        return Err("shutdown options SAVE and NOSAVE can't be used simultaneously".into());
    }
    Ok(flags)
}

/// The two signals differ in nothing but their field.
macro_rules! shutdown_signal {
    ($(#[$doc:meta])* $field:ident) => {
        $(#[$doc])*
        pub(super) mod $field {
            use super::*;

            pub fn get(config: &Config) -> Vec<u8> {
                shutdown_text(config.$field)
            }

            pub fn set(config: &mut Config, arguments: &[Vec<u8>], _: Source) -> Result<(), Refusal> {
                config.$field = read_shutdown_flags(arguments)?;
                Ok(())
            }

            pub fn rewrite(config: &Config, name: &'static str, rewriter: &mut Rewriter) {
                rewriter.line(name, line_of(name, &get(config)), !config.$field.is_empty());
            }
        }
    };
}
shutdown_signal!(
    /// `shutdown-on-sigterm`.
    shutdown_on_sigterm
);
shutdown_signal!(
    /// `shutdown-on-sigint`.
    shutdown_on_sigint
);
