//! Reading a directory: the only IO of the analysis.
//!
//! Must never: follow a link out of the directory, read twice around a loop, or let one bad file
//! stop the others.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::{Capture, Severity, Source};

/// Files beyond this size are left out, with a diagnostic.
const LARGEST: u64 = 256 * 1024 * 1024;
/// Folders nested deeper are left out, with a diagnostic.
const DEEPEST: usize = 64;

/// Why a directory is no capture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The directory cannot be read.
    #[error("cannot read the directory `{path}`: {cause}; give a directory of captured files")]
    Unreadable {
        /// As given.
        path: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Two of several directories overlap.
    #[error(
        "`{inner}` lies in `{outer}` or is the same directory, so that its files would count \
         twice; give each capture once"
    )]
    Overlapping {
        /// The one inside.
        inner: String,
        /// The one around it.
        outer: String,
    },
    /// Nothing in it is an answer or a file of Kafka's.
    #[error(
        "`{path}` holds no file that catchment knows{first}; put answers of the AWS CLI there, \
         for example `aws iam get-account-authorization-details > {path}/iam.json`",
        first = .left_out.first().map_or_else(String::new, |d| format!(
            " ({} left out, the first: {}: {})",
            .left_out.len(),
            d.source.as_ref().map_or_else(String::new, ToString::to_string),
            d.message
        ))
    )]
    NothingRecognised {
        /// As given.
        path: String,
        /// Files that were seen and left out, with the reasons.
        left_out: Vec<super::Diagnostic>,
    },
}

/// Reads all files under `dir`, in the order of their paths.
///
/// # Errors
/// When the directory cannot be read or nothing in it is recognised. Files that cannot be read or
/// understood are diagnostics of the capture.
pub fn load(dir: &Path) -> Result<Capture, CaptureError> {
    let shown = dir.display().to_string();
    let unreadable = |cause| CaptureError::Unreadable {
        path: shown.clone(),
        cause,
    };
    let root = fs::canonicalize(dir).map_err(unreadable)?;
    fs::read_dir(&root).map_err(unreadable)?;
    let mut walk = Walk {
        root: root.clone(),
        files: BTreeMap::new(),
        remarks: Vec::new(),
    };
    walk.folder(&root, "", &mut vec![root.clone()]);
    let mut capture = Capture::from_files(walk.files);
    for (code, message, path) in walk.remarks {
        capture.note(code, Severity::Warning, message, Source::new(path, 1, ""));
    }
    capture.sort_diagnostics();
    if capture.is_empty() {
        return Err(CaptureError::NothingRecognised {
            path: shown,
            left_out: capture.diagnostics,
        });
    }
    Ok(capture)
}

/// Reads several directories as captures of one estate. File names then begin with the name of
/// their directory, or as much of its path as tells it from the others.
///
/// # Errors
/// As [`load`] for each; also when one directory lies inside another.
pub fn load_all(dirs: &[PathBuf]) -> Result<Capture, CaptureError> {
    if let [dir] = dirs {
        return load(dir);
    }
    let mut roots: Vec<PathBuf> = Vec::new();
    for dir in dirs {
        let root = fs::canonicalize(dir).map_err(|cause| CaptureError::Unreadable {
            path: dir.display().to_string(),
            cause,
        })?;
        for (known, other) in roots.iter().zip(dirs) {
            let (inner, outer) = if root.starts_with(known) {
                (dir, other)
            } else if known.starts_with(&root) {
                (other, dir)
            } else {
                continue;
            };
            return Err(CaptureError::Overlapping {
                inner: inner.display().to_string(),
                outer: outer.display().to_string(),
            });
        }
        roots.push(root);
    }
    let mut parts = Vec::new();
    for (dir, label) in dirs.iter().zip(labels(&roots)) {
        parts.push((label, load(dir)?));
    }
    Ok(super::join::captures(parts))
}

/// The shortest ends of the paths that tell them apart.
fn labels(roots: &[PathBuf]) -> Vec<String> {
    let end = |root: &Path, parts: usize| -> String {
        let names: Vec<String> = root
            .components()
            .rev()
            .take(parts)
            .map(|c| c.as_os_str().to_string_lossy().into_owned())
            .collect();
        names.into_iter().rev().collect::<Vec<_>>().join("/")
    };
    let depth = |root: &PathBuf| root.components().count();
    let deepest = roots.iter().map(depth).max().unwrap_or(1);
    let label = |root: &Path| {
        (1..deepest)
            .map(|parts| end(root, parts))
            .find(|label| {
                let same = roots.iter().filter(|other| {
                    let own = label.split('/').count();
                    end(other, own) == *label
                });
                same.count() == 1
            })
            .unwrap_or_else(|| end(root, deepest))
    };
    roots.iter().map(|root| label(root)).collect()
}

struct Walk {
    root: PathBuf,
    files: BTreeMap<String, String>,
    remarks: Vec<(&'static str, String, String)>,
}

impl Walk {
    fn remark(&mut self, code: &'static str, message: impl Into<String>, path: &str) {
        self.remarks.push((code, message.into(), path.to_owned()));
    }

    fn folder(&mut self, folder: &Path, prefix: &str, above: &mut Vec<PathBuf>) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                self.remark(
                    "unreadable-file",
                    format!("the folder cannot be read: {}", error.kind()),
                    prefix,
                );
                return;
            }
        };
        let mut names: Vec<_> = entries
            .filter_map(|entry| entry.ok().map(|e| e.file_name()))
            .collect();
        names.sort();
        for name in names {
            let shown = name.to_string_lossy();
            if shown.starts_with('.') {
                continue;
            }
            let path = if prefix.is_empty() {
                shown.into_owned()
            } else {
                format!("{prefix}/{shown}")
            };
            self.entry(&folder.join(&name), &path, above);
        }
    }

    fn entry(&mut self, at: &Path, path: &str, above: &mut Vec<PathBuf>) {
        let (real, kind) =
            match fs::canonicalize(at).and_then(|real| fs::metadata(&real).map(|m| (real, m))) {
                Ok(found) => found,
                Err(error) => {
                    self.remark(
                        "unreadable-file",
                        format!("the file cannot be read: {}", error.kind()),
                        path,
                    );
                    return;
                }
            };
        if !real.starts_with(&self.root) {
            self.remark(
                "link-out-of-capture",
                "the link leads out of the capture; copy what it points at",
                path,
            );
        } else if kind.is_dir() {
            if above.contains(&real) {
                self.remark(
                    "link-loop",
                    "the link leads back to a folder above it; it was left out",
                    path,
                );
            } else if above.len() >= DEEPEST {
                self.remark(
                    "unreadable-file",
                    format!("folders nested deeper than {DEEPEST} are left out"),
                    path,
                );
            } else {
                above.push(real.clone());
                self.folder(&real, path, above);
                above.pop();
            }
        } else if !kind.is_file() {
            self.remark(
                "unreadable-file",
                "not an ordinary file; it was left out",
                path,
            );
        } else if kind.len() > LARGEST {
            self.remark(
                "unreadable-file",
                format!("larger than {} MiB; split it", LARGEST / 1024 / 1024),
                path,
            );
        } else {
            self.file(&real, path);
        }
    }

    fn file(&mut self, real: &Path, path: &str) {
        let mut bytes = Vec::new();
        let read = fs::File::open(real).and_then(|file| file.take(LARGEST).read_to_end(&mut bytes));
        if let Err(error) = read {
            self.remark(
                "unreadable-file",
                format!("the file cannot be read: {}", error.kind()),
                path,
            );
            return;
        }
        match decode(bytes) {
            Some(text) => {
                self.files.insert(path.to_owned(), text);
            }
            None if is_picture(path) => {}
            None => self.remark("binary-file", "not text; it was left out", path),
        }
    }
}

fn is_picture(path: &str) -> bool {
    ["png", "jpg", "jpeg", "gif", "pdf"]
        .iter()
        .any(|e| super::recognise::is_extension(path, e))
}

/// Text in UTF-8, or in UTF-16 with its mark, as PowerShell's `>` writes it.
fn decode(bytes: Vec<u8>) -> Option<String> {
    let wide = |big: bool| {
        let units: Vec<u16> = bytes[2..]
            .chunks_exact(2)
            .map(|pair| {
                if big {
                    u16::from_be_bytes([pair[0], pair[1]])
                } else {
                    u16::from_le_bytes([pair[0], pair[1]])
                }
            })
            .collect();
        String::from_utf16(&units).ok()
    };
    if bytes.starts_with(&[0xff, 0xfe]) {
        return wide(false);
    }
    if bytes.starts_with(&[0xfe, 0xff]) {
        return wide(true);
    }
    if bytes.contains(&0) {
        return None;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf16_of_powershell_is_text_and_zeros_are_not() {
        let mut wide = vec![0xff, 0xfe];
        wide.extend("{}".encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(decode(wide).as_deref(), Some("{}"));
        assert_eq!(decode(vec![b'a', 0, b'b']), None);
    }

    #[test]
    fn labels_are_as_short_as_they_can_be_and_differ() {
        let roots = ["/x/prod/aws", "/x/dev/aws", "/x/kafka"].map(PathBuf::from);
        assert_eq!(labels(&roots), ["prod/aws", "dev/aws", "kafka"]);
    }

    #[test]
    fn a_missing_directory_is_an_error_that_names_it() {
        let error = load(Path::new("/no/such/place")).unwrap_err().to_string();
        assert!(error.contains("/no/such/place"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn loops_links_outwards_and_binaries_are_diagnostics() {
        let dir = std::env::temp_dir().join(format!("catchment-load-{}", std::process::id()));
        fs::create_dir_all(dir.join("a")).unwrap();
        fs::write(dir.join("a/buckets.json"), "{\"Buckets\": []}").unwrap();
        fs::write(dir.join("a/data.bin"), [0, 1, 2]).unwrap();
        std::os::unix::fs::symlink(&dir, dir.join("a/loop")).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", dir.join("a/out")).unwrap();
        let capture = load(&dir).unwrap();
        fs::remove_dir_all(&dir).unwrap();
        let codes: Vec<_> = capture.diagnostics.iter().map(|d| d.code).collect();
        for code in ["link-loop", "link-out-of-capture", "binary-file"] {
            assert!(codes.contains(&code), "{codes:?}");
        }
        assert_eq!(capture.answers.len(), 1);
    }
}
