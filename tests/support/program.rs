//! The program itself, as tests run it.

#![allow(
    dead_code,
    reason = "each test binary uses its own part of this module"
)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, and says where"
)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// The root of the project.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The program in the repository's folder, with nothing of the caller's terminal.
pub(crate) fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_catchment"));
    command.args(args).current_dir(root());
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "TERM"] {
        command.env_remove(name);
    }
    command
}

pub(crate) fn run(args: &[&str]) -> Output {
    program(args).output().unwrap()
}

pub(crate) fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Standard output of a run that must end well.
pub(crate) fn answer(args: &[&str]) -> String {
    let output = run(args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", err(&output));
    out(&output)
}

pub(crate) fn json(args: &[&str]) -> Value {
    let text = answer(&[args, &["--format", "json"]].concat());
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{args:?}: {e}"))
}

/// Runs what must be refused: exit code 2, nothing on standard output; gives what it said.
pub(crate) fn refusal(args: &[&str]) -> String {
    let output = run(args);
    let said = err(&output);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
    assert_eq!(out(&output), "", "{args:?} answers although it refuses");
    assert!(said.contains("error: "), "{args:?}: {said}");
    said
}

pub(crate) fn refuses(args: &[&str], saying: &[&str]) {
    let said = refusal(args);
    for words in saying {
        assert!(
            said.contains(words),
            "{args:?} does not say `{words}`: {said}"
        );
    }
}

/// The program with these credentials and none of the caller's: an inspector must reach nothing
/// but the endpoint that the test gives it.
pub(crate) fn with_credentials(key: &str, secret: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_catchment"));
    for name in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"] {
        command.env_remove(name);
    }
    command
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_ACCESS_KEY_ID", key)
        .env("AWS_SECRET_ACCESS_KEY", secret);
    command
}
