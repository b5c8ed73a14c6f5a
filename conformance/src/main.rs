//! The program around [`etalon_conformance::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(etalon_conformance::cli::main())
}
