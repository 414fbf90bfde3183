//! The command line: what was typed, what it means, and the exit code.
//!
//! The only part besides `capture::load` that reads the outside world. Results go to standard
//! output; diagnostics and progress go to standard error.
//!
//! Must never: decide anything about access.

mod args;
mod inspect;
mod output;
mod run;
mod simulate;

pub use args::Args;
pub use run::run;

/// Exit codes. They are part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Done, and an assertion is violated.
    Violated,
    /// Wrong usage, or input that cannot be used; nothing was answered.
    Refused,
    /// Done, with gaps, under `--strict`.
    Gaps,
}

impl Exit {
    /// The number that the process ends with.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Violated => 1,
            Self::Refused => 2,
            Self::Gaps => 3,
        }
    }
}
