//! A backup of the log as Redis documents it: no rewrite may begin, the one under way is waited for, the folder is copied while
//! clients write. Both this server and the real one start from the copy, and have the same data.

mod harness;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use harness::{Folder, Server, binary, connect, oracle, wait_until};

const WRITERS: usize = 3;
/// Replies leave when what they answer is in the file.
const SETTINGS: [&str; 6] = ["--appendonly", "yes", "--save", "", "--appendfsync", "no"];
const REWRITES: [&str; 4] = ["--auto-aof-rewrite-min-size", "20kb", "--auto-aof-rewrite-percentage", "20"];

/// What a writer has sent, and what of it was answered.
#[derive(Default)]
struct Told {
    sent: AtomicU64,
    answered: AtomicU64,
}

/// Appends 1, 2, 3… to a list of its own and counts them in a transaction, until told to stop.
fn write(port: u16, writer: usize, told: &Told, stop: &AtomicBool) {
    let mut client = connect(port);
    let mut step = 0;
    while !stop.load(Ordering::Relaxed) {
        step += 1;
        told.sent.store(step, Ordering::SeqCst);
        let text = format!(
            "MULTI\r\nINCR n:{writer}\r\nRPUSH l:{writer} {step}\r\nHSET h:{writer} {} {step}\r\nEXEC\r\n",
            step % 7
        );
        client.send(text.as_bytes());
        let last = (0..5).map(|_| client.reply().expect("a reply")).last();
        assert!(!last.expect("five replies").starts_with('-'));
        told.answered.store(step, Ordering::SeqCst);
    }
}

/// Copies all files of the log; `linked`: from hard links made before, which keep them from being removed.
fn copy_log(from: &Path, linked: bool) -> Folder {
    let copy = Folder::new();
    let target = copy.0.join("appendonlydir");
    std::fs::create_dir(&target).expect("a folder");
    let links = Folder::new();
    for entry in std::fs::read_dir(from.join("appendonlydir")).expect("a folder").flatten() {
        let name = entry.file_name();
        if linked {
            std::fs::hard_link(entry.path(), links.0.join(&name)).expect("a link");
        } else {
            std::fs::copy(entry.path(), target.join(&name)).expect("a copy");
        }
    }
    for entry in std::fs::read_dir(&links.0).expect("a folder").flatten() {
        std::fs::copy(entry.path(), target.join(entry.file_name())).expect("a copy");
    }
    copy
}

fn answered(told: &[Told]) -> Vec<u64> {
    told.iter().map(|told| told.answered.load(Ordering::SeqCst)).collect()
}

/// Starts a program on a copy of that folder: how far each writer's list goes, and the digest of all data.
fn restored(program: &str, backup: &Folder) -> (Vec<u64>, String) {
    let server = Server::start_program(program, copy_log(&backup.0, false), &SETTINGS);
    server.wait_for_log("eady to accept connections");
    let mut client = server.client();
    let steps = (0..WRITERS).map(|writer| {
        let list = client.ask(&format!("LRANGE l:{writer} 0 -1"));
        let steps: Vec<u64> = list.split_whitespace().map(|step| step.parse().expect("a number")).collect();
        assert!(steps.iter().copied().eq(1..=steps.len() as u64), "{list}");
        let count = client.ask(&format!("GET n:{writer}"));
        assert_eq!(count.parse().unwrap_or(0), steps.len(), "no transaction is there by half");
        steps.len() as u64
    });
    (steps.collect(), client.ask("DEBUG DIGEST"))
}

#[test]
fn the_log_is_copied_while_clients_write_and_both_servers_start_from_the_copy() {
    let server = Server::start_in(Folder::new(), &[&SETTINGS[..], &REWRITES].concat());
    let (told, stop) = (<[Told; WRITERS]>::default(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for (writer, told) in told.iter().enumerate() {
            let (port, stop) = (server.port, &stop);
            scope.spawn(move || write(port, writer, told, stop));
        }
        let mut client = server.client();
        for round in 0..2 {
            assert_eq!(client.ask("CONFIG SET auto-aof-rewrite-percentage 20"), "OK");
            std::thread::sleep(Duration::from_millis(300));
            assert_eq!(client.ask("CONFIG SET auto-aof-rewrite-percentage 0"), "OK");
            wait_until("the end of a rewrite", || {
                let info = client.ask("INFO persistence");
                info.contains("aof_rewrite_in_progress:0") && info.contains("aof_rewrite_scheduled:0")
            });
            let before = answered(&told);
            let backup = copy_log(&server.folder.0, round % 2 == 0);
            let after: Vec<u64> = told.iter().map(|told| told.sent.load(Ordering::SeqCst)).collect();
            let (steps, digest) = restored(binary(), &backup);
            for (writer, &step) in steps.iter().enumerate() {
                assert!(before[writer] <= step && step <= after[writer], "{before:?} {steps:?} {after:?}");
            }
            if let Some(real) = oracle() {
                assert_eq!(restored(real, &backup), (steps, digest), "round {round}");
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    let mut client = server.client();
    let rewrites = client.ask("INFO persistence");
    assert!(!rewrites.contains("aof_rewrites:0"), "{rewrites}");
    let expected = (answered(&told), client.ask("DEBUG DIGEST"));
    let backup = copy_log(&server.folder.0, true);
    assert_eq!(restored(binary(), &backup), expected);
    if let Some(real) = oracle() {
        assert_eq!(restored(real, &backup), expected);
    }
}
