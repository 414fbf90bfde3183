//! The command line: parse, run, exit code; nothing else.

use std::process::ExitCode;

use catchment::cli::{Args, run};
use clap::Parser;

fn main() -> ExitCode {
    ExitCode::from(run(&Args::parse()).code())
}
