//! The differ against itself: two equal servers must agree, unequal ones must not, and the engine is held against
//! the oracle.

use etalon_conformance::differ::session::{Outcome, Plan, Session};
use etalon_conformance::divergences::Divergences;
use etalon_conformance::generate::FAMILIES;
use etalon_conformance::in_process::{Clock, EngineTarget};
use etalon_conformance::launch::{self, Server};
use etalon_conformance::script::Step;
use etalon_conformance::target::{SocketTarget, Target};
use std::time::Duration;

fn oracle() -> Option<String> {
    launch::oracle().map_err(|reason| println!("skipped: {reason}")).ok()
}

fn server(name: &str, command: &str, extra: &[&str]) -> Box<dyn Target> {
    Box::new(SocketTarget::new(name, Server::open(command, extra).expect("the oracle starts")))
}

fn run(a: Box<dyn Target>, b: Box<dyn Target>, plan: &Plan) -> Outcome {
    let divergences = Divergences::committed().expect("the committed file parses");
    let mut session = Session::new(a, b, plan.resp, divergences).expect("both answer");
    let outcome = session.run(plan).expect("the harness goes on");
    if !session.left_out.is_empty() {
        println!("left out: {}", session.left_out.join(" "));
    }
    outcome
}

fn plan(family: &str, resp: u8, commands: u64) -> Plan {
    let shrink_for = Duration::from_secs(15);
    Plan { family: family.into(), commands, seed: 7, resp, shrink_for, ..Plan::default() }
}

fn told(outcome: &Outcome) -> String {
    let found = outcome.difference.as_ref().expect("there is a difference");
    let script = etalon_conformance::script::print_steps(&found.shrunk.steps);
    format!("epoch {}:\n{script}\n{}", found.epoch, found.shrunk.difference.describe("a", "b"))
}

#[test]
fn two_oracles_never_differ() {
    let Some(command) = oracle() else { return };
    for family in FAMILIES {
        for resp in [2, 3] {
            let outcome = run(server("a", &command, &[]), server("b", &command, &[]), &plan(family, resp, 25_000));
            assert!(outcome.difference.is_none(), "{family} RESP{resp}: {}", told(&outcome));
            assert_eq!(outcome.tally.vacuous(&outcome.expected_rows), Vec::<String>::new(), "{family} RESP{resp}");
        }
    }
}

#[test]
fn a_limit_that_differs_is_found_and_shrunk_to_a_few_commands() {
    let Some(command) = oracle() else { return };
    // b takes strings of 1 MiB at most: only SETRANGE at a far offset can tell.
    let b = server("b", &command, &["--proto-max-bulk-len", "1mb", "--maxmemory-policy", "allkeys-lfu"]);
    let outcome = run(server("a", &command, &[]), b, &plan("generic", 2, 100_000));
    let found = outcome.difference.as_ref().expect("OBJECT FREQ tells them apart");
    assert!(found.shrunk.reproduced);
    assert!(found.shrunk.steps.len() <= 3, "{}", told(&outcome));
}

#[test]
fn an_encoding_that_differs_is_found_in_the_state_alone() {
    let Some(command) = oracle() else { return };
    // Without compression every reply of the string family is the same; DUMP of a long value is not.
    let b = server("b", &command, &["--rdbcompression", "no"]);
    let outcome = run(server("a", &command, &[]), b, &plan("string", 3, 100_000));
    let found = outcome.difference.as_ref().expect("the post-state tells them apart");
    assert!(found.first.step.is_none(), "found by a reply: {}", found.first.kind);
    assert!(found.first.kind.contains("DUMP"), "{}", found.first.kind);
    assert!(found.shrunk.reproduced && found.shrunk.steps.len() <= 2, "{}", told(&outcome));
}

#[test]
fn fewer_databases_are_found_in_one_reply() {
    let Some(command) = oracle() else { return };
    let b = server("b", &command, &["--databases", "2"]);
    let outcome = run(server("a", &command, &[]), b, &plan("connection", 2, 50_000));
    let found = outcome.difference.as_ref().expect("SELECT tells them apart");
    let Some(Step::Command { args, .. }) = found.shrunk.steps.last() else { panic!("{}", told(&outcome)) };
    assert!(args[0].eq_ignore_ascii_case(b"select"), "{}", told(&outcome));
    assert_eq!(found.shrunk.steps.len(), 1, "{}", told(&outcome));
}

#[test]
fn the_engine_answers_like_the_oracle() {
    let Some(command) = oracle() else { return };
    let mut failed = Vec::new();
    for family in FAMILIES {
        for resp in [2, 3] {
            let engine = Box::new(EngineTarget::new(Clock::Real, 7));
            let outcome = run(server("redis", &command, &[]), engine, &plan(family, resp, 25_000));
            if outcome.difference.is_some() {
                failed.push(format!("{family} RESP{resp}, {}", told(&outcome)));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
