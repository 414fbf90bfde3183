//! Amazon Resource Names, `arn:partition:service:region:account:resource`.

use std::fmt;
use std::str::FromStr;

/// An ARN, split at its first five colons; the resource part may hold more of them.
///
/// Source: IAM User Guide, "Amazon Resource Names (ARNs)".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn {
    text: String,
    ends: [usize; 5],
}

/// A text that is no ARN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an ARN: expected `arn:partition:service:region:account:resource`")]
pub struct ArnError(String);

impl Arn {
    fn part(&self, index: usize) -> &str {
        let from = if index == 0 {
            0
        } else {
            self.ends[index - 1] + 1
        };
        &self.text[from..self.ends[index]]
    }

    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub fn partition(&self) -> &str {
        self.part(1)
    }

    /// `iam`, `s3`, `kms`.
    pub fn service(&self) -> &str {
        self.part(2)
    }

    /// The region; empty for global services.
    pub fn region(&self) -> &str {
        self.part(3)
    }

    /// The account id; empty for buckets and objects.
    pub fn account(&self) -> &str {
        self.part(4)
    }

    /// All behind the fifth colon.
    pub fn resource(&self) -> &str {
        &self.text[self.ends[4] + 1..]
    }

    /// The last path segment of the resource: `app` of `role/team/app`.
    pub fn name(&self) -> &str {
        self.resource().rsplit('/').next().unwrap_or_default()
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Arn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        let mut ends = [0; 5];
        let mut colons = text.match_indices(':').map(|(at, _)| at);
        for end in &mut ends {
            *end = colons.next().ok_or_else(|| ArnError(text.to_owned()))?;
        }
        if text.starts_with("arn:") {
            Ok(Self {
                text: text.to_owned(),
                ends,
            })
        } else {
            Err(ArnError(text.to_owned()))
        }
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_splits_at_its_first_five_colons() {
        let arn: Arn = "arn:aws:logs:eu-west-1:111122223333:log-group:a:b/c"
            .parse()
            .unwrap();
        assert_eq!(
            (
                arn.partition(),
                arn.service(),
                arn.region(),
                arn.account(),
                arn.resource()
            ),
            (
                "aws",
                "logs",
                "eu-west-1",
                "111122223333",
                "log-group:a:b/c"
            )
        );
        assert_eq!(arn.name(), "c");
        let bucket: Arn = "arn:aws:s3:::b".parse().unwrap();
        assert_eq!((bucket.account(), bucket.resource()), ("", "b"));
    }

    #[test]
    fn what_is_no_arn_is_refused() {
        for text in ["", "arn:aws:s3", "urn:a:b:c:d:e", "AROAEXAMPLE"] {
            assert!(text.parse::<Arn>().is_err(), "{text}");
        }
    }
}
