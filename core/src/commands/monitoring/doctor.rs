//! The report of LATENCY DOCTOR: each event with its statistics, and advice.
//!
//! Advice is given for what may be at fault here: `fork` and the events of the AOF do not exist yet.
//!
//! Source: reports of 7.0.15.

use std::fmt::Write;

use crate::config::Config;
use crate::engine::spikes::{Series, Spikes};

/// Pieces of advice, in the order of the report.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Advice {
    EnableSlowLog,
    TuneSlowLog,
    ReadSlowLog,
    Scheduler,
    RaiseHz,
    LargeObjects,
    MassEviction,
}

/// A report on all events. `now_s` is in Unix seconds.
pub fn report(spikes: &Spikes, config: &Config, now_s: u64) -> String {
    if spikes.events().len() == 0 {
        return if config.latency_monitor_threshold == 0 { DISABLED_TEXT } else { NOTHING_TEXT }.to_string();
    }
    let mut out = FOUND_TEXT.to_string();
    let mut advice = Vec::new();
    for (index, (event, series)) in spikes.events().enumerate() {
        append_event(&mut out, index + 1, event, series, now_s);
        advice.extend(advice_for(event, config));
    }
    if advice.is_empty() {
        out.push_str(NO_ADVICE_TEXT);
        return out;
    }
    advice.sort();
    advice.dedup();
    out.push_str("\nI have a few advices for you:\n\n");
    for advice in advice {
        append_advice(&mut out, advice, config);
    }
    out
}

fn append_event(out: &mut String, number: usize, event: &str, series: &Series, now_s: u64) {
    let count = series.spikes().len() as u64;
    let average = series.spikes().map(|spike| spike.latency_ms).sum::<u64>() / count;
    let deviation = series.spikes().map(|spike| spike.latency_ms.abs_diff(average)).sum::<u64>() / count;
    let oldest_s = series.spikes().map(|spike| spike.at_s).min().unwrap_or(now_s);
    let period = now_s.saturating_sub(oldest_s).max(1) as f64 / count as f64;
    writeln!(
        out,
        "{number}. {event}: {count} latency spikes (average {average}ms, mean deviation {deviation}ms, period {period:.2} sec). \
         Worst all time event {}ms.",
        series.highest_ms
    )
    .expect("writing to a string succeeds");
}

fn advice_for(event: &str, config: &Config) -> Vec<Advice> {
    match event {
        "command" => {
            let slow_log = match config.slowlog_log_slower_than {
                ..0 => Some(Advice::EnableSlowLog),
                slow_us if slow_us as u64 / 1000 > config.latency_monitor_threshold => Some(Advice::TuneSlowLog),
                _ => None,
            };
            slow_log.into_iter().chain([Advice::ReadSlowLog, Advice::LargeObjects]).collect()
        }
        "fast-command" => vec![Advice::Scheduler],
        "expire-cycle" => vec![Advice::RaiseHz, Advice::LargeObjects],
        "eviction-del" => vec![Advice::LargeObjects],
        "eviction-cycle" => vec![Advice::MassEviction],
        _ => Vec::new(),
    }
}

fn append_advice(out: &mut String, advice: Advice, config: &Config) {
    let slower_than_us = config.latency_monitor_threshold * 1000;
    match advice {
        Advice::EnableSlowLog => out.push_str(&format!(
            "- There are latency issues with potentially slow commands you are using. Try to enable the Slow Log Redis \
             feature using the command 'CONFIG SET slowlog-log-slower-than {slower_than_us}'. If the Slow log is disabled \
             Redis is not able to log slow commands execution for you.\n"
        )),
        Advice::TuneSlowLog => out.push_str(&format!(
            "- Your current Slow Log configuration only logs events that are slower than your configured latency monitor \
             threshold. Please use 'CONFIG SET slowlog-log-slower-than {slower_than_us}'.\n"
        )),
        Advice::ReadSlowLog => out.push_str(READ_SLOW_LOG_TEXT),
        Advice::Scheduler => out.push_str(SCHEDULER_TEXT),
        // Given until hz is as high as advised.
        Advice::RaiseHz if config.hz >= 100 => {}
        Advice::RaiseHz => out.push_str(RAISE_HZ_TEXT),
        Advice::LargeObjects => out.push_str(LARGE_OBJECTS_TEXT),
        Advice::MassEviction => out.push_str(MASS_EVICTION_TEXT),
    }
}

const DISABLED_TEXT: &str = "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. You \
may use \"CONFIG SET latency-monitor-threshold <milliseconds>.\" in order to enable it. If we weren't in a deep space \
mission I'd suggest to take a look at https://redis.io/topics/latency-monitor.\n";

const NOTHING_TEXT: &str = "Dave, no latency spike was observed during the lifetime of this Redis instance, not in the \
slightest bit. I honestly think you ought to sit down calmly, take a stress pill, and think things over.\n";

const FOUND_TEXT: &str =
    "Dave, I have observed latency spikes in this Redis instance. You don't mind talking about it, do you Dave?\n\n";

const NO_ADVICE_TEXT: &str = "\nWhile there are latency events logged, I'm not able to suggest any easy fix. Please use \
the Redis community to get some help, providing this report in your help request.\n";

const READ_SLOW_LOG_TEXT: &str = "- Check your Slow Log to understand what are the commands you are running which are too \
slow to execute. Please check https://redis.io/commands/slowlog for more information.\n";

const SCHEDULER_TEXT: &str = "- The system is slow to execute Redis code paths not containing system calls. This usually \
means the system does not provide Redis CPU time to run for long periods. You should try to:
  1) Lower the system load.
  2) Use a computer / VM just for Redis if you are running other software in the same system.
  3) Check if you have a \"noisy neighbour\" problem.
  4) Check with 'redis-cli --intrinsic-latency 100' what is the intrinsic latency in your system.
  5) Check if the problem is allocator-related by recompiling Redis with MALLOC=libc, if you are using Jemalloc. However \
this may create fragmentation problems.\n";

const RAISE_HZ_TEXT: &str = "- In order to make the Redis keys expiring process more incremental, try to set the 'hz' \
configuration parameter to 100 using 'CONFIG SET hz 100'.\n";

const LARGE_OBJECTS_TEXT: &str = "- Deleting, expiring or evicting (because of maxmemory policy) large objects is a \
blocking operation. If you have very large objects that are often deleted, expired, or evicted, try to fragment those \
objects into multiple smaller objects.\n";

const MASS_EVICTION_TEXT: &str = "- Sudden changes to the 'maxmemory' setting via 'CONFIG SET', or allocation of large \
objects via sets or sorted sets intersections, STORE option of SORT, Redis Cluster large keys migrations (RESTORE \
command), may create sudden memory pressure forcing the server to block trying to evict keys. \n";
