//! The folder that a capture is written to: one file for each call.
//!
//! `aws/ACCOUNT/REGION-or-global/SERVICE-OPERATION.json`, and
//! `.../SERVICE-OPERATION/RESOURCE.json` with the resource percent-encoded. A file is written beside
//! its place and renamed, so that a run that is cut off leaves whole files only.
//!
//! Must never: write into a folder that holds something else; leave half a file; overwrite an
//! answer unless its call was made again.

use std::borrow::Cow;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::capture::Outcome;

/// Says that a folder is a capture of ours; loaders pass over names that begin with a dot.
const MARK: &str = ".catchment-capture.json";

/// Names longer than this are cut and get a number, because file systems have limits.
const LONGEST: usize = 180;

/// Everything but letters, digits, `-`, `_` and `.`.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// One call and its outcome, as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Envelope {
    /// `ec2:DescribeVpcs`.
    pub(crate) call: String,
    /// Parameters, in the CLI's shape.
    pub(crate) params: Map<String, Value>,
    /// Account that was asked.
    pub(crate) account: String,
    /// Region that was asked; empty for global calls.
    pub(crate) region: String,
    /// When the last request was sent, UTC.
    pub(crate) at: String,
    /// HTTP status of the last reply; zero when there was none.
    pub(crate) status: u16,
    /// What became of it.
    pub(crate) outcome: Outcome,
    /// Why there is no answer, or not all of it.
    pub(crate) error: Option<Failure>,
    /// The answer, all pages in one.
    pub(crate) body: Value,
}

/// The error of a service, or of the way to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// `AccessDenied`.
    pub(crate) code: String,
    /// What the service says to people.
    pub(crate) message: String,
}

/// Where an answer lies.
#[derive(Clone, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    pub(crate) operation: &'a str,
    pub(crate) resource: Cow<'a, str>,
}

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// It holds something else.
    #[error(
        "`{0}` is not empty and is no capture that `catchment inspect` began; give an empty or a new folder"
    )]
    Foreign(String),
    /// It holds a capture already.
    #[error("`{0}` holds a capture already; continue it with `--resume`, or give a new folder")]
    Begun(String),
    /// It cannot be read or written.
    #[error("cannot use `{path}`: {cause}")]
    Io {
        /// The file or folder.
        path: String,
        /// What the system said.
        cause: std::io::Error,
    },
}

/// A folder that is ours.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Takes a new, empty or begun folder; nothing is written yet.
    pub(crate) fn open(root: &Path, resume: bool) -> Result<Self, FolderError> {
        let shown = root.display().to_string();
        if root.join(MARK).exists() {
            if !resume {
                return Err(FolderError::Begun(shown));
            }
        } else if root.exists() {
            let mut entries = fs::read_dir(root).map_err(|cause| io(root, cause))?;
            if entries.next().is_some() {
                return Err(FolderError::Foreign(shown));
            }
        }
        Ok(Self {
            root: root.to_owned(),
        })
    }

    /// Makes the folder a capture.
    pub(crate) fn begin(&self) -> Result<(), FolderError> {
        fs::create_dir_all(&self.root).map_err(|cause| io(&self.root, cause))?;
        let text = format!(
            "{{\"format\": 1, \"written_by\": \"catchment {}\"}}\n",
            env!("CARGO_PKG_VERSION")
        );
        write(&self.root.join(MARK), text.as_bytes())
    }

    /// The answer that lies there already, when it is one.
    pub(crate) fn read(&self, place: &Place<'_>) -> Option<Envelope> {
        let text = fs::read(self.path(place)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Puts an answer in its place.
    pub(crate) fn write(&self, place: &Place<'_>, envelope: &Envelope) -> Result<(), FolderError> {
        let path = self.path(place);
        let mut text = serde_json::to_vec_pretty(envelope)
            .map_err(|error| io(&path, std::io::Error::other(error)))?;
        text.push(b'\n');
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|cause| io(folder, cause))?;
        }
        write(&path, &text)
    }

    fn path(&self, place: &Place<'_>) -> PathBuf {
        let region = if place.region.is_empty() {
            "global"
        } else {
            place.region
        };
        let folder = self
            .root
            .join("aws")
            .join(encoded(place.account))
            .join(encoded(region));
        let call = format!("{}-{}", place.service, place.operation);
        if place.resource.is_empty() {
            folder.join(format!("{call}.json"))
        } else {
            folder
                .join(call)
                .join(format!("{}.json", encoded(&place.resource)))
        }
    }
}

fn io(path: &Path, cause: std::io::Error) -> FolderError {
    FolderError::Io {
        path: path.display().to_string(),
        cause,
    }
}

/// A name that is a file name everywhere, and no other name's.
fn encoded(name: &str) -> String {
    let mut encoded = utf8_percent_encode(name, PLAIN).to_string();
    if encoded.starts_with('.') {
        encoded.replace_range(..1, "%2E");
    }
    if encoded.len() <= LONGEST {
        return encoded;
    }
    // FNV-1a, 64 bits: the same on every machine and in every version.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut end = LONGEST - 17;
    while encoded.as_bytes()[end - 1] == b'%' || encoded.as_bytes()[end - 2] == b'%' {
        end -= 1;
    }
    encoded.truncate(end);
    format!("{encoded}-{hash:016x}")
}

fn write(path: &Path, text: &[u8]) -> Result<(), FolderError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.part"));
    let written = fs::File::create(&beside)
        .and_then(|mut file| file.write_all(text))
        .and_then(|()| fs::rename(&beside, path));
    written.map_err(|cause| io(path, cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_file_names_of_their_own() {
        assert_eq!(encoded("arn:aws:a/b c"), "arn%3Aaws%3Aa%2Fb%20c");
        assert_eq!(encoded(".."), "%2E.");
        let (one, two) = ("ä".repeat(100), format!("{}x", "ä".repeat(99)));
        assert!(encoded(&one).len() <= LONGEST);
        assert_ne!(encoded(&one), encoded(&two));
        assert!(
            percent_encoding::percent_decode_str(&encoded(&one))
                .decode_utf8()
                .is_ok()
        );
    }
}
