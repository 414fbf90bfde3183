//! What became of a call, and what AWS's error codes say about it.
//!
//! Must never: read an unlisted code as *absent*. Only a code that means "there is none" is one.

/// Outcome of one expected call.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Answered.
    Ok,
    /// Answered: there is none.
    Absent,
    /// Refused.
    Denied,
    /// The service or region does not offer it.
    Unsupported,
    /// Given up after throttling.
    Throttled,
    /// Cut off before the end.
    Truncated,
    /// Answered, but the answer could not be read.
    ParseError,
    /// No file for it: nobody asked, or nobody kept the answer.
    NotCollected,
}

impl Outcome {
    /// The name that captures and reports use: `parse_error`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Absent => "absent",
            Self::Denied => "denied",
            Self::Unsupported => "unsupported",
            Self::Throttled => "throttled",
            Self::Truncated => "truncated",
            Self::ParseError => "parse_error",
            Self::NotCollected => "not_collected",
        }
    }

    /// The outcome of that name.
    pub fn named(name: &str) -> Option<Self> {
        [
            Self::Ok,
            Self::Absent,
            Self::Denied,
            Self::Unsupported,
            Self::Throttled,
            Self::Truncated,
            Self::ParseError,
            Self::NotCollected,
        ]
        .into_iter()
        .find(|outcome| outcome.name() == name)
    }

    /// Whether the call settles what there is: answered in full, or answered that there is none.
    pub fn settles(self) -> bool {
        matches!(self, Self::Ok | Self::Absent)
    }

    /// What an error code of `call` means; `None` for a code that is not listed, which is
    /// unknown and never *absent*.
    pub fn of_error(call: &str, code: &str) -> Option<Self> {
        let absent = match call {
            "efs:DescribeFileSystemPolicy" => code == "PolicyNotFound",
            "kafka:GetClusterPolicy" => code == "NotFoundException",
            "s3:GetBucketEncryption" => code == "ServerSideEncryptionConfigurationNotFoundError",
            "s3:GetBucketOwnershipControls" => code == "OwnershipControlsNotFoundError",
            "s3:GetBucketPolicy" => code == "NoSuchBucketPolicy",
            "s3:GetBucketReplication" => code == "ReplicationConfigurationNotFoundError",
            "s3:GetBucketTagging" => code == "NoSuchTagSet",
            "s3:GetObjectLockConfiguration" => code == "ObjectLockConfigurationNotFoundError",
            "s3:GetPublicAccessBlock" | "s3control:GetPublicAccessBlock" => {
                code == "NoSuchPublicAccessBlockConfiguration"
            }
            "s3control:GetAccessPointPolicy" => code == "NoSuchAccessPointPolicy",
            _ if call.starts_with("organizations:") => code == "AWSOrganizationsNotInUseException",
            _ if call.starts_with("iam:") => {
                matches!(code, "NoSuchEntity" | "NoSuchEntityException")
            }
            _ => false,
        };
        if absent {
            return Some(Self::Absent);
        }
        match code {
            "AccessDenied"
            | "AccessDeniedException"
            | "UnauthorizedOperation"
            | "UnauthorizedAccess"
            | "AuthorizationError"
            | "AllAccessDisabled"
            | "Forbidden"
            | "403"
            | "401"
            | "AuthFailure"
            | "ExpiredToken"
            | "ExpiredTokenException"
            | "InvalidClientTokenId"
            | "InvalidAccessKeyId"
            | "UnrecognizedClientException"
            | "SignatureDoesNotMatch" => Some(Self::Denied),
            "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestLimitExceeded"
            | "RequestThrottled"
            | "SlowDown"
            | "TooManyRequestsException" => Some(Self::Throttled),
            "OptInRequired"
            | "UnsupportedOperation"
            | "UnsupportedOperationException"
            | "InvalidAction"
            | "UnknownOperationException"
            | "NotImplemented" => Some(Self::Unsupported),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_code_that_belongs_to_the_call_means_absent() {
        assert_eq!(
            Outcome::of_error("s3:GetBucketPolicy", "NoSuchBucketPolicy"),
            Some(Outcome::Absent)
        );
        assert_eq!(
            Outcome::of_error("s3:GetBucketPolicy", "NoSuchBucket"),
            None
        );
        assert_eq!(
            Outcome::of_error("kms:GetKeyPolicy", "NoSuchBucketPolicy"),
            None
        );
        for (call, code) in [
            ("efs:DescribeFileSystemPolicy", "PolicyNotFound"),
            ("kafka:GetClusterPolicy", "NotFoundException"),
            ("s3:GetBucketTagging", "NoSuchTagSet"),
            (
                "s3:GetObjectLockConfiguration",
                "ObjectLockConfigurationNotFoundError",
            ),
            ("s3control:GetAccessPointPolicy", "NoSuchAccessPointPolicy"),
        ] {
            assert_eq!(Outcome::of_error(call, code), Some(Outcome::Absent));
            assert_eq!(Outcome::of_error("kms:ListGrants", code), None, "{code}");
        }
        assert_eq!(
            Outcome::of_error("kms:GetKeyPolicy", "AccessDeniedException"),
            Some(Outcome::Denied)
        );
        assert_eq!(
            Outcome::of_error("efs:DescribeFileSystemPolicy", "PolicyNotFound"),
            Some(Outcome::Absent)
        );
        assert_eq!(
            Outcome::of_error("efs:DescribeFileSystemPolicy", "FileSystemNotFound"),
            None
        );
        assert_eq!(
            Outcome::of_error("kafka:GetClusterPolicy", "NotFoundException"),
            Some(Outcome::Absent)
        );
        assert_eq!(
            Outcome::of_error("kafka:ListNodes", "NotFoundException"),
            None
        );
    }

    #[test]
    fn names_are_those_of_the_serialized_form() {
        for name in ["ok", "absent", "parse_error", "not_collected", "truncated"] {
            let outcome = Outcome::named(name).unwrap();
            assert_eq!(
                serde_json::to_string(&outcome).unwrap(),
                format!("\"{name}\"")
            );
        }
    }
}
