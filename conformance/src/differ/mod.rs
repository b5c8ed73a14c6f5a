//! The generated differential: two servers get the same bytes and must say the same.
//!
//! ```text
//!             epoch (fresh state, seed = lane(seed, epoch))
//!  generator ─► steps ─► Pair::run: batches of one client, sent to both, then read from both
//!                          │  raw bytes equal: counted, done
//!                          │  raw bytes differ: reply by reply, under the normaliser of the row
//!                          ▼
//!                        post-state: DEBUG DIGEST, and every key of every database
//!                        propagation: what each told its replicas (if the run asks for it)
//!                          │  a difference anywhere
//!                          ▼
//!                        shrink ─► the shortest script, saved with both replies
//! ```
//!
//! Invariants: what is sent depends on the seed only (never on a reply), so a seed and an epoch are enough to
//! replay; both servers have answered a batch before another client speaks, so the interleaving of clients is
//! the same on both sides; commands of one client are pipelined, hundreds at a time.

pub mod choice;
pub mod pair;
pub mod poststate;
pub mod propagation;
pub mod reset;
pub mod session;
pub mod shrink;

use crate::quote;
use crate::render;
use crate::resp;
use crate::rows::{Rows, is_missing};
use crate::script::coverage::row_name;
use crate::script::{Step, print_step};

/// Where two servers disagree.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The step that showed it; none for the post-state.
    pub step: Option<Box<(usize, Step)>>,
    pub kind: String,
    /// What each said, raw.
    pub a: Vec<u8>,
    pub b: Vec<u8>,
}

impl Difference {
    /// The row of a command that the second server does not support yet and says so.
    pub fn unsupported_row(&self, rows: &Rows) -> Option<String> {
        let failed = self.step.as_ref()?;
        let Step::Command { args, .. } = &failed.1 else { return None };
        let (reply, _) = resp::parse(&self.b, 0).ok()??;
        let says_so = self.b.windows(16).any(|text| text == b"is not supported");
        let row = row_name(args, &rows.containers);
        (says_so && is_missing(&reply) && rows.has(&row)).then_some(row)
    }

    /// For a person: the step, and both replies.
    pub fn describe(&self, name_a: &str, name_b: &str) -> String {
        let step = self.step.as_ref().map_or_else(|| "(post-state)".to_string(), |failed| print_step(&failed.1));
        let show = |bytes: &[u8]| {
            let text = match resp::parse_all(bytes) {
                Ok(values) => values.iter().map(render::value).collect::<Vec<_>>().join("\n"),
                Err(_) => quote::in_quotes(bytes),
            };
            text.lines().map(|line| format!("    {line}\n")).collect::<String>()
        };
        format!("{}\n{}\n  {name_a}:\n{}  {name_b}:\n{}", self.kind, step, show(&self.a), show(&self.b))
    }
}
