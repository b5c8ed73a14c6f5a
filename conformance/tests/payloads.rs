//! RDB files, DUMP and RESTORE between the real server and the engine: sound payloads of every kind both ways, and damaged ones.

use etalon_conformance::payload::{Two, damage, exchange};
use etalon_conformance::{exchange as files, launch};

fn two() -> Option<Two> {
    let command = launch::oracle().map_err(|reason| println!("skipped: {reason}")).ok()?;
    Some(Two::start(&command).expect("both start"))
}

#[test]
fn a_value_of_any_kind_is_the_same_wherever_it_is_restored() {
    let Some(mut two) = two() else { return };
    let restored = exchange::run(&mut two, 7, 2).unwrap_or_else(|error| panic!("{error:.4000}"));
    assert!(restored > 300, "{restored}");
}

#[test]
fn a_damaged_payload_gives_the_same_error_or_the_same_value() {
    let Some(mut two) = two() else { return };
    let tally = damage::run(&mut two, 7, 3000).expect("the harness goes on");
    println!("{}", tally.summary());
    assert_eq!(tally.unlisted(), Vec::<String>::new());
    assert!(tally.taken > 300 && tally.refused > 1000, "{}", tally.summary());
}

#[test]
fn a_log_of_either_is_the_same_data_in_the_other() {
    let Ok(command) = launch::oracle().map_err(|reason| println!("skipped: {reason}")) else { return };
    let tally = files::run_logs(&command, 7, 8).unwrap_or_else(|error| panic!("{error:.4000}"));
    assert!(tally.sets == 8 && tally.keys > 50, "{tally:?}");
}

#[test]
fn a_file_of_either_is_the_same_data_in_the_other() {
    let Ok(command) = launch::oracle().map_err(|reason| println!("skipped: {reason}")) else { return };
    let tally = files::run(&command, 7, 12).unwrap_or_else(|error| panic!("{error:.4000}"));
    assert!(tally.sets == 12 && tally.keys > 100, "{tally:?}");
}
