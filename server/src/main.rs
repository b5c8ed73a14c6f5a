//! `etalon-server`: the engine behind sockets, with the command line, the log and the manners of `redis-server`.
//!
//! | file | what |
//! |---|---|
//! | `main.rs`, `startup.rs`, `usage.rs` | from the command line to a server that listens |
//! | `event_loop.rs`, `connection.rs`, `listeners.rs` | sockets |
//! | `loan.rs` | the loop turns while a script runs for too long |
//! | `actions.rs`, `files.rs`, `links.rs` | what the engine asks for |
//! | `environment.rs` | files that configuration is read from |
//! | `reclaim.rs`, `handover.rs`, `allocator.rs` | memory, and the one other thread |
//! | `log.rs`, `clock.rs`, `signals.rs`, `process.rs` | the process |
//! | `os.rs` | the C library: the only `unsafe` code |
//!
//! The server is thin: it supplies bytes, time and completions, and decides nothing about Redis.
#![deny(unsafe_code)]

mod actions;
mod allocator;
mod clock;
mod connection;
mod environment;
mod event_loop;
mod files;
mod gathering;
mod handover;
mod links;
mod listeners;
mod loan;
mod log;
mod os;
mod process;
mod reclaim;
mod signals;
mod startup;
mod usage;

use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;

use etalon_core::config::{Invocation, parse_command_line};

fn main() -> ExitCode {
    let arguments: Vec<Vec<u8>> = std::env::args_os().skip(1).map(OsStringExt::into_vec).collect();
    match parse_command_line(&arguments) {
        Invocation::Version => {
            println!("{}", usage::version());
            ExitCode::SUCCESS
        }
        Invocation::Help => {
            eprint!("{}", usage::HELP);
            ExitCode::FAILURE
        }
        Invocation::TestMemory(None) => {
            eprint!("{}", usage::TEST_MEMORY);
            ExitCode::FAILURE
        }
        Invocation::TestMemory(Some(_)) | Invocation::CheckSystem => {
            eprintln!("etalon-server: {} is not supported.", String::from_utf8_lossy(&arguments[0]));
            ExitCode::FAILURE
        }
        Invocation::Start(_) if arguments.iter().any(|argument| argument == b"--sentinel") => {
            eprintln!("etalon-server: --sentinel is not supported.");
            ExitCode::FAILURE
        }
        Invocation::Start(command_line) => {
            os::share_heap();
            let code = startup::serve(command_line, arguments.is_empty());
            // Without running destructors: the operating system takes everything back faster.
            std::process::exit(code)
        }
    }
}
