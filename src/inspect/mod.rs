//! Inspectors: they ask a live system and write a capture.
//!
//! The only asynchronous code, the only code that talks to a network, and the only clock: the time
//! of each call stands in its file. What they write is read back by [`crate::capture::load`] like
//! anything collected by hand; nothing to the right of the capture knows that they exist.
//!
//! Must never: change anything; ask for event data or the value of a secret; decide what an answer
//! means for access; write a file that looks like an answer where there was none.

#[cfg(feature = "aws")]
pub mod aws;
