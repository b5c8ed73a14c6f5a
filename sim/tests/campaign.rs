//! The simulator on itself: clean seeds are clean and repeatable, and a wrong answer is found, shrunk and shown.

use etalon_sim::plan::StepKind;
use etalon_sim::{Plan, campaign, crashes, diagram, queues, shrink};

#[test]
fn a_few_hundred_seeds_are_clean() {
    let summary = campaign::run::<Plan>(0, 300, 2, 1, |_| true);
    assert_eq!(summary.failures, []);
    assert_eq!(summary.seeds, 300);
    assert!(summary.executed > 5_000, "a vacuous campaign: {} commands", summary.executed);
}

#[test]
fn the_same_seeds_give_the_same_traces_on_any_number_of_threads() {
    assert_eq!(
        campaign::run::<Plan>(1000, 60, 1, 1, |_| true).hash,
        campaign::run::<Plan>(1000, 60, 2, 1, |_| true).hash
    );
    assert_ne!(
        campaign::run::<Plan>(1000, 60, 1, 1, |_| true).hash,
        campaign::run::<Plan>(2000, 60, 1, 1, |_| true).hash
    );
}

#[test]
fn a_wrong_answer_is_found_and_shrunk_to_what_it_takes() {
    let failing = (0..200)
        .map(|seed| Plan { broken_model: true, ..Plan::draw(seed) })
        .find(|plan| campaign::run_caught(plan, false).failure.is_some())
        .expect("some of 200 seeds draw APPEND");
    let small = shrink::shrink(&failing);
    let report = campaign::run_caught(&small, true);
    assert!(report.failure.is_some(), "the shrunk plan still fails");
    assert!(small.steps.len() <= 3, "a connect and a send do: {:?}", small.steps);
    let appends = small.steps.iter().any(|step| match &step.kind {
        StepKind::Send { commands, .. } => commands.iter().any(|c| c[0].eq_ignore_ascii_case(b"append")),
        _ => false,
    });
    assert!(appends, "the culprit is left: {:?}", small.steps);
    let text = report.trace.to_text();
    assert!(text.contains("FAILED") && text.contains("expected :-1"), "{text}");
    assert!(diagram::page("seed", &report.trace).contains("class='failed'"));
}

#[test]
fn nobody_who_waits_gets_an_element_twice_or_out_of_turn() {
    let mut waited = 0;
    for seed in 0..100 {
        let summary = queues::run_seed(seed, 300).unwrap_or_else(|what| panic!("{what}"));
        waited += summary.waited;
    }
    assert!(waited > 1000, "a vacuous run: {waited} were served after waiting");
}

#[test]
fn whatever_the_disk_does_a_node_comes_back_with_a_save() {
    let summary = campaign::run::<crashes::Plan>(0, 400, 2, 1, |_| true);
    assert_eq!(summary.failures, []);
    assert!(summary.executed > 8_000, "a vacuous campaign: {} commands", summary.executed);
    for mark in ["a crash undid the rename of a save", "a crash came during a recovery", "a rotten file was refused"] {
        assert!(summary.marks.count(mark) > 0, "never reached: {mark}");
    }
}
