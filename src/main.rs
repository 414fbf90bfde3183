//! The command line: parse, run, exit code; nothing else.
fn main() {}
