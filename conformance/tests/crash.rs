//! The real server killed under load a few times, and started again on the same folder. `ETALON_CRASH_ROUNDS` says how often;
//! `etalon-conformance crash --rounds 500` does it more often.

use etalon_conformance::crash::{self, Plan};
use etalon_conformance::launch;

fn rounds() -> u64 {
    std::env::var("ETALON_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5)
}

fn killed_again_and_again(fsync: &str, writers: usize) {
    let server = match launch::etalon() {
        Ok(server) => server,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let plan = Plan { server, rounds: rounds(), fsync: fsync.into(), seed: 1, writers };
    let tally = crash::run(&plan).unwrap_or_else(|error| panic!("{error}"));
    println!("{tally:?}");
    assert!(tally.answered > 0 && tally.rewrites > 1, "{tally:?}");
}

#[test]
fn nothing_that_was_answered_under_always_is_lost() {
    killed_again_and_again("always", 6);
}

#[test]
fn nothing_that_many_were_answered_under_always_is_lost() {
    killed_again_and_again("always", 300);
}

#[test]
fn everysec_loses_no_more_than_it_may() {
    killed_again_and_again("everysec", 6);
}
