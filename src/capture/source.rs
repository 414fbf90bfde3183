//! Where something was read: a file of the capture, a line, and the way down to the value.

use std::fmt;
use std::sync::Arc;

/// A place in one file, so that every statement, ACL and property can be followed by hand.
///
/// Cheap to clone: file names and pointers are shared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    file: Arc<str>,
    line: u32,
    pointer: Arc<str>,
}

impl Source {
    /// `file` is the path relative to the capture, with `/` as separator; `line` counts from 1.
    /// `pointer` is a JSON pointer (RFC 6901); a `#` in it enters a document that the file holds
    /// as a string, and it is empty for line-oriented files.
    pub fn new(file: impl Into<Arc<str>>, line: u32, pointer: impl Into<Arc<str>>) -> Self {
        Self {
            file: file.into(),
            line,
            pointer: pointer.into(),
        }
    }

    /// Path relative to the capture, or the name of a built-in data file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Line, counted from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// JSON pointer inside the file; empty for line-oriented files.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
