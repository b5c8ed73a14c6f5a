//! The picture that LATENCY GRAPH draws of an event's spikes: one column a spike, filled to its height in twelfths of the
//! range, and below it how long ago it was.
//!
//! ```text
//!     #         a column's top:  _ o #   (one, two or three thirds of a line)
//!     |         below it:        |
//!   _#|o|
//!               an empty line
//!   54321
//!   sssss
//! ```
//!
//! Source: pictures drawn by 7.0.15.

use std::fmt::Write;

use crate::engine::spikes::Series;

const COLUMNS: usize = 80;
const LINES: usize = 4;
const TOPS: [char; 3] = ['_', 'o', '#'];

/// Draws a series. `now_s` is in Unix seconds.
pub fn draw(event: &str, series: &Series, now_s: u64) -> String {
    let spikes: Vec<(u64, String)> =
        series.spikes().map(|spike| (spike.latency_ms, age(now_s.saturating_sub(spike.at_s)))).collect();
    let high = spikes.iter().map(|(latency, _)| *latency).max().unwrap_or(0);
    let low = spikes.iter().map(|(latency, _)| *latency).min().unwrap_or(0);
    let mut out = String::new();
    writeln!(out, "{event} - high {high} ms, low {low} ms (all time high {} ms)", series.highest_ms)
        .expect("writing to a string succeeds");
    out.push_str(&"-".repeat(COLUMNS));
    out.push('\n');
    for (index, part) in spikes.chunks(COLUMNS).enumerate() {
        if index > 0 {
            out.push('\n');
        }
        draw_part(&mut out, part, low, high);
    }
    out
}

/// As many spikes as fit side by side.
fn draw_part(out: &mut String, part: &[(u64, String)], low: u64, high: u64) {
    let steps = LINES * TOPS.len();
    let range = (high - low).max(1);
    for line in 0..LINES {
        let floor = (LINES - line - 1) * TOPS.len();
        out.extend(part.iter().map(|(latency, _)| {
            let step = ((latency - low) * steps as u64 / range).min(steps as u64 - 1) as usize;
            match step.checked_sub(floor) {
                None => ' ',
                Some(third) => TOPS.get(third).copied().unwrap_or('|'),
            }
        }));
        out.push('\n');
    }
    out.push_str(&" ".repeat(part.len()));
    out.push('\n');
    let letters = part.iter().map(|(_, label)| label.len()).max().unwrap_or(0);
    for letter in 0..letters {
        out.extend(part.iter().map(|(_, label)| label.as_bytes().get(letter).map_or(' ', |&byte| byte as char)));
        out.push('\n');
    }
}

/// In the largest unit that is full.
fn age(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}
