//! The scripts, replayed: on the engine in this process, and on the oracle to see that the recordings still hold.

use etalon_conformance::divergences::Divergences;
use etalon_conformance::in_process::{Clock, EngineTarget};
use etalon_conformance::launch;
use etalon_conformance::rows::Rows;
use etalon_conformance::script::run::{Transcript, play};
use etalon_conformance::script::{Script, coverage, snapshot};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

fn scripts() -> Vec<Script> {
    let scripts = snapshot::all_scripts().expect("every script parses");
    assert!(scripts.len() >= 60, "the scripts are missing");
    scripts
}

#[test]
fn the_engine_answers_as_recorded() {
    let mut divergences = Divergences::committed().expect("the committed file parses");
    let mut failed = Vec::new();
    let rows = rows_of_engine();
    for script in &scripts() {
        if let Some(missing) = script.needs.iter().find(|row| !rows.has(row)) {
            println!("{}: skipped, the engine has no {missing} yet", script.name);
            continue;
        }
        for resp in snapshot::protocols(script) {
            let recorded = snapshot::load(script, resp).expect("every script is recorded");
            let mut engine = EngineTarget::new(Clock::Manual, 1);
            let replayed = match catch_unwind(AssertUnwindSafe(|| play(&mut engine, script, resp))) {
                Ok(Ok(transcript)) => transcript,
                Ok(Err(error)) => {
                    failed.push(error);
                    continue;
                }
                Err(_) => {
                    failed.push(format!("{} RESP{resp}: the engine panicked", script.name));
                    continue;
                }
            };
            let accepted = snapshot::with_accepted(script, &recorded, &replayed, &mut divergences);
            let differences = snapshot::compare(script, &recorded, &accepted, &mut Divergences::default());
            if differences.is_empty() {
                assert_snapshot(script, resp, &accepted);
            }
            failed.extend(differences.into_iter().map(|text| format!("{} RESP{resp}: {text}", script.name)));
        }
    }
    divergences.account().iter().for_each(|line| println!("{line}"));
    let shown: Vec<&str> = failed.iter().take(60).map(String::as_str).collect();
    assert!(failed.is_empty(), "{} differences, the first of them:\n{}", failed.len(), shown.join("\n"));
}

/// The whole text against the snapshot, as insta sees it. It stops at the first that differs, so it comes after the
/// comparison block by block, which shows all of them.
fn assert_snapshot(script: &Script, resp: u8, transcript: &Transcript) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(snapshot::snapshots_dir());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let name = snapshot::snapshot_name(script, resp);
    settings.bind(|| insta::assert_snapshot!(name, transcript.text()));
}

#[test]
fn the_recordings_are_what_the_oracle_says() {
    let oracle = match launch::oracle() {
        Ok(oracle) => oracle,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let mut failed = Vec::new();
    for script in &scripts() {
        for resp in snapshot::protocols(script) {
            let recorded = snapshot::load(script, resp).expect("every script is recorded");
            let play = || {
                let said = snapshot::play_fresh(&oracle, script, resp).expect("the oracle plays");
                snapshot::compare(script, &recorded, &said, &mut Divergences::default())
            };
            // On a busy machine a connection may be accepted after the command of another one that looks for it: what
            // differs is played once more.
            if !play().is_empty() {
                failed.extend(play());
            }
        }
    }
    assert!(failed.is_empty(), "{} differences:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn every_command_of_the_engine_has_a_script() {
    let rows = rows_of_engine();
    let scripted = coverage::rows_with_a_script(&scripts(), &rows.containers);
    // A container is reached through its subcommands.
    let named = rows.rows.keys().filter(|row| !rows.containers.contains(*row));
    let without: BTreeSet<&String> =
        named.filter(|row| !scripted.contains(*row) && !UNSCRIPTED.iter().any(|(name, _)| name == row)).collect();
    assert!(without.is_empty(), "commands without a script: {without:?}");
}

/// Commands that no script can hold, and why.
const UNSCRIPTED: &[(&str, &str)] = &[
    ("SHUTDOWN", "ends the server; the server's own tests cover it"),
    ("DEBUG|STRINGMATCH-TEST", "runs for many seconds"),
];

fn rows_of_engine() -> Rows {
    snapshot::rows_of(&mut EngineTarget::new(Clock::Manual, 1)).expect("the engine describes its commands")
}

#[test]
fn a_wrong_reply_is_noticed() {
    // A check that can't fail is a defect: the first script, with one reply changed.
    let script = scripts().into_iter().find(|script| script.name == "string/get").expect("it is there");
    let mut recorded = snapshot::load(&script, 2).expect("recorded");
    let unchanged = recorded.clone();
    recorded.blocks[0].reply = "+not this".into();
    assert_eq!(snapshot::compare(&script, &unchanged, &unchanged, &mut Divergences::default()).len(), 0);
    assert_eq!(snapshot::compare(&script, &unchanged, &recorded, &mut Divergences::default()).len(), 1);
    assert_snapshot(&script, 2, &unchanged);
    assert!(catch_unwind(AssertUnwindSafe(|| assert_snapshot(&script, 2, &recorded))).is_err());
}
