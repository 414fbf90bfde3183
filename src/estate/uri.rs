//! Bucket and WAL URIs of AutoMQ.
//!
//! Source: AutoMQ/automq f1ce98ec, `s3stream/.../utils/URIUtils.java`, `IdURI.java`,
//! `operator/BucketURI.java`.
//!
//! Must never: see a key; the capture has redacted them.

use crate::capture::next_item;

/// One item of a list: `0@s3://bucket?region=eu-west-1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BucketUri {
    /// `s3`, `file`, `mem`.
    pub(super) scheme: String,
    /// Bucket, or a path.
    pub(super) name: String,
    /// `region` of the query.
    pub(super) region: Option<String>,
}

/// Splits a list at commas that are followed by `digits@`. Items without the form are left out and
/// counted.
pub(super) fn parse(list: &str) -> (Vec<BucketUri>, usize) {
    let mut uris = Vec::new();
    let mut broken = 0;
    let mut rest = list.trim();
    while !rest.is_empty() {
        let end = next_item(rest);
        match item(&rest[..end]) {
            Some(uri) => uris.push(uri),
            None => broken += 1,
        }
        rest = rest[end..].trim_start_matches(',').trim_start();
    }
    (uris, broken)
}

fn item(text: &str) -> Option<BucketUri> {
    let text = text.trim();
    let Some((id, uri)) = text.split_once('@') else {
        // A value without an id is the path of a block device or file, from before URIs.
        return Some(BucketUri {
            scheme: "file".to_owned(),
            name: text.to_owned(),
            region: None,
        });
    };
    id.parse::<i16>().ok()?;
    let (scheme, rest) = uri.split_once("://")?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let name = path
        .split('/')
        .next()
        .filter(|_| scheme == "s3")
        .unwrap_or(path);
    let region = query
        .split('&')
        .find_map(|p| p.strip_prefix("region="))
        .filter(|r| !r.is_empty());
    (!name.is_empty()).then(|| BucketUri {
        scheme: scheme.to_owned(),
        name: name.to_owned(),
        region: region.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_split_at_ids_and_not_at_other_commas() {
        let (uris, broken) = parse(
            "0@s3://a?region=eu-west-1&endpoint=http://x,y&pathStyle=true,-2@file:///wal,1@s3://b",
        );
        let names: Vec<_> = uris
            .iter()
            .map(|u| (u.scheme.as_str(), u.name.as_str()))
            .collect();
        assert_eq!(
            (names, broken),
            (vec![("s3", "a"), ("file", "/wal"), ("s3", "b")], 0)
        );
        assert_eq!(uris[0].region.as_deref(), Some("eu-west-1"));
    }

    #[test]
    fn a_bare_path_is_a_file_and_nonsense_is_counted() {
        assert_eq!(parse("/dev/nvme1n1").0[0].scheme, "file");
        assert_eq!(parse("x@s3://b"), (Vec::new(), 1));
        assert_eq!(parse(""), (Vec::new(), 0));
    }
}
