//! A page with a space-time diagram of a trace: a lane for each actor, time downwards, messages as lines.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::trace::{Actor, Trace};

const LANE_PX: usize = 260;
const ROW_PX: usize = 18;
const TOP_PX: usize = 50;

/// The page, as HTML with an inline drawing. Rows are evenly spaced: time is in their labels.
pub fn page(title: &str, trace: &Trace) -> String {
    let mut lanes: BTreeMap<Actor, usize> = BTreeMap::new();
    for row in trace.rows() {
        for actor in std::iter::once(row.actor).chain(row.peer) {
            lanes.entry(actor).or_insert(0);
        }
    }
    for (index, x) in lanes.values_mut().enumerate() {
        *x = 130 + index * LANE_PX;
    }
    let (width, height) = (160 + lanes.len() * LANE_PX, TOP_PX + 30 + trace.rows().len() * ROW_PX);
    let mut svg = String::new();
    for (actor, x) in &lanes {
        let _ = writeln!(svg, "<text x='{x}' y='30' class='lane'>{}</text>", actor.name());
        let _ = writeln!(svg, "<line x1='{x}' y1='40' x2='{x}' y2='{height}' class='axis'/>");
    }
    for (index, row) in trace.rows().iter().enumerate() {
        let y = TOP_PX + index * ROW_PX;
        let x = lanes[&row.actor];
        let failed = if row.event.starts_with("FAILED") { " class='failed'" } else { "" };
        if let Some(peer) = row.peer {
            let _ = writeln!(svg, "<line x1='{x}' y1='{y}' x2='{}' y2='{y}' class='message'/>", lanes[&peer]);
        }
        let _ = writeln!(svg, "<circle cx='{x}' cy='{y}' r='3'{failed}/>");
        let _ = writeln!(svg, "<text x='4' y='{}' class='time'>{} us</text>", y + 4, row.monotonic_us);
        let _ = writeln!(svg, "<text x='{}' y='{}'{failed}>{}</text>", x + 6, y - 3, escape(&row.event));
    }
    format!(
        "<!doctype html><meta charset='utf-8'><title>{title}</title><style>\
         text{{font:11px monospace}} .lane{{font-weight:bold;font-size:14px}} .axis{{stroke:#bbb}} \
         .message{{stroke:#69c;stroke-dasharray:2 3}} .time{{fill:#888}} .failed{{fill:#c00}}</style>\
         <h1>{title}</h1><svg width='{width}' height='{height}'>{svg}</svg>\n"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
